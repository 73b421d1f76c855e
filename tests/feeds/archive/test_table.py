"""One table takes every range once, from one writer of a group at a time."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake

from app.engine.errors import EngineError
from app.feeds.archive.place import Place
from app.feeds.archive.table import ArchiveTable, ArchiveUnavailableError, Lot, Span, SupersededError
from app.feeds.archive.tables import CHUNK, DATE, REFERENCE, ROW


def table(folder: Path, group: str = "main") -> ArchiveTable:
    found = ArchiveTable(Place.of(str(folder)), REFERENCE, group, 3)
    found.claim()
    return found


def lot(name: str) -> Lot:
    def numbered(first: int) -> pa.Table:
        filed = {DATE: pa.array([20_000], pa.date32()), CHUNK: pa.array([first]), ROW: pa.array([0], pa.int32())}
        return pa.table({**filed, "kind": ["instrument"], "name": [name], "value": ["{}"]})

    return Lot(numbered, 1, {})


def names(folder: Path) -> list[str]:
    """What is in the table, in the order of its chunks."""
    rows = [pq.read_table(path) for path in (folder / REFERENCE).rglob("*.parquet")]
    there = {uri.rpartition("/")[2] for uri in DeltaTable(str(folder / REFERENCE)).file_uris()}
    assert len(there) == len(rows)
    return [line["name"] for line in sorted(pa.concat_tables(rows).to_pylist(), key=lambda line: line[CHUNK])]


def test_that_the_library_itself_would_take_one_version_twice(tmp_path: Path) -> None:
    uri, rows = str(tmp_path / "plain"), pa.table({"a": [1]})
    for _ in range(2):
        told = CommitProperties(app_transactions=[Transaction("lane", 5)])
        write_deltalake(uri, rows, mode="append", commit_properties=told)
    assert DeltaTable(uri).count() == 2


def test_that_a_range_which_is_there_is_not_appended_again(tmp_path: Path) -> None:
    mine = table(tmp_path)
    assert mine.append(lot("a"), {"lane": Span(0, 5)})
    assert not mine.append(lot("a"), {"lane": Span(0, 5)})
    assert mine.position("lane") == 5
    assert names(tmp_path) == ["a"]


def test_that_the_position_is_found_again_by_the_next_writer(tmp_path: Path) -> None:
    table(tmp_path).append(lot("a"), {"lane": Span(0, 5)})
    assert table(tmp_path).position("lane") == 5
    assert table(tmp_path).position("another") == 0


@pytest.mark.parametrize("start", [3, 7])
def test_that_a_range_which_does_not_begin_where_the_table_stands_is_refused(tmp_path: Path, start: int) -> None:
    mine = table(tmp_path)
    mine.append(lot("a"), {"lane": Span(0, 5)})
    with pytest.raises(EngineError, match=f"lane stands at 5, rows from {start} were given"):
        mine.append(lot("b"), {"lane": Span(start, 9)})


def test_that_an_older_writer_is_refused_once_a_later_one_has_begun(tmp_path: Path) -> None:
    older = table(tmp_path)
    newer = table(tmp_path)
    with pytest.raises(SupersededError, match="generation 2 writes here now, this writer is 1"):
        older.append(lot("old"), {"lane": Span(0, 1)})
    assert newer.append(lot("new"), {"lane": Span(0, 1)})
    assert names(tmp_path) == ["new"]


def test_that_a_writer_is_refused_whose_successor_begins_between_its_look_and_its_commit(tmp_path: Path) -> None:
    older = table(tmp_path)

    def meanwhile(first: int) -> pa.Table:
        if first == 0:
            ArchiveTable(Place.of(str(tmp_path)), REFERENCE, "main", 3).claim()
        return lot("old").numbered(first)

    with pytest.raises(SupersededError):
        older.append(Lot(meanwhile, 1, {}), {"lane": Span(0, 1)})
    assert DeltaTable(str(tmp_path / REFERENCE)).count() == 0


def test_that_a_generation_counted_elsewhere_fences_too(tmp_path: Path) -> None:
    first = ArchiveTable(Place.of(str(tmp_path)), REFERENCE, "main", 3)
    first.claim(7)
    late = ArchiveTable(Place.of(str(tmp_path)), REFERENCE, "main", 3)
    with pytest.raises(SupersededError, match="generation 6 comes after 7"):
        late.claim(6)
    assert first.generation == 7


def test_that_writers_of_two_groups_share_a_table_without_a_conflict_that_is_seen(tmp_path: Path) -> None:
    left, right = table(tmp_path, "left"), table(tmp_path, "right")
    for at in range(3):
        assert left.append(lot(f"l{at}"), {"l": Span(at, at + 1)})
        assert right.append(lot(f"r{at}"), {"r": Span(at, at + 1)})
    assert names(tmp_path) == ["l0", "r0", "l1", "r1", "l2", "r2"]  # one count of chunks for both


def test_that_a_commit_which_arrived_although_it_seemed_to_fail_is_not_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = table(tmp_path)
    real = ArchiveTable._committed

    def arrives_and_fails(self: ArchiveTable, told: list[Transaction], rows: pa.Table | None = None) -> bool:
        real(self, told, rows)
        raise ArchiveUnavailableError("no answer came")

    monkeypatch.setattr(ArchiveTable, "_committed", arrives_and_fails)
    with pytest.raises(ArchiveUnavailableError):
        mine.append(lot("a"), {"lane": Span(0, 1)})
    monkeypatch.undo()
    assert not mine.append(lot("a"), {"lane": Span(0, 1)})
    assert names(tmp_path) == ["a"]


def test_that_a_folder_that_cannot_be_made_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ArchiveUnavailableError, match="file"):
        table(tmp_path / "file")
