"""The table of causes: a line for every venue, algo, order type, size, cadence, tag and group."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from app.engine.evidence.again import Children, bet_again, usual_prior
from app.engine.evidence.attribution import Cell, Piece, attributed, measured
from app.engine.evidence.usual import SecondReplay, fresh, held_again, replay_again
from app.engine.tables.hindsight import NOBODY, acts_of, causes, children_of, live_by_id, reference_of, weights_of

if TYPE_CHECKING:
    from app.engine.evidence.follow import Evidence
    from app.engine.evidence.learnt import Floats
    from app.engine.evidence.model import Model
    from app.engine.evidence.trail import Trail
    from app.engine.orders.standing import Standing
    from app.engine.tables.context import Columns, Value
    from app.engine.tables.hindsight import Acts

Cells = dict[tuple[str, str], list[Piece]]
References = dict[tuple[str, str], set[str]]


class _Epoch(NamedTuple):
    """Scored children of one order between two switches, as a whole."""

    parent_id: str
    children: Children
    weights: Floats
    usual: Floats | None  # e-values [child, score] against what is usual of the group
    weight: float  # sum of what was unfilled after each child


def attribution_table(evidence: Evidence | None, standings: list[Standing]) -> Columns:
    """Every cell with scored children; nothing without a model."""
    if evidence is None:
        return {}
    cells, references = _cells(evidence, standings)
    lines = [_line(cell, references[cell.dimension, cell.name]) for cell in attributed(cells, evidence.model)]
    return {name: [line[name] for line in lines] for name in (lines[0] if lines else {})}


def _cells(evidence: Evidence, standings: list[Standing]) -> tuple[Cells, References]:
    """Pieces of every order in every cell, and what they were held against."""
    cells: Cells = {}
    references: References = {}
    acts = acts_of(evidence)
    for standing, trail in live_by_id(standings, evidence.trails()):
        for epoch, numbers in enumerate(trail.records):
            if not numbers:
                continue
            whole = _epoch(trail, epoch, standing, evidence)
            against = reference_of(evidence.model, trail.groups[epoch])
            for key, rows in _rows(trail, epoch, evidence, (standing, acts.get(standing.parent_id, NOBODY))).items():
                cells.setdefault(key, []).append(_piece(whole, np.array(rows, np.int64), evidence.model))
                references.setdefault(key, set()).add(against)
    return cells, references


def _epoch(trail: Trail, epoch: int, standing: Standing, evidence: Evidence) -> _Epoch:
    children, model = children_of(trail, epoch, standing, evidence), evidence.model
    _name, usual = model.learnt.usual_of(trail.groups[epoch].names())
    again = None if usual is None else held_again(children.records, model.tables, usual)
    weight = 0.0
    for share in children.records["share"].tolist():
        weight += share
    return _Epoch(trail.parent_id, children, weights_of(trail, epoch), again, weight)


def _rows(
    trail: Trail, epoch: int, evidence: Evidence, order: tuple[Standing, Acts]
) -> dict[tuple[str, str], list[int]]:
    """Of an epoch's children those of each cell."""
    standing, acts = order
    found: dict[tuple[str, str], list[int]] = {}
    for row, number in enumerate(trail.records[epoch]):
        cadence = acts.cadence(int(evidence.records["t"][number]))
        of = causes(evidence.children[number], trail.groups[epoch], cadence, standing.order_qty)
        for dimension, name in of.items():
            found.setdefault((dimension, name), []).append(row)
    return found


def _piece(whole: _Epoch, rows: np.ndarray[tuple[int], np.dtype[np.int64]], model: Model) -> Piece:
    """The children of one cell, bet on again by themselves; E is the smaller of two where there are two references."""
    children = Children(whole.children.records[rows], whole.children.later[rows])
    prior = usual_prior(model)
    epoch = bet_again(children, model, whole.weights, prior)
    e = float(epoch["e"])
    if whole.usual is not None:
        second = fresh()
        scratch = np.zeros(whole.usual.shape[1])
        replay_again(SecondReplay(second, whole.usual, rows, scratch, whole.weights, prior.first, prior.hazard))
        e = min(e, float(second["e"][0]))
    weight = 0.0
    for share in children.records["share"].tolist():
        weight += share
    return Piece(
        whole.parent_id, epoch, e, measured(children), len(rows), weight / whole.weight if whole.weight > 0 else 0.0
    )


def _line(cell: Cell, against: set[str]) -> dict[str, Value]:
    return {
        "dimension": cell.dimension, "cell": cell.name, "n_parents": cell.parents, "n_children": cell.children,
        "weight": cell.weight, "e_value": cell.e, "in_fdr_set": cell.stands_out,
        "leak_bps": cell.leak, "leak_lo_bps": cell.low, "leak_hi_bps": cell.high,
        "model_bps": cell.model, "direct_bps": cell.direct,
        "reference": "quiet" if "quiet" in against else "quiet and usual",
    }  # fmt: skip
