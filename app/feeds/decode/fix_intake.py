"""Intake of framed messages: their session, time and order; repeated copies are dropped once and counted.

Sources: FIX 4.4 volume 2 (PossDupFlag, PossResend); FIX 4.2 and 4.4 volume 4 (uniqueness of ExecID).
"""

from collections import Counter
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final, NamedTuple

from app.engine.events import Quarantined
from app.engine.units import SECOND
from app.feeds.decode.fix_fields import FixMessage, has_fraction, refusal, utc_ns
from app.feeds.decode.fix_links import Chains, Order
from app.feeds.decode.fix_prefix import Stamp, capture_stamp
from app.feeds.decode.fix_reports import meaning
from app.feeds.decode.fix_settings import FixSettings, SessionSettings

FROM_CLIENT: Final = frozenset({"D", "G", "F", "H"})
FROM_BROKER: Final = frozenset({"8", "9"})
REJECTS: Final = frozenset({"3", "j"})  # session and business reject of a message of ours
READ: Final = FROM_CLIENT | FROM_BROKER | REJECTS
# Order-carrying types that are not read: said in a note, so that their absence is no surprise.
UNREAD_ORDERS: Final = frozenset({"E", "AB", "AC", "s", "t", "u"})
_ENVELOPE: Final = frozenset({8, 9, 10, 34, 43, 52, 97, 122, 369})  # may differ between copies of one message


@dataclass(frozen=True, slots=True, eq=False)
class Received:
    """One message that says something about an order."""

    message: FixMessage
    source: str
    order: Order
    ts: int
    rec: int
    where: str


@dataclass(slots=True)
class _Seen:
    """What is remembered of a message: SendingTime of its first copy, and whether that was a PossDup."""

    sent: bytes
    possdup: bool


class Pending(NamedTuple):
    """A message of a type that is read, with its time; they are taken up in order of time, then of the log."""

    ts: int
    rec: int
    message: FixMessage
    where: str


