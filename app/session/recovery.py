"""An interrupted run: the newest good state, the tape behind it, and where the day has to go on."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from app.engine.config import EngineConfig
from app.engine.core import Engine
from app.engine.errors import EngineError
from app.engine.events import Block
from app.engine.universe import Names, Universe
from app.runtime.journal import FILE, WrittenTape
from app.runtime.loop import Standing
from app.runtime.tape import JournalReader
from app.session import snapshots


class Entry(NamedTuple):
    """A record of the tape: where it starts, the event time (ns) everything is known up to behind it."""

    at: int
    watermark: int


class TapeIndex:
    """Where the records of a tape are, of one that is being written too. Raises DecodeError, FeedError."""

    def __init__(self, path: Path) -> None:
        self.universe = Universe()
        self.reader = JournalReader(path, self.universe)
        self.entries: list[Entry] = []
        self._behind = FILE.itemsize
        self._read()

    def look(self) -> None:
        """Read on what was appended."""
        if self.reader.end_ns is None:
            self.reader.grow()
            self._read()

    def blocks(self, first: int, last: int | None = None) -> Iterator[Block]:
        """Records `first` to before `last`, read again."""
        for number in range(first, len(self.entries) if last is None else last):
            yield self.reader.block_at(self.entries[number].at, number)

    @property
    def behind(self) -> WrittenTape:
        """Where the next record belongs: behind the last block, an end mark is written anew."""
        return WrittenTape(self._behind, len(self.entries), self.universe)

    def close(self) -> None:
        """Release the file."""
        self.reader.close()

    def _read(self) -> None:
        for at, watermark in self.reader.places():
            self.entries.append(Entry(at, watermark))
            self._behind = self.reader.whole


@dataclass(slots=True)
class Recovered:
    """An interrupted run: its engine in the newest good state, and the blocks that came after it."""

    engine: Engine
    standing: Standing
    index: TapeIndex
    number: int
    notes: list[str] = field(default_factory=list)

    def tail(self) -> Iterator[Block]:
        """The blocks behind the state, as they were applied."""
        return self.index.blocks(self.number)


def opened_tape(path: Path) -> TapeIndex | None:
    """The tape of an interrupted run; None where it holds nothing, and then its file is gone."""
    if not path.exists():
        return None
    if path.stat().st_size >= FILE.itemsize:
        index = TapeIndex(path)
        if index.entries:
            return index
        index.close()
    path.unlink()
    return None


def recover(tape: Path, states: Path, universe: Universe, config: EngineConfig) -> Recovered | None:
    """What an interrupted run has left; None where it has left nothing. `universe` receives every name it knew.

    Raises EngineError when the names of `universe` have other numbers than on the tape, DecodeError for another tape.
    """
    index = opened_tape(tape)
    if index is None:
        return None
    notes = [] if index.reader.torn is None or "no end mark" in index.reader.torn else [index.reader.torn]
    for place in snapshots.places(states):
        if place.number > len(index.entries):
            continue
        state = snapshots.read(place.path)
        if state is None:
            notes.append(f"{place.path.name}: a damaged state, or one of another build; an older one is used")
            continue
        engine = Engine.load(state.engine, universe, config)
        adopt(universe, index.universe)
        return Recovered(engine, state.standing, index, state.number, notes)
    adopt(universe, index.universe)
    return Recovered(Engine(universe, config), Standing(), index, 0, notes)


def adopt(universe: Universe, known: Universe) -> None:
    """Give a universe the names of a tape under their numbers. Raises EngineError where they have others."""
    pairs = (
        (universe.instruments, known.instruments), (universe.venues, known.venues), (universe.sources, known.sources)
    )  # fmt: skip
    for table, names in pairs:
        _adopt_names(table, names)
    for instrument in known.reference.values():
        if instrument.instrument not in universe.reference:
            universe.describe(instrument)
    universe.fx.update(known.fx)


def _adopt_names(table: Names, known: Names) -> None:
    for number, name in enumerate(known.names):
        if table.index(name) != number:
            raise EngineError(f"the tape's name {name!r} has another number in the day that is made again")


def state_before(index: TapeIndex, states: Path, ts_ns: int, config: EngineConfig) -> tuple[Engine, int]:
    """A private engine in the newest state that knows nothing after ts_ns, and the records behind it."""
    for place in snapshots.places(states):
        if place.number <= len(index.entries) and place.watermark <= ts_ns:
            state = snapshots.read(place.path)
            if state is not None:
                universe = Universe()
                engine = Engine.load(state.engine, universe, config)
                adopt(universe, index.universe)
                return engine, state.number
    universe = Universe()
    adopt(universe, index.universe)
    return Engine(universe, config), 0
