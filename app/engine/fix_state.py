"""Values, texts and copies of a FIX stream: what one message says, and what the stream counts.

The layouts of rows and state stand here for all FIX kernels (fix_chains.py, fix_flow.py).
"""

from typing import Final, NamedTuple

from app.engine import fix_tables as t
from app.engine.bits import signed
from app.engine.fix_scan import Bytes, Ints, Words
from app.engine.fix_tables import Memory, print_of, probe, put, row_in, text_key, value
from app.engine.fix_values import DOUBT, scaled, stir, utc_ns
from app.engine.jit import jit
from app.engine.units import NULL

# Columns of a row. Texts are numbers in the table of texts, orders numbers in the table of orders, -1 = none; fields of
# the message itself (ExecID, OrderID) are AT and SIZE in the block; codes are the byte on the wire, 0 = none.
(
    R_TS, R_REC, R_MESSAGE, R_KIND, R_SESSION, R_SEQ, R_ORDER, R_CHAIN, R_ORIG, R_PARENT, R_ALGO, R_SIDE, R_SYMBOL,
    R_VENUE, R_CURRENCY, R_ACCOUNT, R_QTY, R_PRICE, R_LIMIT, R_CUM, R_MATCH, R_FEE, R_FROM, R_UNTIL, R_STATUS,
    R_ORD_TYPE, R_TIF, R_EXEC, R_EXEC_SIZE, R_ORDER_ID, R_ORDER_ID_SIZE,
) = range(31)  # fmt: skip
ROW_COLUMNS: Final = 31
# Kinds of rows: what FIX says; PENDING is a restatement without terms.
(NEW, REPLACE, CANCEL, REFUSED, ACKED, CANCELLED, REPLACED, DONE, EXPIRED, RESTATED, PENDING, REJECTED, FILL) = range(
    13
)

# Why the kernel stops. From AGAIN on the same message is tried again.
FINISHED, TAKEN, COPY, SLOW, UNREAD, AGAIN, UNDATED, NEW_SESSION, NEW_SYMBOL, NEW_LINK, FULL = range(11)

# Slots of the state: next message, number in the stream, rows, and what is used of each table; the message's own time,
# session, rule; generation of the links; clock budget (ns); then counters; where the block begins among those kept.
(
    S_NEXT, S_REC, S_ROWS, S_KEYS, S_ORDERS, S_TEXTS, S_LINKS, S_KEPT, S_ARENA, S_TS, S_SESSION, S_RULE, S_GENERATION,
    S_BUDGET, S_BASE, S_SYMBOL, C_D, C_G, C_F, C_8, C_9, C_H, C_3, C_J, C_OUT_OF_ORDER, C_COARSE, C_BY_SENDING,
    C_POSSDUP, C_LOG, C_RESEND, C_POSSDUP_NEW, C_EXECUTION, C_LINKS, C_NO_MATCH, S_SPACE,
) = range(35)  # fmt: skip
STATE_SLOTS: Final = 35


class Work(NamedTuple):
    """One block: messages and fields of the scanner, time and grain of each message (NULL = from SendingTime), rows."""

    messages: Ints
    fields: Words
    stamps: Ints
    rows: Ints


class Values(NamedTuple):
    """What a message says, exactly; NULL = not said. `fits` is False where one of them is in doubt."""

    qty: int
    price: int
    cum: int
    start: int
    until: int
    fits: bool


def _is(data: Bytes, memory: Memory, slot: int, byte: int) -> bool:
    """True when a field is just that byte."""
    return bool(memory.first[slot, 1] == 1 and data[memory.first[slot, 0]] == byte)


is_byte = jit(_is)


def _code(data: Bytes, memory: Memory, slot: int) -> int:
    """A field of one byte; 0 where it is absent, 255 where it is longer."""
    size = memory.first[slot, 1]
    return 0 if size == 0 else signed(data[memory.first[slot, 0]]) if size == 1 else 255


code = jit(_code)


def _decimal(data: Bytes, memory: Memory, slot: int, digits: int) -> int:
    """A field as an integer of 10**-digits; NULL where absent, DOUBT + 1 where unsure."""
    if memory.first[slot, 1] == 0:
        return NULL
    number = scaled(data, memory.first[slot, 0], memory.first[slot, 1], digits)
    return DOUBT + 1 if number == DOUBT else number


decimal = jit(_decimal)


def _moment(data: Bytes, memory: Memory, slot: int) -> int:
    """A time field in ns; NULL where absent, DOUBT + 1 where unsure."""
    if memory.first[slot, 1] == 0:
        return NULL
    ns = utc_ns(data, memory.first[slot, 0], memory.first[slot, 1])
    return DOUBT + 1 if ns == DOUBT else ns


moment = jit(_moment)


def _side(data: Bytes, memory: Memory) -> int:
    """0 buy, 1 sell, 2 short; -1 where absent, -2 where it is none of them."""
    said = code(data, memory, t.F_SIDE)
    if said == 0:
        return -1
    return (said - 49) % 2 if 49 <= said <= 52 else 2 if said in (53, 54) else -2


side = jit(_side)


def _intern(data: Bytes, memory: Memory, state: Ints, slot: int) -> int:
    """The number of a field's text, given on first sight; -1 where absent."""
    at, size = memory.first[slot, 0], memory.first[slot, 1]
    if size == 0:
        return -1
    prints = text_key(t.K_TEXT, 0, data, at, size)
    row = probe(memory.keys, prints[0], prints[1])
    if row >= 0:
        return signed(memory.keys.rows[row, t.H_VALUE])
    number = signed(state[S_TEXTS])
    put(memory.keys, row, prints, number, 0)
    memory.texts[number, 0], memory.texts[number, 1] = keep(data, at, size, memory, state), size
    state[S_TEXTS] += 1
    state[S_KEYS] += 1
    return number


