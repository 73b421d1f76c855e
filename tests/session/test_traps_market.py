"""Traps of the market side, one tiny session each, with values worked out by hand."""

from fractions import Fraction

from app.feeds.generator.hand import T0, Sheet
from tests.session.judges import Judge, agrees, bps

MS, S = 1_000_000, 1_000_000_000


def quoted(bid: str = "100.00", ask: str = "100.02") -> Sheet:
    """A sheet whose touch stands 10 s before everything, sizes 100 and 100."""
    sheet = Sheet()
    sheet.reference(currency="USD", quote_currency="USD")
    sheet.quote(-10 * S, bid, ask)
    return sheet


def test_that_a_halt_makes_mids_undefined_and_the_reopening_jump_is_drift(judge: Judge) -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 200)
    sheet.fill(1 * S, 100, "100.02", "F1")
    sheet.status(2 * S, "halt")
    sheet.fill(3 * S, 50, "100.50", "F2")  # a report out of the halt
    sheet.quote(4 * S, "101.00", "101.02")
    sheet.status(5 * S, "open")
    sheet.done(6 * S)
    reading = judge(sheet)
    assert (
        agrees(
            reading.fill("F1"),
            {
                "mid_before": 100.01,
                "markout_500ms_bps": bps("-0.01", "100.02"),
                "markout_1s_bps": None,
                "markout_5s_bps": bps("0.99", "100.02"),
            },
        )
        == []
    )
    assert agrees(reading.fill("F2"), {"mid_before": None, "slip_arrival_bps": bps("0.49", "100.01")}) == []
    # done: 100 * .01 + 50 * .49; left: 50 * 1.00; the reopening's mid ends it. F2's spread is from the last mid before
    # the halt, 100.01, so the whole gap is drift of the 50 that were still to do.
    assert agrees(reading.parent(), {"end_mid": 101.01, "exec_cost_ccy": 25.5, "opp_cost_ccy": 50.0, "is_ccy": 75.5,
                                     "spread_ccy": 25.5, "drift_ccy": 50.0}) == []  # fmt: skip


def test_that_a_halted_venue_leaves_the_touch_to_the_others(judge: Judge) -> None:
    sheet = quoted()
    sheet.quote(-9 * S, "99.00", "101.00", venue="XTWO")
    sheet.status(-1 * S, "halt")
    sheet.parent(0, "BUY", 100)
    sheet.done(1 * S)
    assert agrees(judge(sheet).parent(), {"arrival_mid": 100.0, "arrival_bid": 99.0, "arrival_ask": 101.0,
                                          "end_mid": 100.0}) == []  # fmt: skip


def test_that_a_cross_that_was_cancelled_is_no_arrival(judge: Judge) -> None:
    sheet = quoted()
    sheet.status(-9 * S, "auction")
    sheet.parent(0, "BUY", 300)
    sheet.trade(1 * S, "100.30", 5_000, condition="auction")
    sheet.cancel_print(3 * S, "100.30", 5_000)
    sheet.status(4 * S, "open")
    sheet.quote(4 * S, "100.39", "100.41")
    sheet.done(5 * S)
    assert agrees(judge(sheet).parent(), {"arrival_mid": 100.4, "arrival_basis": "first_valid"}) == []


def test_that_an_order_entered_in_an_auction_arrives_at_the_opening_cross(judge: Judge) -> None:
    sheet = quoted()
    sheet.status(-9 * S, "auction")
    sheet.parent(0, "BUY", 300)
    sheet.trade(1 * S, "100.30", 5_000, condition="auction")
    sheet.fill(1 * S, 200, "100.30", "F1", liquidity="X")
    sheet.status(2 * S, "open")
    sheet.quote(2 * S, "100.39", "100.41")
    sheet.trade(3 * S, "100.40", 400)
    sheet.done(4 * S)
    # A = the cross. The auction's own volume is apart: market volume is the 400 of the continuous session, own part 0.
    expected = {
        "arrival_mid": 100.3,
        "arrival_bid": None,
        "arrival_ask": None,
        "arrival_wmid": None,
        "arrival_basis": "opening_cross",
        "mkt_vol": 400,
        "mkt_vwap": 100.4,
        "participation": 0.0,
        "aggressor_share": None,
        "exec_cost_ccy": 0.0,
        "opp_cost_ccy": 10.0,
        "is_ccy": 10.0,
    }
    assert agrees(judge(sheet).parent(), expected) == []


def test_that_an_order_entered_in_a_halt_arrives_at_the_first_valid_mid(judge: Judge) -> None:
    sheet = quoted()
    sheet.status(-9 * S, "halt")
    sheet.parent(0, "SELL", 300)
    sheet.status(2 * S, "open")
    sheet.quote(2 * S, "100.39", "100.41")
    sheet.fill(3 * S, 300, "100.39", "F1")
    expected = {"arrival_mid": 100.4, "arrival_bid": 100.39, "arrival_basis": "first_valid", "exec_cost_ccy": 3.0,
                "is_ccy": 3.0, "arrival_ts": T0}  # fmt: skip
    assert agrees(judge(sheet).parent(), expected) == []


