"""ITCH messages to market rows, one after the other: each finds its order, gives its rows, brings the state on.

An execution is a print, the resting order it names and what that order loses (`T F C`); a replace is the old order's
end and the new one (`C A`); the last row of a message carries the last-row flag. What refers to an order that is not
known (a stream joined late, a gap) gives no row and is counted.
"""

from app.engine.bits import signed
from app.engine.book.orders import erase, find
from app.engine.book.state import ID, PRICE, QUANTITY, TAG, Ints
from app.engine.itch.frame import ON, WHOLE, blame, eight, four, framed, passed, two
from app.engine.itch.layout import DAY_NS
from app.engine.itch.state import (
    BAD_FULL,
    BAD_SHARES,
    BAD_SIDE,
    BAD_STATE,
    BAD_TIME,
    BADS,
    DONE,
    DUPLICATE_ORDERS,
    EMITTED,
    EMPTY_CROSSES,
    INSTRUMENT,
    MIDNIGHT,
    NAME,
    ORDERS_FULL,
    ORDERS_USED,
    OUT_FULL,
    OVERSIZED,
    POS,
    PRICE_STEP,
    PRINTS_FULL,
    PRINTS_USED,
    REC,
    SEQ,
    SOURCE,
    STAMP,
    TIME,
    UNKNOWN_BREAKS,
    UNKNOWN_ORDERS,
    VENUE,
    Bytes,
    Work,
)
from app.engine.jit import jit
from app.engine.units import (
    ADD,
    ASK,
    AUCTION,
    BID,
    CANCEL,
    FILL,
    HALT,
    LAST,
    NO_SIDE,
    NULL,
    OPEN,
    PRINT_CANCELLED,
    STATUS,
    TRADE,
)

AUCTIONED = 1  # condition of a cross
_BUY = ord("B")
_SELL = ord("S")
_YES = ord("Y")
_NASDAQ = ord("Q")
_WORD = (1 << 32) - 1


def _put(w: Work, action: int, side: int, order_id: int) -> int:
    """A row of the message being read, without price and size; its place."""
    n = w.marks[EMITTED]
    row = w.out[n]
    row["ts_event"] = w.marks[TIME]
    row["ts_recv"] = w.marks[STAMP]
    row["seq"] = w.marks[SEQ]
    row["rec"] = w.marks[REC]
    row["order_id"] = order_id
    row["price"] = NULL
    row["size"] = NULL
    row["price2"] = NULL
    row["size2"] = NULL
    row["instrument"] = w.marks[INSTRUMENT]
    row["venue"] = w.marks[VENUE]
    row["source"] = w.marks[SOURCE]
    row["action"] = action
    row["side"] = side
    row["flags"] = 0
    row["condition"] = 0
    row["status"] = 0
    w.marks[EMITTED] = n + 1
    return int(n)


put = jit(_put)


def _sized(w: Work, n: int, price: int, size: int) -> None:
    """Price (1e-4) and size of a row."""
    row = w.out[n]
    row["price"] = price * PRICE_STEP
    row["size"] = size


sized = jit(_sized)


def _flag_last(w: Work) -> None:
    """The row put last ends its message."""
    w.out[w.marks[EMITTED] - 1]["flags"] = LAST


flag_last = jit(_flag_last)


def _rest(w: Work, order_id: int, price: int, quantity: int) -> None:
    """An order rests with a price (1e-4) and a quantity, negative for an ask."""
    at = find(w.orders, order_id, 0)
    if at >= 0:
        w.counts[DUPLICATE_ORDERS] += 1
    else:
        at = ~at
        w.marks[ORDERS_USED] += 1
    w.orders[at, ID] = order_id
    w.orders[at, TAG] = 0
    w.orders[at, PRICE] = price
    w.orders[at, QUANTITY] = quantity


rest = jit(_rest)


def _reduce(w: Work, at: int, size: int) -> int:
    """Take size off a resting order; how much of it there was."""
    quantity = w.orders[at, QUANTITY]
    had = abs(quantity)
    if size < had:
        w.orders[at, QUANTITY] = quantity - size if quantity > 0 else quantity + size
        return size
    if size > had:
        w.counts[OVERSIZED] += 1
    erase(w.orders, at)
    w.marks[ORDERS_USED] -= 1
    return int(had)


reduce = jit(_reduce)


def _remember(w: Work, match: int, price: int, size: int) -> None:
    """A print that may be broken later (price 1e-4)."""
    n = w.marks[PRINTS_USED]
    w.prints[n, 0] = match
    w.prints[n, 1] = signed(price << 32) | size
    w.marks[PRINTS_USED] = n + 1


remember = jit(_remember)


