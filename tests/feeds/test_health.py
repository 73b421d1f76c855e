"""Clock health: lines of ptp4l, phc2sys and chronyd; files followed; budgets that follow from them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.errors import FeedError
from app.feeds.decode.clock_lines import ClockEvent, ClockLines
from app.feeds.health import HealthFeed, budgets, events_of, worst_ns

TRACKING = b"""Reference ID    : C0A80101 (gm.example)
Stratum         : 2
Ref time (UTC)  : Fri Mar 14 13:30:00 2025
System time     : 0.000000250 seconds slow of NTP time
Last offset     : -0.000000102 seconds
RMS offset      : 0.000000401 seconds
Frequency       : 12.345 ppm slow
Residual freq   : -0.001 ppm
Skew            : 0.017 ppm
Root delay      : 0.000012000 seconds
Root dispersion : 0.000003000 seconds
Update interval : 64.4 seconds
Leap status     : Normal
"""


def read(*lines: bytes) -> tuple[list[ClockEvent], int]:
    reader = ClockLines()
    events = [event for line in lines for event in reader.read(line)]
    return events + reader.finish(), reader.unread


@pytest.mark.parametrize(
    ("line", "event"),
    [
        (b"ptp4l[5374.018]: master offset        -12 s2 freq   -3245 path delay       511",
         ClockEvent(-12, "locked", "ptp4l", at_s=5374.018)),
        (b"ptp4l[1.5]: master offset 99000 s0 freq +0 path delay 511",
         ClockEvent(99_000, "unlocked", "ptp4l", at_s=1.5)),
        (b"ptp4l[2]: [eth0.0.log] master offset 5 s1 freq -1 path delay 5",
         ClockEvent(5, "stepping", "ptp4l", at_s=2.0)),
        (b"phc2sys[77.25]: CLOCK_REALTIME phc offset -40 s2 freq +100 delay 1200",
         ClockEvent(-40, "locked", "phc2sys:CLOCK_REALTIME", at_s=77.25)),
        (b"Mar 14 09:30:00 host phc2sys[77.25]: eth1 sys offset 7 s2 freq +1 delay 12",
         ClockEvent(7, "locked", "phc2sys:eth1", at_s=77.25)),
        (b"ptp4l[9.1]: rms    6 max   12 freq  -3245 +/-  10 delay   511 +/-   1",
         ClockEvent(12, "locked", "ptp4l", at_s=9.1)),
        (b"ptp4l[9.2]: port 1: SLAVE to FAULTY on FAULT_DETECTED", ClockEvent(0, "lost", "ptp4l", at_s=9.2)),
        (b"ptp4l[9.2]: port 1 (eth0): SLAVE to LISTENING on X", ClockEvent(0, "lost", "ptp4l", at_s=9.2)),
        (b"ptp4l: master offset 3 s3 freq -1", ClockEvent(3, "locked", "ptp4l")),
    ],
)  # fmt: skip
def test_that_a_line_of_linuxptp_is_an_event(line: bytes, event: ClockEvent) -> None:
    assert read(line) == ([event], 0)


@pytest.mark.parametrize(
    "line",
    [
        b"ptp4l[9.2]: port 1: LISTENING to UNCALIBRATED on RS_SLAVE", b"ptp4l[9.2]: selected /dev/ptp0 as PTP clock",
        b"some other program: offset", b"\xff\xfe",
    ],
)  # fmt: skip
def test_that_other_lines_are_counted_and_say_nothing(line: bytes) -> None:
    assert read(line) == ([], 1)


def test_that_a_block_of_chronyc_is_one_event_with_its_bound() -> None:
    assert read(*TRACKING.split(b"\n")) == ([ClockEvent(-250, "locked", "chronyd:gm.example", 9_000)], 0)
    fast = TRACKING.replace(b"slow of NTP", b"fast of NTP")
    assert read(*fast.split(b"\n"), *TRACKING.split(b"\n"))[0][0].offset_ns == 250


def test_that_a_clock_that_follows_nothing_is_lost() -> None:
    alone = TRACKING.replace(b"C0A80101 (gm.example)", b"00000000 ()").replace(b": Normal", b": Not synchronised")
    (event,), _ = read(*alone.split(b"\n"))
    assert (event.state, event.source) == ("lost", "chronyd:00000000 ()")


def test_that_a_block_without_its_end_is_taken_at_the_end_and_one_without_an_offset_never() -> None:
    lines = TRACKING.split(b"\n")
    assert read(*lines[:5])[0] == [ClockEvent(-250, "locked", "chronyd:gm.example", 0)]
    assert read(*lines[:3]) == ([], 0)
    events, unread = read(*[line for line in lines if b"System time" not in line])
    assert (events, unread) == ([], 12)


@given(st.binary(max_size=120))
def test_that_no_line_breaks_the_reader(line: bytes) -> None:
    reader = ClockLines()
    reader.read(line)
    reader.read(b"ptp4l[1.0]: " + line)
    reader.read(b"System time : " + line)
    reader.finish()


def test_that_a_file_gives_its_worst_error_while_the_clock_was_kept(tmp_path: Path) -> None:
    path = tmp_path / "ptp4l.log"
    path.write_bytes(b"ptp4l[1.0]: master offset -30 s2 freq 1\nptp4l[2.0]: port 1: SLAVE to FAULTY on F\n" + TRACKING)
    events = events_of(path)
    assert [event.state for event in events] == ["locked", "lost", "locked"]
    assert worst_ns(events) == 9_250
    assert worst_ns([]) == 0


def test_that_a_file_that_says_nothing_of_a_clock_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("hello\n")
    with pytest.raises(FeedError, match="says nothing of a clock; allowed: lines of ptp4l"):
        events_of(tmp_path / "x")
    with pytest.raises(FeedError, match="cannot be read"):
        events_of(tmp_path / "absent")


def test_that_a_budget_is_the_larger_of_what_is_configured_and_measured(tmp_path: Path) -> None:
    for name, offset in (("good", 10), ("bad", 500)):
        (tmp_path / name).write_text(f"ptp4l[1.0]: master offset {offset} s2 freq 1\n")
    files = {"A": tmp_path / "bad", "*": tmp_path / "good"}
    assert budgets(files, {"A": 200, "B": 5, "C": 70}, 3.0) == {"A": 1_500, "B": 30, "C": 70, "*": 30}
    assert budgets({}, {"A": 200}, 3.0) == {"A": 200}


def test_that_a_file_is_followed_line_by_line_and_anew_when_it_is_another_one(tmp_path: Path) -> None:
    path = tmp_path / "ptp4l.log"
    path.write_bytes(b"ptp4l[1.0]: master offset 1 s2 freq 1\nptp4l[2.0]: master off")
    feed = HealthFeed("itch5:XNAS", path)
    assert [event.offset_ns for event in feed.poll()] == [1]
    assert feed.poll() == []
    with path.open("ab") as file:
        file.write(b"set 2 s2 freq 1\nnoise\n")
    assert [event.offset_ns for event in feed.poll()] == [2]
    assert feed.unread == 1
    path.write_bytes(b"ptp4l[3.0]: master offset 3 s2 freq 1\n")
    assert [event.offset_ns for event in feed.poll()] == [3]
    other = tmp_path / "other"
    other.write_bytes(b"ptp4l[4.0]: master offset 4 s2 freq 1\nptp4l[4.0]: master offset 5 s2 freq 1\n")
    other.replace(path)
    assert [event.offset_ns for event in feed.poll()] == [4, 5]
    path.unlink()
    with pytest.raises(FeedError, match="cannot be read"):
        feed.poll()
