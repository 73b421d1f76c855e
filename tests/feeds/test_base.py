"""What every feed shares: recordings, the order of own rows, files that cannot be read."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.engine.errors import FeedError
from app.engine.events import OrderRow, Quarantined
from app.engine.universe import Universe
from app.feeds.base import Recording, file_bytes, in_order, parquet_file, parquet_table
from tests.feeds.made import T0


def recording() -> Recording:
    return Recording(name="made", universe=Universe(), market=iter(()))


def entry(reason: str) -> Quarantined:
    return Quarantined(source="s", where="w", reason=reason)


def test_that_what_is_set_aside_is_kept_and_counted() -> None:
    made = recording()
    made.set_aside([entry("one"), entry("two")])
    made.set_aside([])
    made.set_aside([entry("a thousand")], rows=1000)
    assert [each.reason for each in made.quarantine] == ["one", "two", "a thousand"]
    assert made.counts == {"quarantined": 1002}


def test_that_nothing_counted_leaves_no_name_behind() -> None:
    made = recording()
    made.count("gaps", 0)
    made.count("gaps")
    made.count("late", 3)
    assert made.counts == {"gaps": 1, "late": 3}


def test_that_files_are_closed_once_last_opened_first() -> None:
    made = recording()
    closed: list[str] = []
    made.closers.append(lambda: closed.append("first"))
    made.closers.append(lambda: closed.append("second"))
    with made:
        assert closed == []
    made.close()
    assert closed == ["second", "first"]


def row(time: int, source: str, seq: int, parent: str) -> OrderRow:
    return OrderRow(ts_event=T0 + time, kind="parent_done", source=source, seq=seq, parent_id=parent)


def test_that_own_rows_are_ordered_by_time_source_and_seq_and_ties_keep_their_place() -> None:
    rows = [row(2, "a", 1, "e"), row(1, "b", 1, "d"), row(1, "a", 2, "b"), row(1, "a", 1, "a"), row(1, "a", 2, "c")]
    assert [each.parent_id for each in in_order(rows)] == ["a", "b", "c", "d", "e"]


def test_that_a_file_that_cannot_be_read_is_named_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"data")
    assert file_bytes(tmp_path / "x") == b"data"
    with pytest.raises(FeedError, match="absent: cannot be read: No such file"):
        file_bytes(tmp_path / "absent")
    with pytest.raises(FeedError, match="cannot be read: Is a directory"):
        file_bytes(tmp_path)


def test_that_strings_that_were_asked_for_come_dictionary_encoded(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": ["x", "y"], "b": ["x", "y"], "n": [1, 2]}), tmp_path / "t.parquet")
    with parquet_file(tmp_path / "t.parquet", ("a", "n")) as file:
        kinds = [str(field.type) for field in file.schema_arrow]
    assert kinds == ["dictionary<values=string, indices=int32, ordered=0>", "string", "int64"]
    assert parquet_table(tmp_path / "t.parquet").to_pydict() == {"a": ["x", "y"], "b": ["x", "y"], "n": [1, 2]}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (None, "cannot be read: .*No such file"),
        (b"", r"empty file \(0 bytes\); a Parquet file is needed"),
        (b"PAR1", "not a complete Parquet file"),
        (b"hello, this is a text file", "not a complete Parquet file"),
    ],
)
def test_that_a_file_that_is_no_parquet_is_refused_by_name(data: bytes | None, words: str, tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(FeedError, match=f"t.parquet: {words}"):
        parquet_table(path)


def test_that_damaged_pages_of_a_table_are_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"n": list(range(5000))}), path, write_page_checksum=True, use_dictionary=False)
    data = bytearray(path.read_bytes())
    data[2000:2010] = b"\xff" * 10
    path.write_bytes(bytes(data))
    with pytest.raises(FeedError, match=r"t.parquet: damaged data pages"):
        parquet_table(path)
