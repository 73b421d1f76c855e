"""The model a fit starts from: shapes of delays and edges of buckets, placebo means of one, even weights."""

import math
from itertools import pairwise
from typing import Final

import numpy as np

from app.engine.evidence.model import ANY, Floats, Kernel, Model
from app.engine.evidence.rows import (
    BLOCKS,
    CELLS,
    EDGES,
    LAWS,
    LENGTHS,
    LONGEST,
    MATCHED,
    POOLS,
    SCORES,
    STEP_S,
    WORLDS,
)

MEDIANS_S: Final = (0.1, 0.3, 0.9, 2.5)  # of an answer's delay, by law
LOG_SD: Final = 0.8
QUEUE_TICKS2: Final = 0.03  # variance queues give the weighted mid, in squared ticks, and how long it stays
QUEUE_S: Final = 0.3
WALK_PER_Q: Final = 0.35  # variance a second of the price per q: q counts some of the queues, too
USUAL_TICK: Final = 2.0  # bps; for the balance of both
USUAL_Q: Final = 1.3
UNKNOWN: Final = 1e4  # bps^2
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


def matched_filters(laws: Floats) -> Floats:
    """(LAWS, LENGTHS, MATCHED): how mean prices after an event are weighed to see a lasting move of a delay law.

    Generalised least squares: prices wander (a random walk), queues add noise that fades in part of a second, and
    where the price was at the event is not known at all.
    """
    out = np.zeros((LAWS, len(LENGTHS), MATCHED))
    for place, steps in enumerate(LENGTHS):
        blocks = [(a, min(b, steps)) for a, b in pairwise(EDGES) if a < steps]
        mean = np.zeros((len(blocks), steps))
        for row, (a, b) in enumerate(blocks):
            mean[row, a:b] = 1.0 / (b - a)
        at = STEP_S * np.arange(1, steps + 1)
        apart = np.abs(at[:, None] - at[None, :])
        queues = mean @ (QUEUE_TICKS2 * np.exp(-apart / QUEUE_S)) @ mean.T
        walk = mean @ (WALK_PER_Q * np.minimum(at[:, None], at[None, :])) @ mean.T
        noise = queues * USUAL_TICK * USUAL_TICK + walk * USUAL_Q + UNKNOWN
        for law in range(LAWS):
            answer = mean @ np.cumsum(laws[law, :steps])
            weights = np.linalg.solve(noise, answer)
            out[law, place, : len(blocks)] = weights
            out[law, place, BLOCKS:] = weights @ queues @ weights, weights @ walk @ weights, weights @ answer
    return out


def neutral_model(kernel: Kernel = FLAT) -> Model:
    """A model that has seen nothing: every placebo mean is 1 and counts for nothing."""
    tables = {
        "laws": delay_laws(),
        "matched": matched_filters(delay_laws()),
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
