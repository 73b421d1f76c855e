"""Row layouts of the board: what the engine publishes and every reader sees.

Sections hold numpy rows. `parents`, `fills` and `children` carry every output column (schema.py) under its
own name: text as an index into the string arena (0 = empty), integers with units.NULL, floats with NaN as undefined.
"""

import hashlib
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from app.engine import schema
from app.engine.events import Rows
from app.engine.units import POINTS

VERSION: Final = 1
_TYPES: Final = {"str": "u4", "i8": "i8", "px": "f8", "f8": "f8", "bool": "i1"}  # bool: -1 undefined


def _row(columns: tuple[schema.Column, ...], extra: list[tuple[str, str]]) -> np.dtype[np.void]:
    return np.dtype([(c.name, _TYPES[c.kind]) for c in columns] + extra, align=True)


# Board-only columns: what the blotter needs beside the definitive figures.
PARENT_ROW: Final = _row(
    schema.PARENTS,
    [
        ("desk", "u4"), ("broker", "u4"), ("basket_id", "u4"), ("link_id", "u4"), ("order_type", "u4"), ("text", "u4"),
        ("state", "u4"),  # live, paused, done, cancelled
        ("start_ns", "i8"), ("end_ns", "i8"), ("target_pov", "f8"), ("limit_px", "f8"), ("limit_state", "u4"),
        ("done_pct", "f8"), ("planned_pct", "f8"), ("expected_finish_ns", "i8"), ("expected_unfilled", "f8"),
        ("remaining_ccy", "f8"), ("mid", "f8"), ("last_ts", "i8"), ("level_since", "i8"), ("fill_probability", "f8"),
        # P(complete by end_ns) at the own pace with its 90 % interval, what is left then with its, why undefined
        ("p_complete", "f8"), ("p_complete_low", "f8"), ("p_complete_high", "f8"), ("unfilled_low", "f8"),
        ("unfilled_high", "f8"), ("p_complete_why", "u4"),
        # money of the projected leak, and what of it an order alive can still save
        ("leak_projected_ccy", "f8"), ("at_risk_ccy", "f8"),
    ],
)  # fmt: skip
# What the mid did around the own events of a parent; the row has the parent's number. Per class and point: weighted
# mean and 90 % interval in bps (NaN undefined; no interval below 8 clusters), non-overlapping clusters, events without
# a value. `markout` is of the fills, by quantity, against their price; the other classes are s(m[t+h] - m[t-])/m[t-].
# `placebo_*`: where such a mean lies 9 times of 10 around `placebos` quiet moments of the symbol (NaN: too few).
EVENT_CLASSES: Final = ("new", "replace", "cancel", "aggressive", "passive", "markout")
_CURVES: Final = (len(EVENT_CLASSES), len(POINTS))
REACTION_ROW: Final = np.dtype(
    [
        ("parent_row", "i4"), ("pad", "i4"), ("events", "i4", _CURVES[:1]),
        ("mean", "f8", _CURVES), ("low", "f8", _CURVES), ("high", "f8", _CURVES),
        ("clusters", "i4", _CURVES), ("undefined", "i4", _CURVES),
        ("placebo_low", "f8", _CURVES), ("placebo_high", "f8", _CURVES), ("placebos", "i4", (len(POINTS),)),
    ],
    align=True,
)  # fmt: skip
# How a parent is being worked, over its life and of late; the row has the parent's number. Per figure: value (NaN
# undefined), what it rests on, why it is undefined. Both spans are (since, until].
WORKED: Final = (
    "filled_1s", "filled_5s", "filled_30s",  # share of posted passive quantity filled within, as managed
    "aggressor_share", "inferred_share",  # ours, and how much of it was told by price
    "market_aggressor_share",  # of the market's volume by aggressor, the part on our side
    "participation",
    "gap_s", "gap_variation", "same_size",  # between new orders: median, standard deviation over mean; commonest size
)  # fmt: skip
SPANS: Final = ("life", "recent")
WORKED_ROW: Final = np.dtype(
    [
        ("parent_row", "i4"), ("pad", "i4"), ("since", "i8", (len(SPANS),)), ("until", "i8"),
        ("value", "f8", (len(WORKED), len(SPANS))), ("n", "i8", (len(WORKED), len(SPANS))),
        ("why", "u4", (len(WORKED), len(SPANS))),
    ],
    align=True,
)  # fmt: skip
# What the evidence on a parent is made of; the row has the parent's number. Of the last epochs, oldest first (an epoch
# begins with an algo): when it began (ns, NULL: with the order), scored children, E, model estimate with its 90 %
# interval (bps of S x arrival), smallest leak seen with 80 % power, the light it ended with. Of the epoch of now: the
# model estimate over its last RECENT children, at completion, and measured directly (`direct_half`: half the interval
# of the leak of the split). `top`: what explains it best. Of the last switch: cost had it gone on, since, the saving.
EPOCHS: Final = 4
RECENT: Final = 40
_PER_EPOCH: Final = (EPOCHS,)
EVIDENCE_ROW: Final = np.dtype(
    [
        ("parent_row", "i4"), ("epochs", "i4"), ("began", "i8", _PER_EPOCH), ("children", "i8", _PER_EPOCH),
        ("e", "f8", _PER_EPOCH), ("leak", "f8", _PER_EPOCH), ("low", "f8", _PER_EPOCH), ("high", "f8", _PER_EPOCH),
        ("detectable", "f8", _PER_EPOCH), ("light", "u4", _PER_EPOCH),
        ("recent_children", "i8"), ("recent", "f8"), ("recent_low", "f8"), ("recent_high", "f8"),
        ("projected", "f8"), ("projected_low", "f8"), ("projected_high", "f8"),
        ("projected_ccy", "f8"), ("at_risk_ccy", "f8"),
        ("direct", "f8"), ("direct_low", "f8"), ("direct_high", "f8"), ("direct_half", "f8"),
        ("before", "f8"), ("since", "f8"), ("saving", "f8"), ("saving_low", "f8"), ("saving_high", "f8"),
        ("verdict", "u4"), ("verdict_reason", "u4"),
        ("least_children", "f8"), ("see_at_most", "f8"), ("top", "u4"), ("pad", "i4"),
    ],
    align=True,
)  # fmt: skip
ATTRIBUTION_ROW: Final = _row(schema.ATTRIBUTION, [])  # leak by cause over all orders, once the data has ended
FILL_ROW: Final = _row(schema.FILLS, [("parent_row", "i4"), ("instrument", "u4")])
CHILD_ROW: Final = _row(schema.CHILDREN, [("parent_row", "i4"), ("instrument", "u4"), ("side", "u4")])
INSTRUMENT_ROW: Final = np.dtype(
    [
        ("instrument", "u4"), ("currency", "u4"), ("quality", "u4"), ("n_venues", "i4"), ("size_exponent", "i4"),
        ("ts", "i8"),
        ("bid", "f8"), ("ask", "f8"), ("bid_size", "i8"), ("ask_size", "i8"), ("mid", "f8"), ("wmid", "f8"),
        ("wmid_ex_own", "f8"), ("volume", "i8"), ("vwap", "f8"), ("sigma_day", "f8"),
    ],
    align=True,
)  # fmt: skip
# One point of an instrument's price path, final once put: `instrument` is the row of the instruments section, `mid`
# NaN while undefined, `volume` the running total.
TRACE_ROW: Final = np.dtype([("ts", "i8"), ("mid", "f8"), ("volume", "i8"), ("instrument", "i4"), ("pad", "i4")])
# One own event: for the shapes on the impact trace, and to find the message it came in by (source, seq). `child` is the
# chain's name, `algo` the strategy where the event says one.
EVENT_ROW: Final = np.dtype(
    [
        ("ts", "i8"), ("px", "f8"), ("qty", "i8"), ("seq", "i8"),
        ("parent_row", "i4"), ("kind", "u4"), ("liquidity", "u4"), ("id", "u4"),
        ("source", "u4"), ("child", "u4"), ("algo_order", "u4"), ("algo", "u4"), ("instrument", "u4"), ("text", "u4"),
    ],
    align=True,
)  # fmt: skip
# One source of the run, for the health strip. `lag_ns`: event time that is read of it and not applied yet.
SOURCE_ROW: Final = np.dtype(
    [
        ("source", "u4"), ("state", "u4"), ("last_ts", "i8"), ("rows", "i8"), ("late", "i8"), ("gaps", "i8"),
        ("lag_ns", "i8"),
    ],
    align=True,
)  # fmt: skip

