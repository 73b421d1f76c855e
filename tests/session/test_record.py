"""`record`: what is named decides what is run, and what is told reaches it unchanged; a stopped run is none."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app.engine.errors import ScorecardError
from app.session import record as module
from app.session.record import RecordRequest, record_run
from app.session.request import ReplayRequest
from app.session.simulation import SimulationRequest


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[Any, ...]]:
    """What would be run, and with which words."""
    said: dict[str, tuple[Any, ...]] = {}

    def note(name: str) -> Any:
        def run(*words: Any) -> Any:
            said[name] = words
            return name if name == "open_world" else SimpleNamespace(report=f"report of {name}")

        return run

    for name in ("replay", "record_live", "run_simulation", "open_world"):
        monkeypatch.setattr(module, name, note(name))
    return said


def test_that_without_a_path_the_live_sources_of_the_settings_are_run(ran: dict[str, tuple[Any, ...]]) -> None:
    record_run(RecordRequest(archive="a", settings="mine.toml", out="out", runtime="kept"))
    assert ran == {"record_live": ("mine.toml", "a", "kept", "out")}


@pytest.mark.parametrize("place", ["file", "folder", "archive:///firm/archive", "s3://firm/archive"])
def test_that_a_recording_or_an_archive_is_replayed_as_told(
    place: str, ran: dict[str, tuple[Any, ...]], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder").mkdir()
    path = place if ":" in place else str(tmp_path / place)
    words: dict[str, Any] = {
        "format": "dbn",
        "orders": "own.fix",
        "settings": "mine.toml",
        "out": "out",
        "date": "2025-03-14",
    }
    found: Any = record_run(RecordRequest(path=path, archive="a", **words), None)
    assert found == "report of replay"
    assert ran == {"replay": (ReplayRequest(path=path, archive="a", **words), None)}


@pytest.mark.parametrize(("seed", "agent"), [(None, None), (7, False), (0, True)])
def test_that_any_other_name_is_a_world(
    seed: int | None,
    agent: bool | None,
    ran: dict[str, tuple[Any, ...]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    found: Any = record_run(RecordRequest(path="tech", archive="a", seed=seed, agent=agent))
    assert found == "report of run_simulation"
    assert ran["open_world"] == ("tech", seed, agent)
    assert ran["run_simulation"] == (SimulationRequest(archive="a"), "open_world", None, None)


def test_that_a_world_in_a_file_of_its_own_is_a_world(ran: dict[str, tuple[Any, ...]], tmp_path: Path) -> None:
    world = tmp_path / "mine.toml"
    world.write_text("")
    record_run(RecordRequest(path=str(world), archive="a"))
    assert ran["open_world"] == (str(world), None, None)
    assert "replay" not in ran


def test_that_a_recording_of_a_worlds_name_comes_before_the_world(
    ran: dict[str, tuple[Any, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tech").mkdir()
    record_run(RecordRequest(path="tech", archive="a"))
    assert list(ran) == ["replay"]


def test_that_a_name_of_nothing_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(ScorecardError, match="nowhere"):
        record_run(RecordRequest(path="nowhere", archive=str(tmp_path / "a")))
    assert not (tmp_path / "a").exists(), "no archive of nothing"