def _recall(prints: Ints, used: int, match: int) -> int:
    """The place of the newest print with a match number that is not broken yet, -1 for none."""
    for n in range(used - 1, -1, -1):
        if prints[n, 0] == match and prints[n, 1] & _WORD:
            return n
    return -1


recall = jit(_recall, forceinline=False)


def _add(w: Work, m: int) -> int:
    """`A`, `F`: a new order."""
    data = w.data
    letter = data[m + 19]
    shares = four(data, m + 20)
    if letter != _BUY and letter != _SELL:
        return BAD_SIDE
    if shares == 0:
        return BAD_SHARES
    side = BID if letter == _BUY else ASK
    order_id = eight(data, m + 11)
    price = four(data, m + 32)
    rest(w, order_id, price, shares if side == BID else -shares)
    sized(w, put(w, ADD, side, order_id), price, shares)
    flag_last(w)
    return DONE


add = jit(_add)


def _execute(w: Work, m: int, at: int) -> int:
    """`E` and, with a price of its own, `C`: an order trades."""
    data = w.data
    order_id = eight(data, m + 11)
    shares = four(data, m + 19)
    if shares == 0:
        return BAD_SHARES
    price = w.orders[at, PRICE]
    own = price
    side = BID if w.orders[at, QUANTITY] > 0 else ASK
    printed = True
    if data[m] == ord("C"):
        own = four(data, m + 32)
        printed = data[m + 31] == _YES
    if printed:
        sized(w, put(w, TRADE, -side, 0), own, shares)
        remember(w, eight(data, m + 23), own, shares)
    sized(w, put(w, FILL, side, order_id), own, shares)
    sized(w, put(w, CANCEL, side, order_id), price, reduce(w, at, shares))
    flag_last(w)
    return DONE


execute = jit(_execute)


def _shrink(w: Work, m: int, at: int) -> int:
    """`X`, `D`: an order loses some of its shares, or all."""
    price = w.orders[at, PRICE]
    quantity = w.orders[at, QUANTITY]
    shares = abs(quantity)
    if w.data[m] == ord("X"):
        shares = four(w.data, m + 19)
        if shares == 0:
            return BAD_SHARES
    n = put(w, CANCEL, BID if quantity > 0 else ASK, eight(w.data, m + 11))
    sized(w, n, price, reduce(w, at, shares))
    flag_last(w)
    return DONE


shrink = jit(_shrink)


def _replace(w: Work, m: int, at: int) -> int:
    """`U`: an order ends and another one takes its side."""
    data = w.data
    shares = four(data, m + 27)
    if shares == 0:
        return BAD_SHARES
    side = BID if w.orders[at, QUANTITY] > 0 else ASK
    price = w.orders[at, PRICE]
    n = put(w, CANCEL, side, eight(data, m + 11))
    sized(w, n, price, reduce(w, at, abs(w.orders[at, QUANTITY])))
    order_id = eight(data, m + 19)
    price = four(data, m + 31)
    rest(w, order_id, price, shares if side == BID else -shares)
    sized(w, put(w, ADD, side, order_id), price, shares)
    flag_last(w)
    return DONE


replace = jit(_replace)


def _print_hidden(w: Work, m: int) -> int:
    """`P`: a trade against an order that was not shown. Its side says nothing (always B since 2014)."""
    data = w.data
    shares = four(data, m + 20)
    if shares == 0:
        return BAD_SHARES
    price = four(data, m + 32)
    sized(w, put(w, TRADE, NO_SIDE, 0), price, shares)
    remember(w, eight(data, m + 36), price, shares)
    flag_last(w)
    return DONE


print_hidden = jit(_print_hidden, forceinline=False)  # rare: not worth its code at every place


def _print_cross(w: Work, m: int) -> int:
    """`Q`: an auction; one without shares gives no row."""
    data = w.data
    shares = eight(data, m + 11)
    if shares == 0:
        w.counts[EMPTY_CROSSES] += 1
        return DONE
    if shares < 0 or shares > _WORD:
        return BAD_SHARES
    price = four(data, m + 27)
    n = put(w, TRADE, NO_SIDE, 0)
    sized(w, n, price, shares)
    w.out[n]["condition"] = AUCTIONED
    remember(w, eight(data, m + 31), price, shares)
    flag_last(w)
    return DONE


print_cross = jit(_print_cross, forceinline=False)  # rare: not worth its code at every place


def _break_print(w: Work, m: int) -> int:
    """`B`: a print is broken."""
    at = recall(w.prints, w.marks[PRINTS_USED], eight(w.data, m + 11))
    if at < 0:
        w.counts[UNKNOWN_BREAKS] += 1
        return DONE
    packed = w.prints[at, 1]
    w.prints[at, 1] = 0
    sized(w, put(w, PRINT_CANCELLED, NO_SIDE, 0), (packed >> 32) & _WORD, packed & _WORD)
    flag_last(w)
    return DONE


