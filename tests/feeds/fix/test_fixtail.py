"""A growing log is followed: what is complete is told at once and once, whatever happens to the file."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from app.engine.errors import FeedError, SettingsError
from app.engine.events import Control, OrderRow
from app.engine.universe import Universe
from app.feeds.decode.live_symbols import LiveSymbols
from app.feeds.fixlog import read_flow
from app.feeds.fixtail import FixTail
from app.runtime.live_route import LiveRoute
from app.session.live_day import LIVE_FEEDS
from app.settings import load_settings
from app.settings_sources import FileSource
from tests.feeds.fix.story import tell
from tests.feeds.fix.wire import T0, Line, lines, order, report, utc

LANE = "file:ems"


OPENED: list[FixTail] = []


@pytest.fixture(autouse=True)
def _closing() -> Iterator[None]:
    yield
    while OPENED:
        OPENED.pop().close()


def tail(path: Path, **keys: str) -> FixTail:
    """A tail of a log, not opened yet; closed at the end of the test."""
    OPENED.append(FixTail("ems", FileSource(path=str(path), role="orders", **keys), Universe(), {}))  # type: ignore[arg-type]
    return OPENED[-1]


def polled(feed: FixTail, times: int = 4) -> tuple[list[OrderRow], list[Control]]:
    """What a few looks at the file give."""
    rows: list[OrderRow] = []
    controls: list[Control] = []
    for _ in range(times):
        controls += feed.poll(10_000)
        for lane in feed.lanes.values():
            while lane.waiting:
                batch, _, _ = lane.waiting.popleft()
                rows += batch.orders
                lane.position = batch.position
            lane.rows = 0
    return rows, controls


def append(path: Path, data: bytes) -> None:
    """Write on a log."""
    with path.open("ab") as file:
        file.write(data)


def ids(rows: Sequence[OrderRow]) -> list[str | None]:
    """Child ids of rows."""
    return [row.child_id for row in rows]


def messages(*names: str, seq: int = 1) -> bytes:
    """New orders, a line each."""
    line = Line()
    line.next["EMS"] = seq
    for n, name in enumerate(names):
        line.send("D", order(name), T0 + (seq + n) * 1000)
    return line.text()


def test_that_each_complete_message_is_told_when_it_is_written_and_a_partial_one_waits(tmp_path: Path) -> None:
    path = tmp_path / "day.log"
    log, _ = tell(3, "FIX.4.4")
    data = lines(log)
    path.write_bytes(b"")
    feed = tail(path)
    feed.open({}, lambda: None)
    rows: list[OrderRow] = []
    for at in range(0, len(data), 61):
        append(path, data[at : at + 61])
        rows += polled(feed, 1)[0]
    rows += polled(feed)[0]
    expected = read_flow(path, Universe()).rows
    assert rows == expected
    feed.close()


def test_that_a_log_that_is_not_there_yet_is_waited_for_and_said_so_once(tmp_path: Path) -> None:
    path = tmp_path / "late.log"
    feed = tail(path)
    feed.open({}, lambda: None)
    rows, controls = polled(feed)
    assert (rows, [control.kind for control in controls]) == ([], ["down"])
    append(path, messages("C1"))
    rows, controls = polled(feed)
    assert (ids(rows), [control.kind for control in controls]) == (["C1"], ["up"])


def test_that_a_rotated_log_is_read_to_its_end_and_then_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "day.log"
    append(path, messages("C1"))
    feed = tail(path)
    feed.open({}, lambda: None)
    assert ids(polled(feed)[0]) == ["C1"]
    path.rename(tmp_path / "day.log.1")
    append(tmp_path / "day.log.1", messages("C2", seq=2))
    assert ids(polled(feed)[0]) == ["C2"]
    line = Line()
    line.send("8", report("C1", "E1", "0", "0"), T0 + 9000)
    path.write_bytes(line.text())
    rows, controls = polled(feed)
    assert [(row.kind, row.child_id) for row in rows] == [("child_acked", "C1")]
    assert controls == []


def test_that_a_log_that_is_cut_back_is_begun_anew_with_a_gap(tmp_path: Path) -> None:
    path = tmp_path / "day.log"
    append(path, messages("C1", "C2"))
    feed = tail(path)
    feed.open({}, lambda: None)
    assert ids(polled(feed)[0]) == ["C1", "C2"]
    path.write_bytes(messages("C3", seq=3))
    rows, controls = polled(feed)
    assert (ids(rows), [control.kind for control in controls]) == (["C3"], ["gap"])
    assert "cut back" in (controls[0].text or "")


def test_that_a_run_goes_on_behind_its_place_and_still_knows_the_orders_before_it(tmp_path: Path) -> None:
    path = tmp_path / "day.log"
    log, _ = tell(5, "FIX.4.4")
    data = lines(log)
    expected = 0
    for cut in range(0, len(data), 397):
        path.write_bytes(data[:cut])
        first = tail(path)
        first.open({}, lambda: None)
        before, _ = polled(first)
        place = {LANE: first.lanes[LANE].position} if before else {}
        first.close()
        path.write_bytes(data)
        second = tail(path)
        second.open(place, lambda: None)
        after, _ = polled(second)
        assert before + after == read_flow(path, Universe()).rows, cut
        expected += bool(before)
    assert expected > 2


def test_that_a_log_rotated_while_nobody_read_is_found_beside_its_name(tmp_path: Path) -> None:
    path = tmp_path / "day.log"
    append(path, messages("C1"))
    first = tail(path)
    first.open({}, lambda: None)
    assert ids(polled(first)[0]) == ["C1"]
    place = {LANE: first.lanes[LANE].position}
    first.close()
    append(path, messages("C2", seq=2))
    path.rename(tmp_path / "day.log.1")
    path.write_bytes(messages("C3", seq=3))
    second = tail(path)
    second.open(place, lambda: None)
    assert ids(polled(second)[0]) == ["C2", "C3"]


@pytest.mark.parametrize(
    ("start", "told"),
    [
        ("earliest", ["C1", "C2", "C3"]),
        ("committed", ["C1", "C2", "C3"]),
        ("now", ["C3"]),
        ("offset:25", ["C2", "C3"]),
        (f"2026-11-20T15:00:00.{2000:09d}Z", ["C2", "C3"]),
        ("2026-11-21", []),
    ],
)
def test_that_a_start_says_what_is_told_and_all_of_it_is_known(tmp_path: Path, start: str, told: list[str]) -> None:
    path = tmp_path / "day.log"
    assert utc(T0 + 2000, 9) == "20261120-15:00:00.000002000"
    append(path, messages("C1", "C2"))
    feed = tail(path, start=start)
    feed.open({}, lambda: None)
    append(path, messages("C3", seq=3))
    assert ids(polled(feed)[0]) == told


def test_that_what_is_no_message_is_set_aside_with_file_line_and_offset(tmp_path: Path) -> None:
    path = tmp_path / "day.log"
    good = messages("C1")
    append(path, good.replace(b"\x0110=", b"\x0110=9") + good)
    feed = tail(path)
    feed.open({}, lambda: None)
    feed.poll(1000)
    asides = [entry for batch, _, _ in feed.lanes[LANE].waiting for entry in batch.quarantine]
    assert [entry.where for entry in asides] == ["day.log line 1 offset 20"]


def test_that_a_route_hands_the_rows_to_the_engine_with_their_place(tmp_path: Path) -> None:
    path = tmp_path / "day.log"
    append(path, messages("C1", "C2"))
    route = LiveRoute([tail(path)], 100_000)
    route.open({})
    block = route.take()
    assert block is not None
    assert ids(block.orders) == ["C1", "C2"]
    assert [control.source for control in block.controls if control.kind == "position"] == [LANE]
    route.close()


def test_that_wrong_words_are_refused_with_what_is_allowed(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="codec = 'dbn' is not allowed"):
        FixTail("ems", FileSource(path="x", codec="dbn"), Universe(), {})
    with pytest.raises(SettingsError, match="session = 'x' is not allowed; allowed: ems1"):
        FixTail("ems", FileSource(path="x", session="x"), Universe(), {"session": {"ems1": {}}})
    feed = tail(tmp_path / "day.log")
    with pytest.raises(FeedError, match="no place in a log"):
        feed.open({LANE: "nowhere"}, lambda: None)
    with pytest.raises(FeedError, match="cannot be read"):
        tail(tmp_path).open({}, lambda: None)


def test_that_a_named_session_takes_every_message_of_the_log(tmp_path: Path) -> None:
    path = tmp_path / "day.log"
    append(path, messages("C1"))
    source = FileSource(path=str(path), session="pm")
    feed = FixTail("ems", source, Universe(), {"session": {"pm": {"sender": "OTHER", "level": "parent"}}})
    feed.open({}, lambda: None)
    OPENED.append(feed)
    assert [row.kind for row in polled(feed)[0]] == ["parent_new", "child_new"]


def test_that_a_source_of_the_settings_is_followed_by_a_run(tmp_path: Path) -> None:
    path = tmp_path / "day.log"
    append(path, messages("C1"))
    source = FileSource(path=str(path), role="orders", start="earliest")
    feed = LIVE_FEEDS[FileSource]("ems", source, load_settings(None, {}), Universe(), LiveSymbols())
    assert isinstance(feed, FixTail)
    OPENED.append(feed)
    feed.open({}, lambda: None)
    assert ids(polled(feed)[0]) == ["C1"]
