"""LOBSTER's companions: parents.csv and fills.csv to order rows."""

import csv
import io
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from app.engine.errors import DecodeError, complaint
from app.engine.events import OrderRow, Quarantined
from app.feeds.decode.lobster import VENUE
from app.feeds.decode.rows import fixed_point

Side: TypeAlias = Literal["BUY", "SELL", "SHORT"]
ORDER_SOURCE: Final = "lobster:orders"
_SIDES: Final[dict[str, Side]] = {"BUY": "BUY", "SELL": "SELL", "SHORT": "SHORT"}


class Parent(NamedTuple):
    """One line of parents.csv."""

    parent_id: str
    symbol: str
    side: Side
    end_ns: int


def read_parents(data: bytes, file: str) -> tuple[list[OrderRow], dict[str, Parent], list[Quarantined]]:
    """parents.csv as parent_new and parent_done rows, the parents by id, and the lines set aside.

    Raises DecodeError when a column is missing.
    """
    rows: list[OrderRow] = []
    parents: dict[str, Parent] = {}
    aside: list[Quarantined] = []
    for line, entry in _lines(data, file, ("parent_id", "symbol", "side", "order_qty", "ts_arrival_ns", "ts_end_ns")):
        try:
            found, parent = _parent(line, entry, parents)
        except _WrongError as wrong:
            aside.append(wrong.entry(file, line, entry))
            continue
        parents[parent.parent_id] = parent
        rows += found
    return rows, parents, aside


def read_fills(data: bytes, file: str, parents: dict[str, Parent]) -> tuple[list[OrderRow], list[Quarantined]]:
    """fills.csv as fill rows and the lines set aside. Raises DecodeError when a column is missing."""
    rows: list[OrderRow] = []
    aside: list[Quarantined] = []
    for line, entry in _lines(data, file, ("parent_id", "fill_id", "ts_ns", "side", "qty", "px")):
        try:
            rows.append(_fill(line, entry, parents))
        except _WrongError as wrong:
            aside.append(wrong.entry(file, line, entry))
    return rows, aside


def _parent(line: int, entry: dict[str, str], parents: dict[str, Parent]) -> tuple[list[OrderRow], Parent]:
    arrival, end = _whole(entry, "ts_arrival_ns", 1), _whole(entry, "ts_end_ns", 1)
    parent = Parent(_name(entry, "parent_id"), _name(entry, "symbol"), _side(entry), end)
    qty = _whole(entry, "order_qty", 1)
    if end < arrival:
        raise _WrongError("ts_end_ns", end, f"the arrival {arrival} or later")
    if parent.parent_id in parents:
        raise _WrongError("parent_id", parent.parent_id, "each parent once")
    shared: dict[str, Any] = {
        "source": ORDER_SOURCE, "rec": line, "parent_id": parent.parent_id,
        "instrument": parent.symbol, "side": parent.side,
    }  # fmt: skip
    return [
        OrderRow(ts_event=arrival, kind="parent_new", qty=qty, end_ns=end, **shared),
        OrderRow(ts_event=end, kind="parent_done", **shared),
    ], parent


def _fill(line: int, entry: dict[str, str], parents: dict[str, Parent]) -> OrderRow:
    time = _whole(entry, "ts_ns", 1)
    parent = parents.get(_name(entry, "parent_id"))
    return OrderRow(
        ts_event=time,
        ts_match=time,
        kind="fill",
        source=ORDER_SOURCE,
        rec=line,
        venue=VENUE,
        parent_id=entry["parent_id"],
        exec_id=_name(entry, "fill_id"),
        side=_side(entry),
        instrument=parent.symbol if parent else None,
        qty=_whole(entry, "qty", 1),
        price=_price(entry, "px"),
    )


class _WrongError(ValueError):
    """A field of a line that is not allowed."""

    def __init__(self, field: str, value: object, allowed: str) -> None:
        super().__init__(field)
        self.what = (field, value, allowed)

    def entry(self, file: str, line: int, entry: dict[str, str]) -> Quarantined:
        where = f"{file} line {line}"
        field, value, allowed = self.what
        raw = ",".join(str(value) for value in entry.values()).encode()
        return Quarantined(source=file, where=where, reason=complaint(where, field, value, allowed), raw=raw)


def _lines(data: bytes, file: str, needed: tuple[str, ...]) -> list[tuple[int, dict[str, str]]]:
    """Lines with their 1-based numbers; a missing field is empty text."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DecodeError(f"{file} offset {error.start}: bytes that are not UTF-8; allowed: a CSV text file") from error
    reader = csv.DictReader(io.StringIO(text.replace("\0", " "), newline=""), restkey="more", restval="", strict=False)
    for name in needed:
        if name not in (reader.fieldnames or ()):
            allowed = f"a first line with {', '.join(needed)}"
            raise DecodeError(complaint(f"{file} line 1", "columns", reader.fieldnames, allowed))
    try:
        return [(reader.line_num, entry) for entry in reader]
    except csv.Error as error:
        raise DecodeError(f"{file} line {reader.line_num}: not a CSV line: {error}") from error


def _name(entry: dict[str, str], field: str) -> str:
    if not entry[field]:
        raise _WrongError(field, entry[field], "a name")
    return entry[field]


def _side(entry: dict[str, str]) -> Side:
    found = _SIDES.get(entry["side"])
    if found is None:
        raise _WrongError("side", entry["side"], ", ".join(_SIDES))
    return found


def _whole(entry: dict[str, str], field: str, least: int) -> int:
    try:
        value = fixed_point(entry[field], 0)
    except ValueError:
        raise _WrongError(field, entry[field], "a whole number") from None
    if value < least:
        raise _WrongError(field, value, f"{least} or more")
    return value


def _price(entry: dict[str, str], field: str) -> int:
    try:
        return fixed_point(entry[field])
    except ValueError:
        raise _WrongError(field, entry[field], "a decimal price, 9 decimals at most") from None
