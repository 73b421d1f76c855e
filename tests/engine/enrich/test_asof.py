"""The one join path: what was known at a nanosecond, how old it is, and why there is nothing."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.bits import to_int
from app.engine.enrich.asof import (
    Histories,
    Horizons,
    Lookups,
    Searches,
    copy_row,
    first_valid,
    look_up,
    mid_at,
    mid_range,
    no_row,
    resolve,
    row_at,
)
from app.engine.enrich.consolidate import SESSION_BREAK_NS
from app.engine.enrich.rows import HISTORY, JOIN
from app.engine.units import (
    CROSSED,
    GOOD,
    HELD_CROSSED,
    HELD_ONE_SIDED,
    HOLD_NS,
    IN_AUCTION,
    IN_HALT,
    LOCKED,
    NO_QUOTE,
    NULL,
    ONE_SIDED,
    OUT_OF_RANGE,
    PAST_END,
    PENDING,
    SECOND,
    UNJOINED,
)
from tests.engine.enrich.streams import Change, history_of, plain, streams, tape_of

T = 10**18


def _row(ts: int, quality: int = GOOD, **fields: float) -> dict[str, float]:
    """A history row, mid 201 held from before where it is not valid."""
    valid = quality <= LOCKED
    touch = {"bid": 100, "bid_size": 1, "ask": 101, "ask_size": 2, "bid2": 99, "bid2_size": 3, "ask2": 102}
    held = {"held": 201, "held_bid": 90, "held_bid_size": 91, "held_ask": 111, "held_ask_size": 92, "ask2_size": 4}
    since = NULL if valid else ts
    return {"ts": ts, "quality": quality, "mid2": 201 if valid else NULL, "since": since, **touch, **held, **fields}


def _histories(*rows: dict[str, float], dropped: int = NULL) -> Histories:
    """Instrument 1 has these rows, 0 and 2 have others beside them in the pool."""
    pool = np.zeros(len(rows) + 8, HISTORY)
    pool["ts"], pool["mid2"], pool["held"] = T, 77, 77
    for at, fields in enumerate(rows):
        for name, value in fields.items():
            pool[name][4 + at] = value
    offset = np.array([0, 4, 4 + len(rows)], np.int64)
    length = np.array([4, len(rows), 4], np.int64)
    return Histories(pool, offset, length, np.array([NULL, dropped, NULL], np.int64))


def test_that_the_row_of_a_time_is_the_last_one_at_or_before_it() -> None:
    h = _histories(*(_row(T + at) for at in (0, 10, 20, 30, 40)))
    asked = (-1, 0, 1, 9, 10, 11, 39, 40, 10**9)
    assert [row_at(h, 1, T + at) for at in asked] == [-1, 4, 4, 4, 5, 5, 7, 8, 8]


@given(st.lists(st.integers(0, 50), max_size=20), st.integers(-1, 51))
def test_that_the_row_of_a_time_is_found_in_any_history(ts: list[int], t: int) -> None:
    h = _histories(*(_row(at) for at in sorted(ts)))
    before = sum(at <= t for at in ts)
    assert row_at(h, 1, t) == (3 + before if before else -1)


def test_that_before_the_first_row_there_is_no_quote_and_before_a_trimmed_one_no_join() -> None:
    assert row_at(_histories(), 1, T) == -1
    assert row_at(_histories(_row(T)), 1, T - 1) == -1
    assert row_at(_histories(_row(T), dropped=T - 5), 1, T - 1) == -2
    assert row_at(_histories(_row(T), dropped=T - 5), 1, T) == 4
    h = _histories(_row(T))
    assert mid_at(h, -1, T) == (NULL, NULL, NO_QUOTE)
    assert mid_at(h, -2, T) == (NULL, NULL, UNJOINED)


@pytest.mark.parametrize("quality", [GOOD, LOCKED])
def test_that_a_valid_mid_is_as_old_as_its_row_and_never_too_old(quality: int) -> None:
    h = _histories(_row(T, quality))
    assert mid_at(h, 4, T) == (201, 0, quality)
    assert mid_at(h, 4, T + 10**15) == (201, 10**15, quality)


@pytest.mark.parametrize(("quality", "held"), [(CROSSED, HELD_CROSSED), (ONE_SIDED, HELD_ONE_SIDED)])
def test_that_a_lost_mid_is_held_for_a_second_both_ends_included(quality: int, held: int) -> None:
    h = _histories(_row(T, quality, since=T - 7))
    assert mid_at(h, 4, T) == (201, 7, held)
    assert mid_at(h, 4, T - 7 + HOLD_NS) == (201, HOLD_NS, held)
    assert mid_at(h, 4, T - 7 + HOLD_NS + 1) == (NULL, NULL, quality)
    never = _histories(_row(T, quality, since=NULL))
    assert mid_at(never, 4, T) == (NULL, NULL, quality)


@pytest.mark.parametrize("quality", [IN_HALT, IN_AUCTION, NO_QUOTE, OUT_OF_RANGE])
def test_that_nothing_is_held_where_nothing_may_be(quality: int) -> None:
    assert mid_at(_histories(_row(T, quality)), 4, T) == (NULL, NULL, quality)


def _join(h: Histories, t: int, instrument: int = 1) -> Any:
    """The JOIN row of one look-up, written over rubbish between two others."""
    out = np.frombuffer(bytes([7]) * (3 * JOIN.itemsize), JOIN).copy()
    kept = out.copy()
    asked = np.array([[instrument], [t], [1]], np.int64)
    look_up(Lookups(h, asked[0], asked[1], asked[2], out))
    assert out[[0, 2]].tobytes() == kept[[0, 2]].tobytes()
    return plain(out)[1]


PRICES = ("bid", "ask", "bid2", "ask2")
SIZES = ("bid_size", "ask_size", "bid2_size", "ask2_size")
SUMS = ("volume", "bought", "sold", "span", "notional_hi", "notional_lo", "area_hi", "area_lo", "variance", "sigma2")


def test_that_a_join_before_any_quote_has_no_prices_and_empty_sums() -> None:
    for h, quality in ((_histories(_row(T)), NO_QUOTE), (_histories(_row(T), dropped=5), UNJOINED)):
        join = _join(h, T - 1)
        assert (join["t"], join["mid2"], join["age"], join["last"]) == (T - 1, NULL, NULL, NULL)
        assert join["quality"] == quality
        assert [join[name] for name in PRICES] == [NULL] * 4
        assert [join[name] for name in SIZES + SUMS] == [0] * 14


def test_that_a_join_carries_touch_and_sums_of_its_row() -> None:
    sums = {name: 1000 + at for at, name in enumerate(SUMS)}
    join = _join(_histories(_row(T, **sums)), T)
    assert (join["t"], join["mid2"], join["age"], join["last"], join["quality"]) == (T, 201, 0, 201, GOOD)
    assert [join[name] for name in PRICES + SIZES] == [100, 101, 99, 102, 1, 2, 3, 4]
    assert {name: join[name] for name in SUMS} == sums


def test_that_a_held_join_shows_the_touch_that_is_held_and_an_expired_one_what_stands() -> None:
    h = _histories(_row(T, CROSSED))
    join = _join(h, T + HOLD_NS)
    assert [join[name] for name in (*PRICES[:2], *SIZES[:2])] == [90, 111, 91, 92]
    assert (join["mid2"], join["last"], join["age"]) == (201, 201, HOLD_NS)
    join = _join(h, T + HOLD_NS + 1)
    assert [join[name] for name in (*PRICES[:2], *SIZES[:2])] == [100, 101, 1, 2]
    assert (join["mid2"], join["last"], join["age"]) == (NULL, 201, NULL)


@pytest.mark.parametrize(
    ("fields", "after", "counted"),
    [
        ({}, 0, 0),
        ({}, 1, 1),
        ({}, 5, 5),
        ({"quality": CROSSED}, 1, 1),
        ({}, 10 * SESSION_BREAK_NS, 10 * SESSION_BREAK_NS),
        ({"quality": ONE_SIDED}, 5, 5),
        ({"quality": ONE_SIDED}, HOLD_NS, HOLD_NS),
        ({"quality": CROSSED}, HOLD_NS + 5, HOLD_NS),
        ({"quality": CROSSED, "since": T - 100}, HOLD_NS, HOLD_NS - 100),
        ({"quality": CROSSED, "since": T - HOLD_NS}, 5, 0),
        ({"quality": CROSSED, "since": T - 2 * HOLD_NS}, 5, 0),
        ({"quality": CROSSED, "since": NULL}, 5, 0),
        ({"quality": IN_HALT}, 5, 0),
        ({"quality": NO_QUOTE, "held": NULL}, 5, 0),
    ],
)
def test_that_time_is_counted_while_a_mid_is_defined_or_held(fields: Any, after: int, counted: int) -> None:
    row = _row(T, fields.get("quality", GOOD)) | fields
    join = _join(_histories(row | {"span": 50, "area_lo": 7, "variance": 0.5, "sigma2": 3.0}), T + after)
    assert join["span"] == 50 + counted
    assert to_int(join["area_hi"], join["area_lo"]) == 7 + 201 * counted
    assert join["variance"] == 0.5 + 3.0 * (min(counted, SESSION_BREAK_NS) * 1e-9)
    assert join["sigma2"] == 3.0


def test_that_the_kernels_of_a_join_write_their_row_alone() -> None:
    h = _histories(_row(T))
    out = np.zeros(3, JOIN)
    out["mid2"] = 201
    copy_row(h, 4, T + 3, out, 1)
    assert out["span"].tolist() == [0, 3, 0]
    no_row(out, 1)
    assert out["span"].tolist() == [0, 0, 0]
    assert out["bid"].tolist() == [0, NULL, 0]


def test_that_the_first_row_of_all_is_a_row_like_any_other() -> None:
    pool = np.zeros(2, HISTORY)
    for name, value in _row(T).items():
        pool[name] = value
    pool["ts"] = [T, T + 20]
    pool["mid2"] = pool["held"] = [201, 205]
    h = Histories(pool, np.zeros(1, np.int64), np.array([2], np.int64), np.array([NULL], np.int64))
    assert row_at(h, 0, T) == 0
    assert _join(h, T, instrument=0)["bid"] == 100
    assert first_valid(Searches(h, 0, T, T + 9)) == (NULL, NULL)
    assert first_valid(Searches(h, 0, T, T + 20)) == (T + 20, 205)
    assert mid_range(Searches(h, 0, T, T + 9)) == (201, 201)
    waiting = _horizons(h, (T - 50, 2), passed=2**62)
    waiting.instrument[:] = 0
    resolve(waiting)
    assert waiting.last2.tolist() == [201]


def test_that_look_ups_are_answered_each_at_its_place() -> None:
    h = _histories(_row(T), _row(T + 10, mid2=205))
    out = np.zeros(4, JOIN)
    asked = (np.array([1, 2, 1]), np.array([T + 10, T, T + 9]), np.array([3, 0, 1]))
    look_up(Lookups(h, *asked, out))
    assert out["mid2"].tolist() == [77, 201, 0, 205]
    assert out["t"].tolist() == [T, T + 9, 0, T + 10]
    assert out["age"].tolist() == [0, 9, 0, 0]


def _horizons(
    h: Histories, *facts: tuple[int, int], passed: int, end: int = NULL, lengths: Any = (5, 10, 60)
) -> Horizons:
    """(t, step) of facts of instrument 1, results in reverse order."""
    n = len(facts)
    return Horizons(
        h, np.ones(n, np.int64), np.array([t for t, _ in facts], np.int64), np.array([s for _, s in facts], np.int64),
        np.arange(n, dtype=np.int64)[::-1].copy(), np.array(lengths, np.int64), np.full((n, len(lengths)), NULL),
        np.full((n, len(lengths)), PENDING, np.uint8), np.full(n, NULL), 2, passed, end,
    )  # fmt: skip


def test_that_a_horizon_is_due_once_its_time_has_passed() -> None:
    h = _histories(_row(T), _row(T + 5, mid2=205), _row(T + 60, mid2=209, held=209))
    waiting = _horizons(h, (T, 0), passed=T + 5)
    assert resolve(waiting) == 1
    assert waiting.quality.tolist() == [[PENDING] * 3]
    waiting = waiting._replace(passed=T + 6)
    assert resolve(waiting) == 1
    assert waiting.mid2.tolist() == [[205, NULL, NULL]]
    assert waiting.step.tolist() == [1]
    waiting = waiting._replace(passed=T + 61)
    assert resolve(waiting) == 0
    assert waiting.mid2.tolist() == [[205, 205, 209]]
    assert waiting.quality.tolist() == [[GOOD] * 3]
    assert waiting.last2.tolist() == [209]


def test_that_waiting_facts_move_up_with_all_they_have() -> None:
    h = _histories(_row(T))
    waiting = _horizons(h, (T, 0), (T - 50, 1), (T + 3, 0), (T - 55, 2), passed=T + 9)
    waiting.instrument[:] = [1, 1, 2, 1]
    assert resolve(waiting) == 3
    assert waiting.t[:3].tolist() == [T, T - 50, T + 3]
    assert waiting.step[:3].tolist() == [1, 2, 1]
    assert waiting.target[:3].tolist() == [3, 2, 1]
    assert waiting.instrument[:3].tolist() == [1, 1, 2]
    assert waiting.mid2.tolist() == [[NULL, NULL, 201], [77, NULL, NULL], [NULL, NULL, NULL], [201, NULL, NULL]]
    assert waiting.quality[2].tolist() == [PENDING, NO_QUOTE, PENDING]


def test_that_a_horizon_past_the_end_of_data_is_undefined_and_one_at_the_end_is_not() -> None:
    h = _histories(_row(T))
    waiting = _horizons(h, (T, 0), passed=2**62, end=T + 10)
    assert resolve(waiting) == 0
    assert waiting.mid2.tolist() == [[201, 201, NULL]]
    assert waiting.quality.tolist() == [[GOOD, GOOD, PAST_END]]
    assert waiting.last2.tolist() == [NULL]


def test_that_the_last_mid_of_any_age_is_kept_at_the_minute_only() -> None:
    h = _histories(_row(T, IN_HALT, held=199))
    waiting = _horizons(h, (T, 0), passed=2**62)
    resolve(waiting)
    assert waiting.quality.tolist() == [[IN_HALT] * 3]
    assert waiting.last2.tolist() == [199]
    early = _horizons(h, (T - 100, 0), passed=2**62)
    resolve(early)
    assert (early.last2.tolist(), early.quality.tolist()) == ([NULL], [[NO_QUOTE] * 3])
    partly = _horizons(h, (T, 0), passed=T + 11)
    resolve(partly)
    assert partly.last2.tolist() == [NULL]


def test_that_the_first_valid_mid_comes_after_the_begin_and_not_after_the_end() -> None:
    rows = [_row(T, mid2=1), _row(T + 5, IN_HALT), _row(T + 8, LOCKED, mid2=3), _row(T + 9, mid2=4)]
    h = _histories(*rows)
    found = {(b, e): first_valid(Searches(h, 1, T + b, T + e)) for b in (-1, 0, 7, 8, 9) for e in (-1, 0, 7, 8, 9)}
    assert found[-1, 9] == found[-1, 0] == (T, 1)
    assert found[-1, -1] == found[0, 7] == found[9, 9] == found[8, 8] == (NULL, NULL)
    assert found[0, 8] == found[0, 9] == found[7, 9] == (T + 8, 3)
    assert found[8, 9] == (T + 9, 4)
    assert first_valid(Searches(_histories(), 1, T, T + 9)) == (NULL, NULL)


def test_that_the_range_of_mids_holds_what_stood_at_its_begin_and_all_until_its_end() -> None:
    rows = [_row(T, mid2=5), _row(T + 5, IN_HALT), _row(T + 8, mid2=3), _row(T + 9, LOCKED, mid2=9)]
    h = _histories(*rows)
    found = {(b, e): mid_range(Searches(h, 1, T + b, T + e)) for b in (-9, 0, 4, 5, 8, 9) for e in (-1, 4, 7, 8, 9, 99)}
    assert found[-9, -1] == found[5, 7] == (NULL, NULL)
    assert found[0, 4] == found[4, 7] == found[-9, 7] == (5, 5)
    assert found[0, 8] == (3, 5)
    assert found[-9, 99] == found[4, 9] == (3, 9)
    assert found[5, 8] == found[8, 8] == (3, 3)
    assert found[9, 99] == (9, 9)


def test_that_a_mid_still_held_at_the_begin_is_in_the_range() -> None:
    h = _histories(_row(T, CROSSED), _row(T + 2 * HOLD_NS, mid2=100))
    assert mid_range(Searches(h, 1, T + HOLD_NS, T + 3 * HOLD_NS)) == (100, 201)
    assert mid_range(Searches(h, 1, T + HOLD_NS + 1, T + 3 * HOLD_NS)) == (100, 100)


@given(streams(25), st.integers(0, 24), st.integers(0, 9 * SECOND))
def test_that_searches_equal_the_slow_oracle(made: list[Change], nth: int, length: int) -> None:
    history, tape = history_of(*made), tape_of(made)
    begin = made[nth % len(made)]["ts"] - 1
    search = Searches(history.histories(), 0, begin, begin + length)
    if tape.at(begin).quality not in {"good", "locked"}:  # what is searched for is the return of a mid
        valid = tape.first_valid(begin + 1)
        when = NULL if valid is None or tape.times[valid] > begin + length else tape.times[valid]
        mid = tape.at(when).mid
        assert first_valid(search) == (when, NULL if mid is None else 2 * mid)
    moments = [begin, *(ts for ts in tape.times if begin < ts <= begin + length)]
    mids = [2 * mid for mid in (tape.at(t).mid for t in moments) if mid is not None]
    assert mid_range(search) == ((min(mids), max(mids)) if mids else (NULL, NULL))
