"""A reactive day run in this process or as the engine's process of a supervised session, for tests."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from app.board import BoardError, BoardReader
from app.engine.errors import FeedError
from app.feeds.simulator import open_world
from app.runtime.loop import RunResult
from app.runtime.pace import Pace
from app.session.day import SimulatedDay
from app.session.hand import stop_session
from app.session.live import LiveRun
from app.session.lookback import LookbackClient
from app.session.runtime_folder import Role, RuntimeFolder, Session
from app.session.supervisor import words_of
from app.settings import load_settings
from tests.patience import eventually
from tests.session.reactive import Reactive

REAL: tuple[Role, ...] = ("engine", "control", "lookback", "desk")  # of a world's session, without an archive
MADE = "reactive"  # the world of these tests that needs no simulator
ROOT = Path(__file__).resolve().parents[2]

# The engine's process with the reactive day in place of a world; states every 20 s of event time.
ENGINE = """
import sys
from app.kernel_cache import use_kernel_cache
use_kernel_cache()
from app.session import snapshots
snapshots.EVERY_NS, snapshots.AT_MOST_EVERY_S = 20 * 10**9, 0.0
from app.session.day import SimulatedDay
from app.session.engine_worker import main
from tests.session.reactive import Reactive
sys.exit(main(sys.argv[1:], lambda session, around: SimulatedDay(Reactive(), around.pace.stride, around.wire)))
"""
SUPERVISOR = """
import sys
from pathlib import Path
from app.session.runtime_folder import RuntimeFolder
from app.session import supervisor
from tests.session.live_day import words
supervisor.LATER_S.clear()
supervisor.LONGEST_PAUSE_S = 0.4
folder = RuntimeFolder(Path(sys.argv[1]))
sys.exit(supervisor.supervise(folder, words(folder)))
"""
# What stands for a desk: alive until it is told to end.
DESK = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(0)); signal.pause()"


def words(folder: RuntimeFolder) -> Mapping[Role, Sequence[str]]:
    """Commands of the processes of a test's session: of the made day, or the real ones of a world."""
    path, told = str(folder.path), folder.session()
    if told is not None and told.world != MADE:
        return words_of(folder, REAL)
    return {
        "engine": [sys.executable, "-c", ENGINE, path],
        "lookback": [sys.executable, "-m", "app.session.lookback_worker", path],
        "desk": [sys.executable, "-c", DESK],
    }


def supervisor(folder: RuntimeFolder) -> "subprocess.Popen[bytes]":
    """Start a supervisor of its own over a folder."""
    with folder.log("supervisor").open("ab") as log:
        return subprocess.Popen([sys.executable, "-c", SUPERVISOR, str(folder.path)], cwd=ROOT, stdout=log, stderr=log)


def begun(path: Path, speed: float | None = 40.0, world: str = MADE) -> RuntimeFolder:
    """A runtime folder in which a session was begun."""
    folder = RuntimeFolder(path)
    folder.create()
    folder.begin(Session(world=world, speed=speed))
    return folder


def played(folder: RuntimeFolder, wire: object = None, stop_when: Callable[[], bool] | None = None) -> RunResult | None:
    """Run the session's day here, flat out; stopped as soon as `stop_when` holds."""
    pace = Pace()
    told = folder.session()
    feed = Reactive() if told is None or told.world in {MADE, None} else open_world(told.world)
    day = SimulatedDay(feed, pace.stride, wire)  # type: ignore[arg-type]
    run = LiveRun(folder, load_settings(None), day, pace)
    if stop_when is not None:

        def watch() -> None:
            while not stop_when() and not pace.stopped:
                time.sleep(0.001)
            pace.stop()

        threading.Thread(target=watch, daemon=True).start()
    try:
        return run.play()
    finally:
        pace.stop()
        if run.board is not None:
            run.board.close()


def pid_of(folder: RuntimeFolder, role: Role) -> int | None:
    """Pid of a process as the supervisor knows it; None while it is not up."""
    status = folder.status()
    known = status.processes.get(role) if status is not None else None
    return known.identity.pid if known is not None and known.identity is not None else None


@contextmanager
def session(path: Path, speed: float | None = 40.0, world: str = MADE) -> Iterator[RuntimeFolder]:
    """A running session; whatever is left of it is ended afterwards."""
    folder = begun(path, speed, world)
    running = supervisor(folder)
    try:
        eventually(lambda: state_of(folder) in {"playing", "ended"}, why=folder.log("engine").read_text)
        yield folder
    finally:
        with suppress(FeedError):
            stop_session(folder.path)
        if running.poll() is None and not folder.running():
            running.wait(20)
        running.kill()
        running.wait()


def state_of(folder: RuntimeFolder) -> str:
    """What the newest board says."""
    try:
        reader = BoardReader(folder.board)
        return reader.meta().get("state", "") if reader.writer_alive() else ""
    except BoardError:
        return ""


def hash_of(folder: RuntimeFolder) -> str:
    """The hash on the board of an ended day."""
    eventually(lambda: state_of(folder) == "ended", why=folder.log("engine").read_text)
    return BoardReader(folder.board).meta()["output_hash"]


def kill(folder: RuntimeFolder, role: Role) -> int:
    """kill -9; the pid that was."""
    assert eventually(lambda: pid_of(folder, role) is not None)
    pid = pid_of(folder, role)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    return pid


def answered(client: LookbackClient) -> bytes | None:
    """The first fill's message; None while nobody answers."""
    with suppress(FeedError):
        return client.raw("desk", 2)
    return None


def up_again(folder: RuntimeFolder, role: Role, old: int) -> bool:
    """True once another process has its place."""
    return eventually(lambda: pid_of(folder, role) not in {None, old})
