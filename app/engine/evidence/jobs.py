"""What is to be done on streams, in one call for all symbols: hear, display, open and close windows, read a level."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.engine.enrich.asof import Histories
from app.engine.events import Rows
from app.engine.evidence.model import Floats, Tables
from app.engine.evidence.own import Level
from app.engine.evidence.reference import Inputs, Kernels, fast_part, slow_part
from app.engine.evidence.stream import advance, stays
from app.engine.evidence.windows import OPEN, SCORED, VOID, Closing, Opening, Scratch, close_window, open_window
from app.engine.jit import jit
from app.engine.units import NULL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.engine.evidence.states import States
    from app.engine.evidence.symbol import Symbol

HEAR, DISPLAY, OWNED, BEGIN, END, LEVEL = range(6)
NOT_OPENED, NOT_SCORED, GOOD = range(3)

# Columns of a job, int64: at T the symbol at PLACE, which hears everything before it first, does WHAT. FIRST, STOP:
# rows of what we display from then on (DISPLAY), own prints near the span (OWNED, for the symbol's jobs that follow).
# BEGIN, END: the window of record NUMBER; LEVEL: an own.Level from NUMBER of the levels on. OUTCOME: as above.
PLACE, WHAT, T, NUMBER, FIRST, STOP, KIND, SIDE, MUTE_FLOW, MUTE_FAST, OUTCOME = range(11)
COLUMNS: Final = 11
PARTS: Final = len(Level._fields)


class Batch(NamedTuple):
    """Jobs, those of a symbol together and in order of time, and everything they read and write."""

    jobs: NDArray[np.int64]
    displays: NDArray[np.int64]
    owned: NDArray[np.int64]
    levels: Floats
    streams: Rows
    rings: Rows
    checks: Rows
    symbols: Rows
    histories: Histories
    prints: Rows
    print_offset: NDArray[np.int64]
    print_count: NDArray[np.int64]
    records: Rows
    tables: Tables
    scratch: Scratch


def _outcome(records: Rows, number: int) -> int:
    """What became of the window of a record, as far as it stands there."""
    record = records[number]
    if record["state"] == VOID:
        return NOT_OPENED if record["closed"] == record["t"] else NOT_SCORED
    return GOOD


outcome = jit(_outcome)


def _perform(b: Batch) -> None:
    """Do them."""
    last, shown, shown_end, own, own_end = -1, 0, 0, 0, 0
    for n in range(len(b.jobs)):
        job = b.jobs[n]
        place, what, t, number = int(job[PLACE]), int(job[WHAT]), int(job[T]), int(job[NUMBER])
        if place != last:
            last, shown, shown_end, own, own_end = place, 0, 0, 0, 0
        if what == OWNED:
            own, own_end = int(job[FIRST]), int(job[STOP])
            continue
        x, of = b.streams[place], b.symbols[place]
        k = Inputs(
            b.histories, b.prints, b.print_offset, b.print_count, of["instrument"], b.streams[place : place + 1],
            b.rings[place], b.checks[place], b.displays[shown:shown_end], b.owned[own:own_end],
            Kernels(of["g"], of["signs"], of["size"], of["beta"], of["market"], of["silence"]), of["tick"],
        )  # fmt: skip
        if x["cursor"] != 0 and t > x["cursor"]:
            advance(k, t)
        if what == DISPLAY:
            shown, shown_end = int(job[FIRST]), int(job[STOP])
        elif what == BEGIN:
            open_window(Opening(k, t, int(job[SIDE]), int(job[KIND]), b.records, number, b.tables, b.scratch))
            b.records[number]["gain"], b.records[number]["stays"] = x["gain"], stays(x)
            job[OUTCOME] = outcome(b.records, number)
        elif what == END and b.records[number]["state"] == OPEN:
            flow, fast = job[MUTE_FLOW] != 0, job[MUTE_FAST] != 0
            close_window(Closing(b.rings[place], b.records, number, t, flow, fast, b.tables, b.scratch))
            job[OUTCOME] = GOOD if b.records[number]["state"] == SCORED else NOT_SCORED
        elif what == END:
            job[OUTCOME] = outcome(b.records, number)
        elif what == LEVEL:
            b.levels[number], b.levels[number + 1] = fast_part(of["g"], x["own_s"]), slow_part(of["g"], x["own_s"])
            b.levels[number + 2], b.levels[number + 3] = x["gain"], stays(x)
            known = x["cursor"] != 0 and x["anchor"] != NULL and x["asleep"] == 0
            price = (x["r"] + x["told"]) - x["gain"] * fast_part(of["g"], x["s"]) if known else math.nan
            b.levels[number + 4], b.levels[number + 5] = price, slow_part(of["g"], x["s"])
            b.levels[number + 6] = max(x["q"], 0.7 * x["q_fast"])


perform = jit(_perform)


def hearings(places: NDArray[np.int64], t: int) -> NDArray[np.int64]:
    """Jobs of symbols that hear everything before t."""
    jobs = np.zeros((len(places), COLUMNS), np.int64)
    jobs[:, PLACE], jobs[:, WHAT], jobs[:, T] = places, HEAR, t
    return jobs


class Closed(NamedTuple):
    """How a window is closed: which of its channels say nothing."""

    mute_flow: bool = False
    mute_fast: bool = False


class Jobs:
    """Jobs as they are written, symbol after symbol, until they are done."""

    __slots__ = ("_displays", "_jobs", "_levels", "_owned", "_speaks")

    def __init__(self) -> None:
        self._speaks: Symbol | None = None  # whose jobs are being written
        self.clear()

    def clear(self) -> None:
        """Nothing is to be done."""
        self._jobs: list[int] = []  # row behind row
        self._displays: list[int] = []  # row behind row
        self._owned: list[int] = []
        self._levels = 0
        self._speaks = None

    def begin(self, symbol: Symbol, near: Callable[[], Sequence[tuple[int, int]]]) -> None:
        """Jobs of a symbol follow; `near`: gives its own prints (ts, number) that may be met."""
        if self._speaks is symbol:
            return
        self._speaks = symbol
        own = near()
        if own:
            first = len(self._owned)
            self._owned += [number for _ts, number in own]
            self._jobs += (symbol.place, OWNED, NULL, -1, first, len(self._owned), 0, 0, 0, 0, 0)
        if symbol.shown:
            self._display(symbol, NULL)

    def hear(self, symbol: Symbol, t: int) -> None:
        """Everything before t."""
        self._jobs += (symbol.place, HEAR, t, -1, 0, 0, 0, 0, 0, 0, 0)

    def show(self, symbol: Symbol, t: int) -> None:
        """What the symbol displays is another from t on; several changes at a time are one."""
        if self._jobs[PLACE - COLUMNS : NUMBER - COLUMNS] == [symbol.place, DISPLAY, t]:
            del self._jobs[-COLUMNS:]
        self._display(symbol, t)

    def _display(self, symbol: Symbol, t: int) -> None:
        displays = self._displays
        first = len(displays) // 3
        for (side, price), qty in symbol.shown.items():
            displays += (side, price, qty)
        self._jobs += (symbol.place, DISPLAY, t, -1, first, len(displays) // 3, 0, 0, 0, 0, 0)

    def open(self, symbol: Symbol, t: int, number: int, of: tuple[int, int]) -> int:
        """The window of an event, of (side, class), into record `number`; which of the outcomes is its."""
        self._jobs += (symbol.place, BEGIN, t, number, 0, 0, of[1], of[0], 0, 0, 0)
        return len(self._jobs) // COLUMNS - 1

    def close(self, symbol: Symbol, t: int, number: int, muted: Closed) -> int:
        """Score the window of record `number` as of t, if it is open; which of the outcomes is its."""
        self._jobs += (symbol.place, END, t, number, 0, 0, 0, 0, int(muted.mute_flow), int(muted.mute_fast), 0)
        return len(self._jobs) // COLUMNS - 1

    def level(self, symbol: Symbol, t: int) -> int:
        """Where among the answers the own level just before t will stand, the parts of an own.Level in a row."""
        self._jobs += (symbol.place, LEVEL, t, self._levels, 0, 0, 0, 0, 0, 0, 0)
        self._levels += PARTS
        return self._levels - PARTS

    def do(self, states: States, records: Rows, also: NDArray[np.int64]) -> tuple[list[float], list[int]]:
        """Do all jobs, and those of `also`; the levels that were asked for, and the outcome of every job."""
        levels = np.zeros(self._levels)
        jobs = np.array(self._jobs, np.int64).reshape(-1, COLUMNS)
        jobs = np.concatenate([jobs, also]) if len(also) else jobs
        displays, owned = np.array(self._displays, np.int64).reshape(-1, 3), np.array(self._owned, np.int64)
        self.clear()
        if len(jobs):
            h, prints = states.history, states.history.prints
            perform(
                Batch(
                    jobs, displays, owned, levels, states.streams, states.rings, states.checks, states.symbols,
                    h.histories(), prints.pool, prints.offset, prints.count, records, states.model.tables,
                    states.scratch,
                )
            )  # fmt: skip
        return levels.tolist(), jobs[:, OUTCOME].tolist()
