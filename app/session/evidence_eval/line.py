"""A line of what the evidence must hold: what was measured with its standard error, the floor, the aim, held or not."""

import math
from typing import NamedTuple

from app.engine.evidence.model import Model
from app.session.evidence_eval.figures import Cells
from app.session.evidence_eval.sizes import Groups
from app.session.evidence_eval.statistics import Part, Value


class Line(NamedTuple):
    """One line: `held` None where too little was evaluated to say."""

    part: str
    what: str
    measured: str
    floor: str
    aim: str
    held: bool | None


class Evaluation(NamedTuple):
    """Parents by cell, and the model that judged them."""

    cells: Cells
    model: Model
    groups: Groups


def said(value: Value | Part) -> str:
    """A figure with its standard error and its number of cases."""
    if isinstance(value, Part):
        return f"{value.share:.3f} ± {value.se:.3f} (n {value.n:,})" if value.n else "-"
    if math.isnan(value.value):
        return "-"
    if math.isinf(value.value):
        return f"never (n {value.n:,})"
    digits = 3 if abs(value.value) < 10 else 1
    error = "" if math.isnan(value.se) else f" ± {value.se:.{digits}f}"
    return f"{value.value:.{digits}f}{error} (n {value.n:,})"


def at_least(value: Value | Part, floor: float) -> bool | None:
    """Whether a measured figure holds a floor; None without cases."""
    share = value.share if isinstance(value, Part) else value.value
    return None if math.isnan(share) else share >= floor


def nothing(part: str, what: str, floor: str, aim: str = "") -> Line:
    """The line of what was not evaluated."""
    return Line(part, what, "not evaluated", floor, aim, None)
