"""Rows of a board as messages of a compacted topic, and back: names for numbers, so that any engine can be followed.

    key     SECTION/IDENTITY: parents/P1, fills/P1/F7, children/P1/C3, events/P1/000000000012, instruments/AAPL,
            sources/XNAS, trace/AAPL/TIME, meta/NAME, beat
    value   msgpack map: run (whose results these are), ts (event ns up to which they hold), row (column -> value);
            trace: rows (a list of such), beat and meta: row holds watermark or text

Columns are those of the tables and of the board's rows; undefined is nil, an order is named by its id and an
instrument by its name. The last message of a key is its present state.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec
import numpy as np

from app.engine import layout
from app.engine.errors import DecodeError
from app.engine.events import Rows
from app.engine.units import NULL

Row: TypeAlias = dict[str, Any]
SECTIONS: Final = ("parents", "fills", "children", "events", "instruments", "sources", "trace")
BEAT: Final = "beat"
META: Final = "meta"
# Fields that number rows of another section: sent as what identifies that row.
REFERENCES: Final = {"parent_row": "parents"}
_IDENTITY: Final[Mapping[str, str]] = {
    "parents": "parent_id", "instruments": "instrument", "sources": "source",
    "fills": "fill_id", "children": "child_id",
}  # fmt: skip


class Result(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The value of a message."""

    run: str
    ts: int
    row: Row = {}
    rows: list[Row] = []


class Keyed(NamedTuple):
    """A message: section and identity make its key."""

    section: str
    identity: str
    value: Result

    @property
    def key(self) -> str:
        """As it stands in the topic."""
        return f"{self.section}/{self.identity}" if self.identity else self.section


_VALUE: Final = msgspec.msgpack.Decoder(Result)


def decoded(key: bytes, value: bytes) -> Keyed:
    """A message of the topic. Raises DecodeError."""
    section, _, identity = key.decode("utf-8", "replace").partition("/")
    if section not in {*SECTIONS, BEAT, META}:
        raise DecodeError(f"key {key[:80]!r} is not allowed; allowed: {', '.join((*SECTIONS, BEAT, META))}")
    try:
        return Keyed(section, identity, _VALUE.decode(value))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DecodeError(f"key {key[:80]!r}: not a result: {error}") from error


@dataclass(slots=True)
class Outgoing:
    """Rows of a sink in their names; `text` gives the text of a number. Remembers who stands in which row.

    `instruments`: names by their number, which is that of their row.
    """

    text: Callable[[int], str]
    instruments: Sequence[str]
    parents: dict[int, str] = field(default_factory=dict)

    def rows(self, section: str, index: Sequence[int], rows: Rows) -> Iterator[tuple[str, Row]]:
        """Identity and named columns of each row."""
        names = rows.dtype.names or ()
        if section == "trace":
            yield from self._trace(rows)
            return
        for number, row in zip(index, rows, strict=True):
            said = {name: self._value(rows.dtype[name], name, row[name]) for name in names if name != "pad"}
            identity = self._identity(section, number, said)
            if identity:
                yield identity, said

    def _identity(self, section: str, number: int, said: Row) -> str:
        if section == "events":
            return f"{said['parent_row']}/{number:012d}"
        identity = str(said[_IDENTITY[section]])
        if section == "parents":
            self.parents[number] = identity
        return f"{said['parent_row']}/{identity}" if section in {"fills", "children"} and identity else identity

    def _trace(self, rows: Rows) -> Iterator[tuple[str, Row]]:
        for instrument in np.unique(rows["instrument"]).tolist():
            part = rows[rows["instrument"] == instrument]
            name = self.instruments[instrument]
            mids = [None if math.isnan(mid) else mid for mid in part["mid"].tolist()]
            said = {"instrument": name, "ts": part["ts"].tolist(), "mid": mids, "volume": part["volume"].tolist()}
            yield f"{name}/{int(part['ts'][0]):020d}", said

    def _value(self, kind: Any, name: str, value: Any) -> Any:
        plain = value.item()
        if name in REFERENCES:
            return self.parents.get(plain, "")
        if kind == np.dtype("u4"):
            return self.text(plain)
        if kind.kind == "f":
            return None if math.isnan(plain) else plain
        return None if kind == np.dtype("i8") and plain == NULL else plain


@dataclass(slots=True)
class Incoming:
    """Messages as rows of a sink of the same layout; `intern` numbers a text. Gives rows their places by identity."""

    intern: Callable[[str], int]
    places: dict[str, dict[str, int]] = field(default_factory=dict)
    traced: dict[str, int] = field(default_factory=dict)  # instrument -> time of its newest point

    def rows(self, section: str, entries: Sequence[tuple[str, Row]]) -> tuple[list[int], Rows]:
        """Places and rows of some messages of one section, later ones of an identity in place of earlier ones."""
        if section == "trace":
            return self._trace(entries)
        newest = dict(entries)
        places = self.places.setdefault(section, {})
        index = [places.setdefault(identity, len(places)) for identity in newest]
        rows = np.zeros(len(newest), layout.SECTIONS[section])
        for at, said in enumerate(newest.values()):
            for name in rows.dtype.names or ():
                rows[name][at] = self._value(rows.dtype[name], name, said.get(name))
        return index, rows

    def _trace(self, entries: Sequence[tuple[str, Row]]) -> tuple[list[int], Rows]:
        parts: list[Rows] = []
        for _, said in entries:
            name = str(said["instrument"])
            part = np.zeros(len(said["ts"]), layout.TRACE_ROW)
            part["ts"], part["volume"] = said["ts"], said["volume"]
            part["mid"] = [np.nan if mid is None else mid for mid in said["mid"]]
            part["instrument"] = self._place("instruments", name)
            part = part[part["ts"] > self.traced.get(name, NULL)]
            if len(part):
                self.traced[name] = int(part["ts"].max())
                parts.append(part)
        places = self.places.setdefault("trace", {})
        first = len(places)
        rows: Rows = np.concatenate(parts) if parts else np.zeros(0, layout.TRACE_ROW)
        index = list(range(first, first + len(rows)))
        places.update({str(number): number for number in index})
        return index, rows

    def _place(self, section: str, identity: str) -> int:
        """Where a row stands, or will: compaction may bring what names it first."""
        places = self.places.setdefault(section, {})
        return places.setdefault(identity, len(places))

    def _value(self, kind: Any, name: str, value: Any) -> Any:
        if name in REFERENCES:
            return self._place(REFERENCES[name], str(value)) if value else -1
        if kind == np.dtype("u4"):
            return self.intern(str(value or ""))
        if value is not None:
            return value
        return np.nan if kind.kind == "f" else NULL if kind == np.dtype("i8") else -1 if name == "in_fdr_set" else 0
