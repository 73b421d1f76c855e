"""A broker's own form: panes and controls as his FIXatdl file lays them out, judged after every edit."""

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QBoxLayout,
    QButtonGroup,
    QFrame,
    QGroupBox,
    QLabel,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.widgets.atdl_inputs import Input, Tick, input_of, titled
from app.widgets.atdl_port import Entry, Judged, Pane, Paper
from app.widgets.theme import Theme


class AtdlForm(QWidget):
    """Fills in one paper; `changed` after every edit. `judged` is what the entries amount to."""

    changed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.paper: Paper | None = None
        self.judged = Judged({})
        self.inputs: dict[str, Input] = {}
        self._whole: dict[str, QWidget] = {}
        self._groups: dict[str, QButtonGroup] = {}
        self._body = QWidget()
        self.fault = QLabel()
        self.fault.setWordWrap(True)
        self.fault.setTextFormat(Qt.TextFormat.PlainText)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addWidget(self._body)
        self._column.addWidget(self.fault)
        # Several controls change at once when a radio button gives way to another: they are judged together.
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self.judge)
        self.dress(theme)

    def show_paper(self, paper: Paper | None) -> None:
        """Another paper, as it is before anybody touched it; one equal to the last keeps what was entered."""
        same = paper == self.paper
        self.paper = paper
        if same:
            return
        self._column.removeWidget(self._body)
        self._body.deleteLater()
        self._body = QWidget()
        self.inputs, self._whole, self._groups = {}, {}, {}
        column = QVBoxLayout(self._body)
        column.setContentsMargins(0, 0, 0, 0)
        for pane in paper.panes if paper else ():
            column.addWidget(self._pane(pane))
        self._column.insertWidget(0, self._body)
        self._body.show()
        for name, entry in paper.first().items() if paper else ():
            if name in self.inputs:
                self.inputs[name].put(entry)
        self.judge()

    def values(self) -> tuple[tuple[str, str], ...]:
        """Name and wire value of every parameter that has one; none while anything is wrong."""
        self._settled()
        return self.judged.values

    def faults(self) -> list[str]:
        """Why the form cannot be sent."""
        self._settled()
        return [words for _, words in self.judged.faults]

    def judge(self) -> None:
        """Rules and faults of what is entered now."""
        self._soon.stop()
        if self.paper is None:
            self.judged = Judged({})
        else:
            self.judged = self.paper.judged({name: one.entry() for name, one in self.inputs.items()})
        for name, made in self.inputs.items():
            made.put(self.judged.entries.get(name, made.entry()))
            made.setEnabled(name not in self.judged.disabled)
            self._whole[name].setVisible(name not in self.judged.hidden and made.told.kind != "HiddenField")
        said = "\n".join(words for _, words in self.judged.faults)
        self.fault.setText(said)
        self.fault.setVisible(bool(said))
        self.changed.emit()

    def dress(self, theme: Theme) -> None:
        """Change the colours."""
        self.theme = theme
        self.fault.setStyleSheet(f"color: {theme.amber}")

    def _settled(self) -> None:
        if self._soon.isActive():
            self.judge()

    def _pane(self, pane: Pane) -> QWidget:
        framed = bool(pane.title) and pane.framed and not pane.collapsible
        outer: QWidget = QGroupBox(pane.title) if framed else QFrame()
        inside = outer if not pane.collapsible else QFrame()
        direction = QBoxLayout.Direction
        row = QBoxLayout(direction.LeftToRight if pane.horizontal else direction.TopToBottom, inside)
        row.setContentsMargins(*((6, 4, 6, 4) if framed else (0, 0, 0, 0)))
        row.setSpacing(6 if pane.horizontal else 3)
        if pane.title and not framed and not pane.collapsible:
            row.addWidget(QLabel(pane.title))
        for part in pane.parts:
            row.addWidget(self._pane(part) if isinstance(part, Pane) else self._control(part))
        if pane.horizontal:
            row.addStretch(1)
        if pane.collapsible:
            self._foldable(outer, inside, pane)
        return outer

    def _foldable(self, outer: QWidget, inside: QWidget, pane: Pane) -> None:
        head = QToolButton()
        head.setText(pane.title or "more")
        head.setCheckable(True)
        head.setAutoRaise(True)
        head.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)

        def fold(shown: bool) -> None:
            inside.setVisible(shown)
            head.setArrowType(Qt.ArrowType.DownArrow if shown else Qt.ArrowType.RightArrow)

        head.toggled.connect(fold)
        column = QVBoxLayout(outer)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(head)
        column.addWidget(inside)
        head.setChecked(not pane.collapsed)
        fold(not pane.collapsed)

    def _control(self, told: Entry) -> QWidget:
        made = input_of(told)
        made.changed.connect(self._soon.start)
        if isinstance(made, Tick) and told.group:
            group = self._groups.setdefault(told.group, QButtonGroup(self._body))
            group.addButton(made.box)
        self.inputs[told.id] = made
        self._whole[told.id] = titled(made)
        return self._whole[told.id]
