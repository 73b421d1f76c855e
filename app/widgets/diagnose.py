"""How an order is being worked, from its rows on the board: fill probability, aggression, participation, cadence.

Plain numpy without Qt. Undefined is NaN, with the reason in words.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.engine.events import Rows
from app.engine.units import NULL, SECOND
from app.widgets.columns import NO_FILL, NOT_MEASURED, Texts
from app.widgets.pyramid import Path
from app.widgets.response import live_fills, said

WITHIN: Final = ((SECOND, "1 s"), (5 * SECOND, "5 s"), (30 * SECOND, "30 s"))
NO_QUEUE: Final = "needs the queue (L3) replayed with the order left in it"
NO_POST: Final = "no passive child has had that long yet"
FEW_POSTS: Final = "fewer than three children"


class Span(NamedTuple):
    """A stretch of event time, ns: from (excluded) to (included)."""

    since: int
    until: int


class Finding(NamedTuple):
    """A figure (NaN undefined), why it is undefined, and what it rests on."""

    value: float
    why: str = ""
    n: int = 0


def fill_probability(children: Rows, fills: Rows, within: int, span: Span, texts: Texts) -> Finding:
    """Share of posted passive quantity that was filled within a time, as managed: what was cancelled is not filled.

    Passive: the limit rested behind the mid before it. Posts that have not had their time yet are left out.
    """
    price, mid = children["price"], children["child_arrival_mid"]
    side = np.where(said(children["side"], texts) == "BUY", 1, -1)
    had = (children["ts_new"] > span.since) & (children["ts_new"] + within <= span.until)
    posts = children[had & (children["ts_new"] != NULL) & (children["qty"] > 0) & (side * (price - mid) < 0)]
    if not len(posts):
        return Finding(float("nan"), NO_POST)
    live = fills[live_fills(fills, texts)]
    order = np.argsort(posts["child_id"], kind="stable")
    names = posts["child_id"][order]
    place = np.searchsorted(names, live["child_id"])
    place = np.minimum(place, len(names) - 1)
    mine = names[place] == live["child_id"]
    soon = mine & (live["ts_event"] <= posts["ts_new"][order][place] + within)
    filled = int(live["qty"][soon].sum())
    return Finding(min(filled / int(posts["qty"].sum()), 1.0), n=len(posts))


def aggressor_share(fills: Rows, span: Span, texts: Texts) -> Finding:
    """Removed over removed and added, of live fills whose liquidity is told."""
    live = fills[live_fills(fills, texts) & _inside(fills["ts_event"], span)]
    letter = said(live["liquidity"], texts)
    removed, added = (int(live["qty"][letter == name].sum()) for name in ("R", "A"))
    if not removed + added:
        return Finding(float("nan"), NO_FILL)
    return Finding(removed / (removed + added), n=int(((letter == "R") | (letter == "A")).sum()))


def participation(fills: Rows, path: Path, span: Span, texts: Texts) -> Finding:
    """Own filled quantity of the market's volume in the span."""
    live = fills[live_fills(fills, texts) & _inside(fills["ts_event"], span)]
    volume = int(path.traded(np.array([span.since + 1, span.until + 1]))[0]) if len(path) else 0
    if volume <= 0:
        return Finding(float("nan"), "no market volume in that time")
    return Finding(int(live["qty"].sum()) / volume, n=len(live))


class Cadence(NamedTuple):
    """Rhythm of the posts: median gap (s), coefficient of variation of the gaps, share of the commonest size."""

    gap_s: Finding
    variation: Finding
    same_size: Finding


def cadence(children: Rows, span: Span) -> Cadence:
    """How regular the posts are: equal gaps and equal sizes are what others look for."""
    mine = children[_inside(children["ts_new"], span)]
    gaps = np.diff(np.sort(mine["ts_new"])) / SECOND
    if len(gaps) < 2:
        none = Finding(float("nan"), FEW_POSTS)
        return Cadence(none, none, none)
    mean = float(gaps.mean())
    variation = Finding(float(gaps.std()) / mean, n=len(gaps)) if mean > 0 else Finding(float("nan"), "all at once")
    _, counts = np.unique(mine["qty"], return_counts=True)
    return Cadence(
        Finding(float(np.median(gaps)), n=len(gaps)), variation, Finding(int(counts.max()) / len(mine), n=len(mine))
    )


def others_flow() -> Finding:
    """Same-side flow of others after our events."""
    return Finding(float("nan"), NOT_MEASURED)


def _inside(ts: NDArray[np.int64], span: Span) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = (ts != NULL) & (ts > span.since) & (ts <= span.until)
    return inside
