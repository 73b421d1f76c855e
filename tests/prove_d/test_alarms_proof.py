"""False alarms at E >= 20 in every clean world, and of orders that do not exist."""

import os
from pathlib import Path

import pytest

from app.session.evidence_aa.passes import Wanted, aa_of
from app.session.evidence_aa.record import AaRecord
from app.session.evidence_eval.figures import LEVEL, alarms_of, clean_cells
from app.session.evidence_eval.plan import ELSEWHERE
from app.session.evidence_eval.statistics import Part
from tests.prove_d.judged import SPLIT, broken, evaluation, proved_model, scale

pytestmark = pytest.mark.prove
DAYS = 20


def test_that_false_alarms_are_rare_over_all_clean_worlds() -> None:
    assert broken("alarms", "false alarms") == []


def test_that_no_algo_of_any_clean_world_stands_out() -> None:
    assert broken("alarms", "world x algo") == []


def test_that_every_clean_world_was_judged() -> None:
    cells = evaluation("alarms").cells
    assert {name for name in cells if len(cells[name]) < ELSEWHERE} == set()
    assert set(clean_cells(cells)) == set(cells)
    assert {"CHASE", "SIGNAL"} <= {one.algo for one in alarms_of(cells)}


def accused(record: AaRecord) -> dict[str, str]:
    """Kinds and numbers of children of fakes whose alarms are above the level by more than three standard errors."""
    found = {}
    for rate in record.rates:
        part = Part(rate.alarms, rate.parents)
        limit = LEVEL + 3 * (LEVEL * (1 - LEVEL) / part.n) ** 0.5
        print(f"{record.source} {rate.kind} {rate.children}: {rate.alarms} of {rate.parents}, upper {rate.upper}")
        if part.share > limit:
            found[f"{rate.kind} {rate.children}"] = f"{part.share:.3f} of {part.n}"
    return found


def test_that_orders_that_do_not_exist_are_not_accused_on_simulated_days() -> None:
    days = max(1, round(DAYS * scale()))
    record = aa_of(Wanted(days=days, split=SPLIT), proved_model(), lambda _done, _all: None)
    times = [Part(rate.alarms, rate.parents) for rate in record.rates if rate.kind == "times"]
    pooled = Part(sum(one.k for one in times), sum(one.n for one in times))
    assert {rate.children for rate in record.rates} == {50, 100, 400, 1500}
    assert accused(record) == {}
    assert pooled.upper() <= LEVEL


def test_that_orders_that_do_not_exist_are_not_accused_on_a_real_day(shared_data: Path) -> None:
    wanted = Wanted(
        recording=shared_data / "lobster", price=True, own_placebos=True,
        again=int(os.environ.get("EVIDENCE_AGAIN", "20")),
    )  # fmt: skip
    record = aa_of(wanted, proved_model(), lambda _done, _all: None)
    assert sum(rate.parents for rate in record.rates) >= 100
    assert accused(record) == {}
