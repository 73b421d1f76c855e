"""What our own events do to a score beyond placebos where nobody watches: factors on the placebo means.

A placebo is a moment at which we did nothing, or somebody else's trade. Own events differ: no burst of trades follows
ours, and an algo places where a quote has just moved. Worlds without a leak tell by how much, by class and volatility.
Where a kind of algo has a larger mean than the rest its factor is taken for all: no e may exceed 1 on average there.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from app.engine.evidence.bucket import pool
from app.engine.evidence.model import Floats, Model
from app.engine.evidence.rows import CELLS, CLASSES, POOLS, SCORES, VOLATILITIES
from app.engine.evidence.score import POOL_SIZE
from app.session.evidence.gathered import Gathered

Ints: TypeAlias = NDArray[np.int64]
STRENGTH: Final = 1_000.0  # children a class counts for where a pool has few
LEAST: Final = 1_000  # children of a class, for a kind of algo to count
SMALLEST: Final = 0.2

_POOL_OF: Final = np.array([pool(cell) for cell in range(CELLS)])


class Ratios(NamedTuple):
    """Of each child: its raw scores over the placebo means they are held against, its pool, what was left of the
    direct measurements (NaN where there is none).
    """

    ratio: Floats
    pool: Ints
    direct: Floats


def ratios_of(found: Gathered, model: Model) -> Ratios:
    """Raw scores are recovered from e: e = S / ((S + M mu) / (M + 1))."""
    children = found.children
    cell, length = children["cell"].astype(np.int64), children["length"].astype(np.int64)
    mean, weight = held_against(model, cell, length)
    e = children["e"].astype(np.float64)
    raw = e * weight * mean / np.maximum(weight + 1.0 - e, 1e-9)
    direct = np.stack([children["y"], children["c"]], axis=1).astype(np.float64)
    return Ratios(raw / np.maximum(mean, 1e-9), _POOL_OF[cell], direct)


def held_against(model: Model, cell: Ints, length: Ints) -> tuple[Floats, Floats]:
    """(means used, placebos they count for) of children, as the engine takes them."""
    tables = model.tables
    size = tables.sizes[cell, length][:, None]
    mean = np.where(size > 0, tables.means[cell, length], tables.pools[_POOL_OF[cell], length])
    return mean, np.where(size > 0, size, POOL_SIZE)


class Factors(NamedTuple):
    """By pool: on the means of the scores; what to add to the direct means (bps, trades)."""

    scores: Floats
    direct: Floats


def factors(kinds: Mapping[str, Ratios]) -> Factors:
    """The factors of clean children by kind of algo; the first kind is the usual one."""
    names = list(kinds)
    usual = kinds[names[0]]
    scores, direct = np.ones((POOLS, SCORES)), np.zeros((POOLS, 2))
    for kind in range(len(CLASSES)):
        ours = usual.pool // VOLATILITIES == kind
        if not ours.any():
            continue
        whole, left = usual.ratio[ours].mean(axis=0), np.nanmean(usual.direct[ours], axis=0)
        worst = np.zeros(SCORES)
        for name in names[1:]:
            theirs = kinds[name].pool // VOLATILITIES == kind
            if int(theirs.sum()) >= LEAST:
                worst = np.maximum(worst, kinds[name].ratio[theirs].mean(axis=0))
        for at in range(kind * VOLATILITIES, (kind + 1) * VOLATILITIES):
            here = usual.pool == at
            total = usual.ratio[here].sum(axis=0) + STRENGTH * whole
            scores[at] = np.maximum(np.maximum(total / (here.sum() + STRENGTH), worst), SMALLEST)
            direct[at] = left
    return Factors(scores, np.nan_to_num(direct))


def with_factors(model: Model, found: Factors) -> Model:
    """The model whose placebo means are multiplied."""
    tables = model.tables
    return model.changed(
        means=tables.means * found.scores[_POOL_OF][:, None, :],
        pools=tables.pools * found.scores[:, None, :],
        direct=tables.direct + found.direct[_POOL_OF],
    )


def held_again(found: Gathered, before: Model, after: Model) -> Gathered:
    """Children scored with one model as they would have been with another that differs in its means alone."""
    children = found.children.copy()
    cell, length = children["cell"].astype(np.int64), children["length"].astype(np.int64)
    mean, weight = held_against(before, cell, length)
    e = children["e"].astype(np.float64)
    raw = e * weight * mean / np.maximum(weight + 1.0 - e, 1e-9)
    mean, weight = held_against(after, cell, length)
    children["e"] = raw / ((raw + weight * mean) / (weight + 1.0))
    moved = before.tables.direct[cell] - after.tables.direct[cell]
    children["y"] += moved[:, 0]
    children["c"] += moved[:, 1]
    return Gathered(found.parents, children)
