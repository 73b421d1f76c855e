"""Feed: a Kafka topic as lanes of a live run, one per partition."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import msgspec

from app.engine.errors import DecodeError
from app.engine.events import Control, Quarantined
from app.engine.units import NULL
from app.engine.universe import Universe
from app.feeds.decode.live_symbols import LiveSymbols
from app.feeds.kafka.codecs import Decoder, maker
from app.feeds.kafka.places import Position, lane_of, position
from app.feeds.kafka.reader import Event, Message, TopicReader
from app.feeds.kafka.surroundings import Piece, Surroundings
from app.runtime.live_route import Batch, Lane
from app.settings_sources import Kafka, KafkaSource

FORMAT: Final = "kafka"
_MESSAGES: Final = 256  # decoded at once
_LOST_S: Final = 10.0  # a partition nothing comes from for so long holds nobody back
_MILLISECOND: Final = 1e-3


class KafkaFeed:
    """A topic. Offsets are those of the tape; the group is only told of them."""

    def __init__(
        self, name: str, source: KafkaSource, kafka: Kafka, universe: Universe, fix: Mapping[str, Any] | None = None
    ) -> None:
        """Raises SettingsError for a codec Kafka does not carry."""
        self.name = name
        self.topic = source.topic or name
        self.lanes: dict[str, Lane] = {}
        self._source = source
        self._kafka = kafka
        self._make = maker(source, f"sources.{name}")
        self._around = Surroundings(name=source.source or name, source=source, universe=universe, fix=fix or {})
        self._decoders: dict[int, Decoder] = {}
        self._next: dict[int, int] = {}
        self._told_from: dict[int, int] = {}  # partition -> messages before this offset are on the tape already
        self._seen: dict[int, int] = {}  # partition -> what is spoilt before this offset has been set aside already
        self._known: dict[int, Position] = {}
        self._at_end: dict[int, float] = {}  # partition -> since when it has nothing more (s)
        self._reader: TopicReader | None = None

    def share(self, symbols: LiveSymbols) -> None:
        """What directories tell is known to all sources; before `open`."""
        self._around = replace(self._around, symbols=symbols)

    def open(self, positions: Mapping[str, str], wake: Callable[[], None]) -> None:
        """As LiveFeed."""
        start = lane_of(self.topic, 0)[:-1]
        self._known = {
            int(lane.removeprefix(start)): position(text, lane)
            for lane, text in positions.items()
            if lane.startswith(start)
        }
        self._reader = TopicReader(self._kafka, self._source, self.topic, wake)
        self._reader.start(self._known)

    def poll(self, room: int) -> Sequence[Control]:
        """As LiveFeed."""
        reader = self._reader
        if reader is None:
            return ()
        controls: list[Control] = []
        starving = any(not lane.waiting and not lane.ended for lane in self.lanes.values())
        if room > 0 or starving or not self.lanes:
            items = reader.box.take(_MESSAGES)
            self._announce([item for item in items if isinstance(item, Message)])
            for item in items:
                if isinstance(item, Message):
                    self._decode(item)
                else:
                    controls += self._happened(item)
        now = time.monotonic()
        self._give_up(now)
        for lane in self.lanes.values():
            number = int(lane.name.rpartition("/")[2])
            lane.behind = reader.has_more(number, self._next[number]) and now - lane.heard_s < _LOST_S
        return controls

    def held(self, positions: Mapping[str, str]) -> None:
        """As LiveFeed."""
        if self._reader is not None:
            mine = {name: text for name, text in positions.items() if name in self.lanes}
            self._reader.held({int(name.rpartition("/")[2]): position(text, name).next for name, text in mine.items()})

    def close(self) -> None:
        """As LiveFeed."""
        if self._reader is not None:
            self._reader.close()

    def _happened(self, event: Event) -> list[Control]:
        match event.kind:
            case "failed":
                assert event.error is not None  # noqa: S101 - a failure has its reason
                raise event.error
            case "up" | "down" | "gap":
                told = {name for decoder in self._decoders.values() for name in decoder.sources} or {self._around.name}
                kind, text = event.kind, event.text or None
                return [Control(ts_event=0, kind=kind, source=name, text=text) for name in sorted(told)]
            case "assigned":
                self._assign(event.partition, event.offset)
            case "revoked":
                self._revoke(event.partition)
            case "end":
                self._at_end[event.partition] = time.monotonic()
        return []

    def _assign(self, number: int, offset: int) -> None:
        name = lane_of(self.topic, number)
        known = self._known.get(number)
        source = self._source
        self.lanes[name] = Lane(
            name, self._around.name, source.role != "orders", source.idle_ms * _MILLISECOND,
            heard_s=time.monotonic(), ended=known is not None and known.ended,
            position="" if known is None else known.text(),
        )  # fmt: skip
        self._decoders[number] = self._make(self._around, known)
        self._next[number] = offset
        self._told_from[number] = offset if known is None else known.next
        self._seen[number] = -1 if known is None else known.seen

    def _revoke(self, number: int) -> None:
        """Another engine reads it now; should it come back, it goes on behind what this run has handed over."""
        self._at_end.pop(number, None)
        lane = self.lanes.pop(lane_of(self.topic, number), None)
        if lane is not None and lane.position:
            self._known[number] = position(lane.position, lane.name)
            if self._reader is not None:
                self._reader.remember(number, self._known[number])

    def _announce(self, messages: list[Message]) -> None:
        """Tell the decoders which messages they are about to be given."""
        pieces: dict[int, list[Piece]] = {}
        following = dict(self._next)
        for message in messages:
            number, offset = message.partition, message.offset
            if number in self._decoders and offset >= following[number] and message.size == len(message.value):
                following[number] = offset + 1
                piece = Piece(message.value, offset, message.stamp_ms, self._where(number, offset))
                pieces.setdefault(number, []).append(piece)
        for number, known in pieces.items():
            self._decoders[number].ahead(known)

    def _where(self, number: int, offset: int) -> str:
        return f"topic {self.topic} partition {number} offset {offset}"

    def _decode(self, message: Message) -> None:
        number, offset = message.partition, message.offset
        name = lane_of(self.topic, number)
        lane, decoder = self.lanes.get(name), self._decoders.get(number)
        if lane is None or decoder is None or offset < self._next[number]:
            return  # read before, or of a partition that has been given away
        self._next[number] = offset + 1
        self._at_end.pop(number, None)
        where = self._where(number, offset)
        if message.size > len(message.value):
            allowed = f"at most {self._source.message_max} (sources.{self.name}.message_max)"
            reason = f"{where}: {message.size} bytes; {allowed}"
            found = [self._aside(where, reason, message.value)] if offset >= self._seen[number] else []
        else:
            try:
                found = list(decoder.decode(Piece(message.value, offset, message.stamp_ms, where)))
            except DecodeError as error:
                found = [self._aside(where, str(error), message.value)] if offset >= self._seen[number] else []
        if offset >= self._told_from.get(number, 0):
            self._put(lane, number, found)

    def _put(self, lane: Lane, number: int, found: list[Batch]) -> None:
        """Into the lane; the place behind it goes with the last part of a message."""
        now = time.monotonic()
        lane.heard_s = now
        if not found:
            return
        place = self._decoders[number].position(self._next[number])
        for batch in found:
            last = batch is found[-1]
            batch.position = msgspec.structs.replace(place, ended=batch.end).text() if last else ""
            batch.more = not last
            if batch.passed != NULL and not batch.end:
                lane.idle_s = 0.0  # its sender says how far it has come: nobody needs to guess
            lane.put(batch, now)

    def _give_up(self, now_s: float) -> None:
        """Where nothing has come for a while, what waits for something missing waits no longer."""
        patience_s = self._source.missing_ms * _MILLISECOND
        for number in [number for number, since in self._at_end.items() if now_s - since >= patience_s]:
            del self._at_end[number]
            if lane_of(self.topic, number) in self.lanes:
                self._put(self.lanes[lane_of(self.topic, number)], number, list(self._decoders[number].at_end()))

    def _aside(self, where: str, reason: str, value: bytes) -> Batch:
        return Batch(quarantine=(Quarantined(source=self._around.name, where=where, reason=reason, raw=value),))
