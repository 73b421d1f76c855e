"""The parents table: arrival, window, market, costs, drifts and expectation of one order each, worked out by hand."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from app.engine.config import EngineConfig
from app.engine.core import Engine
from app.engine.enrich.rows import JOIN
from app.engine.schema import PARENTS
from app.engine.status import Thresholds
from app.engine.tables.parents import quantity, thresholds, wmid
from app.engine.units import NULL
from app.feeds.generator.hand import T0, Sheet
from tests.engine.days import in_time
from tests.session.play import keyed, played

MS, S = 1_000_000, 1_000_000_000


def quoted(**reference: Any) -> Sheet:
    """100.00/100.02 until 20 s, then 100.10/100.12 until 400 s; a print of 100 at 100.01 every second from 1 to 9 s."""
    sheet = Sheet()
    sheet.reference(currency="USD", **reference)
    sheet.quote(-10 * S, "100.00", "100.02", sizes=(300, 100))
    for second in range(1, 10):
        sheet.trade(second * S, "100.01", 100)
    sheet.quote(20 * S, "100.10", "100.12")
    sheet.quote(400 * S, "100.10", "100.12")
    return sheet


def line(sheet: Sheet, name: str = "P1", **config: Any) -> dict[str, Any]:
    table = played(sheet, config=EngineConfig(**config)).tables()["parents"]
    assert list(table) == [column.name for column in PARENTS]
    found: dict[str, Any] = keyed(table, "parent_id")[name]
    return found


def some(row: dict[str, Any], *names: str) -> list[Any]:
    return [row[name] for name in names]


def bps(move: str, over: str = "100.01") -> float:
    return float(Fraction(move) / Fraction(over) * 10_000)


# -- who and when ----------------------------------------------------------------------------------------------------


def test_that_an_order_is_named_with_what_its_facts_say() -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 300, trader="me", account="acc", algo="VWAP")
    sheet.fill(1 * S, 100, "100.02", "F1")
    sheet.order(5 * S, "child_new", child_id="C1", parent_id="P1", source="ems", seq=9)
    row = line(sheet)
    assert some(row, "instrument", "side", "algo", "trader", "account", "currency") == [
        "INST", "BUY", "VWAP", "me", "acc", "USD",
    ]  # fmt: skip
    assert some(row, "order_qty", "filled_qty", "fill_rate", "n_fills", "n_children") == [300, 100, 1 / 3, 1, 1]
    assert some(row, "arrival_ts", "end_ts", "as_of", "source", "seq") == [T0, None, T0 + 400 * S, "ems", 9]
    assert some(row, "n_late", "n_undefined", "status", "leak_bps") == [0, 0, None, None]


def test_that_a_currency_is_the_orders_own_else_the_instruments_else_the_quotes() -> None:
    for told, reference, expected in (
        ({"currency": "EUR"}, {"currency": "USD"}, "EUR"),
        ({}, {"currency": "USD", "quote_currency": "CHF"}, "USD"),
        ({}, {"quote_currency": "CHF"}, "CHF"),
    ):
        sheet = Sheet()
        sheet.reference(**reference)
        sheet.parent(0, "BUY", 300, **told)
        assert line(sheet)["currency"] == expected


def test_that_visibility_is_told_else_seen() -> None:
    def seen(**columns: Any) -> str | None:
        sheet = quoted()
        sheet.parent(0, "BUY", 300, visibility=columns.pop("told", None))
        if columns:
            sheet.fill(1 * S, 1, "100.02", "F1", **({"venue": None} | columns))
        found: str | None = line(sheet)["visibility"]
        return found

    assert seen() is None
    assert seen(exec_id="F1") == "V1"
    assert seen(liquidity="A") == seen(venue="XONE") == "V2"
    assert seen(exec_id="F1", told="V3") == "V3"
    sheet = quoted()
    sheet.parent(0, "BUY", 300)
    sheet.order(1, "child_new", child_id="C", parent_id="P1")
    assert line(sheet)["visibility"] == "V3"


def test_that_fills_without_a_mid_are_counted_unless_they_were_busted() -> None:
    sheet = quoted()
    sheet.parent(-20 * S, "BUY", 300)
    for name in ("F1", "F2"):
        sheet.fill(-15 * S, 10, "100.02", name)
    sheet.fill(1 * S, 10, "100.02", "F3")
    sheet.order(2 * S, "bust", parent_id="P1", ref_exec_id="F2")
    assert some(line(sheet), "n_undefined", "n_fills") == [1, 2]


def test_that_the_bucket_and_an_order_without_a_side_show_counts_and_quantities_only() -> None:
    sheet = quoted()
    sheet.order(0, "parent_new", parent_id="P1", instrument="INST", qty=300)
    sheet.fill(1 * S, 100, "100.02", "F1", side=None)
    for name in ("F2", "F3", "F4"):
        sheet.fill(1 * S, 10, "100.02", name, parent_id=None)
    sheet.order(2 * S, "bust", ref_exec_id="F4")
    row = line(sheet)
    assert some(row, "filled_qty", "n_fills", "order_qty", "arrival_ts", "arrival_mid", "is_ccy", "instrument") == [
        100, 1, None, None, None, None, "INST",
    ]  # fmt: skip
    bucket = line(sheet, "unassigned")
    assert some(bucket, "filled_qty", "n_fills", "side", "instrument", "arrival_ts", "mkt_vol") == [
        20, 2, None, None, None, None,
    ]  # fmt: skip
    assert quantity([]) == 0


def test_that_an_order_without_an_instrument_has_no_market() -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 300, instrument=None)
    assert some(line(sheet), "order_qty", "instrument", "arrival_mid", "mkt_vol") == [300, None, None, None]


# -- arrival -----------------------------------------------------------------------------------------------------------


def test_that_arrival_is_the_touch_before_entry() -> None:
    sheet = quoted()
    sheet.quote(0, "55.00", "55.02")
    sheet.quote(1, "100.00", "100.02")
    sheet.parent(0, "BUY", 300)
    row = line(sheet)
    assert some(row, "arrival_basis", "arrival_mid", "arrival_bid", "arrival_ask", "arrival_wmid") == [
        "continuous", 100.01, 100.0, 100.02, 100.015,
    ]  # fmt: skip
    assert some(row, "arrival_lo", "arrival_hi") == [100.01, 100.01]


def test_that_the_clocks_error_makes_arrival_an_interval() -> None:
    sheet = quoted()
    sheet.quote(3 * MS, "99.00", "99.02")
    sheet.quote(4 * MS, "101.00", "101.02")
    sheet.parent(0, "BUY", 300)
    row = line(sheet, clock_budget_ns={"oms": 5 * MS})
    assert some(row, "arrival_lo", "arrival_mid", "arrival_hi") == [99.01, 100.01, 101.01]
    assert some(line(sheet), "arrival_lo", "arrival_hi") == [100.01, 100.01]


def test_that_an_order_before_the_first_quote_arrives_with_it() -> None:
    sheet = quoted()
    sheet.parent(-20 * S, "BUY", 300)
    assert some(line(sheet), "arrival_basis", "arrival_mid", "arrival_ts") == ["first_valid", 100.01, T0 - 20 * S]


def test_that_an_order_that_never_meets_a_market_has_no_arrival() -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 300, instrument="OTHER")
    row = line(sheet)
    names = ("arrival_basis", "arrival_mid", "arrival_bid", "arrival_ask", "arrival_wmid", "arrival_lo", "end_mid")
    assert some(row, *names) == [None] * 7
    assert some(row, "mkt_vol", "mkt_vwap", "twap", "participation", "opp_cost_ccy") == [0, None, None, None, None]


def test_that_an_opening_cross_has_a_mid_and_no_touch() -> None:
    sheet = Sheet()
    sheet.status(0, "auction")
    sheet.quote(0, "99.00", "99.02")
    sheet.parent(1 * S, "BUY", 300)
    sheet.trade(2 * S, "100.00", 500, condition="auction")
    sheet.status(3 * S, "open")
    sheet.quote(3 * S, "100.00", "100.02")
    row = line(sheet)
    assert some(row, "arrival_basis", "arrival_mid", "arrival_bid", "arrival_wmid") == [
        "opening_cross",
        100.0,
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("touch", "expected"),
    [((100, 3, 200, 1), 175e-9), ((NULL, 0, 200, 1), None), ((100, 3, NULL, 0), None), ((100, 0, 200, 0), None)],
)
def test_that_a_weighted_mid_needs_both_sides_and_a_size(touch: tuple[int, ...], expected: float | None) -> None:
    row = np.zeros(1, JOIN)
    row[["bid", "bid_size", "ask", "ask_size"]] = touch
    assert wmid(row[0]) == expected


# -- the window and its market ----------------------------------------------------------------------------------------


def test_that_the_window_is_open_at_arrival_and_closed_at_the_end() -> None:
    sheet = quoted()
    sheet.parent(2 * S, "BUY", 300)
    sheet.fill(4 * S, 100, "100.02", "F1")
    sheet.done(5 * S)
    sheet.trade(5 * S, "100.05", 300)
    row = line(sheet)
    assert some(row, "end_ts", "end_mid", "mkt_vol", "as_of") == [T0 + 5 * S, 100.01, 600, T0 + 5 * S]
    assert row["mkt_vwap"] == row["mkt_vwap_ex_own"] == 100.03
    assert row["participation"] == 100 / 600
    assert row["twap"] == 100.01
    assert row["slip_vwap_bps"] == row["slip_vwap_ex_own_bps"] == bps("-0.01", "100.03")


def test_that_an_open_order_is_measured_up_to_now() -> None:
    sheet = quoted()
    sheet.parent(2 * S, "SELL", 300)
    sheet.fill(4 * S, 100, "100.02", "F1")
    row = line(sheet)
    assert some(row, "end_ts", "end_mid", "mkt_vol") == [None, 100.11, 700]
    assert row["twap"] == pytest.approx((18 * 100.01 + 380 * 100.11) / 398)
    assert row["slip_vwap_bps"] == bps("-0.01")


def test_that_own_prints_are_left_out_of_the_market_but_not_of_its_volume() -> None:
    sheet = quoted()
    sheet.trade(4 * S, "100.03", 200)
    sheet.trade(6 * S, "100.04", 50, condition="off_exchange")
    sheet.parent(2 * S, "BUY", 900)
    sheet.fill(4 * S, 200, "100.03", "F1")
    sheet.fill(2 * S, 100, "100.01", "F2")  # its print is stamped at arrival: no part of the window
    sheet.fill(5 * S, 10, "100.02", "F3", liquidity="X")
    sheet.fill(6 * S, 50, "100.04", "F4", liquidity="D")
    sheet.fill(7 * S, 33, "100.02", "F5", liquidity="D")
    sheet.fill(8 * S, 40, "100.02", "F6")
    sheet.fill(9 * S, 100, "100.01", "F7")
    sheet.order(10 * S, "bust", parent_id="P1", ref_exec_id="F7")
    sheet.order(10 * S, "correct", parent_id="P1", ref_exec_id="F6", exec_id="K", qty=50, price="100.02")
    sheet.done(12 * S)
    row = line(sheet)
    assert row["mkt_vol"] == 900  # off the exchange is no volume to take part in
    assert row["mkt_vwap_ex_own"] == 100.01
    # all but the cross, the dark fills and the busted one
    assert row["participation"] == (200 + 100 + 50) / 900


def test_that_a_cancelled_print_never_happened() -> None:
    sheet = quoted()
    sheet.trade(4 * S, "100.05", 77)
    sheet.trade(13 * S, "100.05", 44)
    sheet.cancel_print(14 * S, "100.05", 77)
    sheet.cancel_print(14 * S, "100.05", 44)
    sheet.parent(2 * S, "BUY", 300)
    sheet.done(12 * S)
    assert some(line(sheet), "mkt_vol", "mkt_vwap") == [700, 100.01]


def test_that_volume_printed_in_a_pause_is_none_to_take_part_in() -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 300)
    sheet.order(2 * S, "algo_paused", parent_id="P1", algo_order_id="A1")
    sheet.order(4 * S, "algo_resumed", parent_id="P1", algo_order_id="A1")
    sheet.order(7 * S, "algo_paused", parent_id="P1", algo_order_id="A1")
    sheet.fill(1 * S + 1, 100, "100.02", "F1")
    sheet.done(8 * S)
    sheet.order(9 * S, "algo_resumed", parent_id="P1", algo_order_id="A1")
    row = line(sheet)
    assert some(row, "mkt_vol", "participation") == [800, 100 / 500]
    sheet.orders = [order for order in sheet.orders if order["ts_event"] != T0 + 9 * S]
    assert line(sheet)["participation"] == 100 / 500


def test_that_a_limit_decides_what_volume_there_was_to_take_part_in() -> None:
    sheet = quoted()
    sheet.trade(2 * S, "100.05", 1000)
    sheet.trade(6 * S, "100.03", 300)
    sheet.parent(0, "BUY", 300, limit="100.02")
    sheet.fill(1 * S + 1, 100, "100.02", "F1")
    sheet.order(5 * S, "parent_amended", parent_id="P1", limit="100.03")
    sheet.order(7 * S, "algo_paused", parent_id="P1", algo_order_id="A1")
    sheet.order(8 * S, "algo_resumed", parent_id="P1", algo_order_id="A1")
    sheet.order(9 * S - 1, "algo_paused", parent_id="P1", algo_order_id="A1")
    sheet.done(10 * S)
    # 9 prints of 100 and 300 at the raised limit, less those of 8 s and 9 s
    assert some(line(sheet), "mkt_vol", "participation") == [2200, 100 / 1000]


def test_that_a_sellers_limit_is_from_below() -> None:
    sheet = quoted()
    sheet.trade(2 * S, "100.05", 1000)
    sheet.parent(0, "SELL", 300, limit="100.02")
    sheet.fill(1 * S + 1, 100, "100.02", "F1")
    sheet.done(10 * S)
    assert line(sheet)["participation"] == 100 / 1000


def test_that_shares_of_the_day_and_of_the_touch_are_told() -> None:
    sheet = quoted(adv=10_000.0, size_exponent=1)
    sheet.parent(0, "BUY", 300)
    sheet.fill(1 * S + 1, 100, "100.02", "F1", liquidity="R")
    sheet.fill(1 * S + 1, 100, "100.00", "F2", liquidity="A")
    row = line(sheet)
    assert some(row, "pct_adv", "aggressor_share", "spread_capture", "fill_rate") == [0.3, 0.5, 1.0, 2 / 3]
    bare = Sheet()
    bare.fill(0, 5, "1.00", "F1")
    assert some(line(bare), "pct_adv", "fill_rate", "order_qty", "arrival_ts") == [None, None, None, T0]


# -- costs -------------------------------------------------------------------------------------------------------------


def costly(side: str = "BUY", **reference: Any) -> dict[str, Any]:
    sheet = quoted(**reference)
    sheet.parent(0, side, 300, decision="99.99")
    sheet.fill(1 * S + 1, 100, "100.03", "F1", fee=2_000_000_000)
    sheet.order(5 * S, "parent_amended", parent_id="P1", qty=400)
    sheet.done(30 * S)
    return line(sheet)


def test_that_the_parts_of_the_cost_add_up_to_it() -> None:
    row = costly()
    # 400 from 99.99 to 100.01: 8; done 100 * .02; left 300 * .10; fee 2
    names = ("delay_cost_ccy", "exec_cost_ccy", "opp_cost_ccy", "fees_ccy", "is_ccy")
    assert some(row, *names) == [8.0, 2.0, 30.0, 2.0, 42.0]
    assert some(row, "delay_filled_ccy", "missed_ccy") == [2.0, 36.0]
    assert some(row, "spread_ccy", "drift_ccy", "amend_ccy") == [2.0, 30.0, 0.0]
    assert row["avg_px"] == 100.03
    assert row["slip_arrival_bps"] == bps("0.02")
    assert row["is_bps"] == bps("42", "39996")
    assert row["is_arrival_bps"] == bps("42", "40004")


def test_that_money_is_scaled_by_contract_size_and_minor_unit() -> None:
    names = ("exec_cost_ccy", "opp_cost_ccy", "fees_ccy")
    assert some(costly(multiplier=50_000_000_000), *names) == [100.0, 1500.0, 2.0]
    assert some(costly(size_exponent=-2), *names) == [0.02, 0.3, 2.0]
    assert some(costly(quote_currency="GBX"), *names) == [0.02, 0.3, 2.0]


def test_that_a_sellers_rise_is_a_gain() -> None:
    row = costly("SELL")
    assert some(row, "exec_cost_ccy", "opp_cost_ccy", "delay_cost_ccy") == [-2.0, -30.0, -8.0]


def test_that_without_a_decision_the_cost_is_against_arrival() -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 300)
    sheet.fill(1 * S + 1, 100, "100.03", "F1")
    row = line(sheet)
    assert some(row, "delay_cost_ccy", "delay_filled_ccy", "missed_ccy") == [None] * 3
    assert some(row, "exec_cost_ccy", "opp_cost_ccy", "fees_ccy", "is_ccy") == [2.0, 20.0, 0.0, 22.0]
    assert row["is_bps"] == row["is_arrival_bps"] == bps("22", "30003")


def test_that_an_undefined_end_leaves_what_was_done_defined() -> None:
    sheet = quoted()
    sheet.status(30 * S, "halt")
    sheet.parent(0, "BUY", 300)
    sheet.fill(1 * S + 1, 100, "100.03", "F1")
    sheet.done(40 * S)
    assert some(line(sheet), "end_mid", "exec_cost_ccy", "opp_cost_ccy", "is_ccy") == [None, 2.0, None, None]


# -- drifts and expectation --------------------------------------------------------------------------------------------


def test_that_drift_before_and_after_the_fills_is_told() -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 300)
    sheet.quote(15 * S, "100.04", "100.06")
    sheet.fill(16 * S, 100, "100.06", "F1")
    sheet.quote(70 * S, "100.20", "100.22")
    sheet.quote(76 * S, "100.30", "100.32")
    sheet.quote(77 * S, "101.30", "101.32")
    row = line(sheet)
    assert some(row, "pre_drift_bps", "post_drift_bps") == [bps("0.04"), bps("0.26")]
    assert line(sheet)["slip_beta_adj_bps"] is None


def test_that_drift_after_the_last_fill_runs_up_to_now_where_a_minute_has_not_passed() -> None:
    sheet = Sheet()
    sheet.quote(0, "100.00", "100.02")
    sheet.parent(1 * S, "BUY", 300)
    sheet.fill(2 * S, 100, "100.02", "F1")
    sheet.quote(30 * S, "100.04", "100.06")
    assert line(sheet)["post_drift_bps"] == bps("0.04")
    engine = Engine(sheet.universe(), EngineConfig())
    for block in in_time(sheet, engine.universe, 9):
        engine.apply(block)
    assert engine.tables()["parents"]["post_drift_bps"] == [bps("0.04")]
    unfilled = Sheet()
    unfilled.quote(0, "100.00", "100.02")
    unfilled.parent(1 * S, "BUY", 300)
    assert some(line(unfilled), "pre_drift_bps", "post_drift_bps", "avg_px") == [None, None, None]


def beta(drop_index: int | None = None, **told: Any) -> float | None:
    """Two fills with the index at 50 on arrival, then 50.50 and 51.00; one index quote may be missing."""
    sheet = Sheet()
    sheet.reference(**({"index": "IDX", "beta": 2.0} | told))
    sheet.quote(-1 * S, "100.00", "100.02")
    for n, (t, price) in enumerate(((-1 * S, "50.00"), (5 * S, "50.50"), (15 * S, "51.00"))):
        if n != drop_index:
            sheet.quote(t, price, price, instrument="IDX")
    sheet.parent(0, "BUY", 300)
    sheet.fill(10 * S, 100, "101.01", "F1")
    sheet.fill(20 * S, 100, "101.01", "F2")
    sheet.fill(20 * S, 100, "109.01", "F3")
    sheet.order(21 * S, "bust", parent_id="P1", ref_exec_id="F3")
    found: float | None = line(sheet)["slip_beta_adj_bps"]
    return found


def test_that_slippage_is_adjusted_by_the_indexs_drift_times_beta() -> None:
    assert beta() == pytest.approx(bps("1.00") - 2.0 * bps("0.75", "50"))
    assert beta(beta=None) is None
    assert beta(index=None) is None


def test_that_without_an_index_on_arrival_or_before_a_fill_there_is_no_adjustment() -> None:
    assert beta(drop_index=0) is None
    sheet = Sheet()
    sheet.reference(index="IDX", beta=2.0)
    sheet.quote(-1 * S, "100.00", "100.02")
    sheet.quote(-1 * S, "50.00", "50.00", instrument="IDX")
    sheet.status(5 * S, "halt", instrument="IDX")
    sheet.parent(0, "BUY", 300)
    sheet.fill(10 * S, 100, "101.01", "F1")
    assert line(sheet)["slip_beta_adj_bps"] is None
    sheet.orders.pop()
    assert line(sheet)["slip_beta_adj_bps"] is None


def expecting(fill: str = "100.03", **config: Any) -> dict[str, Any]:
    sheet = quoted(adv=10_000.0, daily_sigma=0.02, shares_outstanding=1e6, open_ns=0, close_ns=100 * S, size_exponent=1)
    sheet.parent(0, "BUY", 300)
    sheet.fill(10 * S, 100, fill, "F1")
    sheet.done(25 * S)
    return line(sheet, **config)


def test_that_cost_is_held_against_the_models_expectation_and_chance() -> None:
    row = expecting()
    assert row["expected_cost_bps"] == pytest.approx(2 / 3 * 1e4 * 0.02 * (1000 / 10_000) ** 0.5)
    assert row["cost_z"] == pytest.approx((bps("0.02") - row["expected_cost_bps"]) / row["timing_risk_bps"])
    assert row["level"] == "GREEN"
    assert row["level_reason"].startswith("cost z ")


def test_that_each_cost_model_gets_what_it_asks_for() -> None:
    almgren = expecting(cost_model="almgren")["expected_cost_bps"]
    days, share = 0.25, 0.1
    assert almgren == pytest.approx(
        1e4 * 0.02 * (0.314 * share * (1e6 / 1e4) ** 0.25 / 2 + 0.142 * (share / days) ** 0.6)
    )
    istar = expecting(cost_model="istar")["expected_cost_bps"]
    impact = 708 * share**0.55 * (0.02 * 252**0.5) ** 0.71
    assert istar == pytest.approx(impact * (0.98 * (100 / 900) ** 0.5 + 0.02))


def test_that_the_light_goes_by_z_or_by_basis_points_as_configured() -> None:
    assert expecting("104.00")["level"] == "RED"
    assert expecting("100.01", level_mode="bps")["level"] == "QUIET"
    assert expecting("100.04", level_mode="bps")["level"] == "AMBER"
    assert expecting("100.06", level_mode="bps", bps_red=5.5)["level"] == "AMBER"
    assert expecting("100.06", level_mode="bps")["level"] == "RED"


def test_that_nothing_filled_has_no_light_and_says_why() -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 300)
    assert some(line(sheet, level_mode="bps"), "level", "level_reason") == ["N/A", "nothing filled"]
    assert some(line(sheet), "level", "level_reason") == ["N/A", "no cost yet"]
    assert some(line(sheet), "expected_cost_bps", "timing_risk_bps", "cost_z") == [0.0, None, None]


def test_that_thresholds_are_those_of_the_mode() -> None:
    config = EngineConfig(level_amber=1.5, level_red=2.5)
    assert thresholds(config) == Thresholds(1.5, 2.5)
    config = EngineConfig(level_mode="bps", bps_amber=1, bps_red=2, bps_quiet=0.1, leave_at=0.5, dwell_ns=7)
    assert thresholds(config) == Thresholds(1, 2, 0.1, 0.5, 7)
