"""Commands without a screen: what a demo, a paired run, a report and a generated day are told, say and refuse."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow.parquet as pq
import pytest

from app.cli import demonstration
from app.session import demo as flat_out
from app.session import live_headless
from app.session import paired as runs
from app.session import report as report_session
from app.settings import BPS_PRESET
from tests.command import scorecard

REPORT = SimpleNamespace(
    rows_in=1_234_567, rows_late=7, rows_quarantined=2, input_hash="in", run_hash="run", output_hash="out", notes=[]
)


def refused(capsys: pytest.CaptureFixture[str]) -> str:
    """What was said on the error stream: one sentence, and nothing on the other."""
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("scorecard: ")
    assert said.err.count("\n") == 1
    return said.err


# -- demo --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Requests that would be run; nothing is said of them."""
    asked: list[Any] = []
    monkeypatch.setattr(flat_out, "demo", asked.append)
    monkeypatch.setattr(demonstration, "_say", lambda _run: None)
    return asked


def test_that_a_demo_is_told_whole(shown: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--switch-at", "auto", "--strategy", "POV", "--seed", 0, "--no-agent", "--out", "here"]
    assert scorecard("demo", "inst", "--headless", *words, "--journal", "tape", "--board", "board") == 0
    (request,) = shown
    assert (request.world, request.switch_at, request.strategy, request.seed, request.agent) == (
        "inst", "auto", "POV", 0, False,
    )  # fmt: skip
    assert (request.run.out, request.run.journal, request.run.board) == ("here", "tape", "board")
    assert capsys.readouterr().out == "written to    here\n"


def test_that_a_demo_runs_in_bps_unless_settings_are_named(shown: list[Any]) -> None:
    assert scorecard("demo", "--headless") == 0
    assert scorecard("demo", "--headless", "--settings", "mine.toml") == 0
    assert [request.run.settings for request in shown] == [str(BPS_PRESET), "mine.toml"]
    assert {request.world for request in shown} == {"tech"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere"], "nowhere"),
        (["tech", "--switch-at", "25:00"], "25:00"),
        (["tech", "--switch-at", "03:00"], "03:00"),
    ],
)
def test_that_a_demo_of_no_world_or_at_no_time_of_its_day_is_refused(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert scorecard("demo", *words, "--headless", "--out", tmp_path / "out") in {1, 2}
    assert said in refused(capsys)
    assert list(tmp_path.iterdir()) == [], "nothing is left of it"


def test_that_a_live_demo_says_rows_late_ones_and_hashes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[Any] = []

    def run_live(request: Any) -> Any:
        asked.append(request)
        return SimpleNamespace(report=REPORT)

    monkeypatch.setattr(live_headless, "run_live", run_live)
    assert scorecard("demo", "--headless", "--from", "kdb", "--out", tmp_path) == 0
    assert Path(asked[0].settings).name == "kdb.toml"
    assert capsys.readouterr().out.splitlines() == [
        "rows in       1,234,567 (7 late)", "set aside     2", "input_hash    in", "run_hash      run",
        "output_hash   out", f"written to    {tmp_path}",
    ]  # fmt: skip
    assert scorecard("demo", "--headless", "--from", "kafka", "--settings", "mine.toml") == 0
    assert asked[1].settings == "mine.toml", "the user's own instead of the preset"


def test_that_a_live_demo_that_was_stopped_is_no_success(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(live_headless, "run_live", lambda _request: None)
    assert scorecard("demo", "--headless", "--from", "kafka") == 1
    assert "the run was stopped on its way" in refused(capsys)


# -- paired ------------------------------------------------------------------------------------------------------------


FIGURES = SimpleNamespace(
    words="400 days",
    parts={
        "own_impact": SimpleNamespace(mean=1.234, low=0.5, high=2.0, error=0.456),
        "drift": SimpleNamespace(mean=-0.1, low=-3.25, high=0.125, error=0.9),
    },
)


def test_that_paired_figures_stand_with_their_interval_and_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[Any] = []
    kept: list[tuple[Path, object]] = []
    monkeypatch.setattr(runs, "days_of", asked.append)
    monkeypatch.setattr(runs, "figures_of", lambda _request, _days: FIGURES)
    monkeypatch.setattr("app.session.paired_figures.write_figures", lambda path, figures: kept.append((path, figures)))
    words = ["--seeds", 9, "--processes", 1, "--switch-at", "10:00", "--strategy", "POV", "--out", tmp_path / "f.json"]
    assert scorecard("paired", "inst", *words) == 0
    (request,) = asked
    assert (request.world, request.seeds, request.processes, request.at, request.strategy) == (
        "inst", 9, 1, "10:00", "POV",
    )  # fmt: skip
    first, own, drift, last = capsys.readouterr().out.splitlines()
    assert first == FIGURES.words
    assert own.split() == ["own", "impact", "+1.23", "bps", "90", "%", "[+0.50,", "+2.00]", "error", "0.46"]
    assert drift.split()[:2] == ["drift", "-0.10"]
    assert "[-3.25, +0.12]" in drift
    assert last == f"written to    {tmp_path / 'f.json'}"
    assert kept == [(tmp_path / "f.json", FIGURES)]


@pytest.mark.parametrize(
    "words", [["--seeds", "1"], ["--seeds", "0"], ["--processes", "0"], ["--processes", "9"], ["a", "b"]]
)
def test_that_paired_runs_of_impossible_numbers_are_a_usage_error(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert scorecard("paired", *words) == 2
    assert "Usage: scorecard paired" in capsys.readouterr().err


def test_that_paired_runs_of_no_world_start_no_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def started(*_: object, **__: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr("app.session.shares.subprocess.Popen", started)
    assert scorecard("paired", "nowhere", "--seeds", 2) in {1, 2}
    assert "nowhere" in refused(capsys)


# -- report ------------------------------------------------------------------------------------------------------------


def test_that_a_report_is_written_where_it_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[tuple[object, ...]] = []
    monkeypatch.setattr(report_session, "write_report", lambda *words: asked.append(words))
    assert scorecard("report", "P 1", "--from", "out/demo", "--out", tmp_path / "page.html") == 0
    assert asked == [(Path("out/demo"), "P 1", tmp_path / "page.html")]
    assert capsys.readouterr().out == f"written to    {tmp_path / 'page.html'}\n"


def test_that_a_report_of_no_run_names_the_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert scorecard("report", "P1", "--from", tmp_path / "none", "--out", tmp_path / "page.html") == 1
    assert "none" in refused(capsys)
    assert not (tmp_path / "page.html").exists()


# -- generate ----------------------------------------------------------------------------------------------------------


def test_that_a_generated_session_has_what_it_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--rows", 1_000, "--instruments", 1, "--seconds", 60, "--seed", 4]
    assert scorecard("generate", "--out", tmp_path / "day", *words) == 0
    market = pq.read_metadata(tmp_path / "day" / "market.parquet").num_rows
    orders = pq.read_metadata(tmp_path / "day" / "orders.parquet").num_rows
    said = capsys.readouterr().out
    assert said == f"written to    {tmp_path / 'day'}: {market:,} market rows, {orders:,} order rows\n"


def test_that_a_generated_capture_says_what_was_lost_and_repeated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--format", "itch5", "--rows", 1_000, "--pcap", "--lost", 0.2, "--repeated", 0.2, "--late", 0.1]
    assert scorecard("generate", "--out", tmp_path / "day.pcap", *words) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["written", "packets", "repeated"]
    assert "messages lost in" in lines[1]
    assert not lines[1].endswith("0 messages lost in 0 gaps")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--format", "csv"], "format = 'csv' is not allowed; allowed: session, itch5"),
        (["--format", "itch5", "--date", "2025-02-30"], "date = '2025-02-30' is not allowed; allowed: a day"),
    ],
)
def test_that_a_day_that_cannot_be_generated_is_refused_and_leaves_nothing(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert scorecard("generate", "--out", tmp_path / "out", *words) == 2
    assert said in refused(capsys)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [["--format", "itch5"], []])
def test_that_a_place_that_cannot_be_written_is_named(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("x")
    assert scorecard("generate", "--rows", 1_000, "--out", tmp_path / "file" / "day", *words) == 1
    assert str(tmp_path / "file") in refused(capsys)
    assert (tmp_path / "file").read_text() == "x"
