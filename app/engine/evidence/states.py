"""What is kept of every symbol, side by side in arrays, so that one call of a kernel goes over all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from app.engine.evidence.rows import CHECKS, RING, STEP, STREAM, SYMBOL
from app.engine.evidence.windows import scratch
from app.engine.units import NULL

if TYPE_CHECKING:
    from app.engine.enrich.history import TouchHistory
    from app.engine.evidence.model import Model
    from app.engine.evidence.reference import Kernels

_FIRST: Final = 4
NAMES: Final = ("streams", "rings", "checks", "symbols")
BYTES: Final = STREAM.itemsize * (1 + CHECKS) + STEP.itemsize * RING + SYMBOL.itemsize  # of one symbol


class States:
    """Row `place` of every array is one symbol's: its stream, recent steps, kept states, and what it is."""

    __slots__ = ("checks", "count", "history", "lean", "model", "rings", "scratch", "streams", "symbols")

    def __init__(self, history: TouchHistory, model: Model, *, lean: bool = False) -> None:
        self.history = history
        self.model = model
        self.lean = lean  # only steps of windows are kept
        self.scratch = scratch()
        self.count = 0
        self.streams: Any = np.zeros(_FIRST, STREAM)
        self.rings: Any = np.zeros((_FIRST, RING), STEP)
        self.checks: Any = np.zeros((_FIRST, CHECKS), STREAM)
        self.symbols: Any = np.zeros(_FIRST, SYMBOL)

    def add(self, instrument: int, tick: int, kernels: Kernels) -> int:
        """A place for one more symbol, with nothing heard yet."""
        place = self.count
        if place == len(self.streams):
            for name in NAMES:  # pages nobody has written to take no memory
                kept = getattr(self, name)
                grown = np.zeros((2 * place, *kept.shape[1:]), kept.dtype)
                grown[:place] = kept
                setattr(self, name, grown)
        self.count += 1
        symbol = self.symbols[place]
        symbol["instrument"], symbol["tick"], symbol["passed"] = instrument, tick, NULL
        symbol["g"], symbol["signs"] = kernels.g, kernels.signs
        for name in ("size", "beta", "market", "silence"):
            symbol[name] = getattr(kernels, name)
        self.checks[place]["cursor"] = NULL
        return place
