"""Reference data as rows of a table: an instrument or a pair's rates a row, as JSON."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from app.engine.errors import DecodeError, complaint
from app.engine.events import Instrument, Quarantined
from app.engine.universe import Universe
from app.feeds.kdb.codec import Update

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


class Reference:
    """What a table of reference data says, taken as it comes; a row is set aside once, however often it is read."""

    def __init__(self, source: str, universe: Universe) -> None:
        """`source`: in whose name rows are set aside."""
        self._source = source
        self._universe = universe
        self._refused: set[tuple[bytes, str]] = set()

    def take(self, update: Update) -> tuple[Quarantined, ...]:
        """Describe what it says; the rows that say nothing one can read, where they are new."""
        names, columns = update.names or COLUMNS, [column.tolist() for column in update.columns]
        try:
            aside = learn(names, columns, self._universe, (update.table, self._source))
        except DecodeError as error:
            where = f"kdb+ table {update.table}"
            aside = [Quarantined(source=self._source, where=where, reason=str(error))]
        found = {(entry.raw, entry.reason.partition(": ")[2]): entry for entry in aside}
        told = tuple(entry for key, entry in found.items() if key not in self._refused)
        self._refused.update(found)
        return told


def learn(names: tuple[str, ...], columns: list[Any], universe: Universe, of: tuple[str, str]) -> list[Quarantined]:
    """Describe what rows of a table say, the last row of a name counts; `of`: the table, the source it belongs to.

    Gives the rows that say nothing one can read. Raises DecodeError where the table has other columns.
    """
    table, source = of
    if len(names) != len(columns) or not {"sym", "kind", "body"} <= set(names):
        raise DecodeError(complaint(f"kdb+ table {table}", "columns", ", ".join(names), ", ".join(COLUMNS)))
    found = dict(zip(names, columns, strict=True))
    aside = []
    for number, (name, kind, body) in enumerate(zip(found["sym"], found["kind"], found["body"], strict=True)):
        where = f"kdb+ table {table} row {number}"
        try:
            _describe(_text(name), _text(kind), body, universe)
        except (DecodeError, msgspec.DecodeError, UnicodeDecodeError) as error:
            raw = body if isinstance(body, bytes) else str(body).encode()
            reason = f"{where}: sym = {_text(name)!r}: {error}"
            aside.append(Quarantined(source=source, where=where, reason=reason, raw=raw))
    return aside


def _describe(name: str, kind: str, body: Any, universe: Universe) -> None:
    if kind == _INSTRUMENT:
        universe.describe(_INSTRUMENTS.decode(body))
    elif kind == _RATES:
        universe.fx[name] = _PAIRS.decode(body)
    else:
        raise DecodeError(f"kind = {kind!r} is not allowed; allowed: {_INSTRUMENT} or {_RATES}")


def _text(value: Any) -> str:
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
