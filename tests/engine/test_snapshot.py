"""A state as bytes and back: going on after a load is the same as never having stopped."""

import hashlib
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.engine import snapshot
from app.engine.config import EngineConfig
from app.engine.core import Engine
from app.engine.errors import EngineError
from app.engine.events import Block, Control, Instrument
from app.engine.snapshot import pack, unpack, unpack_books
from app.engine.state import State
from app.engine.units import SECOND
from app.engine.universe import Universe
from tests.engine.days import T0, Memory, S, day, in_time, last_ts
from tests.engine.orders.stories import T, row

DAY = day()
CONFIG = EngineConfig(clock_budget_ns={"oms": 20_000_000})
Published = dict[str, list[dict[str, Any]]]


def known(engine: Engine) -> tuple[str, str, Published, dict[str, int], dict[str, Any]]:
    """Everything an engine tells: both hashes, a first publication, counts and tables."""
    board = Memory()
    engine.publish(board)
    published = {section: board.table(section) for section in board.rows}
    return engine.output_hash(), engine.run_hash(), published, engine.counts, engine.tables()


def blocks(universe: Universe, size: int) -> list[Block]:
    """The day with a gap and a cancelled print, so that every part of the state is used."""
    made = in_time(DAY, universe, size)
    gap = Control(ts_event=T0 + S, kind="gap", source="feed-XONE")
    up = Control(ts_event=T0 + S, kind="down", source="feed-XONE")
    return [*made[:1], with_changes(made[1], controls=(gap, up)), *made[2:]] if len(made) > 1 else made


def with_changes(block: Block, **changes: Any) -> Block:
    return Block(**({name: getattr(block, name) for name in Block.__slots__} | changes))


@cache
def uninterrupted(size: int, end: bool) -> tuple[Any, ...]:
    engine = Engine(DAY.universe(), CONFIG)
    for block in blocks(engine.universe, size):
        engine.apply(block)
    if end:
        engine.finish(last_ts(DAY))
    return known(engine)


@settings(max_examples=20)
@given(st.lists(st.integers(0, 10), max_size=3), st.sampled_from([3, 8]))
@example([], 8)
@example(list(range(11)), 3)
def test_that_a_saved_and_loaded_engine_tells_what_one_that_never_stopped_tells(cuts: list[int], size: int) -> None:
    universe = DAY.universe()
    engine = Engine(universe, CONFIG)
    for n, block in enumerate(blocks(universe, size)):
        if n in cuts:
            universe = DAY.universe()
            engine = Engine.load(engine.save(), universe, CONFIG)
        engine.apply(block)
    assert known(Engine.load(engine.save(), DAY.universe(), CONFIG)) == uninterrupted(size, end=False)
    engine.finish(last_ts(DAY))
    assert known(Engine.load(engine.save(), DAY.universe(), CONFIG)) == uninterrupted(size, end=True)
    assert known(engine) == uninterrupted(size, end=True)


def test_that_saving_changes_nothing_and_gives_the_same_bytes_again() -> None:
    engine = Engine(DAY.universe(), CONFIG)
    for block in blocks(engine.universe, 8):
        engine.apply(block)
    saved = engine.save()
    assert engine.save() == saved
    again = Engine.load(saved, DAY.universe(), CONFIG)
    assert again.save() == saved


def test_that_an_ended_engine_stays_ended() -> None:
    engine = Engine(Universe(), CONFIG)
    engine.finish(T0)
    loaded = Engine.load(engine.save(), Universe(), CONFIG)
    assert loaded.state.end == T0
    with pytest.raises(EngineError):
        loaded.apply(Block(T0))


def test_that_names_and_reference_come_along_and_what_is_known_here_stays() -> None:
    state = State(Universe(), CONFIG)
    state.universe.describe(Instrument(instrument="I", adv=5.0))
    state.universe.venues.index("XONE")
    state.universe.sources.index("feed")
    state.universe.fx["EURUSD"] = [(1, 1.1)]
    fresh = State(Universe(), CONFIG)
    unpack(fresh, pack(state))
    assert fresh.universe.instruments.names == ["I"]
    assert (fresh.universe.venues.names, fresh.universe.sources.names) == (["XONE"], ["feed"])
    assert fresh.universe.of("I").adv == 5.0
    assert fresh.universe.fx == {"EURUSD": [(1, 1.1)]}
    here = State(Universe(), CONFIG)
    here.universe.describe(Instrument(instrument="I", adv=6.0))
    unpack(here, pack(state))
    assert here.universe.of("I").adv == 6.0


