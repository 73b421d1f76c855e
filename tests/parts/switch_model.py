"""A model of parent, broker and network around the switch, walked by hypothesis: what may never happen is checked.

The broker is honest but slow, silent, doubtful or busy by turns; the network keeps what he said and loses what was on
its way to him; the process that runs the switch is killed and learns from its journal.
"""

from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from app.engine.switch.facts import (
    CancelAsked,
    CancelRefused,
    CheckGuard,
    Disconnected,
    Effect,
    Fact,
    GuardJudged,
    KillAsked,
    KillReleased,
    LoggedOn,
    NotSent,
    ReenterAsked,
    Rejected,
    Report,
    SendFix,
    StatusAsked,
    SwitchAsked,
    Target,
    Ticked,
)
from app.engine.switch.ids import Ids
from app.engine.switch.session import Session
from app.engine.units import SECOND
from tests.engine.switch.made import PASSIVE, T0, TAGS, profile

QTY = 1000


@dataclass
class Working:
    """An order at the broker."""

    order_id: str
    cl: str
    qty: int
    cum: int = 0
    open: bool = True
    fills: dict[str, int] = field(default_factory=dict)

    @property
    def exposed(self) -> int:
        """Shares done, and those that may still be."""
        return self.qty if self.open else self.cum


class SwitchModel(RuleBasedStateMachine):
    """`steps` counts every step of every walk."""

    mode = "replace"
    steps = 0

    def __init__(self) -> None:
        super().__init__()
        self.profile = profile(self.mode, status_request=True)
        self.session = Session(self.profile, Ids(host="desk"))
        self.now = T0
        self.journal: list[tuple[int, Fact]] = []
        self.up = False
        self.orders: dict[str, Working] = {}
        self.to_broker: list[SendFix] = []
        self.to_us: list[Fact] = []
        self.told: list[Fact] = []
        self.delivered: dict[str, int] = {}  # fills, by ExecID
        self.open_requests: dict[str, str] = {}  # of ours without an answer: ClOrdID -> type
        self.cancelled: set[str] = set()  # ClOrdIDs of ours whose 150=4 has reached us
        self.late = 0
        self.checks: list[CheckGuard] = []
        self.guard = True
        self.execs = 0
        self.orders["O1"] = Working("O1", "A1", QTY)
        self.connect()
        self.say(self.orders["O1"], "0", "A1")
        self.deliver_all()

    # -- us -----------------------------------------------------------------------------------------------------------

    def tell(self, fact: Fact) -> None:
        """A fact reaches the switch: on its journal first, then what follows from it."""
        type(self).steps += 1
        self.journal.append((self.now, fact))
        self.act(self.session.receive(fact, self.now))

    def act(self, effects: list[Effect]) -> None:
        """Do what it wants done."""
        for effect in effects:
            if isinstance(effect, SendFix):
                self.send(effect)
            elif isinstance(effect, CheckGuard):
                self.checks.append(effect)
        while self.checks:
            check = self.checks.pop()
            self.tell(GuardJudged(order_id=check.order_id, passed=self.guard, qty=check.qty))

    def send(self, message: SendFix) -> None:
        """What goes out is allowed to, or this is the end of the walk."""
        if message.kind in {"G", "D"}:
            assert not self.open_requests, (message, self.open_requests)
        if message.kind == "F":
            assert not self.open_requests or message.purpose in {"cancel", "kill"}, (message, self.open_requests)
        if message.kind == "D":
            assert self.cancelled, "a new order before a cancel of ours was confirmed"
        if message.kind != "H":
            self.open_requests[message.cl_ord_id] = message.kind
        if not self.up:
            self.answered(message.cl_ord_id)
            self.tell(NotSent(cl_ord_id=message.cl_ord_id, kind=message.kind, text="offline"))
            return
        self.to_broker.append(message)

    def answered(self, cl_ord_id: str) -> None:
        """A request of ours has its answer."""
        self.open_requests.pop(cl_ord_id, None)

    # -- the broker ---------------------------------------------------------------------------------------------------

    def say(self, order: Working, exec_type: str, cl: str, **more: Any) -> None:
        """A report, to be delivered some time."""
        self.execs += 1
        status = "4" if not order.open and order.cum < order.qty else "2" if order.cum >= order.qty else "0"
        values: dict[str, Any] = {
            "status": status, "cl_ord_id": cl, "order_id": order.order_id, "exec_id": f"E{self.execs}",
            "qty": order.qty, "cum": order.cum, "leaves": order.qty - order.cum if order.open else 0, "tags": TAGS,
        } | more  # fmt: skip
        self.to_us.append(Report(exec_type=exec_type, **values))

    def refuse(self, order: Working | None, message: SendFix, reason: str) -> None:
        """A 35=9."""
        status = "8" if order is None else "2" if order.cum >= order.qty else "0" if order.open else "4"
        order_id = "NONE" if order is None else order.order_id
        self.to_us.append(
            CancelRefused(cl_ord_id=message.cl_ord_id, order_id=order_id, status=status, reason=reason, text="no")
        )

    def handle(self, message: SendFix, how: str) -> None:
        """One request of ours: answered as drawn, as far as the order allows."""
        tags = dict(message.fields)
        if message.kind == "D":
            self.enter(message, int(tags[38]), how)
            return
        order = next((o for o in self.orders.values() if o.cl in {tags.get(41), tags[11]}), None)
        if message.kind == "H":
            self.status(order or self.orders.get(tags.get(37, "")), message)
        elif how == "reject":
            self.to_us.append(Rejected(cl_ord_id=message.cl_ord_id, kind=message.kind, text="no"))
        elif order is None:
            self.refuse(None, message, "1")
        elif not order.open or how == "refuse":
            self.refuse(order, message, "0")
        elif how != "silence":
            if how == "pending":
                self.say(order, "E" if message.kind == "G" else "6", message.cl_ord_id)
            order.cl = message.cl_ord_id
            order.open = message.kind == "G"
            self.say(order, "5" if message.kind == "G" else "4", message.cl_ord_id)

    def enter(self, message: SendFix, qty: int, how: str) -> None:
        """A new order."""
        if how == "silence":
            return
        order = Working(f"N{message.cl_ord_id}", message.cl_ord_id, qty)
        if how in {"refuse", "reject"}:
            self.say(order, "8", message.cl_ord_id, order_id="NONE", status="8", leaves=0)
            return
        self.orders[order.order_id] = order
        self.say(order, "0", message.cl_ord_id)

    def status(self, order: Working | None, message: SendFix) -> None:
        """A 35=H."""
        if order is None:
            gone = Working("NONE", message.cl_ord_id, 0)
            self.say(gone, "I", message.cl_ord_id, status="8", exec_id="0")
        else:
            self.say(order, "I", order.cl, exec_id="0")

    # -- the network --------------------------------------------------------------------------------------------------

    def connect(self) -> None:
        """Logged on; everything missed first."""
        self.up = True
        self.deliver_all()
        self.tell(LoggedOn())

    def deliver_all(self) -> None:
        """Everything that is under way to us."""
        while self.to_us:
            self.deliver(self.to_us.pop(0))

    def deliver(self, fact: Fact) -> None:
        """One message reaches us."""
        if isinstance(fact, Report):
            if fact.exec_type == "F":
                self.delivered[fact.exec_id] = fact.last_qty or 0
            elif fact.exec_type == "H":
                self.delivered.pop(fact.ref_exec_id, None)
            elif fact.exec_type == "4" and fact.cl_ord_id in self.open_requests:
                self.cancelled.add(fact.cl_ord_id)
            if fact.exec_type == "I":
                self.open_requests.clear()  # a status says what became of whatever was never answered
            elif fact.exec_type not in {"E", "6", "F", "H", "D"}:
                self.answered(fact.cl_ord_id)
            if fact.exec_type == "C" or (fact.exec_type == "4" and fact.cl_ord_id not in self.cancelled):
                self.open_requests.clear()  # the order is gone: whatever was asked of it
        elif isinstance(fact, CancelRefused | Rejected):
            self.answered(fact.cl_ord_id)
        self.told.append(fact)
        self.tell(fact)

    # -- rules --------------------------------------------------------------------------------------------------------

    @rule(to=st.sampled_from([PASSIVE, Target(strategy="VWAP")]), mode=st.sampled_from(["", "replace", "cancel_new"]))
    def ask_switch(self, to: Target, mode: Any) -> None:
        """Somebody switches."""
        self.tell(SwitchAsked(order_id=self.any_order(), target=to, mode=mode))

    @rule()
    def ask_pause(self) -> None:
        """Somebody pauses."""
        self.tell(SwitchAsked(order_id=self.any_order(), target=PASSIVE, purpose="pause"))

    @rule(kill=st.booleans())
    def ask_cancel(self, kill: bool) -> None:
        """Somebody cancels."""
        self.tell(CancelAsked(order_id=self.any_order(), kill=kill))

    @rule(scope=st.sampled_from(["all", "order:O1", "instrument:TECH"]), on=st.booleans())
    def ask_kill(self, scope: str, on: bool) -> None:
        """The kill switch."""
        self.tell(KillAsked(scope=scope) if on else KillReleased(scope=scope))

    @rule()
    def ask_reenter(self) -> None:
        """Somebody enters naked shares anew."""
        self.tell(ReenterAsked(order_id=self.any_order(), target=PASSIVE))

    @rule()
    def ask_status(self) -> None:
        """Somebody reconciles."""
        self.tell(StatusAsked(order_id=self.any_order()))

    @rule(seconds=st.sampled_from([0.5, 2.5, 6.0, 30.0]))
    def time_goes_by(self, seconds: float) -> None:
        """Deadlines."""
        self.now += round(seconds * SECOND)
        self.tell(Ticked())

    @rule(passes=st.booleans())
    def guard_changes(self, passes: bool) -> None:
        """What the guard will say from now on."""
        self.guard = passes

    @precondition(lambda self: self.up and self.to_broker)
    @rule(how=st.sampled_from(["accept", "pending", "refuse", "reject", "silence"]))
    def broker_acts(self, how: str) -> None:
        """The next request."""
        self.handle(self.to_broker.pop(0), how)

    @rule(qty=st.sampled_from([1, 100, 400, QTY]))
    def fills(self, qty: int) -> None:
        """An execution, also while a request is under way."""
        for order in self.orders.values():
            done = min(qty, order.qty - order.cum)
            if order.open and done:
                order.cum += done
                order.open = order.cum < order.qty
                order.fills[f"E{self.execs + 1}"] = done
                self.say(order, "F", order.cl, last_qty=done)
                return

    @rule(qty=st.sampled_from([1, 50]))
    def fills_late(self, qty: int) -> None:
        """An execution of an order that was cancelled: the broker's doing."""
        order = self.orders["O1"]
        if not order.open and order.cum + qty < order.qty:
            order.cum += qty
            self.late += qty
            order.fills[f"E{self.execs + 1}"] = qty
            self.say(order, "F", order.cl, last_qty=qty)

    @rule()
    def busts(self) -> None:
        """The last execution is undone."""
        order = next((o for o in self.orders.values() if o.fills and o.open), None)
        if order is not None:
            exec_id, qty = order.fills.popitem()
            order.cum -= qty
            self.say(order, "H", order.cl, ref_exec_id=exec_id, last_qty=qty)

    @rule(expired=st.booleans())
    def ends(self, expired: bool) -> None:
        """The broker ends an order by himself."""
        order = next((o for o in self.orders.values() if o.open), None)
        if order is not None:
            order.open = False
            self.say(order, "C" if expired else "4", order.cl)

    @precondition(lambda self: self.up and self.to_us)
    @rule()
    def a_message_arrives(self) -> None:
        """The next one."""
        self.deliver(self.to_us.pop(0))

    @precondition(lambda self: self.up and self.told)
    @rule(back=st.integers(1, 4))
    def a_report_comes_again(self, back: int) -> None:
        """Said twice, perhaps much later."""
        fact = self.told[-min(back, len(self.told))]
        if isinstance(fact, Report) and fact.exec_type != "I":
            self.tell(fact)

    @precondition(lambda self: self.up)
    @rule(arrives=st.booleans(), how=st.sampled_from(["accept", "refuse", "silence"]))
    def the_line_breaks(self, arrives: bool, how: str) -> None:
        """What was on its way to the broker arrives, or is lost."""
        self.up = False
        waiting, self.to_broker = self.to_broker, []
        for message in waiting if arrives else ():
            self.handle(message, how)
        self.tell(Disconnected())

    @precondition(lambda self: not self.up)
    @rule()
    def the_line_is_back(self) -> None:
        """Logon, resend, and then the rest."""
        self.connect()

    @rule()
    def the_process_is_killed(self) -> None:
        """A new one learns what the old one knew, from the journal alone."""
        before = self.session
        again = Session(self.profile, Ids(host="desk"))
        for now, fact in self.journal:
            again.receive(fact, now)
        assert [order.state for order in again.every()] == [order.state for order in before.every()]
        assert [order.request for order in again.every()] == [order.request for order in before.every()]
        assert again.ids.count == before.ids.count
        self.session = again
        self.up = False
        self.to_broker.clear()
        self.tell(Disconnected())

    def any_order(self) -> str:
        """The newest order that is known."""
        return self.session.every()[-1].order_id

    # -- what must always hold ----------------------------------------------------------------------------------------

    @invariant()
    def never_more_than_the_parent(self) -> None:
        """Working and done together, but for what the broker did by himself after the end."""
        assert sum(order.exposed for order in self.orders.values()) <= QTY + self.late

    @invariant()
    def one_request_at_a_time(self) -> None:
        """Of an order, as it sees itself."""
        for order in self.session.every():
            assert order.request is None or order.request.cl_ord_id not in {r.cl_ord_id for r in order.lost}

    @invariant()
    def every_fill_is_held(self) -> None:
        """Each once, whatever the state."""
        assert sum(order.held for order in self.session.every()) == sum(self.delivered.values())
