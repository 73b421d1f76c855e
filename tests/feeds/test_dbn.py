"""Databento files: every schema to rows, names by day, ladders, truth of the real files."""

import struct
from datetime import date
from pathlib import Path
from typing import Any

import databento_dbn
import numpy as np
import pytest
import zstandard

from app.engine import units
from app.engine.errors import DecodeError, FeedError
from app.engine.events import Rows
from app.engine.universe import Universe
from app.feeds import dbn
from app.feeds.base import Options, Recording
from app.feeds.decode import dbn_frames as frames
from app.feeds.decode.dbn import DbnDecoder
from app.feeds.decode.dbn_names import Directory, Span, venue_of
from app.feeds.decode.symbols import Span as SymbolSpan
from app.feeds.decode.symbols import SymbolFile
from tests.feeds.made import (
    DAY0,
    NO_PRICE,
    PX,
    T0,
    Interval,
    SymbolDays,
    dbn_header,
    drained,
    ladder_after,
    level,
    mbo,
    reasons,
    trade,
)

TICK = 250_000_000


def opened(path: Path, options: Options | None = None) -> tuple[Rows, Recording]:
    recording = dbn.open_recording(path, Universe(), options or Options())
    return drained(recording), recording


def written(folder: Path, *records: bytes, schema: str | None = "mbo", name: str = "x.dbn", **header: Any) -> Path:
    path = folder / name
    path.write_bytes(dbn_header(schema, **header) + b"".join(records))
    return path


def read(folder: Path, *records: bytes, schema: str | None = "mbo", **header: Any) -> tuple[Rows, Recording]:
    return opened(written(folder, *records, schema=schema, **header))


def mbp1(action: str, side: str, price: int, size: int, touch: bytes, rtype: int = 1, **more: int) -> bytes:
    return trade(rtype, 20, action, side, price, size, **more) + touch


def mbp10(action: str, side: str, levels: list[tuple[int, int, int, int]], **more: int) -> bytes:
    full = [*levels, *[(NO_PRICE, 0, NO_PRICE, 0)] * (10 - len(levels))]
    return trade(10, 92, action, side, PX, 3, **more) + b"".join(level(*each) for each in full)


def test_that_mbo_records_go_over_field_by_field(tmp_path: Path) -> None:
    rows, recording = read(
        tmp_path,
        mbo("R", "N", 0, NO_PRICE, 0, flags=8, sequence=1),
        mbo("A", "B", 11, PX, 5, flags=0, ts=T0 + 1, recv=T0 + 9, sequence=2),
        mbo("M", "A", 12, PX + TICK, 6, sequence=3),
        mbo("T", "A", 0, PX, 2, flags=0, sequence=4),
        mbo("F", "B", 11, PX, 2, flags=0, sequence=5),
        mbo("C", "B", 11, PX, 2, flags=130, sequence=6),
        mbo("N", "N", 0, NO_PRICE, 0, sequence=7),
    )
    assert recording.quarantine == []
    assert bytes(rows["action"]) == b"RAMTFCF"
    assert rows["side"].tolist() == [0, 1, -1, -1, 1, 1, 0]
    assert rows["price"].tolist() == [units.NULL, PX, PX + TICK, PX, PX, PX, units.NULL]
    assert rows["size"].tolist() == [0, 5, 6, 2, 2, 2, 0]
    assert rows["flags"].tolist() == [8, 0, 128, 0, 0, 130, 128]
    assert rows["order_id"].tolist() == [0, 11, 12, 0, 11, 11, 0]
    assert rows["seq"].tolist() == list(range(1, 8))
    assert rows["rec"].tolist() == list(range(7))
    assert (int(rows["ts_event"][1]), int(rows["ts_recv"][1])) == (T0 + 1, T0 + 9)
    assert recording.universe.instruments.names == ["TECH"]
    assert recording.universe.venues.names == ["GLBX"]
    assert recording.universe.sources.names == ["dbn:GLBX.MDP3"]
    assert recording.rows_total == 7


@pytest.mark.parametrize("version", [1, 2, 3])
def test_that_every_version_of_the_header_is_read(version: int, tmp_path: Path) -> None:
    rows, recording = read(tmp_path, mbo("A", "B", 1, PX, 5), version=version)
    assert len(rows) == 1
    assert recording.universe.instruments.names == ["TECH"]


