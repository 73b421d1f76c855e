"""Things the tests of the evidence engine are made of: a model with plain numbers, rings of random steps."""

import math
from typing import Any

import numpy as np

from app.engine.evidence.model import ANY, Floats, Kernel, Model
from app.engine.evidence.rows import CELLS, LAWS, LENGTHS, LONGEST, POOLS, RING, SCORES, STEP, STEP_S, WORLDS

KERNEL = Kernel(g=(0.225, 0.274, 0.167, 0.149), signs=(0.471, 0.625, 0.362))


def laws() -> Floats:
    """Lognormal delays by the step they fall into."""
    out = np.zeros((LAWS, LONGEST))
    for m, median in enumerate((0.1, 0.3, 0.9, 2.5)):
        reached = [
            0.5 * (1 + math.erf(math.log(d * STEP_S / median) / (0.8 * math.sqrt(2)))) if d else 0.0
            for d in range(LONGEST + 1)
        ]
        out[m] = np.diff(reached)
    return out


def model(**changes: Any) -> Model:
    """Placebo means of 1 everywhere, each worth 1,000 placebos, and even weights."""
    tables = {
        "laws": laws(),
        "edges_imbalance": np.array([-0.2, 0.2]), "edges_flow": np.array([-1.0, -0.3, 0.3, 1.0]),
        "edges_rate": np.array([0.5, 0.9]), "edges_volatility": np.array([0.25, 0.5, 1.0]),
        "means": np.ones((CELLS, len(LENGTHS), SCORES)), "sizes": np.full((CELLS, len(LENGTHS)), 1000.0),
        "pools": np.ones((POOLS, len(LENGTHS), SCORES)), "pool_sizes": np.full((POOLS, len(LENGTHS)), 5000.0),
        "direct": np.zeros((CELLS, 2)), "weights": np.full(WORLDS, 1 / WORLDS),
        "noise": np.array([0.07, 0.3, 0.7]),
        "estimates": np.array([0.0, 2.0, 8.0]), "lower": np.array([0.0, 0.0, 2.0]),
        "upper": np.array([3.0, 6.0, 14.0]), "detectable": np.array([82.0, 5.0]),
    }  # fmt: skip
    kernels = changes.pop("kernels", {ANY: KERNEL})
    numbers = {key: changes.pop(key) for key in list(changes) if key not in tables and isinstance(changes[key], float)}
    return Model("made", kernels, tables | changes, numbers)


def random_ring(seed: int, steps: int = RING) -> Any:
    """A ring of random steps: a random walk seen with noise, a few trades, now and then an own print or a freeze."""
    draw = np.random.default_rng(seed)
    ring = np.zeros(RING, STEP)
    ring["r"] = np.cumsum(draw.normal(0, 0.3, RING)) + draw.normal(0, 0.3, RING) + 30 * (draw.random(RING) < 0.01)
    ring["noise"], ring["q"] = draw.uniform(0.01, 0.5, RING), draw.uniform(0.3, 3, RING)
    ring["lam"], ring["p_buy"] = draw.uniform(0.2, 2, RING), draw.uniform(0.2, 0.8, RING)
    ring["buys"], ring["sells"] = draw.poisson(0.03, RING), draw.poisson(0.03, RING)
    ring["flags"] = np.where(draw.random(RING) < 0.03, 1, 0) | np.where(draw.random(RING) < 0.03, 2, 0)
    return ring[:steps]
