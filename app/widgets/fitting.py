"""A grid that never shows half a column: what does not fit is hidden, and a word says how many there are more."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from app.widgets.grid import Grid
from app.widgets.table import Table
from app.widgets.theme import Theme


class FittingGrid(Grid):
    """Hides columns from the right until the rest fits; `show_all` scrolls instead."""

    fitted = Signal(int)  # columns hidden
    entered = Signal()  # Return: one level down

    def __init__(self, table: Table, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(table, theme, name, parent)
        self.everything, self.hidden = False, 0
        self._full = {number: self.columnWidth(number) for number in range(len(table.columns))}
        self._fitting = False
        self.horizontalHeader().sectionResized.connect(self._resized)

    def show_all(self, everything: bool) -> None:
        """All columns with a scroll bar, or only those that fit."""
        self.everything = everything
        self._fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return goes down; the rest is the grid's."""
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            if not event.isAutoRepeat():
                self.entered.emit()
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit again."""
        super().resizeEvent(event)
        self._fit()

    def _resized(self, number: int, _before: int, width: int) -> None:
        if not self._fitting and width:
            self._full[number] = width
            self._fit()

    def _fit(self) -> None:
        self._fitting = True
        left = hidden = 0
        for number, width in self._full.items():
            left += width
            hide = not self.everything and left > self.viewport().width() and number > 0
            hidden += hide
            if hide != self.isColumnHidden(number):
                self.setColumnHidden(number, hide)
        self._fitting = False
        if hidden != self.hidden:
            self.hidden = hidden
            self.fitted.emit(hidden)
