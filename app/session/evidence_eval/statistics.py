"""Small statistics, each with its standard error: areas under ROC curves, shares with exact bounds, means, errors."""

import math
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
CONFIDENCE: Final = 0.95
_HALVINGS: Final = 60


class Value(NamedTuple):
    """An estimate, its standard error, and how many cases it is from; NaN where undefined."""

    value: float
    se: float
    n: int


class Part(NamedTuple):
    """`k` of `n` cases."""

    k: int
    n: int

    @property
    def share(self) -> float:
        """k / n; NaN without cases."""
        return self.k / self.n if self.n else math.nan

    @property
    def se(self) -> float:
        """Of the share, with half a case added to either side: a share of 0 is not known exactly."""
        if not self.n:
            return math.nan
        share = (self.k + 0.5) / (self.n + 1)
        return math.sqrt(share * (1 - share) / self.n)

    def upper(self, confidence: float = CONFIDENCE) -> float:
        """The exact one-sided upper bound (Clopper and Pearson): so few would be seen in 1 - confidence of cases."""
        if not self.n:
            return math.nan
        if self.k == self.n:
            return 1.0
        return _crossing(lambda p: binomial_cdf(self.k, self.n, p) > 1 - confidence)

    def lower(self, confidence: float = CONFIDENCE) -> float:
        """The exact one-sided lower bound."""
        return 1.0 - Part(self.n - self.k, self.n).upper(confidence)

    def plus(self, other: "Part") -> "Part":
        """Both together."""
        return Part(self.k + other.k, self.n + other.n)


def _crossing(above: Callable[[float], bool]) -> float:
    """Where a condition that holds at 0 stops to hold on the way to 1."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if above(middle):
            low = middle
        else:
            high = middle
    return (low + high) / 2


def binomial_cdf(k: int, n: int, p: float) -> float:
    """P(X <= k) of n trials with chance p."""
    if p <= 0.0:
        return 1.0
    if p >= 1.0:
        return 1.0 if k >= n else 0.0
    logs = [
        math.lgamma(n + 1) - math.lgamma(j + 1) - math.lgamma(n - j + 1) + j * math.log(p) + (n - j) * math.log1p(-p)
        for j in range(k + 1)
    ]
    return min(1.0, math.fsum(math.exp(one) for one in logs))


def part_of(cases: Sequence[bool]) -> Part:
    """How many cases hold."""
    return Part(sum(1 for case in cases if case), len(cases))


def ranks(values: Floats) -> Floats:
    """Ranks from 1, equal values share the mean of theirs."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    first = np.searchsorted(ordered, ordered, side="left")
    last = np.searchsorted(ordered, ordered, side="right")
    out = np.empty(len(values))
    out[order] = (first + last + 1) / 2
    return out


def auc(positive: Sequence[float], negative: Sequence[float]) -> Value:
    """The chance that a positive case is above a negative one, equal ones half; its error after DeLong."""
    x, y = np.array(positive, float), np.array(negative, float)
    m, n = len(x), len(y)
    if m == 0 or n == 0:
        return Value(math.nan, math.nan, m + n)
    together = ranks(np.concatenate([x, y]))
    area = (together[:m].sum() - m * (m + 1) / 2) / (m * n)
    above = (together[:m] - ranks(x)) / n  # of each positive case: share of negatives below it
    below = 1.0 - (together[m:] - ranks(y)) / m
    variance = (above.var(ddof=1) / m if m > 1 else 0.0) + (below.var(ddof=1) / n if n > 1 else 0.0)
    return Value(float(area), math.sqrt(float(variance)), m + n)


def mean_of(values: Sequence[float] | Floats) -> Value:
    """The mean; cases count as independent."""
    found = np.array(values, float)
    if len(found) < 2:
        return Value(float(found[0]) if len(found) else math.nan, math.nan, len(found))
    return Value(float(found.mean()), float(found.std(ddof=1)) / math.sqrt(len(found)), len(found))


def rmse_of(errors: Sequence[float] | Floats) -> Value:
    """The root of the mean square; its error from that of the mean square."""
    square = mean_of(np.array(errors, float) ** 2)
    root = math.sqrt(square.value) if square.n else math.nan
    return Value(root, square.se / (2 * root) if root > 0 else 0.0, square.n)


def median_of(values: Sequence[float]) -> Value:
    """The median, infinite ones included; its error from the order statistics one deviation around it."""
    found = np.sort(np.array(values, float))
    n = len(found)
    if n == 0:
        return Value(math.nan, math.nan, 0)
    half = math.sqrt(n) / 2
    low, high = found[max(math.floor(n / 2 - half), 0)], found[min(math.ceil(n / 2 + half), n - 1)]
    middle = (found[(n - 1) // 2] + found[n // 2]) / 2 if math.isfinite(found[n // 2]) else math.inf
    return Value(float(middle), float(high - low) / 2 if math.isfinite(high) else math.inf, n)
