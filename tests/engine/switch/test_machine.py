"""Asks, time and session: who may begin what, what happens without an answer, what a kill does everywhere."""

import pytest

from app.engine.switch.facts import (
    CancelAsked,
    Declined,
    Disconnected,
    GuardJudged,
    KillAsked,
    KillReleased,
    LoggedOn,
    MassCancelAnswered,
    ReenterAsked,
    SendFix,
    StatusAsked,
    Target,
    Ticked,
)
from app.engine.switch.machine import Moment, join_mass_cancel, mass_refused, step, why_not
from app.engine.switch.order import Request
from app.engine.switch.states import State
from tests.engine.switch.made import T0, Bench, bench_in

VWAP = Target(strategy="VWAP")


def kill(bench: Bench) -> None:
    """A kill of this order."""
    bench.tell(CancelAsked(order_id="O1", kill=True))


def declined(bench: Bench) -> str:
    """Why the last ask was declined."""
    found = [effect.words for effect in bench.effects if isinstance(effect, Declined)]
    return found[0] if found else ""


# -- asks ------------------------------------------------------------------------------------------------------------


def test_that_a_switch_begins_only_where_nothing_is_under_way() -> None:
    bench = bench_in(State.R1)
    bench.ask()
    assert "order is R1" in declined(bench)
    assert bench.kinds() == "G"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"online": False}, "not logged on"),
        ({"lost": [Request(kind="G", cl_ord_id="N", purpose="switch", sent_ns=T0)]}, "no answer yet"),
        ({"killing": "kill"}, "cancel is under way"),
        ({"foreign": True}, "somebody else"),
        ({"qty": 300}, "nothing left"),
    ],
)
def test_that_every_reason_not_to_begin_is_said(change: dict[str, object], words: str) -> None:
    bench = Bench()
    for name, value in change.items():
        setattr(bench.order, name, value)
    assert words in why_not(bench.order)
    bench.ask()
    assert words in declined(bench)
    assert bench.sent == []


def test_that_the_mode_may_be_chosen_and_a_pause_is_always_a_replace() -> None:
    bench = Bench("replace")
    bench.ask(mode="cancel_new")
    assert (bench.kinds(), bench.order.state) == ("F", State.C1)
    bench = Bench("cancel_new")
    bench.ask(purpose="pause")
    assert (bench.kinds(), bench.order.state) == ("G", State.R1)
    assert bench.order.switches == []
    bench = Bench("cancel_new")
    bench.ask()
    assert bench.order.switches == [T0]


def test_that_naked_shares_are_entered_anew_on_demand() -> None:
    bench = bench_in(State.C3)
    bench.judge(passed=False)
    assert bench.is_in(State.C6)
    assert "board stale" in bench.order.words
    bench.tell(ReenterAsked(order_id="O1", target=VWAP))
    assert bench.is_in(State.C3)
    bench.judge()
    assert dict(bench.sent[-1].fields)[847] == "1"
    assert bench.is_in(State.C4)


def test_that_only_naked_shares_are_entered_anew_and_only_online() -> None:
    bench = bench_in(State.C1)
    bench.tell(ReenterAsked(order_id="O1", target=VWAP))
    assert "order is C1" in declined(bench)
    bench = bench_in(State.C3)
    bench.tell(Disconnected())
    bench.tell(ReenterAsked(order_id="O1", target=VWAP))
    assert "not logged on" in declined(bench)
    assert bench.kinds() == "F"


def test_that_a_guard_judged_too_late_sends_nothing() -> None:
    bench = bench_in(State.C1)
    bench.tell(GuardJudged(order_id="O1", passed=True, qty=700))
    assert bench.kinds() == "F"
    bench = bench_in(State.C3)
    bench.order.online = False
    bench.judge()
    assert bench.is_in(State.C6)
    assert bench.kinds() == "F"


def test_that_a_status_is_asked_where_the_broker_answers_it() -> None:
    bench = Bench()
    bench.tell(StatusAsked(order_id="O1"))
    assert bench.kinds() == "H"
    mute = Bench("replace", status_request=False)
    mute.tell(StatusAsked(order_id="O1"))
    assert "telephone" in declined(mute)


# -- time --------------------------------------------------------------------------------------------------------------


def test_that_nothing_happens_before_the_deadline() -> None:
    bench = bench_in(State.R1)
    bench.later(4.9)
    assert bench.is_in(State.R1)
    bench.later(0.1)
    assert bench.is_in(State.R4)
    assert bench.tell(Ticked()) == []


