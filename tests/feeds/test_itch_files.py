"""ITCH files: plain, gzip, captures with losses; the day; detection; what a broken one says."""

import gzip
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from app.engine.book import Books
from app.engine.errors import DecodeError, FeedError, SettingsError
from app.engine.events import Rows
from app.engine.universe import Universe
from app.feeds import itch
from app.feeds.base import Options, Recording
from app.feeds.decode.itch import Day, ItchDecoder
from app.feeds.decode.itch_packets import MoldFeed
from app.feeds.decode.pcap import PcapReader
from app.feeds.detect import detect
from app.feeds.generator.itch import ItchPlan, itch_day
from app.feeds.generator.itch_wire import WirePlan, length_prefixed, mold_packets, pcap, write_book, write_itch
from tests.feeds.itch_made import MIDNIGHT, add, check_book, decoded, stream
from tests.feeds.made import drained

DAY = itch_day(ItchPlan(messages=3_000, seed=5))
DATED = Options(session_date="2025-03-14")


def opened(path: Path, options: Options = DATED) -> tuple[Rows, Recording]:
    recording = itch.open_recording(path, Universe(), options)
    return drained(recording), recording


@pytest.fixture(scope="module")
def plain() -> Rows:
    return decoded(length_prefixed(DAY.messages))[0]


@pytest.mark.parametrize("name", ["day.itch", "day.itch.gz"])
def test_that_a_file_plain_or_packed_gives_the_day(tmp_path: Path, plain: Rows, name: str) -> None:
    write_itch(DAY, tmp_path / name)
    rows, recording = opened(tmp_path / name)
    np.testing.assert_array_equal(rows, plain)
    assert check_book(DAY, rows) == len(DAY.book)
    assert recording.quarantine == []
    assert detect(tmp_path / name) == "itch5"


@pytest.mark.parametrize("nanoseconds", [True, False])
@pytest.mark.parametrize("name", ["day.pcap", "day.pcap.gz"])
def test_that_a_capture_gives_the_day_with_its_stamps(
    tmp_path: Path, plain: Rows, name: str, nanoseconds: bool
) -> None:
    write_itch(DAY, tmp_path / name, WirePlan(repeated=0.05, late=0.05, nanoseconds=nanoseconds))
    rows, recording = opened(tmp_path / name, Options())
    for field in set(rows.dtype.names or ()) - {"ts_recv"}:
        np.testing.assert_array_equal(rows[field], plain[field], field)
    delays = rows["ts_recv"] - rows["ts_event"]
    assert (delays > 0).all()
    assert detect(tmp_path / name) == "itch5"
    assert recording.counts["duplicate_messages"] > 0
    assert "gaps" not in recording.counts


def test_that_lost_packets_are_found_to_the_message(tmp_path: Path) -> None:
    done = write_itch(DAY, tmp_path / "day.pcap", WirePlan(lost=0.02, repeated=0.02))
    assert done is not None
    rows, recording = opened(tmp_path / "day.pcap", Options())
    assert recording.counts["gaps"] == len(done.lost) > 5
    assert recording.counts["missing_messages"] == sum(count for _, count in done.lost)
    assert recording.counts["duplicate_messages"] == done.repeated > 0
    first, count = done.lost[0]
    assert f"day.pcap: session 0000010001: messages {first} to {first + count - 1} are missing" in recording.notes
    missing = {first + n for first, count in done.lost for n in range(count)}
    assert not missing & set(rows["seq"].tolist())
    assert any("name an order that is not known" in note for note in recording.notes)


def test_that_two_lines_of_one_session_fill_each_others_gaps(tmp_path: Path, plain: Rows) -> None:
    first = mold_packets(DAY, WirePlan(seed=1, lost=0.05)).packets
    second = mold_packets(DAY, WirePlan(seed=2, lost=0.05, delay_ns=30_000)).packets
    (tmp_path / "two.pcap").write_bytes(pcap(sorted([*first, *second], key=lambda packet: packet[0])))
    rows, recording = opened(tmp_path / "two.pcap", Options())
    assert recording.counts.get("missing_messages", 0) < 20
    assert len(plain) - len(rows) < 60


def test_that_two_sessions_of_a_capture_are_two_sources(tmp_path: Path) -> None:
    packets = mold_packets(DAY, WirePlan()).packets
    other = [(ts + 1, b"0000020002" + payload[10:]) for ts, payload in packets]
    (tmp_path / "two.pcap").write_bytes(pcap(sorted([*packets, *other])))
    recording = itch.open_recording(tmp_path / "two.pcap", Universe(), Options())
    rows = drained(recording)
    assert sorted(recording.universe.sources.names) == ["itch5:XNAS", "itch5:XNAS:0000020002"]
    assert len(rows) == 2 * len(rows[rows["source"] == 0])


