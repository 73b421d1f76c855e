"""One fact being taken in: the order, the moment, and everything that may be done to it."""

from dataclasses import dataclass, field

from app.engine.switch import message
from app.engine.switch.facts import (
    Alarm,
    CheckGuard,
    Declined,
    Effect,
    Moved,
    Noted,
    Purpose,
    SendFix,
    SwitchAsked,
    Tags,
    Target,
)
from app.engine.switch.ids import Ids
from app.engine.switch.order import Order, Request
from app.engine.switch.profile import Profile
from app.engine.switch.states import State
from app.engine.units import SECOND


@dataclass(slots=True)
class Turn:
    """The order as it stands, ns now, and the effects so far."""

    order: Order
    now: int
    profile: Profile
    ids: Ids
    effects: list[Effect] = field(default_factory=list)

    def move(self, state: State, words: str, alarm: Alarm = "") -> None:
        """Go to a state and say why; the deadline of the state before is over."""
        before = self.order.state
        self.order.state, self.order.words, self.order.alarm = state, words, alarm
        self.order.deadline_ns = None
        self.effects.append(
            Moved(order_id=self.order.order_id, before=before.value, after=state.value, words=words, alarm=alarm)
        )

    def note(self, words: str, alarm: Alarm = "") -> None:
        """Say something; an alarm stays on the order until its next move, a lesser one does not cover it."""
        if alarm == "red" or (alarm and not self.order.alarm):
            self.order.words, self.order.alarm = words, alarm
        self.effects.append(Noted(order_id=self.order.order_id, words=words, alarm=alarm))

    def decline(self, words: str) -> None:
        """Tell who asked that it cannot be done."""
        self.effects.append(Declined(order_id=self.order.order_id, words=words))

    def wait(self, seconds: float) -> None:
        """Set the deadline."""
        self.order.deadline_ns = self.now + round(seconds * SECOND)

    # -- messages ----------------------------------------------------------------------------------------------------

    def send_replace(self, asked: SwitchAsked) -> None:
        """35=G: to the target, or paused, or resumed."""
        order = self.order
        if asked.purpose == "switch":
            tags = message.target_tags(order, asked.target, self.profile)
        else:
            tags = message.paused_tags(order, self.profile, on=asked.purpose == "pause")
        qty = order.qty if self.profile.replace_qty == "total" else order.leaves
        tags = message.with_qty(tags, qty)
        cl_ord_id = self.ids.next(self.now)
        order.target, order.purpose = asked.target, asked.purpose
        self.move(State.R1, f"{asked.purpose} sent, old algo still working")
        request = Request(
            kind="G", cl_ord_id=cl_ord_id, purpose=asked.purpose, sent_ns=self.now, orig=order.accepted, tags=tags
        )
        self._request(request, message.replace_fields(order, cl_ord_id, tags, self.now))

    def send_cancel(self, state: State, purpose: Purpose, orig: str = "") -> None:
        """35=F on the last accepted ClOrdID, or on another one of the order."""
        cl_ord_id = self.ids.next(self.now)
        words = "cancel sent, old algo still working" if purpose == "switch" else f"{purpose}: cancel sent"
        orig = orig or self.order.accepted
        self.order.killing = None
        self.lose()
        self.move(state, words)
        request = Request(kind="F", cl_ord_id=cl_ord_id, purpose=purpose, sent_ns=self.now, orig=orig)
        self._request(request, message.cancel_fields(self.order, cl_ord_id, orig, self.now))

    def join_mass_cancel(self, cl_ord_id: str) -> None:
        """A 35=q that hits more than this order was sent."""
        order = self.order
        self.lose()
        order.killing = None
        self.move(State.K1, "kill: mass cancel sent")
        order.request = Request(kind="q", cl_ord_id=cl_ord_id, purpose="kill", sent_ns=self.now, orig=order.accepted)
        self.wait(self.profile.answer_s)

    def send_new(self) -> None:
        """35=D for what the cancelled order left."""
        order = self.order
        target = order.target or Target()
        qty = order.qty - order.done
        tags = message.with_qty(message.target_tags(order, target, self.profile), qty)
        cl_ord_id = self.ids.next(self.now)
        order.placed, order.placed_id = qty, cl_ord_id
        self.move(State.C4, f"new order for {qty} sent")
        request = Request(kind="D", cl_ord_id=cl_ord_id, purpose="switch", sent_ns=self.now, tags=tags)
        self._request(request, message.new_fields(cl_ord_id, tags, self.now))

    def ask_status(self) -> bool:
        """35=H on what is uncertain; False where the broker does not answer it, or nobody would hear."""
        order = self.order
        if not self.profile.status_request or not order.online:
            return False
        new = next((r for r in [order.request, *order.lost] if r is not None and r.kind == "D"), None)
        cl_ord_id, order_id = (new.cl_ord_id, "") if new is not None else (order.accepted, order.order_id)
        self.effects.append(
            SendFix(
                kind="H",
                cl_ord_id=cl_ord_id,
                order_id=order.order_id,
                purpose="status",
                fields=message.status_fields(order, cl_ord_id, order_id),
            )
        )
        return True

    def check_guard(self) -> None:
        """Have the whole guard judged again before the new order."""
        order = self.order
        self.wait(self.profile.answer_s)
        target = order.target or Target()
        self.effects.append(CheckGuard(order_id=order.order_id, target=target, qty=order.qty - order.done))

    def lose(self) -> None:
        """Nobody answered the request in flight in time; a late answer still counts."""
        if self.order.request is not None:
            self.order.lost.append(self.order.request)
            self.order.request = None

    def _request(self, request: Request, fields: Tags) -> None:
        order = self.order
        order.request = request
        order.chain.append(request.cl_ord_id)
        order.own.append(request.cl_ord_id)
        self.wait(self.profile.answer_s)
        self.effects.append(
            SendFix(
                kind=request.kind,
                cl_ord_id=request.cl_ord_id,
                order_id=order.order_id,
                purpose=request.purpose,
                fields=fields,
            )
        )
