"""The axis of the reaction chart: before the event in seconds, after it in decades, labels that never collide."""

import math
from typing import Final

from app.engine.units import HORIZONS, MILLISECOND
from app.widgets.axes import Ticks
from app.widgets.format import MINUS

_ROOM: Final = 8  # pixels a letter of a label takes at most
_BEFORE: Final = {-5_000_000_000: -2.0, -1_000_000_000: -1.0, 0: 0.0}
# labels by importance: the first ones are placed first
_LABELS: Final = (
    "0",
    "1s",
    "1ms",
    "100ms",
    "10ms",
    "5m",
    f"{MINUS}5s",
    "30s",
    f"{MINUS}1s",
    "5s",
    "1m",
    "15s",
    "500ms",
)


def place(ns: int) -> float:
    """Where a horizon stands on the axis: 0 the event, 1 ms at 1, then one unit a decade."""
    if ns <= 0:
        return _BEFORE[ns]
    return 1.0 + math.log10(ns / MILLISECOND)


PLACES: Final = {
    **{name: place(ns) for name, ns in HORIZONS},
    "0": 0.0,
    f"{MINUS}5s": _BEFORE[-5_000_000_000],
    f"{MINUS}1s": _BEFORE[-1_000_000_000],
}
LEFT: Final = -2.3
RIGHT: Final = place(HORIZONS[-1][1]) + 0.25


class HorizonAxis:
    """The horizons' names, as many as fit."""

    def ticks(self, low: float, high: float, size: float) -> Ticks:
        """Places whose labels do not touch."""
        per = size / max(high - low, 1e-9)
        taken: list[tuple[float, float, str]] = []
        for name in _LABELS:
            middle, half = PLACES[name] * per, (len(name) * _ROOM + 8) / 2
            if low <= PLACES[name] <= high and all(middle + half <= a or middle - half >= b for a, b, _ in taken):
                taken.append((middle - half, middle + half, name))
        shown = [name for _, _, name in sorted(taken)]
        return Ticks(1.0, [PLACES[name] for name in shown], shown)
