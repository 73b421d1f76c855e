"""Hashes under several Pythons: a difference, a failure and a missing interpreter are all told."""

from pathlib import Path

import pytest

from scripts import pythons
from scripts.stages import Outcome

SAME = {"input_hash": "i", "run_hash": "a", "output_hash": "b"}


@pytest.fixture
def everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every Python is found, and one recording."""
    monkeypatch.setattr(pythons, "interpreter", Path)
    monkeypatch.setattr(pythons, "environment", lambda _, base: base)
    monkeypatch.setattr(pythons, "recordings", lambda: {"inst": ["inst"]})


@pytest.mark.usefixtures("everywhere")
@pytest.mark.parametrize(
    ("on_312", "expected"),
    [
        (SAME, Outcome(1, 0)),
        ({**SAME, "run_hash": "c"}, Outcome(0, 1)),
        ({**SAME, "output_hash": "c"}, Outcome(0, 1)),
        ({"failed": "no"}, Outcome(0, 1)),
    ],
)
def test_that_one_differing_hash_fails(
    on_312: dict[str, str], expected: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pythons, "hashes", lambda python, _: on_312 if python == Path("3.12") else SAME)
    assert pythons.outcome() == expected


@pytest.mark.usefixtures("everywhere")
def test_that_the_same_failure_everywhere_is_no_agreement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pythons, "hashes", lambda *_: {"failed": "no such command"})
    assert pythons.outcome() == Outcome(0, 1)


@pytest.mark.usefixtures("everywhere")
def test_that_a_python_that_is_not_there_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pythons, "interpreter", lambda python: None if python == "3.13" else Path(python))
    monkeypatch.setattr(pythons, "hashes", lambda *_: SAME)
    assert pythons.outcome() == Outcome(1, 1)
    assert "Python 3.13: no interpreter found" in capsys.readouterr().out


def test_that_an_interpreter_that_does_not_run_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shim, real = tmp_path / "bin" / "python3.12", tmp_path / "versions" / "3.12.1" / "bin" / "python"
    for path, body in ((shim, "exit 127"), (real, "echo 3.12")):
        path.parent.mkdir(parents=True)
        path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{shim.parent}:/usr/bin:/bin")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert pythons.interpreter("3.12") == real
    assert pythons.interpreter("3.13") is None


def test_that_every_shipped_session_is_replayed(repository: Path) -> None:
    shipped = {path.parent.name for path in (repository / "resources" / "sessions").glob("*/market.parquet")}
    assert {"inst", "inst_sell", "ties", "day"} <= shipped <= set(pythons.recordings())


def test_that_a_failing_replay_tells_its_last_words(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho 'scorecard: no such file' >&2\nexit 1\n", encoding="utf-8")
    python.chmod(0o755)
    assert pythons.hashes(python, ["nothing"]) == {"failed": "scorecard: no such file"}
