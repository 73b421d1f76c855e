"""Markout of a parent at one horizon: quantity-weighted mean and a standard error that knows fills overlap.

Markouts of fills closer than the horizon share the same price path, so they are no independent draws: fills are
gathered into non-overlapping clusters of length h, and the clusters are the sample (naive 90 % intervals covered
30 % at 5 min). With cluster weights W_k (quantity), n_eff = (sum W)^2 / sum W^2 and
se^2 = n_eff / (n_eff - 1) * sum (sum_k q (x - mean))^2 / (sum q)^2. Sums are math.fsum: correctly rounded, so no
result depends on the order of the fills.
"""

import math
from collections.abc import Sequence
from itertools import compress
from operator import mul
from typing import Final, NamedTuple

from app.engine.metrics.figure import Figure

MIN_CLUSTERS: Final = 8
TOO_SMALL: Final = "n too small"


class MarkedFill(NamedTuple):
    """One fill at one horizon: time of the match (ns), quantity (> 0), markout in bps (None: undefined)."""

    ts: int
    qty: int
    markout: float | None


class Markout(NamedTuple):
    """Mean and standard error in bps, clusters and their effective number, fills left out as undefined."""

    mean: Figure[float]
    se: Figure[float]
    clusters: int
    effective_n: float
    undefined: int


def parent_markout(fills: Sequence[MarkedFill], horizon_ns: int) -> Markout:
    """Mean, standard error and counts of a parent's fills at a horizon; undefined fills are left out and counted."""
    known = sorted(
        (fill.ts, fill.qty, fill.markout) for fill in fills if fill.markout is not None and math.isfinite(fill.markout)
    )
    undefined = len(fills) - len(known)
    if not known:
        return Markout(Figure(None, "no markout defined"), Figure(None, TOO_SMALL), 0, 0.0, undefined)
    mean, error, clusters, effective = Marked(*zip(*known, strict=True)).mean_and_error(horizon_ns)
    se: Figure[float] = Figure(None, TOO_SMALL) if error is None else Figure(error)
    return Markout(Figure(mean), se, clusters, effective, undefined)


class Marked(NamedTuple):
    """Fills of a parent at one horizon, in order of their matches (ns); quantities, markouts in bps."""

    times: Sequence[int]
    quantities: Sequence[int]
    markouts: Sequence[float]

    def finite(self) -> "Marked":
        """Those whose markout is defined (not NaN)."""
        there = [math.isfinite(value) for value in self.markouts]
        return Marked(
            list(compress(self.times, there)),
            list(compress(self.quantities, there)),
            list(compress(self.markouts, there)),
        )

    def mean_and_error(self, horizon_ns: int) -> tuple[float, float | None, int, float]:
        """Mean, error (None: too few clusters), clusters and their effective number; there is one fill or more."""
        sizes = list(map(float, self.quantities))
        quantity = math.fsum(sizes)
        mean = math.fsum(map(mul, sizes, self.markouts)) / quantity
        bounds = _clusters(self.times, horizon_ns)
        spans = list(zip(bounds, [*bounds[1:], len(sizes)], strict=True))
        apart = len(spans) == len(sizes)  # every fill is a cluster of its own
        weights = sizes if apart else [_sum(sizes[begin:end]) for begin, end in spans]
        effective = quantity * quantity / math.fsum(map(mul, weights, weights))
        if len(spans) < MIN_CLUSTERS:
            return mean, None, len(spans), effective
        parts = [size * (value - mean) for size, value in zip(sizes, self.markouts, strict=True)]
        deviations = parts if apart else [_sum(parts[begin:end]) for begin, end in spans]
        variance = effective / (effective - 1) * math.fsum(map(mul, deviations, deviations))
        return mean, math.sqrt(variance) / quantity, len(spans), effective


def _sum(values: Sequence[float]) -> float:
    """math.fsum, which gives a single value as it is."""
    return values[0] if len(values) == 1 else math.fsum(values)


def weighted_mean(quantities: Sequence[int], markouts: Sequence[float]) -> float | None:
    """The mean `parent_markout` gives, without its error: NaN markouts are left out, None if none is defined."""
    if all(map(math.isfinite, markouts)):
        return math.fsum(map(mul, quantities, markouts)) / math.fsum(quantities) if markouts else None
    known = [(qty, value) for qty, value in zip(quantities, markouts, strict=True) if math.isfinite(value)]
    if not known:
        return None
    return math.fsum(qty * value for qty, value in known) / math.fsum(qty for qty, _ in known)


def _clusters(times: Sequence[int], horizon_ns: int) -> list[int]:
    """Where clusters begin among fills in time order: at the first fill at least h after the start of the last one."""
    begins = [0]
    until = times[0] + horizon_ns
    for n in range(1, len(times)):
        if times[n] >= until:
            begins.append(n)
            until = times[n] + horizon_ns
    return begins
