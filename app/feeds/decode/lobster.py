"""LOBSTER: message and book files (CSV or Parquet), parents.csv and fills.csv, to market and order rows.

Row i of the book is the state AFTER message i, so each record gives a print (types 4 visible and 5 hidden execution,
6 cross trade), a status (type 7) or nothing, then the touch. Prices are dollars * 10000; `dir` is the side of the
RESTING order, so the aggressor is the other one. Source: the LOBSTER output documentation.
"""

import csv
import io
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
from numpy.typing import NDArray

from app.engine import units
from app.engine.errors import DecodeError, complaint
from app.engine.events import OrderRow, Quarantined, Rows
from app.feeds.decode import check, columns
from app.feeds.decode.rows import PRICE_LIMIT, blank, fixed_point

MESSAGE: Final = ("ts_ns", "type", "order_id", "size", "price", "dir")
TOUCH: Final = ("ask_px", "ask_sz", "bid_px", "bid_sz")  # the order of the original CSV
VENUE: Final = "XNAS"
ORDER_SOURCE: Final = "lobster:orders"
_TO_PRICE: Final = 100_000  # 1e-4 dollars to 1e-9
_EMPTY: Final = 9_999_999_999
_LARGEST: Final = PRICE_LIMIT // _TO_PRICE
_TRADED: Final = (4, 5, 6)
_CROSS: Final = 6
_HALTED: Final = 7
_STATUS_OF: Final = {-1: units.HALT, 0: units.AUCTION, 1: units.OPEN}
_TYPES: Final = "1 submission, 2 reduction, 3 deletion, 4 execution, 5 hidden execution, 6 cross trade, 7 halt"


class Columns(NamedTuple):
    """Columns of one file as int64 (NULL = null) with the rows that could not be read and what the file said there."""

    fields: dict[str, NDArray[np.int64]]
    faults: list[check.Fault]
    count: int
    value: Callable[[str, int], object]


class Pair(NamedTuple):
    """The numbers every row of one message and book pair carries, and the name of its message file."""

    file: str
    instrument: int
    venue: int
    source: int


def from_table(table: pa.Table, names: tuple[str, ...], file: str) -> Columns:
    """Whole-number columns of a Parquet table. Raises DecodeError when one is missing or of a wrong type."""
    fields: dict[str, NDArray[np.int64]] = {}
    faults: list[check.Fault] = []
    for name in names:
        if name not in table.column_names:
            raise DecodeError(complaint(file, "columns", table.column_names, f"a table with the columns {', '.join(names)}"))
        column = table.column(name).combine_chunks()
        column = pa.concat_arrays(column.chunks) if isinstance(column, pa.ChunkedArray) else column
        if not columns.is_whole(column.type):
            raise DecodeError(complaint(file, f"type of {name}", str(column.type), "int64"))
        values, bad = columns.integers(column)
        fields[name] = values.astype(np.int64, copy=False)
        if bad is not None:
            faults.append(check.Fault(name, bad, "a whole number"))
    return Columns(fields, faults, table.num_rows, lambda name, row: table.column(name)[row].as_py())


def from_csv(data: bytes, names: tuple[str, ...], file: str, midnight: int | None = None) -> Columns:
    """The first columns of an original CSV; `midnight`: the first one is seconds after it (ns since the epoch).

    A line with too few or too many fields keeps its place as a row of faults. Raises DecodeError when empty.
    """
    data = data.replace(b"\r\n", b"\n").replace(b"\r", b" ").rstrip(b"\n")
    if not data.strip():
        raise DecodeError(f"{file}: empty file; allowed: one line per message")
    lines = data.count(b"\n") + 1
    width = data.split(b"\n", 1)[0].count(b",") + 1
    if width < len(names):
        raise DecodeError(complaint(f"{file} line 1", "columns", width, f"{len(names)} or more: {', '.join(names)}"))
    table, skipped = _strings(data, width, file)
    lost = np.zeros(lines, np.bool_)
    lost[np.array(skipped, np.intp) - 1] = True
    if table.num_rows + len(skipped) != lines:
        raise DecodeError(f"{file}: {lines} lines, of which only {table.num_rows + len(skipped)} could be told apart")
    fields: dict[str, NDArray[np.int64]] = {}
    faults = [check.Fault("line", lost, f"{width} fields separated by commas")]
    for index, name in enumerate(names):
        timed = index == 0 and midnight is not None
        fields[name], wrong = np.full(lines, units.NULL), np.zeros(lines, np.bool_)
        values, wrong[~lost] = _numbers(table.column(index), 9 if timed else 0)
        fields[name][~lost] = values + (midnight or 0) if timed else values
        faults.append(check.Fault(name, wrong, "seconds after midnight, 9 decimals at most" if timed else "a whole number"))
    faults = [fault for fault in faults if fault.bad.any()]
    raw = data.split(b"\n") if faults else []
    return Columns(fields, faults, lines, lambda name, row: _shown(fields, raw, name, row))


