"""MoldUDP64: packets of numbered messages put in order, gaps and copies found. Several lines of one session are one.

A packet is the session (10 bytes), the sequence number of its first message (8), how many there are (2: 0 a heartbeat,
65535 the end), then the messages with 2 bytes of length before each. Source: Nasdaq MoldUDP64 1.00.
"""

import struct
from collections import Counter
from typing import Final, NamedTuple

HEADER: Final = struct.Struct(">10sQH")
END: Final = 0xFFFF
HOLD: Final = 256  # packets that may stand behind a missing one ...
HOLD_NS: Final = 1_000_000_000  # ... and how long, before it is called lost
_NUMBER_LIMIT: Final = 2**63 - 2**17


class MoldPacket(NamedTuple):
    """A packet: session, number of its first message, how many are announced, the messages; when and where."""

    session: str
    seq: int
    announced: int
    body: bytes
    ts_ns: int
    offset: int


class Gap(NamedTuple):
    """Messages that never came: the first of them and how many, seen at a time (ns)."""

    session: str
    seq: int
    missing: int
    ts_ns: int

    def __str__(self) -> str:
        return f"session {self.session}: messages {self.seq} to {self.seq + self.missing - 1} are missing"


def mold_packet(payload: bytes, ts_ns: int, offset: int) -> MoldPacket | str:
    """A UDP payload as a packet (`offset`: where it stood), or why it is none."""
    if len(payload) < HEADER.size:
        return f"{len(payload)} bytes are no MoldUDP64 packet; allowed: {HEADER.size} or more"
    session, seq, count = HEADER.unpack_from(payload)
    if not session.isascii() or not session.decode("ascii", "replace").isprintable():
        return f"session = {session!r} is not allowed; allowed: 10 printable characters"
    if seq > _NUMBER_LIMIT:
        return f"sequence number = {seq} is not allowed; allowed: below 2**63"
    body = payload[HEADER.size :]
    if count not in (0, END) and len(body) < 2 * count:
        return f"message count = {count} is not allowed; allowed: what {len(body)} bytes can hold"
    return MoldPacket(session.decode().strip(), seq, count, body, ts_ns, offset + HEADER.size)


class Line:
    """Puts the packets of one session in order; every message comes out once."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.gaps: list[Gap] = []
        self.next_seq = 0  # 0: nothing has come yet
        self.ended = False
        self._held: dict[int, MoldPacket] = {}

    @property
    def quiet(self) -> bool:
        """True while nothing is waited for: the next packet can only go on."""
        return self.next_seq > 0 and not self._held

    def went_on(self, packets: int, next_seq: int) -> None:
        """So many packets have come in order and gone by without being taken one by one."""
        self.counts["packets"] += packets
        self.next_seq = next_seq

    def take(self, packet: MoldPacket) -> list[MoldPacket]:
        """The packets that are in order now."""
        self.counts["packets"] += 1
        if self.next_seq == 0:
            self.next_seq = packet.seq
            if packet.seq > 1:
                self.counts["joined_at"] = packet.seq
        if packet.announced == END:
            self.ended = True
        if packet.announced in (0, END):
            self.counts["heartbeats"] += 1
        known = self._held.get(packet.seq)
        if known is not None and (packet.announced in (0, END) or END > known.announced >= packet.announced):
            self.counts["duplicate_messages"] += 0 if packet.announced == END else packet.announced
            return []
        if known is not None and known.announced not in (0, END):  # the packet holds its messages and more
            self.counts["duplicate_messages"] += known.announced
        self._held[packet.seq] = packet
        ready = self._released()
        while self._held and self._waited(packet.ts_ns):
            ready += self._skip(packet.ts_ns)
        return ready

    def finish(self) -> list[MoldPacket]:
        """End of the capture: what stands behind a gap comes out, the gap is called lost."""
        ready: list[MoldPacket] = []
        while self._held:
            ready += self._skip(max(packet.ts_ns for packet in self._held.values()))
        return ready

    def _waited(self, now_ns: int) -> bool:
        oldest = min(packet.ts_ns for packet in self._held.values())
        return len(self._held) > HOLD or now_ns - oldest > HOLD_NS

    def _skip(self, ts_ns: int) -> list[MoldPacket]:
        first = min(self._held)
        session = self._held[first].session
        self.gaps.append(Gap(session, self.next_seq, first - self.next_seq, ts_ns))
        self.counts["gaps"] += 1
        self.counts["missing_messages"] += first - self.next_seq
        self.next_seq = first
        return self._released()

    def _released(self) -> list[MoldPacket]:
        """What follows on the last message that came out, without the messages that came before."""
        ready: list[MoldPacket] = []
        while self._held:
            first = min(self._held) if len(self._held) > 1 else next(iter(self._held))
            if first > self.next_seq:
                break
            packet = self._held.pop(first)
            fresh = self._unseen(packet)
            if fresh is not None:
                ready.append(fresh)
                self.next_seq = fresh.seq + fresh.announced
        return ready

    def _unseen(self, packet: MoldPacket) -> MoldPacket | None:
        """The packet without the messages that have come already; None when nothing is left."""
        if packet.announced in (0, END):
            return None
        old = self.next_seq - packet.seq
        if old:
            self.counts["duplicate_messages"] += min(old, packet.announced)
        if old >= packet.announced:
            return None
        at = 0
        for _ in range(old):
            at += 2 + int.from_bytes(packet.body[at : at + 2], "big")
        if not old:
            return packet
        return packet._replace(
            seq=self.next_seq, announced=packet.announced - old, body=packet.body[at:], offset=packet.offset + at
        )
