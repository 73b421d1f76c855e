"""Traps of the order side, one tiny session each, with values worked out by hand."""

from fractions import Fraction

from app.feeds.generator.hand import T0, Sheet
from tests.session.judges import EngineReading, Judge, OracleReading, agrees, bps
from tests.session.play import keyed, played

MS, S = 1_000_000, 1_000_000_000


def quoted() -> Sheet:
    """100.00/100.02 from 10 s before to 2 s after, then 100.10/100.12."""
    sheet = Sheet()
    sheet.reference(currency="USD", quote_currency="USD")
    sheet.quote(-10 * S, "100.00", "100.02")
    sheet.quote(2 * S, "100.10", "100.12")
    return sheet


def child(sheet: Sheet, t: int, name: str, qty: int, price: str = "100.02") -> None:
    """A child of P1 sent and acked 1 ms later."""
    names = {"parent_id": "P1", "child_id": name, "instrument": "INST", "venue": "XONE", "side": "BUY"}
    sheet.order(t, "child_new", **names, qty=qty, price=price)
    sheet.order(t + MS, "child_acked", **names)


def children_of(sheet: Sheet) -> dict[str, dict[str, object]]:
    """The engine's children by id."""
    return keyed(played(sheet).tables()["children"], "child_id")


def test_that_a_bust_after_completion_restates_the_money_and_keeps_the_row(judge: Judge) -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 200)
    sheet.fill(1 * S, 100, "100.02", "F1", fee=1_000_000_000)
    sheet.fill(1 * S, 100, "100.06", "F2", fee=2_000_000_000)
    sheet.done(3 * S)
    sheet.order(4 * S, "bust", parent_id="P1", exec_id="B1", ref_exec_id="F2")
    reading = judge(sheet)
    # only F1 stands: 100 * .01; 100 left against 100.11: 10; fee 1
    expected = {"filled_qty": 100, "n_fills": 1, "avg_px": 100.02, "exec_cost_ccy": 1.0, "opp_cost_ccy": 10.0,
                "fees_ccy": 1.0, "is_ccy": 12.0, "spread_ccy": 1.0, "drift_ccy": 10.0, "fill_rate": 0.5}  # fmt: skip
    assert agrees(reading.parent(), expected) == []
    assert agrees(reading.fill("F2"), {"cum_slip_bps": None}) == []
    assert agrees(reading.fill("F1"), {"cum_slip_bps": bps("0.01", "100.01")}) == []


def test_that_a_restatement_after_completion_is_kept_in_the_versions() -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 200)
    sheet.fill(1 * S, 200, "100.02", "F1")
    sheet.done(3 * S)
    sheet.order(4 * S, "correct", parent_id="P1", exec_id="C1", ref_exec_id="F1", qty=200, price="100.06")
    engine = played(sheet)
    versions = engine.tables()["versions"]
    rows = [dict(zip(versions, row, strict=True)) for row in zip(*versions.values(), strict=True)]
    slips = [row for row in rows if row["column"] == "slip_arrival_bps" and row["table"] == "parents"]
    assert [row["known_ts"] for row in slips] == [T0 + 4 * S]
    assert float(slips[0]["old"]) == float(bps("0.01", "100.01"))
    assert float(slips[0]["new"]) == float(bps("0.05", "100.01"))


def test_that_a_correction_puts_new_terms_under_the_old_id(judge: Judge) -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 200)
    sheet.fill(1 * S, 100, "100.02", "F1", fee=1_000_000_000)
    sheet.done(3 * S)
    sheet.order(4 * S, "correct", parent_id="P1", exec_id="C1", ref_exec_id="F1", qty=150, price="100.04")
    reading = judge(sheet)
    expected = {
        "filled_qty": 150,
        "avg_px": 100.04,
        "n_fills": 1,
        "exec_cost_ccy": 4.5,
        "opp_cost_ccy": 5.0,
        "fees_ccy": 1.0,
    }
    assert agrees(reading.parent(), expected) == []
    # the match stays where it was: before the touch of 100.11
    assert agrees(reading.fill("F1"), {"qty": 150, "px": 100.04, "mid_before": 100.01}) == []


def test_that_a_bust_of_an_unknown_execution_changes_nothing(judge: Judge) -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 200)
    sheet.fill(1 * S, 100, "100.02", "F1")
    sheet.order(2 * S, "bust", parent_id="P1", exec_id="B1", ref_exec_id="NOBODY")
    sheet.order(2 * S, "bust", parent_id="P1", exec_id="B2", ref_exec_id="F9")
    sheet.done(3 * S)
    assert agrees(judge(sheet).parent(), {"filled_qty": 100, "exec_cost_ccy": 1.0}) == []


