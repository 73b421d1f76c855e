"""Reactions and markouts as the engine has them on the board (layout.REACTION_ROW): looked up, not worked out."""

import math
from typing import Final, NamedTuple

import numpy as np

from app.engine.layout import EVENT_CLASSES
from app.engine.units import POINTS_NS

MARKOUT: Final = "markout"
CLASSES: Final = tuple(name for name in EVENT_CLASSES if name != MARKOUT)
TOO_SMALL: Final = "n too small"
PLACEBO: Final = "placebo: not measured yet"
PLACEBO_OFF: Final = "placebo band off (P)"
FEW: Final = "placebo: too few quiet moments yet"


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
    """Estimates of one class at units.POINTS, and how many events it has.

    `quiet`: (low, high) at each point where the mean would lie 9 times of 10 if nothing answered (NaN: not known).
    """

    estimates: tuple[Estimate, ...]
    events: int
    quiet: tuple[tuple[float, float], ...] = ()

    @property
    def has_band(self) -> bool:
        """True where a placebo band is known at two points or more."""
        return sum(not math.isnan(low) for low, _high in self.quiet) > 1


def curves(row: np.void) -> dict[str, Curve]:
    """The curve of every class of a row of the section `reactions`."""
    fields = [row[name].tolist() for name in ("mean", "low", "high", "clusters", "undefined")]
    out = {}
    for number, name in enumerate(EVENT_CLASSES):
        points = zip(*(field[number] for field in fields), strict=True)
        band = zip(row["placebo_low"][number].tolist(), row["placebo_high"][number].tolist(), strict=True)
        out[name] = Curve(tuple(Estimate(*point) for point in points), int(row["events"][number]), tuple(band))
    return out


__all__ = ["CLASSES", "FEW", "MARKOUT", "PLACEBO", "PLACEBO_OFF", "POINTS_NS", "Curve", "Estimate", "curves"]
