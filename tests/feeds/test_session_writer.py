"""The session folder written: whole or not at all, read back to the last field."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from app.engine.errors import FeedError
from app.engine.events import Instrument, OrderRow, Rows
from app.engine.universe import Universe
from app.feeds import binance, dbn, lobster, session
from app.feeds.base import Options, Recording
from app.feeds.decode.orders import COLUMNS as ORDER_COLUMNS
from app.feeds.decode.rows import blank, chunks
from app.feeds.decode.session import COLUMNS as MARKET_COLUMNS
from tests.feeds.made import (
    T0,
    drained,
    names,
    opened,
    random_rows,
    some_orders,
    universe,
)


def test_that_what_is_written_is_read_back_to_the_last_field(tmp_path: Path) -> None:
    made = universe()
    made.describe(Instrument(instrument="TECH", currency="USD", tick_size=10**7, adv=1e6, beta=1.1, index="FUND"))
    made.fx["EURUSD"] = [(T0, 1.08), (T0 + 5, 1.09)]
    rows = random_rows(1000, 1, made)
    session.write_session(tmp_path / "day", chunks(rows, 96), some_orders(), made)
    recording = session.open_recording(tmp_path / "day", Universe(), Options())
    again = drained(recording)
    for field in set(rows.dtype.names or ()) - {"instrument", "venue", "source"}:
        assert (again[field] == rows[field]).all(), field
    for column, table in (("instrument", made.instruments), ("venue", made.venues), ("source", made.sources)):
        assert names(again, recording, column) == [table[i] for i in rows[column].tolist()]
    assert recording.rows_total == 1000
    assert recording.quarantine == []
    assert recording.counts == {}
    assert recording.notes == []
    assert recording.universe.of("TECH") == made.of("TECH")
    assert recording.universe.fx == made.fx
    expected = [_at(row, place) for place, row in enumerate(some_orders())]
    assert recording.orders == expected


def _at(row: OrderRow, place: int) -> OrderRow:
    return OrderRow(**{**{name: getattr(row, name) for name in row.__struct_fields__}, "rec": place})


def test_that_a_written_folder_has_every_column_of_the_format_packed_with_zstd(tmp_path: Path) -> None:
    made = universe()
    session.write_session(tmp_path / "day", [random_rows(50, 2, made)], some_orders(), made)
    market = pq.ParquetFile(tmp_path / "day" / "market.parquet")
    assert market.schema_arrow.names == list(MARKET_COLUMNS)
    assert market.metadata.row_group(0).column(0).compression == "ZSTD"
    orders = pq.read_schema(tmp_path / "day" / "orders.parquet")
    assert orders.names[: len(ORDER_COLUMNS)] == list(ORDER_COLUMNS)
    assert sorted(file.name for file in (tmp_path / "day").iterdir()) == [
        "instruments.parquet", "market.parquet", "orders.parquet",
    ]  # fmt: skip


def test_that_a_failure_while_writing_leaves_nothing(tmp_path: Path) -> None:
    made = universe()

    def rows() -> Iterator[Rows]:
        yield random_rows(10, 1, made)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        session.write_session(tmp_path / "day", rows(), [], made)
    assert list(tmp_path.iterdir()) == []


def test_that_an_older_session_is_replaced_and_anything_else_is_not(tmp_path: Path) -> None:
    made = universe()
    folder = tmp_path / "day"
    session.write_session(folder, [random_rows(10, 1, made)], [], made)
    session.write_session(folder, [random_rows(20, 1, made)], [], made)
    assert pq.read_metadata(folder / "market.parquet").num_rows == 20
    (folder / "thesis.txt").write_text("years of work")
    with pytest.raises(FeedError, match="is no session folder"):
        session.write_session(folder, [blank(0)], [], made)
    assert (folder / "thesis.txt").read_text() == "years of work"


def test_that_a_failed_write_keeps_the_older_session(tmp_path: Path) -> None:
    made = universe()
    folder = tmp_path / "day"
    session.write_session(folder, [random_rows(10, 1, made)], [], made)

    def rows() -> Iterator[Rows]:
        yield random_rows(5, 2, made)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        session.write_session(folder, rows(), [], made)
    assert pq.read_metadata(folder / "market.parquet").num_rows == 10


def test_that_a_session_of_no_rows_can_be_written(tmp_path: Path) -> None:
    session.write_session(tmp_path / "day", [], [], Universe())
    rows, recording = opened(tmp_path / "day")
    assert len(rows) == 0
    assert recording.orders == []


REAL = ("dbn/esm4_mbo_20240508_2s.dbn.zst", "dbn/dbpy_GLBX.MDP3_mbo.dbn.zst", "binance", "lobster")


@pytest.mark.slow
@pytest.mark.parametrize("name", REAL)
def test_that_real_data_written_as_a_session_keeps_its_order(name: str, shared_data: Path, tmp_path: Path) -> None:
    feeds = {"dbn": dbn.open_recording, "binance": binance.open_recording, "lobster": lobster.open_recording}
    before = feeds[name.split("/", maxsplit=1)[0]](shared_data / name, Universe(), Options())
    rows = drained(before)
    session.write_session(tmp_path / "day", chunks(rows, 1000), before.orders, before.universe)
    again, after = opened(tmp_path / "day")
    assert after.quarantine == []
    assert after.counts == {}
    for field in set(rows.dtype.names or ()) - {"rec", "seq"}:
        assert (again[field] == rows[field]).all(), field
    assert (again["seq"] >= rows["seq"]).all()
    assert [row.exec_id for row in after.orders] == [row.exec_id for row in before.orders]


def _marked(folder: Path) -> bool:
    return b"scorecard.order" in (pq.read_metadata(folder / "market.parquet").metadata or {})


def test_that_a_file_says_that_it_is_in_order_only_where_it_is(tmp_path: Path) -> None:
    made = universe()
    rows = random_rows(300, 5, made)
    ordered = drained(_written_and_opened(tmp_path / "first", rows, made))
    session.write_session(tmp_path / "ordered", [ordered[:100], ordered[100:]], [], made)
    session.write_session(tmp_path / "turned", [ordered[100:], ordered[:100]], [], made)
    assert _marked(tmp_path / "ordered")
    assert not _marked(tmp_path / "turned")
    for name in ("ordered", "turned"):
        again = drained(session.open_recording(tmp_path / name, Universe(), Options()))
        assert again["ts_event"].tolist() == ordered["ts_event"].tolist()


def _written_and_opened(folder: Path, rows: Rows, made: Universe) -> Recording:
    session.write_session(folder, [rows], [], made)
    return session.open_recording(folder, made, Options())


def test_that_a_file_that_says_so_and_is_not_in_order_is_named(tmp_path: Path) -> None:
    made = universe()
    rows = drained(_written_and_opened(tmp_path / "day", random_rows(300, 5, made), made))
    session.write_session(tmp_path / "day", [rows], [], made)
    path = tmp_path / "day" / "market.parquet"
    table = pq.read_table(path)
    assert _marked(tmp_path / "day")
    pq.write_table(table.take(list(range(299, -1, -1))).replace_schema_metadata({"scorecard.order": "applied"}), path)
    with pytest.raises(FeedError, match=r"market\.parquet row 299: a row or a seq up to here runs back"):
        drained(session.open_recording(tmp_path / "day", Universe(), Options()))
