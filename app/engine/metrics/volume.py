"""Benchmarks of the tape and the clock: VWAP with and ex own, participation, TWAP, PWP; exact until published.

A `Window` is the difference of an instrument's running sums between two moments. Volumes are sizes of eligible
prints (regular, odd, block), own ones included; notionals sum price x size in 1e-9; prices come out in 1e-9.
"""

from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

from app.engine.metrics.figure import Figure, power_of_ten, ratio
from app.engine.units import PRICE_SCALE


class Window(NamedTuple):
    """Market between two moments: volume, notional, integral of mid2 over ns, ns for which a mid was defined."""

    volume: int
    notional: int
    mid_time2: int = 0
    covered_ns: int = 0


def window(then: Window, now: Window) -> Window:
    """What happened between two readings of the running sums."""
    return Window(*(b - a for a, b in zip(then, now, strict=True)))


def vwap(market: Window) -> Figure[Fraction]:
    """Notional over volume."""
    if market.volume <= 0:
        return Figure(None, "no market volume")
    return Figure(Fraction(market.notional, market.volume))


def vwap_ex_own(market: Window, own_volume: int, own_notional: int) -> Figure[Fraction]:
    """VWAP of the others: vwap V = own notional + vwap_ex (V - own). Own fills off the tape are not passed in."""
    if market.volume <= own_volume:
        return Figure(None, "no market volume but our own")
    return Figure(Fraction(market.notional - own_notional, market.volume - own_volume))


def twap(market: Window) -> Figure[Fraction]:
    """Time-weighted mid over the time in which a mid was defined."""
    if market.covered_ns <= 0:
        return Figure(None, "no mid over the time")
    return Figure(Fraction(market.mid_time2, 2 * market.covered_ns))


def participation(own: int, volume: int) -> float | None:
    """Own over eligible volume, own included; None without volume."""
    return ratio(own, volume)


def pct_adv(qty: int, size_exponent: int, adv: float | None) -> float | None:
    """Order quantity over average daily volume (whole units), as a fraction; None without reference data."""
    if adv is None or not adv > 0:
        return None
    whole, parts = adv.as_integer_ratio()
    return qty * power_of_ten(size_exponent) * parts / (whole * power_of_ten(-size_exponent))


def pwp(prints: Iterable[tuple[int, int]], executed: int, rate: Fraction) -> Figure[Fraction]:
    """Participation-weighted price: VWAP of (price, size) prints from arrival until volume = executed / rate.

    The last print counts with what is still wanted of it. Undefined while the tape is shorter.
    """
    wanted = executed / rate
    if wanted <= 0:
        return Figure(None, "nothing executed")
    left, notional = wanted, Fraction(0)
    for price, size in prints:
        taken = min(left, Fraction(size))
        notional += price * taken
        left -= taken
        if left == 0:
            return Figure(notional / wanted)
    return Figure(None, "not enough market volume yet")


def published(price: Figure[Fraction]) -> float | None:
    """A price in 1e-9 as quote currency, correctly rounded; None where undefined."""
    return None if price.value is None else price.value.numerator / (price.value.denominator * PRICE_SCALE)
