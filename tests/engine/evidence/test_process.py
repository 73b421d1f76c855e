"""The e-process: the mixture of the specification, its guarantee under no leak, its power, and very large capital."""

import math
from typing import Any

import numpy as np
import pytest

from app.engine.evidence.process import (
    DOUBT,
    EPOCH,
    FIRST_OWN,
    LARGE,
    LONG,
    MOST,
    SHORT,
    Bet,
    begins,
    enter,
    hold_back,
    p_anytime,
    p_null,
    start,
    temper,
)
from app.engine.evidence.rows import JOINTS, QUOTES, RETREATS, SCORES, SHARES, WORLDS
from tests.engine.evidence import spec

EVEN = np.full(WORLDS, 1 / WORLDS)


def epochs(number: int = 1, mass: float = 1.0) -> Any:
    made = np.zeros(number, EPOCH)
    for n in range(number):
        start(made[n : n + 1], 0, mass)
    return made


def play(rows: Any, children: Any, costs: Any, weights: Any = EVEN) -> list[float]:
    """E after every child."""
    e, cost, out = np.zeros(SCORES), np.zeros(SCORES), []
    for child, paid in zip(children, costs, strict=True):
        e[:], cost[:] = child, paid
        enter(Bet(rows, 0, e, cost, weights, 0.3, 0.04, 0.7))
        out.append(float(rows[0]["e"]))
    return out


def test_that_e_and_the_leak_are_the_mixture_over_worlds_and_onsets() -> None:
    draw = np.random.default_rng(3)
    for n in (1, 2, 7):
        children, costs = draw.uniform(0, 6, (n, SCORES)), draw.uniform(0, 2, (n, SCORES))
        weights = draw.dirichlet(np.ones(WORLDS))
        rows = epochs()
        play(rows, children, costs, weights)
        wanted = spec.process(children.tolist(), costs.tolist(), weights.tolist())
        assert rows[0]["e"] == pytest.approx(wanted.e, rel=1e-12)
        assert rows[0]["leak"] == pytest.approx(wanted.leak, rel=1e-12)
        assert rows[0]["n"] == n


def test_that_children_that_say_nothing_leave_e_where_it_is() -> None:
    said = play(epochs(), np.ones((5, SCORES)), np.ones((5, SCORES)))
    assert said == pytest.approx([1.0] * 5, rel=1e-14)


def test_that_the_world_that_pays_most_is_named_and_the_largest_e_kept() -> None:
    rows = epochs()
    children = np.ones((3, SCORES))
    children[:, 9] = 4.0
    children[2] = 0.1
    said = play(rows, children, np.zeros((3, SCORES)))
    assert rows[0]["top"] // len(SHARES) == 9
    assert rows[0]["most"] == max(said) > said[-1]


def test_that_the_mass_of_an_epoch_is_its_part_of_the_guarantee() -> None:
    children = np.full((4, SCORES), 2.0)
    whole, half = epochs(), epochs(mass=0.5)
    assert play(half, children, children) == [e / 2 for e in play(whole, children, children)]
    assert half[0]["leak"] == whole[0]["leak"]


def test_that_capital_beyond_all_numbers_is_still_told_apart() -> None:
    rows = epochs()
    children = np.full((300, SCORES), 20.0)
    said = play(rows, children, np.ones((300, SCORES)))
    assert rows[0]["scale"] == 1
    assert rows[0]["capital"].max() < LARGE
    before = next(n for n, e in enumerate(said) if e > 1e199)
    assert said[before + 1] / said[before] == pytest.approx(said[before] / said[before - 1], rel=1e-3)
    assert said[-1] == MOST
    assert math.isfinite(rows[0]["leak"])


def test_that_p_values_follow_from_e() -> None:
    assert [p_anytime(e) for e in (0.0, 0.5, 20.0)] == [1.0, 1.0, 0.05]
    assert p_null(1.0, 0.7) == pytest.approx(0.7)
    assert p_null(7 / 3, 0.7) == pytest.approx(0.5)


