"""The audit log: one JSON line per act or message, each with the hash of the line before; on disk before it counts.

`head` beside the log holds the number and hash of the last line, so that lines missing at the end are found too.
"""

import hashlib
import os
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import msgspec

from app.engine.errors import FeedError

GENESIS: Final = "0" * 64


class Problem(msgspec.Struct, frozen=True):
    """What is wrong with a line of an audit log."""

    line: int
    what: str


class AuditLog:
    """Appends to a log and goes on with its chain. One writer; `sync` from any thread."""

    def __init__(self, path: Path | None) -> None:
        """`path` None keeps it in memory: `lines`. Raises FeedError when the log's last line is none of its own."""
        self.lines: list[bytes] = []
        self._path = path
        self._descriptor = -1
        self._head = -1
        self._hash, self._n = GENESIS, 0
        self._written = self._kept = (0, GENESIS)  # number and hash of the last line written, and on disk
        self._syncing = threading.Lock()
        if path is None:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        torn = _cut_torn(path)
        self._go_on(path)
        self._written = self._kept = (self._n, self._hash)
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._head = os.open(_head_of(path), os.O_RDWR | os.O_CREAT, 0o600)
        known = _head(path)
        gone = 0 if known is None else max(known[0] - self._n, 0)
        if torn:
            self.write("torn", {"bytes": torn})
        if gone:  # the head goes on from here and would forget them
            self.write("missing", {"lines": gone})
        self.sync()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def write(self, what: str, entry: dict[str, Any]) -> None:
        """One line; not on disk before `sync`. Bytes are written as text, one character a byte."""
        self._n += 1
        shown = {key: value.decode("latin-1") if isinstance(value, bytes) else value for key, value in entry.items()}
        body = {"n": self._n, "prev": self._hash, "wall_ns": time.time_ns(), "what": what, **shown}
        self._hash = _hash_of(body)
        line = msgspec.json.encode({**body, "hash": self._hash})
        if self._path is None:
            self.lines.append(line)
        else:
            os.write(self._descriptor, line + b"\n")
            self._written = (self._n, self._hash)

    @property
    def settled(self) -> bool:
        """Whether everything written is on disk."""
        return self._kept == self._written

    def sync(self) -> None:
        """Everything written before the call is on disk."""
        with self._syncing:
            count, tip = written = self._written
            if written == self._kept:
                return
            os.fsync(self._descriptor)
            os.pwrite(self._head, b"%012d %b\n" % (count, tip.encode()), 0)
            os.fsync(self._head)
            self._kept = written

    def _go_on(self, path: Path) -> None:
        """Take up the chain where the log ends."""
        last = _last_line(path) if path.exists() else None
        if last is None:
            return
        entry = _entry(last)
        if entry is None:
            raise FeedError(f"{path}: its last line is no line of an audit log: changed; put the file aside")
        self._hash, self._n = entry["hash"], entry["n"]

    def close(self) -> None:
        """Close the files; safe to call twice."""
        if self._descriptor >= 0:
            self.sync()
            os.close(self._descriptor)
            os.close(self._head)
            self._descriptor = self._head = -1


def verify(path: Path) -> tuple[int, list[Problem]]:
    """Lines read, and everything wrong: changed, missing, doubled or reordered lines. Raises FeedError."""
    head = _head(path)  # before the log: a living one is written behind our back
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise FeedError(f"{path}: the audit log cannot be read: {error.strerror or error}") from error
    complete = lines[:-1]
    problems = [Problem(len(complete) + 1, "the last line is cut off")] if lines[-1] else []
    prev, n = GENESIS, 0
    for number, line in enumerate(complete, 1):
        entry = _entry(line)
        if entry is None:
            problems.append(Problem(number, "is no line of an audit log: changed"))
            prev, n = "", n + 1
            continue
        problems += [Problem(number, what) for what in _wrong(entry, prev, n)]
        prev, n = str(entry["hash"]), int(entry["n"])
    return len(complete), problems + _wrong_end(head, len(complete), prev, n)


def _wrong(entry: dict[str, Any], prev: str, n: int) -> list[str]:
    body = {key: value for key, value in entry.items() if key != "hash"}
    wrong = [] if _hash_of(body) == entry["hash"] else ["changed: its hash is another one"]
    if entry["n"] != n + 1:
        what = f"{entry['n'] - n - 1} line(s) missing before it" if entry["n"] > n + 1 else "reordered or doubled"
        wrong.append(f"number {entry['n']} follows {n}: {what}")
    elif prev and entry["prev"] != prev:
        wrong.append("does not follow the line before: one of the two was changed")
    return wrong


def _head(path: Path) -> tuple[int, str] | None:
    """Number and hash of the last line known to be on disk; None when the head file is missing or damaged."""
    try:
        count, _, tip = _head_of(path).read_text("ascii").strip().partition(" ")
        return int(count), tip
    except (OSError, ValueError):
        return None


def _wrong_end(head: tuple[int, str] | None, lines: int, last: str, n: int) -> list[Problem]:
    if head is None:
        return [Problem(lines, "its head file is missing or damaged: lines missing at the end would not be seen")]
    known, tip = head
    if known > n:
        return [Problem(lines, f"{known - n} line(s) missing at the end")]
    return [Problem(lines, "the last line is not the one the head file knows")] if known == n and tip != last else []


def _entry(line: bytes) -> dict[str, Any] | None:
    try:
        entry = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    whole = isinstance(entry, dict) and isinstance(entry.get("n"), int) and isinstance(entry.get("hash"), str)
    return entry if whole and "prev" in entry else None


def _hash_of(body: dict[str, Any]) -> str:
    return hashlib.sha256(msgspec.json.encode(body, order="sorted")).hexdigest()


def _head_of(path: Path) -> Path:
    return path.with_name(path.name + ".head")


def _last_line(path: Path) -> bytes | None:
    lines = path.read_bytes().rstrip(b"\n").rsplit(b"\n", 1)
    return lines[-1] or None


def _cut_torn(path: Path) -> int:
    """Cut off a line that was never finished: nothing was done upon it. Its bytes."""
    if not path.exists():
        return 0
    data = path.read_bytes()
    whole = data.rfind(b"\n") + 1
    if whole == len(data):
        return 0
    with path.open("r+b") as file:
        file.truncate(whole)
        os.fsync(file.fileno())
    return len(data) - whole
