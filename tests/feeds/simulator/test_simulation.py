"""A simulated day as a stepped feed: the same however it is cut, whole on every level, matched by the engine."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.events import OrderRow, Rows
from app.engine.units import AUCTION, CLOSED, HALT, LAST, NULL, OPEN, SECOND
from app.feeds.decode.fix_frame import frame_one
from app.feeds.simulator import Simulation, World, open_world
from app.feeds.simulator.paired import Switch, switch_message
from app.feeds.simulator.world import Halt
from tests.feeds.simulator.small import SWITCH, actions, costs, day_of, same, small_world, through_engine, with_part

pytestmark = pytest.mark.slow  # processes, whole days or whole windows

WORLD = small_world()
Day = tuple[Simulation, Rows, list[OrderRow]]


@pytest.fixture(scope="module")
def day() -> Day:
    """The small day with its switch."""
    return day_of(WORLD, SWITCH)


@pytest.mark.slow
@settings(max_examples=12)
@given(cuts=st.lists(st.integers(0, 1_320 * SECOND), max_size=12), message=st.integers(1, 1_100 * SECOND))
def test_that_the_day_does_not_depend_on_how_it_is_cut(cuts: list[int], message: int) -> None:
    at = WORLD.ns("09:30:00") + message
    text = switch_message(WORLD, SWITCH)
    whole = Simulation(WORLD)
    whole.receive(text, at)
    expected = whole.advance(whole.end_ns)
    parted = Simulation(WORLD)
    market: list[Rows] = []
    orders: list[OrderRow] = []
    replies: list[tuple[int, bytes]] = []
    sent = False
    for until in [*sorted(parted.start_ns + cut for cut in cuts), parted.end_ns]:
        if until >= at and not sent:
            step = parted.advance(at)  # the message is decided on after everything up to its moment was seen
            parted.receive(text, at)
            sent = True
            market.append(step.market)
            orders += step.orders
            replies += step.replies
        if until >= (at if sent else 0) or not sent:
            step = parted.advance(max(until, at) if sent else until)
            market.append(step.market)
            orders += step.orders
            replies += step.replies
    assert same(np.concatenate(market), expected.market)
    assert orders == expected.orders
    assert replies == expected.replies


def test_that_every_step_gives_what_is_stamped_up_to_it_in_order() -> None:
    feed = Simulation(WORLD)
    last = feed.start_ns - 1
    until = feed.start_ns
    while until < feed.end_ns:
        until += 60 * SECOND
        step = feed.advance(until)
        stamps = [*step.market["ts_event"].tolist()]
        assert stamps == sorted(stamps)
        assert all(last < ts <= until for ts in stamps)
        assert [row.ts_event for row in step.orders] == sorted(row.ts_event for row in step.orders)
        assert all(last < row.ts_event <= until for row in step.orders)
        last = until


def test_that_time_never_falls() -> None:
    feed = Simulation(WORLD)
    feed.advance(WORLD.ns("09:31:00"))
    with pytest.raises(ValueError, match="never falls"):
        feed.advance(WORLD.ns("09:30:59"))
    with pytest.raises(ValueError, match="earlier"):
        feed.receive(b"", WORLD.ns("09:30:59"))


def test_that_the_named_world_opens_as_a_feed() -> None:
    feed = open_world("tech", seed=3, agent=False)
    assert feed.name == "tech"
    assert feed.world.market_seed == 3
    assert feed.floor.p.tolist() != open_world("tech").floor.p.tolist()
    assert feed.universe.instruments.names == ["TECH"]
    assert feed.end_ns > feed.world.ns("16:00:00") > feed.start_ns


def test_that_source_numbers_never_go_back(day: Day) -> None:
    _, market, orders = day
    for source in range(3):
        seq = market["seq"][market["source"] == source]
        assert bool(np.all(np.diff(seq.astype(np.int64)) == 1))
    for name in ("oms", "ems", "drop"):
        numbers = [row.seq for row in orders if row.source == name]
        assert numbers == list(range(1, len(numbers) + 1))
    assert bool(np.all(market["rec"] == np.arange(len(market))))


def test_that_the_day_has_its_phases(day: Day) -> None:
    _, market, _ = day
    assert actions(market, "S")["status"].tolist() == [AUCTION, AUCTION, OPEN, OPEN, AUCTION, AUCTION, CLOSED, CLOSED]
    crosses = market[(market["action"] == ord("T")) & (market["condition"] == 1)]
    assert int(crosses["size"].max()) == WORLD.volume.closing


def test_that_recorder_stamps_follow_the_event(day: Day) -> None:
    _, market, _ = day
    lag = market["ts_recv"] - market["ts_event"]
    assert 0 < int(lag.min()) <= int(lag.max()) < 100_000


def test_that_a_trade_is_a_print_its_resting_order_and_the_size_taken_off(day: Day) -> None:
    _, market, _ = day
    at = np.flatnonzero(market["action"] == ord("F"))
    assert len(at) > 500
    assert set(market["action"][at - 1].tolist()) == {ord("T")}
    assert set(market["action"][at + 1].tolist()) == {ord("C")}
    for name in ("price", "size"):
        assert np.array_equal(market[name][at - 1], market[name][at])
        assert np.array_equal(market[name][at + 1], market[name][at])
    assert bool(np.all(market["side"][at - 1] == -market["side"][at]))
    assert set(market["flags"][at - 1].tolist()) == set(market["flags"][at].tolist()) == {0}
    assert set(market["flags"][at + 1].tolist()) == {LAST}


def test_that_books_never_cross_and_the_engine_finds_nothing_odd() -> None:
    engine = through_engine(WORLD, SWITCH)
    assert engine.counts == {}
    qualities = engine.state.history.history.rows(0)["quality"]
    assert set(qualities.tolist()) <= {0, 6, 7, 8, 9}


def test_that_the_engine_finds_every_own_print_and_fills_the_parent() -> None:
    engine = through_engine(WORLD, SWITCH)
    fills = engine.tables()["fills"]
    assert len(fills["fill_id"]) > 100
    assert all(fills["own_print"])
    assert {"A", "R", "D"} <= set(fills["liquidity"])
    parent = costs(engine)
    assert parent["filled_qty"] == parent["order_qty"] == 20_000
    assert parent["arrival_mid"] == 50.25
    assert parent["n_late"] == 0


def test_that_own_displayed_orders_stand_in_the_book_under_their_ids(day: Day) -> None:
    _, market, orders = day
    acked = [row for row in orders if row.kind == "child_acked" and row.order_type == "limit" and row.tif == "day"]
    added = {int(row["order_id"]): int(row["size"]) for row in actions(market, "A")}
    assert len(acked) > 20
    assert all(added[int(row.order_id or 0)] == row.qty for row in acked)


def test_that_hidden_and_dark_orders_do_not_stand_in_the_book(day: Day) -> None:
    _, market, orders = day
    hidden = {int(row.order_id or 0) for row in orders if row.kind == "child_acked" and row.order_type == "pegged"}
    assert len(hidden) > 20
    assert not hidden & set(actions(market, "A")["order_id"].tolist())


def test_that_every_child_ends_and_its_numbers_add_up(day: Day) -> None:
    _, _, orders = day
    first: dict[str, str] = {}
    for row in orders:
        if row.child_id:
            first[row.child_id] = first.get(row.orig_child_id or row.child_id, row.orig_child_id or row.child_id)
    open_, filled, ends = {}, Counter[str](), Counter[str]()
    for row in orders:
        chain = first.get(row.child_id or "", "")
        if row.kind == "child_new":
            open_[chain] = row.qty or 0
        elif row.kind == "fill":
            filled[chain] += row.qty or 0
        elif row.kind in {"child_cancelled", "child_expired"}:
            ends[chain] += row.qty or 0
    assert sum(filled.values()) == 20_000
    assert all(filled[chain] + ends[chain] == qty for chain, qty in open_.items())


def test_that_the_three_levels_hang_together(day: Day) -> None:
    _, _, orders = day
    assert {row.parent_id for row in orders} == {"TECH-1"}
    assert {row.algo_order_id for row in orders if row.child_id} == {"TECH-1-A1"}
    kinds = [row.kind for row in orders if not row.child_id]
    assert kinds == ["parent_new", "algo_new", "algo_switched", "algo_done", "parent_done"]
    assert orders[0].text == WORLD.note


def test_that_messages_are_whole_and_say_what_their_rows_say(day: Day) -> None:
    _, _, orders = day
    words = {"child_new": "D", "child_replace_requested": "G", "child_cancel_requested": "F", "cancel_rejected": "9"}
    seen = Counter[str]()
    for row in orders:
        if row.raw is None:
            continue
        message = frame_one(row.raw)
        assert not isinstance(message, str), message
        seen[row.kind] += 1
        if not row.child_id:
            continue
        assert message.kind == words.get(row.kind, "8")
        assert message.text(11) == row.child_id
        if row.kind == "fill":
            assert (message.text(17), message.text(32)) == (row.exec_id, str(row.qty))
            assert float(message.text(31) or 0) * 1e9 == pytest.approx(row.price)
        if row.price and row.kind == "child_new":
            assert float(message.text(44) or 0) * 1e9 == pytest.approx(row.price)
    assert {"parent_new", "algo_new", "algo_switched", "child_new", "child_acked", "fill", "child_cancelled"} <= set(
        seen
    )


def test_that_match_times_are_those_of_the_market_and_reports_come_later(day: Day) -> None:
    _, market, orders = day
    printed = set(actions(market, "T")["ts_event"].tolist())
    for row in orders:
        if row.kind == "fill" and row.liquidity != "D":
            assert row.ts_match in printed
        if row.kind == "fill":
            assert 150_000 <= row.ts_event - (row.ts_match or 0) < 5_000_000


def test_that_dark_fills_are_printed_late_by_the_reporting_facility(day: Day) -> None:
    _, market, orders = day
    off = market[market["condition"] == 2]
    assert set(off["venue"].tolist()) == {2}
    dark = [row for row in orders if row.liquidity == "D"]
    assert dark
    for row in dark:
        near = off[(off["price"] == row.price) & (off["size"] == row.qty)]["ts_event"] - (row.ts_match or 0)
        assert bool(np.any((near > 0) & (near < 10 * SECOND)))


def test_that_only_fills_are_seen_where_children_are_not_visible() -> None:
    _, _, orders = day_of(small_world("tech_v2"), SWITCH)
    assert not [row for row in orders if row.kind.startswith("child_")]
    fills = [row for row in orders if row.kind == "fill"]
    assert all(row.child_id is None and row.order_id is None and row.venue and row.liquidity for row in fills)
    engine = through_engine(small_world("tech_v2"), SWITCH)
    assert costs(engine)["visibility"] == "V2"


@pytest.mark.slow
def test_that_a_day_that_buys_is_the_mirror_image_with_identical_costs() -> None:
    sold, bought = (costs(through_engine(small_world(name), SWITCH)) for name in ("tech", "tech_buy"))
    assert bought["side"] == "BUY"
    for name in ("is_bps", "slip_arrival_bps", "is_ccy", "exec_cost_ccy", "spread_ccy", "drift_ccy", "fees_ccy"):
        assert bought[name] == pytest.approx(sold[name], abs=1e-9), name
    assert sold["avg_px"] + bought["avg_px"] == pytest.approx(2 * 50.25, abs=1e-9)
    assert (sold["n_fills"], sold["mkt_vol"]) == (bought["n_fills"], bought["mkt_vol"])


def test_that_nothing_trades_in_a_halt_and_the_order_goes_on_after_it() -> None:
    world = small_world(halts=(Halt(at="09:38:00", minutes=3),))
    _, market, orders = day_of(world)
    begin, end = world.ns("09:38:00"), world.ns("09:41:00")
    inside = (market["ts_event"] > begin) & (market["ts_event"] < end)
    quiet = market[inside & (market["condition"] != 2)]
    assert set(quiet["action"].tolist()) <= {ord("S"), ord("C")}  # orders may be withdrawn
    status = actions(market, "S")["status"].tolist()
    assert status == [AUCTION] * 2 + [OPEN] * 2 + [HALT] * 2 + [AUCTION] * 2 + [OPEN] * 2 + [AUCTION] * 2 + [CLOSED] * 2
    after = sum(row.qty or 0 for row in orders if row.kind == "fill" and row.ts_event > end)
    assert after > 1_000


def test_that_an_order_too_large_is_left_unfilled_and_the_day_ends() -> None:
    world = with_part(small_world(), "parent", qty=4_000_000)
    world = with_part(world, "volume", closing=0)
    sim, _, orders = day_of(world)
    filled = sum(row.qty or 0 for row in orders if row.kind == "fill" and row.liquidity != "X")
    assert 0 < filled < 4_000_000
    assert [row.kind for row in orders][-2:] == ["algo_done", "parent_done"]
    assert sim.truth()["TECH-1"].filled == 4_000_000  # the cross takes the rest at its price


def test_that_prices_and_sizes_are_defined_on_every_row_that_has_them(day: Day) -> None:
    _, market, _ = day
    priced = market[np.isin(market["action"], [ord(letter) for letter in "ACTF"])]
    assert not np.any(priced["price"] == NULL)
    assert int(priced["size"].min()) > 0
    assert bool(np.all(priced["price"][priced["action"] != ord("T")] % 10_000_000 == 0))


def test_that_other_market_seeds_are_other_days() -> None:
    worlds: list[World] = [small_world(market_seed=seed) for seed in (1, 2)]
    one, two = (day_of(world)[1] for world in worlds)
    assert not same(one, two)


def test_that_a_switch_late_in_the_day_is_still_answered() -> None:
    feed = Simulation(WORLD)
    feed.receive(switch_message(WORLD, Switch(at="09:49:59")), WORLD.ns("09:49:59"))
    done = feed.advance(feed.end_ns)
    assert done.replies
