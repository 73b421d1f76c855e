"""Deliveries into the tables of an archive: each once, each table for itself, waiting where it must."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.engine.errors import EngineError
from app.feeds.archive.delivery import Delivery, WriterOptions
from app.feeds.archive.place import Place
from app.feeds.archive.reading import ArchiveReader, TableReader
from app.feeds.archive.table import ArchiveTable, ArchiveUnavailableError
from app.feeds.archive.tables import ENRICHED, MARKET, ORDERS, REFERENCE, SCORECARDS
from app.feeds.archive.writer import ArchiveWriter
from tests.feeds.archive.made import DAY_NS, START, deliveries, kept, market, own, sent, universe_of

ROWS, OWN = market(600), own(40)


def writer(folder: Path, **options: Any) -> ArchiveWriter:
    return ArchiveWriter(Place.of(str(folder)), universe_of(), WriterOptions(**options))


def record(folder: Path, **options: Any) -> None:
    with writer(folder, **options) as mine:
        for delivery in deliveries(ROWS, OWN, 50):
            if delivery.end > mine.position(delivery.lane):
                mine.put(delivery)


def test_that_what_was_sent_is_what_the_archive_has(tmp_path: Path) -> None:
    record(tmp_path, chunk_rows=130)
    assert kept(tmp_path) == sent(universe_of(), ROWS, OWN)


def test_that_everything_delivered_again_is_left_out(tmp_path: Path) -> None:
    for _ in range(3):
        with writer(tmp_path) as mine:
            for delivery in [*deliveries(ROWS, OWN, 50)] * 2:
                mine.put(delivery)
    assert kept(tmp_path) == sent(universe_of(), ROWS, OWN)


def test_that_each_table_leaves_out_what_it_has_when_one_is_ahead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = writer(tmp_path, patience_s=0.0)
    real = ArchiveTable.append

    def orders_fail(self: ArchiveTable, *arguments: Any) -> bool:
        if self.name == ORDERS:
            raise ArchiveUnavailableError("the disk is full")
        return real(self, *arguments)

    monkeypatch.setattr(ArchiveTable, "append", orders_fail)
    for delivery in deliveries(ROWS, OWN, 50):
        mine.put(delivery)
    with pytest.raises(ArchiveUnavailableError):
        mine.flush()
    monkeypatch.undo()
    again = writer(tmp_path)
    assert [again._tables[name].position("topic/0") for name in (MARKET, ORDERS)] == [12, 0]
    assert again.position("topic/0") == 0  # the smallest of the tables
    record(tmp_path)
    assert kept(tmp_path) == sent(universe_of(), ROWS, OWN)


def test_that_a_delivery_of_single_rows_is_cut_where_the_archive_ends(tmp_path: Path) -> None:
    with writer(tmp_path) as mine:
        mine.put(Delivery(lane="file", start=0, end=400, market=ROWS[:400]))
    with writer(tmp_path) as mine:
        mine.put(Delivery(lane="file", start=350, end=600, market=ROWS[350:]))
    assert kept(tmp_path) == sent(universe_of(), ROWS, ())


def test_that_a_message_of_which_a_part_is_there_is_refused(tmp_path: Path) -> None:
    mine = writer(tmp_path)
    mine.put(Delivery(lane="topic/0", start=0, end=3, market=ROWS[:100]))
    with pytest.raises(EngineError, match="a part of 2 to 5"):
        mine.put(Delivery(lane="topic/0", start=2, end=5, market=ROWS[100:300]))


def test_that_a_hole_in_a_lane_is_refused(tmp_path: Path) -> None:
    mine = writer(tmp_path)
    with pytest.raises(EngineError, match="has it up to 0, rows from 4 were given"):
        mine.put(Delivery(lane="topic/0", start=4, end=5, market=ROWS[:100]))


def test_that_it_waits_while_the_store_is_away_loses_nothing_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    failures = iter([ArchiveUnavailableError("No space left on device")] * 3)
    real = ArchiveTable.append
    waits: list[float] = []

    def sometimes(self: ArchiveTable, *arguments: Any) -> bool:
        for failure in failures:
            raise failure
        return real(self, *arguments)

    monkeypatch.setattr(ArchiveTable, "append", sometimes)
    monkeypatch.setattr("app.feeds.archive.writer.time.sleep", waits.append)
    with ArchiveWriter(Place.of(str(tmp_path)), universe_of(), None, said.append) as mine:
        for delivery in deliveries(ROWS, OWN, 50):
            mine.put(delivery)
    assert [text.split(" after ")[0] for text in said] == [
        "the archive waits: No space left on device", "the archive goes on"
    ]  # fmt: skip
    assert waits == [0.2, 0.4, 0.8]
    assert mine.trouble == ""
    assert kept(tmp_path) == sent(universe_of(), ROWS, OWN)


def test_that_rows_are_filed_under_the_day_they_are_applied(tmp_path: Path) -> None:
    rows = np.concatenate([market(100), market(100, 2, START + DAY_NS)])
    with writer(tmp_path) as mine:
        mine.put(Delivery(lane="file", start=0, end=200, market=rows))
    reader = ArchiveReader(Place.of(str(tmp_path)))
    assert [day.toordinal() - 719_163 for day in reader.days()] == [20_000, 20_001]
    assert [sum(f.rows for f in reader.market.files() if f.day == day) for day in reader.days()] == [100, 100]
    assert reader.reference.days() == reader.days()  # what was known of the instruments, under each of them


def test_that_reference_data_is_written_when_it_is_new_and_not_otherwise(tmp_path: Path) -> None:
    record(tmp_path)
    with writer(tmp_path) as mine:
        mine.put(Delivery(lane="more", start=0, end=100, market=market(100, 3)))
    place = Place.of(str(tmp_path))
    assert len(TableReader(place, REFERENCE).files()) == 1


def test_that_the_figures_of_a_run_are_there_once(tmp_path: Path) -> None:
    found: dict[str, dict[str, list[object]]] = {
        "parents": {"parent_id": ["P1", "P2"], "order_qty": [5, 6], "avg_px": [1.5, float("nan")]},
        "fills": {"fill_id": ["F1"], "parent_id": ["P1"]},
        "children": {"child_id": ["C1", "C2", "C3"], "parent_id": ["P1", "P1", "P2"]},
    }
    for _ in range(2):
        with writer(tmp_path) as mine:
            mine.results("run 1", found, START)
    place = Place.of(str(tmp_path))
    cards = [line for _, chunk in TableReader(place, SCORECARDS).chunks(TableReader(place, SCORECARDS).days())
             for line in chunk.to_pylist()]  # fmt: skip
    assert [(line["parent_id"], line["order_qty"], line["avg_px"]) for line in cards] == [
        ("P1", 5, 1.5),
        ("P2", 6, None),
    ]
    assert sum(file.rows for file in TableReader(place, ENRICHED).files()) == 4
