"""The TECH day, whole: the same outcome in this process, through a broker, through kdb+, from archive and export."""

from pathlib import Path

import pytest

from app.runtime.outputs import RunReport
from app.settings import BPS_PRESET
from scripts.kafka import Broker
from tests.parts.day_through import in_process, judge_day, through_kafka, through_kdb
from tests.parts.kafka import broker
from tests.session.test_archiving import recorded, same_from_everywhere
from tests.session.test_live_kdb import ends_as_its_replay

__all__ = ["broker"]
pytestmark = pytest.mark.prove
WORLD = "tech"


@pytest.fixture(scope="module")
def plain() -> RunReport:
    """The day without any plumbing."""
    return in_process(WORLD)


def test_that_the_tech_day_recorded_without_plumbing_is_the_same_everywhere(tmp_path: Path) -> None:
    first = recorded(path=WORLD, archive=str(tmp_path / "a"), settings=str(BPS_PRESET), agent=True)
    same_from_everywhere(first, tmp_path / "a", tmp_path / "again", str(BPS_PRESET))


def test_that_the_tech_day_recorded_from_a_broker_is_the_same_everywhere(
    plain: RunReport, broker: Broker, tmp_path: Path
) -> None:
    report, recorded = through_kafka(WORLD, broker, tmp_path)
    assert report.rows_late == 0, "one partition keeps the order"
    judge_day(plain, report, recorded, tmp_path)


@pytest.mark.parametrize("query", [False, True], ids=["by log", "by query"])
def test_that_the_tech_day_recorded_from_tables_of_kdb_is_the_same_everywhere(
    plain: RunReport, query: bool, tmp_path: Path
) -> None:
    judge_day(plain, *through_kdb(WORLD, tmp_path, query=query), tmp_path)


@pytest.mark.parametrize("query", [True, False], ids=["by query", "by log"])
@pytest.mark.parametrize("ahead", [True, False], ids=["live", "caught up"])
def test_that_the_shipped_day_through_a_tickerplant_ends_as_its_replay(
    tmp_path: Path, query: bool, ahead: bool
) -> None:
    ends_as_its_replay(tmp_path, query, ahead)
