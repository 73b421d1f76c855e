"""Timing risk in O(1) against its definition, exact in its integers."""

import math
import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.metrics.figure import Figure
from app.engine.metrics.risk import GRAIN_BITS, TimingRisk, cost_z, from_changes


def variance(bps: Figure[float], qty: int) -> float:
    assert bps.value is not None, bps.reason
    return (bps.value / 10_000 * qty) ** 2


@given(st.integers(0, 2**64))
def test_that_the_sums_are_the_definition_path_by_path(seed: int) -> None:
    rng = random.Random(seed)
    qty = rng.randrange(10, 1000)
    risk = TimingRisk(0.5, qty)
    integral, done, total = 0.5, 0, qty
    stretches: list[tuple[Fraction, int, int]] = []
    changes = []
    for _ in range(rng.randrange(1, 10)):
        grown = integral + rng.random() * 1e-6
        stretches.append((Fraction(grown) - Fraction(integral), done, total - done))
        filled, amended = rng.randrange(0, 50), rng.randrange(-5, 20)
        integral, done, total = grown, done + filled, total + amended
        risk.step(integral, done, total - done)
        changes.append((integral, filled, amended))
    slippage = sum(dv * (done - then) ** 2 for dv, then, _ in stretches)
    shortfall = sum(dv * rest**2 for dv, _, rest in stretches)
    if done:
        assert variance(risk.slippage_bps(), done) == pytest.approx(float(slippage), rel=1e-12, abs=0)
    assert variance(risk.shortfall_bps(total), total) == pytest.approx(float(shortfall), rel=1e-12, abs=0)
    assert from_changes(0.5, qty, changes).state() == risk.state()


def test_that_a_hand_calculated_order_has_its_risk() -> None:
    risk = TimingRisk(0.0, 100)
    risk.step(4e-8, 25, 75)  # nothing done for 4e-8, then 25
    risk.step(5e-8, 100, 0)  # 25 done for 1e-8, then all
    slippage, shortfall = 100**2 * 4e-8 + 75**2 * 1e-8, 100**2 * 4e-8 + 75**2 * 1e-8
    assert risk.slippage_bps().value == pytest.approx(10_000 * math.sqrt(slippage) / 100, rel=1e-12)
    assert risk.shortfall_bps(100).value == pytest.approx(10_000 * math.sqrt(shortfall) / 100, rel=1e-12)
    assert risk.shortfall_bps(200).value == pytest.approx(10_000 * math.sqrt(shortfall) / 200, rel=1e-12)


def test_that_an_order_filled_at_once_has_no_risk_not_a_rounding_residue() -> None:
    risk = TimingRisk(0.1, 1000)
    risk.step(0.1, 1000, 0)
    for step in range(1, 100):
        risk.step(0.1 + step * 1.7e-7, 1000, 0)
    assert risk.slippage_bps() == (0.0, "")
    assert risk.shortfall_bps(1000) == (0.0, "")


def test_that_looking_changes_neither_the_order_nor_its_risk() -> None:
    often, once = TimingRisk(0.0, 100), TimingRisk(0.0, 100)
    often.step(1e-7, 30, 70)
    once.step(1e-7, 30, 70)
    before = often.state()
    look = often.look(3.3e-7)
    assert often.state() == before
    for integral in (1.1e-7, 2.7e-7, 3.3e-7):
        often.step(integral, 30, 70)
    once.step(3.3e-7, 30, 70)
    assert often.state() == once.state() == look.state()


def test_that_without_volatility_risk_is_undefined() -> None:
    for blind in (None, math.nan, math.inf):
        assert TimingRisk(blind, 10).shortfall_bps(10) == (None, "no volatility")
        risk = TimingRisk(0.0, 10)
        risk.step(blind, 5, 5)
        risk.step(1e-7, 5, 5)
        assert risk.slippage_bps() == risk.shortfall_bps(10) == (None, "no volatility")
        seen = TimingRisk(0.0, 10)
        assert seen.look(blind).shortfall_bps(10).value is None
        assert seen.shortfall_bps(10) == (0.0, "")


def test_that_nothing_filled_has_no_slippage_and_an_unknown_total_no_shortfall() -> None:
    risk = TimingRisk(0.0, None)
    risk.step(1e-7, 0, None)
    assert risk.slippage_bps() == (None, "nothing filled")
    assert risk.shortfall_bps(None) == (None, "no order quantity")
    assert risk.shortfall_bps(0) == (None, "no order quantity")
    assert from_changes(0.0, None, [(1e-7, 5, 0)]).state() == (math.ldexp(1e-7, GRAIN_BITS), 5, None, *risk.state()[3:])


def test_that_one_share_has_a_risk() -> None:
    risk = TimingRisk(0.0, 1)
    risk.step(1e-8, 1, 0)
    assert risk.slippage_bps().value == pytest.approx(1.0, rel=1e-12)
    assert risk.shortfall_bps(1).value == pytest.approx(1.0, rel=1e-12)


def test_that_the_accumulators_survive_their_state() -> None:
    risk = from_changes(0.0, 100, [(1e-7, 30, 0), (3e-7, 20, 50)])
    twin = TimingRisk.from_state(risk.state())
    assert twin.state() == risk.state()
    twin.step(4e-7, 60, 90)
    risk.step(4e-7, 60, 90)
    assert twin.shortfall_bps(150) == risk.shortfall_bps(150)
    assert TimingRisk.from_state(TimingRisk(None, 5).state()).shortfall_bps(5).reason == "no volatility"
    with pytest.raises(ValueError, match=r"shorter|longer"):
        TimingRisk.from_state(risk.state()[1:])


def test_that_cost_z_is_excess_cost_in_units_of_risk() -> None:
    assert cost_z(9.0, Figure(3.0), Figure(2.0)) == (3.0, "")
    assert cost_z(-1.0, Figure(3.0), Figure(2.0)) == (-2.0, "")
    assert cost_z(None, Figure(3.0), Figure(2.0)) == (None, "no cost yet")
    assert cost_z(9.0, Figure(None, "no adv"), Figure(None, "no volatility")) == (None, "no adv")
    assert cost_z(9.0, Figure(3.0), Figure(None, "no volatility")) == (None, "no volatility")
    assert cost_z(9.0, Figure(3.0), Figure(0.0)) == (None, "no timing risk yet")
    assert cost_z(9.0, Figure(3.0), Figure(0.5)).value == 12.0
