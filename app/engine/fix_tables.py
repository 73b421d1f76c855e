"""What is remembered of a FIX stream, as arrays: keys by fingerprint, orders, texts, links, and each chain's messages.

Everything grows by the hand of feeds/decode/fix_flow.py; a kernel says FULL before it writes beyond the end.
"""

from typing import Final, NamedTuple

import numpy as np

from app.engine.bits import signed
from app.engine.fix_scan import AT, SIZE, TAG, Bytes, Ints, Words
from app.engine.fix_values import stir, stir_long, stir_text
from app.engine.jit import jit, prefetch

# Fields that are looked at, by slot; link tags of the settings follow.
SLOT_TAGS: Final = (
    35, 34, 49, 56, 52, 43, 97, 11, 41, 37, 17, 20, 150, 39, 14, 32, 31, 38, 44, 54, 55, 65, 15, 1, 60, 100, 207, 30,
    12, 99, 849, 168, 126, 151, 19, 13, 40, 59,
)  # fmt: skip
(
    F_KIND, F_SEQ, F_SENDER, F_TARGET, F_SENT, F_DUP, F_RESEND, F_ID, F_ORIG, F_ORDER_ID, F_EXEC, F_TRANS, F_TYPE,
    F_STATUS, F_CUM, F_LAST, F_LAST_PX, F_QTY, F_PX, F_SIDE, F_SYMBOL, F_SUFFIX, F_CURRENCY, F_ACCOUNT, F_TRANSACT,
    F_DESTINATION, F_EXCHANGE, F_MARKET, F_COMMISSION, F_STOP, F_RATE, F_FROM, F_UNTIL, F_LEAVES, F_REF, F_COMM_TYPE,
    F_ORD_TYPE, F_TIF,
) = range(len(SLOT_TAGS))  # fmt: skip
TABLED: Final = 4096  # tags below it are looked up, others searched

# Kinds of keys.
K_SESSION, K_ORDER, K_ORDER_ID, K_EXEC, K_SEEN, K_TEXT, K_LINK = range(1, 8)
SLOW_ORDER: Final = -2  # value of a key whose order the reference decoder has

# Columns of an order (a ClOrdID): its name in the arena, session, first of its chain, the member before it; then what
# stands at the first: handed over, side, symbol, venue, currency, account, parent, algo order, last message, last
# member; what a replace request asked for; links (index + 1).
(
    O_AT, O_SIZE, O_SESSION, O_FIRST, O_PREV, O_SLOW, O_SIDE, O_SYMBOL, O_VENUE, O_CURRENCY, O_ACCOUNT, O_PARENT,
    O_ALGO, O_LAST, O_TAIL, O_ASKED, O_ASKED_QTY, O_ASKED_PX, O_LINKS,
) = range(19)  # fmt: skip
MOST_RULES: Final = 6
ORDER_COLUMNS: Final = O_LINKS + MOST_RULES
# Columns of a session: 1 where kernels read it, its source, newest time (ns), number of rules, slot and kind of each.
P_PLAIN, P_SOURCE, P_LATEST, P_RULES, P_SLOTS = range(5)
SESSION_COLUMNS: Final = P_SLOTS + MOST_RULES
# Columns of a link value: what it means (generation it was looked up in), parent and algo order it gives (texts),
# and the one symbol and sign of the chains that carry it, or that there are several.
L_MEANS, L_GENERATION, L_PARENT, L_ALGO, L_SYMBOL, L_SIGN, L_SEVERAL = range(7)
LINK_COLUMNS: Final = 7
NOTHING, ACCEPTED, TARGET, UNSETTLED = range(4)
# Columns of a kept message: its bytes in the kept blocks, time, number in the stream, line, offset, the one before it
# of its chain, the chain's first order, and for a request the mark of its session and MsgSeqNum.
M_AT, M_SIZE, M_TS, M_REC, M_LINE, M_OFFSET, M_PREV, M_FIRST, M_MARK = range(9)
KEPT_COLUMNS: Final = 9
# Columns of a key: its fingerprint, a value, and one more. Row 0 holds how many there are.
H_PRINT, H_PRINT2, H_VALUE, H_MORE = range(4)
KEY_COLUMNS: Final = 4
_ROW: Final = (1 << 32) - 1  # of a slot: the key's row, under 32 bits of its fingerprint
_MARK: Final = -1 << 32
_SOH: Final = 1


class Keys(NamedTuple):
    """Keys in the order they came; `slots` (a power of two) finds them: 0 = free. New keys are beside each other."""

    slots: Ints
    rows: Ints


class Memory(NamedTuple):
    """The arrays. `texts`: place and length in the arena, size exponent of an instrument; `first`: AT, SIZE by slot.

    `scratch`: room for one message.
    """

    slot_of: Words
    own: Ints
    core: Bytes
    envelope: Bytes
    first: Ints
    keys: Keys
    orders: Ints
    sessions: Ints
    texts: Ints
    links: Ints
    kept: Ints
    arena: Bytes
    seqs: Ints
    scratch: Bytes


def key_table(slots: int) -> Keys:
    """An empty table of keys."""
    rows = np.empty((slots + 1, KEY_COLUMNS), np.int64)
    rows[0] = 0
    return Keys(np.zeros(slots, np.int64), rows)


def _row_in(slot: int, print1: int) -> int:
    """The row of a slot that may hold a key of this fingerprint; 0 where it does not."""
    return slot & _ROW if (slot ^ print1) & _MARK == 0 else 0


