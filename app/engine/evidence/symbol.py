"""One symbol's stream with its recent steps and the states it can go back to; opens and closes windows on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.engine.evidence.reference import Inputs, Kernels
from app.engine.evidence.states import States
from app.engine.evidence.stream import advance, begin
from app.engine.evidence.windows import (
    WINDOW_NS,
    Closing,
    Judgement,
    Opening,
    close_window,
    judge,
    open_window,
    usable,
)
from app.engine.units import NULL, SECOND

if TYPE_CHECKING:
    from app.engine.events import Rows

BACK_NS: Final = WINDOW_NS + SECOND  # a late fact may have cut, or fallen into, a window that opened so long before


class Muted(NamedTuple):
    """Channels that say nothing: flow where own prints are missing, the fastest law where clocks are apart."""

    flow: bool = False
    fast: bool = False


class Symbol:
    """The stream of one instrument: a place among the states, and what is displayed by price."""

    __slots__ = ("history", "instrument", "kernels", "model", "own", "place", "shown", "states", "tick")

    def __init__(self, instrument: int, tick: int, kernels: Kernels, states: States) -> None:
        self.instrument = instrument
        self.tick = tick
        self.kernels = kernels
        self.states = states
        self.history = states.history
        self.model = states.model
        self.place = states.add(instrument, tick, kernels)
        self.shown: dict[tuple[int, int], int] = {}
        self.own: NDArray[np.int64] = np.zeros(0, np.int64)

    @property
    def stream(self) -> Any:
        """Its one STREAM row (a view)."""
        return self.states.streams[self.place : self.place + 1]

    @property
    def ring(self) -> Any:
        """Its recent steps (a view)."""
        return self.states.rings[self.place]

    @property
    def checks(self) -> Any:
        """States it can go back to (a view)."""
        return self.states.checks[self.place]

    @property
    def displayed(self) -> NDArray[np.int64]:
        """What is displayed: rows of side, price, quantity."""
        return np.array([(*where, qty) for where, qty in self.shown.items()], np.int64).reshape(-1, 3)

    # -- the stream ------------------------------------------------------------------------------------------------

    def start(self) -> bool:
        """Begin with the first row of the history; False while there is none."""
        rows = self.history.ring(self.instrument)
        if not len(rows):
            return False
        begin(self.stream, int(rows["ts"][0]), self.model.tables.noise, float(rows["sigma2"][0]))
        if self.states.lean:
            self.stream["watched"] = NULL  # until a window opens
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

    def show(self, side: int, price: int, change: int) -> None:
        """What we display at a price changes."""
        left = self.shown.get((side, price), 0) + change
        self.shown[side, price] = left
        if left <= 0:
            del self.shown[side, price]

    def hide(self) -> None:
        """We display nothing any more."""
        self.shown = {}

    # -- windows ---------------------------------------------------------------------------------------------------

    def open(self, t: int, side: int, kind: int, records: Rows, number: int) -> None:
        """Write the state just before an event into a CHILD record; VOID where the market has no two sides."""
        open_window(Opening(self.inputs(), t, side, kind, records, number, self.model.tables, self.states.scratch))

    def close(self, records: Rows, number: int, at: int, muted: Muted) -> None:
        """Score an open window that was cut at `at` (ns); VOID where it is too short or nothing traded."""
        tables = self.model.tables
        close_window(Closing(self.ring, records, number, at, muted.flow, muted.fast, tables, self.states.scratch))

    def score(self, records: Rows, number: int, place: int) -> None:
        """Scores and direct measurements of a window of one of the lengths, into the scratch arrays."""
        judge(Judgement(self.ring, records, number, place, self.model.tables, self.states.scratch))

    def usable(self, first: int, steps: int) -> int:
        """How many steps of a window there are before the market halts or has been without two sides for a second."""
        return int(usable(self.ring, first, steps))

    # -- save and load -----------------------------------------------------------------------------------------------

    def save(self) -> dict[str, NDArray[Any]]:
        """The arrays; what is displayed is read again from the facts."""
        return {name: getattr(self, name).copy() for name in ("stream", "ring", "checks")}

    def load(self, state: dict[str, NDArray[Any]]) -> None:
        """Take back what save() gave."""
        self.stream[...], self.ring[...], self.checks[...] = (state[name] for name in ("stream", "ring", "checks"))
