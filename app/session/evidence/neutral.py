"""The model a fit starts from: shapes of delays and edges of buckets, placebo means of one, even weights."""

import math
from typing import Final

import numpy as np

from app.engine.evidence.model import ANY, Floats, Kernel, Model
from app.engine.evidence.rows import CELLS, LAWS, LENGTHS, LONGEST, POOLS, SCORES, STEP_S, WORLDS

MEDIANS_S: Final = (0.1, 0.3, 0.9, 2.5)  # of an answer's delay, by law
LOG_SD: Final = 0.8
NAME: Final = "neutral"
FLAT: Final = Kernel(g=(0.0, 0.0, 0.0, 0.0), signs=(0.0, 0.0, 0.0))  # explains nothing, expects nothing


def delay_laws() -> Floats:
    """(LAWS, LONGEST): probability that a lognormal delay ends in a step of the grid."""
    out = np.zeros((LAWS, LONGEST))
    for law, median in enumerate(MEDIANS_S):
        scores = [math.log(d * STEP_S / median) / (LOG_SD * math.sqrt(2.0)) for d in range(1, LONGEST + 1)]
        reached = [0.0, *(0.5 * (1.0 + math.erf(score)) for score in scores)]
        out[law] = np.diff(reached)
    return out


def neutral_model(kernel: Kernel = FLAT) -> Model:
    """A model that has seen nothing: every placebo mean is 1 and counts for nothing."""
    tables = {
        "laws": delay_laws(),
        "edges_imbalance": np.array([-0.2, 0.2]),
        "edges_flow": np.array([-1.0, -0.3, 0.3, 1.0]),
        "edges_rate": np.array([0.5, 0.9]),
        "edges_volatility": np.array([0.25, 0.5, 1.0]),
        "means": np.ones((CELLS, len(LENGTHS), SCORES)),
        "sizes": np.zeros((CELLS, len(LENGTHS))),
        "pools": np.ones((POOLS, len(LENGTHS), SCORES)),
        "pool_sizes": np.zeros((POOLS, len(LENGTHS))),
        "direct": np.zeros((CELLS, 2)),
        "weights": np.full(WORLDS, 1.0 / WORLDS),
        "noise": np.array([0.07, 0.3, 0.7]),
        "estimates": np.zeros(1),
        "lower": np.zeros(1),
        "upper": np.zeros(1),
        "detectable": np.array([82.0, 5.0]),
    }
    return Model(NAME, {ANY: kernel}, tables, {})