break_print = jit(_break_print, forceinline=False)  # rare: not worth its code at every place


def _state_of(letter: int) -> int:
    """The status that a trading state means; 0 for none."""
    if letter == ord("T"):
        return OPEN
    if letter == ord("H") or letter == ord("P"):
        return HALT
    return AUCTION if letter == ord("Q") else 0


state_of = jit(_state_of)


def _set_status(w: Work, m: int) -> int:
    """`H`, and `h` of Nasdaq's own market: a stock is halted, paused, quoted only, or trades."""
    data = w.data
    letter = data[m + 19]
    if data[m] == ord("h"):
        if letter != _NASDAQ:
            return DONE
        letter = data[m + 20]
        if letter == _NASDAQ:
            return BAD_STATE
    status = state_of(letter)
    if status == 0:
        return BAD_STATE
    w.out[put(w, STATUS, NO_SIDE, 0)]["status"] = status
    flag_last(w)
    return DONE


set_status = jit(_set_status, forceinline=False)  # rare: not worth its code at every place


def _refer(w: Work, m: int, kind: int) -> int:
    """A message about an order that should be known."""
    at = find(w.orders, eight(w.data, m + 11), 0)
    if at >= 0 and w.marks[INSTRUMENT] >= 0:
        if kind == ord("D") or kind == ord("X"):
            return shrink(w, m, at)
        if kind == ord("U"):
            return replace(w, m, at)
        return execute(w, m, at)
    w.counts[UNKNOWN_ORDERS] += 1
    printable = kind == ord("C") and w.data[m + 31] == _YES and w.marks[INSTRUMENT] >= 0
    shares = four(w.data, m + 19) if printable else 0
    if shares > 0:  # the price is its own: a print all the same
        price = four(w.data, m + 32)
        sized(w, put(w, TRADE, NO_SIDE, 0), price, shares)
        remember(w, eight(w.data, m + 23), price, shares)
        flag_last(w)
    return DONE


refer = jit(_refer)


def _act(w: Work, m: int, kind: int) -> int:
    """The rows of one message; DONE, or what is wrong with it."""
    if kind == ord("A") or kind == ord("F"):
        return add(w, m)
    if kind == ord("D") or kind == ord("X") or kind == ord("U") or kind == ord("E") or kind == ord("C"):
        return refer(w, m, kind)
    if kind == ord("P"):
        return print_hidden(w, m)
    if kind == ord("Q"):
        return print_cross(w, m)
    if kind == ord("H") or kind == ord("h"):
        return set_status(w, m)
    if kind == ord("B"):
        return break_print(w, m)
    return DONE


act = jit(_act)


def _time_of(data: Bytes, m: int) -> int:
    """Ns since midnight of a message."""
    return (two(data, m + 5) << 32) | four(data, m + 7)


time_of = jit(_time_of)


def _needs_name(w: Work, kind: int) -> bool:
    """True for a message that names its stock while the stock's number is not known yet."""
    if w.marks[INSTRUMENT] >= 0:
        return False
    named = kind == ord("A") or kind == ord("F") or kind == ord("P") or kind == ord("Q")
    return named or kind == ord("H") or kind == ord("h")


needs_name = jit(_needs_name)


def _read(w: Work) -> int:
    """The whole message at POS: its rows, or set aside. NAME when its stock is to be told first."""
    at = w.marks[POS]
    m = at + 2
    data = w.data
    end = m + two(data, at)
    kind = signed(data[m])
    w.marks[INSTRUMENT] = w.names[two(data, m + 1)]
    if kind == ord("R") or needs_name(w, kind):
        return NAME
    since = time_of(data, m)
    reason = BAD_TIME
    if since < DAY_NS:
        w.marks[TIME] = w.marks[MIDNIGHT] + since
        reason = act(w, m, kind)
    if reason == DONE:
        w.types[kind] += 1
    else:
        blame(w, end, reason, since if reason == BAD_TIME else 0)
    passed(w, end)
    return DONE


read = jit(_read)


def _decode(w: Work) -> int:
    """Messages from POS on until the bytes are used up or something is missing."""
    while True:
        if w.marks[EMITTED] + 3 > w.out.shape[0]:
            return OUT_FULL
        if w.marks[BADS] + 1 > w.bad.shape[0]:
            return BAD_FULL
        if 2 * w.marks[ORDERS_USED] + 2 > w.orders.shape[0]:
            return ORDERS_FULL
        if w.marks[PRINTS_USED] == w.prints.shape[0]:
            return PRINTS_FULL
        found = framed(w)
        if found == WHOLE:
            need = read(w)
            if need != DONE:
                return need
        elif found != ON:
            return DONE


decode = jit(_decode)
