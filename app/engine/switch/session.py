"""All orders of one FIX session: every fact finds its order, kills reach everything in their scope."""

from collections.abc import Iterator

import msgspec

from app.engine.switch.facts import (
    CancelAsked,
    CancelRefused,
    Declined,
    Disconnected,
    Effect,
    Fact,
    GuardJudged,
    KillAsked,
    KillReleased,
    LoggedOn,
    MassCancelAnswered,
    NotSent,
    ReenterAsked,
    Rejected,
    Report,
    SendFix,
    StatusAsked,
    SwitchAsked,
    Ticked,
)
from app.engine.switch.ids import Ids
from app.engine.switch.machine import Moment, join_mass_cancel, mass_refused, step
from app.engine.switch.message import mass_cancel_fields
from app.engine.switch.order import Order, first_seen
from app.engine.switch.profile import Profile
from app.engine.switch.states import OVER, READY, State

SCOPES = ("all", "parent", "order", "instrument", "user")
MASS_SCOPES = ("all", "instrument")  # what a 35=q can say


class Session:
    """The working orders of one session and what is under way on them.

    `receive` is everything: the same facts at the same times give the same orders and the same effects.
    """

    def __init__(self, profile: Profile, ids: Ids) -> None:
        self.profile = profile
        self.ids = ids
        self.orders: dict[str, Order] = {}  # by OrderID, every name of it
        self.kills: list[str] = []  # scopes killed
        self.online = False
        self._by_cl_ord_id: dict[str, Order] = {}

    def every(self) -> list[Order]:
        """Each order once, in the order they were first seen."""
        return list({id(order): order for order in self.orders.values()}.values())

    def deadline(self) -> int | None:
        """The next time something must be decided without an answer."""
        return min((o.deadline_ns for o in self.orders.values() if o.deadline_ns is not None), default=None)

    def order_of(self, cl_ord_id: str) -> Order | None:
        """The order a ClOrdID belongs to."""
        return self._by_cl_ord_id.get(cl_ord_id)

    def killed(self, order: Order) -> str:
        """The scope under which an order is killed; empty when it is not."""
        return next((scope for scope in self.kills if in_scope(order, scope)), "")

    def receive(self, fact: Fact, now: int) -> list[Effect]:
        """Take in one fact at a time."""
        match fact:
            case Report():
                return self._report(fact, now)
            case CancelRefused():
                order = self._by_cl_ord_id.get(fact.cl_ord_id) or self._by_cl_ord_id.get(fact.orig_cl_ord_id)
                order = order or self.orders.get(fact.order_id)
                return [] if order is None else self._step(order, fact, now)
            case MassCancelAnswered():
                return [] if fact.accepted else self._mass_refused(fact.cl_ord_id, fact.text, now)
            case Rejected() | NotSent() if fact.kind == "q":
                return self._mass_refused(fact.cl_ord_id, fact.text, now)
            case Rejected() | NotSent():
                order = self._by_cl_ord_id.get(fact.cl_ord_id)
                return [] if order is None else self._step(order, fact, now)
            case Ticked() | Disconnected() | LoggedOn():
                if not isinstance(fact, Ticked):
                    self.online = isinstance(fact, LoggedOn)
                return [effect for order in self.every() for effect in self._step(order, fact, now)]
            case KillAsked():
                return self._kill(fact, now)
            case KillReleased():
                self.kills = [scope for scope in self.kills if scope != fact.scope]
                return []
            case SwitchAsked() | CancelAsked() | ReenterAsked() | StatusAsked() | GuardJudged():
                return self._asked(fact, now)

    def _asked(
        self, fact: SwitchAsked | CancelAsked | ReenterAsked | StatusAsked | GuardJudged, now: int
    ) -> list[Effect]:
        order = self.orders.get(fact.order_id)
        if order is None:
            return [Declined(order_id=fact.order_id, words="no such order in this session")]
        scope = self.killed(order)
        if scope and isinstance(fact, SwitchAsked | ReenterAsked):
            return [Declined(order_id=fact.order_id, words=f"kill switch is on ({scope})")]
        if scope and isinstance(fact, GuardJudged):
            fact = msgspec.structs.replace(fact, passed=False, words=f"kill switch is on ({scope})")
        return self._step(order, fact, now)

    def _kill(self, fact: KillAsked, now: int) -> list[Effect]:
        if fact.scope not in self.kills:
            self.kills.append(fact.scope)
        inside = [order for order in self.every() if in_scope(order, fact.scope) and order.state not in OVER]
        idle = [order for order in inside if order.state in READY and order.online]
        if not (self.profile.mass_cancel and idle and fact.scope.partition(":")[0] in MASS_SCOPES):
            return [effect for order in inside for effect in self._step(order, fact, now)]
        cl_ord_id = self.ids.next(now)
        effects: list[Effect] = []
        for order in inside:
            one = (
                join_mass_cancel(order, cl_ord_id, self._moment(now)) if order in idle else self._step(order, fact, now)
            )
            effects += one
        fields = mass_cancel_fields(fact.scope, cl_ord_id, now)
        return [*effects, SendFix(kind="q", cl_ord_id=cl_ord_id, order_id="", purpose="kill", fields=fields)]

    def _mass_refused(self, cl_ord_id: str, text: str, now: int) -> list[Effect]:
        """A 35=q that was not taken: each order is cancelled by itself."""
        waiting = [order for order in self.every() if order.asked(cl_ord_id) is not None]
        return [e for order in waiting for e in mass_refused(order, cl_ord_id, text, self._moment(now))]

    def _moment(self, now: int) -> Moment:
        return Moment(now, self.profile, self.ids)

    def _report(self, report: Report, now: int) -> list[Effect]:
        """By OrderID, by any ClOrdID of a chain; by both where they name two orders: the cancelled and the new one."""
        effects: list[Effect] = []
        named = self._by_cl_ord_id.get(report.cl_ord_id) or self._by_cl_ord_id.get(report.orig_cl_ord_id)
        numbered = self.orders.get(report.order_id)
        for order in self._distinct(numbered, named):
            effects += self._step(order, report, now)
        refused = report.exec_type == "8" or report.status == "8"
        if report.order_id in {"", "NONE"} or refused or report.order_id in self.orders:
            return effects
        if named is not None and not (named.placed_id and named.placed_id == report.cl_ord_id):
            self.orders[report.order_id] = named
            return effects
        return effects + self._begun(report, named, now)

    def _begun(self, report: Report, before: Order | None, now: int) -> list[Effect]:
        """An order seen for the first time; `before` is the one it takes the place of."""
        idle = State.R0 if self.profile.mode == "replace" else State.C0
        order = first_seen(report, idle, self.profile.parent_tag)
        order.online, order.report_ns, order.foreign = self.online, now, report.status in {"E", "6"}
        if self.profile.pause is not None:
            order.paused = order.tag(self.profile.pause.tag) == self.profile.pause.on
        if self.profile.owner_tag is not None:
            order.owner = order.tag(self.profile.owner_tag) or ""
        if before is not None:
            order.owner = order.owner or before.owner
            order.parent_id, order.switches = before.parent_id, list(before.switches)
        if order.status == "2":
            order.state, order.words = State.R6, "filled"
        elif order.status not in {"0", "1"}:
            order.state, order.words = State.R9, "ended before it was seen"
        self.orders[order.order_id] = order
        self._by_cl_ord_id[report.cl_ord_id] = before or order
        scope = self.killed(order)
        return self._step(order, KillAsked(scope=scope), now) if scope else []

    def _step(self, order: Order, fact: Fact, now: int) -> list[Effect]:
        known = len(order.chain)
        effects = step(order, fact, self._moment(now))
        for cl_ord_id in order.chain[known:]:
            self._by_cl_ord_id[cl_ord_id] = order
        return effects

    def _distinct(self, *orders: Order | None) -> Iterator[Order]:
        seen: list[Order] = []
        for order in orders:
            if order is not None and not any(order is other for other in seen):
                seen.append(order)
                yield order


def in_scope(order: Order, scope: str) -> bool:
    """True when a kill of this scope means the order."""
    what, _, name = scope.partition(":")
    match what:
        case "all":
            return True
        case "parent":
            return order.parent_id == name
        case "order":
            return order.order_id == name
        case "instrument":
            return order.tag(55) == name
        case "user":
            return order.owner == name != ""
        case _:
            return False
