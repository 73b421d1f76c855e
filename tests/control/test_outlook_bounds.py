"""Forecasts at the edges: parameters that are no share, markets that bring nothing, orders that are done."""

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.control.asks import Forecast
from app.control.outlook import ENOUGH, Ahead, of_target
from app.engine.metrics.completion import Pace
from app.engine.units import SECOND

HOUR = 3_600 * SECOND
NO_SHARE = ["nan", "-nan", "inf", "-inf", "1e400", "-1", "100.0001", "1_0_0_0", "", " ", "ten", "0x10"]
MARKET = Ahead(Pace(1_000.0, 200.0, 12, 60.0 * SECOND), 7, HOUR)  # 60,000 expected
SHARES = st.floats(0, 100, allow_nan=False)


def figures(forecast: Forecast) -> list[float]:
    """Every figure a forecast has."""
    return [float(value) for value in msgspec.structs.astuple(forecast) if isinstance(value, int | float)]


@pytest.mark.parametrize("name", ["TargetPct", "MaxPct"])
@pytest.mark.parametrize("text", NO_SHARE)
def test_that_what_is_no_share_of_a_volume_is_forecast_as_none(name: str, text: str) -> None:
    found = of_target("POV", {name: text}, 15_000, MARKET)
    assert found == Forecast(
        algo="POV", participation=0.25, why="POV names no share of the volume: its pace is unknown"
    )


@pytest.mark.parametrize("text", NO_SHARE)
def test_that_a_rate_that_is_none_leaves_the_ceiling_its_say(text: str) -> None:
    assert of_target("POV", {"TargetPct": text, "MaxPct": "10"}, 15_000, MARKET) == of_target(
        "POV", {"MaxPct": "10"}, 15_000, MARKET
    )


@given(
    params=st.dictionaries(st.sampled_from(["TargetPct", "MaxPct", "MinClip"]), st.text(max_size=6) | SHARES.map(str)),
    rest=st.integers(0, 10**9), mean=st.floats(0, 1e9), deviation=st.floats(0, 1e9), ahead=st.integers(0, 24 * HOUR),
)  # fmt: skip
def test_that_whatever_is_asked_a_figure_is_one_or_absent(
    params: dict[str, str], rest: int, mean: float, deviation: float, ahead: int
) -> None:
    market = Ahead(Pace(mean, deviation, 12, 60.0 * SECOND), 7, ahead)
    found = of_target("POV", params, rest, market)
    assert not any(math.isnan(figure) for figure in figures(found))
    assert found.why
    for low, middle, high in (
        (found.p_low, found.p_complete, found.p_high), (found.unfilled_low, found.unfilled, found.unfilled_high),
    ):  # fmt: skip
        assert (low is None) == (middle is None) == (high is None)
    if found.p_complete is not None and found.p_low is not None and found.p_high is not None:
        assert 0.0 <= found.p_low <= found.p_high <= 1.0
        assert 0.0 <= found.p_complete <= 1.0


@given(one=SHARES, more=SHARES, rest=st.integers(1, 60_000))
def test_that_a_larger_rate_never_leaves_more_nor_ends_later(one: float, more: float, rest: int) -> None:
    low, high = sorted((one, more))
    slow, fast = (of_target("POV", {"TargetPct": repr(rate)}, rest, MARKET) for rate in (low, high))
    assert slow.unfilled is not None
    assert fast.unfilled is not None
    assert fast.unfilled <= slow.unfilled
    if slow.finish_ns is not None:
        assert fast.finish_ns is not None
        assert fast.finish_ns <= slow.finish_ns


@given(ceiling=SHARES, rest=st.integers(1, 60_000))
def test_that_a_ceiling_warns_or_says_that_it_is_not_measured(ceiling: float, rest: int) -> None:
    found = of_target("PASSIVE", {"MaxPct": repr(ceiling)}, rest, MARKET)
    assert found.finish_ns is None
    if found.p_complete is None:
        assert found.why.startswith("not measured")
    else:
        assert found.p_complete < ENOUGH
        assert found.why.startswith("at most")


@pytest.mark.parametrize("rate", ["0", "0.0"])
def test_that_a_rate_of_nothing_never_finishes_and_leaves_everything(rate: str) -> None:
    found = of_target("POV", {"TargetPct": rate}, 500, MARKET)
    assert (found.finish_ns, found.unfilled, found.p_complete) == (None, 500.0, 0.0)


def test_that_an_order_that_is_done_is_finished_now() -> None:
    found = of_target("POV", {"TargetPct": "15"}, 0, MARKET)
    assert (found.finish_ns, found.unfilled, found.participation) == (7, 0.0, 0.0)


@pytest.mark.parametrize("market", [Ahead(Pace(0.0, 0.0, 12, 60.0 * SECOND), 7, HOUR), Ahead(MARKET.pace, 7, 0)])
def test_that_a_market_that_brings_nothing_needs_no_share_that_can_be_named(market: Ahead) -> None:
    found = of_target("POV", {"TargetPct": "15"}, 500, market)
    assert (found.participation, found.unfilled, found.p_complete) == (None, 500.0, 0.0)
