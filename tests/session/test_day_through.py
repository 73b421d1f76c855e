"""A day of a market through a real broker and through tables of kdb+: in all of them, and behind them, one outcome.

`make prove-b` does the same with the whole TECH day (tests/prove_b/test_day_proof.py).
"""

from pathlib import Path

import pytest

from app.runtime.outputs import RunReport
from scripts.kafka import Broker
from tests.parts.day_through import cut_of_tech, in_process, judge_day, lived_through_kdb, through_kafka
from tests.parts.kafka import broker

__all__ = ["broker"]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The first minutes of TECH."""
    return str(cut_of_tech(tmp_path_factory.mktemp("world")))


@pytest.fixture(scope="module")
def plain(world: str) -> RunReport:
    return in_process(world)


def test_that_a_cut_of_tech_recorded_from_a_broker_has_the_figures_of_the_session_everywhere(
    world: str, plain: RunReport, broker: Broker, tmp_path: Path
) -> None:
    judge_day(plain, *through_kafka(world, broker, tmp_path), tmp_path)


def test_that_a_cut_of_tech_through_tables_of_kdb_has_the_figures_of_the_session(
    world: str, plain: RunReport, tmp_path: Path
) -> None:
    live = lived_through_kdb(world, tmp_path)
    assert (live.output_hash, live.input_hash) == (plain.output_hash, plain.input_hash)
    assert (live.rows_in, live.rows_quarantined) == (plain.rows_in, 0)
