"""Facts of the floor as order rows: chains of ids, mirrored prices, running quantities, words that are JSON."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.events import OrderRow
from app.engine.units import PRICE_SCALE
from app.feeds.decode.fix_fields import FixMessage
from app.feeds.decode.fix_frame import frame_one
from app.feeds.simulator import World, load_world
from app.feeds.simulator import cells as c
from app.feeds.simulator.ems import AlgoOrder
from app.feeds.simulator.told import KINDS, LETTERS, Teller

SELLS, BUYS = load_world("tech"), load_world("tech_buy")
TICK = PRICE_SCALE // 100
AT = SELLS.ns("10:00:00")
PRICE = 5_000 * TICK


def fact(kind: int, **values: int) -> list[int]:
    """One row of the floor about child 1, a displayed one of 300 at the first venue."""
    row = [0] * c.W_COLUMNS
    columns = {
        "at": c.W_AT, "child": c.W_CHILD, "way": c.W_WAY, "qty": c.W_QTY, "price": c.W_PRICE, "venue": c.W_VENUE,
        "order_id": c.W_ORDER_ID, "match": c.W_MATCH, "liquidity": c.W_LIQUIDITY, "version": c.W_VERSION,
    }  # fmt: skip
    usual = {"at": AT, "child": 1, "qty": 300, "price": PRICE, "order_id": 77, "match": AT, "version": 1}
    for name, value in (usual | values).items():
        row[columns[name]] = value
    row[c.W_KIND] = kind
    return row


def read(row: OrderRow) -> FixMessage:
    """The message of a row."""
    assert row.raw is not None
    found = frame_one(row.raw)
    assert isinstance(found, FixMessage)
    return found


def algo(params: dict[str, str]) -> AlgoOrder:
    """An algo order with these parameters."""
    return AlgoOrder(
        order_id="TECH-1-A1", parent_id="TECH-1", instrument="TECH", side="SELL", qty=5, strategy="SEEK", params=params
    )


def through(teller: Teller, *facts: list[int]) -> list[OrderRow]:
    """The rows of facts in turn."""
    return [teller.fact(one, "TECH-1-A1") for one in facts]


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=12), max_size=5))
def test_that_the_parameters_of_a_row_are_json_whatever_the_client_wrote(params: dict[str, str]) -> None:
    row = Teller(SELLS, TICK).algo("algo_switched", AT, algo(params), None)
    assert json.loads(row.params or "") == params


def test_that_the_same_parameters_are_the_same_words_in_whatever_order_they_came() -> None:
    teller = Teller(SELLS, TICK)
    one = teller.algo("algo_new", AT, algo({"b": "2", "a": "1"}), None)
    two = teller.algo("algo_new", AT, algo({"a": "1", "b": "2"}), None)
    assert one.params == two.params == '{"a":"1","b":"2"}'


@given(st.integers(1, 10**12))
def test_that_a_day_that_buys_shows_prices_mirrored_about_the_arrival(price: int) -> None:
    arrival = round(SELLS.listing.arrival * PRICE_SCALE)
    assert Teller(SELLS, TICK).price(price) == price
    assert Teller(BUYS, TICK).price(price) - arrival == arrival - price


def test_that_the_rows_of_each_source_are_numbered_without_a_gap() -> None:
    teller = Teller(SELLS, TICK)
    rows = [teller.row(source, AT, "parent_done") for source in ("oms", "ems", "oms", "drop", "ems", "oms")]
    assert [(row.source, row.seq) for row in rows] == [
        ("oms", 1), ("ems", 1), ("oms", 2), ("drop", 1), ("ems", 2), ("oms", 3),
    ]  # fmt: skip


def test_that_every_line_between_two_ends_is_numbered_by_itself() -> None:
    teller = Teller(SELLS, TICK)
    there, back = ("EMS", "XNAS"), ("XNAS", "EMS")
    numbers = []
    for ends in (there, back, there, there, back):
        message = frame_one(teller.message(ends, "0", AT, []))
        assert isinstance(message, FixMessage)
        numbers.append((message.text(49), message.text(34)))
    assert numbers == [("EMS", "1"), ("XNAS", "1"), ("EMS", "2"), ("EMS", "3"), ("XNAS", "2")]


def test_that_each_request_on_a_child_names_the_one_before() -> None:
    rows = through(
        Teller(SELLS, TICK),
        fact(c.NEW), fact(c.ACKED), fact(c.REPLACE_ASKED), fact(c.REPLACED, version=2), fact(c.REPLACE_ASKED),
        fact(c.CANCEL_REFUSED), fact(c.CANCEL_ASKED), fact(c.CANCELLED),
    )  # fmt: skip
    name = "TECH-1-C1"
    assert [(row.child_id, row.orig_child_id) for row in rows] == [
        (name, None), (name, None), (f"{name}.2", name), (f"{name}.2", name), (f"{name}.3", f"{name}.2"),
        (f"{name}.3", f"{name}.2"), (f"{name}.4", f"{name}.3"), (f"{name}.4", f"{name}.3"),
    ]  # fmt: skip
    for row in rows:
        message = read(row)
        assert (message.text(11), message.text(41)) == (row.child_id, row.orig_child_id)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_that_what_is_asked_comes_from_us_and_what_is_answered_from_the_venue(kind: int) -> None:
    teller = Teller(SELLS, TICK)
    through(teller, fact(c.NEW), fact(c.ACKED))
    (row,) = through(teller, fact(kind))
    asks = kind in {c.NEW, c.CANCEL_ASKED, c.REPLACE_ASKED}
    assert row.kind == KINDS[kind]
    assert row.source == ("ems" if asks else "drop")
    message = read(row)
    ends = (message.text(49), message.text(56))
    assert ends == (("EMS", row.venue) if asks else (row.venue, "EMS"))
    assert (row.cum_qty is None) == asks


@pytest.mark.parametrize(("venue", "name"), list(enumerate((*SELLS.listing.venues, SELLS.listing.pool))))
def test_that_a_child_keeps_the_venue_it_was_sent_to(venue: int, name: str) -> None:
    rows = through(Teller(SELLS, TICK), fact(c.NEW, venue=venue), fact(c.ACKED, venue=0), fact(c.EXPIRED, venue=1))
    assert {row.venue for row in rows} == {name}


@given(st.lists(st.tuples(st.integers(1, 60), st.integers(1, 10_000)), min_size=1, max_size=5))
def test_that_fills_run_up_and_the_message_says_what_the_row_says(fills: list[tuple[int, int]]) -> None:
    teller = Teller(SELLS, TICK)
    through(teller, fact(c.NEW), fact(c.ACKED))
    done = 0
    for number, (qty, ticks) in enumerate(fills, 1):
        (row,) = through(teller, fact(c.FILLED, qty=qty, price=ticks * TICK))
        done += qty
        message = read(row)
        assert (row.qty, row.cum_qty, row.exec_id) == (qty, done, f"TECH-1-E{number}")
        assert [message.text(tag) for tag in (32, 14, 151, 17)] == [str(qty), str(done), str(300 - done), row.exec_id]
        assert message.text(39) == ("2" if done == 300 else "1")


@pytest.mark.parametrize("letter", range(len(LETTERS)))
@pytest.mark.parametrize("mils", [-1.2, 0.0, 3.0])
def test_that_a_fee_is_its_rate_times_the_shares_and_none_where_the_world_has_none(letter: int, mils: float) -> None:
    world = msgspec.structs.replace(SELLS, fees_mils={LETTERS[letter]: mils})
    (*_, mine, other) = through(
        Teller(world, TICK), fact(c.NEW), fact(c.FILLED, liquidity=letter, qty=200),
        fact(c.FILLED, liquidity=(letter + 1) % len(LETTERS), qty=50),
    )  # fmt: skip
    assert (mine.liquidity, other.fee) == (LETTERS[letter], 0)
    assert mine.fee == round(mils * 200) * PRICE_SCALE // 1_000


@pytest.mark.parametrize(("visibility", "named"), [("V3", True), ("V2", False)])
def test_that_a_fill_names_its_child_only_where_children_are_seen(visibility: Any, named: bool) -> None:
    parent = msgspec.structs.replace(SELLS.parent, visibility=visibility)
    world: World = msgspec.structs.replace(SELLS, parent=parent)
    (*_, row) = through(Teller(world, TICK), fact(c.NEW), fact(c.ACKED), fact(c.FILLED))
    assert ((row.child_id, row.order_id) == ("TECH-1-C1", "77")) == named
    assert ((row.child_id, row.order_id) == (None, None)) != named


@pytest.mark.parametrize(
    ("way", "priced"), [(c.POST, True), (c.TAKE, True), (c.HIDDEN, False), (c.DARK, False), (c.CROSS, False)]
)
def test_that_only_a_limit_order_has_a_limit(way: int, priced: bool) -> None:
    for row in through(Teller(BUYS, TICK), fact(c.NEW, way=way), fact(c.ACKED, way=way)):
        assert row.limit_price == (2 * round(BUYS.listing.arrival * PRICE_SCALE) - PRICE if priced else None)
        assert (read(row).text(44) is not None) == priced
        assert (row.order_type == "limit") == priced


def test_that_what_a_trader_left_out_is_absent_rather_than_empty() -> None:
    bare = msgspec.structs.replace(SELLS.parent, trader="", account="", desk="", pm="", broker="")
    row = Teller(msgspec.structs.replace(SELLS, parent=bare, note=""), TICK).parent(AT)
    assert (row.trader, row.account, row.desk, row.pm, row.broker, row.text) == (None,) * 6
    message = read(row)
    assert (message.text(1), message.text(50)) == (None, None)
    assert (message.text(38), message.text(54)) == ("500000", "2")
