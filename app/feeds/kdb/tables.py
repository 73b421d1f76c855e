"""Tables of kdb+ as rows of the session format: columns found by name, constants filled in, units made exact.

A column of ours is found under the name the settings give, else under its own, else under the one tick.q uses.
`"=text"` in the settings is a constant. Prices come as whole numbers of 1e-9 or as fractions of the currency; times as
timestamps, or as timespans since midnight of the tickerplant's day.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from app.engine.errors import DecodeError, complaint
from app.engine.events import OrderRow, Quarantined, Rows
from app.engine.units import LAST, NULL
from app.engine.universe import Universe
from app.feeds.decode import orders as order_tables
from app.feeds.decode import session as market_tables
from app.feeds.decode.check import Verdict
from app.feeds.kdb.codec import DAY, Column

CONSTANT: Final = "="
# What tick.q and its examples call our columns.
USUAL: Final[Mapping[str, tuple[str, ...]]] = {
    "ts_event": ("time",), "instrument": ("sym",), "venue": ("ex",), "bid_price": ("bid",), "ask_price": ("ask",),
    "bid_size": ("bsize",), "ask_size": ("asize",), "condition": ("cond",), "raw": ("msg", "message"),
}  # fmt: skip
_PRICES: Final = ("price", "bid_price", "ask_price", "limit_price", "decision_price", "fee")
TIMES: Final = ("ts_event", "ts_recv", "ts_match", "start_ns", "end_ns", "decision_ns")
_SIDES: Final = {"S": "A", "s": "A", "b": "B"}  # an aggressor that sells is the ask's side here
_NONE: Final = -1
_PRICE_UNIT: Final = 1e9
_BYTE: Final = 255
_TRUTHS: Final = {"true": True, "1": True, "false": False, "0": False}  # a boolean of kdb+ cannot be undefined


class Names:
    """Distinct texts of a column and their indices, kept between messages."""

    def __init__(self, renamed: Mapping[str, str] | None = None) -> None:
        """`renamed`: texts that mean another."""
        self._index: dict[bytes | str, int] = {"": _NONE, b"": _NONE}
        self._values: list[str] = []
        self._renamed = renamed or {}
        self._array = pa.array([], pa.string())

    def column(self, values: Column) -> pa.DictionaryArray:
        """Texts as indices into the distinct ones; "" is none."""
        index = self._index
        try:
            picked = [index[value] for value in values.tolist()]
        except KeyError:
            picked = [self._of(value) for value in values.tolist()]
            self._array = pa.array(self._values, pa.string())
        indices = np.array(picked, np.int32)
        mask = indices == _NONE
        return pa.DictionaryArray.from_arrays(pa.array(indices, mask=mask if mask.any() else None), self._array)

    def constant(self, text: str, count: int) -> pa.DictionaryArray:
        """The same text in every row."""
        return self.column(np.full(count, text, object))

    def _of(self, value: bytes | str) -> int:
        if value not in self._index:
            text = value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
            text = self._renamed.get(text, text)
            if text not in self._values:
                self._values.append(text)
            self._index[value] = self._values.index(text)
        return self._index[value]


class Table:
    """One table's columns as ours. `role`: market rows or order rows."""

    def __init__(self, table: str, given: Mapping[str, str], constants: Mapping[str, str]) -> None:
        """`given`: our column -> theirs or a constant; `constants`: what a missing column holds.

        Raises DecodeError for a column of ours that does not exist.
        """
        self.name = table
        self._given = given
        self._constants = constants
        self._found: tuple[tuple[str, ...], dict[str, int]] = ((), {})
        allowed = {*market_tables.COLUMNS, *order_tables.COLUMNS, *order_tables.EXTRA}
        for name in given:
            if name not in allowed:
                raise DecodeError(complaint(f"table {table}", "columns", name, f"one of {', '.join(sorted(allowed))}"))

    def constant(self, name: str) -> str | None:
        """The text a column holds in every row; None where it comes from the table."""
        given = self._given.get(name)
        if given is not None and given.startswith(CONSTANT):
            return given[len(CONSTANT) :]
        return None if self.has(name) else self._constants.get(name)

    def seen(self, names: tuple[str, ...], ours: tuple[str, ...]) -> None:
        """Look the columns of a table up. Raises DecodeError when one that the settings name is not there."""
        if self._found[0] == names:
            return
        found = {}
        for name in ours:
            wanted = self._given.get(name)
            if wanted is None:
                there = next((word for word in (name, *USUAL.get(name, ())) if word in names), None)
            elif wanted.startswith(CONSTANT):
                there = None
            elif wanted in names:
                there = wanted
            else:
                raise DecodeError(
                    complaint(f"table {self.name}", f"columns.{name}", wanted, f"one of {', '.join(names)}")
                )
            if there is not None:
                found[name] = names.index(there)
        self._found = names, found

    def has(self, name: str) -> bool:
        """True where the table has this column of ours."""
        return name in self._found[1]

    def place(self, name: str) -> int:
        """Which of the table's columns this one is."""
        return self._found[1][name]


