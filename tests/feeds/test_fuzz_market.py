"""Hostile bytes in every market parser: nothing but our own errors, and every byte or record accounted for."""

import gzip
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import zstandard
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.engine.errors import DecodeError, ScorecardError
from app.engine.events import MARKET, Rows
from app.engine.universe import Universe
from app.feeds import binance, dbn, lobster, session
from app.feeds.base import Feed, Options, Recording
from app.feeds.decode import check, tabular
from app.feeds.decode.binance import BinanceDecoder
from app.feeds.decode.dbn import Batch, DbnDecoder
from app.feeds.decode.dbn_frames import header_length
from app.feeds.decode.lobster import MESSAGE, TOUCH, Pair, market_rows
from app.feeds.decode.lobster_orders import read_fills, read_parents
from app.feeds.decode.rows import blank
from app.feeds.detect import detect
from tests.feeds.made import (
    PX,
    T0,
    capture,
    dbn_header,
    depth,
    drained,
    level,
    market_table,
    mbo,
    random_rows,
    record,
    session_folder,
    snapshot,
    some_orders,
    trade,
    universe,
)

pytestmark = pytest.mark.slow  # processes, whole days or whole windows

FILES = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
SAMPLES = [
    f"dbpy_{venue}_{schema}.dbn.zst"
    for venue in ("GLBX.MDP3", "XNAS.ITCH")
    for schema in ("definition", "mbo", "mbp-1", "mbp-10", "tbbo", "trades")
]
CAPTURE = capture(
    depth(90, 99, 89, '[["1","2"]]'), snapshot(100, '[["1.5","3"]]', '[["2","4"]]'),
    depth(100, 105, 99, '[["1.5","0"]]'),
    '{"e":"trade","s":"ETHUSD_PERP","t":7,"p":"1.5","q":"2","m":false}', depth(106, 107, 105), '{"result":null,"id":1}',
    '{"e":"bookTicker","s":"ETHUSD_PERP","u":1}', depth(109, 110, 108), '{"e":"forceOrder"}',
)  # fmt: skip
STREAM = b"".join(
    [
        mbo("A", "B", 1, PX, 5),
        mbo("C", "B", 1, PX, 5),
        trade(0, 12, "T", "B", PX, 1),
        trade(1, 20, "T", "B", PX, 1) + level(PX, 1, PX + 1, 1),
        trade(10, 92, "A", "B", PX, 1) + b"".join(level(PX - n, 1, PX + 1 + n, 1) for n in range(10)),
        mbo("A", "A", 2, PX, 5),
    ]
)
MESSAGES = b"34200.5,1,11,21,2238100,1\n34200.6,4,11,21,2238100,1\n34201,7,0,0,-1,-1\n34202,6,-1,5,2238100,-1\n"
BOOK = b"2239500,100,2231800,100\n9999999999,0,2238100,21\n2239500,100,2231800,100\n2239500,100,2231800,100\n"


def worded(error: ScorecardError, start: str = "") -> None:
    """An error of ours says what is wrong."""
    assert str(error)
    assert str(error).startswith(start)


def outcome(feed: Feed, path: Path) -> tuple[Rows, Recording] | None:
    """Rows and recording, or None where the feed refused the path with an error of ours."""
    try:
        recording = feed(path, Universe(), Options(session_date="2012-06-21"))
        return drained(recording), recording
    except ScorecardError as error:
        worded(error)
        return None


def framed(decoder: DbnDecoder, batches: list[Batch]) -> int:
    """Records of the batches by what became of them."""
    rows = sum(len(np.unique(batch.rows["rec"])) for batch in batches)
    aside = sum(batch.records for batch in batches)
    return rows + aside + sum(n for what, n in decoder.counts.items() if what != "ts_event_undefined")


def account_for_dbn(stream: bytes, pieces: list[bytes], unflagged: bool = False) -> None:
    """Every record is a row, set aside or counted, every byte framed or named at the end."""
    decoder = DbnDecoder("x", dbn_header("mbo"), Universe())
    batches = [batch for piece in pieces for batch in decoder.feed(piece)]
    left = decoder.finish()
    assert all(batch.rows.dtype == MARKET for batch in batches)
    assert all(check.market_faults(batch.rows) == [] for batch in batches)
    if unflagged:  # a price-level record without a change and without a flag gives no row
        assert framed(decoder, batches) <= decoder.records
    else:
        assert framed(decoder, batches) == decoder.records
    assert decoder._framer.offset + len(decoder._framer.rest) == len(dbn_header("mbo")) + len(stream)
    assert bool(left) == bool(decoder._framer.rest)


