"""Order rows of regular FIX messages as an array: chains, links, copies and columns, in one pass over scanned messages.

Regular is a child order's life as specified: D, G, F, 9 and the reports of an order that was seen, in a session without
patterns. At anything else the kernel stops, and feeds/decode/fix_flow.py lets the reference decoder go on with that
chain. A row says what the reference decoder's row says.
"""

from typing import Final

from app.engine import fix_tables as t
from app.engine.bits import signed
from app.engine.fix_chains import (
    ahead,
    executed,
    kept,
    linked,
    meant,
    named,
    order_of,
    reported,
    standing,
)
from app.engine.fix_scan import END, FIELD, FIELDS, FLAGS, START, WIDTH, WRONG_SUM, Bytes, Ints
from app.engine.fix_state import (
    ACKED,
    AGAIN,
    C_3,
    C_8,
    C_9,
    C_BY_SENDING,
    C_COARSE,
    C_D,
    C_F,
    C_G,
    C_H,
    C_J,
    C_NO_MATCH,
    C_OUT_OF_ORDER,
    CANCEL,
    CANCELLED,
    COPY,
    FILL,
    FINISHED,
    FULL,
    NEW,
    NEW_SESSION,
    PENDING,
    R_ACCOUNT,
    R_ALGO,
    R_CHAIN,
    R_CUM,
    R_CURRENCY,
    R_EXEC,
    R_EXEC_SIZE,
    R_FEE,
    R_FROM,
    R_KIND,
    R_LIMIT,
    R_MATCH,
    R_MESSAGE,
    R_ORD_TYPE,
    R_ORDER,
    R_ORDER_ID,
    R_ORDER_ID_SIZE,
    R_ORIG,
    R_PARENT,
    R_PRICE,
    R_QTY,
    R_REC,
    R_SEQ,
    R_SESSION,
    R_SIDE,
    R_STATUS,
    R_SYMBOL,
    R_TIF,
    R_TS,
    R_UNTIL,
    R_VENUE,
    REFUSED,
    REPLACE,
    REPLACED,
    ROW_COLUMNS,
    S_ARENA,
    S_BUDGET,
    S_KEPT,
    S_KEYS,
    S_NEXT,
    S_ORDERS,
    S_REC,
    S_ROWS,
    S_SESSION,
    S_SYMBOL,
    S_TEXTS,
    S_TS,
    SLOW,
    TAKEN,
    UNDATED,
    UNREAD,
    Values,
    Work,
    code,
    decimal,
    intern,
    is_byte,
    moment,
    repeated,
    seen_key,
    session_of,
    side,
    unknown,
    values,
)
from app.engine.fix_tables import Memory, expect, read
from app.engine.fix_values import DOUBT
from app.engine.jit import jit
from app.engine.units import NULL, SECOND

_SPARE: Final = 16  # what one message may add to a table


def _common(memory: Memory, state: Ints, order: int, row: Ints) -> None:
    """The columns every row has."""
    for n in range(ROW_COLUMNS):
        row[n] = NULL
    first = memory.orders[memory.orders[order, t.O_FIRST]]
    source = memory.sessions[state[S_SESSION], t.P_SOURCE]
    memory.seqs[source] += 1
    row[R_TS], row[R_REC], row[R_MESSAGE] = state[S_TS], state[S_REC], state[S_NEXT]
    row[R_SESSION], row[R_SEQ] = state[S_SESSION], memory.seqs[source]
    row[R_ORDER], row[R_CHAIN], row[R_ORIG] = order, memory.orders[order, t.O_FIRST], -1
    row[R_PARENT], row[R_ALGO], row[R_SIDE] = first[t.O_PARENT], first[t.O_ALGO], first[t.O_SIDE]
    row[R_SYMBOL], row[R_VENUE] = first[t.O_SYMBOL], -1
    row[R_CURRENCY], row[R_ACCOUNT] = first[t.O_CURRENCY], first[t.O_ACCOUNT]
    row[R_STATUS] = row[R_ORD_TYPE] = row[R_TIF] = 0
    row[R_EXEC], row[R_EXEC_SIZE] = memory.first[t.F_EXEC, 0], 0
    row[R_ORDER_ID], row[R_ORDER_ID_SIZE] = memory.first[t.F_ORDER_ID, 0], memory.first[t.F_ORDER_ID, 1]


