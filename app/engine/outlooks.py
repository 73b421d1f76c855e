"""Board columns of how an order is expected to end: P(complete), what is left, when, all at its own pace of late.

The pace is that since the order is worked as it is now: its start, its last switch or resumption.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from app.engine.metrics.completion import Outlook, outlook, pace_of
from app.engine.metrics.figure import Figure
from app.engine.units import NULL

if TYPE_CHECKING:
    from app.engine.events import Rows
    from app.engine.layout import Sink
    from app.engine.orders.facts import Parent
    from app.engine.orders.standing import Standing

_CHANGED: Final = frozenset(("algo_switched", "algo_resumed"))


class Expected(NamedTuple):
    """How it ends at its pace; `finish_ns` None where that would be after years."""

    ends: Outlook
    finish_ns: int | None


def expected(parent: Parent, standing: Standing, now_ns: int) -> Figure[Expected]:
    """What an order's pace says of its end at an event time, or why it says nothing."""
    qty, end, arrival = standing.order_qty, standing.attributes.get("end_ns"), standing.arrival
    if standing.closing is not None:
        return Figure(None, "the order is over")
    if arrival is None or not qty:
        return Figure(None, "no arrival or quantity")
    if not isinstance(end, int):
        return Figure(None, "no end time")
    if standing.paused:
        return Figure(None, "paused: it has no pace")
    start = standing.attributes.get("start_ns")
    since = start if isinstance(start, int) else arrival.row.ts_event
    for fact in parent.facts:
        if fact.row.kind in _CHANGED:
            since = max(since, fact.row.ts_event)
    fills = sorted((fill.fact.row.ts_event, fill.standing_qty) for fill in standing.executions.fills)
    times = np.array([ts for ts, _ in fills], np.int64)
    totals = list(accumulate(done for _, done in fills))
    pace = pace_of(times, totals, (since, now_ns))
    if pace.value is None:
        return Figure(None, pace.reason)
    rest = qty - standing.filled
    return Figure(Expected(outlook(pace.value, rest, end - now_ns), pace.value.finish_ns(rest, now_ns)))


def write(rows: Rows, k: int, found: Figure[Expected], sink: Sink) -> None:
    """Put it into row k of layout.PARENT_ROW; where it is undefined the figures at the rate so far stay."""
    row = rows[k]
    row["p_complete_why"] = sink.intern(found.reason)
    for name in ("p_complete", "p_complete_low", "p_complete_high", "unfilled_low", "unfilled_high"):
        row[name] = np.nan
    if found.value is None:
        return
    ends, finish = found.value
    row["p_complete"], row["p_complete_low"], row["p_complete_high"] = ends.probability, ends.low, ends.high
    row["expected_unfilled"], row["unfilled_low"], row["unfilled_high"] = ends.left, ends.left_low, ends.left_high
    row["expected_finish_ns"] = NULL if finish is None else finish
