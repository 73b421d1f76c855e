"""One instrument of an episode run to its end, with or without the agent."""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from app.engine.errors import EngineError
from app.feeds.simulator.evidence import cells as c
from app.feeds.simulator.evidence.cells import Floats, Ints, Pit
from app.feeds.simulator.evidence.pit import run

# what a run changes; the rest of a pit is shared by its runs
_STATE: Final = ("z", "x", "venues", "touch", "parents", "before", "slots", "waiting", "children")


class Placed(NamedTuple):
    """Own parents of one instrument as the market knows them, and how it is turned."""

    parents: Ints
    turn: int  # -1: shown as its mirror image
    beta: float


@dataclass(slots=True)
class Played:
    """One instrument that was run to its end."""

    pit: Pit
    placed: Placed

    @property
    def told(self) -> Ints:
        """Own facts, rows of cells.O_* columns."""
        return self.pit.told[: int(self.pit.z[c.Z_TOLD])]

    @property
    def marks(self) -> Floats:
        """What the agent had done to the price at each of them."""
        return self.pit.marks[: int(self.pit.z[c.Z_TOLD])]

    @property
    def tape(self) -> Ints:
        """Market rows, of cells.R_* columns."""
        return self.pit.tape[: int(self.pit.z[c.Z_OUT])]


def play(pit: Pit, placed: Placed, *, agent: bool, tell: bool) -> Played:
    """Run one instrument from its beginning, its arrays left as they are but for the state and what is told."""
    p = pit.p.copy()
    p[c.P_AGENT], p[c.P_TELL] = int(agent), int(tell)
    fresh = {name: getattr(pit, name).copy() for name in _STATE}
    own = {name: np.zeros_like(getattr(pit, name)) for name in ("told", "marks")}
    tape = np.zeros_like(pit.tape) if tell else pit.tape[:0]
    played = Played(pit._replace(p=p, tape=tape, **fresh, **own), placed)
    run(played.pit)
    if played.pit.z[c.Z_LOST]:
        raise EngineError(f"an episode of {len(pit.times):,} events has no room for {played.pit.z[c.Z_LOST]} facts")
    return played
