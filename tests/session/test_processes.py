"""A supervised session under kill -9: the others survive and say so, and the day ends as if nothing had happened."""

import os
import random
import signal
import time
from pathlib import Path

import pytest

from app.board import BoardReader
from app.engine.errors import FeedError
from app.session.hand import SessionHand, stop_session
from app.session.lookback import LookbackClient
from app.session.runtime_folder import Role, RuntimeFolder, Session
from app.session.supervisor import Supervisor, words_of
from tests.patience import eventually
from tests.session.live_day import (
    answered,
    begun,
    hash_of,
    kill,
    pid_of,
    played,
    session,
    state_of,
    supervisor,
    up_again,
)
from tests.session.reactive import Reactive

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The day's output hash when nobody is killed."""
    result = played(begun(tmp_path_factory.mktemp("undisturbed") / "run"))
    assert result is not None
    return result.report.output_hash


def test_that_a_killed_engine_is_seen_within_a_second_and_ends_the_day_the_same(
    undisturbed: str, tmp_path: Path
) -> None:
    draw = random.Random(1)
    with session(tmp_path / "run") as folder:
        client = LookbackClient(folder.path, 30.0)
        for _ in range(3):
            assert eventually(lambda: state_of(folder) in {"playing", "ended"})
            time.sleep(draw.uniform(0.0, 0.6))  # the instant is what is drawn
            bystanders: tuple[Role, ...] = ("lookback", "desk")
            others = {role: pid_of(folder, role) for role in bystanders}
            old = kill(folder, "engine")
            began = time.monotonic()
            assert eventually(lambda: "SIGKILL" in SessionHand(folder.path).reason(), 5.0)
            assert time.monotonic() - began < 1.0
            assert up_again(folder, "engine", old)
            assert {role: pid_of(folder, role) for role in others} == others
        SessionHand(folder.path).set_speed(None)
        assert hash_of(folder) == undisturbed
        assert eventually(lambda: answered(client) is not None)


def test_that_a_killed_desk_leaves_the_engine_alone(undisturbed: str, tmp_path: Path) -> None:
    with session(tmp_path / "run") as folder:
        engine = pid_of(folder, "engine")
        old = kill(folder, "desk")
        assert up_again(folder, "desk", old)
        assert pid_of(folder, "engine") == engine
        SessionHand(folder.path).set_speed(None)
        assert hash_of(folder) == undisturbed


def test_that_a_killed_lookback_harms_nobody_and_answers_again(undisturbed: str, tmp_path: Path) -> None:
    with session(tmp_path / "run") as folder:
        assert eventually(lambda: pid_of(folder, "lookback") is not None)
        client = LookbackClient(folder.path, 30.0)
        engine = pid_of(folder, "engine")
        old = kill(folder, "lookback")
        with pytest.raises(FeedError, match="lookback: "):
            client.raw("desk", 2)
        assert up_again(folder, "lookback", old)
        assert pid_of(folder, "engine") == engine
        SessionHand(folder.path).set_speed(None)
        assert hash_of(folder) == undisturbed
        assert eventually(lambda: answered(client) == b"35=8|11=C0|32=1")


def test_that_children_go_on_without_a_supervisor_and_the_next_one_adopts_them(
    undisturbed: str, tmp_path: Path
) -> None:
    with session(tmp_path / "run") as folder:
        assert eventually(lambda: all(pid_of(folder, role) for role in ("engine", "lookback", "desk")))
        status = folder.status()
        assert status is not None
        pids = {role: process.identity for role, process in status.processes.items()}
        os.kill(status.supervisor.pid, signal.SIGKILL)
        assert eventually(lambda: not status.supervisor.alive())
        assert all(identity is not None and identity.alive() for identity in pids.values())
        assert "nobody watches" in SessionHand(folder.path).reason()
        second = supervisor(folder)
        assert eventually(lambda: (now := folder.status()) is not None and now.supervisor.pid == second.pid)
        now = folder.status()
        assert now is not None
        assert {role: process.identity for role, process in now.processes.items()} == pids
        old = kill(folder, "engine")
        assert up_again(folder, "engine", old)
        SessionHand(folder.path).set_speed(None)
        assert hash_of(folder) == undisturbed
        assert stop_session(folder.path)
        assert second.wait(20) == 0


def test_that_playback_is_obeyed_and_a_restarted_engine_goes_on_as_it_was_told(tmp_path: Path) -> None:
    with session(tmp_path / "run") as folder:
        hand = SessionHand(folder.path)
        feed = Reactive()
        hand.pause()
        assert eventually(lambda: state_of(folder) == "paused")
        hand.jump(feed.start_ns + 300 * 10**9)
        assert eventually(lambda: BoardReader(folder.board).watermark >= feed.start_ns + 299 * 10**9)
        assert eventually(lambda: state_of(folder) == "paused")
        old = kill(folder, "engine")
        assert up_again(folder, "engine", old)
        assert eventually(lambda: state_of(folder) == "paused")
        stood = BoardReader(folder.board).watermark
        assert stood >= feed.start_ns + 299 * 10**9
        hand.resume()
        assert eventually(lambda: BoardReader(folder.board).watermark > stood)
        hand.close()


def test_that_a_stopped_session_leaves_nothing_running(tmp_path: Path) -> None:
    with session(tmp_path / "run") as folder:
        assert stop_session(folder.path)
        assert not folder.running()
        reader = BoardReader(folder.board)
        assert reader.closed
        status = folder.status()
        assert status is not None
        assert status.closed
    assert not stop_session(folder.path)


def test_that_a_worker_that_stands_still_keeps_the_desk_no_longer_than_it_was_told(tmp_path: Path) -> None:
    with session(tmp_path / "run") as folder:
        client = LookbackClient(folder.path, 30.0)
        assert eventually(lambda: answered(client) is not None)
        pid = pid_of(folder, "lookback")
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        began = time.monotonic()
        slow = LookbackClient(folder.path, 0.3)
        with pytest.raises(FeedError, match=r"within 0\.3 s"):
            slow.raw("desk", 2)
        assert time.monotonic() - began < 3.0
        os.kill(pid, signal.SIGCONT)
        assert client.raw("desk", 2) is not None


def test_that_a_session_that_cannot_be_run_says_why_and_is_not_tried_for_ever(tmp_path: Path) -> None:
    folder = RuntimeFolder(tmp_path / "run")
    folder.create()
    folder.begin(Session(replay=str(tmp_path / "nowhere")))
    one = Supervisor(folder, words_of(folder, ("engine",)))

    def failed() -> bool:
        one.look()
        return one.watched["engine"].status.state == "failed"

    assert eventually(failed)
    assert one.watched["engine"].status.reason.endswith("nowhere: there is no such file or folder")
