"""Values of FIXatdl types: read from what a user types or a file says, compared, and written as FIX writes them.

Decimal for every number, bool, str, tuple of str, or a moment in UTC; None is {NULL}, no value.
"""

import re
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.feeds.atdl.model import AlgoParameter

Value = Decimal | bool | str | tuple[str, ...] | datetime | date | time | None

NULL: Final = "{NULL}"
WHOLE: Final = frozenset({"Int", "Length", "NumInGroup", "SeqNum", "TagNum"})
NUMBERS: Final = WHOLE | {"Float", "Qty", "Price", "PriceOffset", "Amt", "Percentage"}
MOMENTS: Final = frozenset({"UTCTimestamp", "TZTimestamp"})
TIMES: Final = frozenset({"UTCTimeOnly", "LocalMktTime", "TZTimeOnly"})
DAYS: Final = frozenset({"UTCDate", "UTCDateOnly", "LocalMktDate"})
SETS: Final = frozenset({"MultipleCharValue", "MultipleStringValue"})
TEXTS: Final = frozenset(
    {"Char", "String", "Currency", "Exchange", "MonthYear", "Country", "Language", "Tenor", "Data"}
)
KINDS: Final = NUMBERS | MOMENTS | TIMES | DAYS | SETS | TEXTS | {"Boolean"}

# What 959 of the 957-960 group calls a type (FIX 5.0SP2, StrategyParameterType).
CODES_959: Final = {
    "Int": 1, "Length": 2, "NumInGroup": 3, "SeqNum": 4, "TagNum": 5, "Float": 6, "Qty": 7, "Price": 8,
    "PriceOffset": 9, "Amt": 10, "Percentage": 11, "Char": 12, "Boolean": 13, "String": 14, "MultipleCharValue": 15,
    "Currency": 16, "Exchange": 17, "MonthYear": 18, "UTCTimestamp": 19, "UTCTimeOnly": 20, "LocalMktTime": 14,
    "LocalMktDate": 21, "UTCDate": 22, "UTCDateOnly": 22, "Data": 23, "MultipleStringValue": 24, "Country": 25,
    "Language": 26, "TZTimeOnly": 27, "TZTimestamp": 28, "Tenor": 29,
}  # fmt: skip

_WHOLE: Final = re.compile(r"-?[0-9]{1,18}")
_NUMBER: Final = re.compile(r"-?(?:[0-9]{1,15}\.?[0-9]{0,12}|\.[0-9]{1,12})")
_CLOCK: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?")
_SHAPES: Final = {
    "Char": (re.compile(r"[^\x01]"), "one character"),
    "Currency": (re.compile(r"[A-Z]{3}"), "three letters of a currency, as USD"),
    "Country": (re.compile(r"[A-Z]{2}"), "two letters of a country, as US"),
    "Language": (re.compile(r"[a-z]{2}"), "two letters of a language, as en"),
    "MonthYear": (
        re.compile(r"[0-9]{4}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01]|w[1-5])?"),
        "YYYYMM, YYYYMMDD or YYYYMMw1",
    ),
    "Tenor": (re.compile(r"[DWMY][1-9][0-9]{0,4}"), "D, W, M or Y and a number, as M3"),
}


class UnreadableError(Exception):
    """A text is no value of its type; what is allowed, in words."""


class Moment(NamedTuple):
    """When a form is filled in: the market's day and zone, and the time now (aware)."""

    day: date
    zone: str
    now: datetime


def zone_of(name: str) -> tzinfo:
    """A time zone. Raises UnreadableError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UnreadableError("a time zone, as America/New_York") from error


def value_of(parameter: AlgoParameter, text: str, moment: Moment) -> Value:
    """The value a text stands for; a time of day is one of the moment's day. Raises UnreadableError."""
    if text in {"", NULL}:
        return None
    if "\x01" in text:
        raise UnreadableError("text without SOH")
    zone = parameter.zone or moment.zone
    match parameter.kind:
        case kind if kind in NUMBERS:
            value: Value = _number(text, whole=kind in WHOLE)
        case "Boolean":
            value = _flag(text, parameter)
        case kind if kind in MOMENTS:
            value = _moment(text, zone, moment)
        case kind if kind in TIMES:
            value = _clock(text)
        case kind if kind in DAYS:
            value = _day(text)
        case kind if kind in SETS:
            value = _set(text, kind)
        case _:
            value = _text(text, parameter)
    return value


