"""A figure with its reason when undefined, and the exact units of money.

`mid2` is bid + ask in 1e-9; `money2` is size x (twice a price): half of 1e-9 quote currency per size unit, an
exact Python integer (inverse contracts: an exact Fraction). A *grain* is the integer unit that money and fees
of one instrument share, so that parts and total add up exactly.
"""

from fractions import Fraction
from typing import Final, Generic, NamedTuple, TypeAlias, TypeVar

from app.engine.units import NULL, PRICE_SCALE, QUALITIES

Exact: TypeAlias = int | Fraction
T = TypeVar("T")
HALF: Final = 2 * PRICE_SCALE  # one unit of quote currency in the doubled price of mid2


class Figure(NamedTuple, Generic[T]):
    """A value, or None with the reason in words (empty where the value is defined)."""

    value: T | None
    reason: str = ""


def because(what: str, quality: int) -> str:
    """The reason a figure is undefined: which mid is missing and its quality (units.QUALITIES)."""
    return f"{what}: {QUALITIES[quality]}"


def known_mid(mid2: int) -> int | None:
    """A mid2 from a kernel as the value used here: units.NULL becomes None."""
    return None if mid2 == NULL else mid2


def ratio(numerator: Exact, denominator: Exact, factor: int = 1) -> float | None:
    """factor * numerator / denominator, correctly rounded; None unless the denominator is positive."""
    if denominator <= 0:
        return None
    return float(factor * numerator / denominator)


def power_of_ten(exponent: int) -> int:
    """10**exponent, 1 for a negative one."""
    return 1 if exponent <= 0 else int(10**exponent)


class Scale(NamedTuple):
    """Money of one instrument: multiplier in 1e-9, sizes in 10**size_exponent, `minor` quote units per currency unit.

    currency = money2 * multiplier * 10**size_exponent / (2e18 * minor); fees come in 1e-9 currency.
    """

    multiplier: int = PRICE_SCALE
    size_exponent: int = 0
    minor: int = 1

    def grains(self, money2: Exact) -> Exact:
        """An amount in money2 as grains; integer for an integer."""
        return money2 * (self.multiplier * power_of_ten(self.size_exponent))

    def fee_grains(self, fee: int) -> int:
        """An amount in 1e-9 currency as grains."""
        return fee * HALF * self.minor * power_of_ten(-self.size_exponent)

    def ccy(self, grains: Exact) -> float:
        """Grains in units of currency, correctly rounded."""
        return float(grains / (HALF * PRICE_SCALE * self.minor * power_of_ten(-self.size_exponent)))

    def published(self, part: Figure[Exact]) -> float | None:
        """A part in grains in units of currency; None where undefined."""
        return None if part.value is None else self.ccy(part.value)