class MarketTable:
    """Updates of a table of market data to market rows."""

    def __init__(self, table: Table, universe: Universe, known: frozenset[str], where: str) -> None:
        self._table = table
        self._decoder = market_tables.MarketDecoder(where, universe, known)
        self._names = {name: Names(_SIDES if name == "side" else None) for name in market_tables.TEXT}

    def rows(self, names: tuple[str, ...], columns: list[Column], first: int, day_ns: int) -> tuple[Rows, Verdict]:
        """Rows of columns whose first is row `first` of the table. Raises DecodeError naming table and column."""
        self._table.seen(names, market_tables.COLUMNS)
        count = len(columns[0]) if columns else 0
        arrays = [self._array(field, columns, (count, first, day_ns)) for field in market_tables.SCHEMA]
        return self._decoder.decode(pa.RecordBatch.from_arrays(arrays, list(market_tables.COLUMNS)), first)

    def _array(self, field: pa.Field, columns: list[Column], of: tuple[int, int, int]) -> pa.Array:
        count, first, day_ns = of
        name = field.name
        constant = self._table.constant(name)
        if constant is not None:
            if name in market_tables.TEXT:
                return self._names[name].constant(constant, count)
            return self._whole_constant(field, constant, count)
        if not self._table.has(name):
            return self._absent(field, count, first)
        values = columns[self._table.place(name)]
        if name in market_tables.TEXT:
            return self._names[name].column(values.astype(object, copy=False))
        return _numbers(name, values, field.type, day_ns)

    def _whole_constant(self, field: pa.Field, text: str, count: int) -> pa.Array:
        try:
            return pa.array([int(text)] * count, field.type)
        except (ValueError, OverflowError) as error:  # Arrow's own errors are among them
            where, key = f"table {self._table.name}", f"columns.{field.name}"
            allowed = f"a whole number that fits {field.type}"
            raise DecodeError(complaint(where, key, CONSTANT + text, allowed)) from error

    def _absent(self, field: pa.Field, count: int, first: int) -> pa.Array:
        """What a column is that the table lacks: rows are numbered, each is an event of its own, kinds are inferred."""
        name = field.name
        if name == "seq":
            return pa.array(np.arange(first, first + count).astype(np.uint64))
        if name == "flags":
            return pa.array(np.full(count, LAST, np.uint8))
        if name == "action":
            quoted = self._table.has("bid_price") or self._table.has("ask_price")
            return self._names[name].constant("Q" if quoted else "T", count)
        if name in market_tables.TEXT:
            return self._names[name].constant("", count)
        return pa.nulls(count, field.type)


