"""Where the parts of the order panel stand."""

from datetime import tzinfo
from typing import Final

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.widgets.arming import ArmedButton
from app.widgets.atdl_form import AtdlForm
from app.widgets.preflight import PreflightView
from app.widgets.switch_form import Form
from app.widgets.switch_live import LiveView
from app.widgets.switch_port import Action, Menu, Target
from app.widgets.theme import Theme, figures_font

_TITLES: Final[dict[Action, str]] = {
    "switch": "Pre-flight switch …",
    "pause": "Pause …",
    "resume": "Resume …",
    "cancel": "Cancel order …",
}


class SwitchLayout(QObject):
    """The widgets of the panel; what they mean is the panel's business."""

    edited = Signal()  # target or parameters

    def __init__(self, panel: QWidget, theme: Theme) -> None:
        super().__init__(panel)
        self.theme, self.menu = theme, None  # type: tuple[Theme, Menu | None]
        self.order, self.detail, self.today, self.words = QLabel(), QLabel(), QLabel(), QLabel()
        self.targets, self.form, self.paper = QComboBox(), Form(theme), AtdlForm(theme)
        self.preflight, self.live = PreflightView(theme), LiveView(theme)
        self.confirm = ArmedButton("Confirm")
        self.reconcile = QPushButton("Reconcile")
        self.buttons: dict[Action, QPushButton] = {action: QPushButton(title) for action, title in _TITLES.items()}
        self.standing = ""  # a sentence that stands where there is no other
        self._build(panel)
        self.dress(theme)

    def show_menu(self, menu: Menu | None) -> None:
        """Today's algo and what it can be switched to."""
        kept, self.menu = self.targets.currentData(), menu
        self.targets.blockSignals(True)
        self.targets.clear()
        for target in menu.targets if menu else ():
            self.targets.addItem(target.title, target.strategy)
            tip = target.refused or f"by {target.mode}"
            self.targets.setItemData(self.targets.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        self.targets.setCurrentIndex(max(self.targets.findData(kept), 0))
        self.targets.blockSignals(False)
        params = "  ".join(f"{name}={value}" for name, value in menu.params) if menu else ""
        self.today.setText(f"today  {menu.algo}   {params}" if menu else "")
        self.buttons["pause"].setToolTip(menu.no_pause if menu else "")
        self._show_target()

    def target(self) -> Target | None:
        """The strategy chosen."""
        chosen = self.targets.currentData()
        found = (t for t in self.menu.targets if t.strategy == chosen) if self.menu else iter(())
        return next(found, None)

    def faults(self) -> list[str]:
        """Why the parameters cannot be sent."""
        target = self.target()
        return self.form.faults() if target is None or target.paper is None else self.paper.faults()

    def values(self) -> tuple[tuple[str, str], ...]:
        """Name and wire value of every parameter that has one."""
        target = self.target()
        return self.form.values() if target is None or target.paper is None else self.paper.values()

    def head(self, order: str, detail: str, tone: str, detail_tone: str = "faint") -> None:
        """The order in large, and the line under it."""
        for label, words, said in ((self.order, order, tone), (self.detail, detail, detail_tone)):
            if label.text() != words:
                label.setText(words)
            style = f"color: {self.theme.colour(said).name()}"
            if label.styleSheet() != style:
                label.setStyleSheet(style)

    def problem(self, words: str) -> None:
        """A sentence in the way, "" for none but the standing one."""
        words = words or self.standing
        if words != self.words.text():
            self.words.setText(words)
        if self.words.isHidden() == bool(words):  # even what is put away anew lays a window out
            self.words.setVisible(bool(words))

    def fade(self, faded: bool) -> None:
        """Grey everything."""
        self.preflight.fade(faded)

    def set_zone(self, where: tzinfo) -> None:
        """Time zone of the times."""
        self.preflight.set_zone(where)
        self.live.set_zone(where)

    def dress(self, theme: Theme) -> None:
        """Change the colours."""
        self.theme = theme
        for part in (self.form, self.paper, self.preflight, self.live):
            part.dress(theme)
        self.words.setStyleSheet(f"color: {theme.amber}; font-weight: 600")
        self.today.setStyleSheet(f"color: {theme.ink}")
        self.confirm.setStyleSheet(
            f"QPushButton:enabled {{ border: 2px solid {theme.red}; color: {theme.red}; font-weight: 600; }}"
        )

    def _show_target(self) -> None:
        target = self.target()
        self.form.show_fields(target.fields if target and target.paper is None else ())
        self.form.setVisible(target is None or target.paper is None)
        self.paper.show_paper(target.paper if target else None)
        self.paper.setVisible(target is not None and target.paper is not None)
        self.problem(f"{target.title}: {target.refused}" if target and target.refused else "")

    def _chosen(self) -> None:
        self.edited.emit()
        self._show_target()

    def _build(self, panel: QWidget) -> None:
        large = QFont(figures_font())
        large.setPixelSize(22)
        large.setBold(True)
        self.order.setFont(large)
        for label in (self.detail, self.today, self.words):
            label.setFont(figures_font())
            label.setWordWrap(True)
        for label in (self.order, self.detail, self.today, self.words):
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.targets.currentIndexChanged.connect(lambda _row: self._chosen())
        self.form.changed.connect(self.edited)
        self.paper.changed.connect(self.edited)
        inside, scroll = QWidget(), QScrollArea()
        body, actions, outer, last = QVBoxLayout(inside), QHBoxLayout(), QVBoxLayout(panel), QHBoxLayout()
        self.reconcile.setToolTip("ask the broker what he holds of this order; sends no order")
        for button in (*self.buttons.values(), self.reconcile):
            button.setAutoDefault(False)
            actions.addWidget(button)
        actions.addStretch(1)
        for part in (self.live, self.today, self.targets, self.form, self.paper):
            body.addWidget(part)
        body.addLayout(actions)
        body.addWidget(self.preflight)
        body.addStretch(1)
        body.setContentsMargins(6, 2, 6, 2)
        scroll.setWidget(inside)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        last.addWidget(self.words, 1)
        last.addWidget(self.confirm)
        outer.setContentsMargins(6, 4, 6, 4)
        outer.setSpacing(3)
        for widget in (self.order, self.detail):
            outer.addWidget(widget)
        outer.addLayout(last)  # above what scrolls: nothing that pops up in a corner lies on it
        outer.addWidget(scroll, 1)
