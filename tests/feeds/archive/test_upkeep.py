"""Compaction, retention, verification, and columns that came later."""

from pathlib import Path

import numpy as np
import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake

from app.engine.units import NULL
from app.engine.universe import Universe
from app.feeds.archive import upkeep
from app.feeds.archive.delivery import Delivery, WriterOptions
from app.feeds.archive.feed import open_recording
from app.feeds.archive.packing import pack
from app.feeds.archive.place import Place
from app.feeds.archive.reading import TableReader
from app.feeds.archive.tables import CHUNK, DATE, MARKET, ROW, SCHEMAS
from app.feeds.archive.writer import ArchiveWriter
from app.feeds.base import Options
from tests.feeds.archive.made import DAY_NS, START, deliveries, kept, market, own, sent, universe_of

ROWS, OWN = market(600), own(40)


def record(folder: Path) -> None:
    with ArchiveWriter(Place.of(str(folder)), universe_of(), WriterOptions(chunk_rows=100)) as writer:
        for delivery in deliveries(ROWS, OWN, 50):
            writer.put(delivery)


def data_files(folder: Path) -> int:
    return len(list((folder / MARKET).rglob("*.parquet")))


def test_that_compaction_leaves_rows_and_positions_as_they_were(tmp_path: Path) -> None:
    record(tmp_path)
    before = TableReader(Place.of(str(tmp_path)), MARKET)
    said = list(upkeep.compact(str(tmp_path), 9))
    assert said[0] == "market: 6 files became 1"
    assert kept(tmp_path) == sent(universe_of(), ROWS, OWN)
    record(tmp_path)  # delivered again: nobody has forgotten what was there
    assert kept(tmp_path) == sent(universe_of(), ROWS, OWN)
    assert len([number for number, _ in before.chunks(before.days())]) == 6  # a reader of the old version goes on


def test_that_writing_goes_on_behind_a_compaction(tmp_path: Path) -> None:
    record(tmp_path)
    list(upkeep.compact(str(tmp_path), 3))
    more = market(100, 9, START + DAY_NS // 4)
    with ArchiveWriter(Place.of(str(tmp_path)), universe_of()) as writer:
        writer.put(Delivery(lane="topic/0", start=12, end=13, market=more))
    universe = Universe()
    rows = [len(part) for part in open_recording(tmp_path, universe, Options()).market]
    assert sum(rows) == 700


def test_that_files_a_reader_may_need_are_kept_until_their_time_is_over(tmp_path: Path) -> None:
    record(tmp_path)
    list(upkeep.compact(str(tmp_path), 3))
    list(upkeep.retain(str(tmp_path), None, 1))
    assert data_files(tmp_path) == 7
    list(upkeep.retain(str(tmp_path), None, 0))
    assert data_files(tmp_path) == 1
    assert kept(tmp_path) == sent(universe_of(), ROWS, OWN)


def test_that_only_the_newest_days_stay_and_positions_with_them(tmp_path: Path) -> None:
    record(tmp_path)
    with ArchiveWriter(Place.of(str(tmp_path)), universe_of()) as writer:
        writer.put(Delivery(lane="next", start=0, end=50, market=market(50, 2, START + DAY_NS)))
    said = list(upkeep.retain(str(tmp_path), 1, 0))
    assert said[0].startswith("market: 1 days let go")
    assert kept(tmp_path) == sent(universe_of(), market(50, 2, START + DAY_NS), ())
    record(tmp_path)
    assert kept(tmp_path) == sent(universe_of(), market(50, 2, START + DAY_NS), ())  # it does not come back


def test_that_verification_says_what_is_there(tmp_path: Path) -> None:
    record(tmp_path)
    found = upkeep.verify(str(tmp_path), None)
    assert found.faults == []
    assert found.lines[0].startswith("2024-10-04: 600 market rows in 6 chunks, ")
    assert found.lines[0].endswith("bytes a row; 40 own rows")


def test_that_verification_finds_a_chunk_that_was_changed(tmp_path: Path) -> None:
    record(tmp_path)
    DeltaTable(str(tmp_path / MARKET)).update(updates={"ts": "ts + 2"}, predicate="chunk = 3 AND row = 7")
    found = upkeep.verify(str(tmp_path), None)
    assert len(found.faults) == 1
    assert "chunk 3: the rows do not fit their checksum" in found.faults[0]


def test_that_verification_finds_rows_that_came_twice(tmp_path: Path) -> None:
    record(tmp_path)
    table = DeltaTable(str(tmp_path / MARKET))
    reader = TableReader(Place.of(str(tmp_path)), MARKET)
    file = reader.files()[0]
    again = reader.read(file).append_column("date", pa.array([file.day] * file.rows, pa.date32()))
    write_deltalake(table, again, mode="append")
    found = upkeep.verify(str(tmp_path), None)
    assert any("there twice" in fault or "checksum" in fault for fault in found.faults)


def test_that_a_column_that_came_later_is_undefined_in_older_files(tmp_path: Path) -> None:
    later = ("status", "size2")
    schema = pa.schema([field for field in SCHEMAS[MARKET] if field.name not in later])
    table = DeltaTable.create(str(tmp_path / MARKET), schema, partition_by=[DATE])  # as an earlier version made it
    rows = ROWS.copy()
    rows["status"], rows["size2"] = 0, NULL
    filed = {
        DATE: pa.array([20_000] * 600, pa.date32()),
        CHUNK: pa.array([0] * 600),
        ROW: pa.array(range(600), pa.int32()),
    }
    packed = pack(rows, universe_of()).drop_columns(list(later))
    older = pa.table({**filed, **{name: packed.column(name) for name in packed.column_names}}).cast(schema)
    told = CommitProperties(app_transactions=[Transaction("old", 600), Transaction("chunks", 1)])
    write_deltalake(table, older, mode="append", commit_properties=told)
    with ArchiveWriter(Place.of(str(tmp_path)), universe_of()) as writer:
        assert writer._tables[MARKET].position("old") == 600
        writer.put(Delivery(lane="new", start=0, end=200, market=market(200, 5, START + DAY_NS // 4)))
    assert kept(tmp_path) == sent(universe_of(), np.concatenate([rows, market(200, 5, START + DAY_NS // 4)]), ())
    assert {field.name for field in DeltaTable(str(tmp_path / MARKET)).schema().fields} == set(SCHEMAS[MARKET].names)
