"""FIX messages out: fields and a header to the bytes of the wire. Source: FIX 4.4 volume 2 (header and trailer)."""

from collections.abc import Iterable
from typing import NamedTuple

from app.engine.switch.stamp import utc_text
from app.engine.units import PRICE_SCALE
from app.feeds.decode.fix_fields import SOH


class Header(NamedTuple):
    """Who says it to whom, as which message of the session, when (event ns); a repeat names its first time."""

    sender: str
    target: str
    seq: int
    sent_ns: int
    first_sent_ns: int | None = None
    begin: str = "FIX.4.4"


def built(header: Header, kind: str, fields: Iterable[tuple[int, str]]) -> bytes:
    """One whole message: 8, 9, 35, 49, 56, 34, 43/122, 52, the fields in their order, 10."""
    head = [(35, kind), (49, header.sender), (56, header.target), (34, str(header.seq))]
    if header.first_sent_ns is not None:
        head += [(43, "Y"), (122, utc_text(header.first_sent_ns))]
    head.append((52, utc_text(header.sent_ns)))
    body = b"".join(b"%d=%b\x01" % (tag, value.encode()) for tag, value in (*head, *fields))
    message = b"8=%b\x019=%d\x01%b" % (header.begin.encode(), len(body), body)
    return message + b"10=%03d" % (sum(message) % 256) + SOH


def price_text(price: int) -> str:
    """A price in 1e-9 as the shortest plain decimal: 50250000000 -> 50.25."""
    whole, part = divmod(abs(price), PRICE_SCALE)
    text = f"{whole}.{part:09d}".rstrip("0").rstrip(".")
    return f"-{text}" if price < 0 else text
