"""One set of weights for all worlds: leaks told from noise, on seeds no fit has seen."""

import pytest

from app.session.evidence_eval.figures import leaking_of
from app.session.evidence_eval.lines import AUCS, POWER
from app.session.evidence_eval.plan import BASE, CLEAN
from tests.prove_d.judged import broken, evaluation

pytestmark = pytest.mark.prove


@pytest.mark.parametrize("cell", sorted(AUCS))
def test_that_leaks_are_told_from_noise(cell: str) -> None:
    assert broken("auc", f"AUC {cell}") == []


@pytest.mark.parametrize("cell", sorted(POWER))
def test_that_leaks_reach_e_20(cell: str) -> None:
    assert broken("auc", f"power at E ≥ 20, {cell}") == []


def test_that_so_many_parents_were_judged() -> None:
    cells = evaluation("auc").cells
    assert len(cells["base_0"]) >= CLEAN
    assert {name: len(leaking_of(cells, name)) for name in cells if len(leaking_of(cells, name)) < BASE} == {
        "base_0": 0
    }
