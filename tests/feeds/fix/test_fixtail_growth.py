"""A log that grows in any way a disk and its writer can think of: nothing lost, nothing told twice."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from app.engine.errors import FeedError
from app.engine.events import Control, OrderRow
from app.engine.universe import Universe
from app.feeds.fixlog import read_flow
from app.feeds.fixtail import FixTail
from app.settings_sources import FileSource
from tests.feeds.fix.story import tell
from tests.feeds.fix.test_fixtail import LANE, append, ids, messages, polled
from tests.feeds.fix.wire import T0, Line, filled, lines, order, report

Tail: TypeAlias = Callable[..., FixTail]


@pytest.fixture
def tail(tmp_path: Path) -> Iterator[Tail]:
    """Opens the tail of `day.log`; closed at the end of the test."""
    opened: list[FixTail] = []

    def open_tail(place: str = "", **keys: str) -> FixTail:
        source = FileSource(path=str(tmp_path / "day.log"), role="orders", **keys)  # type: ignore[arg-type]
        opened.append(FixTail("ems", source, Universe(), {}))
        opened[-1].open({LANE: place} if place else {}, lambda: None)
        return opened[-1]

    yield open_tail
    for feed in opened:
        feed.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The log."""
    return tmp_path / "day.log"


def whole(path: Path) -> list[OrderRow]:
    """The rows of the log read at once, by other means."""
    return read_flow(path, Universe()).rows


def kinds(controls: list[Control]) -> list[str]:
    """What became of the source."""
    return [control.kind for control in controls]


def place_of(feed: FixTail) -> dict[str, int]:
    """Where the tape would say the log stands."""
    return dict(json.loads(feed.lanes[LANE].position))


@pytest.mark.parametrize("seed", [1, 4, 9])
@pytest.mark.parametrize("step", [13, 200, 1000, 100_000])
def test_that_how_a_log_grows_changes_nothing(path: Path, tail: Tail, seed: int, step: int) -> None:
    data = lines(tell(seed, "FIX.4.4")[0])
    path.touch()
    feed = tail()
    rows: list[OrderRow] = []
    for at in range(0, len(data), step):
        append(path, data[at : at + step])
        rows += polled(feed, 2)[0]
    rows += polled(feed)[0]
    assert rows == whole(path)
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))


def test_that_an_unfinished_message_is_told_when_its_last_byte_is_written(path: Path, tail: Tail) -> None:
    data = messages("C1")
    append(path, data[:-10])
    feed = tail()
    assert polled(feed) == ([], [])
    for byte in data[-10:]:
        append(path, bytes([byte]))
        rows = polled(feed, 1)[0]
        if rows:
            break
    assert ids(rows + polled(feed)[0]) == ["C1"]


def test_that_the_place_never_lies_behind_what_is_told_or_inside_a_message(path: Path, tail: Tail) -> None:
    line = Line()
    ends = [0]
    path.touch()
    feed = tail()
    for n in range(8):
        line.send("D", order(f"C{n}"), T0 + n * 1000)
        append(path, line.text()[ends[-1] :])
        ends.append(path.stat().st_size)
        append(path, b"")
        if polled(feed)[0]:
            place = place_of(feed)
            assert place["file"] == path.stat().st_ino
            assert ends[-2] < place["offset"] <= ends[-1]
    assert place_of(feed)["offset"] >= ends[-2]


@pytest.mark.parametrize("stop", range(1, 6))
def test_that_a_run_that_stops_after_any_row_goes_on_with_the_next(path: Path, tail: Tail, stop: int) -> None:
    line = Line()
    line.send("D", order("C1"))
    for n in range(6):
        line.send("8", filled("C1", f"F{n}", (10, "10"), 10 * (n + 1)), T0 + 1000 * (n + 1))
    data = line.text().splitlines(keepends=True)
    append(path, b"".join(data[:stop]))
    first = tail()
    before = polled(first)[0]
    position = first.lanes[LANE].position
    first.close()
    append(path, b"".join(data[stop:]))
    after = polled(tail(position))[0]
    assert len(before) == stop
    assert before + after == whole(path)
    assert [row.cum_qty for row in after] == [10 * (n + 1) for n in range(stop - 1, 6)]


def test_that_a_copy_of_what_was_told_before_a_restart_is_still_a_copy(path: Path, tail: Tail) -> None:
    line = Line()
    line.send("D", order("C1"))
    fill = line.send("8", filled("C1", "F1", (10, "10"), 10), T0 + 1000)
    append(path, line.text())
    first = tail()
    assert [row.kind for row in polled(first)[0]] == ["child_new", "fill"]
    position = first.lanes[LANE].position
    first.close()
    line.log = [(T0 + 1000, fill)]
    line.send("8", report("C1", "E2", "3", "1"), T0 + 3000)
    append(path, line.text())
    assert [row.kind for row in polled(tail(position))[0]] == ["done_for_day"]


def test_that_what_was_set_aside_before_a_restart_is_not_set_aside_again(path: Path, tail: Tail) -> None:
    good = messages("C1")
    append(path, good.replace(b"\x0110=", b"\x0110=9") + good)
    first = tail()
    first.poll(1000)
    batches = [batch for batch, _, _ in first.lanes[LANE].waiting]
    assert sum(len(batch.quarantine) for batch in batches) == 1
    first.close()
    append(path, messages("C2", seq=2))
    second = tail(batches[-1].position)
    second.poll(1000)
    again = [batch for batch, _, _ in second.lanes[LANE].waiting]
    assert sum(len(batch.quarantine) for batch in again) == 0
    assert [row.child_id for batch in again for row in batch.orders] == ["C2"]


