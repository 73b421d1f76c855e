"""The commands of a session: which window, which processes, which day; what is said, and with which exit code."""

import signal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer

from app.cli import demonstration, opening, recordings, sessions, window
from app.engine import schema
from app.engine.errors import FeedError, SettingsError
from app.session.request import ReplayRequest
from app.session.runtime_folder import Identity, RuntimeFolder, Session, Status, myself
from tests.command import scorecard

DAY = Session(world="tech", speed=60.0)


class Supervised:
    """Stands for the supervisor and the window: remembers what it was asked for."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.roles: list[list[str]] = []
        self.attached: list[Path] = []
        patch.setattr(opening, "supervise", self._supervise)
        patch.setattr(opening, "words_of", lambda _folder, roles: {role: [] for role in roles})
        patch.setattr(opening, "attach", self._attach)
        patch.setattr(sessions, "attach", self._attach)

    def _supervise(self, _folder: RuntimeFolder, words: dict[str, list[str]]) -> int:
        self.roles.append(list(words))
        return 7

    def _attach(self, folder: RuntimeFolder) -> int:
        self.attached.append(folder.path)
        return 5


@pytest.fixture
def supervised(monkeypatch: pytest.MonkeyPatch) -> Supervised:
    return Supervised(monkeypatch)


def told(folder: RuntimeFolder, supervisor: Identity, *, closed: bool = False) -> None:
    """What a supervisor has left in the folder."""
    folder.create()
    folder.begin(DAY)
    folder.tell(Status(supervisor=supervisor, processes={}, closed=closed))


def code_of(folder: RuntimeFolder, session: Session = DAY) -> int:
    """Open it; the exit code."""
    with pytest.raises(typer.Exit) as left:
        opening.open_window(folder, session)
    return int(left.value.exit_code)


def test_that_a_second_start_looks_at_the_session_that_runs(supervised: Supervised, tmp_path: Path) -> None:
    folder = RuntimeFolder(tmp_path / "run")
    told(folder, myself())
    assert code_of(folder) == 5
    assert (supervised.attached, supervised.roles) == ([folder.path], [])


def test_that_a_first_start_begins_the_session_with_every_process_it_needs(
    supervised: Supervised, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = RuntimeFolder(tmp_path / "run")
    assert code_of(folder) == 7
    assert supervised.roles == [["engine", "control", "lookback", "desk"]]
    assert folder.session() == DAY
    assert capsys.readouterr().out == ""


def test_that_an_interrupted_session_is_gone_on_with_and_that_is_said(
    supervised: Supervised, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = RuntimeFolder(tmp_path / "run")
    told(folder, Identity(1, "gone"))
    assert code_of(folder) == 7
    assert capsys.readouterr().out == f"the session in {folder.path} was interrupted: it goes on where it stood\n"


def test_that_a_session_whose_supervisor_has_died_is_watched_on_as_what_it_is(
    supervised: Supervised, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = RuntimeFolder(tmp_path / "run")
    told(folder, Identity(1, "gone"))
    monkeypatch.setattr(RuntimeFolder, "running", lambda _self: True)
    assert code_of(folder, Session(replay="/another", desk=False)) == 7
    assert supervised.roles == [["engine", "control", "lookback", "desk"]], (
        "the roles of what runs, not of what was asked"
    )
    assert "it is watched on" in capsys.readouterr().out
    assert folder.session() == DAY


def test_that_a_served_session_has_no_desk_and_a_recorded_one_no_control(
    supervised: Supervised, tmp_path: Path
) -> None:
    assert scorecard("serve", "tech", "--runtime", tmp_path / "a") == 7
    assert scorecard("serve", "--replay", tmp_path / "day", "--runtime", tmp_path / "b") == 7
    assert supervised.roles == [["engine", "control", "lookback"], ["engine", "lookback"]]
    recorded = RuntimeFolder(tmp_path / "b").session()
    assert recorded is not None
    assert (recorded.replay, recorded.desk) == (str(tmp_path / "day"), False)


def test_that_the_desk_looks_at_what_runs_and_begins_a_day_where_nothing_does(
    supervised: Supervised, tmp_path: Path
) -> None:
    assert scorecard("desk", "--runtime", tmp_path / "run") == 7
    assert supervised.attached == []
    RuntimeFolder(tmp_path / "run").tell(Status(supervisor=myself(), processes={}))
    assert scorecard("desk", "--runtime", tmp_path / "run") == 5
    assert supervised.attached == [tmp_path / "run"]


def test_that_run_opens_the_desk_where_somebody_can_look(
    supervised: Supervised, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "has_screen", lambda: True)
    assert scorecard("run", "tech", "--seed", 3, "--no-agent", "--speed", 10, "--runtime", tmp_path / "run") == 7
    begun = RuntimeFolder(tmp_path / "run").session()
    assert begun is not None
    assert (begun.world, begun.seed, begun.agent, begun.speed, begun.desk) == ("tech", 3, False, 10.0, True)


def test_that_run_without_a_screen_plays_a_recording_or_shows_the_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    played: list[ReplayRequest] = []
    shown: list[tuple[Any, ...]] = []
    monkeypatch.setattr(sessions, "has_screen", lambda: False)
    monkeypatch.setattr(sessions, "play_on_desk", lambda request, _picture: played.append(request))
    monkeypatch.setattr(sessions, "show_without_screen", lambda *words: shown.append(words))
    assert scorecard("run", "--replay", tmp_path / "day", "--format", "dbn") == 0
    assert scorecard("run", "inst", "--seed", 2) == 0
    assert [(request.path, request.format, request.speed) for request in played] == [
        (str(tmp_path / "day"), "dbn", None)
    ]
    assert shown == [("inst", 2, None)]


def test_that_a_day_that_cannot_be_run_without_a_screen_is_one_sentence_and_draws_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[list[str]] = []

    def failing(words: list[str], *, check: bool) -> SimpleNamespace:
        assert not check
        asked.append(words)
        return SimpleNamespace(returncode=1)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("app.cli.demonstration.subprocess.run", failing)
    with pytest.raises(FeedError, match="the day could not be run"):
        demonstration.show_without_screen("tech", 4, Path("mine.toml"))
    assert "no display here" in capsys.readouterr().out
    assert asked[0][1:6] == ["-m", "app", "demo", "tech", "--headless"]
    assert asked[0][-4:] == ["--seed", "4", "--settings", "mine.toml"]
    assert list(tmp_path.iterdir()) == []


def scored(capsys: pytest.CaptureFixture[str], **values: object) -> list[tuple[str, str]]:
    """Titles and figures that a demo prints of an order of which only this is known."""
    known = dict.fromkeys(column.name for column in schema.TABLES["parents"])
    parent = known | {"parent_id": "P", "side": "SELL", "instrument": "TECH"} | values
    report = SimpleNamespace(input_hash="i", run_hash="r", output_hash="o")
    run: Any = SimpleNamespace(note="", parent=parent, switch=["one", "two"], result=SimpleNamespace(report=report))
    demonstration._say(run)
    return [(line[:21].strip(), line[21:].strip()) for line in capsys.readouterr().out.splitlines()]


def test_that_the_figures_of_a_demo_are_undefined_where_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    said = scored(capsys, fees_ccy=0.0)
    assert ("fees", "+0.00") in said, "zero is a figure"
    assert sum(words == "undefined" for _, words in said) == len(demonstration._FIGURES) - 1
    assert ("shortfall ex fees", "undefined") in said


def test_that_a_demo_says_its_evidence_with_interval_or_that_there_is_no_model(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = scored(capsys, status="RED", status_reason="E 410", e_value=410.0, leak_bps=3.1, leak_lo_bps=0.9,
                  leak_hi_bps=5.6)  # fmt: skip
    assert said[said.index(("evidence", "RED")) :][:6] == [
        ("evidence", "RED"), ("because", "E 410"), ("E", "410"), ("leak to date", "+3.10 bps"),
        ("90 % from", "+0.90 bps"), ("90 % to", "+5.60 bps"),
    ]  # fmt: skip
    assert ("could have seen", "undefined") in said
    without = dict(scored(capsys))
    assert without["evidence"] == "not measured: [evidence] model of the settings names none"
    assert "because" not in without


def test_that_a_shortfall_without_fees_is_the_shortfall_less_its_fees(capsys: pytest.CaptureFixture[str]) -> None:
    said = scored(capsys, is_arrival_bps=10.0, is_ccy=100.0, fees_ccy=20.0)
    assert ("shortfall ex fees", "+8.0000 bps") in said
    assert ("shortfall ex fees", "undefined") in scored(capsys, is_arrival_bps=0.0, is_ccy=0.0, fees_ccy=20.0)


@pytest.mark.parametrize(("error", "code"), [(FeedError("no tape"), 1), (SettingsError("no such key"), 2)])
def test_that_an_error_is_one_sentence_with_its_code(
    error: Exception, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(sessions, "stop_session", fail)
    assert scorecard("stop", "--runtime", tmp_path) == code
    assert capsys.readouterr().err == f"scorecard: {error}\n"


@pytest.mark.parametrize(
    ("ended", "words"),
    [("ended", "ended\n"), ("the session had been killed", "the session had"), ("", "no session runs")],
)
def test_that_stop_says_whether_anything_was_ended(
    ended: str, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(sessions, "stop_session", lambda _path: ended)
    assert scorecard("stop", "--runtime", tmp_path) == 0
    assert capsys.readouterr().out.startswith(words)


@pytest.mark.parametrize(
    "words",
    [
        ["serve", "--speed", "0"], ["run", "tech", "world"], ["desk", "--seed", "1"], ["stop", "now"],
        ["demo", "--seed", "many"], ["report"], ["generate", "--out", "x", "--rows", "5"],
    ],
)  # fmt: skip
def test_that_words_that_cannot_be_end_with_2_and_no_trace(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert scorecard(*words) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "Traceback" not in said.err


def test_that_a_window_told_to_end_before_it_stands_ends_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signal, "getsignal", lambda _number: signal.default_int_handler)
    with pytest.raises(SystemExit) as left:
        window._terminated(signal.SIGTERM, None)
    assert left.value.code == 0
    raised: list[int] = []
    monkeypatch.setattr(signal, "getsignal", lambda _number: print)
    monkeypatch.setattr(signal, "raise_signal", raised.append)
    window._terminated(signal.SIGTERM, None)
    assert raised == [signal.SIGINT]


def test_that_a_request_takes_what_a_command_was_told_and_nothing_else(tmp_path: Path) -> None:
    words = recordings.ReplayWords(path=tmp_path / "day", out=tmp_path / "out", book=True, block=7)
    request = recordings.request_of(words, speed=3.0)
    assert (request.path, request.out, request.book, request.block) == (
        str(tmp_path / "day"), str(tmp_path / "out"), True, 7
    )  # fmt: skip
    assert (request.speed, request.board, request.journal) == (3.0, None, None)


def test_that_where_rows_were_set_aside_is_said_only_when_there_are_any(tmp_path: Path) -> None:
    assert recordings._where_set_aside(tmp_path, 0) == ""
    assert recordings._where_set_aside(None, 3) == ""
    assert recordings._where_set_aside(tmp_path, 3) == f", with reasons in {tmp_path / 'quarantine.parquet'}"
