"""Capture: a file's messages in a session folder that replays, or with a publisher; what is wrong, in words."""

import gzip
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from app.engine.errors import DecodeError, FeedError, SettingsError
from app.engine.universe import Universe
from app.feeds import session as session_feed
from app.feeds.base import Options
from app.feeds.decode.fix_records import read_records
from app.feeds.generator.itch import ItchPlan, itch_day
from app.feeds.generator.itch_wire import WirePlan, length_prefixed, write_itch
from app.session.capture import CaptureRequest, capture
from tests.command import scorecard
from tests.feeds.capture.wire import conversation, frames, order, pcap_of, tcp
from tests.feeds.itch_made import check_book
from tests.feeds.made import drained

MESSAGES = [order(n) for n in range(1, 30)]
WIRE = pcap_of(frames(conversation(b"".join(MESSAGES), 4)))


class Kept:
    """A publisher that keeps what it is given."""

    def __init__(self) -> None:
        self.taken: list[tuple[bytes, int, str, int]] = []
        self.closed = False

    def publish(self, payload: bytes, ts_ns: int, source: str, seq: int) -> None:
        self.taken.append((payload, ts_ns, source, seq))

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize("packed", [False, True])
def test_that_fix_of_a_capture_is_a_session_with_the_captures_stamps(tmp_path: Path, packed: bool) -> None:
    path = tmp_path / "wire.pcap"
    path.write_bytes(gzip.compress(WIRE) if packed else WIRE)
    done = capture(CaptureRequest(kind="fix", path=str(path), out=str(tmp_path / "out")))
    assert (done.messages, done.sources, done.aside) == (len(MESSAGES), ("fix:BUY>SELL",), [])
    kept = list(read_records((tmp_path / "out" / "orders.fix").read_bytes()))
    assert [item.raw for item in kept] == MESSAGES
    assert pq.read_metadata(tmp_path / "out" / "market.parquet").num_rows == 0
    assert sorted(file.name for file in tmp_path.iterdir()) == ["out", "wire.pcap"]


def test_that_itch_of_a_capture_is_a_session_with_the_generators_book(tmp_path: Path) -> None:
    day = itch_day(ItchPlan(messages=3_000, seed=9))
    write_itch(day, tmp_path / "day.pcap", WirePlan(repeated=0.05, late=0.02))
    done = capture(CaptureRequest(kind="itch5", path=str(tmp_path / "day.pcap"), out=str(tmp_path / "out")))
    assert done.messages == len(day.messages)
    recording = session_feed.open_recording(tmp_path / "out", Universe(), Options())
    rows = drained(recording)
    assert done.rows == len(rows)
    rows["rec"] = rows["seq"] - 1
    assert check_book(day, rows) == len(day.book)
    assert (rows["ts_recv"] > rows["ts_event"]).all()


def test_that_a_publisher_is_given_every_message_and_told_the_end(tmp_path: Path) -> None:
    (tmp_path / "wire.pcap").write_bytes(WIRE)
    kept = Kept()
    capture(CaptureRequest(kind="fix", path=str(tmp_path / "wire.pcap"), source="ems"), kept)
    assert [(payload, source, seq) for payload, _, source, seq in kept.taken] == [
        (message, "ems", n) for n, message in enumerate(MESSAGES, 1)
    ]
    assert kept.closed


def test_that_itch_is_published_with_its_length_as_a_topics_codec_reads_it(tmp_path: Path) -> None:
    day = itch_day(ItchPlan(messages=500, seed=3))
    write_itch(day, tmp_path / "day.pcap", WirePlan())
    kept = Kept()
    capture(CaptureRequest(kind="itch5", path=str(tmp_path / "day.pcap")), kept)
    assert b"".join([payload for payload, *_ in kept.taken]) == length_prefixed(day.messages)
    assert [seq for *_, seq in kept.taken] == list(range(1, len(day.messages) + 1))


def test_that_a_publisher_is_closed_when_the_capture_breaks_off(tmp_path: Path) -> None:
    (tmp_path / "wire.pcap").write_bytes(b"no capture at all")
    kept = Kept()
    with pytest.raises(DecodeError, match="first bytes"):
        capture(CaptureRequest(kind="fix", path=str(tmp_path / "wire.pcap")), kept)
    assert kept.closed


