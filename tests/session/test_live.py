"""A session's run goes on exactly where it was interrupted: from its states, its tape and its messages."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from app.board import BoardReader
from app.engine.errors import EngineError
from app.engine.units import SECOND
from app.runtime.loop import RunResult
from app.session import snapshots
from app.session.commands import CommandLog
from app.session.recovery import opened_tape
from app.session.runtime_folder import RuntimeFolder
from tests.session.live_day import begun, played
from tests.session.reactive import Reactive

pytestmark = pytest.mark.slow  # processes, whole days or whole windows

SWITCH_NS = Reactive().start_ns + 200 * SECOND


class Switch:
    """A wire with one message at a time of its own, said once in a session's life."""

    def __init__(self) -> None:
        self.waiting = [SWITCH_NS]
        self.heard: list[tuple[int, bytes]] = []

    def next_ns(self) -> int | None:
        return min(self.waiting, default=None)

    def outgoing(self, now_ns: int) -> list[bytes]:
        due = [at for at in self.waiting if at <= now_ns]
        self.waiting = [at for at in self.waiting if at > now_ns]
        return [b"7" for _ in due]

    def incoming(self, replies: Sequence[tuple[int, bytes]]) -> None:
        self.heard += replies


@pytest.fixture(autouse=True)
def states_are_kept_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "EVERY_NS", 20 * SECOND)
    monkeypatch.setattr(snapshots, "AT_MOST_EVERY_S", 0.0)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    """The day, undisturbed, with its message."""
    result = played(begun(tmp_path_factory.mktemp("whole") / "run"), Switch())
    assert result is not None
    return result


def interrupted(folder: RuntimeFolder, at_bytes: int) -> Switch:
    """Run the day until its tape is so long, then stop in the middle."""
    switch = Switch()
    result = played(folder, switch, lambda: folder.tape.exists() and folder.tape.stat().st_size > at_bytes)
    assert result is None
    return switch


@pytest.mark.parametrize("at_bytes", [100, 150_000, 400_000])
def test_that_a_day_ends_the_same_wherever_it_was_interrupted(whole: RunResult, tmp_path: Path, at_bytes: int) -> None:
    folder = begun(tmp_path / "run")
    first = interrupted(folder, at_bytes)
    second = Switch()
    second.waiting = first.waiting
    result = played(folder, second)
    assert result is not None
    assert result.report.output_hash == whole.report.output_hash
    assert result.report.input_hash == whole.report.input_hash
    assert result.report.rows_in == whole.report.rows_in
    assert len(CommandLog(folder.commands).past) == 1
    assert (folder.out / "parents.parquet").exists()


def test_that_a_torn_tape_is_cut_and_a_damaged_state_passed_over(whole: RunResult, tmp_path: Path) -> None:
    folder = begun(tmp_path / "run")
    first = interrupted(folder, 400_000)
    folder.tape.write_bytes(folder.tape.read_bytes()[:-77])
    for place in snapshots.places(folder.snapshots)[:3]:
        place.path.write_bytes(place.path.read_bytes()[:-1])
    second = Switch()
    second.waiting = first.waiting
    result = played(folder, second)
    assert result is not None
    assert result.report.output_hash == whole.report.output_hash
    assert any("bytes are left unread" in note for note in result.report.notes)
    assert any("a damaged state" in note for note in result.report.notes)


def test_that_without_any_state_the_tape_alone_is_enough(whole: RunResult, tmp_path: Path) -> None:
    folder = begun(tmp_path / "run")
    first = interrupted(folder, 300_000)
    for place in snapshots.places(folder.snapshots):
        place.path.unlink()
    second = Switch()
    second.waiting = first.waiting
    result = played(folder, second)
    assert result is not None
    assert result.report.output_hash == whole.report.output_hash


def test_that_an_ended_day_ends_again_the_same(whole: RunResult, tmp_path: Path) -> None:
    folder = begun(tmp_path / "run")
    played(folder, Switch())
    silent = Switch()
    silent.waiting = []
    again = played(folder, silent)
    assert again is not None
    assert again.report.output_hash == whole.report.output_hash


def test_that_the_new_board_has_the_whole_path_and_a_new_epoch(tmp_path: Path) -> None:
    undisturbed = begun(tmp_path / "whole")
    played(undisturbed, Switch())
    folder = begun(tmp_path / "run")
    first = interrupted(folder, 300_000)
    before = BoardReader(folder.board)
    assert before.epoch == 1
    second = Switch()
    second.waiting = first.waiting
    played(folder, second)
    assert before.refresh()
    assert before.epoch == 2
    assert before.meta()["note"] == "a made day"
    mine, theirs = (BoardReader(one.board) for one in (folder, undisturbed))
    assert mine.meta()["start_ns"] == theirs.meta()["start_ns"]
    first_of = [int(reader.rows("trace")["ts"].min()) for reader in (mine, theirs)]
    assert first_of[0] == first_of[1]
    times = mine.rows("trace")
    for instrument in set(times["instrument"].tolist()):
        path = times["ts"][times["instrument"] == instrument]
        assert (path[1:] > path[:-1]).all()


def test_that_a_board_that_was_lost_gets_the_whole_path_again(tmp_path: Path) -> None:
    undisturbed = begun(tmp_path / "whole")
    played(undisturbed, Switch())
    folder = begun(tmp_path / "run")
    first = interrupted(folder, 300_000)
    assert len(snapshots.places(folder.snapshots)) > 0
    shutil.rmtree(folder.board)
    second = Switch()
    second.waiting = first.waiting
    played(folder, second)
    mine, theirs = (BoardReader(one.board).rows("trace") for one in (folder, undisturbed))
    assert mine["ts"].min() == theirs["ts"].min()
    assert len(mine) == pytest.approx(len(theirs), rel=0.1)
    for instrument in set(mine["instrument"].tolist()):
        path = mine["ts"][mine["instrument"] == instrument]
        assert (path[1:] > path[:-1]).all()


def test_that_a_tape_of_another_day_is_refused(tmp_path: Path) -> None:
    folder = begun(tmp_path / "run")
    interrupted(folder, 300_000)
    log = CommandLog(folder.commands)
    log.past.clear()
    log.close()
    folder.commands.write_bytes(b"")
    CommandLog(folder.commands).keep(Reactive().start_ns + SECOND, b"99")
    with pytest.raises(EngineError, match="another one than its tape"):
        played(folder, None)


def test_that_a_tape_with_nothing_on_it_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "tape.journal"
    assert opened_tape(path) is None
    path.write_bytes(b"SCOR")
    assert opened_tape(path) is None
    assert not path.exists()
