"""What clocks' programs write: every offset is read to the nanosecond, blocks of chronyd never run together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.feeds.decode.clock_lines import ClockEvent, ClockLines


def block(**lines: str) -> list[bytes]:
    """Lines of `chronyc tracking`, these in place of the usual ones ("" leaves one out)."""
    usual = {
        "Reference ID": "C0A80101 (gm)", "Stratum": "2", "System time": "0.000000000 seconds fast of NTP time",
        "Root delay": "0.000000000 seconds", "Root dispersion": "0.000000000 seconds", "Leap status": "Normal",
    }  # fmt: skip
    named = {name.replace("_", " "): text for name, text in lines.items()}
    return [f"{name:<16}: {text}".encode() for name, text in (usual | named).items() if text]


def read(*lines: bytes) -> tuple[list[ClockEvent], int]:
    reader = ClockLines()
    events = [event for line in lines for event in reader.read(line)]
    return events + reader.finish(), reader.unread


def seconds(ns: int) -> str:
    return f"{abs(ns) // 10**9}.{abs(ns) % 10**9:09d}"


@given(ns=st.integers(-(10**12), 10**12))
def test_that_chronyds_offset_is_exact_and_slow_is_behind(ns: int) -> None:
    way = "slow" if ns < 0 else "fast"
    (event,), unread = read(*block(System_time=f"{seconds(ns)} seconds {way} of NTP time"))
    assert (event.offset_ns, event.state, event.source, unread) == (ns, "locked", "chronyd:gm", 0)


@given(delay=st.integers(-(10**9), 10**9), dispersion=st.integers(0, 10**9))
def test_that_chronyds_bound_is_half_the_delay_and_the_dispersion(delay: int, dispersion: int) -> None:
    sign = "-" if delay < 0 else ""
    (event,), _ = read(
        *block(Root_delay=f"{sign}{seconds(delay)} seconds", Root_dispersion=f"{seconds(dispersion)} seconds")
    )
    assert event.bound_ns == abs(delay) // 2 + dispersion


@given(
    offset=st.integers(-(10**15), 10**15), state=st.sampled_from(["s0", "s1", "s2", "s3"]),
    program=st.sampled_from(["ptp4l", "phc2sys:CLOCK_REALTIME", "ts2phc:/dev/ptp0"]), at=st.integers(0, 10**9),
)  # fmt: skip
def test_that_an_offset_of_linuxptp_is_read_whatever_it_is(offset: int, state: str, program: str, at: int) -> None:
    name, _, clock = program.partition(":")
    (event,), unread = read(f"{name}[{at}.5]: {clock} master offset {offset:>10} {state} freq -3245 delay 5".encode())
    known = {"s0": "unlocked", "s1": "stepping", "s2": "locked", "s3": "locked"}
    assert event == ClockEvent(offset, known[state], program, 0, at + 0.5)  # type: ignore[arg-type]
    assert unread == 0


def test_that_blocks_one_behind_the_other_are_an_event_each() -> None:
    slow = block(System_time="0.000000007 seconds slow of NTP time", Reference_ID="01020304 (other)")
    events, unread = read(*block(Root_delay="0.000000010 seconds"), b"", *slow)
    assert events == [ClockEvent(0, "locked", "chronyd:gm", 5), ClockEvent(-7, "locked", "chronyd:other", 0)]
    assert unread == 0


def test_that_a_block_cut_short_gives_nothing_to_the_next_one() -> None:
    cut = block(Root_delay="0.000100000 seconds", Root_dispersion="", Leap_status="")
    events, _ = read(*cut, *block(Root_delay="", System_time="0.000000003 seconds fast of NTP time"))
    assert events == [ClockEvent(3, "locked", "chronyd:gm", 0)]


def test_that_a_line_of_another_program_inside_a_block_is_an_event_of_its_own() -> None:
    lines = block()
    events, _ = read(*lines[:3], b"ptp4l[1.5]: master offset 9 s2 freq -1", *lines[3:])
    assert [(event.source, event.offset_ns) for event in events] == [("ptp4l", 9), ("chronyd:gm", 0)]


@pytest.mark.parametrize(
    ("lines", "state"),
    [
        ({}, "locked"), ({"Leap_status": "Insert second"}, "locked"), ({"Leap_status": "Not synchronised"}, "lost"),
        ({"Reference_ID": "00000000 ()"}, "lost"), ({"Reference_ID": "7F7F0101 ()"}, "locked"),
    ],
)  # fmt: skip
def test_that_a_clock_is_lost_where_it_follows_nothing(lines: dict[str, str], state: str) -> None:
    (event,), _ = read(*block(**lines))
    assert event.state == state


@pytest.mark.parametrize("text", ["soon", "0.5 minutes slow", "1000000 seconds slow of NTP", "1e999 seconds"])
def test_that_an_offset_that_is_none_is_no_event_and_its_lines_are_counted(text: str) -> None:
    lines = block(System_time=text)
    assert read(*lines) == ([], len(lines))


def test_that_a_far_clock_is_told_as_far_as_it_can_be() -> None:
    (event,), _ = read(*block(System_time="999999.999999999 seconds slow of NTP time"))
    assert abs(event.offset_ns + 10**15) <= 100
