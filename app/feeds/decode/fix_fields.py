"""Fields of a FIX message: tag=value pairs in order, exact decimals, UTC stamps.

Sources: FIX 4.2 and 4.4 specifications, volume 1 (data types) and volume 6 (field list).
"""

import re
from datetime import date
from typing import Final, TypeAlias

import msgspec

from app.engine.units import NULL, SECOND

Field: TypeAlias = tuple[int, bytes]

SOH: Final = b"\x01"
INT64_MAX: Final = 2**63 - 1
# Length field -> the data field right after it, whose value may hold any byte, SOH included.
DATA_FIELDS: Final = {
    90: 91, 93: 89, 95: 96, 212: 213, 348: 349, 350: 351, 352: 353, 354: 355, 356: 357, 358: 359, 360: 361, 362: 363,
    364: 365, 445: 446, 618: 619, 621: 622, 1184: 1185, 1277: 1278, 1280: 1281, 1397: 1398, 1401: 1402, 1403: 1404,
    1468: 1469,
}  # fmt: skip
# Names used in reasons; a tag without one is shown by its number.
NAMES: Final = {
    1: "Account", 6: "AvgPx", 8: "BeginString", 9: "BodyLength", 10: "CheckSum", 11: "ClOrdID", 12: "Commission",
    13: "CommType", 14: "CumQty", 17: "ExecID", 19: "ExecRefID", 20: "ExecTransType", 30: "LastMkt", 31: "LastPx",
    32: "LastQty", 34: "MsgSeqNum", 35: "MsgType", 37: "OrderID", 38: "OrderQty", 39: "OrdStatus",
    41: "OrigClOrdID", 43: "PossDupFlag", 44: "Price", 49: "SenderCompID", 52: "SendingTime", 54: "Side", 55: "Symbol",
    56: "TargetCompID", 60: "TransactTime", 99: "StopPx", 126: "ExpireTime", 150: "ExecType", 151: "LeavesQty",
    168: "EffectiveTime", 849: "ParticipationRate",
}  # fmt: skip

_NUMBER: Final = re.compile(rb"(-?)(\d*)(?:\.(\d*))?")
_UTC: Final = re.compile(rb"(\d{4})(\d\d)(\d\d)-(\d\d):(\d\d):(\d\d)(?:\.(\d{1,12}))?")
_FIELD: Final = re.compile(rb"([1-9]\d{0,8})=(.*)", re.DOTALL)
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()


