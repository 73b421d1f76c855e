"""Controls of a FIXatdl form: each shows one entry (a text) and says when the user changed it."""

from decimal import Decimal, InvalidOperation
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QBoxLayout,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QRadioButton,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.widgets.atdl_port import Entry

_ROLE: Final = Qt.ItemDataRole.UserRole
_LIST_ROWS: Final = 4
_LONG: Final = 60  # characters: a longer label is broken into lines


class Input(QWidget):
    """One control; `changed` when the user changed what it shows."""

    changed = Signal()

    def __init__(self, told: Entry, *, horizontal: bool = True) -> None:
        super().__init__()
        self.told = told
        self.row = QBoxLayout(QBoxLayout.Direction.LeftToRight if horizontal else QBoxLayout.Direction.TopToBottom)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(4)
        self.setLayout(self.row)
        self.setToolTip(told.about)

    def entry(self) -> str:
        """What it shows."""
        return ""

    def put(self, entry: str) -> None:
        """Show an entry; says nothing."""


class Line(Input):
    """A text, a number, a time of day."""

    def __init__(self, told: Entry) -> None:
        super().__init__(told)
        self.line = QLineEdit()
        self.line.setPlaceholderText(told.hint)
        self.line.setMinimumWidth(80)
        self.line.setAccessibleName(told.label or told.id)
        self.line.textEdited.connect(lambda _: self.changed.emit())
        self.row.addWidget(self.line, 1)

    def entry(self) -> str:
        """The text."""
        return self.line.text().strip()

    def put(self, entry: str) -> None:
        """Another text; the cursor stays while it is the same."""
        if entry != self.line.text().strip():
            self.line.setText(entry)


class Steps(Line):
    """A number with buttons that step it; a second pair for the large step."""

    def __init__(self, told: Entry) -> None:
        super().__init__(told)
        for step, up, down in ((told.step, "▴", "▾"), (told.outer_step, "▲", "▼")):
            if not step:
                continue
            for sign, mark in ((1, up), (-1, down)):
                button = QToolButton()
                button.setText(mark)
                button.setToolTip(f"{'+' if sign > 0 else '-'}{step}")
                button.setAutoRepeat(True)
                button.clicked.connect(lambda _=False, by=step, way=sign: self._move(by, way))
                self.row.addWidget(button)

    def _move(self, step: str, way: int) -> None:
        try:
            now = Decimal(self.entry() or "0") + way * Decimal(step)
        except InvalidOperation:
            return
        self.line.setText(format(now, "f"))
        self.changed.emit()


class Tick(Input):
    """A box; "true" or "false"."""

    def __init__(self, told: Entry, box: QCheckBox | QRadioButton) -> None:
        super().__init__(told)
        self.box = box
        box.setText(told.label)
        box.setAccessibleName(told.label or told.id)
        box.toggled.connect(lambda _: self.changed.emit())
        self.row.addWidget(box)
        self.row.addStretch(1)

    def entry(self) -> str:
        """Whether it is on."""
        return "true" if self.box.isChecked() else "false"

    def put(self, entry: str) -> None:
        """On or off."""
        group = self.box.group()
        self.box.blockSignals(True)
        # The one that is on of an exclusive group cannot be turned off while the group stands guard.
        if group is not None:
            group.setExclusive(False)
        self.box.setChecked(entry == "true")
        if group is not None:
            group.setExclusive(True)
        self.box.blockSignals(False)


class Ticks(Input):
    """Boxes of which several may be on, or radio buttons of which one is; ids with a blank between."""

    def __init__(self, told: Entry, *, several: bool) -> None:
        super().__init__(told, horizontal=told.horizontal)
        self.several = several
        self.boxes: dict[str, QCheckBox | QRadioButton] = {}
        for name, title in told.items:
            box: QCheckBox | QRadioButton = QCheckBox(title) if several else QRadioButton(title)
            box.toggled.connect(lambda _: self.changed.emit())
            self.boxes[name] = box
            self.row.addWidget(box)
        if told.horizontal:
            self.row.addStretch(1)

    def entry(self) -> str:
        """Ids of those that are on."""
        return " ".join(name for name, box in self.boxes.items() if box.isChecked())

    def put(self, entry: str) -> None:
        """Turn on those named, the others off."""
        on = set(entry.split())
        for name, box in self.boxes.items():
            box.blockSignals(True)
            # A radio button alone of its kind cannot be turned off while it guards that one is on.
            box.setAutoExclusive(False)
            box.setChecked(name in on)
            box.setAutoExclusive(not self.several)
            box.blockSignals(False)


