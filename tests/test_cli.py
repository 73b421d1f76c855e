"""The command line: what it prints, what it leaves behind, and how it says that something is wrong."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app import __version__, doctor
from app.cli import entry as cli
from app.cli import opening, recordings, sessions
from app.cli import words as shared
from app.runtime.outputs import FILES
from app.session.request import ReplayRequest
from app.settings import SHIPPED_MODEL
from tests.command import scorecard
from tests.session.small import small_session

pytestmark = pytest.mark.slow  # processes, whole days or whole windows

ROOT = Path(__file__).resolve().parents[1]
COMMANDS = {
    "replay",
    "export",
    "desk",
    "generate",
    "run",
    "serve",
    "stop",
    "demo",
    "report",
    "doctor",
    "version",
    "switch",
    "orders",
    "cancel",
    "kill",
    "release",
    "audit",
    "record",
    "archive",
    "capture",
    "clock",
    "history",
    "paired",
    "publish",
    "algos",
    "api",
    "evidence",
    "rules",
}


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_session(tmp_path_factory.mktemp("cli") / "day")


def complaint(capsys: pytest.CaptureFixture[str]) -> str:
    """What was said on the error stream: one sentence, nothing on the other."""
    said = capsys.readouterr()
    assert said.out == ""
    assert "Traceback" not in said.err
    assert said.err.startswith("scorecard: ")
    assert said.err.count("\n") == 1
    return said.err


def test_that_help_lists_the_commands_that_exist_and_no_others(capsys: pytest.CaptureFixture[str]) -> None:
    assert scorecard("--help") == 0
    said = capsys.readouterr().out
    listed = {line.split()[1] for line in said.splitlines() if line.startswith("│ ") and line[2:3].isalpha()}
    assert listed == COMMANDS


def test_that_every_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    for command in COMMANDS:
        assert scorecard(command, "--help") == 0
        assert f"scorecard {command}" in capsys.readouterr().out


def test_that_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    assert scorecard("version") == 0
    assert capsys.readouterr().out == f"{__version__}\n"


@pytest.mark.usefixtures("as_shipped")
def test_that_a_replay_says_what_it_did(day: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert scorecard("replay", day, "--out", out, "--book", "--journal", tmp_path / "day.tape", "--block", 100) == 0
    said = capsys.readouterr().out
    run = json.loads((out / "run.json").read_text())
    assert run["model_hash"] == json.loads(SHIPPED_MODEL.with_suffix(".json").read_text())["hash"]
    for name in ("input_hash", "run_hash", "output_hash"):
        assert run[name] in said
    assert f"{run['rows_in']:,}" in said
    assert str(out) in said
    assert {entry.name for entry in out.iterdir()} == set(FILES)
    assert scorecard("replay", tmp_path / "day.tape") == 0
    again = capsys.readouterr().out
    assert run["run_hash"] in again
    assert "nothing written" in again


def test_that_an_export_is_a_session_that_replays_to_the_same_output(
    day: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert scorecard("export", day, "--out", tmp_path / "copy") == 0
    capsys.readouterr()
    hashes = []
    for folder in (day, tmp_path / "copy"):
        assert scorecard("replay", folder) == 0
        lines = capsys.readouterr().out.splitlines()
        hashes.append([line for line in lines if line.startswith(("input_hash", "output_hash"))])
    assert hashes[0] == hashes[1]


def test_that_a_generated_session_is_the_same_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a", "b"):
        assert scorecard("generate", "--out", tmp_path / name, "--rows", 2000, "--seed", 3, "--seconds", 120) == 0
    assert "order rows" in capsys.readouterr().out
    for file in ("market.parquet", "orders.parquet"):
        assert pq.read_table(tmp_path / "a" / file).equals(pq.read_table(tmp_path / "b" / file))


def test_that_the_progress_bar_shows_where_it_is_asked_for(day: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert scorecard("replay", day, "--progress") == 0
    assert "rows/s" in capsys.readouterr().err


def test_that_the_doctor_shows_the_guards_limits(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "examine", list)
    monkeypatch.setenv("SCORECARD_LIMITS_COLLAR_BPS", "50")
    assert scorecard("doctor") == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("limits ")]
    assert "hard_qty 5,000,000" in line
    assert "collar_bps 50," in line
    assert "users everyone" in line


def test_that_the_doctors_verdict_is_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    finding = doctor.Finding("numba", "missing", "not installed", "make setup")
    monkeypatch.setattr(doctor, "examine", lambda: [finding])
    assert scorecard("doctor") == 1
    assert "make setup" in capsys.readouterr().out
    monkeypatch.setattr(doctor, "examine", list)
    assert scorecard("doctor") == 0


# -- what is wrong -------------------------------------------------------------------------------------------------


def rewritten(day: Path, folder: Path, **columns: object) -> Path:
    """The session with some columns of its market rows replaced (None: left out)."""
    folder.mkdir()
    table = pq.read_table(day / "market.parquet")
    for name, column in columns.items():
        at = table.column_names.index(name)
        table = table.remove_column(at) if column is None else table.set_column(at, name, column)
    pq.write_table(table, folder / "market.parquet")
    return folder


def test_that_an_unknown_format_is_a_usage_error(day: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert scorecard("replay", day, "--format", "xml") == 2
    said = complaint(capsys)
    assert "'xml'" in said
    assert "lobster" in said


def test_that_a_path_of_no_known_format_asks_for_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    assert scorecard("replay", tmp_path / "notes.txt") == 2
    assert "notes.txt" in complaint(capsys)


def test_that_an_absent_path_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert scorecard("replay", tmp_path / "nowhere", "--out", tmp_path / "out") == 1
    assert "nowhere" in complaint(capsys)
    assert list(tmp_path.iterdir()) == []


def test_that_an_empty_file_is_named(day: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty.dbn").write_bytes(b"")
    assert scorecard("replay", tmp_path / "empty.dbn") == 1
    assert "empty.dbn: empty file" in complaint(capsys)
    (tmp_path / "day").mkdir()
    (tmp_path / "day" / "market.parquet").write_bytes(b"")
    assert scorecard("replay", tmp_path / "day") == 1
    assert "market.parquet: empty file" in complaint(capsys)


def test_that_a_truncated_file_is_named(day: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "cut"
    folder.mkdir()
    (folder / "market.parquet").write_bytes((day / "market.parquet").read_bytes()[:-30])
    assert scorecard("replay", folder) == 1
    said = complaint(capsys)
    assert "market.parquet" in said
    assert "cut short" in said


def test_that_a_wrong_type_names_file_and_column(day: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = pq.read_metadata(day / "market.parquet").num_rows
    folder = rewritten(day, tmp_path / "wrong", ts_event=pa.array(["noon"] * rows))
    assert scorecard("replay", folder) == 1
    said = complaint(capsys)
    for word in ("market.parquet", "ts_event", "string", "int64"):
        assert word in said


def test_that_a_missing_column_is_named(day: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert scorecard("replay", rewritten(day, tmp_path / "less", action=None)) == 1
    said = complaint(capsys)
    assert "market.parquet" in said
    assert "action" in said


def test_that_wrong_rows_are_set_aside_and_the_rest_goes_on(
    day: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sizes = pq.read_table(day / "market.parquet")["size"].to_pylist()
    trades = [n for n, size in enumerate(sizes) if size][:3]
    for row in trades:
        sizes[row] = -5
    folder = rewritten(day, tmp_path / "odd", size=pa.array(sizes, pa.int64()))
    assert scorecard("replay", folder, "--out", tmp_path / "out") == 0
    assert "set aside     3, with reasons in" in capsys.readouterr().out
    aside = pq.read_table(tmp_path / "out" / "quarantine.parquet").to_pylist()
    assert [f"row {row}" in entry["where"] for row, entry in zip(trades, aside, strict=True)] == [True] * 3
    assert "-5" in aside[0]["reason"]


def test_that_unreadable_settings_are_a_usage_error(
    day: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert scorecard("replay", day, "--settings", tmp_path / "none.toml") == 2
    assert "none.toml" in complaint(capsys)
    (tmp_path / "mine.toml").write_text("[ring]\nrows = 'many'\n")
    assert scorecard("replay", day, "--settings", tmp_path / "mine.toml") == 2
    said = complaint(capsys)
    for word in ("mine.toml", "ring.rows", "'many'", "int"):
        assert word in said


def test_that_a_folder_that_cannot_be_written_is_named(
    day: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("x")
    assert scorecard("replay", day, "--out", tmp_path / "file") == 1
    assert "is a file" in complaint(capsys)
    assert scorecard("export", day, "--out", tmp_path / "file") == 1
    assert "file" in complaint(capsys)


@pytest.mark.parametrize(
    "words", [["replay"], ["replay", "x", "--block", "0"], ["replay", "x", "--speed", "-1"], ["play"], ["export", "x"]]
)
def test_that_wrong_words_are_explained_and_exit_with_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert scorecard(*words) == 2
    said = capsys.readouterr()
    assert "Usage: scorecard" in said.err
    assert "Traceback" not in said.err


def test_that_what_nobody_expected_is_one_sentence_and_a_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "cache_root", lambda: tmp_path)
    cli._leave_log(ZeroDivisionError, ZeroDivisionError("by zero"), None)
    said = complaint(capsys)
    (log,) = (tmp_path / "logs").iterdir()
    assert "unexpected ZeroDivisionError: by zero" in said
    assert str(log) in said
    assert "ZeroDivisionError: by zero" in log.read_text()


def test_that_an_unexpected_end_of_the_process_leaves_its_log_too(tmp_path: Path) -> None:
    text = "import app.cli.entry as c; c.doctor.examine = lambda: 1 / 0; c.main(['doctor'])"
    environment = os.environ | {"SCORECARD_KERNEL_CACHE": str(tmp_path)}
    asked = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False, env=environment)
    assert asked.returncode == 1
    assert asked.stderr.startswith("scorecard: unexpected ZeroDivisionError")
    assert asked.stderr.count("\n") == 1
    assert len(list((tmp_path / "logs").iterdir())) == 1


# -- the desk ----------------------------------------------------------------------------------------------------------


def test_that_a_screen_is_where_somebody_can_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert not shared.has_screen()
    monkeypatch.setenv("DISPLAY", ":0")
    assert shared.has_screen()
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert not shared.has_screen()
    monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
    assert shared.has_screen()
    monkeypatch.delenv("DISPLAY")
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert shared.has_screen()


def test_that_the_desk_plays_what_it_is_told_at_the_speed_of_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[ReplayRequest] = []
    monkeypatch.setattr(recordings, "has_screen", lambda: True)
    monkeypatch.setattr(recordings, "_open", asked.append)
    (tmp_path / "mine.toml").write_text("[playback]\nspeed = 60\n")
    assert scorecard("desk", "--replay", "day", "--settings", tmp_path / "mine.toml") == 0
    assert scorecard("desk", "--replay", "day", "--format", "lobster", "--speed", "2") == 0
    assert [(request.path, request.format, request.speed) for request in asked] == [
        ("day", None, 60.0),
        ("day", "lobster", 2.0),
    ]
    boards = {request.board for request in asked}
    assert len(boards) == 2
    assert not any(Path(board or "").exists() for board in boards)  # gone with the desk


@pytest.mark.slow
@pytest.mark.usefixtures("as_shipped")
def test_that_without_a_display_the_day_is_run_drawn_and_reported(tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if k not in {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}}
    environment["PYTHONPATH"] = str(ROOT)
    command = [sys.executable, "-m", "app", "run"]
    asked = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=environment)
    assert asked.returncode == 0, asked.stderr
    assert "no display" in asked.stdout
    assert "constructed session" in asked.stdout
    assert (tmp_path / "out" / "desk.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert (tmp_path / "out" / "desk.png").stat().st_size > 20_000
    run = json.loads((tmp_path / "out" / "demo" / "run.json").read_text())
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert run["output_hash"] in page
    assert run["output_hash"] in asked.stdout
    line = pq.read_table(tmp_path / "out" / "demo" / "parents.parquet").to_pylist()[0]
    assert f"{line['is_bps']:+.4f} bps" in asked.stdout
    assert f"{line['is_bps']:+,.2f}" in page
    assert line["status_reason"].startswith("too early: 0 scored children")  # of what was hidden since the switch
    assert line["status_reason"] in asked.stdout


def test_that_a_report_names_its_page_and_an_unknown_order_is_one_sentence(
    day: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert scorecard("replay", day, "--out", tmp_path / "out") == 0
    parent = pq.read_table(tmp_path / "out" / "parents.parquet").column("parent_id").to_pylist()[0]
    assert scorecard("report", parent, "--from", tmp_path / "out", "--out", tmp_path / "page.html") == 0
    assert f"written to    {tmp_path / 'page.html'}" in capsys.readouterr().out
    assert scorecard("report", "NONE", "--from", tmp_path / "out", "--out", tmp_path / "none.html") == 1
    assert "no order 'NONE'" in complaint(capsys)


def test_that_stopping_where_nothing_runs_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert scorecard("stop", "--runtime", tmp_path / "run") == 0
    assert capsys.readouterr().out == f"no session runs in {tmp_path / 'run'}\n"


def test_that_a_session_is_what_the_words_say(tmp_path: Path) -> None:
    world = sessions.RunWords(world="tech", seed=3, agent=False).session(desk=True)
    assert (world.world, world.seed, world.agent, world.speed, world.desk) == ("tech", 3, False, 60.0, True)
    assert world.settings is not None
    assert world.settings.endswith("bps.toml")
    recorded = sessions.RunWords(replay=tmp_path / "day", speed=2.0).session(desk=False)
    assert (recorded.world, recorded.replay, recorded.speed) == (None, str(tmp_path / "day"), 2.0)
    assert opening.roles_of(world) == ("engine", "control", "lookback", "desk")
    assert opening.roles_of(recorded) == ("engine", "lookback")


@pytest.mark.slow
def test_that_a_desk_without_a_day_is_one_sentence(tmp_path: Path) -> None:
    words = ["desk", "--replay", str(tmp_path / "nowhere"), "--picture", str(tmp_path / "x.png")]
    command = [sys.executable, "-m", "app", *words]
    asked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    said = asked.stderr
    assert asked.returncode == 1
    assert said == f"scorecard: {tmp_path / 'nowhere'}: there is no such file or folder\n"
