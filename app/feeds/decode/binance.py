"""Binance websocket captures to market rows: snapshot and depth updates build the book, trades are prints.

A line is the recorder's stamp (ns), a space, and one JSON message: a combined-stream envelope, a bare event, or a
REST depth snapshot. bookTicker is never applied. Stamps of every row are the recorder's. `seq` is the final update id
of a depth event; a print has that of the one before it, so that it runs up within a symbol. Rows between a snapshot
and the updates that waited for it carry the snapshot flag, so that they are applied when the snapshot came.
"""

import re
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec
import numpy as np

from app.engine import units
from app.engine.errors import complaint
from app.engine.events import MARKET, Quarantined, Rows
from app.engine.universe import Universe
from app.feeds.decode.binance_book import Continuity, Step, Update
from app.feeds.decode.binance_fields import Level, Reader, WrongFieldError, describe, size_of, venue_of, whole
from app.feeds.decode.symbols import DAY_NS, SymbolFile

SOURCE: Final = "binance"
_STAMP: Final = re.compile(rb"^[0-9]{1,19}$")
_FIELDS: Final = ("ts_event", "ts_recv", "seq", "rec", "price", "size", "price2", "size2", "instrument", "venue",
                  "source", "action", "side", "flags", "condition")  # fmt: skip
_PACKED: Final = np.dtype([(name, MARKET[name]) for name in _FIELDS])

Row: TypeAlias = tuple[int, ...]


class Depth(NamedTuple):
    """The levels of one depth update, with its line and its stamp."""

    line: int
    time: int
    levels: list[Level]


@dataclass(slots=True)
class Market:
    """One symbol: its numbers, the unit of its sizes, and how its book stands with the snapshots."""

    instrument: int
    venue: int
    exponent: int
    seq: int = 0  # of the last row
    prints: str = ""  # trade or aggTrade, whichever came first
    book: Continuity[Depth] = field(default_factory=Continuity)


