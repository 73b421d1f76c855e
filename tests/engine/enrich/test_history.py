"""The touch history: changes wait for the watermark, then equal a slow second opinion at every nanosecond asked."""

from fractions import Fraction
from itertools import pairwise
from math import isclose
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.engine.bits import to_int
from app.engine.config import EngineConfig
from app.engine.enrich.history import TouchHistory, admit, in_order
from app.engine.enrich.rows import TAKEN_BACK
from app.engine.units import ASK, BID, GOOD, HALT, IN_HALT, NO_QUOTE, NULL, QUALITIES, SECOND
from tests.engine.enrich.streams import (
    INSTRUMENTS,
    NEVER,
    Change,
    changes,
    definitive,
    history_of,
    join_at,
    joins_at,
    named,
    plain,
    printed,
    ranks,
    rings,
    status,
    streams,
    tape_of,
    touch,
    unprinted,
)
from tests.session.oracle_market import HOLD, Tape

T = 10**18


def _moments(made: list[Change]) -> list[int]:
    """Times worth asking at: around every change, around the end of every hold."""
    near = {change["ts"] + off for change in made for off in (-1, 0, 1, HOLD - 1, HOLD, HOLD + 1)}
    return sorted(near)


def _said(join: dict[str, Any]) -> tuple[object, ...]:
    """What a JOIN row and the oracle's mid both say."""
    defined = join["mid2"] != NULL
    touched = (join["bid"], join["ask"]) if defined else None
    return join["mid2"] if defined else None, touched, QUALITIES[join["quality"]]


def _stretches(tape: Tape, begin: int, end: int) -> list[tuple[int, Fraction]]:
    """(ns, mid) between the moments where the mid can change, each told by its middle: ends have no length."""
    cuts = {begin, end, *tape.times, *(state.invalid_since + HOLD for state in tape.states)}
    found = []
    for left, right in pairwise(sorted(cut for cut in cuts if begin <= cut <= end)):
        mid = tape.at(Fraction(left + right, 2)).mid  # type: ignore[arg-type]
        if mid is not None:
            found.append((right - left, mid))
    return found


def _expected(tape: Tape, t: int) -> tuple[object, ...]:
    mid = tape.at(t)
    return (None, None, mid.quality) if mid.mid is None else (2 * mid.mid, (mid.bid, mid.ask), mid.quality)


@given(streams())
def test_that_every_look_up_equals_the_slow_oracle(made: list[Change]) -> None:
    history = history_of(*made)
    moments = _moments(made)
    for instrument in range(INSTRUMENTS):
        tape = tape_of(made, instrument)
        for t, join in zip(moments, plain(joins_at(history, *moments, instrument=instrument)), strict=True):
            assert _said(join) == _expected(tape, t), t
            last = tape.last_defined(t)
            assert join["last"] == (NULL if last is None else 2 * last)
            wmid = tape.at(t).wmid
            if wmid is not None:
                sizes = join["bid_size"] + join["ask_size"]
                assert join["bid"] * join["ask_size"] + join["ask"] * join["bid_size"] == wmid * sizes


@settings(max_examples=25)
@given(streams(15))
@example([touch(T, 100, 102, seq=0, source=0), touch(T + 7200 * SECOND, 98, 102, seq=1, source=0)])
def test_that_the_integral_of_the_mid_equals_the_slow_oracle(made: list[Change]) -> None:
    history, tape = history_of(*made), tape_of(made)
    moments = _moments(made)
    for t, join in zip(moments, plain(joins_at(history, *moments)), strict=True):
        stretches = _stretches(tape, moments[0], t)
        assert join["span"] == sum(length for length, _ in stretches)
        assert to_int(join["area_hi"], join["area_lo"]) == sum(2 * length * mid for length, mid in stretches)


_OF_A_PRINT = {"source": 0, "venue": 0, "instrument": 0}
_NAMED_AND_CANCELLED = [
    printed(T, 101, 7, seq=0, **_OF_A_PRINT),
    printed(T, 101, 7, seq=1, order_id=8, **_OF_A_PRINT),
    named(T, 101, 3, 7, seq=2, **_OF_A_PRINT),
    printed(T, 101, 7, seq=3, **_OF_A_PRINT),
    unprinted(T + 5, 101, 7, seq=4, order_id=7, **_OF_A_PRINT),
]