def test_that_an_overfill_is_kept_and_its_surplus_has_opportunity_of_the_other_sign(judge: Judge) -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 100)
    sheet.fill(1 * S, 150, "100.02", "F1")
    sheet.done(3 * S)
    # done 150 * .01; -50 left against 100.11: -5; drift -50 * .10
    expected = {"filled_qty": 150, "fill_rate": 1.5, "exec_cost_ccy": 1.5, "opp_cost_ccy": -5.0, "is_ccy": -3.5,
                "spread_ccy": 1.5, "drift_ccy": -5.0}  # fmt: skip
    assert agrees(judge(sheet).parent(), expected) == []


def test_that_fills_before_the_ack_and_after_the_cancel_count_and_are_flagged() -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 300)
    names = {"child_id": "C1", "parent_id": "P1"}
    sheet.order(1 * S, "child_new", **names, instrument="INST", side="BUY", qty=300, price="100.02")
    sheet.fill(1 * S + 1, 100, "100.02", "F1", child_id="C1")
    sheet.order(1 * S + 2, "child_acked", **names)
    sheet.order(1 * S + 3, "child_cancel_requested", **names)
    sheet.order(1 * S + 4, "child_cancelled", **names)
    sheet.fill(1 * S + 5, 100, "100.02", "F2", child_id="C1")
    sheet.done(3 * S)
    for reading in (OracleReading(sheet), EngineReading(sheet)):
        assert agrees(reading.parent(), {"filled_qty": 200, "n_fills": 2, "n_children": 1, "exec_cost_ccy": 2.0}) == []
    engine = EngineReading(sheet)
    assert "before_ack" in engine.fill("F1")["flags"]
    assert "after_cancel" in engine.fill("F2")["flags"]


def test_that_a_copied_execution_report_counts_once_and_a_new_one_of_another_child_twice(judge: Judge) -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 300)
    child(sheet, 0, "C1", 200)
    child(sheet, 0, "C2", 100)
    sheet.fill(1 * S, 100, "100.02", "F1", child_id="C1")
    sheet.fill(1 * S + 7 * MS, 100, "100.02", "F1", child_id="C1", ts_match=T0 + 1 * S)  # sent again
    sheet.fill(1 * S + 8 * MS, 50, "100.02", "F2", child_id="C2")
    sheet.done(3 * S)
    assert agrees(judge(sheet).parent(), {"filled_qty": 150, "n_fills": 2, "fill_rate": 0.5}) == []


def test_that_a_cumulative_quantity_that_falls_with_no_bust_breaks_the_reconciliation() -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 300)
    child(sheet, 0, "C1", 300)
    sheet.fill(1 * S, 100, "100.02", "F1", child_id="C1", cum_qty=100)
    sheet.fill(2 * S, 100, "100.02", "F2", child_id="C1", cum_qty=100)
    child(sheet, 0, "C2", 300)
    sheet.fill(1 * S, 100, "100.02", "F3", child_id="C2", cum_qty=100)
    sheet.order(2 * S, "bust", parent_id="P1", child_id="C2", exec_id="B", ref_exec_id="F3", cum_qty=0)
    found = children_of(sheet)
    assert (found["C1"]["recon_break"], found["C1"]["net_qty"]) == (True, 200)
    assert (found["C2"]["recon_break"], found["C2"]["net_qty"], found["C2"]["n_busts"]) == (False, 0, 1)


def test_that_quantity_raised_and_cut_keeps_the_arrival_and_the_identity(judge: Judge) -> None:
    sheet = quoted()
    sheet.quote(4 * S, "100.00", "100.02")
    sheet.parent(0, "BUY", 300)
    sheet.order(3 * S, "parent_amended", parent_id="P1", qty=500)  # +200 at 100.11
    sheet.fill(3 * S + 1, 100, "100.12", "F1")
    sheet.order(5 * S, "parent_amended", parent_id="P1", qty=150)  # -350 at 100.01
    sheet.done(6 * S)
    # exec 100 * .11; left 50 at the arrival mid: 0. amend 200 * .10 - 350 * 0; spread 100 * .01
    # drift 300 * .10 + (500 - 100) * -.10 + 50 * 0 = -10. Sum 1 - 10 + 20 = 11
    expected = {
        "arrival_mid": 100.01,
        "order_qty": 150,
        "fill_rate": Fraction(2, 3),
        "exec_cost_ccy": 11.0,
        "opp_cost_ccy": 0.0,
        "amend_ccy": 20.0,
        "spread_ccy": 1.0,
        "drift_ccy": -10.0,
        "is_ccy": 11.0,
    }
    assert agrees(judge(sheet).parent(), expected) == []


