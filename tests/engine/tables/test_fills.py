"""The fills table: one line per execution, every figure its own."""

from fractions import Fraction
from typing import Any

import pytest

from app.engine.config import EngineConfig
from app.engine.core import Engine
from app.engine.schema import FILLS
from app.engine.units import HORIZON_NAMES
from app.feeds.generator.hand import T0, Sheet
from tests.engine.days import day, in_time
from tests.session.play import keyed, played

MS, S = 1_000_000, 1_000_000_000


def quoted() -> Sheet:
    """100.00/100.02 until 2 s, then 100.10/100.12, to 400 s."""
    sheet = Sheet()
    sheet.quote(-10 * S, "100.00", "100.02")
    sheet.quote(2 * S, "100.10", "100.12")
    sheet.quote(400 * S, "100.10", "100.12")
    return sheet


def fills(sheet: Sheet) -> dict[str, dict[str, Any]]:
    table = played(sheet).tables()["fills"]
    assert list(table) == [column.name for column in FILLS]
    return keyed(table, "fill_id")


def bps(move: str, over: str) -> float:
    return float(Fraction(move) / Fraction(over) * 10_000)


def test_that_a_fill_has_its_own_figures() -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 300)
    sheet.fill(1 * S, 100, "100.02", "F1", liquidity="R", algo_order_id="A9", seq=77)
    sheet.fill(3 * S, 100, "100.11", "F2")
    line = fills(sheet)["F1"]
    assert {name: line[name] for name in ("parent_id", "algo_order_id", "child_id", "side", "liquidity", "venue")} == {
        "parent_id": "P1", "algo_order_id": "A9", "child_id": None, "side": "BUY", "liquidity": "R", "venue": "XONE",
    }  # fmt: skip
    assert (line["ts_event"], line["ts_match"], line["qty"], line["px"], line["mid_before"]) == (
        T0 + S, T0 + S, 100, 100.02, 100.01,
    )  # fmt: skip
    assert (line["own_print"], line["flags"], line["source"], line["seq"], line["as_of"]) == (
        False, None, "oms", 77, T0 + S,
    )  # fmt: skip
    assert line["slip_arrival_bps"] == line["cum_slip_bps"] == bps("0.01", "100.01")
    assert line["mid_drift_bps"] == 0.0
    assert line["eff_spread_bps"] == bps("0.02", "100.01")
    assert line["markout_500ms_bps"] == bps("-0.01", "100.02")
    assert line["markout_1s_bps"] == line["markout_5m_bps"] == bps("0.09", "100.02")
    assert line["realized_spread_500ms_bps"] == bps("0.02", "100.01")
    assert line["realized_spread_5m_bps"] == bps("-0.18", "100.01")
    second = fills(sheet)["F2"]
    assert second["slip_arrival_bps"] == bps("0.10", "100.01")
    assert second["cum_slip_bps"] == bps("0.055", "100.01")
    assert second["mid_drift_bps"] == bps("0.10", "100.01")


def test_that_a_seller_pays_with_the_other_sign() -> None:
    sheet = quoted()
    sheet.parent(0, "SHORT", 300)
    sheet.fill(1 * S, 100, "100.02", "F1")
    line = fills(sheet)["F1"]
    assert (line["side"], line["slip_arrival_bps"]) == ("SHORT", bps("-0.01", "100.01"))
    assert line["markout_5s_bps"] == bps("-0.09", "100.02")


def test_that_a_busted_fill_keeps_its_line_and_counts_in_no_running_figure() -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 300)
    sheet.fill(1 * S, 100, "100.02", "F1")
    sheet.fill(1 * S, 50, "100.04", "F2")
    sheet.order(5 * S, "bust", parent_id="P1", ref_exec_id="F1")
    sheet.order(5 * S, "correct", parent_id="P1", ref_exec_id="F2", exec_id="K", qty=70, price="100.03")
    lines = fills(sheet)
    assert (lines["F1"]["qty"], lines["F1"]["cum_slip_bps"], lines["F1"]["flags"]) == (100, None, "busted")
    assert lines["F1"]["slip_arrival_bps"] == bps("0.01", "100.01")
    assert (lines["F2"]["qty"], lines["F2"]["px"], lines["F2"]["flags"]) == (70, 100.03, "corrected")
    assert lines["F2"]["cum_slip_bps"] == bps("0.02", "100.01")


def test_that_what_a_fill_does_not_say_its_child_says() -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 300)
    names = {"child_id": "C1", "algo_order_id": "A1"}
    sheet.order(
        1, "child_new", **names, parent_id="P1", side="SELL", venue="XTWO", instrument="INST", qty=9, price="1.00"
    )
    bare: dict[str, Any] = {"parent_id": None, "side": None, "venue": None, "child_id": "C1"}
    sheet.fill(1 * S, 100, "100.02", "F1", **bare)
    sheet.fill(1 * S, 100, "100.02", "F2", **(bare | {"child_id": None, "parent_id": "P1"}))
    lines = fills(sheet)
    assert (lines["F1"]["algo_order_id"], lines["F1"]["child_id"], lines["F1"]["side"], lines["F1"]["venue"]) == (
        "A1", "C1", "SELL", "XTWO",
    )  # fmt: skip
    assert lines["F1"]["flags"] == "before_ack overfill"
    assert lines["F1"]["slip_arrival_bps"] == bps("-0.01", "100.01")
    assert (lines["F2"]["side"], lines["F2"]["venue"], lines["F2"]["child_id"]) == ("BUY", None, None)
    assert lines["F2"]["slip_arrival_bps"] == bps("0.01", "100.01")


