"""Traps of units: fractional sizes, minor units, multipliers, inverse contracts, huge notionals, standard errors."""

import math
from fractions import Fraction
from typing import Any

from app.engine.config import EngineConfig
from app.feeds.generator.hand import Sheet
from tests.session.judges import EngineReading, Judge, agrees, bps
from tests.session.play import keyed, played

MS, S = 1_000_000, 1_000_000_000


def order(bid: str, ask: str, **reference: Any) -> Sheet:
    """A buy of 200 with 100 done at the ask; the touch then rises by the spread, and the order ends."""
    sheet = Sheet()
    sheet.reference(**({"currency": "USD", "quote_currency": "USD"} | reference))
    sheet.quote(-10 * S, bid, ask)
    sheet.parent(0, "BUY", 200)
    sheet.fill(1 * S, 100, ask, "F1")
    sheet.quote(2 * S, ask, str(2 * Fraction(ask) - Fraction(bid)) if Fraction(ask).denominator == 1 else "100.04")
    sheet.done(3 * S)
    return sheet


def test_that_fractional_sizes_scale_money_and_not_quantities(judge: Judge) -> None:
    sheet = order("100.00", "100.02", size_exponent=-3, adv=1_000.0)
    # .1 * .01 done, .1 * .02 left; .2 of 1,000 a day
    expected = {"order_qty": 200, "filled_qty": 100, "exec_cost_ccy": 0.001, "opp_cost_ccy": 0.002, "is_ccy": 0.003,
                "pct_adv": 0.0002, "is_bps": bps("0.003", "20.002")}  # fmt: skip
    assert agrees(judge(sheet).parent(), expected) == []


def test_that_prices_in_pence_cost_pounds(judge: Judge) -> None:
    sheet = order("100.00", "100.02", currency="GBP", quote_currency="GBX", minor_unit="GBX")
    expected = {"avg_px": 100.02, "exec_cost_ccy": 0.01, "opp_cost_ccy": 0.02, "is_ccy": 0.03, "is_bps": bps(3, 20_002)}
    assert agrees(judge(sheet).parent(), expected) == []


def test_that_a_multiplier_scales_money_and_leaves_bps(judge: Judge) -> None:
    sheet = order("100.00", "100.02", multiplier=50_000_000_000)
    expected = {"exec_cost_ccy": 50.0, "opp_cost_ccy": 100.0, "spread_ccy": 50.0, "drift_ccy": 100.0, "is_ccy": 150.0,
                "is_bps": bps(3, 20_002), "slip_arrival_bps": bps("0.01", "100.01")}  # fmt: skip
    assert agrees(judge(sheet).parent(), expected) == []


def test_that_an_inverse_contract_costs_coins_valued_at_the_arrival(judge: Judge) -> None:
    # face 10; arrival 100 (99/101), fill 101, end mid 102 (101/103)
    sheet = order("99", "101", contract="inverse", multiplier=10_000_000_000)
    # done: 100 * 10 * (1/100 - 1/101) coins at 100; left: 100 * 10 * (1/100 - 1/102) coins at 100
    done, left = 100_000 * (Fraction(1, 100) - Fraction(1, 101)), 100_000 * (Fraction(1, 100) - Fraction(1, 102))
    expected = {
        "exec_cost_ccy": done,
        "opp_cost_ccy": left,
        "is_ccy": done + left,
        "spread_ccy": done,
        "drift_ccy": left,
        "is_bps": (done + left) / 2_000 * 10_000,
        "slip_arrival_bps": bps(1, 100),
    }
    assert agrees(judge(sheet).parent(), expected) == []


def test_that_prices_off_the_grid_of_a_new_tick_size_are_prices_too(judge: Judge) -> None:
    sheet = Sheet()
    sheet.reference(currency="USD", quote_currency="USD", tick_size=10_000_000)
    sheet.quote(-10 * S, "100.00", "100.02")
    sheet.parent(0, "BUY", 100)
    sheet.quote(1 * S, "100.000000001", "100.000000002")  # 1e-9 is as fine as it gets; the mid is half of it
    sheet.fill(2 * S, 100, "100.000000002", "F1")
    sheet.done(3 * S)
    reading = judge(sheet)
    assert (
        agrees(reading.fill("F1"), {"mid_before": 100.0000000015, "mid_drift_bps": bps("-0.0099999985", "100.01")})
        == []
    )
    assert agrees(reading.parent(), {"spread_ccy": 0.00000005, "exec_cost_ccy": -0.9999998}) == []


