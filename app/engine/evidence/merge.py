"""The badge: which live parents stand out when one looks at all of them together (e-BH).

It is a badge and the default order of a list, never a condition of a colour: an order must not change colour because
another one arrived. The claim is about the set as it is now, not about what it was.
"""

from collections.abc import Mapping
from typing import Final

from app.engine.units import NULL, SECOND

RATE: Final = 0.10  # of false discoveries
TICK_NS: Final = SECOND  # event time between two looks at all orders together


def badge(e_values: Mapping[str, float], rate: float = RATE) -> frozenset[str]:
    """The parents whose e is among the k largest with e >= n / (rate k), for the largest such k."""
    ranked = sorted(e_values, key=lambda parent: (-e_values[parent], parent))
    n, kept = len(ranked), 0
    for k, parent in enumerate(ranked, start=1):
        if e_values[parent] * rate * k >= n:
            kept = k
    return frozenset(ranked[:kept])


class Badges:
    """Who wears the badge among the orders alive, and among all of the run, as of the last tick."""

    __slots__ = ("alive", "everyone", "tick")

    def __init__(self) -> None:
        self.alive: frozenset[str] = frozenset()
        self.everyone: frozenset[str] = frozenset()
        self.tick = NULL

    def due(self, t: int) -> bool:
        """True where t (ns) lies in another second than the last look."""
        return t // TICK_NS != self.tick

    def look(self, t: int, live: Mapping[str, float], everyone: Mapping[str, float]) -> frozenset[str]:
        """Look at E of the orders alive and of all; the orders alive whose badge has changed."""
        before, self.tick = self.alive, t // TICK_NS
        self.alive, self.everyone = badge(live), badge(everyone)
        return before ^ self.alive
