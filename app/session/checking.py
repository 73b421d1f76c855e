"""Is the live run what its tape says? Both hashes, worked out again from the tape, beside those of the run.

The run writes down its run hash as each minute closes, which costs it nothing; its states on disk are its figures of
that moment. The checker replays the tape with an engine of its own, a little at a time, compares the run hash minute by
minute, the output hash at every state and at the end of the day, and says how far it has come.
"""

import sys
import time
from pathlib import Path
from typing import Final, Protocol

import msgspec

from app.engine.config import EngineConfig
from app.engine.core import Engine
from app.engine.errors import ScorecardError
from app.engine.units import NULL, SECOND
from app.engine.universe import Universe
from app.runtime.channel import write_private
from app.runtime.loop import Loop
from app.session import snapshots
from app.session.recovery import TapeIndex, adopt
from app.session.runtime_folder import RuntimeFolder

MINUTE_NS: Final = 60 * SECOND


class Mark(msgspec.Struct, frozen=True, array_like=True):
    """The run behind `number` records of its tape: the event time (ns) it had passed, its run hash."""

    number: int
    watermark: int
    run_hash: str


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """How far the run was compared (event ns, NULL not yet), and both sides of the last comparison of each hash."""

    checked_ns: int = NULL
    live_run_hash: str = ""
    replay_run_hash: str = ""
    output_ns: int = NULL
    live_output_hash: str = ""
    replay_output_hash: str = ""

    @property
    def equal(self) -> bool:
        """True while nothing has differed."""
        return self.live_run_hash == self.replay_run_hash and self.live_output_hash == self.replay_output_hash


class Numbered(Protocol):
    """What counts the records of a tape."""

    @property
    def number(self) -> int:
        """Records written."""


class Hashed(Protocol):
    """What has a run hash."""

    def run_hash(self) -> str:
        """Hash of everything as known then."""


class Keeper(Protocol):
    """Who looks at the run between two blocks."""

    def look(self, loop: Loop, watermark: int) -> None:
        """The run has come this far (event ns)."""


class MarkKeeper:
    """Writes a mark as each minute of event time closes, then lets the next keeper look."""

    def __init__(self, path: Path, engine: Hashed, journal: Numbered, then: Keeper) -> None:
        self._path, self._engine, self._journal, self._then = path, engine, journal, then
        self._minute = NULL
        forget_after(path, journal.number)

    def look(self, loop: Loop, watermark: int) -> None:
        """The run has come this far (event ns)."""
        minute = watermark // MINUTE_NS
        if minute > self._minute:
            if self._minute != NULL:
                mark = Mark(self._journal.number, watermark, self._engine.run_hash())
                with self._path.open("ab") as file:
                    file.write(msgspec.json.encode(mark) + b"\n")
            self._minute = minute
        self._then.look(loop, watermark)


def marks(path: Path) -> list[Mark]:
    """The marks of a run, in order; a line half written is not there yet."""
    try:
        lines = path.read_bytes().split(b"\n")[:-1]
    except FileNotFoundError:
        return []
    return [msgspec.json.decode(line, type=Mark) for line in lines]


def forget_after(path: Path, number: int) -> None:
    """Drop marks of records that are no longer on the tape: an interrupted run makes them again."""
    found = marks(path)
    kept = [mark for mark in found if mark.number <= number]
    if found != kept or path.exists():
        write_private(path, b"".join(msgspec.json.encode(mark) + b"\n" for mark in kept))


class Checker:
    """Replays a run's tape behind it; one runtime folder."""

    def __init__(self, folder: RuntimeFolder, config: EngineConfig) -> None:
        self._folder, self._config = folder, config
        self._index: TapeIndex | None = None
        self._engine: Engine | None = None
        self._number = 0
        self._ended = False
        self.said = Checked()

    def go_on(self, seconds: float) -> None:
        """As step; a tape that cannot be replayed is given up, in words on standard error."""
        try:
            self.step(seconds)
        except (ScorecardError, OSError) as error:
            self._ended = True
            print(f"the tape is not compared any further: {error}", file=sys.stderr, flush=True)

    def step(self, seconds: float) -> bool:
        """Go on for so long; True while there is more to replay. Raises ScorecardError for a tape that cannot be."""
        if self._ended or not self._folder.tape.exists():
            return False
        index, engine = self._at_work()
        due = {mark.number: mark for mark in marks(self._folder.marks) if mark.number > self._number}
        states = {place.number: place.path for place in snapshots.places(self._folder.snapshots)}
        stop, before = time.monotonic() + seconds, self.said
        ended = index.reader.end_ns is not None
        last = len(index.entries) if ended else min(max(due, default=self._number), len(index.entries))
        for block in index.blocks(self._number, last):  # no further than the last minute the run has closed
            engine.apply(block)
            self._number += 1
            if self._number in due:
                self._compare_run(engine, due[self._number])
            if self._number in states:
                self._compare_output(engine, states[self._number])
            if time.monotonic() >= stop:
                break
        if self._number == len(index.entries) and index.reader.end_ns is not None:
            self._conclude(engine, index.reader.end_ns)
        if self.said != before:
            write_private(self._folder.checked, msgspec.json.encode(self.said))
        return self._number < last

    def _at_work(self) -> tuple[TapeIndex, Engine]:
        if self._index is None or self._engine is None:
            self._index = TapeIndex(self._folder.tape)
            universe = Universe()
            adopt(universe, self._index.universe)
            self._engine = Engine(universe, self._config)
        else:
            self._index.look()
            adopt(self._engine.universe, self._index.universe)
        return self._index, self._engine

    def _compare_run(self, engine: Engine, mark: Mark) -> None:
        if self.said.equal:  # the first difference stays
            self.said = msgspec.structs.replace(
                self.said, checked_ns=mark.watermark, live_run_hash=mark.run_hash, replay_run_hash=engine.run_hash()
            )

    def _compare_output(self, engine: Engine, state: Path) -> None:
        kept = snapshots.read(state)
        if kept is None or not self.said.equal:
            return
        theirs = Engine.load(kept.engine, Universe(), self._config)
        self.said = msgspec.structs.replace(
            self.said, output_ns=kept.standing.watermark, live_output_hash=theirs.output_hash(),
            replay_output_hash=engine.output_hash(),
        )  # fmt: skip

    def _conclude(self, engine: Engine, end_ns: int) -> None:
        """The day has ended: its own figures are in its report."""
        report = self._folder.out / "run.json"
        if not report.exists():
            return  # it is written after the tape's end mark
        self._ended = True
        live = msgspec.json.decode(report.read_bytes(), type=_Report)
        engine.finish(end_ns)
        if not self.said.equal:
            return  # the first difference stays
        self.said = Checked(
            checked_ns=end_ns, live_run_hash=live.run_hash, replay_run_hash=engine.run_hash(),
            output_ns=end_ns, live_output_hash=live.output_hash, replay_output_hash=engine.output_hash(),
        )  # fmt: skip


class _Report(msgspec.Struct, frozen=True):
    """What is compared of a run's report."""

    run_hash: str
    output_hash: str


def checked(path: Path) -> Checked | None:
    """The checker's last word; None before the first."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Checked)
    except (OSError, msgspec.DecodeError):
        return None
