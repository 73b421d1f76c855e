"""A pad without a board: rows and texts as a test writes them down."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.board import blank
from app.engine.events import Rows
from app.widgets.pad import Life, Pad, Pulse

Value = str | int | float


class Handmade(Pad):
    """Words in a field become texts of an arena; what is not written down is undefined."""

    def __init__(self, life: Life = "live") -> None:
        super().__init__(Path("no board"))
        self.words = [""]
        self.pulse = Pulse(life)

    def intern(self, word: str) -> int:
        if word not in self.words:
            self.words.append(word)
        return self.words.index(word)

    def text(self, index: int) -> str:
        return self.words[index]

    def rows(self, section: str, **fields: Sequence[Value]) -> Rows:
        made = blank(section, len(next(iter(fields.values()))))
        for name, values in fields.items():
            made[name] = [self.intern(value) if isinstance(value, str) else value for value in values]
        return made

    def put_parents(self, **fields: Sequence[Value]) -> NDArray[np.int64]:
        """These are the parents now; returns all their rows."""
        self._parents = self.rows("parents", **fields)
        self._count = len(self._parents)
        return np.arange(self._count)

    def put(self, section: str, **fields: Sequence[Value]) -> None:
        """The rows of a short section: instruments or sources."""
        self._short[section] = self.rows(section, **fields)