def test_that_an_order_cut_to_what_is_done_ends_there(judge: Judge) -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 300)
    sheet.fill(1 * S, 100, "100.02", "F1")
    sheet.order(3 * S, "parent_amended", parent_id="P1", qty=100)
    sheet.trade(4 * S, "100.11", 700)
    sheet.quote(5 * S, "107.00", "107.02")
    # 200 withdrawn at 100.11: amend -200 * .10 = -20, drift 200 * .10
    expected = {"end_ts": T0 + 3 * S, "end_mid": 100.11, "mkt_vol": 0, "opp_cost_ccy": 0.0, "amend_ccy": -20.0,
                "drift_ccy": 20.0, "is_ccy": 1.0}  # fmt: skip
    assert agrees(judge(sheet).parent(), expected) == []


def test_that_an_order_ends_when_nothing_is_left_for_the_first_time_and_lives_again_when_raised(judge: Judge) -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 100)
    sheet.fill(1 * S, 150, "100.02", "F1")  # complete here
    sheet.fill(3 * S, 50, "100.12", "F2")  # once more too much
    sheet.order(4 * S, "parent_amended", parent_id="P1", qty=120)  # still complete
    sheet.parent(0, "BUY", 100, "P2")
    sheet.fill(1 * S, 100, "100.02", "F3", parent_id="P2")
    sheet.order(3 * S, "parent_amended", parent_id="P2", qty=200)
    sheet.quote(9 * S, "100.20", "100.22")
    reading = judge(sheet)
    # 150 * .01 + 50 * .11; 80 too many against the mid at the end, 100.01: nothing
    ended = {"end_ts": T0 + 1 * S, "end_mid": 100.01, "exec_cost_ccy": 7.0, "opp_cost_ccy": 0.0, "is_ccy": 7.0}
    assert agrees(reading.parent(), ended) == []
    alive = {"end_ts": None, "end_mid": 100.21, "exec_cost_ccy": 1.0, "opp_cost_ccy": 20.0, "amend_ccy": 10.0}
    assert agrees(reading.parent("P2"), alive) == []


def test_that_two_own_parents_of_one_side_share_no_print(judge: Judge) -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 100, "P1")
    sheet.parent(0, "BUY", 100, "P2")
    sheet.trade(1 * S, "100.02", 100)
    sheet.trade(1 * S + 2, "100.02", 100)
    sheet.fill(1 * S, 100, "100.02", "F1", parent_id="P1")
    sheet.fill(1 * S, 100, "100.02", "F2", parent_id="P2")
    sheet.trade(1 * S + 4, "100.04", 100)
    sheet.done(3 * S, "P1")
    sheet.done(3 * S, "P2")
    reading = judge(sheet)
    for name, fill in (("P1", "F1"), ("P2", "F2")):
        assert agrees(reading.fill(fill, name), {"own_print": True}) == []
        # each leaves out its own print only
        assert agrees(reading.parent(name), {"mkt_vol": 300, "mkt_vwap_ex_own": 100.03}) == []


def test_that_two_own_parents_of_opposite_sides_pay_with_opposite_signs(judge: Judge) -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 100, "P1")
    sheet.parent(0, "SHORT", 100, "P2")
    sheet.trade(1 * S, "100.02", 100)  # one print, two own fills: the earlier row has it
    sheet.fill(1 * S, 100, "100.02", "F1", parent_id="P1")
    sheet.fill(1 * S, 100, "100.02", "F2", parent_id="P2")
    sheet.done(3 * S, "P1")
    sheet.done(3 * S, "P2")
    reading = judge(sheet)
    assert agrees(reading.parent("P1"), {"exec_cost_ccy": 1.0, "is_ccy": 1.0, "mkt_vwap_ex_own": None}) == []
    assert agrees(reading.parent("P2"), {"exec_cost_ccy": -1.0, "is_ccy": -1.0, "mkt_vwap_ex_own": 100.02}) == []
    assert [reading.fill("F1")["own_print"], reading.fill("F2", "P2")["own_print"]] == [True, False]


def test_that_a_chain_of_replaces_is_one_child_under_its_first_id() -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 900)
    child(sheet, 0, "C1", 300, "100.01")
    for number in (1, 2, 3):
        names = {"child_id": f"C{number + 1}", "orig_child_id": f"C{number}"}
        sheet.order(number * 100 * MS, "child_replace_requested", **names, qty=300 + number, price="100.02")
        sheet.order(number * 100 * MS + MS, "child_replaced", **names, qty=300 + number, price="100.02")
    sheet.fill(1 * S, 300, "100.02", "F1", parent_id=None, child_id="C3")  # reported under an id in the middle
    sheet.order(2 * S, "child_cancel_requested", child_id="C5", orig_child_id="C4")
    sheet.order(2 * S + 1, "cancel_rejected", child_id="C5", orig_child_id="C4")
    sheet.order(2 * S + 2, "child_cancelled", child_id="C6", orig_child_id="C4")
    sheet.done(3 * S)
    found = children_of(sheet)
    assert list(found) == ["C1"]
    counts = {
        name: found["C1"][name] for name in ("n_replace_requests", "n_cancel_requests", "n_cancel_rejects", "n_fills")
    }
    assert counts == {"n_replace_requests": 3, "n_cancel_requests": 1, "n_cancel_rejects": 1, "n_fills": 1}
    assert (found["C1"]["qty"], found["C1"]["filled"], found["C1"]["last_status"]) == (303, 300, "4")
    for reading in (OracleReading(sheet), EngineReading(sheet)):
        assert agrees(reading.parent(), {"filled_qty": 300, "n_children": 1, "exec_cost_ccy": 3.0}) == []


