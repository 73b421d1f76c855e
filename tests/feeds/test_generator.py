"""The generator: the same seed gives the same session, its rows keep the format's promises, its truth adds up."""

from collections import Counter

import numpy as np
import pytest

from app.engine.units import ADD, CANCEL, FILL, LAST, LEVEL, MODIFY, NULL, QUOTE, SNAPSHOT, STATUS, TRADE
from app.feeds.generator import Generated, Plan, generate
from app.feeds.generator.market import listing
from app.feeds.generator.plan import REPORTING

PLAN = Plan(seed=5, market_rows=12_000, order_share=0.03, instruments=3)


@pytest.fixture(scope="module")
def made() -> Generated:
    """One session."""
    return generate(PLAN)


def test_that_a_seed_makes_the_same_session_again(made: Generated) -> None:
    again = generate(PLAN)
    assert made.market.tobytes() == again.market.tobytes()
    assert made.orders == again.orders
    assert made.truth == again.truth


def test_that_another_seed_makes_another_session(made: Generated) -> None:
    assert generate(Plan(seed=6, market_rows=12_000)).market.tobytes() != made.market.tobytes()


@pytest.mark.parametrize("rows", [3_000, 12_000, 60_000])
def test_that_the_number_of_rows_is_about_what_was_asked(rows: int) -> None:
    session = generate(Plan(seed=3, market_rows=rows, order_share=0.02))
    assert abs(len(session.market) - rows) <= 0.06 * rows
    assert 0.02 * rows <= len(session.orders) <= 0.02 * rows + 150


def test_that_rows_are_in_the_order_of_application(made: Generated) -> None:
    rows = made.market
    applied = np.where(rows["flags"] & SNAPSHOT, rows["ts_recv"], rows["ts_event"])
    assert (np.diff(applied) >= 0).all()
    assert rows["rec"].tolist() == list(range(len(rows)))
    for source in np.unique(rows["source"]):
        assert (np.diff(rows["seq"][rows["source"] == source].astype(np.int64)) == 1).all()
    keys = [(row.ts_event, row.source, row.seq) for row in made.orders]
    assert keys == sorted(set(keys))


def test_that_every_kind_of_row_and_fact_occurs() -> None:
    session = generate(Plan(seed=9, market_rows=30_000, order_share=0.05))
    assert set(session.market["action"].tolist()) == set(b"ACFLMQRSTX")
    assert set(session.market["condition"].tolist()) == set(range(7))
    kinds = Counter(row.kind for row in session.orders)
    assert {"bust", "correct", "parent_amended", "child_replaced", "child_cancelled", "algo_paused"} <= set(kinds)
    assert {row.side for row in session.orders if row.kind == "parent_new"} == {"BUY", "SELL", "SHORT"}
    assert {row.liquidity for row in session.orders if row.kind == "fill"} >= {"A", "R", "D", None}
    assert any(row.parent_id is None and row.child_id is None for row in session.orders if row.kind == "fill")


def test_that_instruments_have_one_to_three_venues_and_all_models() -> None:
    listed = listing(Plan(instruments=3))
    assert [len(entry.venues) for entry in listed] == [1, 2, 3]
    assert {model for entry in listed for _, model in entry.venues} == {"Q", "L", "A"}
    assert listing(Plan(instruments=1, names=("ONE",)))[0].name == "ONE"


def test_that_touches_are_one_sided_locked_and_crossed_as_asked() -> None:
    plan = Plan(seed=4, market_rows=20_000, instruments=1, one_sided=0.1, locked=0.1, crossed=0.1)
    quotes = generate(plan).market
    quotes = quotes[quotes["action"] == QUOTE]
    empty = (quotes["price"] == NULL) | (quotes["price2"] == NULL)
    two = quotes[~empty]
    assert 0.05 < empty.mean() < 0.15
    assert 0.05 < (two["price"] == two["price2"]).mean() < 0.2
    assert 0.05 < (two["price"] > two["price2"]).mean() < 0.2
    assert (quotes["size"][quotes["price"] == NULL] == NULL).all()


def test_that_an_order_book_never_goes_negative(made: Generated) -> None:
    resting: dict[int, int] = {}
    for row in made.market[np.isin(made.market["action"], [ADD, MODIFY, CANCEL])]:
        order, size = int(row["order_id"]), int(row["size"])
        if row["action"] == CANCEL:
            assert resting[order] >= size
            resting[order] -= size
        else:
            assert (order in resting) == (row["action"] == MODIFY)
            resting[order] = size
        assert size > 0


