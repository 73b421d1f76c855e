"""The blotter's table: orders with pinned ones on top, in groups, of one trader or desk alone."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal

from app.engine.events import Rows
from app.widgets.blotter_columns import BLOTTER, gravest
from app.widgets.columns import Column, Texts
from app.widgets.evidence_words import cell_words
from app.widgets.filter import exactly
from app.widgets.format import number
from app.widgets.groups import BY, Grouped, grouped
from app.widgets.table import Lines, Table, taken


class OrderTable(Table):
    """Parents of the board. `order[i]` below 0 is a group's line: group -1 - order[i]."""

    arranged = Signal()

    def __init__(self, texts: Texts, rows: Rows) -> None:
        self.pins: set[int] = set()  # rows
        self.folded: set[int] = set()  # keys of groups whose members are hidden
        self.badges: dict[int, tuple[str, str]] = {}  # row -> letter of its alert, tone
        self.group: Grouped | None = None
        self._by = ""
        self._only: tuple[tuple[str, str], ...] = ()
        super().__init__(BLOTTER, texts, rows)

    # -- what is shown -------------------------------------------------------------------------------------------

    def set_scope(self, only: Sequence[tuple[str, str]]) -> None:
        """Show orders whose fields are exactly these alone: (("trader", "ann"),); () = all."""
        self._only = tuple(only)
        self.arrange()

    def set_group(self, by: str) -> None:
        """Put orders together by instrument, algo, trader or basket; "" = not."""
        self._by, self.folded = by, set()
        self.arrange()

    @property
    def grouped_by(self) -> str:
        """What orders are put together by, "" when they are not."""
        return self._by

    def pin(self, row: int) -> None:
        """Keep an order on top, or let it go again."""
        self.pins ^= {row}
        self.arrange()

    def fold(self, line: int) -> bool:
        """Hide or show the members of the group in a line; False when no group stands there."""
        if self.group is None or not 0 <= line < len(self.order) or self.order[line] >= 0:
            return False
        self.folded ^= {self.group.keys[-1 - int(self.order[line])]}
        self.arrange()
        return True

    def orders(self) -> NDArray[np.int64]:
        """Rows of the orders shown, groups' lines left out."""
        return self.order[self.order >= 0]

    # -- order ---------------------------------------------------------------------------------------------------

    def arrange(self) -> None:
        """Sort, filter and group again by the figures of now."""
        if self.group is None and not self._by:
            super().arrange()
        else:
            self.beginResetModel()
            self.order = self._arranged()
            self.endResetModel()
        self.arranged.emit()

    def coming(self) -> NDArray[np.int64] | None:
        """The order that `arrange` would give now; None among groups."""
        return None if self._by or self.group is not None else self._arranged()

    def move_to(self, order: NDArray[np.int64]) -> bool:
        """Show an order that `coming` gave; False when other rows are shown by now."""
        if self._by or not np.array_equal(np.sort(order), np.sort(self.order)):
            return False
        if not np.array_equal(order, self.order):
            self._move_to(order)
        self.arranged.emit()
        return True

    def _arranged(self) -> NDArray[np.int64]:
        shown = super()._arranged()
        if self._only:
            shown = shown[exactly(self._only, self.rows[shown], self.texts)]
        on_top = np.isin(shown, list(self.pins)) if self.pins else np.zeros(len(shown), bool)
        if not self._by:
            self.group = None
            return np.concatenate([shown[on_top], shown[~on_top]]) if self.pins else shown
        return self._in_groups(shown[on_top], shown[~on_top])

    def _admitted(self, fresh: NDArray[np.int64], rows: Rows) -> NDArray[np.int64]:
        """New orders come at the end; among groups they wait for the next arrangement."""
        fresh = super()._admitted(fresh, rows)
        if self._by:
            return fresh[:0]
        return fresh[exactly(self._only, rows[fresh], self.texts)] if self._only and len(fresh) else fresh

    def _in_groups(self, pinned: NDArray[np.int64], shown: NDArray[np.int64]) -> NDArray[np.int64]:
        self.group = group = grouped(self.rows, shown, BY[self._by], lambda levels: gravest(levels, self.texts))
        places = np.arange(len(group.keys))
        if self._sorted is not None and len(places):
            column, descending = self._sorted
            key = self._key(self.columns[column], group.rows, np.full(len(places), -1))
            places = np.argsort(-key if descending else key, kind="stable")
        pieces = [pinned]
        for place in places.tolist():
            pieces.append(np.array([-1 - place], np.int64))
            if group.keys[place] not in self.folded:
                pieces.append(group.members[place])
        return np.concatenate(pieces)

    # -- cells ---------------------------------------------------------------------------------------------------

    def lines_of(self, lines: Lines) -> tuple[Rows, NDArray[np.int64]]:
        """The rows shown in some lines, those of groups among them, and where they stand in the section."""
        where = self.order[lines]
        rows = taken(self.rows, np.maximum(where, 0)) if len(self.rows) else self.rows[:0]
        if self.group is not None:
            headers = where < 0
            rows[headers] = self.group.rows[-1 - where[headers]]
        return rows, np.maximum(where, -1)

    def cells(self, column: Column, lines: Lines) -> NDArray[np.generic]:
        """A column's values in some lines; a group's own where its line stands."""
        if self.group is None:
            return super().cells(column, lines)
        if column.name in (self.rows.dtype.names or ()):
            return self.field(column.name, lines)
        return self.values(column, *self.lines_of(lines))

    def field(self, name: str, lines: Lines) -> NDArray[np.generic]:
        """A field of the rows in some lines."""
        where = self.order[lines]
        if self.group is None:
            return self.rows[name][where]
        found: NDArray[np.generic] = np.empty(len(where), self.rows.dtype[name])
        mine = where >= 0
        found[mine], found[~mine] = self.rows[name][where[mine]], self.group.rows[name][-1 - where[~mine]]
        return found

    def says(self, number_: int, lines: Lines) -> list[str]:
        """What a column reads in some lines; a group's line names the group and how many orders it holds."""
        said = super().says(number_, lines)
        if self.columns[number_].look == "alert":
            letters = [self.badges.get(row, ("",))[0] for row in self.order[lines].tolist()]
            said = [f"{letter} {age}" if age else "" for letter, age in zip(letters, said, strict=True)]
        elif self.columns[number_].look == "evidence":
            said = self._lights(said, lines)
        group = self.group
        if group is None:
            return said
        name = self.columns[number_].name
        for place, where in enumerate(self.order[lines].tolist()):
            if where >= 0:
                continue
            mine = -1 - where
            if name == "parent_id":
                said[place] = f"{number(group.counts[mine])} order" + ("s" if group.counts[mine] != 1 else "")
            elif name == "spark":
                mark = "▸" if group.keys[mine] in self.folded else "▾"
                said[place] = f"{mark} {self.texts.text(group.keys[mine]) or f'no {self._by}'}"
            elif not self.columns[number_].right and not int(group.rows[name][mine]):
                said[place] = ""
        return said

    def _lights(self, said: list[str], lines: Lines) -> list[str]:
        """The evidence light of orders: its word with E, or with the smallest leak that could be seen."""
        words = self.field("status", lines).tolist()
        if not any(words):
            return said
        reasons, badges = (self.field(name, lines).tolist() for name in ("status_reason", "in_fdr_set"))
        figures = zip(*(self.field(name, lines).tolist() for name in ("e_value", "min_detectable_bps")), strict=True)
        return [
            cell_words(self.texts.text(status), self.texts.text(reason), figure, badge=badge > 0) if status else one
            for one, status, reason, badge, figure in zip(said, words, reasons, badges, figures, strict=True)
        ]

    def line_of(self, row: int) -> int:
        """Line in which an order is shown, -1 if it is not."""
        return super().line_of(row) if row >= 0 else -1
