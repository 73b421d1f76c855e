"""kdb+ objects as columns, by KX's own library without a licence: it decodes, it encodes, it knows the compression."""

import importlib
import os
from collections.abc import Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from app.engine.errors import DecodeError, FeedError
from app.feeds.kdb import wire

EPOCH: Final = 946_684_800 * 10**9  # ns from 1970 to the kdb+ epoch, 2000-01-01
DAY: Final = 86_400 * 10**9
NULL: Final = -(2**63)  # of a long, a timestamp and a timespan; the engine's own
Column: TypeAlias = NDArray[Any]
Strings: TypeAlias = list[bytes]  # a column of strings; a column of objects is one of symbols
_MISSING: Final = "kdb+ needs pykx, which is not installed here: pip install 'leakage-scorecard[kdb]'"
# Vectors whose numbers are taken as they lie in memory, with what is added to each.
_TIMES: Final = {"TimestampVector": EPOCH, "TimespanVector": 0}


class Update(NamedTuple):
    """What a message brought for a table. `names`: of its columns, () where it came as bare columns."""

    table: str
    names: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def rows(self) -> int:
        """How many."""
        return len(self.columns[0]) if self.columns else 0


class Codec:
    """pykx, imported once and without a licence unless one is configured. Used by one thread at a time."""

    def __init__(self) -> None:
        """Raises FeedError when pykx is not there or does not load."""
        if not any(os.environ.get(name) for name in ("QLIC", "KDB_LICENSE_B64", "KDB_K4LICENSE_B64", "PYKX_LICENSED")):
            os.environ.setdefault("PYKX_UNLICENSED", "1")  # otherwise its import looks for one in a process of its own
        try:
            self._kx: Any = importlib.import_module("pykx")
        except ImportError as error:
            raise FeedError(_MISSING) from error
        except Exception as error:  # a licence that is expired, a library that does not load: any kind
            raise FeedError(f"kdb+: pykx does not load here: {error}") from error

    def ask(self, text: str) -> bytes:
        """A question as a message that wants an answer."""
        return self._message(self._kx.CharVector(text), wire.SYNC)

    def publish(self, function: str, table: str, columns: Sequence[Column | Strings]) -> bytes:
        """`function[table; columns]` as a message that wants none; what `tickerplant` and real-time store take."""
        kx = self._kx
        body = kx.List([self._vector(column) for column in columns])
        return self._message(kx.K([kx.SymbolAtom(function), kx.SymbolAtom(table), body]), wire.ASYNC)

    def value(self, message: bytes) -> Any:
        """Any message as Python values: tables as dictionaries of columns. Raises DecodeError."""
        return self._plain(self._object(message))

    def update(self, message: bytes) -> Update | tuple[str, Any] | None:
        """A message (`upd;table;rows) as columns; (name, argument) of another call; None of anything else.

        Raises DecodeError when it cannot be decoded.
        """
        found = self._object(message)
        kx = self._kx
        if not isinstance(found, kx.List) or len(found) < 2:
            return None
        name = self._plain(found._unlicensed_getitem(0))  # noqa: SLF001  indexing proper needs a licence
        if name not in ("upd", ".u.upd"):
            return str(name), self._plain(found._unlicensed_getitem(1))  # noqa: SLF001
        table = str(self._plain(found._unlicensed_getitem(1)))  # noqa: SLF001
        return Update(table, *self.columns(found._unlicensed_getitem(2)))  # noqa: SLF001

    def columns(self, table: Any) -> tuple[tuple[str, ...], tuple[Column, ...]]:
        """Names and columns of a table, or of a list of columns without names. Times are ns since 1970."""
        names: tuple[str, ...] = ()
        if isinstance(table, self._kx.Table):
            names = tuple(table._keys.py())  # noqa: SLF001
            table = table._values  # noqa: SLF001
        raw = table.np(raw=True)
        return names, tuple(self._column(raw[index], table, index) for index in range(len(raw)))

    def _column(self, values: Any, table: Any, index: int) -> Column:
        if not isinstance(values, np.ndarray):
            values = np.atleast_1d(np.asarray(values))
        if values.dtype == object and not len(values):
            kind = type(table._unlicensed_getitem(index)).__name__  # noqa: SLF001
            return np.empty(0, np.void) if kind == "List" else values  # a list without a row has no type yet
        if values.dtype == np.int64:
            kind = type(table._unlicensed_getitem(index)).__name__  # noqa: SLF001
            if _TIMES.get(kind):
                return np.where(values == NULL, NULL, values + _TIMES[kind])
        column: Column = values
        return column

    def _object(self, message: bytes) -> Any:
        words = wire.fault(message)
        if words is not None:
            raise DecodeError(f"kdb+ answered with the error {words!r}")
        try:
            return self._kx.deserialize(message)
        except self._kx.QError as error:
            raise DecodeError(f"not a kdb+ message ({len(message)} bytes): {error}") from error

    def _message(self, body: Any, kind: int) -> bytes:
        return bytes(self._kx.serialize(body, wait=kind).copy())

    def _plain(self, found: Any) -> Any:
        if isinstance(found, self._kx.Table):
            return dict(zip(*self.columns(found), strict=True))
        if isinstance(found, self._kx.List):
            return [self._plain(found._unlicensed_getitem(index)) for index in range(len(found))]  # noqa: SLF001
        value = found.py()
        if type(value).__name__ == "NAType":  # a null number
            return None
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else value

    def _vector(self, column: Column | Strings) -> Any:
        """A column as the vector it is to kdb+; what is no time, number or truth as symbols, "" where undefined."""
        kx = self._kx
        if isinstance(column, list):
            return kx.List([kx.CharVector(text) for text in column])
        if column.dtype.kind == "M":
            return kx.toq(column, handle_nulls=True)  # otherwise an undefined time is shifted like any other
        if column.dtype.kind == "m":
            return kx.TimespanVector(column)
        if column.dtype.kind in "iu":
            return kx.LongVector(column.astype(np.int64))
        if column.dtype.kind == "f":
            return kx.FloatVector(column.astype(np.float64))
        if column.dtype.kind == "b":
            return kx.BooleanVector(column)
        texts = column.tolist()
        if column.dtype.kind != "O" or not all(type(text) is str for text in texts):
            column = np.array(["" if text is None else str(text) for text in texts], object)
        return kx.SymbolVector(np.ascontiguousarray(column))  # a list takes it five times as long
