"""Children once more: the same bet as the light's, and what is known of each with hindsight."""

from typing import Any

import numpy as np
import pytest

from app.engine.evidence.again import Children, Prior, bet_again, usual_prior, with_hindsight
from app.engine.evidence.process import LARGE
from app.engine.evidence.rows import CHILD, SCORES, SHARES, WORLDS
from tests.engine.evidence.made import model
from tests.engine.evidence.test_trail import trail

MODEL = model()
EVEN = MODEL.tables.weights
PRIOR = usual_prior(MODEL)


def children(n: int, seed: int = 1, high: float = 4.0) -> Children:
    draw, records = np.random.default_rng(seed), np.zeros(n, CHILD)
    records["e"], records["tick"] = draw.uniform(0, high, (n, SCORES)), draw.uniform(1, 3, n)
    records["share"] = np.linspace(1, 0, n)
    records["y"] = records["c"] = np.nan
    return Children(records, draw.uniform(0, 1, n))


def test_that_the_bet_is_that_of_the_light() -> None:
    some, made = children(30), trail()
    for n in range(30):
        made.bet(some.records[n], made.epochs, 0, float(some.later[n]))
    again = bet_again(some, MODEL, EVEN, PRIOR)
    for name in ("e", "leak", "unborn", "n", "top"):
        assert again[name] == pytest.approx(made.epochs[0][name], rel=1e-12)
    assert again["capital"] == pytest.approx(made.epochs[0]["capital"], rel=1e-12)


def test_that_no_children_are_no_evidence() -> None:
    assert bet_again(children(0), MODEL, EVEN, PRIOR)["e"] == 1.0
    cost, onset = with_hindsight(children(0), MODEL, EVEN, PRIOR)
    assert (len(cost), len(onset)) == (0, 0)


@pytest.mark.parametrize("n", [1, 5, 40])
def test_that_the_costs_of_the_children_add_up_to_the_leak(n: int) -> None:
    some = children(n)
    cost, onset = with_hindsight(some, MODEL, EVEN, PRIOR)
    whole = bet_again(some, MODEL, EVEN, PRIOR)
    assert cost.sum() == pytest.approx(float(whole["leak"]), rel=1e-9)
    begun = 0.3 * float((EVEN * whole["capital"]).sum()) / (0.7 + 0.3 * float(whole["e"]))
    assert onset.sum() == pytest.approx(begun, rel=1e-9)


def test_that_the_onset_is_found_by_summing_over_every_one() -> None:
    some, prior = children(6, 3), Prior(0.6, 0.2, 0.1)
    _cost, onset = with_hindsight(some, MODEL, EVEN, prior)
    mass = [0.2, *(0.8 * 0.9 * 0.1 / ((1 + 0.1 * (k - 1)) * (1 + 0.1 * (k - 2))) for k in range(1, 6))]
    mass[1] = 0.8 * 0.1
    likely = []
    for k in range(6):
        worlds = [np.prod(1 + SHARES[c % 5] * (some.records["e"][k:, c // 5].astype(float) - 1)) for c in range(WORLDS)]
        likely.append(0.4 * mass[k] * float(np.mean(worlds)))
    none = 0.6 + 0.4 * (1 - sum(mass))
    assert onset == pytest.approx(np.array(likely) / (none + sum(likely)), rel=1e-9)


def test_that_an_onset_in_the_middle_is_found_there() -> None:
    some = children(60, 4, 2.0)
    some.records["e"][:] = 0.2
    some.records["e"][30:] = 3.0
    cost, onset = with_hindsight(some, MODEL, EVEN, PRIOR)
    assert 26 <= int(np.argmax(onset)) <= 31
    assert cost[:25].max() < 0.05 * cost[30:50].min()


def test_that_capital_beyond_counting_does_no_harm() -> None:
    some = children(300)
    some.records["e"][:] = 20.0
    cost, onset = with_hindsight(some, MODEL, EVEN, PRIOR)
    assert bet_again(some, MODEL, EVEN, PRIOR)["scale"] == 1
    assert onset.sum() == pytest.approx(1.0)
    assert np.isfinite(cost).all()
    assert float(bet_again(some, MODEL, EVEN, PRIOR)["leak"]) == pytest.approx(cost.sum(), rel=1e-9)
    assert LARGE > 1e100


def test_that_scores_of_nothing_leave_no_capital_and_no_cost() -> None:
    some: Any = children(400)
    some.records["e"][:] = 0.0
    cost, _onset = with_hindsight(some, MODEL, EVEN, Prior(0.01, 1.0, 0.0))
    assert cost.tolist() == [0.0] * 400
