"""Expected cost models: published goldens, missing inputs, and the same bits everywhere."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.metrics import models
from app.engine.metrics.models import CostModel, Inputs, expected_cost_bps, power, trading_days

GOLDEN = Inputs(qty=0.25, days=1.0, adv=1.0, daily_sigma=0.02, shares_outstanding=200.0, pov=0.2)


def rounded(value: float | None, digits: int = 1) -> float:
    assert value is not None
    return round(value, digits)


def test_that_almgren_gives_its_golden_terms_and_their_sum() -> None:
    terms = models.almgren(GOLDEN).value
    assert terms is not None
    assert rounded(terms.permanent / 2) == 29.5
    assert rounded(terms.temporary) == 12.4
    assert rounded(terms.cost()) == 41.9
    assert rounded(expected_cost_bps("almgren", GOLDEN).value) == 41.9


def test_that_the_square_root_peaks_at_100_and_means_two_thirds() -> None:
    assert models.square_root_peak(GOLDEN) == (100.0, "")
    assert rounded(models.square_root_mean(GOLDEN).value) == 66.7
    assert expected_cost_bps("square_root", GOLDEN) == models.square_root_mean(GOLDEN)


def test_that_istar_gives_its_golden_and_its_share_at_pov() -> None:
    assert rounded(models.istar(GOLDEN).value) == 146.3
    assert rounded(models.istar_market_impact(GOLDEN).value) == 67.0
    assert expected_cost_bps("istar", GOLDEN) == models.istar_market_impact(GOLDEN)
    whole = models.istar_market_impact(GOLDEN._replace(pov=1.0)).value
    assert whole == pytest.approx(models.istar(GOLDEN).value, rel=1e-15)


def test_that_only_ratios_of_the_quantities_matter() -> None:
    million = GOLDEN._replace(qty=250_000.0, adv=1e6, shares_outstanding=2e8)
    for model in ("almgren", "square_root", "istar"):
        assert expected_cost_bps(model, million).value == pytest.approx(
            expected_cost_bps(model, GOLDEN).value, rel=1e-14
        )


def test_that_almgren_scales_by_its_own_exponents() -> None:
    base, slow = models.almgren(GOLDEN).value, models.almgren(GOLDEN._replace(days=2.0)).value
    wide = models.almgren(GOLDEN._replace(shares_outstanding=3200.0)).value
    assert base is not None
    assert slow is not None
    assert wide is not None
    assert slow.permanent == base.permanent
    assert slow.temporary == pytest.approx(base.temporary / 2**0.6, rel=1e-14)
    assert wide.permanent == pytest.approx(2 * base.permanent, rel=1e-14)
    assert wide.temporary == base.temporary


@pytest.mark.parametrize(
    ("model", "field", "reason"),
    [
        ("almgren", "adv", "no adv"),
        ("almgren", "daily_sigma", "no daily sigma"),
        ("almgren", "shares_outstanding", "no shares outstanding"),
        ("almgren", "days", "no days"),
        ("square_root", "adv", "no adv"),
        ("square_root", "daily_sigma", "no daily sigma"),
        ("istar", "adv", "no adv"),
        ("istar", "daily_sigma", "no daily sigma"),
        ("istar", "pov", "no pov"),
    ],
)
def test_that_a_missing_input_is_the_reason(model: CostModel, field: str, reason: str) -> None:
    known = GOLDEN._asdict()
    assert expected_cost_bps(model, Inputs(**known | {field: None})) == (None, reason)
    for nonsense in (0.0, -1.0, math.nan, math.inf):
        assert expected_cost_bps(model, Inputs(**known | {field: nonsense})) == (None, reason)
    assert Inputs(qty=1.0) == (1.0, None, None, None, None, None)


def test_that_the_first_missing_input_is_named() -> None:
    for model in ("almgren", "square_root", "istar"):
        assert expected_cost_bps(model, Inputs(qty=1.0)).reason == "no adv"


@pytest.mark.parametrize("model", ["almgren", "square_root", "istar"])
def test_that_nothing_done_is_expected_to_cost_nothing(model: CostModel) -> None:
    assert expected_cost_bps(model, Inputs(qty=0.0)) == (0.0, "")
    assert expected_cost_bps(model, GOLDEN._replace(qty=1e-9)).value != 0.0


@given(st.floats(1e-6, 1e6), st.floats(0.1, 2.0))
def test_that_a_power_is_right_to_a_few_units_in_the_last_place(base: float, exponent: float) -> None:
    assert power(base, exponent) == pytest.approx(math.pow(base, exponent), rel=1e-14)


def test_that_powers_of_nothing_and_of_one_are_exact() -> None:
    assert power(0.0, 0.6) == 0.0
    assert power(1.0, 0.6) == 1.0
    assert power(0.5, 1.0) == pytest.approx(0.5, rel=1e-15)


def test_that_elapsed_time_is_in_trading_days() -> None:
    assert trading_days(30, 100, 160) == 0.5
    assert trading_days(30, None, 160) is None
    assert trading_days(30, 100, None) is None
    assert trading_days(30, 160, 160) is None
    assert trading_days(30, 160, 161) == 30.0
