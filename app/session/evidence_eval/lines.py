"""What the evidence must hold, line by line: what was measured with its standard error, floor, aim, held or not.

A floor is held by the measured value itself; the standard error stands beside it so that a reader can judge luck.
"""

import math
from typing import Final, NamedTuple

from app.engine.evidence.model import Model
from app.session.evidence_eval.figures import (
    LEVEL,
    Cells,
    Seen,
    Sized,
    alarms_of,
    alike,
    caught_at_size,
    clean_of,
    colours_of,
    discoveries_of,
    exact,
    healed,
    is_own,
    leaking_of,
    pooled,
    seen_of,
    sized_of,
)
from app.session.evidence_eval.relearnt import group_auc
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


# cell -> (floor, aim) of the AUC
AUCS: Final = {
    "base_4": (0.97, 0.985), "base_2": (0.83, 0.88), "fade_5": (0.82, 0.88), "slow_4": (0.72, 0.80),
    "slow_fade_4": (0.64, 0.72),
}  # fmt: skip
LEARNT: Final = {"slow_4": (0.81, 0.86)}
POWER: Final = {"base_4": 0.72, "base_8": 0.98}
COVERS: Final = 0.87
RMSE: Final = 3.0
DIRECT_BIAS, DIRECT_SE, DIRECT_PARENTS, DIRECT_COVERS = 0.3, 0.1, 6_400, (0.87, 0.93)
AT_SIZE_CAUGHT: Final = (0.75, 0.85)
RED: Final = {"base_8": 0.80, "base_4": 0.25}
RED_CLEAN: Final = 0.01
DELAY: Final = (33.0, 25.0)
HEALED: Final = 0.95
FALSE: Final = 0.10


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


def lines_of(evaluation: Evaluation) -> list[Line]:
    """Every line, in the order of the parts."""
    seen = {one.cell: one for one in seen_of(evaluation.cells)}
    found = auc_lines(evaluation, seen)
    for make in (alarm_lines, ebh_lines, colour_lines, estimate_lines, split_lines):
        found += make(evaluation)
    return found + delay_lines(evaluation, seen)


def _at_least(value: Value | Part, floor: float) -> bool | None:
    """None without cases."""
    share = value.share if isinstance(value, Part) else value.value
    return None if math.isnan(share) else share >= floor


def _nothing(part: str, what: str, floor: str, aim: str = "") -> Line:
    return Line(part, what, "not evaluated", floor, aim, None)


def auc_lines(evaluation: Evaluation, seen: dict[str, Seen]) -> list[Line]:
    """AUC of sup E, of the group-learnt E, and power."""
    found = []
    for cell, (floor, aim) in AUCS.items():
        what, words = f"AUC {cell}", (f"≥ {floor}", f"{aim}")
        if cell not in seen:
            found.append(_nothing("auc", what, *words))
            continue
        value = seen[cell].strongest
        found.append(Line("auc", what, said(value), *words, _at_least(value, floor)))
    for cell, (floor, aim) in LEARNT.items():
        learnt = group_auc(evaluation.cells, cell, evaluation.model)
        what, words = f"AUC {cell}, group-learnt", (f"≥ {floor}", f"{aim}")
        found.append(
            _nothing("auc", what, *words)
            if learnt is None
            else Line("auc", what, said(learnt), *words, _at_least(learnt, floor))
        )
    for cell, floor in POWER.items():
        what = f"power at E ≥ 20, {cell}"
        if cell in seen:
            found.append(
                Line("auc", what, said(seen[cell].power), f"≥ {floor}", "", _at_least(seen[cell].power, floor))
            )
        else:
            found.append(_nothing("auc", what, f"≥ {floor}"))
    return found


def alarm_lines(evaluation: Evaluation) -> list[Line]:
    """False alarms, pooled and by cell and algo."""
    alarms = alarms_of(evaluation.cells)
    total = pooled(alarms)
    if not total.n:
        return [_nothing("alarms", "false alarms at E ≥ 20, pooled", f"upper 95 % bound ≤ {LEVEL}")]
    upper = total.upper()
    above = [one for one in alarms if one.part.share > one.limit]
    names = "".join(f", {one.cell} {one.algo} {one.part.share:.3f} of {one.part.n}" for one in above)
    return [
        Line(
            "alarms", "false alarms at E ≥ 20, pooled", f"{said(total)}, upper bound {upper:.4f}",
            f"upper 95 % bound ≤ {LEVEL}", "", upper <= LEVEL,
        ),
        Line(
            "alarms", "world x algo cells above .05 + 3 SE", f"{len(above)} of {len(alarms)}{names}",
            "none", "", not above,
        ),
    ]  # fmt: skip


def ebh_lines(evaluation: Evaluation) -> list[Line]:
    """False discoveries among 1,000 orders."""
    found = [
        Line(
            "ebh", f"false discoveries at .10, {one.name} ({one.parents:,} parents)", said(one.false),
            f"≤ {FALSE} + 2 SE", "", one.false.value <= FALSE + 2 * one.false.se,
        )
        for one in discoveries_of(evaluation.cells)
    ]  # fmt: skip
    return found or [_nothing("ebh", "false discoveries at .10", f"≤ {FALSE} + 2 SE")]


