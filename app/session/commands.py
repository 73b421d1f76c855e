"""Messages to the EMS of a simulated day, on disk before the EMS has them: with them the day can be made again."""

import base64
import os
from pathlib import Path
from typing import Final

import msgspec

from app.engine.errors import FeedError
from app.runtime.stepped import Stamped


class _Line(msgspec.Struct, frozen=True):
    at_ns: int
    message: str  # base64: raw FIX is no text


_LINE: Final = msgspec.json.Decoder(_Line)


class CommandLog:
    """An append-only file of (event ns, message); `past` is what an interrupted run has left, a torn end is cut off.

    Raises FeedError where the file cannot be read or written, and for a whole line that is none: the EMS had it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.past: list[Stamped] = []
        self.torn = 0  # bytes cut off: of a message that the EMS never got
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            self._read(path.read_bytes())
        except OSError as error:
            raise FeedError(f"{path}: cannot be read: {error.strerror}") from error

    def keep(self, at_ns: int, message: bytes) -> None:
        """Write one down for good; when this returns it is on disk."""
        line = msgspec.json.encode(_Line(at_ns, base64.b64encode(message).decode())) + b"\n"
        try:
            os.write(self._file, line)
            os.fsync(self._file)
        except OSError as error:
            raise FeedError(f"{self._path}: a message cannot be kept, so it is not sent: {error.strerror}") from error

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def _read(self, data: bytes) -> None:
        whole = data.rfind(b"\n") + 1
        for number, line in enumerate(data[:whole].splitlines(), 1):
            try:
                entry = _LINE.decode(line)
                self.past.append((entry.at_ns, base64.b64decode(entry.message, validate=True)))
            except ValueError as error:  # msgspec's and base64's
                os.close(self._file)
                raise FeedError(f"{self._path} line {number}: no message to the EMS: {error}") from error
        self.torn = len(data) - whole
        if self.torn:
            os.ftruncate(self._file, whole)
