"""What a block takes the engine: the 99th percentile of the last ones, told once a second."""

import pytest

from app.runtime.latency import ENOUGH, KEPT, Latency


class Clock:
    """Says times in turn."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def taken(*micros: float) -> Latency:
    """After calls that took so long."""
    clock = Clock()
    latency = Latency(clock)

    def call(length: float) -> float:
        clock.now += length * 1e-6
        return length

    for length in micros:
        assert latency.timed(call, length) == length
    return latency


def test_that_the_figure_is_the_one_that_99_of_100_do_not_exceed() -> None:
    assert taken(*range(1, 101)).p99_us() == 99
    assert taken(*[5.0] * 199, 900.0).p99_us() == 5
    assert taken(*[5.0] * 150, *[123.4] * 50).p99_us() == 120, "two digits: the board keeps every text it is told"
    assert taken(*[0.04] * ENOUGH).p99_us() == 0


def test_that_few_calls_have_no_percentile_and_old_ones_are_forgotten() -> None:
    assert taken(*[5.0] * (ENOUGH - 1)).p99_us() is None
    assert taken(*[9000.0] * KEPT, *[7.0] * KEPT).p99_us() == 7


def test_that_it_is_told_once_a_second() -> None:
    clock = Clock()
    latency = Latency(clock)
    assert latency.due() is None
    for _ in range(ENOUGH):
        latency.timed(lambda: None)
    assert latency.due() == 0
    assert latency.due() is None
    clock.now = 0.99
    assert latency.due() is None
    clock.now = 1.0
    assert latency.due() == 0


def test_that_a_call_that_fails_fails() -> None:
    with pytest.raises(ZeroDivisionError):
        Latency().timed(divmod, 1, 0)
