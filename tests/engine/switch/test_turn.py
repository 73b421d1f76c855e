"""What may be done to an order in one turn: moves, notes, messages and their deadlines."""

import pytest

from app.engine.switch.facts import CheckGuard, Declined, Noted, SendFix, SwitchAsked, Target
from app.engine.switch.ids import Ids
from app.engine.switch.order import Request
from app.engine.switch.states import State
from app.engine.switch.turn import Turn
from tests.engine.switch.made import ANSWER, PASSIVE, T0, Bench


def turn_of(mode: str = "replace", **changes: object) -> Turn:
    """A turn on an order of 1,000 with 300 done."""
    bench = Bench(mode, **changes)
    return Turn(bench.order, T0, bench.profile, Ids(host="desk"))


def sent(turn: Turn) -> SendFix:
    """The only message of a turn."""
    found = [effect for effect in turn.effects if isinstance(effect, SendFix)]
    assert len(found) == 1
    return found[0]


def standing(turn: Turn) -> tuple[int | None, str, str]:
    """Deadline, alarm and words."""
    return turn.order.deadline_ns, turn.order.alarm, turn.order.words


def test_that_a_move_ends_the_deadline_and_the_alarm_of_before() -> None:
    turn = turn_of()
    turn.wait(5)
    assert standing(turn) == (T0 + ANSWER, "", "")
    turn.note("red", "red")
    turn.note("amber", "amber")
    turn.note("plain")
    assert standing(turn) == (T0 + ANSWER, "red", "red")
    turn.move(State.R7, "over")
    assert standing(turn) == (None, "", "over")
    assert [type(effect) for effect in turn.effects][:3] == [Noted, Noted, Noted]
    turn.decline("no")
    assert turn.effects[-1] == Declined(order_id="O1", words="no")


@pytest.mark.parametrize(("meaning", "qty"), [("total", "1000"), ("remaining", "700")])
def test_that_the_quantity_of_a_replace_is_what_the_broker_means(meaning: str, qty: str) -> None:
    turn = turn_of(replace_qty=meaning)
    turn.send_replace(SwitchAsked(order_id="O1", target=PASSIVE))
    assert dict(sent(turn).fields)[38] == qty
    assert turn.order.state is State.R1
    assert turn.order.deadline_ns == T0 + ANSWER


def test_that_a_pause_is_a_replace_of_one_tag() -> None:
    turn = turn_of()
    turn.send_replace(SwitchAsked(order_id="O1", target=Target(), purpose="pause"))
    fields = dict(sent(turn).fields)
    assert (fields[6408], fields[847], fields[41]) == ("Y", "1", "A1")
    assert turn.order.words == "pause sent, old algo still working"


def test_that_a_cancel_leaves_an_unanswered_request_behind() -> None:
    turn = turn_of()
    old = Request(kind="G", cl_ord_id="N0", purpose="switch", sent_ns=T0)
    turn.order.request, turn.order.killing = old, "kill"
    turn.send_cancel(State.K1, "kill")
    assert turn.order.lost == [old]
    assert dict(sent(turn).fields)[41] == "A1"
    turn.effects.clear()
    turn.send_cancel(State.K1, "kill", "N0")
    assert dict(sent(turn).fields)[41] == "N0"


def test_that_a_new_order_is_for_what_is_left_of_it() -> None:
    turn = turn_of("cancel_new")
    turn.order.target = PASSIVE
    turn.check_guard()
    assert turn.effects == [CheckGuard(order_id="O1", target=PASSIVE, qty=700)]
    turn.effects.clear()
    turn.send_new()
    fields = dict(sent(turn).fields)
    assert (fields[38], fields[847], fields[526]) == ("700", "2", "TECH")
    assert 41 not in fields
    assert (turn.order.placed, turn.order.placed_id) == (700, fields[11])


def test_that_a_status_is_asked_by_what_the_broker_knows() -> None:
    turn = turn_of()
    assert turn.ask_status()
    assert dict(sent(turn).fields)[11] == "A1"
    turn.effects.clear()
    turn.order.lost = [Request(kind="D", cl_ord_id="D1", purpose="switch", sent_ns=T0)]
    assert turn.ask_status()
    assert sent(turn).cl_ord_id == "D1"
    assert 37 not in dict(sent(turn).fields)


def test_that_a_status_nobody_answers_is_not_asked() -> None:
    offline, mute = turn_of(), turn_of(status_request=False)
    offline.order.online = False
    assert not offline.ask_status()
    assert not mute.ask_status()
    assert offline.effects == mute.effects == []
    offline.lose()
    assert offline.order.lost == []


def test_that_a_mass_cancel_is_awaited_by_every_order_it_hits() -> None:
    turn = turn_of()
    turn.order.killing = "kill"
    turn.join_mass_cancel("Q1")
    assert str(turn.order.state) == State.K1
    assert turn.order.request == Request(kind="q", cl_ord_id="Q1", purpose="kill", sent_ns=T0, orig="A1")
    assert str(turn.order.killing) == "None"
    assert turn.order.deadline_ns == T0 + ANSWER
