"""The feed `fixlog`: real logs, folders, compressed files, `orders.fix`, and what is wrong with them."""

import gzip
from collections import Counter
from pathlib import Path

import pytest
import zstandard

from app.engine.errors import DecodeError, FeedError
from app.engine.universe import Universe
from app.feeds.base import Options
from app.feeds.decode.fix_frame import frame_all
from app.feeds.decode.fix_records import write_line
from app.feeds.decode.fix_settings import FixSettings
from app.feeds.decode.symbols import Span, SymbolFile
from app.feeds.fixlog import open_recording, order_decoder, read_flow, read_orders
from tests.feeds.fix.wire import T0, Line, filled, frame, order, report

LARGE = "FIX.4.2-KOD-BON.messages.current.log"


def length(said: int, true: int) -> str:
    """The reason of a BodyLength that lies."""
    return f"BodyLength (9) = '{said}' is not allowed; allowed: {true}, the bytes"


# Per file of the shared data: messages, and (line, beginning of the reason) of all that is set aside in framing.
# A BodyLength that is wrong together with its CheckSum was altered after it was sent: nothing of it is believed.
FILES: dict[str, tuple[int, list[tuple[int, str]]]] = {
    "20200105.txt": (0, [(1, length(263, 212))]),  # fields were taken out
    LARGE: (2486, []),
    "FIX.4.4-MUREX_TI_TEST-360T_TI_TEST.body": (4, []),  # one line, no line break at all
    "FIXT.1.1-EXEC-BANZAI.messages.log": (92, [(3, length(123, 241)), (18, length(143, 158))]),
    "Montran_order_messages.log": (12, []),
    "Test_UserDefined.log": (
        10,
        [(9, length(181, 195)), (10, length(181, 271)), (11, length(181, 292)), (12, length(181, 219)),
         (13, length(163, 178))],
    ),
    "UDFinNestedGroups.txt": (0, [(1, "CheckSum (10) is missing")]),  # a space stands before 10=
    "delimitertest.log": (8, [(7, "BodyLength (9) is missing")]),
}  # fmt: skip


def some_log() -> bytes:
    """A new order, its ack and a fill."""
    line = Line()
    line.send("D", order("A1"), T0)
    line.send("8", report("A1", "E1", "0", "0"), T0 + 1)
    line.send("8", filled("A1", "E2", (40, "10"), 40), T0 + 2)
    return line.text()


def test_that_every_shared_file_is_known_here(shared_data: Path) -> None:
    assert {file.name for file in (shared_data / "fix").iterdir()} == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_that_each_message_of_the_shared_files_is_framed_or_set_aside_with_its_reason(
    shared_data: Path, name: str
) -> None:
    data = (shared_data / "fix" / name).read_bytes()
    messages, bad, tally = frame_all(data)
    expected, reasons = FILES[name]
    assert len(messages) == expected
    assert [span.line for span in bad] == [line for line, _ in reasons]
    for span, (_, reason) in zip(bad, reasons, strict=True):
        assert span.reason.startswith(reason)
    assert tally.total_bytes == len(data)
    assert len(messages) + len(bad) == data.count(b"8=FIX")


def test_that_the_counts_of_the_large_log_are_exact(shared_data: Path) -> None:
    recording = open_recording(shared_data / "fix" / LARGE, Universe())
    types = {name: count for name, count in recording.counts.items() if name.startswith("35=")}
    assert types == {"35=8": 1204, "35=D": 602, "35=F": 602, "35=0": 74, "35=A": 2, "35=2": 1, "35=4": 1}
    assert recording.counts["messages"] == 2486
    assert recording.quarantine == []
    assert Counter(row.kind for row in recording.orders) == {
        "child_new": 602, "child_acked": 602, "child_cancel_requested": 602, "child_cancelled": 602,
    }  # fmt: skip
    assert list(recording.market) == []


def test_that_every_order_of_the_large_log_is_one_chain_of_four_facts(shared_data: Path) -> None:
    rows = open_recording(shared_data / "fix" / LARGE, Universe()).orders
    lives: dict[str | None, list[str]] = {}
    for row in rows:
        lives.setdefault(row.child_id, []).append(row.kind)
    assert len(lives) == 602
    assert {tuple(sorted(life)) for life in lives.values()} == {
        ("child_acked", "child_cancel_requested", "child_cancelled", "child_new")
    }
    assert {row.source for row in rows} == {"BON-KOD"}
    assert {row.qty for row in rows if row.kind == "child_new"} == {10}