def _keep(data: Bytes, at: int, size: int, memory: Memory, state: Ints) -> int:
    """Copy bytes into the arena; their place."""
    place = signed(state[S_ARENA])
    for n in range(size):
        memory.arena[place + n] = data[at + n]
    state[S_ARENA] += size
    return place


keep = jit(_keep)
intern = jit(_intern)


def _seen_key(body: tuple[int, int]) -> tuple[int, int]:
    """The key of a message by the fingerprint of its body."""
    print1, print2 = stir(body[0], body[1], t.K_SEEN)
    return print1 | 1, print2


seen_key = jit(_seen_key)


def _repeated(data: Bytes, memory: Memory, state: Ints, body: tuple[int, int]) -> bool:
    """True for a copy: PossDup, logged twice, or PossResend; else it is remembered."""
    slots, rows = memory.keys.slots, memory.keys.rows
    _, seq = print_of(data, memory, (3, 4), t.F_SEQ)
    _, sent = print_of(data, memory, (5, 6), t.F_SENT)
    dup = 1 if is_byte(data, memory, t.F_DUP, 89) else 0
    print1, print2 = seen_key(body)
    mask, row, ends, known = len(slots) - 1, 0, False, False
    at = print2 & mask
    while slots[at] != 0 and not known:
        row = row_in(slots[at], print1)
        if row > 0 and rows[row, t.H_PRINT] == print1 and rows[row, t.H_PRINT2] == print2:
            ends = True
            known = rows[row, t.H_VALUE] == seq
        at = at if known else (at + 1) & mask
    before = signed(rows[row, t.H_MORE]) if known else 0
    if known and (dup != 0 or before & 1 != 0):
        state[C_POSSDUP] += 1
        return True
    if known and before >> 1 == sent >> 1:
        state[C_LOG] += 1
        return True
    if ends and is_byte(data, memory, t.F_RESEND, 89):
        state[C_RESEND] += 1
        return True
    state[C_POSSDUP_NEW] += dup
    more = sent >> 1 << 1 | dup
    if known:
        rows[row, t.H_MORE] = more
    else:
        state[S_KEYS] += 1
        put(memory.keys, -1 - at, (print1, print2), seq, more)
    return False


repeated = jit(_repeated)


def _values(data: Bytes, memory: Memory, exponent: int) -> Values:
    """Quantity, price, CumQty and the span of an order, all of them checked."""
    qty, cum = decimal(data, memory, t.F_QTY, -exponent), decimal(data, memory, t.F_CUM, -exponent)
    price, stop = decimal(data, memory, t.F_PX, 9), decimal(data, memory, t.F_STOP, 9)
    start, until = moment(data, memory, t.F_FROM), moment(data, memory, t.F_UNTIL)
    fits = price != DOUBT + 1 and stop != DOUBT + 1 and start != DOUBT + 1 and until != DOUBT + 1
    fits = fits and (qty >= 0 or qty == NULL) and (cum >= 0 or cum == NULL) and memory.first[t.F_RATE, 1] == 0
    return Values(qty, price, cum, start, until, fits)


values = jit(_values)


def _session_key(data: Bytes, memory: Memory, client: bool) -> tuple[int, int]:
    """The key of a message's session: who sends it to whom, and whether that is the client."""
    print1, print2 = stir(t.K_SESSION, 7, 1 if client else 0)
    prints = print_of(data, memory, (print1, print2), t.F_SENDER)
    return print_of(data, memory, prints, t.F_TARGET)


session_key = jit(_session_key)


def _session_of(data: Bytes, memory: Memory, client: bool) -> int:
    """The number of a message's session; -1 where it is new."""
    return value(memory.keys, session_key(data, memory, client))


session_of = jit(_session_of)


def _symbol(data: Bytes, memory: Memory) -> int:
    """The number of a plain symbol (55 alone); -1 where there is none, -2 where it is not known yet."""
    at, size = memory.first[t.F_SYMBOL, 0], memory.first[t.F_SYMBOL, 1]
    if size == 0 or memory.first[t.F_SUFFIX, 1] > 0 or data[at] == 91:
        return -1
    number = value(memory.keys, text_key(t.K_TEXT, 0, data, at, size))
    return number if number >= 0 and memory.texts[number, 2] != NULL else -2


symbol_of = jit(_symbol)


def _link_of(data: Bytes, memory: Memory, session: int, rule: int) -> int:
    """The link value a message has by a rule; -1 where none, -2 where it is new."""
    slot = memory.sessions[session, t.P_SLOTS + rule]
    if memory.first[slot, 1] == 0:
        return -1
    prints = text_key(t.K_LINK, session * t.MOST_RULES + rule, data, memory.first[slot, 0], memory.first[slot, 1])
    row = probe(memory.keys, prints[0], prints[1])
    return signed(memory.keys.rows[row, t.H_VALUE]) if row >= 0 else -2


link_of = jit(_link_of)


def _unknown(data: Bytes, memory: Memory, state: Ints, session: int) -> int:
    """What the reference decoder must say first of a message: a symbol or a link that is new; FINISHED for nothing."""
    state[S_SYMBOL] = symbol_of(data, memory)
    if state[S_SYMBOL] == -2:
        return NEW_SYMBOL
    for rule in range(memory.sessions[session, t.P_RULES]):
        link = link_of(data, memory, session, rule)
        memory.first[memory.sessions[session, t.P_SLOTS + rule], 2] = link
        if link == -2 or (link >= 0 and memory.links[link, t.L_GENERATION] != state[S_GENERATION]):
            state[S_RULE] = rule
            return NEW_LINK
    return FINISHED


unknown = jit(_unknown)
