"""The evaluation all parts share: final seeds, as many parents as the lines ask for, simulated once and kept.

SCORECARD_EVIDENCE_MODEL, as everywhere, names another model than the shipped one; EVIDENCE_SCALE another number of
parents for a trial: the lines about numbers then fail.
"""

import os
from functools import cache
from typing import Final

from app.cli.evidence_eval import model_of
from app.engine.evidence.model import Model
from app.kernel_cache import use_kernel_cache
from app.session.evidence_eval.line import Evaluation, Line
from app.session.evidence_eval.lines import lines_of
from app.session.evidence_eval.page import Wanted, evaluation_of
from app.session.evidence_eval.plan import SIZES
from scripts.stages import BUILD, cores

KEEP: Final = BUILD / "prove" / "evidence"
SPLIT: Final = "final"
_CLEAN: Final = tuple(name for name in SIZES if name.endswith("_0") and not name.startswith(("alone", "forty")))
_BASES: Final = tuple(name for name in SIZES if name.startswith(("alone", "forty", "base")) and name != "base_0")
CELLS: Final[dict[str, tuple[str, ...]]] = {
    "auc": ("base_0", "base_2", "base_4", "base_8", "fade_5", "slow_4", "slow_fade_4"),
    "alarms": _CLEAN,
    "ebh": ("base_0", "base_4", "base_8", "tenth_8", "fleet_4"),
    "colours": (*_CLEAN, *_BASES, "at_size", "fleet_4", "cured_4"),
    "estimates": tuple(SIZES),
    "split": tuple(SIZES),
    "delay": ("base_0", "base_4"),
}  # which cells a part needs: one part alone simulates no more


def scale() -> float:
    """Of the planned numbers of parents."""
    return float(os.environ.get("EVIDENCE_SCALE", "1"))


@cache
def proved_model() -> Model:
    """The model that is proved."""
    return model_of(None)


@cache
def evaluation(part: str) -> Evaluation:
    """What a part is judged by."""
    use_kernel_cache()
    wanted = Wanted(worlds=list(CELLS[part]), split=SPLIT, scale=scale(), workers=cores(), keep=KEEP)
    return evaluation_of(wanted, proved_model(), _tell)


def _tell(done: int, wanted: int) -> None:
    if done % 25 == 0 or done == wanted:
        print(f"episodes {done:,} of {wanted:,}", flush=True)


@cache
def lines(part: str) -> tuple[Line, ...]:
    """The lines of a part."""
    return tuple(line for line in lines_of(evaluation(part)) if line.part == part)


def broken(part: str, begins: str) -> list[str]:
    """Lines of a part that begin so and do not hold, in words; one that was not evaluated does not hold."""
    found = [line for line in lines(part) if line.what.startswith(begins)]
    assert found, f"no line of {part} begins with {begins}"
    for line in found:
        print(f"{line.what}: {line.measured}; floor {line.floor}")
    return [f"{line.what}: {line.measured}, floor {line.floor}" for line in found if line.held is not True]
