"""From a producer outside Python to the engine: how old rows are when they are applied, at 50,000 events a second."""

from pathlib import Path

import pytest

from scripts.kafka import Broker
from tests.bench.bench_live import P50_MS, P99_MS, Plan, measured
from tests.parts.kafka import fast_broker

__all__ = ["fast_broker"]
pytestmark = pytest.mark.prove


def test_that_rows_are_applied_within_milliseconds_while_own_flow_is_silent_for_ten_seconds(
    fast_broker: Broker, tmp_path: Path
) -> None:
    ages = measured(fast_broker.address, tmp_path, Plan(rate=50_000.0, seconds=33.0, silence=10.0))
    print(ages.words())
    assert ages.own_rows == 4 * 20
    assert ages.rate >= 49_000
    assert ages.p50 <= P50_MS, ages.words()
    assert ages.p99 <= P99_MS, ages.words()
