"""One symbol's stream with its recent steps and the states it can go back to; opens and closes windows on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.engine.evidence.bucket import Before, cell, pool
from app.engine.evidence.reference import Inputs, Kernels
from app.engine.evidence.rows import (
    FLOW_GROUPS,
    FROZEN,
    HALTED,
    LENGTHS,
    LONGEST,
    PASSIVE,
    QUOTE_GROUPS,
    RING,
    SCORES,
    STEP,
    STEP_NS,
    STREAM,
    TRIGGERED,
)
from app.engine.evidence.score import Normalisation, Window, normalise, score
from app.engine.evidence.stream import CHECKS, YOUNG_NS, Glance, advance, begin, glance
from app.engine.jit import jit
from app.engine.units import BPS, MILLISECOND, NULL, SECOND

if TYPE_CHECKING:
    from app.engine.enrich.history import TouchHistory
    from app.engine.events import Rows
    from app.engine.evidence.model import Floats, Model

OPEN, SCORED, VOID = range(3)  # of a record
WINDOW_NS: Final = LONGEST * STEP_NS
BACK_NS: Final = WINDOW_NS + SECOND  # a late fact may have cut, or fallen into, a window that opened so long before
TRIGGER_NS: Final = 1_100 * MILLISECOND  # a passive child so soon after a trade counts as triggered by it
_HELD: Final = 20  # steps without two sides from which a window is cut


def _usable(ring: Rows, first: int, steps: int) -> int:
    """Steps of a window before it is cut; 0 where the market halted in it."""
    held = 0
    for d in range(steps):
        flags = int(ring[(first + d) % RING]["flags"])
        if flags & HALTED:
            return 0
        held = held + 1 if flags & FROZEN else 0
        if held >= _HELD:
            return d + 1
    return steps


usable = jit(_usable)


class Scratch(NamedTuple):
    """Arrays kernels write to."""

    steps: Floats
    raw: Floats
    e: Floats
    measured: Floats
    seen: Floats


def scratch() -> Scratch:
    """Fresh ones."""
    return Scratch(np.zeros((3, LONGEST)), np.zeros(SCORES), np.zeros(SCORES), np.zeros(2), np.zeros(5))


class Muted(NamedTuple):
    """Channels that say nothing: flow where own prints are missing, the fastest law where clocks are apart."""

    flow: bool = False
    fast: bool = False


class Symbol:
    """The stream of one instrument."""

    __slots__ = (
        "checks",
        "displayed",
        "history",
        "instrument",
        "kernels",
        "model",
        "own",
        "ring",
        "scratch",
        "shown",
        "stream",
        "tick",
    )

    def __init__(self, instrument: int, tick: int, kernels: Kernels, history: TouchHistory, model: Model) -> None:
        self.instrument = instrument
        self.tick = tick
        self.kernels = kernels
        self.history = history
        self.model = model
        self.stream: Any = np.zeros(1, STREAM)
        self.ring: Any = np.zeros(RING, STEP)
        self.checks: Any = np.zeros(CHECKS, STREAM)
        self.checks["cursor"] = NULL
        self.shown: dict[tuple[int, int], int] = {}
        self.displayed: NDArray[np.int64] = np.zeros((0, 3), np.int64)  # the same for kernels
        self.own: NDArray[np.int64] = np.zeros(0, np.int64)
        self.scratch = scratch()

    # -- the stream ------------------------------------------------------------------------------------------------

    def start(self) -> bool:
        """Begin with the first row of the history; False while there is none."""
        rows = self.history.ring(self.instrument)
        if not len(rows):
            return False
        begin(self.stream, int(rows["ts"][0]), self.model.tables.noise, float(rows["sigma2"][0]))
        return True

    @property
    def cursor(self) -> int:
        """Everything before this time has been heard."""
        return int(self.stream["cursor"][0])

    def inputs(self) -> Inputs:
        """What the kernels read and write."""
        h, prints = self.history, self.history.prints
        return Inputs(
            h.histories(), prints.pool, prints.offset, prints.count, self.instrument, self.stream, self.ring,
            self.checks, self.displayed, self.own, self.kernels, self.tick,
        )  # fmt: skip

    def advance(self, until: int) -> None:
        """Hear everything before a time; a market nobody has heard of yet has nothing to hear."""
        if self.cursor and until > self.cursor:
            advance(self.inputs(), until)

    def back(self, t: int) -> bool:
        """Go back to before a time; False, and nothing changes, where the history no longer reaches so far."""
        dropped = int(self.history.history.dropped[self.instrument])
        known = self.checks["cursor"]
        fits = (known != NULL) & (known <= t - BACK_NS) & (known > dropped)
        if not fits.any():
            if dropped != NULL:
                return False
            self.checks["cursor"] = NULL
            return self.start()
        best = int(np.argmax(np.where(fits, known, NULL)))
        self.stream[0] = self.checks[best]
        known[known > known[best]] = NULL
        return True

    def level(self) -> float:
        """What our own trades are expected to have moved the price by (bps of the anchor)."""
        own = self.stream["own_s"][0]
        total = 0.0
        for b in range(4):
            total += self.kernels.g[b] * own[b]
        return float(total)

    def show(self, side: int, price: int, change: int) -> None:
        """What we display at a price changes."""
        left = self.shown.get((side, price), 0) + change
        self.shown[side, price] = left
        if left <= 0:
            del self.shown[side, price]
        shown = [(side, price, qty) for (side, price), qty in self.shown.items()]
        self.displayed = np.array(shown, np.int64).reshape(-1, 3)

    def hide(self) -> None:
        """We display nothing any more."""
        self.shown, self.displayed = {}, np.zeros((0, 3), np.int64)

    # -- windows ---------------------------------------------------------------------------------------------------

    def open(self, t: int, side: int, kind: int, record: Any) -> None:
        """Write the state just before an event into a CHILD record; VOID where the market has no two sides."""
        stream, out = self.stream[0], self.scratch.seen
        glance(Glance(self.inputs(), t, out))
        record["t"], record["closed"], record["side"] = t, NULL, side
        record["state"] = OPEN if out[4] > 0 and self.tick > 0 else VOID
        if int(record["state"]) == VOID:
            record["closed"] = t
            return
        if kind == PASSIVE and int(stream["last_trade"]) >= t - TRIGGER_NS:
            kind = TRIGGERED
        tick = self.tick / int(stream["anchor"]) * BPS
        rate = stream["lam120"] / stream["seen120"] if stream["seen120"] > 0 else 0.0
        q = max(float(stream["q"]), 0.7 * float(stream["q_fast"]))
        before = Before(kind, side, out[3] > 0, out[2], stream["flow10"], rate, q, tick)
        record["cell"] = cell(before, self.model.tables)
        record["m"], record["p"], record["tick"] = out[0], out[1], tick
        record["step"] = (int(stream["end"]) - t) / STEP_NS
        record["before"] = stream["buys"] if side > 0 else stream["sells"]
        record["early"] = int(stream["began"]) == NULL or t - int(stream["began"]) < YOUNG_NS

    def close(self, record: Any, at: int, muted: Muted) -> None:
        """Score an open window that was cut at `at` (ns); VOID where it is too short or nothing traded."""
        t, first = int(record["t"]), int(record["t"]) // STEP_NS
        record["closed"] = at
        steps = self.usable(first, min(at - t, WINDOW_NS) // STEP_NS)
        place = -1
        for n, length in enumerate(LENGTHS):
            place = n if steps >= length else place
        record["length"], record["state"] = place, VOID
        if place < 0:
            return
        self.score(record, place)
        s, tables = self.scratch, self.model.tables
        at_cell = int(record["cell"])
        young = bool(record["early"])
        if not normalise(
            Normalisation(s.raw, at_cell, pool(at_cell), place, young, muted.flow, muted.fast, tables, s.e)
        ):
            return
        record["state"], record["e"] = SCORED, s.e
        record["y"] = s.measured[0] - tables.direct[at_cell, 0]
        record["c"] = s.measured[1] - tables.direct[at_cell, 1]
        for k in range(len(record["mix"])):
            flow, quote = s.raw[FLOW_GROUPS + k], s.raw[QUOTE_GROUPS + k]
            record["mix"][k] = flow / (flow + quote) if flow + quote > 0 else 0.0

    def score(self, record: Any, place: int) -> None:
        """Scores and direct measurements of a window of one of the lengths, into the scratch arrays."""
        s = self.scratch
        score(
            Window(
                self.ring, int(record["t"]) // STEP_NS, LENGTHS[place], int(record["side"]), int(record["before"]),
                float(record["step"]), float(record["m"]), float(record["p"]), float(record["tick"]),
                self.model.tables.laws, s.steps, s.raw, s.measured,
            )
        )  # fmt: skip

    def usable(self, first: int, steps: int) -> int:
        """How many steps of a window there are before the market halts or has been without two sides for a second."""
        return int(usable(self.ring, first, steps))

    # -- save and load -----------------------------------------------------------------------------------------------

    def save(self) -> dict[str, NDArray[Any]]:
        """The arrays; what is displayed is read again from the facts."""
        return {"stream": self.stream, "ring": self.ring, "checks": self.checks}

    def load(self, state: dict[str, NDArray[Any]]) -> None:
        """Take back what save() gave."""
        self.stream, self.ring, self.checks = (state[name].copy() for name in ("stream", "ring", "checks"))