common = jit(_common)


def _stated(data: Bytes, memory: Memory, said: Values, row: Ints) -> None:
    """The columns of a new order, a replacement or a restatement."""
    row[R_QTY], row[R_PRICE], row[R_LIMIT] = said.qty, said.price, said.price
    row[R_FROM], row[R_UNTIL] = said.start, said.until
    row[R_VENUE] = memory.orders[row[R_CHAIN], t.O_VENUE]
    row[R_ORD_TYPE], row[R_TIF] = code(data, memory, t.F_ORD_TYPE), code(data, memory, t.F_TIF)


stated = jit(_stated)


def _member(data: Bytes, memory: Memory, state: Ints, chain: int) -> int:
    """The order of a chain that OrigClOrdID names; -1 where there is none."""
    found = order_of(data, memory, signed(state[S_SESSION]), t.F_ORIG)
    return found if found >= 0 and memory.orders[found, t.O_FIRST] == chain else -1


member = jit(_member)


def _requested(data: Bytes, memory: Memory, state: Ints, kind: int, said: tuple[int, Values]) -> int:
    """The order of a 35=D, G or F, made where it is new as it must be; -2 where it is not plain."""
    session = signed(state[S_SESSION])
    buys, terms = said
    if memory.first[t.F_ID, 1] == 0:
        return t.SLOW_ORDER
    before = -1
    if kind == NEW:
        if terms.qty == NULL or buys < 0 or state[S_SYMBOL] < 0:
            return t.SLOW_ORDER
        if (is_byte(data, memory, t.F_ORD_TYPE, 51) or is_byte(data, memory, t.F_ORD_TYPE, 52)) and memory.first[
            t.F_STOP, 1
        ] == 0:
            return t.SLOW_ORDER
    else:
        before = order_of(data, memory, session, t.F_ORIG)
        if before < 0:
            return t.SLOW_ORDER
    return named(data, memory, state, session, before)


requested = jit(_requested)


def _fill(data: Bytes, memory: Memory, state: Ints, order: int, row: Ints) -> bool:
    """The columns of a fill; False where one of them is in doubt."""
    exponent = memory.texts[memory.orders[memory.orders[order, t.O_FIRST], t.O_SYMBOL], 2]
    qty, price = decimal(data, memory, t.F_LAST, -exponent), decimal(data, memory, t.F_LAST_PX, 9)
    fee = decimal(data, memory, t.F_COMMISSION, 9)
    absolute = memory.first[t.F_COMM_TYPE, 1] == 0 or is_byte(data, memory, t.F_COMM_TYPE, 51)
    if qty <= 0 or price in (NULL, DOUBT + 1) or fee == DOUBT + 1 or (fee != NULL and not absolute):
        return False
    row[R_QTY], row[R_PRICE], row[R_FEE] = qty, price, fee
    venue = intern(data, memory, state, t.F_MARKET)
    row[R_VENUE] = venue if venue >= 0 else memory.orders[row[R_CHAIN], t.O_VENUE]
    at = moment(data, memory, t.F_TRANSACT)
    fine = memory.first[t.F_TRANSACT, 1] > 17
    if fine and at != DOUBT + 1 and abs(at - state[S_TS]) <= state[S_BUDGET]:
        row[R_MATCH] = at
    else:
        state[C_NO_MATCH] += 1
    return True


fill = jit(_fill)


def _report(data: Bytes, memory: Memory, state: Ints, what: tuple[int, int, Values], row: Ints) -> bool:
    """The columns of a 35=8; False where one of them is in doubt."""
    order, kind, terms = what
    row[R_STATUS], row[R_CUM] = code(data, memory, t.F_STATUS), terms.cum
    row[R_EXEC_SIZE] = memory.first[t.F_EXEC, 1]
    if kind == FILL:
        return fill(data, memory, state, order, row)
    if kind != PENDING:
        asked = memory.orders[order]
        stated(data, memory, terms, row)
        if kind == REPLACED and asked[t.O_ASKED] != 0:
            row[R_QTY] = asked[t.O_ASKED_QTY] if row[R_QTY] == NULL else row[R_QTY]
            row[R_PRICE] = asked[t.O_ASKED_PX] if row[R_PRICE] == NULL else row[R_PRICE]
            row[R_LIMIT] = row[R_PRICE]
    if kind in (REPLACED, CANCELLED):
        row[R_ORIG] = member(data, memory, state, row[R_CHAIN])
    return True


