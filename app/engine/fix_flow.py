"""Order rows of regular FIX messages as an array: chains, links, copies and columns, in one pass over scanned messages.

Regular is a child order's life as specified: D, G, F, 9 and the reports of an order that was seen, in a session without
patterns. At anything else the kernel stops, and feeds/decode/fix_flow.py lets the reference decoder go on with that
chain. A row says what the reference decoder's row says.
"""

from typing import Final, NamedTuple

from app.engine import fix_tables as t
from app.engine.bits import signed
from app.engine.fix_scan import END, FIELD, FIELDS, FLAGS, LINE, START, WRONG_SUM, Bytes, Ints, Words
from app.engine.fix_tables import Memory, print_of, probe, put, read, text_key, value
from app.engine.fix_values import DOUBT, scaled, stir, utc_ns
from app.engine.jit import jit
from app.engine.units import NULL, SECOND

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
# session, rule; generation of the links; clock budget (ns); then counters.
(
    S_NEXT, S_REC, S_ROWS, S_KEYS, S_ORDERS, S_TEXTS, S_LINKS, S_KEPT, S_ARENA, S_TS, S_SESSION, S_RULE, S_GENERATION,
    S_BUDGET, S_BASE, S_SYMBOL, C_D, C_G, C_F, C_8, C_9, C_H, C_3, C_J, C_OUT_OF_ORDER, C_COARSE, C_BY_SENDING,
    C_POSSDUP, C_LOG, C_RESEND, C_POSSDUP_NEW, C_EXECUTION, C_LINKS, C_NO_MATCH,
) = range(34)  # fmt: skip
STATE_SLOTS: Final = 34
_SPARE: Final = 16  # what one message may add to a table


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
        return signed(memory.keys[row, t.H_VALUE])
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


def _repeated(data: Bytes, memory: Memory, state: Ints, body: tuple[int, int]) -> bool:
    """True for a copy: PossDup, logged twice, or PossResend; else it is remembered."""
    keys, mask = memory.keys, len(memory.keys) - 1
    _, seq = print_of(data, memory, (3, 4), t.F_SEQ)
    _, sent = print_of(data, memory, (5, 6), t.F_SENT)
    dup = 1 if is_byte(data, memory, t.F_DUP, 89) else 0
    print1, print2 = stir(body[0], body[1], t.K_SEEN)
    print1 |= 1
    at, ends, known = print2 & mask, False, False
    while keys[at, t.H_PRINT] != 0 and not known:
        if keys[at, t.H_PRINT] == print1 and keys[at, t.H_PRINT2] == print2:
            ends = True
            known = keys[at, t.H_VALUE] == seq
        at = at if known else (at + 1) & mask
    before = signed(keys[at, t.H_MORE])
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
    state[S_KEYS] += 0 if known else 1
    keys[at, t.H_PRINT], keys[at, t.H_PRINT2] = print1, print2
    keys[at, t.H_VALUE], keys[at, t.H_MORE] = seq, sent >> 1 << 1 | dup
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
    return signed(memory.keys[row, t.H_VALUE]) if row >= 0 else -2


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


def _order(data: Bytes, memory: Memory, session: int, slot: int) -> int:
    """The order a ClOrdID means; -1 where there is none, below where the reference decoder has it."""
    at, size = memory.first[slot, 0], memory.first[slot, 1]
    if size == 0:
        return -1
    number = value(memory.keys, text_key(t.K_ORDER, session, data, at, size))
    if number >= 0 and memory.orders[memory.orders[number, t.O_FIRST], t.O_SLOW] != 0:
        return t.SLOW_ORDER
    return number


order_of = jit(_order)


