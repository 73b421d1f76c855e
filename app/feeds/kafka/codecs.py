"""What a topic's messages are: one decoder per partition, bytes in, batches out."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, Protocol

from app.engine.errors import SettingsError, complaint
from app.engine.events import Control
from app.engine.units import NULL
from app.feeds.decode import blocks
from app.feeds.decode.dbn import DbnDecoder
from app.feeds.decode.dbn_frames import header_length
from app.feeds.decode.json_l2 import JsonDecoder
from app.feeds.decode.rows import merged
from app.feeds.kafka.places import Position
from app.feeds.kafka.sequence import Sequencer
from app.feeds.kafka.surroundings import Piece, Surroundings, placed
from app.feeds.kafka.venue_codecs import Fix, Itch, MoldItch
from app.runtime.live_route import Batch
from app.settings_sources import KafkaSource

_MISSING: Final = 1_000  # blocks given up that the tape remembers, by sender: the newest


class Decoder(Protocol):
    """Turns the messages of one partition into batches; keeps what it needs between them. Pure.

    `sources`: logical names of the sources its rows are of, as far as they are known.
    """

    sources: set[str]

    def ahead(self, pieces: Sequence[Piece]) -> None:
        """The messages `decode` will be given next: what is cheaper in one go may be read now."""

    def decode(self, piece: Piece) -> Iterable[Batch]:
        """Rows of one message, or of earlier ones it completes. Raises DecodeError."""

    def position(self, offset: int) -> Position:
        """Where to go on when everything decoded so far is kept and the next message is at `offset`."""

    def at_end(self) -> Iterable[Batch]:
        """The partition has had nothing more for a while: what waited for something missing waits no longer."""


class Blocks:
    """Packed canonical blocks: copies dropped, order restored, gaps told."""

    def __init__(self, around: Surroundings, known: Position | None) -> None:
        self._unpack = blocks.BlockDecoder(around.universe, around.source.source)
        known = known or Position(0)
        streams = {int(stream): number for stream, number in known.streams.items()}
        missing = {int(stream): set(numbers) for stream, numbers in known.missing.items()}
        self._sequence: Sequencer[Batch] = Sequencer(around.source.reorder, streams, missing=missing)
        self.sources = self._unpack.sources
        self._name = around.name
        self._gaps = self._sequence.gaps

    def ahead(self, pieces: Sequence[Piece]) -> None:
        """As Decoder: each stands for itself."""

    def decode(self, piece: Piece) -> Iterable[Batch]:
        """As Decoder."""
        packed = self._unpack.decode(piece.value, piece.where)
        batch = Batch(
            market=packed.market,
            orders=packed.orders,
            passed=packed.passed,
            end=packed.kind == blocks.END,
            times=packed.times,
        )
        return self._told(list(self._sequence.take(packed.place, piece.offset, batch)))

    def position(self, offset: int) -> Position:
        """As Decoder."""
        oldest = self._sequence.oldest()
        streams = {str(stream): number for stream, number in self._sequence.last.items()}
        missing = {str(stream): sorted(lost)[-_MISSING:] for stream, lost in self._sequence.missing.items() if lost}
        if oldest is None or oldest >= offset:
            return Position(offset, streams, missing=missing)
        return Position(oldest, streams, seen=offset, missing=missing)

    def at_end(self) -> Iterable[Batch]:
        """As Decoder."""
        return self._told(list(self._sequence.give_up_all()))

    def _told(self, released: list[Batch]) -> list[Batch]:
        """Say with the rows that some before them did not come."""
        if self._sequence.gaps > self._gaps and released:
            text = f"{self._sequence.gaps - self._gaps} blocks did not come"
            released[0].controls = (Control(ts_event=0, kind="gap", source=self._name, text=text),)
        self._gaps = self._sequence.gaps
        return released


class _Single:
    """Messages that stand for themselves."""

    def __init__(self, around: Surroundings) -> None:
        self.sources = {around.name}

    def ahead(self, pieces: Sequence[Piece]) -> None:
        """As Decoder: each stands for itself."""

    def position(self, offset: int) -> Position:
        """As Decoder."""
        return Position(offset)

    def at_end(self) -> Iterable[Batch]:
        """As Decoder."""
        return ()


class Dbn(_Single):
    """Databento: header and records in every message; ladders live on while the header stays the same."""

    def __init__(self, around: Surroundings, known: Position | None) -> None:  # noqa: ARG002 - every decoder's face
        super().__init__(around)
        self._around = around
        self._decoder: DbnDecoder | None = None
        self._header = b""
        self._learnt = -1

    def _tell(self, decoder: DbnDecoder) -> None:
        """What instrument ids mean, for the own flow that names them by these."""
        if decoder.learnt != self._learnt:
            self._learnt = decoder.learnt
            for number, name, since in decoder.directory.meanings():
                self._around.symbols.learn("dbn", number, name, since)

    def decode(self, piece: Piece) -> Iterable[Batch]:
        """As Decoder."""
        length = header_length(piece.value[:8], piece.where)
        header = piece.value[:length]
        if self._decoder is None or header != self._header:
            self._decoder = DbnDecoder(piece.where, header, self._around.universe, self._around.symbols.file)
            self._decoder.source = self._around.name
            self._header = header
            self._learnt = -1
        found = self._decoder.feed(piece.value[length:])
        self._tell(self._decoder)
        rows = [part.rows for part in found if len(part.rows)]
        aside = [entry for part in found for entry in part.aside]
        if rows or aside:
            yield Batch(market=merged(rows) if len(rows) > 1 else rows[0] if rows else Batch().market,
                        quarantine=tuple(placed(entry, piece.where) for entry in aside))  # fmt: skip


class JsonL2(_Single):
    """Books as JSON texts."""

    def __init__(self, around: Surroundings, known: Position | None) -> None:  # noqa: ARG002 - every decoder's face
        super().__init__(around)
        self._decoder = JsonDecoder(around.universe, around.name, around.source.venue)

    def decode(self, piece: Piece) -> Iterable[Batch]:
        """As Decoder."""
        rows = self._decoder.decode(piece.value, piece.where, piece.offset)
        if len(rows):
            yield Batch(market=rows, passed=NULL)


Maker = Callable[[Surroundings, Position | None], Decoder]
CODECS: Final[dict[str, Maker]] = {
    "blocks": Blocks, "dbn": Dbn, "json_l2": JsonL2, "itch5": Itch, "moldudp64": MoldItch, "fix": Fix,
}  # fmt: skip


def maker(source: KafkaSource, key: str) -> Maker:
    """The decoder of a codec. Raises SettingsError where Kafka carries none of that kind."""
    found = CODECS.get(source.codec)
    if found is None:
        raise SettingsError(complaint("settings", f"{key}.codec", source.codec, ", ".join(sorted(CODECS))))
    return found