report = jit(_report)


def _request(data: Bytes, memory: Memory, state: Ints, what: tuple[int, int, Values], row: Ints) -> None:
    """The columns of a 35=D, G, F or 9."""
    order, kind, terms = what
    if kind in (NEW, REPLACE):
        stated(data, memory, terms, row)
    if kind == REPLACE:
        asked = memory.orders[order]
        asked[t.O_ASKED], asked[t.O_ASKED_QTY], asked[t.O_ASKED_PX] = state[S_KEPT] + 1, terms.qty, terms.price
    if kind == REFUSED:
        row[R_STATUS] = code(data, memory, t.F_STATUS)
    if kind != NEW:
        row[R_ORIG] = member(data, memory, state, row[R_CHAIN])


request = jit(_request)


def _kind_of(data: Bytes, memory: Memory) -> int:
    """The kind of row a message gives; -1 where the reference decoder must look."""
    what = code(data, memory, t.F_KIND)
    if what == 68:
        return NEW
    if what == 71:
        return REPLACE
    if what == 70:
        return CANCEL
    if what == 57:
        return REFUSED
    trans = code(data, memory, t.F_TRANS)
    if what != 56 or memory.first[t.F_EXEC, 1] == 0 or 49 <= trans <= 51:
        return -1
    return meant(code(data, memory, t.F_TYPE))


kind_of = jit(_kind_of)


def _exponent(memory: Memory, state: Ints, order: int) -> int:
    """Size exponent of the instrument of a chain, or of a new order's symbol; DOUBT where neither is known."""
    symbol = signed(memory.orders[memory.orders[order, t.O_FIRST], t.O_SYMBOL]) if order >= 0 else -1
    symbol = signed(state[S_SYMBOL]) if symbol < 0 else symbol
    return signed(memory.texts[symbol, 2]) if symbol >= 0 else DOUBT


exponent_of = jit(_exponent)


def _resolved(data: Bytes, work: Work, memory: Memory, state: Ints) -> int:
    """One message that is no copy, of a plain session: its row, or SLOW."""
    session, kind, said = signed(state[S_SESSION]), kind_of(data, memory), side(data, memory)
    if kind < 0 or said == -2:
        return SLOW
    asks = kind in (NEW, REPLACE, CANCEL)
    before = order_of(data, memory, session, t.F_ORIG if asks else t.F_ID) if kind != NEW else -1
    exponent = exponent_of(memory, state, before)
    if exponent == DOUBT:
        return SLOW
    terms = values(data, memory, exponent)
    if not terms.fits:
        return SLOW
    order = (
        requested(data, memory, state, kind, (said, terms)) if asks else reported(data, memory, state, session, before)
    )
    if order < 0:
        return SLOW
    first = signed(memory.orders[order, t.O_FIRST])
    chain = memory.orders[first]
    if kind == NEW:
        chain[t.O_SIDE], chain[t.O_SYMBOL] = said, state[S_SYMBOL]
    if not linked(memory, state, first, chain[t.O_SIDE] == 0):
        return SLOW
    if kind >= ACKED:
        seen = executed(data, memory, state, session, kind)
        if seen != TAKEN:
            if seen == COPY:
                kept(data, work.messages[state[S_NEXT]], memory, state, first)
            return seen
    standing(data, memory, state, first)
    return written(data, work, memory, state, (order, kind, terms))


def _written(data: Bytes, work: Work, memory: Memory, state: Ints, what: tuple[int, int, Values]) -> int:
    """Write the row of a message."""
    order, kind, _ = what
    row = work.rows[state[S_ROWS]]
    source = memory.sessions[state[S_SESSION], t.P_SOURCE]
    common(memory, state, order, row)
    row[R_KIND] = kind
    if kind < ACKED:
        request(data, memory, state, what, row)
    elif not report(data, memory, state, what, row):
        memory.seqs[source] -= 1
        return SLOW
    kept(data, work.messages[state[S_NEXT]], memory, state, memory.orders[order, t.O_FIRST])
    state[S_ROWS] += 1
    return TAKEN