def test_that_all_shared_files_are_read_as_one_folder(shared_data: Path) -> None:
    recording = open_recording(shared_data / "fix", Universe())
    assert recording.counts["messages"] == sum(messages for messages, _ in FILES.values())
    size = sum(file.stat().st_size for file in (shared_data / "fix").iterdir())
    parts = ("message_bytes", "quarantined_bytes", "text_bytes")
    assert sum(recording.counts[part] for part in parts) == size
    assert recording.counts["quarantined"] == len(recording.quarantine)


def test_that_fills_of_nothing_are_set_aside_and_not_made_up(shared_data: Path) -> None:
    recording = open_recording(shared_data / "fix" / "FIX.4.4-MUREX_TI_TEST-360T_TI_TEST.body", Universe())
    assert recording.orders == []
    assert [entry.reason.split(";")[0] for entry in recording.quarantine] == ["LastQty (32) = '0' is not allowed"] * 2


def test_that_the_fills_of_the_log_with_prefixes_are_read(shared_data: Path) -> None:
    rows = open_recording(shared_data / "fix" / "Montran_order_messages.log", Universe()).orders
    fills = [(row.exec_id, row.qty, row.price, row.side, row.cum_qty) for row in rows if row.kind == "fill"]
    assert fills == [("21", 100, 95 * 10**9, "BUY", 100), ("23", 100, 95 * 10**9, "SELL", 100)]


def test_that_a_recording_has_its_orders_notes_and_counts(tmp_path: Path) -> None:
    path = tmp_path / "day.log"
    path.write_bytes(some_log() + some_log())
    with open_recording(path, Universe()) as recording:
        assert recording.name == "day.log"
        assert [row.kind for row in recording.orders] == ["child_new", "child_acked", "fill"]
        assert recording.notes == [
            "3 messages stand in the log more than once; the copies were dropped",
            "2 messages have an earlier time than one before them in the log",
            "1 fills have no TransactTime inside the clock budget: their own time stands in",
        ]
        assert recording.counts["log_copies"] == 3
        assert recording.rows_total == 0


def test_that_quarantine_names_file_line_and_offset(tmp_path: Path) -> None:
    path = tmp_path / "day.log"
    path.write_bytes(some_log() + b"p " + frame([(35, "D"), (49, "A")])[:-4] + b"999\x01\n")
    rows, aside = read_orders(path, Universe())
    assert len(rows) == 3
    assert [(entry.source, entry.where) for entry in aside] == [
        ("day.log", f"day.log line 4 offset {len(some_log()) + 2}")
    ]
    assert aside[0].reason.startswith("CheckSum (10) = '999'")


def test_that_a_folder_is_read_by_name_without_hidden_files(tmp_path: Path) -> None:
    first, second = Line("EMS", "B1"), Line("EMS", "B2")
    first.send("D", order("A1"), T0 + 5)
    second.send("D", order("A2"), T0)
    (tmp_path / "deep").mkdir()
    (tmp_path / "b.log").write_bytes(first.text())
    (tmp_path / "deep" / "a.log").write_bytes(second.text())
    (tmp_path / ".state").write_bytes(b"8=FIX broken")
    (tmp_path / "readme").write_text("nothing here")
    flow = read_flow(tmp_path, Universe())
    assert [(row.child_id, row.rec) for row in flow.rows] == [("A2", 1), ("A1", 0)]
    assert flow.quarantine == []
    assert flow.notes == ["readme holds no FIX message"]


