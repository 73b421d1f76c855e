"""Costs: impact on later fills as planned and as filled, intervals, the direct estimate, what could be seen."""

import math

import numpy as np
import pytest

from app.engine.evidence import cost
from app.engine.evidence.lasting import FOR_GOOD, Lasts
from app.engine.evidence.rows import CHILD, SCORES
from app.engine.units import SECOND
from tests.engine.evidence.made import model

G = (0.225, 0.274, 0.167, 0.149)
FADES, LASTS = (*G[:2], 0.0, 0.0), (0.0, 0.0, *G[2:])


def plainly(t: int, fills: list[tuple[int, float]]) -> float:
    """The definition: sum over later fills of share times the kernel at their distance."""
    parts = []
    for ts, share in fills:
        if ts > t:
            away = (ts - t) / SECOND
            parts.append(
                share * (sum(g * math.exp(-away / tau) for g, tau in zip(G, (1, 20, 200), strict=False)) + G[3])
            )
    return math.fsum(parts)


def test_that_later_impacts_are_those_of_every_later_fill() -> None:
    draw = np.random.default_rng(1)
    children = sorted(int(t) for t in draw.uniform(0, 900, 40) * SECOND)
    fills = sorted(
        (int(t), float(share)) for t, share in zip(draw.uniform(0, 900, 30) * SECOND, draw.random(30), strict=True)
    )
    fills[3] = (children[5], fills[3][1])  # a fill at the moment of a child is not later
    fills.sort()
    assert cost.later_impacts(G, children, fills) == pytest.approx([plainly(t, fills) for t in children], rel=1e-11)
    assert cost.later_impacts(G, [5, 6], []) == [0.0, 0.0]


def test_that_the_plan_spreads_what_is_left_evenly() -> None:
    n, seconds = 20_000, 300.0
    fills = [(round((k + 0.5) * seconds / n * SECOND), 0.4 / n) for k in range(n)]
    assert cost.later_impact(G, 0.4, seconds) == pytest.approx(plainly(0, fills), rel=1e-4)
    assert cost.later_impact(G, 0.5, 0.0) == pytest.approx(0.5 * sum(G))


def test_that_each_child_is_charged_at_the_gains_of_its_time() -> None:
    records = np.zeros(3, CHILD)
    records["t"], records["gain"], records["stays"] = [0, SECOND, 2 * SECOND], [1.0, 0.5, 0.0], [1.0, 0.0, 2.0]
    fills = [(3 * SECOND, 0.5), (9 * SECOND, 0.25)]
    whole, at_once, after = (cost.later_impacts(g, records["t"].tolist(), fills) for g in (G, FADES, LASTS))
    assert cost.shown_impacts(G, records, fills) == pytest.approx([whole[0], 0.5 * at_once[1], 2.0 * after[2]])
    assert cost.shown_impacts(G, records, []).tolist() == [0.0] * 3


def test_that_each_world_has_its_own_price() -> None:
    out = np.zeros(SCORES)
    cost.world_costs(cost.Answered(0.5, 0.3, 0.4, 2.0), out)
    assert out.tolist() == pytest.approx([0.3] * 4 + [0.125] * 4 + [0.25] * 4 + [0.5] * 8 + [0.125] * 4)


@pytest.mark.parametrize(("x", "found"), [(-5.0, 1.0), (0.0, 1.0), (1.0, 2.0), (2.0, 3.0), (5.0, 6.0), (11.0, 12.0)])
def test_that_a_table_is_read_in_straight_lines(x: float, found: float) -> None:
    assert cost.between(x, np.array([0.0, 2.0, 8.0]), np.array([1.0, 3.0, 9.0])) == pytest.approx(found)
    assert cost.between(x, np.array([0.0]), np.array([7.0])) == 7.0


def test_that_an_estimate_lies_in_its_interval() -> None:
    made = model(upper=np.array([0.0, 1.0, 14.0]), lower=np.array([1.0, 1.5, 2.0]))
    assert cost.modelled(0.5, made) == (0.5, 0.5, 0.5)
    assert cost.modelled(8.0, made) == (8.0, 2.0, 14.0)


def test_that_the_direct_estimate_has_its_error_from_how_children_differ() -> None:
    values = [1.0, -2.0, 4.0, 0.5]
    found = cost.direct(sum(values), sum(v * v for v in values), 4)
    half = 1.645 * math.sqrt(4) * float(np.std(values, ddof=1))
    assert found.value == 3.5
    assert (found.low, found.high) == pytest.approx((3.5 - half, 3.5 + half))
    assert cost.direct(1.0, 1.0, 1) == (None, None, None)
    assert cost.direct(4.0, 8.0, 2) == (4.0, 4.0, 4.0)