def test_that_an_unanswered_status_ends_at_the_telephone() -> None:
    bench = bench_in(State.R1)
    bench.later(6)
    bench.later(6)
    assert bench.is_in(State.R4)
    assert "telephone" in bench.order.words
    assert bench.kinds() == "GH"
    assert bench.later(60) == []


def test_that_without_status_requests_it_is_the_telephone_at_once() -> None:
    bench = Bench("replace", status_request=False)
    bench.ask()
    bench.later(6)
    assert (bench.order.state, bench.order.alarm) == (State.R4, "red")
    assert "telephone" in bench.order.words
    assert bench.kinds() == "G"


def test_that_a_full_fill_without_an_answer_is_filled_at_the_deadline() -> None:
    for state in (State.R2, State.C1):
        bench = bench_in(state)
        bench.tell(bench.fill(700))
        assert bench.is_in(state)
        bench.later(6)
        assert (bench.order.state, bench.order.words) == (State.R6, "filled before switch")
    bench = Bench()
    kill(bench)
    bench.tell(bench.fill(700))
    bench.order.request = None
    bench.later(6)
    assert bench.order.words == "filled before switch"


def test_that_reconciling_ends_at_the_telephone_not_in_an_order() -> None:
    bench = bench_in(State.C1)
    bench.tell(bench.cancelled(cum=400))
    bench.later(11)
    assert bench.is_in(State.C3W)
    assert "telephone" in bench.order.words
    assert "D" not in bench.kinds()


# -- session -----------------------------------------------------------------------------------------------------------


def test_that_after_logon_a_status_is_asked_and_its_silence_is_unknown() -> None:
    for state, unknown in ((State.R2, State.R4), (State.C1, State.CU)):
        bench = bench_in(state)
        bench.tell(Disconnected())
        bench.later(60)
        assert bench.order.state in {State.R3, State.CX}
        bench.tell(LoggedOn())
        assert bench.sent[-1].kind == "H"
        bench.later(6)
        assert bench.is_in(unknown)


def test_that_an_offline_cancel_is_asked_about_after_logon() -> None:
    bench = Bench()
    kill(bench)
    bench.tell(Disconnected())
    assert bench.is_in(State.K3)
    bench.tell(LoggedOn())
    assert bench.kinds() == "FH"
    bench.later(6)
    assert bench.is_in(State.K4)


def test_that_a_new_order_lost_with_the_session_is_asked_about_by_its_own_id() -> None:
    bench = bench_in(State.C4)
    bench.tell(Disconnected())
    assert bench.is_in(State.C7)
    bench.tell(LoggedOn())
    assert bench.sent[-1].cl_ord_id == bench.order.placed_id
    assert bench.kinds() == "FDH"
    bench.tell(bench.new_report("I"))
    assert bench.is_in(State.C5)


def test_that_logon_changes_nothing_for_an_idle_order() -> None:
    bench = Bench()
    bench.tell(Disconnected())
    bench.tell(LoggedOn())
    assert (bench.order.state, bench.sent) == (State.R0, [])


# -- kill --------------------------------------------------------------------------------------------------------------


def test_that_a_kill_offline_goes_out_after_logon() -> None:
    for state, ids in ((State.R0, "A1"), (State.R1, "A1"), (State.C4, "")):
        bench = bench_in(state)
        bench.tell(Disconnected())
        before = bench.kinds()
        kill(bench)
        assert bench.order.alarm == "red"
        assert bench.kinds() == before
        bench.tell(LoggedOn())
        assert bench.kinds() == before + "F"
        assert dict(bench.sent[-1].fields)[41] == (ids or bench.order.placed_id)
        assert bench.is_in(State.K1)


def test_that_a_kill_offline_of_a_cancel_under_way_sends_a_new_one_after_logon() -> None:
    bench = bench_in(State.C1)
    bench.tell(Disconnected())
    kill(bench)
    assert bench.is_in(State.K3)
    bench.tell(LoggedOn())
    assert bench.kinds() == "FF"


@pytest.mark.parametrize("state", [State.R3, State.CX])
def test_that_a_kill_after_logon_does_not_wait_for_the_status(state: State) -> None:
    bench = bench_in(State.R1 if state is State.R3 else State.C1)
    bench.tell(Disconnected())
    bench.tell(LoggedOn())
    kill(bench)
    assert bench.is_in(State.K1)
    assert bench.kinds()[-1] == "F"


def test_that_a_kill_of_an_unknown_goes_out_at_once() -> None:
    bench = bench_in(State.R1)
    bench.later(6)
    kill(bench)
    assert bench.kinds() == "GHF"
    bench = bench_in(State.C4)
    bench.later(6)
    kill(bench)
    assert bench.kinds() == "FDHF"
    assert dict(bench.sent[-1].fields)[41] == bench.order.placed_id


