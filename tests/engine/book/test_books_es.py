"""A real futures book, order by order, against a touch computed by others."""

from pathlib import Path
from typing import Any

import databento_dbn
import numpy as np
import pyarrow.parquet as pq
import pytest
import zstandard

from app.engine.book import Books
from app.engine.events import MARKET, TOUCHED, Rows
from app.engine.units import LAST, NULL, SIDES

_SAME = (
    ("seq", "sequence"), ("bid_size", "bid_sz"), ("bid_count", "bid_ct"), ("ask_size", "ask_sz"),
    ("ask_count", "ask_ct"),
)  # fmt: skip
_UNDEFINED = 2**63 - 1  # the format's price of nothing


def _market(path: Path) -> Rows:
    """The records of an order-by-order file as market rows."""
    decoder = databento_dbn.DBNDecoder()
    with path.open("rb") as packed:
        decoder.write(zstandard.ZstdDecompressor().stream_reader(packed).read())
    records: list[Any] = [record for record in decoder.decode() if isinstance(record, databento_dbn.MBOMsg)]
    rows = np.zeros(len(records), MARKET)
    for at, record in enumerate(records):
        this = rows[at]
        for name in ("ts_event", "ts_recv", "order_id", "size"):
            this[name] = getattr(record, name)
        this["seq"] = record.sequence
        this["rec"] = at
        this["flags"] = int(record.flags)
        this["action"] = ord(str(record.action))
        this["side"] = SIDES[str(record.side)]
        this["price"] = NULL if record.price == _UNDEFINED else record.price
    return rows


@pytest.mark.parametrize("block", [7, 100_000])
def test_that_every_touch_of_a_real_book_is_the_published_one(shared_data: Path, block: int) -> None:
    rows = _market(shared_data / "dbn" / "esm4_mbo_20240508_2s.dbn.zst")
    truth = pq.read_table(shared_data / "dbn" / "esm4_mbo_20240508_2s.bbo_truth.parquet").to_pydict()
    books = Books()
    changes = np.concatenate([books.apply(rows[at : at + block], every=True) for at in range(0, len(rows), block)])
    touches = changes[changes["kind"] == TOUCHED]
    assert touches["rec"].tolist() == truth["row"] == np.flatnonzero(rows["flags"] & LAST).tolist()
    for ours, theirs in _SAME:
        assert touches[ours].tolist() == truth[theirs]
    for ours, theirs in (("bid", "bid_px"), ("ask", "ask_px")):
        assert touches[ours].tolist() == [round(price * 10**9) for price in truth[theirs]]
    assert books.counts == {}
    assert len(books.depth(0, 0, 10**6)[0]) > 100