def test_that_two_estimates_are_weighed_by_how_uncertain_they_are() -> None:
    mine, plain = cost.Estimate(4.0, 4.0 - 1.645, 4.0 + 1.645), cost.Estimate(10.0, 10.0 - 3.29, 10.0 + 3.29)
    both = cost.weighed(mine, plain, 0.0)
    assert both.value == pytest.approx((4.0 + 10.0 / 4.0) / 1.25)
    assert (both.low, both.high) == pytest.approx((5.2 - 1.645 * 0.8**0.5, 5.2 + 1.645 * 0.8**0.5))
    assert cost.weighed(mine, plain, 1.8).value == pytest.approx((4.0 / 4.24 + 10.0 / 4.0) / (1 / 4.24 + 1 / 4.0))
    alone = cost.weighed(mine, cost.Estimate(None, None, None), 0.0)
    assert alone == pytest.approx(mine)
    assert cost.weighed(mine, cost.Estimate(7.0, 7.0, 7.0), 1.8) == pytest.approx((7.0, 7.0, 7.0))
    lopsided = cost.weighed(cost.Estimate(1.0, 0.0, 7.0), plain, 0.0)
    assert lopsided.value == pytest.approx(1.0 + 9.0 * (share := 3.5**2 / (3.5**2 + 3.29**2)))
    assert (lopsided.value or 0.0) - (lopsided.low or 0.0) == pytest.approx(math.hypot(1.0 - share, share * 3.29))
    assert (lopsided.high or 0.0) - (lopsided.value or 0.0) == pytest.approx(math.hypot(6 * (1 - share), share * 3.29))
    sure = cost.Estimate(4.0, 4.0, 4.0)
    assert cost.weighed(sure, plain, 0.0) == pytest.approx(sure)
    assert cost.weighed(sure, cost.Estimate(7.0, 7.0, 7.0), 0.0) == pytest.approx(sure)


def test_that_a_direct_estimate_of_many_children_is_doubted_more() -> None:
    plain = cost.Estimate(10.0, 8.0, 12.0)
    assert cost.doubted(plain, 0.0, 2.0) == pytest.approx(plain)
    assert cost.doubted(plain, 82.0, 2.0) == pytest.approx(
        (10.0, 10.0 - math.hypot(2, 6.58), 10.0 + math.hypot(2, 6.58))
    )
    assert cost.doubted(cost.Estimate(None, None, None), 82.0, 2.0) == (None, None, None)


def test_that_a_leak_is_projected_by_the_weight_still_to_come() -> None:
    assert cost.projected(3.0, 1.0, 0.0) == 3.0
    assert cost.projected(3.0, 1.0, 0.5) == pytest.approx(4.0)
    assert cost.projected(3.0, 1.0, 1.0) == pytest.approx(12.0)  # hardly begun: no more than fourfold
    assert cost.projected(3.0, 0.5, 0.0) == 3.0
    assert cost.projected(3.0, 0.0, 0.0) == 3.0
    assert cost.projected(3.0, 1.0, 0.5, 0.5) == pytest.approx(1.5 + 2.0)  # what fades is no more at completion
    assert cost.projected(3.0, 1.0, 0.5, 1.0) == 3.0


def test_that_a_leak_is_what_the_order_pays_of_its_jumps() -> None:
    made = model()
    assert cost.lasting(8.0, FOR_GOOD, made) == cost.modelled(8.0, made)
    found = cost.lasting(8.0, Lasts(0.5, 0.5, 0.5, 0.25), made)
    plain, off = cost.modelled(4.0, made), 1.645 * 2.0
    assert found.value == plain.value == 4.0
    assert found.high == pytest.approx(4.0 + math.hypot((plain.high or 0.0) - 4.0, off))
    assert found.low == pytest.approx((plain.low or 0.0) - off)  # of what lasts the worlds know nothing
    assert cost.lasting(0.0, FOR_GOOD, made) == cost.modelled(0.0, made)


def test_that_more_children_show_smaller_leaks() -> None:
    made = model()
    assert cost.detectable(0, made) is None
    assert cost.detectable(82, made) == pytest.approx(5.0)
    assert cost.detectable(328, made) == pytest.approx(2.5)


def test_that_a_total_is_rounded_once() -> None:
    assert cost.total([1e16, 1.0, -1e16]) == 1.0


def test_that_a_curve_says_what_can_be_seen_by_children_and_volatility() -> None:
    bps = np.array([[8.0, 4.0], [10.0, 5.0], [12.0, 6.0], [16.0, 8.0]])
    made = model().changed(learnt={"sees_children": np.array([25.0, 100.0]), "sees": bps})
    assert cost.detectable(25, made, [25, 0, 0, 0]) == pytest.approx(8.0)
    assert cost.detectable(100, made, [0, 0, 0, 100]) == pytest.approx(8.0)
    assert cost.detectable(100, made, [50, 0, 50, 0]) == pytest.approx((4.0 + 6.0) / 2)
    between = cost.detectable(50, made, [50, 0, 0, 0])
    assert between == pytest.approx(8.0 / 2**0.5)  # a curve that grows as 1 / sqrt(n) is read off as one
    assert cost.detectable(400, made, [400, 0, 0, 0]) == pytest.approx(2.0)
    assert cost.detectable(1, made, [0, 1, 0, 0]) == pytest.approx(50.0)
    assert cost.detectable(82, made) == pytest.approx(5.0)  # nothing known of the volatility: the plain figure
    assert cost.detectable(0, made, [0, 0, 0, 0]) is None
