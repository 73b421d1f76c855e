"""The control process's journal: every fact with its time, and every message that is about to be sent.

A message is on disk here before it is on the wire. The same facts give the same states, so a process that is started
again knows what it knew; a message whose line is missing was never sent.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from app.engine.errors import DecodeError
from app.engine.switch.facts import Fact, SendFix
from app.engine.switch.profile import Profile
from app.runtime.channel import write_private


class Began(msgspec.Struct, frozen=True, tag=True):
    """A process took over: under this profile, as this host, its ClOrdIDs counted on from `count`."""

    wall_ns: int
    host: str
    profile: Profile
    count: int = 0


class Happened(msgspec.Struct, frozen=True, tag=True):
    """A fact at its time; `known`: replies of the EMS taken in so far."""

    now: int
    fact: Fact
    known: int = 0


class Intended(msgspec.Struct, frozen=True, tag=True):
    """A message is about to be sent as number `seq` of the session."""

    now: int
    seq: int
    message: SendFix


class Wired(msgspec.Struct, frozen=True, tag=True):
    """Message `seq` went over the wire as number `wire` of its session."""

    seq: int
    wire: int


Line = Began | Happened | Intended | Wired


class IntentJournal:
    """Appends lines; `path` None keeps nothing (a run that nobody goes on with)."""

    def __init__(self, path: Path | None) -> None:
        self._encoder = msgspec.json.Encoder()
        self._descriptor = -1
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, line: Line) -> None:
        """One line; not on disk before `sync`."""
        if self._descriptor >= 0:
            os.write(self._descriptor, self._encoder.encode(line) + b"\n")

    def sync(self) -> None:
        """Everything written is on disk."""
        if self._descriptor >= 0:
            os.fsync(self._descriptor)

    def close(self) -> None:
        """Close the file; safe to call twice."""
        if self._descriptor >= 0:
            self.sync()
            os.close(self._descriptor)
            self._descriptor = -1


class Reserved:
    """ClOrdID numbers reserved for good, in blocks, in a file that outlives every session; None: in memory."""

    BLOCK = 1000

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.upto = 0  # every number up to this one may have been used before
        self._held = 0  # every number up to this one is ours now
        if path is not None and path.exists():
            text = path.read_bytes().strip()
            if not text.isdigit():
                said = text.decode("latin-1")
                raise DecodeError(f"{path}: {said!r} is not allowed; allowed: the last ClOrdID number reserved")
            self.upto = int(text)

    def reach(self, count: int) -> None:
        """Reserve a block before a number beyond the reserved ones is used."""
        if count <= self._held:
            return
        self._held = self.upto = count + self.BLOCK
        if self._path is not None:
            write_private(self._path, b"%d" % self.upto)


def read_journal(path: Path) -> Iterator[Line]:
    """The lines of a journal; a last one that was never finished is cut off. Raises DecodeError naming the line."""
    if not path.exists():
        return
    data = path.read_bytes()
    whole = data.rfind(b"\n") + 1
    if whole < len(data):
        with path.open("r+b") as file:
            file.truncate(whole)
    decoder = msgspec.json.Decoder(Line)
    for number, line in enumerate(data[:whole].splitlines(), 1):
        try:
            yield decoder.decode(line)
        except msgspec.DecodeError as error:
            raise DecodeError(f"{path} line {number}: not a line of a control journal: {error}") from error
