"""Market rows as small columns, and back: differences instead of values, an order's rows beside its first one.

A chunk is packed by itself. Every difference is modulo 2**64 and zigzagged: 0, -1, 1, -2 become 0, 1, 2, 3.

    ts, recv   ts_event, ts_recv less that of the row before; null = the same
    seq        less that of the row before of the same source
    back       rows back to the first row of the chunk with the same order id, of rows with price and size; null = none
    id         order id of a first row, less that of the first row before of the same venue; null elsewhere (0 = none)
    price      of a row with `back`: less its first row's, null = the same; otherwise less the last such row's of the
               same instrument and side, null = undefined; in steps of the chunk's `unit` (1e-9)
    size       of a row with `back`: less its first row's, null = the same; otherwise as it is, null = undefined
    price2     less the row's own price (0 where that is undefined), in steps; null = undefined; size2 as it is
    instrument, side   null = as in the first row; source, venue: null = as in the row before; unit, check: of the
               whole chunk, in its first row

A first row comes with everything, so one join and running sums give the rows back: `views.market_view` says it in SQL.
"""

import zlib
from typing import Any, Final, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from app.engine import units
from app.engine.events import Rows
from app.engine.universe import Names, Universe
from app.feeds.archive.differences import Mask, Whole, differences, zigzag

Columns: TypeAlias = dict[str, NDArray[Any]]
_NAME: Final = pa.dictionary(pa.int32(), pa.string())
_LETTER: Final = pa.dictionary(pa.int8(), pa.string())
NUMBERS: Final = ("ts", "recv", "seq", "id", "price", "size", "price2", "size2")
TEXT: Final = ("source", "venue", "instrument", "action", "side", "condition", "status")
SCHEMA: Final = pa.schema(
    [
        *((name, pa.int64()) for name in NUMBERS),
        ("back", pa.int32()), ("flags", pa.int16()), ("unit", pa.int64()), ("check", pa.int64()),
        ("source", _NAME), ("venue", _NAME), ("instrument", _NAME),
        ("action", _LETTER), ("side", _LETTER), ("condition", _LETTER), ("status", _LETTER),
    ]
)  # fmt: skip
ACTIONS: Final = "ACMRLQTFXS"
_ACTION_PLACE: Final = np.zeros(256, np.int8)
_ACTION_PLACE[list(ACTIONS.encode())] = np.arange(len(ACTIONS))
SIDES: Final = ("A", "N", "B")
_PROBED: Final = 1_000
_CHECKED: Final = (
    "ts_event", "ts_recv", "seq", "order_id", "price", "size", "price2", "size2",
    "action", "side", "flags", "condition", "status",
)  # fmt: skip


