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
    assert stop_session(folder.path, 5.0)
    assert ended == [(os.getpid(), signal.SIGTERM)], "one that is not ours any more is left alone"


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
