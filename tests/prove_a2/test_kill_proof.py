"""kill -9 of every process at twenty random instants each: the others live, and the day ends the same."""

import os
import random
import signal
import time
from pathlib import Path

import pytest

from app.session.hand import SessionHand
from app.session.runtime_folder import Role
from tests.patience import eventually
from tests.session.live_day import begun, hash_of, kill, pid_of, played, session, state_of, supervisor, up_again

pytestmark = pytest.mark.prove

TIMES = 20
ALL: tuple[Role, ...] = ("engine", "desk", "lookback")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The day's output hash when nobody is killed."""
    result = played(begun(tmp_path_factory.mktemp("undisturbed") / "run"))
    assert result is not None
    return result.report.output_hash


@pytest.mark.parametrize("role", ["engine", "desk", "lookback"])
def test_that_a_process_killed_at_random_instants_harms_nobody(undisturbed: str, tmp_path: Path, role: Role) -> None:
    draw = random.Random(role)
    with session(tmp_path / "run", 8.0) as folder:
        for _ in range(TIMES):
            assert eventually(lambda: state_of(folder) in {"playing", "ended"})
            assert eventually(lambda: all(pid_of(folder, other) for other in ALL))
            others = {other: pid_of(folder, other) for other in ALL if other != role}
            time.sleep(draw.uniform(0.0, 2.0))  # the instant is what is drawn
            old = kill(folder, role)
            began = time.monotonic()
            assert eventually(lambda: "SIGKILL" in SessionHand(folder.path).reason(role), 5.0)
            assert time.monotonic() - began < 1.0
            assert {other: pid_of(folder, other) for other in others} == others
            assert up_again(folder, role, old)
        SessionHand(folder.path).set_speed(None)
        assert hash_of(folder) == undisturbed


def test_that_a_supervisor_killed_at_random_instants_is_followed_by_the_next(undisturbed: str, tmp_path: Path) -> None:
    draw = random.Random("supervisor")
    with session(tmp_path / "run", 8.0) as folder:
        started = []
        assert eventually(lambda: all(pid_of(folder, role) for role in ALL))
        engine = pid_of(folder, "engine")
        for _ in range(TIMES):
            status = folder.status()
            assert status is not None
            time.sleep(draw.uniform(0.0, 0.5))  # the instant is what is drawn
            os.kill(status.supervisor.pid, signal.SIGKILL)
            assert eventually(lambda: not status.supervisor.alive())  # noqa: B023 - called at once
            assert pid_of(folder, "engine") == engine
            started.append(supervisor(folder))
            assert eventually(lambda: (now := folder.status()) is not None and now.supervisor.pid == started[-1].pid)
        SessionHand(folder.path).set_speed(None)
        assert hash_of(folder) == undisturbed
    for one in started:
        one.wait(30)
