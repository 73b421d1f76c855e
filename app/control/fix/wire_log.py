"""What goes over the wire, line by line as it happens: the session's memory of reports, and the engine's drop copy.

A line is a stamp, " : " and the message, as logs of FIX engines are. A report is on disk here before the session
counts it as received; whoever had not taken it in when the process was killed is told it again.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from app.engine.switch.stamp import utc_text
from app.feeds.decode.fix_fields import utc_ns

# Where a message begins: a text of its own may hold line ends.
_BEGIN: Final = re.compile(rb"^(\d{8}-\d\d:\d\d:\d\d\.\d{9}) : (?=8=FIX)", re.MULTILINE)
_HEAD: Final = 400  # bytes in which the CompIDs stand
_MESSAGE: Final = re.compile(rb"(.*?\x0110=\d{3}\x01)\n", re.DOTALL)


class Heard(NamedTuple):
    """A message received: when (wall ns), and its bytes."""

    at_ns: int
    raw: bytes


class WireLog:
    """Appends messages. `sender`: CompID of the other side, whose messages are counted. One writer at a time."""

    def __init__(self, path: Path, sender: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._sender = b"\x0149=%b\x01" % sender.encode()
        self.heard = sum(1 for _ in _messages(path, self._sender, cut=True))
        self._path = path
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def after(self, known: int) -> Iterator[tuple[int, Heard]]:
        """Messages received after the first `known`, with their numbers."""
        for number, heard in enumerate(_messages(self._path, self._sender), 1):
            if number > known:
                yield number, heard

    def received(self, raw: bytes, at_ns: int) -> int:
        """A message came in: its number, once it is on disk."""
        self._write(raw, at_ns)
        os.fdatasync(self._descriptor)
        self.heard += 1
        return self.heard

    def sent(self, raw: bytes, at_ns: int) -> None:
        """A message goes out; its intent is on disk elsewhere."""
        self._write(raw, at_ns)

    def close(self) -> None:
        """Close the file; safe to call twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _write(self, raw: bytes, at_ns: int) -> None:
        os.write(self._descriptor, b"%b : %b\n" % (utc_text(at_ns).encode(), raw))


def _messages(path: Path, sender: bytes, *, cut: bool = False) -> Iterator[Heard]:
    """Messages of one side; `cut`: what was never finished at the end is taken off."""
    data = path.read_bytes() if path.exists() else b""
    begins = [(match.start(), match.end(), match[1]) for match in _BEGIN.finditer(data)]
    for number, (begin, start, stamp) in enumerate(begins, 1):
        end = begins[number][0] if number < len(begins) else len(data)
        found = _MESSAGE.match(data, start, end)
        if found is None or found.end() != end:
            if cut and number == len(begins):
                os.truncate(path, begin if found is None else found.end())
            if found is None:
                continue
        if sender in found[1][:_HEAD]:
            yield Heard(utc_ns(stamp) or 0, found[1])
