"""The badge over 1,000 orders a tenth of which leak."""

import pytest

from app.session.evidence_eval.figures import leaking_of
from app.session.evidence_eval.plan import MANY
from tests.prove_d.judged import broken, evaluation

pytestmark = pytest.mark.prove


def test_that_false_discoveries_stay_below_a_tenth() -> None:
    assert broken("ebh", "false discoveries") == []


@pytest.mark.parametrize("name", ["tenth_8", "fleet_4"])
def test_that_a_thousand_orders_were_judged_a_tenth_of_them_leaking(name: str) -> None:
    cells = evaluation("ebh").cells
    assert len(cells[name]) >= MANY
    assert 0.05 <= len(leaking_of(cells, name)) / len(cells[name]) <= 0.15
