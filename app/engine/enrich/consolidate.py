"""Venue changes in time order in, one consolidated touch history per instrument out.

A row of the history holds from its `ts` on; rows of one nanosecond are one row (as-of look-ups never
stop inside a nanosecond). Running sums live per instrument, so nothing is paid per order.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.engine.bits import add_wide, mul_wide
from app.engine.enrich.rows import ALL_OF_IT, PART
from app.engine.events import NAMED, PRINTED, STATUS_SET, TOUCHED, UNPRINTED, Rows
from app.engine.jit import jit
from app.engine.units import (
    ASK,
    AUCTION,
    BID,
    BLOCK,
    CROSSED,
    GOOD,
    HALT,
    HOLD_NS,
    IN_AUCTION,
    IN_CLOSE,
    IN_HALT,
    LOCKED,
    NO_QUOTE,
    NULL,
    ODD,
    ONE_SIDED,
    OUT_OF_RANGE,
    REGULAR,
)  # fmt: skip

DONE = -1  # the kernel went through; otherwise the change that found a region, or the list of cancellations, full
UNSEEN = 255  # status of a venue before its first touch or status: it does not exist yet
MID_BOUND = 2**61 - 1  # of a price (1e-9): twice a price stays below 2**62, what wide products take
SAMPLE_NS = 1_000_000_000
MEMORY_S = 300.0  # realised variance: equal weights for the first MEMORY_S seconds, then exponential
SESSION_BREAK_NS = 3_600_000_000_000  # a silence longer than this is a closed market: no more variance accrues


class Consolidation(NamedTuple):
    """Everything the kernel touches; arrays are indexed by instrument unless said otherwise."""

    changes: Rows  # CHANGE rows, by time
    begin: int
    slots: Rows  # SLOT rows of all (instrument, venue)
    slot_of: NDArray[np.int32]  # [instrument, venue] -> slot
    members: NDArray[np.int32]  # [instrument, k] -> slot
    venues: NDArray[np.int32]  # how many members
    current: Rows  # the HISTORY row in the making
    base: Rows  # what stood at the end of the nanosecond before it
    sample: Rows
    pool: Rows
    offset: NDArray[np.int64]
    room: NDArray[np.int64]
    length: NDArray[np.int64]
    prints: Rows
    print_offset: NDArray[np.int64]
    print_room: NDArray[np.int64]
    print_count: NDArray[np.int64]
    taken: Rows  # TAKEN_BACK out
    counts: NDArray[np.int64]  # [late, not found, taken back, prints seen]
    passed: int  # a change before this time is late


def _holds(quality: int) -> bool:
    """True where the last valid mid may stand in for a while: a crossed or one-sided book of an open market."""
    return quality == CROSSED or quality == ONE_SIDED


holds = jit(_holds)


def _accrue(current: Rows, i: int, ts: int) -> None:
    """Integrals of mid2 and sigma^2 from the current row's time to ts (ns); a held mid counts while it is held."""
    begin = current[i]["ts"]
    span = ts - begin
    if span <= 0:
        return
    mid2 = current[i]["mid2"]
    if mid2 == NULL:
        if not holds(current[i]["quality"]) or current[i]["since"] == NULL:
            return
        span = min(ts, current[i]["since"] + HOLD_NS) - begin
        if span <= 0:
            return
        mid2 = current[i]["held"]
    high, low = mul_wide(mid2, span)
    high, low = add_wide(current[i]["area_hi"], current[i]["area_lo"], high, low)
    current[i]["area_hi"] = high
    current[i]["area_lo"] = low
    current[i]["span"] += span
    current[i]["variance"] += current[i]["sigma2"] * (min(span, SESSION_BREAK_NS) * 1e-9)


accrue = jit(_accrue)


def _take_sample(current: Rows, sample: Rows, i: int) -> bool:
    """One squared return per second or longer into the realised variance per second; True when that changed."""
    mid2 = current[i]["mid2"]
    ts = current[i]["ts"]
    if mid2 == NULL or mid2 == 0:
        return False
    last = sample[i]["mid2"]
    gap = ts - sample[i]["ts"]
    if last != NULL and gap < SAMPLE_NS:
        return False
    measured = last != NULL and gap <= SESSION_BREAK_NS
    if measured:
        seconds = gap * 1e-9
        elapsed = sample[i]["elapsed"] + seconds
        sample[i]["elapsed"] = elapsed
        move = (mid2 - last) / last
        weight = min(1.0, seconds / min(elapsed, MEMORY_S))
        current[i]["sigma2"] += weight * (move * move / seconds - current[i]["sigma2"])
    sample[i]["ts"] = ts
    sample[i]["mid2"] = mid2
    return bool(measured)


