"""Session folder, market side: record batches of market.parquet to market rows, and rows back to batches."""

from collections.abc import Callable, Iterable
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from app.engine import units
from app.engine.assembly import UNKNOWN
from app.engine.errors import DecodeError, complaint
from app.engine.events import MARKET, Rows
from app.engine.universe import Names, Universe
from app.feeds.decode import check, columns
from app.feeds.decode.straight import Straight
from app.feeds.decode.symbols import SymbolFile

REQUIRED: Final = ("ts_event", "source", "instrument", "venue", "action")
TEXT: Final = ("source", "instrument", "venue", "action", "side", "condition", "status")
WHOLE: Final = (
    "ts_event", "ts_recv", "seq", "price", "size", "order_id",
    "bid_price", "bid_size", "ask_price", "ask_size", "flags",
)  # fmt: skip
COLUMNS: Final = (
    "ts_event", "ts_recv", "source", "seq", "instrument", "venue", "action", "side", "price", "size", "order_id",
    "bid_price", "bid_size", "ask_price", "ask_size", "flags", "condition", "status",
)  # fmt: skip
_QUOTED: Final = (("bid_price", "price"), ("bid_size", "size"), ("ask_price", "price2"), ("ask_size", "size2"))
_NAME_LIMIT: Final = 32_767
_LETTER: Final = pa.dictionary(pa.int8(), pa.string())
_NAME: Final = pa.dictionary(pa.int32(), pa.string())
_TYPES: Final = {
    "ts_event": pa.int64(), "ts_recv": pa.int64(), "source": _NAME, "seq": pa.uint64(), "instrument": _NAME,
    "venue": _NAME, "action": _LETTER, "side": _LETTER, "price": pa.int64(), "size": pa.int64(),
    "order_id": pa.uint64(), "bid_price": pa.int64(), "bid_size": pa.int64(), "ask_price": pa.int64(),
    "ask_size": pa.int64(), "flags": pa.uint8(), "condition": _LETTER, "status": _LETTER,
}  # fmt: skip
SCHEMA: Final = pa.schema([(name, _TYPES[name]) for name in COLUMNS])


def check_schema(schema: pa.Schema, file: str) -> None:
    """Raises DecodeError when a required column is missing or a column's type cannot be read."""
    columns.check_names(schema, file, REQUIRED)
    for name in (name for name in schema.names if name in COLUMNS):
        kind = schema.field(name).type
        if name in TEXT and not columns.is_text(kind):
            raise DecodeError(complaint(file, f"type of {name}", str(kind), "string, plain or dictionary-encoded"))
        if name in WHOLE and not columns.is_whole(kind):
            raise DecodeError(complaint(file, f"type of {name}", str(kind), str(_TYPES[name])))


