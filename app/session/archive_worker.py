"""The archive's process of a supervised session: `python -m app.session.archive_worker FOLDER`.

It follows the tape and appends what stands on it, whole records, each once: where it was is in the archive itself. When
the archive is away the tape keeps everything meanwhile, and the engine does not notice. On SIGTERM it takes what is
still on the tape and ends.
"""

import signal
import sys
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
import pyarrow.parquet as pq

from app.engine.errors import EngineError, FeedError, ScorecardError
from app.engine.universe import Universe
from app.feeds.archive.delivery import Delivery
from app.feeds.archive.place import Place, require_library
from app.runtime.channel import write_private
from app.runtime.journal import FILE
from app.runtime.outputs import RUN, RunReport
from app.runtime.tape import JournalReader
from app.session.archived import Archived, archived
from app.session.archiving import options_of, say
from app.session.runtime_folder import RuntimeFolder
from app.settings import Settings, load_settings

if TYPE_CHECKING:
    from app.feeds.archive.writer import ArchiveWriter

REFUSED: Final = 3  # exit code: starting it again would end the same way
_LOOK_S: Final = 0.2
_RESULTS: Final = ("parents", "fills", "children")


class Follower:
    """Follows the tape of a folder into an archive until it is stopped or the run on the tape has ended."""

    def __init__(self, folder: RuntimeFolder, settings: Settings, address: str) -> None:
        self._folder = folder
        self._settings = settings
        self._place = Place.of(address)
        self._word = self._begun()

    def run(self, stopped: Callable[[], bool]) -> None:
        """Raises ScorecardError in words where another writer has taken over, or the tape cannot be read."""
        from app.feeds.archive.writer import ArchiveWriter  # noqa: PLC0415 - its library is an extra

        while not self._there():
            if stopped():
                return
            time.sleep(_LOOK_S)
        universe = Universe()
        reader = JournalReader(self._folder.tape, universe)
        with ArchiveWriter(self._place, universe, options_of(self._settings), self._say) as writer:
            self._follow(reader, writer, stopped)
            if reader.end_ns is not None:
                self._results(writer, reader.end_ns, stopped)
        self._tell(writer)
        if reader.end_ns is not None or stopped():
            self._word = msgspec.structs.replace(self._word, complete=True)
            self._keep()
        reader.close()

    def _there(self) -> bool:
        """True once the tape has its head: what is written first waits in the engine for the first rows."""
        try:
            return self._folder.tape.stat().st_size >= FILE.itemsize
        except FileNotFoundError:
            return False

    def _follow(self, reader: JournalReader, writer: "ArchiveWriter", stopped: Callable[[], bool]) -> None:
        flushed = time.monotonic()
        while True:
            last = stopped()  # asked before the tape is looked at: what stood there then is taken
            number = reader.number
            for block in reader.blocks():
                writer.put(
                    Delivery(
                        lane=self._word.lane, start=number, end=number + 1, market=block.market, orders=block.orders
                    )
                )
                number += 1
            if last or reader.end_ns is not None:
                return
            if time.monotonic() - flushed >= self._settings.archive.flush_s:
                writer.flush()
                self._tell(writer)
                flushed = time.monotonic()
            time.sleep(_LOOK_S)
            reader.grow()

    def _results(self, writer: "ArchiveWriter", end_ns: int, stopped: Callable[[], bool]) -> None:
        """The figures of the ended run, once its files are in place."""
        writer.flush()
        report = self._folder.out / RUN
        while not report.exists():
            if stopped():
                return
            time.sleep(_LOOK_S)
        said = msgspec.json.decode(report.read_bytes(), type=RunReport)
        tables = {name: pq.read_table(self._folder.out / f"{name}.parquet").to_pydict() for name in _RESULTS}
        writer.results(f"{self._word.lane} {said.output_hash}", tables, end_ns)

    def _begun(self) -> Archived:
        """The lane of this tape: a new name with every session that is begun."""
        path = self._folder.archived
        begun = (self._folder.path / "session.json").stat().st_mtime_ns
        known = archived(path)
        if known is not None and known.session == begun:
            return known
        word = Archived(lane=f"tape {uuid.uuid4().hex}", session=begun)
        write_private(path, msgspec.json.encode(word))
        return word

    def _say(self, text: str) -> None:
        say(text)
        self._keep(archive_trouble=text if " waits: " in text else "")

    def _tell(self, writer: "ArchiveWriter") -> None:
        self._keep(complete=False, archive=f"{writer.rows:,} rows in {self._place}")

    def _keep(self, **told: str | bool) -> None:
        self._word = msgspec.structs.replace(self._word, **told)
        write_private(self._folder.archived, msgspec.json.encode(self._word))


def finish_tape(path: Path, address: str | None) -> str:
    """Take what is on a tape nobody writes any more; how far it is then, in words. Raises ScorecardError."""
    folder = RuntimeFolder(path)
    session = folder.session()
    if session is None or not folder.tape.exists():
        raise FeedError(f"{path}: no session with a tape is here")
    settings = load_settings(Path(session.settings) if session.settings else None)
    Follower(folder, settings, address or session.archive or settings.archive.path).run(lambda: True)
    word = archived(folder.archived)
    return "" if word is None else word.archive


def main(words: Sequence[str]) -> int:
    """Follow the folder's tape: 0 when it was asked to end or the run has ended, REFUSED when it cannot."""
    folder = RuntimeFolder(Path(words[0]))
    session = folder.session()
    if session is None:
        raise EngineError(f"{folder.path}: no session was begun here")
    stop = threading.Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the supervisor decides
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    try:
        require_library()
        settings = load_settings(Path(session.settings) if session.settings else None)
        Follower(folder, settings, session.archive or settings.archive.path).run(stop.is_set)
    except ScorecardError as error:
        folder.words("archive", str(error))
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