@given(st.binary(max_size=400))
@example(b"\x04\x10" * 40)
@example(bytes(50))
def test_that_random_bytes_after_a_databento_header_are_accounted_for(data: bytes) -> None:
    account_for_dbn(data, [data], unflagged=True)


@given(st.integers(0, len(STREAM) - 1), st.integers(0, 255), st.lists(st.integers(1, 90), min_size=1, max_size=8))
def test_that_one_wrong_byte_in_a_databento_stream_is_accounted_for(at: int, value: int, cuts: list[int]) -> None:
    data = STREAM[:at] + bytes([value]) + STREAM[at + 1 :]
    pieces = []
    rest = data
    for size in cuts * len(data):
        if not rest:
            break
        pieces.append(rest[:size])
        rest = rest[size:]
    account_for_dbn(data, pieces, unflagged=True)


@pytest.mark.slow
@pytest.mark.parametrize("size", [1, 3, 7, 4096])
def test_that_a_databento_stream_cut_at_each_byte_is_accounted_for(size: int) -> None:
    for length in range(0, len(STREAM) + 1, 1 if size > 7 else 11):
        data = STREAM[:length]
        account_for_dbn(data, [data[at : at + size] for at in range(0, length, size)])


@given(st.binary(max_size=300))
@example(b"DBN\x01\x10\x00\x00\x00" + bytes(16))
def test_that_random_databento_headers_are_refused_or_read(data: bytes) -> None:
    for start in (data, b"DBN\x01" + data, b"DBN\x03\x80\x00\x00\x00" + data):
        try:
            DbnDecoder("x", start[: header_length(start[:8], "x")], Universe())
        except DecodeError as error:
            worded(error, "x offset ")


