"""The session folder: read in the order of application, whatever the types; written whole or not at all."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.engine import units
from app.engine.errors import DecodeError, FeedError
from app.engine.events import OrderRow, Quarantined
from app.engine.universe import Universe
from app.feeds import session
from app.feeds.base import Options
from app.feeds.decode.rows import applied_time, chunks
from tests.feeds.made import (
    PX,
    T0,
    market_table,
    names,
    opened,
    quote,
    random_rows,
    reasons,
    record,
    session_folder,
    universe,
)


def test_that_rows_in_order_stream_without_a_sort(tmp_path: Path) -> None:
    folder = session_folder(tmp_path, [record(ts_event=T0 + n, seq=n) for n in range(30)])
    recording = session.open_recording(folder, Universe(), Options())
    first = next(iter(recording.market))
    assert len(first) == 7, "the first row group, before the others were decoded"
    recording.close()


def test_that_rows_out_of_order_are_sorted_and_counted_by_source(tmp_path: Path) -> None:
    times = [5, 1, 2, 9, 3]
    rows = [record(ts_event=T0 + t, seq=t, source="late") for t in times]
    rows += [record(ts_event=T0 + t, seq=t, source="fine") for t in (4, 6)]
    got, recording = opened(session_folder(tmp_path, rows))
    assert (got["ts_event"] - T0).tolist() == [1, 2, 3, 4, 5, 6, 9]
    assert got["rec"].tolist() == [1, 2, 4, 5, 0, 6, 3]
    assert recording.counts == {"out_of_order": 3, "seq_back": 2}
    assert any("source late: 3 rows" in note and "sorted" in note for note in recording.notes)


def test_that_equal_times_are_ordered_by_source_name_then_seq_then_place(tmp_path: Path) -> None:
    rows = [
        record(source="zz", seq=1), record(source="aa", seq=7), record(source="aa", seq=3),
        record(source="aa", seq=3, size=1), record(source="mm", seq=0),
    ]  # fmt: skip
    got, recording = opened(session_folder(tmp_path, rows))
    assert names(got, recording, "source") == ["aa", "aa", "aa", "mm", "zz"]
    assert got["rec"].tolist() == [2, 3, 1, 4, 0]
    assert "out_of_order" not in recording.counts


def test_that_a_seq_that_goes_back_within_a_source_is_reported(tmp_path: Path) -> None:
    rows = [record(ts_event=T0 + n, seq=seq, source="s") for n, seq in enumerate([1, 2, 9, 3, 4])]
    _, recording = opened(session_folder(tmp_path, rows))
    assert recording.counts == {"seq_back": 1}
    assert "source s: 1 rows have a seq below" in recording.notes[-1]


def test_that_two_sources_with_seqs_of_their_own_are_no_disorder(tmp_path: Path) -> None:
    rows = [record(ts_event=T0 + n, seq=n // 2 + 1000 * (n % 2), source="ab"[n % 2]) for n in range(40)]
    _, recording = opened(session_folder(tmp_path, rows))
    assert recording.counts == {}


def test_that_snapshot_rows_are_sorted_by_the_time_they_are_applied(tmp_path: Path) -> None:
    rows = [
        record(ts_event=T0 + 10, seq=1),
        record(ts_event=T0 - 900, ts_recv=T0 + 20, flags=32, seq=2),
        record(ts_event=T0 + 30, seq=3),
    ]
    got, recording = opened(session_folder(tmp_path, rows))
    assert got["rec"].tolist() == [0, 1, 2]
    assert recording.counts == {}


def test_that_a_snapshot_row_without_its_packets_time_is_applied_at_its_own(tmp_path: Path) -> None:
    got, _ = opened(session_folder(tmp_path, [record(ts_event=T0 + 3, ts_recv=0, flags=32)]))
    assert got["ts_recv"].tolist() == [T0 + 3]
    assert applied_time(got).tolist() == [T0 + 3]


def test_that_columns_no_action_needs_may_be_absent(tmp_path: Path) -> None:
    wanted = ("ts_event", "source", "instrument", "venue", "action", "price", "size")
    rows = [{name: record()[name] for name in wanted}]
    got, recording = opened(session_folder(tmp_path, rows))
    assert recording.quarantine == []
    row = got[0]
    assert (row["ts_recv"], row["seq"], row["side"], row["flags"], row["condition"]) == (0, 0, 0, 0, units.REGULAR)
    assert (row["price2"], row["size2"]) == (units.NULL, units.NULL)


def test_that_quotes_without_the_quote_columns_have_no_sides(tmp_path: Path) -> None:
    wanted = ("ts_event", "source", "instrument", "venue", "action", "flags")
    got, _ = opened(session_folder(tmp_path, [{name: quote()[name] for name in wanted}]))
    assert [got[0][field] for field in ("price", "size", "price2", "size2")] == [units.NULL] * 4


TYPES = {
    "strings as dictionaries": {
        "source": pa.dictionary(pa.int32(), pa.string()),
        "action": pa.dictionary(pa.int8(), pa.string()),
    },
    "large strings": dict.fromkeys(("source", "instrument", "venue", "action", "side"), pa.large_string()),
    "small integers": {"size": pa.int32(), "bid_size": pa.int16(), "flags": pa.int64(), "seq": pa.int32()},
    "whole floats": {"price": pa.float64(), "bid_price": pa.float64(), "size": pa.float32()},
    "signed ids": {"order_id": pa.int64(), "seq": pa.int64()},
    "a timestamp": {"ts_event": pa.timestamp("ns", tz="UTC")},
    "all null": {"condition": pa.null(), "status": pa.null(), "order_id": pa.null()},
}


@pytest.mark.parametrize("types", TYPES.values(), ids=TYPES.keys())
def test_that_columns_come_in_any_lossless_type(types: dict[str, pa.DataType], tmp_path: Path) -> None:
    rows = [record(ts_event=T0 + 1), quote(ts_event=T0 + 2), record(ts_event=T0 + 3, side=None)]
    plain, _ = opened(session_folder(tmp_path / "plain", rows))
    other, recording = opened(session_folder(tmp_path / "other", market_table(rows, **types)))
    assert recording.quarantine == []
    assert (other == plain).all()


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("price", pa.string()),
        ("ts_event", pa.bool_()),
        ("action", pa.int64()),
        ("instrument", pa.float64()),
        ("flags", pa.string()),
    ],
)
def test_that_a_wrong_type_is_named_with_what_is_allowed(column: str, kind: pa.DataType, tmp_path: Path) -> None:
    table = market_table([record()])
    index = table.schema.get_field_index(column)
    folder = session_folder(tmp_path, table.set_column(index, column, pa.array([None], kind)))
    with pytest.raises(DecodeError, match=rf"market.parquet: type of {column} = '{kind}' is not allowed; allowed: "):
        session.open_recording(folder, Universe(), Options())


@pytest.mark.parametrize("column", ["ts_event", "source", "instrument", "venue", "action"])
def test_that_a_missing_column_is_named(column: str, tmp_path: Path) -> None:
    folder = session_folder(tmp_path, market_table([record()]).drop_columns([column]))
    with pytest.raises(DecodeError, match=rf"a table with the column {column}"):
        session.open_recording(folder, Universe(), Options())


def test_that_a_column_that_occurs_twice_is_refused(tmp_path: Path) -> None:
    table = market_table([record()])
    folder = session_folder(tmp_path, table.append_column("price", table["size"]))
    with pytest.raises(DecodeError, match="each column once"):
        session.open_recording(folder, Universe(), Options())


def test_that_columns_of_no_meaning_are_passed_over_and_said(tmp_path: Path) -> None:
    table = market_table([record()])
    folder = session_folder(tmp_path, table.append_column("mood", pa.array(["good"])))
    rows, recording = opened(folder)
    assert len(rows) == 1
    assert any("passed over: mood" in note for note in recording.notes)


BAD_ROWS = [
    (record(action="Z"), "action = 'Z' is not allowed; allowed: A add"),
    (record(action=None), "action = None"),
    (record(action="TT"), "action = 'TT'"),
    (record(size=-5), "size = -5 is not allowed; allowed: an integer from 0"),
    (record(price=None), "price = None is not allowed"),
    (record(instrument=None), "instrument = None is not allowed; allowed: the name of a known instrument"),
    (record(instrument=""), "instrument = ''"),
    (record(venue=None), "venue = None"),
    (record(source=None), "source = None"),
    (record(side="X"), "side = 'X' is not allowed; allowed: B bid, A ask, N none"),
    (record(condition="odd lot"), "condition = 'odd lot' is not allowed; allowed: regular, auction"),
    (record(action="S", status=None), "status = None is not allowed; allowed: open, halt"),
    (record(action="S", status="shut"), "status = 'shut'"),
    (
        record(action="A", order_id=None),
        "order_id = None is not allowed; allowed: an order id where action is A, C or M",
    ),
    (record(action="A", order_id=1, side="N"), "side = 'N' is not allowed; allowed: B bid or A ask"),
    (record(action="L", side=None), "side = None"),
    (record(ts_event=0), "ts_event = 0 is not allowed; allowed: ns since the epoch, greater than 0"),
    (record(ts_event=None), "ts_event = None"),
    (record(ts_recv=-1), "ts_recv = -1"),
    (record(price=2**62), f"price = {2**62} is not allowed"),
    (quote(bid_size=None), "bid_size = None is not allowed; allowed: a size where there is a bid_price"),
    (quote(ask_size=-1), "ask_size = -1"),
]


@pytest.mark.parametrize(("bad", "words"), BAD_ROWS, ids=[words[:24] for _, words in BAD_ROWS])
def test_that_a_bad_row_is_set_aside_with_file_row_field_value_and_rule(
    bad: dict[str, object], words: str, tmp_path: Path
) -> None:
    good = [record(ts_event=T0 + n) for n in range(10)]
    rows, recording = opened(session_folder(tmp_path, [*good[:8], bad, *good[8:]]))
    assert len(rows) == 10
    assert recording.counts["quarantined"] == 1
    entry = recording.quarantine[0]
    assert entry.where == "market.parquet row 8"
    assert entry.reason.startswith("market.parquet row 8: ")
    assert words in entry.reason
    assert entry.raw


@pytest.mark.parametrize(
    ("column", "kind", "value", "words"),
    [
        ("price", pa.float64(), float("nan"), "price = nan is not allowed"),
        ("size", pa.float64(), 0.5, "size = 0.5 is not allowed"),
        ("bid_price", pa.float64(), float("nan"), "bid_price = nan"),
        ("bid_size", pa.float64(), 1.5, "bid_size = 1.5"),
        ("flags", pa.int64(), 256, "flags = 256 is not allowed; allowed: 0 to 255"),
        ("flags", pa.int64(), -1, "flags = -1"),
        ("seq", pa.int64(), -1, "seq = -1"),
        ("order_id", pa.int64(), -2, "order_id = -2"),
        ("price", pa.uint64(), 2**63, f"price = {2**63}"),
    ],
)
def test_that_a_number_that_does_not_fit_is_set_aside(
    column: str, kind: pa.DataType, value: float, words: str, tmp_path: Path
) -> None:
    row = quote(**{column: value}) if column.startswith("bid") else record(**{column: value})
    plain = quote() if column.startswith("bid") else record(order_id=1)
    rows, recording = opened(session_folder(tmp_path, market_table([plain, row], **{column: kind})))
    assert len(rows) == 1
    assert words in reasons(recording)


def test_that_text_that_is_not_utf8_is_set_aside_not_raised(tmp_path: Path) -> None:
    table = market_table([record(), record()])
    broken = pa.array([b"T", b"\xff"], pa.binary()).view(pa.string())
    index = table.schema.get_field_index("action")
    rows, recording = opened(session_folder(tmp_path, table.set_column(index, "action", broken)))
    assert len(rows) == 1
    assert "action = 'bytes that are not UTF-8' is not allowed" in reasons(recording)


def test_that_an_instrument_outside_the_reference_table_is_set_aside(tmp_path: Path) -> None:
    reference = pa.table({"instrument": ["TECH", "BANK"], "index": ["SPX", None]})
    rows = [record(instrument=name, ts_event=T0 + n) for n, name in enumerate(["TECH", "BANK", "SPX", "NOPE"])]
    got, recording = opened(session_folder(tmp_path, rows, instruments=reference))
    assert names(got, recording, "instrument") == ["TECH", "BANK", "SPX"]
    assert "instrument = 'NOPE' is not allowed; allowed: the name of a known instrument" in reasons(recording)


def test_that_without_a_reference_table_every_name_is_an_instrument(tmp_path: Path) -> None:
    got, recording = opened(session_folder(tmp_path, [record(instrument="NOPE")]))
    assert len(got) == 1
    assert any("no instruments.parquet" in note for note in recording.notes)


def test_that_symbols_are_renamed_by_date(tmp_path: Path) -> None:
    day = 86_400 * 10**9
    symbols = pa.table(
        {
            "symbol": ["TECH", "TECH"],
            "instrument": ["OLD", "NEW"],
            "start_date": [None, "2023-11-15"],
            "end_date": ["2023-11-15", None],
        }
    )
    rows = [record(ts_event=T0), record(ts_event=T0 + day), record(ts_event=T0 + day, instrument="BANK")]
    orders = pa.table(
        {
            "ts_event": [T0, T0 + day],
            "kind": ["fill"] * 2,
            "source": ["s"] * 2,
            "qty": [1, 1],
            "price": [PX, PX],
            "instrument": ["TECH"] * 2,
        }
    )
    got, recording = opened(session_folder(tmp_path, rows, symbols=symbols, orders=orders))
    assert names(got, recording, "instrument") == ["OLD", "NEW", "BANK"]
    assert [row.instrument for row in recording.orders] == ["OLD", "NEW"]


def test_that_a_folder_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="this is no folder"):
        session.open_recording(tmp_path / "absent", Universe(), Options())
    with pytest.raises(FeedError, match=r"market.parquet: cannot be read: .*No such file"):
        session.open_recording(tmp_path, Universe(), Options())


def test_that_an_empty_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "market.parquet").touch()
    with pytest.raises(FeedError, match=r"market.parquet: empty file \(0 bytes\)"):
        session.open_recording(tmp_path, Universe(), Options())


def test_that_a_file_without_rows_is_a_session_without_market_rows(tmp_path: Path) -> None:
    rows, recording = opened(session_folder(tmp_path, market_table([record()]).slice(0, 0)))
    assert len(rows) == 0
    assert recording.rows_total == 0


def test_that_a_file_cut_anywhere_is_refused_by_name(tmp_path: Path) -> None:
    folder = session_folder(tmp_path, [record(ts_event=T0 + n) for n in range(3)])
    whole = (folder / "market.parquet").read_bytes()
    for length in range(1, len(whole), 37):
        (folder / "market.parquet").write_bytes(whole[:length])
        with pytest.raises(FeedError, match=r"market.parquet: not a complete Parquet file"):
            session.open_recording(folder, Universe(), Options())


def test_that_damaged_pages_cost_their_row_group_and_nothing_else(tmp_path: Path) -> None:
    made = universe()
    rows = random_rows(400, 5, made)
    folder = tmp_path / "day"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "_ROW_GROUP", 100)
        session.write_session(folder, chunks(rows, 100), [], made)
    path = folder / "market.parquet"
    data = bytearray(path.read_bytes())
    column = pq.read_metadata(path).row_group(1).column(0)
    start = column.data_page_offset + column.total_compressed_size - 20
    data[start : start + 8] = b"\xff" * 8
    path.write_bytes(bytes(data))
    got, recording = opened(folder)
    assert len(got) + recording.counts["quarantined"] == 400
    assert recording.counts["quarantined"] == 100
    assert "market.parquet rows 100 to 199: damaged data pages" in reasons(recording)


def test_that_raw_fix_goes_to_the_decoder_that_is_given(tmp_path: Path) -> None:
    folder = session_folder(tmp_path, [record()])
    (folder / "orders.fix").write_bytes(b"8=FIX")
    row = OrderRow(ts_event=T0, kind="parent_done", source="fix", parent_id="P")
    aside = Quarantined(source="orders.fix", where="line 1", reason="why")
    seen: list[Path] = []

    def fix(path: Path, universe: Universe) -> tuple[list[OrderRow], list[Quarantined]]:
        seen.append(path)
        return [row], [aside]

    _, recording = opened(folder, Options(fix_orders=fix))
    assert seen == [folder / "orders.fix"]
    assert recording.orders == [row]
    assert recording.quarantine == [aside]
    with pytest.raises(FeedError, match="raw FIX is not read here"):
        session.open_recording(folder, Universe(), Options())


def test_that_orders_are_sorted_and_their_disorder_is_counted(tmp_path: Path) -> None:
    orders = pa.table(
        {
            "ts_event": [T0 + 5, T0 + 1, T0 + 1],
            "kind": ["parent_done"] * 3,
            "source": ["a", "b", "a"],
            "parent_id": ["x", "y", "z"],
        }
    )
    _, recording = opened(session_folder(tmp_path, [record()], orders=orders))
    assert [row.parent_id for row in recording.orders] == ["z", "y", "x"]
    assert recording.counts["orders_out_of_order"] == 1
    assert any("orders: 1 rows" in note for note in recording.notes)


def test_that_closing_twice_is_harmless(tmp_path: Path) -> None:
    recording = session.open_recording(session_folder(tmp_path, [record()]), Universe(), Options())
    recording.close()
    recording.close()


def test_that_any_shuffle_is_read_in_the_same_order(tmp_path: Path) -> None:
    made = universe()
    rows = random_rows(300, 11, made)
    session.write_session(tmp_path / "plain", [rows], [], made)
    plain, _ = opened(tmp_path / "plain")
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(300)
        session.write_session(tmp_path / "mixed", [rows[order]], [], made)
        mixed, recording = opened(tmp_path / "mixed")
        for field in ("ts_event", "seq", "price", "size", "action", "order_id"):
            assert (mixed[field] == plain[field]).all()
        assert (order[mixed["rec"]] == plain["rec"]).all()
        assert recording.counts["out_of_order"] > 0
