"""What the broker says: reports, refused cancels, rejected messages."""

from typing import Final

from app.engine.switch.facts import Alarm, CancelRefused, NotSent, Rejected, Report
from app.engine.switch.order import Order, Request, adopt, count, order_tags, repeated, total_of
from app.engine.switch.states import CANCELLED, LIVE, OVER, PLACED, READY, UNKNOWN, State
from app.engine.switch.turn import Turn

_REPLACING: Final = frozenset({State.R1, State.R2, State.R3, State.R4})
_CANCELLING: Final = frozenset({State.C1, State.C2, State.CU, State.CX})
_KILLING: Final = frozenset({State.K1, State.K2, State.K3, State.K4})
_NEXT_PENDING: Final = {State.R1: State.R2, State.C1: State.C2, State.K1: State.K2}
_ENDED: Final = {"3": "done for the day", "4": "cancelled", "C": "expired", "8": "rejected"}


def on_report(turn: Turn, report: Report) -> None:
    """A 35=8: its numbers first, then what it answers."""
    order = turn.order
    if order.placed_id and report.cl_ord_id == order.placed_id:
        _about_new(turn, report)
        return
    if report.order_id not in {"", "NONE", order.order_id, *order.aliases}:
        if order.placed_id:
            _about_its_cancel(turn, report)
            return
        order.aliases.append(report.order_id)  # a broker that names an order anew when it is replaced
    if repeated(order, report):
        turn.note(f"report {report.exec_id} came again: not counted twice")
        return
    done = order.done
    count(order, report)
    order.report_ns = turn.now
    asked = order.asked(report.cl_ord_id)
    match report.exec_type:
        case "5":
            _replaced(turn, report, asked)
        case "4":
            _cancelled(turn, report, asked)
        case "3" | "C":
            _ended(turn, report)
        case "8":
            _report_refused(turn, report, asked)
        case "E" | "6":
            _pending(turn, report, asked)
        case "D":
            adopt(order, order_tags(report.tags), turn.profile.parameter_tags(), turn.profile.strategy_tag)
            turn.note("restated by the broker: its values are taken")
        case "I":
            _status(turn, report)
        case _:
            pass
    settle(turn, done)


def settle(turn: Turn, done: int) -> None:
    """What follows from the quantities: a full fill, a late fill or bust, a cancel that may go out now.

    `done`: shares done before this fact.
    """
    order = turn.order
    if order.state in CANCELLED:
        _settle_cancelled(turn, changed=order.done != done)
    elif order.state is State.R6 and order.done < done and order.status in {"0", "1"}:
        idle = State.R0 if turn.profile.mode == "replace" else State.C0
        turn.move(idle, f"a fill was undone: {order.leaves} shares work again", "amber")
    elif order.state in READY | UNKNOWN | {State.R8} and order.qty and (not order.leaves or order.status == "2"):
        turn.lose()
        turn.move(State.R6, "filled")
    waits = order.state in READY | {State.R4, State.R8, State.CU, State.K4}
    if order.killing is not None and order.online and order.request is None and waits:
        turn.send_cancel(State.K1, order.killing)


def _settle_cancelled(turn: Turn, *, changed: bool) -> None:
    order = turn.order
    left = order.qty - order.done
    if order.state is State.C3W:
        if agreed(order):
            cancelled(turn)
    elif order.state is State.C3 and changed:
        cancelled(turn)
    elif order.state in PLACED and changed:
        if order.placed > left:
            turn.note(f"over-allocated by {order.placed - left}", "red")
        elif order.placed < left:
            turn.note(f"{left - order.placed} shares not working", "amber")
        else:
            turn.note("quantities agree again")
    elif order.state is State.C6 and changed:
        if left <= 0:
            turn.move(State.C5, "done: nothing left")
        else:
            turn.move(State.C6, f"old algo cancelled, {left} shares not working", "red")


def agreed(order: Order) -> bool:
    """True when the cancel report, CumQty and the fills held tell the same."""
    return order.cancelled_qty == order.qty and order.cum == order.held


def cancelled(turn: Turn) -> None:
    """The old order is confirmed cancelled: what is left, and may it be entered anew."""
    order = turn.order
    if not agreed(order):
        words = f"reconciling: CumQty {order.cum}, fills held {order.held}, quantity {order.cancelled_qty}"
        if order.state is not State.C3W:
            turn.move(State.C3W, words, "red")
            turn.ask_status()
            turn.wait(turn.profile.reconcile_s)
    elif not order.leaves:
        turn.move(State.C5, "done: nothing left")
    else:
        turn.move(State.C3, f"old algo cancelled, {order.leaves} left, guard is checked again")
        turn.check_guard()