take_sample = jit(_take_sample)


def _status_quality(slots: Rows, members: NDArray[np.int32], i: int, venues: int) -> int:
    """Why nothing trades: a halt outweighs an auction, an auction a close; NO_QUOTE when a venue is open."""
    worst = 0
    for k in range(venues):
        status = slots[members[i, k]]["status"]
        if status <= 1:
            return NO_QUOTE
        if status == UNSEEN:
            continue
        rank = 3 if status == HALT else (2 if status == AUCTION else 1)
        worst = max(worst, rank)
    if worst == 3:
        return IN_HALT
    if worst == 2:
        return IN_AUCTION
    return IN_CLOSE if worst == 1 else NO_QUOTE


status_quality = jit(_status_quality)


def _best_of_side(k: Consolidation, i: int, sign: int) -> tuple[int, int, int, int]:
    """(price, size, next price, its size) of one side over the open venues; NULL where there is none."""
    best, best_size, second, second_size = NULL, 0, NULL, 0
    for m in range(k.venues[i]):
        slot = k.slots[k.members[i, m]]
        if slot["status"] > 1:
            continue
        for level in range(2):
            if sign == BID:
                price = slot["bid"] if level == 0 else slot["bid2"]
                size = slot["bid_size"] if level == 0 else slot["bid2_size"]
            else:
                price = slot["ask"] if level == 0 else slot["ask2"]
                size = slot["ask_size"] if level == 0 else slot["ask2_size"]
            if price == NULL:
                continue
            if best == NULL or (price - best) * sign > 0:
                second, second_size = best, best_size
                best, best_size = price, size
            elif price == best:
                best_size += size
            elif second == NULL or (price - second) * sign > 0:
                second, second_size = price, size
            elif price == second:
                second_size += size
    return best, best_size, second, second_size


best_of_side = jit(_best_of_side)


def _retouch(k: Consolidation, i: int) -> bool:
    """Recompute the consolidated touch of an instrument; True when anything changed."""
    current = k.current
    ts = current[i]["ts"]
    bid, bid_size, bid2, bid2_size = best_of_side(k, i, BID)
    ask, ask_size, ask2, ask2_size = best_of_side(k, i, ASK)
    same = (
        current[i]["bid"] == bid and current[i]["ask"] == ask
        and current[i]["bid_size"] == bid_size and current[i]["ask_size"] == ask_size
        and current[i]["bid2"] == bid2 and current[i]["ask2"] == ask2
        and current[i]["bid2_size"] == bid2_size and current[i]["ask2_size"] == ask2_size
    )  # fmt: skip
    current[i]["bid"], current[i]["bid_size"] = bid, bid_size
    current[i]["bid2"], current[i]["bid2_size"] = bid2, bid2_size
    current[i]["ask"], current[i]["ask_size"] = ask, ask_size
    current[i]["ask2"], current[i]["ask2_size"] = ask2, ask2_size
    before = current[i]["quality"]
    base = k.base
    if bid != NULL and ask != NULL and (abs(bid) > MID_BOUND or abs(ask) > MID_BOUND):
        quality = OUT_OF_RANGE  # bid + ask would not fit
    elif bid != NULL and ask != NULL:
        quality = GOOD if bid < ask else (LOCKED if bid == ask else CROSSED)
    elif bid != NULL or ask != NULL:
        quality = ONE_SIDED
    else:
        quality = status_quality(k.slots, k.members, i, k.venues[i])
    if quality <= LOCKED:
        current[i]["mid2"] = bid + ask
        current[i]["held"] = bid + ask
        current[i]["held_bid"], current[i]["held_bid_size"] = bid, bid_size
        current[i]["held_ask"], current[i]["held_ask_size"] = ask, ask_size
        current[i]["since"] = NULL
    else:
        # a touch that lives and dies inside one nanosecond was never there: what is held is from before it
        current[i]["mid2"] = NULL
        current[i]["held"] = base[i]["held"]
        current[i]["held_bid"], current[i]["held_bid_size"] = base[i]["held_bid"], base[i]["held_bid_size"]
        current[i]["held_ask"], current[i]["held_ask_size"] = base[i]["held_ask"], base[i]["held_ask_size"]
        if not holds(quality):
            current[i]["since"] = NULL  # a halt, an auction, a close or an empty book ends the hold
        elif base[i]["quality"] <= LOCKED:
            current[i]["since"] = ts
        else:
            current[i]["since"] = base[i]["since"]
    current[i]["quality"] = quality
    return not same or before != quality


