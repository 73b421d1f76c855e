"""The golden table through oracle and engine, as exact fractions, bought and sold."""

from fractions import Fraction

import pytest

from app.feeds.generator.golden import inst, inst_sell
from app.feeds.generator.hand import Row, Sheet
from tests.session.judges import EngineReading, Judge, agrees, bps

A = "100.01"
FILL_1: Row = {
    "qty": 5_000, "px": 100.035, "mid_before": 100.03, "own_print": True,
    "slip_arrival_bps": bps("0.025", A),  # 2.49975
    "cum_slip_bps": bps("0.025", A),
    "mid_drift_bps": bps("0.02", A),  # 1.99980
    "eff_spread_bps": bps("0.01", "100.03"),  # 2 * (100.035 - 100.03)
    # 76 ms: still 100.03; 85 ms: the same; 175 ms: 100.04, stamped 1 ns before 120 ms; 575 ms: past the end
    "markout_1ms_bps": bps("-0.005", "100.035"), "markout_10ms_bps": bps("-0.005", "100.035"),
    "markout_100ms_bps": bps("0.005", "100.035"), "markout_500ms_bps": None,
    "realized_spread_100ms_bps": bps("-0.01", "100.03"), "realized_spread_5m_bps": None,
}  # fmt: skip
FILL_2: Row = {
    "qty": 5_000, "px": 100.045, "mid_before": 100.04, "own_print": True,
    "slip_arrival_bps": bps("0.035", A),  # 3.49965: this fill alone
    "cum_slip_bps": bps("0.03", A),  # 2.99970: average 100.04
    "mid_drift_bps": bps("0.03", A),
    "eff_spread_bps": bps("0.01", "100.04"),
    "markout_10ms_bps": bps("-0.005", "100.045"), "markout_100ms_bps": None,  # 220 ms is past the end
}  # fmt: skip
PARENT: Row = {
    "order_qty": 100_000, "filled_qty": 10_000, "avg_px": 100.04, "arrival_basis": "continuous",
    "arrival_mid": 100.01, "arrival_wmid": 100.01, "end_mid": 100.06,
    "mkt_vol": 10_000, "mkt_vwap": 100.04, "mkt_vwap_ex_own": None,  # nobody else traded
    "fill_rate": Fraction(1, 10), "participation": 1.0, "pct_adv": Fraction(1, 4), "aggressor_share": 1.0,
    "slip_arrival_bps": bps("0.03", A), "slip_vwap_bps": 0.0,
    "exec_cost_ccy": 300.0,  # 5,000 * 0.025 + 5,000 * 0.035
    "opp_cost_ccy": 4_500.0,  # 90,000 * (100.06 - 100.01)
    "spread_ccy": 50.0,  # 2 * 5,000 * 0.005
    "drift_ccy": 4_750.0,  # 100,000 * 0.02 + 95,000 * 0.01 + 90,000 * 0.02
    "amend_ccy": 0.0, "fees_ccy": 0.0, "delay_cost_ccy": None, "is_ccy": 4_800.0,
    "is_bps": bps(4_800, "10001000"), "is_arrival_bps": bps(4_800, "10001000"),
    "pre_drift_bps": bps("0.02", A), "post_drift_bps": bps("0.02", A),  # 100.04 -> 100.06
    "markout_1ms_bps": (bps("-0.005", "100.035") + bps("-0.005", "100.045")) / 2,
    "markout_100ms_bps": bps("0.005", "100.035"), "markout_100ms_se_bps": None, "markout_5m_bps": None,
    "n_fills": 2, "n_children": 1,
}  # fmt: skip


def test_that_every_figure_of_the_golden_table_is_exact(judge: Judge) -> None:
    reading = judge(inst())
    assert agrees(reading.fill("F1"), FILL_1) == []
    assert agrees(reading.fill("F2"), FILL_2) == []
    assert agrees(reading.parent(), PARENT | {"side": "BUY", "arrival_bid": 100.0, "arrival_ask": 100.02}) == []


