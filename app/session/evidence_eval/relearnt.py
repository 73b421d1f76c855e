"""The same parents with the weights their own group would have learnt: E and AUC from the capital kept of each world.

A group is the parents of one algo in one cell. Its weights come from its first parents, the others are tested: what
is learnt from never meets what it is tested on.
"""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from app.engine.evidence.groups import learn
from app.engine.evidence.learnt import OWN_PART
from app.engine.evidence.model import Model
from app.session.evidence_eval.figures import Cells, clean_of, leaking_of
from app.session.evidence_eval.plan import against
from app.session.evidence_eval.record import Floats, Judged, logs_of
from app.session.evidence_eval.statistics import Value, auc

PAST: Final = 60  # parents a group learns from


class Grown(NamedTuple):
    """What each world's bet on each parent has grown to, in units of exp(`unit`), and what no leak has."""

    ratio: Floats  # [parent, world]
    null: Floats  # [parent]
    unit: Floats  # [parent]


def grown(parents: Sequence[Judged]) -> Grown:
    """Capital and what has not begun of the last epoch, by parent."""
    capital = np.array([logs_of(one)[0] for one in parents]).reshape(len(parents), -1)
    unborn = np.array([one.unborn for one in parents])
    unit = np.maximum(np.maximum(capital.max(axis=1, initial=-math.inf), unborn), 0.0)
    ratio = np.exp(capital - unit[:, None]) + np.exp(unborn - unit)[:, None]
    return Grown(np.ascontiguousarray(ratio), np.exp(-unit), unit)


def log_e(parents: Sequence[Judged], weights: Floats) -> list[float]:
    """Logarithm of E at the end of the last epoch, with these weights."""
    found = grown(parents)
    totals = [math.fsum((weights * row).tolist()) for row in found.ratio]
    return [math.log(max(total, 1e-300)) + unit for total, unit in zip(totals, found.unit.tolist(), strict=True)]


def learnt(past: Sequence[Judged], model: Model) -> Floats:
    """The weights a group is tested with after its past."""
    found = grown(past)
    everybody = np.array(model.tables.weights)
    _, weights = learn(found.ratio, found.null, model.numbers["null"], everybody)
    return OWN_PART * weights + (1.0 - OWN_PART) * everybody


def fitted_auc(cells: Cells, name: str, model: Model) -> Value | None:
    """AUC of a cell's leaking parents with weights fitted to these very parents: what no learning could exceed by much.

    It knows the world's agent as far as the bets can say it, not the agent's own law.
    """
    leaks, clean = leaking_of(cells, name), clean_of(cells, against(name))
    leaks = [one for one in leaks if one.epochs == 1]
    if not leaks or not clean:
        return None
    found = grown(leaks)
    _, weights = learn(found.ratio, found.null, model.numbers["null"], np.array(model.tables.weights))
    return auc(log_e(leaks, weights), log_e(clean, weights))


def group_auc(cells: Cells, name: str, model: Model) -> Value | None:
    """AUC of a cell's leaking parents, each tested with its algo's weights; None where there are too few for a past."""
    positive: list[float] = []
    negative: list[float] = []
    leaks, clean = leaking_of(cells, name), clean_of(cells, against(name))
    for algo in sorted({one.algo for one in leaks}):
        of = [one for one in leaks if one.algo == algo and one.epochs == 1]
        if len(of) < PAST + PAST // 2:
            continue
        weights = learnt(of[:PAST], model)
        positive += log_e(of[PAST:], weights)
        negative += log_e([one for one in clean if one.algo == algo], weights)
    return auc(positive, negative) if positive and negative else None
