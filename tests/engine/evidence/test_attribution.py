"""By cause: planted cells are found, clean ones are not, and the intervals hold the truth."""

import math
from typing import Any

import numpy as np
import pytest

from app.engine.evidence.again import Children, bet_again, usual_prior
from app.engine.evidence.attribution import ENOUGH, POOL, WIDTH, Direct, Piece, attributed, measured
from app.engine.evidence.cost import modelled
from app.engine.evidence.groups import learn
from app.engine.evidence.process import MOST
from app.engine.evidence.rows import CHILD
from tests.engine.evidence.made import model

MODEL = model()
WEIGHTS = MODEL.tables.weights
MODEL_ERROR, DIRECT_ERROR = (MODEL.numbers[f"group_{name}_error"] for name in ("model", "direct"))


def answered(leak: float, seed: int, n: int = 40) -> Any:
    """Which children of an order are answered."""
    return np.random.default_rng([seed, 1]).random(n) < leak


def children(leak: float, seed: int, n: int = 40) -> Children:
    """Children of an order: each answer shifts what is seen by 1.5 sigma and costs half a bp of what is unfilled."""
    draw, records = np.random.default_rng([seed, 2]), np.zeros(n, CHILD)
    there = answered(leak, seed, n)
    seen = draw.normal(0, 1, n) + 1.5 * there
    records["e"] = np.exp(1.5 * seen - 1.5**2 / 2)[:, None]
    records["share"], records["tick"] = np.linspace(1, 0, n), 2.0
    records["y"], records["c"] = draw.normal(0, 1.0, n) + 0.5 * there, 0.0
    return Children(records, 0.5 * records["share"].astype(float))


def piece(leak: float, seed: int, name: str = "") -> Piece:
    some = children(leak, seed)
    epoch = bet_again(some, MODEL, WEIGHTS, usual_prior(MODEL))
    return Piece(name or f"P{seed}", epoch, float(epoch["e"]), measured(some), len(some.later), 0.5)


@pytest.mark.jit
def test_that_the_cell_that_leaks_stands_out_and_the_clean_ones_do_not() -> None:
    cells = {("venue", name): [piece(leak, 100 * k + n) for n in range(12)]
             for k, (name, leak) in enumerate((("A", 0.0), ("B", 0.5), ("C", 0.0)))}  # fmt: skip
    found = attributed(cells, MODEL)
    assert [(cell.dimension, cell.name) for cell in found] == [("venue", "A"), ("venue", "B"), ("venue", "C")]
    assert [cell.stands_out for cell in found] == [False, True, False]
    assert found[1].leak > 3 * max(abs(found[0].leak), abs(found[2].leak))
    assert all(cell.low < cell.leak < cell.high for cell in found)
    assert [(cell.parents, cell.children, cell.weight) for cell in found] == [(12, 480, 0.5)] * 3
    assert found[0].low < 0 < found[0].high
    assert found[1].low > 0


def test_that_a_cell_is_the_model_weighed_against_the_measurement() -> None:
    pieces = [piece(0.3, n) for n in range(5)]
    others = [piece(0.0, 50 + n) for n in range(9)]
    cell = attributed({("algo", "X"): pieces, ("algo", "Y"): others}, MODEL)[0]
    ratio = np.array([one.epoch["capital"] + one.epoch["unborn"] for one in pieces])
    null, weights = learn(ratio, np.ones(5), 0.7, WEIGHTS)
    leaks = (1 - null) * (np.array([one.epoch["cost"] for one in pieces]) @ weights)
    leaks /= null + (1 - null) * (ratio @ weights)
    v_m = leaks.var(ddof=1) / 5 + MODEL_ERROR**2
    mine, theirs = ([one.direct.value for one in some if one.direct] for some in (pieces, others))
    pooled = (4 * np.var(mine, ddof=1) + 8 * np.var(theirs, ddof=1)) / 12
    v_d = (4 * np.var(mine, ddof=1) + POOL * pooled) / (4 + POOL) / 5 + DIRECT_ERROR**2
    centre = (leaks.mean() / v_m + np.mean(mine) / v_d) / (1 / v_m + 1 / v_d)
    half = WIDTH / math.sqrt(1 / v_m + 1 / v_d)
    assert cell.model == pytest.approx(leaks.mean())
    assert cell.direct == pytest.approx(float(np.mean(mine)))
    assert (cell.low, cell.leak, cell.high) == pytest.approx((centre - half, centre, centre + half))
    assert cell.e == pytest.approx(float(np.mean([one.e for one in pieces])))
    assert ENOUGH == 60


def test_that_one_order_has_the_interval_of_its_size_and_the_spread_of_its_children() -> None:
    one = piece(0.3, 7)
    (cell,) = attributed({("algo", "X"): [one]}, MODEL)
    assert one.direct is not None
    assert one.direct.variance is not None
    v_d = one.direct.variance + DIRECT_ERROR**2
    assert cell.high - cell.leak == pytest.approx(WIDTH / math.sqrt(1 / _v_m(cell.model) + 1 / v_d))


def _v_m(leak: float) -> float:
    one = modelled(leak, MODEL)
    assert one.high is not None
    assert one.low is not None
    return ((one.high - one.low) / (2 * 1.645)) ** 2 + MODEL_ERROR**2


def test_that_a_cell_without_measurements_rests_on_the_model() -> None:
    blind = [piece(0.3, n)._replace(direct=None) for n in range(4)]
    (cell,) = attributed({("algo", "X"): blind}, MODEL)
    assert cell.direct is None
    assert cell.leak == cell.model
    alone = [piece(0.3, 1)._replace(direct=Direct(2.0, None))]
    (cell,) = attributed({("algo", "X"): alone}, MODEL)
    assert cell.direct is None


def test_that_e_beyond_all_numbers_stays_a_number() -> None:
    sure = [piece(0.5, n)._replace(e=MOST) for n in range(3)]
    assert attributed({("algo", "X"): sure}, MODEL)[0].e == pytest.approx(MOST)
    assert attributed({}, MODEL) == []


def test_that_what_followed_the_children_is_summed_where_it_was_measured() -> None:
    records: Any = np.zeros(3, CHILD)
    records["y"], records["c"], records["share"] = [1.0, math.nan, 3.0], [2.0, 0.0, 0.0], [1.0, 0.5, 0.5]
    found = measured(Children(records, np.array([0.5, 0.5, 0.5])))
    assert found is not None
    assert found.value == pytest.approx(2.0 + 1.5)
    assert found.variance == pytest.approx(2 * np.var([2.0, 1.5], ddof=1))
    assert measured(Children(records[:1], np.array([0.5]))) == (2.0, None)
    assert measured(Children(records[1:2], np.array([0.5]))) is None


@pytest.mark.jit
def test_that_the_intervals_hold_the_truth_of_planted_groups() -> None:
    """The truth of a group is the mean cost of the answers its orders really got; 30 groups of 10 orders."""
    held, groups = 0.0, 30
    for group in range(groups):
        share, pieces, truth = 0.4 * (group % 3), [], []
        for n in range(10):
            some = children(share, 10_000 + 100 * group + n)
            there = answered(share, 10_000 + 100 * group + n)
            truth.append(0.5 * float((there * some.records["share"]).sum()))
            epoch = bet_again(some, MODEL, WEIGHTS, usual_prior(MODEL))
            pieces.append(Piece(f"P{n}", epoch, float(epoch["e"]), measured(some), 40, 1.0))
        (cell,) = attributed({("algo", str(group)): pieces}, MODEL)
        held += float(cell.low <= np.mean(truth) <= cell.high)
    assert held / groups >= 0.87
