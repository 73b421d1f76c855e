"""Venue changes for the tests of the touch history: by hand, at random, and the same for the slow oracle."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.engine.config import EngineConfig
from app.engine.enrich.history import TouchHistory
from app.engine.enrich.rows import JOIN
from app.engine.events import CHANGE, NAMED, PRINTED, STATUS_SET, TOUCHED, UNPRINTED, Rows
from app.engine.units import CONDITIONS, NULL, SECOND, STATUSES
from app.engine.universe import Names
from tests.session.oracle_market import Tape

Change = dict[str, int]
NEVER = 2**63 - 1
SOURCES = ("zeta", "alpha", "mike")  # numbers are not the order of the names
VENUES = ("XONE", "XTWO", "XTHREE")
INSTRUMENTS = 2
_PRICES = ("bid", "ask", "bid2", "ask2")
_SIZES = ("bid_size", "ask_size", "bid2_size", "ask2_size")


def touch(ts: int, bid: int = NULL, ask: int = NULL, **fields: int) -> Change:
    """A venue's new touch; sizes are 100 where there is a price."""
    made = {"ts": ts, "kind": TOUCHED, "bid": bid, "ask": ask, **fields}
    for price, size in zip(_PRICES, _SIZES, strict=True):
        made.setdefault(price, NULL)
        made.setdefault(size, NULL if made[price] == NULL else 100)
    return made


def printed(ts: int, price: int, size: int, **fields: int) -> Change:
    """A trade print."""
    return {"ts": ts, "kind": PRINTED, "price": price, "size": size, **fields}


def named(ts: int, price: int, size: int, order_id: int, **fields: int) -> Change:
    """A resting order that a print names, with its share."""
    return {"ts": ts, "kind": NAMED, "price": price, "size": size, "order_id": order_id, **fields}


def unprinted(ts: int, price: int, size: int, **fields: int) -> Change:
    """A cancelled print."""
    return {"ts": ts, "kind": UNPRINTED, "price": price, "size": size, **fields}


def status(ts: int, code: int, **fields: int) -> Change:
    """A trading status."""
    return {"ts": ts, "kind": STATUS_SET, "status": code, **fields}


def changes(*made: Change) -> Rows:
    """As events.CHANGE; seq counts up where it is not given."""
    out = np.zeros(len(made), CHANGE)
    for at, fields in enumerate(made):
        for name, value in ({"seq": at} | fields).items():
            out[name][at] = value
    return out


def ranks() -> NDArray[np.int64]:
    """Ranks of SOURCES by name."""
    names = Names()
    for name in SOURCES:
        names.index(name)
    return np.array(names.ranks(), np.int64)


def history_of(*made: Change, config: EngineConfig | None = None, until: int = NEVER) -> TouchHistory:
    """A touch history that was handed these changes at once."""
    history = TouchHistory(config or EngineConfig())
    history.reach(INSTRUMENTS)
    history.take(changes(*made))
    history.advance(until, ranks())
    return history


def joins_at(history: TouchHistory, *times: int, instrument: int = 0) -> Rows:
    """JOIN rows as of these times."""
    out = np.zeros(len(times), JOIN)
    asked = [(instrument, t, n) for n, t in enumerate(times)]
    history.look_up(np.array(asked, np.int64).reshape(-1, 3).T.copy(), out)
    return out


def join_at(history: TouchHistory, t: int, instrument: int = 0) -> Any:
    """One JOIN row by field name."""
    return plain(joins_at(history, t, instrument=instrument))[0]


def plain(rows: Rows) -> list[dict[str, Any]]:
    """Rows as dicts of Python values, padding left out."""
    names = [name for name in rows.dtype.names or () if name != "pad"]
    return [dict(zip(names, row, strict=True)) for row in rows[names].tolist()]


def rings(history: TouchHistory) -> list[list[dict[str, Any]]]:
    """Histories, prints and cancellations as plain values: equal for equal pasts."""
    out = [plain(history.ring(i)) for i in range(INSTRUMENTS)]
    out += [plain(history.prints.rows(i)) for i in range(INSTRUMENTS)]
    return [*out, plain(history.cancelled())]


