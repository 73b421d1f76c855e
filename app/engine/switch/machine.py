"""The switch as a protocol machine: one order, one fact, the time, and what is to be done.

    effects = step(order, fact, Moment(now, profile, ids))

At most one request of ours is in flight on an order. A cancel or kill may go out although an earlier request was never
answered, once its deadline is over; a 35=G or 35=D never does. A 35=D needs the 150=4 of our own 35=F. Fills count in
every state. Nobody sends twice by itself.
"""

from typing import NamedTuple

from app.engine.switch import answers
from app.engine.switch.facts import (
    CancelAsked,
    CancelRefused,
    Disconnected,
    Effect,
    Fact,
    GuardJudged,
    KillAsked,
    KillReleased,
    LoggedOn,
    MassCancelAnswered,
    NotSent,
    Purpose,
    ReenterAsked,
    Rejected,
    Report,
    StatusAsked,
    SwitchAsked,
    Ticked,
)
from app.engine.switch.ids import Ids
from app.engine.switch.order import Order
from app.engine.switch.profile import Profile
from app.engine.switch.states import OFFLINE, READY, UNKNOWN, State
from app.engine.switch.turn import Turn
from app.engine.units import SECOND


class Moment(NamedTuple):
    """When it happens (ns), under which broker's rules, and where ClOrdIDs come from."""

    now: int
    profile: Profile
    ids: Ids


def step(order: Order, fact: Fact, moment: Moment) -> list[Effect]:
    """Take in one fact; the order is changed in place. The same order, facts and times give the same effects."""
    turn = Turn(order, moment.now, moment.profile, moment.ids)
    shown = _shown(order)
    match fact:
        case Report():
            answers.on_report(turn, fact)
        case CancelRefused():
            answers.on_cancel_refused(turn, fact)
        case Rejected() | NotSent():
            answers.on_rejected(turn, fact)
        case Ticked():
            _ticked(turn)
        case Disconnected():
            _disconnected(turn)
        case LoggedOn():
            _logged_on(turn)
        case SwitchAsked():
            _switch(turn, fact)
        case CancelAsked():
            _cancel(turn, kill=fact.kill)
        case ReenterAsked():
            _reenter(turn, fact)
        case StatusAsked():
            _reconcile(turn)
        case GuardJudged():
            _judged(turn, fact)
        case KillAsked():
            _cancel(turn, kill=True)
        case KillReleased() | MassCancelAnswered():  # the session's
            pass
    order.version += _shown(order) != shown
    return turn.effects


def join_mass_cancel(order: Order, cl_ord_id: str, moment: Moment) -> list[Effect]:
    """The order is one of those a 35=q is about to cancel."""
    turn = Turn(order, moment.now, moment.profile, moment.ids)
    turn.join_mass_cancel(cl_ord_id)
    order.version += 1
    return turn.effects


def mass_refused(order: Order, cl_ord_id: str, text: str, moment: Moment) -> list[Effect]:
    """The 35=q this order waits for was not taken: a 35=F of its own goes out."""
    turn = Turn(order, moment.now, moment.profile, moment.ids)
    order.forget(cl_ord_id)
    turn.note(f"mass cancel refused: {text or 'no reason given'}", "amber")
    if order.state in {State.K1, State.K2, State.K4} and order.online:
        turn.send_cancel(State.K1, "kill")
    order.version += 1
    return turn.effects


def _shown(order: Order) -> tuple[object, ...]:
    """What a new version of an order is made of: everything but its fills."""
    return order.state, order.accepted, order.qty, order.tags, order.foreign, order.paused


def _switch(turn: Turn, asked: SwitchAsked) -> None:
    order = turn.order
    wrong = why_not(order)
    if wrong:
        turn.decline(wrong)
        return
    if asked.purpose == "switch":
        order.switches.append(turn.now)
    order.asked_ns = turn.now
    mode = asked.mode or turn.profile.mode
    if asked.purpose == "switch" and mode == "cancel_new":
        order.target, order.purpose = asked.target, "switch"
        turn.send_cancel(State.C1, "switch")
    else:
        turn.send_replace(asked)


def why_not(order: Order) -> str:
    """Why no 35=G and no switch may begin now, in words; empty when one may. The guard asks the same and more."""
    if order.state not in READY:
        return f"order is {order.state.value}: {order.words or 'not working'}"
    if not order.online:
        return "session is not logged on"
    if order.request is not None or order.lost:
        return "a request of ours has no answer yet"
    if order.killing is not None:
        return "a cancel is under way"
    if order.foreign:
        return "a request of somebody else is pending"
    return "" if order.leaves else "nothing left to switch"


