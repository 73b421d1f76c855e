"""A followed stream says the same by both decoders, in any cut; what is known already is heard and not told."""

import random
from typing import Any

import pytest

from app.engine.events import OrderRow, Quarantined
from app.engine.universe import Universe
from app.feeds.decode.fix_followed import FastFollowed, Followed, ReferenceFollowed, followed
from app.feeds.decode.fix_packets import Opened, Packet, opened
from app.feeds.decode.fix_settings import fix_settings
from tests.feeds.fix.flows import TABLE, crowd
from tests.feeds.fix.wire import T0, Line, filled, order, report

OWN: dict[str, Any] = {
    "session": {
        "ems": {
            "sender": "EMS", "strategies": {"1": "VWAP"}, "params": {"Speed": 9001, "StopPx": 9002},
            "columns": {"trader": 9003, "account": 9004, "desk": 116}, "venues": {"L": "P", "P": "XLON"},
        }
    }
}  # fmt: skip


def made(decoder: str, table: dict[str, Any] | None = None) -> Followed:
    return followed(fix_settings({**(table or TABLE), "decoder": decoder}, "test.toml"), Universe())


def told(flow: Followed, data: bytes, cuts: list[int], known: int = 0) -> tuple[list[OrderRow], set[Quarantined], int]:
    """Rows of data in pieces, what was set aside, what was told."""
    rows: list[OrderRow] = []
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(data)], strict=True):
        rows += flow.feed(data[start:end], "x.log", known)
    rows += flow.close("x.log", known)
    return rows, set(flow.quarantine), flow.taken


@pytest.mark.parametrize("seed", range(4))
def test_that_what_is_all_there_is_read_in_one_pass_as_in_pieces(seed: int) -> None:
    data = b"".join(crowd(seed, 20)) + (b"8=FIX.4.4|9=10|35=D|" if seed % 2 else b" text")
    pieces, whole = made("fast"), made("fast")
    for _ in range(2):  # the second time all of them are copies
        pieces.begin()
        rows = [*pieces.feed(data[:100], "x"), *pieces.feed(data[100:], "x"), *pieces.close("x")]
        assert whole.whole(data, "x") == rows
        assert (whole.taken, whole.quarantine) == (pieces.taken, pieces.quarantine)
    assert made("reference").whole(data, "x") == made("fast").whole(data, "x")


def alone(decoder: str, packets: list[Packet]) -> list[Opened]:
    """Each packet by itself."""
    flow = made(decoder)
    return [found for packet in packets for found in opened(flow, [packet])]


def test_that_the_settings_name_the_decoder() -> None:
    assert isinstance(made("fast"), FastFollowed)
    assert isinstance(made("reference"), ReferenceFollowed)


@pytest.mark.parametrize("seed", range(8))
def test_that_both_decoders_tell_the_same_from_any_byte_on(seed: int) -> None:
    rng = random.Random(seed)
    data = b"".join(crowd(seed, 80))
    cuts = [rng.randrange(len(data)) for _ in range(seed)]
    known = rng.choice([0, rng.randrange(len(data)), len(data)])
    fast, slow = told(made("fast"), data, cuts, known), told(made("reference"), data, cuts, known)
    assert fast == slow
    whole = told(made("reference"), data, [])
    assert fast[0] == whole[0][len(whole[0]) - len(fast[0]) :]  # what is not told is known all the same
    assert fast[2] <= whole[2]


def test_that_rows_made_in_columns_have_every_column_of_the_session() -> None:
    line = Line()
    for n in range(6):
        ts = T0 + n
        own = [
            (847, "1"),
            (18, "G"),
            (99, "1"),
            (9001, "7"),
            (116, "D1"),
            (100, "L"),
            (50, "me"),
            (76, "BRO"),
            (15, "USD"),
        ]
        line.send("D", [*order(f"C{n}"), *own, *([(9003, "tina"), (9004, "ACC9")] if n % 2 else [])], ts)
        line.send("D", [*order(f"D{n}"), (58, "\u00e9t\u00e9"), (9002, "3"), (957, 1), (958, "a"), (960, "b")], ts)
        line.send("8", report(f"C{n}", f"A{n}", "0", "0", [(14, 0), (21, "1"), (50, "theirs")]), ts)
        line.send("8", [*filled(f"C{n}", f"F{n}", (5, "10.5"), 5), (851, "2"), (30, "L")], ts)
        line.send("8", report(f"C{n}", f"R{n}", "8", "8", [(103, "5")]), ts)
        line.send("9", [(37, f"O{n}"), (11, f"C{n}"), (41, f"C{n}"), (39, "8"), (434, "1"), (102, "0")], ts)
    data = b"".join(message for _, message in line.log)
    for delimiter in (b"\x01", b"|"):
        written = data.replace(b"\x01", delimiter)
        rows = told(made("fast", OWN), written, [])[0]
        assert rows == told(made("reference", OWN), written, [])[0]
    assert {row.venue for row in rows} == {None, "P"}
    assert {row.trader for row in rows} == {None, "tina"}
    assert {row.text for row in rows} >= {"CxlRejReason (102) = 0", "OrdRejReason (103) = 5", "\u00e9t\u00e9"}
    assert {row.params for row in rows} >= {'{"ExecInst":"G","Speed":"7","StopPx":"1"}'}
    assert {row.liquidity for row in rows} == {None, "R"}