@given(streams())
@example(_NAMED_AND_CANCELLED)
def test_that_volume_less_what_was_taken_back_equals_the_slow_oracle(made: list[Change]) -> None:
    history = history_of(*made)
    for instrument in range(INSTRUMENTS):
        tape = tape_of(made, instrument)
        gone = [row for row in plain(history.cancelled()) if row["instrument"] == instrument]
        assert sorted(row["ts"] for row in gone) == sorted(p.ts for p in tape.prints if p.cancelled)
        moments = _moments(made)
        for t, join in zip(moments, plain(joins_at(history, *moments, instrument=instrument)), strict=True):
            back = [row for row in gone if row["ts"] <= t and row["eligible"]]
            alive = [p for p in tape.prints if p.ts <= t and p.eligible]
            assert join["volume"] - sum(row["size"] for row in back) == sum(p.size for p in alive)
            notional = to_int(join["notional_hi"], join["notional_lo"])
            assert notional - sum(row["size"] * row["price"] for row in back) == sum(p.size * p.price for p in alive)
            assert join["bought"] + join["sold"] <= join["volume"]


@given(streams())
def test_that_sums_never_run_back(made: list[Change]) -> None:
    rows = plain(joins_at(history_of(*made), *_moments(made)))
    for before, after in pairwise(rows):
        for name in ("volume", "bought", "sold", "span"):
            assert before[name] <= after[name], name
        assert before["variance"] <= after["variance"] or isclose(before["variance"], after["variance"], rel_tol=1e-14)


@given(streams(), st.data())
def test_that_any_split_into_takes_and_advances_gives_the_same_history(made: list[Change], data: Any) -> None:
    whole = history_of(*made)
    history = TouchHistory(EngineConfig())
    history.reach(INSTRUMENTS)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(made)), max_size=5)))
    for begin, end in pairwise([0, *cuts, len(made)]):
        sources = data.draw(st.permutations(range(3)))
        for source in sources:  # sources need no mutual order
            history.take(changes(*(change for change in made[begin:end] if change["source"] == source)))
        history.advance(made[end]["ts"] if end < len(made) else NEVER, ranks())
    assert rings(history) == rings(whole)
    assert history.late == whole.late == 0
    assert history.cancellations_not_found == whole.cancellations_not_found


@given(streams(), st.integers(0, 40), st.integers(0, 40))
def test_that_a_saved_history_goes_on_as_if_nothing_had_happened(made: list[Change], cut: int, passed: int) -> None:
    until = made[min(passed, len(made) - 1)]["ts"]
    first = history_of(*made[:cut], until=until)
    second = TouchHistory(EngineConfig())
    second.load({name: array.copy() for name, array in first.save().items()})
    for history in (first, second):
        history.reach(INSTRUMENTS)
        history.take(changes(*made[cut:]))
        history.advance(NEVER, ranks())
    assert rings(second) == rings(first)
    assert second.counts.tolist() == first.counts.tolist()
    assert (second.backwards, second.passed, second.late) == (first.backwards, first.passed, first.late)
    moments = _moments(made)
    assert joins_at(second, *moments).tobytes() == joins_at(first, *moments).tobytes()


def test_that_a_saved_state_is_a_copy() -> None:
    history = history_of(touch(T, 100, 102), until=T)
    state = history.save()
    history.advance(NEVER, ranks())
    assert len(state["waiting"]) == 1
    assert state["current"]["bid"].tolist() == [NULL, NULL]
    loaded = TouchHistory(EngineConfig())
    loaded.load(state)
    loaded.advance(NEVER, ranks())
    assert state["current"]["bid"].tolist() == [NULL, NULL]
    assert rings(loaded) == rings(history)
    assert loaded.save()["marks"].tolist() == [0, NEVER]