# Of the control process's own board. One algo order and what is under way on it; `since_ns`: when it got there.
SWITCH_ROW: Final = np.dtype(
    [
        ("order_id", "u4"), ("parent_id", "u4"), ("instrument", "u4"), ("algo", "u4"),
        ("state", "u4"), ("words", "u4"), ("alarm", "u4"), ("request", "u4"), ("accepted", "u4"), ("killed", "u4"),
        ("qty", "i8"), ("cum", "i8"), ("held", "i8"), ("leaves", "i8"), ("version", "i8"),
        ("since_ns", "i8"), ("deadline_ns", "i8"),
        ("paused", "i1"), ("pending", "i1"), ("online", "i1"), ("foreign", "i1"), ("pad", "i4"),
    ],
    align=True,
)  # fmt: skip
# One line of the message log: a message out or in (raw FIX as text, one character a byte), a state, a remark.
SWITCH_LOG_ROW: Final = np.dtype(
    [
        ("ts", "i8"), ("seq", "i8"), ("order_id", "u4"), ("direction", "u4"), ("kind", "u4"), ("state", "u4"),
        ("words", "u4"), ("alarm", "u4"), ("raw", "u4"), ("parent_id", "u4"),
    ],
    align=True,
)  # fmt: skip
# One scope of the kill switch; `active` 0 once released.
KILL_ROW: Final = np.dtype([("ts", "i8"), ("scope", "u4"), ("active", "i4")], align=True)

