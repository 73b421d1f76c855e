"""Episodes on disk: written whole, gone on with, named by what made them; truths beside; failures told."""

from pathlib import Path

import msgspec
import pytest

from app.engine.errors import FeedError, SettingsError
from app.engine.universe import Universe
from app.feeds.base import Options
from app.feeds.session import open_recording
from app.feeds.simulator.evidence import EvidenceWorld, code_hash, episode_of, world_hash
from app.session import evidence_worlds
from app.session.evidence_worlds import (
    Done,
    Errand,
    SimulateRequest,
    folder_of,
    leaks_of,
    lines,
    parents_of_an_episode,
    perform,
    read_truths,
    simulate,
)
from tests.feeds.simulator.evidence.tiny import tiny_world, with_agent

pytestmark = pytest.mark.slow  # compiles, plays whole episodes

WORLD = tiny_world()


def request(out: Path, parents: int = 4, split: str = "test", world: EvidenceWorld = WORLD) -> SimulateRequest:
    """Some parents of the small world."""
    return SimulateRequest(world=world, split=split, parents=parents, out=out)


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Errands are done in this process."""
    monkeypatch.setattr(evidence_worlds, "run_errand", lambda errand, _processes: perform(errand))


@pytest.mark.usefixtures("here")
def test_that_episodes_are_session_folders_with_the_rows_of_their_seed(tmp_path: Path) -> None:
    folder = simulate(request(tmp_path))
    for session, truths in read_truths(folder):
        episode = episode_of(WORLD, int(session.name))
        recording = open_recording(session, Universe(), Options())
        assert sum(len(rows) for rows in recording.market) == len(episode.market)
        assert len(recording.orders) == len(episode.orders)
        assert truths == episode.truths
        assert recording.quarantine == []
        recording.close()


@pytest.mark.usefixtures("here")
def test_that_what_is_there_is_kept_and_only_the_rest_is_made(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    folder = simulate(request(tmp_path, parents=2))
    kept = (folder / "2000000" / "market.parquet").stat().st_mtime_ns
    assert simulate(request(tmp_path, parents=5), lambda done, wanted: told.append((done, wanted))) == folder
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert (folder / "2000000" / "market.parquet").stat().st_mtime_ns == kept
    assert [session.name for session, _ in read_truths(folder)] == ["2000000", "2000001", "2000002"]


@pytest.mark.usefixtures("here")
def test_that_an_episode_cut_off_while_written_is_made_again(tmp_path: Path) -> None:
    folder = folder_of(WORLD, "test", tmp_path)
    (folder / ".2000000.partial").mkdir(parents=True)
    simulate(request(tmp_path, parents=1))
    assert [session.name for session, _ in read_truths(folder)] == ["2000000"]
    assert not (folder / ".2000000.partial").exists()


def test_that_the_folder_is_named_by_world_split_and_code(tmp_path: Path) -> None:
    assert folder_of(WORLD, "fit", tmp_path).name == f"tiny-fit-{world_hash(WORLD)}-{code_hash()}"
    other = with_agent(WORLD, delay_s=0.7)
    assert folder_of(other, "fit", tmp_path) != folder_of(WORLD, "fit", tmp_path)
    assert folder_of(WORLD, "fit", tmp_path) != folder_of(WORLD, "final", tmp_path)


def test_that_an_unknown_split_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="fit, test, final"):
        simulate(request(tmp_path, split="train"))


def test_that_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder", "utf-8")
    with pytest.raises(FeedError, match="cannot be written"):
        simulate(request(tmp_path / "file"))


def test_that_processes_share_an_errand_and_lose_nothing() -> None:
    errand = Errand(world=WORLD, seeds=[2_000_000, 2_000_001, 2_000_002])
    shared = sorted(evidence_worlds.run_errand(errand, 2), key=lambda done: done.seed)
    assert shared == list(perform(errand))


def test_that_a_process_that_fails_ends_the_errand(capfd: pytest.CaptureFixture[str]) -> None:
    unknown = with_agent(tiny_world(), share=None)
    with pytest.raises(FeedError, match="ended with 1"):
        list(evidence_worlds.run_errand(Errand(world=unknown, seeds=[2_000_000]), 1))
    assert "agent.share" in capfd.readouterr().err


def test_that_a_process_says_a_line_for_each_episode() -> None:
    errand = Errand(world=WORLD, seeds=[2_000_000], look=True)
    (line,) = lines(msgspec.json.encode(errand))
    done = msgspec.json.decode(line, type=Done)
    assert done.seed == 2_000_000
    assert len(done.variances) == parents_of_an_episode(WORLD) == 2
    assert done.truths == []


def test_that_leaks_are_those_of_watched_parents() -> None:
    truths = episode_of(WORLD, 2_000_000, rows=False).truths
    clean = episode_of(WORLD, 2_000_000, agent=False, rows=False).truths
    assert list(leaks_of([*truths, *clean])) == [truth.leak_bps for truth in truths]