@pytest.mark.parametrize(("state", "after"), [(State.C1, State.K1), (State.C2, State.K2)])
def test_that_a_kill_makes_a_cancel_under_way_its_own(state: State, after: State) -> None:
    bench = bench_in(state)
    deadline = bench.order.deadline_ns
    kill(bench)
    assert bench.is_in(after)
    assert bench.order.deadline_ns == deadline
    assert bench.kinds() == "F"
    bench.tell(bench.cancelled())
    assert bench.is_in(State.K5)


def test_that_a_kill_before_the_new_order_leaves_nothing_to_enter() -> None:
    bench = bench_in(State.C3)
    kill(bench)
    assert bench.is_in(State.K5)
    bench.judge()
    assert bench.kinds() == "F"


def test_that_a_guard_nobody_judges_leaves_the_shares_naked() -> None:
    bench = bench_in(State.C3)
    bench.later(6)
    assert bench.is_in(State.C6)
    assert "guard not judged in time" in bench.order.words


def test_that_a_session_lost_before_the_new_order_enters_nothing() -> None:
    bench = bench_in(State.C3)
    bench.tell(Disconnected())
    assert bench.is_in(State.C6)
    bench.tell(LoggedOn())
    assert bench.kinds() == "F"


def test_that_a_kill_waits_no_longer_than_it_may() -> None:
    bench = bench_in(State.R1)
    kill(bench)
    bench.later(1.9)
    assert bench.kinds() == "G"
    bench.later(0.1)
    assert bench.kinds() == "GF"
    assert bench.is_in(State.K1)


def test_that_a_kill_of_what_is_over_is_declined_and_of_what_is_killed_noted() -> None:
    bench = bench_in(State.C3)
    bench.tell(bench.fill(700))
    kill(bench)
    assert "not open" in declined(bench)
    bench = Bench()
    kill(bench)
    kill(bench)
    assert bench.kinds() == "F"
    bench.tell(bench.report("6", bench.last))
    assert bench.is_in(State.K2)


def test_that_a_kill_by_scope_is_a_kill_and_a_release_does_nothing_by_itself() -> None:
    bench = Bench()
    bench.tell(KillReleased(scope="all"))
    assert bench.sent == []
    bench.tell(KillAsked(scope="all"))
    assert bench.kinds() == "F"
    assert bench.sent[0].purpose == "kill"


def test_that_a_cancel_keeps_its_name_when_a_kill_follows() -> None:
    bench = bench_in(State.R1)
    bench.tell(CancelAsked(order_id="O1"))
    kill(bench)
    bench.tell(bench.replaced())
    assert bench.sent[-1].purpose == "cancel"


def test_that_a_version_counts_changes_but_not_fills() -> None:
    bench = Bench()
    version = bench.order.version
    bench.tell(bench.fill(100))
    assert bench.order.version == version
    bench.ask()
    assert bench.order.version == version + 1


def test_that_a_mass_cancel_waits_like_a_cancel_and_is_replaced_by_one_when_refused() -> None:
    bench = Bench()
    moment = Moment(bench.now, bench.profile, bench.ids)
    version = bench.order.version
    join_mass_cancel(bench.order, "Q1", moment)
    assert bench.is_in(State.K1)
    assert bench.order.version == version + 1
    asked = bench.order.request
    assert asked is not None
    assert (asked.kind, asked.cl_ord_id) == ("q", "Q1")
    assert step(bench.order, MassCancelAnswered(cl_ord_id="Q1", accepted=True), moment) == []
    sent = [e for e in mass_refused(bench.order, "Q1", "", moment) if isinstance(e, SendFix)]
    assert [message.kind for message in sent] == ["F"]
    assert bench.order.lost == []


def test_that_a_mass_cancel_nobody_answers_is_unknown() -> None:
    bench = Bench()
    join_mass_cancel(bench.order, "Q1", Moment(bench.now, bench.profile, bench.ids))
    bench.later(6)
    assert bench.is_in(State.K4)
    assert bench.order.asked("Q1") is not None


def test_that_a_refused_mass_cancel_sends_nothing_while_offline() -> None:
    bench = Bench()
    moment = Moment(bench.now, bench.profile, bench.ids)
    join_mass_cancel(bench.order, "Q1", moment)
    bench.order.online = False
    assert not [e for e in mass_refused(bench.order, "Q1", "no", moment) if isinstance(e, SendFix)]