def _shown(fields: dict[str, NDArray[np.int64]], raw: list[bytes], name: str, row: int) -> object:
    if raw:
        return raw[row]
    return int(fields[name][row]) if name in fields else None


def _strings(data: bytes, width: int, file: str) -> tuple[pa.Table, list[int]]:
    """Every field as bytes, and the 1-based numbers of the lines whose field count is wrong."""
    names = [str(index) for index in range(width)]
    skipped: list[int] = []

    def note(row: Any) -> str:
        skipped.append(row.number)
        return "skip"

    try:
        table = pacsv.read_csv(
            io.BytesIO(data),
            pacsv.ReadOptions(use_threads=False, column_names=names, block_size=min(max(len(data) + 1, 1 << 16), 1 << 30)),
            pacsv.ParseOptions(quote_char=False, double_quote=False, ignore_empty_lines=False, invalid_row_handler=note),
            pacsv.ConvertOptions(column_types=dict.fromkeys(names, pa.binary()), strings_can_be_null=False),
        )
    except pa.ArrowException as error:
        raise DecodeError(f"{file}: not a CSV file: {error}") from error
    return table, skipped


def _numbers(column: pa.ChunkedArray, decimals: int) -> tuple[NDArray[np.int64], check.Mask]:
    """Decimal text as integers of 10**-decimals (exact), and the rows that are none."""
    pattern = rf"^-?[0-9]{{1,9}}(\.[0-9]{{1,{decimals}}})?$" if decimals else "^-?[0-9]{1,18}$"
    matched = pc.match_substring_regex(column, pattern)
    text = pc.if_else(matched, column, pa.scalar(b"0", pa.binary())).cast(pa.string())
    wrong: check.Mask = ~matched.to_numpy().astype(np.bool_)
    if not decimals:
        return text.cast(pa.int64()).to_numpy(), wrong
    exact = [chunk for chunk in text.cast(pa.decimal128(27, decimals)).chunks if len(chunk)]
    limbs = [np.frombuffer(chunk.buffers()[1], np.int64)[2 * chunk.offset : 2 * (chunk.offset + len(chunk)) : 2] for chunk in exact]
    return np.concatenate(limbs) if limbs else np.empty(0, np.int64), wrong


def market_rows(message: Columns, book: Columns, pair: Pair) -> tuple[Rows, check.Verdict]:
    """Market rows of a pair in file order and what was set aside; a record with a fault gives no row at all."""
    count = min(message.count, book.count)
    fields = {name: values[:count] for name, values in {**message.fields, **book.fields}.items()}
    faults = [check.Fault(f.field, f.bad[:count], f.allowed) for f in (*message.faults, *book.faults)]
    faults += _faults(fields)
    origin = check.Origin(
        source=pair.file,
        where=lambda row: f"{pair.file} record {row}",
        value=lambda name, row: (message if name in (*message.fields, "line") else book).value(name, row),
        raw=lambda row: repr({name: int(values[row]) for name, values in fields.items()}).encode(),
    )
    verdict = check.judged(count, [fault for fault in faults if fault.bad.any()], origin)
    picked = np.arange(count) if verdict.good is None else np.flatnonzero(verdict.good)
    verdict = _with_unpaired(verdict, (message.count, book.count), pair)
    return _built(fields, picked, pair), verdict