def test_that_zstd_files_of_several_frames_are_read(tmp_path: Path) -> None:
    plain = dbn_header("mbo") + mbo("A", "B", 1, PX, 5) + mbo("C", "B", 1, PX, 5)
    packed = b"".join(zstandard.compress(part) for part in (plain[:100], plain[100:411], b"", plain[411:]))
    (tmp_path / "x.dbn.zst").write_bytes(packed)
    rows, recording = opened(tmp_path / "x.dbn.zst")
    assert bytes(rows["action"]) == b"AC"
    assert recording.quarantine == []


def test_that_a_send_time_behind_each_record_is_passed_over(tmp_path: Path) -> None:
    sent = bytes([16]) + mbo("A", "B", 1, PX, 5)[1:] + struct.pack("<Q", T0)
    rows, _ = read(tmp_path, sent, sent, ts_out=True)
    assert rows["price"].tolist() == [PX, PX]


def test_that_undefined_times_are_not_taken_for_times(tmp_path: Path) -> None:
    never = 2**64 - 1
    rows, recording = read(
        tmp_path,
        mbo("A", "B", 1, PX, 5, ts=never, recv=T0 + 4),
        mbo("A", "B", 2, PX, 5, ts=T0, recv=never),
        mbo("A", "B", 3, PX, 5, ts=never, recv=never),
        mbo("A", "B", 4, PX, 5, ts=T0, recv=never, flags=units.SNAPSHOT),
    )
    assert rows["ts_event"].tolist() == [T0 + 4, T0, T0]
    assert rows["ts_recv"].tolist() == [T0 + 4, 0, T0]
    assert recording.counts["ts_event_undefined"] == 2
    assert "record 2 (offset 472): ts_event = 18446744073709551615 is not allowed" in reasons(recording)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (mbo("Z", "B", 1, PX, 5), "action = 90 is not allowed; allowed: A add"),
        (mbo("A", "X", 1, PX, 5), "side = 88 is not allowed; allowed: B bid"),
        (mbo("A", "N", 1, PX, 5), "side = 78"),
        (mbo("A", "B", 1, NO_PRICE, 5), f"price = {NO_PRICE}"),
        (mbo("A", "B", 1, PX, 2**32 - 1), "size = 4294967295"),
        (mbo("A", "B", 1, PX, 0), "size = 0"),
        (mbo("A", "B", 1, 2**62, 1), f"price = {2**62}"),
    ],
)
def test_that_a_wrong_record_is_set_aside_with_its_place(bad: bytes, words: str, tmp_path: Path) -> None:
    good = mbo("A", "B", 9, PX, 5)
    rows, recording = read(tmp_path, good, bad, good)
    assert rows["rec"].tolist() == [0, 2]
    assert recording.counts["quarantined"] == 1
    offset = len(dbn_header("mbo")) + 56
    assert recording.quarantine[0].where == f"x.dbn record 1 (offset {offset})"
    assert words in recording.quarantine[0].reason
    assert recording.quarantine[0].raw == bad


def test_that_trades_are_prints(tmp_path: Path) -> None:
    rows, recording = read(
        tmp_path, trade(0, 12, "T", "A", PX, 4, flags=0), trade(0, 12, "T", "N", PX, 1), schema="trades"
    )
    assert recording.quarantine == []
    assert bytes(rows["action"]) == b"TT"
    assert rows["side"].tolist() == [-1, 0]
    assert rows["size"].tolist() == [4, 1]


def test_that_mbp1_gives_the_print_and_then_the_touch(tmp_path: Path) -> None:
    touch = level(PX, 3, PX + TICK, 4)
    rows, recording = read(
        tmp_path,
        mbp1("A", "B", PX, 3, touch),
        mbp1("T", "B", PX + TICK, 1, touch, flags=0),
        mbp1("T", "B", PX + TICK, 1, touch, flags=128),
        mbp1("C", "A", PX + TICK, 4, level(PX, 3, NO_PRICE, 0)),
        mbp1("R", "N", NO_PRICE, 0, level(NO_PRICE, 0, NO_PRICE, 0)),
        schema="mbp-1",
    )
    assert recording.quarantine == []
    assert bytes(rows["action"]) == b"QTQTQQQ"
    assert rows["rec"].tolist() == [0, 1, 1, 2, 2, 3, 4]
    assert rows["flags"].tolist() == [128, 0, 0, 0, 128, 128, 128]
    first = rows[0]
    assert (first["price"], first["size"], first["price2"], first["size2"]) == (PX, 3, PX + TICK, 4)
    assert first["side"] == 0
    assert (rows[5]["price2"], rows[5]["size2"]) == (units.NULL, units.NULL)
    assert (rows[6]["price"], rows[6]["price2"]) == (units.NULL, units.NULL)


