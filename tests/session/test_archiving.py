"""The archive of a run gives the run again: the same figures from memory, archive and exported session folder."""

from pathlib import Path

import pytest

from app.feeds.generator import Plan
from app.runtime.loop import RunResult
from app.runtime.outputs import RunReport
from app.session.formats import resolved_format
from app.session.generate import generate_session
from app.session.record import RecordRequest, record_run
from app.session.replay import export, replay
from app.session.request import ReplayRequest
from app.settings import BPS_PRESET
from tests.parts.day_through import cut_of_tech


def ran(**words: str | None) -> RunResult:
    result = replay(ReplayRequest(**words))  # type: ignore[arg-type]
    assert result is not None
    return result


def recorded(**words: str | bool | None) -> RunReport:
    result = record_run(RecordRequest(**words))  # type: ignore[arg-type]
    assert result is not None
    return result


def same_from_everywhere(first: RunReport, archive: Path, folder: Path, settings: str | None = None) -> None:
    """Replay the archive, export it, replay the export: the figures are the first's, and what the archive gives is."""
    address = f"archive://{archive}"
    export(ReplayRequest(path=address, out=str(folder), date="all"))
    for path, date in ((address, "all"), (str(folder), None)):
        again = ran(path=path, date=date, settings=settings).report
        assert again.output_hash == first.output_hash, path
        # A session folder is sorted by seq when it is read: where a source's own seq runs back it is written raised.
        assert again.input_hash == first.input_hash or path != address


@pytest.fixture
def day(tmp_path: Path) -> Path:
    generate_session(Plan(seed=5, market_rows=6_000, order_share=0.02, instruments=3), tmp_path / "day")
    return tmp_path / "day"


@pytest.mark.slow
def test_that_a_generated_day_is_the_same_from_its_archive(day: Path, tmp_path: Path) -> None:
    first = recorded(path=str(day), archive=str(tmp_path / "a"), out=str(tmp_path / "out"))
    assert first.output_hash == ran(path=str(day)).report.output_hash
    same_from_everywhere(first, tmp_path / "a", tmp_path / "again")


@pytest.mark.parametrize("text", ["archive:///firm/archive", "s3://firm/archive"])
def test_that_an_address_is_told_from_a_path(text: str) -> None:
    assert resolved_format(Path(text), None) == "archive"


def test_that_the_folder_of_an_archive_is_known_by_its_tables(tmp_path: Path) -> None:
    (tmp_path / "market" / "_delta_log").mkdir(parents=True)
    assert resolved_format(tmp_path, None) == "archive"


@pytest.mark.slow
def test_that_the_same_run_recorded_again_adds_nothing(day: Path, tmp_path: Path) -> None:
    first = recorded(path=str(day), archive=str(tmp_path / "a"))
    files = sorted((tmp_path / "a").rglob("*.parquet"))
    recorded(path=str(day), archive=str(tmp_path / "a"))
    assert sorted((tmp_path / "a").rglob("*.parquet")) == files
    same_from_everywhere(first, tmp_path / "a", tmp_path / "again")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["inst"])
def test_that_a_shipped_session_is_the_same_from_its_archive(name: str, repository: Path, tmp_path: Path) -> None:
    first = recorded(path=str(repository / "resources" / "sessions" / name), archive=str(tmp_path / "a"))
    same_from_everywhere(first, tmp_path / "a", tmp_path / "again")


@pytest.mark.slow
def test_that_a_day_of_the_market_is_the_same_from_its_archive(shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "dbn" / "esm4_mbo_20240508_2s.dbn.zst"
    first = recorded(path=str(source), archive=str(tmp_path / "a"))
    same_from_everywhere(first, tmp_path / "a", tmp_path / "again")
    size = sum(file.stat().st_size for file in (tmp_path / "a" / "market").rglob("*.parquet"))
    assert size / first.rows_in <= 8.0  # bytes an event


@pytest.mark.slow
def test_that_a_cut_of_the_tech_day_is_the_same_from_its_archive(tmp_path: Path) -> None:
    settings = str(BPS_PRESET)
    world = str(cut_of_tech(tmp_path))
    first = recorded(path=world, archive=str(tmp_path / "a"), settings=settings, agent=True)
    same_from_everywhere(first, tmp_path / "a", tmp_path / "again", settings)
