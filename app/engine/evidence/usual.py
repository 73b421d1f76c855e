"""Worse than our usual: the same children held against what followed past children of the same group.

A quiet moment tells what an order costs in absolute terms, timing skill included: an algo that crosses when the book
leans that way is followed by a drift without any leak. Past children of the group have the same skill. The light goes
by the smaller of the two E.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from app.engine.evidence.bucket import pool
from app.engine.evidence.process import MOST, begins
from app.engine.evidence.rows import CELLS, LENGTHS, POOLS, SCORES, SHARES, WORLDS
from app.engine.evidence.score import POOL_SIZE, shrunk
from app.engine.jit import jit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from app.engine.evidence.learnt import Floats, Usual
    from app.engine.evidence.model import Tables

LARGE = 1e30  # from here on capital is counted in units of itself

# The second e-process of one epoch: E alone, in half the room. `scale`: capital is in units of LARGE**scale.
SECOND_BET = np.dtype([("capital", "f4", (WORLDS,)), ("unborn", "f8"), ("scale", "i8"), ("n", "i8"), ("e", "f8")])


class Reference(NamedTuple):
    """Placebo means of one cell and length, and how many placebos they count for."""

    means: Floats
    size: float


def reference(tables: Tables, cell: int, length: int, young: bool) -> Reference:
    """What a child was held against: quiet moments of its cell, of its pool where there were none or it was `young`."""
    size = 0.0 if young else float(tables.sizes[cell, length])
    if size > 0:
        return Reference(tables.means[cell, length], size)
    at = pool(cell)
    return Reference(tables.pools[at, length], POOL_SIZE if tables.pool_sizes[at, length] > 0 else 0.0)


def usual_reference(usual: Usual, cell: int, length: int) -> Reference:
    """What past children of a cell say, its pool where there were none; size 0: nothing at all."""
    row, at = int(usual.row[cell]), pool(cell)
    if row >= 0 and usual.sizes[row, length] > 0:
        return Reference(usual.means[row, length], float(usual.sizes[row, length]))
    return Reference(usual.pools[at, length], POOL_SIZE if usual.pool_sizes[at, length] > 0 else 0.0)


class Again(NamedTuple):
    """A child's e-values against quiet moments, to be held against the usual ones; `out`: its e-values then."""

    e: Floats
    quiet: Floats
    quiet_size: float
    usual: Floats
    usual_size: float
    out: Floats


def _anew(a: Again) -> None:
    """The raw score behind each e-value over its usual mean. What said nothing says nothing here, too."""
    for k in range(SCORES):
        left = a.quiet_size + 1.0 - a.e[k]
        if a.usual_size <= 0.0 or a.e[k] == 1.0 or left <= 0.0:
            a.out[k] = a.e[k]
        else:
            raw = a.e[k] * a.quiet_size * a.quiet[k] / left
            below = raw + a.usual_size * a.usual[k]
            a.out[k] = raw * (a.usual_size + 1.0) / below if below > 0.0 else 1.0


anew = jit(_anew)


class SecondBet(NamedTuple):
    """One child's e-values entering row `at` of some SECOND_BET rows."""

    epochs: Any
    at: int
    e: Floats
    weights: Floats
    onset_first: float
    onset_hazard: float


def _enter_again(b: SecondBet) -> None:
    """One more scored child; E without the mass of the epoch."""
    epoch = b.epochs[b.at]
    born = epoch["unborn"] * begins(epoch["n"], b.onset_first, b.onset_hazard)
    epoch["unborn"] -= born
    epoch["n"] += 1
    largest, total = 0.0, 0.0
    for c in range(WORLDS):
        grows = 1.0 + SHARES[c % len(SHARES)] * (b.e[c // len(SHARES)] - 1.0)
        capital = (epoch["capital"][c] + born) * grows
        epoch["capital"][c] = capital
        total += b.weights[c] * capital
        largest = max(largest, capital)
    total += epoch["unborn"]
    for _ in range(epoch["scale"]):
        total = MOST if total > MOST / LARGE else total * LARGE
    epoch["e"] = total
    if largest > LARGE:
        for c in range(WORLDS):
            epoch["capital"][c] = float(epoch["capital"][c]) / LARGE
        epoch["unborn"] /= LARGE
        epoch["scale"] += 1


enter_again = jit(_enter_again)


class SecondReplay(NamedTuple):
    """Children `rows` of some e-values against the usual scores, entering row 0 of some SECOND_BET rows."""

    epochs: Any
    all_e: Floats  # [child, score]
    rows: NDArray[np.int64]
    e: Floats  # scratch
    weights: Floats
    onset_first: float
    onset_hazard: float


def _replay_again(r: SecondReplay) -> None:
    """Enter every child."""
    for n in range(len(r.rows)):
        for k in range(SCORES):
            r.e[k] = r.all_e[r.rows[n], k]
        enter_again(SecondBet(r.epochs, 0, r.e, r.weights, r.onset_first, r.onset_hazard))


replay_again = jit(_replay_again)


def held_again(records: Any, tables: Tables, usual: Usual) -> Floats:
    """E-values [child, score] of some scored children against the usual scores."""
    out = np.zeros((len(records), SCORES))
    for n, record in enumerate(records):
        cell, length = int(record["cell"]), int(record["length"])
        quiet, mine = reference(tables, cell, length, bool(record["early"])), usual_reference(usual, cell, length)
        anew(Again(record["e"].astype(np.float64), quiet.means, quiet.size, mine.means, mine.size, out[n]))
    return out


def fresh() -> Any:
    """One SECOND_BET row from nothing."""
    out = np.zeros(1, SECOND_BET)
    out["unborn"], out["e"] = 1.0, 1.0
    return out


class History:
    """Sums of the raw scores of own past children of one group; histories of many days add up."""

    def __init__(self) -> None:
        self.total: Floats = np.zeros((CELLS, len(LENGTHS), SCORES))
        self.count: NDArray[np.int64] = np.zeros((CELLS, len(LENGTHS)), np.int64)

    def add(self, other: History) -> None:
        """All children of another history."""
        self.total += other.total
        self.count += other.count

    def take(self, record: Any, tables: Tables) -> None:
        """One scored child of a run with a model of these tables."""
        cell, length = int(record["cell"]), int(record["length"])
        quiet = reference(tables, cell, length, bool(record["early"]))
        e = record["e"].astype(np.float64)
        left = np.maximum(quiet.size + 1.0 - e, 1.0)
        self.total[cell, length] += e * quiet.size * quiet.means / left
        self.count[cell, length] += 1

    def arrays(self) -> dict[str, Floats]:
        """The parts of a group's `usual` in a model; learnt.named gives them their names."""
        pools, counts = np.zeros((POOLS, len(LENGTHS), SCORES)), np.zeros((POOLS, len(LENGTHS)), np.int64)
        for cell in range(CELLS):
            pools[pool(cell)] += self.total[cell]
            counts[pool(cell)] += self.count[cell]
        pools /= np.maximum(counts, 1)[..., None]
        cells = np.flatnonzero(self.count.any(axis=1))
        home = np.array([pool(cell) for cell in cells.tolist()], np.intp)
        means, sizes = shrunk(self.total[cells], self.count[cells], pools[home])
        return {
            "cells": cells.astype(np.float64), "means": means, "sizes": sizes,
            "pools": pools, "pool_sizes": counts.astype(np.float64),
        }  # fmt: skip
