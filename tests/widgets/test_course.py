"""The course of one order: what it is measured from, from when to when, what is done, what was planned."""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.board import blank
from app.engine.units import MILLISECOND, NULL, SECOND
from app.widgets import format as text
from app.widgets.course import Course, Plan, course_of
from app.widgets.pad import Pad
from app.widgets.pyramid import Path as MidPath
from tests.widgets.filler import DAY, OPEN, Filler

NOW = OPEN + DAY * 3 // 4
ROW = 2


class Order:
    """One order of a small board, changed at will."""

    def __init__(self, folder: Path) -> None:
        self.filler = Filler(folder, parents=4, points=400)
        self.pad = Pad(folder)

    def course(self, **fields: float) -> Course:
        """The course once everything of it has been read."""
        row = self.filler.parents[ROW : ROW + 1]
        for name, value in fields.items():
            row[name] = value
        self.filler.writer.put("parents", np.array([ROW]), row)
        self.filler.writer.beat(NOW)
        self.pad.pull(0)
        self.pad.path(int(self.pad.parents[ROW]["instrument"]))
        for step in range(1, 50):
            self.pad.pull(step * SECOND)
            if self.pad.settled():
                break
        found = course_of(self.pad, ROW)
        assert found is not None
        return found

    def word(self, field: str) -> str:
        return self.pad.text(int(self.pad.parents[ROW][field]))


@pytest.fixture
def order(tmp_path: Path) -> Iterator[Order]:
    made = Order(tmp_path / "board")
    yield made
    made.filler.writer.close()


@pytest.mark.parametrize("row", [-1, 4, 10**6])
def test_that_an_order_that_is_none_has_no_course(order: Order, row: int) -> None:
    order.course()
    assert course_of(order.pad, row) is None


def test_that_a_board_that_is_not_there_has_no_course(tmp_path: Path) -> None:
    assert course_of(Pad(tmp_path / "none"), 0) is None


# -- the reference ---------------------------------------------------------------------------------------------------


def test_that_an_order_is_measured_from_its_arrival_and_says_so(order: Order) -> None:
    found = order.course(arrival_mid=123.25)
    assert found.reference == 123.25
    assert found.title.split()[:3] == [order.word("parent_id"), order.word("instrument"), order.word("side")]
    assert found.title.endswith(f"arrival {text.price(123.25)}, bps")
    assert found.side == order.word("side")


def test_that_without_an_arrival_mid_it_is_the_first_mid_seen_and_says_so(order: Order) -> None:
    found = order.course(arrival_mid=math.nan)
    mids = order.filler.trace[order.filler.trace["instrument"] == order.filler.symbol[ROW]]["mid"]
    assert found.reference == mids[0]
    assert "no arrival mid" in found.title
    assert text.price(float(mids[0])) in found.title


def test_that_without_any_mid_nothing_is_measured_and_no_price_is_claimed(order: Order) -> None:
    found = order.course(arrival_mid=math.nan, instrument=order.filler.writer.intern("NEVER"))
    assert math.isnan(found.reference)
    assert not any(letter.isdigit() for letter in found.title.split("mid vs")[1])
    assert np.isnan(found.events.bps).all()


# -- from when to when -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lasts", [1, 100 * MILLISECOND, 200 * MILLISECOND, 3600 * SECOND])
def test_that_a_little_is_shown_before_and_after_and_never_too_little(order: Order, lasts: int) -> None:
    found = order.course(arrival_ts=OPEN, end_ts=OPEN + lasts)
    before, after = found.arrival - found.start, found.end - found.last
    assert (found.arrival, found.last) == (OPEN, OPEN + lasts)
    assert before == after
    assert before >= 10 * MILLISECOND
    assert before == pytest.approx(max(lasts / 20, 10 * MILLISECOND), abs=1)


def test_that_an_order_that_still_works_is_shown_until_now(order: Order) -> None:
    found = order.course(end_ts=NULL)
    assert found.last == found.known == NOW
    assert found.end > NOW


def test_that_an_order_that_has_not_arrived_yet_ends_no_earlier_than_it_begins(order: Order) -> None:
    found = order.course(arrival_ts=NOW + SECOND, end_ts=NULL)
    assert found.last == found.arrival == NOW + SECOND
    assert found.start < found.arrival < found.end


def test_that_without_an_arrival_time_it_begins_with_the_path(order: Order) -> None:
    found = order.course(arrival_ts=NULL)
    assert found.arrival == found.path.ts[0]
    assert found.arrival <= order.filler.trace["ts"][order.filler.trace["instrument"] == order.filler.symbol[ROW]].min()


