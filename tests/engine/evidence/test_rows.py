"""Sizes and layouts: what a symbol and a child may weigh, and that names and numbers agree."""

from app.engine.evidence.process import EPOCH
from app.engine.evidence.rows import (
    CELLS,
    CHILD,
    CLASSES,
    GROUPS,
    LAWS,
    LENGTHS,
    LONGEST,
    RING,
    SCORE_NAMES,
    SCORES,
    SHARES,
    STEP_NS,
    STEP_S,
    WORLDS,
)
from app.engine.evidence.states import BYTES


def test_that_a_symbol_a_parent_and_a_child_weigh_no_more_than_promised() -> None:
    assert BYTES <= 16 * 1024
    assert EPOCH.itemsize <= 2_500
    assert CHILD.itemsize <= 256


def test_that_names_and_numbers_agree() -> None:
    assert len(SCORE_NAMES) == len(set(SCORE_NAMES)) == SCORES == WORLDS // len(SHARES)
    assert STEP_S == STEP_NS / 1e9
    assert [length * STEP_NS // 1_000_000 for length in LENGTHS] == [500, 1000, 2000, 4000, 8000]
    assert RING > LONGEST == max(LENGTHS)
    assert len(GROUPS) == LAWS
    assert len(CLASSES) * 4 * 90 == CELLS
