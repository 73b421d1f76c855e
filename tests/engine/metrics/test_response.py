"""Mean and interval of events around a point: the same clusters and error as markouts, whatever the order."""

import math
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.metrics.markout import MIN_CLUSTERS, MarkedFill, parent_markout
from app.engine.metrics.response import Z_90, Events, estimates

Told = list[tuple[int, int, float | None]]
H = 1000
EVENT = st.tuples(
    st.integers(0, 60 * H), st.integers(1, 1000), st.one_of(st.none(), st.floats(-50, 50, allow_subnormal=False))
)


def events_of(*groups: Told) -> Events:
    """Events of groups 0, 1, ... with one point."""
    told = [(group, *event) for group, events in enumerate(groups) for event in events]
    value = np.array([math.nan if v is None else v for _, _, _, v in told], np.float64)
    return Events(
        np.array([g for g, _, _, _ in told], np.int64), np.array([t for _, t, _, _ in told], np.int64),
        np.array([w for _, _, w, _ in told], np.float64), value[:, None],
    )  # fmt: skip


@given(st.lists(EVENT, max_size=40), st.lists(EVENT, max_size=12), st.randoms(use_true_random=False))
def test_that_an_estimate_is_that_of_the_markouts_in_any_order(first: Told, second: Told, mixed: Random) -> None:
    events = events_of(first, second)
    order = list(range(len(events.ts)))
    mixed.shuffle(order)
    shuffled = Events(events.group[order], events.ts[order], events.weight[order], events.values[order])
    found = estimates(shuffled, np.array([H]), 2)
    for group, told in enumerate((first, second)):
        expected = parent_markout([MarkedFill(*event) for event in told], H)
        assert found.clusters[group, 0] == expected.clusters
        assert found.undefined[group, 0] == expected.undefined
        if expected.mean.value is None:
            assert math.isnan(found.mean[group, 0])
        else:
            assert found.mean[group, 0] == pytest.approx(expected.mean.value, rel=1e-9, abs=1e-9)
        if expected.se.value is None:
            assert math.isnan(found.half[group, 0])
        else:
            assert found.half[group, 0] == pytest.approx(Z_90 * expected.se.value, rel=1e-9, abs=1e-9)


def test_that_every_point_has_clusters_of_its_own_length() -> None:
    ts = np.arange(2 * MIN_CLUSTERS, dtype=np.int64) * H
    values = np.column_stack([np.arange(len(ts)), -np.arange(len(ts))]).astype(np.float64)
    found = estimates(Events(np.zeros(len(ts), np.int64), ts, np.ones(len(ts)), values), np.array([H, 2 * H]), 2)
    assert found.clusters.tolist() == [[16, 8], [0, 0]]
    assert found.mean[0].tolist() == [7.5, -7.5]
    assert np.isfinite(found.half[0]).all()
    assert np.isnan(found.mean[1]).all()


def test_that_below_eight_clusters_there_is_a_mean_and_no_interval() -> None:
    found = estimates(events_of([(n * H, 1, 2.0) for n in range(MIN_CLUSTERS - 1)]), np.array([H]), 1)
    assert (found.mean[0, 0], found.clusters[0, 0]) == (2.0, MIN_CLUSTERS - 1)
    assert math.isnan(found.half[0, 0])


def test_that_one_event_that_outweighs_all_others_has_no_interval() -> None:
    told: Told = [(n * H, 10**18 if n == 3 else 1, 1.0) for n in range(MIN_CLUSTERS)]
    found = estimates(events_of(told), np.array([H]), 1)
    assert found.clusters[0, 0] == MIN_CLUSTERS
    assert math.isnan(found.half[0, 0])


def test_that_nothing_gives_nothing() -> None:
    found = estimates(events_of(), np.array([H]), 1)
    assert (found.clusters.tolist(), found.undefined.tolist()) == ([[0]], [[0]])
    assert np.isnan(found.mean).all()