class Drop(Input):
    """One of a list that drops down; editable where the broker takes other values too."""

    def __init__(self, told: Entry, *, editable: bool) -> None:
        super().__init__(told)
        self.box = QComboBox()
        self.box.setEditable(editable)
        self.box.setAccessibleName(told.label or told.id)
        self.box.addItem("", "")
        for name, title in told.items:
            self.box.addItem(title, name)
        self.box.currentTextChanged.connect(lambda _: self.changed.emit())
        self.row.addWidget(self.box, 1)

    def entry(self) -> str:
        """Id of the choice, or what was typed."""
        at = self.box.findText(self.box.currentText())
        return str(self.box.itemData(at)) if at >= 0 else self.box.currentText().strip()

    def put(self, entry: str) -> None:
        """Another choice."""
        if entry == self.entry():
            return
        self.box.blockSignals(True)
        at = self.box.findData(entry)
        self.box.setCurrentIndex(at)
        if at < 0 and self.box.isEditable():
            self.box.setEditText(entry)
        self.box.blockSignals(False)


class Picks(Input):
    """A list of which one or several are picked."""

    def __init__(self, told: Entry, *, several: bool) -> None:
        super().__init__(told)
        self.list = QListWidget()
        mode = QAbstractItemView.SelectionMode
        self.list.setSelectionMode(mode.MultiSelection if several else mode.SingleSelection)
        for name, title in told.items:
            item = QListWidgetItem(title, self.list)
            item.setData(_ROLE, name)
        rows = min(len(told.items), _LIST_ROWS)
        self.list.setFixedHeight(rows * self.list.sizeHintForRow(0) + 2 * self.list.frameWidth() + 2)
        self.list.itemSelectionChanged.connect(self.changed)
        self.row.addWidget(self.list, 1)

    def entry(self) -> str:
        """Ids of those picked."""
        items = (self.list.item(row) for row in range(self.list.count()))
        return " ".join(str(item.data(_ROLE)) for item in items if item.isSelected())

    def put(self, entry: str) -> None:
        """Pick those named."""
        on = set(entry.split())
        self.list.blockSignals(True)
        for row in range(self.list.count()):
            item = self.list.item(row)
            item.setSelected(item.data(_ROLE) in on)
        self.list.blockSignals(False)


class Slide(Input):
    """A slider over a list, each place with its title under it."""

    def __init__(self, told: Entry) -> None:
        super().__init__(told, horizontal=False)
        self.names = [name for name, _ in told.items]
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, max(len(self.names) - 1, 0))
        self.slider.setPageStep(1)
        self.slider.setTickPosition(QSlider.TickPosition.TicksBelow)
        self.slider.setAccessibleName(told.label or told.id)
        self.slider.valueChanged.connect(lambda _: self.changed.emit())
        titles = QHBoxLayout()
        for at, (_, title) in enumerate(told.items):
            titles.addWidget(QLabel(title))
            if at < len(told.items) - 1:
                titles.addStretch(1)
        self.row.addWidget(self.slider)
        self.row.addLayout(titles)

    def entry(self) -> str:
        """Id of the place."""
        return self.names[self.slider.value()] if self.names else ""

    def put(self, entry: str) -> None:
        """Another place; the first when it has none of that id."""
        self.slider.blockSignals(True)
        self.slider.setValue(self.names.index(entry) if entry in self.names else 0)
        self.slider.blockSignals(False)


class Words(Input):
    """A line of text that is nothing to fill in."""

    def __init__(self, told: Entry) -> None:
        super().__init__(told)
        label = QLabel(told.label)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(len(told.label) > _LONG)
        self.row.addWidget(label, 1)


class Hidden(Input):
    """A value nobody sees."""

    def __init__(self, told: Entry) -> None:
        super().__init__(told)
        self._entry = ""

    def entry(self) -> str:
        """The value."""
        return self._entry

    def put(self, entry: str) -> None:
        """Another value."""
        self._entry = entry


def input_of(told: Entry) -> Input:
    """The control a file asks for."""
    match told.kind:
        case "CheckBox":
            made: Input = Tick(told, QCheckBox())
        case "RadioButton":
            made = Tick(told, QRadioButton())
        case "CheckBoxList" | "RadioButtonList":
            made = Ticks(told, several=told.kind == "CheckBoxList")
        case "DropDownList" | "EditableDropDownList":
            made = Drop(told, editable=told.kind == "EditableDropDownList")
        case "SingleSelectList" | "MultiSelectList":
            made = Picks(told, several=told.kind == "MultiSelectList")
        case "Slider":
            made = Slide(told)
        case "SingleSpinner" | "DoubleSpinner":
            made = Steps(told)
        case "Label":
            made = Words(told)
        case "HiddenField":
            made = Hidden(told)
        case _:
            made = Line(told)
    return made


def titled(made: Input) -> QWidget:
    """A control with its label before it; a box and a label carry their own."""
    if made.told.kind in {"CheckBox", "RadioButton", "Label", "HiddenField"} or not made.told.label:
        return made
    whole = QWidget()
    stacked = made.told.kind in {"Slider", "CheckBoxList", "RadioButtonList", "SingleSelectList", "MultiSelectList"}
    row: QBoxLayout = QVBoxLayout(whole) if stacked else QHBoxLayout(whole)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(6)
    label = QLabel(made.told.label)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setToolTip(made.told.about)
    label.setBuddy(made)
    row.addWidget(label)
    row.addWidget(made, 1)
    return whole
