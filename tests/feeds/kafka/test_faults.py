"""A broker killed, a partition given away and back, an engine killed: nothing lost, nothing twice, the same figures."""

from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.kafka import Broker
from tests.feeds.kafka.faults import broker_killed, engine_killed, partition_reassigned
from tests.feeds.kafka.wire import small_day

pytestmark = pytest.mark.slow
Write = Callable[..., Path]


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_day(tmp_path_factory.mktemp("day") / "session")


def test_that_a_broker_killed_and_started_again_costs_nothing(own_broker: Broker, day: Path, tmp_path: Path) -> None:
    broker_killed(own_broker, day, tmp_path)


def test_that_a_partition_given_away_and_back_is_read_once(day: Path, settings_file: Write, tmp_path: Path) -> None:
    partition_reassigned(day, settings_file, tmp_path)


def test_that_an_engine_killed_at_any_moment_goes_on_where_its_tape_ends(
    day: Path, settings_file: Write, tmp_path: Path
) -> None:
    engine_killed(day, settings_file, tmp_path, seed=1, times=1)
