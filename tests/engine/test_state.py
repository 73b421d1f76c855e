"""Everything an engine knows in one value."""

from app.engine.config import EngineConfig
from app.engine.state import State
from app.engine.units import NULL
from app.engine.universe import Universe
from tests.engine.orders.stories import T, row


def made() -> State:
    return State(Universe(), EngineConfig())


def test_that_a_fresh_state_knows_no_time_and_has_seen_nothing() -> None:
    state = made()
    assert (state.watermark, state.last_ts, state.end) == (NULL, NULL, NULL)
    assert (state.rows_in, state.described, state.chain) == (0, 0, b"")
    assert (state.counts, state.sources, state.counted.of(0), state.parents()) == ({}, {}, (0, 0, 0), [])
    assert state.irregularities() == {}


def test_that_a_fact_of_a_known_instrument_is_joined_at_once() -> None:
    state = made()
    fact = state.flow.take(row(0, "parent_new", parent_id="P1", instrument="I"))
    assert state.joins.waiting == [fact]
    assert state.joins.history is state.history


def test_that_parents_come_by_id_and_those_without_facts_do_not() -> None:
    state = made()
    state.flow.take(row(0, "fill", child_id="C", exec_id="F", qty=1, price=1))
    for name in ("P2", "P1"):
        state.flow.take(row(1, "parent_new", parent_id=name))
    assert [parent.parent_id for parent in state.parents()] == ["P1", "P2", "unassigned"]
    state.flow.take(row(0, "child_new", child_id="C", parent_id="P1"))
    assert [parent.parent_id for parent in state.parents()] == ["P1", "P2"]


def test_that_now_is_the_last_time_known_until_data_ends() -> None:
    state = made()
    assert (state.moment().t, state.moment().end) == (0, NULL)
    state.last_ts = T
    assert (state.moment().t, state.moment().end) == (T, NULL)
    state.end = T + 5
    assert (state.moment().t, state.moment().end) == (T + 5, T + 5)
    assert state.moment().joins is state.joins


def test_that_only_what_was_odd_is_counted() -> None:
    state = made()
    state.history.counts[:2] = 3, 2
    state.history.backwards, state.joins.unjoined = 4, 5
    assert state.irregularities() == {
        "late_market_rows": 3, "print_cancellations_not_found": 2, "time_ran_backwards": 4, "unjoined": 5,
    }  # fmt: skip
