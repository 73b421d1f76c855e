"""The usual batch of market.parquet straight into market rows: the written types, every column, no broken rule."""

from typing import Any, Final, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from app.engine.assembly import UNKNOWN, Columns, Numbers, Texts, assemble
from app.engine.book.state import MARKET_SIGNED
from app.engine.events import MARKET, Rows

_NUMBERS: Final = (
    "ts_event", "ts_recv", "seq", "order_id", "price", "size", "bid_price", "bid_size", "ask_price", "ask_size",
)  # fmt: skip
_TEXTS: Final = ("source", "instrument", "venue", "action", "side", "condition", "status")
_IDENTIFIERS: Final = ("seq", "order_id")
_INDICES: Final = (pa.int8(), pa.int32())
_ALWAYS: Final[NDArray[np.uint8]] = np.zeros(0, np.uint8)


class Codes(Protocol):
    """Codes of text columns."""

    def of(self, name: str, values: list[str], used: NDArray[np.intp]) -> list[int] | None:
        """Codes of a column's distinct values ("" = no text), and last that of no text; UNKNOWN or less is refused.

        `used`: the values that occur. None where a code is not a value's alone.
        """


class Straight:
    """Turns batches into rows; the tables of codes are kept for as long as a column's dictionary is the same."""

    def __init__(self, codes: Codes) -> None:
        self._codes = codes
        self._tables: dict[str, tuple[pa.Array, NDArray[np.int64]]] = {}
        self._fits: tuple[pa.Schema, bool] | None = None

    def rows(self, batch: pa.RecordBatch, first: int) -> Rows | None:
        """All rows of a batch whose first has index `first` in the file; None where each must be looked at."""
        if self._fits is None or not self._fits[0].equals(batch.schema):
            self._fits = batch.schema, _written(batch.schema)
        if not self._fits[1]:
            return None
        found = {name: batch.column(name) for name in (*_NUMBERS, *_TEXTS, "flags")}
        bits = {name: _bits(column) for name, column in found.items()}
        there = {name: column for name, column in bits.items() if column is not None}
        if len(there) < len(found):
            return None
        texts = [self._texts(name, found[name], there[name]) for name in _TEXTS]
        if any(column is None for column in texts):
            return None
        numbers: list[Any] = [Numbers(_values(found[name], np.int64), there[name]) for name in _NUMBERS]
        flags = _values(found["flags"], np.uint8)
        rows: Rows = np.ndarray(batch.num_rows, MARKET, np.empty(batch.num_rows * MARKET.itemsize, np.uint8))
        words = rows.view(np.int64).reshape(-1, MARKET.itemsize // 8)
        columns = Columns(*[*numbers, flags, there["flags"], *texts])
        return rows if assemble(columns, rows.view(MARKET_SIGNED), words, first) else None

    def _texts(self, name: str, column: pa.Array, there: NDArray[np.uint8]) -> Texts | None:
        picked = _values(column.indices, column.indices.type.to_pandas_dtype()).astype(np.int32, copy=False)
        known = self._tables.get(name)
        if known is None or not known[0].equals(column.dictionary):
            table = self._table(name, column.dictionary, picked)
            if table is None:
                return None
            known = column.dictionary, table
            if not (table[:-1] <= UNKNOWN).any():  # what a value means may depend on where it occurs first
                self._tables[name] = known
        return Texts(picked, there, known[1])

    def _table(self, name: str, dictionary: pa.Array, picked: NDArray[np.int32]) -> NDArray[np.int64] | None:
        try:
            values = [value or "" for value in dictionary.to_pylist()]
        except UnicodeDecodeError:
            return None
        if len(picked) and (picked.min() < 0 or picked.max() >= len(values)):
            return None
        used = np.flatnonzero(np.bincount(picked, minlength=len(values)))
        codes = self._codes.of(name, values, used)
        return None if codes is None else np.array(codes, np.int64)


def _written(schema: pa.Schema) -> bool:
    """True for a schema with every column in the type it is written in."""
    names = (*_NUMBERS, *_TEXTS, "flags")
    return all(name in schema.names and _is_written(schema.field(name).type, name) for name in names)


def _is_written(kind: pa.DataType, name: str) -> bool:
    if name in _TEXTS:
        return bool(
            pa.types.is_dictionary(kind) and kind.index_type in _INDICES and pa.types.is_string(kind.value_type)
        )
    return bool(kind == (pa.uint8() if name == "flags" else pa.uint64() if name in _IDENTIFIERS else pa.int64()))


def _bits(column: pa.Array) -> NDArray[np.uint8] | None:
    """A bit per row that is 1 where there is a value, none where all are there; None where they begin inside a byte."""
    values = column.indices if pa.types.is_dictionary(column.type) else column
    if not values.null_count:
        return _ALWAYS
    if values.offset % 8:
        return None
    return np.frombuffer(values.buffers()[0], np.uint8)[values.offset // 8 :]


def _values(column: pa.Array, kind: type[np.generic]) -> NDArray[Any]:
    """The values of a column as they lie in memory."""
    end = column.offset + len(column)
    return np.frombuffer(column.buffers()[1], kind, end)[column.offset :]