def test_that_what_is_set_aside_stands_beside_the_folder(tmp_path: Path) -> None:
    broken = frames([tcp(0, order(1) + b"8=FIX.4.4\x019=5\x01nonsense" + order(2))])
    (tmp_path / "wire.pcap").write_bytes(pcap_of(broken) + b"\x01\x02\x03")
    done = capture(CaptureRequest(kind="fix", path=str(tmp_path / "wire.pcap"), out=str(tmp_path / "out")))
    assert done.messages == 2
    table = pq.read_table(tmp_path / "out.quarantine.parquet").to_pylist()
    assert [entry["raw"] for entry in table] == [b"8=FIX.4.4\x019=5\x01nonsense", b"\x01\x02\x03"]
    assert "set aside, with reasons in" in done.notes[-1]


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (CaptureRequest(kind="fix", out="x"), "a capture file, or --interface NAME"),
        (CaptureRequest(kind="fix", path="a", interface="lo", out="x"), "a capture file, or --interface NAME"),
        (CaptureRequest(kind="fix", path="a"), "a folder, or --topic NAME"),
    ],
)
def test_that_a_capture_needs_one_place_to_read_and_one_to_write(request_: CaptureRequest, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        capture(request_)


def test_that_a_file_that_is_not_there_or_damaged_is_named(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match=r"absent\.pcap: cannot be read"):
        capture(CaptureRequest(kind="fix", path=str(tmp_path / "absent.pcap"), out=str(tmp_path / "out")))
    (tmp_path / "bad.pcap.gz").write_bytes(b"\x1f\x8b" + b"\xff" * 40)
    with pytest.raises(FeedError, match="damaged gzip data"):
        capture(CaptureRequest(kind="fix", path=str(tmp_path / "bad.pcap.gz"), out=str(tmp_path / "out")))
    (tmp_path / "file").write_text("x")
    (tmp_path / "wire.pcap").write_bytes(WIRE)
    with pytest.raises(FeedError, match="cannot be written"):
        capture(CaptureRequest(kind="fix", path=str(tmp_path / "wire.pcap"), out=str(tmp_path / "file" / "out")))


def test_that_the_command_says_what_it_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "wire.pcap").write_bytes(WIRE)
    assert scorecard("capture", tmp_path / "wire.pcap", "--out", tmp_path / "out", "--port", 9_001) == 0
    said = capsys.readouterr().out
    assert f"messages      {len(MESSAGES)} of fix:BUY>SELL" in said
    assert scorecard("capture", tmp_path / "wire.pcap", "--out", tmp_path / "out", "--kind", "pitch") == 2
    assert "kind = 'pitch' is not allowed; allowed: fix or itch5" in capsys.readouterr().err


@pytest.mark.slow
def test_that_a_live_capture_ends_after_its_time(tmp_path: Path) -> None:
    done = capture(CaptureRequest(kind="fix", interface="lo", out=str(tmp_path / "out"), ports=(1,), seconds=0.3))
    assert done.messages == 0
    assert (tmp_path / "out" / "orders.fix").read_bytes() == b""


def test_that_a_day_of_itch_is_generated_replayed_and_gives_its_true_book(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, true = tmp_path / "day.itch.gz", tmp_path / "true.parquet"
    words = ("generate", "--format", "itch5", "--rows", 2_000, "--out", out, "--book", true)
    assert scorecard(*words) == 0
    assert scorecard("replay", out, "--date", "2025-03-14", "--out", tmp_path / "run", "--book") == 0
    assert pq.read_table(tmp_path / "run" / "book.parquet").equals(pq.read_table(true))
    assert scorecard("generate", "--format", "itch6", "--out", out) == 2
    assert scorecard("generate", "--format", "itch5", "--out", out, "--date", "today") == 2
    assert "date = 'today' is not allowed" in capsys.readouterr().err


def test_that_a_clocks_lines_are_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "ptp.log").write_text("ptp4l[1.0]: master offset -400 s2 freq 1\n")
    assert scorecard("clock", tmp_path / "ptp.log", "--margin", 2) == 0
    said = capsys.readouterr().out
    assert "ptp.log: ptp4l locked, offset -400 ns" in said
    assert "budget 800 ns" in said
