"""From the board's rows of one order to what the trace shows of it."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.engine.units import MILLISECOND, NULL
from app.widgets import format as text
from app.widgets.happenings import Happened, Note, happened, notes_of
from app.widgets.pad import Pad
from app.widgets.pyramid import Path


class Plan(NamedTuple):
    """What the schedule wants: total, start (ns), end (ns, units.NULL unknown), share of the volume (NaN none)."""

    qty: int
    start: int
    end: int
    pov: float

    def planned(self, ts: NDArray[np.int64], path: Path) -> NDArray[np.float64]:
        """Planned quantity at times: a target rate goes before a straight line; NaN without a schedule."""
        if self.pov > 0:
            edges = np.concatenate([[self.start], np.maximum(ts, self.start)])  # times do not fall
            wanted = (self.pov * np.cumsum(path.traded(edges))).astype(np.float64)
            return np.minimum(wanted, np.float64(self.qty))
        if self.end == NULL or self.end <= self.start:
            return np.full(len(ts), np.nan)
        share: NDArray[np.float64] = np.clip((ts - self.start) / (self.end - self.start), 0.0, 1.0)
        return self.qty * share


@dataclass(frozen=True, slots=True)
class Course:
    """What the trace shows of one order: its instrument's path, its events, the price and time all is measured from."""

    title: str
    side: str
    path: Path
    events: Happened
    reference: float
    arrival: int
    last: int  # its end, or now
    known: int  # nothing newer is known before this time
    start: int
    end: int
    plan: Plan | None = None
    notes: tuple[Note, ...] = ()
    done_ts: NDArray[np.int64] | None = None  # live fills in the order of their times
    done: NDArray[np.int64] | None = None  # filled quantity after each of them


def course_of(pad: Pad, row: int) -> Course | None:
    """What the trace shows of a parent: from a little before its arrival to a little after its end or now."""
    if not 0 <= row < len(pad.parents):
        return None
    parent = pad.parents[row]
    path, say = pad.path(int(parent["instrument"])), pad.text
    reference, named = float(parent["arrival_mid"]), "arrival"
    if text.undefined(reference):
        known = path.mid.values[~np.isnan(path.mid.values)][:1]
        reference, named = (float(known[0]) if len(known) else float("nan")), "the first mid seen (no arrival mid)"
    arrival, end = int(parent["arrival_ts"]), int(parent["end_ts"])
    arrival = arrival if arrival != NULL else int(path.ts[0]) if len(path) else 0
    last = end if end != NULL else max(arrival, pad.watermark)
    room = max((last - arrival) // 20, 10 * MILLISECOND)
    events = pad.rows_of("events", row)
    side = say(int(parent["side"]))
    title = f"{say(int(parent['parent_id']))}  {say(int(parent['instrument']))}  {side}   mid vs {named}"
    if not text.undefined(reference):
        title += f" {text.price(reference)}, bps"
    mids = path.at(events["ts"])
    own, span = happened(events, reference, mids, pad), (arrival - room, last + room)
    return Course(
        title, side, path, own, reference, arrival, last, pad.watermark, *span, _plan(parent, arrival),
        notes_of(events, pad), *_done(pad, row),
    )  # fmt: skip


def _plan(parent: np.void, arrival: int) -> Plan:
    start, qty = int(parent["start_ns"]), int(parent["order_qty"])
    begun = start if start != NULL else arrival
    return Plan(qty if qty != NULL else 0, begun, int(parent["end_ns"]), float(parent["target_pov"]))


def _done(pad: Pad, row: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    fills = pad.rows_of("fills", row)
    flags, inverse = np.unique(fills["flags"], return_inverse=True)
    busted = np.array(["busted" in pad.text(i).split() for i in flags.tolist()], bool)[inverse]
    live = fills[~busted & (fills["ts_event"] != NULL)]
    live = live[np.argsort(live["ts_event"], kind="stable")]
    return live["ts_event"].copy(), np.cumsum(live["qty"])
