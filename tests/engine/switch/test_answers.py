"""What the broker says, in every state it matters: refusals, late answers, contradictions, fills that come late."""

import msgspec
import pytest

from app.engine.switch.facts import (
    CancelRefused,
    CheckGuard,
    Disconnected,
    LoggedOn,
    Noted,
    NotSent,
    Rejected,
    SendFix,
    Target,
)
from app.engine.switch.states import State
from tests.engine.switch.made import PASSIVE, TAGS, Bench, bench_in

OTHER = tuple((tag, "1" if tag == 847 else value) for tag, value in TAGS)


def asked(effects: list[object]) -> list[object]:
    """Guard checks and messages among effects."""
    return [effect for effect in effects if isinstance(effect, CheckGuard | SendFix)]


def remarks(bench: Bench) -> list[tuple[str, str]]:
    """Remarks of the last fact with their alarm."""
    return [(effect.words, effect.alarm) for effect in bench.effects if isinstance(effect, Noted)]


# -- replace ---------------------------------------------------------------------------------------------------------


def test_that_an_equal_echo_is_switched_and_becomes_the_order() -> None:
    bench = bench_in(State.R1)
    bench.tell(bench.replaced())
    order = bench.order
    assert (order.state, order.words, order.alarm) == (State.R5, "switched", "")
    assert order.accepted == bench.last
    assert dict(order.tags)[847] == "2"
    assert dict(order.tags)[6406] == "200"
    assert 6404 not in dict(order.tags)
    assert dict(order.tags)[9999] == "own"


@pytest.mark.parametrize(
    ("wire", "words", "alarm"), [(None, "algo not confirmed", "amber"), ("1", "the broker says VWAP", "red")]
)
def test_that_another_echo_is_told(wire: str | None, words: str, alarm: str) -> None:
    bench = bench_in(State.R2)
    bench.tell(bench.replaced(wire))
    assert bench.is_in(State.R5)
    assert words in bench.order.words
    assert bench.order.alarm == alarm


def test_that_an_acceptance_said_again_with_other_values_is_the_brokers_word() -> None:
    bench = bench_in(State.R5)
    accepted, qty = bench.order.accepted, bench.order.qty
    bench.tell(bench.report("5", accepted))
    assert remarks(bench)[-1] == ("accepted, said again", "")
    bench.tell(bench.report("5", accepted, qty=qty - 100, leaves=qty - 100 - bench.order.cum))
    assert (bench.order.qty, bench.is_in(State.R5)) == (qty - 100, True)
    words = f"accepted again with other values, the broker's are taken: quantity {qty - 100} instead of {qty}"
    assert remarks(bench)[-1] == (words, "amber")
    bench.tell(bench.report("5", accepted, tags=OTHER))
    assert remarks(bench)[-1] == (
        "accepted again with other values, the broker's are taken: strategy VWAP",
        "amber",
    )


def test_that_an_acceptance_said_again_for_what_is_done_fills_the_order() -> None:
    bench = bench_in(State.R5)
    bench.tell(bench.fill(100))
    bench.tell(bench.report("5", bench.order.accepted, qty=bench.order.cum, leaves=0, status="2"))
    assert bench.order.qty == bench.order.cum
    assert bench.is_in(State.R6)


def test_that_a_clamped_quantity_is_told_and_taken() -> None:
    bench = bench_in(State.R1)
    bench.tell(bench.replaced(qty=600, leaves=300))
    assert bench.order.qty == 600
    assert "600 instead of 1000" in bench.order.words
    assert bench.order.alarm == "amber"


def test_that_without_a_pause_in_the_profile_nothing_is_paused() -> None:
    bench = Bench("replace", pause=None)
    bench.ask()
    bench.tell(bench.replaced())
    assert not bench.order.paused


def test_that_a_pause_is_confirmed_by_its_tag() -> None:
    for tags, words in ((((6408, "Y"),), "paused"), ((), "accepted, paused not confirmed")):
        bench = Bench()
        bench.ask(purpose="pause")
        report = bench.replaced("1")
        bench.tell(msgspec.structs.replace(report, tags=(*report.tags, *tags)))
        assert bench.order.words == words
        assert bench.order.paused
    bench.ask(purpose="resume")
    report = bench.replaced("1")
    bench.tell(msgspec.structs.replace(report, tags=(*report.tags, (6408, "N"))))
    assert bench.order.words == "resumed"
    assert not bench.order.paused


def test_that_the_same_acceptance_said_twice_counts_once() -> None:
    bench = bench_in(State.R1)
    report = bench.replaced()
    bench.tell(report)
    bench.tell(report)
    bench.tell(msgspec.structs.replace(report, exec_id="another"))
    assert (bench.order.state, bench.order.words) == (State.R5, "switched")