@given(streams(), st.lists(st.integers(0, 39), max_size=10))
def test_that_a_touch_told_twice_changes_nothing(made: list[Change], twice: list[int]) -> None:
    told: list[Change] = []
    last: dict[tuple[int, int], Change] = {}
    ordered = definitive(made)
    for at, change in enumerate(ordered):
        place = (change["instrument"], change["venue"])
        if change["kind"] == 1:
            last[place] = change
        told.append(change)
        if at in twice:  # the venue's touch again, the empty one where it has none yet
            nothing = touch(change["ts"], instrument=place[0], venue=place[1])
            later = ordered[at + 1]["ts"] - 1 if at + 1 < len(ordered) else change["ts"] + 5 * SECOND
            told.append(last.get(place, nothing) | {"ts": max(change["ts"], later), "source": change["source"]})
    told = [change | {"seq": seq} for seq, change in enumerate(told)]
    once = [{**row, "seq": 0} for ring in rings(history_of(*made)) for row in ring]
    assert [{**row, "seq": 0} for ring in rings(history_of(*told)) for row in ring] == once


def test_that_equal_times_go_by_the_name_of_the_source_not_its_number() -> None:
    zeta, alpha = touch(T, 100, 104, source=0), touch(T, 101, 104, source=1)
    for told in ((zeta, alpha), (alpha, zeta)):
        assert join_at(history_of(*told), T)["bid"] == 100  # zeta is the last of the names
    named = TouchHistory(EngineConfig())
    named.take(changes(zeta, alpha))
    named.advance(NEVER, np.array([0, 1, 2]))
    assert join_at(named, T)["bid"] == 101


def test_that_a_change_at_the_watermark_waits() -> None:
    history = history_of(touch(T, 100, 102), touch(T + 1, 100, 104), until=T + 1)
    assert [row["ts"] for row in plain(history.ring(0))] == [T]
    assert history.waiting["ts"].tolist() == [T + 1]
    assert history.passed == T + 1
    history.advance(T, ranks())
    assert history.passed == T + 1  # a watermark never runs back
    history.advance(T + 2, ranks())
    assert [row["ts"] for row in plain(history.ring(0))] == [T, T + 1]
    assert len(history.waiting) == 0


def test_that_one_source_and_one_time_order_need_no_ranks() -> None:
    history = TouchHistory(EngineConfig())
    history.take(changes(touch(T, 100, 102), touch(T + 1, 101, 103)))
    history.advance(NEVER, np.zeros(1, np.int64))
    assert [row["bid"] for row in plain(history.ring(0))] == [100, 101]


def test_that_a_time_that_runs_back_within_a_source_is_read_as_the_last_one() -> None:
    made = changes(*[touch(t, source=source) for t, source in ((5, 0), (3, 0), (4, 1), (9, 0), (2, 1), (9, 1))])
    last = np.full(2, NULL, np.int64)
    assert admit(made, 0, np.zeros((1, 9), np.int32), last) == (6, 2)
    assert made["ts"].tolist() == [5, 5, 4, 9, 4, 9]
    assert last.tolist() == [9, 9]
    history = history_of(touch(T + 5, 100, 102, source=1), touch(T, 101, 103, source=1), until=T)
    history.take(changes(touch(T + 4, 100, 104, source=1), touch(T + 4, 99, 109, venue=2, source=2)))
    history.advance(NEVER, ranks())
    assert history.backwards == 2
    assert history.last_of_source.tolist() == [NULL, T + 5, T + 4]
    assert [(row["ts"], row["bid"], row["ask"]) for row in plain(history.ring(0))] == [
        (T + 4, 99, 109),
        (T + 5, 100, 104),
    ]


def test_that_what_comes_after_its_time_had_passed_is_counted_and_never_lands_before_what_is_known() -> None:
    history = history_of(touch(T, 100, 102), touch(T + 100, 98, 102), until=T + 200)
    assert history.late == 0
    history.take(changes(touch(T + 50, 99, 102, venue=1, source=1)))
    history.advance(T + 200, ranks())
    assert history.late == 1
    assert [(row["ts"], row["bid"]) for row in plain(history.ring(0))] == [(T, 100), (T + 100, 99)]
    history.take(changes(touch(T + 150, 97, 102, venue=1, source=1), touch(T + 200, 96, 102, venue=1, source=1)))
    history.advance(NEVER, ranks())
    assert (
        history.late == 2
    )  # a time that had passed, though nothing of the instrument was newer; the watermark had not
    assert [(row["ts"], row["bid"]) for row in plain(history.ring(0))][2:] == [(T + 150, 98), (T + 200, 98)]


