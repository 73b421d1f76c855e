"""What the control process does with a fact: journal, machine, disk, wire, audit; and the guard before it.

No thread, no socket: `process` and `inline` drive it. Everything is done in one order: the fact is written down, the
machine says what follows, the messages are on disk, then on the wire, then in the audit.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import msgspec

from app.control.asks import Forecast
from app.control.audit import AuditLog
from app.control.brokers import Broker
from app.control.facts import fact_of, parsed
from app.control.journal import Began, Happened, Intended, IntentJournal, Line, Reserved, Wired, read_journal
from app.control.link import LinkDownError, Sent
from app.control.outlook import Ahead
from app.engine.errors import FeedError
from app.engine.switch.facts import (
    Alarm,
    CheckGuard,
    Declined,
    Disconnected,
    Effect,
    Fact,
    GuardJudged,
    LoggedOn,
    Moved,
    Noted,
    NotSent,
    Report,
    SendFix,
    SwitchAsked,
    Ticked,
)
from app.engine.switch.guard import Check, Limits, Market, Sight, Wish, failures, judge, passed
from app.engine.switch.ids import Ids
from app.engine.switch.order import Order
from app.engine.switch.profile import Profile
from app.engine.switch.session import Session
from app.engine.switch.states import OVER, READY
from app.feeds.decode.fix_wire import Header, built

Barred = Callable[[str, Order], str]  # why a user may not act on an order, "" when he may
Send = Callable[[bytes], Sent | None]  # raises LinkDownError: not sent; FeedError: perhaps sent


class MarketSource(Protocol):
    """Where the guard looks for the market."""

    def market(self, order: Order, now: int) -> Market:
        """What is known of an order's instrument and parent at an event time (ns)."""

    def forecast(self, order: Order) -> Forecast:
        """What the order's algo of today is expected to do."""

    def ahead(self, order: Order) -> Ahead:
        """The market's pace and the time the order has left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of the message log: a message out or in, a state, a remark."""

    ts_ns: int
    order_id: str
    direction: Literal["out", "in", "note"]
    words: str
    kind: str = ""
    state: str = ""
    alarm: Alarm = ""
    raw: bytes = b""
    seq: int = 0


