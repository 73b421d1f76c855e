"""The level light: how large an order's cost is. It never speaks of leakage; the evidence light does.

`z` (the default) looks at |cost z|, cost against expectation in units of timing risk. `bps` is a preset on the raw
cost in bps, which turns amber on half of all clean orders: its reason always says so. An undefined figure is `N/A`
with its reason, never green.
"""

import math
from typing import Final, Literal, NamedTuple

from app.engine.units import SECOND

Mode = Literal["z", "bps"]
QUIET: Final = "QUIET"
GREEN: Final = "GREEN"
AMBER: Final = "AMBER"
RED: Final = "RED"
NOT_AVAILABLE: Final = "N/A"
CAVEAT: Final = "raw bps turn amber on half of all clean orders"
_RANK: Final = {NOT_AVAILABLE: 0, QUIET: 0, GREEN: 1, AMBER: 2, RED: 3}


class Thresholds(NamedTuple):
    """Amber and red from these values on, quiet up to `quiet`, and how slowly a level is left.

    A level is left below `leave` times its threshold, and not before `dwell_ns` in it. A rise is shown at once: only
    good news waits.
    """

    amber: float
    red: float
    quiet: float | None = None
    leave: float = 1.0
    dwell_ns: int = 0


PRESETS: Final[dict[Mode, Thresholds]] = {
    "z": Thresholds(2.0, 3.0),
    "bps": Thresholds(2.0, 4.0, quiet=0.5, leave=0.75, dwell_ns=10 * SECOND),
}


class Level:
    """The light of one parent, a state machine of event time; `state()` and `from_state()` save and restore it."""

    __slots__ = ("mode", "thresholds", "level", "since")

    def __init__(self, mode: Mode = "z", thresholds: Thresholds | None = None) -> None:
        self.mode = mode
        self.thresholds = PRESETS[mode] if thresholds is None else thresholds
        self.level = NOT_AVAILABLE
        self.since = 0

    def step(self, ts: int, value: float | None, reason: str = "") -> tuple[str, str]:
        """The level and its reason in words after a new value (cost z or signed bps) at ts.

        `reason`: for an undefined value (None or not finite) why; else the figures behind it, appended.
        """
        if value is None or not math.isfinite(value):
            self._set(NOT_AVAILABLE, ts)
            return self.level, reason or "undefined"
        size = abs(value) if self.mode == "z" else value
        self._set(self._next(ts, size), ts)
        return self.level, self._words(value, size, reason)

    def _set(self, level: str, ts: int) -> None:
        if level != self.level:
            self.level = level
            self.since = ts

    def _plain(self, size: float, factor: float = 1.0) -> str:
        limits = self.thresholds
        if size >= limits.red * factor:
            return RED
        if size >= limits.amber * factor:
            return AMBER
        return QUIET if limits.quiet is not None and size <= limits.quiet else GREEN

    def _next(self, ts: int, size: float) -> str:
        plain = self._plain(size)
        if _RANK[self.level] < _RANK[AMBER] or _RANK[plain] >= _RANK[self.level]:
            return plain
        if ts - self.since < self.thresholds.dwell_ns:
            return self.level
        return self._plain(size, self.thresholds.leave)

    def _words(self, value: float, size: float, figures: str) -> str:
        limits = self.thresholds
        what = f"cost z {value:.2f}" if self.mode == "z" else f"cost {value:.2f} bps"
        bound = limits.red if self.level == RED else limits.amber
        if self.level == QUIET:
            words = f"{what}, at most {limits.quiet:g}"
        elif self.level == GREEN:
            words = f"{what}, below {limits.amber:g}"
        elif size >= bound:
            words = f"{what}, at or above {bound:g}"
            if value < 0:
                words = f"{what}: {bound:g} or more cheaper than expected"
        else:
            words = f"{what}, held after {bound:g} until below {bound * limits.leave:g}"
            words += f" and {limits.dwell_ns / SECOND:g} s have passed" if limits.dwell_ns else ""
        words = f"{words} ({figures})" if figures else words
        return f"{words}; {CAVEAT}" if self.mode == "bps" else words

    def state(self) -> tuple[Mode, str, int]:
        """Mode, level and the time it was entered; thresholds belong to the settings."""
        return self.mode, self.level, self.since

    @classmethod
    def from_state(cls, state: tuple[Mode, str, int], thresholds: Thresholds | None = None) -> "Level":
        """The light whose `state()` this is."""
        light = cls(state[0], thresholds)
        light.level, light.since = state[1], state[2]
        return light