def test_that_a_history_grows_with_instruments_venues_and_members() -> None:
    told = [touch(T + venue, 100 + venue, 200, venue=venue, instrument=3) for venue in range(9)]
    history = TouchHistory(EngineConfig())
    for change in told:
        history.take(changes(change))
    history.advance(NEVER, ranks())
    assert history.slot_of.shape == (4, 9)
    assert history.slot_of[3].tolist() == list(range(9))
    assert (history.slot_of[:3] == -1).all()
    assert history.venues.tolist() == [0, 0, 0, 9]
    assert history.members[3, :9].tolist() == list(range(9))
    assert join_at(history, T + 8, instrument=3)["bid"] == 108
    assert join_at(history, T + 8, instrument=3)["ask_size"] == 900
    assert join_at(history, T + 8, instrument=0)["quality"] == NO_QUOTE
    history.take(changes(touch(T + 20, 300, 400, instrument=5)))
    history.advance(NEVER, ranks())
    assert join_at(history, T + 20, instrument=5)["mid2"] == 700
    assert join_at(history, T + 20, instrument=3)["bid"] == 108


def test_that_an_instrument_not_met_is_undefined_in_every_price() -> None:
    history = TouchHistory(EngineConfig())
    history.reach(1)
    for rows in (history.current, history.base):
        state = plain(rows)[0]
        prices = ("bid", "ask", "bid2", "ask2", "mid2", "held", "since", "held_bid", "held_ask")
        assert {name: state[name] for name in prices} == dict.fromkeys(prices, NULL)
        assert state["quality"] == NO_QUOTE
    assert history.sample["mid2"].tolist() == [NULL]
    history.take(changes())
    history.advance(T, ranks())
    assert len(history.ring(0)) == len(history.ring(7)) == 0


def test_that_the_reference_volatility_starts_the_realised_one() -> None:
    history = TouchHistory(EngineConfig())
    history.describe(1, 0.25)
    history.take(changes(touch(T, 100, 102, instrument=1)))
    history.advance(NEVER, ranks())
    assert history.sample["elapsed"].tolist() == [0.0, 300.0]
    join = join_at(history, T + 4 * SECOND, instrument=1)
    assert (join["sigma2"], join["variance"]) == (0.25, 1.0)
    assert join_at(history, T, instrument=0)["sigma2"] == 0.0


def test_that_a_cancelled_print_is_told_with_what_it_takes_back() -> None:
    told = [touch(T, 100, 102), printed(T + 1, 101, 7, side=BID, venue=1), printed(T + 2, 101, 7, condition=1)]
    history = history_of(*told)
    for ts in (T + 3, T + 5):
        history.take(changes(unprinted(ts, 101, 7, venue=1), unprinted(ts, 101, 7), unprinted(ts, 55, 7)))
        history.advance(NEVER, ranks())
    assert history.cancelled().dtype == TAKEN_BACK
    assert plain(history.cancelled()) == [
        {"ts": T + 1, "price": 101, "size": 7, "number": 0, "instrument": 0, "side": BID, "eligible": 1},
        {"ts": T + 2, "price": 101, "size": 7, "number": 1, "instrument": 0, "side": 0, "eligible": 0},
    ]
    assert history.cancellations_not_found == 4
    assert history.prints.rows(0)["cancelled"].tolist() == [1, 1]


def test_that_room_for_cancellations_is_kept_for_those_that_come_later() -> None:
    prints = [printed(T + n, 100, 1) for n in range(6)]
    history = history_of(touch(T, 99, 101), *prints)
    for size in (1, 3, 2):
        history.take(changes(*(unprinted(T + 10, 100, 1) for _ in range(size))))
        history.advance(NEVER, ranks())
    assert sorted(row["number"] for row in plain(history.cancelled())) == list(range(6))
    assert [row["number"] for row in plain(history.cancelled())] == [5, 4, 3, 2, 1, 0]


