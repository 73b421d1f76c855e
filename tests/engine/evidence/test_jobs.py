"""Jobs for all symbols at once: each is what the symbol itself would have done, in the same order."""

from typing import Any

import numpy as np
import pytest

from app.engine.evidence.jobs import GOOD, NOT_OPENED, NOT_SCORED, Closed, Jobs, hearings, outcome
from app.engine.evidence.own import Level
from app.engine.evidence.reference import fast_part, slow_part
from app.engine.evidence.rows import CHILD
from app.engine.evidence.stream import stays
from app.engine.evidence.symbol import Muted, Symbol
from app.engine.evidence.windows import OPEN, SCORED, VOID
from app.feeds.generator.hand import T0
from tests.engine.evidence.made import S, market_sheet
from tests.engine.evidence.test_stream import told

SHEET = market_sheet(21, 16)
PRICE = 100_000_000_000
NOTHING = hearings(np.zeros(0, np.int64), 0)


def begun(**changes: Any) -> Symbol:
    symbol = told(SHEET, **changes)
    symbol.start()
    return symbol


def near() -> list[tuple[int, int]]:
    return [(T0 + 3 * S, number) for number in range(4)]


def nobody() -> list[tuple[int, int]]:
    return []


def same(mine: Symbol, theirs: Symbol) -> None:
    for name, array in theirs.save().items():
        assert mine.save()[name].tobytes() == array.tobytes()


def by_hand(records: Any) -> tuple[Symbol, list[float]]:
    symbol = begun()
    symbol.own = np.array([number for _ts, number in near()], np.int64)
    symbol.advance(T0 + 3 * S)
    symbol.show(1, PRICE, 100)
    symbol.advance(T0 + 4 * S)
    symbol.open(T0 + 4 * S, 1, 0, records, 0)
    records["gain"][0], records["stays"][0] = symbol.stream[0]["gain"], stays(symbol.stream[0])
    symbol.advance(T0 + 9 * S)
    x, g = symbol.stream[0], symbol.kernels.g
    price = float(x["r"]) + float(x["told"]) - float(x["gain"]) * fast_part(g, x["s"])
    level = [fast_part(g, x["own_s"]), slow_part(g, x["own_s"]), float(x["gain"]), stays(x)]
    level += [price, slow_part(g, x["s"]), max(float(x["q"]), 0.7 * float(x["q_fast"]))]
    symbol.close(records, 0, T0 + 9 * S, Muted(flow=True))
    symbol.advance(T0 + 11 * S)
    return symbol, level


def test_that_jobs_do_what_the_symbol_itself_would() -> None:
    theirs, mine = np.zeros(2, CHILD), np.zeros(2, CHILD)
    alone, level = by_hand(theirs)
    symbol, jobs = begun(), Jobs()
    for _ in range(2):
        jobs.begin(symbol, near)  # said once
    jobs.hear(symbol, T0 + 2 * S)
    for change in (70, 30):  # at one moment: one change
        symbol.show(1, PRICE, change)
        jobs.show(symbol, T0 + 3 * S)
    opened = jobs.open(symbol, T0 + 4 * S, 0, (1, 0))
    asked = jobs.level(symbol, T0 + 9 * S)
    ended = jobs.close(symbol, T0 + 9 * S, 0, Closed(mute_flow=True))
    jobs.hear(symbol, T0 + 11 * S)
    levels, outcomes = jobs.do(symbol.states, mine, NOTHING)
    same(symbol, alone)
    assert mine.tobytes() == theirs.tobytes()
    assert (levels, asked) == (level, 0)
    assert (outcomes[opened], outcomes[ended]) == (GOOD, GOOD)
    assert mine["state"][0] == SCORED
    assert mine["e"][0, :4].tolist() == [1.0] * 4


def test_that_what_is_displayed_is_known_from_the_first_job_on() -> None:
    symbol, plain, jobs, records = begun(), begun(), Jobs(), np.zeros(1, CHILD)
    for one in (symbol, plain):
        one.show(1, PRICE, 200)
    jobs.begin(symbol, nobody)
    jobs.hear(symbol, T0 + 6 * S)
    jobs.do(symbol.states, records, NOTHING)
    plain.advance(T0 + 6 * S)
    same(symbol, plain)
    bare = begun()
    bare.advance(T0 + 6 * S)
    assert bare.ring.tobytes() != plain.ring.tobytes()


def test_that_symbols_do_not_disturb_each_other_and_some_are_only_heard() -> None:
    one = begun()
    other = Symbol(one.instrument, one.tick, one.kernels, one.states)
    other.start()
    jobs, records = Jobs(), np.zeros(1, CHILD)
    jobs.begin(one, near)
    jobs.hear(one, T0 + 5 * S)
    _levels, outcomes = jobs.do(one.states, records, hearings(np.array([other.place]), T0 + 7 * S))
    assert len(outcomes) == 3
    plain = begun()
    plain.advance(T0 + 7 * S)
    assert other.stream.tobytes() == plain.stream.tobytes()
    assert one.cursor == T0 + 5 * S
    assert jobs.do(one.states, records, NOTHING) == ([], [])


def test_that_a_market_nobody_has_heard_of_has_nothing_to_open() -> None:
    symbol, jobs, records = told(SHEET), Jobs(), np.zeros(1, CHILD)
    jobs.begin(symbol, nobody)
    jobs.hear(symbol, T0 + 2 * S)
    assert jobs.level(symbol, T0 + 3 * S) == 0
    levels = jobs.do(symbol.states, records, NOTHING)[0]
    assert levels[0] == 0.0
    assert np.isnan(levels[Level._fields.index("price")])
    assert symbol.cursor == 0


@pytest.mark.parametrize(("lasts", "found"), [(0, NOT_SCORED), (S // 10, NOT_SCORED), (S, GOOD)])
def test_that_a_window_that_was_open_is_told_of_when_it_ends(lasts: int, found: int) -> None:
    symbol, jobs, records = begun(), Jobs(), np.zeros(1, CHILD)
    jobs.begin(symbol, nobody)
    opened = jobs.open(symbol, T0 + 4 * S, 0, (1, 0))
    ended = jobs.close(symbol, T0 + 4 * S + lasts, 0, Closed(mute_fast=True))
    outcomes = jobs.do(symbol.states, records, NOTHING)[1]
    assert [outcomes[opened], outcomes[ended]] == [GOOD, found]


def test_that_one_that_could_not_be_opened_is_told_of_then() -> None:
    symbol, jobs, records = begun(tick=0), Jobs(), np.zeros(1, CHILD)
    jobs.begin(symbol, nobody)
    opened = jobs.open(symbol, T0 + 4 * S, 0, (1, 0))
    ended = jobs.close(symbol, T0 + 6 * S, 0, Closed())
    outcomes = jobs.do(symbol.states, records, NOTHING)[1]
    assert [outcomes[opened], outcomes[ended]] == [NOT_OPENED, NOT_OPENED]


def test_that_a_record_says_what_became_of_its_window() -> None:
    records = np.zeros(4, CHILD)
    records["state"], records["t"], records["closed"] = [OPEN, SCORED, VOID, VOID], 5, [9, 9, 9, 5]
    assert [outcome(records, n) for n in range(4)] == [GOOD, GOOD, NOT_SCORED, NOT_OPENED]
