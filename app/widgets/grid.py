"""A dense grid painted in one go straight from numpy; Qt's table view around it scrolls, sizes and speaks."""

import time
from collections.abc import Sequence
from datetime import tzinfo
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QRegion, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from app.widgets.columns import Column, look_of
from app.widgets.frames import FRAME, LATEST_NS, NEXT_MS
from app.widgets.glyphs import Glyphs
from app.widgets.painting import painting
from app.widgets.seen import Seen
from app.widgets.shapes import draw_shape, pens_of
from app.widgets.table import Table
from app.widgets.theme import Shape, Theme, figures_font
from app.widgets.tiles import MOST, Cell, Tile, Tiles
from app.widgets.titles import Titles

ROW_HEIGHT: Final = 20
PAD: Final = 3
LIVE: Final = {"spark", "alert"}  # columns that change without their row
_MOST_ROW_MS: Final = 2.0  # a row that took longer was interrupted
_FADING: Final = 0.9  # of what is remembered of a dear row, at each row after it
_BACK: Final = {Qt.Key.Key_K, Qt.Key.Key_Up, Qt.Key.Key_PageUp, Qt.Key.Key_End}
_STEPS: Final = {Qt.Key.Key_J: 1, Qt.Key.Key_Down: 1, Qt.Key.Key_K: -1, Qt.Key.Key_Up: -1}


class Spot(NamedTuple):
    """A column in view: its number, where it begins, how wide it is."""

    number: int
    column: Column
    left: int
    wide: int


