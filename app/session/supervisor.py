"""The supervisor: starts the processes of a session, watches them, says why one ended, starts it again.

Tiny on purpose: no Qt, no engine. When it is killed the others go on; the next one finds them by pid and start time in
the folder and watches on. Its word on every process is the file `status.json`, written at every change.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from app.engine.errors import FeedError
from app.runtime.channel import Door
from app.session.runtime_folder import Identity, ProcessStatus, Role, RuntimeFolder, State, Status, myself, started

LOOK_S: Final = 0.05
FIRST_PAUSE_S: Final = 0.1
LONGEST_PAUSE_S: Final = 10.0
LATER_S: Final[dict[Role, float]] = {"control": 0.7, "api": 1.0, "lookback": 2.0}  # the window comes first
STEADY_S: Final = 30.0  # up for so long: the next failure is a first one
GRACE_S: Final = 5.0
LONG_GRACE_S: Final[dict[Role, float]] = {"archive": 60.0}  # what is on the tape goes into the archive first
REFUSED: Final = 3  # exit code of a process that would end the same way again
CLOSED: Final = "closed"  # last words of a desk that its user has closed
# The archive comes last: it takes what the engine leaves on the tape.
_STOP_ORDER: Final[tuple[Role, ...]] = ("desk", "api", "lookback", "control", "engine", "archive")


class Order(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What may be asked of the supervisor: start one process anew, or end the session."""

    restart: Role | None = None
    stop: bool = False


def words_of(folder: RuntimeFolder, roles: Sequence[Role]) -> dict[Role, list[str]]:
    """The command of each process, in the order they are started."""
    path, session = str(folder.path), folder.session()
    settings = [session.settings] if session is not None and session.settings else []
    live = ["live"] if session is not None and session.live else []  # a world or a recording never reaches an EMS
    every: dict[Role, list[str]] = {
        "engine": ["-m", "app.session.engine_worker", path],
        "control": ["-m", "app.control", path, *settings, *live],
        "api": ["-m", "app.session.api_worker", path, *settings],
        "lookback": ["-m", "app.session.lookback_worker", path],
        "archive": ["-m", "app.session.archive_worker", path],
        "desk": ["-m", "app.cli.window", path],
    }
    first = sorted(roles, key=lambda role: role != "desk")
    return {role: [sys.executable, *every[role]] for role in first}


class Watched:
    """One process: started or adopted, looked at, started again after a pause that grows with every failure."""

    def __init__(self, role: Role, words: Sequence[str], folder: RuntimeFolder) -> None:
        self.role = role
        self.status = ProcessStatus()
        self._words = list(words)
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._pause_s = FIRST_PAUSE_S
        self._next_s = time.monotonic() + LATER_S.get(role, 0.0)
        self._up_s = 0.0

    @property
    def identity(self) -> Identity | None:
        """The process that runs now, None while none does."""
        return self.status.identity if self.status.state in {"starting", "up"} else None

    def adopt(self, before: ProcessStatus) -> None:
        """Go on watching what an earlier supervisor has started, if it still runs."""
        if before.identity is not None and before.identity.alive():
            self.status = msgspec.structs.replace(before, state="up", reason="")
            self._up_s = time.monotonic()

    def look(self, now: float) -> bool:
        """Notice an end, start what is due; True when something changed."""
        if self.identity is not None:
            code = self._ended()
            if code is None:
                return False
            self._fell(code, now)
            return True
        if self.status.state in {"failed", "ended"} or now < self._next_s:
            return False
        self.start(now)
        return True

    def start(self, now: float) -> None:
        """Start it, with its standard error in its log."""
        with self._folder.log(self.role).open("ab") as log:
            self._process = subprocess.Popen(
                self._words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        self._up_s = now
        self._tell("up", identity=Identity(self._process.pid, started(self._process.pid)))

    def renew(self) -> None:
        """Start it again at the next look, even where it had failed for good."""
        if self.identity is None:
            self._pause_s, self._next_s = FIRST_PAUSE_S, 0.0
            self._tell("down", reason=self.status.reason)

    def signal(self, number: int) -> None:
        """Send it a signal, if it is still that very process."""
        identity = self.identity
        if identity is not None and identity.alive():
            os.kill(identity.pid, number)

    def gone(self) -> bool:
        """True when it does not run any more."""
        if self.identity is None:
            return True
        if self._ended() is None:
            return False
        self._tell("ended")
        return True

    def _ended(self) -> int | str | None:
        """Exit code, or last words of an adopted process; None while it runs."""
        if self._process is not None:
            return self._process.poll()
        identity = self.status.identity
        if identity is None or identity.alive():
            return None
        return self._folder.last_words(self.role)

    def _fell(self, code: int | str, now: float) -> None:
        said = code if isinstance(code, str) else self._folder.last_words(self.role)
        self._process = None
        if code == 0 or said == CLOSED:
            self._tell("ended")
        elif code == REFUSED:
            self._tell("failed", reason=said or "it refused to start; see its log")
        else:
            if now - self._up_s >= STEADY_S:
                self._pause_s = FIRST_PAUSE_S
            self._next_s = now + self._pause_s
            self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)
            reason = ": ".join(part for part in (how_it_ended(code), said) if part)
            self._tell("down", reason=f"{reason}; its log is {self._folder.log(self.role)}", fell=True)

    def _tell(self, state: State, *, reason: str = "", identity: Identity | None = None, fell: bool = False) -> None:
        if state == "up":
            reason = self.status.reason  # why it had to be started again stays to be read
        self.status = ProcessStatus(
            state=state, identity=identity, reason=reason, restarts=self.status.restarts + fell, since=time.time()
        )


