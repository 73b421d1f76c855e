"""A line between two processes of one user: local socket, secret key, plain bytes; never a pickled object.

A door writes its address and a fresh key into a file that only its user can read; who can read the file may knock.
"""

import os
import secrets
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeAlias

import msgspec

from app.engine.errors import FeedError

_LONGEST_ADDRESS: Final = 100  # bytes a Unix socket's path may have, less some
_BROKEN: Final = (OSError, EOFError, AuthenticationError)
_NO_QUESTION: Final = (msgspec.DecodeError, UnicodeDecodeError)

Answer: TypeAlias = Callable[[bytes], bytes]


class Address(msgspec.Struct, frozen=True):
    """What the file of a door says."""

    address: str
    key: str


def write_private(path: Path, data: bytes) -> None:
    """A file only its user can read, there as a whole or not at all, on disk when this returns."""
    work = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    descriptor = os.open(work, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        work.replace(path)
    except BaseException:
        work.unlink(missing_ok=True)
        raise


class Door:
    """Answers whoever knocks, one thread per guest; `answer` may be called by several at once."""

    def __init__(self, file: Path, answer: Answer) -> None:
        self._file = file
        self._answer = answer
        self._shelter: Path | None = None
        key = secrets.token_hex(32)
        address = file.with_suffix(".sock").absolute()
        if len(os.fsencode(address)) > _LONGEST_ADDRESS:
            self._shelter = Path(tempfile.mkdtemp(prefix="scorecard-"))
            address = self._shelter / address.name
        address.unlink(missing_ok=True)
        self._address = address
        self._listener = Listener(str(address), "AF_UNIX", backlog=16, authkey=bytes.fromhex(key))
        address.chmod(0o600)
        write_private(file, msgspec.json.encode(Address(str(address), key)))
        self._open = True
        threading.Thread(target=self._wait, daemon=True).start()

    def close(self) -> None:
        """Nobody is let in any more. Safe to call twice."""
        if not self._open:
            return
        self._open = False
        with suppress(OSError), socket.socket(socket.AF_UNIX) as waker:  # `accept` looks up when somebody comes
            waker.settimeout(1.0)
            waker.connect(str(self._address))
        with suppress(OSError):
            self._listener.close()
        self._file.unlink(missing_ok=True)
        if self._shelter is not None:
            shutil.rmtree(self._shelter, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _wait(self) -> None:
        while self._open:
            try:
                guest = self._listener.accept()
            except _BROKEN:  # a wrong key, a guest that left, or the end of this door
                continue
            threading.Thread(target=self._serve, args=(guest,), daemon=True).start()

    def _serve(self, guest: Connection) -> None:
        if not self._open:
            guest.close()
            return
        with suppress(*_BROKEN, *_NO_QUESTION), guest:  # the guest is let go
            while True:
                guest.send_bytes(self._answer(guest.recv_bytes()))


class Line:
    """Asks a door, and never waits longer than it was told to. One question at a time; connects anew when broken."""

    def __init__(self, file: Path, timeout_s: float) -> None:
        self._file = file
        self._timeout_s = timeout_s
        self._connection: Connection | None = None
        self._busy = threading.Lock()

    def ask(self, question: bytes, timeout_s: float | None = None) -> bytes:
        """The answer. Raises FeedError, in words, when there is none in time."""
        patience = self._timeout_s if timeout_s is None else timeout_s
        if not self._busy.acquire(timeout=patience):
            raise FeedError(f"{self._file.stem}: busy with another question for {patience:g} s")
        try:
            return self._asked(question, patience)
        finally:
            self._busy.release()

    def close(self) -> None:
        """Hang up."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _asked(self, question: bytes, patience: float) -> bytes:
        try:
            if self._connection is None:
                self._connection = knock(self._file, patience)
            self._connection.send_bytes(question)
            if self._connection.poll(patience):
                return self._connection.recv_bytes()
        except _BROKEN as error:
            self.close()
            raise FeedError(f"{self._file.stem}: the line broke: {_words(error)}") from error
        self.close()  # a late answer must not be taken for that of the next question
        raise FeedError(f"{self._file.stem}: no answer within {patience:g} s")


def knock(file: Path, timeout_s: float) -> Connection:
    """A connection to a door. Raises FeedError when there is no door, or it does not open in time."""
    try:
        address = msgspec.json.decode(file.read_bytes(), type=Address)
    except (OSError, msgspec.DecodeError) as error:
        raise FeedError(f"{file.stem}: not running ({file} is not there)") from error
    found: list[Connection] = []
    faults: list[BaseException] = []
    late = threading.Event()

    def connect() -> None:  # in a thread: a door whose process stands still would keep us for good
        try:
            connection = Client(address.address, "AF_UNIX", authkey=bytes.fromhex(address.key))
        except _BROKEN as error:
            faults.append(error)
            return
        if late.is_set():
            connection.close()
        else:
            found.append(connection)

    thread = threading.Thread(target=connect, daemon=True)
    thread.start()
    thread.join(timeout_s)
    if found:
        return found[0]
    late.set()
    why = _words(faults[0]) if faults else f"does not answer within {timeout_s:g} s"
    raise FeedError(f"{file.stem}: not reachable: {why}")


def _words(error: BaseException) -> str:
    return str(error) or type(error).__name__
