"""Polygons hold exactly the points they were given; an undefined value breaks a line and loses nothing else."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.widgets.polygon import polygon, runs

FINITE = st.floats(-1e9, 1e9)


@given(st.lists(st.tuples(FINITE, FINITE), max_size=200))
def test_that_a_polygon_reads_back_to_its_points(points: list[tuple[float, float]]) -> None:
    x, y = (np.array([point[place] for point in points], np.float64) for place in (0, 1))
    made = polygon(x, y)
    x[:] = y[:] = -1.0  # a copy: what becomes of the arrays is not seen
    assert made.size() == len(points)
    assert [(made.at(n).x(), made.at(n).y()) for n in range(made.size())] == points


@given(st.lists(st.sampled_from([0.0, 1.5, -2.0, float("nan"), float("inf")]), max_size=40))
def test_that_runs_cover_every_known_value_once_and_no_other(values: list[float]) -> None:
    y = np.array(values, np.float64)
    found = runs(y)
    covered = [n for run in found for n in range(run.start, run.stop)]
    assert covered == np.flatnonzero(np.isfinite(y)).tolist()
    assert all(left.stop < right.start for left, right in itertools.pairwise(found)), "runs are broken"