def test_that_a_fill_without_a_parent_lands_in_the_unassigned_bucket() -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 100)
    sheet.fill(1 * S, 100, "100.02", "F1", parent_id=None, exec_id="LOST")
    for reading in (OracleReading(sheet), EngineReading(sheet)):
        assert agrees(reading.fill("LOST", "unassigned"), {"qty": 100, "px": 100.02, "mid_before": 100.01}) == []
        assert agrees(reading.parent(), {"filled_qty": 0, "n_fills": 0, "avg_px": None}) == []
    assert EngineReading(sheet).parent("unassigned")["n_fills"] == 1


def test_that_a_multi_day_order_keeps_its_first_arrival(judge: Judge) -> None:
    day = 86_400 * S
    sheet = quoted()
    sheet.parent(0, "BUY", 200)
    sheet.fill(1 * S, 100, "100.02", "F1")
    sheet.status(3 * S, "closed")
    sheet.order(4 * S, "done_for_day", parent_id="P1")
    sheet.status(day, "open")
    sheet.quote(day, "101.00", "101.02")
    sheet.fill(day + 1 * S, 100, "101.02", "F2")
    sheet.done(day + 2 * S)
    reading = judge(sheet)
    # 100 * .01 + 100 * 1.01, of which spread 2 and the overnight jump 100 * 1.00
    expected = {"arrival_mid": 100.01, "end_ts": T0 + day + 2 * S, "exec_cost_ccy": 102.0, "spread_ccy": 2.0,
                "drift_ccy": 100.0, "is_ccy": 102.0}  # fmt: skip
    assert agrees(reading.parent(), expected) == []
    assert agrees(reading.fill("F1"), {"markout_1s_bps": bps("0.09", "100.02"), "markout_5s_bps": None}) == []


def test_that_a_fill_after_the_end_counts_and_leaves_the_end_where_it_was(judge: Judge) -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 200)
    sheet.trade(500 * MS, "100.02", 100)
    sheet.done(1 * S)
    sheet.trade(2 * S, "100.11", 100)
    sheet.fill(3 * S, 100, "100.12", "F1", venue="XTWO")
    # exec 100 * .11; the other 100 against the mid at the end, 100.01: nothing. The fill's own spread is from
    # 100.11, so 11 - 1 = 10 is what moved under it after the end.
    expected = {"end_ts": T0 + 1 * S, "end_mid": 100.01, "mkt_vol": 100, "filled_qty": 100, "exec_cost_ccy": 11.0,
                "opp_cost_ccy": 0.0, "spread_ccy": 1.0, "drift_ccy": 10.0, "is_ccy": 11.0}  # fmt: skip
    assert agrees(judge(sheet).parent(), expected) == []


def test_that_unknown_liquidity_is_told_by_the_price_against_the_touch(judge: Judge) -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 1_000)
    sheet.fill(1 * S, 100, "100.02", "F1")  # far touch: aggressive
    sheet.fill(1 * S, 200, "100.00", "F2")  # near touch: passive
    sheet.fill(1 * S, 400, "100.01", "F3")  # the mid: neither
    sheet.fill(1 * S, 300, "100.005", "F4")  # short of the mid: passive
    sheet.fill(1 * S, 100, "100.00", "F5", liquidity="D")
    sheet.done(3 * S)
    # captured 200 times .02 and 300 times .015 of 500 times .02
    expected = {"aggressor_share": Fraction(1, 6), "spread_capture": Fraction(85, 100)}
    assert agrees(judge(sheet).parent(), expected) == []


def test_that_order_rows_stamped_alike_apply_by_source_and_sequence(judge: Judge) -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 300)
    sheet.fill(1 * S, 100, "100.04", "F1", source="zz", seq=1)
    sheet.fill(1 * S, 100, "100.02", "F2", source="aa", seq=9)
    sheet.fill(1 * S, 100, "100.06", "F3", source="aa", seq=10)
    sheet.orders.reverse()
    reading = judge(sheet)
    cumulative = [reading.fill(name)["cum_slip_bps"] for name in ("F2", "F3", "F1")]
    assert cumulative == [float(bps(move, "100.01")) for move in ("0.01", "0.03", "0.03")]