@pytest.mark.slow
@pytest.mark.parametrize("sample", SAMPLES)
def test_that_a_sample_cut_at_each_byte_keeps_what_came_before(sample: str, shared_data: Path, tmp_path: Path) -> None:
    packed = (shared_data / "dbn" / sample).read_bytes()
    plain = zstandard.ZstdDecompressor().stream_reader(packed).read()
    header = header_length(plain[:8], sample)
    whole = outcome(dbn.open_recording, shared_data / "dbn" / sample)
    assert whole is not None
    for data, packing in ((plain, False), (packed, True)):
        path = tmp_path / ("x.dbn.zst" if packing else "x.dbn")
        for length in range(len(data)):
            path.write_bytes(data[:length])
            found = outcome(dbn.open_recording, path)
            if found is None:
                assert packing or length < header
                continue
            rows, recording = found
            assert (rows == whole[0][: len(rows)]).all()
            complete = (length - header) % (len(plain[header:]) // (4 if "definition" not in sample else 1)) == 0
            assert packing or bool(recording.quarantine) != complete
            assert not packing or recording.quarantine, "a cut in packed data is never silent"


def account_for_capture(data: bytes) -> None:
    """Every line is rows, set aside, counted, or waiting for a snapshot."""
    decoder = BinanceDecoder("x", Universe())
    lines = data.split(b"\n")
    for line in lines:
        decoder.feed(line)
    decoder.finish()
    counts = decoder.counts
    kinds = ("depth_events", "trades", "trades_told_twice", "book_tickers", "replies", "blank_lines")
    told = sum(counts.get(kind, 0) for kind in kinds) + sum(
        n for what, n in counts.items() if what.startswith("events_")
    )
    assert told + counts.get("snapshots", 0) + len(decoder.aside) == len(lines) == decoder.lines
    assert check.market_faults(decoder.take()) == []


@given(st.binary(max_size=300))
@example(b"1 " + b"[" * 2000)
@example(b'1 {"e":["x"]}\n1 {"e":null,"lastUpdateId":1}')
def test_that_random_lines_of_a_capture_are_accounted_for(data: bytes) -> None:
    account_for_capture(data)
    account_for_capture(b"".join(b"%d %s\n" % (T0, line) for line in data.split(b"\n")))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["1.5", "0", "ETHUSD_PERP"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["b", "a", "U", "u", "pu", "s"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(
    st.fixed_dictionaries(
        {"e": st.sampled_from(["depthUpdate", "trade", "aggTrade", "bookTicker", None])},
        optional=dict.fromkeys(
            ("s", "symbol", "U", "u", "pu", "b", "a", "p", "q", "m", "t", "lastUpdateId", "bids", "asks"), JSON
        ),
    )
)
def test_that_messages_with_any_fields_are_accounted_for(message: dict[str, object]) -> None:
    account_for_capture(CAPTURE + f"{T0} {json.dumps(message)}".encode())


@given(st.integers(0, len(CAPTURE) - 1), st.integers(0, 255))
def test_that_one_wrong_byte_in_a_capture_is_accounted_for(at: int, value: int) -> None:
    account_for_capture(CAPTURE[:at] + bytes([value]) + CAPTURE[at + 1 :])


def test_that_a_capture_cut_at_each_byte_is_accounted_for(tmp_path: Path) -> None:
    packed = gzip.compress(CAPTURE)
    for length in range(len(CAPTURE)):
        account_for_capture(CAPTURE[:length])
    whole = outcome(binance.open_recording, _file(tmp_path / "whole.gz", packed))
    assert whole is not None
    for length in range(1, len(packed)):
        found = outcome(binance.open_recording, _file(tmp_path / "x.gz", packed[:length]))
        assert found is not None
        rows, recording = found
        assert recording.quarantine, "a cut in packed data is never silent"
        assert len(rows) <= len(whole[0])


def _file(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def account_for_lobster(message: bytes, book: bytes) -> None:
    """Every record is rows or set aside."""
    try:
        messages = tabular.from_csv(message, MESSAGE, "m", midnight=T0)
        books = tabular.from_csv(book, TOUCH, "b")
    except DecodeError as error:
        worded(error)
        return
    rows, verdict = market_rows(messages, books, Pair("m", 0, 0, 0))
    assert len(np.unique(rows["rec"])) + verdict.rows == max(messages.rows, books.rows)
    assert verdict.rows >= len(verdict.entries)
    assert check.market_faults(rows) == []


@given(st.binary(max_size=200), st.binary(max_size=100))
@example(b"1,2,3,4,5,6\r\r\n\n,", b"1,2,3,4\n\xff,,,\n")
@example(b'"1,2,3,4,5,6\n', b"1,2,3,4\n")
def test_that_random_lobster_csv_is_accounted_for(message: bytes, book: bytes) -> None:
    account_for_lobster(message, book)
    account_for_lobster(MESSAGES + message, BOOK + book)
    account_for_lobster(message + MESSAGES, BOOK)


FIELD = st.sampled_from(
    [b"", b"0", b"1", b"4", b"5", b"7", b"-1", b"9999999999", b"1.5", b"34200.000000001", b"x", b"9" * 18, b" 1"]
)
LINES = st.lists(st.lists(FIELD, min_size=5, max_size=7).map(b",".join), min_size=1, max_size=8).map(b"\n".join)


@given(LINES, LINES)
def test_that_lobster_lines_of_plausible_fields_are_accounted_for(message: bytes, book: bytes) -> None:
    account_for_lobster(MESSAGES + message, BOOK + book)


@pytest.mark.slow
def test_that_lobster_csv_cut_at_each_byte_is_accounted_for() -> None:
    for length in range(len(MESSAGES)):
        account_for_lobster(MESSAGES[:length], BOOK)
    for length in range(len(BOOK)):
        account_for_lobster(MESSAGES, BOOK[:length])


@given(st.binary(max_size=200))
def test_that_random_companions_are_refused_or_accounted_for(data: bytes) -> None:
    for text in (data, b"parent_id,symbol,side,order_qty,ts_arrival_ns,ts_end_ns\n" + data):
        try:
            parents, _, aside = read_parents(text, "p")
        except DecodeError as error:
            worded(error, "p ")
        else:
            assert len(parents) // 2 + len(aside) <= text.count(b"\n") + text.count(b"\r")
    for text in (data, b"parent_id,fill_id,ts_ns,side,qty,px\n" + data):
        try:
            fills, aside = read_fills(text, "f", {})
        except DecodeError as error:
            worded(error, "f ")
        else:
            assert len(fills) + len(aside) <= text.count(b"\n") + text.count(b"\r")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A session folder with market rows, orders and reference data, written by us."""
    made = universe()
    path = tmp_path_factory.mktemp("fuzz") / "day"
    session.write_session(path, [random_rows(60, 1, made)], some_orders(), made)
    return path


@pytest.mark.parametrize("name", ["market.parquet", "orders.parquet", "instruments.parquet"])
def test_that_a_parquet_file_cut_anywhere_is_refused_by_name(name: str, folder: Path, tmp_path: Path) -> None:
    copy = _copied(folder, tmp_path / "day")
    data = (copy / name).read_bytes()
    for length in [*range(0, len(data), 331), len(data) - 1]:
        (copy / name).write_bytes(data[:length])
        with pytest.raises(ScorecardError, match=name):
            drained(session.open_recording(copy, Universe(), Options()))


@given(
    name=st.sampled_from(["market.parquet", "orders.parquet", "instruments.parquet"]),
    at=st.floats(0, 1, exclude_max=True),
    value=st.integers(0, 255),
)
@FILES
def test_that_one_wrong_byte_in_a_parquet_file_is_accounted_for(
    name: str, at: float, value: int, folder: Path, tmp_path: Path
) -> None:
    copy = _copied(folder, tmp_path / "day")
    data = bytearray((folder / name).read_bytes())
    data[int(at * len(data))] = value
    (copy / name).write_bytes(bytes(data))
    found = outcome(session.open_recording, copy)
    if found is not None and name == "market.parquet":
        rows, recording = found
        assert len(rows) + recording.counts.get("quarantined", 0) == recording.rows_total


def _copied(folder: Path, copy: Path) -> Path:
    copy.mkdir(exist_ok=True)
    for file in folder.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    return copy


VALUES = st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1), st.sampled_from([0, 1, -1, PX, T0]))
NAMES = st.one_of(
    st.none(), st.sampled_from(["", "A", "Q", "T", "L", "S", "B", "N", "halt", "regular", "TECH"]), st.text(max_size=3)
)


@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {
                **dict.fromkeys(
                    ("ts_event", "ts_recv", "price", "size", "bid_price", "bid_size", "ask_price", "ask_size"), VALUES
                ),
                **dict.fromkeys(("source", "instrument", "venue", "action", "side", "condition", "status"), NAMES),
                "seq": st.one_of(st.none(), st.integers(0, 2**64 - 1)),
                "order_id": st.one_of(st.none(), st.integers(0, 2**64 - 1)),
                "flags": st.one_of(st.none(), st.integers(0, 255)),
            }
        ),
        min_size=1,
        max_size=12,
    )
)
@FILES
def test_that_rows_of_any_values_are_good_or_set_aside(rows: list[dict[str, object]], tmp_path: Path) -> None:
    found = outcome(session.open_recording, session_folder(tmp_path, [*rows, record()]))
    assert found is not None
    good, recording = found
    assert len(good) + recording.counts.get("quarantined", 0) == len(rows) + 1
    assert len(recording.quarantine) == recording.counts.get("quarantined", 0)
    assert check.market_faults(good) == []


@given(
    names=st.lists(
        st.sampled_from(["price", "size", "seq", "flags", "ts_event", "action", "order_id", "status"]), unique=True
    ),
    data=st.data(),
)
@FILES
def test_that_columns_of_any_type_are_read_or_refused(names: list[str], data: st.DataObject, tmp_path: Path) -> None:
    table = market_table([record(), record()])
    kinds = [
        pa.int8(),
        pa.float32(),
        pa.string(),
        pa.bool_(),
        pa.null(),
        pa.binary(),
        pa.timestamp("ms"),
        pa.date32(),
        pa.decimal128(9, 2),
    ]
    for name in names:
        column = pa.nulls(2, data.draw(st.sampled_from(kinds)))
        table = table.set_column(table.schema.get_field_index(name), name, column)
    found = outcome(session.open_recording, session_folder(tmp_path, table))
    if found is not None:
        assert len(found[0]) + found[1].counts.get("quarantined", 0) == 2


@given(
    name=st.sampled_from(["x", "x.dbn", "x.dbn.zst", "x.gz", "a_message_1.csv", "a_orderbook_1.csv", "market.parquet"]),
    data=st.binary(max_size=200),
)
@FILES
def test_that_any_file_is_told_read_or_refused_by_every_feed(name: str, data: bytes, tmp_path: Path) -> None:
    for file in tmp_path.iterdir():
        file.unlink()
    path = _file(tmp_path / name, data)
    for target in (path, tmp_path):
        try:
            detect(target)
        except ScorecardError as error:
            worded(error)
        for feed in (session.open_recording, lobster.open_recording, dbn.open_recording, binance.open_recording):
            outcome(feed, target)


def test_that_blank_rows_are_refused() -> None:
    assert {fault.field for fault in check.market_faults(blank(1))} == {"ts_event", "action"}
