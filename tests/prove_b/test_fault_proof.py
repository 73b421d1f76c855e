"""A day recorded live under faults, a hundred seeds and more: every row in the archive once, the figures unchanged."""

import random
from pathlib import Path

import pytest

from scripts.kafka import Broker
from tests.feeds.kafka.wire import replayed, small_day
from tests.parts.faults import FAULTS, Fault, Trial, failing_store, store_fails
from tests.parts.kafka import broker, own_broker
from tests.parts.recording import Recorded, rows_of_day

__all__ = ["broker", "own_broker"]
pytestmark = pytest.mark.prove
SEEDS = range(10)


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_day(tmp_path_factory.mktemp("day") / "session")


def judged(trial: Trial, recorded: Recorded) -> None:
    """The archive holds what was sent, the figures are those of a run without faults, the rest is set aside."""
    report = recorded.report()
    plain = replayed(trial.day, trial.settings)
    assert recorded.rows() == rows_of_day(trial.day)
    assert recorded.parents() == sorted(str(name) for name in plain.tables["parents"]["parent_id"])
    assert recorded.quarantined() == trial.where()
    assert report.output_hash == plain.report.output_hash


def run(fault: Fault, trial: Trial) -> None:
    recorded = fault(trial)
    try:
        judged(trial, recorded)
    finally:
        recorded.close()


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
        recorded = store_fails(trial)
        try:
            recorded.report()
            mend()
            judged(trial, recorded)
        finally:
            recorded.close()