def test_that_an_order_that_never_met_a_quote_has_no_figures_against_arrival(judge: Judge) -> None:
    sheet = Sheet()
    sheet.trade(-1 * S, "100.00", 100)
    sheet.parent(0, "BUY", 100)
    sheet.fill(1 * S, 100, "100.00", "F1")
    sheet.trade(2 * S, "100.00", 100)
    expected = {
        "arrival_mid": None,
        "arrival_basis": None,
        "slip_arrival_bps": None,
        "exec_cost_ccy": None,
        "is_ccy": None,
        "is_bps": None,
        "drift_ccy": None,
        "twap": None,
        "avg_px": 100.0,
        "fees_ccy": 0.0,
    }
    assert agrees(judge(sheet).parent(), expected) == []


def test_that_a_print_cancelled_after_the_arrival_was_never_there(judge: Judge) -> None:
    sheet = quoted()
    sheet.trade(-1 * S, "100.01", 900)  # before the order, cancelled inside it: must not make volume negative
    sheet.parent(0, "BUY", 200)
    sheet.trade(1 * S, "100.02", 300)
    sheet.trade(2 * S, "100.50", 700)
    sheet.trade(2 * S, "100.50", 700)  # the same again: only the later one is taken back
    sheet.cancel_print(3 * S, "100.01", 900)
    sheet.cancel_print(3 * S, "100.50", 700)
    sheet.cancel_print(4 * S, "77.00", 700)  # nothing like it on the tape
    sheet.done(5 * S)
    expected = {"mkt_vol": 1_000, "mkt_vwap": Fraction(300 * 10_002 + 700 * 10_050, 100_000)}
    assert agrees(judge(sheet).parent(), expected) == []


def test_that_a_print_cancelled_after_the_end_of_the_order_is_gone_too(judge: Judge) -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 200)
    sheet.trade(1 * S, "100.02", 300)
    sheet.trade(2 * S, "100.06", 100)
    sheet.done(5 * S)
    sheet.cancel_print(9 * S, "100.02", 300)
    assert agrees(judge(sheet).parent(), {"mkt_vol": 100, "mkt_vwap": 100.06}) == []


def test_that_only_regular_odd_and_block_prints_are_market_volume(judge: Judge) -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 200)
    conditions = (None, "regular", "auction", "off_exchange", "late", "average", "block", "odd")
    for number, condition in enumerate(conditions):
        sheet.trade((number + 1) * S, "100.00" if condition != "block" else "100.10", 2**number, condition=condition)
    sheet.done(20 * S)
    # null 1, regular 2, block 64, odd 128: 195; only the block at 100.10
    assert (
        agrees(judge(sheet).parent(), {"mkt_vol": 195, "mkt_vwap": Fraction(131 * 10_000 + 64 * 10_010, 19_500)}) == []
    )


def test_that_own_volume_is_in_the_market_volume_and_out_of_the_vwap_ex_own(judge: Judge) -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 300)
    sheet.trade(1 * S, "100.02", 100)  # ours, 1 ms after the match
    sheet.fill(1 * S + 3 * MS, 100, "100.02", "F1", ts_match=T0 + 1 * S - 1 * MS)
    sheet.trade(2 * S, "100.10", 200)  # ours to the tick, but 51 ms before the match: not ours
    sheet.fill(2 * S + 51 * MS, 200, "100.10", "F2")
    sheet.trade(3 * S, "100.06", 100)
    sheet.done(4 * S)
    reading = judge(sheet)
    assert agrees(reading.fill("F1"), {"own_print": True}) == []
    assert agrees(reading.fill("F2"), {"own_print": False}) == []
    # tape: 100 * .02 + 200 * .10 + 100 * .06 over 400; without ours 200 * .10 + 100 * .06 over 300
    expected = {"mkt_vol": 400, "mkt_vwap": 100.07, "mkt_vwap_ex_own": Fraction(100) + Fraction(26, 300),
                "participation": Fraction(3, 4)}  # fmt: skip
    assert agrees(reading.parent(), expected) == []


