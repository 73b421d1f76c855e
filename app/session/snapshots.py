"""States of the engine on disk: written beside, synced, put in place; the newest good one is where a run goes on."""

import functools
import hashlib
import queue
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

import msgspec
import zstandard

import app.engine
from app.engine.core import Engine
from app.engine.errors import EngineError
from app.engine.units import NULL, SECOND
from app.runtime.channel import write_private
from app.runtime.journal import JournalWriter
from app.runtime.loop import Loop, Standing

EVERY_NS: Final = 600 * SECOND  # of event time between two states
AT_MOST_EVERY_S: Final = 1.0  # of the wall: a day that runs flat out must not do nothing else
SUFFIX: Final = ".state"
_ENGINE: Final = Path(app.engine.__file__ or "").parent
_DIGEST: Final = hashlib.sha256().digest_size


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A run's state behind `number` records of its tape, and the event time (ns) it knows everything up to."""

    build: str
    number: int
    standing: Standing
    engine: bytes


class Place(NamedTuple):
    """A state on disk: records of the tape behind it, event time (ns) it has passed."""

    path: Path
    number: int
    watermark: int


class SnapshotKeeper:
    """Keeps a run's state from time to time; packing is the run's work, writing is done beside it."""

    def __init__(
        self, folder: Path, engine: Engine, journal: JournalWriter, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._folder = folder
        self._engine = engine
        self._journal = journal
        self._clock = clock
        self._build = engine_build()
        self._last = (NULL, clock())
        self._waiting: queue.Queue[Kept | None] = queue.Queue(maxsize=1)  # full: this one is left out
        self._fault: OSError | None = None
        self._writer = threading.Thread(target=self._write_all, daemon=True)
        self._writer.start()

    def look(self, loop: Loop, watermark: int) -> None:
        """Keep the state if it is time to. Raises EngineError when an earlier one could not be written."""
        since, wall = self._last
        if since == NULL:
            self._last = (watermark, wall)
        elif watermark - since >= EVERY_NS and self._clock() - wall >= AT_MOST_EVERY_S and self._waiting.empty():
            self.keep(loop, watermark)

    def keep(self, loop: Loop, watermark: int) -> None:
        """Keep the state as it is now."""
        if self._fault is not None:
            raise EngineError(f"{self._folder}: a state cannot be written: {self._fault.strerror}")
        self._journal.flush()
        state = Kept(
            build=self._build, number=self._journal.number, standing=loop.standing(), engine=self._engine.save()
        )
        self._waiting.put(state)
        self._last = (watermark, self._clock())

    def close(self) -> None:
        """Wait until everything kept is on disk."""
        self._waiting.put(None)
        self._writer.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _write_all(self) -> None:
        while (state := self._waiting.get()) is not None:
            try:
                write_private(path_of(self._folder, state), encoded(state))
            except OSError as error:
                self._fault = error


@functools.cache
def engine_build() -> str:
    """Hash of the engine's sources: a state of another engine must not be gone on with."""
    digest = hashlib.sha256(sys.version.encode())
    for source in sorted(_ENGINE.rglob("*.py")):
        digest.update(source.relative_to(_ENGINE).as_posix().encode() + source.read_bytes())
    return digest.hexdigest()


def path_of(folder: Path, state: Kept) -> Path:
    """The file of a state: its name says where it stands."""
    return folder / f"{state.number:012d}-{state.standing.watermark}{SUFFIX}"


def encoded(state: Kept) -> bytes:
    """A state as a file: digest, then compressed."""
    packed = zstandard.ZstdCompressor(level=1).compress(msgspec.msgpack.encode(state))
    return hashlib.sha256(packed).digest() + packed


def places(folder: Path) -> list[Place]:
    """The states of a folder, newest first."""
    found = []
    for path in folder.glob(f"*{SUFFIX}"):
        number, _, watermark = path.name.removesuffix(SUFFIX).partition("-")
        if number.isdigit() and watermark.lstrip("-").isdigit():
            found.append(Place(path, int(number), int(watermark)))
    return sorted(found, key=lambda place: place.number, reverse=True)


def read(path: Path) -> Kept | None:
    """A state; None where the file is damaged, cut short, gone, or of another build of the engine."""
    try:
        data = path.read_bytes()
        digest, packed = data[:_DIGEST], data[_DIGEST:]
        if hashlib.sha256(packed).digest() != digest:
            return None
        state = msgspec.msgpack.decode(zstandard.ZstdDecompressor().decompress(packed), type=Kept)
    except (OSError, zstandard.ZstdError, msgspec.DecodeError):
        return None
    return state if state.build == engine_build() else None