def ranked(draw: np.random.Generator, shape: tuple[int, ...], placebos: int = 600) -> Any:
    """Heavy-tailed scores over the mean of `placebos` exchangeable ones and themselves."""
    own = np.exp(draw.normal(0, 1.2, shape))
    mean = np.exp(draw.normal(0, 1.2, (placebos, shape[-1]))).mean(axis=0)
    return own / ((own + placebos * mean) / (placebos + 1))


@pytest.mark.slow
def test_that_exchangeable_scores_raise_few_alarms_however_often_one_looks() -> None:
    draw = np.random.default_rng(11)
    parents, children = 1500, 100
    alarms = 0
    for _ in range(parents):
        e = ranked(draw, (children, SCORES))
        alarms += max(play(epochs(), e, np.zeros((children, SCORES)))) >= 20
    rate, allowed = alarms / parents, 0.05
    assert rate <= allowed + 3 * math.sqrt(allowed * (1 - allowed) / parents)


@pytest.mark.slow
def test_that_flow_on_our_side_after_a_third_of_the_children_is_found() -> None:
    draw = np.random.default_rng(12)
    parents, children, found = 40, 120, 0
    for _ in range(parents):
        e = ranked(draw, (children, SCORES))
        answered = draw.random(children) < 0.35
        e[answered, :4] *= 8.0
        found += max(play(epochs(), e, np.zeros((children, SCORES)))) >= 20
    assert found >= 0.9 * parents


def test_that_a_leak_may_begin_late_in_a_long_order() -> None:
    left = 1.0
    for n in range(2_000):
        left *= 1.0 - begins(n, 0.6, 0.04)
    assert begins(0, 0.6, 0.04) == 0.6
    assert begins(1, 0.6, 0.04) == 0.04
    assert left == pytest.approx(0.4 * 0.96 / (1 + 0.04 * 1_998), rel=1e-9)


def test_that_a_long_order_has_to_say_more_than_means_of_placebos_are_sure_of() -> None:
    said = np.array([1.0, 0.0, 1.06, 4.0])
    for n, doubt in ((0, 0.0), (SHORT, 0.0), ((SHORT + LONG) // 2, DOUBT / 2), (LONG, DOUBT), (9 * LONG, DOUBT)):
        e = said.copy()
        hold_back(e, n)
        assert e == pytest.approx([1.0, 0.0, 1.06 / (1 + doubt), 4.0 / (1 + doubt)], rel=1e-14)


def test_that_a_small_error_of_placebos_compounds_no_further_in_a_long_order() -> None:
    plain, careful = epochs(), epochs()
    said = []
    for n in range(2_000):
        e = np.full(SCORES, 1.0 + DOUBT)
        play(plain, [e], [np.zeros(SCORES)])
        hold_back(e, n)
        said += play(careful, [e], [np.zeros(SCORES)])
    assert plain[0]["most"] > 1e6
    assert said[-1] == pytest.approx(said[LONG], rel=1e-9)
    assert said[-1] < plain[0]["most"] / 1e6


def test_that_prices_after_own_prints_are_held_against_those_after_earlier_ones() -> None:
    rows = epochs(2)
    told = np.full(SCORES, 1.5)
    told[QUOTES] = 1.0  # says nothing
    first, later = told.copy(), told.copy()
    temper(rows, 1, first)
    assert (first == told).all()
    for _ in range(int(FIRST_OWN) - 1):
        temper(rows, 1, told.copy())
    temper(rows, 1, later)
    prices = [*range(QUOTES + 1, JOINTS), *range(RETREATS, SCORES)]
    assert later[prices] == pytest.approx(np.full(len(prices), 1.5 / 1.25), rel=1e-14)
    assert (np.delete(later, prices) == np.delete(told, prices)).all()
    assert rows["own_events"].tolist() == [0.0, FIRST_OWN + 1]


def test_that_prices_against_us_after_own_prints_excuse_nothing() -> None:
    rows = epochs()
    for _ in range(50):
        temper(rows, 0, np.full(SCORES, 0.4))
    e = np.full(SCORES, 1.5)
    temper(rows, 0, e)
    assert (e == 1.5).all()