row_in = jit(_row_in)


def _probe(keys: Keys, print1: int, print2: int) -> int:
    """The key's row, or -1 - the free slot where it belongs."""
    slots, rows = keys.slots, keys.rows
    mask = len(slots) - 1
    at = print2 & mask
    while slots[at] != 0:
        row = row_in(slots[at], print1)
        if row > 0 and rows[row, H_PRINT] == print1 and rows[row, H_PRINT2] == print2:
            return row
        at = (at + 1) & mask
    return -1 - at


probe = jit(_probe, forceinline=False)


def _expect(keys: Keys, prints: tuple[int, int]) -> None:
    """Ask for the slot of a key that will be looked up soon; no effect on any result."""
    prefetch(keys.slots, prints[1] & (len(keys.slots) - 1))


expect = jit(_expect)


def _put(keys: Keys, free: int, prints: tuple[int, int], value: int, more: int) -> None:
    """Add a key; `free` is what `probe` said of it."""
    rows = keys.rows
    row = signed(rows[0, H_VALUE]) + 1
    rows[0, H_VALUE] = row
    keys.slots[-1 - free] = (prints[0] & _MARK) | row
    rows[row, H_PRINT], rows[row, H_PRINT2] = prints
    rows[row, H_VALUE], rows[row, H_MORE] = value, more


put = jit(_put)


def _value(keys: Keys, prints: tuple[int, int]) -> int:
    """The value of a key; -1 where there is none."""
    row = probe(keys, prints[0], prints[1])
    return signed(keys.rows[row, H_VALUE]) if row >= 0 else -1


value = jit(_value)


def _key(kind: int, session: int) -> tuple[int, int]:
    """The beginning of a fingerprint, another for each kind and session."""
    return stir(kind << 40 | session, kind + 77, session)


key = jit(_key)


def _text_key(kind: int, session: int, data: Bytes, at: int, size: int) -> tuple[int, int]:
    """The fingerprint of one text of a session; never 0."""
    return stir_text((kind << 40 | session, kind + 77), data, at, size)


text_key = jit(_text_key)


def _rehash(old: Keys, new: Keys) -> None:
    """All keys into an empty table; their rows stay."""
    rows, mask = old.rows, len(new.slots) - 1
    count = signed(rows[0, H_VALUE])
    for row in range(1, count + 1):
        at = rows[row, H_PRINT2] & mask
        while new.slots[at] != 0:
            at = (at + 1) & mask
        new.slots[at] = (rows[row, H_PRINT] & _MARK) | row
        for n in range(KEY_COLUMNS):
            new.rows[row, n] = rows[row, n]
    new.rows[0, H_VALUE] = count


rehash = jit(_rehash)


def _same(data: Bytes, one: int, other: int, size: int) -> bool:
    """True when two texts of one length are equal."""
    for n in range(size):
        if data[one + n] != data[other + n]:
            return False
    return True


same = jit(_same)


def _slot(memory: Memory, tag: int) -> int:
    """The slot of a tag; -1 where it is not looked at."""
    if tag < TABLED:
        return signed(memory.slot_of[tag])
    for n in range(len(memory.own)):
        if memory.own[n, 0] == tag:
            return signed(memory.own[n, 1])
    return -1


slot = jit(_slot)


def _appended(data: Bytes, span: tuple[int, int], out: Bytes, size: int) -> int:
    """Write the bytes of a span and a SOH behind the first `size` bytes; how many there are then."""
    part, room = data[span[0] : span[1]], out[size:]
    for n in range(len(part)):
        room[n] = part[n]
    room[len(part)] = _SOH
    return size + len(part) + 1


appended = jit(_appended)


def _read(data: Bytes, fields: Words, memory: Memory, width: int) -> tuple[bool, int, int]:
    """Note the first value of each slot, delimiters being of so many bytes.

    False: a field that may stand once has two values; then the fingerprint of the body: the SOH form of its fields
    without those of the envelope, so that copies have one whatever stands between them.
    """
    first, out = memory.first, memory.scratch
    for n in range(len(first)):
        first[n, 1] = 0
    holds, begin, end, used = True, -1, 0, 0
    plain = width == 1 and data[fields[0, AT] + fields[0, SIZE]] == _SOH
    for row in range(len(fields)):
        tag, at, size = signed(fields[row, TAG]), signed(fields[row, AT]), signed(fields[row, SIZE])
        inside = tag >= TABLED or memory.envelope[tag] == 0
        if begin >= 0 and not (inside and plain):
            used = appended(data, (begin, end), out, used)
            begin = -1
        if inside and begin < 0:
            begin = end + width
        end = at + size
        here = slot(memory, tag)
        if here < 0 or size == 0:
            continue
        if first[here, 1] == 0:
            first[here, 0], first[here, 1] = at, size
        elif memory.core[here] != 0 and not (first[here, 1] == size and same(data, first[here, 0], at, size)):
            holds = False
    if begin >= 0:
        used = appended(data, (begin, end), out, used)
    print1, print2 = stir_long(out, used)
    return holds, print1, print2


read = jit(_read)


def _print_of(data: Bytes, memory: Memory, prints: tuple[int, int], slot: int) -> tuple[int, int]:
    """A fingerprint with the value of a slot in it; never 0."""
    size = signed(memory.first[slot, 1])
    return stir_text(prints, data, signed(memory.first[slot, 0]) if size > 0 else 0, size)


print_of = jit(_print_of)
