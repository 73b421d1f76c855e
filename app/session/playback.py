"""The desk's hand on a replay: the engine in a process of its own, commands to it, and what became of it.

The desk's process never loads the engine: the other process is started as a module, told its request on its standard
input, commanded there line by line, and answers on its standard output. When this process ends, so does its input,
and with it the other process.
"""

import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, Self, TypeAlias

import msgspec

from app.engine.errors import EngineError, FeedError
from app.kernel_cache import use_kernel_cache
from app.session.request import ReplayRequest

State: TypeAlias = Literal["starting", "playing", "ended", "failed"]
_GRACE_S: Final = 5.0
_MODULE: Final = "app.session.engine_process"


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """The whole wish of the desk: sent anew at every change."""

    speed: float | None
    paused: bool


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What the engine's process says: a new state, and why where it failed."""

    state: State
    text: str = ""


class Playback:
    """A replay in another process, on a board folder of its own.

    `speed`: event seconds per second, None = flat out. Commands return at once. As a context manager it is ready
    inside, or raises FeedError.
    """

    def __init__(self, request: ReplayRequest, words: Sequence[str] = (sys.executable, "-m", _MODULE)) -> None:
        if request.board is None:
            raise EngineError("a playback needs the folder of its board")
        self._request = request
        self._words = list(words)
        self._wish = Command(speed=request.speed, paused=False)
        self._state: State = "starting"
        self._text = ""
        self._closing = False
        self._ready = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._listener = threading.Thread(target=self._listen, daemon=True)

    @property
    def board(self) -> Path:
        """Folder of the board the engine publishes on."""
        return Path(self._request.board or "")

    @property
    def log(self) -> Path:
        """Where the engine's process writes what it did not expect."""
        return self.board / "engine.log"

    @property
    def speed(self) -> float | None:
        """The speed wished for."""
        return self._wish.speed

    @property
    def paused(self) -> bool:
        """True while a pause is wished for."""
        return self._wish.paused

    @property
    def state(self) -> State:
        """What the engine's process is at; `failed` also when it died without a word."""
        return self._state

    @property
    def problem(self) -> str | None:
        """Why the replay failed, in words; None while it has not."""
        if self.state != "failed":
            return None
        return self._text or f"the engine ended unexpectedly ({self._exit_code()}); its log is {self.log}"

    def alive(self) -> bool:
        """True while the engine's process runs."""
        return self._process is not None and self._process.poll() is None

    def launch(self) -> None:
        """Start the engine's process; returns at once."""
        use_kernel_cache()  # the other process finds it in its environment
        self.board.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(self._words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
        self._listener.start()
        self._send(msgspec.json.encode(self._request))

    def wait_ready(self, timeout_s: float = 120.0) -> None:
        """Wait until its figures are on the board; raises FeedError with the process's words if it fails."""
        self._ready.wait(timeout_s)
        if self.state in ("starting", "failed"):
            raise FeedError(self.problem or f"the engine was not ready within {timeout_s:g} s; its log is {self.log}")

    def set_speed(self, speed: float | None) -> None:
        """Play at another speed from here on."""
        self._command(Command(speed=speed, paused=self._wish.paused))

    def pause(self) -> None:
        """Stand still."""
        self._command(Command(speed=self._wish.speed, paused=True))

    def resume(self) -> None:
        """Go on."""
        self._command(Command(speed=self._wish.speed, paused=False))

    def close(self) -> None:
        """End the engine's process; one that does not end by itself is killed. Safe to call twice."""
        process = self._process
        self._closing = True
        if process is None:
            return
        if process.stdin is not None:
            with suppress(OSError):  # it is gone already
                process.stdin.close()
        try:
            process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._listener.join(_GRACE_S)
        if process.stdout is not None:
            process.stdout.close()

    def __enter__(self) -> Self:
        self.launch()
        try:
            self.wait_ready()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _command(self, command: Command) -> None:
        self._wish = command
        self._send(msgspec.json.encode(command))

    def _send(self, line: bytes) -> None:
        process = self._process
        if process is None or process.stdin is None or process.stdin.closed:
            return
        with suppress(OSError):  # it has died: `state` says so
            process.stdin.write(line + b"\n")
            process.stdin.flush()

    def _listen(self) -> None:
        process = self._process
        if process is None or process.stdout is None:
            return
        decoder = msgspec.json.Decoder(Report)
        for line in process.stdout:
            try:
                report = decoder.decode(line)
            except msgspec.DecodeError:
                continue  # somebody printed; not for us
            self._text = report.text
            self._state = report.state
            self._ready.set()
        process.wait()  # its output has ended, so does it
        if self._state in ("starting", "playing"):
            self._state = "ended" if self._closing else "failed"
        self._ready.set()

    def _exit_code(self) -> str:
        code = None if self._process is None else self._process.poll()
        return "not started" if code is None else f"exit code {code}"