class MarketDecoder:
    """Turns batches of market.parquet into market rows, naming rows by their index in the file."""

    def __init__(self, file: str, universe: Universe, known: frozenset[str], symbols: SymbolFile | None = None) -> None:
        """`known`: the instruments that may occur; empty = any."""
        self._file = file
        self._universe = universe
        self._known = known
        self._symbols = symbols or SymbolFile()
        self.straight = Straight(self)
        self._coders: dict[str, Callable[[str], int]] = {
            "action": _refusing(_letter_code, check.BAD_ACTION),
            "source": self._interned(universe.sources),
            "venue": self._interned(universe.venues),
            "side": _refusing(_coder(units.SIDES, check.BAD_SIDE), check.BAD_SIDE),
            "condition": _refusing(_coder(units.CONDITION_CODES, check.BAD_CODE), check.BAD_CODE),
            "status": _refusing(_coder(units.STATUS_CODES, check.BAD_CODE), check.BAD_CODE),
        }

    def decode(self, batch: pa.RecordBatch, first: int) -> tuple[Rows, check.Verdict]:
        """Good rows of a batch whose first row has index `first` in the file, and what was set aside."""
        rows = self.straight.rows(batch, first)
        if rows is not None:
            return rows, check.Verdict(None, [], 0)
        return self.one_by_one(batch, first)

    def of(self, name: str, values: list[str], used: NDArray[np.intp]) -> list[int] | None:
        """Codes of a column's distinct values, the last one of no text; None where instruments go by the day."""
        if name == "instrument":
            return self._instrument_codes(values, used)
        code_of: Callable[[str], int] = self._coders[name]
        absent = 0 if name in ("side", "condition", "status") else UNKNOWN
        return [*(code_of(value) if value else absent for value in values), absent]

    def _instrument_codes(self, values: list[str], used: NDArray[np.intp]) -> list[int] | None:
        occurring = [values[index] for index in used.tolist()]
        if not all(occurring) or any(value in self._symbols.spans for value in occurring):
            return None
        numbers = {name: self._universe.instruments.index(name) for name in occurring}
        allowed = self._known or numbers
        return [*(numbers[v] if v in numbers and v in allowed else UNKNOWN for v in values), UNKNOWN]

    def one_by_one(self, batch: pa.RecordBatch, first: int) -> tuple[Rows, check.Verdict]:
        """Good rows of any batch, and what was set aside of it."""
        count = batch.num_rows
        fields, faults = self._numbers(batch)
        fields.update(self._names(batch, fields["ts_event"]))
        quotes = np.flatnonzero(fields["action"] == units.QUOTE)
        if len(quotes):
            _fill_quotes(fields, batch, quotes)
        faults += check.market_faults(fields, self._without_id(batch))
        origin = check.Origin(
            source=self._file,
            where=lambda row: f"{self._file} row {first + row}",
            value=lambda field, row: _value(batch, field, row),
            raw=lambda row: _raw(batch, row),
        )
        verdict = check.judged(count, faults, origin)
        rows = np.zeros(count, MARKET)
        rows["rec"] = np.arange(first, first + count)
        for name, values in fields.items():
            rows[name] = values
        return (rows if verdict.good is None else rows[verdict.good]), verdict

    def _numbers(self, batch: pa.RecordBatch) -> tuple[dict[str, NDArray[Any]], list[check.Fault]]:
        faults: list[check.Fault] = []
        present = set(batch.schema.names)
        fields: dict[str, NDArray[Any]] = {
            name: np.full(batch.num_rows, units.NULL) for name in ("price", "size", "price2", "size2")
        }
        fields["ts_recv"] = np.zeros(batch.num_rows, np.int64)
        for name in ("ts_event", "ts_recv", "price", "size", "seq", "order_id"):
            if name in present:
                read = columns.identifiers if name in ("seq", "order_id") else columns.integers
                fields[name], bad = read(batch.column(name))
                if bad is not None:
                    faults.append(check.Fault(name, bad, f"a whole number that fits {_TYPES[name]}"))
        if "ts_recv" in present and batch.column("ts_recv").null_count:
            fields["ts_recv"] = np.where(fields["ts_recv"] == units.NULL, 0, fields["ts_recv"])
        if "flags" in present:
            fields["flags"] = _flags(batch.column("flags"), faults)
            unreceived = ((fields["flags"] & units.SNAPSHOT) != 0) & (fields["ts_recv"] == 0)
            if unreceived.any():  # a snapshot row without its packet's time is applied at its own
                fields["ts_recv"] = np.where(unreceived, fields["ts_event"], fields["ts_recv"])
        return fields, faults

    def _names(self, batch: pa.RecordBatch, times: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
        found = {name: columns.texts(batch.column(name)) for name in TEXT if name in batch.schema.names}
        coded: dict[str, NDArray[Any]] = {
            "action": columns.codes(found["action"], _letter_code, check.BAD_ACTION, np.uint8),
            "source": columns.codes(found["source"], self._interned(self._universe.sources), -1, np.int16),
            "venue": columns.codes(found["venue"], self._interned(self._universe.venues), -1, np.int16),
            "instrument": self._instruments(found["instrument"], times),
        }
        for name, code, kind in (
            ("side", _coder(units.SIDES, check.BAD_SIDE), np.int8),
            ("condition", _coder(units.CONDITION_CODES, check.BAD_CODE), np.uint8),
            ("status", _coder(units.STATUS_CODES, check.BAD_CODE), np.uint8),
        ):
            none = np.zeros(batch.num_rows, kind)
            coded[name] = columns.codes(found[name], code, 0, kind) if name in found else none
        return coded

    def _interned(self, names: Names) -> Callable[[str], int]:
        def code(text: str) -> int:
            return names.index(text) if names.known(text) or len(names) < _NAME_LIMIT else check.BAD_NAME

        return code

    def _instruments(self, found: columns.Texts, times: NDArray[np.int64]) -> NDArray[np.int32]:
        result = self._symbols.codes(found.values, found.picked, times, self._universe.instruments)
        if not self._known:
            return result
        names = self._universe.instruments.names
        allowed = np.array([name in self._known for name in names] + [False], np.bool_)
        return np.where(allowed[result], result, np.int32(check.BAD_NAME))

    def _without_id(self, batch: pa.RecordBatch) -> check.Mask | None:
        if "order_id" not in batch.schema.names:
            return np.ones(batch.num_rows, np.bool_)
        column = batch.column("order_id")
        if not column.null_count:
            return None
        missing: check.Mask = column.is_null().to_numpy(zero_copy_only=False)
        return missing


def _fill_quotes(fields: dict[str, NDArray[Any]], batch: pa.RecordBatch, quotes: NDArray[np.intp]) -> None:
    """Put the quote's sides where a Q row keeps them; a number that does not fit becomes one that is refused."""
    for name, field in _QUOTED:
        target = fields[field] = fields[field].copy()
        if name not in batch.schema.names:
            target[quotes] = units.NULL
            continue
        values, bad = columns.integers(batch.column(name))
        if bad is not None:
            values = np.where(bad, -1 if field.startswith("size") else 2**63 - 1, values)
        target[quotes] = values[quotes]


def _flags(column: pa.Array, faults: list[check.Fault]) -> NDArray[np.uint8]:
    if pa.types.is_uint8(column.type):
        flags: NDArray[np.uint8] = column.fill_null(0).to_numpy(zero_copy_only=False)
        return flags
    numbers = columns.integers(column)
    values = np.where(numbers.values == units.NULL, 0, numbers.values)
    wild = (values < 0) | (values > 255)
    if numbers.bad is not None:
        wild |= numbers.bad
    if wild.any():
        faults.append(check.Fault("flags", wild, "0 to 255"))
    return np.where(wild, 0, values).astype(np.uint8)


def _letter_code(text: str) -> int:
    code = ord(text) if len(text) == 1 else 0
    return code if code in units.ACTIONS else check.BAD_ACTION


def _refusing(code_of: Callable[[str], int], bad: int) -> Callable[[str], int]:
    """The same code, UNKNOWN instead of the bad one."""

    def code(text: str) -> int:
        found = code_of(text)
        return UNKNOWN if found == bad else found

    return code


def _coder(table: dict[str, int], unknown: int) -> Callable[[str], int]:
    return lambda text: table.get(text, unknown)


def _value(batch: pa.RecordBatch, field: str, row: int) -> object:
    if field not in batch.schema.names:
        return None
    try:
        value: object = batch.column(field)[row].as_py()
    except (UnicodeDecodeError, ValueError, OverflowError):
        return "bytes that are not UTF-8"
    return value


def _raw(batch: pa.RecordBatch, row: int) -> bytes:
    shown = {name: _value(batch, name, row) for name in batch.schema.names if name in COLUMNS}
    return repr({name: value for name, value in shown.items() if value is not None}).encode()


def market_batch(rows: Rows, universe: Universe, seqs: NDArray[np.uint64]) -> pa.RecordBatch:
    """Market rows with these seqs as a batch of SCHEMA; what is undefined or not of an action is null."""
    action = rows["action"]
    quotes = action == units.QUOTE
    arrays: dict[str, pa.Array] = {
        "ts_event": pa.array(rows["ts_event"]),
        "ts_recv": pa.array(rows["ts_recv"]),
        "source": _named(rows["source"], universe.sources.names, pa.int32()),
        "seq": pa.array(seqs),
        "instrument": _named(rows["instrument"], universe.instruments.names, pa.int32()),
        "venue": _named(rows["venue"], universe.venues.names, pa.int32()),
        "action": _named(_ACTION_INDEX[action], list(_ACTION_LETTERS), pa.int8()),
        "side": _named(rows["side"].astype(np.int8) + 1, ["A", "N", "B"], pa.int8()),
        "price": _unless(rows["price"], quotes),
        "size": _unless(rows["size"], quotes),
        "order_id": pa.array(rows["order_id"], mask=(rows["order_id"] == 0) & ~_CARRIES_ID[action]),
        "bid_price": _unless(rows["price"], ~quotes),
        "bid_size": _unless(rows["size"], ~quotes),
        "ask_price": _unless(rows["price2"], ~quotes),
        "ask_size": _unless(rows["size2"], ~quotes),
        "flags": pa.array(rows["flags"]),
        "condition": _named(rows["condition"], list(units.CONDITIONS), pa.int8(), hide=rows["condition"] == 0),
        "status": _named(rows["status"], list(units.STATUSES), pa.int8(), hide=rows["status"] == 0),
    }
    return pa.RecordBatch.from_arrays([arrays[name] for name in COLUMNS], schema=SCHEMA)


_ACTION_LETTERS: Final = "ACMRLQTFXS"
_ACTION_INDEX: Final = np.zeros(256, np.int8)
_ACTION_INDEX[list(_ACTION_LETTERS.encode())] = np.arange(len(_ACTION_LETTERS))
_CARRIES_ID: Final = np.zeros(256, np.bool_)
_CARRIES_ID[list(b"ACM")] = True


def _unless(values: NDArray[np.int64], hide: check.Mask) -> pa.Array:
    return pa.array(values, mask=hide | (values == units.NULL))


def _named(
    index: NDArray[np.integer], names: Iterable[str], kind: pa.DataType, hide: check.Mask | None = None
) -> pa.Array:
    indices = pa.array(index, kind, mask=hide)
    return pa.DictionaryArray.from_arrays(indices, pa.array(list(names), pa.string()))