def test_that_venue_source_and_day_can_be_told(tmp_path: Path) -> None:
    write_itch(DAY, tmp_path / "x.itch")
    recording = itch.open_recording(
        tmp_path / "x.itch", Universe(), Options(session_date="2025-03-17", venue="XPSX", source="psx")
    )
    rows = drained(recording)
    assert recording.universe.venues.names == ["XPSX"]
    assert recording.universe.sources.names == ["psx"]
    assert rows["ts_event"][0] - DAY.book["ts"][0] == 3 * 86_400_000_000_000


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("S031425-v50.txt.gz", "2025-03-14"), ("03142025.NASDAQ_ITCH50", "2025-03-14"),
        ("day_20250314.itch", "2025-03-14"), ("2025-03-14.itch", "2025-03-14"), ("S133925-v50", None),
        ("day.itch", None),
    ],
)  # fmt: skip
def test_that_the_day_is_read_off_the_name(name: str, day: str | None) -> None:
    assert itch.day_of_name(name) == day


def test_that_the_day_of_a_capture_is_that_of_new_york() -> None:
    assert itch.day_of_stamp(1_741_921_200_000_000_000) == "2025-03-13"
    assert itch.midnight_ns("2025-03-14", "x") == MIDNIGHT == DAY.plan.midnight_ns()


def test_that_a_file_without_a_day_says_how_to_give_it(tmp_path: Path) -> None:
    write_itch(DAY, tmp_path / "x.itch")
    with pytest.raises(SettingsError, match="date = None is not allowed; allowed: a day in the file's name"):
        opened(tmp_path / "x.itch", Options())
    with pytest.raises(SettingsError, match="date = 'tomorrow' is not allowed"):
        opened(tmp_path / "x.itch", Options(session_date="tomorrow"))


def test_that_a_folder_is_read_day_after_day(tmp_path: Path) -> None:
    for name in ("2025-03-17.itch", "2025-03-14.itch"):
        write_itch(DAY, tmp_path / name)
    (tmp_path / "readme.txt").write_text("no data")
    rows, _ = opened(tmp_path, Options())
    assert len(rows) % 2 == 0
    assert (np.diff(rows["ts_event"]) >= 0).all()
    assert detect(tmp_path) == "itch5"


def test_that_an_empty_folder_and_an_absent_file_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.itch"):
        with pytest.raises(FeedError, match="no ITCH file here"):
            opened(path)
    (tmp_path / "dir.itch").mkdir()
    with pytest.raises(FeedError, match="cannot be read"):
        itch.PlainBytes(tmp_path / "dir.itch")


def test_that_a_file_with_nothing_in_it_that_can_be_understood_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.itch").write_bytes(b"\xfe" * 300)
    with pytest.raises(DecodeError, match=r"no ITCH 5\.0 message in it"):
        opened(tmp_path / "x.itch")
    (tmp_path / "x.pcap").write_bytes(pcap([(MIDNIGHT, b"hello, this is no packet of that kind")]))
    with pytest.raises(DecodeError, match="no MoldUDP64 packet among 1 frames"):
        opened(tmp_path / "x.pcap")


def test_that_packed_data_cut_short_or_damaged_is_set_aside_and_what_came_before_stands(tmp_path: Path) -> None:
    whole = gzip.compress(length_prefixed(DAY.messages), mtime=0)
    middle = len(whole) // 2
    for data, words in (
        (whole[:middle], "gzip data cut short"),
        (whole[:middle] + b"\xff" * 200 + whole[middle + 200 :], "reading stopped"),
        (whole + b"tail", "reading stopped"),
    ):
        (tmp_path / "x.itch.gz").write_bytes(data)
        rows, recording = opened(tmp_path / "x.itch.gz")
        assert len(rows) > 100
        assert words in recording.quarantine[-1].reason


def test_that_members_of_a_gzip_file_are_one_stream(tmp_path: Path, plain: Rows) -> None:
    data = length_prefixed(DAY.messages)
    (tmp_path / "x.itch.gz").write_bytes(gzip.compress(data[:7_777]) + gzip.compress(data[7_777:]))
    rows, recording = opened(tmp_path / "x.itch.gz")
    np.testing.assert_array_equal(rows, plain)
    assert recording.quarantine == []


