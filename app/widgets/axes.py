"""Axes of the charts in plain numbers: where their labels stand and what they read; labels never collide."""

import math
from datetime import UTC, tzinfo
from functools import cache
from typing import Final, NamedTuple, Protocol

from app.engine.units import SECOND
from app.widgets.format import clock, signed

# steps of a clock, in ns
_BELOW_S: Final = tuple(base * 10**power for power in range(9) for base in (1, 2, 5))
_FROM_S: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 86400)
STEPS: Final[tuple[int, ...]] = (*_BELOW_S, *(seconds * SECOND for seconds in _FROM_S))

_LETTER: Final = 8  # pixels a letter of a label takes at most
_EDGE: Final = 6  # pixels between the last time and the edge of the chart
_APART: Final = 28  # pixels between two figures above each other


class Ticks(NamedTuple):
    """Labels of an axis: how far apart they are, where they stand, what they read ("" = a tick without words)."""

    step: float
    places: list[float]
    words: list[str]


NO_TICKS: Final = Ticks(0.0, [], [])


class Axis(Protocol):
    """Tells the labels of a range of values on so many pixels."""

    def ticks(self, low: float, high: float, size: float) -> Ticks:
        """Labels inside [low, high]."""


def step_of(span_ns: float, pieces: float) -> int:
    """The smallest step that cuts a span into at most `pieces`."""
    return next((step for step in STEPS if span_ns / step <= pieces), STEPS[-1])


class ClockAxis:
    """Clock time; a place is seconds after `origin` (ns)."""

    def __init__(self) -> None:
        self.origin = 0
        self.where: tzinfo = UTC

    def ticks(self, low: float, high: float, size: float) -> Ticks:
        """Whole steps of a clock, so far apart that their labels cannot touch."""
        start, end = (self.origin + round(edge * SECOND) for edge in (low, high))  # floats cannot hold an epoch's ns
        span = max(end - start, 1)
        step = next((step for step in STEPS if step / span * size >= _LETTER * (len(_words(step)) + 3)), STEPS[-1])
        first, last = -(-start // step), end // step
        times = [n * step for n in range(first, min(last, first + 50) + 1)]
        # a label that would be cut at the right edge is left out
        edge = high - (_LETTER * len(_words(step)) / 2 - _EDGE) * (high - low) / max(size, 1)
        places = [(at - self.origin) / SECOND for at in times]
        digits = _digits(step)
        words = [clock(at, self.where, digits) if x <= edge else "" for at, x in zip(times, places, strict=True)]
        return Ticks(step / SECOND, places, words)


def _digits(step: int) -> int:
    """Digits of a second that tell multiples of a step apart."""
    return next((d for d in range(10) if step % 10 ** (9 - d) == 0), 9)


@cache
def _words(step: int) -> str:
    """A label as wide as those of a step."""
    return clock(0, UTC, _digits(step))


class FigureAxis:
    """Figures above each other, as many as the height takes; `clear`: pixels at the top without a label."""

    def __init__(self, *, sign: bool, clear: int = 0) -> None:
        self._sign, self._clear = sign, clear
        self._known: tuple[tuple[float, float, float], Ticks] = ((math.nan, math.nan, math.nan), NO_TICKS)

    def ticks(self, low: float, high: float, size: float) -> Ticks:
        """Round values at least 28 pixels apart: signed bps, or plain counts in thousands and millions."""
        if not high > low or not size > 0:
            return NO_TICKS
        if self._known[0] == (low, high, size):
            return self._known[1]
        least = (high - low) / max(size / _APART, 1)
        power = 10 ** math.floor(math.log10(least))
        step = next(power * base for base in (1, 2, 5, 10) if power * base >= least * (1 - 1e-9))
        first, last = math.ceil(low / step), math.floor((high - self._clear / size * (high - low)) / step)
        places = [n * step for n in range(first, min(last, first + 60) + 1)]
        digits = max(0, -math.floor(math.log10(step) + 1e-9))
        words = [signed(value, digits) if self._sign else brief(value) for value in places]
        self._known = ((low, high, size), Ticks(step, places, words))
        return self._known[1]


def brief(value: float) -> str:
    """1200 as 1.2k, 3000000 as 3M."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"
