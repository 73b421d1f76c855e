"""FIX order flow at speed: bytes in, order rows out as arrays; rows as objects only where somebody asks for them.

The kernels take the regular messages of plain sessions. Whatever they stop at goes to the reference decoder
(fix_stream.py), with the chain it belongs to: the chain's messages so far are read again by it, without telling their
rows a second time, and from then on it has that chain. So the rows are those of the reference decoder, in any cut.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from app.engine import fix_scan
from app.engine import fix_state as k
from app.engine.events import Quarantined
from app.engine.fix_flow import take
from app.engine.fix_scan import Ints
from app.engine.units import NULL
from app.engine.universe import Universe
from app.feeds.decode.fix_columns import Symbology
from app.feeds.decode.fix_fields import FixMessage
from app.feeds.decode.fix_frame import BadSpan
from app.feeds.decode.fix_handover import Handover
from app.feeds.decode.fix_intake import Pending
from app.feeds.decode.fix_rows import FlowRows, Told
from app.feeds.decode.fix_scanner import FixBlock, Part, Scanner, scanned
from app.feeds.decode.fix_securities import Securities
from app.feeds.decode.fix_settings import FixSettings
from app.feeds.decode.fix_stream import FixStream

_COUNTS: Final = {
    "35=D": k.C_D, "35=G": k.C_G, "35=F": k.C_F, "35=8": k.C_8, "35=9": k.C_9, "35=H": k.C_H, "35=3": k.C_3,
    "35=j": k.C_J, "out_of_order": k.C_OUT_OF_ORDER, "coarse_stamps": k.C_COARSE,
    "stamped_by_sending_time": k.C_BY_SENDING, "possdup_copies": k.C_POSSDUP, "log_copies": k.C_LOG,
    "possresend_copies": k.C_RESEND, "possdup_new": k.C_POSSDUP_NEW, "execution_copies": k.C_EXECUTION,
    "links_that_change": k.C_LINKS, "fills_without_match_time": k.C_NO_MATCH,
}  # fmt: skip


@dataclass(slots=True)
class FixFlow:
    """One stream of FIX at speed; `quarantine` grows meanwhile."""

    settings: FixSettings
    universe: Universe
    symbology: Symbology | None = None
    source: str | None = None
    securities: Securities = field(default_factory=Securities)
    taken: int = 0  # messages and spans that are no message, those that were only heard left out
    stream: FixStream = field(init=False)
    hand: Handover = field(init=False)
    scanner: Scanner = field(init=False)

    def __post_init__(self) -> None:
        self.stream = FixStream(self.settings, self.universe, self.symbology, self.source, self.securities)
        self.hand = Handover(self.stream)
        self.scanner = Scanner(self.settings.frame_rules())

    def begin(self) -> None:
        """Other bytes follow: a new file or packet of the same stream of orders."""
        self.scanner = Scanner(like=self.scanner)

    @property
    def quarantine(self) -> list[Quarantined]:
        """What was set aside."""
        return self.stream.quarantine

    @property
    def counts(self) -> Counter[str]:
        """What was counted so far."""
        state = self.hand.state
        return +(self.stream.counts + Counter({name: int(state[slot]) for name, slot in _COUNTS.items()}))

    def feed(self, data: bytes, file: str, known: int = 0) -> list[FlowRows]:
        """Rows of the messages that more bytes complete, block by block.

        What begins before byte `known` of the stream is heard and not told: its rows and refusals are left out.
        """
        return self._told(self.scanner.scan(data), file, known)

    def close(self, file: str, known: int = 0) -> list[FlowRows]:
        """Rows of what is left at the end of the stream."""
        return self._told(self.scanner.finish(), file, known)

    def whole(self, data: bytes, file: str) -> list[FlowRows]:
        """Rows of a file or packet that is all there: as begin, feed and close."""
        self.begin()
        return self._told(self.scanner.whole(data), file, 0)

    @property
    def number(self) -> int:
        """Messages met so far: the number of the next one."""
        return int(self.hand.state[k.S_REC])

    def rows_of(self, block: FixBlock, file: str, stamps: Ints | None = None) -> FlowRows:
        """Rows of a block that was scanned elsewhere; `stamps`: time and grain of its messages where these say it."""
        self.taken += len(block)
        return self._block(block, file, None, stamps)

    def _told(self, parts: list[Part], file: str, known: int) -> list[FlowRows]:
        found: list[FlowRows] = []
        for part, heard in _parted(parts, known):
            kept = len(self.quarantine)
            rows: FlowRows | None = None
            if isinstance(part, BadSpan):
                self.stream.set_aside(part, file)
            elif isinstance(part, FixBlock):
                rows = self._block(part, file, None)
            else:
                rows = self._block(scanned(part), file, part)
            if heard:
                del self.quarantine[kept:]
                continue
            self.taken += len(part) if isinstance(part, FixBlock) else 1
            if rows is not None and len(rows):
                found.append(rows)
        return found

    def _block(self, block: FixBlock, file: str, odd: FixMessage | None, stamps: Ints | None = None) -> FlowRows:
        """Rows of a block; `odd`: its only message, as the reference decoder gave it."""
        hand = self.hand
        state = hand.state
        hand.begin(block.base if odd is None else odd.offset, block.data)
        stamps = self._stamps(block, file, odd) if stamps is None else stamps
        rows = np.empty((len(block), k.ROW_COLUMNS), np.int64)
        work = k.Work(block.messages, block.fields, stamps, rows)
        data = np.frombuffer(block.data, np.uint8)
        told: list[Told] = []
        heard = self.securities.of_block(block)
        while (stop := take(data, work, hand.memory, state)) != k.FINISHED:
            at = int(state[k.S_NEXT])
            if stop == k.FULL:
                hand.grow(len(block.data))
            elif stop in (k.SLOW, k.UNREAD):
                message = odd or block.message(at - 1)
                heard.until(at - 1)
                if stop == k.UNREAD:
                    self._unread(message, file, stamped=stamps[at - 1, 0] != NULL)
                    continue
                where = f"{file} line {message.line} offset {message.offset}"
                pending = Pending(int(state[k.S_TS]), int(state[k.S_REC]) - 1, message, where)
                told += [Told(int(state[k.S_ROWS]), row) for row in hand.slow(pending)]
            elif stop == k.UNDATED:
                self._undated(odd or block.message(at), stamps[at], file)
            else:
                hand.learn(data, stop, odd or block.message(at))
        heard.until(len(block))
        regular = rows[: state[k.S_ROWS]]
        hand.name_venues(regular)
        return FlowRows(block, regular, told, hand, file)

    def _unread(self, message: FixMessage, file: str, *, stamped: bool) -> None:
        """A message that is counted alone; `stamped`: its stamp has been looked for and counted."""
        intake = self.stream.intake
        if stamped:
            intake.note(message)
            return
        line = intake.stamped_line  # of the block's last line: messages before it have their stamps already
        intake.take(message, file)
        intake.stamped_line = line

    def _undated(self, message: FixMessage, stamp: Ints, file: str) -> None:
        """A message without SendingTime: TransactTime, or it is set aside."""
        found = self.stream.intake.stamped(message, file)
        if found is not None:
            stamp[:] = found
            return
        self.stream.intake.take(message, file)
        self.hand.state[k.S_NEXT] += 1
        self.hand.state[k.S_REC] += 1

    def _stamps(self, block: FixBlock, file: str, odd: FixMessage | None) -> Ints:
        """Time and grain of the messages that a capture stamp on their line dates; NULL for the others."""
        stamps = np.full((len(block), 2), NULL, np.int64)
        if odd is not None:
            found = self.stream.intake.stamped(odd, file)
            if found is not None:
                stamps[0] = found
            return stamps
        if self.settings.stamp != "prefix":
            return stamps
        messages = block.messages
        beside = (messages[:, fix_scan.START] > messages[:, fix_scan.PREFIX]) | (
            messages[:, fix_scan.FLAGS] & fix_scan.CARRIED != 0
        )
        stamped = self.stream.intake.stamped_line
        if not beside.any() and (stamped is None or stamped[1] < messages[0, fix_scan.LINE]):
            return stamps
        for index in range(len(block)):
            message = _dated(block, index)
            found = self.stream.intake.stamp_beside(message, file)
            if found is not None:
                stamps[index] = found
        return stamps


def _parted(parts: list[Part], known: int) -> Iterator[tuple[Part, bool]]:
    """The parts, and whether each begins before byte `known`; a block that lies on both sides is two."""
    for part in parts:
        if not isinstance(part, FixBlock):
            yield part, part.offset < known
            continue
        heard = int(np.searchsorted(part.messages[:, fix_scan.START] + part.base, known)) if known > part.base else 0
        if heard:
            yield replace(part, messages=part.messages[:heard]), True
        if heard < len(part):
            yield replace(part, messages=part.messages[heard:]), False


def _dated(block: FixBlock, index: int) -> FixMessage:
    """As much of a message as its stamp needs."""
    sent = b""
    row = block.messages[index]
    first = row[fix_scan.FIELD]
    tags = block.fields[first : first + row[fix_scan.FIELDS]]
    for at in np.flatnonzero(tags[:, fix_scan.TAG] == 52)[:1]:
        sent = block.data[tags[at, fix_scan.AT] : tags[at, fix_scan.AT] + tags[at, fix_scan.SIZE]]
    return FixMessage(
        fields=(), first={52: sent} if sent else {}, raw=b"", offset=0, line=int(row[fix_scan.LINE]), size=0,
        prefix=block.prefix(index),
    )  # fmt: skip