def how_it_ended(code: int | str) -> str:
    """An exit code in words; text of an adopted process, whose code nobody knows."""
    if isinstance(code, str):
        return "it ended; an earlier supervisor had started it, so its exit code is not known"
    if code < 0:
        return f"killed by signal {-code} ({signal.Signals(-code).name})"
    return f"ended with exit code {code}"


class Supervisor:
    """Runs the processes of a folder until it is told to stop, or its desk is closed by its user."""

    def __init__(
        self, folder: RuntimeFolder, words: Mapping[Role, Sequence[str]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.folder = folder
        self.watched = {role: Watched(role, command, folder) for role, command in words.items()}
        self._clock = clock
        self._stopping = threading.Event()
        self._wanted: list[Role] = []

    def run(self) -> int:
        """Start or adopt, watch, and end them all in good order. Raises FeedError where another supervisor runs."""
        lock = self.folder.lock()
        if lock is None:
            raise FeedError(f"{self.folder.path}: this session runs already")
        try:
            before = self.folder.status()
            for role, watched in self.watched.items():
                if before is not None and role in before.processes:
                    watched.adopt(before.processes[role])
            with Door(self.folder.socket("supervisor"), self._answer):
                self._tell()
                while not self._stopping.wait(LOOK_S):
                    self.look()
                self._end()
        finally:
            os.close(lock)
        return 0

    def look(self) -> None:
        """One look at all of them."""
        while self._wanted:
            self.watched[self._wanted.pop()].renew()
        now = self._clock()
        changed = [watched.look(now) for watched in self.watched.values()]
        if any(changed):
            pin({role: watched.identity for role, watched in self.watched.items()})
            self._tell()
        desk = self.watched.get("desk")
        if desk is not None and desk.status.state == "ended":
            self.stop()

    def stop(self) -> None:
        """End the session, from any thread or a signal."""
        self._stopping.set()

    def _answer(self, question: bytes) -> bytes:
        order = msgspec.json.decode(question, type=Order)
        if order.restart is not None and order.restart in self.watched:
            self._wanted.append(order.restart)
        if order.stop:
            self.stop()
        return b"ok"

    def _end(self) -> None:
        """Ask each to end, one after the other; what does not is killed."""
        for role in _STOP_ORDER:
            watched = self.watched.get(role)
            if watched is None:
                continue
            watched.signal(signal.SIGTERM)
            end = time.monotonic() + LONG_GRACE_S.get(role, GRACE_S)
            while not watched.gone():
                if time.monotonic() > end:
                    watched.signal(signal.SIGKILL)
                time.sleep(0.01)
        self._tell(closed=True)

    def _tell(self, *, closed: bool = False) -> None:
        processes = {role: watched.status for role, watched in self.watched.items()}
        self.folder.tell(Status(supervisor=myself(), processes=processes, closed=closed))


def pin(processes: Mapping[Role, Identity | None]) -> None:
    """The engine on a core of its own, the rest on the others; nothing with one core, or where the system cannot."""
    if not hasattr(os, "sched_setaffinity"):
        return
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        return
    for role, identity in processes.items():
        if identity is not None and identity.alive():
            try:
                os.sched_setaffinity(identity.pid, cores[:1] if role == "engine" else cores[1:])
            except OSError:  # it has just ended
                continue


def supervise(folder: RuntimeFolder, words: Mapping[Role, Sequence[str]]) -> int:
    """Be the supervisor of a folder until SIGTERM, SIGINT, `stop` at the door, or the desk is closed."""
    supervisor = Supervisor(folder, words)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: supervisor.stop())
    return supervisor.run()
