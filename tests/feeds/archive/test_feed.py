"""A day of an archive as a recording."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from app.engine.errors import FeedError, SettingsError
from app.engine.universe import Universe
from app.feeds.archive.delivery import Delivery
from app.feeds.archive.feed import open_recording
from app.feeds.archive.place import Place, is_archive
from app.feeds.archive.writer import ArchiveWriter
from app.feeds.base import Options
from tests.feeds.archive.made import DAY_NS, START, market, own, same, universe_of


def write(folder: Path, *parts: np.ndarray) -> None:
    with ArchiveWriter(Place.of(str(folder)), universe_of()) as writer:
        for number, rows in enumerate(parts):
            writer.put(Delivery(lane=f"lane {number}", start=0, end=len(rows), market=rows))
            writer.flush()
        writer.put(Delivery(lane="own", start=0, end=3, orders=own(3)))


def read(folder: Path, date: str | None = None) -> tuple[np.ndarray, Universe, list[str]]:
    universe = Universe()
    with open_recording(folder, universe, Options(session_date=date)) as recording:
        rows = np.concatenate(list(recording.market))
        assert recording.rows_total == len(rows)
        assert np.array_equal(rows["rec"], np.arange(len(rows)))
        return rows, universe, recording.notes


def test_that_rows_come_in_the_order_they_were_applied(tmp_path: Path) -> None:
    rows = market(900)
    write(tmp_path, rows[:400], rows[400:])
    found, universe, notes = read(tmp_path)
    names = [universe_of().instruments[code] for code in rows["instrument"].tolist()]
    assert [universe.instruments[code] for code in found["instrument"].tolist()] == names
    assert np.array_equal(found["ts_event"], rows["ts_event"])
    assert np.array_equal(found["price"], rows["price"])
    assert notes == []


def test_that_reference_data_and_own_rows_come_with_them(tmp_path: Path) -> None:
    write(tmp_path, market(10))
    universe = Universe()
    recording = open_recording(tmp_path, universe, Options())
    assert universe.reference == universe_of().reference
    assert universe.fx == universe_of().fx
    assert recording.orders == [msgspec.structs.replace(row, rec=place) for place, row in enumerate(own(3))]


def test_that_sources_that_arrived_one_behind_the_other_are_merged_by_time(tmp_path: Path) -> None:
    early, late = market(300, 1), market(300, 2)
    late["source"] = 1
    late["ts_event"][100] -= 5_000_000  # within its source the source's order stays
    write(tmp_path, early, late)
    found, _, notes = read(tmp_path)
    assert notes == ["the archive has its rows as they arrived: the sources were merged by time"]
    for source, rows in ((0, early), (1, late)):
        assert same(found[found["source"] == source][["ts_event", "seq"]], rows[["ts_event", "seq"]])
    running = np.zeros(600, np.int64)
    for source in (0, 1):
        own_rows = found["source"] == source
        running[own_rows] = np.maximum.accumulate(found["ts_event"][own_rows])
    assert (np.diff(running) >= 0).all()


@pytest.mark.parametrize(
    ("date", "count"),
    [("2024-10-04", 50), ("2024-10-05", 70), ("2024-10-04..2024-10-05", 120), ("all", 120), (None, 70)],
)
def test_that_a_day_is_named_and_the_newest_is_read_where_none_is(tmp_path: Path, date: str | None, count: int) -> None:
    write(tmp_path, market(50), market(70, 2, START + DAY_NS))
    rows, _, notes = read(tmp_path, date)
    assert len(rows) == count
    assert bool(notes) == (date is None)


@pytest.mark.parametrize(
    ("date", "kind", "words"),
    [
        ("2024-13-01", SettingsError, "--date: date = '2024-13-01' is not allowed; allowed: a day like"),
        ("2020-01-01", FeedError, "nothing of 2020-01-01; there is 2024-10-04 to 2024-10-04, 1 days"),
    ],
)
def test_that_a_wrong_day_is_told_with_what_is_there(
    tmp_path: Path, date: str, kind: type[Exception], words: str
) -> None:
    write(tmp_path, market(10))
    with pytest.raises(kind, match=words):
        read(tmp_path, date)


def test_that_a_folder_without_an_archive_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="no archive is here"):
        read(tmp_path)


def test_that_a_data_file_that_is_gone_is_named(tmp_path: Path) -> None:
    write(tmp_path, market(10))
    gone = next((tmp_path / "market").rglob("*.parquet"))
    gone.unlink()
    with pytest.raises(FeedError, match=gone.name):
        read(tmp_path)


@pytest.mark.parametrize(
    ("text", "uri"),
    [
        ("archive:///data/firm", "/data/firm"),
        ("archive:/data/firm", "/data/firm"),
        ("archive://s3://firm/archive/", "s3://firm/archive"),
        ("s3:/firm/archive", "s3://firm/archive"),
        ("s3a://firm", "s3://firm"),
    ],
)
def test_that_an_address_is_understood_in_all_its_spellings(text: str, uri: str) -> None:
    assert is_archive(text)
    assert str(Place.of(text, {})) == uri


def test_that_a_relative_address_is_found_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "firm").mkdir()
    assert str(Place.of("archive:/firm", {})) == str(Place.of("archive://firm", {})) == str(tmp_path / "firm")


@pytest.mark.parametrize("text", ["", "gs://bucket/x", "archive://ftp://host/x"])
def test_that_an_address_of_another_kind_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="a folder, or s3://BUCKET/PREFIX"):
        Place.of(text, {})


def test_that_no_key_of_a_store_is_shown() -> None:
    place = Place.of("s3://firm", {"AWS_SECRET_ACCESS_KEY": "topsecret"})
    assert "topsecret" not in f"{place!r} {place}"
