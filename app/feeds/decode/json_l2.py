"""Books as JSON texts: one atomic event of one instrument a message, prices and sizes exact.

    {"ts": 1772461800000000123, "seq": 7, "instrument": "AAPL", "venue": "XNAS", "type": "update",
     "bids": [["189.25", 300]], "asks": [["189.26", 0]]}

`type` is `snapshot` (the book is these levels), `update` (these levels have this size now, 0 removes), `trade`
(`price`, `size`, `side` B, A or N) or `status` (open, halt, auction, closed). `recv` may carry the recorder's stamp.
Times are whole ns; prices and sizes may be numbers or texts, sizes are in units of the instrument's size exponent.
"""

from decimal import Decimal
from typing import Final, Literal

import msgspec
import numpy as np

from app.engine import units
from app.engine.errors import DecodeError, complaint
from app.engine.events import MARKET, Rows
from app.engine.universe import Universe
from app.feeds.decode.rows import blank


class _Text(msgspec.Struct, frozen=True, forbid_unknown_fields=False):
    """The fields of a message."""

    ts: int
    instrument: str
    type: Literal["snapshot", "update", "trade", "status"]
    seq: int = 0
    venue: str = ""
    recv: int = 0
    bids: list[tuple[Decimal, Decimal]] = []
    asks: list[tuple[Decimal, Decimal]] = []
    price: Decimal | None = None
    size: Decimal | None = None
    side: Literal["B", "A", "N"] = "N"
    condition: str = "regular"
    status: Literal["open", "halt", "auction", "closed"] | None = None


_TEXT: Final = msgspec.json.Decoder(_Text)
_NANO: Final = Decimal("1e-9")


class JsonDecoder:
    """Turns texts into market rows; `venue` where a message names none. Copies (a seq that does not rise) give none."""

    def __init__(self, universe: Universe, source: str, venue: str) -> None:
        self._universe = universe
        self._source = universe.sources.index(source)
        self._venue = venue
        self._last: dict[tuple[str, str], int] = {}
        self.copies = 0

    def decode(self, value: bytes, where: str, rec: int) -> Rows:
        """The rows of one message. Raises DecodeError naming `where`, the field and what is allowed."""
        try:
            text = _TEXT.decode(value)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise DecodeError(f"{where}: not a book message: {error}") from error
        venue = text.venue or self._venue
        self._check(text, venue, where)
        if text.seq and text.seq <= self._last.get((text.instrument, venue), 0):
            self.copies += 1
            return np.empty(0, MARKET)
        rows = self._rows(text, where)
        if text.seq:
            self._last[text.instrument, venue] = text.seq
        rows["ts_event"], rows["ts_recv"], rows["seq"], rows["rec"] = text.ts, text.recv, text.seq, rec
        rows["instrument"] = self._universe.instruments.index(text.instrument)
        rows["venue"] = self._universe.venues.index(venue)
        rows["source"] = self._source
        rows["flags"][-1] = units.LAST
        return rows

    def _check(self, text: _Text, venue: str, where: str) -> None:
        if not 0 < text.ts < 2**63:
            raise DecodeError(complaint(where, "ts", text.ts, "ns since 1970, greater than 0"))
        if not 0 <= text.recv < 2**63 or not 0 <= text.seq < 2**63:
            raise DecodeError(complaint(where, "seq or recv", (text.seq, text.recv), "0 or more, below 2**63"))
        if not text.instrument or not venue:
            raise DecodeError(complaint(where, "instrument or venue", (text.instrument, venue), "a name"))
        if text.condition not in units.CONDITION_CODES:
            raise DecodeError(complaint(where, "condition", text.condition, ", ".join(units.CONDITIONS)))

    def _rows(self, text: _Text, where: str) -> Rows:
        if text.type == "trade":
            if text.price is None or text.size is None:
                raise DecodeError(complaint(where, "price or size", None, "a number, in a trade"))
            row = blank(1)
            row["action"], row["side"] = units.TRADE, units.SIDES[text.side]
            row["price"], row["size"] = _price(text.price, where), _size(text.size, where)
            row["condition"] = units.CONDITION_CODES[text.condition]
            return row
        if text.type == "status":
            if text.status is None:
                raise DecodeError(complaint(where, "status", None, ", ".join(units.STATUS_CODES)))
            row = blank(1)
            row["action"], row["status"] = units.STATUS, units.STATUS_CODES[text.status]
            return row
        return _levels(text, where)


def _levels(text: _Text, where: str) -> Rows:
    """A cleared book where it is a snapshot, then one row a level."""
    levels = [(units.BID, *level) for level in text.bids] + [(units.ASK, *level) for level in text.asks]
    first = int(text.type == "snapshot")
    if not levels and not first:
        raise DecodeError(complaint(where, "bids or asks", [], "at least one level, in an update"))
    rows = blank(first + len(levels))
    rows["action"] = units.LEVEL
    if first:
        rows["action"][0] = units.CLEAR
    for at, (side, price, size) in enumerate(levels, first):
        rows["side"][at], rows["price"][at], rows["size"][at] = side, _price(price, where), _size(size, where)
    return rows


def _price(value: Decimal, where: str) -> int:
    """A price in 1e-9. Raises DecodeError where it is not exact or out of range."""
    if value.is_finite() and abs(value) < units.PRICE_LIMIT:
        rounded = value.quantize(_NANO)
        scaled = int(rounded.scaleb(9))
        if rounded == value and abs(scaled) <= units.PRICE_LIMIT:
            return scaled
    raise DecodeError(complaint(where, "price", str(value), "at most 9 decimals, below 4.6e9"))


def _size(value: Decimal, where: str) -> int:
    if value.is_finite() and 0 <= value <= units.SIZE_LIMIT and value == value.to_integral_value():
        return int(value)
    raise DecodeError(complaint(where, "size", str(value), "a whole number of units, 0 or more"))