class BinanceDecoder:
    """Fed with lines in file order; keeps one book state per symbol."""

    def __init__(self, file: str, universe: Universe, symbols: SymbolFile | None = None, source: str = SOURCE) -> None:
        self._file = file
        self._universe = universe
        self._symbols = symbols or SymbolFile()
        self._source = universe.sources.index(source)
        self._markets: dict[str, Market] = {}
        self._orphan: tuple[int, int, dict[str, Any]] | None = None  # a snapshot that does not name its symbol
        self._rows: list[Row] = []
        self._read = Reader()
        self._newest = 0
        self.aside: list[Quarantined] = []
        self.counts: dict[str, int] = {}
        self.line = 0  # of the file, 1-based
        self.lines = 0  # of the run

    @property
    def ready(self) -> int:
        """Market rows waiting to be taken."""
        return len(self._rows)

    def start_file(self, file: str) -> None:
        """What follows stands in another file of the same capture; the books go on."""
        self._file, self.line = file, 0

    def feed(self, line: bytes) -> None:
        """Take the next line without its end; an unreadable one is set aside."""
        self.line += 1
        self.lines += 1
        if not line.strip():
            self._count("blank_lines")
            return
        try:
            self._line(line)
        except WrongFieldError as wrong:
            self._entry(self.lines - 1, line, *wrong.what)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            self._entry(self.lines - 1, line, "message", str(error), "a stamp in ns, a space, one JSON object")

    def take(self) -> Rows:
        """The rows so far, in the order to be applied."""
        packed = np.array(self._rows, _PACKED)
        rows = np.zeros(len(packed), MARKET)
        for name in _FIELDS:
            rows[name] = packed[name]
        self._rows = []
        return rows

    def finish(self) -> None:
        """Count what is still waiting for a snapshot at the end of the data."""
        for market in self._markets.values():
            self._count("depth_without_snapshot", len(market.book.waiting) + market.book.overflowed)
        self._drop_orphan()

    def _line(self, line: bytes) -> None:
        stamp, _, text = line.partition(b" ")
        if not _STAMP.match(stamp) or not 0 < int(stamp) < 2**63:
            raise WrongFieldError("stamp", stamp[:40].decode(errors="backslashreplace"), "ns since the epoch")
        message = msgspec.json.decode(text)
        data = message.get("data", message) if isinstance(message, dict) else None
        if not isinstance(data, dict):
            raise WrongFieldError("message", text[:40].decode(errors="backslashreplace"), "a JSON object")
        time, index = int(stamp), self.lines - 1
        if time < self._newest:
            self._count("out_of_order")
        self._newest = max(time, self._newest)
        match data.get("e"):
            case "depthUpdate":
                self._depth(index, time, data)
            case "trade" | "aggTrade":
                self._trade(index, time, data)
            case "bookTicker":
                self._count("book_tickers")
            case None if "lastUpdateId" in data:
                self._snapshot(index, time, data)
            case None if {"u", "b", "B", "a", "A"} <= data.keys():
                self._count("book_tickers")  # spot sends them without a type
            case None if {"result", "id"} <= data.keys():
                self._count("replies")
            case str(kind):
                self._count(f"events_{kind}")
            case kind:
                raise WrongFieldError(
                    "e", kind, "depthUpdate, trade, aggTrade, bookTicker, or a snapshot with lastUpdateId"
                )

    def _trade(self, index: int, time: int, data: dict[str, Any]) -> None:
        market = self._market(data, time)
        kind = data["e"]
        price, size = self._read.price(data.get("p"), "p"), size_of(data.get("q"), "q", market.exponent)
        maker = data.get("m")
        if not isinstance(maker, bool):
            raise WrongFieldError("m", maker, "true, false: whether the buyer was the maker")
        whole(data, "t" if kind == "trade" else "a")
        market.prints = market.prints or kind
        if kind != market.prints:
            self._count("trades_told_twice")  # trade and aggTrade are the same prints
            return
        self._count("trades")
        side = units.ASK if maker else units.BID
        self._rows.append(self._row(market, (index, time, time, market.seq), (units.TRADE, side, price, size), 0))

    def _depth(self, index: int, time: int, data: dict[str, Any]) -> None:
        market = self._market(data, time)
        depth = Depth(index, time, self._read.levels(data, ("b", "a"), market.exponent))
        before = whole(data, "pu") if "pu" in data else None
        update = Update(whole(data, "U"), whole(data, "u"), before, depth)
        self._count("depth_events")
        self._follow(market, update, market.book.update(update), 0, time)

    def _follow(self, market: Market, update: Update[Depth], step: Step, flags: int, received: int) -> None:
        depth = update.body
        stamp = (depth.line, depth.time, received, update.final)
        match step:
            case Step.APPLY:
                self._apply(market, stamp, depth.levels, flags)
            case Step.OLD:
                self._count("depth_before_snapshot")
            case Step.GAP:
                self._count("gaps")
                clear = (units.CLEAR, units.NO_SIDE, units.NULL, units.NULL)
                self._rows.append(self._row(market, stamp, clear, units.LAST | flags))
            case Step.WAIT:
                self._count("depth_waiting")

    def _apply(self, market: Market, stamp: Row, levels: list[Level], flags: int) -> None:
        for side, price, size in levels:
            self._rows.append(self._row(market, stamp, (units.LEVEL, side, price, size), flags))
        if levels:
            self._rows.pop()
            last = (units.LEVEL, *levels[-1])
        else:
            last = (units.FILL, units.NO_SIDE, units.NULL, units.NULL)
        self._rows.append(self._row(market, stamp, last, units.LAST | flags))

    def _snapshot(self, index: int, time: int, data: dict[str, Any]) -> None:
        symbol = data.get("symbol") or data.get("s")
        if symbol is None:
            if len(self._markets) != 1:
                self._keep_orphan(index, time, data)
                return
            symbol = next(iter(self._markets))
        market = self._market({"s": symbol, **data}, time)
        levels = self._read.levels(data, ("bids", "asks"), market.exponent)
        last = whole(data, "lastUpdateId")
        self._count("snapshots")
        steps = market.book.snapshot(last)
        if steps is None:
            self._count("snapshots_older_than_the_book")
            return
        stamp = (index, time, time, last)
        clear = (units.CLEAR, units.NO_SIDE, units.NULL, units.NULL)
        self._rows.append(self._row(market, stamp, clear, units.SNAPSHOT))
        for side, price, size in levels:
            self._rows.append(self._row(market, stamp, (units.LEVEL, side, price, size), units.SNAPSHOT))
        for update, step in steps:
            self._follow(market, update, step, units.SNAPSHOT, time)

    def _keep_orphan(self, index: int, time: int, data: dict[str, Any]) -> None:
        """A snapshot without a symbol is that of the first symbol to come; among several it is nobody's."""
        self._drop_orphan()
        self._orphan = (index, time, data)
        if self._markets:
            self._drop_orphan()

    def _drop_orphan(self) -> None:
        if self._orphan is not None:
            index, self._orphan = self._orphan[0], None
            self._entry(index, b"", "symbol", None, "a symbol, where the capture has not exactly one")

    def _market(self, data: dict[str, Any], time: int) -> Market:
        symbol = data.get("s")
        if not isinstance(symbol, str) or not symbol:
            raise WrongFieldError("s", symbol, "a symbol")
        known = self._markets.get(symbol)
        if known is not None:
            return known
        name = self._symbols.instrument(symbol, time // DAY_NS)
        described = self._universe.reference.get(name) or describe(symbol, name, data)
        self._universe.describe(described)
        market = Market(
            instrument=self._universe.instruments.index(name),
            venue=self._universe.venues.index(venue_of(symbol, data)),
            exponent=described.size_exponent,
        )
        self._markets[symbol] = market
        if self._orphan is not None:
            (index, stamp, orphan), self._orphan = self._orphan, None
            try:
                self._snapshot(index, stamp, {"symbol": symbol, **orphan})
            except WrongFieldError as wrong:
                self._entry(index, b"", *wrong.what)
        return market

    def _row(self, market: Market, stamp: Row, what: Row, flags: int) -> Row:
        line, time, received, seq = stamp
        market.seq = seq
        action, side, price, size = what
        return (
            time, received, seq, line, price, size, units.NULL, units.NULL, market.instrument, market.venue,
            self._source, action, side, flags, units.REGULAR,
        )  # fmt: skip

    def _count(self, what: str, times: int = 1) -> None:
        if times:
            self.counts[what] = self.counts.get(what, 0) + times

    def _entry(self, index: int, raw: bytes, name: str, value: object, allowed: str) -> None:
        where = f"{self._file} line {self.line - self.lines + index + 1}"
        reason = complaint(where, name, value, allowed)
        self.aside.append(Quarantined(source=self._file, where=where, reason=reason, raw=raw[:4096]))
