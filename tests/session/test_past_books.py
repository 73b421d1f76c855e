"""Books of the past: at any moment, reached in any order, those of all rows up to then; states only make it faster."""

from bisect import bisect_right
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.book import Books
from app.engine.core import Engine
from app.engine.events import Block
from app.engine.universe import Universe
from app.feeds.generator import Plan, generate
from app.runtime.journal import JournalWriter
from app.runtime.loop import Standing
from app.runtime.route import Route
from app.session import past_books, snapshots
from app.session.past_books import BookPlace, PastBooks
from app.session.recovery import TapeIndex
from app.session.resting import OwnOrders
from app.settings import load_settings

pytestmark = pytest.mark.slow  # an engine keeps its states

PLAN = Plan(seed=11, market_rows=3_000, order_share=0.05, instruments=2, duration_s=300)
STATES = (7, 20, 21, 40)  # records behind each
Seen = tuple[list[Any], list[Any]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tape of a small day, and its states."""
    made = tmp_path_factory.mktemp("past_books")
    (made / "states").mkdir()
    day = generate(PLAN)
    route = Route(iter([day.market]), day.orders, 50)
    engine = Engine(day.universe, load_settings(None).engine(book=False))
    with JournalWriter(made / "tape", day.universe) as journal:
        number = 0
        while (block := route.take()) is not None:
            journal.write(block)
            engine.apply(block)
            number += 1
            if number in STATES:
                state = snapshots.Kept(
                    build=snapshots.engine_build(), number=number, standing=Standing(watermark=block.watermark),
                    engine=engine.save(),
                )  # fmt: skip
                snapshots.path_of(made / "states", state).write_bytes(snapshots.encoded(state))
        assert number > max(STATES) + 10
        journal.finish(route.end_ns)
    return made


@pytest.fixture(scope="module")
def index(folder: Path) -> TapeIndex:
    return TapeIndex(folder / "tape")


def seen(books: Books, own: OwnOrders, universe: Universe) -> Seen:
    """Every side of every venue's book, and what of our own rests."""
    markets = [(i, v) for i in range(len(universe.instruments)) for v in range(len(universe.venues))]
    depth = [[side.tolist() for side in books.depth(i, v, 20)] for i, v in markets]
    return depth, [sorted(own.shown(name).items(), key=repr) for name in universe.instruments.names]


@pytest.fixture(scope="module")
def expected(index: TapeIndex) -> Callable[[int], Seen]:
    """What is seen behind so many records, from the first row on."""
    books, own = Books(), OwnOrders()
    known = [seen(books, own, index.universe)]
    for block in index.blocks(0):
        books.run(block.market)
        own.tell(block.orders)
        known.append(seen(books, own, index.universe))
    return known.__getitem__


def records_until(index: TapeIndex, ts_ns: int) -> int:
    return bisect_right([entry.watermark for entry in index.entries], ts_ns)


def check(place: BookPlace, rest: Block, index: TapeIndex, ts_ns: int, expected: Callable[[int], Seen]) -> None:
    behind = records_until(index, ts_ns)
    assert place.number == behind
    assert seen(place.books, place.own, index.universe) == expected(behind)
    if behind < len(index.entries):
        (falls,) = index.blocks(behind, behind + 1)
        assert (rest.watermark, rest.market.tobytes(), rest.orders) == (
            falls.watermark, falls.market.tobytes(), falls.orders,
        )  # fmt: skip
    else:
        assert (rest.watermark, len(rest.market), rest.orders) == (ts_ns, 0, ())


MOMENTS = st.lists(st.integers(PLAN.start_ns - 10**9, PLAN.end_ns + 10**9), min_size=1, max_size=8)


@pytest.mark.parametrize("states", ["states", "none"])
@given(moments=MOMENTS)
def test_that_any_way_through_the_past_shows_the_books_of_each_moment(
    moments: list[int], states: str, folder: Path, index: TapeIndex, expected: Callable[[int], Seen]
) -> None:
    past = PastBooks(folder / states)
    for ts_ns in moments:
        check(*past.at(index, ts_ns), index, ts_ns, expected)


@pytest.mark.parametrize("off", [-1, 0, 1])
def test_that_a_record_counts_from_its_own_nanosecond_on(
    off: int, folder: Path, index: TapeIndex, expected: Callable[[int], Seen]
) -> None:
    past = PastBooks(folder / "states")
    for number in (0, STATES[0] - 1, STATES[1] - 1, STATES[-1], len(index.entries) - 1):
        ts_ns = index.entries[number].watermark + off
        check(*past.at(index, ts_ns), index, ts_ns, expected)


def test_that_before_the_first_row_the_market_is_empty(folder: Path, index: TapeIndex) -> None:
    place, rest = PastBooks(folder / "states").at(index, index.entries[0].watermark - 1)
    assert place.number == 0
    assert rest.watermark == index.entries[0].watermark


def test_that_a_damaged_state_is_passed_over_for_an_older_one(
    folder: Path, index: TapeIndex, expected: Callable[[int], Seen], tmp_path: Path
) -> None:
    for place in snapshots.places(folder / "states"):
        data = place.path.read_bytes()
        (tmp_path / place.path.name).write_bytes(data if place.number == STATES[0] else data[:-1])
    ts_ns = index.entries[-5].watermark
    check(*PastBooks(tmp_path).at(index, ts_ns), index, ts_ns, expected)


def test_that_a_state_ahead_of_the_tape_is_none_of_its_past(folder: Path, tmp_path: Path) -> None:
    whole = (folder / "tape").read_bytes()
    (tmp_path / "tape").write_bytes(whole[: len(whole) // 8])
    short = TapeIndex(tmp_path / "tape")
    assert 0 < len(short.entries) < STATES[1]
    place, _ = PastBooks(folder / "states").at(short, PLAN.end_ns)
    assert place.number == len(short.entries)


def test_that_a_moment_behind_the_last_one_reads_only_what_lies_between(
    folder: Path, index: TapeIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    past = PastBooks(folder / "none")
    looks = [index.entries[n].watermark for n in (30, 33, 33, 35)]
    read: list[int] = []
    known = index.reader.block_at

    def block_at(at: int, number: int) -> Block:
        read.append(number)
        return known(at, number)

    monkeypatch.setattr(index.reader, "block_at", block_at)
    for ts_ns in looks:
        past.at(index, ts_ns)
    steps = [records_until(index, ts_ns) for ts_ns in looks]
    assert read == [*range(steps[0] + 1), *(n for one, two in pairwise(steps) for n in range(one, two + 1))]


def test_that_only_a_few_states_are_kept_opened(
    folder: Path, index: TapeIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(past_books, "_STATES", 2)
    past = PastBooks(folder / "states")
    opened: list[int] = []
    known = snapshots.read

    def read(path: Path) -> snapshots.Kept | None:
        state = known(path)
        opened.append(-1 if state is None else state.number)
        return state

    monkeypatch.setattr(snapshots, "read", read)
    for number in (STATES[3], STATES[0], STATES[1], STATES[0], STATES[3]):
        past.at(index, index.entries[number - 1].watermark)
    assert opened == [STATES[3], STATES[0], STATES[1], STATES[3]], "the one not looked at for longest went"