def test_that_frames_that_are_no_packets_are_set_aside_with_their_offset(tmp_path: Path) -> None:
    packets = mold_packets(DAY, WirePlan()).packets
    (tmp_path / "x.pcap").write_bytes(pcap([packets[0], (packets[0][0] + 1, b"no"), *packets[1:]]))
    _, recording = opened(tmp_path / "x.pcap", Options())
    (entry,) = recording.quarantine
    assert entry.raw == b"no"
    data = (tmp_path / "x.pcap").read_bytes()
    assert data[int(entry.where.rpartition(" ")[2]) :].startswith(b"no")
    assert recording.counts["frames_set_aside"] == 1


def test_that_damage_in_a_packet_is_named_at_its_offset_in_the_capture(tmp_path: Path) -> None:
    packets = mold_packets(DAY, WirePlan()).packets
    ts, payload = packets[40]
    packets[40] = (ts, payload[:20] + b"\x00\x02zz" + payload[24:])
    (tmp_path / "x.pcap").write_bytes(pcap(packets))
    _, recording = opened(tmp_path / "x.pcap", Options())
    entry = recording.quarantine[0]
    offset = int(entry.where.rpartition(" ")[2].rstrip(")"))
    assert (tmp_path / "x.pcap").read_bytes()[offset:].startswith(b"\x00\x02zz")
    assert "type = b'z' is not allowed" in entry.reason


def test_that_the_true_book_is_written_as_a_replay_writes_it(tmp_path: Path) -> None:
    write_book(DAY, tmp_path / "true.parquet")
    table = pq.read_table(tmp_path / "true.parquet")
    assert table.num_rows == len(DAY.book)
    assert table.column("instrument").to_pylist()[:3] == ["AAPL", "MSFT", "TSLA"]
    with pytest.raises(FeedError, match="cannot be written"):
        write_itch(DAY, tmp_path / "true.parquet" / "x.itch")
    with pytest.raises(FeedError, match="cannot be written"):
        write_book(DAY, tmp_path / "absent" / "true.parquet")


def test_that_a_text_of_letters_is_no_itch(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\x00\x24A but then nothing of the kind follows here")
    with pytest.raises(SettingsError, match="itch5"):
        detect(tmp_path / "x")
    (tmp_path / "x").write_bytes(stream(add(1)))
    assert detect(tmp_path / "x") == "itch5"


def test_that_the_capture_of_a_real_feed_is_framed_whole(shared_data: Path) -> None:
    rows, recording = opened(shared_data / "pcap" / "Nasdaq.Itch.Multiple.pcap", Options())
    assert recording.quarantine == []
    assert recording.counts["packets"] == 2
    assert rows["seq"].tolist() == list(range(19_009_117, 19_009_117 + 38))
    assert set(rows["action"].tolist()) == {ord("A")}
    assert recording.universe.instruments.names == ["META"]
    assert itch.day_of_stamp(int(rows["ts_event"][0])) == "2023-08-22"
    assert (rows["ts_recv"] - rows["ts_event"] > 0).all()
    books = Books()
    books.apply(rows)
    bids, asks = books.depth(0, 0, 1)
    assert bids[0][0] < asks[0][0]
    assert recording.counts["missing_messages"] == 19_009_117 - 14_764_497
    assert recording.counts["unknown_orders"] == 1


@pytest.mark.parametrize("wire", [WirePlan(), WirePlan(lost=0.1, repeated=0.1, late=0.1, seed=4)])
@pytest.mark.parametrize("piece", [300, 7_777, 1 << 20])
def test_that_packets_found_at_once_and_one_by_one_give_the_same(wire: WirePlan, piece: int) -> None:
    data = pcap(mold_packets(DAY, wire).packets)

    def outcome(*, skim: bool) -> tuple[list[bytes], dict[str, int], list[object]]:
        reader, universe = PcapReader("x"), Universe()
        feed = MoldFeed("x", lambda session, ts: ItchDecoder(Day("x", MIDNIGHT, source=session or "s"), universe))
        rows = []
        for start in range(0, len(data), piece):
            frames = reader.frames_in(data[start : start + piece], feed.skim if skim else None)
            rows += [batch.rows.tobytes() for batch in feed.take(frames)]
        rows += [batch.rows.tobytes() for batch in feed.finish()]
        return [b"".join(rows)], dict(feed.counts), list(feed.gaps)

    assert outcome(skim=True) == outcome(skim=False)
