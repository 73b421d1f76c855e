"""Fills and their prints: what a fill asks the tape for, when it knows, and what a cancelled print undoes."""

from typing import Any

import pytest

from app.engine.orders.facts import Parent
from app.engine.units import (
    GOOD,
    HORIZON_NS,
    MILLISECOND,
    NO_QUOTE,
    NULL,
    SECOND,
)
from tests.engine.enrich.streams import Change, printed, touch, unprinted
from tests.engine.orders.market import NEVER, Market, T


def test_that_a_fill_is_joined_at_its_match_time_however_late_it_is_told() -> None:
    market = Market()
    market.tell(touch(T, 100, 102), touch(T + 50, 101, 103), touch(T + 60, 110, 112))
    fact = market.fact("fill", T + 100, ts_match=T + 50, price=101, qty=5)
    assert market.passed(T + 100) == []
    assert market.passed(T + 101) == [fact]
    assert market.mids(fact) == [(202, "good"), (204, "good")]
    assert fact.matched_at == T + 50


def test_that_a_fill_without_a_match_time_takes_that_of_its_print() -> None:
    market = Market()
    market.tell(touch(T, 100, 102), printed(T + 7, 101, 5), touch(T + 8, 110, 112), printed(T + 10, 101, 9))
    fact = market.fact("fill", T + 10, price=101, qty=5, venue="X0")
    assert market.passed(T + 10 + 5 * MILLISECOND) == []
    market.joins.look_ahead()
    assert market.mids(fact)[0] == (222, "good")  # provisional: as of its own time
    assert market.passed(T + 11 + 5 * MILLISECOND) == [fact]
    assert fact.matched_at == T + 7
    assert market.mids(fact) == [(202, "good"), (202, "good")]
    assert market.joins.found["number"][fact.wanted, 0] == 0
    market.passed(NEVER)
    assert [mid2 for mid2, _ in market.horizons(fact)] == [222] * len(HORIZON_NS)


def test_that_a_fill_whose_print_is_not_on_the_tape_keeps_its_own_time() -> None:
    market = Market()
    market.tell(touch(T, 100, 102), printed(T + 7, 101, 5, venue=1), touch(T + 8, 110, 112))
    fact = market.fact("fill", T + 10, price=101, qty=5, venue="X0")
    market.passed(NEVER)
    assert fact.matched_at == T + 10
    assert market.mids(fact)[0] == (222, "good")
    assert (market.joins.found["number"][fact.wanted] == -1).all()


@pytest.mark.parametrize(
    ("row", "mark", "found"),
    [
        ({}, {}, True),
        ({"price": 102}, {}, False),
        ({"qty": 6}, {}, False),
        ({"price": None}, {}, False),
        ({"price": None}, {"price": 0}, True),
        ({"qty": None}, {}, False),
        ({"venue": "X1"}, {}, False),
        ({"venue": "X1"}, {"venue": 1}, True),
        ({"venue": None}, {"venue": 1}, True),  # any, where the fill names none
        ({"order_id": "77"}, {"order_id": 77, "venue": 1}, True),
        ({"order_id": "78"}, {"order_id": 77, "venue": 1}, False),
        ({"order_id": "abc"}, {"venue": 1}, False),
        ({"order_id": "9" * 19}, {"order_id": int("9" * 19), "venue": 1}, True),
        ({"order_id": "9" * 20}, {"order_id": 77, "venue": 1}, False),
        ({"liquidity": "D"}, {"condition": 2}, True),
        ({"liquidity": "A"}, {"condition": 2}, False),
        ({"ts_match": T - SECOND}, {}, False),
        ({"ts_match": T - SECOND}, {"ts": T - SECOND}, True),
    ],
)
def test_that_a_fill_finds_a_print_of_its_own_terms(row: dict[str, Any], mark: Change, found: bool) -> None:
    market = Market()
    market.tell(printed(T, 101, 5) | mark)
    market.fact("fill", T, price=1, qty=1)
    terms: dict[str, Any] = {"price": 101, "qty": 5, "venue": "X0"}
    fact = market.fact("fill", T, 0, **terms | row)
    market.passed(NEVER)
    assert market.joins.found["number"][fact.wanted, 0] == (0 if found else -1)


