"""Packets of whole FIX messages, many at a time: records of a topic, rows of a table; each has its own rows and place.

Packets that hold nothing but regular messages are read as one stretch of bytes; where one does not, each is read by
itself. So a packet has the rows it would have alone.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np

from app.engine import fix_scan
from app.engine.events import OrderRow, Quarantined
from app.engine.fix_scan import Ints
from app.feeds.decode.fix_flow import FixFlow
from app.feeds.decode.fix_followed import FastFollowed, Followed
from app.feeds.decode.fix_scanner import FixBlock, Scanner

_FEW: Final = 4  # packets that are not worth being joined


class Packet(NamedTuple):
    """Bytes of whole messages, and where they stand in words."""

    value: bytes
    where: str


class Opened(NamedTuple):
    """What came of a packet: rows, what was set aside, messages and spans."""

    rows: list[OrderRow]
    aside: list[Quarantined]
    taken: int


def opened(flow: Followed, packets: Sequence[Packet]) -> list[Opened]:
    """What each of some packets holds, in their order."""
    if isinstance(flow, FastFollowed) and len(packets) >= _FEW:
        joined = _joined(flow.flow, packets)
        if joined is not None:
            return joined
    return [_alone(flow, packet) for packet in packets]


def _alone(flow: Followed, packet: Packet) -> Opened:
    before = flow.taken
    rows = flow.whole(packet.value, packet.where)
    aside = flow.quarantine.copy()
    flow.quarantine.clear()
    return Opened(rows, aside, flow.taken - before)


def _joined(flow: FixFlow, packets: Sequence[Packet]) -> list[Opened] | None:
    """All packets in one; None where one of them is no row of regular messages from its first byte on."""
    parts = Scanner(like=flow.scanner).whole(b"".join([packet.value for packet in packets]))
    if len(parts) != 1 or not isinstance(parts[0], FixBlock):
        return None
    block = parts[0]
    ends = np.cumsum([len(packet.value) for packet in packets])
    begins = np.concatenate([[0], ends[:-1]])
    starts = block.messages[:, fix_scan.START]
    packet_of = np.searchsorted(ends, starts, "right")
    firsts = np.searchsorted(packet_of, np.arange(len(packets)))
    if not _whole(block, packet_of, firsts) or (starts[firsts] != begins).any() or _spans(block, ends[packet_of]):
        return None
    messages = block.messages.copy()
    messages[:, fix_scan.LINE] -= messages[firsts, fix_scan.LINE][packet_of] - 1
    first_rec = flow.number
    rows = flow.rows_of(replace(block, messages=messages), "").orders()
    aside = [_placed(entry, packets, begins) for entry in flow.quarantine]
    flow.quarantine.clear()
    found = [Opened([], [], int(count)) for count in np.bincount(packet_of, minlength=len(packets))]
    places = packet_of.tolist()
    for row in rows:
        found[places[row.rec - first_rec]].rows.append(row)
    for place, entry in aside:
        found[place].aside.append(entry)
    return found


def _whole(block: FixBlock, packet_of: Ints, firsts: Ints) -> bool:
    """True where every packet has a message, and no message has text of its line before it."""
    messages = block.messages
    bare = (messages[:, fix_scan.PREFIX] == messages[:, fix_scan.START]).all()
    carried = (messages[:, fix_scan.FLAGS] & fix_scan.CARRIED).any()
    every = len(messages) and firsts[-1] < len(messages) and (packet_of[firsts] == np.arange(len(firsts))).all()
    return bool(bare and not carried and every)


def _spans(block: FixBlock, ends: Ints) -> bool:
    """True where a message goes on behind the end of its packet."""
    return bool((block.messages[:, fix_scan.END] > ends).any())


def _placed(entry: Quarantined, packets: Sequence[Packet], begins: Ints) -> tuple[int, Quarantined]:
    """What was set aside, with its place in its own packet."""
    line, _, offset = entry.where.rpartition(" offset ")
    place = int(np.searchsorted(begins, int(offset), "right")) - 1
    where = f"{packets[place].where}{line} offset {int(offset) - int(begins[place])}"
    return place, Quarantined(source=entry.source, where=where, reason=entry.reason, raw=entry.raw)