# -- what is done ----------------------------------------------------------------------------------------------------


def test_that_what_is_done_adds_up_live_fills_in_the_order_of_their_times(order: Order) -> None:
    fills = blank("fills", 5)
    fills["parent_row"] = ROW
    fills["ts_event"] = [OPEN + 30, OPEN + 10, NULL, OPEN + 20, OPEN + 10]
    fills["qty"] = [1, 20, 300, 4000, 50_000]
    fills["flags"] = [0, 0, 0, order.filler.writer.intern("late busted"), 0]
    there = len(order.filler.fills)
    order.filler.writer.put("fills", np.arange(there, there + 5), fills)
    mine = order.filler.fills[order.filler.fills["parent_row"] == ROW]
    found = order.course()
    assert found.done_ts is not None
    assert found.done is not None
    live = [(OPEN + 10, 20), (OPEN + 10, 50_000), (OPEN + 30, 1)]
    everything = sorted([*live, *zip(mine["ts_event"].tolist(), mine["qty"].tolist(), strict=True)], key=lambda f: f[0])
    assert found.done_ts.tolist() == [ts for ts, _ in everything]
    assert found.done.tolist() == np.cumsum([qty for _, qty in everything]).tolist()


def test_that_an_order_without_fills_has_nothing_done(order: Order) -> None:
    order.filler.writer.put("fills", *_nobodys(order.filler))
    found = order.course()
    assert found.done is not None
    assert len(found.done) == 0


def _nobodys(filler: Filler) -> tuple[np.ndarray, np.ndarray]:
    rows = filler.fills.copy()
    rows["parent_row"] = -1
    return np.arange(len(rows)), rows


# -- what was planned ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("start", "begun"), [(NULL, OPEN + 5), (OPEN + 60, OPEN + 60)])
def test_that_a_plan_begins_with_its_start_or_with_the_arrival(order: Order, start: int, begun: int) -> None:
    found = order.course(arrival_ts=OPEN + 5, start_ns=start)
    assert found.plan is not None
    assert found.plan.start == begun


def test_that_an_unknown_quantity_plans_nothing(order: Order) -> None:
    found = order.course(order_qty=NULL, target_pov=math.nan, start_ns=OPEN, end_ns=OPEN + DAY)
    assert found.plan is not None
    assert found.plan.planned(np.array([OPEN, NOW]), found.path).tolist() == [0.0, 0.0]


PLANS = st.builds(
    Plan, st.integers(1, 10**9), st.integers(OPEN, OPEN + DAY), st.integers(OPEN, OPEN + 2 * DAY), st.just(math.nan)
)
TIMES = st.lists(st.integers(OPEN - DAY, OPEN + 3 * DAY), min_size=1, max_size=20).map(sorted)


@given(PLANS, TIMES)
def test_that_a_straight_line_goes_from_nothing_to_everything_and_never_back(plan: Plan, times: list[int]) -> None:
    found = plan.planned(np.array(times, np.int64), MidPath())
    if plan.end <= plan.start:
        assert np.isnan(found).all()
        return
    assert np.all(np.diff(found) >= 0)
    for ts, wanted in zip(times, found.tolist(), strict=True):
        if ts <= plan.start:
            assert wanted == 0
        elif ts >= plan.end:
            assert wanted == plan.qty
        else:
            assert wanted / plan.qty == pytest.approx((ts - plan.start) / (plan.end - plan.start))


@given(
    st.lists(st.integers(0, 10**6), min_size=1, max_size=30),
    st.floats(0.01, 1.0),
    st.integers(1, 10**6),
    st.lists(st.integers(-5, 40), min_size=1, max_size=8).map(sorted),
)
def test_that_a_target_rate_wants_its_share_of_what_was_traded_since_the_start_and_no_more_than_all(
    volumes: list[int], rate: float, qty: int, seconds: list[int]
) -> None:
    path = MidPath()
    ts = OPEN + np.arange(len(volumes), dtype=np.int64) * SECOND
    path.append(ts, np.full(len(volumes), 50.0), np.cumsum(volumes))
    start = OPEN + SECOND // 2
    asked = OPEN + np.array(seconds, np.int64) * SECOND
    found = Plan(qty, start, OPEN + DAY, rate).planned(asked, path).tolist()
    for second, wanted in zip(seconds, found, strict=True):
        traded = int(path.traded(np.array([start, max(OPEN + second * SECOND, start)]))[0])
        assert wanted == pytest.approx(min(rate * traded, qty))
        assert wanted <= qty
