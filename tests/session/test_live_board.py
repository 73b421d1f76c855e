"""The board of a running session: state and speed in words, and a price path that outlives its writer."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from app.board import BoardReader, blank
from app.engine.events import Rows
from app.engine.units import NULL
from app.runtime.pace import Pace
from app.session.checking import Checked
from app.session.clock_watch import NO_FILE
from app.session.live_board import TRACE, LiveBoard, levels_of, trace_of
from tests.patience import eventually


def path(*points: tuple[int, int, float]) -> Rows:
    """Rows of a price path: instrument, time, mid."""
    rows = blank(TRACE, len(points))
    for row, (instrument, ts, mid) in zip(rows, points, strict=True):
        row["instrument"], row["ts"], row["mid"] = instrument, ts, mid
    return rows


def put(board: LiveBoard, rows: Rows, at: int = 0) -> None:
    """As the engine does it."""
    board.put(TRACE, at + np.arange(len(rows)), rows)


def shown(folder: Path) -> list[tuple[int, int, float]]:
    """The price path on a board."""
    return [(int(row["instrument"]), int(row["ts"]), float(row["mid"])) for row in BoardReader(folder).rows(TRACE)]


def meta(folder: Path) -> tuple[str, str]:
    """State and speed as they are told."""
    found = BoardReader(folder).meta()
    return found["state"], found["speed"]


def test_that_the_board_says_what_the_run_is_at(tmp_path: Path) -> None:
    pace = Pace(60.0)
    with LiveBoard(tmp_path / "board", pace) as board:
        board.recovering = True
        board.beat(1)
        assert meta(tmp_path / "board") == ("recovering", "60")
        board.recovering = False
        board.beat(2)
        assert meta(tmp_path / "board") == ("playing", "60")
        pace.pause()
        board.beat(3)
        assert meta(tmp_path / "board") == ("paused", "60")
        pace.resume()
        pace.set_speed(None)
        board.beat(4)
        assert meta(tmp_path / "board") == ("playing", "flat")
        pace.set_speed(0.5)
        board.beat(5)
        assert meta(tmp_path / "board") == ("playing", "0.5")


def test_that_a_jump_from_a_pause_plays_until_it_is_there(tmp_path: Path) -> None:
    pace = Pace(1.0)
    pace.start(0)
    pace.pause()
    with LiveBoard(tmp_path / "board", pace) as board:
        board.beat(1)
        assert meta(tmp_path / "board")[0] == "paused"
        pace.jump(100)
        board.beat(2)
        assert meta(tmp_path / "board")[0] == "playing"
        pace.reached(100)
        board.beat(3)
        assert meta(tmp_path / "board")[0] == "paused"


def test_that_what_has_not_changed_is_not_told_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with LiveBoard(tmp_path / "board", Pace(2.0)) as board:
        told: list[str] = []
        monkeypatch.setattr(board, "meta", lambda key, _text: told.append(key))
        for watermark in range(5):
            board.beat(watermark)
        assert told == ["state", "speed", "clock_offset_ns", "clock_offset_why"]
        board.tell("ended")
        assert told[4:] == ["state", "speed"]


def test_that_the_path_of_the_board_before_is_kept_and_only_what_is_newer_is_added(tmp_path: Path) -> None:
    folder = tmp_path / "board"
    with LiveBoard(folder, Pace()) as board:
        put(board, path((0, 10, 1.0), (1, 10, 2.0), (0, 20, 1.5)))
        board.beat(20)
    kept = trace_of(folder, 20)
    with LiveBoard(folder, Pace(), kept) as board:
        put(board, path((0, 10, 1.0), (1, 10, 2.0)))  # the day is made again
        put(board, path((0, 20, 1.5), (0, 30, 1.6), (1, 15, 2.5)), at=2)
        board.beat(30)
        assert shown(folder) == [(0, 10, 1.0), (1, 10, 2.0), (0, 20, 1.5), (0, 30, 1.6), (1, 15, 2.5)]


def test_that_an_instrument_that_the_board_before_never_had_is_put_whole(tmp_path: Path) -> None:
    folder = tmp_path / "board"
    with LiveBoard(folder, Pace(), path((0, 10, 1.0))) as board:
        put(board, path((7, 1, 3.0), (0, 9, 0.9)))
        board.beat(10)
        assert shown(folder) == [(0, 10, 1.0), (7, 1, 3.0)]


def test_that_the_checkers_word_is_told_on_the_board_once_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [10**12]
    monkeypatch.setattr("app.session.live_board.time.monotonic_ns", lambda: now[0])
    word, folder = tmp_path / "checked.json", tmp_path / "board"
    with LiveBoard(folder, Pace(), None, word) as board:
        board.beat(1)
        assert "checked_ns" not in BoardReader(folder).meta()
        word.write_bytes(msgspec.json.encode(Checked(checked_ns=7, live_run_hash="a", replay_run_hash="a")))
        board.heartbeat()
        assert "checked_ns" not in BoardReader(folder).meta(), "not looked at again yet"
        now[0] += 10**9
        board.heartbeat()
        found = BoardReader(folder).meta()
        assert (found["checked_ns"], found["live_run_hash"], found["replay_run_hash"]) == ("7", "a", "a")
        assert "live_output_hash" not in found
        assert (found["clock_offset_ns"], found["clock_offset_why"]) == ("", NO_FILE)
        word.write_bytes(b"{")
        now[0] += 10**9
        board.heartbeat()
        assert BoardReader(folder).meta()["checked_ns"] == "7"


def test_that_an_engine_that_loads_and_compiles_gives_signs_of_life_until_its_first_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.session.live_board._BEAT_S", 0.005)
    with LiveBoard(tmp_path / "board", Pace()) as board:
        reader = BoardReader(tmp_path / "board")
        board.vouch()
        before = reader.heartbeat.beats
        assert eventually(lambda: reader.heartbeat.beats > before + 3), "nobody else has moved a finger"
        board.beat(NULL)
        before = reader.heartbeat.beats
        assert eventually(lambda: reader.heartbeat.beats > before + 3), "no figure is there yet"
        board.beat(1)
        assert board._vouching is not None
        board._vouching.join(5)
        assert not board._vouching.is_alive(), "from now on the run's own thread answers for its figures"


def test_that_an_ended_day_gives_signs_of_life_until_its_last_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.session.live_board._BEAT_S", 0.005)
    with LiveBoard(tmp_path / "board", Pace()) as board:
        reader = BoardReader(tmp_path / "board")
        board.vouch()
        board.beat(1)
        board.vouch()
        before = reader.heartbeat.beats
        assert eventually(lambda: reader.heartbeat.beats > before + 3), "tables and hashes are being made"
        board.beat(2)
        assert board._vouching is not None
        board._vouching.join(5)
        assert not board._vouching.is_alive()


def test_that_nobody_vouches_for_ever_and_a_board_that_closes_first_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.session.live_board._BEAT_S", 0.005)
    with LiveBoard(tmp_path / "board", Pace()) as board:
        board.vouch(0.0)
        assert board._vouching is not None
        board._vouching.join(5)
        assert not board._vouching.is_alive()
        board.vouch()
    assert not board._vouching.is_alive()
    assert BoardReader(tmp_path / "board").closed


def test_that_other_sections_are_put_as_they_come(tmp_path: Path) -> None:
    folder = tmp_path / "board"
    with LiveBoard(folder, Pace(), path((0, 10, 1.0))) as board:
        row = blank("parents")
        row["order_qty"] = 500
        board.put("parents", np.array([0]), row)
        board.beat(10)
        assert int(BoardReader(folder).rows("parents")["order_qty"][0]) == 500


def test_that_a_light_that_goes_on_as_it_was_keeps_the_time_it_turned(tmp_path: Path) -> None:
    folder = tmp_path / "board"
    assert levels_of(folder) == {}

    def parents(board: LiveBoard, *levels: str) -> list[int]:
        rows = blank("parents", 3)
        rows["parent_id"] = [board.intern(name) for name in ("P1", "P2", "P3")]
        rows["level"] = [board.intern(level) for level in levels]
        rows["level_since"] = [500, 500, 500]
        board.put("parents", np.arange(3), rows)
        board.beat(1)
        assert rows["level_since"].tolist() == [500] * 3, "the engine's own rows stay as they are"
        shown: list[int] = BoardReader(folder).rows("parents")["level_since"].tolist()
        return shown

    with LiveBoard(folder, Pace()) as board:
        parents(board, "AMBER", "GREEN", "")
    kept = levels_of(folder)
    assert kept == {"P1": ("AMBER", 500), "P2": ("GREEN", 500)}
    with LiveBoard(folder, Pace()) as board:
        board.keep_levels({"P1": ("AMBER", 7), "P2": ("GREEN", 8), "P9": ("RED", 9)})
        assert parents(board, "AMBER", "GREEN", "") == [7, 8, 500]
        assert parents(board, "AMBER", "RED", "") == [7, 500, 500]
        assert parents(board, "AMBER", "GREEN", "") == [7, 500, 500], "it was another one in between"


def test_that_a_path_ends_where_it_is_asked_to_and_has_no_unfinished_rows(tmp_path: Path) -> None:
    folder = tmp_path / "board"
    with LiveBoard(folder, Pace()) as board:
        put(board, path((0, 10, 1.0), (0, 0, 0.0), (0, 20, 1.5), (0, 30, 1.6)))
        board.beat(30)
        for until, times in ((9, []), (10, [10]), (29, [10, 20]), (30, [10, 20, 30])):
            found = trace_of(folder, until)
            assert found is not None
            assert found["ts"].tolist() == times


def test_that_no_board_has_no_path(tmp_path: Path) -> None:
    assert trace_of(tmp_path / "none", 10) is None
