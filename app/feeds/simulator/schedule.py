"""How many shares an algo's schedule wants done by now."""

from app.feeds.simulator import cells as c
from app.feeds.simulator.bound import inner
from app.feeds.simulator.cells import Floor


def _find_target(m: Floor) -> None:
    """Shares wanted done by now, into X_TARGET: by the volume's curve, by time, or by a rate of the volume.

    By volume, what is ahead is what the curve of a plain day still brings: more volume than usual speeds the algo up.
    """
    z, x, p, f = m.z, m.x, m.p, m.f
    left = float(p[c.P_QTY] - p[c.P_BEGAN_DONE])
    volume = float(z[c.Z_VOLUME] - p[c.P_BEGAN_VOLUME])
    if p[c.P_STRATEGY] == c.BY_RATE:
        target = f[c.F_TARGET] * volume
    elif p[c.P_STRATEGY] == c.BY_TIME:
        start = max(p[c.P_BEGAN], p[c.P_START])
        target = left * (z[c.Z_NOW] - start) / max(p[c.P_END] - start, 1)
    else:
        grid = min(z[c.Z_GRID], len(m.curve) - 1)
        last = min(max((p[c.P_END] - p[c.P_OPEN]) // c.GRID_NS, grid), len(m.curve) - 1)
        ahead = (m.curve[last] - m.curve[grid]) * f[c.F_ADV]
        target = left * volume / max(volume + ahead, 1.0)
    target = min(target, f[c.F_MOST] * volume + p[c.P_CLIP_HIGH])
    x[c.X_TARGET] = p[c.P_BEGAN_DONE] + min(max(target, 0.0), left)


find_target = inner(_find_target)