def _cancel(turn: Turn, *, kill: bool) -> None:
    """Cancel or kill in any state: at once where the way is free, else as soon as it is."""
    order, purpose = turn.order, turn.order.killing or ("kill" if kill else "cancel")
    match order.state:
        case State.R6 | State.R9 | State.C5 | State.K5:
            turn.decline(f"not open: {order.words}")
        case State.K1 | State.K2:
            turn.note(f"{purpose}: a cancel is already sent")
        case State.C1 | State.C2:
            state = State.K1 if order.state is State.C1 else State.K2
            deadline = order.deadline_ns
            turn.move(state, f"{purpose}: the cancel under way counts, nothing is entered anew")
            order.deadline_ns = deadline
        case State.C3 | State.C3W | State.C6:
            turn.move(State.K5, f"{purpose}: cancelled, {order.leaves} shares not working, nothing is entered anew")
        case State.R1 | State.R2 | State.C4:
            order.killing = purpose
            waits = turn.now + round(turn.profile.kill_wait_s * SECOND)
            order.deadline_ns = min(order.deadline_ns or waits, waits)
            turn.note(f"{purpose}: goes out with the answer, after {turn.profile.kill_wait_s:g} s without one", "amber")
        case State.C7 if order.online:
            turn.send_cancel(State.K1, purpose, order.placed_id)
        case _ if order.online:
            turn.send_cancel(State.K1, purpose)
        case State.R3 | State.C7:
            order.killing = purpose
            turn.note(f"{purpose}: session is offline, goes out after logon; telephone the broker", "red")
        case _:
            order.killing = purpose
            turn.move(State.K3, f"{purpose}: session is offline, goes out after logon; telephone the broker", "red")


def _reenter(turn: Turn, asked: ReenterAsked) -> None:
    order = turn.order
    if order.state is not State.C6:
        turn.decline(f"only shares that stopped working are entered anew; order is {order.state.value}")
    elif not order.online:
        turn.decline("session is not logged on")
    else:
        order.target, order.asked_ns = asked.target, turn.now
        answers.cancelled(turn)


def _reconcile(turn: Turn) -> None:
    if turn.ask_status():
        turn.note("status asked")
    else:
        turn.decline("the broker answers no status request, or the session is offline: telephone")


def _judged(turn: Turn, judged: GuardJudged) -> None:
    """The guard's second word, wanted in C3 alone."""
    order = turn.order
    if order.state is not State.C3 or judged.qty != order.leaves:
        turn.note("guard judged too late: something changed since")
    elif not judged.passed:
        answers.naked(turn, f"re-entry stopped by the guard ({judged.words})")
    elif not order.online:
        answers.naked(turn, "session lost before the new order")
    else:
        turn.send_new()


# -- time and session --------------------------------------------------------------------------------------------------


def _ticked(turn: Turn) -> None:
    order = turn.order
    if order.deadline_ns is None or turn.now < order.deadline_ns:
        return
    order.deadline_ns = None
    complete = bool(order.qty) and not order.leaves
    match order.state:
        case State.R1 | State.R2 | State.C1 | State.C2 | State.K1 | State.K2 if complete:
            before = order.request.purpose if order.request is not None else order.purpose
            turn.lose()
            order.killing = None
            turn.move(State.R6, f"filled before {before}")
        case State.R1 | State.R2 | State.R3:
            _unknown(turn, State.R4)
        case State.C1 | State.C2 | State.CX:
            _unknown(turn, State.CU)
        case State.K1 | State.K2 | State.K3:
            _unknown(turn, State.K4)
        case State.C4:
            _unknown(turn, State.C7)
        case State.C3:
            answers.naked(turn, "guard not judged in time")
        case _:  # C3W, and unknowns whose 35=H was not answered either
            turn.note(f"{order.words}: no answer, telephone the broker", "red")
    if order.killing is not None and order.online:
        _kill_now(turn, order.killing)


def _unknown(turn: Turn, state: State) -> None:
    """No answer in time. Nothing is sent again; what the broker holds is asked, or a telephone is."""
    turn.lose()
    words = "UNKNOWN: no answer from the broker"
    if turn.order.killing is not None:
        turn.move(state, words, "red")
    elif turn.ask_status():
        turn.move(state, f"{words}, status asked", "red")
        turn.wait(turn.profile.answer_s)
    else:
        turn.move(state, f"{words}, telephone", "red")


def _kill_now(turn: Turn, purpose: Purpose) -> None:
    """A waiting cancel goes out, on the id of a new order that was never answered if there is one."""
    order = turn.order
    if order.state is State.C7:
        turn.send_cancel(State.K1, purpose, order.placed_id)
    elif order.state in {State.R4, State.CU, State.K4, State.K3, State.R3}:
        turn.send_cancel(State.K1, purpose)


def _disconnected(turn: Turn) -> None:
    order = turn.order
    order.online = False
    match order.state:
        case State.R1 | State.R2:
            turn.move(State.R3, f"offline: {order.purpose} was sent, its answer is missing", "red")
        case State.C1 | State.C2:
            turn.move(State.CX, "offline: cancel was sent, its answer is missing", "red")
        case State.K1 | State.K2:
            turn.move(State.K3, "offline: cancel was sent, its answer is missing", "red")
        case State.C3:
            answers.naked(turn, "session lost before the new order")
        case State.C4:
            turn.lose()
            turn.move(State.C7, "UNKNOWN: session lost before the new order was answered", "red")
        case _:
            order.deadline_ns = None


def _logged_on(turn: Turn) -> None:
    """Everything missed has been resent: what is still open is asked, a waiting cancel goes out."""
    order = turn.order
    order.online = True
    if order.killing is not None:
        turn.lose()
        _kill_now(turn, order.killing)
        answers.settle(turn, order.done)
    elif order.state in OFFLINE | UNKNOWN | {State.R8, State.C3W}:
        turn.ask_status()
        turn.wait(turn.profile.answer_s)
