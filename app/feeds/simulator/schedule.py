"""How many shares an algo's schedule wants done by now."""

from app.feeds.simulator.bound import inner
from app.feeds.simulator.cells import (
    BY_RATE,
    BY_TIME,
    F_ADV,
    F_MOST,
    F_TARGET,
    GRID_NS,
    P_BEGAN,
    P_BEGAN_DONE,
    P_BEGAN_VOLUME,
    P_CLIP_HIGH,
    P_END,
    P_OPEN,
    P_QTY,
    P_START,
    P_STRATEGY,
    X_TARGET,
    Z_GRID,
    Z_NOW,
    Z_VOLUME,
    Floor,
)  # fmt: skip


def _find_target(m: Floor) -> None:
    """Shares wanted done by now, into X_TARGET: by the volume's curve, by time, or by a rate of the volume.

    By volume, what is ahead is what the curve of a plain day still brings: more volume than usual speeds the algo up.
    """
    z, x, p, f = m.z, m.x, m.p, m.f
    left = float(p[P_QTY] - p[P_BEGAN_DONE])
    volume = float(z[Z_VOLUME] - p[P_BEGAN_VOLUME])
    if p[P_STRATEGY] == BY_RATE:
        target = f[F_TARGET] * volume
    elif p[P_STRATEGY] == BY_TIME:
        start = max(p[P_BEGAN], p[P_START])
        target = left * (z[Z_NOW] - start) / max(p[P_END] - start, 1)
    else:
        grid = min(z[Z_GRID], len(m.curve) - 1)
        last = min(max((p[P_END] - p[P_OPEN]) // GRID_NS, grid), len(m.curve) - 1)
        ahead = (m.curve[last] - m.curve[grid]) * f[F_ADV]
        target = left * volume / max(volume + ahead, 1.0)
    target = min(target, f[F_MOST] * volume + p[P_CLIP_HIGH])
    x[X_TARGET] = p[P_BEGAN_DONE] + min(max(target, 0.0), left)


find_target = inner(_find_target)
