"""The desk's copy of the board: complete, bounded per pull, and honest about whether it can be trusted."""

import os
from collections.abc import Sized
from pathlib import Path

import numpy as np
import pytest

from app.board import BoardWriter, blank
from app.engine.events import Rows
from app.engine.units import NULL
from app.widgets import pad as pads
from app.widgets.pad import STARTING, Pad

SECOND = 10**9


def rows_for(writer: BoardWriter, ids: list[str], first_qty: int = 0) -> Rows:
    rows = blank("parents", len(ids))
    rows["parent_id"] = [writer.intern(name) for name in ids]
    rows["order_qty"] = np.arange(first_qty, first_qty + len(ids))
    return rows


def life(pad: Pad) -> str:
    return pad.pulse.life


def put(writer: BoardWriter, section: str, start: int = 0, **columns: Sized) -> None:
    count = len(next(iter(columns.values())))
    rows = blank(section, count)
    for name, values in columns.items():
        rows[name] = values
    writer.put(section, np.arange(start, start + count), rows)


def test_that_a_desk_started_first_waits_and_then_sees_everything(tmp_path: Path) -> None:
    pad = Pad(tmp_path / "board")
    assert not pad.pull(0).reset
    assert life(pad) == "waiting"
    assert pad.pulse.stale is True
    assert "no board" in pad.pulse.words
    assert (pad.watermark, pad.meta(), pad.text(3), pad.settled()) == (NULL, {}, "", False)
    assert len(pad.rows_of("fills", 0)) == 0
    with BoardWriter(tmp_path / "board") as writer:
        writer.put("parents", np.arange(2), rows_for(writer, ["A", "B"]))
        writer.meta("session", "INST")
        writer.beat(5)
        pulled = pad.pull(1)
        assert pulled.reset
        assert life(pad) == "live"
        assert pad.parents["order_qty"].tolist() == [0, 1]
        assert pad.meta() == {"session": "INST"}
        assert [pad.find(name) for name in ("A", "B", "C")] == [0, 1, -1]
        assert pad.watermark == 5


def test_that_only_what_changed_is_told_and_the_copy_equals_the_board(tmp_path: Path) -> None:
    with BoardWriter(tmp_path) as writer:
        pad = Pad(tmp_path)
        writer.put("parents", np.arange(100), rows_for(writer, [f"P{i}" for i in range(100)]))
        writer.beat(1)
        pad.pull(0)
        assert len(pad.pull(0).parents) == 0
        writer.put("parents", np.array([7, 120]), rows_for(writer, ["P7", "P120"], 500))
        writer.beat(2)
        pulled = pad.pull(0)
        assert pulled.parents.tolist() == [7, 120]
        assert not pulled.reset
        assert len(pad.parents) == 121
        assert pad.parents["order_qty"][[7, 8, 110, 120]].tolist() == [500, 8, NULL, 501]


def test_that_links_are_read_in_slices_and_follow_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pads, "_SLICE", 10)
    with BoardWriter(tmp_path) as writer:
        pad = Pad(tmp_path)
        put(writer, "fills", parent_row=np.arange(25) % 3, qty=np.arange(25))
        writer.beat(1)
        pad.pull(0)
        assert not pad.settled()
        assert pad.rows_of("fills", 1)["qty"].tolist() == [1, 4, 7]
        pad.pull(0)
        pad.pull(0)
        assert pad.settled()
        assert pad.rows_of("fills", 1)["qty"].tolist() == list(range(1, 25, 3))
        put(writer, "fills", 4, parent_row=[2], qty=[99])
        writer.beat(2)
        assert pad.pull(0).sections == {"fills"}
        assert pad.rows_of("fills", 1)["qty"].tolist() == [1, *range(7, 25, 3)]
        assert 99 in pad.rows_of("fills", 2)["qty"]
        assert len(pad.rows_of("fills", -1)) == 0


def test_that_a_path_holds_its_instrument_alone_however_it_is_sliced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pads, "_SLICE", 7)
    with BoardWriter(tmp_path) as writer:
        pad = Pad(tmp_path)
        ts = np.arange(50)
        put(writer, "trace", ts=ts, mid=ts * 1.5, volume=ts * 10, instrument=ts % 2)
        names = [writer.intern("INST"), writer.intern("TECH")]
        writer.beat(1)
        pad.pull(0)
        path = pad.path(names[1])
        pad.pull(0)
        assert len(path) == 0, "an instrument the board does not know yet loses none of its points"
        assert pad.settled()
        put(writer, "instruments", instrument=names)
        writer.beat(2)
        pad.pull(0)
        while not pad.settled():
            pad.pull(0)
        assert path.ts.tolist() == list(range(1, 50, 2))
        assert path.mid.values.tolist() == [1.5 * t for t in range(1, 50, 2)]
        assert pad.path(names[1]) is path


