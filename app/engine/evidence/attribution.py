"""By cause: how much of the leak came through children of a venue, an order type, an algo, ... with an interval.

A piece is what one order did in one cell between two switches: its children there, bet on again by themselves. A cell
is its pieces: their mean by a model whose weights are learnt from the cell, and their mean by direct measurement, the
one weighed against the other. Whether a cell stands out is said by the mean of the E of its pieces, which holds
however orders hang together, and by e-BH over all cells.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from app.engine.evidence.cost import Z_90, modelled, pooled
from app.engine.evidence.groups import learn
from app.engine.evidence.merge import badge
from app.engine.evidence.process import MOST

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.engine.evidence.again import Children
    from app.engine.evidence.learnt import Floats
    from app.engine.evidence.model import Model

WIDTH: Final = 1.75  # standard errors either side
ENOUGH: Final = 60.0  # pieces from which a cell's own spread counts in full
POOL: Final = 8.0  # pieces the spread of all cells counts for


class Direct(NamedTuple):
    """Direct measurement of a piece: bps of the order, its variance by how children differ (None below two)."""

    value: float
    variance: float | None


class Piece(NamedTuple):
    """One order in one cell: its bet, E, direct measurement, how many children, and how much of the order they are."""

    parent_id: str
    epoch: np.void  # EPOCH
    e: float
    direct: Direct | None
    children: int
    weight: float


class Cell(NamedTuple):
    """A cell of a dimension: bps of an order that has children there, as a mean over such orders."""

    dimension: str
    name: str
    parents: int
    children: int
    weight: float
    e: float
    stands_out: bool
    leak: float
    low: float
    high: float
    model: float
    direct: float | None


class _Mean(NamedTuple):
    value: float
    variance: float


def measured(children: Children) -> Direct | None:
    """Sum of what followed the children beyond their placebos; None where no window was long enough."""
    y = children.records["y"].astype(np.float64)
    values = y * children.records["share"] + children.records["c"].astype(np.float64) * children.later
    known = [value for value in values.tolist() if not math.isnan(value)]
    n = len(known)
    if not n:
        return None
    total = math.fsum(known)
    if n < 2:
        return Direct(total, None)
    mean = total / n
    return Direct(total, math.fsum((value - mean) ** 2 for value in known) * n / (n - 1))


def attributed(cells: Mapping[tuple[str, str], Sequence[Piece]], model: Model) -> list[Cell]:
    """Every cell with its estimate, those that stand out among all of them marked; by dimension and name."""
    spread = {dimension: _pool(cells, dimension) for dimension in {dimension for dimension, _ in cells}}
    found = [_cell(key, cells[key], model, spread[key[0]]) for key in sorted(cells)]
    outstanding = badge({f"{cell.dimension}:{cell.name}": cell.e for cell in found})
    return [cell._replace(stands_out=f"{cell.dimension}:{cell.name}" in outstanding) for cell in found]


def _cell(key: tuple[str, str], pieces: Sequence[Piece], model: Model, spread: float | None) -> Cell:
    likely = _modelled(pieces, model)
    likely = likely._replace(variance=likely.variance + model.numbers["group_model_error"] ** 2)
    plain = _measured(pieces, spread)
    centre, variance = likely
    if plain is not None:
        plain = plain._replace(variance=plain.variance + model.numbers["group_direct_error"] ** 2)
        centre, variance = pooled(likely, plain)
    half = WIDTH * math.sqrt(variance)
    n = len(pieces)
    return Cell(
        *key, len({piece.parent_id for piece in pieces}), int(math.fsum(piece.children for piece in pieces)),
        math.fsum(piece.weight for piece in pieces) / n, min(math.fsum(piece.e / n for piece in pieces), MOST), False,
        centre, centre - half, centre + half, likely.value, None if plain is None else plain.value,
    )  # fmt: skip


def _modelled(pieces: Sequence[Piece], model: Model) -> _Mean:
    """Mean of the model estimate under weights learnt from the cell, and its squared standard error."""
    epochs = np.array([piece.epoch for piece in pieces])
    ratio: Floats = np.ascontiguousarray(epochs["capital"] + epochs["unborn"][:, None])
    null = np.where(epochs["scale"] == 0, 1.0, 0.0)
    share, weights = learn(ratio, null, model.numbers["null"], model.tables.weights)
    leaks = []
    for grown, cost, none in zip(ratio.tolist(), epochs["cost"].tolist(), null.tolist(), strict=True):
        paid = math.fsum(weight * one for weight, one in zip(weights.tolist(), cost, strict=True))
        whole = math.fsum(weight * one for weight, one in zip(weights.tolist(), grown, strict=True))
        leaks.append((1.0 - share) * paid / (share * none + (1.0 - share) * whole))
    return _mean(leaks, model)


def _mean(values: Sequence[float], model: Model) -> _Mean:
    """Mean and its squared standard error; of one order the interval of its size."""
    n = len(values)
    mean = math.fsum(values) / n
    if n < 2:
        one = modelled(mean, model)
        half = ((one.high or 0.0) - (one.low or 0.0)) / (2.0 * Z_90)
        return _Mean(mean, half * half)
    return _Mean(mean, math.fsum((value - mean) ** 2 for value in values) / (n - 1) / n)


def _measured(pieces: Sequence[Piece], spread: float | None) -> _Mean | None:
    """Mean of the direct measurements, its variance shrunk to that of all cells; None where it is not known."""
    values = [piece.direct.value for piece in pieces if piece.direct is not None]
    if not values or spread is None:
        return None
    n = len(values)
    mean = math.fsum(values) / n
    own = math.fsum((value - mean) ** 2 for value in values) / (n - 1) if n > 1 else 0.0
    counts = min(n - 1.0, ENOUGH)
    return _Mean(mean, (counts * own + POOL * spread) / (counts + POOL) / n)


def _pool(cells: Mapping[tuple[str, str], Sequence[Piece]], dimension: str) -> float | None:
    """Variance of a piece's direct measurement within cells; by how children differ where no cell has two pieces."""
    squares, degrees, apart = [], 0, []
    for (of, _name), pieces in cells.items():
        known = [piece.direct for piece in pieces if piece.direct is not None]
        if of != dimension or not known:
            continue
        mean = math.fsum(one.value for one in known) / len(known)
        squares += [(one.value - mean) ** 2 for one in known]
        degrees += len(known) - 1
        apart += [one.variance for one in known if one.variance is not None]
    if degrees:
        return math.fsum(squares) / degrees
    return math.fsum(apart) / len(apart) if apart else None
