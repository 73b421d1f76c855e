"""Bytes of the messages that a FIX stream keeps: the blocks they came in, one behind the other, as long as it lives.

A message is not copied where most of its block is kept anyway; of a block with few such messages these alone are.
"""

from bisect import bisect_right
from dataclasses import dataclass, field

import numpy as np

from app.engine import fix_state as k
from app.engine import fix_tables as t
from app.engine.fix_scan import Ints


@dataclass(slots=True)
class KeptBlocks:
    """Blocks by the place of their first byte; a place is state[S_SPACE] of its block and one in the block."""

    _begins: list[int] = field(default_factory=list)
    _blocks: list[bytes] = field(default_factory=list)
    _used: int = 0  # messages kept when the newest block began

    def begin(self, data: bytes, state: Ints, kept: Ints) -> None:
        """Another block follows; `kept`: the messages of the one before it are told to hold, where they are few."""
        if self._blocks:
            self._settle(kept[self._used : state[k.S_KEPT]])
        self._begins.append(self._begins[-1] + len(self._blocks[-1]) if self._blocks else 0)
        self._blocks.append(data)
        self._used = int(state[k.S_KEPT])
        state[k.S_SPACE] = self._begins[-1]

    def text(self, at: int, size: int) -> bytes:
        """The bytes at a place."""
        number = bisect_right(self._begins, at) - 1
        at -= self._begins[number]
        return self._blocks[number][at : at + size]

    def _settle(self, rows: Ints) -> None:
        """Nothing more is kept of the newest block: of one with few messages these stay, of one with none nothing."""
        begin, block = self._begins[-1], self._blocks[-1]
        sizes = rows[:, t.M_SIZE]
        if not len(rows):
            del self._begins[-1], self._blocks[-1]
        elif 2 * int(sizes.sum()) < len(block):
            places = rows[:, [t.M_AT, t.M_SIZE]].tolist()
            self._blocks[-1] = b"".join(block[at - begin : at - begin + size] for at, size in places)
            rows[:, t.M_AT] = begin + np.cumsum(sizes) - sizes