def test_that_a_fill_without_an_id_is_named_by_its_row() -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 300)
    sheet.fill(1 * S, 100, "100.02", exec_id=None, source="b", seq=9)
    assert set(fills(sheet)) == {"b:9"}


def test_that_a_match_time_that_was_not_told_says_where_it_is_from() -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 300)
    sheet.trade(1 * S - 3 * MS, "100.02", 77)
    sheet.trade(1 * S - 2 * MS, "100.05", 55)
    sheet.fill(1 * S, 77, "100.02", "PRINTED", ts_match=None)
    sheet.fill(1 * S, 66, "100.02", "ASSUMED", ts_match=None)
    sheet.fill(1 * S, 55, "100.05", "TOLD")
    lines = fills(sheet)
    found = {name: (line["ts_match"] - T0 - S, line["flags"], line["own_print"]) for name, line in lines.items()}
    assert found == {
        "PRINTED": (-3 * MS, "match_time_from_print", True),
        "ASSUMED": (0, "match_time_assumed", False),
        "TOLD": (0, None, True),
    }
    assert lines["PRINTED"]["as_of"] == T0 + S - 3 * MS


def test_that_an_undefined_or_held_mid_is_flagged_with_its_quality() -> None:
    sheet = Sheet()
    sheet.quote(0, "100.00", "100.02")
    sheet.quote(1 * S, "100.00", None)
    sheet.quote(10 * S, "100.03", "100.03")
    sheet.status(20 * S, "halt")
    sheet.parent(0, "BUY", 900)
    for t in (0, 1500 * MS, 5 * S, 15 * S, 25 * S):
        sheet.fill(t, 100, "100.02", f"F{t // MS}")
    lines = fills(sheet)
    assert {name: (line["mid_before"], line["flags"]) for name, line in lines.items()} == {
        "F0": (None, "mid_no_quote"),
        "F1500": (100.01, "mid_held_one_sided"),
        "F5000": (None, "mid_one_sided"),
        "F15000": (100.03, "mid_locked"),
        "F25000": (None, "mid_halt"),
    }
    for name in ("eff_spread_bps", "realized_spread_1s_bps", "mid_drift_bps"):
        assert lines["F5000"][name] is None


def test_that_a_fill_of_an_order_without_side_or_instrument_has_no_figures() -> None:
    sheet = quoted()
    sheet.order(0, "parent_new", parent_id="P1", instrument="INST", qty=5)
    sheet.fill(1 * S, 100, "100.02", "F1", side=None)
    sheet.fill(1 * S, 100, "100.02", "F2", parent_id="P2", instrument=None)
    lines = fills(sheet)
    assert (lines["F1"]["side"], lines["F1"]["slip_arrival_bps"], lines["F1"]["cum_slip_bps"]) == (None, None, None)
    assert (lines["F2"]["mid_before"], lines["F2"]["markout_1s_bps"], lines["F2"]["flags"]) == (
        None,
        None,
        "mid_no_quote",
    )


def test_that_running_slippage_is_each_parents_own() -> None:
    sheet = quoted()
    for name, price in (("P1", "100.02"), ("P2", "100.04")):
        sheet.parent(0, "BUY", 300, name)
        sheet.fill(1 * S, 100, price, f"F{name}", parent_id=name)
    lines = fills(sheet)
    assert [lines[f"F{name}"]["cum_slip_bps"] for name in ("P1", "P2")] == [
        bps("0.01", "100.01"),
        bps("0.03", "100.01"),
    ]


@pytest.mark.parametrize("name", ["markout_{}_bps", "realized_spread_{}_bps"])
def test_that_a_horizon_beyond_the_data_or_not_yet_reached_is_undefined(name: str) -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 300)
    sheet.fill(350 * S, 100, "100.10", "F1")
    line = fills(sheet)["F1"]
    assert [line[name.format(h)] is None for h in HORIZON_NAMES] == [False] * 8 + [True, True]
    engine = Engine(sheet.universe(), EngineConfig())
    for block in in_time(sheet, engine.universe, 9):
        engine.apply(block)
    open_line = keyed(engine.tables()["fills"], "fill_id")["F1"]
    assert [open_line[name.format(h)] is None for h in HORIZON_NAMES] == [False] * 8 + [True, True]


def test_that_a_horizon_inside_the_clocks_error_is_undefined() -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 300)
    sheet.fill(1 * S, 100, "100.02", "F1")
    engine = played(sheet, config=EngineConfig(clock_budget_ns={"oms": 10 * MS}))
    line = keyed(engine.tables()["fills"], "fill_id")["F1"]
    assert [line[f"markout_{h}_bps"] is None for h in HORIZON_NAMES] == [True] + [False] * 9
    assert played(day()).tables()["fills"]["markout_1ms_bps"][0] is not None