def test_that_a_trade_on_an_order_book_takes_what_it_names_from_the_book(made: Generated) -> None:
    rows = made.market
    named = np.flatnonzero(rows["action"] == FILL)
    assert len(named) > 50
    for field in ("price", "size", "ts_event", "instrument", "venue"):
        assert (rows[field][named - 1] == rows[field][named]).all()
        assert (rows[field][named + 1] == rows[field][named]).all()
    assert (rows["action"][named - 1] == TRADE).all()
    assert (rows["action"][named + 1] == CANCEL).all()
    assert (rows["flags"][named - 1] & LAST == 0).all()
    assert (rows["flags"][named + 1] & LAST == LAST).all()


def test_that_level_sizes_are_never_negative(made: Generated) -> None:
    levels = made.market[made.market["action"] == LEVEL]
    assert len(levels) > 100
    assert (levels["size"] >= 0).all()


def test_that_stamps_tie_across_venues_and_with_orders() -> None:
    session = generate(Plan(seed=8, market_rows=5_000, order_share=0.05, duration_s=30, same_stamp=1.0))
    stamps = session.market["ts_event"][session.market["action"] == TRADE]
    assert len(np.unique(stamps)) < len(stamps)
    entered = {row.ts_event for row in session.orders if row.kind == "parent_new"}
    assert entered & set(session.market["ts_event"].tolist())


def test_that_halts_and_the_opening_auction_are_announced(made: Generated) -> None:
    statuses = made.market[made.market["action"] == STATUS]
    assert {1, 2, 3} == set(statuses["status"].tolist())


def test_that_the_truth_of_every_parent_adds_up_from_its_rows(made: Generated) -> None:
    chains, parent_of = {}, {}
    for row in made.orders:
        if row.kind == "child_new":
            parent_of[row.child_id] = row.algo_order_id[:-2] if row.algo_order_id else ""
        if row.orig_child_id:
            chains[row.child_id] = row.orig_child_id
    live: dict[str, tuple[str, int, int, int]] = {}
    for row in made.orders:
        child = chains.get(row.child_id, row.child_id)
        parent = row.parent_id or parent_of.get(child, "")
        if row.kind == "fill" and row.exec_id and row.exec_id not in live:
            live[row.exec_id] = (parent, row.qty or 0, row.price or 0, row.fee or 0)
    for row in made.orders:
        if row.kind == "bust":
            del live[row.ref_exec_id or ""]
        if row.kind == "correct":
            parent, _, _, fee = live[row.ref_exec_id or ""]
            live[row.ref_exec_id or ""] = (parent, row.qty or 0, row.price or 0, fee)
    for name, tally in made.truth.items():
        mine = [fill for fill in live.values() if fill[0] == name]
        assert tally.fills == len(mine)
        assert tally.filled == sum(qty for _, qty, _, _ in mine)
        assert tally.notional == sum(qty * price for _, qty, price, _ in mine)
        assert tally.fees == sum(fee for _, _, _, fee in mine)


def test_that_own_fills_are_prints_of_the_tape(made: Generated) -> None:
    venues, names = made.universe.venues, made.universe.instruments
    prints = Counter(
        (names[int(row["instrument"])], int(row["price"]), int(row["size"]))
        for row in made.market[made.market["action"] == TRADE]
    )
    fills = [row for row in made.orders if row.kind == "fill" and row.liquidity != "D"]
    assert len(fills) > 50
    assert all(prints[row.instrument or "", row.price or 0, row.qty or 0] for row in fills)
    reported = made.market[made.market["venue"] == venues.index(REPORTING)]
    assert set(reported["action"].tolist()) <= {TRADE, ord("X")}


def test_that_an_unknown_share_of_nothing_is_nothing() -> None:
    plan = Plan(
        seed=2,
        market_rows=2_000,
        order_share=0.02,
        halts=0,
        opening_auction=False,
        cancelled_prints=0.0,
        odd_prints=0.0,
        dark=0.0,
        unassigned=0.0,
        busts=0.0,
        corrections=0.0,
        copies=0.0,
        amends=0.0,
        overfills=0.0,
    )
    session = generate(plan)
    assert set(session.market["action"].tolist()) <= set(b"ACFLMQRT")
    assert {row.kind for row in session.orders} & {"bust", "correct", "parent_amended"} == set()
    fills = [row.exec_id for row in session.orders if row.kind == "fill"]
    assert len(fills) == len(set(fills))
    assert all(tally.filled <= tally.order_qty for tally in session.truth.values())
