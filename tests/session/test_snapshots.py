"""States on disk: whole or not there, of this build or not used, named by where they stand; the newest first."""

from pathlib import Path

import msgspec
import pytest

from app.engine.config import EngineConfig
from app.engine.core import Engine
from app.engine.errors import EngineError
from app.engine.events import Block
from app.engine.units import SECOND
from app.engine.universe import Universe
from app.runtime.journal import JournalWriter
from app.runtime.loop import Standing
from app.session import snapshots
from app.session.snapshots import Kept, SnapshotKeeper, encoded, engine_build, path_of, places, read
from tests.patience import eventually

STANDING = Standing(rows=12, market=10, orders=2, watermark=77, fingerprint=(3, 4))


def kept(number: int = 5, watermark: int = 77, **changes: object) -> Kept:
    """A state behind so many records."""
    standing = msgspec.structs.replace(STANDING, watermark=watermark)
    state = Kept(build=engine_build(), number=number, standing=standing, engine=b"engine" * 100)
    return msgspec.structs.replace(state, **changes)


def put(folder: Path, state: Kept) -> Path:
    """Write it; its file."""
    path = path_of(folder, state)
    path.write_bytes(encoded(state))
    return path


def test_that_a_state_comes_back_as_it_was_kept(tmp_path: Path) -> None:
    state = kept()
    assert read(put(tmp_path, state)) == state


@pytest.mark.parametrize("at", [0, 31, 32, 40, -1])
def test_that_a_changed_byte_anywhere_is_no_state(tmp_path: Path, at: int) -> None:
    path = put(tmp_path, kept())
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)
    assert read(path) is None


@pytest.mark.parametrize("size", [0, 10, 32, 60])
def test_that_a_file_cut_short_is_no_state(tmp_path: Path, size: int) -> None:
    path = put(tmp_path, kept())
    path.write_bytes(path.read_bytes()[:size])
    assert read(path) is None


def test_that_a_whole_file_of_something_else_is_no_state(tmp_path: Path) -> None:
    path = put(tmp_path, kept())
    path.write_bytes(encoded("a sentence"))  # type: ignore[arg-type]
    assert read(path) is None
    assert read(tmp_path / "none.state") is None
    assert read(tmp_path) is None


def test_that_a_state_of_another_build_is_not_gone_on_with(tmp_path: Path) -> None:
    assert read(put(tmp_path, kept(build="0" * 64))) is None


def test_that_a_build_is_named_by_the_engines_sources() -> None:
    assert len(engine_build()) == 64
    assert engine_build() == engine_build()


def test_that_places_are_the_newest_first_by_their_number_and_strangers_are_none(tmp_path: Path) -> None:
    for number, watermark in ((9, 900), (10, 1_000), (2, -5)):
        put(tmp_path, kept(number, watermark))
    for name in ("notes.state", "12.state", "12-x.state", "x-12.state", "000000000011-1100.tmp"):
        (tmp_path / name).write_bytes(b"")
    assert [(place.number, place.watermark) for place in places(tmp_path)] == [(10, 1_000), (9, 900), (2, -5)]
    assert places(tmp_path / "none") == []


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Standstill:
    """A loop that stands where it stands."""

    def __init__(self) -> None:
        self.asked = 0

    def standing(self) -> Standing:
        """As Loop."""
        self.asked += 1
        return msgspec.structs.replace(STANDING, watermark=self.asked)


class Keeping:
    """A keeper over a tape of one block."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        universe = Universe()
        self.folder, self.clock, self.loop = folder, Clock(), Standstill()
        self.journal = JournalWriter(folder / "tape", universe)
        self.journal.write(Block(1))
        self.keeper = SnapshotKeeper(folder, Engine(universe, EngineConfig()), self.journal, self.clock)

    def look(self, watermark: int) -> None:
        """The run looks."""
        self.keeper.look(self.loop, watermark)  # type: ignore[arg-type]

    def done(self) -> list[snapshots.Place]:
        """States on disk once everything is written."""
        self.keeper.close()
        self.journal.close()
        return places(self.folder)


def test_that_a_state_is_kept_when_both_the_day_and_the_wall_have_moved_on(tmp_path: Path) -> None:
    keeping = Keeping(tmp_path / "states")
    keeping.look(0)  # the first look only notes where the day begins
    keeping.clock.now = 2.0
    keeping.look(snapshots.EVERY_NS - 1)
    assert keeping.loop.asked == 0
    keeping.look(snapshots.EVERY_NS)
    assert keeping.loop.asked == 1
    assert eventually(lambda: len(places(keeping.folder)) == 1, 10.0), "the writer is free again"
    keeping.look(snapshots.EVERY_NS + SECOND)
    keeping.look(3 * snapshots.EVERY_NS)  # the wall has not moved: a day flat out does other things too
    assert keeping.loop.asked == 1
    found = keeping.done()
    assert [(place.number, place.watermark) for place in found] == [(1, 1)]
    state = read(found[0].path)
    assert state is not None
    assert (state.number, state.standing.rows) == (1, 12)
    Engine.load(state.engine, Universe(), EngineConfig())


def test_that_everything_kept_is_on_disk_when_the_keeper_closes_for_its_user_alone(tmp_path: Path) -> None:
    keeping = Keeping(tmp_path / "states")
    for _ in range(3):
        keeping.keeper.keep(keeping.loop, 1)  # type: ignore[arg-type]
    found = keeping.done()
    assert {place.watermark for place in found} == {1, 2, 3}
    assert all(place.path.stat().st_mode & 0o077 == 0 for place in found)
    assert not [path for path in keeping.folder.iterdir() if path.name.startswith(".")]


def test_that_a_state_that_cannot_be_written_is_said_at_the_next_one(tmp_path: Path) -> None:
    keeping = Keeping(tmp_path / "states")
    keeping.keeper._folder = tmp_path / "none"
    keeping.keeper.keep(keeping.loop, 1)  # type: ignore[arg-type]
    keeping.keeper.close()
    with pytest.raises(EngineError, match="a state cannot be written: No such file or directory"):
        keeping.keeper.keep(keeping.loop, 2)  # type: ignore[arg-type]
    keeping.journal.close()
