"""The line to the EMS: what the control process needs of it, and the one of a simulated session."""

import queue
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

import msgspec

from app.engine.errors import FeedError
from app.runtime.channel import Line
from app.runtime.ems_port import EmsAsked, EmsTold

_WAIT_S: Final = 0.1
_PATIENCE_S: Final = 3.0
_RETRY_S: Final = 0.2


class Up(msgspec.Struct, frozen=True):
    """Logged on, and everything missed has been handed over before this."""

    now_ns: int


class Down(msgspec.Struct, frozen=True):
    """The session is lost."""

    why: str


class Received(msgspec.Struct, frozen=True):
    """A message of the EMS: its number on the line and its time."""

    number: int
    at_ns: int
    raw: bytes


class Clock(msgspec.Struct, frozen=True):
    """The time of the session: event time of a simulated one, the wall's of a real one."""

    now_ns: int


class Warned(msgspec.Struct, frozen=True):
    """Something on the line that a person has to look at; `raw`: the message it is about, b"" = none."""

    words: str
    raw: bytes


class Sent(msgspec.Struct, frozen=True):
    """A message as it went over the wire, with its number there."""

    raw: bytes
    seq: int


LinkEvent = Up | Down | Received | Clock | Warned
Hear = Callable[[LinkEvent], None]


class LinkDownError(FeedError):
    """A message was not sent: the session is not logged on. It is not kept for later either."""


class EmsLink(Protocol):
    """A session to the EMS. Events are handed to `hear` from a thread of its own; it never sends by itself."""

    def start(self, known: int, hear: Hear) -> None:
        """Connect and stay connected; `known`: messages received before."""

    def send(self, raw: bytes) -> Sent | None:
        """Send now or raise LinkDownError; nothing is ever sent later. None: it went as it was handed in."""

    def stop(self) -> None:
        """Leave in good order."""


class SimulatedLink:
    """The line to the EMS inside the engine's process."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._out = Line(file, _PATIENCE_S)
        self._up = threading.Event()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, known: int, hear: Hear) -> None:
        """As EmsLink."""
        self._thread = threading.Thread(target=self._listen, args=(known, hear), daemon=True)
        self._thread.start()

    def send(self, raw: bytes) -> None:
        """As EmsLink."""
        if not self._up.is_set():
            raise LinkDownError("session is not logged on: nothing was sent")
        try:
            told = msgspec.json.decode(self._out.ask(msgspec.json.encode(EmsAsked([raw]))), type=EmsTold)
        except FeedError:  # it may have arrived: the caller must not take it for unsent
            self._up.clear()
            raise
        if not told.open:
            self._out.close()
            raise LinkDownError("the EMS takes no messages now: nothing was sent")

    def stop(self) -> None:
        """As EmsLink."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join(_PATIENCE_S)
        self._out.close()

    def _listen(self, known: int, hear: Hear) -> None:
        line = Line(self._file, _PATIENCE_S)
        clock = -1
        why = ""
        while not self._ended.is_set():
            try:
                question = EmsAsked(known=known, wait_s=_WAIT_S)
                told = msgspec.json.decode(line.ask(msgspec.json.encode(question)), type=EmsTold)
            except FeedError as error:
                self._lost(hear, str(error), why)
                why = str(error)
                self._ended.wait(_RETRY_S)
                continue
            for at_ns, raw in told.replies:
                known += 1
                hear(Received(known, at_ns, raw))
            if told.now_ns != clock:
                clock = told.now_ns
                hear(Clock(clock))
            if told.open and not self._up.is_set():
                self._up.set()
                hear(Up(clock))
            elif not told.open:
                self._lost(hear, "the EMS takes no messages now", why)
                why = "the EMS takes no messages now"
                line.close()  # it may have ended; the next one has a door of its own
                self._ended.wait(_RETRY_S)
        line.close()

    def _lost(self, hear: Hear, words: str, before: str) -> None:
        if self._up.is_set() or words != before:
            hear(Down(words))
        self._up.clear()


class EventQueue:
    """A queue that can be waited on by the control process's one thread; unbounded: a report is never dropped."""

    def __init__(self) -> None:
        self._events: queue.SimpleQueue[object] = queue.SimpleQueue()

    def put(self, event: object) -> None:
        """From any thread."""
        self._events.put(event)

    def get(self, timeout_s: float) -> object | None:
        """The next event; None when there is none in time."""
        try:
            return self._events.get(timeout=timeout_s)
        except queue.Empty:
            return None
