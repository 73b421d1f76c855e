"""MoldUDP64 packets found in a piece of a classic capture file: those that follow each other, at once.

Walks frames of Ethernet (VLANs too), IPv4 and UDP whose packets are of one session and continue its sequence; stops at
the first frame that is anything else, which is then looked at with patience.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.engine.bits import signed
from app.engine.itch.frame import eight, four, two
from app.engine.jit import jit
from app.engine.units import SECOND

Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]

# `marks`
AT: Final = 0  # of the next record
SIZE: Final = 1
NEXT_SEQ: Final = 2
FOUND: Final = 3
LITTLE: Final = 4  # 1: the file's numbers have the low byte first
UNIT: Final = 5  # ns of a stamp's fraction
MARKS: Final = 6
# `found`: first byte of the messages, byte after the last, number of the first, how many, time (ns)
FIELDS: Final = 5

_RECORD = 16
_MOLD = 20
_LARGEST = 1 << 24


class Walk(NamedTuple):
    """A piece of a file, the session looked for, what was found in it."""

    data: Bytes  # read-only
    session: Bytes  # (10,)
    found: Ints  # (room, FIELDS)
    marks: Ints  # (MARKS,)


def _number(data: Bytes, at: int, little: int) -> int:
    """A number of 4 bytes in the file's order."""
    if little == 0:
        return four(data, at)
    return signed(data[at]) | signed(data[at + 1]) << 8 | signed(data[at + 2]) << 16 | signed(data[at + 3]) << 24


number = jit(_number)


def _payload(data: Bytes, at: int, end: int) -> int:
    """Where the UDP payload of an Ethernet frame begins, when it ends with the IP packet; -1 for any other frame."""
    at += 12
    while at + 4 <= end and (two(data, at) == 0x8100 or two(data, at) == 0x88A8):
        at += 4
    ip = at + 2
    if ip + 28 + _MOLD > end or two(data, at) != 0x0800 or data[ip] != 0x45:
        return -1
    whole = two(data, ip + 2)
    if data[ip + 9] != 17 or two(data, ip + 6) & 0x3FFF or ip + whole > end or two(data, ip + 24) != whole - 20:
        return -1
    return ip + 28 if whole >= 28 + _MOLD else -1


payload = jit(_payload)


def _continues(w: Walk, at: int) -> bool:
    """True for a Mold packet of the session that goes on where the one before ended, with messages in it."""
    for n in range(10):
        if w.data[at + n] != w.session[n]:
            return False
    count = two(w.data, at + 18)
    return eight(w.data, at + 10) == w.marks[NEXT_SEQ] and 0 < count < 0xFFFF


continues = jit(_continues)


def _walk(w: Walk) -> None:
    """Note packets from AT on until one is not there whole, is something else, or the room is used up."""
    data = w.data
    size = w.marks[SIZE]
    while w.marks[FOUND] < w.found.shape[0]:
        at = w.marks[AT]
        if at + _RECORD > size:
            return
        kept = number(data, at + 8, w.marks[LITTLE])
        begin = at + _RECORD
        if kept > _LARGEST or begin + kept > size:
            return
        mold = payload(data, begin, begin + kept)
        if mold < 0 or not continues(w, mold):
            return
        udp_end = mold - 8 + two(data, mold - 4)
        n = w.marks[FOUND]
        w.found[n, 0] = mold + _MOLD
        w.found[n, 1] = udp_end
        w.found[n, 2] = w.marks[NEXT_SEQ]
        w.found[n, 3] = two(data, mold + 18)
        w.found[n, 4] = (
            number(data, at, w.marks[LITTLE]) * SECOND + number(data, at + 4, w.marks[LITTLE]) * w.marks[UNIT]
        )
        w.marks[NEXT_SEQ] += w.found[n, 3]
        w.marks[FOUND] = n + 1
        w.marks[AT] = begin + kept


walk = jit(_walk)
