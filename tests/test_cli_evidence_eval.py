"""Commands that check the evidence: their words, their files, their refusals."""

from pathlib import Path
from typing import Any

import pytest

from app.cli import evidence_eval as commands
from app.session import evidence_worlds
from app.session.evidence_aa import passes
from app.session.evidence_aa.day import simulated
from app.session.evidence_aa.record import read_aa
from app.session.evidence_eval import page, plan
from app.session.evidence_worlds import SimulateRequest, perform, simulate
from tests.command import scorecard
from tests.feeds.simulator.evidence.tiny import one_algo, tiny_world
from tests.session.evidence_eval.parents import MODEL

pytestmark = pytest.mark.slow  # loads the engine; some play whole episodes


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model file with plain numbers."""
    path = tmp_path / "plain.model"
    path.write_bytes(MODEL.save())
    return path


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every cell is the small world."""
    monkeypatch.setattr(plan, "world_of_cell", lambda _name, _bps: tiny_world())


@pytest.mark.usefixtures("small")
def test_that_an_evaluation_leaves_its_page(tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["evidence", "eval", "base_4", "--scale", "0.003", "--model", model, "--keep", tmp_path / "keep"]
    assert scorecard(*words, "--out", tmp_path / "evidence.md") == 0
    said = (tmp_path / "evidence.md").read_text("utf-8")
    assert MODEL.hash in said
    assert "| base_4 | 2 | 2,000,000 to 2,000,000 | base_0 |" in said
    assert str(tmp_path) not in said
    capsys.readouterr()
    assert scorecard(*words) == 0  # what is kept is not worked out again
    printed = capsys.readouterr()
    assert said in printed.out
    assert "1 of 1" in printed.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["eval", "base_3"], "base_3"), (["eval", "--split", "fit"], "models are made of fit"),
        (["eval", "--model", "nothing.model"], "nothing.model"), (["aa", "--children", "50,x"], "50,x"),
        (["aa", "nowhere"], "nowhere"), (["backtest", "nowhere"], "nowhere"),
    ],
)  # fmt: skip
def test_that_a_mistake_is_told_in_a_sentence(
    words: list[str], told: str, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = [] if "--model" in words else ["--model", model]
    assert scorecard("evidence", *words, *more) in (1, 2)
    error = capsys.readouterr().err
    assert told in error
    assert "Traceback" not in error


def test_that_fake_orders_leave_a_record_for_the_desk(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = tiny_world(orders=one_algo("TWAP", minutes=20.0))
    monkeypatch.setattr(passes, "simulated", lambda _world, seed: simulated(world, seed))
    words: list[Any] = ["evidence", "aa", "--days", 1, "--children", "20", "--model", model]
    assert scorecard(*words, "--out", tmp_path / "aa.json") == 0
    printed = capsys.readouterr().out
    record = read_aa(tmp_path / "aa.json")
    assert [rate.children for rate in record.rates] == [20]
    assert "20 children" in printed
    assert "mean e" in printed


def test_that_thresholds_are_tried_on_simulated_episodes(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence_worlds, "run_errand", lambda errand, _processes: perform(errand))
    folder = simulate(SimulateRequest(world=tiny_world(), split="test", parents=2, out=tmp_path / "out"))
    assert scorecard("evidence", "backtest", folder, "--e", "1.01", "--bps", "0.01", "--model", model) == 0
    printed = capsys.readouterr().out
    assert "2 scored orders" in printed
    assert "AMBER (E 1.01, 0.01 bps) would have fired" in printed
    assert "precision 1.000" in printed


def test_that_the_shipped_model_is_used_where_none_is_named() -> None:
    assert commands.model_of(None).hash == commands.model_of(None).hash
    assert commands.model_of(None).kernels


def test_that_a_page_needs_no_more_than_it_is_told(tmp_path: Path) -> None:
    wanted = page.Wanted(worlds=["base_0"], split="final", scale=0.01, workers=1, keep=tmp_path)
    (cell,) = page.chosen(wanted, MODEL)
    assert (cell.name, cell.parents) == ("base_0", 18)
