"""A dense grid painted in one go straight from numpy; Qt's table view around it scrolls, sizes and speaks."""

from datetime import tzinfo
from typing import Final

from PySide6.QtCore import QPointF, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from app.widgets.columns import Column, mark, side_tone
from app.widgets.format import DASH
from app.widgets.table import LEFT, RIGHT, Table
from app.widgets.theme import TONES, Shape, Theme, figures_font

ROW_HEIGHT: Final = 20
_PAD: Final = 3
_STEPS: Final = {Qt.Key.Key_J: 1, Qt.Key.Key_Down: 1, Qt.Key.Key_K: -1, Qt.Key.Key_Up: -1}


class Grid(QTableView):
    """Shows a Table. The chosen row is one number, `chosen`; the highlight is painted from it and nothing else."""

    picked = Signal(int)  # a row of the section, by mouse or key

    def __init__(self, table: Table, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.table, self.theme = table, theme
        self.chosen = -1
        self.faded = False
        self._colours = {tone: theme.colour(tone) for tone in TONES}
        self._wide: dict[int, int] = {}  # columns found too narrow, and what they need
        self.setObjectName(name)
        self.setAccessibleName(name)
        self.setModel(table)
        self.setFont(figures_font())
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
        digit = QFontMetrics(self.font()).horizontalAdvance("0")
        for number, column in enumerate(table.columns):
            self.setColumnWidth(number, column.chars * digit + 2 * _PAD)

    def order_by(self, name: str, *, descending: bool) -> None:
        """Sort by a column's name."""
        order = Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder
        names = [column.name for column in self.table.columns]
        self.horizontalHeader().setSortIndicator(names.index(name), order)

    def choose(self, row: int, *, show: bool = False) -> None:
        """Highlight a row of the section (-1 none); `show` scrolls to it."""
        self.chosen = row
        line = self.table.line_of(row)
        if line >= 0:
            self.setCurrentIndex(self.table.index(line, max(self.currentIndex().column(), 0)))  # for screen readers
            if show:
                self.scrollTo(self.table.index(line, 0))
        self.viewport().update()

    def fade(self, faded: bool) -> None:
        """Grey everything: what is shown may no longer be true."""
        if faded != self.faded:
            self.faded = faded
            self.viewport().update()

    def dress(self, theme: Theme) -> None:
        """Change the colours."""
        self.theme = theme
        self._colours = {tone: theme.colour(tone) for tone in TONES}
        self.viewport().update()

    def set_zone(self, where: tzinfo) -> None:
        """Time zone of the times."""
        self.table.where = where
        self.viewport().update()

    def shown_lines(self) -> slice:
        """Lines in view."""
        first, last = self.rowAt(0), self.rowAt(self.viewport().height() - 1)
        return slice(max(first, 0), (last if last >= 0 else self.table.rowCount() - 1) + 1)

    # -- choosing ------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the row under the mouse."""
        line = self.rowAt(int(event.position().y()))
        if event.button() == Qt.MouseButton.LeftButton and line >= 0:
            self.picked.emit(int(self.table.order[line]))
        super().mousePressEvent(event)

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
        if count:
            line = min(max(line, 0), count - 1)
            self.picked.emit(int(self.table.order[line]))
            self.scrollTo(self.table.index(line, 0))

    # -- painting ------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the view's own geometry; lines in view are read at the next painting."""
        super().resizeEvent(event)
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The cells that have to be painted, column by column, from the table's rows."""
        painter, where = QPainter(self.viewport()), event.rect()
        painter.setFont(self.font())
        lines = self.shown_lines()
        if lines.stop > lines.start:  # a row that changed alone is painted alone
            top = self.rowViewportPosition(lines.start)
            first = lines.start + max(where.top() - top, 0) // ROW_HEIGHT
            lines = slice(first, min(lines.stop, lines.start + max(where.bottom() - top, 0) // ROW_HEIGHT + 1))
        self._paint_ground(painter, where, lines)
        for number, column in enumerate(self.table.columns):
            left, wide = self.columnViewportPosition(number), self.columnWidth(number)
            if not self.isColumnHidden(number) and left <= where.right() and left + wide > where.left():
                self._paint_column(painter, number, column, lines)
        painter.end()
        if self._wide:
            QTimer.singleShot(0, self._widen)

    def _paint_ground(self, painter: QPainter, where: QRect, lines: slice) -> None:
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

    def _paint_column(self, painter: QPainter, number: int, column: Column, lines: slice) -> None:
        left, room = self.columnViewportPosition(number) + _PAD, self.columnWidth(number) - 2 * _PAD
        top = self.rowViewportPosition(lines.start) if lines.stop > lines.start else 0
        metrics, align = painter.fontMetrics(), int(RIGHT if column.right else LEFT)
        digit, colours, last = metrics.horizontalAdvance("0"), self._colours, ""
        for offset, value in enumerate(self.table.cells(number, lines)):
            said, y = column.say(value, self.table.texts, self.table.where), top + offset * ROW_HEIGHT
            shape, tone = self._look(column, said)
            if tone != last:
                painter.setPen(colours[tone])
                last = tone
            indent = 0
            if shape != "none":
                indent = 15
                draw_shape(painter, shape, QPointF(left + 5, y + ROW_HEIGHT / 2))
            if (len(said) + 1) * digit > room - indent:  # worth measuring
                need = metrics.horizontalAdvance(said)
                if need > room and column.right:
                    self._wide[number] = max(self._wide.get(number, 0), need + 2 * _PAD)
                said = said if column.right else metrics.elidedText(said, Qt.TextElideMode.ElideMiddle, room - indent)
            painter.drawText(left + indent, y, room - indent, ROW_HEIGHT, align, said)

    def _look(self, column: Column, said: str) -> tuple[Shape, str]:
        """Shape and tone of a cell."""
        shape: Shape = "none"
        tone = "faint" if said in {DASH, column.empty} else "ink"
        if column.look == "side":
            tone = side_tone(said)
        elif column.look in {"level", "evidence"}:
            shape, tone = mark(column.look, said)
        return shape, "faint" if self.faded else tone

    def _widen(self) -> None:
        """A figure is never cut: its column grows."""
        for number, width in self._wide.items():
            self.setColumnWidth(number, width)
        self._wide.clear()


def draw_shape(painter: QPainter, shape: Shape, centre: QPointF, size: float = 4.5) -> None:
    """A status shape in the colour of the painter's pen."""
    if shape == "none":
        return
    x, y, s = centre.x(), centre.y(), size
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    hollow = shape in {"ring", "hollow_diamond"}
    painter.setBrush(Qt.BrushStyle.NoBrush if hollow else painter.pen().color())
    if shape in {"circle", "ring"}:
        painter.drawEllipse(centre, s - 0.5, s - 0.5)
    elif shape == "square":
        painter.drawRect(QRectF(x - s + 0.5, y - s + 0.5, 2 * s - 1, 2 * s - 1))
    elif shape == "triangle":
        painter.drawPolygon(QPolygonF([QPointF(x - s, y + s - 1), QPointF(x + s, y + s - 1), QPointF(x, y - s)]))
    else:
        painter.drawPolygon(QPolygonF([QPointF(x - s, y), QPointF(x, y - s), QPointF(x + s, y), QPointF(x, y + s)]))
    painter.restore()