def test_that_the_mirrored_sell_costs_the_same_to_the_last_bit(judge: Judge) -> None:
    reading = judge(inst_sell())
    mirrored = {"side": "SELL", "avg_px": 99.98, "end_mid": 99.96, "mkt_vwap": 99.98, "slip_vwap_bps": 0.0}
    # markouts are over the fill price, which is another one here
    assert (
        agrees(reading.parent(), {name: value for name, value in PARENT.items() if "markout" not in name} | mirrored)
        == []
    )
    own = ("slip_arrival_bps", "cum_slip_bps", "mid_drift_bps", "own_print", "qty")
    assert agrees(reading.fill("F1"), {name: FILL_1[name] for name in own}) == []
    assert agrees(reading.fill("F2"), {name: FILL_2[name] for name in own}) == []


def test_that_the_bps_of_the_golden_table_are_correctly_rounded_fractions() -> None:
    reading = EngineReading(inst())
    expected = {"F1": ("0.025", "0.025", "0.02"), "F2": ("0.035", "0.03", "0.03")}
    for name, (slip, cumulative, drift) in expected.items():
        fill = reading.fill(name)
        assert fill["slip_arrival_bps"] == float(bps(slip, A))
        assert fill["cum_slip_bps"] == float(bps(cumulative, A))
        assert fill["mid_drift_bps"] == float(bps(drift, A))
    assert reading.parent()["slip_arrival_bps"] == float(bps("0.03", A))


def test_that_a_fill_through_the_childs_own_limit_is_flagged_and_kept() -> None:
    reading = EngineReading(inst())
    assert "through_limit" in (reading.fill("F2")["flags"] or "")
    assert "through_limit" not in (reading.fill("F1")["flags"] or "")


def perold(side: str) -> Sheet:
    """The textbook order: buy 10,000, decision 50.00, arrival 50.10, 7,000 done for 351,800, end 50.50, costs 75."""
    sheet = Sheet()
    sheet.reference(currency="USD", quote_currency="USD")
    sheet.quote(-10, "50.09", "50.11")
    sheet.parent(0, side, 10_000, decision="50.00")
    sheet.fill(1_000, 5_000, "50.24", "F1", fee=50_000_000_000)
    sheet.fill(2_000, 2_000, "50.30", "F2", fee=25_000_000_000)
    sheet.quote(3_000, "50.49", "50.51")
    sheet.done(4_000)
    return sheet


PEROLD: Row = {
    "delay_cost_ccy": 1_000.0, "exec_cost_ccy": 1_100.0, "opp_cost_ccy": 1_200.0, "fees_ccy": 75.0, "is_ccy": 3_375.0,
    "is_bps": 67.5, "is_arrival_bps": bps(3_375, 501_000),
    "delay_filled_ccy": 700.0,  # 7,000 * 0.10
    "missed_ccy": 1_500.0,  # 3,000 * (50.50 - 50.00)
    "spread_ccy": 1_100.0, "drift_ccy": 1_200.0, "amend_ccy": 0.0,  # the mid stood still until all fills were done
}  # fmt: skip


def test_that_the_two_shortfall_splits_of_the_textbook_order_have_one_total(judge: Judge) -> None:
    assert agrees(judge(perold("BUY")).parent(), PEROLD) == []
    total = PEROLD["exec_cost_ccy"] + PEROLD["delay_filled_ccy"] + PEROLD["missed_ccy"] + PEROLD["fees_ccy"]
    assert total == PEROLD["is_ccy"]


@pytest.mark.parametrize("about", ["50.05", "50.10", "200"])
def test_that_the_textbook_order_mirrored_costs_the_same_money(judge: Judge, about: str) -> None:
    money = {name: value for name, value in PEROLD.items() if name.endswith("_ccy")}
    assert agrees(judge(perold("BUY").mirrored(about)).parent(), money) == []
