"""The states: every one has its words, and the groups the machine decides by do not contradict each other."""

from app.engine.switch import states
from app.engine.switch.states import NAMES, State


def test_that_every_state_has_words() -> None:
    assert set(NAMES) == set(State)
    assert all(NAMES.values())


def test_that_an_order_that_is_over_or_cancelled_is_not_live() -> None:
    assert not states.LIVE & states.OVER
    assert not states.LIVE & states.CANCELLED
    assert states.READY < states.LIVE


def test_that_every_state_is_live_cancelled_or_over() -> None:
    assert set(State) == states.LIVE | states.CANCELLED | states.OVER


def test_that_unknown_and_offline_states_wait_for_nobodys_deadline_alone() -> None:
    assert not states.AWAITING & (states.UNKNOWN | states.OFFLINE)
    assert states.PLACED < states.CANCELLED
