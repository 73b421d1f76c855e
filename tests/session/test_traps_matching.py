"""Traps of joining: whose print, whose instrument, whose touch; each with the smallest session that shows it."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from app.engine.config import EngineConfig
from app.engine.core import Engine
from app.engine.events import Block, OrderRow
from app.feeds.generator.hand import T0, Row, Sheet, market_rows, order_row
from tests.session.judges import EngineReading, Judge, OracleReading, agrees, bps
from tests.session.play import blocks, keyed, last_ts, played

MS, S = 1_000_000, 1_000_000_000


def quoted() -> Sheet:
    """100.00/100.02 all along."""
    sheet = Sheet()
    sheet.reference(currency="USD", quote_currency="USD")
    sheet.quote(-10 * S, "100.00", "100.02")
    return sheet


def test_that_an_order_id_named_by_the_tape_goes_before_the_nearest_print(judge: Judge) -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 200)
    for order_id, t in ((7, 1 * S), (8, 1 * S + 4 * MS)):  # two resting buys hit for 100 each; ours is the first, 7
        sheet.trade(t, "100.00", 100, side="A", flags=0)
        sheet.row(t, "F", side="B", price=100 * S, size=100, order_id=order_id)
    sheet.fill(1 * S + 4 * MS, 100, "100.00", "F1", order_id="7", liquidity="A")
    sheet.fill(1 * S + 4 * MS, 100, "100.00", "F2", liquidity="A")
    sheet.trade(1 * S + 50 * MS, "100.04", 100)
    sheet.done(2 * S)
    reading = judge(sheet)
    assert [reading.fill(name)["own_print"] for name in ("F1", "F2")] == [True, True]
    assert agrees(reading.parent(), {"mkt_vol": 300, "mkt_vwap_ex_own": 100.04}) == []


def test_that_our_part_of_a_larger_print_is_ours(judge: Judge) -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 200)
    sheet.trade(1 * S, "100.00", 500, side="A", flags=0)  # one sale of 500 meets two resting buys
    sheet.row(1 * S, "F", side="B", price=100 * S, size=400, order_id=6, flags=0)
    sheet.row(1 * S, "F", side="B", price=100 * S, size=100, order_id=7)
    sheet.fill(1 * S, 100, "100.00", "F1", order_id="7", liquidity="A")
    sheet.trade(2 * S, "100.05", 100)
    sheet.done(3 * S)
    reading = judge(sheet)
    assert agrees(reading.fill("F1"), {"own_print": True}) == []
    # others: 400 at 100.00 and 100 at 100.05
    assert agrees(reading.parent(), {"mkt_vol": 600, "mkt_vwap_ex_own": 100.01}) == []


def test_that_a_print_cancelled_later_was_never_our_own(judge: Judge) -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 200)
    sheet.trade(1 * S, "100.02", 100)
    sheet.fill(1 * S, 100, "100.02", "F1")
    sheet.trade(2 * S, "100.05", 100)
    sheet.cancel_print(30 * S, "100.02", 100)
    sheet.done(40 * S)
    reading = judge(sheet)
    assert agrees(reading.fill("F1"), {"own_print": False}) == []
    assert agrees(reading.parent(), {"mkt_vol": 100, "mkt_vwap_ex_own": 100.05, "filled_qty": 100}) == []


def test_that_a_cancelled_print_is_no_own_print_whatever_the_block() -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 200)
    sheet.trade(1 * S, "100.02", 100)
    sheet.fill(1 * S, 100, "100.02", "F1")
    sheet.cancel_print(30 * S, "100.02", 100)
    sheet.done(40 * S)
    assert len({played(sheet, size).output_hash() for size in (1, 2, 3, 64)}) == 1


def test_that_the_vwap_ex_own_leaves_out_the_print_and_not_its_correction(judge: Judge) -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 300)
    sheet.trade(1 * S, "100.02", 100)
    sheet.fill(1 * S, 100, "100.02", "F1")
    sheet.trade(2 * S, "100.05", 200)
    sheet.order(3 * S, "correct", parent_id="P1", exec_id="K1", ref_exec_id="F1", qty=200, price="100.04")
    sheet.done(4 * S)
    reading = judge(sheet)
    assert agrees(reading.fill("F1"), {"own_print": True, "qty": 200, "px": 100.04}) == []
    assert agrees(reading.parent(), {"mkt_vol": 300, "mkt_vwap_ex_own": 100.05, "filled_qty": 200}) == []


def test_that_a_touch_without_a_mid_classifies_nothing(judge: Judge) -> None:
    sheet = quoted()
    sheet.parent(0, "BUY", 400)
    sheet.fill(1 * S, 100, "100.00", "F1")  # short of the mid: passive, captures the whole spread
    sheet.quote(2 * S, "100.05", "100.03")  # crossed
    sheet.fill(2 * S + 500 * MS, 100, "100.02", "F2")  # the held touch still says: beyond the mid
    sheet.fill(4 * S, 100, "100.02", "F3")  # nobody knows any more
    sheet.fill(4 * S, 100, "100.02", "F4", liquidity="A")  # said to be passive, without a touch to measure by
    sheet.done(5 * S)
    assert agrees(judge(sheet).parent(), {"aggressor_share": Fraction(1, 3), "spread_capture": 1.0}) == []


def test_that_a_sole_match_time_is_that_of_the_nearest_possible_print(judge: Judge) -> None:
    sheet = quoted()
    sheet.quote(1 * S - 20 * MS, "100.02", "100.04")
    sheet.parent(0, "BUY", 200)
    sheet.trade(1 * S - 30 * MS, "100.02", 100)
    sheet.fill(1 * S, 100, "100.02", "F1", ts_match=None)
    sheet.fill(1 * S, 70, "100.02", "F2", ts_match=None)  # no print of 70: the report's own stamp
    sheet.done(2 * S)
    reading = judge(sheet)
    assert agrees(reading.fill("F1"), {"ts_match": T0 + 1 * S - 30 * MS, "mid_before": 100.01, "own_print": True}) == []
    assert agrees(reading.fill("F2"), {"ts_match": T0 + 1 * S, "mid_before": 100.03, "own_print": False}) == []


def handed(sheet: Sheet, orders: Sequence[Row]) -> Engine:
    """The market first and whole, then the order rows one block each, in the order given."""
    universe = sheet.universe()
    engine = Engine(universe, EngineConfig())
    packed = market_rows(sheet.in_order(), universe)
    engine.apply(Block(int(packed["ts_event"][-1]), packed))
    for row in orders:
        fact: OrderRow = order_row(row)
        engine.apply(Block(int(packed["ts_event"][-1]), packed[:0], (fact,)))
    engine.finish(last_ts(sheet))
    return engine


def test_that_a_chain_heard_of_before_its_parent_keeps_its_own_instrument() -> None:
    sheet = quoted()
    sheet.quote(-9 * S, "50.00", "50.02", instrument="OTHER")
    lost = sheet.fill(1 * S, 10, "50.02", "LOST", parent_id=None, instrument="OTHER")
    parent = sheet.parent(2 * S, "BUY", 100)
    algo = sheet.order(2 * S, "algo_new", parent_id="P1", algo_order_id="A1", source="ems", qty=100)
    new = sheet.order(3 * S, "child_new", child_id="C1", algo_order_id="A1", instrument="INST", side="BUY", qty=100,
                      source="ems")  # fmt: skip
    acked = sheet.order(3 * S + 1, "child_acked", child_id="C1", source="drop")
    fill = sheet.fill(4 * S, 100, "100.02", "F1", parent_id=None, child_id="C1", source="drop")
    sheet.quote(20 * S, "100.00", "100.02")
    sheet.quote(20 * S, "50.00", "50.02", instrument="OTHER")
    on_time = played(sheet)
    late = handed(sheet, [lost, acked, fill, parent, algo, new])
    for engine in (on_time, late):
        line = keyed(engine.tables()["fills"], "parent_id", "fill_id")["P1", "F1"]
        assert agrees(line, {"mid_before": 100.01, "slip_arrival_bps": bps("0.01", "100.01")}) == []
    assert on_time.output_hash() == late.output_hash()


def test_that_saving_keeps_the_levels_behind_the_touch() -> None:
    sheet = Sheet()
    sheet.row(-4 * S, "L", side="B", price=100 * S, size=10)
    sheet.row(-4 * S, "L", side="B", price=99 * S, size=7)
    sheet.row(-4 * S, "L", side="A", price=102 * S, size=30)
    sheet.row(-4 * S, "L", side="A", price=103 * S, size=8)
    sheet.row(-3 * S, "A", side="B", price=100 * S, size=1, order_id=1, venue="XTWO")
    sheet.row(-3 * S, "A", side="B", price=98 * S, size=1, order_id=2, venue="XTWO")
    sheet.parent(0, "BUY", 100)
    sheet.row(1 * S, "L", side="B", price=100 * S, size=11)
    sheet.row(1 * S, "C", side="B", price=100 * S, size=1, order_id=1, venue="XTWO")
    sheet.parent(2 * S, "BUY", 100, "P2")
    sheet.row(3 * S, "L", side="B", price=100 * S, size=0)
    sheet.parent(4 * S, "BUY", 100, "P3")
    whole = played(sheet, 1)
    for cut in range(1, len(sheet.market) + len(sheet.orders)):
        universe = sheet.universe()
        engine = Engine(universe, EngineConfig())
        for number, block in enumerate(blocks(sheet, universe, 1)):
            if number == cut:
                engine = Engine.load(engine.save(), universe, EngineConfig())
            engine.apply(block)
        engine.finish(last_ts(sheet))
        assert engine.output_hash() == whole.output_hash()
        assert engine.run_hash() == whole.run_hash(), f"saved before block {cut}"


def test_that_children_are_told_apart_by_the_oracle_too() -> None:
    sheet = quoted()
    sheet.quote(2 * S, "100.10", "100.12")
    sheet.parent(0, "SELL", 300)
    sheet.order(
        1 * S, "child_new", parent_id="P1", child_id="C1", instrument="INST", side="SELL", qty=300, price="100.00"
    )
    sheet.fill(3 * S, 100, "100.10", "F1", child_id="C1")
    sheet.order(4 * S, "bust", parent_id="P1", child_id="C1", exec_id="B1", ref_exec_id="F1")
    sheet.fill(5 * S, 50, "100.08", "F2", child_id="C1")
    sheet.done(8 * S)
    child = keyed(played(sheet).tables()["children"], "child_id")["C1"]
    # response: -(100.11 - 100.01) / 100.01 from 1 s on; net: the bust is out
    expected = {"child_arrival_mid": 100.01, "filled": 150, "net_qty": 50, "avg_px": 100.08, "n_fills": 2, "n_busts": 1,
                "response_500ms_bps": 0.0, "response_1s_bps": bps("-0.1", "100.01")}  # fmt: skip
    assert agrees(child, expected) == []
    for reading in (OracleReading(sheet), EngineReading(sheet)):
        assert agrees(reading.parent(), {"filled_qty": 50, "n_children": 1}) == []


def test_that_rows_of_one_stamp_may_come_in_any_order_of_sources() -> None:
    sheet = quoted()
    sheet.quote(-9 * S, "100.00", "100.02", venue="XTWO")
    sheet.quote(1 * S, "100.03", "100.05")
    sheet.quote(1 * S, "100.01", "100.04", venue="XTWO")
    sheet.parent(1 * S, "BUY", 100)
    sheet.parent(1 * S + 1, "BUY", 100, "P2")
    sheet.done(2 * S)
    universe = sheet.universe()
    packed = market_rows(sheet.in_order(), universe)
    hashes = set()
    for order in (np.arange(4), np.array([1, 0, 3, 2]), np.array([0, 2, 1, 3])):
        engine = Engine(sheet.universe(), EngineConfig())
        for name in ("XONE", "XTWO"):
            engine.universe.venues.index(name)
            engine.universe.sources.index(f"feed-{name}")
        engine.apply(Block(T0 + 1 * S, packed[order], tuple(order_row(row) for row in sheet.orders)))
        engine.finish(last_ts(sheet))
        parents = keyed(engine.tables()["parents"], "parent_id")
        assert agrees(parents["P1"], {"arrival_mid": 100.01}) == []
        assert agrees(parents["P2"], {"arrival_mid": 100.035, "arrival_bid": 100.03, "arrival_ask": 100.04}) == []
        hashes.add(engine.output_hash())
    assert len(hashes) == 1