def _contradicted(turn: Turn, what: str) -> None:
    """The broker says two things: before the new order is sent that stops everything until a status is clear."""
    order = turn.order
    if order.state in {State.C3, State.C3W}:
        order.cancelled_qty = None
        turn.move(State.C3W, f"reconciling: {what}", "red")
        turn.ask_status()
        turn.wait(turn.profile.reconcile_s)
    else:
        turn.note(what, "red")


def naked(turn: Turn, why: str) -> None:
    """Nothing works for what is left."""
    order = turn.order
    order.placed, order.placed_id = 0, ""
    if order.killing is not None:
        order.killing = None
        turn.move(State.K5, f"cancelled, {order.leaves} shares not working; {why}")
    else:
        turn.move(State.C6, f"old algo cancelled, {why}, {order.leaves} shares not working", "red")


# -- reports ---------------------------------------------------------------------------------------------------------


def _about_new(turn: Turn, report: Report) -> None:
    """A report on the order sent in the place of the cancelled one; its fills are counted there, not here."""
    order = turn.order
    if order.asked(order.placed_id) is None or report.exec_type == "A":
        return
    order.forget(order.placed_id)
    refused = report.exec_type == "8" or report.status == "8" or report.order_id == "NONE"
    if order.state not in PLACED:
        if refused:
            order.request = None
            turn.move(State.K5, f"new order never worked: {report.text}")
    elif refused:
        naked(turn, "new order refused" + (f": {report.text}" if report.text else ""))
    elif report.exec_type in _ENDED or report.status in {"3", "4", "C"}:
        naked(turn, f"new order {_ENDED.get(report.exec_type, 'cancelled')}")
    else:
        order.placed = order.placed if report.qty is None else report.qty
        order.killing = None  # what kills is told of the new order itself
        turn.move(State.C5, f"done: {order.placed} work at the new algo")
        _settle_cancelled(turn, changed=order.placed != order.qty - order.done)


def _about_its_cancel(turn: Turn, report: Report) -> None:
    """A report under the OrderID of the order sent in its place: its numbers count there, but it may answer us."""
    order = turn.order
    asked = order.asked(report.cl_ord_id)
    if asked is not None and asked.kind == "F" and report.exec_type == "4":
        order.forget(asked.cl_ord_id)
        order.forget(order.placed_id)
        turn.move(State.K5, "cancelled, the new order too")


def _replaced(turn: Turn, report: Report, asked: Request | None) -> None:
    order = turn.order
    if order.state in CANCELLED | OVER:
        _contradicted(turn, "replaced after its end")
        return
    if report.cl_ord_id == order.accepted:
        _said_again(turn, report)
        return
    ours = asked is not None or report.cl_ord_id in order.chain
    if asked is not None and asked.kind == "G":
        _accepted(turn, report, asked)
        return
    _take_over(turn, report)
    if ours and order.state in READY:
        turn.move(State.R5, "accepted after all", "red")
    else:
        order.foreign = order.foreign and ours
        turn.note("replaced, not by the request in flight: the broker's values are taken", "amber")


def _said_again(turn: Turn, report: Report) -> None:
    """A further 150=5 on the ClOrdID accepted last: what it says anew counts, as in a restatement."""
    order, strategy_tag = turn.order, turn.profile.strategy_tag
    qty, strategy = order.qty, order.tag(strategy_tag)
    _take_over(turn, report)
    changes = [f"quantity {order.qty} instead of {qty}"] if order.qty != qty else []
    if order.tag(strategy_tag) != strategy:
        changes.append(f"strategy {turn.profile.strategy(order.tag(strategy_tag))}")
    if changes:
        turn.note(f"accepted again with other values, the broker's are taken: {', '.join(changes)}", "amber")
    else:
        turn.note("accepted, said again")


def _take_over(turn: Turn, report: Report) -> None:
    """Ids, tags and quantity of a replacement become the order's."""
    order, profile = turn.order, turn.profile
    order.accepted = report.cl_ord_id or order.accepted
    if order.accepted not in order.chain:
        order.chain.append(order.accepted)
    adopt(order, order_tags(report.tags), profile.parameter_tags(), profile.strategy_tag)
    if profile.replace_qty == "total" or report.leaves:
        order.qty = total_of(report) or order.qty


