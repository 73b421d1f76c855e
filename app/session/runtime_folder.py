"""The runtime folder of a session: who runs, where each part keeps its files, and why one of them ended.

lock            held (flock) by the supervisor as long as it lives
session.json    what is run
status.json     the supervisor's word on every process: state, pid, reason
board/ control/ lookback/   boards; api/  who looked, what was asked once, where it listens
tape.journal    what was applied; commands.log  messages to the EMS, on disk before it gets them
marks.log       run hash as each minute closed; checked.json  how far the tape has been replayed and compared
archived.json   how far the tape is in the archive; budgets.json  error budgets of clocks, fixed when a run began
snapshots/      states of the engine
sockets/        addresses and keys; log/  standard error of each process; out/  tables of an ended day
"""

import fcntl
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Final, Literal, TypeAlias, TypeVar

import msgspec

from app.engine.errors import FeedError, SettingsError, complaint
from app.runtime.channel import write_private
from app.session.wishes import Wish

Role: TypeAlias = Literal["engine", "control", "api", "lookback", "archive", "desk"]
State: TypeAlias = Literal["starting", "up", "down", "failed", "ended"]
ROLES: Final[tuple[Role, ...]] = ("engine", "control", "api", "lookback", "archive", "desk")
Known = TypeVar("Known")
PARTS: Final = ("board", "control", "lookback", "snapshots", "sockets", "log", "out")


