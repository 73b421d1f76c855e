"""A reader that knows some parents only: the others, and what belongs to them, are not there for whoever reads by it.

Parents are numbered anew in the order they became visible; `reactions`, `worked` and `evidence` follow them; fills,
children and events keep their places and are blank where they belong to nobody visible. Markets and sources are
everybody's.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from app.board.files import blank, distinct
from app.board.reader import ATTEMPTS, BoardReader, wanted_rows
from app.engine.events import Rows

Sees: TypeAlias = Callable[[str, str, str], bool]  # desk, book, trader
PARENTS: Final = "parents"
BESIDE: Final = frozenset({"reactions", "worked", "evidence"})  # one row a parent, by its number
HOUSE: Final = frozenset({"attribution"})  # over all orders: nobody sees it who does not see them all
UNDER: Final = frozenset({"fills", "children", "events"})  # rows with a `parent_row`
_NONE: Final = np.empty(0, np.int64)


class VisibleReader(BoardReader):
    """Reads a board folder for somebody of whom `sees` says which desk, book and trader are his."""

    def __init__(self, folder: Path, sees: Sees) -> None:
        self._sees = sees
        self._answers: dict[tuple[int, int, int], bool] = {}
        self._order = self._places = _NONE  # number -> row of the board, and back (-1: not visible)
        self._shown = np.empty(0, np.bool_)  # by number: a parent may go to another desk
        super().__init__(folder)

    def length(self, section: str) -> int:
        """As BoardReader, of what is visible."""
        if section == PARENTS or section in BESIDE:
            self._examine(np.arange(len(self._places), self._count(PARENTS)))
            visible = len(self._order)
            return visible if section == PARENTS else min(visible, self._reach(section))
        return 0 if section in HOUSE else self._count(section)

    def rows(self, section: str, index: NDArray[np.int64] | slice | None = None, *, attempts: int = ATTEMPTS) -> Rows:
        """As BoardReader, of what is visible."""
        if section in HOUSE:
            return blank(section, len(wanted_rows(section, index, 0)))
        if section not in {PARENTS, *BESIDE, *UNDER}:
            return super().rows(section, index, attempts=attempts)
        wanted = self._numbers(section, index)
        if section in UNDER:
            found = super().rows(section, wanted, attempts=attempts)
            numbers = self._numbered(found["parent_row"].astype(np.int64))
        else:
            found = super().rows(section, self._order[wanted], attempts=attempts)
            numbers = np.where(self._shown[wanted], wanted, -1)
        hidden = np.flatnonzero(numbers < 0)
        if section != PARENTS:
            found["parent_row"] = numbers
        found[hidden] = blank(section, len(hidden))
        return found

    def column(
        self, section: str, name: str, index: NDArray[np.int64] | slice | None = None, *, attempts: int = ATTEMPTS
    ) -> NDArray[np.generic]:
        """As BoardReader, of what is visible."""
        if section in UNDER and name == "parent_row":  # asked for in bulk: the rows need not be copied
            found = super().column(section, name, index, attempts=attempts)
            return self._numbered(found.astype(np.int64)).astype(found.dtype)
        if section not in {PARENTS, *BESIDE, *UNDER, *HOUSE}:
            return super().column(section, name, index, attempts=attempts)
        return np.ascontiguousarray(self.rows(section, index, attempts=attempts)[name])

    def changes(self, since: int) -> tuple[int, dict[str, NDArray[np.int64]], bool]:
        """As BoardReader, by the numbers of this one; what belongs to a parent that has become visible has changed."""
        generation, changed, missed = super().changes(since)
        if missed:
            self._examine(np.arange(self._count(PARENTS)))
            return generation, changed, missed
        for section in HOUSE:
            changed.pop(section, None)
        before = len(self._order)
        asked = changed.pop(PARENTS, _NONE)
        self._examine(asked)
        for section in (PARENTS, *BESIDE):
            rows = asked if section == PARENTS else changed.pop(section, _NONE)
            numbers = self._places[rows[rows < len(self._places)]]
            if len(numbers := distinct(numbers[numbers >= 0])):
                changed[section] = numbers
        for section in UNDER if len(self._order) > before else ():
            parents = super().column(section, "parent_row")
            mine = np.flatnonzero(np.isin(parents, self._order[before:]))
            if len(mine):
                changed[section] = distinct(np.concatenate([changed.get(section, _NONE), mine]))
        return generation, changed, missed

    def _open(self) -> None:
        super()._open()
        self._answers, self._order, self._places, self._shown = {}, _NONE, _NONE, np.empty(0, np.bool_)

    def _reach(self, section: str) -> int:
        """How many of the visible parents, from the first on, have a row in a section beside."""
        beyond = np.flatnonzero(self._order >= self._count(section))
        return int(beyond[0]) if len(beyond) else len(self._order)

    def _numbers(self, section: str, index: NDArray[np.int64] | slice | None) -> NDArray[np.int64]:
        return wanted_rows(section, index, self.length(section))

    def _numbered(self, parents: NDArray[np.int64]) -> NDArray[np.int64]:
        """Numbers of parents by their rows of the board, -1 where one is not visible."""
        known = (parents >= 0) & (parents < len(self._places))
        numbers = np.full(len(parents), -1, np.int64)
        numbers[known] = self._places[parents[known]]
        shown = numbers >= 0
        numbers[shown] = np.where(self._shown[numbers[shown]], numbers[shown], -1)
        return numbers

    def _examine(self, rows: NDArray[np.int64]) -> None:
        """Look whose these parents are now."""
        if not len(rows):
            return
        if (end := int(rows.max()) + 1) > len(self._places):
            begin = len(self._places)
            self._places = np.concatenate([self._places, np.full(end - begin, -1, np.int64)])
            rows = distinct(np.concatenate([rows, np.arange(begin, end)]))
        found = super().rows(PARENTS, rows)
        for row, *key in zip(rows.tolist(), *(found[n].tolist() for n in ("desk", "account", "trader")), strict=True):
            mine = self._asked((key[0], key[1], key[2]))
            number = int(self._places[row])
            if number >= 0:
                self._shown[number] = mine
            elif mine:
                self._places[row] = len(self._order)
                self._order, self._shown = np.append(self._order, row), np.append(self._shown, True)

    def _asked(self, key: tuple[int, int, int]) -> bool:
        known = self._answers.get(key)
        if known is None:
            known = self._answers[key] = self._sees(self.text(key[0]), self.text(key[1]), self.text(key[2]))
        return known