def test_that_a_notional_of_ten_to_the_sixteen_is_exact(judge: Judge) -> None:
    price, qty = 1_000_000, 10_000_000_000
    sheet = Sheet()
    sheet.reference(currency="JPY", quote_currency="JPY")
    sheet.quote(-10 * S, str(price - 1), str(price + 1), (qty, qty))
    sheet.parent(0, "BUY", qty)
    sheet.trade(1 * S, "1000000.000000001", qty // 2)
    sheet.fill(1 * S, qty // 2, "1000000.000000001", "F1")
    sheet.trade(2 * S, "1000000.000000003", qty // 2)
    sheet.quote(3 * S, str(price), str(price + 2), (qty, qty))
    sheet.done(4 * S)
    # half done 1e-9 above the mid, half left one unit above it
    expected = {
        "mkt_vol": qty,
        "mkt_vwap": Fraction("1000000.000000002"),
        "exec_cost_ccy": 5.0,
        "opp_cost_ccy": 5e9,
        "is_ccy": 5_000_000_005.0,
        "spread_ccy": 5.0,
        "drift_ccy": 5e9,
        "mkt_vwap_ex_own": Fraction("1000000.000000003"),
        "is_bps": bps(5_000_000_005, 10**16),
    }
    assert agrees(judge(sheet).parent(), expected) == []


def test_that_prices_near_the_top_of_their_range_do_not_wrap(judge: Judge) -> None:
    top = 2_305_843_009  # 2^61 in 1e-9: what the product of a doubled price and a time has room for
    sheet = Sheet()
    sheet.reference(currency="JPY", quote_currency="JPY")
    sheet.quote(-10 * S, str(top - 2), str(top), (1_000_000, 1_000_000))
    sheet.parent(0, "SELL", 1_000_000)
    sheet.fill(1 * S, 1_000_000, str(top - 2), "F1")
    sheet.done(2 * S)
    expected = {"arrival_mid": float(top - 1), "arrival_wmid": float(top - 1), "exec_cost_ccy": 1e6, "spread_ccy": 1e6,
                "slip_arrival_bps": bps(1, top - 1)}  # fmt: skip
    assert agrees(judge(sheet).parent(), expected) == []


def test_that_a_mid_beyond_the_range_is_never_a_wrong_number() -> None:
    top = 9_223_372_036  # each price fits an int64 in 1e-9, their sum does not
    sheet = Sheet()
    sheet.quote(-10 * S, str(top - 2), str(top), (1_000_000, 1_000_000))
    sheet.parent(0, "SELL", 1_000_000)
    sheet.done(2 * S)
    assert EngineReading(sheet).parent()["arrival_mid"] in (None, float(top - 1))


def many(fills: int, gap: int) -> Sheet:
    """`fills` buys of 100, `gap` ns apart, each 2 bps above or below a mid that stands still at 100."""
    sheet = Sheet()
    sheet.quote(-10 * S, "99.98", "100.02")
    sheet.parent(0, "BUY", 100_000)
    for number in range(fills):
        sheet.fill(1 * S + number * gap, 100, "100.02" if number % 2 else "99.98", f"F{number:02}")
    sheet.quote(400 * S, "99.98", "100.02")
    return sheet


def test_that_a_standard_error_needs_eight_clusters(judge: Judge) -> None:
    seven = judge(many(7, 100 * MS)).parent()
    assert (seven["markout_100ms_se_bps"], seven["markout_500ms_se_bps"]) == (None, None)
    eight = judge(many(8, 100 * MS)).parent()
    low, high = bps("-0.02", "100.02"), bps("0.02", "99.98")
    mean = (low + high) / 2
    assert agrees(eight, {"markout_100ms_bps": mean, "markout_500ms_se_bps": None}) == []
    # eight clusters of one fill, four at each value: sd of the mean with 7 degrees of freedom
    spread = 4 * (low - mean) ** 2 + 4 * (high - mean) ** 2
    expected = math.sqrt(spread / 7 / 8)
    assert math.isclose(eight["markout_100ms_se_bps"], expected, rel_tol=1e-12)


def test_that_fills_inside_one_horizon_are_one_draw(judge: Judge) -> None:
    # 32 fills 25 ms apart: 8 clusters of 4 at 100 ms, each with two of either value: every cluster mean is the mean
    parent = judge(many(32, 25 * MS)).parent()
    assert abs(parent["markout_100ms_se_bps"]) < 1e-12
    assert parent["markout_500ms_se_bps"] is None


def test_that_a_clock_error_larger_than_the_horizon_leaves_it_undefined() -> None:
    sheet = many(8, 100 * MS)
    config = EngineConfig(clock_budget_ns={"oms": 50 * MS})
    tables = played(sheet, config=config).tables()
    parent = keyed(tables["parents"], "parent_id")["P1"]
    fill = keyed(tables["fills"], "parent_id", "fill_id")["P1", "F00"]
    for row in (parent, fill):
        assert (row["markout_1ms_bps"], row["markout_10ms_bps"]) == (None, None)
        assert row["markout_100ms_bps"] is not None
    assert EngineReading(sheet).fill("F00")["markout_1ms_bps"] is not None


def test_that_an_arrival_inside_the_clock_budget_is_an_interval() -> None:
    sheet = Sheet()
    sheet.quote(-10 * S, "100.00", "100.02")
    sheet.quote(-30 * MS, "100.04", "100.06")
    sheet.quote(20 * MS, "100.08", "100.10")
    sheet.quote(60 * MS, "100.18", "100.20")
    sheet.parent(0, "BUY", 100)
    sheet.quote(10 * S, "100.18", "100.20")
    parent = keyed(
        played(sheet, config=EngineConfig(clock_budget_ns={"oms": 50 * MS})).tables()["parents"], "parent_id"
    )["P1"]
    # from -50 ms (100.01) to +50 ms (100.09)
    assert agrees(parent, {"arrival_mid": 100.05, "arrival_lo": 100.01, "arrival_hi": 100.09}) == []
    exact = EngineReading(sheet).parent()
    assert agrees(exact, {"arrival_mid": 100.05, "arrival_lo": 100.05, "arrival_hi": 100.05}) == []