SECTIONS: Final[dict[str, np.dtype[np.void]]] = {
    "parents": PARENT_ROW,
    "fills": FILL_ROW,
    "children": CHILD_ROW,
    "instruments": INSTRUMENT_ROW,
    "trace": TRACE_ROW,
    "events": EVENT_ROW,
    "sources": SOURCE_ROW,
    "reactions": REACTION_ROW,
    "worked": WORKED_ROW,
    "evidence": EVIDENCE_ROW,
    "attribution": ATTRIBUTION_ROW,
    "switches": SWITCH_ROW,
    "switch_log": SWITCH_LOG_ROW,
    "kills": KILL_ROW,
}


def layout_hash() -> str:
    """SHA-256 over version, section names, field names, types and offsets: reader and writer must agree."""
    digest = hashlib.sha256(str(VERSION).encode())
    for name, dtype in sorted(SECTIONS.items()):
        digest.update(f"{name}:{dtype.descr}:{dtype.itemsize}".encode())
    return digest.hexdigest()


class Sink(Protocol):
    """Where the engine publishes: the board, or memory in tests."""

    def intern(self, text: str) -> int:
        """Index of a text in the string arena; 0 is the empty text."""

    def put(self, section: str, index: NDArray[np.int64], rows: Rows) -> None:
        """Write rows at the given indices (growing the section) and record them in the change ring."""

    def length(self, section: str) -> int:
        """Rows written so far in a section."""

    def beat(self, watermark: int) -> None:
        """Close one publication: everything up to the watermark (ns, event time) is on the board."""
