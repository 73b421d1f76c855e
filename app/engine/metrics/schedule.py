"""Planned against done, when it will finish, what will be left at the end, and where the limit price stands.

A plan is `twap` (start and end known: straight line), `pov` (a target rate: that share of the eligible volume since
the start) or none. Quantities in size units, times ns.
"""

import math
from fractions import Fraction
from typing import Final, Literal, NamedTuple

from app.engine.metrics.figure import Figure, ratio
from app.engine.units import BPS

NO_PLAN: Final = "no schedule"
MIN_FILLS: Final = 8
Z_90: Final = 1.6448536269514722  # two-sided 90 %
NEAR_BPS: Final = 5
LimitState = Literal["none", "inside", "near", "at", "away", "unknown"]


class Plan(NamedTuple):
    """Schedule of an order: total, arrival, the algo's start and end, target share of the volume; None = not given."""

    qty: int
    arrival_ns: int
    start_ns: int | None = None
    end_ns: int | None = None
    target_pov: float | None = None

    def start(self) -> int:
        """The algo's start, else arrival."""
        return self.arrival_ns if self.start_ns is None else self.start_ns


class Progress(NamedTuple):
    """Done so far: quantity, fills, sum of squared fill quantities, market volume since the start."""

    done: int
    fills: int
    squares: int
    volume: int


class Unfilled(NamedTuple):
    """Quantity expected to be left at the end, with a 90 % interval (None with fewer than 8 fills)."""

    expected: float
    low: float | None
    high: float | None


def planned_qty(plan: Plan, progress: Progress, now_ns: int) -> Figure[float]:
    """What the plan wants done by now: a target rate goes before a straight line; never more than the total."""
    if plan.target_pov is not None and plan.target_pov > 0:
        return Figure(min(float(plan.qty), plan.target_pov * progress.volume))
    if plan.end_ns is None or plan.end_ns <= plan.start():
        return Figure(None, NO_PLAN)
    gone = min(max(now_ns - plan.start(), 0), plan.end_ns - plan.start())
    return Figure(float(Fraction(plan.qty * gone, plan.end_ns - plan.start())))


def expected_finish_ns(plan: Plan, progress: Progress, now_ns: int) -> Figure[int]:
    """When the rest is done at the rate so far (rounded up); now once nothing is left."""
    rest, elapsed = plan.qty - progress.done, now_ns - plan.start()
    if rest <= 0:
        return Figure(now_ns)
    if progress.done <= 0 or elapsed <= 0:
        return Figure(None, "nothing done yet")
    return Figure(now_ns - (-rest * elapsed) // progress.done)


def expected_unfilled(plan: Plan, progress: Progress, now_ns: int) -> Figure[Unfilled]:
    """What is left at end_ns at the rate so far, with an interval.

    Fills are taken as a compound Poisson stream: what the rest of the time u brings has mean r u and variance
    (sum q^2 / t) u (1 + u / t) after a time t, the last term for the rate being itself estimated.
    """
    if plan.end_ns is None:
        return Figure(None, "no end time")
    rest, elapsed, ahead = plan.qty - progress.done, now_ns - plan.start(), max(plan.end_ns - now_ns, 0)
    if rest <= 0 or ahead == 0:
        return Figure(Unfilled(float(max(rest, 0)), float(max(rest, 0)), float(max(rest, 0))))
    if elapsed <= 0:
        return Figure(None, "not started")
    share = ahead / elapsed
    left = rest - progress.done * share
    if progress.fills < MIN_FILLS:
        return Figure(Unfilled(max(left, 0.0), None, None))
    band = Z_90 * math.sqrt(progress.squares * share * (1 + share))
    low, high = (min(max(value, 0.0), float(rest)) for value in (left - band, left + band))
    return Figure(Unfilled(max(left, 0.0), low, high))


def limit_distance_bps(side: int, limit: int | None, mid2: int | None) -> float | None:
    """s (limit - m) / m: room to the limit, negative once the mid is beyond it; None without a limit or a mid."""
    if limit is None or mid2 is None:
        return None
    return ratio(side * (2 * limit - mid2), mid2, BPS)


def limit_state(side: int, limit: int | None, bid: int | None, ask: int | None) -> LimitState:
    """Where the market stands to the limit price.

    `none` no limit; `away` even the near touch is beyond it: nothing can be done, and that is not the algo's;
    `at` it can post but not take; `near` it can take, the far touch within 5 bps of the limit; `inside` else;
    `unknown` without the touch it needs.
    """
    if limit is None:
        return "none"
    near, far = (bid, ask) if side > 0 else (ask, bid)
    if near is not None and side * (limit - near) < 0:
        return "away"
    if far is None:
        return "unknown"
    room = side * (limit - far)
    if room < 0:
        return "unknown" if near is None else "at"
    return "near" if room * BPS <= NEAR_BPS * abs(far) else "inside"


class InsideLimit:
    """Time and market volume while the limit allowed to take part; `step` at every change of the answer."""

    __slots__ = ("ts", "volume", "inside", "ns_inside", "ns_total", "volume_inside", "volume_total")

    def __init__(self, ts: int, volume: int, inside: bool | None) -> None:
        """Start at arrival: time, running market volume, whether the limit allows (None: unknown, left out)."""
        self.ts = ts
        self.volume = volume
        self.inside = inside
        self.ns_inside = 0
        self.ns_total = 0
        self.volume_inside = 0
        self.volume_total = 0

    def step(self, ts: int, volume: int, inside: bool | None) -> None:
        """Close the stretch up to ts with the answer that held, and take the new one."""
        if self.inside is not None:
            self.ns_total += ts - self.ts
            self.volume_total += volume - self.volume
        if self.inside:
            self.ns_inside += ts - self.ts
            self.volume_inside += volume - self.volume
        self.ts, self.volume, self.inside = ts, volume, inside

    def time_share(self) -> float | None:
        """Share of the known time inside the limit."""
        return ratio(self.ns_inside, self.ns_total)

    def volume_share(self) -> float | None:
        """Share of the market volume that traded while inside the limit."""
        return ratio(self.volume_inside, self.volume_total)

    def state(self) -> tuple[int | bool | None, ...]:
        """Every attribute in order."""
        return tuple(getattr(self, name) for name in self.__slots__)

    @classmethod
    def from_state(cls, state: tuple[int | bool | None, ...]) -> "InsideLimit":
        """The sums whose `state()` this is."""
        sums = cls(0, 0, None)
        for name, value in zip(cls.__slots__, state, strict=True):
            setattr(sums, name, value)
        return sums