@pytest.mark.parametrize(("rtype", "schema"), [(1, "tbbo"), (197, "mbp-1")])
def test_that_tbbo_gives_the_touch_before_its_print(rtype: int, schema: str, tmp_path: Path) -> None:
    rows, recording = read(
        tmp_path, mbp1("T", "B", PX, 3, level(PX - TICK, 1, PX, 3), rtype, flags=0, sequence=5), schema=schema
    )
    assert recording.quarantine == []
    assert bytes(rows["action"]) == b"QT"
    assert rows["flags"].tolist() == [128, 0]
    assert rows["seq"].tolist() == [5, 5]


def test_that_mbp10_gives_what_changed_in_the_ladder(tmp_path: Path) -> None:
    two = [(PX, 3, PX + TICK, 4), (PX - TICK, 7, PX + 2 * TICK, 8)]
    rows, recording = read(
        tmp_path,
        mbp10("A", "B", two),
        mbp10("A", "B", two, sequence=2),
        mbp10("M", "B", [(PX, 5, PX + TICK, 4), two[1]], sequence=3),
        mbp10("T", "A", [(PX, 5, PX + TICK, 4), two[1]], flags=0, sequence=4),
        mbp10("C", "B", [(PX - TICK, 7, PX + TICK, 4), (NO_PRICE, 0, PX + 2 * TICK, 8)], sequence=5),
        mbp10("C", "B", [(PX - TICK, 7, PX + TICK, 4), (NO_PRICE, 0, PX + 2 * TICK, 8)], flags=0, sequence=6),
        schema="mbp-10",
    )
    assert recording.quarantine == []
    told = [
        (chr(row["action"]), int(row["side"]), int(row["price"]), int(row["size"]), int(row["seq"])) for row in rows
    ]
    assert told == [
        ("L", 1, PX, 3, 1), ("L", 1, PX - TICK, 7, 1), ("L", -1, PX + TICK, 4, 1), ("L", -1, PX + 2 * TICK, 8, 1),
        ("F", 0, units.NULL, units.NULL, 2),
        ("L", 1, PX, 5, 3),
        ("T", -1, PX, 3, 4),
        ("L", 1, PX, 0, 5),
    ]  # fmt: skip
    assert rows["flags"].tolist() == [0, 0, 0, 128, 128, 128, 0, 128]


def test_that_each_instrument_and_venue_has_a_ladder_of_its_own(tmp_path: Path) -> None:
    levels = [(PX, 3, PX + TICK, 4)]
    other = [(PX, 9, PX + TICK, 9)]
    rows, recording = read(
        tmp_path, *[mbp10("A", "B", levels), mbp10("A", "B", other, id=8)] * 2,
        schema="mbp-10", ids={"TECH": 7, "BANK": 8},
    )  # fmt: skip
    assert bytes(rows["action"]) == b"LLLLFF"
    assert [recording.universe.instruments[i] for i in rows["instrument"].tolist()] == ["TECH"] * 2 + ["BANK"] * 2 + [
        "TECH",
        "BANK",
    ]


