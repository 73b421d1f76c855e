"""LOBSTER days: CSV and Parquet, prints and touches, companions, everything that can be wrong with them."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from app.engine import units
from app.engine.errors import DecodeError, FeedError, SettingsError
from app.engine.events import Instrument, Rows
from app.engine.universe import Universe
from app.feeds import lobster
from app.feeds.base import Options, Recording
from app.feeds.decode.symbols import Span, SymbolFile
from tests.feeds.made import drained, reasons

DAY = 1_340_251_200 * 10**9  # midnight in New York, 2012-06-21, in UTC
NAME = "AMZN_2012-06-21_34200000_57600000"
MESSAGES = [
    "34200.017459617,5,0,1,2238200,-1",
    "34200.18960767,1,11885113,21,2238100,1",
    "34200.18960767,4,11885113,21,2238100,1",
    "34201,6,-1,5000,2238150,-1",
    "34202.5,3,11534792,26,2237500,1",
    "34203.5,7,0,0,-1,-1",
    "34204.5,7,0,0,0,-1",
    "34205.5,7,0,0,1,-1",
]
BOOK = [
    "2239500,100,2231800,100",
    "2239500,100,2238100,21",
    "2239500,100,2231800,100",
    "2239500,100,2231800,100",
    "9999999999,0,2231800,100",
    "9999999999,0,-9999999999,0",
    "2239500,100,2231800,100",
    "2239500,100,2231800,100",
]
PARENTS = "parent_id,symbol,side,order_qty,ts_arrival_ns,ts_end_ns\nP1,AMZN,SELL,700,{0},{1}\n"
FILLS = "parent_id,fill_id,ts_ns,side,qty,px,row\nP1,F1,{0},SELL,100,223.96,3\nP9,F2,{0},BUY,1,1,3\n"


def lines(texts: list[str], end: str = "\n") -> bytes:
    return (end.join(texts) + end).encode()


def csv_folder(folder: Path, messages: bytes | None = None, book: bytes | None = None) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / f"{NAME}_message_1.csv").write_bytes(lines(MESSAGES) if messages is None else messages)
    (folder / f"{NAME}_orderbook_1.csv").write_bytes(lines(BOOK) if book is None else book)
    return folder


def opened(folder: Path, options: Options | None = None) -> tuple[Rows, Recording]:
    recording = lobster.open_recording(folder, Universe(), options or Options())
    return drained(recording), recording


def test_that_each_record_gives_its_print_and_then_the_touch_after_it(tmp_path: Path) -> None:
    rows, recording = opened(csv_folder(tmp_path))
    assert recording.quarantine == []
    assert bytes(rows["action"]).decode() == "TQQTQTQQSQSQSQ"
    assert rows["rec"].tolist() == [0, 0, 1, 2, 2, 3, 3, 4, 5, 5, 6, 6, 7, 7]
    assert (rows["seq"] == rows["rec"]).all()
    assert ((rows["flags"] == units.LAST) == (rows["action"] == units.QUOTE)).all()
    assert recording.universe.instruments.names == ["AMZN"]
    assert recording.universe.venues.names == ["XNAS"]
    assert recording.universe.sources.names == ["lobster:AMZN"]
    assert recording.rows_total == 14


def test_that_times_are_exact_to_the_nanosecond_in_the_exchanges_zone(tmp_path: Path) -> None:
    rows, _ = opened(csv_folder(tmp_path))
    assert int(rows["ts_event"][0]) == 1_340_285_400_017_459_617
    assert int(rows["ts_event"][2]) == DAY + 34_200_189_607_670
    assert int(rows["ts_event"][5]) == DAY + 34_201 * 10**9


def test_that_prices_sizes_and_sentinels_are_read(tmp_path: Path) -> None:
    rows, _ = opened(csv_folder(tmp_path))
    quotes = rows[rows["action"] == units.QUOTE]
    first = quotes[0]
    assert (first["price"], first["size"], first["price2"], first["size2"]) == (
        223_180_000_000,
        100,
        223_950_000_000,
        100,
    )
    asks = [(int(row["price2"]), int(row["size2"])) for row in quotes[4:6]]
    assert asks == [(units.NULL, units.NULL)] * 2
    assert [(int(row["price"]), int(row["size"])) for row in quotes[4:6]] == [
        (223_180_000_000, 100),
        (units.NULL, units.NULL),
    ]


def test_that_the_aggressor_is_the_other_side_of_the_resting_order(tmp_path: Path) -> None:
    rows, _ = opened(csv_folder(tmp_path))
    prints = rows[rows["action"] == units.TRADE]
    assert prints["side"].tolist() == [units.BID, units.ASK, units.NO_SIDE]
    assert prints["size"].tolist() == [1, 21, 5000]
    assert prints["price"].tolist() == [223_820_000_000, 223_810_000_000, 223_815_000_000]
    assert prints["condition"].tolist() == [0, 0, units.CONDITION_CODES["auction"]]


def test_that_halts_and_resumptions_are_status_rows(tmp_path: Path) -> None:
    rows, _ = opened(csv_folder(tmp_path))
    assert rows[rows["action"] == units.STATUS]["status"].tolist() == [units.HALT, units.AUCTION, units.OPEN]


def test_that_deeper_books_give_the_same_touch(tmp_path: Path) -> None:
    plain, _ = opened(csv_folder(tmp_path / "one"))
    deep = lines([f"{row},9999999999,0,2000000,5" for row in BOOK])
    rows, recording = opened(csv_folder(tmp_path / "two", book=deep))
    assert recording.quarantine == []
    assert (rows == plain).all()


@pytest.mark.parametrize("end", ["\r\n", "\n\n"])
def test_that_line_ends_of_another_system_are_read(end: str, tmp_path: Path) -> None:
    plain, _ = opened(csv_folder(tmp_path / "one"))
    messages, book = lines(MESSAGES, "\r\n"), lines(BOOK, "\r\n") + (b"\n" if end == "\n\n" else b"")
    rows, recording = opened(csv_folder(tmp_path / "two", messages, book))
    assert recording.quarantine == []
    assert (rows == plain).all()


def parquet_folder(folder: Path, **changes: pa.Array) -> Path:
    folder.mkdir(exist_ok=True)
    split = [line.split(",") for line in MESSAGES]
    message = {"ts_ns": [DAY + round(float(line[0]) * 1e9) for line in split]}
    for place, name in enumerate(("type", "order_id", "size", "price", "dir"), 1):
        message[name] = [int(line[place]) for line in split]
    book = {
        name: [int(line.split(",")[place]) for line in BOOK]
        for place, name in enumerate(("ask_px", "ask_sz", "bid_px", "bid_sz"))
    }
    for table, columns in (("message", message), ("book", book)):
        arrays = {name: changes.get(name, pa.array(values, pa.int64())) for name, values in columns.items()}
        pq.write_table(pa.table(arrays), folder / f"lobster_AMZN_{table}_1.parquet")
    return folder


def test_that_parquet_and_csv_give_the_same_rows(tmp_path: Path) -> None:
    plain, _ = opened(csv_folder(tmp_path / "csv"))
    rows, recording = opened(parquet_folder(tmp_path / "parquet"))
    assert recording.quarantine == []
    assert recording.universe.instruments.names == ["AMZN"]
    for field in set(rows.dtype.names or ()) - {"ts_event"}:
        assert (rows[field] == plain[field]).all()
    assert np.abs(rows["ts_event"] - plain["ts_event"]).max() < 10_000, "made from floats above"


def test_that_a_null_in_the_book_is_no_quote(tmp_path: Path) -> None:
    asks = pa.array([None if n == 1 else 2239500 for n in range(8)], pa.int64())
    rows, recording = opened(parquet_folder(tmp_path, ask_px=asks))
    assert recording.quarantine == []
    assert rows[rows["action"] == units.QUOTE]["price2"][1] == units.NULL


def test_that_one_message_file_is_a_day_too(tmp_path: Path) -> None:
    folder = csv_folder(tmp_path)
    whole, _ = opened(folder)
    rows, _ = opened(folder / f"{NAME}_message_1.csv")
    assert (rows == whole).all()


def test_that_several_symbols_are_merged_by_time_each_in_its_own_order(tmp_path: Path) -> None:
    csv_folder(tmp_path)
    shifted = [line.replace("34", "33", 1) if n < 2 else line for n, line in enumerate(MESSAGES)]
    (tmp_path / "MSFT_2012-06-21_34200000_57600000_message_5.csv").write_bytes(lines(shifted))
    (tmp_path / "MSFT_2012-06-21_34200000_57600000_orderbook_5.csv").write_bytes(lines(BOOK))
    rows, recording = opened(tmp_path)
    assert recording.universe.instruments.names == ["AMZN", "MSFT"]
    assert recording.universe.sources.names == ["lobster:AMZN", "lobster:MSFT"]
    assert (np.diff(rows["ts_event"]) >= 0).all()
    for source in (0, 1):
        assert (np.diff(rows["rec"][rows["source"] == source]) >= 0).all()
    assert len(rows) == 28


def test_that_reference_data_is_that_of_a_us_share_unless_known(tmp_path: Path) -> None:
    _, recording = opened(csv_folder(tmp_path))
    known = recording.universe.of("AMZN")
    assert (known.currency, known.tick_size, known.size_exponent) == ("USD", 10_000_000, 0)
    universe = Universe()
    mine = Instrument(instrument="AMZN", currency="USD", adv=3e6)
    universe.describe(mine)
    drained(lobster.open_recording(tmp_path, universe, Options()))
    assert universe.of("AMZN") == mine


def test_that_symbols_and_source_follow_the_options(tmp_path: Path) -> None:
    symbols = SymbolFile()
    symbols.add("AMZN", Span(0, 10**6, "Amazon"))
    _, recording = opened(csv_folder(tmp_path), Options(symbols=symbols, source="nasdaq"))
    assert recording.universe.instruments.names == ["Amazon"]
    assert recording.universe.sources.names == ["nasdaq"]


def test_that_a_day_without_a_date_asks_for_one(tmp_path: Path) -> None:
    (tmp_path / "AMZN_message_1.csv").write_bytes(lines(MESSAGES))
    (tmp_path / "AMZN_orderbook_1.csv").write_bytes(lines(BOOK))
    with pytest.raises(SettingsError, match="date = None is not allowed; allowed: YYYY-MM-DD in the file's name"):
        opened(tmp_path)
    rows, _ = opened(tmp_path, Options(session_date="2012-06-21"))
    assert int(rows["ts_event"][0]) == DAY + 34_200_017_459_617
    with pytest.raises(SettingsError, match="date = 'today'"):
        opened(tmp_path, Options(session_date="today"))


def test_that_parents_and_fills_become_order_rows(tmp_path: Path) -> None:
    csv_folder(tmp_path)
    (tmp_path / "parents.csv").write_text(PARENTS.format(DAY + 5, DAY + 9))
    (tmp_path / "fills.csv").write_text(FILLS.format(DAY + 9))
    _, recording = opened(tmp_path)
    assert recording.quarantine == []
    new, first, second, done = recording.orders
    assert (new.kind, new.parent_id, new.instrument, new.side, new.qty) == ("parent_new", "P1", "AMZN", "SELL", 700)
    assert (new.ts_event, new.end_ns, new.rec) == (DAY + 5, DAY + 9, 2)
    assert (first.kind, first.exec_id, first.parent_id) == ("fill", "F1", "P1")
    assert (first.price, first.qty) == (223_960_000_000, 100)
    assert (first.ts_event, first.ts_match, first.instrument) == (DAY + 9, DAY + 9, "AMZN")
    assert (second.exec_id, second.parent_id, second.instrument) == ("F2", "P9", None)
    assert (done.kind, done.ts_event, done.parent_id) == ("parent_done", DAY + 9, "P1")
    assert [row.seq for row in recording.orders] == [0, 1, 2, 3]
    assert {row.source for row in recording.orders} == {"lobster:orders"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("SELL,700", "sell,700"), "side = 'sell' is not allowed; allowed: BUY, SELL, SHORT"),
        (("SELL,700", "SELL,0"), "order_qty = 0 is not allowed; allowed: 1 or more"),
        (("SELL,700", "SELL,7.5"), "order_qty = '7.5' is not allowed; allowed: a whole number"),
        (("SELL,700", "SELL,-7"), "order_qty = -7"),
        (("P1,AMZN", ",AMZN"), "parent_id = '' is not allowed; allowed: a name"),
        (("P1,AMZN", "P1,"), "symbol = ''"),
        ((f"{DAY + 9}", "1"), f"ts_end_ns = 1 is not allowed; allowed: the arrival {DAY + 5} or later"),
        ((f"{DAY + 5}", "soon"), "ts_arrival_ns = 'soon'"),
        ((f",{DAY + 5},{DAY + 9}", ""), "ts_arrival_ns = ''"),
    ],
)
def test_that_a_wrong_parent_is_set_aside_by_line(change: tuple[str, str], words: str, tmp_path: Path) -> None:
    csv_folder(tmp_path)
    text = PARENTS.format(DAY + 5, DAY + 9)
    good = f"P2,AMZN,BUY,5,{DAY + 5},{DAY + 9}\n"
    (tmp_path / "parents.csv").write_text(text.replace(*change) + good)
    _, recording = opened(tmp_path)
    assert [row.parent_id for row in recording.orders] == ["P2", "P2"]
    assert reasons(recording).startswith("parents.csv line 2: ")
    assert words in reasons(recording)


def test_that_a_parent_given_twice_is_set_aside_the_second_time(tmp_path: Path) -> None:
    csv_folder(tmp_path)
    text = PARENTS.format(DAY + 5, DAY + 9)
    (tmp_path / "parents.csv").write_text(text + text.splitlines()[1] + "\n")
    _, recording = opened(tmp_path)
    assert len(recording.orders) == 2
    assert "line 3: parent_id = 'P1' is not allowed; allowed: each parent once" in reasons(recording)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("223.96", "223,96"), "px = '223' "),
        (("223.96", "1e2"), "px = '1e2' is not allowed; allowed: a decimal price, 9 decimals at most"),
        (("223.96", "nan"), "px = 'nan'"),
        (("SELL,100", "SELL,0"), "qty = 0"),
        (("F1,", ","), "fill_id = ''"),
        (("P1,F1", ",F1"), "parent_id = ''"),
    ],
)
def test_that_a_wrong_fill_is_set_aside_by_line(change: tuple[str, str], words: str, tmp_path: Path) -> None:
    csv_folder(tmp_path)
    (tmp_path / "fills.csv").write_text(FILLS.format(DAY + 9).replace(*change))
    _, recording = opened(tmp_path)
    if words == "px = '223' ":  # a comma is a separator: the price reads 223 and a field too many follows
        assert [row.price for row in recording.orders] == [223 * 10**9, 10**9]
        return
    assert [row.exec_id for row in recording.orders] == ["F2"]
    assert words in reasons(recording)
    assert reasons(recording).startswith("fills.csv line 2: ")


@pytest.mark.parametrize("name", ["parents.csv", "fills.csv"])
@pytest.mark.parametrize("data", [b"", b"a,b\n1,2\n", b"\xff\xfe\n"])
def test_that_companions_of_another_kind_are_refused_by_name(name: str, data: bytes, tmp_path: Path) -> None:
    csv_folder(tmp_path)
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DecodeError, match=name):
        opened(tmp_path)


BAD_MESSAGES = [
    ("34201,9,1,5,2238150,1", "type = 9 is"),
    ("34201,0,1,5,2238150,1", "allowed: 1 submission, 2 reduction"),
    ("34201,4,1,-5,2238150,1", "size = "),
    ("34201,4,1,5,2238150,3", "dir = "),
    ("34201,7,0,0,5,-1", "allowed: -1 halt, 0 quoting resumes, 1 trading resumes"),
    ("noon,4,1,5,2238150,1", "ts_ns = 'noon' is not allowed; allowed: seconds after midnight, 9 decimals at most"),
    ("34201.0123456789,4,1,5,2238150,1", "ts_ns = "),
    ("34201,4,1,five,2238150,1", "size = 'five' is not allowed; allowed: a whole number"),
    ("34201,4,1,5,2238150", "line = '34201,4,1,5,2238150' is not allowed; allowed: 6 fields separated by commas"),
    ("34201,4,1,5,2238150,1,7", "line = "),
    ("", "line = ''"),
    ("34201,4,1,5,99999999999999,1", "price = "),
    ("34201,4,,5,2238150,1", "order_id = "),
    ("34201,4,1,5,-99999999999999,1", "price = "),
    ("\x00\x01", "line = "),
]


@pytest.mark.parametrize(("bad", "words"), BAD_MESSAGES, ids=[bad[:28] or "empty" for bad, _ in BAD_MESSAGES])
def test_that_a_wrong_message_costs_its_record_and_its_place_stays(bad: str, words: str, tmp_path: Path) -> None:
    messages = [*MESSAGES[:3], bad, *MESSAGES[4:]]
    rows, recording = opened(csv_folder(tmp_path, lines(messages)))
    plain, _ = opened(csv_folder(tmp_path / "plain"))
    assert (rows == plain[plain["rec"] != 3]).all()
    assert recording.counts["quarantined"] == 1
    assert recording.quarantine[0].where == f"{NAME}_message_1.csv record 3"
    assert words in recording.quarantine[0].reason


@pytest.mark.parametrize(
    "bad", ["x,100,2231800,100", "2239500,-1,2231800,100", "2239500,100,2231800", "99999999999999,1,2231800,100"]
)
def test_that_a_wrong_book_row_costs_its_record(bad: str, tmp_path: Path) -> None:
    _, recording = opened(csv_folder(tmp_path, book=lines([*BOOK[:2], bad, *BOOK[3:]])))
    if bad.startswith("9999"):
        assert recording.counts == {}, "any price from the sentinel on is no quote"
        return
    assert recording.counts["quarantined"] == 1
    assert "record 2" in reasons(recording)


def test_that_a_pair_of_unequal_length_says_what_is_unpaired(tmp_path: Path) -> None:
    rows, recording = opened(csv_folder(tmp_path, book=lines(BOOK[:5])))
    assert rows["rec"].max() == 4
    assert recording.counts["quarantined"] == 3
    assert "records 5 to 7: records of the message file = 8 is not allowed" in reasons(recording)


def test_that_time_running_back_is_applied_in_file_order_and_counted(tmp_path: Path) -> None:
    messages = [MESSAGES[2], *MESSAGES[1:2], MESSAGES[0], *MESSAGES[3:]]
    rows, recording = opened(csv_folder(tmp_path, lines(messages)))
    assert (np.diff(rows["rec"]) >= 0).all()
    assert recording.counts == {"out_of_order": 2}
    assert "applied in file order" in recording.notes[-1]


@pytest.mark.parametrize("data", [b"", b"\n\n", b"1,2\n"])
def test_that_an_empty_or_narrow_file_is_refused(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(DecodeError, match=f"{NAME}_message_1.csv"):
        opened(csv_folder(tmp_path, data))
    with pytest.raises(DecodeError, match=f"{NAME}_orderbook_1.csv"):
        opened(csv_folder(tmp_path, book=data))


def test_that_a_folder_without_a_pair_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="no LOBSTER pair here; allowed: NAME_message_N"):
        opened(tmp_path)
    with pytest.raises(FeedError, match="no LOBSTER pair here"):
        opened(tmp_path / "absent")
    (tmp_path / f"{NAME}_message_1.csv").write_bytes(lines(MESSAGES))
    with pytest.raises(FeedError, match="no LOBSTER pair here"):
        opened(tmp_path)


def test_that_wrong_parquet_is_refused_with_column_and_type(tmp_path: Path) -> None:
    folder = parquet_folder(tmp_path, size=pa.array(["1"] * 8))
    with pytest.raises(DecodeError, match="type of size = 'string' is not allowed; allowed: int64"):
        opened(folder)
    path = parquet_folder(tmp_path) / "lobster_AMZN_book_1.parquet"
    pq.write_table(pq.read_table(path).drop_columns(["bid_px"]), path)
    with pytest.raises(DecodeError, match="a table with the column bid_px"):
        opened(folder)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(FeedError, match=r"lobster_AMZN_book_1.parquet: not a complete Parquet file"):
        opened(folder)


def test_that_a_null_where_a_print_needs_a_number_costs_its_record(tmp_path: Path) -> None:
    for column in ("price", "size", "dir", "type", "ts_ns"):
        values = pa.array([None if n == 2 else 4 for n in range(8)], pa.int64())
        kinds = {} if column == "type" else {"type": pa.array([4] * 8), "dir": pa.array([1] * 8)}
        _, recording = opened(parquet_folder(tmp_path / column, **{**kinds, column: values}))
        assert f"record 2: {column} = None is not allowed" in reasons(recording)


def test_that_a_float_in_parquet_that_is_not_whole_costs_its_record(tmp_path: Path) -> None:
    sizes = pa.array([1.0, 21.0, 21.5, 5000.0, 26.0, 0.0, 0.0, 0.0])
    rows, recording = opened(parquet_folder(tmp_path, size=sizes))
    assert 2 not in rows["rec"]
    assert "record 2: size = 21.5 is not allowed; allowed: a whole number" in reasons(recording)


def test_that_the_real_day_has_the_volume_of_its_messages_and_the_touch_of_its_book(shared_data: Path) -> None:
    folder = shared_data / "lobster"
    rows, recording = opened(folder)
    message = pq.read_table(folder / "lobster_AMZN_message_1.parquet")
    book = pq.read_table(folder / "lobster_AMZN_book_1.parquet")
    assert recording.quarantine == []
    assert recording.counts == {}
    kinds, sizes = message["type"].to_numpy(), message["size"].to_numpy()
    prints = rows[rows["action"] == units.TRADE]
    assert int(prints["size"].sum()) == int(sizes[np.isin(kinds, (4, 5))].sum())
    assert (prints["condition"] == units.REGULAR).all()
    quotes = rows[rows["action"] == units.QUOTE]
    assert len(quotes) == message.num_rows
    for field, column in (("price", "bid_px"), ("price2", "ask_px")):
        assert (quotes[field] == book[column].to_numpy() * 100_000).all()
    for field, column in (("size", "bid_sz"), ("size2", "ask_sz")):
        assert (quotes[field] == book[column].to_numpy()).all()
    assert (quotes["ts_event"] == message["ts_ns"].to_numpy()).all()


def test_that_the_real_orders_are_those_of_their_files(shared_data: Path) -> None:
    _, recording = opened(shared_data / "lobster")
    fills = pacsv.read_csv(shared_data / "lobster" / "lobster_AMZN_fills.csv").to_pylist()
    parents = pacsv.read_csv(shared_data / "lobster" / "lobster_AMZN_parents.csv").to_pylist()
    found: dict[str, Any] = {row.exec_id or "": row for row in recording.orders if row.kind == "fill"}
    assert len(found) == len(fills) == 282
    for fill in fills:
        row = found[fill["fill_id"]]
        assert (row.parent_id, row.side, row.qty, row.ts_match) == (
            fill["parent_id"],
            fill["side"],
            fill["qty"],
            fill["ts_ns"],
        )
        assert row.price == round(fill["px"] * 1e9)
    news = {row.parent_id: row for row in recording.orders if row.kind == "parent_new"}
    dones = {row.parent_id: row.ts_event for row in recording.orders if row.kind == "parent_done"}
    assert len(news) == len(parents) == 20
    for parent in parents:
        row = news[parent["parent_id"]]
        assert (row.qty, row.side, row.ts_event) == (parent["order_qty"], parent["side"], parent["ts_arrival_ns"])
        assert dones[parent["parent_id"]] == parent["ts_end_ns"]
    times = [row.ts_event for row in recording.orders]
    assert times == sorted(times)
