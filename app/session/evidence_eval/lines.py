"""What the evidence must hold, line by line: what was measured with its standard error, floor, aim, held or not.

A floor is held by the measured value itself; the standard error stands beside it so that a reader can judge luck.
"""

from typing import Final

from app.session.evidence_eval.figures import (
    LEVEL,
    Seen,
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
)
from app.session.evidence_eval.line import Evaluation, Line, at_least, nothing, said
from app.session.evidence_eval.line_sizes import estimate_lines
from app.session.evidence_eval.relearnt import group_auc
from app.session.evidence_eval.statistics import Part

# cell -> (floor, aim) of the AUC
AUCS: Final = {
    "base_4": (0.97, 0.985), "base_2": (0.83, 0.88), "fade_5": (0.82, 0.88), "slow_4": (0.72, 0.80),
    "slow_fade_4": (0.64, 0.72),
}  # fmt: skip
LEARNT: Final = {"slow_4": (0.81, 0.86)}
POWER: Final = {"base_4": 0.72, "base_8": 0.98}
AT_SIZE_CAUGHT: Final = (0.75, 0.85)
RED: Final = {"base_8": 0.80, "base_4": 0.25}
RED_CLEAN: Final = 0.01
DELAY: Final = (33.0, 25.0)
HEALED: Final = 0.95
FALSE: Final = 0.10


def lines_of(evaluation: Evaluation) -> list[Line]:
    """Every line, in the order of the parts."""
    seen = {one.cell: one for one in seen_of(evaluation.cells)}
    found = auc_lines(evaluation, seen)
    for make in (alarm_lines, ebh_lines, colour_lines, estimate_lines, split_lines):
        found += make(evaluation)
    return found + delay_lines(evaluation, seen)


def auc_lines(evaluation: Evaluation, seen: dict[str, Seen]) -> list[Line]:
    """AUC of sup E, of the group-learnt E, and power."""
    found = []
    for cell, (floor, aim) in AUCS.items():
        what, words = f"AUC {cell}", (f"≥ {floor}", f"{aim}")
        if cell not in seen:
            found.append(nothing("auc", what, *words))
            continue
        value = seen[cell].strongest
        found.append(Line("auc", what, said(value), *words, at_least(value, floor)))
    for cell, (floor, aim) in LEARNT.items():
        learnt = group_auc(evaluation.cells, cell, evaluation.model)
        what, words = f"AUC {cell}, group-learnt", (f"≥ {floor}", f"{aim}")
        found.append(
            nothing("auc", what, *words)
            if learnt is None
            else Line("auc", what, said(learnt), *words, at_least(learnt, floor))
        )
    for cell, floor in POWER.items():
        what = f"power at E ≥ 20, {cell}"
        if cell in seen:
            found.append(Line("auc", what, said(seen[cell].power), f"≥ {floor}", "", at_least(seen[cell].power, floor)))
        else:
            found.append(nothing("auc", what, f"≥ {floor}"))
    return found


def alarm_lines(evaluation: Evaluation) -> list[Line]:
    """False alarms, pooled and by cell and algo."""
    alarms = alarms_of(evaluation.cells)
    total = pooled(alarms)
    if not total.n:
        return [nothing("alarms", "false alarms at E ≥ 20, pooled", f"upper 95 % bound ≤ {LEVEL}")]
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
    return found or [nothing("ebh", "false discoveries at .10", f"≤ {FALSE} + 2 SE")]


def colour_lines(evaluation: Evaluation) -> list[Line]:
    """RED, what can just be seen, new epochs after a cure, the same with more orders alive."""
    cells = evaluation.cells
    colours = colours_of(cells)
    found = []
    for cell, floor in RED.items():
        share = colours[cell]["RED"] if cell in colours else Part(0, 0)
        found.append(Line("colours", f"RED at the end, {cell}", said(share), f"≥ {floor}", "", at_least(share, floor)))
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
            at_least(cured, HEALED),
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
        Line("colours", f"RED at the end, {what}", said(share), "≥ 0.25", "", at_least(share, RED["base_4"])),
        Line("colours", f"RED at any time, clean {what}", said(other), f"≤ {RED_CLEAN} + 2 SE", "", held),
    ]


def split_lines(evaluation: Evaluation) -> list[Line]:
    """The split of the drift."""
    part, gap = exact(evaluation.cells)
    what, floor = "drift is the sum of its parts", "every parent, up to the rounding of five numbers"
    if not part.n:
        return [nothing("split", what, floor)]
    measured = f"{part.k:,} of {part.n:,}, largest gap {gap:.2f} of that rounding"
    return [Line("split", what, measured, floor, "", part.k == part.n)]


def delay_lines(_evaluation: Evaluation, seen: dict[str, Seen]) -> list[Line]:
    """Children from onset to E >= 20."""
    floor, aim = DELAY
    what = "median delay after onset, base_4 (children)"
    if "base_4" not in seen:
        return [nothing("delay", what, f"≤ {floor:.0f}", f"{aim:.0f}")]
    delay = seen["base_4"].delay
    return [Line("delay", what, said(delay), f"≤ {floor:.0f}", f"{aim:.0f}", delay.value <= floor)]