def test_that_every_fact_gets_back_what_it_had_met() -> None:
    state = State(Universe(), CONFIG)
    late = state.flow.take(row(0, "parent_new", parent_id="P1", instrument="I", side="BUY", qty=9))
    fill = state.flow.take(row(1, "fill", parent_id="P1", exec_id="F", qty=1, price=1))
    state.flow.take(row(2, "fill", exec_id="G", qty=1, price=1))
    late.late, fill.matched_at = True, T + 77
    state.joins.bases[late.before] = "first_valid"
    state.joins.ranges[late.before] = (3, 4)
    state.joins.crosses[7] = [(late, 9)]
    fresh = State(Universe(), CONFIG)
    unpack(fresh, pack(state))
    for name in ("instrument", "before", "at", "horizon", "wanted", "matched_at", "late", "key"):
        assert [getattr(f, name) for f in fresh.flow.facts] == [getattr(f, name) for f in state.flow.facts]
    assert [fact.late for fact in fresh.flow.facts] == [True, False, False]
    joins = fresh.joins
    assert (joins.bases, joins.ranges) == ({late.before: "first_valid"}, {late.before: (3, 4)})
    assert joins.crosses == {7: [(fresh.flow.facts[0], 9)]}
    for name in ("waiting", "unmatched", "openings", "intervals"):
        facts = [fresh.flow.facts.index(fact) for fact in getattr(joins, name)]
        assert facts == [state.flow.facts.index(fact) for fact in getattr(state.joins, name)], name
    assert (len(joins.waiting), len(joins.unmatched), len(joins.intervals)) == (2, 1, 1)
    before = len(joins.waiting)
    fresh.flow.take(row(3, "fill", parent_id="P1", exec_id="H", qty=1, price=1))
    assert len(joins.waiting) == before + 1  # later facts are placed again


def test_that_the_join_table_has_room_to_grow_after_a_load() -> None:
    state = State(Universe(), CONFIG)
    rows = [row(n, "fill", parent_id="P1", exec_id=f"F{n}", qty=1, price=1, instrument="I") for n in range(400)]
    for told in rows[:200]:
        state.flow.take(told)
    fresh = State(Universe(), CONFIG)
    unpack(fresh, pack(state))
    for told in rows[200:]:
        fresh.flow.take(told)
    assert len(fresh.joins.rows) >= fresh.joins.used == 800


@pytest.fixture(scope="module")
def saved() -> bytes:
    engine = Engine(DAY.universe(), CONFIG)
    engine.apply(blocks(engine.universe, 8)[0])
    return engine.save()


@given(st.binary(max_size=200))
@example(b"")
@example(hashlib.sha256(b"").digest())
@example(hashlib.sha256(b"\x01").digest() + b"\x01")
def test_that_bytes_of_something_else_are_refused(data: bytes) -> None:
    with pytest.raises(EngineError, match="not a saved engine state"):
        Engine.load(data, Universe(), CONFIG)


@settings(max_examples=30)
@given(data=st.data())
def test_that_damaged_bytes_are_refused(saved: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(saved) - 1))
    damaged = bytearray(saved)
    damaged[at] ^= data.draw(st.integers(1, 255))
    for wrong in (bytes(damaged), saved[:at], saved + b"\0"):
        with pytest.raises(EngineError, match="not a saved engine state"):
            Engine.load(wrong, DAY.universe(), CONFIG)


def test_that_the_books_and_own_rows_of_a_state_can_be_had_alone(saved: bytes) -> None:
    engine = Engine.load(saved, DAY.universe(), CONFIG)
    books, rows = unpack_books(saved)
    assert rows == [fact.row for fact in engine.state.flow.facts]
    ours, theirs = books.save(), engine.state.books.save()
    assert all(np.array_equal(ours[name], theirs[name]) for name in theirs)
    with pytest.raises(EngineError, match="not a saved engine state"):
        unpack_books(saved[:-1])


def test_that_a_state_of_another_version_is_refused(saved: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "VERSION", snapshot.VERSION + 1)
    with pytest.raises(EngineError, match=r"version = 8 is not allowed; allowed: 9"):
        Engine.load(saved, DAY.universe(), CONFIG)


@pytest.mark.parametrize("table", ["instruments", "venues", "sources"])
def test_that_a_state_numbered_otherwise_is_refused(saved: bytes, table: str) -> None:
    universe = Universe()
    getattr(universe, table).index("ANOTHER")
    with pytest.raises(EngineError, match="has another number here"):
        Engine.load(saved, universe, CONFIG)


def test_that_arrays_come_back_writable_in_their_own_type() -> None:
    state = State(Universe(), CONFIG)
    state.flow.take(row(0, "fill", parent_id="P1", exec_id="F", qty=1, price=1, instrument="I"))
    fresh = State(Universe(), CONFIG)
    unpack(fresh, pack(state))
    for name in ("mid2", "quality", "last2", "rows", "found"):
        ours, theirs = getattr(fresh.joins, name), getattr(state.joins, name)
        assert (ours.dtype, ours.flags.writeable) == (theirs.dtype, True)
    assert np.array_equal(fresh.joins.mid2[: fresh.joins.reactions], state.joins.mid2[: state.joins.reactions])
    assert SECOND == S
