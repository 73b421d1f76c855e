"""From what is wanted to the page: cells are chosen, worked out or taken from what is kept, and told."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from app.engine.errors import SettingsError, complaint
from app.engine.evidence.cost import detectable
from app.engine.evidence.model import Model
from app.feeds.simulator.evidence import seeds_of
from app.session.evidence_eval.line import Evaluation
from app.session.evidence_eval.plan import Cell, cells_of
from app.session.evidence_eval.report import Made, report
from app.session.evidence_eval.work import Request, evaluated

USUAL_CHILDREN = 80  # scored of 82


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which cells (none named: all), of which split, how many times the planned parents."""

    worlds: list[str]
    split: str
    scale: float
    workers: int
    keep: Path


def chosen(wanted: Wanted, model: Model) -> list[Cell]:
    """The cells. Raises SettingsError."""
    if wanted.split == "fit":
        raise SettingsError(complaint("evidence eval", "--split", "fit", "test or final: models are made of fit"))
    return cells_of(wanted.worlds, wanted.scale, detectable(USUAL_CHILDREN, model) or 5.0)


def evaluation_of(wanted: Wanted, model: Model, tell: Callable[[int, int], object]) -> Evaluation:
    """Every parent of the cells; what is kept is not worked out again. Raises ScorecardError."""
    try:
        wanted.keep.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(complaint("evidence eval", "--keep", str(wanted.keep), "a folder to write to")) from error
    request = Request(
        cells=chosen(wanted, model), split=wanted.split, model=model, keep=wanted.keep, workers=wanted.workers
    )
    found = evaluated(request, tell)
    groups = {name: one.groups for name, one in found.items()}
    return Evaluation({name: one.parents for name, one in found.items()}, model, groups)


def page_of(wanted: Wanted, model: Model, tell: Callable[[int, int], object]) -> str:
    """The page of an evaluation. Raises ScorecardError."""
    cells = chosen(wanted, model)
    seeds = {cell.name: seeds_of(wanted.split, 0, cell.episodes) for cell in cells}
    dates = ", ".join(sorted({cell.world.date for cell in cells}))
    made = Made(wanted.split, {name: (found[0], found[-1]) for name, found in seeds.items()}, dates)
    return report(evaluation_of(wanted, model, tell), made)