def _named(data: Bytes, memory: Memory, state: Ints, session: int, before: int) -> int:
    """A new order by its ClOrdID, in the chain of `before` (-1: its own); -2 where the name is another session's."""
    at, size = memory.first[t.F_ID, 0], memory.first[t.F_ID, 1]
    for other in range(len(memory.sessions)):
        if other != session and value(memory.keys, text_key(t.K_ORDER, other, data, at, size)) != -1:
            return t.SLOW_ORDER
    number = signed(state[S_ORDERS])
    prints = text_key(t.K_ORDER, session, data, at, size)
    put(memory.keys, probe(memory.keys, prints[0], prints[1]), prints, number, 0)
    state[S_KEYS] += 1
    state[S_ORDERS] += 1
    order = memory.orders[number]
    for n in range(t.O_LINKS):
        order[n] = -1
    for rule in range(t.MOST_RULES):
        order[t.O_LINKS + rule] = 0
    order[t.O_AT], order[t.O_SIZE], order[t.O_SESSION] = keep(data, at, size, memory, state), size, session
    order[t.O_SLOW], order[t.O_ASKED] = 0, 0
    order[t.O_FIRST] = number if before < 0 else memory.orders[before, t.O_FIRST]
    first = memory.orders[order[t.O_FIRST]]
    order[t.O_PREV], first[t.O_TAIL] = first[t.O_TAIL], number
    return number


named = jit(_named)


def _reported(data: Bytes, memory: Memory, state: Ints, session: int) -> int:
    """The order a report is about, both of its names agreeing; -2 where they do not."""
    order = order_of(data, memory, session, t.F_ID)
    at, size = memory.first[t.F_ORDER_ID, 0], memory.first[t.F_ORDER_ID, 1]
    if order < 0 or size == 0 or (size in (1, 4, 7) and data[at] in (48, 78, 85)):  # 0, NONE, UNKNOWN
        return t.SLOW_ORDER
    prints = text_key(t.K_ORDER_ID, session, data, at, size)
    row = probe(memory.keys, prints[0], prints[1])
    if row < 0:
        put(memory.keys, row, prints, order, 0)
        state[S_KEYS] += 1
        return order
    other = memory.keys[row, t.H_VALUE]
    alike = other >= 0 and memory.orders[other, t.O_FIRST] == memory.orders[order, t.O_FIRST]
    return order if alike else t.SLOW_ORDER


reported = jit(_reported)


def _linked(memory: Memory, state: Ints, first: int, buys: bool) -> bool:
    """Bring a chain's links up to date and find its parent; False where that is not plain."""
    order = memory.orders[first]
    session, any_link = signed(order[t.O_SESSION]), False
    for rule in range(memory.sessions[session, t.P_RULES]):
        slot = memory.sessions[session, t.P_SLOTS + rule]
        link = memory.first[slot, 2] if memory.first[slot, 1] > 0 else -1
        if link >= 0 and order[t.O_LINKS + rule] == 0:
            order[t.O_LINKS + rule] = link + 1
            carried(memory.links[link], signed(order[t.O_SYMBOL]), 1 if buys else 0)
        elif link >= 0 and order[t.O_LINKS + rule] != link + 1:
            state[C_LINKS] += 1
        any_link = any_link or order[t.O_LINKS + rule] != 0
    if order[t.O_PARENT] >= 0 or not any_link:
        return True
    for rule in range(memory.sessions[session, t.P_RULES]):
        if order[t.O_LINKS + rule] == 0:
            continue
        link = memory.links[order[t.O_LINKS + rule] - 1]
        if link[t.L_GENERATION] != state[S_GENERATION]:
            return False
        if link[t.L_MEANS] == t.TARGET or (link[t.L_MEANS] == t.ACCEPTED and link[t.L_SEVERAL] == 0):
            order[t.O_PARENT], order[t.O_ALGO] = link[t.L_PARENT], link[t.L_ALGO]
            return True
        if link[t.L_MEANS] != t.NOTHING:
            return False
    return False


def _carried(link: Ints, symbol: int, sign: int) -> None:
    """A chain of this symbol and sign carries the link."""
    if link[t.L_SYMBOL] < 0:
        link[t.L_SYMBOL], link[t.L_SIGN] = symbol, sign
    elif link[t.L_SYMBOL] != symbol or link[t.L_SIGN] != sign:
        link[t.L_SEVERAL] = 1


carried = jit(_carried)
linked = jit(_linked)


def _meant(said: int) -> int:
    """The kind of row a 35=8 gives by ExecType; -1 where the reference decoder must look."""
    if said in (49, 50, 70):
        return FILL
    if said in (54, 55, 57, 65, 66, 69, 74, 75, 76):
        return PENDING
    if said == 48:
        return ACKED
    if said == 51:
        return DONE
    if said == 52:
        return CANCELLED
    if said == 53:
        return REPLACED
    if said == 56:
        return REJECTED
    if said == 67:
        return EXPIRED
    return RESTATED if said == 68 else -1


