"""The desk's hand on a session: wishes reach the engine in the end, and nobody waits for it."""

import threading
import time
from pathlib import Path

import msgspec

from app.runtime.channel import Door
from app.session.hand import SessionHand, stop_session
from app.session.runtime_folder import Identity, ProcessStatus, RuntimeFolder, Session, Status, myself
from app.session.supervisor import Order
from app.session.wishes import OK, Wish
from tests.patience import eventually


def begun(tmp_path: Path) -> RuntimeFolder:
    folder = RuntimeFolder(tmp_path / "run")
    folder.create()
    folder.begin(Session(world="tech", speed=60.0))
    return folder


def test_that_every_wish_is_the_whole_of_it_and_a_jump_is_said_once(tmp_path: Path) -> None:
    folder, heard = begun(tmp_path), []

    def answer(question: bytes) -> bytes:
        heard.append(msgspec.json.decode(question, type=Wish))
        return OK

    with Door(folder.socket("engine"), answer):
        hand = SessionHand(folder.path)
        for act, wished in (
            (hand.pause, Wish(speed=60.0, paused=True)),
            (lambda: hand.jump(99), Wish(speed=60.0, paused=True, jump_ns=99)),
            (lambda: hand.set_speed(None), Wish(speed=None, paused=True)),
            (hand.resume, Wish(speed=None, paused=False)),
        ):
            act()
            assert eventually(lambda: heard[-1:] == [wished], 10.0)  # noqa: B023 - called at once
        hand.close()
    assert hand.title == "tech"


def test_that_a_wish_waits_for_an_engine_that_is_being_started_and_the_newest_counts(tmp_path: Path) -> None:
    folder, heard = begun(tmp_path), []
    hand = SessionHand(folder.path)
    began = time.monotonic()
    for speed in (1.0, 2.0, 3.0):
        hand.set_speed(speed)
    assert time.monotonic() - began < 0.5

    def answer(question: bytes) -> bytes:
        heard.append(msgspec.json.decode(question, type=Wish).speed)
        return OK

    with Door(folder.socket("engine"), answer):
        assert eventually(lambda: heard == [3.0], 10.0)
    hand.close()


def test_that_the_reason_is_the_supervisors_and_its_own_death_is_one_too(tmp_path: Path) -> None:
    folder = begun(tmp_path)
    hand = SessionHand(folder.path)
    assert hand.reason() == ""
    down = ProcessStatus(state="down", reason="killed by signal 9 (SIGKILL)")
    folder.tell(Status(supervisor=myself(), processes={"engine": down}))
    assert hand.reason() == "killed by signal 9 (SIGKILL)"
    assert hand.reason("desk") == ""
    folder.tell(Status(supervisor=Identity(1, "gone"), processes={"engine": down}))
    assert hand.reason().startswith("nobody watches this session")
    folder.tell(Status(supervisor=Identity(1, "gone"), processes={"engine": down}, closed=True))
    assert hand.reason() == "killed by signal 9 (SIGKILL)"
    (folder.path / "status.json").write_text("{")
    assert hand.reason() == ""
    hand.close()


def test_that_a_restart_is_asked_of_the_supervisor_without_waiting(tmp_path: Path) -> None:
    folder, asked, heard = begun(tmp_path), [], threading.Event()

    def answer(question: bytes) -> bytes:
        asked.append(msgspec.json.decode(question, type=Order))
        heard.set()
        return OK

    hand = SessionHand(folder.path)
    hand.restart()  # nobody there: nothing happens
    with Door(folder.socket("supervisor"), answer):
        hand.restart("control")
        assert heard.wait(10)
    assert asked[-1] == Order(restart="control")
    hand.close()


def test_that_nothing_is_stopped_where_nothing_runs(tmp_path: Path) -> None:
    assert not stop_session(tmp_path)
    folder = begun(tmp_path)
    folder.tell(Status(supervisor=Identity(1, "gone"), processes={}, closed=True))
    assert not stop_session(folder.path)
