"""Reference data as rows of a table: an instrument or a pair's rates a row, as JSON."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from app.engine.errors import DecodeError, complaint
from app.engine.events import Instrument
from app.engine.universe import Universe

REFERENCE: Final = "reference"
COLUMNS: Final = ("time", "sym", "kind", "body")
_INSTRUMENT: Final = "instrument"
_RATES: Final = "fx"
_INSTRUMENTS: Final = msgspec.json.Decoder(Instrument)
_PAIRS: Final = msgspec.json.Decoder(list[tuple[int, float]])


def rows(universe: Universe) -> Iterator[tuple[str, str, bytes]]:
    """(name, kind, body) of everything that is known."""
    for name, instrument in universe.reference.items():
        yield name, _INSTRUMENT, msgspec.json.encode(instrument)
    for pair, rates in universe.fx.items():
        yield pair, _RATES, msgspec.json.encode(rates)


def learn(names: tuple[str, ...], columns: list[Any], universe: Universe, table: str) -> None:
    """Describe what rows of the table say; the last row of a name counts. Raises DecodeError naming table and row."""
    if len(names) != len(columns) or not {"sym", "kind", "body"} <= set(names):
        raise DecodeError(complaint(f"kdb+ table {table}", "columns", ", ".join(names), ", ".join(COLUMNS)))
    found = dict(zip(names, columns, strict=True))
    for number, (name, kind, body) in enumerate(zip(found["sym"], found["kind"], found["body"], strict=True)):
        where = f"kdb+ table {table} row {number}"
        try:
            if _text(kind) == _INSTRUMENT:
                universe.describe(_INSTRUMENTS.decode(body))
            elif _text(kind) == _RATES:
                universe.fx[_text(name)] = _PAIRS.decode(body)
            else:
                raise DecodeError(complaint(where, "kind", _text(kind), f"{_INSTRUMENT} or {_RATES}"))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise DecodeError(f"{where}: body: {error}") from error


def _text(value: Any) -> str:
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