def test_that_raw_messages_are_left_out_and_symbols_renamed_where_that_is_asked_for() -> None:
    data = b"".join(crowd(5, 60))
    for decoder in ("fast", "reference"):
        settings = fix_settings({"keep_raw": False, "decoder": decoder}, "test.toml")
        rows = followed(settings, Universe(), lambda symbol, ns: f"{symbol}@{ns % 2}").feed(data, "x.log")
        assert {row.raw for row in rows} == {None}
        assert all(row.instrument is None or row.instrument.endswith(f"@{row.ts_event % 2}") for row in rows)


# -- packets -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(8))
def test_that_packets_read_together_have_the_rows_they_have_alone(seed: int) -> None:
    rng = random.Random(seed)
    messages = crowd(seed, 60)
    packets, at = [], 0
    while at < len(messages):
        size = rng.randrange(1, 4)
        tail = b"\n" if seed % 2 else b""
        packets.append(Packet(b"".join(message + tail for message in messages[at : at + size]), f"offset {at}"))
        at += size
    assert opened(made("fast"), packets) == alone("reference", packets)


def test_that_regular_packets_are_read_in_one_pass_and_refusals_stand_in_their_own() -> None:
    line = Line()
    messages = [line.send("D", [*order(f"C{n}"), *([(38, "x")] if n == 3 else [])], T0 + n) for n in range(9)]
    packets = [Packet(messages[n] + b"\n" + messages[n + 1], f"offset {n}") for n in range(0, 8, 2)]
    flow = made("fast")
    found = opened(flow, packets)
    assert [[row.child_id for row in packet.rows] for packet in found] == [
        ["C0", "C1"],
        ["C2"],
        ["C4", "C5"],
        ["C6", "C7"],
    ]
    (entry,) = found[1].aside
    assert entry.where == f"offset 2 line 2 offset {len(messages[2]) + 1}"
    assert [packet.taken for packet in found] == [2, 2, 2, 2]
    assert isinstance(flow, FastFollowed)
    assert flow.flow.number == 8


@pytest.mark.parametrize(
    "spoilt", [b"", b"hello", b"8=FIX.4.4\x01", b"20261120-15:00:01.123 {0}", b"{0} tail", b"{0}{0}{0}"]
)  # fmt: skip
def test_that_a_packet_that_is_not_plain_spoils_no_other(spoilt: bytes) -> None:
    line = Line()
    messages = [line.send("D", order(f"C{n}"), T0 + n) for n in range(6)]
    packets = [Packet(message, f"offset {n}") for n, message in enumerate(messages)]
    packets[2] = Packet(spoilt.replace(b"{0}", messages[2]), "offset 2")
    packets[4] = Packet(messages[4][:40], "offset 4")  # the rest of it in the next packet is no message
    packets[5] = Packet(messages[4][40:], "offset 5")
    assert opened(made("fast"), packets) == alone("reference", packets)


def test_that_what_is_heard_and_what_is_told_of_one_block_are_not_mixed_up() -> None:
    line = Line()
    messages = [line.send("D", [*order(f"C{n}"), (58, f"text {n}")], T0 + n * 1_000_000) for n in range(12)]
    data = b"".join(messages)
    for known in range(0, len(data), 97):
        rows = made("fast").feed(data, "x.log", known)
        assert rows == made("reference").feed(data, "x.log", known)
        assert [row.text for row in rows] == [f"text {n}" for n in range(12 - len(rows), 12)]


def test_that_a_stamp_holds_for_its_line_whatever_stands_between_it_and_the_cut() -> None:
    line = Line()
    first = b"20261120-15:00:01.123 " + line.send("D", order("C0"), T0) + line.send("0", [(112, "t")], T0) + b"\n"
    later = b"20261120-15:00:02.456 " + b"".join(line.send("D", order(f"C{n}"), T0 + n) for n in range(1, 6))
    more = b"".join(line.send("D", order(f"D{n}"), T0 + n) for n in range(5))
    fast, slow = (told(made(decoder), first + later + more, [len(first + later)]) for decoder in ("fast", "reference"))
    assert fast == slow
    assert {row.ts_event % 10**10 for row in fast[0]} == {1_123_000_000, 2_456_000_000}
