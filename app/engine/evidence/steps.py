"""What a step of a residual stream does to its figures: decays, rates, signs, noise and variance, one formula each."""

import math

from app.engine.bits import exp
from app.engine.evidence.rows import STEP_S
from app.engine.jit import jit
from app.engine.units import SECOND

# per step: 1, 20, 200 s and for good; rates over 120 and 30 s; flow over 10 s
DECAYS = (exp(-STEP_S), exp(-STEP_S / 20.0), exp(-STEP_S / 200.0), 1.0)
DECAY_120 = exp(-STEP_S / 120.0)
DECAY_30 = exp(-STEP_S / 30.0)
DECAY_10 = exp(-STEP_S / 10.0)
SIGNS = (4.0, 16.0, 64.0)  # trades the sign memories reach back
LEAST_RATE = 0.05
LEAST_Q = 0.05
BLOCK = 5  # steps
BLOCK_S = 0.17  # variance of the difference of two neighbouring block means, per unit of q
CHECK_NS = 8 * SECOND


def _tanh_half(z: float) -> float:
    """tanh(z / 2), odd to the last bit."""
    small = exp(-abs(z))
    value = (1.0 - small) / (1.0 + small)
    return value if z >= 0 else -value


tanh_half = jit(_tanh_half)


def _rate(lam120: float, lam30: float, seen120: float, seen30: float) -> float:
    """Trades of others a second: of two minutes, or of half a minute where that is surely more."""
    slow = lam120 / seen120 if seen120 > 0 else 0.0
    fast = lam30 / seen30 if seen30 > 0 else 0.0
    return max(slow, fast - 1.5 * math.sqrt(fast / 60.0), LEAST_RATE)


rate = jit(_rate)


def _noisier(noise: float, d: float, q: float) -> float:
    """The noise of a spread class after the residual changed by d in a step."""
    drift = q * STEP_S
    capped = min(d * d, 16.0 * (drift + 2.0 * noise))
    noise += (STEP_S / 300.0) * ((capped - drift) / 2.0 - noise)
    return max(0.005, min(4.0, noise))


noisier = jit(_noisier)


def _block_variance(d: float, errors: float, q: float) -> float:
    """Variance a second, from the difference d of the means of neighbouring blocks and the variance of their errors."""
    return (min(d * d, 16.0 * (BLOCK_S * q + errors)) - errors) / BLOCK_S


block_variance = jit(_block_variance)


def _nearer(q: float, w: float, reach: float) -> float:
    """A running variance after a block; `reach`: of its memory in seconds."""
    return max(LEAST_Q, q + (w - q) * 0.25 / reach)


nearer = jit(_nearer)


def _spread_class(spread: int, tick: int) -> int:
    """0, 1, 2 for a spread of one, two, more ticks."""
    rounded = spread + tick // 2
    if tick <= 0 or rounded < 2 * tick:
        return 0
    return 1 if rounded < 3 * tick else 2


spread_class = jit(_spread_class)
