"""Runs of Databento records to market rows, schema by schema."""

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from app.engine import units
from app.engine.events import Rows
from app.feeds.decode import check
from app.feeds.decode import dbn_frames as frames
from app.feeds.decode.dbn_levels import Changes, Ladders
from app.feeds.decode.rows import PRICE_LIMIT, blank

Fields: TypeAlias = dict[str, NDArray[Any]]
# The rules that records broke, and the rows of the good ones (given by their indices).
Built: TypeAlias = tuple[list[check.Fault], Callable[[NDArray[np.intp]], Rows]]

_NOT_LAST: Final = 255 ^ units.LAST
_SIDES: Final = np.full(256, check.BAD_SIDE, np.int8)
_SIDES[list(b"BAN")] = (units.BID, units.ASK, units.NO_SIDE)
_ACTIONS: Final = np.zeros(256, np.uint8)
_ACTIONS[list(b"ACMRTFN")] = list(b"ACMRTFF")  # N: no action, only flags
# Databento's status actions 1 to 15; those that are no trading status give no row
STATUSES: Final = np.zeros(65536, np.uint8)
STATUSES[[1, 2, 3, 4, 5, 6, 11]] = units.AUCTION
STATUSES[7] = units.OPEN
STATUSES[[8, 9, 10]] = units.HALT
STATUSES[[12, 13, 15]] = units.CLOSED
_LEVEL_PRICES: Final = f"1e-9, magnitude at most {PRICE_LIMIT}, or undefined"