def test_that_full_regions_grow_and_old_rows_go_once_they_are_outside_time_and_number() -> None:
    config = EngineConfig(ring_ns=50, ring_rows=10)
    told: list[Change] = []
    for n in range(500):
        told += [touch(T + n, 100 + n % 2, 104), printed(T + n, 101, 1, side=ASK)]
    history = history_of(*told, config=config)
    ring, prints = history.ring(0), history.prints.rows(0)
    assert ring["ts"].tolist() == list(range(T + 500 - len(ring), T + 500))
    assert 51 <= len(ring) < 128
    assert history.history.room[0] == history.prints.room[0] == 128
    assert prints["number"].tolist() == list(range(500 - len(prints), 500))
    assert join_at(history, T + 499)["sold"] == 500
    assert QUALITIES[join_at(history, T)["quality"]] == "unjoined"
    assert history.history.room[1] == 64


def test_that_the_ring_is_a_view_and_the_halves_agree_on_a_halt() -> None:
    history = history_of(touch(T, 100, 102), status(T + 1, HALT), touch(T + 2, 100, 103), status(T + 3, 1))
    assert [row["quality"] for row in plain(history.ring(0))] == [GOOD, IN_HALT, GOOD]
    assert history.ring(0).base is not None
    assert [row["ts"] for row in plain(history.ring(0))] == [T, T + 1, T + 3]


@pytest.mark.parametrize("times", [[], [T - 1, T, T + 1]])
def test_that_look_ups_go_where_they_are_asked_to(times: list[int]) -> None:
    history = history_of(touch(T, 100, 102))
    assert joins_at(history, *times)["t"].tolist() == times
    assert joins_at(history, *times)["mid2"].tolist() == [NULL, 202, 202][: len(times)]


def test_that_changes_are_taken_up_to_the_first_whose_names_have_no_place() -> None:
    slots = np.array([[0, 3], [-1, 2]], np.int32)
    known = [touch(T, venue=0), touch(T, venue=1), touch(T, instrument=1, venue=1)]
    last = np.full(1, NULL, np.int64)
    assert admit(changes(*known), 0, slots, last) == (3, 0)
    assert admit(changes(), 0, slots, last) == (0, 0)
    for other in (
        touch(T, instrument=1, venue=0),
        touch(T, instrument=2, venue=0),
        touch(T, venue=2),
        touch(T, venue=0, source=1),
    ):
        last[:] = NULL
        made = changes(touch(T + 1, venue=0), other, touch(T - 1, venue=0))
        assert admit(made, 0, slots, last) == (1, 0)
        assert last.tolist() == [T + 1]
        assert admit(made, 2, slots, last) == (3, 1)
        assert made["ts"].tolist() == [T + 1, T, T + 1]


def test_that_names_met_for_the_first_time_in_the_middle_have_their_place_at_once() -> None:
    history = TouchHistory(EngineConfig())
    places = [(0, 0, 0), (3, 2, 0), (0, 0, 1), (3, 1, 2), (3, 2, 2)]
    history.take(changes(*[touch(T + n, instrument=i, venue=v, source=s) for n, (i, v, s) in enumerate(places)]))
    assert sorted(history.slot_of[[0, 3, 3], [0, 2, 1]].tolist()) == [0, 1, 2]
    assert history.venues.tolist() == [1, 0, 0, 2]
    assert history.last_of_source.tolist() == [T + 1, T + 2, T + 4]
    assert len(history.waiting) == 5


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=5))
def test_that_order_is_time_then_the_rank_of_the_source(drawn: list[tuple[int, int]]) -> None:
    rank = ranks().tolist()
    made = changes(*(touch(T + ts, source=source) for ts, source in drawn))
    told = [(ts, rank[source]) for ts, source in drawn]
    assert in_order(made, ranks()) == (told == sorted(told))