@dataclass(slots=True)
class Control:
    """The orders of one session with everything that is kept about them. `now` is the session's time (ns)."""

    profile: Profile
    limits: Limits
    send: Send
    source: MarketSource
    folder: Path | None = None
    host: str = "desk"
    wall_ns: int = 0
    now: int = 0
    known: int = 0  # messages received
    steps: list[Step] = field(default_factory=list)
    requests: dict[str, list[int]] = field(default_factory=dict)  # by user: times
    barred: Barred = field(default=lambda user, order: "")  # noqa: ARG005
    settle: Callable[[], None] | None = None  # puts the audit on disk, now or soon; None: now, by itself
    broker: Broker | None = None  # with the forms and rules of his FIXatdl file
    session: Session = field(init=False)
    audit: AuditLog = field(init=False)
    _journal: IntentJournal = field(init=False)
    _reserved: Reserved = field(init=False)
    _seq: int = 0
    _sent: dict[int, tuple[str, str]] = field(default_factory=dict)
    _wired: dict[int, tuple[str, str]] = field(default_factory=dict)  # the same, by the numbers of the wire
    _todo: deque[Fact] = field(default_factory=deque)
    _declined: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.session = Session(self.profile, Ids(host=self.host))
        counter = None if self.folder is None else self.folder.parent / "ids"
        journal = None if self.folder is None else self.folder / "intents.log"
        left = [] if journal is None else list(read_journal(journal))
        missing = self._recover(left)
        ids = self.session.ids
        self._reserved = Reserved(counter)
        ids.host, ids.count = self.host, max(ids.count, self._reserved.upto)
        self.audit = AuditLog(None if self.folder is None else self.folder / "audit.log")
        self._journal = IntentJournal(journal)
        self._journal.write(Began(self.wall_ns, self.host, self.profile, ids.count))
        self._journal.sync()
        self.audit.write("began", {"host": self.host, "profile": self.profile.name, "recovered": len(left)})
        for fact in missing:
            self.take(fact)
        if left:
            self.take(Disconnected())
        self.audit.sync()

    def close(self) -> None:
        """Close the files."""
        self._journal.close()
        self.audit.close()

    def settled(self) -> None:
        """What was audited goes to disk: before whoever waits for it is told."""
        if self.settle is None:
            self.audit.sync()
        else:
            self.settle()

    # -- facts -------------------------------------------------------------------------------------------------------

    def take(self, fact: Fact) -> str:
        """Take in one fact and do what follows from it; why it was declined, "" when it was not."""
        self._declined = []
        self._todo.append(fact)
        while self._todo:
            fact = self._todo.popleft()
            self._journal.write(Happened(self.now, fact, self.known))
            self._do(self.session.receive(fact, self.now))
        return "; ".join(self._declined)

    def tick(self, now: int) -> None:
        """The session's time is `now`; it never runs back."""
        self.now = max(self.now, now)
        deadline = self.session.deadline()
        if deadline is not None and deadline <= self.now:
            self.take(Ticked())

    def logged_on(self, *, up: bool) -> None:
        """The session came or went."""
        if up != self.session.online:
            self._note("", "session is logged on" if up else "session is lost", "" if up else "red")
            self.audit.write("session", {"up": up, "now_ns": self.now})
            self.take(LoggedOn() if up else Disconnected())

    def received(self, raw: bytes, at_ns: int, number: int) -> None:
        """A message came in; `number` counts those of the line."""
        self.tick(at_ns)
        self.known = max(self.known, number)
        message = parsed(raw)
        self.audit.write("in", {"raw": raw, "number": number, "now_ns": at_ns})
        if isinstance(message, str):
            self._note("", f"a message that cannot be read: {message}", "red")
            return
        fact = fact_of(message, (self._wired or self._sent).get)
        if isinstance(fact, str):
            self._note("", fact, "amber" if message.kind in {"3", "j"} else "")
            return
        self._log_in(fact, message.kind, raw)
        self.take(fact)

    def warned(self, words: str, raw: bytes) -> None:
        """The line says something that a person has to look at."""
        self._note("", words, "red")
        self.audit.write("warning", {"words": words, "raw": raw, "now_ns": self.now})

    def _log_in(self, fact: Fact, kind: str, raw: bytes) -> None:
        """Messages of an order nobody acts on are in the audit; the screen's log has those that answer somebody."""
        ids = {getattr(fact, "cl_ord_id", ""), getattr(fact, "orig_cl_ord_id", "")}
        order = self.session.orders.get(getattr(fact, "order_id", ""))
        order = next((o for i in ids if (o := self.session.order_of(i)) is not None), order)
        idle = order is None or (order.state in READY | OVER and order.request is None)
        if idle and isinstance(fact, Report) and fact.exec_type in {"F", "1", "2", "0", "I"}:
            return
        words = kind if not isinstance(fact, Report) else f"150={fact.exec_type} 39={fact.status}"
        words += f": {text}" if (text := getattr(fact, "text", "")) else ""
        self._log("in", "" if order is None else order.order_id, words, kind=kind, raw=raw, seq=self.known)

    def _log(self, direction: Literal["out", "in", "note"], order_id: str, words: str, **more: Any) -> None:
        order = self.session.orders.get(order_id)
        state = more.pop("state", "") or (order.state.value if order is not None else "")
        self.steps.append(
            Step(ts_ns=self.now, order_id=order_id, direction=direction, state=state, words=words, **more)
        )

    # -- effects -----------------------------------------------------------------------------------------------------

    def _do(self, effects: Iterable[Effect]) -> None:
        out: list[tuple[SendFix, int, bytes]] = []
        for effect in effects:
            match effect:
                case SendFix():
                    out.append(self._intend(effect))
                case CheckGuard():
                    self._judge_again(effect)
                case Moved():
                    self._note(effect.order_id, effect.words, effect.alarm, effect.after)
                case Noted():
                    self._note(effect.order_id, effect.words, effect.alarm)
                case Declined():
                    self._declined.append(effect.words)
                    self._note(effect.order_id, f"declined: {effect.words}")
        if out:
            self._journal.sync()  # on disk before it is on the wire
            for message, seq, raw in out:
                self._send(message, seq, raw)
            self.settled()

    def _intend(self, message: SendFix) -> tuple[SendFix, int, bytes]:
        self._reserved.reach(self.session.ids.count)
        self._seq += 1
        self._sent[self._seq] = (message.kind, message.cl_ord_id)
        self._journal.write(Intended(self.now, self._seq, message))
        header = Header(self.profile.sender, self.profile.target, self._seq, self.now)
        return message, self._seq, built(header, message.kind, message.fields)

    def _send(self, message: SendFix, seq: int, raw: bytes) -> None:
        fault = ""
        try:
            sent = self.send(raw)
            if sent is not None:
                self._journal.write(Wired(seq, sent.seq))
                raw, seq = sent.raw, sent.seq
                self._wired[seq] = (message.kind, message.cl_ord_id)
        except LinkDownError as error:
            fault = str(error)
            self._todo.append(NotSent(cl_ord_id=message.cl_ord_id, kind=message.kind, text=fault))
        except FeedError as error:  # it may have arrived: nobody may take it for unsent
            fault = f"perhaps sent: {error}"
            self._todo.append(Disconnected())
        entry = {"kind": message.kind, "order": message.order_id, "raw": raw, "seq": seq, "now_ns": self.now}
        self.audit.write("out", entry | ({"fault": fault} if fault else {}))
        words, alarm = fault or message.purpose, "red" if fault else ""
        self._log("out", message.order_id, words, kind=message.kind, raw=raw, seq=seq, alarm=alarm)

    def _judge_again(self, asked: CheckGuard) -> None:
        wish = Wish(action="reenter", order_id=asked.order_id, target=asked.target, whole_group=True)
        checks = self.judge(wish, "", confirmed=True)
        self.audit.write("guard", {"order": asked.order_id, "for": "re-entry", "checks": checks, "now_ns": self.now})
        judged = GuardJudged(order_id=asked.order_id, passed=passed(checks), qty=asked.qty, words=failures(checks))
        self._todo.append(judged)

    def judge(self, wish: Wish, user: str, *, confirmed: bool) -> list[Check]:
        """The guard at this moment; `user` "" = the one who confirmed before."""
        order = self.session.orders.get(wish.order_id)
        market = Market(fault="no order") if order is None else self.source.market(order, self.now)
        everyone = [time for times in self.requests.values() for time in times]
        limits = self.limits if user else msgspec.structs.replace(self.limits, users=())
        sight = Sight(
            now=self.now, wish=wish, order=order, profile=self.profile, limits=limits, market=market,
            online=self.session.online, user=user, killed="" if order is None else self.session.killed(order),
            barred=self.barred(user, order) if user and order is not None else "",
            confirmed=confirmed, by_user=self.requests.get(user, ()), by_firm=everyone,
        )  # fmt: skip
        return judge(sight) + self._ruled(wish, order)

    def _ruled(self, wish: Wish, order: Order | None) -> list[Check]:
        """What the broker's own file says of the parameters of a switch."""
        if self.broker is None or order is None or wish.action not in {"switch", "reenter"}:
            return []
        tags = dict(order.tags)
        check = self.broker.check(wish.target.strategy, wish.target.params, tags, self.now)
        return [] if check is None else [check]

    def remark(self, order_id: str, words: str, alarm: Alarm = "") -> None:
        """A line in the message log of an order, "" of the session."""
        self._note(order_id, words, alarm)

    def _note(self, order_id: str, words: str, alarm: Alarm = "", state: str = "") -> None:
        self._log("note", order_id, words, alarm=alarm, state=state)
        if alarm or state:
            self.audit.write(
                "state", {"order": order_id, "state": self.steps[-1].state, "words": words, "now_ns": self.now}
            )

    # -- recovery ----------------------------------------------------------------------------------------------------

    def _recover(self, lines: list[Line]) -> list[Fact]:
        """Take in every fact again, sending nothing; what was about to be sent but never was."""
        unsent: list[SendFix] = []
        for line in lines:
            match line:
                case Began():
                    self.session.profile = line.profile
                    self.session.ids.host, self.session.ids.count = line.host, line.count
                case Happened():
                    self.now, self.known = line.now, line.known
                    effects = self.session.receive(line.fact, line.now)
                    unsent += [effect for effect in effects if isinstance(effect, SendFix)]
                    if isinstance(line.fact, SwitchAsked):
                        self.requests.setdefault("earlier", []).append(line.now)
                case Wired():
                    self._wired[line.wire] = self._sent.get(line.seq, ("", ""))
                case Intended():
                    self._seq = line.seq
                    self._sent[line.seq] = (line.message.kind, line.message.cl_ord_id)
                    self.session.ids.saw(line.message.cl_ord_id)
                    unsent = [m for m in unsent if (m.kind, m.cl_ord_id) != (line.message.kind, line.message.cl_ord_id)]
        self.session.profile = self.profile
        self.session.online = False
        return [
            NotSent(cl_ord_id=message.cl_ord_id, kind=message.kind, text="the process ended before it was sent")
            for message in unsent
            if message.kind != "H"
        ]
