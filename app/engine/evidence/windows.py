"""Windows of own events on a stream: the state just before one is noted, what followed is scored when it is over."""

from typing import NamedTuple

import numpy as np

from app.engine.bits import exp
from app.engine.events import Rows
from app.engine.evidence.bucket import Before, cell, pool
from app.engine.evidence.model import Floats, Tables
from app.engine.evidence.reference import Inputs
from app.engine.evidence.retreats import retreat_rate
from app.engine.evidence.rows import (
    BLOCKS,
    FOLLOWS_S,
    FROZEN,
    HALTED,
    LAWS,
    LENGTHS,
    LONGEST,
    PASSIVE,
    RING,
    SCORES,
    STEP_NS,
    TRIGGERED,
)
from app.engine.evidence.score import Normalisation, Window, normalise, score
from app.engine.evidence.stream import YOUNG_NS, Glance, glance
from app.engine.jit import jit
from app.engine.units import BPS, MILLISECOND, NULL, SECOND

OPEN, SCORED, VOID = range(3)  # of a record
WINDOW_NS = LONGEST * STEP_NS
TRIGGER_NS = 1_100 * MILLISECOND  # a passive child so soon after a trade counts as triggered by it
HELD = 20  # steps without two sides from which a window is cut


class Scratch(NamedTuple):
    """Arrays kernels write to, the same for all symbols."""

    blocks: Floats
    sides: Floats
    raw: Floats
    e: Floats
    measured: Floats
    seen: Floats


def scratch() -> Scratch:
    """Fresh ones."""
    return Scratch(np.zeros(BLOCKS), np.zeros((2, LAWS)), np.zeros(SCORES), np.zeros(SCORES), np.zeros(2), np.zeros(5))


def _usable(ring: Rows, first: int, steps: int) -> int:
    """Steps of a window before it is cut; 0 where the market halted in it."""
    held = 0
    for d in range(steps):
        flags = int(ring[(first + d) % RING]["flags"])
        if flags & HALTED:
            return 0
        held = held + 1 if flags & FROZEN else 0
        if held >= HELD:
            return d + 1
    return steps


usable = jit(_usable)


class Opening(NamedTuple):
    """An event of a class at `t` that is to become row `number` of some CHILD records; the stream stands at t."""

    inputs: Inputs
    t: int
    side: int
    kind: int
    records: Rows
    number: int
    tables: Tables
    scratch: Scratch


def _open_window(o: Opening) -> None:
    """Write the state just before an event into its record; VOID where the market has no two sides."""
    x, seen, record = o.inputs.stream[0], o.scratch.seen, o.records[o.number]
    glance(Glance(o.inputs, o.t, seen))
    record["t"], record["closed"], record["side"], record["state"] = o.t, NULL, o.side, OPEN
    if seen[4] <= 0 or o.inputs.tick <= 0:
        record["closed"], record["state"] = o.t, VOID
        return
    x["watched"] = max(x["watched"], o.t + WINDOW_NS + STEP_NS)
    kind = o.kind
    if kind == PASSIVE and x["last_trade"] >= o.t - TRIGGER_NS:
        kind = TRIGGERED
    tick = o.inputs.tick / x["anchor"] * BPS
    rate = x["lam120"] / x["seen120"] if x["seen120"] > 0 else 0.0
    q = max(x["q"], 0.7 * x["q_fast"])
    record["cell"] = cell(Before(kind, o.side, seen[3] > 0, seen[2], x["flow10"], rate, q, tick), o.tables)
    record["m"], record["p"], record["tick"] = seen[0], seen[1], tick
    record["step"] = (x["end"] - o.t) / STEP_NS
    record["before"] = x["buys"] if o.side > 0 else x["sells"]
    left = exp(-((o.t - x["hot_at"]) / SECOND) / FOLLOWS_S) if x["hot_at"] != NULL else 0.0
    record["hot"] = left * x["hot"][0 if o.side > 0 else 1]
    record["retreats"], record["along"] = retreat_rate(o.inputs), x["along"]
    record["early"] = 1 if x["began"] == NULL or o.t - x["began"] < YOUNG_NS else 0


open_window = jit(_open_window)


class Closing(NamedTuple):
    """The open window of a record that ends at `at` (ns); what of its channels says nothing."""

    ring: Rows
    records: Rows
    number: int
    at: int
    mute_flow: bool
    mute_fast: bool
    tables: Tables
    scratch: Scratch


class Judgement(NamedTuple):
    """The window of a record to be scored at one of the lengths."""

    ring: Rows
    records: Rows
    number: int
    place: int
    tables: Tables
    scratch: Scratch


def _judge(j: Judgement) -> None:
    """Scores and direct measurements of a window into the scratch arrays."""
    record, s = j.records[j.number], j.scratch
    score(
        Window(
            j.ring, int(record["t"]) // STEP_NS, j.place, int(record["side"]), int(record["before"]),
            float(record["hot"]), float(record["retreats"]), float(record["along"]), float(record["step"]),
            float(record["m"]), float(record["p"]), float(record["tick"]), j.tables.laws, j.tables.matched, s.blocks,
            s.sides, s.raw, s.measured,
        )
    )  # fmt: skip


judge = jit(_judge)


def _close_window(c: Closing) -> None:
    """Score an open window that was cut; VOID where it is too short or nothing traded."""
    record, s = c.records[c.number], c.scratch
    t = int(record["t"])
    steps = usable(c.ring, t // STEP_NS, min(c.at - t, WINDOW_NS) // STEP_NS)
    place = -1
    for n in range(len(LENGTHS)):
        place = n if steps >= LENGTHS[n] else place
    record["closed"], record["length"], record["state"] = c.at, place, VOID
    if place < 0:
        return
    judge(Judgement(c.ring, c.records, c.number, place, c.tables, s))
    at = int(record["cell"])
    young = record["early"] != 0
    if not normalise(Normalisation(s.raw, at, pool(at), place, young, c.mute_flow, c.mute_fast, c.tables, s.e)):
        return
    record["state"] = SCORED
    for k in range(SCORES):
        record["e"][k] = s.e[k]
    record["y"] = s.measured[0] - c.tables.direct[at, 0]
    record["c"] = s.measured[1] - c.tables.direct[at, 1]


close_window = jit(_close_window)
