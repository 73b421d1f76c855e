"""An act is done once: the key its sender gave it is on disk before it is asked, its answer after.

The same key again gives the same answer and does nothing; with another body it is refused. A key whose answer is not
known (the process ended in between) is never tried again: look at the orders.
"""

import os
import re
from pathlib import Path
from typing import Final

import msgspec

from app.api.problems import Problem
from app.engine.units import SECOND

KEPT_NS: Final = 86_400 * SECOND
_KEY: Final = re.compile(r"[!-~]{8,128}")
_UNKNOWN: Final = "a request with this key was begun and its outcome is not known: look at the orders, use a new key"


class Answered(msgspec.Struct, frozen=True):
    """One act: who asked what under which key, and what was answered; `status` 0 while it is under way."""

    user: str
    key: str
    what: str
    at_ns: int
    status: int = 0
    body: str = ""


class Once:
    """Keys of the last day, in a file that outlives the process."""

    def __init__(self, path: Path, now_ns: int) -> None:
        self._known: dict[tuple[str, str], Answered] = {}
        for line in _lines(path):
            self._known.pop((line.user, line.key), None)
            if now_ns - line.at_ns < KEPT_NS:
                self._known[line.user, line.key] = line
        whole = b"".join(msgspec.json.encode(line) + b"\n" for line in self._known.values())
        work = path.with_suffix(".new")
        work.write_bytes(whole)
        work.chmod(0o600)
        work.replace(path)
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND, 0o600)

    def begin(self, begun: Answered) -> Answered | None:
        """The answer this key had before; None the first time, when it is on disk that it was begun. Raises Problem."""
        if not _KEY.fullmatch(begun.key):
            raise Problem(400, "an act needs a header Idempotency-Key: 8 to 128 printable characters, new for each act")
        known = self._known.get((begun.user, begun.key))
        if known is not None and begun.at_ns - known.at_ns < KEPT_NS:
            if known.what != begun.what:
                raise Problem(409, "this Idempotency-Key was used for another request")
            if not known.status:
                raise Problem(409, _UNKNOWN)
            return known
        self._write(begun)
        return None

    def end(self, begun: Answered, status: int, body: bytes) -> None:
        """What was answered."""
        self._write(msgspec.structs.replace(begun, status=status, body=body.decode()))

    def forget(self, begun: Answered) -> None:
        """It was refused before anything was asked: the key may be used again."""
        self._known.pop((begun.user, begun.key), None)
        self._append(msgspec.structs.replace(begun, at_ns=0))

    def close(self) -> None:
        """Close the file; safe to call twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _write(self, line: Answered) -> None:
        self._known[line.user, line.key] = line
        self._append(line)

    def _append(self, line: Answered) -> None:
        os.write(self._descriptor, msgspec.json.encode(line) + b"\n")
        os.fsync(self._descriptor)


def _lines(path: Path) -> list[Answered]:
    try:
        lines = path.read_bytes().splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        try:
            found.append(msgspec.json.decode(line, type=Answered))
        except msgspec.DecodeError:  # the last one, never finished: it had not been asked
            continue
    return found
