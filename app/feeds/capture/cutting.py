"""Frames to messages: UDP by MoldUDP64, TCP put together and cut as FIX or SoupBinTCP; every byte is accounted for."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from app.engine.events import Quarantined
from app.feeds.capture.records import Kind, Record
from app.feeds.decode.fix_fields import FixMessage
from app.feeds.decode.fix_frame import BadSpan, Framer
from app.feeds.decode.fix_marks import FrameRules
from app.feeds.decode.fix_scanner import Scanner
from app.feeds.decode.mold import Line, MoldPacket, mold_packet
from app.feeds.decode.pcap import Frame
from app.feeds.decode.pcap_layers import UDP, Datagram, Flow, Passed, unwrapped
from app.feeds.decode.tcp import Piece, Reassembler
from app.feeds.decode.tcp_soup import SoupStream

_RAW_KEPT: Final = 4_096
_NAMED: Final = 1_000  # pieces set aside that are kept, of all that are counted
_NOTED: Final = 10  # gaps in words


@dataclass(frozen=True, slots=True, kw_only=True)
class CutPlan:
    """What is cut out: the protocol, the ports it is on (none: every one), the source's name (none: the feed's own)."""

    kind: Kind
    ports: frozenset[int] = frozenset()
    source: str | None = None
    venue: str = "XNAS"
    rules: FrameRules = field(default_factory=FrameRules)


class Cutter:
    """Fed with frames in the order they were captured; gives the messages in them."""

    def __init__(self, name: str, plan: CutPlan) -> None:
        self.counts: Counter[str] = Counter()
        self.aside: list[Quarantined] = []
        self.notes: list[str] = []
        self._name = name
        self._plan = plan
        self._tcp = Reassembler()
        self._lines: dict[str, Line] = {}
        self._framers: dict[Flow, Framer] = {}
        self._soups: dict[Flow, SoupStream] = {}
        self._numbers: Counter[str] = Counter()

    def take(self, frames: Iterable[Frame]) -> Iterator[Record]:
        """Take frames."""
        for frame in frames:
            self.counts["frames"] += 1
            found = unwrapped(frame)
            if isinstance(found, Passed):
                self.counts["frames_passed"] += not found.damaged
                if found.damaged:
                    self._set_aside(f"offset {frame.offset}", found.reason, frame.data)
            elif self._plan.ports and not self._plan.ports & {found.flow.source_port, found.flow.target_port}:
                self.counts["frames_of_other_ports"] += 1
            elif found.protocol == UDP:
                yield from self._of_udp(found)
            else:
                for piece in self._tcp.take(found):
                    yield from self._of_tcp(piece)

    def finish(self) -> Iterator[Record]:
        """End of the capture: what was waited for is lost."""
        for piece in self._tcp.finish():
            yield from self._of_tcp(piece)
        for line in self._lines.values():
            yield from self._messages(line.finish())
            self.counts += line.counts
            for gap in line.gaps:
                self._note(str(gap))
        for flow, framer in self._framers.items():
            yield from self._fix(flow, framer.close(), 0)
        for flow, soup in self._soups.items():
            soup.restart(aligned=True)
            self._unframed(flow, soup)
        for what, count in self._tcp.counts.items():
            self.counts[f"tcp_{what}"] += count

    def _of_udp(self, datagram: Datagram) -> Iterator[Record]:
        if self._plan.kind != "itch5":
            self.counts["datagrams_passed"] += 1
            return
        packet = mold_packet(datagram.payload, datagram.ts_ns, datagram.offset)
        if isinstance(packet, str):
            self._set_aside(f"offset {datagram.offset}", packet, datagram.payload)
            return
        line = self._lines.setdefault(packet.session, Line())
        yield from self._messages(line.take(packet))

    def _messages(self, packets: list[MoldPacket]) -> Iterator[Record]:
        """The messages of Mold packets."""
        for packet in packets:
            at, body = 0, packet.body
            source = self._itch_source(packet.session)
            for seq in range(packet.seq, packet.seq + packet.announced):
                end = at + 2 + int.from_bytes(body[at : at + 2], "big")
                if at + 2 > len(body) or end > len(body):
                    break
                yield Record("itch5", body[at + 2 : end], packet.ts_ns, source, seq)
                at = end
            if at < len(body):
                self._set_aside(f"offset {packet.offset + at}", "bytes that are no whole message", body[at:])

    def _of_tcp(self, piece: Piece) -> Iterator[Record]:
        if piece.gap:
            self._note(f"{piece.flow}: {piece.gap} bytes are missing")
        if self._plan.kind == "fix":
            framer = self._framers.get(piece.flow)
            if framer is not None and (piece.gap or piece.fresh):
                yield from self._fix(piece.flow, framer.close(), piece.ts_ns)
                framer = None
            if framer is None:
                framer = self._framers[piece.flow] = Scanner(self._plan.rules)
            yield from self._fix(piece.flow, framer.feed(piece.data), piece.ts_ns)
            return
        soup = self._soups.setdefault(piece.flow, SoupStream())
        if piece.gap or piece.fresh:
            soup.restart(aligned=piece.fresh and not piece.gap)
        for message in soup.feed(piece.data):
            source = self._itch_source(soup.session)
            self._numbers[source] = message.seq or self._numbers[source] + 1
            yield Record("itch5", message.data, piece.ts_ns, source, self._numbers[source])
        self._unframed(piece.flow, soup)

    def _fix(self, flow: Flow, items: list[FixMessage | BadSpan], ts_ns: int) -> Iterator[Record]:
        for item in items:
            if isinstance(item, BadSpan):
                self._set_aside(f"{flow} byte {item.offset}", item.reason, item.raw)
                continue
            source = self._plan.source or f"fix:{item.text(49) or '?'}>{item.text(56) or '?'}"
            self._numbers[source] += 1
            yield Record("fix", item.raw, ts_ns, source, self._numbers[source])

    def _unframed(self, flow: Flow, soup: SoupStream) -> None:
        for span in soup.unframed:
            self._set_aside(str(flow), f"{len(span)} bytes that are no SoupBinTCP packets", span)
        soup.unframed.clear()

    def _itch_source(self, session: str) -> str:
        return self._plan.source or f"itch5:{self._plan.venue}" + (f":{session}" if len(self._lines) > 1 else "")

    def _note(self, words: str) -> None:
        if len(self.notes) < _NOTED:
            self.notes.append(f"{self._name}: {words}")
        elif len(self.notes) == _NOTED:
            self.notes.append(f"{self._name}: more gaps are counted, not listed")

    def _set_aside(self, where: str, reason: str, raw: bytes) -> None:
        self.counts["set_aside"] += 1
        if len(self.aside) < _NAMED:
            place = f"{self._name} {where}"
            self.aside.append(
                Quarantined(source=self._name, where=place, reason=f"{place}: {reason}", raw=raw[:_RAW_KEPT])
            )
