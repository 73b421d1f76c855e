"""The parameters of a target strategy as a form: one field a parameter, bounds and choices from the profile."""

import math
import re
from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QLabel, QLineEdit, QWidget

from app.widgets.switch_port import Field
from app.widgets.theme import Theme

# As FIX writes numbers: what Python reads beyond that (1_000, 1e3, other scripts' digits) no broker does.
_WHOLE = re.compile(r"-?[0-9]+")
_NUMBER = re.compile(r"-?([0-9]+\.?[0-9]*|\.[0-9]+)")
_YES_NO = (("Y", "yes"), ("N", "no"))


def complaint(field: Field, value: str) -> str:
    """Why a value is not allowed for a field, "" when it is; naming the parameter, the value and what is allowed."""
    if not value:
        return f"{field.title}: a value is needed" if field.required else ""
    if field.kind in {"int", "float"}:
        if not (_WHOLE if field.kind == "int" else _NUMBER).fullmatch(value):
            kind = "a whole number" if field.kind == "int" else "a number"
            return f"{field.title} = {value!r} is not allowed; allowed: {kind}"
        number, low, high = float(value), field.low, field.high
        if not math.isfinite(number) or (low is not None and number < low) or (high is not None and number > high):
            return f"{field.title} = {value} is not allowed; allowed: {_bounds(field)}"
    if field.kind == "choice" and value not in {wire for wire, _ in field.choices}:
        return f"{field.title} = {value!r} is not allowed; allowed: {', '.join(wire for wire, _ in field.choices)}"
    return ""


def _bounds(field: Field) -> str:
    if field.low is not None and field.high is not None:
        return f"{field.low:g} to {field.high:g}"
    if field.low is not None:
        return f"at least {field.low:g}"
    return f"at most {field.high:g}" if field.high is not None else "a number that is not beyond all bounds"


class Form(QWidget):
    """Fields of one target; `changed` after every edit."""

    changed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.fields: tuple[Field, ...] = ()
        self.inputs: dict[str, QLineEdit | QComboBox] = {}
        self._layout = QFormLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setVerticalSpacing(3)
        self.fault = QLabel()
        self.fault.setWordWrap(True)
        self._layout.addRow(self.fault)

    def show_fields(self, fields: Sequence[Field]) -> None:
        """Another target's fields; the same ones keep what was typed."""
        if tuple(fields) == self.fields:
            return
        self.fields = tuple(fields)
        while self._layout.rowCount() > 1:
            self._layout.removeRow(0)
        self.inputs = {field.name: self._input(field) for field in self.fields}
        for place, field in enumerate(self.fields):
            name = QLabel(field.title + (" *" if field.required else ""))
            name.setToolTip(field.about)
            self._layout.insertRow(place, name, self.inputs[field.name])
        self._check()

    def values(self) -> tuple[tuple[str, str], ...]:
        """Name and wire value of every field that has one."""
        found = ((name, _value(widget)) for name, widget in self.inputs.items())
        return tuple((name, value) for name, value in found if value)

    def faults(self) -> list[str]:
        """Why the form cannot be sent."""
        said = (complaint(field, _value(self.inputs[field.name])) for field in self.fields)
        return [words for words in said if words]

    def dress(self, theme: Theme) -> None:
        """Change the colours."""
        self.theme = theme
        self.fault.setStyleSheet(f"color: {theme.amber}")

    def _input(self, field: Field) -> QLineEdit | QComboBox:
        choices = field.choices or (_YES_NO if field.kind == "bool" else ())
        if choices:
            box = QComboBox()
            if not field.required:
                box.addItem("", "")
            for wire, title in choices:
                box.addItem(title, wire)
            box.setCurrentIndex(max(box.findData(field.value), 0))
            box.currentIndexChanged.connect(self._edited)
            box.setToolTip(field.about)
            return box
        line = QLineEdit(field.value)
        bounded = field.low is not None or field.high is not None
        line.setPlaceholderText(_bounds(field) if bounded else "")
        line.setToolTip(field.about)
        line.textChanged.connect(self._edited)
        return line

    def _edited(self, *_: object) -> None:
        self._check()
        self.changed.emit()

    def _check(self) -> None:
        words = "\n".join(self.faults())
        self.fault.setText(words)
        self.fault.setVisible(bool(words))


def _value(widget: QLineEdit | QComboBox) -> str:
    return str(widget.currentData()) if isinstance(widget, QComboBox) else widget.text().strip()
