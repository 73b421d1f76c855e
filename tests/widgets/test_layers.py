"""What the trace draws of a course: volume is neither lost nor counted twice, the schedule ends where it is known."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.widgets import theme as themes
from app.widgets.course import Course, Plan
from app.widgets.happenings import FILLS, MARKS, NAMES, Happened, Note
from app.widgets.layers import Layers, View, traded
from app.widgets.pyramid import Path
from app.widgets.trace import Trace

SECOND = 10**9
START = 1_700_145_000 * SECOND
SPAN = 3600 * SECOND
VIEW = View(START, START + SPAN, 600)
FILL = st.tuples(st.integers(0, SPAN), st.integers(0, len(NAMES) - 1), st.integers(1, 10_000))


def course(*events: tuple[int, int, int], side: str = "BUY", count: int = 600) -> Course:
    """A course whose market trades 100 a step; own events are (ns after the start, class, quantity)."""
    path = Path()
    path.append(START + np.arange(count) * (SPAN // count), np.full(count, 100.0), np.arange(count) * 100)
    ts, kind, qty = (np.array([event[place] for event in events], np.int64) for place in range(3))
    own = Happened(START + ts, np.zeros(len(ts)), kind, qty, np.full(len(ts), 100.0))
    order = np.argsort(ts[kind < FILLS], kind="stable")
    done_ts, done = (START + ts[kind < FILLS])[order], np.cumsum(qty[kind < FILLS][order])
    end = START + SPAN
    plan = Plan(20_000, START, end, float("nan"))
    return Course("P1", side, path, own, 100.0, START, end, end, START, end, plan, (), done_ts, done)


@pytest.fixture(scope="module")
def layers(qapp: object) -> Iterator[Layers]:
    trace = Trace(themes.DARK)
    yield Layers(trace.plots, themes.DARK)
    trace.close()


# -- volume --------------------------------------------------------------------------------------------------------


@given(st.integers(0, 2 * SPAN), st.integers(1, SPAN), st.integers(60, 3_000))
def test_that_bars_cover_the_view_and_do_not_move_with_it(first: int, span: int, width: int) -> None:
    edges = View(START + first, START + first + span, width).edges()
    step = int(edges[1] - edges[0])
    assert np.all(np.diff(edges) == step)
    assert np.all(edges % step == 0), "a bar keeps its place while the view moves"
    assert edges[0] <= START + first < edges[1]
    assert edges[-2] <= START + first + span < edges[-1]


@given(st.lists(FILL, max_size=30), st.integers(100, 1_500))
def test_that_all_that_traded_in_view_stands_in_one_bar_and_only_fills_are_own(
    events: list[tuple[int, int, int]], width: int
) -> None:
    found = traded(course(*events), View(START, START + SPAN, width))
    assert found.own.sum() == sum(qty for _, kind, qty in events if kind < FILLS)
    assert found.market.sum() == 100 * 599, "the last running total, from the first"
    for left, right, own in zip(found.edges[:-1], found.edges[1:], found.own, strict=True):
        assert own == sum(qty for at, kind, qty in events if kind < FILLS and left <= START + at < right)


def test_that_an_empty_market_stands_as_high_as_nothing(layers: Layers) -> None:
    bare = course(count=1)
    assert layers.volume(bare, traded(bare, VIEW)) == 0.0
    busy = course((SPAN // 2, 0, 9_999))
    assert layers.volume(busy, traded(busy, VIEW)) == 9_999.0, "the higher of both"


# -- schedule ------------------------------------------------------------------------------------------------------


@given(st.lists(FILL, min_size=1, max_size=20))
def test_that_done_only_rises_and_ends_at_what_was_filled(layers: Layers, events: list[tuple[int, int, int]]) -> None:
    one = course(*events)
    layers.schedule(one, VIEW, traded(one, VIEW))
    done = layers.plots.done.y
    filled = sum(qty for _, kind, qty in events if kind < FILLS)
    assert done[-1] == pytest.approx(100 * filled / 20_000)
    assert np.all(np.diff(done) >= 0)
    rate = layers.plots.rate.y
    known = rate[~np.isnan(rate)]
    assert np.all((known >= 0) & (known <= 100))


@pytest.mark.parametrize("missing", ["plan", "no quantity", "done", "times"])
def test_that_without_a_schedule_nothing_of_an_older_one_stays(layers: Layers, missing: str) -> None:
    whole = course((60 * SECOND, 0, 500))
    layers.schedule(whole, VIEW, traded(whole, VIEW))
    assert len(layers.plots.done.x) == VIEW.width
    bare = {
        "plan": replace(whole, plan=None),
        "no quantity": replace(whole, plan=Plan(0, START, START + SPAN, float("nan"))),
        "done": replace(whole, done=None),
        "times": replace(whole, done_ts=None),
    }[missing]
    layers.schedule(bare, VIEW, traded(bare, VIEW))
    for item in (layers.plots.planned, layers.plots.done, layers.plots.rate):
        assert len(item.x) == len(item.y) == 0


def test_that_a_schedule_is_drawn_no_further_than_the_order_is_known(layers: Layers) -> None:
    half = replace(course((60 * SECOND, 0, 500)), last=START + SPAN // 2)
    layers.schedule(half, VIEW, traded(half, VIEW))
    x = layers.plots.done.x
    assert (x[0], x[-1]) == (0.0, SPAN // 2 / SECOND)


def test_that_participation_without_a_market_is_undefined_and_not_zero(layers: Layers) -> None:
    alone = course((60 * SECOND, 0, 500), count=1)
    layers.schedule(alone, VIEW, traded(alone, VIEW))
    rate = layers.plots.rate.y
    assert np.all(np.isnan(rate))


# -- marks ---------------------------------------------------------------------------------------------------------


@given(st.lists(FILL, max_size=30), st.integers(0, SPAN), st.integers(0, SPAN))
def test_that_every_event_in_view_is_in_one_mark_and_no_other_is(
    layers: Layers, events: list[tuple[int, int, int]], a: int, b: int
) -> None:
    view = View(START + min(a, b), START + max(a, b) + 1, 500)
    layers.marks(course(*events), view)
    bunches = layers.plots.counts.bunches
    for number in range(len(NAMES)):
        expected = sum(kind == number and view.start <= START + at <= view.end for at, kind, _ in events)
        assert int(bunches.events[bunches.kind == number].sum()) == expected
    assert len(layers.plots.marks.spots) == len(bunches.x)


@pytest.mark.parametrize(("side", "up"), [("BUY", "t1"), ("SELL", "t"), ("SHORT", "t")])
def test_that_fills_lie_on_top_and_point_the_way_of_the_order(layers: Layers, side: str, up: str) -> None:
    events = [(SPAN * (number + 1) // 8, number, 100) for number in range(len(NAMES))]
    layers.marks(course(*events, side=side), VIEW)
    spots = layers.plots.marks.spots
    expected = [MARKS[name].symbol for name in reversed(NAMES)]
    assert [spot.look.symbol for spot in spots] == [up if symbol == "t1" else symbol for symbol in expected]


def test_that_notes_out_of_view_are_left_out_and_those_at_its_edges_are_not(layers: Layers) -> None:
    at = (START - 1, START, START + 60 * SECOND, START + SPAN, START + SPAN + 1)
    noted = replace(course(), notes=tuple(Note(ts, str(place)) for place, ts in enumerate(at)))
    layers.marks(noted, VIEW)
    assert layers.plots.notes.shown == [(0.0, "1"), (60.0, "2"), (SPAN / SECOND, "3")]


def test_that_a_faded_trace_draws_no_side_and_the_same_look_is_made_once(layers: Layers) -> None:
    one = course((60 * SECOND, 0, 100))
    seen = []
    for faded in (False, True, False):
        layers.dress(themes.DARK, faded=faded)
        layers.marks(one, VIEW)
        (spot,) = layers.plots.marks.spots
        seen.append(spot.look.fill)
    assert seen == [themes.DARK.buy, themes.DARK.faint, themes.DARK.buy]
    assert layers._look(0, "BUY") is layers._look(0, "BUY"), "or it is worked out for every mark"
