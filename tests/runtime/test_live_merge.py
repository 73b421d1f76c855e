"""Lanes that catch up: however their messages come, the day that is made of them is one and the same."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.events import MARKET, Block, Control, OrderRow, Quarantined, Rows
from app.engine.units import NULL
from app.runtime.live_route import Batch, Lane, LiveRoute
from app.runtime.route import MAX_BLOCK

NAMES = ("a", "b", "own")
Day = dict[str, list[list[int]]]  # lane -> messages -> times


def rows(times: Sequence[int]) -> Rows:
    made = np.zeros(len(times), MARKET)
    made["ts_event"] = times
    return made


def batch(lane: str, number: int, times: list[int], *, end: bool) -> Batch:
    """A message; its place is its number."""
    if lane == "own":
        orders = tuple(OrderRow(ts_event=ts, kind="fill", source="oms", seq=ts) for ts in times)
        return Batch(position=str(number), orders=orders, end=end)
    return Batch(position=str(number), market=rows(times), end=end)


@dataclass
class Told:
    """A feed of three lanes whose messages come when its test says so."""

    day: Day
    name: str = "told"
    lanes: dict[str, Lane] = field(default_factory=dict)
    given: dict[str, int] = field(default_factory=dict)
    wake: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        self.lanes = {name: Lane(name, f"source-{name}", market=name != "own") for name in NAMES}

    def open(self, positions: Mapping[str, str], wake: Callable[[], None]) -> None:
        self.given = {name: int(positions.get(name, "-1")) + 1 for name in NAMES}
        self.wake = wake
        for name, lane in self.lanes.items():
            lane.ended = self.given[name] == len(self.day[name]) > 0

    def come(self, name: str) -> None:
        """The next message of a lane; nothing where there is none."""
        number, messages = self.given[name], self.day[name]
        if number < len(messages):
            self.given[name] += 1
            last = number == len(messages) - 1
            self.lanes[name].put(batch(name, number, messages[number], end=last), 0.0)

    def poll(self, _room: int) -> Sequence[Control]:
        return ()

    def held(self, positions: Mapping[str, str]) -> None:
        """Nobody asks."""

    def close(self) -> None:
        """Nothing is open."""


def opened(feed: Told, positions: Mapping[str, str], watermark: int = NULL) -> LiveRoute:
    route = LiveRoute([feed], 1_000, lambda: 0.0, wait_s=0.0)
    route.open(positions, watermark)
    return route


def every_lane(day: Day) -> list[str]:
    """Each lane as often as it has messages."""
    return [name for name, messages in day.items() for _ in messages]


def drained(route: LiveRoute, until: int | None = None) -> list[Block]:
    """Every block that can be handed over now."""
    blocks = []
    while (block := route.take() if until is None else route.take(until)) is not None:
        blocks.append(block)
    return blocks


def lived(day: Day, arrivals: list[str], positions: Mapping[str, str] | None = None) -> list[Block]:
    """The blocks of a day whose messages come in this order of lanes, and then the rest."""
    feed = Told(day)
    route = opened(feed, positions or {})
    blocks: list[Block] = []
    for name in [*arrivals, *every_lane(day)]:
        feed.come(name)
        blocks += drained(route)
    assert route.next_ns() is None
    return blocks


def market(blocks: list[Block]) -> list[int]:
    return [int(ts) for block in blocks for ts in block.market["ts_event"]]


def own(blocks: list[Block]) -> list[int]:
    return [row.ts_event for block in blocks for row in block.orders]


def places(blocks: list[Block]) -> dict[str, str]:
    """The last place of each lane that stands on the tape."""
    found: dict[str, str] = {}
    for block in blocks:
        found |= {note.source: note.text or "" for note in block.controls if note.kind == "position"}
    return found


@st.composite
def days(draw: st.DrawFn) -> Day:
    """Three lanes, each with messages of one row or more; no two rows at one time; at least a message a lane."""
    times = draw(st.lists(st.integers(1, 500), min_size=3, max_size=15, unique=True).map(sorted))
    owner = draw(st.lists(st.sampled_from(NAMES), min_size=len(times), max_size=len(times)))
    owner[:3] = draw(st.permutations(NAMES))
    found: Day = {}
    for name in NAMES:
        of_lane = [ts for ts, whose in zip(times, owner, strict=True) if whose == name]
        cuts = sorted(draw(st.sets(st.integers(1, len(of_lane)), max_size=4)) | {0, len(of_lane)})
        found[name] = [of_lane[begin:end] for begin, end in pairwise(cuts) if end > begin]
    return found


ARRIVALS = st.lists(st.sampled_from(NAMES), max_size=12)


def merged(day: Day) -> list[tuple[str, int]]:
    """The messages in the order of their first rows, as lane and number."""
    every = [(times[0], name, number) for name in NAMES for number, times in enumerate(day[name])]
    return [(name, number) for _, name, number in sorted(every)]


@given(days(), ARRIVALS)
def test_that_messages_are_handed_over_by_their_first_row_however_they_come(day: Day, arrivals: list[str]) -> None:
    blocks = lived(day, arrivals)
    order = merged(day)
    assert market(blocks) == [ts for name, number in order if name != "own" for ts in day[name][number]]
    assert own(blocks) == [ts for name, number in order if name == "own" for ts in day[name][number]]


@given(days(), ARRIVALS)
def test_that_a_watermark_never_runs_back_and_no_row_comes_before_one(day: Day, arrivals: list[str]) -> None:
    blocks = lived(day, arrivals)
    marks = [block.watermark for block in blocks]
    assert marks == sorted(marks)
    for earlier, later in pairwise(blocks):
        assert all(ts >= earlier.watermark for ts in later.market["ts_event"])
    newest = max(times[-1] for name in ("a", "b") for times in day[name])
    assert marks[-1] == newest


@given(days(), ARRIVALS, st.integers(0, 40))
def test_that_a_run_goes_on_behind_the_places_on_its_tape(day: Day, arrivals: list[str], cut: int) -> None:
    blocks = lived(day, arrivals)
    kept = blocks[:cut]
    rest = lived(day, [], places(kept))
    assert market(kept) + market(rest) == market(blocks)
    assert own(kept) + own(rest) == own(blocks)
    assert places(blocks) == {name: str(len(day[name]) - 1) for name in NAMES}


@given(days(), ARRIVALS, st.integers(0, 510))
def test_that_a_limit_holds_back_whole_messages_and_loses_none(day: Day, arrivals: list[str], until: int) -> None:
    feed = Told(day)
    route = opened(feed, {})
    for name in [*arrivals, *every_lane(day)]:
        feed.come(name)
    before = drained(route, until)
    order = merged(day)
    due = [(name, number) for name, number in order if day[name][number][0] <= until]
    assert market(before) == [ts for name, number in due if name != "own" for ts in day[name][number]]
    after = drained(route)
    assert len(market(before)) + len(market(after)) == sum(len(times) for name in ("a", "b") for times in day[name])
    assert sorted(own(before) + own(after)) == [ts for times in day["own"] for ts in times]


def test_that_nothing_goes_before_a_lane_that_is_behind_has_spoken() -> None:
    feed = Told({"a": [[1], [9]], "b": [[5]], "own": [[3]]})
    route = opened(feed, {})
    feed.come("a")
    feed.come("b")
    assert route.take() is None
    feed.come("own")
    assert (market(first := drained(route)), own(first)) == ([1], [])  # lane a may still have something before 3
    feed.come("a")
    assert (market(rest := drained(route)), own(rest)) == ([5, 9], [3])


def test_that_a_route_says_what_waits_and_how_far_each_source_lags() -> None:
    feed = Told({"a": [[1], [40]], "b": [[5], [50]], "own": [[3], [60]]})
    route = opened(feed, {}, watermark=NULL)
    assert route.next_ns() == NULL
    for _ in range(2):
        feed.come("a")
        feed.come("b")
    assert route.next_ns() == 1
    feed.come("own")
    drained(route)
    assert route.next_ns() == 5  # own flow may still have something before it
    assert route.lags() == {"source-a": 39, "source-b": 0, "source-own": 0}
    feed.come("own")
    drained(route)
    assert route.next_ns() is None
    assert set(route.lags().values()) == {0}


@pytest.mark.parametrize("stride", [1, 2])
def test_that_parts_become_one_block_with_every_byte_of_theirs(stride: int) -> None:
    drawn = np.random.default_rng(7)
    parts = {}
    for at, name in enumerate(("a", "b")):
        raw = np.frombuffer(drawn.bytes(20 * MARKET.itemsize), MARKET).copy()
        raw["flags"], raw["ts_event"] = 0, np.arange(20) + 100 * at + 1
        parts[name] = raw[::stride]
    feed = Told({"a": [], "b": [], "own": [[250]]})
    route = opened(feed, {})
    for name, part in parts.items():
        feed.lanes[name].put(Batch(market=part, end=True), 0.0)
    feed.come("own")
    (block,) = drained(route)
    assert block.market.tobytes() == np.concatenate([parts["a"], parts["b"]]).tobytes()


def test_that_a_block_is_cut_when_it_is_large() -> None:
    feed = Told({"a": [], "b": [], "own": [[10**9]]})
    route = opened(feed, {})
    size = MAX_BLOCK // 2 + 1
    for number in range(4):
        feed.lanes["a"].put(Batch(market=rows(range(number * size + 1, (number + 1) * size + 1)), end=number == 3), 0.0)
    feed.lanes["b"].put(Batch(end=True), 0.0)
    feed.come("own")
    blocks = drained(route)
    assert [len(block.market) for block in blocks if len(block.market)] == [2 * size, 2 * size]
    assert market(blocks) == list(range(1, 4 * size + 1))


def test_that_what_is_set_aside_goes_onto_the_tape_cut_to_a_length_and_in_order() -> None:
    feed = Told({"a": [], "b": [[9]], "own": [[9]]})
    route = opened(feed, {})
    raw = bytes(range(256)) * 100
    aside = tuple(Quarantined(source="s", where=f"row {n}", reason="why", raw=raw) for n in range(3))
    feed.lanes["a"].put(Batch(market=rows([4]), quarantine=aside, end=True), 0.0)
    feed.come("b")
    feed.come("own")
    notes = [note for block in drained(route) for note in block.controls if note.kind == "aside"]
    found = [msgspec.json.decode(note.text or "", type=Quarantined) for note in notes]
    assert [entry.where for entry in found] == ["row 0", "row 1", "row 2"]
    for entry in found:
        assert 0 < len(entry.raw) < len(raw)
        assert raw.startswith(entry.raw)


@given(st.lists(st.integers(1, 100), max_size=6), st.lists(st.integers(1, 100), max_size=6))
def test_that_the_span_of_a_message_is_that_of_all_its_rows(times: list[int], orders: list[int]) -> None:
    made = Batch(market=rows(times), orders=batch("own", 0, orders, end=False).orders)
    every = [*times, *orders]
    assert made.span() == ((min(every), max(every)) if every else (NULL, NULL))


def test_that_a_reader_wakes_a_route_that_waits() -> None:
    feed = Told({"a": [[1]], "b": [[2]], "own": [[3]]})
    route = LiveRoute([feed], 1_000, lambda: 0.0, wait_s=60.0)
    route.open({})

    def arrive() -> None:
        for name in NAMES:
            feed.come(name)
        feed.wake()

    other = threading.Thread(target=arrive)
    other.start()
    block = route.take()
    other.join()
    assert block is not None
    assert market([block]) == [1, 2]
    assert own([block]) == [3]
