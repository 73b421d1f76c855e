"""Posts and their rhythm: how much of what was posted passively got filled in time, how regular the orders were.

A post is passive quantity at one price: a new order, or a replace, which ends the post before it. As managed: what was
cancelled or replaced is not filled.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from app.engine.metrics.figure import Figure, ratio
from app.engine.units import SECOND

WITHIN_NS: Final = (SECOND, 5 * SECOND, 30 * SECOND)
NO_POST: Final = "no passive post has had that long yet"
FEW_ORDERS: Final = "fewer than three new orders"
AT_ONCE: Final = "all at once"


class Post(NamedTuple):
    """Passive quantity (> 0) posted at a time (ns), and what of it was filled within each of WITHIN_NS."""

    ts: int
    qty: int
    filled: tuple[int, int, int]


class Counted(NamedTuple):
    """A figure and how many posts, gaps or orders it rests on."""

    figure: Figure[float]
    n: int


def filled_share(posts: Iterable[Post], within: int, since: int, until: int) -> Counted:
    """Filled over posted quantity, of posts in (since, until] that have had their time; `within` of WITHIN_NS."""
    asked = filled = count = 0
    length = WITHIN_NS[within]
    for post in posts:
        if since < post.ts <= until - length:
            asked += post.qty
            filled += min(post.filled[within], post.qty)
            count += 1
    share = ratio(filled, asked)
    return Counted(Figure(None, NO_POST) if share is None else Figure(share), count)


class Cadence(NamedTuple):
    """Median gap (s), standard deviation of the gaps over their mean, share of the commonest size."""

    gap_s: Counted
    variation: Counted
    same_size: Counted


def cadence(orders: Sequence[tuple[int, int]], since: int, until: int) -> Cadence:
    """Rhythm of new orders, (time in ns, quantity) by time, in (since, until]: 0 variation is a clock, 1 chance."""
    mine = [(ts, qty) for ts, qty in orders if since < ts <= until]
    gaps = sorted(later - earlier for (earlier, _), (later, _) in pairwise(mine))
    n = len(gaps)
    if n < 2:
        none: Counted = Counted(Figure(None, FEW_ORDERS), n)
        return Cadence(none, none, Counted(Figure(None, FEW_ORDERS), len(mine)))
    median = (gaps[(n - 1) // 2] + gaps[n // 2]) / (2 * SECOND)
    total = mine[-1][0] - mine[0][0]
    squares = 0
    for gap in gaps:
        squares += gap * gap
    # variance over squared mean, n sum g^2 / (sum g)^2 - 1, in integers: equal gaps are exactly 0
    spread = Figure(None, AT_ONCE) if total == 0 else Figure(math.sqrt((n * squares - total * total) / (total * total)))
    commonest = Counter(qty for _, qty in mine).most_common(1)[0][1]
    return Cadence(Counted(Figure(median), n), Counted(spread, n), Counted(Figure(commonest / len(mine)), len(mine)))