def test_that_the_changes_of_random_ladders_add_up_to_each_ladder(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    records, ladders = [], []
    for n in range(120):
        depth = int(rng.integers(0, 11))
        bids = sorted(rng.choice(30, depth, replace=False).tolist(), reverse=True)
        asks = sorted(rng.choice(30, depth, replace=False).tolist())
        sizes = rng.integers(1, 4, (2, depth)).tolist()
        levels = [
            (PX + b * TICK, sizes[0][i], PX + (40 + a) * TICK, sizes[1][i])
            for i, (b, a) in enumerate(zip(bids, asks, strict=True))
        ]
        records.append(mbp10("M", "B", levels, sequence=n))
        ladders.append({1: {row[0]: row[1] for row in levels}, -1: {row[2]: row[3] for row in levels}})
    rows, recording = read(tmp_path, *records, schema="mbp-10")
    assert recording.quarantine == []
    for n, expected in enumerate(ladders):
        assert ladder_after(rows[rows["seq"] <= n]) == expected
    whole = DbnDecoder("x", dbn_header("mbp-10"), Universe())
    split = [batch.rows for record in records for batch in whole.feed(record)]
    assert (np.concatenate(split) == rows).all(), "record by record or at once"


def test_that_a_wild_price_deep_in_the_ladder_costs_its_record(tmp_path: Path) -> None:
    good = [(PX, 3, PX + TICK, 4)]
    rows, recording = read(
        tmp_path, mbp10("A", "B", good), mbp10("A", "B", [*good, (2**62, 1, PX + 2 * TICK, 1)]), mbp10("A", "B", good),
        schema="mbp-10",
    )  # fmt: skip
    assert rows["rec"].tolist() == [0, 0, 2]
    assert "levels = " in reasons(recording)


def status(action: int, **more: int) -> bytes:
    head = struct.pack("<BBHIQQHHH", 10, 18, 1, more.get("id", 7), T0, T0 + 1, action, 0, 0)
    return head + b"YYN" + bytes(7)


def test_that_status_records_are_status_rows(tmp_path: Path) -> None:
    rows, recording = read(tmp_path, *[status(action) for action in range(16)], schema="status")
    assert recording.quarantine == []
    assert (rows["action"] == units.STATUS).all()
    named = [units.STATUSES[code] for code in rows["status"].tolist()]
    assert named == [*["auction"] * 6, "open", *["halt"] * 3, "auction", *["closed"] * 3]
    assert recording.counts == {"status_without_meaning": 2}


def test_that_bars_are_passed_over_and_kept_as_a_table(tmp_path: Path) -> None:
    bar = struct.pack("<BBHIQqqqqQ", 14, 33, 1, 7, T0, PX, PX + 3, PX - 2, PX + 1, 44)
    rows, recording = read(tmp_path, bar, schema="ohlcv-1m")
    assert len(rows) == 0
    assert recording.counts == {"bars": 1}
    assert any("bars are no market events" in note for note in recording.notes)
    decoder = DbnDecoder("x", dbn_header("ohlcv-1m"), Universe())
    decoder.feed(bar)
    assert decoder.bars[0].to_pylist() == [
        {"ts_event": T0, "instrument": "TECH", "open": PX, "high": PX + 3, "low": PX - 2, "close": PX + 1, "volume": 44}
    ]


def test_that_messages_of_the_gateway_are_counted(tmp_path: Path) -> None:
    system = struct.pack("<BBHIQ", 4, 23, 1, 0, T0)
    error = struct.pack("<BBHIQ", 4, 21, 1, 0, T0)
    odd = struct.pack("<BBHIQ", 4, 99, 1, 0, T0)
    rows, recording = read(tmp_path, system, mbo("A", "B", 1, PX, 5), system, error, odd, schema=None)
    assert rows["rec"].tolist() == [1]
    assert recording.counts == {"gateway_messages": 2, "gateway_errors": 1, "records_of_type_99": 1}


def test_that_a_record_too_short_for_its_type_is_set_aside(tmp_path: Path) -> None:
    short = struct.pack("<BBHIQQ", 6, 160, 1, 7, T0, 1)
    rows, recording = read(tmp_path, mbo("A", "B", 1, PX, 5), short, short, mbo("C", "B", 1, PX, 5))
    assert rows["rec"].tolist() == [0, 3]
    assert recording.counts["quarantined"] == 2
    assert "24 bytes, type 160 has 56 or more (2 records)" in reasons(recording)


def test_that_an_impossible_length_ends_the_stream_with_a_word(tmp_path: Path) -> None:
    rows, recording = read(tmp_path, mbo("A", "B", 1, PX, 5), b"\x01\xa0" + bytes(100))
    assert len(rows) == 1
    assert "record 1 (offset 416): length = 1 is not allowed; allowed: 4 or more words" in reasons(recording)
    assert "102 bytes" in reasons(recording)


@pytest.mark.parametrize("size", [1, 2, 3, 55, 56, 57, 200, 10_000])
def test_that_pieces_of_any_size_give_the_same_rows(size: int) -> None:
    stream = b"".join(mbo("A", "B", n, PX + n, 5, sequence=n) for n in range(40)) + trade(0, 12, "T", "B", PX, 1)
    whole = DbnDecoder("x", dbn_header("mbo"), Universe())
    plain = np.concatenate([batch.rows for batch in whole.feed(stream)])
    split = DbnDecoder("x", dbn_header("mbo"), Universe())
    pieces = [batch.rows for at in range(0, len(stream), size) for batch in split.feed(stream[at : at + size])]
    assert (np.concatenate(pieces) == plain).all()
    assert split.records == whole.records == 41
    assert split.finish() == []


def test_that_names_follow_the_day_of_receipt(tmp_path: Path) -> None:
    days = [
        Interval(date(2023, 11, 14), date(2023, 11, 15), "7"),
        Interval(date(2023, 11, 15), date(2023, 11, 16), "8"),
    ]
    later = [Interval(date(2023, 11, 15), date(2023, 11, 16), "7")]
    next_day = T0 + 86_400 * 10**9
    rows, recording = read(
        tmp_path,
        mbo("A", "B", 1, PX, 5, ts=T0 - 5 * 86_400 * 10**9, recv=T0, flags=units.SNAPSHOT),
        mbo("A", "B", 2, PX, 5, recv=next_day),
        mbo("A", "B", 3, PX, 5, recv=next_day, id=8),
        mbo("A", "B", 4, PX, 5, id=9),
        mappings=[SymbolDays("FRONT", days), SymbolDays("BACK", later)],
    )
    names = [recording.universe.instruments[i] for i in rows["instrument"].tolist()]
    assert names == ["FRONT", "BACK", "FRONT", "9"]
    assert any("no symbol for instrument ids 9; named by their number" in note for note in recording.notes)


def test_that_ids_sharing_a_symbol_on_a_day_keep_books_apart(tmp_path: Path) -> None:
    day = (date(2023, 11, 14), date(2023, 11, 15))
    both = SymbolDays("ES.FUT", [Interval(*day, "7"), Interval(*day, "8")])
    rows, recording = read(tmp_path, mbo("A", "B", 1, PX, 5), mbo("A", "B", 1, PX, 5, id=8), mappings=[both])
    assert [recording.universe.instruments[i] for i in rows["instrument"].tolist()] == ["ES.FUT#7", "ES.FUT#8"]


def test_that_mappings_from_ids_to_symbols_are_read_too() -> None:
    days = [Interval(date(2023, 11, 14), date(2023, 11, 15), "TECH")]
    header = dbn_header(
        "mbo", mappings=[SymbolDays("7", days)],
        stype_in=databento_dbn.SType("instrument_id"), stype_out=databento_dbn.SType("raw_symbol"),
    )  # fmt: skip
    directory = Directory(frames.read_header(header, "x"), None)
    assert directory.name(7, T0) == "TECH"
    assert directory.name(7, T0 + 86_400 * 10**9) == "7"
    directory.always(7, "OTHER")
    directory.always(8, "NEW")
    assert (directory.name(7, T0), directory.name(8, T0)) == ("TECH", "NEW")
    directory.add(7, Span(DAY0, DAY0 + 1, "LATER"))
    assert directory.name(7, T0) == "LATER"


def test_that_symbols_and_source_follow_the_options(tmp_path: Path) -> None:
    symbols = SymbolFile()
    symbols.add("TECH", SymbolSpan(DAY0, DAY0 + 1, "Technology"))
    path = written(tmp_path, mbo("A", "B", 1, PX, 5))
    _, recording = opened(path, Options(symbols=symbols, source="cme"))
    assert recording.universe.instruments.names == ["Technology"]
    assert recording.universe.sources.names == ["cme"]


@pytest.mark.parametrize(
    ("publisher", "dataset", "venue"),
    [
        (1, "GLBX.MDP3", "GLBX"),
        (2, "XNAS.ITCH", "XNAS"),
        (39, "DBEQ.BASIC", "XCHI"),
        (60_000, "XEUR.EOBI", "XEUR"),
        (60_000, "", "P60000"),
    ],
)
def test_that_a_publisher_is_a_venue(publisher: int, dataset: str, venue: str) -> None:
    assert venue_of(publisher, dataset) == venue


def test_that_a_folder_is_read_definitions_first_then_by_start(tmp_path: Path, shared_data: Path) -> None:
    later = dbn_header("mbo", start=T0 + 2 * 10**9, end=T0 + 3 * 10**9) + mbo("A", "B", 2, PX, 5, ts=T0 + 2 * 10**9)
    (tmp_path / "a.dbn").write_bytes(later)
    written(tmp_path, mbo("A", "B", 1, PX, 5), name="b.dbn")
    definition = (shared_data / "dbn" / "dbpy_GLBX.MDP3_definition.dbn.zst").read_bytes()
    (tmp_path / "z.dbn.zst").write_bytes(definition)
    (tmp_path / "notes.txt").write_text("not read")
    rows, recording = opened(tmp_path)
    assert rows["order_id"].tolist() == [1, 2]
    assert recording.universe.of("ESH1").tick_size == TICK


def test_that_files_that_overlap_are_merged_by_time(tmp_path: Path) -> None:
    written(tmp_path, *[mbo("A", "B", n, PX, 5, ts=T0 + 2 * n) for n in range(3)], name="a.dbn")
    written(tmp_path, *[mbo("A", "B", 10 + n, PX, 5, ts=T0 + 2 * n + 1) for n in range(3)], name="b.dbn")
    rows, _ = opened(tmp_path)
    assert rows["order_id"].tolist() == [0, 10, 1, 11, 2, 12]


def test_that_a_folder_that_would_count_trades_twice_is_refused(tmp_path: Path) -> None:
    written(tmp_path, mbo("A", "B", 1, PX, 5), name="a.dbn")
    written(tmp_path, trade(0, 12, "T", "B", PX, 1), schema="trades", name="b.dbn")
    with pytest.raises(FeedError, match=r"mixes schemas of GLBX.MDP3: mbo, trades; a trade would count twice"):
        opened(tmp_path)


def test_that_a_path_without_files_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "absent.dbn"):
        with pytest.raises(FeedError, match="no Databento file here"):
            opened(path)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", r"offset 0: first bytes = b'' is not allowed; allowed: DBN"),
        (b"DBZ\x01\x00\x00\x00\x00", "first bytes = b'DBZ"),
        (b"DBN\x09\x10\x00\x00\x00" + bytes(16), "offset 3: version = 9 is not allowed; allowed: 1, 2, 3"),
        (b"DBN\x01\xff\xff\xff\xff", "offset 4: header length = "),
        (b"DBN\x01\x80\x00\x00\x00" + bytes(16), "header cut short: 24 of 136 bytes"),
        (b"DBN\x03\x08\x00\x00\x00" + bytes(8), "unreadable DBN header of 16 bytes"),
        (dbn_header("mbo")[:-20] + b"\xff" * 20, "unreadable DBN header"),
    ],
)
def test_that_a_wrong_header_is_refused_with_its_offset(data: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / "x.dbn").write_bytes(data)
    with pytest.raises(DecodeError, match=words):
        opened(tmp_path / "x.dbn")


