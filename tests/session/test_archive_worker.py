"""The archive's process follows a tape: as it grows, after it was killed, after the engine went on with it."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.engine.errors import FeedError
from app.engine.events import Block, OrderRow, Rows
from app.feeds.archive.place import Place
from app.feeds.archive.reading import TableReader
from app.feeds.archive.table import ArchiveTable, ArchiveUnavailableError
from app.feeds.archive.tables import SCORECARDS
from app.runtime.journal import JournalWriter
from app.runtime.outputs import RunReport
from app.session.archive_worker import Follower, finish_tape, main
from app.session.archived import archived
from app.session.runtime_folder import RuntimeFolder, Session
from app.settings import load_settings
from tests.feeds.archive.made import kept, market, own, sent, universe_of

ROWS, OWN = market(600), own(30)


class Tape:
    """A tape in a folder of its own, written block by block."""

    def __init__(self, folder: Path, archive: Path) -> None:
        self.folder = RuntimeFolder(folder)
        self.folder.create()
        self.folder.begin(Session(world="tech", archive=str(archive)))
        self.journal = JournalWriter(self.folder.tape, universe_of())
        self.blocks = 0

    def write(self, blocks: int) -> None:
        for _ in range(blocks):
            at = self.blocks
            rows: Rows = ROWS[at * 60 : (at + 1) * 60]
            orders: tuple[OrderRow, ...] = OWN[at * 3 : (at + 1) * 3]
            self.journal.write(Block(int(rows["ts_event"][-1]), rows, orders))
            self.blocks += 1
        self.journal.flush()


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "archive"


@pytest.fixture
def tape(tmp_path: Path, archive: Path) -> Iterator[Tape]:
    made = Tape(tmp_path / "run", archive)
    yield made
    made.journal.close()


def follow(tape: Tape, archive: Path) -> None:
    """Take what is on the tape now."""
    Follower(tape.folder, load_settings(), str(archive)).run(lambda: True)


def hash_of(blocks: int) -> str:
    return sent(universe_of(), ROWS[: blocks * 60], OWN[: blocks * 3])


def test_that_a_tape_is_followed_from_where_the_archive_has_it(tape: Tape, archive: Path) -> None:
    for blocks in (3, 0, 5, 2):
        tape.write(blocks)
        follow(tape, archive)
        assert kept(archive) == hash_of(tape.blocks)


def test_that_half_a_record_at_the_end_of_the_tape_waits_for_its_other_half(tape: Tape, archive: Path) -> None:
    tape.write(4)
    whole = tape.folder.tape.read_bytes()
    tape.folder.tape.write_bytes(whole[:-100])
    follow(tape, archive)
    assert kept(archive) == hash_of(3)
    tape.folder.tape.write_bytes(whole)
    follow(tape, archive)
    assert kept(archive) == hash_of(4)


def test_that_a_tape_nothing_has_reached_yet_is_waited_for(tape: Tape, archive: Path) -> None:
    assert tape.folder.tape.stat().st_size == 0  # its head is still with the engine
    looks: list[int] = []

    def stopped() -> bool:
        looks.append(1)
        if len(looks) == 2:
            tape.write(2)
        return len(looks) > 2

    Follower(tape.folder, load_settings(), str(archive)).run(stopped)
    assert kept(archive) == hash_of(2)


def test_that_a_session_begun_anew_has_a_lane_of_its_own(tape: Tape, archive: Path, tmp_path: Path) -> None:
    tape.write(10)
    follow(tape, archive)
    lane = archived(tape.folder.archived)
    other = Tape(tmp_path / "other", archive)
    other.write(1)
    other.journal.close()
    follow(other, archive)
    assert lane is not None
    assert lane.lane != getattr(archived(other.folder.archived), "lane", "")
    assert kept(archive) == sent(universe_of(), np.concatenate([ROWS, ROWS[:60]]), (*OWN, *OWN[:3]))


def pa_joined(left: Rows, right: Rows) -> Rows:
    import numpy as np

    joined: Rows = np.concatenate([left, right])
    return joined


def test_that_the_figures_follow_when_the_run_has_ended(tape: Tape, archive: Path) -> None:
    tape.write(10)
    tape.journal.finish(int(ROWS["ts_event"][-1]))
    tape.journal.close()
    report = RunReport(
        version="1", settings_hash="", input_hash="", model_hash=None, run_hash="", output_hash="abc", rows_in=0,
        rows_late=0, rows_quarantined=0, undefined={}, events_per_s=None, wall_s=0.0, notes=[],
    )  # fmt: skip
    for name, key in (("parents", "parent_id"), ("fills", "fill_id"), ("children", "child_id")):
        pq.write_table(pa.table({key: ["one", "two"]}), tape.folder.out / f"{name}.parquet")
    (tape.folder.out / "run.json").write_bytes(msgspec.json.encode(report))
    for _ in range(2):
        follow(tape, archive)
    assert sum(file.rows for file in TableReader(Place.of(str(archive)), SCORECARDS).files()) == 2
    word = archived(tape.folder.archived)
    assert word is not None
    assert word.complete


def test_that_a_tape_left_behind_is_kept_and_finished_later(
    tape: Tape, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tape.write(4)
    follow(tape, archive)
    tape.write(6)
    word = archived(tape.folder.archived)
    assert word is not None
    tape.folder.archived.write_bytes(msgspec.json.encode(msgspec.structs.replace(word, complete=False)))
    tape.journal.close()
    tape.folder.begin(Session(world="another"))  # somebody begins something else in that folder
    aside = next((tape.folder.path / "earlier").glob("*-tape"))
    assert "rows in" in finish_tape(aside, None)
    assert kept(archive) == hash_of(10)


def test_that_it_says_while_it_waits_and_when_it_goes_on(
    tape: Tape, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, failures, seen = ArchiveTable.append, [0, 0], []

    def sometimes(self: ArchiveTable, *arguments: object) -> bool:
        if failures:
            failures.pop()
            raise ArchiveUnavailableError("the bucket does not answer")
        seen.append(getattr(archived(tape.folder.archived), "archive_trouble", ""))
        return real(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(ArchiveTable, "append", sometimes)
    monkeypatch.setattr("app.feeds.archive.writer.time.sleep", lambda _: None)
    tape.write(10)
    follow(tape, archive)
    assert seen[0] == "the archive waits: the bucket does not answer"
    assert getattr(archived(tape.folder.archived), "archive_trouble", "?") == ""
    assert kept(archive) == hash_of(10)


def test_that_what_cannot_be_followed_is_told_to_the_supervisor(tmp_path: Path) -> None:
    folder = RuntimeFolder(tmp_path)
    folder.create()
    folder.begin(Session(world="tech", archive="gs://elsewhere"))
    assert main([str(tmp_path)]) == 3
    assert "a folder, or s3://BUCKET/PREFIX" in folder.last_words("archive")


def test_that_a_folder_without_a_tape_cannot_be_finished(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="no session with a tape is here"):
        finish_tape(tmp_path, None)