def test_that_a_late_acceptance_after_unknown_still_counts() -> None:
    bench = bench_in(State.R1)
    bench.later(6)
    assert bench.is_in(State.R4)
    bench.tell(bench.replaced())
    assert (bench.order.state, bench.order.words) == (State.R5, "switched")


def test_that_an_acceptance_after_a_status_said_no_is_red() -> None:
    bench = bench_in(State.R1)
    bench.later(6)
    bench.tell(bench.report("I"))
    assert (bench.order.state, bench.order.alarm) == (State.R7, "amber")
    bench.tell(bench.replaced())
    assert (bench.order.state, bench.order.alarm) == (State.R5, "red")
    assert bench.order.accepted == bench.last


def test_that_a_status_on_the_new_id_is_an_acceptance() -> None:
    bench = bench_in(State.R1)
    bench.later(6)
    bench.tell(bench.report("I", bench.last, tags=((847, "2"),)))
    assert (bench.order.state, bench.order.words) == (State.R5, "switched")


def test_that_a_status_still_pending_leaves_it_unknown() -> None:
    bench = bench_in(State.R1)
    bench.later(6)
    bench.tell(bench.report("I", status="E"))
    bench.tell(bench.report("E", bench.last))
    assert bench.is_in(State.R4)
    bench.tell(bench.report("I", status="2", cum=1000, leaves=0))
    assert bench.is_in(State.R6)


@pytest.mark.parametrize(
    ("status", "order_id", "state"), [("4", "O1", State.R9), ("C", "O1", State.R9), ("8", "NONE", State.R8)]
)
def test_that_a_status_that_ends_the_order_ends_it(status: str, order_id: str, state: State) -> None:
    bench = bench_in(State.R1)
    bench.later(6)
    bench.tell(bench.report("I", status=status, order_id=order_id, text="?"))
    assert bench.is_in(state)
    assert bench.order.alarm == "red"


@pytest.mark.parametrize("answer", ["accepted", "refused"])
def test_that_a_pending_told_after_the_answer_is_nobody_elses(answer: str) -> None:
    bench = bench_in(State.R2)
    before = bench.order.accepted
    bench.tell(bench.replaced() if answer == "accepted" else bench.refused())
    state, words = bench.order.state, bench.order.words
    bench.tell(bench.report("E", bench.last, orig_cl_ord_id=before))
    assert (bench.order.state, bench.order.words, bench.order.foreign) == (state, words, False)
    bench.ask(target=PASSIVE if answer == "refused" else Target(strategy="VWAP"))
    assert bench.is_in(State.R1)


def test_that_a_pending_on_the_order_in_force_is_somebody_elses() -> None:
    bench = bench_in(State.R5)
    for orig in ("", bench.last):
        bench.tell(bench.report("E", bench.last, orig_cl_ord_id=orig))
        assert bench.order.foreign
        bench.order.foreign = False


def test_that_a_replacement_by_somebody_else_is_taken_over() -> None:
    bench = Bench()
    bench.tell(bench.report("E", "Z1"))
    assert bench.order.foreign
    bench.tell(bench.report("5", "Z1", qty=900, leaves=600, tags=((847, "2"), (1, "NEW"))))
    order = bench.order
    assert (order.foreign, order.accepted, order.qty) == (False, "Z1", 900)
    assert dict(order.tags)[1] == "NEW"
    bench.ask(target=PASSIVE)
    assert dict(bench.sent[-1].fields)[41] == "Z1"


def test_that_remaining_quantities_are_not_taken_for_totals() -> None:
    bench = Bench("replace", replace_qty="remaining")
    bench.ask()
    bench.tell(bench.replaced(qty=700, leaves=None))
    assert bench.order.qty == 1000


def test_that_refused_is_verbatim_and_busy_is_not_retried() -> None:
    for reason, words in (("3", "busy, no retry by itself: wait"), ("99", "refused, old algo still working: wait")):
        bench = bench_in(State.R1)
        bench.tell(bench.refused(reason, text="wait"))
        assert bench.is_in(State.R7)
        assert words in bench.order.words
        assert bench.kinds() == "G"
    bench = bench_in(State.R1)
    bench.tell(bench.refused("99", text=""))
    assert "102=99" in bench.order.words
    bench = bench_in(State.R1)
    bench.tell(bench.refused("", text=""))
    assert "no reason given" in bench.order.words
    assert bench.order.accepted == "A1"


def test_that_filled_before_the_switch_is_said_once_the_broker_answers() -> None:
    bench = bench_in(State.R1)
    bench.tell(bench.fill(700))
    assert bench.is_in(State.R1)
    bench.tell(bench.refused("0", status="2"))
    assert (bench.order.state, bench.order.words) == (State.R6, "filled before switch")
    bench.tell(bench.refused("0", status="2"))
    assert bench.is_in(State.R6)


