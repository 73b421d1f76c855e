"""What the broker says to a cancel: for a new order in its place, or for good."""

from app.engine.switch.facts import (
    CancelAsked,
    CancelRefused,
    CheckGuard,
    GuardJudged,
    Rejected,
    SendFix,
)
from app.engine.switch.states import State
from tests.engine.switch.made import PASSIVE, TAGS, Bench, bench_in

OTHER = tuple((tag, "1" if tag == 847 else value) for tag, value in TAGS)


def asked(effects: list[object]) -> list[object]:
    """Guard checks and messages among effects."""
    return [effect for effect in effects if isinstance(effect, CheckGuard | SendFix)]


# -- cancel and new --------------------------------------------------------------------------------------------------


def test_that_a_cancel_that_does_not_add_up_is_reconciled_first() -> None:
    bench = bench_in(State.C1)
    bench.tell(bench.cancelled(cum=400))
    assert (bench.order.state, bench.order.alarm) == (State.C3W, "red")
    assert "CumQty 400, fills held 300" in bench.order.words
    assert bench.kinds() == "FH"
    effects = bench.tell(bench.fill(100, cum=400))
    assert bench.is_in(State.C3)
    assert asked(list(effects)) == [CheckGuard(order_id="O1", target=PASSIVE, qty=600)]


def test_that_a_cancel_report_without_numbers_waits_for_a_status_that_has_them() -> None:
    bench = bench_in(State.C1)
    bench.tell(bench.cancelled(cum=None))
    assert bench.is_in(State.C3W)
    bench.tell(bench.report("I", status="1"))
    assert bench.is_in(State.C3W)
    bench.tell(bench.report("I", status="4"))
    assert bench.is_in(State.C3)


def test_that_a_cancel_with_nothing_left_is_done() -> None:
    bench = bench_in(State.C1)
    bench.tell(bench.fill(700))
    bench.tell(bench.cancelled(cum=1000))
    assert (bench.order.state, bench.order.words) == (State.C5, "done: nothing left")


def test_that_a_late_fill_in_c3_makes_the_new_order_smaller() -> None:
    bench = bench_in(State.C3)
    bench.tell(bench.fill(100))
    bench.tell(GuardJudged(order_id="O1", passed=True, qty=700))  # judged for too many
    assert bench.is_in(State.C3)
    bench.judge()
    assert dict(bench.sent[-1].fields)[38] == "600"
    bench = bench_in(State.C3)
    bench.tell(bench.fill(700))
    assert bench.is_in(State.C5)


def test_that_naked_names_the_shares_and_the_brokers_text() -> None:
    bench = bench_in(State.C4)
    bench.tell(bench.new_report("8", status="8", order_id="NONE", text="no passive today"))
    words = "old algo cancelled, new order refused: no passive today, 700 shares not working"
    assert (bench.order.state, bench.order.words, bench.order.alarm) == (State.C6, words, "red")
    bench.tell(bench.fill(100))
    assert "600 shares" in bench.order.words
    bench.tell(bench.fill(600))
    assert bench.is_in(State.C5)


def test_that_a_new_order_that_is_only_pending_is_not_working_yet() -> None:
    bench = bench_in(State.C4)
    bench.tell(bench.new_report("A"))
    assert bench.is_in(State.C4)
    bench.tell(bench.new_report("I", status="4"))
    assert bench.is_in(State.C6)
    assert "new order cancelled" in bench.order.words


def test_that_a_clamped_new_order_leaves_shares_that_do_not_work() -> None:
    bench = bench_in(State.C4)
    bench.tell(bench.new_report("0", qty=500))
    assert (bench.order.state, bench.order.words, bench.order.alarm) == (State.C5, "200 shares not working", "amber")


def test_that_late_fills_and_busts_after_the_new_order_are_counted_up() -> None:
    bench = bench_in(State.C4)
    bench.tell(bench.new_report("0"))
    bench.tell(bench.fill(50))
    assert (bench.order.words, bench.order.alarm) == ("over-allocated by 50", "red")
    bench.tell(bench.bust("E1", 50))
    bench.tell(bench.new_report("F", cum=10))
    assert bench.is_in(State.C5)
    other = bench_in(State.C4)
    other.tell(other.bust())
    assert other.order.words == "300 shares not working"
    other.tell(other.fill(300))
    assert other.effects[-1].words == "quantities agree again"  # type: ignore[union-attr]


def test_that_an_absent_new_order_is_proved_before_anything_else() -> None:
    bench = bench_in(State.C4)
    bench.later(6)
    assert bench.is_in(State.C7)
    assert bench.sent[-1].kind == "H"
    assert bench.sent[-1].cl_ord_id == bench.order.placed_id
    bench.tell(bench.new_report("I", status="8", order_id="NONE"))
    assert bench.is_in(State.C6)
    assert bench.kinds() == "FDH"


def test_that_a_contradiction_before_the_new_order_stops_it() -> None:
    bench = bench_in(State.C3)
    bench.tell(Rejected(cl_ord_id=bench.last, kind="F", text="?"))
    assert bench.is_in(State.C3W)
    bench.judge()
    assert bench.is_in(State.C3W)
    bench.tell(bench.refused("0"))
    assert bench.is_in(State.C3W)
    assert "D" not in bench.kinds()
    bench.tell(bench.report("I", status="4"))
    assert bench.is_in(State.C3)


