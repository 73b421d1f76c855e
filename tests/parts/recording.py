"""A recording of live sources for tests that break things: started, killed, started again, and what came of it."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final, TypeVar

import msgspec
import numpy as np
import pyarrow.parquet as pq

from app.engine.events import OrderRow, Rows
from app.engine.universe import Universe
from app.feeds.archive.feed import open_recording as open_archive
from app.feeds.archive.place import Place
from app.feeds.archive.reading import TableReader
from app.feeds.archive.tables import SCORECARDS
from app.feeds.base import Options, Recording
from app.feeds.session import open_recording as open_session
from app.runtime.journal import FILE
from app.runtime.loop import RunResult
from app.runtime.outputs import RUN, RunReport
from app.session.archived import archived
from app.session.replay import replay
from app.session.request import ReplayRequest
from app.session.runtime_folder import Role, RuntimeFolder
from tests.patience import eventually

ROOT: Final = Path(__file__).resolve().parents[2]
PATIENCE_S: Final = 240.0
Found = TypeVar("Found")


class Recorded:
    """`scorecard record` in a process of its own; `archive` is a folder, or an address of S3."""

    def __init__(self, work: Path, settings: Path, archive: str = "", more: Mapping[str, str] | None = None) -> None:
        self.folder = RuntimeFolder(work / "recording")
        self.archive = archive or str(work / "archive")
        self.out = work / "out"
        self._log = work / "record.log"
        self._settings = settings
        self._more = dict(more or {})
        self.process = self._started()

    def _started(self) -> "subprocess.Popen[bytes]":
        words = ["-m", "app", "record", "--settings", str(self._settings), "--archive", self.archive]
        words += ["--runtime", str(self.folder.path), "--out", str(self.out)]
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, *words], cwd=ROOT, env={**os.environ, **self._more}, stdout=log, stderr=log
            )

    def start_again(self) -> None:
        """Record again what was being recorded."""
        self.process = self._started()

    def kill(self, *roles: Role) -> None:
        """SIGKILL these processes of the recording, as far as they run now."""
        status = self.folder.status()
        for role in roles if status is not None else ():
            known = status.processes.get(role) if status is not None else None
            if known is not None and known.identity is not None and known.identity.alive():
                os.kill(known.identity.pid, signal.SIGKILL)

    def kill_everything(self) -> None:
        """SIGKILL whoever watches, then the engine and the archive."""
        self.process.kill()
        self.process.wait()
        self.kill("engine", "archive")

    def pid(self, role: Role) -> int:
        """The process of a role, once it runs."""

        def look() -> int:
            status = self.folder.status()
            known = None if status is None else status.processes.get(role)
            return 0 if known is None or known.identity is None or not known.identity.alive() else known.identity.pid

        return self.until(look)

    def until(self, holds: Callable[[], Found]) -> Found:
        """What `holds` finds once it is something, while the recording runs."""

        def look() -> Found:
            code = self.process.poll()
            assert code is None, f"the recording ended with {code}: {self.said()}"
            return holds()

        return eventually(look, PATIENCE_S, self.said)

    def applied(self) -> int:
        """Bytes of the tape."""
        return self.folder.tape.stat().st_size if self.folder.tape.exists() else 0

    def until_applied(self, more_than: int = FILE.itemsize) -> None:
        """Wait until the tape is longer than that."""
        self.until(lambda: self.applied() > more_than)

    def trouble(self) -> str:
        """Why the archive waits; "" while it does not."""
        word = archived(self.folder.archived)
        return "" if word is None else word.archive_trouble

    def report(self, patience_s: float = PATIENCE_S) -> RunReport:
        """What came of it, once it has ended of itself."""
        code = self.process.wait(patience_s)
        assert code == 0, self.said()
        return msgspec.json.decode((self.out / RUN).read_bytes(), type=RunReport)

    def quarantined(self) -> list[str]:
        """Where everything stood that was set aside."""
        return sorted(pq.read_table(self.out / "quarantine.parquet").column("where").to_pylist())

    def rows(self) -> Counter[bytes]:
        """Every row of the archive, as often as it is there."""
        universe = Universe()
        return counted(open_archive(Path(self.archive), universe, Options(session_date="all")), universe)

    def parents(self) -> list[str]:
        """Parents of the archived scorecards, as often as they are there."""
        reader = TableReader(Place.of(self.archive), SCORECARDS)
        return sorted(name for file in reader.files() for name in reader.read(file).column("parent_id").to_pylist())

    def said(self) -> str:
        """The end of what it and its processes said."""
        texts = [self._log, *(self.folder.log(role) for role in ("engine", "archive"))]
        return "\n".join(path.read_text("utf-8", "replace")[-1500:] for path in texts if path.exists())

    def close(self) -> None:
        """End whatever still runs."""
        self.kill_everything()


def rows_of_day(day: Path) -> Counter[bytes]:
    """Every row of a session folder."""
    universe = Universe()
    return counted(open_session(day, universe, Options()), universe)


def counted(recording: Recording, universe: Universe) -> Counter[bytes]:
    """Rows by source, seq and everything else they say, with names in place of numbers; how often each is there."""
    found = Counter(_own(row) for row in recording.orders)
    for rows in recording.market:
        found.update(_market(rows, universe))
    recording.close()
    return found


def _market(rows: Rows, universe: Universe) -> Iterator[bytes]:
    plain = rows.copy()
    for name in ("rec", "pad", "instrument", "venue", "source"):
        plain[name] = 0
    tables = (("source", universe.sources), ("venue", universe.venues), ("instrument", universe.instruments))
    names = [[table.names[number] if number >= 0 else "" for number in rows[column]] for column, table in tables]
    for row, *words in zip(plain, *names, strict=True):
        yield "|".join(words).encode() + np.asarray(row).tobytes()


def _own(row: OrderRow) -> bytes:
    return msgspec.msgpack.encode(msgspec.structs.replace(row, rec=0))


def judge(day: Path, settings: Path, recorded: Recorded, aside: list[str], *, late: bool | None = False) -> None:
    """Each row of the day is archived once, the figures are those of a run without faults, `aside` was set aside.

    `late`: some rows came too late to be put in their place; the figures are then those of the tape.
    None: rows of two sources may overtake each other, which no figure depends on.
    """
    report = recorded.report()
    plain = _replayed(str(day), settings)
    wanted, found = rows_of_day(day), recorded.rows()
    assert (sum((found - wanted).values()), sum((wanted - found).values())) == (0, 0), "rows too many, rows too few"
    assert recorded.parents() == sorted(str(name) for name in plain.tables["parents"]["parent_id"])
    assert recorded.quarantined() == aside
    if late:
        plain = _replayed(str(recorded.folder.tape), settings)
    assert late is not False or report.rows_late == 0
    assert report.output_hash == plain.report.output_hash


def _replayed(path: str, settings: Path) -> RunResult:
    result = replay(ReplayRequest(path=path, settings=str(settings)))
    assert result is not None
    return result
