"""Symbology: the feeds' own symbols to instruments, by date.

A table of `symbol`, `instrument` and optionally `start_date` (inclusive) and `end_date` (exclusive), UTC days;
an empty date is open. Parquet (`symbols.parquet`) or CSV. A symbol that is not listed keeps its own name.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from app.engine.errors import FeedError, SettingsError, complaint
from app.engine.universe import Names

DAY_NS: Final = 86_400_000_000_000
_FIRST_DAY: Final = -(2**40)
_LAST_DAY: Final = 2**40
_EPOCH: Final = date(1970, 1, 1).toordinal()


class Span(NamedTuple):
    """The instrument a symbol means from `start` (inclusive) to `end` (exclusive), days since the epoch."""

    start: int
    end: int
    instrument: str


@dataclass(slots=True)
class SymbolFile:
    """The spans of each feed symbol."""

    spans: dict[str, list[Span]] = field(default_factory=dict)

    def add(self, symbol: str, span: Span) -> None:
        """Add a span; raises SettingsError when it overlaps one of the same symbol."""
        known = self.spans.setdefault(symbol, [])
        for other in known:
            if span.start < other.end and other.start < span.end:
                raise SettingsError(f"symbols: {symbol!r} means both {other.instrument!r} and {span.instrument!r} on the same day")
        known.append(span)

    def instrument(self, symbol: str, day: int) -> str:
        """The instrument a symbol means on a day (days since the epoch); its own name when not listed."""
        for span in self.spans.get(symbol, ()):
            if span.start <= day < span.end:
                return span.instrument
        return symbol

    def codes(
        self, symbols: Sequence[str], picked: NDArray[np.intp], times: NDArray[np.int64], names: Names
    ) -> NDArray[np.int32]:
        """Instrument numbers of rows: `picked` indexes `symbols` (-1 = none, gives -1), times in ns."""
        used = np.flatnonzero(np.bincount(picked[picked >= 0], minlength=len(symbols)))
        table = np.full(len(symbols) + 1, -1, np.int32)
        for index in used.tolist():
            if symbols[index] not in self.spans:
                table[index] = names.index(symbols[index])
        result: NDArray[np.int32] = table[picked]
        for index in used.tolist():
            if symbols[index] in self.spans:
                here = np.flatnonzero(picked == index)
                result[here] = self._dated(symbols[index], times[here] // DAY_NS, names)
        return result

    def _dated(self, symbol: str, days: NDArray[np.int64], names: Names) -> NDArray[np.int32]:
        """Numbers of one listed symbol on the given days; a day outside all its spans gives its own name."""
        result = np.full(len(days), -1, np.int32)
        for span in self.spans[symbol]:
            inside = (days >= span.start) & (days < span.end)
            if inside.any():
                result[inside] = names.index(span.instrument)
        if (result < 0).any():
            result[result < 0] = names.index(symbol)
        return result


def read_symbols(path: Path) -> SymbolFile:
    """Read a symbol file. Raises FeedError when unreadable, SettingsError naming column and row when wrong."""
    table = _table(path)
    for column in ("symbol", "instrument"):
        if column not in table.column_names:
            allowed = "a table of symbol, instrument, start_date, end_date"
            raise SettingsError(complaint(str(path), "columns", table.column_names, allowed))
    found = SymbolFile()
    for row, entry in enumerate(table.to_pylist()):
        where = f"{path} row {row}"
        for column in ("symbol", "instrument"):
            if not isinstance(entry[column], str) or not entry[column]:
                raise SettingsError(complaint(where, column, entry[column], "a name"))
        start = _day(where, "start_date", entry.get("start_date"), _FIRST_DAY)
        end = _day(where, "end_date", entry.get("end_date"), _LAST_DAY)
        found.add(entry["symbol"], Span(start, end, entry["instrument"]))
    return found


def _table(path: Path) -> pa.Table:
    try:
        if path.suffix == ".parquet":
            return pq.read_table(path)
        strings = {name: pa.string() for name in ("symbol", "instrument", "start_date", "end_date")}
        return pacsv.read_csv(path, convert_options=pacsv.ConvertOptions(column_types=strings))
    except (OSError, pa.ArrowException) as error:
        raise FeedError(f"{path}: cannot be read as a symbol file: {error}") from error


def _day(where: str, column: str, value: object, absent: int) -> int:
    if value is None or value == "":
        return absent
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return value.toordinal() - _EPOCH
    if isinstance(value, str):
        try:
            return date.fromisoformat(value).toordinal() - _EPOCH
        except ValueError:
            pass
    raise SettingsError(complaint(where, column, value, "a day as YYYY-MM-DD"))
