"""What the mid did around own events, per class, and markouts with honest intervals. Plain numpy without Qt.

Responses of new orders and of fills are the engine's own, read off the board's rows; those of replaces and cancels, and
what came before an event, are read off the board's price path, which has a point every 10 ms.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.engine.events import Rows
from app.engine.units import HORIZON_NAMES, HORIZON_NS, MILLISECOND, NULL, SECOND
from app.widgets.columns import Texts
from app.widgets.pyramid import Path

CLASSES: Final = ("new", "replace", "cancel", "aggressive", "passive")
BEFORE_NS: Final = (-5 * SECOND, -SECOND)
POINTS_NS: Final = (*BEFORE_NS, *HORIZON_NS)
MIN_CLUSTERS: Final = 8
Z_90: Final = 1.6448536269514722  # two-sided 90 %
TOO_SMALL: Final = "n too small"
PLACEBO: Final = "placebo: not measured yet"
_PATH_STEP: Final = 100 * MILLISECOND  # shorter horizons cannot be read off a path of 10 ms steps
_KINDS: Final = {"replace": "child_replaced", "cancel": "child_cancelled"}
_LIQUIDITY: Final = {"passive": "A", "aggressive": "R"}


class Estimate(NamedTuple):
    """Mean and 90 % interval in bps (NaN undefined), non-overlapping clusters, events without a value."""

    mean: float
    low: float
    high: float
    clusters: int
    undefined: int

    @property
    def words(self) -> str:
        """The figure as a sheet prints it."""
        if self.mean != self.mean:
            return "undefined"
        if self.low != self.low:
            return f"{self.mean:+.2f} ({TOO_SMALL}: {self.clusters})"
        return f"{self.mean:+.2f} [{self.low:+.2f}, {self.high:+.2f}] n {self.clusters}"


class Curve(NamedTuple):
    """Estimates of one class at POINTS_NS, and how many events it has."""

    estimates: tuple[Estimate, ...]
    events: int


class Sample(NamedTuple):
    """Events of one class: time (ns), weight, and a value in bps per point of POINTS_NS, NaN undefined."""

    ts: NDArray[np.int64]
    weight: NDArray[np.float64]
    values: NDArray[np.float64]


class Around(NamedTuple):
    """Where responses are read off: the path, +1 buy or -1 sell, the time (ns) up to which the path is known."""

    path: Path
    side: int
    known: int


def estimate(ts: NDArray[np.int64], weight: NDArray[np.float64], values: NDArray[np.float64], apart: int) -> Estimate:
    """Weighted mean with an interval from clusters of events at least `apart` (ns) long: overlapping ones are one draw.

    The same clusters and error as the engine's markouts; below 8 clusters there is no interval.
    """
    known = ~np.isnan(values)
    undefined = int(len(values) - known.sum())
    order = np.argsort(ts[known], kind="stable")
    ts, weight, values = ts[known][order], weight[known][order], values[known][order]
    nan = float("nan")
    if not len(ts) or not weight.sum() > 0:
        return Estimate(nan, nan, nan, 0, undefined)
    total = float(weight.sum())
    mean = float((weight * values).sum()) / total
    after, starts, at = np.searchsorted(ts, ts + apart).tolist(), [], 0
    while at < len(ts):
        starts.append(at)
        at = max(after[at], at + 1)
    if len(starts) < MIN_CLUSTERS:
        return Estimate(mean, nan, nan, len(starts), undefined)
    weights = np.add.reduceat(weight, starts)
    deviations = np.add.reduceat(weight * (values - mean), starts)
    effective = total * total / float((weights * weights).sum())
    band = Z_90 * float(np.sqrt(effective / (effective - 1) * (deviations * deviations).sum())) / total
    return Estimate(mean, mean - band, mean + band, len(starts), undefined)


def curves(children: Rows, fills: Rows, events: Rows, around: Around, texts: Texts) -> dict[str, Curve]:
    """The response of every class of one order's own events."""
    out = {}
    for name in CLASSES:
        if name == "new":
            sample = _of_children(children, around)
        elif name in _LIQUIDITY:
            sample = _of_fills(fills, name, around, texts)
        else:
            mine = events[said(events["kind"], texts) == _KINDS[name]]
            sample = _off_path(mine["ts"], around)
        found = [
            estimate(sample.ts, sample.weight, sample.values[:, k], abs(point)) for k, point in enumerate(POINTS_NS)
        ]
        out[name] = Curve(tuple(found), len(sample.ts))
    return out


def markouts(fills: Rows, texts: Texts) -> Curve:
    """Quantity-weighted markouts of live fills at every horizon; points before the fill are undefined."""
    live = fills[live_fills(fills, texts)]
    values = np.full((len(live), len(POINTS_NS)), np.nan)
    for k, horizon in enumerate(HORIZON_NAMES, len(BEFORE_NS)):
        values[:, k] = live[f"markout_{horizon}_bps"]
    ts, weight = _matched(live), live["qty"].astype(np.float64)
    return Curve(tuple(estimate(ts, weight, values[:, k], abs(p)) for k, p in enumerate(POINTS_NS)), len(live))


def _of_children(children: Rows, around: Around) -> Sample:
    mine = children[children["ts_new"] != NULL]
    sample = _off_path(mine["ts_new"], around)
    for k, horizon in enumerate(HORIZON_NAMES, len(BEFORE_NS)):
        sample.values[:, k] = mine[f"response_{horizon}_bps"]
    return sample


def _of_fills(fills: Rows, name: str, around: Around, texts: Texts) -> Sample:
    mine = fills[live_fills(fills, texts) & (said(fills["liquidity"], texts) == _LIQUIDITY[name])]
    sample = _off_path(_matched(mine), around)
    for k, horizon in enumerate(HORIZON_NAMES, len(BEFORE_NS)):  # effective = realized + 2 x response, exactly
        sample.values[:, k] = (mine["eff_spread_bps"] - mine[f"realized_spread_{horizon}_bps"]) / 2
    return sample


def _off_path(ts: NDArray[np.int64], around: Around) -> Sample:
    """s (m[t+h] - m[t-]) / m[t-] off the path; NaN for short horizons and beyond what is known."""
    values = np.full((len(ts), len(POINTS_NS)), np.nan)
    ts = np.ascontiguousarray(ts)
    before = around.path.at(ts - 1)
    for k, point in enumerate(POINTS_NS):
        if abs(point) >= _PATH_STEP and len(ts):
            later = around.path.at(ts + point)
            later[ts + point > around.known] = np.nan
            values[:, k] = around.side * (later - before) / before * 1e4
    return Sample(ts, np.ones(len(ts)), values)


def _matched(fills: Rows) -> NDArray[np.int64]:
    return np.where(fills["ts_match"] == NULL, fills["ts_event"], fills["ts_match"])


def live_fills(fills: Rows, texts: Texts) -> NDArray[np.bool_]:
    """True for fills that have not been busted."""
    return np.array(["busted" not in flags.split() for flags in said(fills["flags"], texts).tolist()], bool)


def said(indices: NDArray[np.uint32], texts: Texts) -> NDArray[np.str_]:
    """Texts of arena indices."""
    unique, inverse = np.unique(indices, return_inverse=True)
    return np.array([texts.text(i) for i in unique.tolist()], np.str_)[inverse]
