"""What a symbol's kernel is fitted from: once a second the price beside the flow remembered, and every trade's sign."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.engine.evidence.follow import NO_JOBS, Evidence
from app.engine.evidence.model import Kernel
from app.engine.evidence.rows import STEP_NS
from app.engine.evidence.steps import DECAYS, SIGNS
from app.engine.units import NULL, SECOND

if TYPE_CHECKING:
    from app.engine.config import EngineConfig
    from app.engine.enrich.history import TouchHistory
    from app.engine.evidence.followed import Followed
    from app.engine.evidence.model import Floats
    from app.engine.orders.joins import Joins
    from app.engine.universe import Universe

WARM_S: Final = 60  # seconds of a symbol left out at first
_ROUNDS: Final = 25  # of Newton's method
_RIDGE: Final = 1e-6
_LEAST: Final = 500  # seconds, or trades, below which nothing is fitted


class Seen(NamedTuple):
    """Of one or many symbols. `changes`: (n, 5) price change of a second (bps) and that of the four flow memories;
    `signs`: (n, 4) sign of a trade of others and the three memories before it.
    """

    changes: Floats
    signs: Floats

    def plus(self, other: Seen) -> Seen:
        """Both."""
        return Seen(np.concatenate([self.changes, other.changes]), np.concatenate([self.signs, other.signs]))


NOTHING: Final = Seen(np.zeros((0, 5)), np.zeros((0, 4)))


class Sampled(Evidence):
    """The evidence of a run that notes price and flow once a second; its model's kernel must explain nothing."""

    may_be_alone = may_wait = False

    def __init__(self, config: EngineConfig, universe: Universe, history: TouchHistory, joins: Joins) -> None:
        super().__init__(config, universe, history, joins)
        self.points: dict[int, list[tuple[float, ...]]] = {}  # instrument -> (second, price, the four memories)
        self.sides: dict[int, list[int]] = {}
        self.heard: dict[int, int] = {}  # instrument -> trades before this time have been noted

    def _play(self, followed: Followed, safe: int, last: bool) -> None:
        begin = followed.passed if followed.passed != NULL else followed.symbol.cursor
        for t in range((begin // SECOND + 1) * SECOND, safe, SECOND):
            super()._play(followed, t, False)
            self._settle(NO_JOBS)
            self._note(followed, t)
        super()._play(followed, safe, last)
        self.due[followed.symbol.instrument] = safe  # whenever the watermark moves
        self._count(followed, safe)

    def _note(self, followed: Followed, t: int) -> None:
        """One point, where the last step before t had two sides."""
        stream = followed.symbol.stream[0]
        if stream["asleep"] or int(stream["end"]) != t + STEP_NS or stream["frozen"]:
            return
        memories = [float(stream["s"][b]) / DECAYS[b] for b in range(4)]
        self.points.setdefault(followed.symbol.instrument, []).append((t // SECOND, float(stream["r"]), *memories))

    def _count(self, followed: Followed, safe: int) -> None:
        """The trades of others since last time."""
        instrument = followed.symbol.instrument
        prints = self.history.prints.rows(instrument)
        first, stop = np.searchsorted(prints["ts"], (self.heard.get(instrument, NULL), safe))
        self.heard[instrument] = safe
        for row in prints[first:stop]:
            if row["eligible"] and not row["part"] and row["side"] and int(row["number"]) not in followed.reader.taken:
                self.sides.setdefault(instrument, []).append(int(row["side"]))

    def seen(self) -> dict[str, Seen]:
        """What was noted, by instrument."""
        names = self.universe.instruments
        return {
            names[instrument]: Seen(_changes(np.array(points)), memories_of(self.sides.get(instrument, [])))
            for instrument, points in sorted(self.points.items())
        }

    def everything(self) -> Seen:
        """What was noted of all instruments that traded."""
        out = NOTHING
        for found in self.seen().values():
            out = out.plus(found) if len(found.signs) else out
        return out


def _changes(points: Floats) -> Floats:
    """Differences of neighbouring seconds, the first minute left out."""
    kept = points[points[:, 0] >= points[0, 0] + WARM_S]
    moved = np.diff(kept, axis=0)
    return np.asarray(moved[moved[:, 0] == 1.0, 1:])


def memories_of(sides: list[int]) -> Floats:
    """(n, 4): each sign and the three memories just before it."""
    out, memory = np.zeros((len(sides), 4)), np.zeros(3)
    reach = np.array(SIGNS)
    for n, side in enumerate(sides):
        out[n, 0], out[n, 1:] = side, memory
        memory += (side - memory) / reach
    return out


def kernel_of(seen: Seen) -> Kernel | None:
    """The kernel fitted to what was seen; None where it is too little. Impact that would help the trader is none."""
    if len(seen.changes) < _LEAST or len(seen.signs) < _LEAST:
        return None
    return Kernel(g=_four(_impact(seen.changes)), signs=_three(_signs(seen.signs)))


def _four(values: Floats) -> tuple[float, float, float, float]:
    a, b, c, d = (round(float(value), 6) for value in values)
    return a, b, c, d


def _three(values: Floats) -> tuple[float, float, float]:
    a, b, c = (round(float(value), 6) for value in values)
    return a, b, c


def _impact(changes: Floats) -> Floats:
    """Least squares of price changes on changes of the memories, none below 0: the smallest is dropped in turn."""
    y, x = changes[:, 0], changes[:, 1:]
    kept = [0, 1, 2, 3]
    out = np.zeros(4)
    while kept:
        found = np.linalg.lstsq(x[:, kept], y, rcond=None)[0]
        if float(found.min()) >= 0.0:
            out[kept] = found
            break
        del kept[int(np.argmin(found))]
    return out


def _signs(signs: Floats) -> Floats:
    """Logistic regression of buy or sell on the memories, without a constant: a mirrored tape has mirrored odds."""
    buys, x = (signs[:, 0] + 1.0) / 2.0, signs[:, 1:]
    beta = np.zeros(3)
    for _ in range(_ROUNDS):
        p = 1.0 / (1.0 + np.exp(-np.clip(x @ beta, -30.0, 30.0)))
        slope = x.T @ (buys - p) - _RIDGE * beta
        curve = (x * (p * (1.0 - p))[:, None]).T @ x + _RIDGE * np.eye(3)
        beta = beta + np.linalg.solve(curve, slope)
    return np.asarray(beta)


def standard_errors(seen: Seen) -> NDArray[np.float64]:
    """Of the four impacts, for reports."""
    y, x = seen.changes[:, 0], seen.changes[:, 1:]
    g = np.linalg.lstsq(x, y, rcond=None)[0]
    variance = float(np.mean((y - x @ g) ** 2))
    return np.sqrt(variance * np.diag(np.linalg.inv(x.T @ x)))
