"""The thread that keeps a connection to kdb+: logs in, asks for what it was told to, hands on whole messages."""

import threading
from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

from app.engine.errors import ScorecardError
from app.feeds.kdb.connection import Connection, Place

_FIRST_S: Final = 0.1
_LAST_S: Final = 5.0
_ROOM: Final = 1 << 28  # bytes that wait to be decoded; more are left in the socket


class Up(NamedTuple):
    """A connection is there; the questions have been sent on it."""


class Down(NamedTuple):
    """It is gone, and why."""

    reason: str


class Reader:
    """Connects again for as long as it is not closed; everything that happens is taken with `take`, in order."""

    def __init__(self, place: Place, questions: Callable[[], bytes], wake: Callable[[], None]) -> None:
        """`questions`: the messages that open a connection; asked for in this thread, already encoded."""
        self._place = place
        self._questions = questions
        self._wake = wake
        self._taken: deque[bytes | Up | Down] = deque()
        self._size = 0
        self._free = threading.Condition()
        self._closing = threading.Event()
        self._connection: Connection | None = None
        self._thread = threading.Thread(target=self._run, name=f"kdb {place.host}:{place.port}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    @property
    def more(self) -> bool:
        """True while something waits to be taken."""
        return bool(self._taken)

    def take(self, most: int) -> list[bytes | Up | Down]:
        """What has happened since, up to about `most` bytes of it; never waits."""
        found: list[bytes | Up | Down] = []
        size = 0
        with self._free:
            while self._taken and size < most:
                item = self._taken.popleft()
                size += len(item) if isinstance(item, bytes) else 0
                found.append(item)
            self._size -= size
            self._free.notify()
        return found

    def send(self, message: bytes) -> None:
        """Ask something on the connection that is there; nothing happens when it is gone, `Down` says so."""
        connection = self._connection
        if connection is None:
            return
        try:
            connection.send(message)
        except ScorecardError:
            connection.close()

    def drop(self, reason: str) -> None:
        """End this connection and open another: what came on it makes no sense."""
        connection = self._connection
        if connection is not None:
            self._put([Down(reason)])
            connection.close()

    def close(self) -> None:
        """Stop; waits for the thread."""
        self._closing.set()
        connection = self._connection
        if connection is not None:
            connection.close()
        with self._free:
            self._free.notify_all()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        wait_s = _FIRST_S
        while not self._closing.is_set():
            try:
                connection = Connection(self._place)
                self._connection = connection
                if self._closing.is_set():  # while it was being made: `close` found none to end
                    connection.close()
                    return
                self._put([Up()])
                connection.send(self._questions())
                wait_s = _FIRST_S
                while True:
                    self._put(connection.receive())
            except ScorecardError as error:
                self._lost(str(error))
            self._closing.wait(wait_s)
            wait_s = min(2 * wait_s, _LAST_S)

    def _lost(self, reason: str) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
        if not self._closing.is_set():
            self._put([Down(reason)])

    def _put(self, items: "list[bytes] | list[Up] | list[Down]") -> None:
        with self._free:
            while self._size > _ROOM and not self._closing.is_set():
                self._free.wait()
            self._taken.extend(items)
            self._size += sum(len(item) for item in items if isinstance(item, bytes))
        if items:
            self._wake()