def wire_of(parameter: AlgoParameter, value: Value, moment: Moment) -> str:
    """A value as FIX carries it; "" for no value."""
    match value:
        case None:
            wire = ""
        case bool():
            wire = parameter.true_wire if value != parameter.inverted else parameter.false_wire
        case Decimal():
            wire = plain(_rounded(value * 100 if parameter.times_100 else value, parameter.precision))
        case tuple():
            wire = " ".join(value)
        case datetime():
            wire = _moment_wire(parameter, value, moment)
        case date():
            wire = value.strftime("%Y%m%d")
        case time():
            wire = _time_wire(parameter, value, moment)
        case _:
            wire = value
    return wire


def ordered(left: Value, right: Value) -> int | None:
    """-1, 0 or 1; None when the two cannot be compared (another type, no value, a set)."""
    if left is None or right is None or isinstance(left, bool) or isinstance(right, bool):
        return None
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return (left > right) - (left < right)
    if isinstance(left, str) and isinstance(right, str):
        return (left > right) - (left < right)
    if isinstance(left, datetime) and isinstance(right, datetime):
        return (left > right) - (left < right)
    if isinstance(left, time) and isinstance(right, time):
        return (left > right) - (left < right)
    if type(left) is date and type(right) is date:
        return (left > right) - (left < right)
    return None


def plain(number: Decimal) -> str:
    """A number without exponent and without zeros behind it: 25, .5 as 0.5, 1E+3 as 1000."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def _number(text: str, *, whole: bool) -> Decimal:
    shape = _WHOLE if whole else _NUMBER
    if not text.isascii() or not shape.fullmatch(text):
        raise UnreadableError("a whole number" if whole else "a number")
    return Decimal(text)


def _rounded(number: Decimal, precision: int | None) -> Decimal:
    """Never rounded silently beyond what the file asks for: half to even at its precision."""
    return number if precision is None else number.quantize(Decimal(1).scaleb(-precision))


def _flag(text: str, parameter: AlgoParameter) -> bool:
    if text in {"true", parameter.true_wire}:
        return True
    if text in {"false", parameter.false_wire}:
        return False
    raise UnreadableError(f"{parameter.true_wire} or {parameter.false_wire}")


def _clock(text: str) -> time:
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise UnreadableError("a time of day, HH:MM:SS")
    hour, minute, second = found.groups(default="0")
    return time(int(hour), int(minute), int(second))


def _moment(text: str, zone: str, moment: Moment) -> datetime:
    if "-" in text:
        try:
            return datetime.strptime(text, "%Y%m%d-%H:%M:%S").replace(tzinfo=UTC)
        except ValueError as error:
            raise UnreadableError("HH:MM:SS, or YYYYMMDD-HH:MM:SS in UTC") from error
    return datetime.combine(moment.day, _clock(text), zone_of(zone)).astimezone(UTC)


def _day(text: str) -> date:
    try:
        return datetime.strptime(text.replace("-", ""), "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError as error:
        raise UnreadableError("a day, YYYYMMDD") from error


def _set(text: str, kind: str) -> tuple[str, ...]:
    words = tuple(text.split(" "))
    if "" in words or len(set(words)) != len(words):
        raise UnreadableError("values with one blank between, each once")
    if kind == "MultipleCharValue" and any(len(word) != 1 for word in words):
        raise UnreadableError("single characters with one blank between")
    return words


def _text(text: str, parameter: AlgoParameter) -> str:
    # A list of wire values says itself what is allowed: brokers name more than one character in a Char.
    shape = None if parameter.enums else _SHAPES.get(parameter.kind)
    if shape is not None and not shape[0].fullmatch(text):
        raise UnreadableError(shape[1])
    return text


def _moment_wire(parameter: AlgoParameter, value: datetime, moment: Moment) -> str:
    if parameter.kind == "TZTimestamp":
        return _offset(value.astimezone(zone_of(parameter.zone or moment.zone)), "%Y%m%d-%H:%M:%S")
    return value.astimezone(UTC).strftime("%Y%m%d-%H:%M:%S")


def _time_wire(parameter: AlgoParameter, value: time, moment: Moment) -> str:
    if parameter.kind == "LocalMktTime":
        return value.strftime("%H:%M:%S")
    local = datetime.combine(moment.day, value, zone_of(parameter.zone or moment.zone))
    if parameter.kind == "TZTimeOnly":
        return _offset(local, "%H:%M:%S")
    return local.astimezone(UTC).strftime("%H:%M:%S")


def _offset(local: datetime, shape: str) -> str:
    """FIX writes an offset as Z, +05 or +05:30."""
    text = local.strftime("%z")
    hours, minutes = text[:3], text[3:5]
    if hours in {"+00", "-00"} and minutes == "00":
        return local.strftime(shape) + "Z"
    return local.strftime(shape) + hours + ("" if minutes == "00" else f":{minutes}")