class Grid(QTableView):
    """Shows a Table. The chosen row is one number, `chosen`; the highlight is painted from it and nothing else."""

    picked = Signal(int)  # a row of the section, by mouse or key

    def __init__(self, table: Table, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.table, self.theme = table, theme
        self.chosen = -1
        self.faded = False
        self._colours = pens_of(theme)
        self._wide: dict[int, int] = {}  # columns found too narrow, and what they need
        self._seen = Seen()
        self._tiles = Tiles()
        self._places: dict[bool, list[Spot]] = {}  # columns in view, live ones or the others
        self._whole = (QSize(), -1, -1)  # size and scrolled-to line and pixel of what was painted last
        self._line_ms = 0.0  # what painting a line took the last time, its picture being there
        self._row_ms = 0.0  # what drawing a row's picture has taken lately, the dear ones
        self._held_since = 0  # ns; a painting has waited for its pictures since
        self._older_since = 0  # ns; older figures have been in view since
        self._again = QTimer(self)  # the next frame draws what this one had no room for
        self._again.setSingleShot(True)
        self._again.setInterval(NEXT_MS)
        self._again.timeout.connect(self._paint_older)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # it may be left as it is
        self.setObjectName(name)
        self.setAccessibleName(name)
        self._titles = Titles(theme, self)
        self.setHorizontalHeader(self._titles)
        self.setModel(table)
        self.setFont(figures_font())
        self.glyphs = Glyphs(self.font())
        table.renumbered.connect(self._forget_painted)
        table.modelReset.connect(self._tiles.forget_groups)
        table.touched.connect(self._tiles.age)
        table.moved.connect(self._tiles.forget_groups)
        table.moved.connect(self.viewport().update)
        table.headerDataChanged.connect(self._titles.forget)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerItem)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        lines = self.verticalHeader()
        lines.hide()
        lines.setMinimumSectionSize(ROW_HEIGHT)
        lines.setDefaultSectionSize(ROW_HEIGHT)
        lines.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        titles = self.horizontalHeader()
        titles.setHighlightSections(False)
        titles.setMinimumSectionSize(24)
        titles.setSortIndicatorShown(True)
        titles.setSectionsClickable(True)
        titles.sortIndicatorChanged.connect(table.sort)
        for number, column in enumerate(table.columns):
            title = self.glyphs.metrics.horizontalAdvance(column.title) + 12
            self.setColumnWidth(number, max(column.chars * self.glyphs.digit, title) + 2 * PAD)
        for moved in (titles.sectionResized, titles.sectionMoved, self.horizontalScrollBar().valueChanged):
            moved.connect(lambda *_: None if table.moving else self.forget_tiles())

    def order_by(self, name: str, *, descending: bool) -> None:
        """Sort by a column's name."""
        order = Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder
        names = [column.name for column in self.table.columns]
        self.horizontalHeader().setSortIndicator(names.index(name), order)

    def choose(self, row: int, *, show: bool = False) -> None:
        """Highlight a row of the section (-1 none); `show` scrolls to it."""
        before, self.chosen = self.table.line_of(self.chosen), row
        line = self.table.line_of(row)
        if line >= 0:
            self.setCurrentIndex(self.table.index(line, max(self.currentIndex().column(), 0)))  # for screen readers
            if show:
                self.scrollTo(self.table.index(line, 0))
        for moved in {before, line} - {-1}:
            self.viewport().update(0, self.rowViewportPosition(moved), self.viewport().width(), ROW_HEIGHT)

    def fade(self, faded: bool) -> None:
        """Grey everything: what is shown may no longer be true."""
        if faded != self.faded:
            self.faded = faded
            self.forget_tiles()

    def dress(self, theme: Theme) -> None:
        """Change the colours."""
        self.theme = theme
        self._colours = pens_of(theme)
        self._titles.dress(theme)
        self.forget_tiles()

    def set_zone(self, where: tzinfo) -> None:
        """Time zone of the times."""
        self.table.where = where
        self.forget_tiles()

    def shown_lines(self) -> slice:
        """Lines in view."""
        first, last = self.rowAt(0), self.rowAt(self.viewport().height() - 1)
        return slice(max(first, 0), (last if last >= 0 else self.table.rowCount() - 1) + 1)

    # -- choosing ------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the row that was painted under the mouse, even where it has moved since."""
        y = int(event.position().y())
        line = self._seen.line_at(y, ROW_HEIGHT) if len(self._seen) else self.rowAt(y)
        if event.button() == Qt.MouseButton.LeftButton and line >= 0:
            self.press(line)
        super().mousePressEvent(event)

    def press(self, line: int) -> None:
        """A click on a line: what the hand saw there counts, not what stands there now."""
        row = self.seen(line)
        if row >= 0:
            self.picked.emit(row)

    def seen(self, line: int) -> int:
        """The row that was last painted in a line, -1 if none was."""
        return self._seen.row(line)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """J and K, arrows, page and end keys move the choice."""
        page = max(self.viewport().height() // ROW_HEIGHT - 1, 1)
        count, line = self.table.rowCount(), self.table.line_of(self.chosen)
        key = Qt.Key(event.key())
        steps = _STEPS | {Qt.Key.Key_PageDown: page, Qt.Key.Key_PageUp: -page}
        if key in steps:
            line = 0 if line < 0 else line + steps[key]
        elif key in {Qt.Key.Key_Home, Qt.Key.Key_End}:
            line = 0 if key == Qt.Key.Key_Home else count - 1
        else:
            super().keyPressEvent(event)
            return
        self.step_to(min(max(line, 0), count - 1), -1 if key in _BACK else 1)

    def step_to(self, line: int, way: int) -> None:
        """Choose the order in a line, or the next one that way where a group's line stands."""
        order = self.table.order
        while 0 <= line < len(order) and order[line] < 0:
            line += way
        if 0 <= line < len(order):
            self.picked.emit(int(order[line]))
            self.scrollTo(self.table.index(line, 0))

    # -- painting ------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the view's own geometry; lines in view are read at the next painting."""
        super().resizeEvent(event)
        self.forget_tiles()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The lines that have to be painted: each one's picture on its ground, then what changes by itself.

        Pictures are drawn while the frame has room. What is on the screen stays until all that replaces it are there.
        """
        where, region = event.rect(), event.region()
        if self._render(self._lines_in(where), region) and self._holds():
            return
        self._held_since = 0
        lines, before = self._see(where), FRAME.spent_ms()
        with painting(self.viewport()) as (painter,):
            painter.setFont(self.font())
            self.paint_ground(painter, where, lines)
            top = self.rowViewportPosition(lines.start) if lines.stop > lines.start else 0
            due, width = list[int](), self.viewport().width()  # lines of which anything is to be painted
            every = region.rectCount() == 1
            for offset, row in enumerate(self.table.order[lines].tolist()):
                y = top + offset * ROW_HEIGHT
                if every or region.intersects(QRect(0, y, width, ROW_HEIGHT)):
                    due.append(lines.start + offset)
                    if row in self._tiles:
                        painter.drawPixmap(0, y, self._tiles[row])
            numbers = np.array(due, np.int64)
            for spot in self._columns_in_view(live=True):
                if region.intersects(QRect(spot.left, where.top(), spot.wide, where.height())):
                    self.paint_column([painter] * len(numbers), spot.number, spot.column, numbers)
        if lines.stop > lines.start:
            self._line_ms = (FRAME.spent_ms() - before) / (lines.stop - lines.start)
        if self._wide:
            QTimer.singleShot(0, self, self._widen)

    def _lines_in(self, where: QRect) -> slice:
        """Lines to paint; a row that changed alone is painted alone."""
        lines = self.shown_lines()
        if lines.stop > lines.start:
            top = self.rowViewportPosition(lines.start)
            first = lines.start + max(where.top() - top, 0) // ROW_HEIGHT
            lines = slice(first, min(lines.stop, lines.start + max(where.bottom() - top, 0) // ROW_HEIGHT + 1))
        return lines

    def _holds(self) -> bool:
        """True while what is on the screen may stay there: the same view, and not for long."""
        now = time.monotonic_ns()
        self._held_since = self._held_since or now
        return self._whole == self._view() and now - self._held_since < LATEST_NS

    def _view(self) -> tuple[QSize, int, int]:
        return self.viewport().size(), self.verticalScrollBar().value(), self.horizontalScrollBar().value()

    def _see(self, where: QRect) -> slice:
        """Lines to paint. What the eye sees of them is noted for clicks."""
        shown, lines = self.shown_lines(), self._lines_in(where)
        if where.contains(self.viewport().rect()):
            self._whole = self._view()
        top = self.rowViewportPosition(shown.start) if shown.stop > shown.start else 0
        self._seen.note(self.table.order, shown, lines, top)
        return lines

    def forget_tiles(self) -> None:
        """Every line must be drawn anew."""
        self._tiles.forget()
        self._places.clear()
        self.viewport().update()

    def _columns_in_view(self, *, live: bool) -> list[Spot]:
        """Columns that are seen; `live` ones change without their row and are no part of its picture."""
        known = self._places.get(live)
        if known is not None:
            return known
        across = self.viewport().width()
        found = self._places[live] = []
        for number, column in enumerate(self.table.columns):
            left, wide = self.columnViewportPosition(number), self.columnWidth(number)
            seen = not self.isColumnHidden(number) and left < across and left + wide > 0
            if seen and (column.look in LIVE) == live:
                found.append(Spot(number, column, left, wide))
        return found

    def _render(self, lines: slice, region: QRegion) -> int:
        """Draw lines whose rows have no picture, then those that show older figures, while the frame has room.

        Returns how many are left without a picture; older figures come with the next frame. They are drawn only where
        all of their line is painted: a newer picture of which half is put on the screen would never get there.
        """
        rows = self.table.order[lines].tolist()
        missing = [lines.start + place for place, row in enumerate(rows) if row not in self._tiles]
        older = [lines.start + place for place, row in enumerate(rows) if row in self._tiles.stale]
        if older:
            unseen = self.viewport().visibleRegion().subtracted(region)  # what lies beneath a toast need not be painted
            older = [line for line in older if not unseen.intersects(self._place_of(line))]
        if missing:
            self._tiles.make_room(set(rows))
        due, drawn = missing + older, 0
        after = self._line_ms * len(rows) + FRAME.owed_ms()  # putting them on the screen, and a chart that has waited
        least = 1 if missing or (older and self._have_waited()) else 0
        while drawn < len(due) and (drawn < least or FRAME.has_room(after + self._row_ms)):
            some = due[drawn : drawn + 1] if FRAME.is_counting() else due
            before = FRAME.spent_ms()
            self._draw(np.array(some))
            drawn += len(some)
            took = (FRAME.spent_ms() - before) / len(some)
            self._row_ms = min(max(took, _FADING * self._row_ms), _MOST_ROW_MS)
        if drawn < len(due) and not self._again.isActive():
            self._again.start()
        if self._tiles.stale.isdisjoint(self.table.order[self.shown_lines()].tolist()):
            self._older_since = 0
        return max(len(missing) - drawn, 0)

    def _place_of(self, line: int) -> QRect:
        return QRect(0, self.rowViewportPosition(line), self.viewport().width(), ROW_HEIGHT) & self.viewport().rect()

    def _paint_older(self) -> None:
        """Ask for the rows that have newer figures than their pictures; for all where some have no picture."""
        lines = self.shown_lines()
        rows = self.table.order[lines].tolist()
        if self._held_since or any(row not in self._tiles for row in rows):
            self.viewport().update()
            return
        for line, row in enumerate(rows, lines.start):
            if row in self._tiles.stale:
                self.viewport().update(self._place_of(line))

    def _have_waited(self) -> bool:
        """True when pictures of older figures have waited so long that even a full frame draws some."""
        now = time.monotonic_ns()
        self._older_since = self._older_since or now
        return FRAME.insists(now - self._older_since)

    def prepare(self, order: NDArray[np.int64]) -> bool:
        """Draw one of the rows that will be in view in another order; True while more are to be drawn.

        Pictures of a short table are all kept: there is nothing to wait for.
        """
        if len(order) <= MOST or not len(self._seen):
            return False
        rows = [row for row in order[self.shown_lines()].tolist() if row not in self._tiles]
        if not rows:
            return False
        lines = np.full(len(self.table.rows), -1)
        lines[self.table.order] = np.arange(len(self.table.order))
        here = lines[rows[:1]]
        self._draw(here[here >= 0])
        return bool(np.all(here >= 0))

    def _draw(self, missing: NDArray[np.int64]) -> None:
        """Pictures of the rows in some lines, column by column; of an older picture the cells that read otherwise."""
        size, ratio = QSize(self.viewport().width(), ROW_HEIGHT), self.devicePixelRatioF()
        rows = self.table.order[missing].tolist()
        tiles = [self._tiles.begin(row, size, ratio) for row in rows]
        due = [self.table.differing(row, tile) for row, tile in zip(rows, tiles, strict=True)]
        with painting(*(tile.picture for tile in tiles)) as painters:
            for painter in painters:
                painter.setFont(self.font())
            for spot in self._columns_in_view(live=False):
                places = [place for place, numbers in enumerate(due) if spot.number in numbers]
                if places:
                    cells = self._cells_of(spot.number, spot.column, missing[places])
                    for place, cell in zip(places, cells, strict=True):
                        self._renew_cell(painters[place], spot, tiles[place], cell)

    def _renew_cell(self, painter: QPainter, spot: Spot, tile: Tile, cell: Cell) -> None:
        """Draw a cell into a row's picture, in the place of an older one; nothing where it reads the same."""
        before = tile.cells.get(spot.number)
        if cell == before:
            return
        if before is not None:
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
            painter.fillRect(spot.left, 0, spot.wide, ROW_HEIGHT, Qt.GlobalColor.transparent)
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
        tile.cells[spot.number] = cell
        self._paint_cell(painter, spot.number, (spot.left + PAD, 0, spot.wide - 2 * PAD), cell)

    def paint_ground(self, painter: QPainter, where: QRect, lines: slice) -> None:
        """What lies behind the figures: paper, stripes, the chosen row."""
        theme, width = self.theme, self.viewport().width()
        painter.fillRect(where, theme.colour("paper"))
        stripe, chosen = theme.colour("stripe"), theme.colour("selected")
        top = self.rowViewportPosition(lines.start) if lines.stop > lines.start else 0
        for offset, row in enumerate(self.table.order[lines].tolist()):
            y = top + offset * ROW_HEIGHT
            if row == self.chosen:
                painter.fillRect(0, y, width, ROW_HEIGHT, chosen)
            elif (lines.start + offset) % 2:
                painter.fillRect(0, y, width, ROW_HEIGHT, stripe)

    def paint_column(self, painters: Sequence[QPainter], number: int, column: Column, lines: NDArray[np.int64]) -> None:
        """The cells of a column in some lines, a painter each."""
        if not len(lines):
            return
        left, room = self.columnViewportPosition(number) + PAD, self.columnWidth(number) - 2 * PAD
        origin = self.rowViewportPosition(int(lines[0])) - ROW_HEIGHT * int(lines[0])
        cells = self._cells_of(number, column, lines)
        for painter, line, cell in zip(painters, lines.tolist(), cells, strict=True):
            self._paint_cell(painter, number, (left, origin + ROW_HEIGHT * line, room), cell)

    def _cells_of(self, number: int, column: Column, lines: NDArray[np.int64]) -> list[Cell]:
        """What a column's cells in some lines read and look like."""
        said = self.table.says(number, lines)
        return [(words, *self.look_of(column, words, line)) for words, line in zip(said, lines.tolist(), strict=True)]

    def _paint_cell(self, painter: QPainter, number: int, where: tuple[int, int, int], cell: Cell) -> None:
        """A cell in its room (left edge, top, width)."""
        (left, top, room), (said, shape, tone), column = where, cell, self.table.columns[number]
        if not said and column.look not in {"level", "evidence"}:
            return
        painter.setPen(self._colours[tone])
        indent = 0
        if shape != "none":
            indent = 15
            draw_shape(painter, shape, QPointF(left + 5, top + ROW_HEIGHT / 2))
        place = (left + indent, top + (ROW_HEIGHT - self.glyphs.height) // 2, room - indent)
        need = self.glyphs.draw(painter, place, said, right=column.right)
        if column.right and need > room - indent:
            self._wide[number] = max(self._wide.get(number, 0), need + indent + 2 * PAD)

    def look_of(self, column: Column, said: str, line: int) -> tuple[Shape, str]:
        """Shape and tone of a cell."""
        shape, tone = look_of(column, said)
        return shape, "faint" if self.faded or self.greyed(line) else tone

    def greyed(self, _line: int) -> bool:
        """True where a line's figures can no longer be trusted."""
        return False

    def _forget_painted(self) -> None:
        """Rows are numbered anew."""
        self._seen.forget()
        self._tiles.forget()
        self._places.clear()

    def _widen(self) -> None:
        """A figure is never cut: its column grows."""
        for number, width in self._wide.items():
            self.setColumnWidth(number, width)
        self._wide.clear()
