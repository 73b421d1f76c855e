"""The words of evidence: worlds listed, episodes simulated and gone on with, a world calibrated in its own file."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.session import evidence_calibration, evidence_worlds
from app.session.evidence_worlds import Done, Errand, perform
from tests.command import scorecard

pytestmark = pytest.mark.slow  # loads and compiles the simulator

TINY = """
name = "tiny"
title = "small"

[market]
instruments = 2

[orders]
children = 20
minutes = 10.0

[agent]
target_bps = 2.0
"""
SHARE = "share = 0.5\n"


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """The file of a small world whose agent sees half of the children."""
    path = tmp_path / "tiny.toml"
    path.write_text(TINY + SHARE, "utf-8")
    return path


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Errands are done in this process; how many processes were asked for."""
    asked: list[int] = []

    def run(errand: Errand, processes: int) -> Iterator[Done]:
        asked.append(processes)
        return perform(errand)

    monkeypatch.setattr(evidence_worlds, "run_errand", run)
    monkeypatch.setattr(evidence_calibration, "run_errand", run)
    return asked


def test_that_the_worlds_are_listed_with_what_is_known_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert scorecard("evidence", "worlds") == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert "leak 4.0" in lines["base_4"]
    assert "+-" in lines["base_4"]
    assert "82 children" in lines["base_4"]
    assert "no leak" in lines["base_0"]
    assert "bps a day" in lines["base_0"]


def test_that_names_alone_can_be_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert scorecard("evidence", "worlds", "--list") == 0
    names = capsys.readouterr().out.split()
    assert "base_4" in names
    assert names == sorted(names)


def test_that_episodes_are_written_said_and_gone_on_with(
    tiny: Path, here: list[int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["evidence", "simulate", tiny, "--split", "fit", "--out", tmp_path / "out", "--parents"]
    assert scorecard(*words, 2, "--processes", 2) == 0
    first = capsys.readouterr()
    assert "parents       2, of them leaking 2" in first.out
    assert "true leak" in first.out
    assert "episodes      1 of 1" in first.err
    assert scorecard(*words, 4) == 0
    assert "parents       4, of them leaking 4" in capsys.readouterr().out
    assert here == [2, 1]
    (folder,) = (tmp_path / "out").iterdir()
    assert sorted(path.name for path in folder.iterdir()) == ["1000000", "1000001", "truths"]


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["simulate", "nowhere", "--split", "fit"], "world = 'nowhere'"),
        (["simulate", "base_4", "--split", "train"], "fit, test, final"),
    ],
)
def test_that_wrong_words_are_refused_with_what_is_allowed(
    words: list[str], what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert scorecard("evidence", *words, "--parents", 1, "--out", tmp_path) == 2
    assert what in capsys.readouterr().err


def test_that_a_world_is_calibrated_in_its_own_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "own.toml"
    path.write_text(TINY, "utf-8")
    seeds: list[int] = []

    def run(errand: Errand, _processes: int) -> Iterator[Done]:
        few = Errand(world=errand.world, seeds=errand.seeds[:4], look=errand.look)
        seeds.extend(few.seeds)
        return perform(few)

    monkeypatch.setattr(evidence_calibration, "run_errand", run)
    assert scorecard("evidence", "calibrate", path, "--parents", 16) == 0
    said = capsys.readouterr().out
    assert "volatility" in said
    assert "leak" in said
    found = tomllib.loads(path.read_text("utf-8"))["calibrated"]
    assert 0.0 < found["share"] <= 1.0
    assert found["leak_se"] > 0.0
    assert min(seeds) == 1_900_000


def test_that_a_world_without_a_file_is_not_calibrated(capsys: pytest.CaptureFixture[str]) -> None:
    assert scorecard("evidence", "calibrate", "nowhere") == 2
    assert "nowhere" in capsys.readouterr().err
