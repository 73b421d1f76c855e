"""What the mid did around own events: mean and interval of classes of events at points around them.

Events closer than a point is away share the same price path and are one draw: they are gathered into non-overlapping
clusters, as markouts are (markout.py), with the same error. The loop is sequential: no result depends on how events
came in.
"""

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.engine.jit import jit
from app.engine.metrics.markout import MIN_CLUSTERS

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Z_90: Final = 1.6448536269514722  # two-sided 90 %


class Samples(NamedTuple):
    """Events by group, then time, and what comes out per group and point; `apart`: ns of a cluster per point.

    `values` [event, point] are bps, NaN undefined; weights are positive.
    """

    group: Ints
    ts: Ints
    weight: Floats
    values: Floats
    apart: Ints
    mean: Floats  # [group, point] out
    half: Floats  # [group, point] out: half of the 90 % interval, NaN below 8 clusters
    clusters: Ints  # [group, point] out
    undefined: Ints  # [group, point] out


def _mean_of(s: Samples, begin: int, end: int, point: int) -> tuple[float, float, int]:
    """(weighted mean, total weight, events without a value) of events [begin, end)."""
    total, weighted, undefined = 0.0, 0.0, 0
    for n in range(begin, end):
        value = s.values[n, point]
        if value != value:
            undefined += 1
        else:
            total += s.weight[n]
            weighted += s.weight[n] * value
    return (weighted / total if total > 0 else math.nan), total, undefined


mean_of = jit(_mean_of)


def _spread_of(s: Samples, begin: int, end: int, point: int, mean: float) -> tuple[int, float, float]:
    """(clusters, sum of squared weights, sum of squared deviations) of events [begin, end) about a mean."""
    clusters, until = 0, 0
    squares, deviations, weight, deviation = 0.0, 0.0, 0.0, 0.0
    for n in range(begin, end):
        value = s.values[n, point]
        if value != value:
            continue
        if clusters == 0 or s.ts[n] >= until:
            squares += weight * weight
            deviations += deviation * deviation
            weight, deviation = 0.0, 0.0
            clusters += 1
            until = s.ts[n] + s.apart[point]
        weight += s.weight[n]
        deviation += s.weight[n] * (value - mean)
    return clusters, squares + weight * weight, deviations + deviation * deviation


spread_of = jit(_spread_of)


def _estimate(s: Samples) -> None:
    """Write mean, interval and counts of every group that has events."""
    begin = 0
    while begin < len(s.group):
        group, end = s.group[begin], begin + 1
        while end < len(s.group) and s.group[end] == group:
            end += 1
        for point in range(len(s.apart)):
            mean, total, undefined = mean_of(s, begin, end, point)
            s.mean[group, point], s.undefined[group, point] = mean, undefined
            clusters, squares, deviations = spread_of(s, begin, end, point, mean)
            s.clusters[group, point] = clusters
            if clusters >= MIN_CLUSTERS:
                effective = total * total / squares
                if effective > 1.0:
                    s.half[group, point] = Z_90 * math.sqrt(effective / (effective - 1.0) * deviations) / total
        begin = end


estimate = jit(_estimate)


class Estimates(NamedTuple):
    """Per group and point: mean and half of its 90 % interval (bps, NaN undefined), clusters, events left out."""

    mean: Floats
    half: Floats
    clusters: Ints
    undefined: Ints


class Events(NamedTuple):
    """Own events in any order: group, time (ns), weight (> 0), values [event, point] in bps (NaN undefined)."""

    group: Ints
    ts: Ints
    weight: Floats
    values: Floats


def estimates(events: Events, apart: Ints, groups: int) -> Estimates:
    """Estimates of groups 0 to `groups` - 1; a group without events is undefined everywhere, with counts of 0."""
    order = np.lexsort((events.ts, events.group))
    shape = (groups, len(apart))
    out = Estimates(
        np.full(shape, np.nan), np.full(shape, np.nan), np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    )
    estimate(Samples(events.group[order], events.ts[order], events.weight[order], events.values[order], apart, *out))
    return out
