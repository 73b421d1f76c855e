"""FIX on the wire, for tests: messages with a true BodyLength and CheckSum, written by other means than the decoder."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

Value: TypeAlias = str | int | bytes
Pairs: TypeAlias = Sequence[tuple[int, Value]]
Body: TypeAlias = list[tuple[int, Value]]

SECOND = 1_000_000_000
MILLISECOND = 1_000_000
T0 = int(datetime(2026, 11, 20, 15, 0, tzinfo=UTC).timestamp()) * SECOND


def utc(ns: int, digits: int = 6) -> str:
    """A UTCTimestamp with that many decimals."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=ns // SECOND)
    fraction = f".{ns % SECOND:09d}"[: digits + 1] if digits else ""
    return moment.strftime("%Y%m%d-%H:%M:%S") + fraction


def as_bytes(value: Value) -> bytes:
    """A value as it stands on the wire."""
    return value if isinstance(value, bytes) else str(value).encode()


def frame(pairs: Pairs, begin: str = "FIX.4.4", delimiter: bytes = b"\x01") -> bytes:
    """A whole message of the body's pairs; length and sum are those of the SOH form."""
    body = b"".join(b"%d=%b\x01" % (tag, as_bytes(value)) for tag, value in pairs)
    head = b"8=%b\x019=%d\x01" % (begin.encode(), len(body))
    total = 0
    for byte in head + body:
        total = (total + byte) & 255
    return (head + body + b"10=%03d\x01" % total).replace(b"\x01", delimiter)


class Line:
    """One FIX session seen from outside: counts the sequence numbers and stamps of both directions."""

    def __init__(self, client: str = "EMS", broker: str = "BRK", begin: str = "FIX.4.4") -> None:
        self.client, self.broker, self.begin = client, broker, begin
        self.next = {client: 1, broker: 1}
        self.log: list[tuple[int, bytes]] = []

    def send(self, kind: str, pairs: Pairs, ns: int = T0, extra: Pairs = ()) -> bytes:
        """A message of the side that sends this type, at a time; kept in the log."""
        sender = self.broker if kind in {"8", "9", "j"} else self.client
        receiver = self.client if sender == self.broker else self.broker
        head: Body = [
            (35, kind), (34, self.next[sender]), (49, sender), (56, receiver), (52, utc(ns)),
        ]  # fmt: skip
        self.next[sender] += 1
        message = frame([*head, *extra, *pairs], self.begin)
        self.log.append((ns, message))
        return message

    def text(self) -> bytes:
        """The log with a ns stamp before each message, a line each."""
        return lines(self.log)


def lines(log: Iterable[tuple[int, bytes]]) -> bytes:
    """Messages a line each, a ns stamp before them."""
    return b"".join(b"%d %b\n" % entry for entry in log)


def order(cl: str, qty: object = 100, px: object = "10.5", side: str = "1", symbol: str = "TECH") -> Body:
    """The body of a new limit order."""
    return [(11, cl), (55, symbol), (54, side), (38, str(qty)), (40, "2"), (44, str(px))]


def report(cl: str, exec_id: str, exec_type: str, status: str, more: Pairs = ()) -> Body:
    """The body of an execution report of FIX 4.4 on order `O-<cl>`."""
    own = {tag for tag, _ in more}
    body: Body = [(37, f"O-{cl}"), (11, cl), (17, exec_id), (150, exec_type), (39, status)]
    return [pair for pair in body if pair[0] not in own] + list(more)


def filled(cl: str, exec_id: str, last: tuple[object, object], cum: object, status: str = "1") -> Body:
    """The body of a fill of FIX 4.4: (quantity, price), CumQty after it."""
    return report(cl, exec_id, "F", status, [(32, str(last[0])), (31, str(last[1])), (14, str(cum))])