def pack(rows: Rows, universe: Universe) -> pa.Table:
    """Rows of one chunk, at least one, as a table of SCHEMA."""
    columns = _columns(rows)
    count, first = len(rows), _first_rows(columns)
    back = np.arange(count) - first
    named = back != 0
    unit = _unit(columns)
    price, size, side, instrument = (columns[name] for name in ("price", "size", "side", "instrument"))
    free_id = ~named & (columns["order_id"] != 0)
    ids = np.zeros(count, np.int64)
    ids[free_id] = differences(columns["order_id"][free_id].view(np.int64), columns["venue"][free_id])
    whole_size = _known(size)
    arrays: dict[str, pa.Array] = {
        "ts": _unlike_zero(np.diff(columns["ts_event"], prepend=0)),
        "recv": _unlike_zero(np.diff(columns["ts_recv"], prepend=0)),
        "seq": zigzag(differences(columns["seq"].view(np.int64), columns["source"])),
        "id": pa.array(zigzag(ids), mask=~free_id),
        "back": pa.array(back.astype(np.int32), mask=~named),
        "price": _unlike_first(_price_steps(columns, first, named, unit), named, price),
        "size": _unlike_first(whole_size - whole_size[first] * named, named, size),
        "price2": pa.array(zigzag((columns["price2"] - _known(price)) // unit), mask=columns["price2"] == units.NULL),
        "size2": pa.array(zigzag(columns["size2"]), mask=columns["size2"] == units.NULL),
        "flags": columns["flags"].astype(np.int16),
        "unit": _at_first(unit, count),
        "check": _at_first(_checksum(columns, universe), count),
        "source": _names(columns["source"], universe.sources, _repeated(columns["source"])),
        "venue": _names(columns["venue"], universe.venues, _repeated(columns["venue"])),
        "instrument": _names(instrument, universe.instruments, named & (instrument == instrument[first])),
        "action": _letters(_ACTION_PLACE[columns["action"]], list(ACTIONS)),
        "side": _letters(side + 1, list(SIDES), named & (side == side[first])),
        "condition": _letters(columns["condition"], list(units.CONDITIONS), columns["condition"] == 0),
        "status": _letters(columns["status"], list(units.STATUSES), columns["status"] == 0),
    }
    return pa.table({name: arrays[name] for name in SCHEMA.names}, schema=SCHEMA)


def checksum(rows: Rows, universe: Universe) -> int:
    """CRC of a chunk's values, names by name: the same whatever numbers they have."""
    return _checksum(_columns(rows), universe)


def _columns(rows: Rows) -> Columns:
    """Each column in a piece: a row is longer than a cache line."""
    return {name: np.ascontiguousarray(rows[name]) for name in (*_CHECKED, "instrument", "venue", "source")}


def _checksum(columns: Columns, universe: Universe) -> int:
    crc = 0
    for name in _CHECKED:
        crc = zlib.crc32(columns[name].data, crc)
    for name, names in (
        ("instrument", universe.instruments),
        ("venue", universe.venues),
        ("source", universe.sources),
    ):
        texts = [*names.names, ""]
        codes = columns[name]
        present = np.flatnonzero(np.bincount(codes + 1)) - 1
        ordered = sorted(present.tolist(), key=lambda code: texts[code])
        ranks = np.zeros(len(texts), np.int32)
        ranks[ordered] = np.arange(len(ordered))
        crc = zlib.crc32("\0".join(texts[code] for code in ordered).encode(), crc)
        crc = zlib.crc32(ranks[codes].data, crc)
    return crc


def _first_rows(columns: Columns) -> Whole:
    """For each row the place of the first row with its order id; its own where it has no id, price or size."""
    ids = columns["order_id"]
    first = np.arange(len(ids))
    held = np.flatnonzero((ids != 0) & (columns["price"] != units.NULL) & (columns["size"] != units.NULL))
    if not len(held):
        return first
    values = ids[held]
    order = np.argsort(values, kind="stable")
    ranked = values[order]
    starts = np.flatnonzero(np.concatenate([[True], ranked[1:] != ranked[:-1]]))
    lengths = np.diff(starts, append=len(ranked))
    first[held[order]] = np.repeat(held[order[starts]], lengths)
    return first


def _unlike_zero(steps: Whole) -> pa.Array:
    """Differences, null for none: what is not stored costs less than a zero among random bytes."""
    return pa.array(zigzag(steps), mask=steps == 0)


def _unlike_first(steps: Whole, named: Mask, values: Whole) -> pa.Array:
    """Differences from the first row, null for none; of rows that are first ones null where they are undefined."""
    return pa.array(zigzag(steps), mask=np.where(named, steps == 0, values == units.NULL))


def _price_steps(columns: Columns, first: Whole, named: Mask, unit: int) -> Whole:
    price = _known(columns["price"])
    steps = price - price[first]
    free = np.flatnonzero(~named & (columns["price"] != units.NULL))
    groups = columns["instrument"][free] * np.int32(3) + columns["side"][free]
    steps[free] = differences(price[free], groups)
    return steps // unit if unit > 1 else steps


def _unit(columns: Columns) -> int:
    """The largest step of which every price is a multiple, 1 where there is none."""
    prices = np.concatenate([columns[name][columns[name] != units.NULL] for name in ("price", "price2")])
    if not len(prices):
        return 1
    unit = int(np.gcd.reduce(prices[:: max(1, len(prices) // _PROBED)])) or 1
    while True:
        left = prices[prices % unit != 0]
        if not len(left):
            return unit
        unit = int(np.gcd(unit, np.gcd.reduce(left[:_PROBED])))


def _known(values: Whole) -> Whole:
    """Undefined as 0."""
    return np.where(values == units.NULL, 0, values)


def _at_first(value: int, count: int) -> pa.Array:
    """A number of the whole chunk, in its first row."""
    values = np.full(count, value)
    return pa.array(values, mask=np.arange(count) > 0)


def _repeated(codes: NDArray[np.integer]) -> Mask:
    """True where it is as in the row before."""
    same: Mask = np.concatenate([[False], codes[1:] == codes[:-1]])
    return same


def _names(codes: NDArray[np.integer], names: Names, hide: Mask | None = None) -> pa.Array:
    """Names as text, "" for none."""
    places = np.where(codes < 0, len(names), codes).astype(np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(places, mask=hide), pa.array([*names.names, ""], pa.string()))


def _letters(codes: NDArray[np.int8], names: list[str], hide: Mask | None = None) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=hide), pa.array(names, pa.string()))