@pytest.mark.parametrize("text", ["", "{", "7", '{"file": 1}', '{"file": "a", "offset": 2}', "[1, 2]"])
def test_that_a_place_that_is_none_is_refused_in_words(path: Path, text: str) -> None:
    path.touch()
    feed = FixTail("ems", FileSource(path=str(path), role="orders"), Universe(), {})
    with pytest.raises(FeedError) as refused:
        feed.open({LANE: text}, lambda: None)
    assert str(refused.value) == f"{LANE}: {text!r} on the tape is no place in a log"


def test_that_a_place_in_a_file_that_is_gone_begins_the_new_one_from_its_beginning(path: Path, tail: Tail) -> None:
    append(path, messages("C1", "C2"))
    assert ids(polled(tail('{"file": 1, "offset": 99999}'))[0]) == ["C1", "C2"]


def test_that_a_log_is_down_once_and_up_once_however_often_it_is_looked_for(path: Path, tail: Tail) -> None:
    feed = tail()
    assert kinds(polled(feed, 5)[1]) == ["down"]
    assert not feed.lanes[LANE].behind  # it holds nobody back
    path.touch()
    assert kinds(polled(feed, 5)[1]) == ["up"]
    append(path, messages("C1"))
    rows, controls = polled(feed)
    assert (ids(rows), controls) == (["C1"], [])


def test_that_a_log_moved_away_is_waited_for_without_a_word_until_the_new_one_is_there(path: Path, tail: Tail) -> None:
    append(path, messages("C1"))
    feed = tail()
    assert ids(polled(feed)[0]) == ["C1"]
    path.rename(path.with_suffix(".1"))
    assert polled(feed) == ([], [])
    append(path.with_suffix(".1"), messages("C2", seq=2))
    assert ids(polled(feed)[0]) == ["C2"]
    append(path, messages("C3", seq=3))
    assert (ids(polled(feed)[0]), place_of(feed)["file"]) == (["C3"], path.stat().st_ino)


def test_that_a_message_left_unfinished_by_a_rotation_is_said_and_the_next_log_read(path: Path, tail: Tail) -> None:
    append(path, messages("C1") + messages("C2", seq=2)[:-30])
    feed = tail()
    assert ids(polled(feed)[0]) == ["C1"]
    path.rename(path.with_suffix(".1"))
    path.write_bytes(messages("C3", seq=3))
    asides, told = 0, []
    for _ in range(4):
        feed.poll(1000)
        while feed.lanes[LANE].waiting:
            batch, _, _ = feed.lanes[LANE].waiting.popleft()
            asides += len(batch.quarantine)
            told += ids(batch.orders)
    assert (asides, told) == (1, ["C3"])


@pytest.mark.parametrize("left", [0, 1, 50])
def test_that_a_log_cut_back_says_how_far_and_begins_anew(path: Path, tail: Tail, left: int) -> None:
    append(path, messages("C1", "C2"))
    size = path.stat().st_size
    feed = tail()
    assert ids(polled(feed)[0]) == ["C1", "C2"]
    with path.open("rb+") as file:
        file.truncate(left)
    controls = polled(feed)[1]
    assert kinds(controls) == ["gap"]
    assert controls[0].text == f"{path}: cut back to {left} bytes after {size} were read; begun anew"
    assert polled(feed) == ([], [])


def test_that_nothing_is_read_while_the_route_has_no_room(path: Path, tail: Tail) -> None:
    append(path, messages("C1"))
    feed = tail()
    feed.poll(1000)
    append(path, messages("C2", seq=2))
    for room in (0, -5):
        assert feed.poll(room) == ()
    assert len(feed.lanes[LANE].waiting) == 1
    assert ids(polled(feed)[0]) == ["C1", "C2"]


def test_that_a_lane_is_behind_while_more_of_the_log_is_there_than_was_read(path: Path, tail: Tail) -> None:
    row = messages("C1")
    path.write_bytes(row + b"#" * (1 << 20) + b"\n" + messages("C2", seq=2))
    feed = tail()
    behind: list[bool] = []
    while not behind or behind[-1]:
        feed.poll(1000)
        behind.append(feed.lanes[LANE].behind)
    assert behind == [True, False]
    assert ids(polled(feed)[0]) == ["C1", "C2"]


def test_that_an_offset_behind_the_end_tells_only_what_is_written_behind_it(path: Path, tail: Tail) -> None:
    append(path, messages("C1"))
    feed = tail(start=f"offset:{path.stat().st_size + 30}")
    append(path, messages("C2", "C3", seq=2))
    assert ids(polled(feed)[0]) == ["C3"]


def test_that_closing_twice_and_before_opening_is_no_error(path: Path) -> None:
    path.touch()
    feed = FixTail("ems", FileSource(path=str(path), role="orders"), Universe(), {})
    feed.close()
    feed.open({}, lambda: None)
    feed.held({LANE: "anything"})
    feed.close()
    feed.close()
    assert polled(feed) == ([], [])
    feed.close()