class FixMessage(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One framed message: its fields in order (8, 9 and 10 included), where it stood, and the text before it.

    `raw` is the SOH form whatever the delimiter was; `size` counts the bytes it took in the file.
    """

    fields: tuple[Field, ...]
    first: dict[int, bytes]  # first occurrence of each tag with a value
    raw: bytes
    offset: int
    line: int
    size: int
    prefix: bytes = b""
    stamp: int | None = None  # capture stamp (ns) where the file gives one with each message
    irregular: tuple[str, ...] = ()  # what was counted instead of quarantined

    def text(self, tag: int) -> str | None:
        """The first value of a tag as text; None when absent or empty."""
        value = self.first.get(tag)
        return None if value is None else decoded(value)

    @property
    def kind(self) -> str:
        """MsgType (35)."""
        return self.text(35) or ""


def decoded(value: bytes) -> str:
    """Text of a value: UTF-8, else one character a byte."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def tag_name(tag: int) -> str:
    """A tag for people: `OrderQty (38)`."""
    return f"{NAMES[tag]} ({tag})" if tag in NAMES else f"tag {tag}"


def refusal(tag: int, value: bytes | str | None, allowed: str) -> str:
    """The reason a field was refused: its name, its value, what is allowed."""
    if value is None:
        return f"{tag_name(tag)} is missing; allowed: {allowed}"
    shown = decoded(value) if isinstance(value, bytes) else value
    return f"{tag_name(tag)} = {shown!r} is not allowed; allowed: {allowed}"


def split_fields(span: bytes, delimiter: bytes, data_fields: dict[int, int]) -> list[Field] | str:
    """Fields of one message, or the reason they cannot be read.

    A piece that is not tag=value continues the value before it when the delimiter is a printable stand-in (the text
    held that character); with SOH it is an error. A data field takes as many bytes as its length field says.
    """
    pieces = span.split(delimiter)
    if pieces and not pieces[-1]:
        pieces.pop()
    fields: list[Field] = []
    at = 0
    while at < len(pieces):
        match = _FIELD.fullmatch(pieces[at])
        at += 1
        if match is None:
            piece = pieces[at - 1]
            if delimiter == SOH or not fields:
                return f"field {decoded(piece)!r} is not allowed; allowed: tag=value"
            fields[-1] = (fields[-1][0], fields[-1][1] + delimiter + piece)
            continue
        tag, value = int(match[1]), match[2]
        fields.append((tag, value))
        if tag in data_fields and at < len(pieces):
            taken = _data_value(pieces, at, data_fields[tag], value)
            if isinstance(taken, str):
                return refusal(tag, value, taken)
            if taken is not None:
                data, at = taken
                fields.append((data_fields[tag], data))
    return fields


def _data_value(pieces: list[bytes], at: int, tag: int, length: bytes) -> tuple[bytes, int] | str | None:
    """The data value at a piece and the next piece; text: what the length should be; None: no data field there."""
    head = b"%d=" % tag
    if not pieces[at].startswith(head):
        return None
    if not length.isdigit() or len(length) > 9:
        return "the byte count of the data field after it"
    wanted = int(length)
    value = pieces[at][len(head) :]
    at += 1
    while len(value) < wanted and at < len(pieces):
        value += SOH + pieces[at]
        at += 1
    return (value, at) if len(value) == wanted else "the byte count of the data field after it"


def soh_form(fields: list[Field]) -> bytes:
    """The message as it was on the wire."""
    return b"".join(b"%d=%b\x01" % field for field in fields)


def scaled(text: bytes, digits: int) -> int | None:
    """A decimal as an exact integer of 10**-digits; None for NaN, exponents, more digits than fit, beyond 64 bits."""
    match = _NUMBER.fullmatch(text) if len(text) <= 64 else None
    if match is None:
        return None
    whole, part = match[2], match[3] or b""
    if not whole and not part:
        return None
    figures, shift = int(whole + part), digits - len(part)
    if shift >= 0:
        number = figures * 10**shift
    else:
        number, rest = divmod(figures, 10**-shift)
        if rest:
            return None
    number = -number if match[1] else number
    return number if NULL < number <= INT64_MAX else None


def utc_ns(text: bytes) -> int | None:
    """A UTCTimestamp (seconds to picoseconds, cut to ns) as ns since the epoch; None when it is not one."""
    match = _UTC.fullmatch(text)
    if match is None:
        return None
    day = day_ns(int(match[1]), int(match[2]), int(match[3]))
    clock = clock_ns(int(match[4]), int(match[5]), int(match[6]), match[7] or b"")
    return None if day is None or clock is None else day + clock


def has_fraction(text: bytes | None) -> bool:
    """True when a stamp is finer than a second."""
    return text is not None and b"." in text


def day_ns(year: int, month: int, day: int) -> int | None:
    """Midnight UTC of a date in ns since the epoch; None when there is no such date or it does not fit."""
    try:
        days = date(year, month, day).toordinal() - _EPOCH_DAY
    except ValueError:
        return None
    return days * 86_400 * SECOND if 1900 <= year <= 2261 else None


def clock_ns(hour: int, minute: int, second: int, fraction: bytes) -> int | None:
    """Time of day in ns (second 60 = leap second, counted on); None when there is no such time."""
    if hour > 23 or minute > 59 or second > 60:
        return None
    return ((hour * 60 + minute) * 60 + second) * SECOND + int(fraction[:9].ljust(9, b"0"))
