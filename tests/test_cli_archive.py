"""Commands of archives, clocks, captures and stores: what they say when all is well, and how they refuse."""

import importlib.util
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from deltalake import DeltaTable

from app.cli import capturing
from app.engine.errors import FeedError
from app.feeds.archive.delivery import WriterOptions
from app.feeds.archive.place import Place
from app.feeds.archive.writer import ArchiveWriter
from app.feeds.kdb import history as store
from app.session import capture as capture_session
from app.session import record as record_session
from app.session.capture import Captured
from app.session.record import RecordRequest
from tests.command import scorecard
from tests.feeds.archive.made import deliveries, market, own, universe_of

ROWS, OWN = market(600), own(40)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A small archive of many files."""
    folder = tmp_path / "archive"
    with ArchiveWriter(Place.of(str(folder)), universe_of(), WriterOptions(chunk_rows=100)) as writer:
        for delivery in deliveries(ROWS, OWN, 50):
            writer.put(delivery)
    return folder


def refused(capsys: pytest.CaptureFixture[str]) -> str:
    """What was said on the error stream: one sentence, and nothing on the other."""
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("scorecard: ")
    assert said.err.count("\n") == 1
    return said.err


# -- the archive -------------------------------------------------------------------------------------------------------


def test_that_verify_says_what_is_there_day_by_day(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert scorecard("archive", "verify", archive) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert f"{len(ROWS)} market rows" in line
    assert f"{len(OWN)} own rows" in line


def test_that_a_damaged_archive_is_a_fault_and_an_exit_code(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed = {"updates": {"ts": "ts + 2"}, "predicate": "chunk = 3 AND row = 7"}
    DeltaTable(str(archive / "market")).update(**changed)  # type: ignore[arg-type]
    assert scorecard("archive", "verify", archive) == 1
    day, *faults = capsys.readouterr().out.splitlines()
    assert f"{len(ROWS)} market rows" in day
    assert faults == ["fault         market chunk 3: the rows do not fit their checksum"]


def test_that_compacted_files_hold_what_was_there(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scorecard("archive", "verify", archive)
    before = capsys.readouterr().out.partition(":")[2].split()
    assert scorecard("archive", "compact", archive, "--level", 3) == 0
    assert "market: 6 files became 1" in capsys.readouterr().out
    assert scorecard("archive", "verify", archive) == 0
    after = capsys.readouterr().out.partition(":")[2].split()
    assert before[:2] == after[:2]


def test_that_retain_removes_only_what_nobody_refers_to(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scorecard("archive", "compact", archive)
    files = len(list((archive / "market").rglob("*.parquet")))
    assert scorecard("archive", "retain", archive) == 0
    assert len(list((archive / "market").rglob("*.parquet"))) == files, "a reader may still need them"
    assert scorecard("archive", "retain", archive, "--hours", 0) == 0
    assert "market: 0 days let go, 6 files removed" in capsys.readouterr().out
    assert scorecard("archive", "verify", archive) == 0


@pytest.mark.parametrize("command", ["compact", "retain", "verify"])
def test_that_an_archive_that_is_not_there_is_named(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert scorecard("archive", command, tmp_path / "none") == 1
    assert "none" in refused(capsys)
    assert list(tmp_path.iterdir()) == [], "and not made"


@pytest.mark.parametrize("command", ["compact", "retain", "verify"])
def test_that_an_address_that_is_none_is_a_usage_error(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert scorecard("archive", command, "ftp://firm/archive") == 2
    assert "address = 'ftp://firm/archive' is not allowed; allowed: a folder, or s3://BUCKET/PREFIX" in refused(capsys)


def test_that_without_its_library_an_archive_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("app.feeds.archive.place.find_spec", lambda _name: None)
    for words in (["compact", tmp_path], ["retain", tmp_path], ["verify", tmp_path], ["finish", tmp_path]):
        assert scorecard("archive", *words) == 2
        assert "pip install 'leakage-scorecard[archive]'" in refused(capsys)
    assert importlib.util.find_spec("deltalake") is not None


def test_that_a_folder_without_a_tape_has_nothing_to_finish(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert scorecard("archive", "finish", tmp_path) == 1
    assert f"{tmp_path}: no session with a tape is here" in refused(capsys)


@pytest.mark.parametrize(
    "words",
    [
        ["compact", "a", "--level", "0"], ["compact", "a", "--level", "20"], ["retain", "a", "--days", "0"],
        ["retain", "a", "--hours", "-1"], ["compact"], ["verify"], ["burn", "a"],
    ],
)  # fmt: skip
def test_that_wrong_words_of_an_archive_are_explained(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert scorecard("archive", *words) == 2
    assert "Usage: scorecard archive" in capsys.readouterr().err


# -- record ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> list[RecordRequest]:
    """What would be recorded."""
    asked: list[RecordRequest] = []
    report = SimpleNamespace(notes=["a copy was left out"], rows_in=12_345, output_hash="abc")

    def record_run(request: RecordRequest) -> Any:
        asked.append(request)
        return None if request.path == "stopped" else report

    monkeypatch.setattr(record_session, "record_run", record_run)
    return asked


def test_that_a_recording_without_an_archive_is_refused_before_it_is_run(
    recorded: list[RecordRequest], capsys: pytest.CaptureFixture[str]
) -> None:
    assert scorecard("record", "tech") == 2
    assert "--archive ADDRESS, or archive.path in the settings" in refused(capsys)
    assert recorded == []


def test_that_a_recording_is_told_whole_and_says_what_it_did(
    recorded: list[RecordRequest], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [
        "--out",
        "out",
        "--format",
        "dbn",
        "--orders",
        "own.fix",
        "--date",
        "2025-03-14",
        "--seed",
        0,
        "--no-agent",
    ]
    assert scorecard("record", "day", "--archive", tmp_path, *words) == 0
    assert recorded == [
        RecordRequest(path="day", archive=str(tmp_path), out="out", format="dbn", orders="own.fix", date="2025-03-14",
                      seed=0, agent=False)
    ]  # fmt: skip
    assert capsys.readouterr().out.splitlines() == [
        "note          a copy was left out", "rows in       12,345", "output_hash   abc", f"archived in   {tmp_path}",
    ]  # fmt: skip


def test_that_the_archive_of_the_settings_is_used_where_none_is_named(
    recorded: list[RecordRequest], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.toml").write_text("[archive]\npath = 'of the settings'\n")
    assert scorecard("record", "--settings", tmp_path / "mine.toml") == 0
    assert scorecard("record", "--settings", tmp_path / "mine.toml", "--archive", "named") == 0
    assert [(request.path, request.archive) for request in recorded] == [(None, "of the settings"), (None, "named")]
    assert "archived in   named" in capsys.readouterr().out


def test_that_a_recording_that_was_stopped_says_nothing_of_an_archive(
    recorded: list[RecordRequest], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert scorecard("record", "stopped", "--archive", tmp_path) == 0
    assert len(recorded) == 1
    assert capsys.readouterr().out == ""


# -- capture and clock -------------------------------------------------------------------------------------------------


def test_that_a_capture_says_counts_and_notes_and_where_they_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    done = Captured(messages=1_234, rows=99, sources=("a", "b"), counts={"tcp_gaps": 2}, notes=["bytes are missing"])
    asked: list[Any] = []

    def capture(request: object, publisher: object, _stop: object) -> Captured:
        asked.append((request, publisher))
        return done

    monkeypatch.setattr(capture_session, "capture", capture)
    words = ["--kind", "itch5", "--out", "out", "--port", 5, "--port", 6, "--source", "x", "--seconds", 2]
    assert scorecard("capture", "wire.pcap", *words) == 0
    (request, publisher) = asked[0]
    assert (request.kind, request.path, request.ports, request.seconds, request.source, publisher) == (
        "itch5", "wire.pcap", (5, 6), 2.0, "x", None,
    )  # fmt: skip
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["messages", "1,234", "of", "a,", "b"], ["market", "rows", "99"], ["tcp", "gaps", "2"],
        ["note", "bytes", "are", "missing"], ["written", "to", "out"],
    ]  # fmt: skip


def test_that_a_topic_takes_what_is_captured_and_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(capturing, "_publisher", lambda words: f"to {words.topic}")
    taken: list[object] = []

    def capture(_request: object, to: object, _stop: object) -> Captured:
        taken.append(to)
        return Captured()

    monkeypatch.setattr(capture_session, "capture", capture)
    assert scorecard("capture", "wire.pcap", "--topic", "orders") == 0
    assert taken == ["to orders"]
    said = capsys.readouterr().out
    assert "messages      0 of no source" in said
    assert "written to    topic orders" in said
    assert "market rows" not in said, "FIX has none"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "a capture file, or --interface NAME"),
        (["wire.pcap"], "a folder, or --topic NAME"),
        (["wire.pcap", "--interface", "lo", "--out", "x"], "a capture file, or --interface NAME"),
    ],
)
def test_that_a_capture_without_a_place_says_which(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert scorecard("capture", *words) == 2
    assert said in refused(capsys)


def test_that_each_clock_is_judged_by_its_own_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.log").write_text(
        "ptp4l[1.0]: master offset 700 s2 freq 1\nptp4l[2.0]: master offset -20 s2 freq 1\n"
        "ptp4l[3.0]: port 1: SLAVE to FAULTY on X\n"
    )
    (tmp_path / "b.log").write_text("phc2sys[1.0]: CLOCK_REALTIME phc offset 5 s0 freq 1\n")
    assert scorecard("clock", tmp_path / "a.log", tmp_path / "b.log") == 0
    assert capsys.readouterr().out.splitlines() == [
        "a.log: ptp4l lost, offset 0 ns +- 0", "  3 statements, 1 not locked, worst error 700 ns", "  budget 2,100 ns",
        "b.log: phc2sys:CLOCK_REALTIME unlocked, offset 5 ns +- 0", "  1 statements, 1 not locked, worst error 5 ns",
        "  budget 15 ns",
    ]  # fmt: skip


def test_that_a_clocks_file_that_says_nothing_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.log").write_text("hello\n")
    assert scorecard("clock", tmp_path / "x.log") == 1
    assert "x.log: says nothing of a clock; allowed: lines of ptp4l" in refused(capsys)
    assert scorecard("clock", tmp_path / "none.log") == 1
    assert "none.log: cannot be read" in refused(capsys)
    assert scorecard("clock", tmp_path / "x.log", "--margin", 0.5) == 2


# -- history -----------------------------------------------------------------------------------------------------------


def test_that_the_history_of_an_order_is_a_table_with_undefined_cells_empty(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[tuple[str, str]] = []

    def history(_place: object, table: str, parent: str) -> dict[str, list[Any]]:
        asked.append((table, parent))
        return {"ts": [1, 2], "is_bps": [None, 0.0]}

    monkeypatch.setattr(store, "history", history)
    assert scorecard("history", "P 1", "--table", "fills") == 0
    assert capsys.readouterr().out == "ts\tis_bps\n1\t\n2\t0.0\n"
    assert asked == [("fills", "P 1")]


def test_that_an_order_the_store_does_not_know_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(store, "history", lambda *_: {"ts": [], "is_bps": []})
    assert scorecard("history", "P1") == 1
    said = capsys.readouterr()
    assert said.out == "ts\tis_bps\n"
    assert said.err == "scorecard: the store has nothing of 'P1' in scorecard\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["P1", "--table", "orders"], "table = 'orders' is not allowed; allowed: scorecard, leakage, fills"),
        (['P"1'], "1 to 200 characters, no quote and no backslash"),
        (["P\\1"], "1 to 200 characters, no quote and no backslash"),
        (["x" * 201], "1 to 200 characters"),
    ],
)
def test_that_a_question_that_cannot_be_asked_is_refused_before_the_store_is_reached(
    words: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def reached(*_: object) -> None:
        raise FeedError("the store was reached")

    monkeypatch.setattr(store, "Connection", reached)
    assert scorecard("history", *words) == 1
    assert said in refused(capsys)
