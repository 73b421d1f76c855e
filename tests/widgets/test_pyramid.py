"""The pyramid against brute force: every column exact, wherever the blocks lie."""

import itertools

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from app.widgets.pyramid import FAN, Column, Path, Pyramid

VALUES = st.one_of(st.floats(-1e6, 1e6), st.just(float("nan")))


def brute(values: np.ndarray, bounds: np.ndarray) -> tuple[list[float], list[float]]:
    pieces = [values[a:b][~np.isnan(values[a:b])] for a, b in itertools.pairwise(bounds)]
    return [float(p.min()) if len(p) else np.nan for p in pieces], [
        float(p.max()) if len(p) else np.nan for p in pieces
    ]


@given(hnp.arrays(np.float64, st.integers(1, 600), elements=VALUES), st.data())
def test_that_extremes_equal_brute_force_for_any_ranges_and_any_appends(
    values: np.ndarray, data: st.DataObject
) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(values)), max_size=4)))
    pyramid = Pyramid()
    for a, b in zip([0, *cuts], [*cuts, len(values)], strict=True):
        pyramid.append(values[a:b])
    bounds = np.array(sorted(data.draw(st.lists(st.integers(0, len(values)), min_size=1, max_size=9))), np.int64)
    low, high = pyramid.extremes(bounds)
    np.testing.assert_array_equal((low, high), brute(values, bounds))


@pytest.mark.parametrize("columns", [1, 3, 10, 70, 1111])
@pytest.mark.parametrize("count", [FAN**2 - 1, FAN**2, FAN**3 + 5, FAN**4 + 12_345])
def test_that_every_level_of_the_pyramid_is_exact(count: int, columns: int) -> None:
    values = np.random.default_rng(count).normal(size=count).cumsum()
    values[::97] = np.nan
    pyramid = Pyramid()
    for start in range(0, count, 30_011):
        pyramid.append(values[start : start + 30_011])
    bounds = np.linspace(7, count - 3, columns + 1).astype(np.int64)
    np.testing.assert_array_equal(pyramid.extremes(bounds), brute(values, bounds))


def test_that_a_column_grows_and_keeps_its_values() -> None:
    column = Column(np.int64)
    for start in range(0, 5000, 700):
        column.append(np.arange(start, start + 700))
        assert len(column.room) > len(column)
    assert column.values.tolist() == list(range(5600))


def path(ts: list[int], mid: list[float], volume: list[int] | None = None) -> Path:
    made = Path()
    made.append(np.array(ts, np.int64), np.array(mid), np.array(volume or [0] * len(ts), np.int64))
    return made


def test_that_the_mid_at_a_time_includes_the_point_at_that_time() -> None:
    found = path([10, 20, 20, 30], [1.0, 2.0, 3.0, np.nan]).at(np.array([9, 10, 19, 20, 30]))
    np.testing.assert_array_equal(found, [np.nan, 1.0, 1.0, 3.0, np.nan])


def test_that_volume_of_a_bar_is_what_was_traded_in_it() -> None:
    bars = path([10, 20, 30, 40], [1.0] * 4, [5, 5, 12, 23]).traded(np.array([0, 20, 31, 41]))
    assert bars.tolist() == [0, 7, 11], "what was traded before the first point has no place on the axis"
    assert Path().traded(np.array([0, 1, 2])).tolist() == [0, 0]


def test_that_time_running_back_is_held_and_nothing_is_lost() -> None:
    made = path([10, 30, 20, 40], [1.0, 2.0, 3.0, 4.0], [1, 2, 3, 4])
    made.append(np.array([35], np.int64), np.array([5.0]), np.array([5], np.int64))
    made.append(np.array([], np.int64), np.array([]), np.array([], np.int64))
    assert made.ts.tolist() == [10, 30, 30, 40, 40]
    assert made.traded(np.array([0, 100])).tolist() == [4]


def steps(ts: np.ndarray, mid: np.ndarray, edges: np.ndarray) -> list[tuple[float, float]]:
    """Range that a step line covers in each column, by brute force: its points and what it held on the way in."""
    found = []
    for a, b in itertools.pairwise(edges):
        held = mid[ts < a][-1:]
        inside = mid[(ts >= a) & (ts < b)]
        seen = np.concatenate([held, inside])
        found.append((float(seen.min()), float(seen.max())) if len(inside) else (np.nan, np.nan))
    return found


@given(st.lists(st.tuples(st.integers(0, 400), st.floats(-100, 100)), min_size=1, max_size=300), st.integers(1, 40))
@example([(0, 1.0)], 1)
def test_that_the_outline_covers_in_each_column_what_the_step_line_covers(
    points: list[tuple[int, float]], columns: int
) -> None:
    points.sort(key=lambda point: point[0])
    ts, mid = np.array([p[0] for p in points]), np.array([p[1] for p in points])
    start, end = 40, 40 + 8 * columns - 1
    x, y = path(ts.tolist(), mid.tolist()).outline(start, end, columns)
    edges = start + (np.arange(columns + 1) * ((end - start) / columns)).astype(np.int64)
    edges[-1] = end + 1
    assert (np.diff(x[:-1]) >= 0).all()
    drawn_x, drawn_y = x[1:-1], y[1:-1]
    for (low, high), a, b in zip(steps(ts, mid, edges), edges[:-1], edges[1:], strict=True):
        inside = drawn_y[(drawn_x >= a) & (drawn_x < b)]
        inside = inside[~np.isnan(inside)]
        assert bool(len(inside)) == (not np.isnan(low))
        if len(inside):
            assert (inside.min(), inside.max()) == (low, high)
    assert len(x) <= 4 * columns + 2


def test_that_an_empty_path_has_an_empty_outline() -> None:
    x, y = Path().outline(0, 100, 10)
    assert len(x) == len(y) == 2
    assert np.isnan(y).all()


def test_that_the_last_mid_is_held_as_far_as_time_is_known() -> None:
    made = path([10, 20], [1.0, 2.0])
    for until, expected in ((0, 20), (50, 50), (500, 100)):
        x, y = made.outline(0, 100, 10, until)
        assert (x[-1], y[-1]) == (expected, 2.0)