def test_that_a_dark_fill_waits_ten_seconds_for_its_print() -> None:
    market = Market()
    market.tell(touch(T, 100, 102), printed(T + 9 * SECOND, 101, 5, condition=2))
    fact = market.fact("fill", T, price=101, qty=5, liquidity="D")
    assert market.passed(T + 10 * SECOND) == []
    assert market.passed(T + 10 * SECOND + 1) == [fact]
    assert fact.matched_at == T + 9 * SECOND


def test_that_prints_and_joins_of_later_fills_stand_behind_those_of_earlier_ones() -> None:
    market = Market()
    market.tell(*(printed(T + n * SECOND, 100 + n, 5) for n in range(5)))
    facts = []
    for n in range(5):
        facts.append(market.fact("fill", T + n * SECOND, price=100 + n, qty=5))
        market.passed(T + n * SECOND + SECOND // 2)
    assert [fact.wanted for fact in facts] == list(range(5))
    assert market.joins.found["number"][:, 0].tolist() == list(range(5))
    assert market.joins.unmatched == []


def test_that_a_fill_of_an_instrument_the_market_never_showed_is_joined_to_nothing() -> None:
    market = Market()
    number = market.universe.instruments.index("NEW")
    fact = market.fact("fill", T + SECOND, instrument=number, ts_match=T, price=1, qty=1)
    assert market.passed(T + 2 * MILLISECOND) == []  # its first horizon is due before the fact itself is
    assert market.horizons(fact)[0] == (NULL, NO_QUOTE)
    market.passed(NEVER)
    assert market.mids(fact) == [(NULL, "no_quote")] * 2


def test_that_a_match_time_is_found_again_when_its_print_is_cancelled() -> None:
    market = Market()
    market.tell(touch(T, 100, 102), printed(T + 4, 101, 5), touch(T + 5, 104, 106), printed(T + 6, 101, 5))
    market.tell(touch(T + 7, 108, 110))
    fact = market.fact("fill", T + 9, price=101, qty=5)
    fact.parent = Parent("P")
    assert market.passed(T + SECOND) == [fact]
    assert (fact.matched_at, market.mids(fact)[0]) == (T + 6, (210, "good"))
    market.tell(unprinted(T + 2 * SECOND, 101, 5))
    touched = fact.parent.touched
    assert market.passed(T + 3 * SECOND) == [fact]
    assert fact.parent.touched > touched
    assert (fact.matched_at, market.mids(fact)[0]) == (T + 4, (202, "good"))
    market.tell(unprinted(T + 4 * SECOND, 101, 5))
    assert market.passed(T + 5 * SECOND) == [fact]
    assert (fact.matched_at, market.mids(fact)[0]) == (T + 9, (218, "good"))
    assert market.passed(NEVER) == []
    assert market.horizons(fact) == [(218, GOOD)] * len(HORIZON_NS)


def test_that_a_match_time_found_again_leaves_other_facts_alone() -> None:
    market = Market()
    market.tell(touch(T, 100, 102), printed(T + 4, 101, 5), touch(T + 5, 104, 106), printed(T + 6, 101, 5))
    fact, child = market.fact("fill", T + 9, price=101, qty=5), market.fact("child_new", T + 9)
    market.passed(T + 2 * SECOND)
    waiting = market.fact("child_new", T + 2 * SECOND)
    market.tell(unprinted(T + 2 * SECOND, 101, 5), touch(T + 90 * SECOND, 200, 202))
    assert market.passed(T + 3 * SECOND) == [waiting, fact]
    market.passed(NEVER)
    minutes = [HORIZON_NS[n] + T + 9 < T + 90 * SECOND for n in range(len(HORIZON_NS))]
    expected = [(210 if soon else 402, GOOD) for soon in minutes]
    assert market.horizons(child) == market.horizons(fact) == expected
    assert market.horizons(waiting) == expected


def test_that_the_cancelled_print_of_an_instrument_left_behind_is_no_matter() -> None:
    market = Market()
    market.tell(touch(T, 100, 102), printed(T + 4, 101, 5), touch(T, 200, 202, instrument=1))
    moved, other = (market.fact("fill", T + 9, price=101, qty=5) for _ in range(2))
    market.passed(T + SECOND)
    moved.instrument = 1
    market.joins.place(moved)
    assert market.passed(T + SECOND) == [moved]
    market.tell(unprinted(T + 2 * SECOND, 101, 5))
    assert market.passed(T + 3 * SECOND) == [other]