_GAPS = st.sampled_from([0, 0, 0, 1, 2, 700, SECOND // 2, SECOND - 1, SECOND, SECOND + 1, 7 * SECOND, 7200 * SECOND])
_LEVELS = st.sampled_from([NULL, 96, 98, 99, 100, 101, 102, 104])
_QTY = st.sampled_from([1, 2, 300])


def _touches() -> st.SearchStrategy[Change]:
    sides = {"bid": _LEVELS, "ask": _LEVELS, "bid_size": _QTY, "ask_size": _QTY}
    return st.fixed_dictionaries({"kind": st.just(TOUCHED), **sides})


def _prints() -> st.SearchStrategy[Change]:
    terms = {"price": st.sampled_from([99, 100, 101]), "size": _QTY, "order_id": st.sampled_from([0, 7])}
    flags = {"side": st.sampled_from([1, -1, 0]), "condition": st.integers(0, len(CONDITIONS) - 1)}
    return st.fixed_dictionaries({"kind": st.sampled_from([PRINTED, PRINTED, UNPRINTED]), **terms, **flags})


def _names() -> st.SearchStrategy[Change]:
    terms = {"price": st.sampled_from([99, 100, 101]), "size": _QTY, "order_id": st.sampled_from([7, 8])}
    return st.fixed_dictionaries({"kind": st.just(NAMED), **terms})


def _statuses() -> st.SearchStrategy[Change]:
    return st.fixed_dictionaries({"kind": st.just(STATUS_SET), "status": st.sampled_from([1, 1, 2, 3, 4])})


def streams(size: int = 40) -> st.SearchStrategy[list[Change]]:
    """Changes in time order over a few venues, sources and two instruments."""
    where = st.fixed_dictionaries(
        {
            "gap": _GAPS,
            "source": st.integers(0, len(SOURCES) - 1),
            "venue": st.integers(0, len(VENUES) - 1),
            "instrument": st.sampled_from([0, 0, 1]),
        }
    )
    what = st.one_of(_touches(), _touches(), _touches(), _prints(), _names(), _statuses())
    return st.lists(st.tuples(where, what), min_size=1, max_size=size).map(_told)


def _told(drawn: list[tuple[Change, Change]]) -> list[Change]:
    """Times from gaps; second levels a step behind the first; a place that is not there yet has no empty touch."""
    out: list[Change] = []
    seen: set[tuple[int, int]] = set()
    ts = 10**18
    for seq, (where, what) in enumerate(drawn):
        made = where | what | {"seq": seq}
        ts += made.pop("gap")
        made["ts"] = ts
        if made["kind"] == TOUCHED:
            if made["bid"] == made["ask"] == NULL and (made["instrument"], made["venue"]) not in seen:
                made["ask"] = 103
            for side, step in (("bid", -1), ("ask", 1)):
                made[f"{side}2"] = NULL if made[side] == NULL else made[side] + step
                made[f"{side}2_size"] = NULL if made[side] == NULL else 50
                made[f"{side}_size"] = NULL if made[side] == NULL else made[f"{side}_size"]
            seen.add((made["instrument"], made["venue"]))
        out.append(made)
    return out


_ACTIONS = {TOUCHED: "Q", PRINTED: "T", UNPRINTED: "X", STATUS_SET: "S", NAMED: "F"}


def tape_of(made: Sequence[Change], instrument: int = 0) -> Tape:
    """The slow oracle told the same."""
    rows = []
    for change in made:
        if change.get("instrument", 0) != instrument:
            continue
        row: dict[str, Any] = {"action": _ACTIONS[change["kind"]], "ts_event": change["ts"], "seq": change["seq"]}
        row |= {"source": SOURCES[change.get("source", 0)], "venue": VENUES[change.get("venue", 0)]}
        row |= {"price": change.get("price"), "size": change.get("size"), "order_id": change.get("order_id", 0)}
        row |= {"condition": CONDITIONS[change.get("condition", 0)], "status": STATUSES[change.get("status", 0)]}
        row["side"] = {1: "B", -1: "A", 0: "N"}[change.get("side", 0)]
        for side in ("bid", "ask"):
            price = change.get(side, NULL)
            row[f"{side}_price"] = None if price == NULL else price
            row[f"{side}_size"] = None if price == NULL else change[f"{side}_size"]
        rows.append(row)
    return Tape(rows)


def definitive(made: Sequence[Change]) -> list[Change]:
    """By time, source name, source order."""
    return sorted(made, key=lambda change: (change["ts"], SOURCES[change["source"]], change["seq"]))
