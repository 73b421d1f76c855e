"""Timing risk of one parent, O(1) per change: what chance alone can do to its cost, as a standard deviation.

a = sum sigma^2 dt, b = sum D sigma^2 dt, c = sum D^2 sigma^2 dt (D done so far), rest = sum R^2 sigma^2 dt.
Variance of arrival slippage D^2 a - 2 D b + c = sum (D_end - D)^2 sigma^2 dt; of shortfall marked to now: rest.
The integral of sigma^2 (a running sum of the instrument, fractions squared) is taken to integers of 2^-120 first:
the difference above is then exact and never negative, an order filled at once has no risk rather than a rounding
residue that its z would be divided by, and looking twice changes nothing.
"""

import math
from collections.abc import Iterable
from typing import Final

from app.engine.metrics.figure import Figure
from app.engine.units import BPS

GRAIN_BITS: Final = 120
NO_SIGMA: Final = "no volatility"
NO_RISK: Final = "no timing risk yet"


class TimingRisk:
    """Accumulators of one parent. `done` and `rest` are those that held since the last step."""

    __slots__ = ("last", "done", "rest", "a", "b", "c", "r", "blind")

    def __init__(self, integral: float | None, qty: int | None) -> None:
        """Start at arrival: reading of the running integral (None or NaN: no volatility known) and order quantity."""
        self.blind = False
        self.last = self._reading(integral)
        self.done = 0
        self.rest = qty
        self.a = 0
        self.b = 0
        self.c = 0
        self.r = 0

    def step(self, integral: float | None, done: int, rest: int | None) -> None:
        """At a change of D or R: the reading of the integral, then the values that hold from here on."""
        now = self._reading(integral)
        variance = now - self.last
        self.last = now
        self.a += variance
        self.b += self.done * variance
        self.c += self.done * self.done * variance
        self.r += (self.rest or 0) ** 2 * variance
        self.done = done
        self.rest = rest

    def look(self, integral: float | None) -> "TimingRisk":
        """A copy brought to now."""
        copy = TimingRisk.from_state(self.state())
        copy.step(integral, self.done, self.rest)
        return copy

    def slippage_bps(self) -> Figure[float]:
        """Standard deviation of the arrival slippage of what is done, in bps of arrival."""
        d = self.done
        return self._bps(d * d * self.a - 2 * d * self.b + self.c, d, "nothing filled")

    def shortfall_bps(self, qty: int | None) -> Figure[float]:
        """Standard deviation of the shortfall marked to now, in bps of S x arrival."""
        return self._bps(self.r, qty or 0, "no order quantity")

    def _bps(self, variance: int, qty: int, why: str) -> Figure[float]:
        if self.blind:
            return Figure(None, NO_SIGMA)
        if qty <= 0:
            return Figure(None, why)
        return Figure(BPS * math.sqrt(variance / ((qty * qty) << GRAIN_BITS)))

    def _reading(self, integral: float | None) -> int:
        if integral is None or not math.isfinite(integral):
            self.blind = True
            return 0
        return int(math.ldexp(integral, GRAIN_BITS))

    def state(self) -> tuple[int | None, ...]:
        """Every attribute in order."""
        return tuple(getattr(self, name) for name in self.__slots__)

    @classmethod
    def from_state(cls, state: tuple[int | None, ...]) -> "TimingRisk":
        """The accumulators whose `state()` this is."""
        risk = cls(0.0, None)
        for name, value in zip(cls.__slots__, state, strict=True):
            setattr(risk, name, value)
        return risk


def from_changes(start: float | None, qty: int | None, changes: Iterable[tuple[float | None, int, int]]) -> TimingRisk:
    """The accumulators after (integral, change of D, change of S) in time order: restates late and busted fills."""
    risk = TimingRisk(start, qty)
    done, total = 0, qty
    for integral, filled, amended in changes:
        done += filled
        total = None if total is None else total + amended
        risk.step(integral, done, None if total is None else total - done)
    return risk


def cost_z(cost_bps: float | None, expected_bps: Figure[float], risk_bps: Figure[float]) -> Figure[float]:
    """(cost - expected) / timing risk, all in bps of the same denominator."""
    if cost_bps is None:
        return Figure(None, "no cost yet")
    if expected_bps.value is None or risk_bps.value is None:
        return Figure(None, expected_bps.reason or risk_bps.reason)
    if risk_bps.value <= 0:
        return Figure(None, NO_RISK)
    return Figure((cost_bps - expected_bps.value) / risk_bps.value)