def test_that_an_end_nobody_asked_for_is_not_entered_anew() -> None:
    for exec_type, words in (("C", "expired"), ("3", "done for the day")):
        bench = bench_in(State.C2)
        bench.tell(bench.report(exec_type, status=exec_type, leaves=0))
        assert bench.is_in(State.R9)
        assert words in bench.order.words
    bench = bench_in(State.C2)
    bench.tell(bench.report("4", "A1", status="4", leaves=0))
    assert bench.is_in(State.R9)
    assert "not by us" in bench.order.words
    bench.tell(bench.refused("1", order_id="NONE"))
    assert bench.is_in(State.R9)


def test_that_a_cancelled_status_is_no_confirmation_to_enter_anew() -> None:
    bench = bench_in(State.C1)
    bench.later(6)
    bench.tell(bench.report("I", bench.last, status="4"))
    assert bench.is_in(State.R9)
    bench.tell(bench.cancelled())
    assert bench.is_in(State.R9)
    assert "D" not in bench.kinds()


def test_that_a_late_cancel_after_unknown_still_counts() -> None:
    bench = bench_in(State.C1)
    bench.later(6)
    assert bench.is_in(State.CU)
    bench.tell(bench.cancelled())
    assert bench.is_in(State.C3)


# -- kill ------------------------------------------------------------------------------------------------------------


def killed(state: State) -> Bench:
    """A bench killed in a state."""
    bench = bench_in(state)
    bench.tell(CancelAsked(order_id="O1", kill=True))
    return bench


def test_that_a_kill_ends_in_cancelled_refused_or_unknown() -> None:
    bench = killed(State.R0)
    bench.tell(bench.cancelled())
    assert (bench.order.state, bench.order.words) == (State.K5, "cancelled, 700 shares not working")
    bench = killed(State.R0)
    bench.tell(bench.refused("99", text="never"))
    assert (bench.order.state, bench.order.alarm) == (State.K7, "red")
    bench = killed(State.R0)
    bench.later(6)
    assert bench.is_in(State.K4)
    bench.tell(bench.report("I"))
    assert bench.is_in(State.K7)
    bench = killed(State.R0)
    bench.later(6)
    bench.tell(bench.report("I", status="4"))
    assert bench.is_in(State.K5)


def test_that_a_waiting_kill_goes_out_with_the_answer() -> None:
    bench = killed(State.R1)
    bench.tell(bench.replaced())
    assert bench.kinds() == "GF"
    assert bench.is_in(State.K1)
    assert dict(bench.sent[-1].fields)[41] == bench.order.accepted
    bench = killed(State.R2)
    bench.tell(bench.refused("99"))
    assert bench.kinds() == "GF"
    bench = killed(State.R1)
    bench.tell(Rejected(cl_ord_id=bench.last, kind="G"))
    assert bench.kinds() == "GF"


def test_that_a_kill_finds_the_id_the_broker_has_accepted_without_a_word() -> None:
    bench = killed(State.R1)
    replace = bench.last
    bench.later(3)
    assert bench.kinds() == "GF"
    assert dict(bench.sent[-1].fields)[41] == "A1"
    bench.tell(bench.refused("1", order_id="NONE"))
    assert bench.kinds() == "GFF"
    assert dict(bench.sent[-1].fields)[41] == replace
    bench.tell(bench.cancelled())
    assert bench.is_in(State.K5)


def test_that_a_kill_follows_an_acceptance_that_came_after_it() -> None:
    bench = killed(State.R1)
    replace = bench.last
    bench.later(3)
    cancel = bench.last
    bench.tell(bench.report("5", replace, tags=OTHER))
    assert bench.is_in(State.K1)
    bench.tell(CancelRefused(cl_ord_id=cancel, order_id="NONE", reason="1"))
    assert dict(bench.sent[-1].fields)[41] == replace
    bench.tell(CancelRefused(cl_ord_id=bench.last, order_id="NONE", reason="1"))
    assert bench.is_in(State.R8)


def test_that_a_kill_before_the_new_order_is_acknowledged_leaves_nothing() -> None:
    bench = killed(State.C4)
    bench.tell(bench.new_report("8", status="8", order_id="NONE", text="no"))
    assert bench.is_in(State.K5)
    bench = killed(State.C4)
    bench.later(3)
    assert bench.is_in(State.K1)
    assert dict(bench.sent[-1].fields)[41] == bench.order.placed_id
    bench.tell(bench.new_report("0"))
    assert bench.is_in(State.K1)
    bench.tell(bench.report("6", bench.last, order_id="O2"))
    bench.tell(bench.report("4", bench.last, order_id="O2", status="4", cum=50))
    assert (bench.order.state, bench.order.cum) == (State.K5, 300)


def test_that_a_killed_new_order_that_never_was_is_proved_by_its_status() -> None:
    bench = killed(State.C4)
    bench.later(3)
    bench.tell(bench.refused("1", order_id="NONE"))
    assert bench.is_in(State.R8)
    bench.tell(bench.new_report("I", status="8", order_id="NONE", text="unknown order"))
    assert bench.is_in(State.K5)


def test_that_a_refused_replace_during_a_kill_is_only_noted() -> None:
    bench = killed(State.R1)
    replace = bench.last
    bench.later(3)
    bench.tell(Rejected(cl_ord_id=replace, kind="G", text="late"))
    assert bench.is_in(State.K1)
