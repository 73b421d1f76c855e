"""`scorecard evidence fit-switches`: a model in, the same model with a fit of switches out."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from app.engine.evidence.model import Model, load_model
from app.session import evidence_switches
from app.session.evidence.versions import card_beside, write_model
from app.session.evidence_switches import WORLDS, Planted
from tests.command import scorecard
from tests.engine.evidence.made import model
from tests.session.test_evidence_switches import made


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Sequence[str], Sequence[int]]]:
    """Orders are made here; which worlds and seeds were asked for."""
    found: list[tuple[Sequence[str], Sequence[int]]] = []

    def planted(
        _model: Model, names: Sequence[str], seeds: Sequence[int], tell: Callable[[int, int], object]
    ) -> list[Planted]:
        found.append((names, seeds))
        tell(1, 1)
        return made(100, "a", 0.1)

    monkeypatch.setattr(evidence_switches, "planted", planted)
    return found


def test_that_a_model_comes_out_with_a_fit_of_switches(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], asked: list[tuple[Sequence[str], Sequence[int]]]
) -> None:
    before, after = tmp_path / "before.model", tmp_path / "after.model"
    write_model(before, model(), {"parents": 8, "commands": ["scorecard evidence fit"]})
    assert scorecard("evidence", "fit-switches", "--model", before, "--out", after, "--episodes", 3) == 0
    changed = load_model(after.read_bytes())
    assert changed.learnt.switch is not None
    assert changed.learnt.switch[1] == pytest.approx(0.8, abs=0.2)
    assert changed.changed(learnt={}).hash == model().hash
    assert asked == [(WORLDS, range(1_040_000, 1_040_003))]
    card = card_beside(after)
    assert (card["parents"], card["hash"], card["switches"]["orders"]) == (8, changed.hash, 100)
    assert card["commands"][0] == "scorecard evidence fit"
    assert card["commands"][1] == "scorecard evidence fit-switches --episodes 3 --first 40000"
    said = capsys.readouterr().out
    assert "100 switched orders; weights " in said
    assert f"model {changed.hash[:12]} in {after}" in said


def test_that_a_model_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    none = tmp_path / "none.model"
    assert scorecard("evidence", "fit-switches", "--model", none, "--out", tmp_path / "out") == 2
    assert "--model" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
