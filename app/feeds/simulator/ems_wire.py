"""Messages of the simulated EMS about the orders it keeps: reports, refusals, rejects."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from app.engine.switch.profile import Profile
from app.engine.switch.stamp import utc_text
from app.feeds.decode.fix_fields import FixMessage
from app.feeds.decode.fix_wire import Header, built, price_text
from app.feeds.simulator.ems_script import Reaction

Tags = tuple[tuple[int, str], ...]

WORKING: Final = frozenset({"0", "1"})
# Of a request: envelope, and what names the request rather than the order.
_NOT_KEPT: Final = frozenset({8, 9, 10, 11, 34, 35, 37, 41, 43, 49, 52, 56, 58, 60, 97, 122})


class Answer(NamedTuple):
    """One FIX message of the EMS and the event time it is sent at."""

    at_ns: int
    raw: bytes


@dataclass(slots=True)
class Kept:
    """One algo order as the EMS keeps it."""

    order_id: str
    parent_id: str
    cl_ord_id: str
    qty: int
    tags: Tags
    cum: int = 0
    notional: int = 0
    status: str = "0"
    pending: str = ""  # ClOrdID of the request being answered

    @property
    def leaves(self) -> int:
        """Shares still to be done; nothing of an order that ended."""
        return max(self.qty - self.cum, 0) if self.status in WORKING else 0


class Asked(NamedTuple):
    """A request under way: the message, how it will be answered, the order it names (None: unknown)."""

    message: FixMessage
    reaction: Reaction
    kept: Kept | None

    @property
    def id(self) -> str:
        """ClOrdID of the request."""
        return self.message.text(11) or ""


class Told(NamedTuple):
    """What a report says beside the order's standing values; empty = the order's own."""

    exec_type: str
    extra: tuple[tuple[int, str], ...] = ()
    exec_id: str = ""
    cl_ord_id: str = ""
    status: str = ""
    reaction: Reaction | None = None


@dataclass(slots=True)
class Outbox:
    """Builds and numbers the messages, in the order they are said."""

    profile: Profile
    quiet: bool = False
    _out: list[Answer] = field(default_factory=list)
    _seq: int = 0
    _exec: int = 0

    def taken(self) -> list[Answer]:
        """What was said since the last call."""
        said, self._out = self._out, []
        return said

    def exec_id(self) -> str:
        """A new ExecID."""
        self._exec += 1
        return f"R{self._exec}"

    def report(self, kept: Kept, told: Told, at_ns: int) -> None:
        """A 35=8 on an order."""
        if self.quiet:
            return
        average = kept.notional // kept.cum if kept.cum else 0
        fields = [
            (37, kept.order_id), (11, told.cl_ord_id or kept.cl_ord_id), (17, told.exec_id or self.exec_id()),
            (150, told.exec_type), (39, told.status or kept.status), *told.extra, *self._echoed(kept, told.reaction),
            (38, str(kept.qty)), (151, str(kept.leaves)), (14, str(kept.cum)), (6, price_text(average)),
            (60, utc_text(at_ns)),
        ]  # fmt: skip
        for copy in range(1 if told.reaction is None else told.reaction.copies):
            self.send("8", fields, at_ns, repeated=copy > 0)

    def _echoed(self, kept: Kept, reaction: Reaction | None) -> list[tuple[int, str]]:
        tags = [pair for pair in kept.tags if pair[0] != 38]
        echo = "equal" if reaction is None else reaction.echo
        if echo == "absent":
            return [pair for pair in tags if pair[0] != self.profile.strategy_tag]
        if echo == "other":
            return [(tag, "OTHER" if tag == self.profile.strategy_tag else value) for tag, value in tags]
        return tags

    def refuse(self, asked: Asked, at_ns: int, wrong: tuple[int | None, str]) -> None:
        """A 35=9 on a cancel or replace, a 150=8 on a new order; `wrong` is the reason code and the text."""
        message, kept = asked.message, asked.kept
        reason, text = wrong
        tail = [(58, text), (60, utc_text(at_ns))]
        if message.kind == "D":
            head = [
                (37, "NONE"), (11, asked.id), (17, self.exec_id()), (150, "8"), (39, "8"),
                (103, str(99 if reason is None else reason)), (14, "0"), (151, "0"), (6, "0"),
            ]  # fmt: skip
            self.send("8", [*head, *application_tags(message), *tail], at_ns)
            return
        known = kept if reason != 1 else None
        head = [(37, known.order_id if known else "NONE"), (11, asked.id), (41, message.text(41) or "")]
        head += [(39, known.status if known else "8"), (434, "2" if message.kind == "G" else "1")]
        self.send("9", [*head, *([] if reason is None else [(102, str(reason))]), *tail], at_ns)

    def unknown(self, cl_ord_id: str, at_ns: int) -> None:
        """The answer to a 35=H about an order nobody knows."""
        fields = [
            (37, "NONE"), (11, cl_ord_id), (17, "0"), (150, "I"), (39, "8"), (103, "5"), (58, "unknown order"),
            (14, "0"), (151, "0"), (6, "0"), (60, utc_text(at_ns)),
        ]  # fmt: skip
        self.send("8", fields, at_ns)

    def reject(self, kind: str, message: FixMessage, at_ns: int, text: str) -> None:
        """A 35=3 or 35=j on a message."""
        fields = [(45, message.text(34) or "0"), (372, message.kind)]
        if kind == "j":
            fields += [(379, message.text(11) or ""), (380, "3")]
        self.send(kind, [*fields, (58, text)], at_ns)

    def send(self, kind: str, fields: Iterable[tuple[int, str]], at_ns: int, *, repeated: bool = False) -> None:
        """One message; a repeat keeps its number and says 43=Y."""
        if self.quiet:
            return
        self._seq += not repeated
        header = Header(self.profile.target, self.profile.sender, self._seq, at_ns, at_ns if repeated else None)
        self._out.append(Answer(at_ns, built(header, kind, fields)))


def application_tags(message: FixMessage) -> Tags:
    """The application tags of a request, in their order."""
    return tuple((tag, value.decode("utf-8", "replace")) for tag, value in message.fields if tag not in _NOT_KEPT)
