"""Sessions written by hand: exact prices, usual values, packing and the mirror."""

import pytest

from app.engine.units import ASK, BID, NULL, QUOTE, SNAPSHOT
from app.feeds.generator.day import day
from app.feeds.generator.golden import inst, inst_sell, ties
from app.feeds.generator.hand import T0, Sheet, applied, order_row, px


def test_that_a_price_in_words_is_exact() -> None:
    assert px("100.035") == 100_035_000_000
    assert px("0.000000001") == 1
    assert px(7) == 7_000_000_000
    assert px(None) is None


def test_that_a_quote_with_an_empty_side_has_neither_price_nor_size_there() -> None:
    sheet = Sheet()
    row = sheet.quote(5, None, "1.5", (3, 4))
    assert (row["bid_price"], row["bid_size"], row["ask_price"], row["ask_size"]) == (None, None, px("1.5"), 4)
    packed = sheet.market_rows(sheet.universe())[0]
    assert (packed["price"], packed["size"], packed["price2"], packed["size2"]) == (NULL, NULL, px("1.5"), 4)
    assert (packed["action"], packed["ts_event"], packed["flags"]) == (QUOTE, T0 + 5, 128)


def test_that_sequences_count_each_source() -> None:
    sheet = Sheet()
    rows = [sheet.trade(0, "1", 1), sheet.trade(0, "1", 1, venue="XTWO"), sheet.trade(0, "1", 1)]
    assert [row["seq"] for row in rows] == [1, 1, 2]
    assert [row["source"] for row in rows] == ["feed-XONE", "feed-XTWO", "feed-XONE"]


def test_that_rows_are_packed_in_the_order_of_application() -> None:
    sheet = Sheet()
    sheet.trade(9, "3", 1)
    sheet.trade(5, "2", 1)
    sheet.row(1, "A", side="B", price=px("1"), size=1, order_id=1, flags=SNAPSHOT, ts_recv=T0 + 7)
    packed = sheet.market_rows(sheet.universe())
    assert packed["price"].tolist() == [px("2"), px("1"), px("3")]
    assert packed["rec"].tolist() == [0, 1, 2]
    assert applied(sheet.in_order()[1]) == T0 + 7


def test_that_a_fill_takes_side_and_instrument_from_its_parent() -> None:
    sheet = Sheet()
    sheet.parent(0, "SELL", 5, "PX", instrument="OTHER")
    row = sheet.fill(3, 5, "9.5", "E", parent_id="PX")
    assert (row["side"], row["instrument"], row["ts_match"], row["price"]) == ("SELL", "OTHER", T0 + 3, px("9.5"))
    assert order_row(row).exec_id == "E"
    assert [fact.kind for fact in sheet.order_rows()] == ["parent_new", "fill"]


def test_that_a_mirror_of_a_mirror_is_the_session_itself() -> None:
    sheet = inst()
    again = sheet.mirrored("7").mirrored("7")
    assert again.market == sheet.market
    assert again.orders == sheet.orders


def test_that_a_mirror_turns_every_side_and_price() -> None:
    turned = inst_sell()
    quote = turned.market[0]
    assert (quote["bid_price"], quote["ask_price"]) == (px("100.00"), px("100.02"))
    assert turned.orders[0]["side"] == "SELL"
    packed = turned.market_rows(turned.universe())
    assert packed["side"][packed["action"] == ord("T")].tolist() == [ASK, ASK]
    plain = inst()
    rows = plain.market_rows(plain.universe())
    assert rows["side"][rows["action"] == ord("T")].tolist() == [BID, BID]


def test_that_a_quantity_without_a_price_is_not_mirrored() -> None:
    sheet = Sheet()
    sheet.order(0, "parent_amended", parent_id="P1", qty=3)
    assert sheet.mirrored("5").orders[0]["qty"] == 3


def test_that_the_ties_have_an_instrument_and_a_parent_each() -> None:
    sheet = ties()
    entered = [row["parent_id"] for row in sheet.orders if row["kind"] == "parent_new"]
    assert len(entered) == len(set(entered)) == 15
    assert {row["instrument"] for row in sheet.market} == set(entered)


def test_that_the_day_holds_the_golden_table_inside_a_generated_session() -> None:
    made = day()
    parents = {row.parent_id: row for row in made.orders if row.kind == "parent_new"}
    assert (parents["P1"].instrument, parents["P2"].instrument) == ("INST", "INST-S")
    assert (parents["P1"].side, parents["P2"].side) == ("BUY", "SELL")
    assert 12 <= len(parents) <= 20
    first, last = int(made.market["ts_event"][0]), int(made.market["ts_event"][-1])
    assert first < T0 < last
    assert made.universe.of("INST-S").adv == made.universe.of("INST").adv == 400_000.0
    keys = [(row.source, row.seq) for row in made.orders]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("side", ["BUY", "SELL", "SHORT"])
def test_that_a_mirror_flips_the_side_of_an_order(side: str) -> None:
    sheet = Sheet()
    sheet.parent(0, side, 5)
    assert sheet.mirrored("1").orders[0]["side"] == ("SELL" if side == "BUY" else "BUY")