def test_that_own_prints_are_given_one_to_one_and_the_nearest_first(judge: Judge) -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 300)
    sheet.trade(1 * S - 50 * MS, "100.02", 100)  # just inside the window of both
    sheet.trade(1 * S + 5 * MS, "100.02", 100)
    sheet.trade(1 * S + 6 * MS, "100.02", 100)  # just outside F1's, inside F2's
    sheet.fill(1 * S, 100, "100.02", "F1")
    sheet.fill(1 * S + 4 * MS, 100, "100.02", "F2")
    sheet.trade(1 * S + 4 * MS, "100.02", 101)  # another size
    sheet.trade(1 * S + 4 * MS, "100.02", 100, venue="XTWO")  # another venue
    sheet.fill(1 * S + 2 * S, 100, "100.02", "F3")
    sheet.done(4 * S)
    reading = judge(sheet)
    # nearest first: F2 with +5 ms (1 ms off) -> F1 is left with -50 ms; F3 has none
    assert [reading.fill(name)["own_print"] for name in ("F1", "F2", "F3")] == [True, True, False]
    # left on the tape at the end: +6 ms (100), 101, XTWO's 100, all at 100.02
    assert agrees(reading.parent(), {"mkt_vol": 501, "mkt_vwap_ex_own": 100.02}) == []


def test_that_a_delayed_off_exchange_print_is_our_dark_fill_and_no_market_volume(judge: Judge) -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 200)
    sheet.fill(1 * S, 100, "100.01", "F1", liquidity="D", venue="XDRK")
    sheet.fill(2 * S, 100, "100.01", "F2", liquidity="D", venue="XDRK")
    sheet.trade(11 * S, "100.01", 100, condition="off_exchange", venue="XTRF")  # 10 s after F1, 9 s after F2
    sheet.trade(12 * S + 1, "100.01", 100, condition="off_exchange", venue="XTRF")  # 1 ns too late for F2
    sheet.trade(13 * S, "100.05", 400)
    sheet.done(14 * S)
    reading = judge(sheet)
    assert [reading.fill(name)["own_print"] for name in ("F1", "F2")] == [False, True]
    # dark fills off the tape are no part of the tape: neither volume nor participation nor VWAP ex own know them
    expected = {
        "mkt_vol": 400,
        "mkt_vwap": 100.05,
        "mkt_vwap_ex_own": 100.05,
        "participation": 0.0,
        "aggressor_share": None,
        "filled_qty": 200,
        "exec_cost_ccy": 0.0,
    }
    assert agrees(reading.parent(), expected) == []


def test_that_a_snapshot_is_applied_at_its_packets_time(judge: Judge) -> None:
    sheet = Sheet()
    sheet.parent(0, "BUY", 100)
    late = 5 * S
    for side, price, order_id in (("B", 100, 1), ("A", 102, 2)):
        sheet.row(
            -60 * S,
            "A",
            side=side,
            price=price * S,
            size=10,
            order_id=order_id,
            flags=32 | (128 if side == "A" else 0),
            ts_recv=T0 + late,
        )
    sheet.done(10 * S)
    expected = {"arrival_mid": 101.0, "arrival_basis": "first_valid", "end_mid": 101.0}
    assert agrees(judge(sheet).parent(), expected) == []
    sheet.parent(6 * S, "BUY", 100, "P2")
    assert agrees(judge(sheet).parent("P2"), {"arrival_mid": 101.0, "arrival_basis": "continuous"}) == []


def test_that_a_touch_is_taken_only_at_the_last_row_of_an_atomic_event(judge: Judge) -> None:
    sheet = Sheet()
    sheet.row(-4 * S, "A", side="B", price=100 * S, size=10, order_id=1)
    sheet.row(-3 * S, "A", side="A", price=102 * S, size=10, order_id=2)
    sheet.row(-2 * S, "C", side="B", price=100 * S, size=10, order_id=1, flags=0)  # half of a replace
    sheet.parent(-1 * S, "BUY", 100)
    sheet.row(1 * S, "A", side="B", price=101 * S, size=10, order_id=3)
    sheet.done(2 * S)
    assert agrees(judge(sheet).parent(), {"arrival_mid": 101.0, "arrival_bid": 100.0, "end_mid": 101.5}) == []


def test_that_trades_and_fills_never_change_the_book(judge: Judge) -> None:
    sheet = Sheet()
    sheet.row(-4 * S, "A", side="B", price=100 * S, size=10, order_id=1)
    sheet.row(-3 * S, "A", side="A", price=102 * S, size=10, order_id=2)
    sheet.row(-2 * S, "T", side="B", price=102 * S, size=4)
    sheet.row(-2 * S, "F", side="A", price=102 * S, size=4, order_id=2)
    sheet.parent(-1 * S, "BUY", 100)
    sheet.row(0, "C", side="A", price=102 * S, size=4, order_id=2)  # now it does: 6 left
    sheet.done(2 * S)
    sheet.parent(1 * S, "BUY", 100, "P2")
    reading = judge(sheet)
    assert agrees(reading.parent(), {"arrival_wmid": 101.0}) == []
    # weighted with the other side's size: 6 at 100, 10 at 102, over 16
    assert agrees(reading.parent("P2"), {"arrival_wmid": 101.25}) == []


