"""The kill switch: every open order in a scope, one armed press, and what became of each."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtWidgets import QComboBox, QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.widgets.arming import ArmedButton
from app.widgets.asking import Asker
from app.widgets.sheet import Cell, Line, Sheet, label
from app.widgets.switch_port import Killed, SwitchError, SwitchPort
from app.widgets.theme import Theme, figures_font

WORDS = (
    "Cancels every open order in the scope at the EMS and blocks new ones. Works while the engine is dead. "
    "This is not the firm's market-access control."
)
_TONES = {"cancelled": "good", "refused": "red", "unknown": "red", "asked": "amber"}


def killed_lines(killed: Sequence[Killed]) -> list[Line]:
    """One line an order: its id, what became of it, the sentence."""
    return [
        (label(one.order_id), Cell(one.state, _TONES.get(one.state, "ink"), right=False, bold=True),
         Cell(one.words, right=False, tip=one.words))
        for one in killed
    ]  # fmt: skip


class KillDialog(QDialog):
    """Not modal: the screen behind it stays alive. Its questions wait for nobody else's."""

    def __init__(self, theme: Theme, port: SwitchPort, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.port = port
        self.asker = Asker(SwitchError, self)
        self.setWindowTitle("Kill switch")
        self.setModal(False)
        self.resize(520, 260)
        self.scope, self.fire = QComboBox(), ArmedButton("Cancel all open orders")
        self.release, self.words = QPushButton("Allow new orders again"), QLabel(WORDS)
        self.orders = Sheet(theme, (4, 3, 8), "Orders of the kill")
        self._build(theme)

    def open_on(self, scopes: Sequence[tuple[str, str]]) -> None:
        """Show the dialog; `scopes` are (wire, title), the narrowest first."""
        self.scope.clear()
        for wire, title in scopes:
            self.scope.addItem(title, wire)
        self.words.setText(WORDS)
        self.look()
        self.show()
        self.fire.arm()

    def look(self) -> None:
        """Once a frame while it is open: what became of each order."""
        self.orders.show_lines(killed_lines(self.port.killed()))
        blocked = self.port.blocked()
        self.release.setEnabled(bool(blocked) and not self.asker.waiting("kill"))
        self.release.setToolTip(blocked)

    def hideEvent(self, event: object) -> None:
        """A hidden button fires nothing."""
        self.fire.disarm()
        super().hideEvent(event)  # type: ignore[arg-type]

    def _kill(self) -> None:
        scope = str(self.scope.currentData())
        self.words.setText(f"asked: {self.scope.currentText()} …")
        self.asker.ask("kill", partial(self.port.kill, scope), self._answered)

    def _release(self) -> None:
        self.asker.ask("kill", self.port.release, self._answered)

    def _answered(self, _answer: object, problem: str) -> None:
        self.words.setText(problem or WORDS)
        self.fire.arm()
        self.look()

    def dress(self, theme: Theme) -> None:
        """Change the colours."""
        self.orders.theme = theme
        self.orders.update()
        self.fire.setStyleSheet(
            f"QPushButton:enabled {{ border: 2px solid {theme.red}; color: {theme.red}; font-weight: 600; }}"
        )

    def _build(self, theme: Theme) -> None:
        self.words.setWordWrap(True)
        self.words.setFont(figures_font())
        self.release.setAutoDefault(False)
        self.scope.currentIndexChanged.connect(lambda _row: self.fire.arm() if self.isVisible() else None)
        self.fire.fired.connect(self._kill)
        self.release.clicked.connect(self._release)
        layout, line = QVBoxLayout(self), QHBoxLayout()
        line.addWidget(self.scope, 1)
        line.addWidget(self.fire)
        layout.addWidget(self.words)
        layout.addLayout(line)
        layout.addWidget(self.orders)
        layout.addStretch(1)
        layout.addWidget(self.release)
        self.dress(theme)
