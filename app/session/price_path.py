"""The price path made again from the tape, for a board that was lost with its process or is of another layout."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.engine.config import EngineConfig
from app.engine.core import Engine
from app.engine.events import Block, Rows
from app.engine.layout import TRACE_ROW
from app.engine.units import SECOND
from app.engine.universe import Universe
from app.session.recovery import TapeIndex, adopt

TRACE: Final = "trace"
_STEP_NS: Final = 45 * SECOND  # well inside what the engine surely keeps of a path


class _Collected:
    """A sink that keeps the path and nothing else."""

    def __init__(self) -> None:
        self.parts: list[Rows] = []

    def intern(self, text: str) -> int:
        """No text is kept."""
        del text
        return 0

    def put(self, section: str, index: NDArray[np.int64], rows: Rows) -> None:
        """Keep rows of the path."""
        if section == TRACE:
            self.parts.append(rows[: len(index)].copy())

    def length(self, section: str) -> int:
        """Where the next row would stand; nobody reads it."""
        del section
        return 0

    def beat(self, watermark: int) -> None:
        """Nothing is published."""


def path_of(index: TapeIndex, last: int, config: EngineConfig) -> Rows:
    """The path of every instrument over the first `last` records of a tape, as the engine puts it on a board."""
    universe = Universe()
    adopt(universe, index.universe)
    engine, sink, at = Engine(universe, config), _Collected(), 0
    for block in index.blocks(0, last):
        engine.apply(Block(block.watermark, block.market))
        if block.watermark - at > _STEP_NS:
            engine.path(sink)
            at = block.watermark
    engine.path(sink)
    return np.concatenate([np.zeros(0, TRACE_ROW), *sink.parts])
