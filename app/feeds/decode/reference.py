"""Session folder, reference side: instruments.parquet and fx.parquet, rows in and rows out."""

import math
from typing import Final

import msgspec
import pyarrow as pa

from app.engine import units
from app.engine.errors import DecodeError, complaint
from app.engine.events import Instrument, Quarantined
from app.engine.universe import Universe
from app.feeds.decode import columns

_TEXT: Final = (
    "instrument", "currency", "quote_currency", "minor_unit", "contract", "index", "sector", "calendar", "timezone",
    "touch_policy",
)  # fmt: skip
_WHOLE: Final = ("multiplier", "tick_size", "size_exponent", "lot", "open_ns", "close_ns")
_REAL: Final = ("adv", "shares_outstanding", "daily_sigma", "beta")
_POSITIVE: Final = frozenset({"multiplier", "tick_size", "lot", "adv", "shares_outstanding"})
_TIME: Final = "ns since the epoch, greater than 0"
_EXPONENTS: Final = range(-18, 19)
INSTRUMENT_SCHEMA: Final = pa.schema(
    [
        ("instrument", pa.string()), ("currency", pa.string()), ("quote_currency", pa.string()),
        ("minor_unit", pa.string()), ("contract", pa.string()), ("multiplier", pa.int64()), ("tick_size", pa.int64()),
        ("size_exponent", pa.int64()), ("lot", pa.int64()), ("adv", pa.float64()),
        ("shares_outstanding", pa.float64()), ("daily_sigma", pa.float64()), ("beta", pa.float64()),
        ("index", pa.string()), ("sector", pa.string()), ("calendar", pa.string()), ("timezone", pa.string()),
        ("open_ns", pa.int64()), ("close_ns", pa.int64()), ("touch_policy", pa.string()),
    ]
)  # fmt: skip
FX_SCHEMA: Final = pa.schema([("ts_event", pa.int64()), ("pair", pa.string()), ("rate", pa.float64())])


def read_instruments(table: pa.Table, file: str, universe: Universe) -> tuple[frozenset[str], list[Quarantined]]:
    """Describe every instrument of the table; the names that may occur in the data, and what was set aside.

    A row with a wrong value is set aside, its name stays known. Raises DecodeError on a wrong or missing column.
    """
    _check_types(table.schema, file)
    known: set[str] = set()
    aside: list[Quarantined] = []
    for row, entry in enumerate(_entries(table)):
        where = f"{file} row {row}"
        problem = _problem(entry)
        name = entry.get("instrument")
        if isinstance(name, str):
            known.add(name)
        if problem is not None:
            field, allowed = problem
            reason = complaint(where, field, entry.get(field), allowed)
            aside.append(Quarantined(source=file, where=where, reason=reason, raw=repr(entry).encode()))
            continue
        instrument = msgspec.convert({field: v for field, v in entry.items() if v is not None}, Instrument)
        if instrument.index:
            known.add(instrument.index)
        universe.describe(instrument)
    return frozenset(known), aside


def read_fx(table: pa.Table, file: str, universe: Universe) -> list[Quarantined]:
    """Add the rates of the table to the universe, sorted by time; what was set aside.

    Raises DecodeError on a wrong or missing column.
    """
    types = {"ts_event": columns.is_whole, "pair": columns.is_text, "rate": columns.is_real}
    columns.check_names(table.schema, file, types)
    for name, allowed in types.items():
        if not allowed(table.schema.field(name).type):
            words = "ts_event int64, pair string, rate double"
            raise DecodeError(complaint(file, "columns", str(table.schema), words))
    times = columns.integers(_joined(table, "ts_event")).values.tolist()
    pairs = columns.as_list(columns.texts(_joined(table, "pair")))
    rates = columns.reals(_joined(table, "rate")).tolist()
    aside: list[Quarantined] = []
    for row, (time, pair, rate) in enumerate(zip(times, pairs, rates, strict=True)):
        where = f"{file} row {row}"
        if time <= 0:
            aside.append(_aside(file, where, ("ts_event", None if time == units.NULL else time, _TIME)))
        elif pair is None:
            aside.append(_aside(file, where, ("pair", pair, "two currencies such as EURUSD")))
        elif not math.isfinite(rate) or rate <= 0:
            aside.append(_aside(file, where, ("rate", rate, "a finite number greater than 0")))
        else:
            universe.fx.setdefault(pair, []).append((time, rate))
    for series in universe.fx.values():
        series.sort(key=lambda entry: entry[0])
    return aside