def colour_lines(evaluation: Evaluation) -> list[Line]:
    """RED, what can just be seen, new epochs after a cure, the same with more orders alive."""
    cells = evaluation.cells
    colours = colours_of(cells)
    found = []
    for cell, floor in RED.items():
        share = colours[cell]["RED"] if cell in colours else Part(0, 0)
        found.append(Line("colours", f"RED at the end, {cell}", said(share), f"≥ {floor}", "", _at_least(share, floor)))
    clean = Part(0, 0)
    for name in cells:
        if is_own(name) and cells[name] and not leaking_of(cells, name):
            clean = clean.plus(colours[f"{name} clean"]["ever RED"])
    held = None if not clean.n else clean.share <= RED_CLEAN
    found.append(Line("colours", "RED at any time, clean cells", said(clean), f"≤ {RED_CLEAN}", "", held))
    same = alike(cells)
    held = None if not same.n else same.k == same.n
    found.append(
        Line("colours", "same E, colour and size alone and among 40 orders", f"{same.k} of {same.n}", "all", "", held)
    )
    found += _fleet_lines(evaluation)
    caught, true, told = caught_at_size(cells)
    low, high = AT_SIZE_CAUGHT
    held = None if not caught.n else low <= caught.share <= high
    measured = f"{said(caught)} at {said(true)} bps, told {said(told)} bps"
    found.append(Line("colours", "caught at the smallest detectable leak", measured, f"{low} to {high}", "0.80", held))
    cured = healed(cells)
    found.append(
        Line(
            "colours", "after a cure never AMBER, CLEAR or GREY at the end", said(cured), f"≥ {HEALED}", "",
            _at_least(cured, HEALED),
        )
    )  # fmt: skip
    return found


def _fleet_lines(evaluation: Evaluation) -> list[Line]:
    """RED among 300 orders."""
    some, clean = leaking_of(evaluation.cells, "fleet_4"), clean_of(evaluation.cells, "fleet_4")
    share = Part(sum(1 for one in some if one.status == "RED"), len(some))
    other = Part(sum(1 for one in clean if one.ever == "RED"), len(clean))
    what = "among 300 orders, 4 bps"
    held = None if not other.n else other.share <= RED_CLEAN + 2 * other.se
    return [
        Line("colours", f"RED at the end, {what}", said(share), "≥ 0.25", "", _at_least(share, RED["base_4"])),
        Line("colours", f"RED at any time, clean {what}", said(other), f"≤ {RED_CLEAN} + 2 SE", "", held),
    ]


def estimate_lines(evaluation: Evaluation) -> list[Line]:
    """Model estimate by world, the direct line pooled."""
    sized = {one.cell: one for one in sized_of(evaluation.cells)}
    found = []
    for cell in ("base_0", "base_1", "base_2", "base_4", "base_8"):
        what, floor = f"RMSE of the model estimate, {cell}", f"≤ {RMSE} bps"
        if cell in sized:
            found.append(Line("estimates", what, said(sized[cell].rmse), floor, "", sized[cell].rmse.value <= RMSE))
        else:
            found.append(_nothing("estimates", what, floor))
    found.append(_coverage([one for name, one in sized.items() if name != "all" and one.covers.n]))
    return found + _direct_lines(sized["all"])


def _coverage(sized: list[Sized]) -> Line:
    """The interval of the model estimate in every world."""
    what, floor = "interval of the model estimate covers, each world", f"≥ {COVERS}"
    if not sized:
        return _nothing("estimates", what, floor)
    below = [one for one in sized if one.covers.share < COVERS]
    worst = min(sized, key=lambda one: one.covers.share)
    measured = f"worst {worst.cell} {said(worst.covers)}, {len(below)} of {len(sized)} below"
    return Line("estimates", what, measured, floor, "", not below)


def _direct_lines(pool: Sized) -> list[Line]:
    bias, covers = pool.direct_bias, pool.direct_covers
    enough = bias.n >= DIRECT_PARENTS
    low, high = DIRECT_COVERS
    floor = f"within {DIRECT_BIAS} bps, SE ≤ {DIRECT_SE}, n ≥ {DIRECT_PARENTS:,}"
    held = enough and abs(bias.value) <= DIRECT_BIAS and bias.se <= DIRECT_SE
    return [
        Line("estimates", "bias of the direct line, pooled", said(bias), floor, "", held if bias.n else None),
        Line(
            "estimates", "interval of the direct line covers, pooled", said(covers), f"{low} to {high}", "",
            low <= covers.share <= high if covers.n else None,
        ),
    ]  # fmt: skip


def split_lines(evaluation: Evaluation) -> list[Line]:
    """The split of the drift."""
    part, gap = exact(evaluation.cells)
    what, floor = "drift is the sum of its parts", "every parent, up to the rounding of five numbers"
    if not part.n:
        return [_nothing("split", what, floor)]
    measured = f"{part.k:,} of {part.n:,}, largest gap {gap:.2f} of that rounding"
    return [Line("split", what, measured, floor, "", part.k == part.n)]


def delay_lines(_evaluation: Evaluation, seen: dict[str, Seen]) -> list[Line]:
    """Children from onset to E >= 20."""
    floor, aim = DELAY
    what = "median delay after onset, base_4 (children)"
    if "base_4" not in seen:
        return [_nothing("delay", what, f"≤ {floor:.0f}", f"{aim:.0f}")]
    delay = seen["base_4"].delay
    return [Line("delay", what, said(delay), f"≤ {floor:.0f}", f"{aim:.0f}", delay.value <= floor)]
