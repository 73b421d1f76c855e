"""Weights learnt by a group from its past, and E with them from what was kept."""

import math

import numpy as np
import pytest

from app.engine.evidence.rows import WORLDS
from app.session.evidence_eval.relearnt import PAST, fitted_auc, group_auc, grown, learnt, log_e
from app.session.evidence_eval.statistics import auc
from tests.session.evidence_eval.parents import MODEL, leaking, logs, parent

EVEN = np.full(WORLDS, 1 / WORLDS)


def test_that_e_comes_back_from_what_was_kept() -> None:
    one = parent(unborn=math.log(0.25), capital=logs(math.log(2.0)))
    assert log_e([one], EVEN)[0] == pytest.approx(math.log(2.25), rel=1e-6)
    huge = parent(unborn=-math.inf, capital=logs(900.0))
    assert log_e([huge], EVEN)[0] == pytest.approx(900.0, rel=1e-6)
    assert np.isfinite(grown([huge]).ratio).all()


def test_that_a_group_bets_where_its_past_leaked() -> None:
    past = [leaking(n, capital=logs(6.0, at=17), unborn=-3.0) for n in range(PAST)]
    weights = learnt(past, MODEL)
    assert weights.sum() == pytest.approx(1.0)
    assert int(np.argmax(weights)) == 17
    assert weights[17] > 0.5
    assert weights[16] >= 0.3 / WORLDS * 0.99


def test_that_the_group_is_tested_on_those_it_did_not_learn_from() -> None:
    few = {"base_0": [parent(n) for n in range(9)], "slow_4": [leaking(n) for n in range(PAST)]}
    assert group_auc(few, "slow_4", MODEL) is None
    leaks = [leaking(n, capital=logs(4.0, at=17), unborn=-3.0) for n in range(2 * PAST)]
    found = group_auc(few | {"slow_4": leaks}, "slow_4", MODEL)
    assert found is not None
    assert found.n == PAST + 9
    assert found.value == 1.0


def test_that_weights_fitted_to_a_world_tell_it_best() -> None:
    draw = np.random.default_rng(1)
    leaks = [leaking(n, capital=logs(float(draw.normal(2.0, 1.0)), at=17), unborn=-3.0) for n in range(40)]
    clean = [parent(n, capital=logs(float(draw.normal(0.0, 1.0)), at=90), unborn=-3.0) for n in range(60)]
    cells = {"base_0": clean, "slow_4": leaks}
    fitted = fitted_auc(cells, "slow_4", MODEL)
    assert fitted is not None
    assert fitted.value > auc(log_e(leaks, EVEN), log_e(clean, EVEN)).value
    assert fitted_auc({"base_0": clean}, "slow_4", MODEL) is None
