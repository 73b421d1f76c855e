"""Blocks from a recording: order, watermark, what waits for what."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.events import Block, OrderRow, Rows
from app.engine.units import NULL, SECOND, SNAPSHOT
from app.runtime.inbox import applied_times
from app.runtime.route import MAX_BLOCK, Route, shuffle_sources
from tests.runtime.made import START, market, orders, pieces


def taken(route: Route) -> list[Block]:
    blocks = []
    while (block := route.take()) is not None:
        blocks.append(block)
    return blocks


def order(ts: int, seq: int = 0, source: str = "OMS") -> OrderRow:
    return OrderRow(ts_event=ts, kind="fill", source=source, seq=seq)


@pytest.mark.parametrize("size", [1, 7, 64, 4096])
def test_that_every_row_is_handed_over_once_and_in_order_whatever_the_block(size: int) -> None:
    rows = market(1000)
    own = orders(rows)
    blocks = taken(Route(pieces(rows), own, size))
    assert np.concatenate([b.market for b in blocks]).tobytes() == rows.tobytes()
    assert [row for b in blocks for row in b.orders] == own
    assert max(len(b.market) for b in blocks) <= size


def test_that_blocks_do_not_depend_on_the_arrays_the_feed_gives() -> None:
    rows = market(1000)
    own = orders(rows)
    one = taken(Route(iter([rows]), own, 64))
    many = taken(Route(pieces(rows), own, 64))
    assert [(b.watermark, b.market.tobytes(), b.orders) for b in one] == [
        (b.watermark, b.market.tobytes(), b.orders) for b in many
    ]
    assert {len(b.market) for b in one[:-1]} == {64}


@pytest.mark.parametrize("size", [1, 64])
def test_that_no_market_row_before_a_watermark_comes_after_it(size: int) -> None:
    rows = market(500)
    blocks = taken(Route(pieces(rows), orders(rows), size))
    for n, block in enumerate(blocks):
        later = [b.market["ts_event"].min() for b in blocks[n + 1 :] if len(b.market)]
        assert all(ts >= block.watermark for ts in later)
        assert not len(block.market) or block.watermark == block.market["ts_event"][-1]


def test_that_own_rows_go_with_the_block_that_reaches_their_time() -> None:
    rows = market(10)
    rows["ts_event"] = START + np.arange(10) * 10
    own = [order(START - 5), order(START + 30), order(START + 39), order(START + 40)]
    blocks = taken(Route(iter([rows]), own, 4))
    assert [[row.ts_event - START for row in b.orders] for b in blocks] == [[-5, 30], [39, 40], []]


def test_that_market_rows_never_wait_for_own_rows_and_late_own_rows_follow_the_market() -> None:
    rows = market(3)
    last = int(rows["ts_event"][-1])
    own = [order(last + 1), order(last + 60 * SECOND)]
    route = Route(iter([rows]), own, 10)
    blocks = taken(route)
    assert [len(b.market) for b in blocks] == [3, 0]
    assert [row.ts_event for row in blocks[1].orders] == [last + 1, last + 60 * SECOND]
    assert blocks[1].watermark == route.end_ns == last + 60 * SECOND


def test_that_many_own_rows_at_once_come_in_blocks_of_their_own_without_moving_the_watermark() -> None:
    rows = market(2)
    own = [order(START - 10, n) for n in range(5)]
    blocks = taken(Route(iter([rows]), own, 2))
    assert [(len(b.market), len(b.orders)) for b in blocks] == [(0, 2), (0, 2), (2, 1)]
    assert [b.watermark for b in blocks[:2]] == [NULL, NULL]


def test_that_a_snapshot_row_is_applied_at_the_time_of_its_packet() -> None:
    rows = market(2)
    rows["ts_event"] = [START - 3600 * SECOND, START + 5]
    rows["ts_recv"] = [START, 0]
    rows["flags"][0] |= SNAPSHOT
    assert applied_times(rows).tolist() == [START, START + 5]
    assert taken(Route(iter([rows]), [], 1))[0].watermark == START


def test_that_a_row_whose_time_runs_back_keeps_its_place_and_leaves_the_watermark() -> None:
    rows = market(3)
    rows["ts_event"] = [START + 10, START + 2, START + 11]
    blocks = taken(Route(iter([rows[:1], rows[1:]]), [], 1))
    assert [int(b.market["ts_event"][0]) - START for b in blocks] == [10, 2, 11]
    assert [b.watermark - START for b in blocks] == [10, 10, 11]


def test_that_large_blocks_are_split() -> None:
    rows = market(MAX_BLOCK + 1, step_ns=10)
    assert [len(b.market) for b in taken(Route(iter([rows]), [], 10**9))] == [MAX_BLOCK, 1]


def test_that_a_paced_route_gives_nothing_after_the_time_asked_for() -> None:
    rows = market(4)
    rows["ts_event"] = START + np.array([0, 10, 10, 30])
    own = [order(START + 15), order(START + 40)]
    route = Route(iter([rows]), own, 100)
    assert route.next_ns() == START
    assert route.take(START - 1) is None
    first, second = route.take(START + 10), route.take(START + 20)
    assert first is not None
    assert second is not None
    assert (len(first.market), first.watermark) == (3, START + 10)
    # the own row shows at once; the market has not passed it yet
    assert (len(second.market), len(second.orders), second.watermark) == (0, 1, START + 10)
    assert route.next_ns() == START + 30
    assert [len(b.market) + len(b.orders) for b in taken(route)] == [1, 1]
    assert route.next_ns() is None
    assert route.take() is None


def test_that_an_empty_recording_gives_no_block() -> None:
    route = Route(iter([]), [], 10)
    assert route.take() is None
    assert route.next_ns() is None
    assert route.end_ns == NULL


def test_that_own_rows_alone_are_a_recording_too() -> None:
    blocks = taken(Route(iter([]), [order(5), order(7)], 10))
    assert [(b.watermark, len(b.orders)) for b in blocks] == [(7, 2)]


@given(
    times=st.lists(st.integers(0, 50), max_size=40),
    own=st.lists(st.integers(-5, 60), max_size=20),
    size=st.integers(1, 12),
    steps=st.lists(st.integers(-10, 70), max_size=8),
)
def test_that_pacing_changes_the_cuts_and_nothing_else(
    times: list[int], own: list[int], size: int, steps: list[int]
) -> None:
    rows = market(len(times)) if times else market(1)[:0]
    rows["ts_event"] = np.array(times, np.int64)
    route = Route(iter([rows]), [order(ts, n) for n, ts in enumerate(sorted(own))], size)
    blocks: list[Block] = []
    for until in sorted(steps):
        while (block := route.take(until)) is not None:
            assert all(row.ts_event <= until for row in block.orders)
            assert len(block.market) <= size
            assert len(block.orders) <= size
            blocks.append(block)
    blocks += taken(route)
    assert [ts for b in blocks for ts in b.market["ts_event"].tolist()] == times
    assert [row.ts_event for b in blocks for row in b.orders] == sorted(own)
    assert all(a.watermark <= b.watermark for a, b in pairwise(blocks))


def per_source(rows: Rows) -> dict[int, bytes]:
    return {source: rows[rows["source"] == source].tobytes() for source in np.unique(rows["source"]).tolist()}


@pytest.mark.parametrize("seed", range(20))
def test_that_shuffled_sources_keep_their_own_order_and_an_honest_watermark(seed: int) -> None:
    rows = market(2000, sources=3)
    own = orders(rows, 50)
    blocks = list(shuffle_sources([rows], own, seed))
    together = np.concatenate([b.market for b in blocks])
    assert per_source(together) == per_source(rows)
    assert [row for b in blocks for row in b.orders] == own
    assert together.tobytes() != rows.tobytes()
    for n, block in enumerate(blocks):
        assert all(b.market["ts_event"].min() >= block.watermark for b in blocks[n + 1 :] if len(b.market))


def test_that_shuffled_own_rows_come_after_market_rows_that_are_later() -> None:
    rows = market(2000)
    own = orders(rows, 200)

    def latest(late_ns: int) -> int:
        handed, worst = NULL, 0
        for block in shuffle_sources([rows], own, 7, late_ns):
            worst = max([worst, *(handed - row.ts_event for row in block.orders)])
            handed = max([handed, *block.market["ts_event"].tolist()])
        return worst

    assert latest(60 * SECOND) > 30 * SECOND
    assert latest(SECOND) < 30 * SECOND


def test_that_a_seed_gives_the_same_day_again() -> None:
    rows = market(300)

    def day(seed: int) -> list[tuple[int, bytes]]:
        return [(b.watermark, b.market.tobytes()) for b in shuffle_sources([rows], orders(rows), seed)]

    assert day(3) == day(3)
    assert day(3) != day(4)
