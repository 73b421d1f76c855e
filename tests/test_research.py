"""The archive in SQL and frames: the view gives the rows that were packed."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine import units
from app.engine.errors import FeedError
from app.engine.events import MARKET, Rows
from app.feeds.archive.delivery import Delivery, WriterOptions
from app.feeds.archive.place import Place
from app.feeds.archive.writer import ArchiveWriter
from app.feeds.decode.session import market_batch
from app.research import open_archive
from tests.feeds.archive.made import market, own, universe_of
from tests.feeds.archive.test_packing import ROW

COLUMNS = (
    "ts_event", "ts_recv", "source", "seq", "instrument", "venue", "action", "side", "price", "size",
    "bid_price", "bid_size", "ask_price", "ask_size", "flags", "status",
)  # fmt: skip


def written(folder: Path, rows: Rows, chunk_rows: int = 1_000) -> None:
    with ArchiveWriter(Place.of(str(folder)), universe_of(), WriterOptions(chunk_rows=chunk_rows)) as writer:
        writer.put(Delivery(lane="m", start=0, end=len(rows), market=rows))
        writer.put(Delivery(lane="o", start=0, end=9, orders=own(9)))
        found: dict[str, dict[str, list[object]]] = {"parents": {"parent_id": ["P"], "slip_arrival_bps": [1.5]}}
        writer.results("run", found, int(rows["ts_event"][0]))


def same_rows(folder: Path, rows: Rows) -> None:
    """The view's rows are those of the session format."""
    wanted = market_batch(rows, universe_of(), rows["seq"]).to_pydict()
    with open_archive(folder) as archive:
        found = archive.table('SELECT * FROM market ORDER BY chunk, "row"').to_pydict()
    for name in COLUMNS:
        assert found[name] == wanted[name], name
    assert found["order_id"] == rows["order_id"].tolist()
    assert found["condition"] == [units.CONDITIONS[code] for code in rows["condition"].tolist()]


def test_that_the_view_gives_the_rows_that_were_packed(tmp_path: Path) -> None:
    rows = market(1_500)
    written(tmp_path, rows, 400)
    same_rows(tmp_path, rows)


@pytest.mark.slow
@settings(max_examples=10)
@given(given_rows=st.lists(ROW, min_size=1, max_size=30))
def test_that_it_does_so_for_any_rows(
    given_rows: list[tuple[object, ...]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    rows = np.array(given_rows, MARKET)
    rows["ts_event"], rows["ts_recv"] = np.abs(rows["ts_event"]) % 10**18, 0  # one day or another of this era
    for name in ("instrument", "venue", "source"):
        rows[name] = np.maximum(rows[name], 0)
    for name in ("price2", "size2"):
        rows[name][rows["action"] != units.QUOTE] = units.NULL
    rows = rows[np.argsort(rows["ts_event"], kind="stable")]
    folder = tmp_path_factory.mktemp("any")
    written(folder, rows)
    same_rows(folder, rows)


def test_that_own_rows_figures_and_days_are_there_too(tmp_path: Path) -> None:
    written(tmp_path, market(100))
    with open_archive(tmp_path) as archive:
        assert [day.isoformat() for day in archive.days()] == ["2024-10-04"]
        assert archive.sql("SELECT count(*) FROM orders WHERE instrument = 'AAA'").fetchall() == [(9,)]
        frame = archive.frame("SELECT parent_id, slip_arrival_bps FROM scorecards WHERE date = DATE '2024-10-04'")
    assert frame.rows() == [("P", 1.5)]


def test_that_a_folder_without_an_archive_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="no archive is here"):
        open_archive(tmp_path)
