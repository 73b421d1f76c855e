"""Jumps of a pace, and how far a stepped feed may go at once."""

import pytest

from app.engine.units import MILLISECOND, SECOND
from app.runtime.pace import Pace
from app.runtime.route import NO_LIMIT


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("speed", "expected"),
    [(1.0, 10 * MILLISECOND), (60.0, 600 * MILLISECOND), (0.01, MILLISECOND), (1e6, 5 * SECOND), (None, 5 * SECOND)],
)
def test_that_a_step_is_ten_milliseconds_of_the_wall_within_bounds(speed: float | None, expected: int) -> None:
    assert Pace(speed).stride() == expected


def test_that_a_jump_is_flat_out_to_its_time_and_goes_on_at_the_old_speed() -> None:
    clock = Clock()
    pace = Pace(10.0, clock)
    pace.start(0)
    clock.now += 1
    assert pace.until() == 10 * SECOND
    pace.jump(500 * SECOND)
    assert (pace.until(), pace.jumping, pace.stride()) == (500 * SECOND, True, 5 * SECOND)
    pace.reached(300 * SECOND)
    assert pace.until() == 500 * SECOND
    clock.now += 7
    pace.reached(500 * SECOND)
    assert not pace.jumping
    assert (pace.speed, pace.until()) == (10.0, 500 * SECOND)
    clock.now += 2
    assert pace.until() == 520 * SECOND


def test_that_a_jump_with_nothing_left_before_its_time_is_over() -> None:
    clock = Clock()
    pace = Pace(10.0, clock)
    pace.start(0)
    pace.jump(500 * SECOND)
    pace.wait(501 * SECOND, 0.0)
    assert (pace.jumping, pace.until()) == (False, 500 * SECOND)


def test_that_a_paused_run_jumps_and_stands_there() -> None:
    clock = Clock()
    pace = Pace(10.0, clock)
    pace.start(0)
    pace.pause()
    pace.jump(500 * SECOND)
    assert pace.until() == 500 * SECOND
    pace.reached(500 * SECOND)
    clock.now += 50
    assert (pace.paused, pace.until()) == (True, 500 * SECOND)


def test_that_a_speed_told_during_a_jump_counts_from_its_end() -> None:
    clock = Clock()
    pace = Pace(10.0, clock)
    pace.start(0)
    pace.jump(500 * SECOND)
    clock.now += 3
    pace.set_speed(2.0)
    assert pace.until() == 500 * SECOND
    pace.reached(500 * SECOND)
    clock.now += 1
    assert pace.until() == 502 * SECOND
    pace.set_speed(None)
    pace.jump(600 * SECOND)
    pace.reached(600 * SECOND)
    assert pace.until() == NO_LIMIT