class OrderTable:
    """Updates of a table of own flow to order rows."""

    def __init__(self, table: Table, known: frozenset[str], where: str) -> None:
        self._table = table
        self._decoder = order_tables.OrderDecoder(where, known)

    def rows(
        self, names: tuple[str, ...], columns: list[Column], first: int, day_ns: int
    ) -> tuple[list[OrderRow], list[Quarantined]]:
        """Order rows of columns whose first is row `first` of the table. Raises DecodeError naming table and column."""
        ours = (*order_tables.COLUMNS, *order_tables.EXTRA)
        self._table.seen(names, ours)
        count = len(columns[0]) if columns else 0
        arrays: dict[str, pa.Array] = {}
        for name in ours:
            constant = self._table.constant(name)
            if constant is not None:
                arrays[name] = pa.array([constant] * count)
            elif self._table.has(name):
                arrays[name] = _plain(name, columns[self._table.place(name)], day_ns)
        if "seq" not in arrays:
            arrays["seq"] = pa.array(np.arange(first, first + count))
        rows, verdict = self._decoder.decode(pa.table(arrays))
        return rows, verdict.entries


def _numbers(name: str, values: Column, kind: pa.DataType, day_ns: int) -> pa.Array:
    """A column of numbers in our units and type; what kdb+ has as null is null."""
    if values.dtype.kind == "f":
        return _from_floats(name, values)
    if values.dtype.kind not in "iub":
        raise DecodeError(complaint("kdb+", f"type of {name}", str(values.dtype), "long, int, short, float or time"))
    whole = _widened(values)
    if name in TIMES:
        whole = _of_the_day(whole, day_ns, unknown=name == "ts_recv")
    mask = whole == NULL
    if kind == pa.uint8() and (((whole < 0) & ~mask) | (whole > _BYTE)).any():
        kind = pa.int64()  # what does not fit is for the decoder to refuse, not to be cut off here
    if not mask.any():
        return pa.array(whole.astype(kind.to_pandas_dtype(), copy=False), kind)
    return pa.array(np.where(mask, 0, whole).astype(kind.to_pandas_dtype()), kind, mask=mask)


def _widened(values: Column) -> NDArray[np.int64]:
    """Integers of any width as int64: the null of each width is the smallest number it holds."""
    if values.dtype == np.int64:
        return values
    wide: NDArray[np.int64] = values.astype(np.int64)
    if values.dtype.kind == "i":
        wide[values == np.iinfo(values.dtype).min] = NULL
    return wide


def _of_the_day(times: NDArray[np.int64], day_ns: int, *, unknown: bool) -> NDArray[np.int64]:
    """Times since midnight put onto their day; full timestamps stay. `unknown`: 0 is no time and stays."""
    since_midnight = (times >= int(unknown)) & (times < 2 * DAY)
    return np.where(since_midnight, times + day_ns, times) if since_midnight.any() else times


def _from_floats(name: str, values: Column) -> pa.Array:
    """Fractions: prices to the nearest 1e-9, anything else as it is and judged by the decoder; NaN is null."""
    gone = np.isnan(values)
    filled = np.where(gone, 0.0, values)
    with np.errstate(invalid="ignore", over="ignore"):
        scaled = np.rint(filled * _PRICE_UNIT) if name in _PRICES else filled
        fits = (np.abs(scaled) < 2.0**62) & (np.trunc(scaled) == scaled)
    if not fits.all():
        return pa.array(scaled, pa.float64(), mask=gone)
    return pa.array(scaled.astype(np.int64), pa.int64(), mask=gone)


def _plain(name: str, values: Column, day_ns: int) -> pa.Array:
    """A column of own flow: text, numbers or truths."""
    if values.dtype.kind == "O":
        if name == "randomised":
            return pa.array([_TRUTHS.get(_text(value) or "") for value in values.tolist()], pa.bool_())
        if name == "raw":
            return pa.array([value or None for value in values.tolist()], pa.binary())
        return pa.array([_text(value) for value in values.tolist()], pa.string())
    if values.dtype.kind == "b":
        return pa.array(values)
    if values.dtype.kind == "f" and name in order_tables.REAL:
        return pa.array(values, pa.float64(), mask=np.isnan(values))
    return _numbers(name, values, pa.int64(), day_ns)


def _text(value: Any) -> str | None:
    text = value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
    return text or None