@dataclass(slots=True)
class Intake:
    """Takes messages in log order; after settle() `received` are those that count, `chains` their orders."""

    settings: FixSettings
    source: str | None = None  # one name for all sessions
    received: list[Received] = field(default_factory=list)
    chains: Chains = field(default_factory=Chains)
    quarantine: list[Quarantined] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    _messages: int = 0
    _pending: list[Pending] = field(default_factory=list)
    _seen: dict[tuple[bytes, ...], _Seen] = field(default_factory=dict)
    _bodies: set[tuple[bytes, ...]] = field(default_factory=set)
    _executions: dict[tuple[str, ...], tuple[bytes, ...]] = field(default_factory=dict)
    requests: dict[tuple[str, bytes], tuple[str, Order]] = field(default_factory=dict)
    stamped_line: tuple[str, int, Stamp] | None = None
    _latest: dict[str, int] = field(default_factory=dict)

    def take(self, message: FixMessage, file: str) -> None:
        """Take the next message of a file."""
        rec = self._messages
        self.note(message)
        stamp = self._stamp(message, file)  # of every message: the line's stamp is remembered for the next one
        if message.kind not in READ:
            return
        where = f"{file} line {message.line} offset {message.offset}"
        session = self._session(message)[0]
        if stamp is None:
            allowed = "YYYYMMDD-HH:MM:SS.sss, or a stamp before the message"
            self._refuse(message, self.source or session, where, refusal(52, message.text(52), allowed))
            return
        latest = self._latest.get(session, stamp.ns)
        self.counts["out_of_order"] += stamp.ns < latest
        self._latest[session] = max(stamp.ns, latest)
        self.counts["coarse_stamps"] += stamp.grain >= SECOND
        self._pending.append(Pending(stamp.ns, rec, message, where))

    def note(self, message: FixMessage) -> None:
        """Count a message and what is irregular about it."""
        self._messages += 1
        self.counts[f"35={message.kind}"] += 1
        for what in message.irregular:
            self.counts[what] += 1
        self.counts["orders_not_read"] += message.kind in UNREAD_ORDERS

    def settle(self) -> None:
        """End of the log: drop the copies, find each message's order, link the chains."""
        for pending in sorted(self._pending, key=lambda pending: pending[:2]):
            if not self._repeated(pending.message):
                self._receive(pending)
        self._pending.clear()
        self.chains.settle()

    def drain(self) -> list[Received]:
        """What was taken since the last time and counts, in the order of the log: a live stream waits for nothing."""
        for pending in self._pending:
            if not self._repeated(pending.message):
                self._receive(pending)
        self._pending.clear()
        received, self.received = self.received, []
        return received

    def receive(self, pending: Pending) -> list[Received]:
        """A message known to be no copy, at once; what of it counts."""
        self._receive(pending)
        received, self.received = self.received, []
        return received

    def stamped(self, message: FixMessage, file: str) -> Stamp | None:
        """The time of a message."""
        return self._stamp(message, file)

    def stamp_beside(self, message: FixMessage, file: str) -> Stamp | None:
        """The capture stamp of a message's line."""
        if self.settings.stamp != "prefix":
            return None
        text = message.first.get(52)
        stamp = capture_stamp(message.prefix, self.settings.zone(), utc_ns(text) if text else None)
        line = self.stamped_line
        if stamp is None and line is not None and line[:2] == (file, message.line):
            stamp = line[2]
        if stamp is not None:
            self.stamped_line = (file, message.line, stamp)
            self.counts["stamped_by_prefix"] += 1
        return stamp

    def session_of(self, message: FixMessage) -> tuple[str, SessionSettings]:
        """The session of a message and its settings."""
        return self._session(message)

    def _receive(self, pending: Pending) -> None:
        message, where = pending.message, pending.where
        session, settings = self._session(message)
        source = self.source or session
        order = self._order(message, session, settings)
        if order is None:
            if message.kind in {"D", "G", "F", "8", "9"}:
                self._refuse(message, source, where, refusal(11, None, "an order id"))
        elif message.kind != "8" or not self._executed_before(message, order, where):
            self.received.append(Received(message, source, order, pending.ts, pending.rec, where))

    def _refuse(self, message: FixMessage, source: str, where: str, reason: str) -> None:
        self.quarantine.append(Quarantined(source=source, where=where, reason=reason, raw=message.raw))

    def _stamp(self, message: FixMessage, file: str) -> Stamp | None:
        """The file's own stamp of the message, the capture stamp of the line, SendingTime or TransactTime."""
        if message.stamp is not None:
            self.counts["stamped_by_record"] += 1
            return Stamp(message.stamp, 1)
        beside = self.stamp_beside(message, file)
        if beside is not None:
            return beside
        text = message.first.get(52)
        sent = utc_ns(text) if text else None
        if sent is None:
            text = message.first.get(60)
            sent = utc_ns(text) if text else None
            self.counts["stamped_by_transact_time"] += sent is not None
        else:
            self.counts["stamped_by_sending_time"] += 1
        return None if sent is None else Stamp(sent, 1 if has_fraction(text) else SECOND)

    def _session(self, message: FixMessage) -> tuple[str, SessionSettings]:
        """Session name and settings; the side that sends the orders comes first in a name made from the CompIDs."""
        sender, target = message.text(49) or "", message.text(56) or ""
        for name, settings in self.settings.session.items():
            for client, broker in ((sender, target), (target, sender)):
                if settings.sender in {"*", client} and settings.target in {"*", broker}:
                    return name, settings
        if message.kind in FROM_CLIENT:
            return f"{sender}-{target}", _DEFAULT
        return f"{target}-{sender}", _DEFAULT

    def _order(self, message: FixMessage, session: str, settings: SessionSettings) -> Order | None:
        """The order a message is about, its chain and links brought up to date."""
        kind, name = message.kind, message.text(11)
        order: Order | None
        if kind in REJECTS:
            return self._rejected(message, session)
        if kind == "H":
            return None
        if kind in FROM_BROKER:
            order = self.chains.reported(session, settings, message)
        elif name is None:
            return None
        elif kind == "D":
            again = message.text(43) == "Y" or message.text(97) == "Y"
            order = self.chains.opened(session, settings, name, again=again)
        else:
            order = self.chains.changed(session, settings, name, message.text(41))
        if order is not None:
            self.chains.learn(order, message)
            if kind in FROM_CLIENT:
                self.requests[session, message.first.get(34, b"")] = (kind, order)
        return order

    def _rejected(self, message: FixMessage, session: str) -> Order | None:
        """The order whose request a reject refuses: by RefSeqNum (45), else by BusinessRejectRefID (379)."""
        request = self.requests.get((session, message.first.get(45, b"")))
        if request is not None and message.text(372) in {None, request[0]}:
            return request[1]
        name = message.text(379)
        return self.chains.known(session, name) if name else None

    def _repeated(self, message: FixMessage) -> bool:
        """True for a copy of a message already taken: PossDup, PossResend, or the same line logged twice."""
        first = message.first
        body = blake2b(digest_size=16)
        for tag, value in message.fields:
            if tag not in _ENVELOPE:
                body.update(b"%d=%b\x01" % (tag, value))
        ends = (first.get(49, b""), first.get(56, b""), body.digest())
        key = (first.get(34, b""), *ends)
        possdup = first.get(43) == b"Y"
        seen = self._seen.get(key)
        if seen is not None and (possdup or seen.possdup):
            self.counts["possdup_copies"] += 1
            return True
        if seen is not None and seen.sent == first.get(52, b""):
            self.counts["log_copies"] += 1
            return True
        if first.get(97) == b"Y" and ends in self._bodies:
            self.counts["possresend_copies"] += 1
            return True
        self.counts["possdup_new"] += possdup
        self._seen[key] = _Seen(first.get(52, b""), possdup)
        self._bodies.add(ends)
        return False

    def _executed_before(self, message: FixMessage, order: Order, where: str) -> bool:
        """True for an execution already reported; a different one under the same ExecID is quarantined."""
        exec_id = message.text(17)
        said = meaning(message)
        if exec_id is None or said == "status":
            return False
        money = said in {"fill", "bust", "correct"}
        shown = tuple(message.first.get(tag, b"") for tag in ((32, 31, 14) if money else (150, 39, 14)))
        kind = said if money else f"{said} {message.text(11)}"
        key = (order.session, message.text(37) or order.first().name, exec_id, kind)
        known = self._executions.setdefault(key, shown)
        if known is shown:
            return False
        if known == shown:
            self.counts["execution_copies"] += 1
            return True
        if money:
            quantity, price, total = (value.decode("latin-1") for value in known)
            allowed = f"an id of its own: it was used for {quantity} @ {price}, CumQty {total}"
            self._refuse(message, self.source or order.session, where, refusal(17, exec_id, allowed))
        return money


_DEFAULT: Final = SessionSettings()
