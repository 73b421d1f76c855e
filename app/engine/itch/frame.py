"""Cutting messages out of bytes: two bytes of length before each, in a stream or inside packets.

A packet bounds its own damage. In a stream the search goes on at the next place where two messages follow each other;
a decision waits for as many bytes as can alter it, so where the bytes were split never changes the result.
"""

from app.engine.bits import signed, wrap_add
from app.engine.itch.state import (
    BAD_COUNT,
    BADS,
    CUT_SHORT,
    DONE,
    FINAL,
    KEPT,
    LONGEST,
    LOOK,
    LOST,
    PACKET,
    POS,
    READ,
    REC,
    SEQ,
    SIZE,
    STAMP,
    UNFRAMED,
    UNKNOWN_TYPE,
    WRONG_LENGTH,
    Bytes,
    Work,
)
from app.engine.jit import jit

WHOLE = 1  # a message stands whole at POS
ON = 2  # something was passed over: look again


def _two(data: Bytes, at: int) -> int:
    """A number of 2 bytes."""
    return (signed(data[at]) << 8) | signed(data[at + 1])


two = jit(_two)


def _four(data: Bytes, at: int) -> int:
    """A number of 4 bytes."""
    return (two(data, at) << 16) | two(data, at + 2)


four = jit(_four)


def _eight(data: Bytes, at: int) -> int:
    """The int64 with the bits of a number of 8 bytes."""
    return signed(wrap_add(signed(four(data, at) << 32), four(data, at + 4)))


eight = jit(_eight)


def _blame(w: Work, end: int, reason: int, value: int) -> None:
    """Set aside the bytes from POS to `end` and go on after them."""
    n = w.marks[BADS]
    w.bad[n, 0] = w.marks[POS]
    w.bad[n, 1] = end
    w.bad[n, 2] = w.marks[REC]
    w.bad[n, 3] = reason
    w.bad[n, 4] = value
    w.marks[BADS] = n + 1
    w.marks[POS] = end


blame = jit(_blame, forceinline=False)  # rare: not worth its code at every place


def _passed(w: Work, end: int) -> None:
    """One message more is behind us."""
    w.marks[POS] = end
    w.marks[REC] += 1
    w.marks[SEQ] += 1
    w.marks[READ] += 1


passed = jit(_passed)


def _plausible(w: Work, at: int, limit: int) -> bool:
    """True where a message of its type's own length begins, or the stream ends."""
    if at == limit:
        return bool(w.marks[FINAL] != 0)
    return at + 3 <= limit and bool(w.lengths[w.data[at + 2]] == two(w.data, at))


plausible = jit(_plausible)


def _search(w: Work, limit: int) -> int:
    """Look for the next place where two messages follow each other; what lies before it is set aside."""
    start = w.marks[POS]
    at = start + w.marks[LOST]
    while w.marks[FINAL] != 0 or limit - at >= LOOK:
        if at >= limit:
            blame(w, limit, UNFRAMED, 0)
            w.marks[LOST] = -1
            return ON
        if at + 3 <= limit and plausible(w, at, limit) and plausible(w, at + 2 + two(w.data, at), limit):
            blame(w, at, UNFRAMED, 0)
            w.marks[LOST] = -1
            return ON
        if at - start == KEPT:
            blame(w, at, UNFRAMED, 0)
            w.marks[LOST] = 0
            return ON
        at += 1
    w.marks[LOST] = at - start
    return DONE


search = jit(_search, forceinline=False)  # rare: not worth its code at every place


def _refuse(w: Work, limit: int) -> int:
    """What stands at POS of a stream is no whole message of a known type: wait, set it aside, or begin to search."""
    at = w.marks[POS]
    left = limit - at
    final = w.marks[FINAL] != 0
    if left == 0:
        return DONE
    if left < 3 or w.lengths[w.data[at + 2]] == two(w.data, at):
        if not final:
            return DONE
        blame(w, limit, CUT_SHORT, left)
        return ON
    if not final and left < LOOK:
        return DONE
    length = two(w.data, at)
    end = at + 2 + length
    if 0 < length <= LONGEST and end <= limit and plausible(w, end, limit):
        kind = signed(w.data[at + 2])
        known = w.lengths[kind] > 0
        blame(w, end, WRONG_LENGTH if known else UNKNOWN_TYPE, length if known else kind)
        passed(w, end)
        return ON
    w.marks[LOST] = 1
    return ON


refuse = jit(_refuse, forceinline=False)  # rare: not worth its code at every place


def _leave_packet(w: Work) -> int:
    """POS is past a packet: on to the next one."""
    packet = w.marks[PACKET]
    if packet >= 0 and w.marks[READ] != w.heads[packet, 1]:
        blame(w, w.marks[POS], BAD_COUNT, w.heads[packet, 1])
    packet += 1
    w.marks[PACKET] = packet
    if packet == w.edges.shape[0]:
        return DONE
    w.marks[POS] = w.starts[packet]
    w.marks[READ] = 0
    w.marks[SEQ] = w.heads[packet, 0]
    w.marks[STAMP] = w.heads[packet, 2]
    return ON


leave_packet = jit(_leave_packet, forceinline=False)  # rare: not worth its code at every place


def _refuse_in_packet(w: Work, limit: int) -> int:
    """What stands at POS of a packet is no whole message of a known type."""
    at = w.marks[POS]
    if limit - at >= 3:
        length = two(w.data, at)
        end = at + 2 + length
        if length > 0 and end <= limit:
            kind = signed(w.data[at + 2])
            known = w.lengths[kind] > 0
            blame(w, end, WRONG_LENGTH if known else UNKNOWN_TYPE, length if known else kind)
            passed(w, end)
            return ON
    blame(w, limit, CUT_SHORT, limit - at)
    return ON


refuse_in_packet = jit(_refuse_in_packet, forceinline=False)  # rare: not worth its code at every place


def _framed(w: Work) -> int:
    """WHOLE when a message stands at POS, ON when something else was passed over, DONE when more bytes are needed."""
    packets = w.edges.shape[0] > 0
    at = w.marks[POS]
    limit = w.marks[SIZE]
    if packets:
        if w.marks[PACKET] < 0 or at == w.edges[w.marks[PACKET]]:
            return leave_packet(w)
        limit = w.edges[w.marks[PACKET]]
        if w.marks[READ] == w.heads[w.marks[PACKET], 1]:
            blame(w, limit, BAD_COUNT, w.marks[READ])
            return ON
    elif w.marks[LOST] >= 0:
        return search(w, limit)
    if at + 3 <= limit:
        length = two(w.data, at)
        if w.lengths[w.data[at + 2]] == length and at + 2 + length <= limit:
            return WHOLE
    if packets:
        return refuse_in_packet(w, limit)
    return refuse(w, limit)


framed = jit(_framed)
