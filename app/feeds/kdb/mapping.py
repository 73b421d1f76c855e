"""The map of a table held against the columns the tickerplant has, before the first row: wrong names, wrong types."""

from collections.abc import Mapping
from typing import Final

from app.engine.errors import DecodeError, SettingsError, complaint
from app.feeds.decode import orders as order_tables
from app.feeds.decode import session as market_tables
from app.feeds.kdb.codec import Column
from app.feeds.kdb.messages import RAW
from app.feeds.kdb.tables import TIMES, Table
from app.settings_sources import KdbSource

CODECS: Final = ("columns", "fix")
_KINDS: Final = {"f": "float", "b": "boolean", "O": "text", "S": "text", "U": "text", "V": "untyped"}
_WIDTHS: Final = {8: "long or time", 4: "int", 2: "short", 1: "byte"}
_UNTYPED: Final = "V"
_NUMBER: Final = "iufb"
_MARKET_NEEDS: Final = ("ts_event", "instrument")
_ORDERS_NEED: Final = ("ts_event", "kind")


def check_codec(source: KdbSource, key: str) -> None:
    """Raises SettingsError for a codec or a role that a kdb+ table does not have."""
    if source.codec not in CODECS:
        raise SettingsError(complaint("settings", f"{key}.codec", source.codec, ", ".join(CODECS)))
    if source.role == "both":
        allowed = "market or orders: a table holds one of them"
        raise SettingsError(complaint("settings", f"{key}.role", source.role, allowed))
    if source.codec == "fix" and source.role != "orders":
        raise SettingsError(complaint("settings", f"{key}.role", source.role, "orders where codec = 'fix'"))
    wrong = sorted(set(source.columns) - {RAW}) if source.codec == "fix" else []
    if wrong:
        allowed = f"{RAW} alone where codec = 'fix': the column of the messages"
        raise SettingsError(complaint("settings", f"{key}.columns", wrong[0], allowed))


def check_map(table: Table, source: KdbSource, key: str, schema: Mapping[str, Column]) -> None:
    """Raises SettingsError for a column that is missing or of a type that cannot be read; `schema`: name -> values."""
    names = tuple(schema)
    ours, needed = _asked(source)
    try:
        table.seen(names, ours)
    except DecodeError as error:
        raise SettingsError(f"settings: {key}: {error}") from error
    shown = ", ".join(f"{name} ({_type(values)})" for name, values in schema.items())
    for name in needed:
        if not table.has(name) and table.constant(name) is None:
            allowed = f"a column of table {table.name}, or =CONSTANT; it has {shown}"
            raise SettingsError(complaint("settings", f"{key}.columns.{name}", None, allowed))
    for name in ours:
        if not table.has(name) or table.constant(name) is not None:
            continue
        theirs = names[table.place(name)]
        wanted = _wanted(name, source)
        if wanted and schema[theirs].dtype.kind not in wanted[0] + _UNTYPED:
            allowed = f"a column of type {wanted[1]}; table {table.name} has {shown}"
            raise SettingsError(complaint("settings", f"{key}.columns.{name}", theirs, allowed))


def _asked(source: KdbSource) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Our columns that are looked for, and those without which there is no row."""
    if source.codec == "fix":
        return (RAW,), (RAW,)
    if source.role == "orders":
        return (*order_tables.COLUMNS, *order_tables.EXTRA), _ORDERS_NEED
    return tuple(market_tables.COLUMNS), _MARKET_NEEDS


def _wanted(name: str, source: KdbSource) -> tuple[str, str] | None:
    """Kinds of columns that fit, and in words; None where any does."""
    if name == RAW:
        return "OSU", "text"
    if name in TIMES:
        return "iu", "timestamp or timespan"
    if source.role == "orders":
        numbers = name in order_tables.WHOLE or name in order_tables.REAL
    else:
        numbers = name not in market_tables.TEXT
    return (_NUMBER, "long, int, short or float") if numbers else None


def _type(values: Column) -> str:
    kind = values.dtype.kind
    return _WIDTHS.get(values.dtype.itemsize, "long") if kind in "iu" else _KINDS.get(kind, str(values.dtype))
