"""Ending a session: asked of its supervisor, of its processes where that has died; what does not end is said."""

import os
import signal
from pathlib import Path

import msgspec
import pytest

from app.engine.errors import FeedError
from app.runtime.channel import Door
from app.session.hand import stop_session
from app.session.runtime_folder import Identity, ProcessStatus, RuntimeFolder, Session, Status, myself
from app.session.supervisor import Order
from app.session.wishes import OK

GONE = Identity(1, "gone")


def begun(tmp_path: Path) -> RuntimeFolder:
    """A folder in which a session was begun."""
    folder = RuntimeFolder(tmp_path / "run")
    folder.create()
    folder.begin(Session(world="tech"))
    return folder


def test_that_a_living_supervisor_is_asked_and_waited_for(tmp_path: Path) -> None:
    folder, asked = begun(tmp_path), []
    folder.tell(Status(supervisor=myself(), processes={}))

    def answer(question: bytes) -> bytes:
        asked.append(msgspec.json.decode(question, type=Order))
        folder.tell(Status(supervisor=GONE, processes={}, closed=True))
        return OK

    with Door(folder.socket("supervisor"), answer):
        assert stop_session(folder.path, 5.0)
    assert asked == [Order(stop=True)]
    assert not stop_session(folder.path), "nothing runs any more"


def test_that_processes_without_a_supervisor_are_ended_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = begun(tmp_path)
    mine = ProcessStatus(state="up", identity=myself())
    dead = ProcessStatus(state="up", identity=GONE)
    folder.tell(Status(supervisor=GONE, processes={"engine": mine, "control": dead, "desk": ProcessStatus()}))
    ended: list[tuple[int, int]] = []

    def end(pid: int, number: int) -> None:
        ended.append((pid, number))
        folder.tell(Status(supervisor=GONE, processes={}))

    monkeypatch.setattr(os, "kill", end)
    said = stop_session(folder.path, 5.0)
    assert ended == [(os.getpid(), signal.SIGTERM)], "one that is not ours any more is left alone"
    assert said.startswith(
        "the session had been killed: its supervisor was gone; control, desk too; ended what still ran"
    )
    assert "engine" in said


def test_that_a_process_that_ended_meanwhile_is_no_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = begun(tmp_path)
    folder.tell(Status(supervisor=GONE, processes={"engine": ProcessStatus(state="up", identity=myself())}))

    def gone(_pid: int, _number: int) -> None:
        folder.tell(Status(supervisor=GONE, processes={}))
        raise ProcessLookupError

    monkeypatch.setattr(os, "kill", gone)
    assert stop_session(folder.path, 5.0)


def test_that_a_session_that_does_not_end_in_time_is_said(tmp_path: Path) -> None:
    folder = begun(tmp_path)
    folder.tell(Status(supervisor=myself(), processes={}))
    with Door(folder.socket("supervisor"), lambda _question: OK), pytest.raises(FeedError) as said:
        stop_session(folder.path, 0.1)
    assert str(said.value) == f"{folder.path}: the session does not end within 0.1 s"


def test_that_a_session_that_was_killed_is_told_and_its_folder_put_in_order(tmp_path: Path) -> None:
    folder = begun(tmp_path)
    dead = ProcessStatus(state="up", identity=GONE)
    folder.tell(Status(supervisor=GONE, processes={"engine": dead, "control": dead}))
    folder.tape.write_bytes(b"tape")
    (folder.snapshots / "1-2.state").write_bytes(b"state")
    for name in ("engine", "control"):
        folder.socket(name).write_text("{}")
    folder.words("engine", "no more memory")
    (folder.path / ".status.json.123.456").write_bytes(b"half")
    half = folder.path / f".{folder.out.name}.77.partial"
    half.mkdir()
    (half / "fills.parquet").write_bytes(b"half")
    said = stop_session(folder.path, 1.0)
    assert said == (
        "the session had been killed: its supervisor was gone; engine, control too; "
        "cleared 5 files of theirs; tape, states and audit are kept until the next run"
    )
    assert list(folder.sockets.iterdir()) == []
    assert not half.exists()
    assert not list(folder.path.glob(".status*"))
    assert folder.last_words("engine") == ""
    assert folder.tape.exists()
    assert len(list(folder.snapshots.iterdir())) == 1
    status = folder.status()
    assert status is not None
    assert status.closed
    assert {known.state for known in status.processes.values()} == {"ended"}
    assert stop_session(folder.path) == "", "it was put in order"
    assert not folder.begin(Session(world="tech")), "what was killed and stopped is not gone on with"
