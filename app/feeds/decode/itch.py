"""TotalView-ITCH 5.0 to market rows: a stream of length-prefixed messages, or packets that hold them.

A stock's directory entry, or the first message that names it, gives its locate number an instrument; everything else
happens in the kernel (`engine/itch`). What is no message is set aside with its place.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.engine.errors import complaint
from app.engine.events import MARKET, Instrument, Quarantined, Rows
from app.engine.itch import layout, state
from app.engine.itch.kernel import decode
from app.engine.universe import Universe
from app.feeds.decode.symbols import DAY_NS, SymbolFile

Ints = NDArray[np.int64]
ZONE: Final = "America/New_York"
_CENT: Final = 10_000_000
_RAW_KEPT: Final = 4_096
_ADVANCED: Final = (state.REC, state.SEQ, state.READ)
_STOCK: Final = "8 printable ASCII characters, padded with blanks on the right"


class Day(NamedTuple):
    """What a decoder is told of its messages: where they stand, midnight in New York (ns), venue, source."""

    file: str
    midnight_ns: int
    venue: str = "XNAS"
    source: str = "itch5:XNAS"


class Packets(NamedTuple):
    """Packets of whole messages: bytes, where each one's messages begin and end in them, what its header said.

    `offsets`: where its messages stood in the file. `heads`: (packets, 3) number of the first message, messages
    announced, time received (ns).
    """

    data: bytes
    starts: Ints
    edges: Ints
    heads: Ints
    offsets: Ints


class Listing(NamedTuple):
    """A stock's directory entry."""

    stock: str
    category: str
    lot: int
    test: bool


class Batch(NamedTuple):
    """Market rows and what was set aside on the way to them."""

    rows: Rows
    aside: list[Quarantined]


