"""Chains of a FIX stream: the order a message is about, its links to a parent, executions told once, messages kept."""

from app.engine import fix_tables as t
from app.engine.bits import signed
from app.engine.fix_scan import END, LINE, START, Bytes, Ints
from app.engine.fix_state import (
    ACKED,
    C_EXECUTION,
    C_LINKS,
    CANCELLED,
    COPY,
    DONE,
    EXPIRED,
    FILL,
    PENDING,
    REJECTED,
    REPLACED,
    RESTATED,
    S_BASE,
    S_KEPT,
    S_KEYS,
    S_ORDERS,
    S_REC,
    S_SESSION,
    S_SPACE,
    S_TS,
    SLOW,
    TAKEN,
    code,
    intern,
    keep,
)
from app.engine.fix_tables import Memory, print_of, probe, put, text_key, value
from app.engine.fix_values import stir
from app.engine.jit import jit


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
    """A new order by its ClOrdID, in the chain of `before` (-1: its own); -2 where the name is known in any session."""
    at, size = memory.first[t.F_ID, 0], memory.first[t.F_ID, 1]
    for other in range(len(memory.sessions)):
        if other != session and value(memory.keys, text_key(t.K_ORDER, other, data, at, size)) != -1:
            return t.SLOW_ORDER
    number = signed(state[S_ORDERS])
    prints = text_key(t.K_ORDER, session, data, at, size)
    row = probe(memory.keys, prints[0], prints[1])
    if row >= 0:
        return t.SLOW_ORDER
    put(memory.keys, row, prints, number, 0)
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


def _reported(data: Bytes, memory: Memory, state: Ints, session: int, order: int) -> int:
    """The order a report is about, `order` by its ClOrdID, both of its names agreeing; -2 where they do not."""
    at, size = memory.first[t.F_ORDER_ID, 0], memory.first[t.F_ORDER_ID, 1]
    if order < 0 or size == 0 or (size in (1, 4, 7) and data[at] in (48, 78, 85)):  # 0, NONE, UNKNOWN
        return t.SLOW_ORDER
    prints = text_key(t.K_ORDER_ID, session, data, at, size)
    row = probe(memory.keys, prints[0], prints[1])
    if row < 0:
        put(memory.keys, row, prints, order, 0)
        state[S_KEYS] += 1
        return order
    other = memory.keys.rows[row, t.H_VALUE]
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


def _execution_key(data: Bytes, memory: Memory, session: int, kind: int) -> tuple[int, int]:
    """The key of an execution: its order, its id and what it is."""
    print1, print2 = t.key(t.K_EXEC, session)
    print1, print2 = stir(print1, print2, kind)
    prints = print_of(data, memory, print_of(data, memory, (print1, print2), t.F_ORDER_ID), t.F_EXEC)
    return prints if kind == FILL else print_of(data, memory, prints, t.F_ID)


execution_key = jit(_execution_key)


def _ahead(data: Bytes, memory: Memory, session: int, kind: int) -> None:
    """Ask for the keys a message will need, while others are looked up: each stands somewhere else in a large table."""
    if memory.first[t.F_ID, 1] == 0:
        return
    t.expect(memory.keys, text_key(t.K_ORDER, session, data, memory.first[t.F_ID, 0], memory.first[t.F_ID, 1]))
    if kind < ACKED:
        return
    t.expect(memory.keys, execution_key(data, memory, session, kind))
    at, size = memory.first[t.F_ORDER_ID, 0], memory.first[t.F_ORDER_ID, 1]
    if size > 0:
        t.expect(memory.keys, text_key(t.K_ORDER_ID, session, data, at, size))


ahead = jit(_ahead)


def _executed(data: Bytes, memory: Memory, state: Ints, session: int, kind: int) -> int:
    """COPY for an execution already reported, SLOW for another fill under a used ExecID, else TAKEN."""
    prints = execution_key(data, memory, session, kind)
    shown = print_of(data, memory, (8, 9), t.F_LAST if kind == FILL else t.F_TYPE)
    shown = print_of(data, memory, shown, t.F_LAST_PX if kind == FILL else t.F_STATUS)
    _, mark = print_of(data, memory, shown, t.F_CUM)
    row = probe(memory.keys, prints[0], prints[1])
    if row < 0:
        put(memory.keys, row, prints, 0, mark)
        state[S_KEYS] += 1
        return TAKEN
    if memory.keys.rows[row, t.H_MORE] == mark:
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
    row[t.M_AT], row[t.M_SIZE] = state[S_SPACE] + message[START], message[END] - message[START]
    row[t.M_TS], row[t.M_REC], row[t.M_LINE] = state[S_TS], state[S_REC], message[LINE]
    row[t.M_OFFSET], row[t.M_PREV] = state[S_BASE] + message[START], memory.orders[first, t.O_LAST]
    row[t.M_FIRST], row[t.M_MARK] = first, 0
    if code(data, memory, t.F_KIND) not in (56, 57):
        row[t.M_MARK], _ = request_key(data, memory, signed(state[S_SESSION]))
    memory.orders[first, t.O_LAST] = state[S_KEPT]
    state[S_KEPT] += 1


kept = jit(_kept)


def _standing(data: Bytes, memory: Memory, state: Ints, first: int) -> None:
    """Bring a chain's standing columns up to date; side and symbol are those of its new order."""
    order = memory.orders[first]
    venue = intern(data, memory, state, t.F_DESTINATION)
    venue = intern(data, memory, state, t.F_EXCHANGE) if venue < 0 else venue
    currency, account = intern(data, memory, state, t.F_CURRENCY), intern(data, memory, state, t.F_ACCOUNT)
    order[t.O_VENUE] = venue if venue >= 0 else order[t.O_VENUE]
    order[t.O_CURRENCY] = currency if currency >= 0 else order[t.O_CURRENCY]
    order[t.O_ACCOUNT] = account if account >= 0 else order[t.O_ACCOUNT]


standing = jit(_standing)
