"""What a switch's target is expected to do: its rate or ceiling times the market's pace, nothing that is not known."""

import pytest

from app.control.asks import Forecast
from app.control.outlook import ENOUGH, Ahead, of_target
from app.engine.metrics.completion import Pace, outlook
from app.engine.units import SECOND

MINUTE = 60 * SECOND
MARKET = Ahead(Pace(1_000.0, 200.0, 12, MINUTE), 7, 100 * MINUTE)  # 100,000 expected


def test_that_a_rate_brings_its_share_of_what_the_market_does() -> None:
    found = of_target("POV", {"TargetPct": "15", "MaxPct": "1"}, 15_000, MARKET)
    assert found.p_complete == pytest.approx(0.5, abs=1e-6)
    assert found.p_low is not None
    assert found.p_high is not None
    assert found.p_low < 0.5 < found.p_high
    assert (found.participation, found.unfilled, found.why) == (0.15, 0.0, "at 15% of the volume")
    assert found.finish_ns == 7 + 100 * MINUTE
    twice = of_target("POV", {"TargetPct": "15"}, 30_000, MARKET)
    assert twice.unfilled == 15_000.0
    assert twice.p_complete == 0.0


def test_that_a_ceiling_warns_where_even_it_is_not_enough_and_promises_nothing_else() -> None:
    poor = of_target("PASSIVE", {"MaxPct": "25"}, 26_000, MARKET)
    assert MARKET.pace is not None
    ends = outlook(MARKET.pace.times(0.25), 26_000, 100 * MINUTE)
    assert (poor.p_complete, poor.unfilled_low, poor.unfilled_high) == (
        ends.probability, ends.left_low, ends.left_high,
    )  # fmt: skip
    assert poor.p_complete is not None
    assert poor.p_complete < ENOUGH
    assert poor.finish_ns is None
    assert poor.why == "at most: its ceiling is 25% of the volume"
    good = of_target("PASSIVE", {"MaxPct": "25"}, 5_000, MARKET)
    assert good == Forecast(
        algo="PASSIVE", participation=0.05, why="not measured: at its ceiling of 25% of the volume it could complete"
    )


@pytest.mark.parametrize("params", [{}, {"MaxPct": ""}, {"MaxPct": "many"}])
def test_that_without_a_share_nothing_is_claimed(params: dict[str, str]) -> None:
    found = of_target("SEEK", params, 5_000, MARKET)
    assert (found.p_complete, found.unfilled, found.participation) == (None, None, 0.05)
    assert found.why == "SEEK names no share of the volume: its pace is unknown"


def test_that_an_unknown_market_is_the_reason() -> None:
    nobody = Ahead(None, 0, None, "undefined: no board")
    assert of_target("POV", {"TargetPct": "15"}, 5_000, nobody) == Forecast(algo="POV", why="undefined: no board")
    assert nobody.needed(5) is None
    assert Ahead(MARKET.pace, 0, None).needed(5) is None
