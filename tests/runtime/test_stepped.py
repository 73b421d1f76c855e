"""A stepped feed on its way to the engine: the same rows however it is cut, messages kept before they are sent."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pytest

from app.engine.errors import EngineError
from app.engine.events import Block, OrderRow, Rows, no_market
from app.engine.units import MILLISECOND, SECOND
from app.runtime.fingerprint import Fingerprint
from app.runtime.route import MAX_BLOCK
from app.runtime.stepped import Handed, StepRoute
from tests.session.reactive import Reactive


class Talker:
    """A wire that says given messages at given times and remembers what it hears."""

    def __init__(self, says: dict[int, bytes] | None = None) -> None:
        self.says = dict(says or {})
        self.heard: list[tuple[int, bytes]] = []
        self.asked: list[int] = []

    def next_ns(self) -> int | None:
        return min(self.says, default=None)

    def outgoing(self, now_ns: int) -> list[bytes]:
        self.asked.append(now_ns)
        return [self.says.pop(at) for at in sorted(self.says) if at <= now_ns]

    def incoming(self, replies: Sequence[tuple[int, bytes]]) -> None:
        self.heard += replies


def drained(route: StepRoute) -> list[Block]:
    blocks = []
    while (block := route.take()) is not None:
        blocks.append(block)
    return blocks


def rows_of(blocks: list[Block]) -> tuple[Rows, list[OrderRow]]:
    market = np.concatenate([no_market(), *(block.market for block in blocks)])
    return market, [row for block in blocks for row in block.orders]


def test_that_the_rows_do_not_depend_on_how_the_day_is_cut() -> None:
    strides = (SECOND // 3, SECOND, 97 * SECOND)
    days = [rows_of(drained(StepRoute(Reactive(), partial(int, stride)))) for stride in strides]
    for market, orders in days[1:]:
        assert market.tobytes() == days[0][0].tobytes()
        assert orders == days[0][1]
    assert len(days[0][0]) > 5_000
    assert len(days[0][1]) > 200


def test_that_the_watermark_never_runs_back_and_ends_with_the_day() -> None:
    feed = Reactive()
    blocks = drained(StepRoute(feed, lambda: 7 * SECOND))
    watermarks = [block.watermark for block in blocks]
    assert watermarks == sorted(watermarks)
    assert watermarks[-1] == feed.end_ns
    for before, block in zip(watermarks, blocks[1:], strict=False):
        assert all(row.ts_event >= before for row in block.orders)
        assert not len(block.market) or int(block.market["ts_event"].min()) >= before


def test_that_blocks_stay_small_whatever_the_step() -> None:
    feed = Reactive()
    feed._market = np.concatenate([feed._market] * 4)
    feed._times = np.sort(np.concatenate([feed._times] * 4))
    blocks = drained(StepRoute(feed, lambda: 10_000 * SECOND))
    assert max(len(block.market) for block in blocks) == MAX_BLOCK
    assert sum(len(block.market) for block in blocks) == len(feed._market)
    assert blocks[-1].watermark == feed.end_ns


def test_that_nothing_after_the_limit_is_handed_over_and_a_step_is_no_longer_than_its_stride() -> None:
    feed = Reactive()
    route = StepRoute(feed, lambda: SECOND)
    until = feed.start_ns + 2 * SECOND + 5
    blocks = []
    while (block := route.take(until)) is not None:
        blocks.append(block)
    assert [block.watermark - feed.start_ns for block in blocks] == [SECOND - 1, 2 * SECOND - 1, 2 * SECOND + 5]
    assert route.next_ns() == until + SECOND
    assert route.position == until
    assert route.end_ns == feed.end_ns


def test_that_a_step_without_rows_still_says_how_far_time_has_come() -> None:
    feed = Reactive()
    feed._market, feed._times = feed._market[:0], feed._times[:0]
    feed._generated = []
    block = StepRoute(feed, lambda: SECOND).take()
    assert block is not None
    assert (block.watermark, len(block.market)) == (feed.start_ns + SECOND - 1, 0)


def test_that_a_message_is_kept_before_it_is_sent_and_reaches_the_ems_where_the_rows_stand() -> None:
    feed = Reactive()
    at = feed.start_ns + 100 * SECOND
    talker = Talker({at: b"7"})
    route = StepRoute(feed, lambda: 10 * SECOND, talker)
    kept: list[tuple[int, bytes]] = []
    sizes_then: list[int] = []

    def keep(at_ns: int, message: bytes) -> None:
        kept.append((at_ns, message))
        sizes_then.append(len(feed._sizes))

    route.keep = keep
    _, orders = rows_of(drained(route))
    assert kept == [(at, b"7")]  # the step was cut where the wire wanted to be asked
    assert sizes_then == [1]
    assert talker.heard == [(at + 20 * MILLISECOND, b"size 7")]
    fills = [row for row in orders if row.parent_id == "REACTIVE" and row.kind == "fill"]
    assert {row.qty for row in fills if row.ts_event <= at} == {1}
    assert {row.qty for row in fills if row.ts_event > at} == {7}


def test_that_a_message_comes_again_at_its_time_and_new_ones_wait_for_it() -> None:
    feed, again = Reactive(), Reactive()
    first, second = feed.start_ns + 100 * SECOND, feed.start_ns + 200 * SECOND
    told = rows_of(drained(StepRoute(feed, lambda: SECOND, Talker({first: b"7", second: b"3"}))))
    talker = Talker({feed.start_ns: b"3"})
    kept: list[int] = []
    route = StepRoute(again, lambda: 33 * SECOND, talker, [(first, b"7"), (second, b"3")])
    route.keep = lambda at_ns, message: kept.append(at_ns)
    market, orders = rows_of(drained(route))
    assert min(talker.asked) == second  # whoever is new is heard once the past is over
    assert kept == [second]
    assert market.tobytes() == told[0].tobytes()
    assert orders == told[1]


@pytest.mark.parametrize("taken", [0, 1, 50, 187])
def test_that_a_day_goes_on_where_an_interrupted_one_stood(taken: int) -> None:
    whole = Reactive()
    at = whole.start_ns + 30 * SECOND
    blocks = drained(StepRoute(whole, lambda: SECOND, Talker({at: b"5"})))
    check = Fingerprint(whole.universe)
    for block in blocks[:taken]:
        check.add_market(block.market)
        check.add_orders(block.orders)
    market, orders = rows_of(blocks[:taken])
    route = StepRoute(Reactive(), lambda: 3 * SECOND, None, [(at, b"5")])
    route.catch_up(Handed(len(market), len(orders), check.halves))
    rest = rows_of(drained(route))
    assert np.concatenate([market, rest[0]]).tobytes() == rows_of(blocks)[0].tobytes()
    assert orders + rest[1] == rows_of(blocks)[1]


def test_that_a_day_that_is_made_differently_is_refused() -> None:
    feed = Reactive()
    blocks = drained(StepRoute(feed, lambda: SECOND))[:100]
    check = Fingerprint(feed.universe)
    for block in blocks:
        check.add_market(block.market)
        check.add_orders(block.orders)
    market, orders = rows_of(blocks)
    other = StepRoute(Reactive(), lambda: SECOND, None, [(feed.start_ns + 10 * SECOND, b"9")])
    with pytest.raises(EngineError, match="another one than its tape"):
        other.catch_up(Handed(len(market), len(orders), check.halves))
    with pytest.raises(EngineError, match="own rows before its tape"):
        StepRoute(Reactive(), lambda: SECOND).catch_up(Handed(10**6, 10**6, check.halves))
