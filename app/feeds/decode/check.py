"""Validation of market rows, vectorised: which rows are good, and a sentence for each that is not."""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from app.engine import units
from app.engine.errors import complaint
from app.engine.events import Quarantined
from app.feeds.decode.rows import PRICE_LIMIT, SIZE_LIMIT

Mask: TypeAlias = NDArray[np.bool_]

# codes a decoder writes where the source's text was unknown or missing
BAD_ACTION: Final = 0
BAD_SIDE: Final = -128
BAD_CODE: Final = 255
BAD_NAME: Final = -1

ENTRIES_AT_ONCE: Final = 1_000  # per call; the rest is counted in one closing entry

_ACTIONS: Final = "A add, C cancel, M modify, R clear, L level, Q quote, T trade, F fill, X print cancelled, S status"
_TIME: Final = "ns since the epoch, greater than 0"
_PRICE: Final = f"an integer in 1e-9, magnitude at most {PRICE_LIMIT}"
_SIZE: Final = f"an integer from 0 to {SIZE_LIMIT}"


class Fault(NamedTuple):
    """One rule that was broken: the field, the rows that broke it, and what is allowed."""

    field: str
    bad: Mask
    allowed: str


class Verdict(NamedTuple):
    """Which rows are good (None = all), what was set aside, and how many rows that is."""

    good: Mask | None
    entries: list[Quarantined]
    rows: int


class Origin(NamedTuple):
    """How to name a row of the source in a complaint."""

    source: str
    where: Callable[[int], str]
    value: Callable[[str, int], object]
    raw: Callable[[int], bytes]


class Fields(Protocol):
    """The fields of events.MARKET by name: an array of market rows, or its columns apart."""

    def __getitem__(self, name: str, /) -> NDArray[Any]:
        """One field of every row."""


def _table(letters: str) -> Mask:
    table = np.zeros(256, np.bool_)
    table[list(letters.encode())] = True
    return table


_KNOWN: Final = _table("ACMRLQTFXS")
_WITH_PRICE: Final = _table("AMLTX")
_WITH_SIZE: Final = _table("AMLTX")
_WITH_SIDE: Final = _table("AL")
_WITH_ID: Final = _table("ACM")


def market_faults(rows: Fields, without_id: Mask | None = None) -> list[Fault]:
    """The rules broken by market rows; `without_id` marks rows whose order_id is missing (0 is an id)."""
    faults = [*_name_faults(rows), *_number_faults(rows), *_need_faults(rows)]
    if without_id is not None:
        faults.append(Fault("order_id", without_id & _WITH_ID[rows["action"]], "an order id where action is A, C or M"))
    return [fault for fault in faults if fault.bad.any()]


def _name_faults(rows: Fields) -> list[Fault]:
    return [
        Fault("ts_event", rows["ts_event"] <= 0, _TIME),
        Fault("action", ~_KNOWN[rows["action"]], _ACTIONS),
        Fault("source", rows["source"] < 0, "the name of a source"),
        Fault("instrument", rows["instrument"] < 0, "the name of a known instrument"),
        Fault("venue", rows["venue"] < 0, "the MIC of a venue"),
        Fault("side", rows["side"] == BAD_SIDE, "B bid, A ask, N none"),
        Fault("condition", rows["condition"] == BAD_CODE, ", ".join(units.CONDITIONS)),
        Fault("status", rows["status"] == BAD_CODE, ", ".join(units.STATUS_CODES)),
    ]


def _number_faults(rows: Fields) -> list[Fault]:
    faults = [Fault("ts_recv", rows["ts_recv"] < 0, "ns since the epoch, or 0 for unknown")]
    quotes = rows["action"] == units.QUOTE
    for field, own, quote in (("price", "price", "bid_price"), ("price2", None, "ask_price")):
        values = rows[field]
        if (values > PRICE_LIMIT).any() or (values < -PRICE_LIMIT).any():
            wild = ((values > PRICE_LIMIT) | (values < -PRICE_LIMIT)) & (values != units.NULL)
            faults += _split(wild, quotes, (own, quote), _PRICE)
    for field, own, quote in (("size", "size", "bid_size"), ("size2", None, "ask_size")):
        values = rows[field]
        if (values > SIZE_LIMIT).any() or (values < 0).any():
            wild = ((values < 0) | (values > SIZE_LIMIT)) & (values != units.NULL)
            faults += _split(wild, quotes, (own, quote), _SIZE)
    return faults


def _split(wild: Mask, quotes: Mask, names: tuple[str | None, str], allowed: str) -> list[Fault]:
    """A broken number under the name its column has: that of the quote's side, or the plain one."""
    if not wild.any():
        return []
    plain, quote = names
    return [Fault(quote, wild & quotes, allowed), Fault(plain or quote, wild & ~quotes, allowed)]


def _need_faults(rows: Fields) -> list[Fault]:
    action = rows["action"]
    faults = [
        Fault("price", _WITH_PRICE[action] & (rows["price"] == units.NULL), _PRICE),
        Fault("size", _WITH_SIZE[action] & (rows["size"] == units.NULL), _SIZE),
        Fault("size", (action == units.ADD) & (rows["size"] == 0), "a size greater than 0 where action is A"),
        Fault("side", _WITH_SIDE[action] & (rows["side"] == units.NO_SIDE), "B bid or A ask where action is A or L"),
        Fault("status", (action == units.STATUS) & (rows["status"] == 0), "open, halt, auction, closed"),
    ]
    quotes = action == units.QUOTE
    if not quotes.any():
        return faults
    no_price, no_size = rows["price"] == units.NULL, rows["size"] == units.NULL
    no_price2, no_size2 = rows["price2"] == units.NULL, rows["size2"] == units.NULL
    return [
        *faults,
        Fault("bid_size", quotes & ~no_price & no_size, "a size where there is a bid_price"),
        Fault("ask_size", quotes & ~no_price2 & no_size2, "a size where there is an ask_price"),
    ]


def judged(count: int, faults: Sequence[Fault], origin: Origin) -> Verdict:
    """Set aside every row with a fault: one entry each (abridged past ENTRIES_AT_ONCE), named by its first fault."""
    if not faults:
        return Verdict(None, [], 0)
    first = np.full(count, -1, np.int16)
    for index in range(len(faults) - 1, -1, -1):
        first[faults[index].bad] = index
    bad = np.flatnonzero(first >= 0)
    entries = [_entry(row, faults[first[row]], origin) for row in bad[:ENTRIES_AT_ONCE].tolist()]
    if len(bad) > ENTRIES_AT_ONCE:
        last = int(bad[-1])
        more = f"and {len(bad) - ENTRIES_AT_ONCE} more rows up to here"
        reason = f"{more}, the last one: {_reason(last, faults[first[last]], origin)}"
        entries.append(Quarantined(source=origin.source, where=origin.where(last), reason=reason))
    return Verdict(first < 0, entries, len(bad))


def _reason(row: int, fault: Fault, origin: Origin) -> str:
    return complaint(origin.where(row), fault.field, origin.value(fault.field, row), fault.allowed)


def _entry(row: int, fault: Fault, origin: Origin) -> Quarantined:
    return Quarantined(
        source=origin.source, where=origin.where(row), reason=_reason(row, fault, origin), raw=origin.raw(row)
    )
