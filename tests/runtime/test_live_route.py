"""The live route: lanes catch up together in event time, an idle one holds nobody, places stand with their rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np
import pytest

from app.engine.events import MARKET, Block, Control, OrderRow, Quarantined, Rows
from app.engine.units import NULL
from app.runtime.live_route import Batch, Lane, LiveRoute


def rows(*times: int) -> Rows:
    made = np.zeros(len(times), MARKET)
    made["ts_event"] = times
    return made


def own(ts: int) -> tuple[OrderRow, ...]:
    return (OrderRow(ts_event=ts, kind="fill", source="oms", seq=ts),)


@dataclass
class Fed:
    """A feed that is fed by its test."""

    name: str = "fed"
    lanes: dict[str, Lane] = field(default_factory=dict)
    controls: list[Control] = field(default_factory=list)
    told: Mapping[str, str] = field(default_factory=dict)
    rooms: list[int] = field(default_factory=list)
    closed: bool = False

    def lane(self, name: str, *, market: bool = True, behind: bool = True, idle_s: float = 0.005) -> Lane:
        self.lanes[name] = Lane(name, f"source-{name}", market, idle_s, behind)
        return self.lanes[name]

    def open(self, positions: Mapping[str, str], wake: Callable[[], None]) -> None:
        self.told = positions

    def poll(self, room: int) -> Sequence[Control]:
        self.rooms.append(room)
        given, self.controls = self.controls, []
        return given

    def held(self, positions: Mapping[str, str]) -> None:
        self.told = positions

    def close(self) -> None:
        self.closed = True


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def opened(feed: Fed, clock: Clock | None = None) -> LiveRoute:
    route = LiveRoute([feed], 1_000, clock or Clock(), wait_s=0.0)
    route.open({})
    return route


def times(block: Block | None) -> list[int]:
    assert block is not None
    return [*block.market["ts_event"].tolist(), *(row.ts_event for row in block.orders)]


def test_that_lanes_with_more_to_come_wait_for_each_other() -> None:
    feed = Fed()
    a, b = feed.lane("a"), feed.lane("b", market=False)
    a.put(Batch(market=rows(10, 20)), 100)
    route = opened(feed)
    assert route.take() is None
    b.put(Batch(orders=own(15)), 100)
    block = route.take()
    assert times(block) == [10, 20, 15]
    a.put(Batch(market=rows(30)), 100)
    assert route.take() is None  # b is at 15 and has more
    b.behind = False
    assert times(route.take()) == [30]


def test_that_market_rows_never_wait_for_own_rows_that_are_not_known_to_be_there() -> None:
    feed = Fed()
    a = feed.lane("a")
    feed.lane("b", market=False, behind=False)
    a.put(Batch(market=rows(10)), 100)
    block = opened(feed).take()
    assert times(block) == [10]
    assert block is not None
    assert block.watermark == 10


def test_that_the_watermark_is_that_of_the_slowest_market_lane_unless_it_is_idle() -> None:
    feed, clock = Fed(), Clock()
    a, b = feed.lane("a", behind=False), feed.lane("b", behind=False)
    route = opened(feed, clock)
    a.put(Batch(market=rows(10)), clock.now)
    b.put(Batch(market=rows(7)), clock.now)
    assert [route.take() and route.watermark for _ in range(1)] == [7]
    a.put(Batch(market=rows(20)), clock.now)
    clock.now += 0.001
    route.take()
    assert route.watermark == 7
    clock.now += 0.01
    block = route.take()
    assert block is not None
    assert (block.watermark, len(block.market)) == (20, 0)


def test_that_a_sender_that_says_how_far_it_is_holds_the_watermark_for_good() -> None:
    feed, clock = Fed(), Clock()
    a = feed.lane("a", behind=False)
    b = feed.lane("b", behind=False, idle_s=0.0)
    route = opened(feed, clock)
    a.put(Batch(market=rows(10), passed=10), clock.now)
    b.put(Batch(passed=5), clock.now)
    route.take()
    clock.now += 1_000
    assert route.take() is None
    assert route.watermark == 5


def test_that_places_and_what_was_set_aside_go_onto_the_tape_with_their_rows() -> None:
    feed = Fed()
    lane = feed.lane("a")
    lane.put(Batch(position="p1", market=rows(10)), 100)
    entry = Quarantined(source="x", where="topic t partition 0 offset 2", reason="damaged", raw=bytes(10_000))
    lane.put(Batch(position="p2", quarantine=(entry,)), 100)
    block = opened(feed).take()
    assert block is not None
    aside, position = block.controls
    assert (position.kind, position.source, position.text) == ("position", "a", "p2")
    kept = msgspec.json.decode(aside.text or "", type=Quarantined)
    assert (kept.where, len(kept.raw)) == (entry.where, 4_096)
    assert lane.position == "p2"


def test_that_a_message_is_handed_over_whole() -> None:
    feed = Fed()
    lane = feed.lane("a")
    for n in range(3):
        lane.put(Batch(position=str(n), market=rows(*[n + 1] * 10_000)), 100)
    route = opened(feed)
    sizes = []
    while (block := route.take()) is not None:
        sizes.append((len(block.market), block.controls[-1].text))
    assert sizes == [(20_000, "1"), (10_000, "2")]


def test_that_nothing_after_until_is_handed_over() -> None:
    feed = Fed()
    lane = feed.lane("a", behind=False)
    lane.put(Batch(market=rows(10)), 100)
    route = opened(feed)
    assert route.take(9) is None
    assert route.next_ns() == 10
    assert times(route.take(10)) == [10]


def test_that_the_run_ends_when_every_lane_has_ended() -> None:
    feed = Fed()
    lane = feed.lane("a")
    lane.put(Batch(market=rows(10)), 100)
    lane.put(Batch(passed=99, end=True), 100)
    route = opened(feed)
    route.take()
    assert route.next_ns() is None
    assert route.end_ns == 99


def test_that_nothing_begins_before_every_source_has_said_what_lanes_it_has() -> None:
    feed, late, clock = Fed(), Fed("late"), Clock()
    feed.lane("a").put(Batch(market=rows(10)), 100)
    route = LiveRoute([feed, late], 1_000, clock, wait_s=0.0)
    route.open({})
    assert route.take() is None
    clock.now += 11
    assert times(route.take()) == [10]


def test_that_news_of_a_source_is_stamped_with_the_time_that_was_reached() -> None:
    feed = Fed()
    lane = feed.lane("a", behind=False)
    lane.put(Batch(market=rows(10)), 100)
    feed.controls.append(Control(ts_event=0, kind="down", source="x"))
    block = opened(feed).take()
    assert block is not None
    assert [(control.kind, control.ts_event) for control in block.controls] == [("down", 10)]


def test_that_readers_are_told_how_much_room_is_left_and_what_is_held() -> None:
    feed = Fed()
    lane = feed.lane("a")
    feed.lane("b")
    lane.put(Batch(market=rows(*range(1, 901))), 100)
    route = opened(feed)
    route.take()
    assert feed.rooms[-1] == 100
    route.held({"a": "p"})
    assert feed.told == {"a": "p"}
    assert route.lags() == {"source-a": 0, "source-b": 0}
    lane.passed = 400
    assert route.lags()["source-a"] == 500
    route.close()
    assert feed.closed


def test_that_an_empty_route_says_it_stands_where_it_was_opened() -> None:
    route = LiveRoute([], 1_000, Clock(), wait_s=0.0)
    route.open({}, 55)
    assert (route.watermark, route.next_ns(), route.take()) == (55, 55, None)
    assert LiveRoute([], 1_000, Clock()).watermark == NULL


def test_that_what_one_message_released_stays_in_one_block_with_the_place_behind_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.runtime.live_route.MAX_BLOCK", 2)
    feed = Fed()
    lane = feed.lane("a")
    route = opened(feed)
    lane.put(Batch(market=rows(1, 2), more=True), 100.0)
    lane.put(Batch(market=rows(50), more=True), 100.0)
    lane.put(Batch(market=rows(60, 61), position="3"), 100.0)
    lane.put(Batch(market=rows(70), position="4"), 100.0)
    block = route.take(until=10)
    assert times(block) == [1, 2, 50, 60, 61]
    assert block is not None
    assert [(one.kind, one.text) for one in block.controls] == [("position", "3")]
    assert lane.rows == 1
    assert times(route.take()) == [70]
