"""LOBSTER: message and book files (CSV or Parquet), parents.csv and fills.csv, to market and order rows.

Row i of the book is the state AFTER message i, so each record gives a print (types 4 visible and 5 hidden execution,
6 cross trade), a status (type 7) or nothing, then the touch. Prices are dollars * 10000; `dir` is the side of the
RESTING order, so the aggressor is the other one. Source: the LOBSTER output documentation.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.engine import units
from app.engine.errors import complaint
from app.engine.events import Quarantined, Rows
from app.feeds.decode import check
from app.feeds.decode.rows import PRICE_LIMIT, SIZE_LIMIT, blank
from app.feeds.decode.tabular import Columns

MESSAGE: Final = ("ts_ns", "type", "order_id", "size", "price", "dir")
TOUCH: Final = ("ask_px", "ask_sz", "bid_px", "bid_sz")  # the order of the original CSV
VENUE: Final = "XNAS"
_TO_PRICE: Final = 100_000  # 1e-4 dollars to 1e-9
_EMPTY: Final = 9_999_999_999
_LARGEST: Final = PRICE_LIMIT // _TO_PRICE
_TRADED: Final = (4, 5, 6)
_CROSS: Final = 6
_HALTED: Final = 7
_STATUS_OF: Final = {-1: units.HALT, 0: units.AUCTION, 1: units.OPEN}
_HALTS: Final = "-1 halt, 0 quoting resumes, 1 trading resumes"
_TYPES: Final = "1 submission, 2 reduction, 3 deletion, 4 execution, 5 hidden execution, 6 cross trade, 7 halt"


class Pair(NamedTuple):
    """The numbers every row of one message and book pair carries, and the name of its message file."""

    file: str
    instrument: int
    venue: int
    source: int


def market_rows(message: Columns, book: Columns, pair: Pair) -> tuple[Rows, check.Verdict]:
    """Market rows of a pair in file order and what was set aside; a record with a fault gives no row at all."""
    count = min(message.rows, book.rows)
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
    verdict = _with_unpaired(verdict, (message.rows, book.rows), pair)
    return _built(fields, picked, pair), verdict


def _faults(fields: dict[str, NDArray[np.int64]]) -> list[check.Fault]:
    kind, price, size, side = fields["type"], fields["price"], fields["size"], fields["dir"]
    traded = np.isin(kind, _TRADED)
    faults = [
        check.Fault("ts_ns", fields["ts_ns"] <= 0, "ns since the epoch, greater than 0"),
        check.Fault("type", (kind < 1) | (kind > _HALTED), _TYPES),
        check.Fault("size", traded & ((size < 0) | (size > SIZE_LIMIT)), "0 or more"),
        check.Fault("price", traded & ((price > _LARGEST) | (price < -_LARGEST)), "dollars * 10000"),
        check.Fault("price", (kind == _HALTED) & ~np.isin(price, (-1, 0, 1)), _HALTS),
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
    longer, other = ("message", "book") if counts[0] == long else ("book", "message")
    reason = complaint(where, f"records of the {longer} file", long, f"as many as the {other} file has: {short}")
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
    rows["order_id"][at] = np.maximum(message["order_id"], 0)  # -1: a cross names no order
    cross = message["type"] == _CROSS
    rows["side"][at] = np.where(cross, units.NO_SIDE, -message["dir"])
    rows["condition"][at] = np.where(cross, units.CONDITION_CODES["auction"], units.REGULAR)
