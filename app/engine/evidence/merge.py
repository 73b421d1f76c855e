"""The badge: which live parents stand out when one looks at all of them together (e-BH).

It is a badge and the default order of a list, never a condition of a colour: an order must not change colour because
another one arrived. The claim is about the set as it is now, not about what it was.
"""

from collections.abc import Mapping
from typing import Final

RATE: Final = 0.10  # of false discoveries


def badge(e_values: Mapping[str, float], rate: float = RATE) -> frozenset[str]:
    """The parents whose e is among the k largest with e >= n / (rate k), for the largest such k."""
    ranked = sorted(e_values, key=lambda parent: (-e_values[parent], parent))
    n, kept = len(ranked), 0
    for k, parent in enumerate(ranked, start=1):
        if e_values[parent] * rate * k >= n:
            kept = k
    return frozenset(ranked[:kept])