def _faults(fields: dict[str, NDArray[np.int64]]) -> list[check.Fault]:
    kind, price, size, side = fields["type"], fields["price"], fields["size"], fields["dir"]
    traded = np.isin(kind, _TRADED)
    faults = [
        check.Fault("ts_ns", fields["ts_ns"] <= 0, "ns since the epoch, greater than 0"),
        check.Fault("type", (kind < 1) | (kind > _HALTED), _TYPES),
        check.Fault("order_id", (fields["order_id"] < 0) & (kind != _HALTED), "0 or more"),
        check.Fault("size", traded & ((size < 0) | (size > check.SIZE_LIMIT)), "0 or more"),
        check.Fault("price", traded & (np.abs(price) > _LARGEST), "dollars * 10000"),
        check.Fault("price", (kind == _HALTED) & ~np.isin(price, (-1, 0, 1)), "-1 halt, 0 quoting resumes, 1 trading resumes"),
        check.Fault("dir", traded & ~np.isin(side, (-1, 0, 1)), "1 buy, -1 sell"),
    ]
    for name in ("ask", "bid"):
        price, size = fields[f"{name}_px"], fields[f"{name}_sz"]
        quoted = _quoted(price, size)
        faults.append(check.Fault(f"{name}_sz", (size < 0) & (size != units.NULL), "0 or more"))
        faults.append(check.Fault(f"{name}_px", quoted & (np.abs(price) > _LARGEST), "dollars * 10000"))
    return faults


def _quoted(price: NDArray[np.int64], size: NDArray[np.int64]) -> check.Mask:
    """False where the book has no order on that side: LOBSTER's sentinel, a null, or nothing on display."""
    quoted: check.Mask = (price != units.NULL) & (np.abs(price) < _EMPTY) & (size > 0)
    return quoted


def _with_unpaired(verdict: check.Verdict, counts: tuple[int, int], pair: Pair) -> check.Verdict:
    """Add the records of the longer file that the other does not have: one entry, counted each."""
    short, long = min(counts), max(counts)
    if short == long:
        return verdict
    where = f"{pair.file} records {short} to {long - 1}"
    which = "message file" if counts[0] == long else "book file"
    reason = complaint(where, "records", long, f"as many as the other file of the pair has ({short}); the {which} is longer")
    entry = Quarantined(source=pair.file, where=where, reason=reason)
    return check.Verdict(verdict.good, [*verdict.entries, entry], verdict.rows + long - short)


def _built(fields: dict[str, NDArray[np.int64]], picked: NDArray[np.intp], pair: Pair) -> Rows:
    """Two rows a record at most: the print or status, then the touch with the last-row flag."""
    kind = fields["type"][picked]
    first = np.isin(kind, (*_TRADED, _HALTED))
    ends = np.cumsum(1 + first) - 1
    rows = blank(int(ends[-1]) + 1 if len(ends) else 0)
    rows["instrument"], rows["venue"], rows["source"] = pair.instrument, pair.venue, pair.source
    for where, chosen in ((ends, picked), (ends[first] - 1, picked[first])):
        rows["ts_event"][where] = fields["ts_ns"][chosen]
        rows["seq"][where] = chosen
        rows["rec"][where] = chosen
    _fill_touch(rows, ends, {name: fields[name][picked] for name in TOUCH})
    traded = np.isin(kind, _TRADED)
    _fill_prints(rows, ends[traded] - 1, {name: fields[name][picked[traded]] for name in MESSAGE})
    halted = kind == _HALTED
    at = ends[halted] - 1
    rows["action"][at] = units.STATUS
    rows["status"][at] = [_STATUS_OF[price] for price in fields["price"][picked[halted]].tolist()]
    return rows


def _fill_touch(rows: Rows, at: NDArray[np.intp], touch: dict[str, NDArray[np.int64]]) -> None:
    rows["action"][at] = units.QUOTE
    rows["flags"][at] = units.LAST
    for name, price, size in (("bid", "price", "size"), ("ask", "price2", "size2")):
        quoted = _quoted(touch[f"{name}_px"], touch[f"{name}_sz"])
        prices = np.where(quoted, touch[f"{name}_px"], 0) * _TO_PRICE
        rows[price][at] = np.where(quoted, prices, units.NULL)
        rows[size][at] = np.where(quoted, touch[f"{name}_sz"], units.NULL)


