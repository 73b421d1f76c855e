"""Own facts meet the market: provisional until their time has passed, then final, by one path on time and late."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.events import Instrument
from app.engine.orders.facts import NOWHERE, Fact, Parent
from app.engine.orders.joins import shorter_than
from app.engine.units import (
    AUCTION,
    CLOCK,
    CLOSED,
    GOOD,
    HALT,
    HORIZON_NAMES,
    HORIZON_NS,
    IN_AUCTION,
    IN_HALT,
    MILLISECOND,
    NO_QUOTE,
    NULL,
    OPEN,
    PAST_END,
    PENDING,
    POINTS,
    QUALITIES,
    SECOND,
    UNJOINED,
)
from tests.engine.enrich.streams import (
    Change,
    definitive,
    named,
    printed,
    ranks,
    status,
    streams,
    touch,
    unprinted,
)
from tests.engine.orders.market import NEVER, Market, T

MINUTE = HORIZON_NAMES.index("1m")
CROSS = {"condition": 1}


def test_that_a_fact_meets_the_market_before_it_and_at_it() -> None:
    market = Market()
    market.tell(touch(T, 100, 102), touch(T + 5, 101, 103))
    fact = market.fact("parent_new", T + 5)
    assert market.mids(fact) == [(NULL, "pending")] * 2
    assert market.passed(T + 5) == []  # a row of the same nanosecond may still come
    assert market.joins.waiting == [fact]
    assert market.passed(T + 6) == [fact]
    assert market.mids(fact) == [(202, "good"), (204, "good")]
    assert market.joins.rows["final"][[fact.before, fact.at]].tolist() == [1, 1]
    assert market.joins.waiting == []
    assert market.passed(T + 7) == []


@given(streams(25), st.integers(-1, 24), st.integers(-1, 1))
def test_that_a_provisional_join_equals_the_final_one_once_its_time_has_passed(
    made: list[Change], nth: int, off: int
) -> None:
    ts = made[nth % len(made)]["ts"] + off
    early, late = Market(), Market()
    before = [change for change in definitive(made) if change["ts"] <= ts]
    facts = [early.fact("child_acked", ts), late.fact("child_acked", ts)]
    early.tell(*before)
    early.history.advance(ts + 1, ranks())
    early.joins.look_ahead()
    late.tell(*made)
    late.passed(NEVER)
    rows = [market.joins.rows[[fact.before, fact.at]] for market, fact in zip((early, late), facts, strict=True)]
    assert rows[0]["final"].tolist() == [0, 0]
    rows[0]["final"] = 1
    assert rows[0].tobytes() == rows[1].tobytes()


def test_that_looking_ahead_names_the_facts_whose_join_changed_and_their_parents_fold_again() -> None:
    market = Market()
    assert market.joins.look_ahead() == []
    fact, other = market.fact("parent_new", T + 50), market.fact("parent_new", T + 50, instrument=1)
    fact.parent = Parent("P")
    assert market.joins.look_ahead() == [fact, other]
    assert market.mids(fact) == [(NULL, "no_quote")] * 2
    assert market.joins.look_ahead() == []
    market.tell(touch(T, 100, 102))
    market.history.advance(T + 1, ranks())
    touched = fact.parent.touched
    assert market.joins.look_ahead() == [fact]
    assert fact.parent.touched > touched
    assert market.mids(fact) == [(202, "good")] * 2
    assert market.joins.rows["final"][fact.before] == 0


def test_that_a_late_fact_joins_by_the_same_path() -> None:
    market = Market()
    market.tell(touch(T, 100, 102), touch(T + 5, 101, 103))
    market.passed(T + 500)
    fact = market.fact("child_acked", T + 5)
    assert market.passed(T + 500) == [fact]
    assert market.mids(fact) == [(202, "good"), (204, "good")]
    assert market.joins.unjoined == 0


def test_that_a_fact_older_than_the_ring_is_counted_as_not_joined() -> None:
    market = Market(ring_ns=10, ring_rows=5)
    market.tell(*(touch(T + n, 100 + n % 2, 110) for n in range(200)))
    market.passed(T + 300)
    fact = market.fact("parent_new", T + 3)
    market.passed(T + 300)
    assert market.mids(fact) == [(NULL, "unjoined")] * 2
    assert market.joins.unjoined == 1
    assert market.joins.openings == []
    assert market.joins.undefined()["join_unjoined"] == 2
    assert UNJOINED in market.joins.rows["quality"]


def test_that_the_mid_of_the_index_is_joined_beside() -> None:
    market = Market()
    market.universe.describe(Instrument(instrument="A", index="SPX"))
    fact = market.fact("parent_new", T + 5)
    spx = market.universe.instruments.index("SPX")
    market.tell(touch(T, 100, 102), touch(T + 1, 400, 402, instrument=spx), touch(T + 5, 1, 2, instrument=spx))
    plain = market.fact("parent_new", T + 5, instrument=1)
    market.passed(T + 6)
    assert market.joins.rows["mid2"][market.joins.index_of[fact.before]] == 802
    assert plain.before not in market.joins.index_of
    unknown = Market()
    unknown.universe.describe(Instrument(instrument="A", index="DAX"))
    fact = unknown.fact("parent_new", T)
    unknown.passed(T + 1)
    assert unknown.joins.rows["quality"][unknown.joins.index_of[fact.before]] == NO_QUOTE


# -- arrivals ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["parent_new", "algo_new"])
def test_that_an_arrival_without_a_mid_waits_for_the_first_valid_one(kind: str) -> None:
    market = Market()
    market.tell(status(T, HALT), touch(T, 100, 102))
    fact = market.fact(kind, T + 5)
    fact.parent = Parent("P")
    market.passed(T + 50)
    assert market.joins.openings == [fact]
    assert market.joins.bases == {}
    market.tell(status(T + 60, OPEN), touch(T + 70, 104, 106))
    touched = fact.parent.touched
    market.passed(T + 60)
    assert market.joins.openings == [fact]
    market.passed(T + 61)
    assert market.joins.openings == []
    assert market.joins.bases == {fact.before: "first_valid"}
    assert fact.parent.touched > touched
    row = market.joins.rows[fact.before]
    assert (row["mid2"], row["t"], row["bid"], row["final"], row["quality"]) == (202, T + 60, 100, 1, GOOD)


def test_that_an_arrival_at_a_crossed_book_that_was_never_valid_waits_too() -> None:
    market = Market()
    market.tell(touch(T, 105, 102))
    fact = market.fact("parent_new", T + 5)
    market.passed(T + 6)
    assert market.joins.openings == [fact]
    assert market.joins.undefined() == {"join_crossed": 2}
    market.tell(touch(T + 70, 104, 106))
    market.passed(T + 80)
    assert market.joins.bases == {fact.before: "first_valid"}


@pytest.mark.parametrize(("code", "quality"), [(AUCTION, "auction"), (CLOSED, "closed")])
def test_that_out_of_an_auction_or_a_close_the_cross_is_the_arrival(code: int, quality: str) -> None:
    market = Market()
    market.tell(status(T, code), printed(T + 5, 90, 1, **CROSS))
    fact = market.fact("parent_new", T + 6)
    market.passed(T + 50)
    assert market.mids(fact)[0] == (NULL, quality)
    market.tell(printed(T + 60, 99, 1), printed(T + 61, 101, 5, **CROSS), printed(T + 62, 107, 5, **CROSS))
    market.tell(status(T + 63, OPEN), touch(T + 63, 100, 104))
    market.passed(T + 61)
    assert market.joins.bases == {}
    market.passed(T + 70)
    assert market.joins.bases == {fact.before: "opening_cross"}
    row = market.joins.rows[fact.before]
    assert (row["mid2"], row["quality"], row["bid"], row["ask"], row["t"], row["final"]) == (
        202, GOOD, NULL, NULL, T + 61, 1,
    )  # fmt: skip


def test_that_a_cross_after_the_first_valid_mid_or_out_of_a_halt_is_no_arrival() -> None:
    market = Market()
    market.tell(status(T, AUCTION), status(T, HALT, instrument=1))
    fact, halted = market.fact("parent_new", T + 5), market.fact("parent_new", T + 5, instrument=1)
    market.tell(status(T + 60, OPEN), touch(T + 60, 100, 104), printed(T + 61, 101, 5, **CROSS))
    market.tell(printed(T + 70, 101, 5, instrument=1, **CROSS))
    market.passed(T + 80)
    assert market.joins.bases == {fact.before: "first_valid"}
    assert market.joins.openings == [halted]
    assert int(market.joins.rows["mid2"][fact.before]) == 204
    equal = Market()
    equal.tell(status(T, AUCTION))
    fact = equal.fact("parent_new", T + 5)
    equal.tell(status(T + 60, OPEN), touch(T + 60, 100, 104), printed(T + 60, 101, 5, **CROSS))
    equal.passed(T + 80)
    assert equal.joins.bases == {fact.before: "opening_cross"}


def test_that_a_cross_at_the_arrival_itself_counts_and_only_arrivals_wait() -> None:
    market = Market()
    market.tell(status(T, AUCTION), printed(T + 5, 101, 5, **CROSS))
    fact, child = market.fact("parent_new", T + 5), market.fact("child_new", T + 5)
    market.passed(T + 6)
    assert market.joins.bases == {fact.before: "opening_cross"}
    assert market.mids(child)[0] == (NULL, QUALITIES[IN_AUCTION])


def opened_at_a_cross(**config: Any) -> tuple[Market, Fact]:
    market = Market(**config)
    market.tell(status(T, AUCTION), status(T, AUCTION, instrument=1))
    fact = market.fact("parent_new", T + 5)
    fact.parent = Parent("P")
    market.tell(printed(T + 60, 101, 5, **CROSS), named(T + 60, 101, 3, 7), printed(T + 61, 103, 6, **CROSS))
    market.passed(T + 62)
    assert market.joins.bases == {fact.before: "opening_cross"}
    assert market.mids(fact)[0] == (202, "good")
    return market, fact


def test_that_a_cancelled_cross_is_no_arrival_but_the_next_one_is_then_the_first_valid_mid() -> None:
    market, fact = opened_at_a_cross()
    touched = fact.parent.touched if fact.parent else 0
    market.tell(unprinted(T + 70, 101, 5), unprinted(T + 71, 103, 6))
    market.passed(T + 71)
    assert market.mids(fact)[0] == (206, "good")
    assert fact.parent is not None
    assert fact.parent.touched > touched
    market.passed(T + 72)
    assert market.joins.bases == {}
    assert market.mids(fact)[0] == (NULL, "auction")
    assert market.joins.openings == [fact]
    market.tell(status(T + 80, OPEN), touch(T + 80, 100, 104))
    market.passed(T + 81)
    assert market.joins.bases == {fact.before: "first_valid"}
    assert market.mids(fact)[0] == (204, "good")
    assert market.joins.unjoined == 0


def test_that_a_cross_cancelled_before_it_was_looked_for_never_was() -> None:
    market = Market()
    market.tell(status(T, AUCTION))
    fact = market.fact("parent_new", T + 5)
    market.tell(printed(T + 60, 101, 5, **CROSS), named(T + 60, 101, 5, 7), unprinted(T + 61, 101, 5))
    market.passed(T + 62)
    assert market.joins.openings == [fact]
    assert market.joins.bases == {}


def test_that_the_cancelled_cross_of_a_fact_placed_anew_leaves_it_alone() -> None:
    market, fact = opened_at_a_cross()
    fact.instrument = 1
    market.joins.place(fact)
    market.tell(unprinted(T + 70, 101, 5))
    market.passed(T + 72)
    assert market.joins.openings == [fact]
    assert market.mids(fact)[0] == (NULL, "auction")


def test_that_an_arrival_whose_cross_is_cancelled_after_the_ring_forgot_it_is_unjoined_and_counted() -> None:
    market, fact = opened_at_a_cross(ring_ns=10, ring_rows=4)
    market.tell(status(T + 65, OPEN), *(touch(T + 70 + n, 100 + n, 104 + n) for n in range(600)))
    market.passed(T + 700)
    market.tell(unprinted(T + 701, 101, 5))
    market.passed(T + 702)
    assert market.mids(fact)[0] == (NULL, "unjoined")
    assert (market.joins.unjoined, market.joins.openings) == (1, [])


def test_that_an_arrival_inside_the_clock_budget_is_an_interval() -> None:
    market = Market(clock_budget_ns={"ems": 10})
    market.tell(touch(T, 104, 106), touch(T + 90, 101, 103), touch(T + 110, 99, 101), touch(T + 111, 50, 52))
    fact = market.fact("parent_new", T + 100)
    other = market.fact("parent_new", T + 100, source="exact")
    market.fact("parent_amended", T + 100)
    assert market.joins.intervals == [fact]
    market.passed(T + 110)
    assert market.joins.ranges == {}
    market.passed(T + 111)
    assert market.joins.ranges == {fact.before: (200, 210)}
    assert other.before not in market.joins.ranges
    assert market.joins.intervals == []
    undefined = Market(clock_budget_ns={"ems": 10})
    fact = undefined.fact("algo_new", T)
    undefined.passed(T + 99)
    assert undefined.joins.ranges == {fact.before: (NULL, NULL)}


# -- horizons ----------------------------------------------------------------------------------------------------------


def test_that_horizons_resolve_as_their_time_passes() -> None:
    market = Market()
    market.tell(touch(T - 1, 100, 102))
    fact = market.fact("child_new", T)
    for n, length in enumerate(HORIZON_NS):
        market.tell(touch(T + length, 100 + n, 104 + n))
        market.passed(T + length)
        assert market.horizons(fact)[n] == (NULL, PENDING)
        market.passed(T + length + 1)
        assert market.horizons(fact)[n] == (204 + 2 * n, GOOD)
    assert market.joins.minute_after(fact.horizon) == (GOOD, 204 + 2 * MINUTE)
    assert len(market.joins.pending[0]) == 0


def test_that_what_came_before_an_event_is_known_too_and_nearer_than_the_clock_is_undefined() -> None:
    market = Market(clock_budget_ns={"ems": 2 * SECOND})
    market.tell(touch(T - 6 * SECOND, 100, 102), touch(T - SECOND, 101, 103), touch(T, 110, 112))
    exact = market.fact("child_replaced", T, source="exact")
    rough = market.fact("child_cancelled", T)
    quote = market.fact("child_acked", T)
    market.passed(T + 2)
    assert quote.horizon == NOWHERE
    mid2, quality = market.joins.around(np.array([exact.horizon, rough.horizon, NOWHERE]))
    assert mid2.shape == (3, len(POINTS))
    assert mid2[:, :3].tolist() == [[202, 204, NULL], [202, NULL, NULL], [NULL, NULL, NULL]]
    assert quality[:, :3].tolist() == [[GOOD, GOOD, PENDING], [GOOD, CLOCK, CLOCK], [0, 0, 0]]
    assert [ns for _, ns in POINTS[:2]] == [-5 * SECOND, -SECOND]
    early = Market()
    early.tell(touch(T - SECOND, 101, 103))
    fact = early.fact("child_new", T)
    early.passed(NEVER, end=T + 1)
    assert early.joins.around(np.array([fact.horizon]))[1][0, :3].tolist() == [NO_QUOTE, GOOD, PAST_END]
    assert set(early.joins.undefined()) == {"horizon_past_end"}, "what came before is no horizon"


def test_that_horizons_past_the_end_of_data_are_undefined_and_counted() -> None:
    market = Market()
    market.tell(touch(T, 100, 102))
    fact = market.fact("child_new", T)
    market.passed(NEVER, end=T + SECOND)
    qualities = [quality for _, quality in market.horizons(fact)]
    assert qualities == [GOOD if length <= SECOND else PAST_END for length in HORIZON_NS]
    assert market.joins.undefined() == {"join_no_quote": 1, "horizon_past_end": sum(ns > SECOND for ns in HORIZON_NS)}
    assert market.joins.minute_after(fact.horizon) == (PAST_END, NULL)


def test_that_a_horizon_shorter_than_the_clock_budget_is_undefined() -> None:
    assert shorter_than(0) == shorter_than(MILLISECOND) == 0
    assert shorter_than(MILLISECOND + 1) == shorter_than(10 * MILLISECOND) == 1
    assert shorter_than(10**15) == len(HORIZON_NS)
    assert shorter_than(-5) == 0
    market = Market(clock_budget_ns={"ems": 20 * MILLISECOND})
    market.tell(touch(T, 100, 102))
    fact, exact = market.fact("child_new", T), market.fact("child_new", T, source="exact")
    market.passed(NEVER, end=NEVER - 1)
    assert market.horizons(fact) == [(NULL, CLOCK)] * 2 + [(202, GOOD)] * (len(HORIZON_NS) - 2)
    assert market.horizons(exact) == [(202, GOOD)] * len(HORIZON_NS)


def test_that_many_reactions_are_answered_as_each_alone_and_nowhere_has_no_mid() -> None:
    market = Market(clock_budget_ns={"ems": 20 * MILLISECOND})
    none = np.zeros(0, np.int64)
    assert [len(array) for array in market.joins.horizons(none)] == [0, 0]
    market.tell(touch(T, 100, 102))
    facts = [market.fact("child_new", T), market.fact("child_new", T, source="exact")]
    market.passed(NEVER, end=NEVER - 1)
    mid2, quality = market.joins.horizons(np.array([*(fact.horizon for fact in facts), NOWHERE], np.int64))
    for n, fact in enumerate(facts):
        assert list(zip(mid2[n].tolist(), quality[n].tolist(), strict=True)) == market.horizons(fact)
    assert mid2[2].tolist() == [NULL] * len(HORIZON_NS)
    assert quality[2].tolist() == [0] * len(HORIZON_NS)


def test_that_only_fills_and_new_children_react() -> None:
    market = Market()
    kinds = ("parent_new", "child_acked", "bust", "fill", "child_new")
    facts = [market.fact(kind, T, ts_match=T) for kind in kinds]
    assert [fact.horizon for fact in facts] == [-1, -1, -1, 0, 1]
    assert market.joins.reactions == 2


def test_that_tables_grow_and_keep_what_they_hold() -> None:
    market = Market()
    market.tell(touch(T, 100, 102))
    first = [market.fact("fill", T + n, ts_match=T + n) for n in range(60)]
    market.passed(T + MILLISECOND * 2)
    more = [market.fact("fill", T + n, ts_match=T + n) for n in range(60, 200)]
    assert [fact.horizon for fact in more] == list(range(60, 200))
    market.passed(NEVER)
    for fact in first + more:
        assert market.horizons(fact) == [(202, GOOD)] * len(HORIZON_NS)
        assert market.joins.minute_after(fact.horizon) == (GOOD, 202)
        assert market.mids(fact)[1] == (202, "good")
    rows = [row for fact in first + more for row in (fact.before, fact.at)]
    assert rows == list(range(400)) == list(range(market.joins.used))


# -- the rest ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["parent_new", "parent_amended", "algo_new", "algo_replaced", "child_new"])
def test_that_prints_are_kept_where_an_order_has_a_limit(kind: str) -> None:
    market = Market()
    market.fact(kind, T)
    assert market.joins.kept.kept == {}
    market.fact(kind, T, limit_price=5, instrument=1)
    assert list(market.joins.kept.kept) == ([] if kind == "child_new" else [1])
    market.tell(printed(T + 1, 100, 1, instrument=1))
    market.passed(T + 1000)
    assert market.joins.kept.scanned == (0 if kind == "child_new" else T + 1000)


def test_that_a_fact_whose_instrument_was_another_starts_over() -> None:
    market = Market(clock_budget_ns={"ems": 10})
    market.tell(touch(T, 100, 102), touch(T, 200, 202, instrument=1))
    market.tell(printed(T + 2, 101, 5), printed(T + 3, 101, 5, instrument=1))
    fill = market.fact("fill", T + 5, price=101, qty=5)
    arrival = market.fact("parent_new", T + 5)
    arrival.parent = Parent("P")
    market.passed(T + 5 * SECOND)
    assert (fill.matched_at, market.mids(fill)[0]) == (T + 2, (202, "good"))
    before = {(fact.before, fact.at) for fact in (fill, arrival)}
    touched = arrival.parent.touched
    for fact in (fill, arrival):
        fact.instrument = 1
        market.joins.place(fact)
        assert (fact.before, fact.at) not in before
    assert (fill.horizon, fill.matched_at) == (1, T + 5)
    assert arrival.parent.touched > touched
    assert market.passed(T + 6 * SECOND) == [fill, arrival]
    assert (fill.matched_at, market.mids(fill)[0], market.mids(arrival)[0]) == (T + 3, (402, "good"), (402, "good"))
    market.passed(NEVER)
    assert market.horizons(fill)[3:] == [(402, GOOD)] * (len(HORIZON_NS) - 3)
    assert market.joins.ranges[arrival.before] == (402, 402)


def test_that_a_fact_placed_again_waits_in_every_line_once() -> None:
    market = Market(clock_budget_ns={"ems": 10})
    market.tell(status(T, HALT), status(T, HALT, instrument=1))
    fill, arrival = market.fact("fill", T + 50), market.fact("algo_new", T + 5)
    for _ in range(2):
        market.joins.place(fill)
        market.joins.place(arrival)
        lines = (market.joins.waiting, market.joins.unmatched, market.joins.intervals)
        assert [len(line) for line in lines] == [2, 1, 1]
    market.passed(T + 40)
    assert market.joins.openings == [arrival]
    market.joins.place(arrival)
    assert market.joins.openings == []
    market.passed(T + 41)
    assert market.joins.openings == [arrival]


def test_that_the_state_of_now_is_that_of_any_instrument() -> None:
    market = Market()
    assert len(market.joins.now([], T)) == 0
    new = market.universe.instruments.index("NEW")
    market.tell(touch(T, 100, 102), touch(T, 200, 202, instrument=1))
    market.passed(T + 1)
    now = market.joins.now([1, new, 0], T + 9)
    assert now["mid2"].tolist() == [402, NULL, 202]
    assert now["t"].tolist() == [T + 9] * 3


def test_that_undefined_mids_are_counted_by_their_reason() -> None:
    market = Market()
    market.tell(status(T, HALT), touch(T, 100, 102), touch(T, 100, 102, instrument=1))
    market.fact("child_new", T + 5)
    market.fact("child_new", T + 5, instrument=1)
    assert market.joins.undefined() == {"join_pending": 4, "horizon_pending": 2 * len(HORIZON_NS)}
    market.passed(T + 6)
    assert market.joins.undefined() == {"join_halt": 2, "horizon_pending": 2 * len(HORIZON_NS)}
    market.passed(NEVER)
    assert market.joins.undefined() == {"join_halt": 2, "horizon_halt": len(HORIZON_NS)}
    assert IN_HALT in np.unique(market.joins.quality)
