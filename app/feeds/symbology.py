"""Symbology: the feeds' own symbols to instruments, by date.

A table of `symbol`, `instrument` and optionally `start_date` (inclusive) and `end_date` (exclusive), UTC days;
an empty date is open. Parquet (`symbols.parquet`) or CSV. A symbol that is not listed keeps its own name.
"""

from datetime import date, datetime
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from app.engine.errors import FeedError, SettingsError, complaint
from app.feeds.decode.symbols import Span, SymbolFile

_FIRST_DAY: Final = -(2**40)
_LAST_DAY: Final = 2**40
_EPOCH: Final = date(1970, 1, 1).toordinal()


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
    except (OSError, pa.ArrowException, ValueError) as error:
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