def _price(values: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.where(values == frames.UNDEFINED_PRICE, units.NULL, values)


def _size(values: NDArray[np.uint32]) -> NDArray[np.int64]:
    return np.where(values == frames.UNDEFINED_SIZE, units.NULL, values.astype(np.int64))


def shown(records: NDArray[np.void], field: str, row: int) -> object:
    """What a record says under the name of a market row field, for a complaint."""
    names = records.dtype.names or ()
    known = {"seq": "sequence", "bid_price": "levels", "ask_price": "levels", "venue": "publisher"}
    name = field if field in names else known.get(field, "")
    return records[name][row].tolist() if name in names else None


def _fields(records: NDArray[np.void], shared: Fields) -> Fields:
    """The fields of events.MARKET that a record with an action, a price and a size has."""
    none = np.full(len(records), units.NULL)
    zeros = np.zeros(len(records), np.uint8)
    unreceived = ((records["flags"] & units.SNAPSHOT) != 0) & (shared["ts_recv"] == 0)
    return {
        **shared,
        "ts_recv": np.where(unreceived, shared["ts_event"], shared["ts_recv"]),
        "seq": records["sequence"].astype(np.uint64),
        "action": _ACTIONS[records["action"]],
        "side": _SIDES[records["side"]],
        "price": _price(records["price"]),
        "size": _size(records["size"]),
        "price2": none,
        "size2": none,
        "flags": records["flags"],
        "condition": zeros,
        "status": zeros,
    }


def _filled(fields: Fields, picked: NDArray[np.intp]) -> Rows:
    rows = blank(len(picked))
    for name, values in fields.items():
        rows[name] = values[picked]
    return rows


def by_order(records: NDArray[np.void], shared: Fields) -> Built:
    """MBO: a row a record."""
    fields = {**_fields(records, shared), "order_id": records["order_id"]}
    return check.market_faults(fields), lambda good: _filled(fields, good)


def prints_only(records: NDArray[np.void], shared: Fields) -> Built:
    """Trades: a row a record."""
    fields = _fields(records, shared)
    return check.market_faults(fields), lambda good: _filled(fields, good)


def statuses(records: NDArray[np.void], shared: Fields) -> Built:
    """Status: a row for each action that is a trading status."""
    rows = blank(len(records))
    for name, values in shared.items():
        rows[name] = values
    rows["action"] = units.STATUS
    rows["status"] = STATUSES[records["action"]]
    meant = rows["status"] > 0
    faults = [fault for fault in check.market_faults(rows) if fault.field != "status"]
    return faults, lambda good: rows[good[meant[good]]]


def _print_faults(records: NDArray[np.void], shared: Fields) -> list[check.Fault]:
    """Faults of what a record of a price-level schema says beside its levels: only a trade needs its numbers."""
    fields = _fields(records, shared)
    known = fields["action"] != check.BAD_ACTION
    fields["action"] = np.where(fields["action"] == units.TRADE, units.TRADE, np.where(known, units.FILL, 0)).astype(
        "u1"
    )
    return check.market_faults(fields)


def touches(records: NDArray[np.void], shared: Fields, *, first: bool) -> Built:
    """MBP-1: the print, then the touch after it. TBBO (`first`): the touch before the print, then the print."""
    fields = _fields(records, shared)
    levels = records["levels"][:, 0]
    quote = {**fields, "action": np.full(len(records), units.QUOTE, np.uint8), "side": np.zeros(len(records), np.int8)}
    for side, price, size in (("bid", "price", "size"), ("ask", "price2", "size2")):
        shown = (levels[f"{side}_px"] != frames.UNDEFINED_PRICE) & (levels[f"{side}_sz"] > 0)
        quote[price] = np.where(shown, levels[f"{side}_px"], units.NULL)
        quote[size] = np.where(shown, levels[f"{side}_sz"].astype(np.int64), units.NULL)
    if first:
        quote["flags"] = fields["flags"] | units.LAST
    faults = [*_print_faults(records, shared), *check.market_faults(quote)]

    def rows_of(good: NDArray[np.intp]) -> Rows:
        traded = good[fields["action"][good] == units.TRADE]
        prints, quotes = _filled(fields, traded), _filled(quote, good)
        prints["flags"] &= _NOT_LAST
        both = np.concatenate((quotes, prints) if first else (prints, quotes))
        return both[np.argsort(both["rec"], kind="stable")]

    return faults, rows_of


def laddered(records: NDArray[np.void], shared: Fields, ladders: Ladders) -> Built:
    """MBP-10: the print, then what changed in the ladder; the ladders move on as the rows are built."""
    levels = records["levels"]
    wild = np.zeros(len(records), np.bool_)
    for name in ("bid_px", "ask_px"):
        prices = levels[name]
        wild |= (((prices > PRICE_LIMIT) | (prices < -PRICE_LIMIT)) & (prices != frames.UNDEFINED_PRICE)).any(axis=1)
    faults = [*_print_faults(records, shared), check.Fault("levels", wild, _LEVEL_PRICES)]

    def rows_of(good: NDArray[np.intp]) -> Rows:
        keys = records["publisher"].astype(np.int64) << 32 | records["instrument"]
        changes = ladders.changes(levels[good], keys[good])
        return _level_rows(records[good], {name: v[good] for name, v in shared.items()}, changes)

    return [fault for fault in faults if fault.bad.any()], rows_of


def _level_rows(records: NDArray[np.void], shared: Fields, changes: Changes) -> Rows:
    """Per record: the print, its level changes, or a bare flag; the record's last-row flag goes to its last row."""
    fields = _fields(records, shared)
    every = np.arange(len(records))
    traded = every[fields["action"] == units.TRADE]
    touched = np.zeros(len(records), np.bool_)
    touched[changes.record] = True
    touched[traded] = True
    bare = every[~touched & ((fields["flags"] & units.LAST) != 0)]
    prints, levels, flags = _filled(fields, traded), _filled(fields, changes.record), _filled(fields, bare)
    levels["action"], levels["side"] = units.LEVEL, changes.side
    levels["price"], levels["size"] = changes.price, changes.size
    flags["action"], flags["side"], flags["price"], flags["size"] = units.FILL, 0, units.NULL, units.NULL
    rows: Rows = np.concatenate((prints, levels, flags))
    rows = rows[np.argsort(rows["rec"], kind="stable")]
    followed = np.zeros(len(rows), np.bool_)
    followed[:-1] = rows["rec"][1:] == rows["rec"][:-1]
    rows["flags"][followed] &= _NOT_LAST
    return rows