def test_that_levels_of_several_venues_add_up_at_the_best_price(judge: Judge) -> None:
    sheet = Sheet()
    sheet.row(-4 * S, "L", side="B", price=100 * S, size=10)
    sheet.row(-4 * S, "L", side="A", price=102 * S, size=30)
    sheet.row(-3 * S, "L", side="B", price=100 * S, size=5, venue="XTWO")
    sheet.row(-3 * S, "L", side="A", price=103 * S, size=1_000, venue="XTWO")
    sheet.row(-2 * S, "L", side="B", price=99 * S, size=500)
    sheet.parent(-1 * S, "BUY", 100)
    sheet.row(0, "L", side="B", price=100 * S, size=0)
    sheet.done(1 * S)
    sheet.parent(1 * S, "BUY", 100, "P2")
    reading = judge(sheet)
    # 15 on the bid, 30 on the ask: (100 * 30 + 102 * 15) / 45
    assert agrees(reading.parent(), {"arrival_mid": 101.0, "arrival_wmid": Fraction(4530, 45)}) == []
    # the first venue's level is gone: 5 on the bid of 100, (100 * 30 + 102 * 5) / 35
    assert agrees(reading.parent("P2"), {"arrival_wmid": Fraction(3510, 35)}) == []


def test_that_a_limit_and_a_pause_bound_the_volume_one_participates_in(judge: Judge) -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 1_000, limit="100.05")
    sheet.order(0, "algo_new", parent_id="P1", algo_order_id="A1", qty=1_000)
    sheet.trade(1 * S, "100.05", 100)  # at the limit: could have been ours
    sheet.trade(2 * S, "100.06", 900)  # beyond it
    sheet.order(3 * S, "algo_paused", algo_order_id="A1")
    sheet.trade(4 * S, "100.01", 800)
    sheet.order(5 * S, "algo_resumed", algo_order_id="A1")
    sheet.trade(6 * S, "100.02", 300)
    sheet.fill(6 * S, 100, "100.02", "F1", venue="XTWO")
    sheet.done(7 * S)
    expected = {"mkt_vol": 2_100, "participation": Fraction(1, 4)}
    assert agrees(judge(sheet).parent(), expected) == []


def test_that_a_print_cancelled_in_a_pause_is_taken_out_once(judge: Judge) -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 1_000)
    sheet.order(0, "algo_new", parent_id="P1", algo_order_id="A1", qty=1_000)
    sheet.trade(1 * S, "100.02", 300)
    sheet.order(2 * S, "algo_paused", algo_order_id="A1")
    sheet.trade(3 * S, "100.02", 700)
    sheet.trade(3 * S, "100.02", 200)
    sheet.order(4 * S, "algo_resumed", algo_order_id="A1")
    sheet.trade(5 * S, "100.02", 100)
    sheet.cancel_print(6 * S, "100.02", 700)
    sheet.fill(6 * S, 100, "100.02", "F1", venue="XTWO")
    sheet.done(7 * S)
    # eligible: 300 before the pause and 100 after it
    assert agrees(judge(sheet).parent(), {"mkt_vol": 600, "participation": 0.25}) == []


def test_that_a_limit_moved_on_the_way_counts_from_then_on(judge: Judge) -> None:
    sheet = quoted()
    sheet.parent(0, "SELL", 1_000, limit="100.05")
    sheet.trade(1 * S, "100.05", 100)
    sheet.trade(2 * S, "100.04", 800)  # below the limit of a sell
    sheet.order(3 * S, "parent_amended", parent_id="P1", limit="100.00")
    sheet.trade(4 * S, "100.04", 300)
    sheet.fill(5 * S, 100, "100.04", "F1", venue="XTWO")
    sheet.done(7 * S)
    assert agrees(judge(sheet).parent(), {"mkt_vol": 1_200, "participation": 0.25}) == []


def test_that_a_print_stamped_like_a_new_limit_or_a_pause_is_still_under_the_old_one(judge: Judge) -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 1_000, limit="100.10")
    sheet.order(0, "algo_new", parent_id="P1", algo_order_id="A1", qty=1_000)
    sheet.order(1 * S, "parent_amended", parent_id="P1", limit="100.00")
    sheet.trade(1 * S, "100.02", 300)  # the old limit let it in
    sheet.trade(1 * S + 1, "100.02", 700)  # the new one does not
    sheet.order(2 * S, "algo_paused", algo_order_id="A1")
    sheet.trade(2 * S, "100.00", 100)  # not yet paused
    sheet.order(3 * S, "algo_resumed", algo_order_id="A1")
    sheet.trade(3 * S, "100.00", 900)  # still paused
    sheet.fill(6 * S, 100, "100.00", "F1", venue="XTWO")
    sheet.done(7 * S)
    assert agrees(judge(sheet).parent(), {"mkt_vol": 2_000, "participation": 0.25}) == []
