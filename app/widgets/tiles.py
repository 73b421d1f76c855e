"""Pictures of rows, kept until their row changes: painting a grid is then putting pictures on a ground."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPixmap

from app.widgets.theme import Shape

MOST: Final = 400  # pictures kept
Cell = tuple[str, Shape, str]  # what a cell reads, its shape and its tone


@dataclass(slots=True)
class Tile:
    """A row's picture and what is in it: cells by number of their column, the row's bytes as they were drawn."""

    picture: QPixmap
    cells: dict[int, Cell] = field(default_factory=dict)
    drawn: bytes = b""


class Tiles:
    """Rows as they look, without their ground, by row number; a group's line has a negative one."""

    def __init__(self) -> None:
        self._kept: dict[int, Tile] = {}
        self.stale: set[int] = set()  # rows whose picture shows older figures

    def __contains__(self, row: int) -> bool:
        return row in self._kept

    def __getitem__(self, row: int) -> QPixmap:
        return self._kept[row].picture

    def __len__(self) -> int:
        return len(self._kept)

    def begin(self, row: int, size: QSize, ratio: float) -> Tile:
        """The picture of a row, to be brought up to date now: an empty one where it has none; it is kept.

        `size` in points of a screen with `ratio` pixels a point. Whoever draws notes what.
        """
        found = self._kept.get(row)
        if found is None:
            picture = QPixmap(round(size.width() * ratio), round(size.height() * ratio))
            picture.setDevicePixelRatio(ratio)
            picture.fill(Qt.GlobalColor.transparent)
            found = self._kept[row] = Tile(picture)
        self.stale.discard(row)
        return found

    def make_room(self, needed: set[int]) -> None:
        """Let the oldest pictures go that are not needed."""
        for row in list(self._kept)[: max(len(self._kept) - MOST, 0)]:
            if row not in needed:
                del self._kept[row]
                self.stale.discard(row)

    def forget(self) -> None:
        """Every row must be drawn anew."""
        self._kept.clear()
        self.stale.clear()

    def age(self, rows: NDArray[np.int64]) -> None:
        """These rows must as soon as there is time; their pictures can be shown until then."""
        self.stale |= self._kept.keys() & set(rows.tolist())

    def forget_groups(self) -> None:
        """The lines of groups must."""
        for row in [row for row in self._kept if row < 0]:
            del self._kept[row]
