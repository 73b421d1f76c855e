"""The blotter's grid: sparklines, alert marks, rows that cannot be trusted, columns by choice, order held still."""

from collections.abc import Sequence
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent, QPainter
from PySide6.QtWidgets import QMenu

from app.widgets.columns import Column
from app.widgets.export import copy_csv
from app.widgets.grid import PAD, ROW_HEIGHT, Grid
from app.widgets.order_table import OrderTable
from app.widgets.sparks import Look, Sparks
from app.widgets.theme import Shape, Theme

_BAR: Final = 3  # pixels of an alert's mark at the left edge
# what became of an alert: letter in the cell, and whether it still asks for eyes
NEW: Final = "●"
SEEN: Final = "○"
SHELVED: Final = "z"


class OrderGrid(Grid):
    """Shows an OrderTable. `held` is True while rows must not move: the pointer is over them, or an action is armed."""

    drilled = Signal()  # Enter on an order
    pointed = Signal(bool)  # the pointer came over the rows, or left them

    def __init__(self, table: OrderTable, theme: Theme) -> None:
        super().__init__(table, theme, "Parent orders")
        self.orders = table
        self.sparks = Sparks()
        self.badges: dict[int, tuple[str, str]] = {}  # row -> letter of its alert, tone
        self.flashing: dict[int, str] = {}  # row -> tone
        self.untrusted: set[int] = set()  # rows whose market has stopped
        self.compact = self._was_lit = False
        self._bold = QFont(self.font())
        self._bold.setBold(True)
        titles = self.horizontalHeader()
        titles.setSectionsMovable(True)
        titles.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        titles.customContextMenuRequested.connect(self.offer_columns)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._offer_row)
        self.viewport().installEventFilter(self)
        self.show_default_columns()

    # -- columns -------------------------------------------------------------------------------------------------

    def show_default_columns(self) -> None:
        """The columns a trader needs first; the rest is a click on the titles away."""
        for number, column in enumerate(self.table.columns):
            self.setColumnHidden(number, not column.default)

    def set_compact(self, compact: bool) -> None:
        """A few narrow columns for a desk of 300 pixels, or those of before."""
        if compact == self.compact:
            return
        self.compact = compact
        if compact:
            self._before = [self.isColumnHidden(number) for number in range(len(self.table.columns))]
        for number, column in enumerate(self.table.columns):
            self.setColumnHidden(number, not column.compact if compact else self._before[number])

    def offer_columns(self, where: QPoint) -> QMenu:
        """Every column with its meaning, to show or hide."""
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        for number, column in enumerate(self.table.columns):
            choice = menu.addAction(column.title)
            choice.setToolTip(column.about or column.why)
            choice.setCheckable(True)
            choice.setChecked(not self.isColumnHidden(number))
            choice.toggled.connect(partial(self._show_column, number))
        menu.addSeparator()
        menu.addAction("Default columns", self.show_default_columns)
        menu.popup(self.horizontalHeader().mapToGlobal(where))
        return menu

    def turn_column(self, name: str) -> None:
        """Show a column that is hidden, hide one that is shown."""
        number = [column.name for column in self.table.columns].index(name)
        self._show_column(number, self.isColumnHidden(number))

    def _show_column(self, number: int, shown: bool) -> None:
        self.setColumnHidden(number, not shown)

    def _offer_row(self, where: QPoint) -> None:
        row = self.seen(self.rowAt(where.y()))
        menu = QMenu(self)
        if row >= 0:
            words = "Let it go" if row in self.orders.pins else "Pin on top"
            menu.addAction(words, partial(self.orders.pin, row))
        menu.addAction("Copy as CSV", partial(copy_csv, self.table))
        menu.popup(self.viewport().mapToGlobal(where))

    # -- choosing ------------------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Rows hold still while the pointer is over them."""
        if watched is self.viewport() and event.type() in {QEvent.Type.Enter, QEvent.Type.Leave}:
            self.pointed.emit(event.type() == QEvent.Type.Enter)
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter drills into the chosen order."""
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.drilled.emit()
        else:
            super().keyPressEvent(event)

    def press(self, line: int) -> None:
        """A click chooses an order, or folds a group."""
        if self.seen(line) >= 0 or not self.orders.fold(line):
            super().press(line)

    def repaint_marks(self) -> None:
        """Paint marks and ages of alerts anew: the left edge and the column of ages, or all rows where one is lit."""
        view = self.viewport()
        if self.flashing or self._was_lit:
            self._was_lit = bool(self.flashing)
            view.update()
            return
        view.update(0, 0, _BAR, view.height())
        for number, column in enumerate(self.table.columns):
            if column.look == "alert" and not self.isColumnHidden(number):
                view.update(self.columnViewportPosition(number), 0, self.columnWidth(number), view.height())

    # -- painting ------------------------------------------------------------------------------------------------

    def greyed(self, line: int) -> bool:
        """True where the market of an order has stopped, or its source has."""
        return bool(self.untrusted) and int(self.table.order[line]) in self.untrusted

    def paint_ground(self, painter: QPainter, where: QRect, lines: slice) -> None:
        """Groups' lines, flashes and alert marks on top of the stripes; a line under the pinned orders."""
        super().paint_ground(painter, where, lines)
        width = self.viewport().width()
        top = self.rowViewportPosition(lines.start) if lines.stop > lines.start else 0
        pins = self.orders.pins
        for offset, row in enumerate(self.table.order[lines].tolist()):
            y = top + offset * ROW_HEIGHT
            if row < 0:
                painter.fillRect(0, y, width, ROW_HEIGHT, self.theme.colour("raised"))
                continue
            if row in self.flashing and row != self.chosen:
                colour = self.theme.colour(self.flashing[row])
                colour.setAlpha(70)
                painter.fillRect(0, y, width, ROW_HEIGHT, colour)
            if row in self.badges:
                letter, tone = self.badges[row]
                if letter == NEW and not self.faded:
                    painter.fillRect(0, y, _BAR, ROW_HEIGHT, self.theme.colour(tone))
            if row in pins:
                painter.fillRect(0, y + ROW_HEIGHT - 1, width, 1, self.theme.colour("line"))

    def paint_column(self, painters: Sequence[QPainter], number: int, column: Column, lines: NDArray[np.int64]) -> None:
        """Cells; a sparkline in its own."""
        if column.look == "spark":
            left, room = self.columnViewportPosition(number) + PAD, self.columnWidth(number) - 2 * PAD
            origin = self.rowViewportPosition(0) + 3
            live = Look(room, ROW_HEIGHT - 6, self.theme.mid, self.devicePixelRatioF())
            grey = live._replace(colour=self.theme.faint)
            rows = self.table.order[lines].tolist()
            for painter, line, row in zip(painters, lines.tolist(), rows, strict=True):
                if row >= 0:
                    look = grey if self.faded or row in self.untrusted else live
                    self.sparks.put(painter, (left, origin + ROW_HEIGHT * line), row, look)
        super().paint_column(painters, number, column, lines)

    def look_of(self, column: Column, said: str, line: int) -> tuple[Shape, str]:
        """Shape and tone of a cell; an alert in its level's tone until it is acknowledged."""
        shape, tone = super().look_of(column, said, line)
        if column.look == "alert" and said and tone != "faint":
            letter, tone = self.badges.get(int(self.table.order[line]), (SEEN, "faint"))
            tone = tone if letter == NEW else "faint"
        elif column.name == "limit_distance" and tone == "ink" and said.startswith("\N{MINUS SIGN}"):
            tone = "amber"
        return shape, tone