def test_that_zstd_cut_short_gives_its_records_and_a_word(tmp_path: Path) -> None:
    plain = dbn_header("mbo") + b"".join(mbo("A", "B", n, PX + n * 7, n + 1, sequence=n * 31) for n in range(9000))
    packed = zstandard.compress(plain)
    (tmp_path / "x.dbn.zst").write_bytes(packed[: len(packed) * 2 // 3])
    rows, recording = opened(tmp_path / "x.dbn.zst")
    assert 0 < len(rows) < 9000
    assert (rows["order_id"] == np.arange(len(rows))).all()
    assert "zstd data cut short at offset" in reasons(recording)
    damaged = bytearray(packed)
    damaged[len(packed) // 2 : len(packed) // 2 + 40] = b"\xff" * 40
    (tmp_path / "y.dbn.zst").write_bytes(bytes(damaged))
    rows, recording = opened(tmp_path / "y.dbn.zst")
    assert 0 < len(rows) < 9000
    assert (rows["order_id"] == np.arange(len(rows))).all()
    assert "damaged zstd data after offset" in reasons(recording)
    (tmp_path / "z.dbn.zst").write_bytes(packed[:4] + b"\xff" * 60)
    with pytest.raises(DecodeError, match=r"header cut short: 0 of 8 bytes; z.dbn.zst: damaged zstd data"):
        opened(tmp_path / "z.dbn.zst")