def _accepted(turn: Turn, report: Report, asked: Request) -> None:
    """Our replace was accepted: what the broker echoes decides how sure that is."""
    order = turn.order
    order.forget(asked.cl_ord_id)
    echoed = dict(report.tags)
    asked_qty = order.qty
    order.tags = asked.tags
    _take_over(turn, report)
    words, wrong = _echo(turn, asked, echoed)
    if order.qty != asked_qty:
        words, wrong = f"{words}; quantity {order.qty} instead of {asked_qty}", wrong or "amber"
    if order.state in _REPLACING | {State.R7, State.R8}:
        turn.move(State.R5, words, wrong)
    else:
        turn.note(words, wrong)


def _echo(turn: Turn, asked: Request, echoed: dict[int, str]) -> tuple[str, Alarm]:
    """How sure an acceptance is, in words, and its alarm."""
    order, profile = turn.order, turn.profile
    if asked.purpose != "switch":
        order.paused = asked.purpose == "pause"
        done = "paused" if order.paused else "resumed"
        confirmed = profile.pause is None or profile.pause.tag in echoed
        return (done, "") if confirmed else (f"accepted, {done} not confirmed", "amber")
    wanted, said = dict(asked.tags).get(profile.strategy_tag), echoed.get(profile.strategy_tag)
    if profile.pause is not None:
        order.paused = order.tag(profile.pause.tag) == profile.pause.on
    if said is None:
        return "accepted, algo not confirmed", "amber"
    return ("switched", "") if said == wanted else (f"accepted, but the broker says {profile.strategy(said)}", "red")


def _cancelled(turn: Turn, report: Report, asked: Request | None) -> None:
    order = turn.order
    order.foreign = False
    if order.state not in LIVE:
        return
    if order.state in _KILLING:
        order.request = order.killing = None
        turn.move(State.K5, f"cancelled, {order.leaves} shares not working")
    elif asked is not None and asked.kind == "F" and order.state in _CANCELLING:
        order.forget(asked.cl_ord_id)
        order.cancelled_qty = report.qty if report.cum is not None else None
        cancelled(turn)
    else:
        _gone(turn, "cancelled, not by us")


def _ended(turn: Turn, report: Report) -> None:
    if turn.order.state in LIVE:
        _gone(turn, _ENDED[report.exec_type])


def _gone(turn: Turn, why: str) -> None:
    turn.lose()
    turn.order.killing = None
    turn.move(State.R9, f"{why}: {turn.order.leaves} shares not working", "red" if turn.order.leaves else "")


def _report_refused(turn: Turn, report: Report, asked: Request | None) -> None:
    if asked is not None:
        _refuse(turn, asked, report.text or "refused without a text")
    elif turn.order.state in LIVE:
        turn.order.status = "8"
        _gone(turn, "rejected by the broker")


def _pending(turn: Turn, report: Report, asked: Request | None) -> None:
    order = turn.order
    if asked is None and _overtaken(order, report):
        turn.note("a request of ours is said to be pending after its answer: the answer stands")
    elif asked is None:
        order.foreign = True
        turn.note("a request of somebody else is pending", "amber")
    elif order.state in _NEXT_PENDING and asked is order.request:
        deadline = order.deadline_ns
        turn.move(_NEXT_PENDING[order.state], f"{asked.purpose} pending at the broker, old algo still working")
        order.deadline_ns = deadline
    else:
        turn.note(f"{asked.purpose} is pending at the broker")


def _overtaken(order: Order, report: Report) -> bool:
    """Whether a pending is that of a request of ours whose answer came first; one on the ClOrdID in force is not."""
    cl_ord_id, orig = report.cl_ord_id, report.orig_cl_ord_id
    return cl_ord_id in order.own and (cl_ord_id != order.accepted or orig not in {"", cl_ord_id})


def _status(turn: Turn, report: Report) -> None:
    """A status report on the old order settles what is unknown; one that is merely asked for changes nothing."""
    order = turn.order
    if order.state is State.C3W and report.status == "4" and report.cum is not None:
        order.cancelled_qty = report.qty
    if order.state not in LIVE:
        return
    if report.order_id == "NONE" or report.status == "8":
        turn.lose()
        turn.move(State.R8, f"break: the broker does not know the order ({report.text})", "red")
    elif report.status in {"3", "4", "C"}:
        if order.state in _KILLING:
            order.request = order.killing = None
            turn.move(State.K5, f"cancelled, {order.leaves} shares not working")
        else:
            _gone(turn, f"{_ENDED[report.status]} by its status")
    elif report.status not in {"E", "6"}:
        _status_working(turn, report)
    elif not (order.request or order.lost):
        order.foreign = True


