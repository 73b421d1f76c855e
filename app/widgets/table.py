"""Rows of the board as an item model: order and filter are numpy index arrays, figures become text when asked for."""

from collections.abc import Sequence
from datetime import UTC, tzinfo
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QAccessible

from app.board import as_bytes
from app.engine.events import Rows
from app.engine.units import NULL
from app.widgets import format as text
from app.widgets.columns import SEVERITY, Column, Texts
from app.widgets.filter import matches
from app.widgets.readers import Readers, row_bytes
from app.widgets.tiles import Tile

RIGHT: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
LEFT: Final = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
Index = QModelIndex | QPersistentModelIndex
Lines = slice | NDArray[np.int64]
_ROOT: Final = QModelIndex()


def taken(rows: Rows, where: NDArray[np.int64]) -> Rows:
    """Some rows, copied whole: numpy would copy field by field, and a parent has two hundred."""
    return as_bytes(rows)[where].view(rows.dtype)


class Table(QAbstractTableModel):
    """A table over rows of one section; `order[i]` is the row of the section shown in line i."""

    touched = Signal(object)  # rows of the section with newer figures
    renumbered = Signal()  # other rows, or the same ones under other numbers
    moved = Signal()  # the same rows in other lines

    def __init__(self, columns: Sequence[Column], texts: Texts, rows: Rows) -> None:
        super().__init__()
        self.columns = tuple(columns)
        self.texts = texts
        self.rows = rows
        self.where: tzinfo = UTC
        self.extras: dict[str, NDArray[np.float64]] = {}  # figures of the screen's own, by column and row
        self.exponents: dict[int, int] = {}  # size exponents that are not 0, by the instrument's index in the arena
        self.order: NDArray[np.int64] = np.arange(len(rows), dtype=np.int64)
        self.moving = False  # rows change their places: a header says then that every column has another width
        self._readers: Readers | None = None
        self._filter = ""
        self._sorted: tuple[int, bool] | None = None  # column, descending

    # -- what is shown -------------------------------------------------------------------------------------------

    def replace(self, rows: Rows) -> None:
        """Show other rows (another order's fills, a new epoch)."""
        self.beginResetModel()
        self.rows = rows
        self.order = self._arranged()
        self.endResetModel()
        self.renumbered.emit()

    def renew(self, rows: Rows) -> None:
        """The same rows, or more of them at the end, with newer figures; lines keep their place until `arrange`."""
        grown = len(rows) - len(self.rows)
        if grown < 0:
            self.replace(rows)
            return
        fresh = self._admitted(np.arange(len(self.rows), len(rows)), rows)
        self.rows = rows
        if len(fresh):
            end = len(self.order)
            self.beginInsertRows(_ROOT, end, end + len(fresh) - 1)
            self.order = np.concatenate([self.order, fresh])
            self.endInsertRows()

    def _admitted(self, fresh: NDArray[np.int64], rows: Rows) -> NDArray[np.int64]:
        """Which of some new rows are shown at once, at the end."""
        if len(fresh) and self._filter:
            return fresh[matches(self._filter, rows[fresh], self.columns, self.texts)]
        return fresh

    def touch(self, rows: NDArray[np.int64], lines: slice) -> None:
        """Some rows have newer figures: one signal a frame, for those of them that are shown in some lines."""
        self.touched.emit(rows)
        fresh = np.zeros(len(self.rows), bool)
        fresh[rows] = True
        shown = self.order[lines]
        hit = np.flatnonzero((shown >= 0) & fresh[shown]) if len(fresh) else shown[:0]
        if len(hit):
            first, last = lines.start + int(hit[0]), lines.start + int(hit[-1])
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(self.columns) - 1))

    def arrange(self) -> None:
        """Sort and filter again by the figures of now."""
        order = self._arranged()
        if len(order) != len(self.order):
            self.beginResetModel()
            self.order = order
            self.endResetModel()
        elif not np.array_equal(order, self.order):
            self._move_to(order)

    def set_filter(self, words: str) -> None:
        """Show only rows that match: words anywhere, or `sym:TECH level:red`."""
        self._filter = words.strip()
        self.arrange()

    def line_of(self, row: int) -> int:
        """Line in which a row of the section is shown, -1 if it is not."""
        found = np.flatnonzero(self.order == row)
        return int(found[0]) if len(found) else -1

    def values(self, column: Column, rows: Rows, where: NDArray[np.int64]) -> NDArray[np.generic]:
        """A column's values of some rows, which stand at `where` in the section (-1: nowhere)."""
        if column.name in (rows.dtype.names or ()):
            return rows[column.name]
        if column.derive is not None:
            return column.derive(rows, self.texts)
        extra = self.extras.get(column.name)
        found = np.full(len(rows), np.nan)
        if extra is not None:
            known = (where >= 0) & (where < len(extra))
            found[known] = extra[where[known]]
        return found

    def lines_of(self, lines: Lines) -> tuple[Rows, NDArray[np.int64]]:
        """The rows shown in some lines and where they stand in the section."""
        where = self.order[lines]
        return taken(self.rows, where), where

    def cells(self, column: Column, lines: Lines) -> NDArray[np.generic]:
        """A column's values in some lines; rows are gathered only where a figure is made of several fields."""
        where = self.order[lines]
        if column.name in (self.rows.dtype.names or ()):
            return self.rows[column.name][where]
        return self.values(column, *self.lines_of(lines))

    def says(self, number: int, lines: Lines) -> list[str]:
        """What a column reads in some lines."""
        column = self.columns[number]
        if column.look == "spark":
            return [""] * len(self.order[lines])
        firsts = self.cells(column, lines).tolist()
        if column.look == "quantity" and self.exponents and "instrument" in (self.rows.dtype.names or ()):
            powers = [self.exponents.get(i, 0) for i in self.field("instrument", lines).tolist()]
            return [column.say(v, self.texts, self.where, e) for v, e in zip(firsts, powers, strict=True)]
        said = [column.say(value, self.texts, self.where) for value in firsts]
        if not column.second:
            return said
        seconds = self.field(column.second, lines).tolist()
        return [one + column.joint + column.say(two, self.texts).rjust(5, text.FIGURE_SPACE)
                for one, two in zip(said, seconds, strict=True)]  # fmt: skip

    def differing(self, row: int, tile: Tile) -> set[int] | frozenset[int]:
        """Numbers of the columns that may read otherwise than in a row's picture, which is taken to follow them now."""
        if self._readers is None or not self._readers.reads(self.rows.dtype):
            self._readers = Readers(self.columns, self.rows.dtype)
        now = row_bytes(self.rows, row) if row >= 0 else b""
        before, tile.drawn = tile.drawn, now
        return self._readers.differing(before, now)

    def field(self, name: str, lines: Lines) -> NDArray[np.generic]:
        """A field of the rows in some lines."""
        return self.rows[name][self.order[lines]]

    # -- order ---------------------------------------------------------------------------------------------------

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; undefined figures come last either way, equal ones keep the board's order."""
        self._sorted = (column, order == Qt.SortOrder.DescendingOrder) if column >= 0 else None
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self.columns) - 1)
        self.arrange()

    def _arranged(self) -> NDArray[np.int64]:
        shown = np.arange(len(self.rows))
        if self._filter:
            shown = shown[matches(self._filter, self.rows, self.columns, self.texts)]
        if self._sorted is None:
            return shown
        column, descending = self._sorted
        key = self._key(self.columns[column], self.rows, np.arange(len(self.rows)))[shown]
        return shown[np.argsort(-key if descending else key, kind="stable")]

    def _key(self, column: Column, rows: Rows, where: NDArray[np.int64]) -> NDArray[np.float64]:
        values = self.values(column, rows, where)
        if column.right or column.look == "spark":
            # relative to the smallest, so that times keep their ns as floats
            defined = values[values != NULL] if values.dtype.kind == "i" else values
            base = defined.min() if values.dtype.kind == "i" and len(defined) else 0
            key: NDArray[np.float64] = (values - base).astype(np.float64)
            key[values == NULL if values.dtype.kind == "i" else np.isnan(values)] = np.nan
            return key
        unique, inverse = np.unique(values, return_inverse=True)
        words = [self.texts.text(i) for i in unique.tolist()]
        if column.look in {"level", "evidence"}:
            ranks = np.array([SEVERITY.get(word.upper(), np.nan) for word in words], np.float64)
        else:
            ranks = np.empty(len(words))
            ranks[sorted(range(len(words)), key=words.__getitem__)] = np.arange(len(words))
            ranks[unique == 0] = np.nan
        return ranks[inverse]

    def _move_to(self, order: NDArray[np.int64]) -> None:
        """The same rows in other lines. Only what lies in view is painted anew.

        Qt would lay out view and titles as if every column had changed, half a frame. A screen reader keeps cells by
        their places: while there is one, it is told the long way.
        """
        self.moving = heard = QAccessible.isActive()
        if heard:
            self.layoutAboutToBeChanged.emit()
        place = np.empty(len(self.rows), np.int64)
        place[order] = np.arange(len(order))
        old = self.persistentIndexList()
        new = [self.index(int(place[self.order[index.row()]]), index.column()) for index in old]
        self.order = order
        self.changePersistentIndexList(old, new)
        if heard:
            self.layoutChanged.emit()
        self.moving = False
        self.moved.emit()

    # -- Qt ------------------------------------------------------------------------------------------------------

    def rowCount(self, parent: Index = _ROOT) -> int:
        """Lines shown."""
        return 0 if parent.isValid() else len(self.order)

    def columnCount(self, parent: Index = _ROOT) -> int:
        """Columns."""
        return 0 if parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Titles, aligned as their columns."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._title(section)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return RIGHT if column.right else LEFT
        return column.about or None if role == Qt.ItemDataRole.ToolTipRole else None

    def _title(self, section: int) -> str:
        """A title, with the direction of the sort beside it, where it hides no letter."""
        title = self.columns[section].title
        if self._sorted is None or self._sorted[0] != section:
            return title
        arrow = "▾" if self._sorted[1] else "▴"
        return f"{arrow} {title}" if self.columns[section].right else f"{title} {arrow}"

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A cell for tooltips, accessibility and tests; painting does not come this way."""
        if not index.isValid() or index.row() >= len(self.order):
            return None
        column, line = self.columns[index.column()], slice(index.row(), index.row() + 1)
        if role == Qt.ItemDataRole.DisplayRole:
            return self.says(index.column(), line)[0]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return RIGHT if column.right else LEFT
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.tip(index.column(), line)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{column.title} {self.says(index.column(), line)[0]}"
        return None

    def tip(self, number: int, line: slice) -> str:
        """What a cell's tooltip says: the reason where undefined, else the figure in full."""
        column, (rows, where) = self.columns[number], self.lines_of(line)
        said = self.says(number, line)[0]
        reason = self.texts.text(int(rows[column.reason][0])) if column.reason else ""
        if column.look == "spark":
            return f"{column.title}: {column.about or column.why}"
        if said.split(column.joint)[0] in {text.DASH, column.empty}:
            return f"{column.title}: {reason or column.why}"
        full = text.number(float(self.values(column, rows, where)[0]), 6) if column.look == "figure" else said
        return "\n".join(line for line in (f"{column.title}: {full}", reason, column.about) if line)
