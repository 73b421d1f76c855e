"""The true book of one generated stock: its orders by price in the order they came, nothing clever."""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from app.engine.units import NULL

UNIT: Final = 100_000  # 1e-4 in 1e-9
BUY: Final = 1
SELL: Final = -1
Touch = tuple[int, int, int, int, int, int]


class Order(NamedTuple):
    """A resting order: side, price (1e-4), shares."""

    side: int
    price: int
    shares: int


@dataclass(slots=True)
class Level:
    """The orders at one price, oldest first, and their shares together."""

    orders: dict[int, None] = field(default_factory=dict)
    shares: int = 0


@dataclass(slots=True)
class StockBook:
    """One stock: its locate number and name, and its book."""

    locate: int
    name: bytes
    middle: int  # where the price is drawn to (1e-4)
    orders: dict[int, Order] = field(default_factory=dict)
    bids: dict[int, Level] = field(default_factory=dict)
    asks: dict[int, Level] = field(default_factory=dict)
    live: list[int] = field(default_factory=list)
    _place: dict[int, int] = field(default_factory=dict)
    best_bid: int = 0  # 0: none
    best_ask: int = 0

    def add(self, ref: int, order: Order) -> None:
        """A new order at the end of its level."""
        self.orders[ref] = order
        self._place[ref] = len(self.live)
        self.live.append(ref)
        levels = self.bids if order.side == BUY else self.asks
        level = levels.get(order.price)
        if level is None:
            level = levels[order.price] = Level()
        level.orders[ref] = None
        level.shares += order.shares
        if order.side == BUY:
            self.best_bid = max(self.best_bid, order.price)
        elif not self.best_ask or order.price < self.best_ask:
            self.best_ask = order.price

    def take(self, ref: int, shares: int) -> None:
        """Take shares off an order; with all of them it is gone."""
        order = self.orders[ref]
        levels = self.bids if order.side == BUY else self.asks
        level = levels[order.price]
        level.shares -= shares
        if shares < order.shares:
            self.orders[ref] = order._replace(shares=order.shares - shares)
            return
        del self.orders[ref], level.orders[ref]
        last = self.live.pop()
        place = self._place.pop(ref)
        if last != ref:
            self.live[place] = last
            self._place[last] = place
        if not level.orders:
            del levels[order.price]
            if order.side == BUY and order.price == self.best_bid:
                self.best_bid = max(levels, default=0)
            elif order.side == SELL and order.price == self.best_ask:
                self.best_ask = min(levels, default=0)

    def first(self, side: int) -> int:
        """The oldest order at the best price of a side; 0 for none."""
        best = self.best_bid if side == BUY else self.best_ask
        if not best:
            return 0
        return next(iter((self.bids if side == BUY else self.asks)[best].orders))

    def touch(self) -> Touch:
        """Price (1e-9), shares and orders of the best bid, then of the best ask; an empty side is NULL, NULL, 0."""
        bid, ask = self.best_bid, self.best_ask
        buyers, sellers = self.bids.get(bid), self.asks.get(ask)
        return (
            *((bid * UNIT, buyers.shares, len(buyers.orders)) if buyers else (NULL, NULL, 0)),
            *((ask * UNIT, sellers.shares, len(sellers.orders)) if sellers else (NULL, NULL, 0)),
        )
