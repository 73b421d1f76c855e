"""ITCH in MoldUDP64 in captured frames: each session a line of its own, put in order, decoded in blocks of packets."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from app.engine.events import Quarantined, no_market
from app.feeds.decode.itch import Batch, ItchDecoder, Packets
from app.feeds.decode.mold import Gap, Line, MoldPacket, mold_packet
from app.feeds.decode.pcap import Frame
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

    def take(self, frames: Iterable[Frame]) -> Iterator[Batch]:
        """Take frames in the order they were captured."""
        for frame in frames:
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
        yield from channel.decoder.feed_packets(Packets(data, np.cumsum(sizes), heads, offsets))
