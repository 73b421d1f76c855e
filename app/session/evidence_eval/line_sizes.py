"""The lines about sizes: the model estimate by world, the direct line pooled, groups, switches."""

from typing import Final

from app.session.evidence_eval.line import Evaluation, Line, at_least, nothing, said
from app.session.evidence_eval.sizes import Sized, groups_of, saved, sized_of

COVERS: Final = 0.87
RMSE: Final = 3.0
DIRECT_BIAS, DIRECT_SE, DIRECT_PARENTS, DIRECT_COVERS = 0.3, 0.1, 6_400, (0.87, 0.93)
SAVED_COVERS: Final = 0.90
IDLE: Final = 0.85


def estimate_lines(evaluation: Evaluation) -> list[Line]:
    """Model estimate by world, the direct line pooled."""
    sized = {one.cell: one for one in sized_of(evaluation.cells)}
    found = []
    for cell in ("base_0", "base_1", "base_2", "base_4", "base_8"):
        what, floor = f"RMSE of the model estimate, {cell}", f"≤ {RMSE} bps"
        if cell in sized:
            found.append(Line("estimates", what, said(sized[cell].rmse), floor, "", sized[cell].rmse.value <= RMSE))
        else:
            found.append(nothing("estimates", what, floor))
    found.append(_coverage([one for name, one in sized.items() if name != "all" and one.covers.n]))
    return found + _direct_lines(sized["all"]) + _group_lines(evaluation) + _switch_lines(evaluation)


def _group_lines(evaluation: Evaluation) -> list[Line]:
    """Mean leak of groups by algo."""
    spread = {one.cell: one for one in groups_of(evaluation.groups)}
    what, floor = "interval of a group's leak covers, groups by algo", f"≥ {COVERS}"
    if "all" not in spread or not spread["all"].covers.n:
        return [nothing("estimates", what, floor)]
    covers = spread["all"].covers
    return [Line("estimates", what, said(covers), floor, "", covers.share >= COVERS)]


def _switch_lines(evaluation: Evaluation) -> list[Line]:
    """What a switch saved."""
    covers, idle, error = saved(evaluation.cells)
    measured = f"{said(covers)}, RMSE {said(error)} bps"
    return [
        Line(
            "estimates", "interval of a switch's saving covers", measured if covers.n else "no saving told",
            f"≥ {SAVED_COVERS}", "", at_least(covers, SAVED_COVERS),
        ),
        Line(
            "estimates", "a switch that did not help reads not distinguishable from 0", said(idle), f"≥ {IDLE}", "",
            at_least(idle, IDLE),
        ),
    ]  # fmt: skip


def _coverage(sized: list[Sized]) -> Line:
    """The interval of the model estimate in every world."""
    what, floor = "interval of the model estimate covers, each world", f"≥ {COVERS}"
    if not sized:
        return nothing("estimates", what, floor)
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