def test_that_few_paths_are_kept(tmp_path: Path) -> None:
    pad = Pad(tmp_path)
    first = pad.path(1)
    for name in range(2, 6):
        pad.path(name)
    assert pad.path(5) is pad.path(5)
    assert pad.path(1) is not first


def test_that_a_silent_a_dead_and_a_closed_writer_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = BoardWriter(tmp_path)
    pad = Pad(tmp_path)
    writer.beat(1_700_000_000 * SECOND)
    pad.pull(0)
    pad.pull(9 * SECOND // 10)
    assert life(pad) == "live"
    pad.pull(9 * SECOND // 10 + 1)
    assert life(pad) == "stale"
    assert pad.pulse.words == (
        "The engine has been silent for 0.9 s: figures stand as of 22:13:20.000 UTC. Nothing here is live"
    )
    writer.heartbeat()
    pad.pull(3 * SECOND)
    assert life(pad) == "live"
    assert not pad.pulse.stale

    def gone(pid: int, number: int) -> None:
        raise ProcessLookupError

    monkeypatch.setattr(os, "kill", gone)
    pad.pull(3 * SECOND)
    assert pad.pulse.words.startswith("The engine has died: figures stand as of 22:13:20.000 UTC")
    monkeypatch.undo()
    writer.close()
    pad.pull(99 * SECOND)
    assert life(pad) == "ended"
    assert not pad.pulse.stale


def test_that_a_replay_says_itself_when_it_is_paused_ended_or_failed(tmp_path: Path) -> None:
    with BoardWriter(tmp_path) as writer:
        pad = Pad(tmp_path)
        writer.beat(1)
        lives = {"starting": "waiting", "playing": "live", "paused": "paused", "ended": "ended", "failed": "stale"}
        for state, expected in lives.items():
            writer.meta("state", state)
            pad.pull(0)
            assert (life(pad), pad.pulse.stale) == (expected, state in {"starting", "failed"})
        assert pad.pulse.words.startswith("The replay has failed")


def test_that_an_engine_that_starts_is_waited_for_in_words_and_is_stale_only_when_it_is_silent(tmp_path: Path) -> None:
    with BoardWriter(tmp_path) as writer:
        pad = Pad(tmp_path)
        writer.meta("state", "starting")
        writer.heartbeat()
        pad.pull(0)
        assert (life(pad), pad.pulse.words) == ("waiting", STARTING)
        pad.pull(2 * SECOND)
        assert life(pad) == "stale"
        writer.heartbeat()
        pad.pull(4 * SECOND)
        assert life(pad) == "waiting"


def test_that_a_new_writer_resets_the_copy(tmp_path: Path) -> None:
    pad = Pad(tmp_path)
    with BoardWriter(tmp_path) as writer:
        writer.put("parents", np.arange(3), rows_for(writer, ["A", "B", "C"]))
        put(writer, "fills", parent_row=[0, 1])
        writer.beat(1)
        pad.pull(0)
    with BoardWriter(tmp_path) as writer:
        writer.put("parents", np.arange(1), rows_for(writer, ["B"]))
        writer.beat(1)
        assert pad.pull(0).reset
        assert len(pad.parents) == 1
        assert pad.find("B") == 0
        assert len(pad.rows_of("fills", 0)) == 0


def test_that_a_board_of_another_build_is_refused_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with BoardWriter(tmp_path):
        monkeypatch.setattr("app.engine.layout.layout_hash", lambda: "0" * 64)
        pad = Pad(tmp_path)
        pad.pull(0)
        assert life(pad) == "refused"
        assert pad.pulse.stale
        assert "different builds" in pad.pulse.words
        monkeypatch.undo()
        assert pad.pull(0).reset, "asked again at every frame"


def test_that_a_row_left_half_written_keeps_its_last_values_and_stops_no_other(tmp_path: Path) -> None:
    with BoardWriter(tmp_path) as writer:
        pad = Pad(tmp_path)
        writer.put("parents", np.arange(4), rows_for(writer, list("ABCD")))
        writer.beat(1)
        pad.pull(0)
        writer.put("parents", np.arange(4), rows_for(writer, list("ABCD"), 10))
        sequences = writer._chunk("parents", 0).sequences
        sequences[2] |= np.uint64(1)
        writer.beat(2)
        assert pad.pull(0).parents.tolist() == [0, 1, 3]
        assert pad.parents["order_qty"].tolist() == [10, 11, 2, 13]
        sequences[2] += np.uint64(1)
        assert pad.pull(0).parents.tolist() == [2]
        assert pad.parents["order_qty"].tolist() == [10, 11, 12, 13]
