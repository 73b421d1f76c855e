"""The past of a session from its tape: the book as of a nanosecond, a row as it came, the desk as it was."""

import shutil
from pathlib import Path

import msgspec
import pytest

from app.board import BoardReader
from app.engine.book import Books
from app.engine.errors import FeedError
from app.engine.events import Block, OrderRow
from app.engine.units import ASK, BID, PRICE_SCALE, SECOND
from app.runtime.tape import JournalReader
from app.session import past as past_module
from app.session import snapshots
from app.session.past import Past, in_words
from app.session.resting import OwnOrders, Place
from app.session.runtime_folder import RuntimeFolder
from app.session.spoken import Level
from app.settings import load_settings
from tests.session.live_day import begun, played
from tests.session.reactive import Reactive


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> RuntimeFolder:
    """An ended day with states every minute."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(snapshots, "EVERY_NS", 60 * SECOND)
        patch.setattr(snapshots, "AT_MOST_EVERY_S", 0.0)
        made = begun(tmp_path_factory.mktemp("past") / "run")
        played(made)
    assert len(snapshots.places(made.snapshots)) > 3
    return made


def expected(ts_ns: int, venue: str | None) -> list[Level]:
    """The ladder from the market rows alone, without tape or state."""
    feed, books = Reactive(), Books()
    rows = feed._market[feed._times <= ts_ns]
    books.apply(rows)
    universe = feed.universe
    levels: list[Level] = []
    for side, best in ((BID, 0), (ASK, 1)):
        merged: dict[int, int] = {}
        for name in universe.venues.names:
            if venue in (None, name):
                for price, size, _ in books.depth(0, universe.venues.index(name), 10)[best].tolist():
                    merged[price] = merged.get(price, 0) + size
        letter = "B" if side == BID else "A"
        best_first = sorted(merged, reverse=side == BID)
        levels += [Level(letter, price / PRICE_SCALE, merged[price], None, 0) for price in best_first]
    return levels


@pytest.mark.parametrize("venue", [None, "first"])
def test_that_the_ladder_is_the_book_after_every_row_up_to_the_nanosecond(
    folder: RuntimeFolder, venue: str | None
) -> None:
    feed, past = Reactive(), Past(folder, load_settings(None))
    name = feed.universe.instruments[0]
    where = feed.universe.venues[0] if venue else None
    moments = [int(feed._times[n]) + offset for n in (3000, 1500, 5900, 20) for offset in (-1, 0)]
    for ts_ns in moments:  # forwards and backwards
        found = past.ladder(name, ts_ns, where, 10)
        wanted = expected(ts_ns, where)
        assert [(level.side, level.price, level.size) for level in found] == [level[:3] for level in wanted]


def test_that_a_ladder_needs_no_engine_and_goes_on_from_where_it_was(
    folder: RuntimeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(past_module, "state_before", None)  # a ladder that needs an engine would call it
    read: list[int] = []
    block_at = JournalReader.block_at

    def counted(self: JournalReader, at: int, number: int) -> Block:
        read.append(number)
        return block_at(self, at, number)

    monkeypatch.setattr(JournalReader, "block_at", counted)
    feed, past = Reactive(), Past(folder, load_settings(None))
    name, late = feed.universe.instruments[0], feed.start_ns + 500 * SECOND
    past.ladder(name, late, None, 10)
    first = len(read)
    assert min(read) > 0  # from a state, not from the beginning
    past.ladder(name, late + SECOND, None, 10)
    assert len(read) - first <= 3
    again = past.ladder(name, late - 100 * SECOND, None, 10)
    assert again == Past(folder, load_settings(None)).ladder(name, late - 100 * SECOND, None, 10)


def test_that_damaged_states_are_passed_over_and_the_tape_alone_is_enough(
    folder: RuntimeFolder, tmp_path: Path
) -> None:
    copy = RuntimeFolder(tmp_path / "copy")
    shutil.copytree(folder.path, copy.path)
    for place in snapshots.places(copy.snapshots):
        place.path.write_bytes(place.path.read_bytes()[:-1])
    feed = Reactive()
    name, ts_ns = feed.universe.instruments[0], int(feed._times[3000])
    found = Past(copy, load_settings(None)).ladder(name, ts_ns, None, 10)
    assert found == Past(folder, load_settings(None)).ladder(name, ts_ns, None, 10)


def test_that_reading_ahead_finds_what_is_asked_for_later(folder: RuntimeFolder, tmp_path: Path) -> None:
    past = Past(folder, load_settings(None))
    while past._scan():
        past.prepare()
    assert past._scanned == len(past._tape().entries)
    assert past.raw("desk", 2) == b"35=8|11=C0|32=1"
    Past(RuntimeFolder(tmp_path / "none"), load_settings(None)).prepare()  # nothing there yet: nothing to read


def test_that_a_message_is_found_as_it_came_and_a_row_without_one_in_words(folder: RuntimeFolder) -> None:
    past = Past(folder, load_settings(None))
    assert past.raw("desk", 2) == b"35=8|11=C0|32=1"
    said = past.raw("desk", 1)
    assert said is not None
    assert b"kind = child_new" in said
    assert b"child_id = C0" in said
    assert past.raw("desk", 10**6) is None


def test_that_the_desk_is_shown_as_it_was(folder: RuntimeFolder) -> None:
    feed, past = Reactive(), Past(folder, load_settings(None))
    moments = [feed.start_ns + seconds * SECOND for seconds in (101, 301, 501, 401)]
    boards = [Path(past.desk_as_of(ts_ns)) for ts_ns in moments]
    assert past.desk_as_of(moments[-1]) == str(boards[-1])
    assert not boards[0].exists()  # the three looked at last are kept
    for ts_ns, board in list(zip(moments, boards, strict=True))[1:]:
        reader = BoardReader(board)
        assert reader.meta()["as_of"] == str(ts_ns)
        rows = reader.rows("parents")
        ids = reader.texts(rows["parent_id"])
        filled = int(rows["filled_qty"][ids.index("REACTIVE")])
        assert filled == (ts_ns - feed.start_ns) // (5 * SECOND) + 1
        assert int(reader.rows("trace")["ts"].max()) <= ts_ns
        beats = reader.heartbeat.beats
        past.beat()
        assert reader.heartbeat.beats > beats


def test_that_what_is_not_on_the_tape_is_said_in_words(folder: RuntimeFolder, tmp_path: Path) -> None:
    past = Past(folder, load_settings(None))
    now = Reactive().end_ns
    with pytest.raises(FeedError, match="NONE: no such instrument"):
        past.ladder("NONE", now, None, 5)
    with pytest.raises(FeedError, match="NOWHERE: no such venue"):
        past.ladder(Reactive().universe.instruments[0], now, "NOWHERE", 5)
    with pytest.raises(FeedError, match="no tape yet"):
        Past(RuntimeFolder(tmp_path), load_settings(None)).raw("desk", 1)


def row(kind: str, **more: object) -> OrderRow:
    given = {"ts_event": 1, "kind": kind, "source": "S", "child_id": "C", "instrument": "I", "side": "BUY", **more}
    return msgspec.convert(given, OrderRow)


def resting(rows: list[OrderRow], instrument: str) -> dict[Place, int]:
    return OwnOrders().tell(rows).shown(instrument)


def test_that_own_quantity_rests_from_its_acknowledgement_to_its_end() -> None:
    new = row("child_new", venue="V", qty=100, price=50)
    acked, part = row("child_acked"), row("fill", qty=30, price=50)
    assert resting([new], "I") == {}
    assert resting([new, acked], "I") == {("V", BID, 50): 100}
    assert resting([new, acked, part], "I") == {("V", BID, 50): 70}
    assert resting([new, acked, part], "J") == {}
    moved = row("child_replaced", child_id="C2", orig_child_id="C", qty=90, price=51)
    assert resting([new, acked, part, moved], "I") == {("V", BID, 51): 60}
    gone = row("child_cancelled", child_id="C2")
    assert resting([new, acked, part, moved, gone], "I") == {}
    assert resting([new, acked, row("fill", qty=100)], "I") == {}
    other = row("child_new", child_id="D", venue="V", qty=5, price=50, side="SELL")
    both = [new, acked, other, row("child_acked", child_id="D", side="SELL")]
    assert resting(both, "I") == {("V", BID, 50): 100, ("V", ASK, 50): 5}


def test_that_a_row_in_words_has_a_line_for_every_column_it_has() -> None:
    said = in_words(row("fill", qty=3)).decode().splitlines()
    assert "qty = 3" in said
    assert not any("None" in line for line in said)
