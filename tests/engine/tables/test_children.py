"""The children table: one line per order chain."""

from fractions import Fraction
from typing import Any

from app.engine.orders.executions import stand
from app.engine.schema import CHILDREN
from app.engine.tables.children import walk_all
from app.feeds.generator.hand import T0, Sheet
from tests.engine.days import day
from tests.session.play import keyed, played

MS, S = 1_000_000, 1_000_000_000


def quoted() -> Sheet:
    sheet = Sheet()
    sheet.quote(-10 * S, "100.00", "100.02")
    sheet.quote(2 * S, "100.10", "100.12")
    sheet.quote(400 * S, "100.10", "100.12")
    sheet.parent(0, "BUY", 900)
    return sheet


def lines(sheet: Sheet) -> dict[str, dict[str, Any]]:
    return keyed(played(sheet).tables()["children"], "child_id")


def worked(sheet: Sheet, side: str = "BUY") -> None:
    """C1: sent at 1 s, acked, replaced by C2, filled twice, a fill busted, cancelled."""
    names: dict[str, Any] = {"parent_id": "P1", "algo_order_id": "A1"}
    sheet.order(1 * S, "child_new", child_id="C1", **names, instrument="INST", side=side, venue="XONE", qty=200,
                price="100.02", order_type="limit")  # fmt: skip
    sheet.order(1 * S + 1, "child_acked", child_id="C1")
    replaced = {"child_id": "C2", "orig_child_id": "C1"}
    sheet.order(2 * S, "child_replace_requested", **replaced, qty=300)
    sheet.order(2 * S + 1, "child_replaced", **replaced, qty=300, price="100.04")
    fill: dict[str, Any] = {"parent_id": None, "child_id": "C2", "side": None}
    sheet.fill(3 * S, 100, "100.02", "F1", **fill)
    sheet.fill(4 * S, 50, "100.04", "F2", **fill)
    sheet.order(5 * S, "bust", child_id="C2", ref_exec_id="F1", exec_id="B")
    sheet.order(6 * S, "child_cancel_requested", child_id="C2")
    sheet.order(7 * S, "child_cancelled", child_id="C2", cum_qty=50, source="broker", seq=9)


def test_that_a_chain_is_one_line_under_its_first_id() -> None:
    sheet = quoted()
    worked(sheet)
    table = played(sheet).tables()["children"]
    assert list(table) == [column.name for column in CHILDREN]
    line = lines(sheet)["C1"]
    expected = {
        "parent_id": "P1", "algo_order_id": "A1", "ts_new": T0 + S, "ts_acked": T0 + S + 1,
        "ts_first_fill": T0 + 3 * S, "ts_last_fill": T0 + 4 * S, "ts_replaced": T0 + 2 * S + 1,
        "ts_cancel_requested": T0 + 6 * S, "ts_cancelled": T0 + 7 * S, "ts_done": T0 + 7 * S,
        "child_arrival_mid": 100.01, "qty": 300, "filled": 150, "net_qty": 50, "avg_px": 100.04, "price": 100.04,
        "venue": "XONE", "order_type": "limit", "last_status": "4", "n_replace_requests": 1, "n_cancel_requests": 1,
        "n_reports": 6, "n_cancel_rejects": 0, "n_rejects": 0, "n_fills": 2, "n_busts": 1, "recon_break": False,
        "score": None, "flags": None, "source": "broker", "seq": 9, "as_of": T0 + 7 * S,
    }  # fmt: skip
    assert {name: line[name] for name in expected} == expected


def test_that_the_response_is_the_markets_move_against_the_child_from_its_sending() -> None:
    sheet = quoted()
    worked(sheet)
    line = lines(sheet)["C1"]
    assert line["response_500ms_bps"] == 0.0
    moved = float(Fraction("0.10") / Fraction("100.01") * 10_000)
    assert line["response_1s_bps"] == line["response_5m_bps"] == moved
    sheet = quoted()
    worked(sheet, "SELL")
    assert lines(sheet)["C1"]["response_1s_bps"] == -moved


def test_that_the_last_cumulative_quantity_is_held_against_the_fills_that_stand() -> None:
    for told, broken in ((50, False), (150, True), (None, None)):
        sheet = quoted()
        worked(sheet)
        sheet.orders[-1]["cum_qty"] = told
        assert lines(sheet)["C1"]["recon_break"] is broken


def test_that_a_child_never_announced_has_no_arrival_and_no_response() -> None:
    sheet = quoted()
    sheet.fill(3 * S, 100, "100.02", "F1", child_id="C7")
    line = lines(sheet)["C7"]
    assert (line["flags"], line["ts_new"], line["child_arrival_mid"], line["response_1s_bps"]) == (
        "no_new", None, None, None,
    )  # fmt: skip
    assert (line["net_qty"], line["avg_px"], line["qty"], line["price"]) == (100, 100.02, None, None)


def test_that_a_child_of_nobody_of_no_known_instrument_is_unassigned() -> None:
    sheet = quoted()
    sheet.order(1 * S, "child_new", child_id="C8", side="BUY", qty=200, price="100.02")
    line = lines(sheet)["C8"]
    assert (line["parent_id"], line["child_arrival_mid"], line["response_1s_bps"]) == ("unassigned", None, None)
    assert (line["avg_px"], line["net_qty"], line["last_status"]) == (None, 0, "A")


def test_that_a_child_sent_before_any_quote_has_no_arrival() -> None:
    sheet = quoted()
    sheet.order(-20 * S, "child_new", child_id="C1", parent_id="P1", instrument="INST", side="BUY", qty=1, price="1.00")
    line = lines(sheet)["C1"]
    assert (line["child_arrival_mid"], line["response_5m_bps"]) == (None, None)


def test_that_what_is_odd_is_told_in_order() -> None:
    sheet = quoted()
    worked(sheet)
    sheet.fill(8 * S, 400, "100.02", "F3", parent_id=None, child_id="C2")
    sheet.fill(9 * S, 400, "100.02", "F3", parent_id=None, child_id="C2")
    assert lines(sheet)["C1"]["flags"] == "copy overfill"


def test_that_chains_are_walked_with_the_flags_of_all_their_fills() -> None:
    engine = played(day())
    chains = engine.state.flow.all_chains()
    fills = {id(f.fact): f for p in engine.state.parents() for f in stand(p.facts).fills}
    walked, flags = walk_all(chains, fills)
    assert [chain for chain, _ in walked] == chains
    assert flags == {id(f.fact): flags[id(f.fact)] for f in fills.values() if f.fact.chain is not None}
    assert sorted(" ".join(sorted(odd)) for odd in flags.values()) == ["busted", "corrected match_time_assumed"]
