"""kill -9 on the real thing: the TECH day's first minutes, its EMS, the control process, lookback and the Qt desk."""

import os
import random
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest

from app.engine.errors import FeedError
from app.engine.units import SECOND
from app.feeds.simulator import load_world
from app.session.hand import SessionHand
from app.session.lookback import LookbackClient
from app.session.runtime_folder import Role
from app.session.spoken import Level
from tests.patience import eventually
from tests.session.live_day import REAL, begun, hash_of, kill, pid_of, played, session, state_of, supervisor, up_again
from tests.session.tech_morning import morning

pytestmark = pytest.mark.prove

TIMES = 20
SPEED = 6.0  # the twenty minutes last longer than twenty deaths


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The world's file."""
    return str(morning(tmp_path_factory.mktemp("world")))


@pytest.fixture(scope="module")
def undisturbed(world: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The day's output hash when nobody is killed."""
    result = played(begun(tmp_path_factory.mktemp("undisturbed") / "run", None, world))
    assert result is not None
    return result.report.output_hash


@pytest.fixture(autouse=True)
def no_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")  # the desk is the real one; nobody looks at it


def ladder(client: LookbackClient, at_ns: int) -> list[Level] | None:
    """What the lookback says; None while its door is shut: a process that was killed last is still loading."""
    with suppress(FeedError):
        return client.ladder("TECH", at_ns)
    return None


@pytest.mark.parametrize("role", REAL)
def test_that_a_process_of_the_real_session_killed_at_random_instants_harms_nobody(
    undisturbed: str, world: str, tmp_path: Path, role: Role
) -> None:
    draw = random.Random(role)
    with session(tmp_path / "run", SPEED, world) as folder:
        for _ in range(TIMES):
            eventually(lambda: state_of(folder) in {"playing", "ended"})
            eventually(lambda: all(pid_of(folder, other) for other in REAL))
            others = {other: pid_of(folder, other) for other in REAL if other != role}
            time.sleep(draw.uniform(0.0, 4.0))  # the instant is what is drawn
            old = kill(folder, role)
            began = time.monotonic()
            eventually(lambda: "SIGKILL" in SessionHand(folder.path).reason(role), 5.0)
            assert time.monotonic() - began < 1.0
            assert {other: pid_of(folder, other) for other in others} == others
            assert up_again(folder, role, old)
        SessionHand(folder.path).set_speed(None)
        assert hash_of(folder) == undisturbed
        client, at_ns = LookbackClient(folder.path, 60.0), load_world(world).ns("09:40:00") + SECOND
        levels = eventually(lambda: ladder(client, at_ns))
        assert {level.side for level in levels} == {"B", "A"}


def test_that_the_supervisor_of_the_real_session_is_followed_by_the_next(
    undisturbed: str, world: str, tmp_path: Path
) -> None:
    draw = random.Random("supervisor")
    with session(tmp_path / "run", SPEED, world) as folder:
        started = []
        eventually(lambda: all(pid_of(folder, role) for role in REAL))
        running = {role: pid_of(folder, role) for role in REAL}
        for _ in range(TIMES):
            status = folder.status()
            assert status is not None
            time.sleep(draw.uniform(0.0, 1.0))  # the instant is what is drawn
            os.kill(status.supervisor.pid, signal.SIGKILL)
            eventually(lambda: not status.supervisor.alive())  # noqa: B023 - called at once
            started.append(supervisor(folder))
            eventually(lambda: (now := folder.status()) is not None and now.supervisor.pid == started[-1].pid)
            assert {role: pid_of(folder, role) for role in REAL} == running
        SessionHand(folder.path).set_speed(None)
        assert hash_of(folder) == undisturbed
    for one in started:
        one.wait(30)
