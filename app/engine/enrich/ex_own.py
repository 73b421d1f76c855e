"""The touch without our own displayed quantity: what the market would show if we were not there."""

from collections.abc import Iterable
from fractions import Fraction
from typing import Final, NamedTuple

from app.engine.events import Rows
from app.engine.units import ASK, BID, NULL

_BIDS: Final = (("bid", "bid_size"), ("bid2", "bid2_size"))
_ASKS: Final = (("ask", "ask_size"), ("ask2", "ask2_size"))


class OwnQuantity(NamedTuple):
    """Our acked open quantity displayed at one price: side +1 bid, -1 ask."""

    side: int
    price: int
    qty: int


class TouchExOwn(NamedTuple):
    """Best prices and sizes with own quantity taken out; None where nothing of others is known on a side."""

    bid: int | None
    bid_size: int
    ask: int | None
    ask_size: int

    def wmid(self) -> Fraction | None:
        """(Pa Qb + Pb Qa) / (Qa + Qb) in 1e-9; None without both sides."""
        if self.bid is None or self.ask is None or self.bid_size + self.ask_size <= 0:
            return None
        weighted = self.ask * self.bid_size + self.bid * self.ask_size
        return Fraction(weighted, self.bid_size + self.ask_size)


def touch_ex_own(touch: Rows, own: Iterable[OwnQuantity]) -> TouchExOwn:
    """Take own quantity out of the queues first; a level that is ours alone gives way to the next deeper one.

    `touch` is a row with the two best levels of each side. Own quantity never makes a size negative.
    """
    shown = list(own)
    bid, bid_size = _side(touch, BID, shown)
    ask, ask_size = _side(touch, ASK, shown)
    return TouchExOwn(bid, bid_size, ask, ask_size)


def _side(touch: Rows, side: int, own: list[OwnQuantity]) -> tuple[int | None, int]:
    for price_name, size_name in _BIDS if side == BID else _ASKS:
        price = int(touch[price_name])
        if price == NULL:
            return None, 0
        left = int(touch[size_name])
        for mine in own:
            if mine.side == side and mine.price == price:
                left -= mine.qty
        if left > 0:
            return price, left
    return None, 0
