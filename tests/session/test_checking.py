"""The live run against its tape: marks as minutes close, both hashes replayed and compared, differences that stay."""

import shutil
from pathlib import Path

import msgspec
import pytest

from app.engine.units import NULL, SECOND
from app.runtime.journal import RECORD
from app.session import checking, snapshots
from app.session.checking import Checked, Checker, Mark, checked, forget_after, marks
from app.session.recovery import TapeIndex
from app.session.runtime_folder import RuntimeFolder
from app.settings import load_settings
from tests.session.live_day import begun, played

pytestmark = pytest.mark.slow  # whole days
CONFIG = load_settings().engine(book=False)


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> RuntimeFolder:
    """An ended day with states every minute."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(snapshots, "EVERY_NS", 60 * SECOND)
        patch.setattr(snapshots, "AT_MOST_EVERY_S", 0.0)
        made = begun(tmp_path_factory.mktemp("checking") / "run")
        played(made)
    return made


@pytest.fixture
def copy(ended: RuntimeFolder, tmp_path: Path) -> RuntimeFolder:
    shutil.copytree(ended.path, tmp_path / "run", ignore=shutil.ignore_patterns("sockets"))
    return RuntimeFolder(tmp_path / "run")


def through(folder: RuntimeFolder) -> list[Checked]:
    """Everything a checker says on its way."""
    checker = Checker(folder, CONFIG)
    said: list[Checked] = []
    while checker.step(0.0):
        if not said or said[-1] != checker.said:
            said.append(checker.said)
    return [*said, checker.said]


def test_that_an_ended_day_is_compared_minute_by_minute_state_by_state_and_in_the_end(copy: RuntimeFolder) -> None:
    index = TapeIndex(copy.tape)
    report = msgspec.json.decode((copy.out / "run.json").read_bytes())
    made = marks(copy.marks)
    assert [mark.watermark // checking.MINUTE_NS for mark in made] == sorted(
        {entry.watermark // checking.MINUTE_NS for entry in index.entries}
    )[1:], "one as each minute closes"
    said = through(copy)
    assert all(one.equal for one in said)
    assert {one.checked_ns for one in said} >= {mark.watermark for mark in made}
    assert len({one.output_ns for one in said}) > 3, "at the states too"
    last = said[-1]
    assert last.checked_ns == last.output_ns == index.reader.end_ns
    assert (last.replay_run_hash, last.replay_output_hash) == (report["run_hash"], report["output_hash"])
    assert checked(copy.checked) == last
    assert not Checker(copy, CONFIG).step(60.0), "and all at once"


def test_that_a_run_that_goes_on_is_compared_up_to_the_last_minute_it_closed(copy: RuntimeFolder) -> None:
    with copy.tape.open("r+b") as tape:
        tape.truncate(copy.tape.stat().st_size - RECORD.itemsize)  # no end mark
    made = marks(copy.marks)
    said = through(copy)
    assert said[-1].checked_ns == made[-1].watermark
    assert said[-1].equal
    copy.marks.unlink()
    assert through(copy) == [Checked()], "nothing has closed yet"


@pytest.mark.parametrize("ends", [True, False])
def test_that_another_run_hash_is_told_and_stays(copy: RuntimeFolder, ends: bool) -> None:
    made = marks(copy.marks)
    made[2] = Mark(made[2].number, made[2].watermark, "0" * 64)
    copy.marks.write_bytes(b"".join(msgspec.json.encode(mark) + b"\n" for mark in made))
    if not ends:
        (copy.out / "run.json").unlink()
    last = through(copy)[-1]
    assert not last.equal
    assert (last.checked_ns, last.live_run_hash) == (made[2].watermark, "0" * 64)
    assert len(last.replay_run_hash) == 64


def test_that_figures_that_are_not_the_tapes_are_told(copy: RuntimeFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    places = snapshots.places(copy.snapshots)
    newest = snapshots.read(places[0].path)
    monkeypatch.setattr(snapshots, "read", lambda _path: newest)
    last = through(copy)[-1]
    assert not last.equal
    assert last.live_output_hash != last.replay_output_hash
    assert last.live_run_hash == last.replay_run_hash


def test_that_a_damaged_state_is_passed_over(copy: RuntimeFolder) -> None:
    for place in snapshots.places(copy.snapshots):
        place.path.write_bytes(b"no state")
    said = through(copy)
    assert {one.output_ns for one in said[:-1]} == {NULL}
    assert said[-1].equal


def test_that_marks_half_written_are_not_there_and_those_ahead_of_the_tape_are_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "marks.log"
    forget_after(path, 5)
    assert not path.exists()
    path.write_bytes(b'[3,60,"a"]\n[7,120,"b"]\n[9,1')
    assert marks(path) == [Mark(3, 60, "a"), Mark(7, 120, "b")]
    forget_after(path, 6)
    assert marks(path) == [Mark(3, 60, "a")]
    assert path.read_bytes() == b'[3,60,"a"]\n'
    assert checked(tmp_path / "none") is None
    path.write_bytes(b"not json")
    assert checked(path) is None


def test_that_a_tape_that_cannot_be_replayed_is_given_up_in_words(
    copy: RuntimeFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    copy.tape.write_bytes(b"x" * 500)
    checker = Checker(copy, CONFIG)
    checker.go_on(1.0)
    checker.go_on(1.0)
    said = capsys.readouterr().err
    assert said.count("the tape is not compared any further") == 1
    assert "tape.journal" in said
    none = Checker(RuntimeFolder(copy.path / "nowhere"), CONFIG)
    assert not none.step(1.0)
