"""Will an order be complete by its end: from its own pace, or from a share of the market's, both as they have varied.

The time since the order is worked as it is now is cut into equal stretches; what each brought has mean m and standard
deviation s. The n stretches left (n need not be whole) bring n m, with a variance s^2 n (1 + n / k) after k stretches:
the last term is for m being estimated. Taken as normal. A stretch holds many fills, so s has their clustering in it.
The closing auction and a U-shaped day are not in it: a pace of the middle of the day says too little of its end.
"""

import itertools
import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.engine.metrics.figure import Figure
from app.engine.units import SECOND

STRETCHES: Final = 12
SHORTEST_NS: Final = 600 * SECOND  # a shorter time says nothing about hours
FEWEST: Final = 8  # steps of what is counted
Z_90: Final = 1.6448536269514722  # two-sided 90 %
_YEARS_NS: Final = 10.0**17
_FAR: Final = 8.0  # standard deviations: beyond them it is certain
# Abramowitz and Stegun 26.2.17, error below 7.5e-8
_P: Final = 0.2316419
_B: Final = (0.319381530, -0.356563782, 1.781477937, -1.821255978, 1.330274429)
_ROOT_2PI: Final = 2.5066282746310002


class Pace(NamedTuple):
    """What equal stretches of time brought: mean and standard deviation of one, how many, how long each (ns)."""

    mean: float
    deviation: float
    stretches: int
    length_ns: float

    def times(self, share: float) -> "Pace":
        """The pace of who takes this share of it."""
        return self._replace(mean=self.mean * share, deviation=self.deviation * share)

    def finish_ns(self, rest: int, now_ns: int) -> int | None:
        """When a rest is done (rounded up to a ns); None where nothing comes, or not within years."""
        if rest <= 0:
            return now_ns
        ahead = math.inf if self.mean <= 0 else rest / self.mean * self.length_ns
        return None if ahead > _YEARS_NS else now_ns + math.ceil(ahead)


class Outlook(NamedTuple):
    """P(complete by the end) with the 90 % interval of the pace; quantity left then, with its 90 % interval."""

    probability: float
    low: float
    high: float
    left: float
    left_low: float
    left_high: float


def pace_of(times: NDArray[np.int64], totals: Sequence[int] | NDArray[np.int64], span: tuple[int, int]) -> Figure[Pace]:
    """Pace of a running total over (since, now] (ns): `totals[k]` from `times[k]` on, times rising.

    What was counted before `since` is not part of it.
    """
    since, now = span
    if now - since < SHORTEST_NS:
        minutes = max(now - since, 0) // (60 * SECOND)
        return Figure(None, f"{minutes} min so far: too short to tell its pace")
    bounds = [since + (now - since) * n // STRETCHES for n in range(STRETCHES + 1)]
    at = np.searchsorted(times, bounds, side="right").tolist()
    if at[-1] - at[0] < FEWEST:
        return Figure(None, f"{at[-1] - at[0]} steps so far: too few to tell its pace")
    begun = 0 if at[0] == 0 else int(totals[at[0] - 1])
    running = [begun if n == 0 else int(totals[n - 1]) for n in at]
    brought = [float(after - before) for before, after in itertools.pairwise(running)]
    mean = math.fsum(brought) / STRETCHES
    variance = math.fsum([(one - mean) * (one - mean) for one in brought]) / (STRETCHES - 1)
    return Figure(Pace(mean, math.sqrt(variance), STRETCHES, (now - since) / STRETCHES))


def outlook(pace: Pace, rest: int, ahead_ns: int) -> Outlook:
    """What a pace makes of a rest within the time ahead."""
    if rest <= 0:
        return Outlook(1.0, 1.0, 1.0, 0.0, 0.0, 0.0)
    n = max(ahead_ns, 0) / pace.length_ns
    brought, run = n * pace.mean, pace.deviation * math.sqrt(n)
    doubt = pace.deviation * n / math.sqrt(pace.stretches)
    whole = math.sqrt(run * run + doubt * doubt)
    low, high = (min(max(rest - brought + sign * Z_90 * whole, 0.0), float(rest)) for sign in (-1.0, 1.0))
    return Outlook(
        _reached(brought - rest, whole),
        _reached(brought - Z_90 * doubt - rest, run),
        _reached(brought + Z_90 * doubt - rest, run),
        max(rest - brought, 0.0), low, high,
    )  # fmt: skip


def needed_share(pace: Pace, rest: int, ahead_ns: int) -> float | None:
    """Share of the market volume expected ahead that the rest is; None where none is expected."""
    expected = pace.mean * max(ahead_ns, 0) / pace.length_ns
    return None if expected <= 0 else max(rest, 0) / expected


def _reached(room: float, deviation: float) -> float:
    """P(room + deviation x N(0, 1) >= 0)."""
    if deviation <= 0:
        return 1.0 if room >= 0 else 0.0
    return normal_below(room / deviation)


def normal_below(z: float) -> float:
    """The normal distribution function, to 1e-7; bits that do not depend on a library."""
    if abs(z) >= _FAR:
        return 1.0 if z > 0 else 0.0
    t = 1.0 / (1.0 + _P * abs(z))
    tail = 0.0
    for coefficient in reversed(_B):
        tail = (tail + coefficient) * t
    tail *= _decay(0.5 * z * z) / _ROOT_2PI
    return 1.0 - tail if z > 0 else tail


def _decay(y: float) -> float:
    """exp(-y) for y from 0 to 32: a short series of a 64th of it, squared six times."""
    x, term, total = y / 64.0, 1.0, 1.0
    for n in range(1, 12):
        term *= x / n
        total += term
    for _ in range(6):
        total *= total
    return 1.0 / total
