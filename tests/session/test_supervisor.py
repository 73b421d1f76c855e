"""The supervisor: what ends is seen at once, said why, and started again; what it leaves behind is adopted."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import msgspec
import pytest

from app.engine.errors import FeedError
from app.runtime.channel import Line
from app.session.runtime_folder import Identity, ProcessStatus, RuntimeFolder, Session, started
from app.session.supervisor import (
    CLOSED,
    REFUSED,
    Order,
    Supervisor,
    Watched,
    how_it_ended,
    pin,
    words_of,
)
from tests.patience import eventually

STAYS = [sys.executable, "-c", "import signal; signal.pause()"]


def folder_at(tmp_path: Path) -> RuntimeFolder:
    folder = RuntimeFolder(tmp_path / "run")
    folder.create()
    folder.begin(Session(world="tech"))
    return folder


def ends(code: int) -> list[str]:
    return [sys.executable, "-c", f"raise SystemExit({code})"]


def test_that_a_killed_process_is_named_and_started_again_after_a_pause_that_grows(tmp_path: Path) -> None:
    watched = Watched("engine", STAYS, folder_at(tmp_path))
    now, pauses = 100.0, []
    watched._next_s = now
    for restarts in range(1, 5):
        assert watched.look(now)
        assert (watched.status.state, watched.status.restarts) == ("up", restarts - 1)
        watched.signal(signal.SIGKILL)
        assert eventually(lambda: watched.look(now))  # noqa: B023 - called at once
        assert (watched.status.state, watched.status.restarts) == ("down", restarts)
        assert watched.status.reason.startswith("killed by signal 9 (SIGKILL); its log is ")
        pauses.append(round(watched._next_s - now, 6))
        assert not watched.look(watched._next_s - 0.001)
        now = watched._next_s
    assert pauses == [0.1, 0.2, 0.4, 0.8]


def test_that_a_process_that_was_up_for_long_is_started_again_at_once(tmp_path: Path) -> None:
    watched = Watched("engine", STAYS, folder_at(tmp_path))
    watched._pause_s = 6.4
    watched.start(100.0)
    watched.signal(signal.SIGKILL)
    assert eventually(lambda: watched.look(200.0))
    assert watched._next_s == pytest.approx(200.1)


def test_that_a_process_that_refuses_stays_down_until_it_is_asked_for(tmp_path: Path) -> None:
    folder = folder_at(tmp_path)
    folder.words("engine", "tape: another day")
    watched = Watched("engine", ends(REFUSED), folder)
    watched.start(0.0)
    assert eventually(lambda: watched.look(1.0))
    assert (watched.status.state, watched.status.reason) == ("failed", "tape: another day")
    assert not watched.look(1e9)
    watched.renew()
    assert watched.look(2.0)
    assert watched.status.state == "up"
    assert eventually(lambda: watched.look(3.0))
    assert (watched.status.state, watched.status.reason) == ("failed", "it refused to start; see its log")


def test_that_a_process_that_ends_by_itself_is_not_started_again(tmp_path: Path) -> None:
    watched = Watched("desk", ends(0), folder_at(tmp_path))
    watched.start(0.0)
    assert eventually(lambda: watched.look(1.0))
    assert (watched.status.state, watched.status.reason) == ("ended", "")
    assert not watched.look(1e9)


def test_that_an_adopted_process_is_watched_by_pid_and_start(tmp_path: Path) -> None:
    folder = folder_at(tmp_path)
    other = subprocess.Popen(STAYS)
    known = ProcessStatus(state="up", identity=Identity(other.pid, started(other.pid)), restarts=2)
    watched = Watched("engine", STAYS, folder)
    watched.adopt(known)
    assert watched.identity == known.identity
    assert not watched.look(0.0)
    other.kill()
    other.wait()
    assert watched.look(0.0)
    assert (watched.status.state, watched.status.restarts) == ("down", 3)
    assert "its exit code is not known" in watched.status.reason
    stranger = Watched("engine", STAYS, folder)
    stranger.adopt(ProcessStatus(state="up", identity=Identity(os.getpid(), "long ago")))
    assert stranger.identity is None


def test_that_a_desk_closed_by_its_user_says_so_even_where_its_code_is_not_known(tmp_path: Path) -> None:
    folder = folder_at(tmp_path)
    other = subprocess.Popen(STAYS)
    watched = Watched("desk", STAYS, folder)
    watched.adopt(ProcessStatus(state="up", identity=Identity(other.pid, started(other.pid))))
    folder.words("desk", CLOSED)
    other.kill()
    other.wait()
    assert watched.look(0.0)
    assert watched.status.state == "ended"


def test_that_a_signal_never_reaches_another_process(tmp_path: Path) -> None:
    watched = Watched("engine", STAYS, folder_at(tmp_path))
    watched.status = ProcessStatus(state="up", identity=Identity(os.getpid(), "long ago"))
    watched.signal(signal.SIGKILL)
    assert watched.gone()


@pytest.mark.parametrize(
    ("code", "said"),
    [(-9, "killed by signal 9 (SIGKILL)"), (-11, "killed by signal 11 (SIGSEGV)"), (1, "ended with exit code 1")],
)
def test_that_an_end_is_said_in_words(code: int, said: str) -> None:
    assert how_it_ended(code) == said


def test_that_a_session_ends_with_its_desk_and_every_process_in_good_order(tmp_path: Path) -> None:
    folder = folder_at(tmp_path)
    supervisor = Supervisor(folder, {"desk": ends(0), "engine": STAYS})
    assert supervisor.run() == 0
    status = folder.status()
    assert status is not None
    assert status.closed
    assert {process.state for process in status.processes.values()} == {"ended"}
    assert not any(process.identity for process in status.processes.values())


def test_that_a_second_supervisor_is_refused(tmp_path: Path) -> None:
    folder = folder_at(tmp_path)
    lock = folder.lock()
    assert lock is not None
    second = RuntimeFolder(folder.path)
    with pytest.raises(FeedError, match="this session runs already"):
        Supervisor(second, {}).run()
    os.close(lock)


def test_that_the_door_takes_orders(tmp_path: Path) -> None:
    folder = folder_at(tmp_path)
    supervisor = Supervisor(folder, {"engine": ends(REFUSED)})
    running = threading.Thread(target=supervisor.run)
    running.start()
    watched = supervisor.watched["engine"]
    assert eventually(lambda: watched.status.state == "failed")
    since = watched.status.since
    line = Line(folder.socket("supervisor"), 10.0)
    assert line.ask(msgspec.json.encode(Order(restart="engine"))) == b"ok"
    assert eventually(lambda: watched.status.state == "failed" and watched.status.since > since)
    assert line.ask(msgspec.json.encode(Order(stop=True))) == b"ok"
    running.join(20)
    assert not running.is_alive()


def test_that_the_engine_has_a_core_of_its_own() -> None:
    cores = sorted(os.sched_getaffinity(0))
    others = [subprocess.Popen(STAYS) for _ in range(2)]
    first, second = (Identity(other.pid, started(other.pid)) for other in others)
    pin({"engine": first, "desk": second, "control": None, "lookback": Identity(others[0].pid, "long ago")})
    expected = (set(cores[:1]), set(cores[1:])) if len(cores) > 1 else (set(cores), set(cores))
    assert (os.sched_getaffinity(first.pid), os.sched_getaffinity(second.pid)) == expected
    for other in others:
        other.kill()
        other.wait()


def test_that_every_process_has_its_command_and_the_window_comes_first(tmp_path: Path) -> None:
    folder = RuntimeFolder(tmp_path)
    words = words_of(folder, ("engine", "control", "lookback", "desk"))
    assert next(iter(words)) == "desk"
    assert all(command[0] == sys.executable and str(tmp_path) in command for command in words.values())
    assert words["control"][1:3] == ["-m", "app.control"]


def test_that_neither_qt_nor_the_engine_is_in_the_supervisors_process() -> None:
    text = (
        "import sys, app.session.supervisor, app.session.hand, app.session.lookback;"
        "print(sorted({'numba', 'PySide6', 'app.engine.core'} & set(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"