def _status_working(turn: Turn, report: Report) -> None:
    order = turn.order
    asked = order.asked(report.cl_ord_id)
    if asked is not None and asked.kind == "G":
        _accepted(turn, report, asked)
    elif order.state in {State.R3, State.R4, State.CX, State.CU} and order.online:
        turn.lose()
        order.lost = []
        turn.move(State.R7, "not accepted by its status, old algo still working", "amber")
    elif order.state in {State.K3, State.K4} and order.online:
        turn.lose()
        turn.move(State.K7, "cancel not accepted by its status, still working", "red")
    elif order.state is State.R8:
        order.accepted = report.cl_ord_id or order.accepted
        turn.move(State.R7, "reconciled: the order works", "amber")
    elif order.state in READY:
        order.foreign = False
        order.lost = []


# -- refusals --------------------------------------------------------------------------------------------------------


def on_cancel_refused(turn: Turn, refused: CancelRefused) -> None:
    """A 35=9; the last accepted ClOrdID stays."""
    order = turn.order
    order.report_ns = turn.now
    asked = order.asked(refused.cl_ord_id)
    if asked is None and order.state in CANCELLED and refused.cl_ord_id in order.chain:
        _contradicted(turn, f"cancel confirmed and refused ({refused.text})")
        return
    if asked is None:
        order.foreign = order.foreign and refused.cl_ord_id in order.chain
        turn.note(f"a request was refused that is not ours or was answered before: {refused.text}")
        return
    said = refused.text or (f"102={refused.reason}" if refused.reason else "no reason given")
    unknown = refused.order_id == "NONE" or refused.reason == "1"
    if order.state not in LIVE:
        _refuse(turn, asked, said)
    elif refused.status == "2" or not order.leaves:
        _filled_before(turn, asked)
    elif unknown:
        _unknown_order(turn, asked, said)
    elif refused.status in {"3", "4", "C"}:
        order.forget(asked.cl_ord_id)
        _gone(turn, _ENDED[refused.status])
    else:
        _refuse(turn, asked, f"busy, no retry by itself: {said}" if refused.reason == "3" else said)
    settle(turn, turn.order.done)


def on_rejected(turn: Turn, rejected: Rejected | NotSent) -> None:
    """A 35=3 or 35=j on a message of ours, or a message that never left."""
    asked = turn.order.asked(rejected.cl_ord_id) if rejected.kind != "H" else None
    if asked is None:
        if rejected.kind == "F" and turn.order.state in CANCELLED:
            _contradicted(turn, f"cancel confirmed and refused ({rejected.text})")
        else:
            turn.note(f"message refused: {rejected.text}", "amber")
        return
    how = "not sent" if isinstance(rejected, NotSent) else "message rejected"
    _refuse(turn, asked, f"{how}: {rejected.text}")
    settle(turn, turn.order.done)


def _filled_before(turn: Turn, asked: Request) -> None:
    order = turn.order
    order.forget(asked.cl_ord_id)
    order.killing = None
    if order.leaves:
        turn.move(State.R6, f"filled before {asked.purpose}, says the broker; fills of {order.leaves} missing", "red")
        turn.ask_status()
    else:
        turn.move(State.R6, f"filled before {asked.purpose}")


def _unknown_order(turn: Turn, asked: Request, said: str) -> None:
    order = turn.order
    order.forget(asked.cl_ord_id)
    if asked.purpose in {"cancel", "kill"} and asked.orig != order.placed_id:
        if asked.orig != order.accepted:
            turn.send_cancel(State.K1, asked.purpose)
            return
        other = next((r for r in reversed(order.lost) if r.kind == "G"), None)
        if other is not None:  # it may have been accepted without a word
            order.forget(other.cl_ord_id)
            turn.send_cancel(State.K1, asked.purpose, other.cl_ord_id)
            return
    turn.move(State.R8, f"break: the broker does not know the order ({said})", "red")
    turn.ask_status()


def _refuse(turn: Turn, asked: Request, said: str) -> None:
    """A request of ours was refused: the old order works on, or nothing does."""
    order = turn.order
    order.forget(asked.cl_ord_id)
    if asked.kind == "D":
        naked(turn, f"new order refused: {said}")
    elif order.state in _KILLING and asked.kind == "F":
        turn.move(State.K7, f"{asked.purpose} refused, still working: {said}", "red")
    elif order.state in _REPLACING | _CANCELLING:
        turn.move(State.R7, f"{asked.purpose} refused, old algo still working: {said}", "amber")
    else:
        turn.note(f"{asked.purpose} refused: {said}", "amber")
