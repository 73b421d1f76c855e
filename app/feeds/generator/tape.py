"""One venue's rows of one instrument: a touch on a tick grid and the trades against it, in whole arrays.

The touch is the book's only level beside far static ones; an epoch lasts from one touch change to the next, and the
size shown at its start is what is left at its end plus what trades inside it, so books never go negative.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.engine.events import MARKET, Rows
from app.engine.units import ADD, ASK, BID, CANCEL, CLEAR, FILL, LAST, LEVEL, MODIFY, NULL, QUOTE, SNAPSHOT, TRADE
from app.feeds.generator.plan import TICK, Plan

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
FAR: Final = 50_000  # ticks from the middle to the static far level
MIDDLE: Final = 100_000
GRID: Final = 1 << 16
LOT: Final = 100


class Touches(NamedTuple):
    """Epochs of one venue: start times, ticks of the sides (NULL = no quote), sizes left at the end of the epoch."""

    ts: Ints
    bid: Ints
    ask: Ints
    bid_left: Ints
    ask_left: Ints


class Trades(NamedTuple):
    """Trades of one venue: time, epoch, aggressor (+1 buys the ask), tick, size, and what is left of the level."""

    ts: Ints
    epoch: Ints
    side: Ints
    tick: Ints
    size: Ints
    left: Ints


def fair_path(rng: np.random.Generator, events: int) -> Ints:
    """A random walk in ticks on a fixed grid, kept near the middle; slow enough for the slowest venue to follow."""
    move = min(0.05, 0.05 * events / GRID)
    steps = rng.choice(np.array([-1, 0, 1]), GRID, p=[move, 1 - 2 * move, move])
    walk: Ints = MIDDLE + np.cumsum(steps)
    return np.clip(walk, MIDDLE - FAR // 2, MIDDLE + FAR // 2)


def times(rng: np.random.Generator, plan: Plan, count: int) -> Ints:
    """Sorted event times; a share of them on a 10-ms grid, where they tie."""
    span = plan.end_ns - plan.start_ns
    ts = rng.integers(0, span, count)
    tied = rng.random(count) < plan.same_stamp
    ts[tied] -= ts[tied] % 10_000_000
    ts.sort()
    return np.asarray(plan.start_ns + ts, np.int64)


def touches(rng: np.random.Generator, plan: Plan, fair: Ints, count: int) -> Touches:
    """Touch changes around the fair price, with one-sided, locked and crossed ones."""
    ts = times(rng, plan, count)
    ts[0] = plan.start_ns
    spot = ((ts - plan.start_ns) * GRID // (plan.end_ns - plan.start_ns)).astype(np.int64)
    middle = fair[spot] + rng.choice(np.array([-1, 0, 1]), count, p=[0.02, 0.96, 0.02])
    bid = middle - rng.integers(0, 2, count)
    ask = middle + rng.integers(1, 3, count)
    doubt = rng.random(count)
    locked, crossed = doubt < plan.locked, (doubt >= plan.locked) & (doubt < plan.locked + plan.crossed)
    ask[locked] = bid[locked]
    ask[crossed] = bid[crossed] - 1
    gone = rng.random(count) < plan.one_sided
    gone[0] = False
    which = rng.random(count) < 0.5
    bid[gone & which] = NULL
    ask[gone & ~which] = NULL
    sizes = LOT * rng.integers(1, 21, (2, count))
    return Touches(ts, bid, ask, sizes[0], sizes[1])


def trades(rng: np.random.Generator, plan: Plan, touch: Touches, count: int) -> Trades:
    """Trades at the touch of their epoch; a missing side trades nothing."""
    ts = times(rng, plan, count)
    epoch = np.searchsorted(touch.ts, ts, "right") - 1
    side = np.where(rng.random(count) < 0.5, BID, ASK).astype(np.int64)
    tick = np.where(side == BID, touch.ask[epoch], touch.bid[epoch])
    size = LOT * rng.integers(1, 6, count)
    odd = rng.random(count) < 0.1
    size[odd] = rng.integers(1, LOT, int(odd.sum()))
    keep = tick != NULL
    ts, epoch, side, tick, size = ts[keep], epoch[keep], side[keep], tick[keep], size[keep]
    total = _sums(epoch, side, size, len(touch.ts))
    done = _running(epoch * 2 + (side == BID), size)
    at_start = (
        np.where(side == BID, touch.ask_left[epoch], touch.bid_left[epoch]) + total[(side == BID).astype(int), epoch]
    )
    return Trades(ts, epoch, side, tick, size, at_start - done)


def _sums(epoch: Ints, side: Ints, size: Ints, epochs: int) -> Ints:
    """[0: bid, 1: ask][epoch] -> size traded against that side."""
    total = np.zeros((2, epochs), np.int64)
    np.add.at(total, ((side == BID).astype(np.int64), epoch), size)
    return total


def _running(group: Ints, size: Ints) -> Ints:
    """Running sum of size inside each group, in the order given."""
    order = np.argsort(group, kind="stable")
    summed = np.cumsum(size[order])
    first = np.r_[True, group[order][1:] != group[order][:-1]] if len(group) else np.zeros(0, bool)
    base = np.maximum.accumulate(np.where(first, summed - size[order], 0)) if len(group) else summed
    out = np.empty_like(size)
    out[order] = summed - base
    return out


class _Sheaf:
    """Rows in the making: pieces with their event number and place inside the event."""

    def __init__(self) -> None:
        self.pieces: list[Rows] = []
        self.keys: list[tuple[Ints, int]] = []

    def add(self, event: Ints, place: int, action: int, **fields: Ints | int) -> None:
        """One piece: a row for every event number given."""
        piece = np.zeros(len(event), MARKET)
        piece["action"] = action
        piece["price"] = piece["size"] = NULL if action == CLEAR else 0
        piece["price2"] = piece["size2"] = NULL
        for name, values in fields.items():
            piece[name] = values
        self.pieces.append(piece)
        self.keys.append((event, place))

    def rows(self) -> Rows:
        """All rows by event and place; the last row of every event carries its flag."""
        event = np.concatenate([key for key, _ in self.keys])
        place = np.concatenate([np.full(len(key), number, np.int8) for key, number in self.keys])
        order = np.lexsort((place, event))
        rows = np.concatenate(self.pieces)[order]
        last = np.r_[event[order][1:] != event[order][:-1], True]
        rows["flags"] |= np.where(last, LAST, 0).astype(np.uint8)
        return rows


def venue_rows(model: str, touch: Touches, done: Trades, first_id: int) -> Rows:
    """All rows of a venue that speaks `model` (Q, L or A), in the order of application."""
    count, traded = len(touch.ts), len(done.ts)
    order = np.lexsort((np.r_[np.zeros(count, np.int8), np.ones(traded, np.int8)], np.r_[touch.ts, done.ts]))
    number = np.empty(count + traded, np.int64)
    number[order] = np.arange(count + traded) + 1  # event 0 is the far static level
    sums = _sums(done.epoch, done.side, done.size, count)
    shown = Touches(touch.ts, touch.bid, touch.ask, touch.bid_left + sums[0], touch.ask_left + sums[1])
    sheaf = _Sheaf()
    places = number[:count], number[count:]
    if model == "Q":
        _quotes(sheaf, places, shown, done)
    elif model == "L":
        _levels(sheaf, places, (touch, shown), done)
    else:
        _orders(sheaf, places, (touch, shown), (done, first_id))
    return sheaf.rows()


def _price(tick: Ints) -> Ints:
    return np.where(tick == NULL, NULL, tick * TICK)


def _quotes(sheaf: _Sheaf, places: tuple[Ints, Ints], shown: Touches, done: Trades) -> None:
    def quote(event: Ints, place: int, epoch: Ints, sizes: tuple[Ints, Ints]) -> None:
        bid, ask = _price(shown.bid[epoch]), _price(shown.ask[epoch])
        sheaf.add(event, place, QUOTE, ts_event=shown.ts[epoch], price=bid, size=np.where(bid == NULL, NULL, sizes[0]),
                  price2=ask, size2=np.where(ask == NULL, NULL, sizes[1]))  # fmt: skip

    every = np.arange(len(shown.ts))
    quote(places[0], 0, every, (shown.bid_left, shown.ask_left))
    _trades(sheaf, places[1], done)
    # the other side's size as last shown: what is left after the trades before this one
    left = _other_side(done, shown)
    sizes = np.where(done.side == BID, left, done.left), np.where(done.side == BID, done.left, left)
    quote(places[1], 2, done.epoch, sizes)
    sheaf.pieces[-1]["ts_event"] = done.ts


def _other_side(done: Trades, shown: Touches) -> Ints:
    """Size left on the side a trade does not hit, after the earlier trades of its epoch."""
    hit_ask = done.side == BID
    bid_before = _running(done.epoch, np.where(hit_ask, 0, done.size))
    ask_before = _running(done.epoch, np.where(hit_ask, done.size, 0))
    return np.where(hit_ask, shown.bid_left[done.epoch] - bid_before, shown.ask_left[done.epoch] - ask_before)


def _trades(sheaf: _Sheaf, events: Ints, done: Trades) -> None:
    sheaf.add(events, 0, TRADE, ts_event=done.ts, price=_price(done.tick), size=done.size, side=done.side)


def _levels(sheaf: _Sheaf, places: tuple[Ints, Ints], both: tuple[Touches, Touches], done: Trades) -> None:
    touch, shown = both
    start = np.zeros(1, np.int64)
    for side, place in ((BID, 0), (ASK, 2)):
        tick, size = _side(shown, side)
        before = np.r_[NULL, tick[:-1]]
        moved = before != tick
        gone = moved & (before != NULL)
        sheaf.add(places[0][gone], place, LEVEL, ts_event=touch.ts[gone], price=_price(before[gone]), side=side)
        here = tick != NULL
        sheaf.add(places[0][here], place + 1, LEVEL, ts_event=touch.ts[here], price=_price(tick[here]), size=size[here],
                  side=side)  # fmt: skip
        far = (MIDDLE - side * FAR) * TICK
        sheaf.add(start, place, LEVEL, ts_event=touch.ts[:1], price=far, size=LOT, side=side)
    _trades(sheaf, places[1], done)
    sheaf.add(places[1], 1, LEVEL, ts_event=done.ts, price=_price(done.tick), size=done.left, side=-done.side)


def _orders(sheaf: _Sheaf, places: tuple[Ints, Ints], both: tuple[Touches, Touches], rest: tuple[Trades, int]) -> None:
    (touch, shown), (done, first_id) = both, rest
    start = np.zeros(1, np.int64)
    sheaf.add(start, 0, CLEAR, ts_event=touch.ts[:1], flags=SNAPSHOT)
    resting = {}
    for side, place in ((BID, 0), (ASK, 2)):
        tick, size = _side(shown, side)
        _, left = _side(touch, side)
        before = np.r_[NULL, tick[:-1]]
        moved, here = before != tick, tick != NULL
        owner = np.maximum.accumulate(np.where(moved, np.arange(len(tick)), 0))
        ids = first_id + 2 * owner + (side == ASK)
        resting[side] = ids
        gone = np.flatnonzero(moved & (before != NULL))
        sheaf.add(
            places[0][gone],
            place,
            CANCEL,
            ts_event=touch.ts[gone],
            price=_price(before[gone]),
            size=left[gone - 1],
            order_id=ids[gone - 1],
            side=side,
        )
        for action, which in ((ADD, moved & here), (MODIFY, ~moved & here)):
            sheaf.add(places[0][which], place + 1, action, ts_event=touch.ts[which], price=_price(tick[which]),
                      size=size[which], order_id=ids[which], side=side)  # fmt: skip
        far = (MIDDLE - side * FAR) * TICK
        sheaf.add(start, place + 1, ADD, ts_event=touch.ts[:1] - 60_000_000_000, price=far, size=LOT, side=side,
                  order_id=first_id - 1 - (side == ASK), flags=SNAPSHOT)  # fmt: skip
    _trades(sheaf, places[1], done)
    hit = np.where(done.side == BID, resting[ASK][done.epoch], resting[BID][done.epoch])
    for place, action in ((1, FILL), (2, CANCEL)):
        sheaf.add(places[1], place, action, ts_event=done.ts, price=_price(done.tick), size=done.size, order_id=hit,
                  side=-done.side)  # fmt: skip


def _side(touch: Touches, side: int) -> tuple[Ints, Ints]:
    return (touch.bid, touch.bid_left) if side == BID else (touch.ask, touch.ask_left)
