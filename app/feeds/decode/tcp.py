"""TCP put together again from captured segments: late ones, copies and overlaps; what never came is a gap, reported.

Each direction of a connection is a stream of its own. What comes out are pieces of it in order, each with the stamp of
the segment that completed it. Numbers wrap at 2**32; a SYN with another number begins the stream anew.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from app.feeds.decode.pcap_layers import RST, SYN, Datagram, Flow

HELD_BYTES: Final = 4 << 20  # that may stand behind a missing segment ...
HELD_NS: Final = 5_000_000_000  # ... and how long, before it is called lost
_WRAP: Final = 1 << 32


class Piece(NamedTuple):
    """Bytes of a stream in order: whose, when they came (ns), what; `gap`: bytes missing right before them.

    `fresh`: the stream begins anew here (a new connection on the same ports).
    """

    flow: Flow
    ts_ns: int
    data: bytes
    gap: int = 0
    fresh: bool = False


@dataclass(slots=True)
class _Stream:
    """One direction: the number of the next byte (not wrapped), and what stands behind it."""

    next: int = -1  # -1: nothing has come yet
    start: int = -1
    fresh: bool = False
    held: dict[int, tuple[int, bytes]] = field(default_factory=dict)  # number -> when, bytes
    bytes_held: int = 0


class Reassembler:
    """Fed with TCP segments as they were captured."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._streams: dict[Flow, _Stream] = {}

    def take(self, segment: Datagram) -> Iterator[Piece]:
        """The pieces that are in order now."""
        stream = self._streams.setdefault(segment.flow, _Stream())
        self.counts["segments"] += 1
        at = segment.seq
        if segment.flags & SYN:
            at = (segment.seq + 1) % _WRAP
            if stream.next >= 0 and at != stream.start % _WRAP:
                yield from self._drained(segment.flow, stream)
                stream = self._streams[segment.flow] = _Stream(fresh=True)
                self.counts["connections_anew"] += 1
            if stream.next < 0:
                stream.next = stream.start = at
        if segment.flags & RST:
            yield from self._drained(segment.flow, stream)
            return
        if not segment.payload:
            return
        if stream.next < 0:
            stream.next = stream.start = at
            self.counts["joined_late"] += 1
        self._hold(stream, self._unwrapped(stream, at), segment)
        yield from self._ready(segment.flow, stream)
        while stream.held and self._waited(stream, segment.ts_ns):
            yield from self._skip(segment.flow, stream)

    def finish(self) -> Iterator[Piece]:
        """End of the capture: what stands behind a gap comes out."""
        for flow, stream in self._streams.items():
            yield from self._drained(flow, stream)

    def _unwrapped(self, stream: _Stream, seq: int) -> int:
        """The number as one that never wraps: the nearest to what is expected."""
        ahead = (seq - stream.next) % _WRAP
        return stream.next + (ahead if ahead < _WRAP // 2 else ahead - _WRAP)

    def _hold(self, stream: _Stream, at: int, segment: Datagram) -> None:
        """Keep what is new of a segment."""
        data = segment.payload
        end = at + len(data)
        if end <= stream.next:
            self.counts["retransmitted_bytes" if at >= stream.start else "bytes_before_the_first"] += len(data)
            return
        if at < stream.next:
            self.counts["overlapping_bytes"] += stream.next - at
            data, at = data[stream.next - at :], stream.next
        elif at > stream.next:
            self.counts["segments_out_of_order"] += 1
        known = stream.held.get(at)
        if known is not None:
            shorter = min(len(known[1]), len(data))
            self.counts["retransmitted_bytes"] += shorter
            if known[1][:shorter] != data[:shorter]:
                self.counts["conflicting_segments"] += 1
            if len(known[1]) >= len(data):
                return
            data = known[1] + data[shorter:]  # what came first stands
            stream.bytes_held -= shorter
        stream.held[at] = (segment.ts_ns, data)
        stream.bytes_held += len(data)

    def _ready(self, flow: Flow, stream: _Stream, gap: int = 0) -> Iterator[Piece]:
        """What follows on the byte that came out last."""
        while stream.held:
            at = min(stream.held) if len(stream.held) > 1 else next(iter(stream.held))
            if at > stream.next:
                return
            ts_ns, data = stream.held.pop(at)
            stream.bytes_held -= len(data)
            old = stream.next - at
            if old:
                self.counts["overlapping_bytes"] += min(old, len(data))
                data = data[old:]
            if data:
                stream.next += len(data)
                yield Piece(flow, ts_ns, data, gap, stream.fresh)
                gap, stream.fresh = 0, False

    def _waited(self, stream: _Stream, now_ns: int) -> bool:
        oldest = min(ts_ns for ts_ns, _ in stream.held.values())
        return stream.bytes_held > HELD_BYTES or now_ns - oldest > HELD_NS

    def _skip(self, flow: Flow, stream: _Stream) -> Iterator[Piece]:
        gap = min(stream.held) - stream.next
        self.counts["gaps"] += 1
        self.counts["missing_bytes"] += gap
        stream.next += gap
        yield from self._ready(flow, stream, gap)

    def _drained(self, flow: Flow, stream: _Stream) -> Iterator[Piece]:
        while stream.held:
            yield from self._skip(flow, stream)