class Session(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a runtime folder runs: a world of the simulator, a recording, or the live sources of its settings.

    `speed`: event seconds per second, None = flat out. `desk`: with a window of its own.
    """

    world: str | None = None
    seed: int | None = None
    agent: bool | None = None
    replay: str | None = None
    format: str | None = None
    orders: str | None = None
    settings: str | None = None
    speed: float | None = None
    live: bool = False
    archive: str | None = None
    results: str | None = None  # BROKER/TOPIC of an engine that runs elsewhere: only its results are followed
    desk: bool = True

    @property
    def title(self) -> str:
        """Its name for people."""
        if self.results is not None:
            return self.results.rpartition("/")[2]
        return "live" if self.live else Path(self.world or self.replay or "").stem


class Identity(msgspec.Struct, frozen=True):
    """A process for good: a pid is given again one day, but not with the same start."""

    pid: int
    started: str

    def alive(self) -> bool:
        """True while that very process runs."""
        return self.pid > 0 and started(self.pid) == self.started


class ProcessStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One process as the supervisor sees it; `reason` says why it is not up."""

    state: State = "down"
    identity: Identity | None = None
    reason: str = ""
    restarts: int = 0
    since: float = 0.0  # seconds since 1970


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of status.json; `closed`: the session ended in good order."""

    supervisor: Identity
    processes: dict[Role, ProcessStatus]
    closed: bool = False


class RuntimeFolder:
    """Names of everything in a runtime folder; nothing is made before `create`."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.board = self.path / "board"
        self.control = self.path / "control"
        self.lookback = self.path / "lookback"
        self.snapshots = self.path / "snapshots"
        self.sockets = self.path / "sockets"
        self.logs = self.path / "log"
        self.out = self.path / "out"
        self.tape = self.path / "tape.journal"
        self.commands = self.path / "commands.log"
        self.marks = self.path / "marks.log"
        self.checked = self.path / "checked.json"
        self.archived = self.path / "archived.json"
        self._session = self.path / "session.json"
        self._status = self.path / "status.json"
        self._wish = self.path / "wish.json"
        self._budgets = self.path / "budgets.json"

    def create(self) -> None:
        """Make the folder, for its user alone. Raises SettingsError where that cannot be."""
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.path.chmod(0o700)
            for name in PARTS:
                (self.path / name).mkdir(exist_ok=True, mode=0o700)
        except OSError as error:
            allowed = "a folder this user can write"
            raise SettingsError(complaint("--runtime", "folder", f"{self.path} ({error.strerror})", allowed)) from error

    def socket(self, name: str) -> Path:
        """The file that says how a process is reached."""
        return self.sockets / f"{name}.json"

    def log(self, role: str) -> Path:
        """Standard error of a process."""
        return self.logs / f"{role}.log"

    def begin(self, session: Session) -> bool:
        """Write down what is run; True when an interrupted run of the same is gone on with.

        Otherwise the files of the run before are removed; what control has kept of it is put aside, its audit stays.
        """
        status = self.status()
        if status is not None and not status.closed and self.session() == session:
            return True
        self._status.unlink(missing_ok=True)
        for part in (self.board, self.lookback, self.snapshots, self.out):
            shutil.rmtree(part, ignore_errors=True)
        self._keep_unarchived()
        for file in (self.tape, self.commands, self.marks, self.checked, self.archived, self._wish, self._budgets):
            file.unlink(missing_ok=True)
        if any(self.control.glob("*")):
            aside = self.path / "earlier" / time.strftime("%Y%m%d-%H%M%S", time.gmtime())
            aside.parent.mkdir(exist_ok=True, mode=0o700)
            self.control.rename(aside if not aside.exists() else aside.with_name(f"{aside.name}-{os.getpid()}"))
        self.create()
        write_private(self._session, msgspec.json.encode(session))
        return False

    def _keep_unarchived(self) -> None:
        """A tape that is not wholly in its archive is put aside with what it takes to go on with it."""
        if not self.tape.exists() or not self.archived.exists() or b'"complete":true' in self.archived.read_bytes():
            return
        aside = self.path / "earlier" / f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{os.getpid()}-tape"
        aside.mkdir(parents=True, mode=0o700)
        for file in (self.tape, self.archived, self._session):
            file.rename(aside / file.name)

    def session(self) -> Session | None:
        """What is run here; None when nothing was begun."""
        return _read(self._session, Session)

    def keep_wish(self, wish: Wish) -> None:
        """Write down how fast the run is to go: an engine that is started again asks."""
        write_private(self._wish, msgspec.json.encode(msgspec.structs.replace(wish, jump_ns=None)))

    def wish(self) -> Wish | None:
        """How fast the run is to go; None where nobody has said yet."""
        return _read(self._wish, Wish)

    def keep_budgets(self, budgets: dict[str, int]) -> None:
        """Write down the error budgets of the sources' clocks (ns) that hold for the whole run."""
        write_private(self._budgets, msgspec.json.encode(budgets))

    def budgets(self) -> dict[str, int] | None:
        """The budgets that were written down; None where the settings alone count."""
        return _read(self._budgets, dict[str, int])

    def tell(self, status: Status) -> None:
        """Write the supervisor's word."""
        write_private(self._status, msgspec.json.encode(status))

    def status(self) -> Status | None:
        """The supervisor's last word; None before the first."""
        return _read(self._status, Status)

    def words(self, role: Role, text: str) -> None:
        """A process's own word on why it is about to end."""
        write_private(self.path / f"{role}.words", text.encode())

    def last_words(self, role: Role) -> str:
        """What a process said before it ended, once."""
        path = self.path / f"{role}.words"
        try:
            return path.read_text("utf-8", "replace")
        except OSError:
            return ""
        finally:
            path.unlink(missing_ok=True)

    def clear_up(self) -> int:
        """Take away what only running processes need: addresses, last words, half-written tables; how many files.

        The session is closed by it: the next one begins anew.
        """
        gone = [file for file in self.sockets.glob("*") if file.is_file() or file.is_socket()]
        gone += [*self.path.glob("*.words"), *self.path.glob(".*.[0-9]*.[0-9]*")]  # and writes that were never finished
        for file in gone:
            file.unlink(missing_ok=True)
        for unfinished in self.path.glob(f".{self.out.name}.*.partial"):
            gone += [file for file in unfinished.rglob("*") if file.is_file()]
            shutil.rmtree(unfinished, ignore_errors=True)
        status = self.status()
        if status is not None:
            ended = {
                role: msgspec.structs.replace(known, state="ended", identity=None)
                for role, known in status.processes.items()
            }
            self.tell(msgspec.structs.replace(status, processes=ended, closed=True))
        return len(gone)

    def running(self) -> bool:
        """True while a supervisor lives, or any process it has started."""
        status = self.status()
        if status is None:
            return False
        processes = (process.identity for process in status.processes.values())
        return any(known is not None and known.alive() for known in (status.supervisor, *processes))

    def lock(self) -> int | None:
        """Take the supervisor's lock: an open file to keep; None while another supervisor has it.

        The system gives it back when its holder dies, however it dies.
        """
        descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            return None
        me = myself()
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, msgspec.json.encode(me), 0)
        return descriptor


def default_folder() -> Path:
    """Where a session lives when nobody says: the user's state folder."""
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "leakage-scorecard" / "session"


def started(pid: int) -> str:
    """When a process started, in its system's own words; "" when it does not run."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        return "" if fields[0] in "ZX" else f"{_boot()}-{fields[19]}"
    except (OSError, IndexError):
        if Path("/proc/self/stat").exists():
            return ""
    done = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def myself() -> Identity:
    """Identity of this process."""
    return Identity(os.getpid(), started(os.getpid()))


def now() -> float:
    """Seconds since 1970."""
    return time.time()


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("utf-8").strip()[:8]
    except OSError:
        return "boot"


def _read(path: Path, kind: type[Known]) -> Known | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        raise FeedError(f"{path}: cannot be read: {error}; remove it, or name another folder with --runtime") from error
