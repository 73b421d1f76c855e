"""Messages cut out of frames: FIX over a disturbed TCP, ITCH by Mold and by SoupBinTCP, gaps told, nothing lost."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.feeds.capture.cutting import CutPlan, Cutter
from app.feeds.capture.records import Record
from app.feeds.decode.pcap import Frame
from app.feeds.decode.pcap_layers import SYN
from app.feeds.generator.itch import ItchPlan, itch_day
from app.feeds.generator.itch_wire import WirePlan, mold_packets
from tests.feeds.capture.wire import TS, conversation, fix, frames, order, tcp, udp
from tests.feeds.itch_made import add, deleted

MESSAGES = [fix(1, "A"), *[order(n) for n in range(2, 40)], fix(40, "0")]
FIX = CutPlan(kind="fix")
ITCH = CutPlan(kind="itch5")


def cut(captured: list[Frame], plan: CutPlan = FIX) -> tuple[list[Record], Cutter]:
    cutter = Cutter("wire", plan)
    records = list(cutter.take(captured))
    return records + list(cutter.finish()), cutter


@pytest.mark.parametrize("seed", range(8))
def test_that_every_message_of_a_disturbed_conversation_comes_out_once_and_in_order(seed: int) -> None:
    records, cutter = cut(frames(conversation(b"".join(MESSAGES), seed)))
    assert [record.payload for record in records] == MESSAGES
    assert {record.source for record in records} == {"fix:BUY>SELL"}
    assert [record.seq for record in records] == list(range(1, len(MESSAGES) + 1))
    stamps = [record.ts_ns for record in records]
    assert min(stamps) > TS
    assert cutter.aside == []
    assert "tcp_gaps" not in cutter.counts


def test_that_a_message_is_stamped_by_the_segment_that_completes_it() -> None:
    one = order(1)
    records, _ = cut(frames([tcp(0, one[:20]), tcp(20, one[20:] + order(2))]))
    assert [record.ts_ns for record in records] == [TS + 1_000, TS + 1_000]


def test_that_two_directions_are_two_sources_and_a_name_given_is_theirs() -> None:
    answer = fix(1, "8").replace(b"49=BUY\x0156=SELL", b"49=SELL\x0156=BUY")
    captured = frames([tcp(0, order(1)), tcp(0, answer, ports=(9_001, 40_000))])
    records, cutter = cut(captured)
    assert [record.source for record in records] == ["fix:BUY>SELL", "fix:SELL>BUY"]
    assert cutter.counts["frames"] == 2
    records, _ = cut(captured, CutPlan(kind="fix", source="ems"))
    assert [(record.source, record.seq) for record in records] == [("ems", 1), ("ems", 2)]


def test_that_only_the_ports_asked_for_are_read() -> None:
    captured = frames([tcp(0, order(1)), tcp(0, order(2), ports=(1, 2)), udp(b"x")])
    records, cutter = cut(captured, CutPlan(kind="fix", ports=frozenset({9_001})))
    assert len(records) == 1
    assert cutter.counts["frames_of_other_ports"] == 2


def test_that_missing_bytes_cost_their_message_and_are_told() -> None:
    data = b"".join(MESSAGES)
    hole = len(MESSAGES[0]) + 30
    records, cutter = cut(frames([tcp(0, data[:hole]), tcp(hole + 10, data[hole + 10 :])]))
    assert [record.payload for record in records] == [MESSAGES[0], *MESSAGES[2:]]
    assert cutter.notes == ["wire: 10.0.0.1:40000>10.0.0.2:9001: 10 bytes are missing"]
    assert cutter.counts["tcp_missing_bytes"] == 10
    assert cutter.aside[0].reason.startswith("wire 10.0.0.1:40000>10.0.0.2:9001 byte ")
    assert MESSAGES[1][:30].startswith(cutter.aside[0].raw)


def test_that_a_new_connection_begins_with_a_message() -> None:
    captured = frames([tcp(99, b"", SYN), tcp(100, order(1) + order(2)[:30]), tcp(999, b"", SYN), tcp(1_000, order(3))])
    records, cutter = cut(captured)
    assert [record.payload for record in records] == [order(1), order(3)]
    assert cutter.counts["tcp_connections_anew"] == 1


def test_that_a_broken_checksum_is_set_aside_and_the_next_message_read() -> None:
    bad = order(1)[:-2] + b"9\x01"
    bad = bad if bad != order(1) else order(1)[:-2] + b"8\x01"
    records, cutter = cut(frames([tcp(0, bad + order(2))]))
    assert [record.payload for record in records] == [order(2)]
    assert "CheckSum" in cutter.aside[0].reason or "10 =" in cutter.aside[0].reason
    assert cutter.counts["set_aside"] == 1


def test_that_mold_over_udp_gives_every_message_once() -> None:
    day = itch_day(ItchPlan(messages=1_500, seed=2))
    wire = mold_packets(day, WirePlan(lost=0.02, repeated=0.05, late=0.05))
    captured = [Frame(ts, 1, udp(payload), 0, 0) for ts, payload in wire.packets]
    records, cutter = cut(captured, ITCH)
    missing = {first + n for first, count in wire.lost for n in range(count)}
    assert {record.seq: record.payload for record in records} == {
        n: message for n, message in enumerate(day.messages, 1) if n not in missing
    }
    assert [record.seq for record in records] == sorted(record.seq for record in records)
    assert {record.source for record in records} == {"itch5:XNAS"}
    assert cutter.counts["missing_messages"] == len(missing) > 0
    assert len(cutter.notes) <= 11
    if cutter.counts["gaps"] > 10:
        assert cutter.notes[-1] == "wire: more gaps are counted, not listed"


def test_that_two_mold_sessions_are_two_sources() -> None:
    packets = [
        struct.pack(">10sQH", session, 1, 1) + b"\x00\x24" + add(1) for session in (b"SESSION001", b"SESSION002")
    ]
    packets.append(struct.pack(">10sQH", b"SESSION002", 2, 1) + b"\x00\x13" + deleted(1))
    records, _ = cut(frames([udp(packet) for packet in packets]), ITCH)
    assert [record.source for record in records] == [
        "itch5:XNAS", "itch5:XNAS:SESSION002", "itch5:XNAS:SESSION002",
    ]  # fmt: skip


def test_that_datagrams_that_are_no_packets_or_end_inside_a_message_are_set_aside() -> None:
    cutshort = struct.pack(">10sQH", b"SESSION001", 1, 2) + b"\x00\x13" + deleted(1) + b"\x00\x13zz"
    records, cutter = cut(frames([udp(b"hello"), udp(cutshort), udp(b"x")[:30]]), ITCH)
    assert [record.payload for record in records] == [deleted(1)]
    assert [entry.raw[:5] for entry in cutter.aside[:2]] == [b"hello", b"\x00\x13zz"] or len(cutter.aside) == 3
    assert cutter.counts["set_aside"] == 3
    _, cutter = cut(frames([udp(b"hello")]))
    assert cutter.counts["datagrams_passed"] == 1


def soup(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">H", 1 + len(body)) + kind + body


@pytest.mark.parametrize("seed", range(3))
def test_that_itch_over_soup_gives_every_message_with_its_number(seed: int) -> None:
    day = itch_day(ItchPlan(messages=600, seed=seed))
    data = soup(b"A", b"   SESSION                   7") + b"".join([soup(b"S", one) for one in day.messages])
    records, cutter = cut(frames(conversation(data, seed, size=400)), ITCH)
    assert [(record.seq, record.payload) for record in records] == list(enumerate(day.messages, 7))
    assert cutter.aside == []


def test_that_soup_is_found_again_after_a_gap_and_what_is_left_is_set_aside() -> None:
    data = b"".join([soup(b"S", add(n)) for n in range(1, 9)])
    records, cutter = cut(frames([tcp(0, data[:50]), tcp(60, data[60:])]), ITCH)
    assert [record.payload for record in records] == [add(1), *[add(n) for n in range(3, 9)]]
    assert [record.seq for record in records] == list(range(1, 8))
    kept = sum(len(entry.raw) for entry in cutter.aside)
    assert kept == len(data) - 10 - 7 * len(soup(b"S", add(1)))


@given(raw=st.lists(st.binary(max_size=120), max_size=6), kind=st.sampled_from(["fix", "itch5"]))
def test_that_no_bytes_break_the_cutter(raw: list[bytes], kind: str) -> None:
    plan = FIX if kind == "fix" else ITCH
    made = [tcp(n * 200, data) for n, data in enumerate(raw)] + [udp(data) for data in raw] + raw
    _, cutter = cut(frames(made), plan)
    assert cutter.counts["frames"] == 3 * len(raw)