retouch = jit(_retouch)


def _aggressor(current: Rows, i: int, price: int, side: int) -> int:
    """The aggressor's side; an unknown one is told by the price against the mid (0 at the mid or without one)."""
    mid2 = current[i]["mid2"]
    if side != 0 or mid2 == NULL:
        return side
    return BID if 2 * price > mid2 else (ASK if 2 * price < mid2 else 0)


aggressor = jit(_aggressor)


def _remember_print(k: Consolidation, n: int, i: int) -> bool:
    """Add a print to its ring and to the running sums; True when it is eligible market volume."""
    current = k.current
    price, size = k.changes[n]["price"], k.changes[n]["size"]
    condition = k.changes[n]["condition"]
    eligible = condition == REGULAR or condition == BLOCK or condition == ODD
    side = aggressor(current, i, price, k.changes[n]["side"])
    at = k.print_offset[i] + k.print_count[i]
    k.print_count[i] += 1
    k.prints[at]["ts"] = current[i]["ts"]
    k.prints[at]["price"] = price
    k.prints[at]["size"] = size
    k.prints[at]["order_id"] = k.changes[n]["order_id"]
    k.prints[at]["seq"] = k.changes[n]["seq"]
    k.prints[at]["number"] = k.counts[3]
    k.prints[at]["whole"] = k.counts[3]
    k.counts[3] += 1
    k.prints[at]["venue"] = k.changes[n]["venue"]
    k.prints[at]["side"] = side
    k.prints[at]["condition"] = condition
    k.prints[at]["cancelled"] = 0
    k.prints[at]["part"] = 0
    k.prints[at]["eligible"] = 1 if eligible else 0
    if eligible:
        current[i]["volume"] += size
        high, low = mul_wide(price, size)
        high, low = add_wide(current[i]["notional_hi"], current[i]["notional_lo"], high, low)
        current[i]["notional_hi"] = high
        current[i]["notional_lo"] = low
        if side == BID:
            current[i]["bought"] += size
        elif side == ASK:
            current[i]["sold"] += size
    return bool(eligible)


remember_print = jit(_remember_print)


def _carries(k: Consolidation, i: int, j: int, order_id: int) -> bool:
    """True when print j of the instrument, or a resting order's share of it, has this order id."""
    p = k.prints[j]
    if p["order_id"] == order_id:
        return True
    for m in range(j + 1, k.print_offset[i] + k.print_count[i]):
        share = k.prints[m]
        if share["ts"] != p["ts"]:
            return False
        if share["part"] and share["whole"] == p["number"] and share["order_id"] == order_id:
            return True
    return False


carries = jit(_carries)


def _take_back(k: Consolidation, n: int, i: int) -> None:
    """Mark the print a cancellation names (same venue, price, size; the order id where given) and note its effect."""
    start = k.print_offset[i]
    for j in range(start + k.print_count[i] - 1, start - 1, -1):
        p = k.prints[j]
        if p["cancelled"] or p["part"] or p["venue"] != k.changes[n]["venue"]:
            continue
        if p["price"] != k.changes[n]["price"] or p["size"] != k.changes[n]["size"]:
            continue
        if k.changes[n]["order_id"] != 0 and not carries(k, i, j, k.changes[n]["order_id"]):
            continue
        k.prints[j]["cancelled"] = 1
        out = k.counts[2]
        k.counts[2] += 1
        k.taken[out]["ts"] = p["ts"]
        k.taken[out]["price"] = p["price"]
        k.taken[out]["size"] = p["size"]
        k.taken[out]["number"] = p["number"]
        k.taken[out]["instrument"] = i
        k.taken[out]["side"] = p["side"]
        k.taken[out]["eligible"] = p["eligible"]
        return
    k.counts[1] += 1


take_back = jit(_take_back)