def test_that_fills_the_broker_counts_and_we_miss_are_asked_for() -> None:
    bench = bench_in(State.R1)
    effects = bench.tell(bench.refused("0", status="2"))
    assert bench.is_in(State.R6)
    assert "fills of 700 missing" in bench.order.words
    assert [effect.kind for effect in effects if isinstance(effect, SendFix)] == ["H"]
    bench.tell(bench.fill(300))
    assert bench.is_in(State.R6)


def test_that_a_refusal_of_an_order_that_ended_is_gone() -> None:
    bench = bench_in(State.R1)
    bench.tell(bench.refused("0", status="4"))
    assert bench.is_in(State.R9)


def test_that_a_bust_after_a_full_fill_works_again() -> None:
    bench = Bench()
    bench.tell(bench.fill(700))
    assert (bench.order.state, bench.order.words) == (State.R6, "filled")
    bench.tell(bench.bust())
    assert (bench.order.state, bench.order.leaves) == (State.R0, 300)
    assert bench.order.alarm == "amber"


def test_that_a_full_fill_ends_an_unknown() -> None:
    bench = bench_in(State.R1)
    bench.later(6)
    bench.tell(bench.fill(700))
    assert bench.is_in(State.R6)


def test_that_an_old_replace_accepted_while_a_new_one_is_out_is_taken_over() -> None:
    bench = bench_in(State.R1)
    first = bench.last
    bench.later(6)
    bench.tell(bench.report("I"))
    bench.ask()
    assert bench.is_in(State.R1)
    bench.tell(bench.report("5", first, tags=OTHER))
    assert (bench.order.state, bench.order.accepted) == (State.R1, first)


def test_that_a_break_is_reconciled_by_a_status() -> None:
    bench = bench_in(State.R1)
    bench.tell(bench.refused("1", order_id="NONE"))
    assert bench.is_in(State.R8)
    bench.tell(bench.report("I", "Z9"))
    assert (bench.order.state, bench.order.accepted) == (State.R7, "Z9")


def test_that_a_brokers_new_name_for_an_order_loses_no_fill() -> None:
    bench = Bench()
    bench.tell(bench.fill(100, order_id="O1-2"))
    bench.tell(bench.fill(100, order_id="O1-2"))
    assert bench.order.cum == bench.order.held == 500
    assert bench.order.aliases == ["O1-2"]


def test_that_requests_of_others_do_not_disturb() -> None:
    bench = Bench()
    pending = []
    for fact in (
        bench.report("I", status="6"),
        bench.report("I"),
        bench.report("6", "Z1"),
        CancelRefused(cl_ord_id="Z1", text="too late"),
    ):
        bench.tell(fact)
        pending.append(bench.order.foreign)
    assert pending == [True, False, True, False]


def test_that_what_the_broker_restates_is_taken() -> None:
    bench = Bench()
    bench.tell(bench.report("D", qty=900, tags=((1, "OTHER"), (44, "50.1"))))
    assert (bench.order.qty, bench.order.tag(1), bench.order.tag(44), bench.order.tag(9999)) == (
        900, "OTHER", "50.1", "own",
    )  # fmt: skip


def test_that_a_request_refused_by_a_report_keeps_its_text() -> None:
    for text, words in (("not now", "not now"), ("", "refused without a text")):
        bench = bench_in(State.R1)
        bench.tell(bench.report("8", bench.last, status="8", text=text))
        assert bench.is_in(State.R7)
        assert words in bench.order.words


# -- messages that went wrong ------------------------------------------------------------------------------------------


def test_that_a_message_that_never_left_is_no_request() -> None:
    bench = bench_in(State.R1)
    bench.tell(NotSent(cl_ord_id=bench.last, kind="G", text="not logged on"))
    assert bench.is_in(State.R7)
    assert "not sent" in bench.order.words
    bench = bench_in(State.C4)
    bench.tell(NotSent(cl_ord_id=bench.last, kind="D", text="not logged on"))
    assert bench.is_in(State.C6)


def test_that_a_rejected_status_request_rejects_nothing() -> None:
    bench = bench_in(State.C4)
    bench.later(6)
    bench.tell(Rejected(cl_ord_id=bench.order.placed_id, kind="H", text="unsupported"))
    assert bench.is_in(State.C7)


def test_that_an_order_the_broker_rejects_by_itself_is_gone() -> None:
    bench = Bench()
    bench.tell(bench.report("8", status="8"))
    assert (bench.order.state, bench.order.status) == (State.R9, "8")
    bench.tell(bench.report("5", "Z2"))
    assert bench.order.alarm == "red"
    bench.tell(bench.report("I"))
    bench.tell(bench.report("8", "Z3"))
    assert bench.is_in(State.R9)


def test_that_offline_answers_settle_nothing_before_the_session_is_back() -> None:
    bench = bench_in(State.C1)
    bench.tell(Disconnected())
    bench.tell(bench.report("I"))
    assert bench.is_in(State.CX)
    bench.tell(LoggedOn())
    bench.tell(bench.report("I"))
    assert bench.is_in(State.R7)
