"""How the fills were had: aggressor share, spread capture of passive and price improvement of aggressive fills.

Figures named for what they gain: positive is good. A fill without a known liquidity is classified by its price
against the mid of its own touch; the share so classified is shown. Auction and dark fills are neither.
"""

from typing import Final, NamedTuple

from app.engine.metrics.figure import ratio
from app.engine.units import BPS

ADDED: Final = "A"
REMOVED: Final = "R"


class TouchedFill(NamedTuple):
    """One fill and the touch before it: liquidity letter (None unknown), prices in 1e-9 (None = no quote)."""

    side: int
    qty: int
    price: int
    bid: int | None
    ask: int | None
    liquidity: str | None


def classified(fill: TouchedFill) -> str | None:
    """`R` on the far side of the mid, `A` on the near side; None at the mid or without a two-sided touch."""
    if fill.bid is None or fill.ask is None:
        return None
    beyond = fill.side * (2 * fill.price - fill.bid - fill.ask)
    if beyond == 0:
        return None
    return REMOVED if beyond > 0 else ADDED


class Liquidity:
    """Running quantities of one parent; `enter(fill, -1)` takes a busted fill back."""

    __slots__ = (
        "removed", "added", "inferred", "unknown", "elsewhere", "captured", "spread", "improved", "improved_over",
    )  # fmt: skip

    def __init__(self) -> None:
        self.removed = 0
        self.added = 0
        self.inferred = 0  # of removed and added: classified by price
        self.unknown = 0  # could not be classified
        self.elsewhere = 0  # auction, dark
        self.captured = 0  # sum of q s (far - p), passive
        self.spread = 0  # sum of q (ask - bid), passive
        self.improved = 0  # sum of q s (far - p), aggressive
        self.improved_over = 0  # sum of q mid2, aggressive

    def enter(self, fill: TouchedFill, sign: int = 1) -> None:
        """Enter a fill (sign -1: take it back)."""
        qty = sign * fill.qty
        kind = classified(fill) if fill.liquidity is None else fill.liquidity
        if kind is None:
            self.unknown += qty
        elif kind == REMOVED:
            self.removed += qty
        elif kind == ADDED:
            self.added += qty
        else:
            self.elsewhere += qty
            return
        if kind is None or fill.bid is None or fill.ask is None:
            return
        self.inferred += qty if fill.liquidity is None else 0
        gain = fill.side * ((fill.ask if fill.side > 0 else fill.bid) - fill.price)
        if kind == ADDED:
            self.captured += qty * gain
            self.spread += qty * (fill.ask - fill.bid)
        else:
            self.improved += qty * gain
            self.improved_over += qty * (fill.bid + fill.ask)

    def aggressor_share(self) -> float | None:
        """Removed over removed and added, in [0, 1]; None while nothing is classified."""
        return ratio(self.removed, self.removed + self.added)

    def inferred_share(self) -> float | None:
        """Share of the classified quantity that was classified by price."""
        return ratio(self.inferred, self.removed + self.added)

    def spread_capture(self) -> float | None:
        """Passive fills: sum q s (far - p) / sum q (ask - bid); 1 at the near touch, 0 at the far one."""
        return ratio(self.captured, self.spread)

    def price_improvement_bps(self) -> float | None:
        """Aggressive fills: sum q s (far - p) / sum q m in bps; positive inside the far touch."""
        return ratio(2 * self.improved, self.improved_over, BPS)

    def state(self) -> tuple[int, ...]:
        """Every attribute in order."""
        return tuple(getattr(self, name) for name in self.__slots__)

    @classmethod
    def from_state(cls, state: tuple[int, ...]) -> "Liquidity":
        """The sums whose `state()` this is."""
        sums = cls()
        for name, value in zip(cls.__slots__, state, strict=True):
            setattr(sums, name, value)
        return sums