def test_that_compressed_logs_are_read_and_damage_is_set_aside(tmp_path: Path) -> None:
    packed = {"a.log.gz": gzip.compress(some_log()), "b.log.zst": zstandard.compress(some_log())}
    for name, data in packed.items():
        path = tmp_path / name
        path.write_bytes(data)
        assert len(read_flow(path, Universe()).rows) == 3
        path.write_bytes(data[: len(data) // 2])
        (tmp_path / "good.log").write_bytes(some_log())
        flow = read_flow(tmp_path, Universe())
        assert len(flow.rows) == 3
        path.unlink()
    path = tmp_path / "c.log.gz"
    path.write_bytes(b"no gzip at all")
    flow = read_flow(tmp_path, Universe())
    assert [entry.reason.split(":")[0] for entry in flow.quarantine] == ["the compressed file is damaged"]
    assert flow.quarantine[0].where.startswith("c.log.gz")


def test_that_orders_fix_is_read_by_its_name_through_the_decoder_of_a_session(tmp_path: Path) -> None:
    line = Line()
    line.send("D", order("A1"), T0)
    line.send("8", [*filled("A1", "E1", (40, "10"), 40), (58, "one\ntwo\\")], T0 + 1)
    path = tmp_path / "orders.fix"
    path.write_bytes(b"".join(write_line(ns + 7, message) for ns, message in line.log) + b"what?\n")
    decode = order_decoder(FixSettings(), Options(source="own"))
    rows, aside = decode(path, Universe())
    assert [(row.kind, row.ts_event, row.source, row.text) for row in rows] == [
        ("child_new", T0 + 7, "own", None), ("fill", T0 + 8, "own", "one\ntwo\\"),
    ]  # fmt: skip
    assert [(entry.source, entry.where.split(" offset")[0]) for entry in aside] == [("own", "orders.fix line 3")]


def test_that_progress_counts_the_bytes_read(tmp_path: Path) -> None:
    path = tmp_path / "day.log"
    path.write_bytes(some_log())
    records = tmp_path / "orders.fix"
    records.write_bytes(some_log())
    for file in (path, records):
        seen: list[tuple[int, int]] = []
        open_recording(file, Universe(), progress=lambda done, total: seen.append((done, total)))  # noqa: B023
        assert seen[-1] == (len(some_log()), len(some_log()))


def test_that_messages_taken_in_spite_of_their_checks_are_counted_and_noted(tmp_path: Path) -> None:
    path = tmp_path / "day.log"
    path.write_bytes(some_log().replace(b"55=TECH", b"55=OTHER"))
    settings = FixSettings(checksum="count", body_length="count")
    flow = read_flow(path, Universe(), None, settings)
    assert next((row.kind, row.instrument) for row in flow.rows) == ("child_new", "OTHER")
    assert (flow.counts["checksum_wrong"], flow.counts["body_length_wrong"]) == (1, 1)
    assert flow.notes[:2] == [
        "1 messages with a wrong CheckSum were taken, as the settings say",
        "1 messages with a wrong BodyLength were taken, as the settings say",
    ]


def test_that_symbols_are_translated_on_the_day_of_the_message(tmp_path: Path) -> None:
    day = T0 // (86_400 * 10**9)
    symbols = SymbolFile({"TECH": [Span(0, day, "OLD"), Span(day, day + 1, "NEW")]})
    path = tmp_path / "day.log"
    path.write_bytes(some_log())
    assert {row.instrument for row in read_flow(path, Universe(), Options(symbols=symbols)).rows} == {"NEW"}


@pytest.mark.parametrize(
    ("data", "said"), [(b"", "is empty"), (b"no fix here\n", "holds no FIX message"), (b"\n", "holds no FIX message")]
)
@pytest.mark.parametrize("name", ["day.log", "orders.fix"])
def test_that_a_file_without_fix_is_an_error_that_says_what_is_allowed(
    tmp_path: Path, data: bytes, said: str, name: str
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    if name == "orders.fix" and data.strip():
        assert read_flow(path, Universe()).quarantine[0].reason.startswith("'no fix here' is not allowed")
        return
    with pytest.raises(DecodeError, match=f"{said}; allowed: raw FIX"):
        open_recording(path, Universe())


def test_that_a_path_that_is_not_there_is_their_side(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="no such file or folder"):
        open_recording(tmp_path / "none.log", Universe())


def test_that_a_file_that_may_not_be_read_is_their_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "day.log"
    path.write_bytes(some_log())

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    with pytest.raises(FeedError, match="cannot be read: Permission denied"):
        open_recording(path, Universe())
