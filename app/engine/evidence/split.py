"""The drift of an order in four parts that add up to it: market, own expected impact, leak, and what is left.

All parts are exact fractions of a currency unit before they are published, so that they sum to the drift exactly.
"""

from fractions import Fraction
from typing import Final, NamedTuple

from app.engine.units import BPS

Z_90: Final = 1.645


class Split(NamedTuple):
    """Parts of a drift, in the unit it was given in."""

    market: Fraction
    own: Fraction
    leak: Fraction
    noise: Fraction


class Moves(NamedTuple):
    """What moved the price while an order was unfilled, each as bps of the order: sum of s R dX."""

    market: float
    own: float
    leak: float


def split(drift: Fraction, moves: Moves, value: Fraction) -> Split:
    """The parts of a drift on an order worth `value` at arrival; noise is the remainder."""
    market, own, leak = (Fraction(part) * value / BPS for part in moves)
    return Split(market, own, leak, drift - market - own - leak)


def band(deviation_bps: float, value: Fraction) -> Fraction:
    """Half the width of what chance does to the noise in 90 of 100 cases; the deviation is that of the shortfall."""
    return Fraction(Z_90) * Fraction(deviation_bps) * value / BPS