def _repeats(k: Consolidation, n: int, slot: int) -> bool:
    """True for a touch that is the one its venue already has."""
    change, held = k.changes[n], k.slots[slot]
    return bool(
        change["bid"] == held["bid"] and change["bid_size"] == held["bid_size"]
        and change["ask"] == held["ask"] and change["ask_size"] == held["ask_size"]
        and change["bid2"] == held["bid2"] and change["bid2_size"] == held["bid2_size"]
        and change["ask2"] == held["ask2"] and change["ask2_size"] == held["ask2_size"]
    )  # fmt: skip


repeats = jit(_repeats)


def _remember_part(k: Consolidation, n: int, i: int) -> None:
    """Add a resting order's share of the print it stands behind (same time, venue, price); all of it is the print."""
    start = k.print_offset[i]
    end = start + k.print_count[i]
    whole = end - 1
    while whole >= start and k.prints[whole]["ts"] == k.current[i]["ts"]:
        p = k.prints[whole]
        if not p["part"] and p["venue"] == k.changes[n]["venue"] and p["price"] == k.changes[n]["price"]:
            k.print_count[i] += 1
            k.prints[end] = k.prints[whole]
            k.prints[end]["part"] = PART if k.changes[n]["size"] != k.prints[whole]["size"] else ALL_OF_IT
            k.prints[end]["order_id"] = k.changes[n]["order_id"]
            k.prints[end]["size"] = k.changes[n]["size"]
            k.prints[end]["number"] = k.counts[3]
            k.counts[3] += 1
            return
        whole -= 1


remember_part = jit(_remember_part)


def _write(k: Consolidation, i: int) -> None:
    """Append the current row to the history, or replace the last one of the same nanosecond."""
    at = k.offset[i] + k.length[i]
    if k.length[i] > 0 and k.pool[at - 1]["ts"] == k.current[i]["ts"]:
        at -= 1
    else:
        k.length[i] += 1
    k.pool[at] = k.current[i]


write = jit(_write)


def _consolidate(k: Consolidation) -> int:
    """Apply changes[begin:]; returns DONE or the index of the change that has no room left."""
    for n in range(k.begin, len(k.changes)):
        i = k.changes[n]["instrument"]
        if k.length[i] + 1 >= k.room[i] or k.print_count[i] + 1 >= k.print_room[i]:
            return n
        slot = k.slot_of[i, k.changes[n]["venue"]]
        kind = k.changes[n]["kind"]
        if kind == UNPRINTED and k.counts[2] >= len(k.taken):
            return n
        if kind == TOUCHED and repeats(k, n, slot):
            continue  # a touch told again is no news: figures must not depend on how often a book speaks
        ts = k.changes[n]["ts"]
        if ts < k.passed:
            k.counts[0] += 1
        ts = max(ts, k.current[i]["ts"])
        changed = False
        if ts > k.current[i]["ts"]:
            accrue(k.current, i, ts)  # with the variance that look-ups until now have used
            changed = take_sample(k.current, k.sample, i)
            k.base[i] = k.current[i]
            k.current[i]["ts"] = ts
        if kind == TOUCHED:
            k.slots[slot]["bid"], k.slots[slot]["bid_size"] = k.changes[n]["bid"], k.changes[n]["bid_size"]
            k.slots[slot]["ask"], k.slots[slot]["ask_size"] = k.changes[n]["ask"], k.changes[n]["ask_size"]
            k.slots[slot]["bid2"], k.slots[slot]["bid2_size"] = k.changes[n]["bid2"], k.changes[n]["bid2_size"]
            k.slots[slot]["ask2"], k.slots[slot]["ask2_size"] = k.changes[n]["ask2"], k.changes[n]["ask2_size"]
            quoted = k.changes[n]["bid"] != NULL or k.changes[n]["ask"] != NULL
            if k.slots[slot]["status"] == UNSEEN and quoted:
                k.slots[slot]["status"] = 0
            changed = retouch(k, i) or changed
        elif kind == STATUS_SET:
            k.slots[slot]["status"] = k.changes[n]["status"]
            changed = retouch(k, i) or changed
        elif kind == PRINTED:
            changed = remember_print(k, n, i) or changed
        elif kind == UNPRINTED:
            take_back(k, n, i)
        elif kind == NAMED:
            remember_part(k, n, i)
        if changed:
            write(k, i)
    return DONE


consolidate = jit(_consolidate)
