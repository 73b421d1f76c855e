"""Live sources into an archive: what is said, when it ends, what is kept, and who may be killed meanwhile."""

import random
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from app.engine.errors import FeedError
from app.runtime.outputs import RUN, RunReport
from app.session import recorder as module
from app.session.archived import Archived
from app.session.recorder import Recorder, folder_of, record_live, recorded
from app.session.runtime_folder import Role, RuntimeFolder
from scripts.kafka import Broker
from tests.feeds.kafka.wire import small_day
from tests.parts.faults import Trial, everything_at_once
from tests.parts.kafka import broker
from tests.parts.kdb_day import connection_cut
from tests.parts.recording import judge

__all__ = ["broker"]
REPORT = RunReport(
    version="1", settings_hash="", input_hash="", model_hash=None, run_hash="", output_hash="abc", rows_in=7,
    rows_late=0, rows_quarantined=0, undefined={}, events_per_s=None, wall_s=0.0, notes=[],
)  # fmt: skip
WAITS = "import signal; signal.signal(signal.SIGTERM, lambda *_: exit(0)); signal.pause()"


@pytest.fixture
def folder(tmp_path: Path) -> RuntimeFolder:
    made = RuntimeFolder(tmp_path / "recording")
    made.create()
    return made


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    path = tmp_path / "live.toml"
    path.write_text('[sources.log]\nkind = "file"\nrole = "orders"\npath = "x.log"\n')
    return path


def played(monkeypatch: pytest.MonkeyPatch, **scripts: str) -> None:
    """The processes of a recording are these scripts; each is told the folder."""

    def words(folder: RuntimeFolder, roles: Sequence[Role]) -> dict[Role, list[str]]:
        return {role: [sys.executable, "-c", scripts[role], str(folder.path)] for role in roles}

    monkeypatch.setattr(module, "words_of", words)


def ended(folder: RuntimeFolder, *, complete: bool = True, report: bool = True) -> None:
    """What engine and archive leave when a day has ended."""
    folder.archived.write_bytes(msgspec.json.encode(Archived(lane="tape", complete=complete)))
    if report:
        (folder.out / RUN).write_bytes(msgspec.json.encode(REPORT))


@pytest.mark.parametrize(("complete", "report"), [(True, True), (True, False), (False, True)])
def test_that_a_recording_is_over_when_the_run_has_ended_and_all_of_it_is_archived(
    folder: RuntimeFolder, complete: bool, report: bool
) -> None:
    assert not recorded(folder)
    ended(folder, complete=complete, report=report)
    assert recorded(folder) == (complete and report)


def test_that_every_pair_of_sources_and_archive_has_a_folder_of_its_own() -> None:
    places = {folder_of(settings, archive) for settings in (None, "a.toml", "b.toml") for archive in ("x", "s3://y")}
    assert len(places) == 6
    assert folder_of("a.toml", "x") == folder_of("a.toml", "x")


ENDS = f"""
import pathlib, sys
folder = pathlib.Path(sys.argv[1])
(folder / "out" / {RUN!r}).write_bytes({msgspec.json.encode(REPORT)!r})
(folder / "archived.json").write_bytes({msgspec.json.encode(Archived(lane="tape", complete=True))!r})
{WAITS}
"""


def test_that_an_ended_day_is_reported_its_tables_are_put_where_they_were_asked_for_and_the_next_is_begun_anew(
    monkeypatch: pytest.MonkeyPatch, folder: RuntimeFolder, settings: Path, tmp_path: Path
) -> None:
    played(monkeypatch, engine=WAITS, archive=ENDS)
    report = record_live(str(settings), str(tmp_path / "archive"), str(folder.path), str(tmp_path / "out"))
    assert report == REPORT
    assert (tmp_path / "out" / RUN).read_bytes() == (folder.out / RUN).read_bytes()
    status = folder.status()
    assert status is not None
    assert status.closed
    assert {role: known.state for role, known in status.processes.items()} == {"engine": "ended", "archive": "ended"}
    session = folder.session()
    assert session is not None
    assert not folder.begin(session), "it is over: what comes next is another recording"


@pytest.mark.parametrize("role", ["engine", "archive"])
def test_that_what_cannot_go_on_ends_the_recording_in_its_own_words(
    monkeypatch: pytest.MonkeyPatch, folder: RuntimeFolder, settings: Path, role: Role
) -> None:
    refuses = (
        "import sys; from pathlib import Path; from app.session.runtime_folder import RuntimeFolder;"
        f"RuntimeFolder(Path(sys.argv[1])).words({role!r}, 'no such topic'); sys.exit(3)"
    )
    played(monkeypatch, **{"engine": WAITS, "archive": WAITS, role: refuses})
    with pytest.raises(FeedError, match=f"{role}: no such topic"):
        record_live(str(settings), "archive", str(folder.path))


def test_that_tables_that_cannot_be_put_anywhere_are_said(
    monkeypatch: pytest.MonkeyPatch, folder: RuntimeFolder, settings: Path, tmp_path: Path
) -> None:
    played(monkeypatch, engine=WAITS, archive=ENDS)
    (tmp_path / "out").write_text("a file")
    with pytest.raises(FeedError, match="out: the tables cannot be written"):
        record_live(str(settings), str(tmp_path / "archive"), str(folder.path), str(tmp_path / "out"))


def test_that_trouble_of_the_archive_is_said_once_and_so_is_its_end(
    folder: RuntimeFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    watching = Recorder(folder, {})
    for trouble in ("", "the archive waits: the bucket does not answer", "the archive waits: a full disk", "", ""):
        folder.archived.write_bytes(msgspec.json.encode(Archived(archive_trouble=trouble)))
        watching.look()
        watching.look()
    assert capsys.readouterr().err.splitlines() == [
        "scorecard: the archive waits: the bucket does not answer", "scorecard: the archive waits: a full disk",
        "scorecard: the archive goes on; nothing was lost",
    ]  # fmt: skip


def test_that_budgets_of_clocks_are_those_of_the_beginning(folder: RuntimeFolder, tmp_path: Path) -> None:
    log = tmp_path / "clock.log"
    settings = tmp_path / "live.toml"
    settings.write_text(f'[health]\nmargin = 2.0\n[health.files]\n"*" = "{log.name}"\n')
    log.write_text("ptp4l[1.0]: master offset -400 s2 freq -1 path delay 9\n" * 3)
    module._keep_budgets(folder, str(settings))
    first = folder.budgets()
    log.write_text("ptp4l[1.0]: master offset -90000 s2 freq -1 path delay 9\n" * 3)
    assert first == folder.budgets() == {"*": 800}


# -- with a real broker, a real tickerplant ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_day(tmp_path_factory.mktemp("day") / "session", rows=6_000)


@pytest.mark.slow
def test_that_a_recording_killed_at_random_instants_has_every_row_once_and_the_same_figures(
    day: Path, broker: Broker, tmp_path: Path
) -> None:
    trial = Trial(day=day, work=tmp_path, broker=broker, draw=random.Random(4))
    try:
        trial.judge(everything_at_once(trial))
    finally:
        trial.close()


@pytest.mark.slow
def test_that_connections_of_kdb_cut_in_the_middle_of_messages_cost_nothing(day: Path, tmp_path: Path) -> None:
    with connection_cut(day, tmp_path, random.Random(2)) as (running, settings):
        judge(day, settings, running, [], late=None)