written = jit(_written)
resolved = jit(_resolved)


def _read_kind(what: int) -> int:
    """Counter of a message type that is read; -1 where it is not."""
    if what == 68:
        return C_D
    if what == 56:
        return C_8
    if what == 71:
        return C_G
    if what == 70:
        return C_F
    if what == 57:
        return C_9
    if what == 72:
        return C_H
    if what == 51:
        return C_3
    return C_J if what == 106 else -1


read_kind = jit(_read_kind)


def _dated(data: Bytes, work: Work, memory: Memory, state: Ints) -> bool:
    """Find a message's time; False where it has neither a stamp nor a SendingTime."""
    stamp = work.stamps[state[S_NEXT]]
    state[S_TS] = stamp[0] if stamp[0] != NULL else moment(data, memory, t.F_SENT)
    return bool(state[S_TS] != NULL and state[S_TS] != DOUBT + 1)


dated = jit(_dated)


def _counted(work: Work, memory: Memory, state: Ints, counter: int) -> None:
    """Count a message by type and time."""
    stamp, latest = work.stamps[state[S_NEXT]], memory.sessions[state[S_SESSION], t.P_LATEST]
    state[counter] += 1
    given = stamp[0] != NULL
    state[C_BY_SENDING] += 0 if given else 1
    grain = stamp[1] if given else SECOND if memory.first[t.F_SENT, 1] <= 17 else 1
    state[C_COARSE] += 1 if grain >= SECOND else 0
    state[C_OUT_OF_ORDER] += 1 if state[S_TS] < latest else 0
    memory.sessions[state[S_SESSION], t.P_LATEST] = max(latest, state[S_TS])


counted = jit(_counted)


def _one(data: Bytes, work: Work, memory: Memory, state: Ints) -> int:
    """The next message: TAKEN or COPY, or why the kernel stops."""
    message = work.messages[state[S_NEXT]]
    fields = work.fields[message[FIELD] : message[FIELD] + message[FIELDS]]
    holds, print1, print2 = read(data, fields, memory, message[WIDTH])
    expect(memory.keys, seen_key((print1, print2)))
    what = code(data, memory, t.F_KIND)
    counter = read_kind(what)
    if counter < 0:
        return UNREAD
    if not dated(data, work, memory, state):
        return UNDATED
    session = session_of(data, memory, counter in (C_D, C_G, C_F, C_H))
    if session < 0:
        return NEW_SESSION
    state[S_SESSION] = session
    plain = holds and memory.sessions[session, t.P_PLAIN] != 0 and message[FLAGS] & WRONG_SUM == 0
    if plain:
        ahead(data, memory, session, kind_of(data, memory))
        asked = unknown(data, memory, state, session)
        if asked != FINISHED:
            return asked
    counted(work, memory, state, counter)
    if repeated(data, memory, state, (print1, print2)):
        return COPY
    return resolved(data, work, memory, state) if plain else SLOW


one = jit(_one)


def _is_full(work: Work, memory: Memory, state: Ints) -> bool:
    """True when the next message might not fit."""
    message = work.messages[state[S_NEXT]]
    bytes_more = 4 * (message[END] - message[START]) + 8
    return bool(
        8 * (state[S_KEYS] + _SPARE) > 5 * len(memory.keys.slots)
        or message[END] - message[START] + 2 * _SPARE > len(memory.scratch)
        or state[S_ARENA] + bytes_more > len(memory.arena)
        or state[S_ORDERS] + _SPARE > len(memory.orders)
        or state[S_TEXTS] + _SPARE > len(memory.texts)
        or state[S_KEPT] + _SPARE > len(memory.kept)
    )


is_full = jit(_is_full)


def _take(data: Bytes, work: Work, memory: Memory, state: Ints) -> int:
    """Rows of messages from state[S_NEXT] on; why it stopped. SLOW and UNREAD messages are passed over."""
    while state[S_NEXT] < len(work.messages):
        if is_full(work, memory, state):
            return FULL
        stop = one(data, work, memory, state)
        if stop > AGAIN:
            return stop
        state[S_NEXT] += 1
        state[S_REC] += 1
        if stop > COPY:
            return stop
    return FINISHED


take = jit(_take)
