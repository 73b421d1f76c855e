"""A day recorded live under faults, a hundred seeds and more: every row in the archive once, the figures unchanged."""

import random
from pathlib import Path

import pytest

from scripts.kafka import Broker
from tests.feeds.kafka.wire import small_day
from tests.parts.faults import FAULTS, Fault, Trial, failing_store, store_fails
from tests.parts.kafka import broker, own_broker
from tests.parts.kdb_day import connection_cut
from tests.parts.recording import judge

__all__ = ["broker", "own_broker"]
pytestmark = pytest.mark.prove
SEEDS = range(10)


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_day(tmp_path_factory.mktemp("day") / "session")


def run(fault: Fault, trial: Trial) -> None:
    try:
        trial.judge(fault(trial))
    finally:
        trial.close()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", [name for name in FAULTS if name != "broker killed"])
def test_that_a_day_under_faults_is_recorded_once_and_its_figures_stand(
    name: str, seed: int, day: Path, broker: Broker, tmp_path: Path
) -> None:
    run(FAULTS[name], Trial(day=day, work=tmp_path, broker=broker, draw=random.Random(f"{name} {seed}")))


@pytest.mark.parametrize("seed", SEEDS)
def test_that_a_broker_killed_behind_any_message_costs_nothing(
    seed: int, day: Path, own_broker: Broker, tmp_path: Path
) -> None:
    run(FAULTS["broker killed"], Trial(day=day, work=tmp_path, broker=own_broker, draw=random.Random(seed)))


@pytest.mark.parametrize("seed", SEEDS)
def test_that_a_store_that_answers_503_costs_nothing(
    seed: int, day: Path, broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = random.Random(seed)
    with failing_store(draw) as (environment, mend):
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        trial = Trial(day=day, work=tmp_path, broker=broker, draw=draw)
        try:
            recorded = store_fails(trial)
            recorded.report()
            mend()
            trial.judge(recorded)
        finally:
            trial.close()


@pytest.mark.parametrize("seed", SEEDS)
def test_that_connections_of_kdb_cut_in_the_middle_of_messages_cost_nothing(
    seed: int, day: Path, tmp_path: Path
) -> None:
    with connection_cut(day, tmp_path, random.Random(seed)) as (recorded, settings):
        judge(day, settings, recorded, [], late=None)