meant = jit(_meant)


def _executed(data: Bytes, memory: Memory, state: Ints, session: int, kind: int) -> int:
    """COPY for an execution already reported, SLOW for another fill under a used ExecID, else TAKEN."""
    print1, print2 = t.key(t.K_EXEC, session)
    print1, print2 = stir(print1, print2, kind)
    prints = print_of(data, memory, print_of(data, memory, (print1, print2), t.F_ORDER_ID), t.F_EXEC)
    if kind != FILL:
        prints = print_of(data, memory, prints, t.F_ID)
    shown = print_of(data, memory, (8, 9), t.F_LAST if kind == FILL else t.F_TYPE)
    shown = print_of(data, memory, shown, t.F_LAST_PX if kind == FILL else t.F_STATUS)
    _, mark = print_of(data, memory, shown, t.F_CUM)
    row = probe(memory.keys, prints[0], prints[1])
    if row < 0:
        put(memory.keys, row, prints, 0, mark)
        state[S_KEYS] += 1
        return TAKEN
    if memory.keys[row, t.H_MORE] == mark:
        state[C_EXECUTION] += 1
        return COPY
    return SLOW if kind == FILL else TAKEN


executed = jit(_executed)


def _request_key(data: Bytes, memory: Memory, session: int) -> tuple[int, int]:
    """The fingerprint of a request's session and MsgSeqNum."""
    return text_key(t.K_SESSION, session, data, memory.first[t.F_SEQ, 0], memory.first[t.F_SEQ, 1])


request_key = jit(_request_key)


def _kept(data: Bytes, message: Ints, memory: Memory, state: Ints, first: int) -> None:
    """Keep a message with its chain, for the day the reference decoder has to take the chain over."""
    row = memory.kept[state[S_KEPT]]
    size = message[END] - message[START]
    row[t.M_AT], row[t.M_SIZE] = keep(data, message[START], size, memory, state), size
    row[t.M_TS], row[t.M_REC], row[t.M_LINE] = state[S_TS], state[S_REC], message[LINE]
    row[t.M_OFFSET], row[t.M_PREV] = state[S_BASE] + message[START], memory.orders[first, t.O_LAST]
    row[t.M_FIRST], row[t.M_MARK] = first, 0
    if code(data, memory, t.F_KIND) not in (56, 57):
        row[t.M_MARK], _ = request_key(data, memory, signed(state[S_SESSION]))
    memory.orders[first, t.O_LAST] = state[S_KEPT]
    state[S_KEPT] += 1


kept = jit(_kept)


def _standing(data: Bytes, memory: Memory, state: Ints, first: int, said: int) -> None:
    """Bring a chain's standing columns up to date."""
    order = memory.orders[first]
    if order[t.O_SIDE] < 0:
        order[t.O_SIDE] = said
    if order[t.O_SYMBOL] < 0:
        order[t.O_SYMBOL] = state[S_SYMBOL]
    venue = intern(data, memory, state, t.F_DESTINATION)
    venue = intern(data, memory, state, t.F_EXCHANGE) if venue < 0 else venue
    currency, account = intern(data, memory, state, t.F_CURRENCY), intern(data, memory, state, t.F_ACCOUNT)
    order[t.O_VENUE] = venue if venue >= 0 else order[t.O_VENUE]
    order[t.O_CURRENCY] = currency if currency >= 0 else order[t.O_CURRENCY]
    order[t.O_ACCOUNT] = account if account >= 0 else order[t.O_ACCOUNT]


standing = jit(_standing)


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
    if memory.first[t.F_ID, 1] == 0 or order_of(data, memory, session, t.F_ID) != -1:
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
    order = requested(data, memory, state, kind, (said, terms)) if asks else reported(data, memory, state, session)
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
    standing(data, memory, state, first, said)
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
    holds, print1, print2 = read(data, fields, memory)
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
        2 * (state[S_KEYS] + _SPARE) > len(memory.keys)
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
