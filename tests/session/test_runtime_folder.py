"""The runtime folder: whose it is, what is begun and gone on with, who is alive."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from app.engine.errors import FeedError, SettingsError
from app.session.runtime_folder import (
    Identity,
    ProcessStatus,
    RuntimeFolder,
    Session,
    Status,
    default_folder,
    myself,
    started,
)
from app.session.wishes import Wish

DAY = Session(world="tech", speed=60.0)


def made(tmp_path: Path) -> RuntimeFolder:
    folder = RuntimeFolder(tmp_path / "run")
    folder.create()
    return folder


def told(folder: RuntimeFolder, *, closed: bool, supervisor: Identity | None = None) -> None:
    folder.tell(Status(supervisor=supervisor or Identity(1, "another"), processes={}, closed=closed))


def test_that_the_folder_is_its_users_alone(tmp_path: Path) -> None:
    folder = made(tmp_path)
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    folder.begin(DAY)
    assert folder.session() == DAY
    assert DAY.title == "tech"
    assert Session(replay="/data/monday").title == "monday"


def test_that_a_folder_that_cannot_be_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="--runtime: folder"):
        RuntimeFolder(tmp_path / "file" / "run").create()


def test_that_an_interrupted_session_is_gone_on_with_and_an_ended_one_begun_anew(tmp_path: Path) -> None:
    folder = made(tmp_path)
    assert not folder.begin(DAY)
    folder.tape.write_bytes(b"tape")
    folder.keep_wish(Wish(speed=2.0))
    told(folder, closed=False)
    assert folder.begin(DAY)
    assert folder.tape.read_bytes() == b"tape"
    assert folder.wish() == Wish(speed=2.0)
    told(folder, closed=True)
    assert not folder.begin(DAY)
    assert not folder.tape.exists()
    assert (folder.wish(), folder.status()) == (None, None)


def test_that_another_session_does_not_go_on_with_an_interrupted_one(tmp_path: Path) -> None:
    folder = made(tmp_path)
    folder.begin(DAY)
    folder.commands.write_text("x")
    told(folder, closed=False)
    assert not folder.begin(Session(world="tech", seed=2))
    assert not folder.commands.exists()


def test_that_what_control_has_kept_is_put_aside_not_removed(tmp_path: Path) -> None:
    folder = made(tmp_path)
    (folder.control / "audit").write_text("chain")
    folder.begin(DAY)
    assert not list(folder.control.iterdir())
    assert [path.read_text() for path in (folder.path / "earlier").glob("*/audit")] == ["chain"]


def test_that_a_process_is_known_by_its_start_as_well_as_its_pid() -> None:
    assert myself().alive()
    assert not Identity(os.getpid(), "long ago").alive()
    ended = subprocess.Popen([sys.executable, "-c", ""])
    known = Identity(ended.pid, started(ended.pid))
    ended.wait()
    assert not known.alive()
    assert not Identity(0, "").alive()


def test_that_a_session_runs_as_long_as_one_of_its_processes(tmp_path: Path) -> None:
    folder = made(tmp_path)
    assert not folder.running()
    told(folder, closed=False)
    assert not folder.running()
    engine = ProcessStatus(state="up", identity=myself())
    folder.tell(Status(supervisor=Identity(1, "another"), processes={"engine": engine}))
    assert folder.running()


def test_that_one_supervisor_holds_the_lock_and_its_death_gives_it_back(tmp_path: Path) -> None:
    folder = made(tmp_path)
    text = (
        "import sys; from pathlib import Path; from app.session.runtime_folder import RuntimeFolder\n"
        f"lock = RuntimeFolder(Path({str(folder.path)!r})).lock(); print(lock is not None, flush=True)\n"
        "sys.stdin.read()"
    )
    root = Path(__file__).resolve().parents[2]
    holder = subprocess.Popen(
        [sys.executable, "-c", text], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "True\n"
    assert folder.lock() is None
    holder.kill()
    holder.communicate()
    lock = folder.lock()
    assert lock is not None
    assert msgspec.json.decode((folder.path / "lock").read_bytes(), type=Identity) == myself()
    os.close(lock)


def test_that_last_words_are_heard_once(tmp_path: Path) -> None:
    folder = made(tmp_path)
    folder.words("engine", "no such day")
    assert folder.last_words("engine") == "no such day"
    assert folder.last_words("engine") == ""


def test_that_a_damaged_file_is_named(tmp_path: Path) -> None:
    folder = made(tmp_path)
    (folder.path / "status.json").write_text("{")
    with pytest.raises(FeedError, match=r"status\.json: cannot be read"):
        folder.status()


def test_that_the_folder_of_no_choice_is_in_the_users_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "leakage-scorecard" / "session"
    monkeypatch.delenv("XDG_STATE_HOME")
    assert default_folder() == Path.home() / ".local" / "state" / "leakage-scorecard" / "session"
