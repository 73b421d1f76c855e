"""ITCH in MoldUDP64 in captured frames: each session a line of its own, put in order, decoded in blocks of packets."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from app.engine.events import Quarantined, no_market
from app.engine.itch import packets
from app.engine.itch.state import readable
from app.feeds.decode.itch import Batch, ItchDecoder, Packets
from app.feeds.decode.mold import Gap, Line, MoldPacket, mold_packet
from app.feeds.decode.pcap import Frame, Stretch
from app.feeds.decode.pcap_layers import UDP, Passed, unwrapped

_BLOCK: Final = 2_048  # packets decoded at once
_NAMED: Final = 1_000  # frames set aside one by one; the rest are counted in one entry
_RAW_KEPT: Final = 4_096


@dataclass(slots=True)
class _Channel:
    """One session: its order, its decoder, packets not yet decoded."""

    line: Line
    decoder: ItchDecoder
    waiting: list[MoldPacket] = field(default_factory=list)


class MoldFeed:
    """Fed with frames; gives the rows of every session in it."""

    def __init__(self, file: str, decoder: Callable[[str, int], ItchDecoder]) -> None:
        """`decoder` makes that of a session ("" for the first one) first seen at a time (ns)."""
        self.counts: Counter[str] = Counter()
        self.gaps: list[Gap] = []
        self._file = file
        self._decoder = decoder
        self._channels: dict[str, _Channel] = {}
        self._aside: list[Quarantined] = []
        self._unnamed = 0
        self._ready: list[Batch] = []
        self._room = np.zeros((_BLOCK, packets.FIELDS), np.int64)
        self._marks: dict[str, bytes] = {}  # session -> its bytes

    def take(self, frames: Iterable[Frame]) -> Iterator[Batch]:
        """Take frames in the order they were captured; those `skim` took in between come out in their place."""
        for frame in frames:
            yield from self._skimmed()
            found = self._packet(frame)
            if found is None:
                continue
            channel = self._channels.get(found.session)
            if channel is None:
                name = found.session if self._channels else ""
                channel = _Channel(Line(), self._decoder(name, found.ts_ns))
                self._channels[found.session] = channel
            channel.waiting += channel.line.take(found)
            if len(channel.waiting) >= _BLOCK:
                yield from self._decoded(channel)
        yield from self._skimmed()

    def skim(self, stretch: Stretch) -> int:
        """Take the packets at the start of a stretch of a classic file that simply go on; where the rest begins."""
        if len(self._channels) != 1:
            return stretch.at
        (session, channel), *_ = self._channels.items()
        if not channel.line.quiet:
            return stretch.at
        marks = np.zeros(packets.MARKS, np.int64)
        marks[packets.AT], marks[packets.SIZE] = stretch.at, len(stretch.data)
        marks[packets.NEXT_SEQ], marks[packets.LITTLE] = channel.line.next_seq, stretch.little
        marks[packets.UNIT] = stretch.unit_ns
        walk = packets.Walk(readable(stretch.data), readable(self._marks[session]), self._room, marks)
        packets.walk(walk)
        count = int(marks[packets.FOUND])
        if count:
            self._ready += self._decoded(channel)
            channel.line.went_on(count, int(marks[packets.NEXT_SEQ]))
            found = self._room[:count].copy()
            block = Packets(stretch.data, found[:, 0], found[:, 1], found[:, 2:], found[:, 0] + stretch.offset)
            self._ready += channel.decoder.feed_packets(block)
        return int(marks[packets.AT])

    def _skimmed(self) -> Iterator[Batch]:
        ready, self._ready = self._ready, []
        yield from ready

    def finish(self) -> Iterator[Batch]:
        """End of the capture."""
        for channel in self._channels.values():
            channel.waiting += channel.line.finish()
            yield from self._decoded(channel)
            self.counts += channel.line.counts + channel.decoder.counts
            self.gaps += channel.line.gaps
        if self._unnamed:
            words = f"and {self._unnamed} frames more that are no MoldUDP64 packets"
            self._aside.append(Quarantined(source=self._file, where=self._file, reason=words))
        yield Batch(no_market(), self._aside)

    def _packet(self, frame: Frame) -> MoldPacket | None:
        """The Mold packet of a frame; other traffic is passed over (counted), damage set aside."""
        datagram = unwrapped(frame)
        if isinstance(datagram, Passed):
            self.counts["frames_passed"] += not datagram.damaged
            if datagram.damaged:
                self._refuse(frame.offset, datagram.reason, frame.data)
            return None
        if datagram.protocol != UDP:
            self.counts["frames_passed"] += 1
            return None
        packet = mold_packet(datagram.payload, datagram.ts_ns, datagram.offset)
        if isinstance(packet, MoldPacket):
            self._marks.setdefault(packet.session, datagram.payload[:10])
            return packet
        self._refuse(datagram.offset, packet, datagram.payload)
        return None

    def _refuse(self, offset: int, reason: str, raw: bytes) -> None:
        self.counts["frames_set_aside"] += 1
        if len(self._aside) >= _NAMED:
            self._unnamed += 1
            return
        where = f"{self._file} offset {offset}"
        self._aside.append(
            Quarantined(source=self._file, where=where, reason=f"{where}: {reason}", raw=raw[:_RAW_KEPT])
        )

    def _decoded(self, channel: _Channel) -> Iterator[Batch]:
        waiting, channel.waiting = channel.waiting, []
        if not waiting:
            return
        sizes = np.array([len(packet.body) for packet in waiting], np.int64)
        heads = np.array([(packet.seq, packet.announced, packet.ts_ns) for packet in waiting], np.int64)
        offsets = np.array([packet.offset for packet in waiting], np.int64)
        data = b"".join([packet.body for packet in waiting])
        edges = np.cumsum(sizes)
        yield from channel.decoder.feed_packets(Packets(data, edges - sizes, edges, heads, offsets))