class ItchDecoder:
    """The messages of one day of one venue, fed in pieces; keeps its resting orders."""

    def __init__(self, day: Day, universe: Universe, symbols: SymbolFile | None = None) -> None:
        self.day = day
        self.directory: dict[int, Listing] = {}
        self._universe = universe
        self._symbols = symbols
        self._work = state.fresh(day.midnight_ns, universe.venues.index(day.venue), universe.sources.index(day.source))
        self._rest = b""
        self._offset = 0  # of the first byte of the buffer in the stream
        self._packets: Packets | None = None
        self._aside: list[Quarantined] = []

    @property
    def messages(self) -> int:
        """Messages met so far, those set aside included."""
        return int(self._work.marks[state.REC])

    @property
    def types(self) -> dict[str, int]:
        """Messages taken so far, by type."""
        return {chr(kind): int(count) for kind, count in enumerate(self._work.types) if count}

    @property
    def counts(self) -> Counter[str]:
        """What could not be taken at its word, by kind."""
        return +Counter(dict(zip(state.IRREGULARITIES, self._work.counts.tolist(), strict=True)))

    @property
    def resting(self) -> int:
        """Orders in the book of all stocks."""
        return int(self._work.marks[state.ORDERS_USED])

    def feed(self, data: bytes) -> Iterator[Batch]:
        """Take more bytes of a stream of length-prefixed messages."""
        return self._streamed(data, final=False)

    def finish(self) -> Iterator[Batch]:
        """End of the stream: what is left is decided as it stands."""
        return self._streamed(b"", final=True)

    def feed_packets(self, packets: Packets) -> Iterator[Batch]:
        """Take packets, in the order of their sequence numbers."""
        self._packets = packets
        marks = self._work.marks
        marks[state.POS] = 0
        marks[state.SIZE] = len(packets.data)
        marks[state.PACKET] = -1
        self._work = self._work._replace(
            data=state.readable(packets.data),
            starts=np.ascontiguousarray(packets.starts),
            edges=np.ascontiguousarray(packets.edges),
            heads=np.ascontiguousarray(packets.heads),
        )
        yield from self._run()

    def _streamed(self, data: bytes, *, final: bool) -> Iterator[Batch]:
        buffer = self._rest + data if self._rest else data
        marks = self._work.marks
        marks[state.POS] = 0
        marks[state.SIZE] = len(buffer)
        marks[state.FINAL] = final
        self._work = self._work._replace(data=state.readable(buffer))
        yield from self._run()
        used = int(marks[state.POS])
        self._rest = buffer[used:]
        self._offset += used

    def _run(self) -> Iterator[Batch]:
        marks = self._work.marks
        while True:
            need = decode(self._work)
            self._take_bad()
            if need in (state.DONE, state.OUT_FULL):
                yield self._batch()
                if need == state.DONE:
                    return
            elif need == state.NAME:
                self._name(int(marks[state.POS]))
            elif need != state.BAD_FULL:
                self._work = state.grown(self._work, need)

    def _batch(self) -> Batch:
        emitted = int(self._work.marks[state.EMITTED])
        rows: Rows = self._work.out[:emitted].view(MARKET).copy()  # with the padding: rows are hashed as they are
        self._work.marks[state.EMITTED] = 0
        aside, self._aside = self._aside, []
        return Batch(rows, aside)

    def _name(self, at: int) -> None:
        """Give the locate of the message at `at` an instrument; a directory entry is taken in and passed."""
        data = self._work.data
        message = data[at + 2 : at + 2 + (int(data[at]) << 8 | int(data[at + 1]))].tobytes()
        kind, locate = chr(message[0]), int.from_bytes(message[1:3], "big")
        place = layout.STOCK_AT[kind]
        field = message[place : place + 8]
        stock = field.decode("ascii", "replace").rstrip(" ")
        if not stock or not stock.isascii() or not stock.isprintable():
            self._refuse(at, "stock", field, _STOCK)
            return
        since = int.from_bytes(message[5:11], "big")
        if kind == "R":
            if since >= layout.DAY_NS:
                self._refuse(at, "timestamp", since, _FIELDS[state.BAD_TIME][1])
                return
            self.directory[locate] = Listing(
                stock, chr(message[19]), int.from_bytes(message[21:25], "big"), message[29:30] == b"T"
            )
            self._work.types[ord("R")] += 1
            self._pass(at, len(message))
        self._work.names[locate] = self._described(stock, self.directory.get(locate))

    def _described(self, stock: str, listing: Listing | None) -> int:
        """The instrument of a stock on this day, with what is known of it."""
        name = stock
        if self._symbols is not None:
            name = self._symbols.instrument(stock, (self.day.midnight_ns + DAY_NS // 2) // DAY_NS)
        if name not in self._universe.reference:
            lot = listing.lot if listing is not None else None
            known = Instrument(instrument=name, currency="USD", quote_currency="USD", tick_size=_CENT, timezone=ZONE)
            self._universe.describe(msgspec.structs.replace(known, lot=lot))
        return self._universe.instruments.index(name)

    def _refuse(self, at: int, field: str, value: object, allowed: str) -> None:
        """Set the message at `at` aside and pass it."""
        size = int(self._work.data[at]) << 8 | int(self._work.data[at + 1])
        where = self._where(at, self.messages)
        self._set_aside(where, complaint(where, field, value, allowed), (at, at + 2 + size))
        self._pass(at, size)

    def _pass(self, at: int, size: int) -> None:
        marks = self._work.marks
        marks[state.POS] = at + 2 + size
        for mark in _ADVANCED:
            marks[mark] += 1

    def _take_bad(self) -> None:
        """What the kernel set aside, in words."""
        marks = self._work.marks
        for start, end, number, reason, value in self._work.bad[: marks[state.BADS]].tolist():
            field, allowed = _FIELDS[reason]
            where = self._where(start, number)
            if reason in _SPANS:
                words = f"{where}: {end - start} bytes {allowed}"
            else:
                words = complaint(where, field, self._shown(start, reason, value), allowed)
            self._set_aside(where, words, (start, end))
        marks[state.BADS] = 0

    def _shown(self, start: int, reason: int, value: int) -> object:
        """The value a complaint names."""
        data = self._work.data
        if reason == state.UNKNOWN_TYPE:
            return bytes([value])
        kind = chr(data[start + 2]) if start + 2 < len(data) else ""
        if reason == state.BAD_SIDE:
            return bytes(data[start + 21 : start + 22])
        if reason == state.BAD_STATE:
            return bytes(data[start + 21 : start + 23]) if kind == "h" else bytes(data[start + 21 : start + 22])
        return value

    def _set_aside(self, where: str, reason: str, span: tuple[int, int]) -> None:
        raw = self._work.data[span[0] : min(span[1], span[0] + _RAW_KEPT)].tobytes()
        self._aside.append(Quarantined(source=self.day.file, where=where, reason=reason, raw=raw))

    def _where(self, start: int, number: int) -> str:
        offset = self._offset + start
        if self._packets is not None:
            starts, edges = self._packets.starts, self._packets.edges
            packet = min(int(np.searchsorted(edges, start, "right")), len(edges) - 1)
            offset = int(self._packets.offsets[packet] + start - starts[packet])
        return f"{self.day.file} message {number} (offset {offset})"


_SPANS: Final = (state.UNFRAMED, state.CUT_SHORT)
_FIELDS: Final = {
    state.UNFRAMED: ("", "that are no messages of a known length"),
    state.CUT_SHORT: ("", "of a message that is cut short"),
    state.UNKNOWN_TYPE: ("type", "one of " + " ".join(layout.LENGTHS)),
    state.WRONG_LENGTH: ("length", "the length of its type"),
    state.BAD_TIME: ("timestamp", f"ns since midnight below {layout.DAY_NS}"),
    state.BAD_SIDE: ("side", "B or S"),
    state.BAD_SHARES: ("shares", "1 or more (a cross: below 2**32)"),
    state.BAD_STATE: ("state", "H halted, P paused, Q quoted only, T trading"),
    state.BAD_COUNT: ("message count", "the messages that are in the packet"),
}
