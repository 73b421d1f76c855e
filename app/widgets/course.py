"""From the board's rows of one order to what the trace shows of it."""

import numpy as np

from app.engine.units import MILLISECOND, NULL
from app.widgets import format as text
from app.widgets.marks import happened
from app.widgets.pad import Pad
from app.widgets.trace import Course


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
    return Course(title, side, path, own, reference, arrival, last, pad.watermark, *span)