def instruments_table(universe: Universe) -> pa.Table:
    """Reference data as a table of INSTRUMENT_SCHEMA; instruments without any have their name alone."""
    entries = [universe.of(name) for name in universe.instruments.names]
    data = {field: [getattr(entry, field) for entry in entries] for field in INSTRUMENT_SCHEMA.names}
    return pa.table(data, schema=INSTRUMENT_SCHEMA)


def fx_table(universe: Universe) -> pa.Table:
    """The rates as a table of FX_SCHEMA, by time and pair."""
    rates = sorted((time, pair, rate) for pair, series in universe.fx.items() for time, rate in series)
    return pa.table([list(column) for column in zip(*rates, strict=True)] if rates else [[], [], []], schema=FX_SCHEMA)


def _check_types(schema: pa.Schema, file: str) -> None:
    columns.check_names(schema, file, ("instrument",))
    for names, allowed, words in (
        (_TEXT, columns.is_text, "string"),
        (_WHOLE, columns.is_whole, "int64"),
        (_REAL, columns.is_real, "double"),
    ):
        for name in names:
            if name in schema.names and not allowed(schema.field(name).type):
                raise DecodeError(complaint(file, f"type of {name}", str(schema.field(name).type), words))


def _entries(table: pa.Table) -> list[dict[str, object]]:
    values: dict[str, list[object]] = {}
    for name in (name for name in (*_TEXT, *_WHOLE, *_REAL) if name in table.column_names):
        column = _joined(table, name)
        if name in _TEXT:
            values[name] = list(columns.as_list(columns.texts(column)))
        else:
            values[name] = [_number(value, name in _WHOLE) for value in column.to_pylist()]
    return [{name: column[row] for name, column in values.items()} for row in range(table.num_rows)]


def _number(value: object, whole: bool) -> object:
    """A whole float as an integer, an integer as a float, where that is what the column is."""
    if whole and isinstance(value, float) and value.is_integer():
        return int(value)
    return float(value) if not whole and isinstance(value, int) else value


def _joined(table: pa.Table, name: str) -> pa.Array:
    column = table.column(name).unify_dictionaries()
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.nulls(0, column.type)


def _problem(entry: dict[str, object]) -> tuple[str, str] | None:
    """The first wrong field of an instrument and what it allows."""
    if not entry.get("instrument"):
        return "instrument", "a name"
    if entry.get("contract") not in (None, "linear", "inverse"):
        return "contract", "linear, inverse"
    for name in (*_WHOLE, *_REAL):
        value = entry.get(name)
        if value is None:
            continue
        if name in _WHOLE and not isinstance(value, int):
            return name, "a whole number"
        if not isinstance(value, int | float) or not math.isfinite(value):
            return name, "a finite number"
        if name in _POSITIVE and value <= 0:
            return name, "a number greater than 0"
    exponent = entry.get("size_exponent")
    if exponent is not None and exponent not in _EXPONENTS:
        return "size_exponent", "-18 to 18"
    sigma = entry.get("daily_sigma")
    if isinstance(sigma, float) and sigma < 0:
        return "daily_sigma", "a fraction per day, 0 or more"
    return None


def _aside(file: str, where: str, what: tuple[str, object, str]) -> Quarantined:
    field, value, allowed = what
    return Quarantined(source=file, where=where, reason=complaint(where, field, value, allowed))
