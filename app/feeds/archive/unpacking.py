"""Packed columns back to market rows; what they mean stands in `packing`."""

from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from app.engine import units
from app.engine.errors import DecodeError
from app.engine.events import Rows
from app.engine.universe import Names, Universe
from app.feeds.archive.differences import Mask, Whole, sums, unzigzag
from app.feeds.archive.packing import ACTIONS, SCHEMA, SIDES
from app.feeds.decode.rows import blank

ARRIVAL: Final = ("ts", "recv", "flags", "source")
_ACTION_CODE: Final = np.frombuffer(ACTIONS.encode(), np.uint8)


class Packed(NamedTuple):
    """One chunk read back: its rows and the checksum that was written with them."""

    rows: Rows
    check: int


def unpack(table: pa.Table, universe: Universe) -> Packed:
    """Rows of one chunk in their order, interning their names. A column that is absent is null all the way.

    Raises DecodeError where the columns do not fit together.
    """
    count = table.num_rows
    rows = blank(count)
    back = _whole(table, "back").astype(np.int64)
    first = np.arange(count) - back
    if count == 0 or (first < 0).any():
        raise DecodeError("a chunk of the archive: `back` points before its first row; the chunk is not whole")
    named = back != 0
    rows["source"] = _repeating(table, "source", _codes(table, "source", universe.sources))
    rows["venue"] = _repeating(table, "venue", _codes(table, "venue", universe.venues))
    instrument, side = _codes(table, "instrument", universe.instruments), _picked(table, "side", SIDES) - 1
    lent = named & (side < -1)
    rows["side"] = np.where(lent, side[first], side)
    own = _valid(table, "instrument")
    rows["instrument"] = np.where(named & ~own, instrument[first], instrument)
    rows["action"] = _ACTION_CODE[_picked(table, "action", tuple(ACTIONS))]
    rows["condition"] = np.maximum(_picked(table, "condition", units.CONDITIONS), 0)
    rows["status"] = np.maximum(_picked(table, "status", units.STATUSES), 0)
    rows["flags"] = _whole(table, "flags")
    rows["ts_event"] = np.cumsum(unzigzag(_whole(table, "ts")))
    rows["ts_recv"] = np.cumsum(unzigzag(_whole(table, "recv")))
    rows["seq"] = sums(unzigzag(_whole(table, "seq")), rows["source"]).view(np.uint64)
    rows["order_id"] = _order_ids(table, rows["venue"], first)
    _fill_prices(table, rows, first, named)
    return Packed(rows, int(_whole(table, "check")[0]))


def arrivals(table: pa.Table, universe: Universe) -> tuple[Whole, Whole]:
    """When each row of a chunk is applied (ns), and the number of its source; needs the columns of ARRIVAL alone."""
    times = np.cumsum(unzigzag(_whole(table, "ts")))
    received = np.cumsum(unzigzag(_whole(table, "recv")))
    snapshot = ((_whole(table, "flags") & units.SNAPSHOT) != 0) & (received > 0)
    sources = _repeating(table, "source", _codes(table, "source", universe.sources))
    return np.where(snapshot, received, times), sources


def _fill_prices(table: pa.Table, rows: Rows, first: Whole, named: Mask) -> None:
    unit = int(_whole(table, "unit")[0]) or 1
    has_price, has_size = _valid(table, "price") | named, _valid(table, "size") | named
    steps = unzigzag(_whole(table, "price")) * unit
    free = np.flatnonzero(~named & has_price)
    groups = rows["instrument"][free] * np.int32(3) + rows["side"][free]
    price = np.zeros(len(rows), np.int64)
    price[free] = sums(steps[free], groups)
    price = np.where(named, price[first] + steps, price)
    raw = unzigzag(_whole(table, "size"))
    size = np.where(named, np.where(has_size[first], raw[first], 0) + raw, raw)
    rows["price"][has_price] = price[has_price]
    rows["size"][has_size] = size[has_size]
    has_price2, has_size2 = _valid(table, "price2"), _valid(table, "size2")
    price2 = unzigzag(_whole(table, "price2")) * unit + np.where(has_price, price, 0)
    rows["price2"][has_price2] = price2[has_price2]
    rows["size2"][has_size2] = unzigzag(_whole(table, "size2"))[has_size2]


def _order_ids(table: pa.Table, venue: NDArray[np.int16], first: Whole) -> NDArray[np.uint64]:
    known = np.flatnonzero(_valid(table, "id"))
    ids = np.zeros(table.num_rows, np.int64)
    ids[known] = sums(unzigzag(_whole(table, "id"))[known], venue[known])
    return ids[first].view(np.uint64)


def _repeating(table: pa.Table, name: str, codes: Whole) -> Whole:
    """Null becomes what the row before has."""
    known = np.where(_valid(table, name), np.arange(table.num_rows), 0)
    return codes[np.maximum.accumulate(known)]


def _column(table: pa.Table, name: str) -> pa.Array:
    if name not in table.column_names:
        return pa.nulls(table.num_rows, SCHEMA.field(name).type)
    column = table.column(name)
    return column.chunk(0) if column.num_chunks == 1 else column.unify_dictionaries().combine_chunks()


def _valid(table: pa.Table, name: str) -> Mask:
    return np.asarray(_column(table, name).is_valid())


def _whole(table: pa.Table, name: str) -> Whole:
    values: Whole = _column(table, name).cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    return values


def _texts(table: pa.Table, name: str) -> tuple[Whole, list[str]]:
    """Places in a list of names, -1 for null."""
    column = _column(table, name)
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    places = column.indices.cast(pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False)
    return places, column.dictionary.to_pylist()


def _codes(table: pa.Table, name: str, names: Names) -> Whole:
    places, texts = _texts(table, name)
    numbers = np.full(len(texts) + 1, -1, np.int64)
    for place in np.unique(places[places >= 0]).tolist():
        numbers[place] = names.index(texts[place]) if texts[place] else -1
    return numbers[places]


def _picked(table: pa.Table, name: str, allowed: tuple[str, ...]) -> Whole:
    """Place of each text in `allowed`, -1 for null; raises DecodeError for another one."""
    places, texts = _texts(table, name)
    numbers = np.full(len(texts) + 1, -1, np.int64)
    for place in np.unique(places[places >= 0]).tolist():
        if texts[place] not in allowed:
            raise DecodeError(f"a chunk of the archive: {name} {texts[place]!r}; allowed: {', '.join(allowed)}")
        numbers[place] = allowed.index(texts[place])
    return numbers[places]