def _fill_prints(rows: Rows, at: NDArray[np.intp], message: dict[str, NDArray[np.int64]]) -> None:
    rows["action"][at] = units.TRADE
    rows["price"][at] = message["price"] * _TO_PRICE
    rows["size"][at] = message["size"]
    rows["order_id"][at] = message["order_id"]
    cross = message["type"] == _CROSS
    rows["side"][at] = np.where(cross, units.NO_SIDE, -message["dir"])
    rows["condition"][at] = np.where(cross, units.CONDITION_CODES["auction"], units.REGULAR)


class Parent(NamedTuple):
    """One line of parents.csv."""

    parent_id: str
    symbol: str
    side: str
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
            parent = Parent(
                _name(entry, "parent_id"), _name(entry, "symbol"), _side(entry), _whole(entry, "ts_end_ns", 1)
            )
            arrival, qty = _whole(entry, "ts_arrival_ns", 1), _whole(entry, "order_qty", 1)
            if parent.end_ns < arrival:
                raise _Wrong("ts_end_ns", parent.end_ns, f"the arrival {arrival} or later")
            if parent.parent_id in parents:
                raise _Wrong("parent_id", parent.parent_id, "each parent once")
        except _Wrong as wrong:
            aside.append(wrong.entry(file, line, entry))
            continue
        parents[parent.parent_id] = parent
        shared: dict[str, Any] = {
            "source": ORDER_SOURCE, "rec": line, "parent_id": parent.parent_id, "instrument": parent.symbol, "side": parent.side,
        }  # fmt: skip
        rows.append(OrderRow(ts_event=arrival, kind="parent_new", qty=qty, end_ns=parent.end_ns, **shared))
        rows.append(OrderRow(ts_event=parent.end_ns, kind="parent_done", **shared))
    return rows, parents, aside


def read_fills(data: bytes, file: str, parents: dict[str, Parent]) -> tuple[list[OrderRow], list[Quarantined]]:
    """fills.csv as fill rows and the lines set aside. Raises DecodeError when a column is missing."""
    rows: list[OrderRow] = []
    aside: list[Quarantined] = []
    for line, entry in _lines(data, file, ("parent_id", "fill_id", "ts_ns", "side", "qty", "px")):
        try:
            time = _whole(entry, "ts_ns", 1)
            parent = parents.get(_name(entry, "parent_id"))
            row = OrderRow(
                ts_event=time, ts_match=time, kind="fill", source=ORDER_SOURCE, rec=line, venue=VENUE,
                parent_id=entry["parent_id"], exec_id=_name(entry, "fill_id"), side=_side(entry),
                instrument=parent.symbol if parent else None, qty=_whole(entry, "qty", 1), price=_price(entry, "px"),
            )  # type: ignore[arg-type]  # fmt: skip
        except _Wrong as wrong:
            aside.append(wrong.entry(file, line, entry))
            continue
        rows.append(row)
    return rows, aside


class _Wrong(ValueError):
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
            raise DecodeError(complaint(f"{file} line 1", "columns", reader.fieldnames, f"a line with {', '.join(needed)}"))
    try:
        return [(reader.line_num, entry) for entry in reader]
    except csv.Error as error:
        raise DecodeError(f"{file} line {reader.line_num}: not a CSV line: {error}") from error


def _name(entry: dict[str, str], field: str) -> str:
    if not entry[field]:
        raise _Wrong(field, entry[field], "a name")
    return entry[field]


def _side(entry: dict[str, str]) -> str:
    if entry["side"] not in units.ORDER_SIDES:
        raise _Wrong("side", entry["side"], ", ".join(units.ORDER_SIDES))
    return entry["side"]


def _whole(entry: dict[str, str], field: str, least: int) -> int:
    try:
        value = fixed_point(entry[field], 0)
    except ValueError:
        raise _Wrong(field, entry[field], "a whole number") from None
    if value < least:
        raise _Wrong(field, value, f"{least} or more")
    return value


def _price(entry: dict[str, str], field: str) -> int:
    try:
        return fixed_point(entry[field])
    except ValueError:
        raise _Wrong(field, entry[field], "a decimal price, 9 decimals at most") from None
