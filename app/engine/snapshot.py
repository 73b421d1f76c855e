"""The engine's state as bytes and back: arrays, the facts in their order of arrival, and what each fact met."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec
import numpy as np

from app.engine.book import Books
from app.engine.enrich.own_prints import CANDIDATE, WANTED
from app.engine.enrich.regions import joined
from app.engine.enrich.rows import HISTORY, JOIN, PRINT, SAMPLE, SLOT, TAKEN_BACK
from app.engine.errors import EngineError
from app.engine.events import CHANGE, Instrument, OrderRow
from app.engine.evidence.rows import CHILD, STEP, STREAM
from app.engine.orders.flow import Flow
from app.engine.orders.joins import pending_rows

if TYPE_CHECKING:
    from app.engine.orders.facts import Fact
    from app.engine.orders.joins import Joins
    from app.engine.state import State

VERSION: Final = 8
_DIGEST: Final = hashlib.sha256().digest_size
_DTYPES: Final = {
    "history": HISTORY, "print": PRINT, "slot": SLOT, "sample": SAMPLE, "taken": TAKEN_BACK, "join": JOIN,
    "change": CHANGE, "wanted": WANTED, "candidate": CANDIDATE, "stream": STREAM, "step": STEP, "record": CHILD,
}  # fmt: skip
_PLACES: Final = ("instrument", "before", "at", "horizon", "wanted", "matched_at", "late")


class _Array(msgspec.Struct, frozen=True):
    dtype: str
    shape: tuple[int, ...]
    data: bytes


class _State(msgspec.Struct, frozen=True):
    version: int
    names: tuple[list[str], list[str], list[str]]
    reference: list[Instrument]
    fx: dict[str, list[tuple[int, float]]]
    facts: list[OrderRow]
    arrays: dict[str, dict[str, _Array]]
    lists: dict[str, list[int]]
    joins: dict[str, list[list[int]]]
    bases: dict[int, str]
    scalars: dict[str, int]
    counts: dict[str, int]
    sources: dict[str, str]
    chain: bytes
    evidence: dict[str, _Array] = {}
    model: str = ""  # hash of the model behind it


class _Books(msgspec.Struct, frozen=True):
    """Of a state, what the books and own orders are made of."""

    version: int
    facts: list[OrderRow]
    arrays: dict[str, dict[str, _Array]]


def pack(engine: State) -> bytes:
    """Serialise everything that later blocks can depend on."""
    joins, flow, universe = engine.joins, engine.flow, engine.universe
    number = {id(fact): n for n, fact in enumerate(flow.facts)}
    places = {f"fact.{name}": np.array([getattr(fact, name) for fact in flow.facts], np.int64) for name in _PLACES}
    state = _State(
        version=VERSION,
        names=(universe.instruments.names, universe.venues.names, universe.sources.names),
        reference=list(universe.reference.values()),
        fx=universe.fx,
        facts=[fact.row for fact in flow.facts],
        arrays={
            "books": _encode(engine.books.save()),
            "history": _encode(engine.history.save()),
            "joins": _encode(_join_arrays(joins) | places),
            "kept": _encode(joins.kept.save()),
            "counted": _encode(engine.counted.save()),
        },
        lists={name: [number[id(fact)] for fact in getattr(joins, name)] for name in _FACT_LISTS},
        joins={
            "index_of": [list(pair) for pair in joins.index_of.items()],
            "ranges": [[row, *span] for row, span in joins.ranges.items()],
            "fresh": [list(item) for item in joins.fresh],
            "assumed": [[print_, *(number[id(fact)] for fact in facts)] for print_, facts in joins.assumed.items()],
            "crosses": [[n, number[id(fact)], quality] for n, met in joins.crosses.items() for fact, quality in met],
        },
        bases=joins.bases,
        scalars={
            "used": joins.used, "reactions": joins.reactions, "unjoined": joins.unjoined,
            "scanned": joins.kept.scanned,
            "taken_seen": joins.taken_seen,
            "watermark": engine.watermark, "last_ts": engine.last_ts, "end": engine.end, "rows_in": engine.rows_in,
            "described": engine.described,
        },
        counts=engine.counts,
        sources=engine.sources,
        chain=engine.chain,
        evidence={} if engine.evidence is None else _encode(engine.evidence.save(number)),
        model="" if engine.evidence is None else engine.evidence.model.hash,
    )  # fmt: skip
    packed = msgspec.msgpack.encode(state)
    return hashlib.sha256(packed).digest() + packed


_FACT_LISTS: Final = ("waiting", "unmatched", "openings", "intervals")


def _join_arrays(joins: Joins) -> dict[str, Any]:
    return {
        "rows": joins.rows[: joins.used], "mid2": joins.mid2, "quality": joins.quality, "last2": joins.last2,
        "too_short": np.array(joins.too_short, np.int64), "found": joins.found,
        **{f"pending{n}": array for n, array in enumerate(joins.pending)},
    }  # fmt: skip


def unpack(engine: State, data: bytes) -> None:
    """Put a saved state into a fresh engine. Raises EngineError for bytes that are not one."""
    state = _opened(data, _State)
    universe = engine.universe
    for table, names in zip((universe.instruments, universe.venues, universe.sources), state.names, strict=True):
        for n, name in enumerate(names):
            if table.index(name) != n:
                raise EngineError(f"saved engine state: {name!r} has another number here")
    for instrument in state.reference:
        universe.reference.setdefault(instrument.instrument, instrument)
    universe.fx.update(state.fx)
    engine.books = Books.load(_decode(state.arrays["books"]))
    engine.history.load(_decode(state.arrays["history"]))
    _restore_flow(engine, state)
    _restore_joins(engine.joins, state, engine.flow.facts)
    scalars = state.scalars
    engine.watermark, engine.last_ts, engine.end = scalars["watermark"], scalars["last_ts"], scalars["end"]
    engine.rows_in, engine.described = scalars["rows_in"], scalars["described"]
    engine.counts, engine.sources, engine.chain = dict(state.counts), dict(state.sources), state.chain
    engine.counted.load(_decode(state.arrays["counted"]))
    if engine.evidence is not None:
        known = state.model == engine.evidence.model.hash
        engine.evidence.load(_decode(state.evidence) if known else {}, engine.flow.facts)


def unpack_books(data: bytes) -> tuple[Books, list[OrderRow]]:
    """The books of a saved state and its own rows in their order of arrival: all it takes to show a ladder.

    Raises EngineError for bytes that are not a saved state.
    """
    state = _opened(data, _Books)
    return Books.load(_decode(state.arrays["books"])), state.facts


_Opened = TypeVar("_Opened", _State, _Books)


def _opened(data: bytes, kind: type[_Opened]) -> _Opened:
    """A saved state, checked. Raises EngineError."""
    digest, packed = data[:_DIGEST], data[_DIGEST:]
    if hashlib.sha256(packed).digest() != digest:
        raise EngineError("not a saved engine state: its bytes are damaged or something else's")
    try:
        state = msgspec.msgpack.decode(packed, type=kind)
    except msgspec.MsgspecError as error:
        raise EngineError(f"not a saved engine state: {error}") from error
    if state.version != VERSION:
        raise EngineError(f"saved engine state: version = {state.version} is not allowed; allowed: {VERSION}")
    return state


def _restore_flow(engine: State, state: _State) -> None:
    """Link the facts again in their order of arrival, then give each what it had met."""
    flow = Flow(engine.universe, lambda _fact: None)
    for row in state.facts:
        flow.take(row)
    arrays = _decode(state.arrays["joins"])
    for name in _PLACES:
        for fact, value in zip(flow.facts, arrays[f"fact.{name}"].tolist(), strict=True):
            setattr(fact, name, bool(value) if name == "late" else value)
    flow.place = engine.place
    engine.flow = flow


def _restore_joins(joins: Joins, state: _State, facts: list[Fact]) -> None:
    arrays = _decode(state.arrays["joins"])
    joins.used, joins.reactions, joins.unjoined = (state.scalars[n] for n in ("used", "reactions", "unjoined"))
    joins.rows = joined(arrays["rows"], pending_rows(max(256, joins.used)))
    joins.mid2, joins.quality, joins.last2 = arrays["mid2"], arrays["quality"], arrays["last2"]
    joins.too_short = arrays["too_short"].tolist()
    joins.candidates, joins.requests = arrays["found"], len(arrays["found"])
    joins.pending = [arrays[f"pending{n}"] for n in range(4)]
    for name in _FACT_LISTS:
        setattr(joins, name, [facts[n] for n in state.lists[name]])
    joins.index_of = {key: value for key, value in state.joins["index_of"]}  # noqa: C416 - pairs come as lists
    joins.ranges = {row: (low, high) for row, low, high in state.joins["ranges"]}
    joins.fresh = [(instrument, t, target) for instrument, t, target in state.joins["fresh"]]
    joins.assumed = {entry[0]: [facts[n] for n in entry[1:]] for entry in state.joins["assumed"]}
    for print_, n, quality in state.joins["crosses"]:
        joins.crosses.setdefault(print_, []).append((facts[n], quality))
    joins.taken_seen = state.scalars["taken_seen"]
    joins.bases = dict(state.bases)
    joins.kept.load(_decode(state.arrays["kept"]), state.scalars["scanned"])


def _encode(arrays: dict[str, Any]) -> dict[str, _Array]:
    out: dict[str, _Array] = {}
    for name, array in arrays.items():
        tag = next((tag for tag, dtype in _DTYPES.items() if array.dtype == dtype), array.dtype.str)
        out[name] = _Array(tag, array.shape, np.ascontiguousarray(array).tobytes())
    return out


def _decode(arrays: dict[str, _Array]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, saved in arrays.items():
        dtype = _DTYPES[saved.dtype] if saved.dtype in _DTYPES else np.dtype(saved.dtype)
        out[name] = np.frombuffer(saved.data, dtype).reshape(saved.shape).copy()
    return out
