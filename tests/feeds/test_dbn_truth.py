"""Real Databento files against truth computed by others."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import databento_dbn
import numpy as np
import pyarrow.parquet as pq
import pytest
import zstandard

from app.engine import units
from app.engine.book import Books
from app.engine.events import Rows
from app.engine.universe import Universe
from app.feeds import dbn
from app.feeds.base import Options, Recording
from app.feeds.decode import dbn_frames as frames
from app.feeds.decode.dbn import DbnDecoder
from tests.feeds.made import (
    NO_PRICE,
    drained,
    ladder_after,
)

TICK = 250_000_000


def opened(path: Path, options: Options | None = None) -> tuple[Rows, Recording]:
    recording = dbn.open_recording(path, Universe(), options or Options())
    return drained(recording), recording


def test_that_a_definition_is_reference_data(shared_data: Path) -> None:
    _, recording = opened(shared_data / "dbn" / "dbpy_GLBX.MDP3_definition.dbn.zst")
    known = recording.universe.of("ESH1")
    assert (known.tick_size, known.multiplier, known.currency) == (TICK, 50 * 10**9, "USD")
    _, recording = opened(shared_data / "dbn" / "dbpy_XNAS.ITCH_definition.dbn.zst")
    known = recording.universe.of("NVDA")
    assert (known.tick_size, known.multiplier, known.currency, known.lot) == (None, 10**9, None, 100)


def best(orders: dict[int, tuple[int, int, int]], side: int) -> tuple[int, int, int] | None:
    """Best price, size there and orders there among (side, price, size) by order id."""
    levels: dict[int, list[int]] = defaultdict(list)
    for held, price, size in orders.values():
        if held == side:
            levels[price].append(size)
    if not levels:
        return None
    price = max(levels) if side > 0 else min(levels)
    return price, sum(levels[price]), len(levels[price])


@pytest.mark.slow
def test_that_the_touch_of_the_l3_file_is_the_truth_by_the_plainest_book(shared_data: Path) -> None:
    rows, recording = opened(shared_data / "dbn" / "esm4_mbo_20240508_2s.dbn.zst")
    truth = pq.read_table(shared_data / "dbn" / "esm4_mbo_20240508_2s.bbo_truth.parquet").to_pylist()
    assert recording.quarantine == []
    orders: dict[int, tuple[int, int, int]] = {}
    found = []
    for row in rows:
        action, order = chr(row["action"]), int(row["order_id"])
        if action == "R":
            orders.clear()
        elif action in "AM":
            orders[order] = (int(row["side"]), int(row["price"]), int(row["size"]))
        elif action == "C":
            side, price, size = orders[order]
            orders[order] = (side, price, size - int(row["size"]))
            if orders[order][2] <= 0:
                del orders[order]
        if row["flags"] & units.LAST:
            found.append((int(row["rec"]), int(row["seq"]), best(orders, 1), best(orders, -1)))
    expected = [
        (
            t["row"],
            t["sequence"],
            (round(t["bid_px"] * 1e9), t["bid_sz"], t["bid_ct"]),
            (round(t["ask_px"] * 1e9), t["ask_sz"], t["ask_ct"]),
        )
        for t in truth
    ]
    assert found == expected


@pytest.mark.jit
def test_that_the_touch_of_the_l3_file_is_the_truth_by_the_books(shared_data: Path) -> None:
    rows, _ = opened(shared_data / "dbn" / "esm4_mbo_20240508_2s.dbn.zst")
    truth = pq.read_table(shared_data / "dbn" / "esm4_mbo_20240508_2s.bbo_truth.parquet")
    changes = Books().apply(rows, every=True)
    touches = changes[(changes["kind"] == 1) & (changes["flags"] & units.LAST > 0)]
    assert touches["rec"].tolist() == truth["row"].to_pylist()
    for field, column in (("bid", "bid_px"), ("ask", "ask_px")):
        assert (touches[field] == np.round(truth[column].to_numpy() * 1e9)).all()
    for field, column in (
        ("bid_size", "bid_sz"),
        ("ask_size", "ask_sz"),
        ("bid_count", "bid_ct"),
        ("ask_count", "ask_ct"),
    ):
        assert (touches[field] == truth[column].to_numpy()).all()


def test_that_the_trades_inside_mbp1_are_the_trades_file_row_by_row(shared_data: Path) -> None:
    inside, _ = opened(shared_data / "dbn" / "futures_mbp-1_20240701.dbn.zst")
    alone, _ = opened(shared_data / "dbn" / "futures_trades_20240701.dbn.zst")
    inside = inside[inside["action"] == units.TRADE]
    assert len(inside) == len(alone) == 120
    for field in set(alone.dtype.names or ()) - {"rec", "flags"}:
        assert (inside[field] == alone[field]).all(), field


def test_that_each_fully_covered_minute_is_its_bar(shared_data: Path) -> None:
    trades, recording = opened(shared_data / "dbn" / "futures_trades_20240701.dbn.zst")
    decoder_path = shared_data / "dbn" / "futures_ohlcv1m_20240701.dbn.zst"
    data = zstandard.ZstdDecompressor().stream_reader(decoder_path.read_bytes()).read()
    length = frames.header_length(data[:8], "bars")
    decoder = DbnDecoder("bars", data[:length], Universe())
    decoder.feed(data[length:])
    minute = 60 * 10**9
    name = recording.universe.instruments.names[0]
    bars = {row["ts_event"]: row for table in decoder.bars for row in table.to_pylist() if row["instrument"] == name}
    stamps = trades["ts_event"] // minute * minute
    covered = [
        stamp
        for stamp in np.unique(stamps).tolist()
        if trades["ts_event"][0] < stamp and stamp + minute < trades["ts_event"][-1]
    ]
    assert covered
    for stamp in covered:
        within = trades[stamps == stamp]
        prices = within["price"].tolist()
        bar = bars[stamp]
        assert (bar["open"], bar["high"], bar["low"], bar["close"]) == (prices[0], max(prices), min(prices), prices[-1])
        assert bar["volume"] == int(within["size"].sum())


@pytest.mark.parametrize("venue", ["GLBX.MDP3", "XNAS.ITCH"])
@pytest.mark.parametrize("schema", ["mbo", "mbp-1", "mbp-10", "tbbo", "trades"])
def test_that_the_small_samples_agree_with_the_library(venue: str, schema: str, shared_data: Path) -> None:
    path = shared_data / "dbn" / f"dbpy_{venue}_{schema}.dbn.zst"
    rows, recording = opened(path)
    assert recording.quarantine == []
    decoder = databento_dbn.DBNDecoder()
    decoder.write(zstandard.ZstdDecompressor().stream_reader(path.read_bytes()).read())
    records: list[Any] = list(decoder.decode())[1:]
    assert recording.rows_total == len(records) == 4
    for index, record in enumerate(records):
        mine = rows[rows["rec"] == index]
        assert set(mine["ts_event"].tolist()) == {record.ts_event}
        assert set(mine["ts_recv"].tolist()) == {record.ts_recv}
        assert set(mine["seq"].tolist()) == {record.sequence}
        if schema in {"mbo", "trades"}:
            assert (int(mine["price"][0]), int(mine["size"][0])) == (record.price, record.size)
        elif schema == "mbp-10":
            wanted = {1: {}, -1: {}}  # type: dict[int, dict[int, int]]
            for each in record.levels:
                wanted[1].update({each.bid_px: each.bid_sz} if each.bid_px != NO_PRICE else {})
                wanted[-1].update({each.ask_px: each.ask_sz} if each.ask_px != NO_PRICE else {})
            assert ladder_after(rows[rows["rec"] <= index]) == wanted
        else:
            quote = mine[mine["action"] == units.QUOTE][0]
            sides = [record.levels[0].bid_px, record.levels[0].ask_px]
            assert [int(quote["price"]), int(quote["price2"])] == [units.NULL if p == NO_PRICE else p for p in sides]
