"""Parent markout: weighted mean, clusters that do not overlap, and no interval below eight of them."""

import math
import random
from fractions import Fraction

import pytest

from app.engine.metrics.markout import Marked, MarkedFill, parent_markout, weighted_mean

H = 1000


def fills_at(*times: int) -> list[MarkedFill]:
    return [MarkedFill(ts, 1, float(index)) for index, ts in enumerate(times)]


def test_that_the_mean_is_weighted_by_quantity() -> None:
    result = parent_markout([MarkedFill(0, 1, 4.0), MarkedFill(1, 3, 8.0)], H)
    assert result.mean == (7.0, "")
    assert result.undefined == 0


def test_that_undefined_fills_are_left_out_and_counted() -> None:
    result = parent_markout(
        [MarkedFill(0, 1, 4.0), MarkedFill(1, 3, None), MarkedFill(2, 1, math.nan), MarkedFill(3, 1, math.inf)], H
    )
    assert result.mean.value == 4.0
    assert result.undefined == 3
    nothing = parent_markout([MarkedFill(0, 1, None)], H)
    assert nothing == ((None, "no markout defined"), (None, "n too small"), 0, 0.0, 1)


def test_that_a_cluster_takes_fills_less_than_a_horizon_after_its_first() -> None:
    assert parent_markout(fills_at(0, 999), H).clusters == 1
    assert parent_markout(fills_at(0, 1000), H).clusters == 2
    assert parent_markout(fills_at(0, 600, 1200, 1800), H).clusters == 2
    assert parent_markout(fills_at(5000, 0, 5001, 1), H).clusters == 2


def test_that_below_eight_clusters_there_is_no_standard_error() -> None:
    seven = parent_markout(fills_at(*range(0, 7 * H, H)), H)
    assert seven.clusters == 7
    assert seven.se == (None, "n too small")
    assert seven.mean.value == 3.0
    crowded = parent_markout(fills_at(*range(0, 7 * H, 10)), H)
    assert crowded.se == (None, "n too small")
    assert parent_markout(fills_at(*range(0, 8 * H, H)), H).se.value is not None


def test_that_eight_equal_clusters_give_the_textbook_standard_error() -> None:
    result = parent_markout(fills_at(*range(0, 8 * H, H)), H)
    assert result.effective_n == 8.0
    assert result.se.value == pytest.approx(math.sqrt(6.0 / 8), rel=1e-15)  # sample variance of 0..7 is 6
    assert result.se.reason == ""


def test_that_unequal_clusters_count_by_their_effective_number() -> None:
    rng = random.Random(5)
    fills = [MarkedFill(rng.randrange(20 * H), rng.randrange(1, 100), rng.gauss(0, 3)) for _ in range(60)]
    result = parent_markout(fills, H)
    clusters: list[list[MarkedFill]] = []
    for fill in sorted(fills):
        if not clusters or fill.ts - clusters[-1][0].ts >= H:
            clusters.append([])
        clusters[-1].append(fill)
    weights = [sum(f.qty for f in cluster) for cluster in clusters]
    means = [
        sum(f.qty * Fraction(f.markout or 0) for f in cluster) / weight
        for cluster, weight in zip(clusters, weights, strict=True)
    ]
    total = sum(weights)
    mean = sum(w * m for w, m in zip(weights, means, strict=True)) / total
    n = Fraction(total**2, sum(w * w for w in weights))
    variance = n / (n - 1) * sum(w * w * (m - mean) ** 2 for w, m in zip(weights, means, strict=True)) / total**2
    assert result.clusters == len(clusters) < n * 3
    assert result.mean.value == pytest.approx(float(mean), rel=1e-12)
    assert result.effective_n == pytest.approx(float(n), rel=1e-12)
    assert result.se.value == pytest.approx(math.sqrt(variance), rel=1e-12)


def test_that_the_order_of_the_fills_does_not_change_a_bit() -> None:
    rng = random.Random(6)
    fills = [MarkedFill(rng.randrange(30 * H), rng.randrange(1, 100), rng.gauss(0, 3)) for _ in range(60)]
    first = parent_markout(fills, H)
    for _ in range(5):
        rng.shuffle(fills)
        assert parent_markout(fills, H) == first


def test_that_overlapping_fills_do_not_pretend_to_be_independent() -> None:
    # a random walk, a fill a second, five minutes of horizon: naive intervals cover a third of what they say
    rng = random.Random(11)
    horizon, length, runs = 300, 6000, 60
    covered = naive = 0
    for _ in range(runs):
        path = [0.0]
        for _ in range(length + horizon):
            path.append(path[-1] + rng.gauss(0, 1))
        fills = [MarkedFill(t, 1, path[t + horizon] - path[t]) for t in range(0, length, 5)]
        result = parent_markout(fills, horizon)
        assert result.mean.value is not None
        assert result.se.value is not None
        values = [fill.markout or 0.0 for fill in fills]
        spread = math.sqrt(math.fsum((v - result.mean.value) ** 2 for v in values)) / len(values)
        covered += abs(result.mean.value) <= 1.645 * result.se.value
        naive += abs(result.mean.value) <= 1.645 * spread
    assert naive < 0.5 * runs < 0.7 * runs <= covered


@pytest.mark.parametrize("values", [[1.5, -2.25, 0.1], [1.5, math.nan, 0.1], [math.nan] * 3])
def test_that_the_mean_without_an_error_is_the_mean_with_one(values: list[float]) -> None:
    quantities = [300, 200, 700]
    marked = [MarkedFill(n, qty, value) for n, (qty, value) in enumerate(zip(quantities, values, strict=True))]
    assert weighted_mean(quantities, values) == parent_markout(marked, 1).mean.value


def test_that_only_fills_with_a_markout_are_finite() -> None:
    marked = Marked([1, 2, 3], [10, 20, 30], [1.5, math.nan, -1.0])
    assert marked.finite() == Marked([1, 3], [10, 30], [1.5, -1.0])
    assert marked.finite().mean_and_error(1)[0] == (10 * 1.5 - 30) / 40


def test_that_no_fills_have_no_mean() -> None:
    assert weighted_mean([], []) is None
