"""Counting over A/A runs: alarms by kind and number of children, mean e by class and volatility."""

import math

import numpy as np
from numpy.typing import NDArray

from app.engine.evidence.follow import Evidence
from app.engine.evidence.model import Model
from app.engine.evidence.rows import BUCKETS, CLASSES, SHARES, VOLATILITIES
from app.session.evidence_aa.fakes import Fakes
from app.session.evidence_aa.record import THRESHOLD, MeanE, Rate
from app.session.evidence_eval.statistics import Part


class Tally:
    """Counts and sums of all runs so far."""

    def __init__(self, model: Model) -> None:
        self._share = model.tables.weights.reshape(-1, len(SHARES)).sum(axis=1)
        self._alarms: dict[tuple[str, int], Part] = {}
        self._sums: dict[tuple[str, int], list[tuple[int, float]]] = {}  # (kind, pool) -> (children, sum of e) of each

    def take(self, fakes: Fakes, evidence: Evidence) -> None:
        """The parents of one run."""
        for trail in evidence.trails().values():
            if not trail.parent_id.startswith(f"AA-{fakes.kind}-{fakes.children}-") or not trail.acts:
                continue
            key = fakes.kind, fakes.children
            alarmed = max(trail.epochs["most"].tolist()) >= THRESHOLD
            self._alarms[key] = self._alarms.get(key, Part(0, 0)).plus(Part(int(alarmed), 1))
            records = evidence.records[[number for numbers in trail.records for number in numbers]]
            bets = np.asarray(records["e"], np.float64) @ self._share
            pools = records["cell"].astype(np.int64) // BUCKETS
            for pool in np.unique(pools).tolist():
                of = bets[pools == pool]
                self._sums.setdefault((fakes.kind, pool), []).append((len(of), math.fsum(of.tolist())))

    def rates(self) -> list[Rate]:
        """False alarms by kind and number of children."""
        return [
            Rate(
                kind=kind, children=children, parents=part.n, alarms=part.k, rate=part.share, se=part.se,
                upper=part.upper(),
            )
            for (kind, children), part in sorted(self._alarms.items(), key=_times_first)
        ]  # fmt: skip

    def mean_e(self) -> list[MeanE]:
        """Mean e by kind, class and volatility."""
        return [_mean(kind, pool, np.array(sums)) for (kind, pool), sums in sorted(self._sums.items())]


def _times_first(item: tuple[tuple[str, int], Part]) -> tuple[bool, int]:
    (kind, children), _ = item
    return kind != "times", children


def _mean(kind: str, pool: int, sums: NDArray[np.float64]) -> MeanE:
    count = float(sums[:, 0].sum())
    mean = float(sums[:, 1].sum()) / count
    parents = len(sums)
    rest = float(((sums[:, 1] - mean * sums[:, 0]) ** 2).sum())
    se = math.sqrt(rest * parents / (parents - 1)) / count if parents > 1 else None
    name, volatility = CLASSES[pool // VOLATILITIES], pool % VOLATILITIES
    return MeanE(kind=kind, class_=name, volatility=volatility, children=int(count), mean=mean, se=se)
