"""Pace: event time against a clock that the tests drive."""

import threading

from app.engine.units import SECOND
from app.runtime.pace import Pace
from app.runtime.route import NO_LIMIT


class Wall:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def paced(speed: float | None) -> tuple[Pace, Wall]:
    wall = Wall()
    pace = Pace(speed, wall)
    pace.start(1000 * SECOND)
    return pace, wall


def test_that_flat_out_has_no_limit() -> None:
    pace, _ = paced(None)
    assert pace.until() == NO_LIMIT


def test_that_event_time_runs_at_the_speed_asked_for() -> None:
    pace, wall = paced(10.0)
    assert pace.until() == 1000 * SECOND
    wall.now += 2
    assert pace.until() == 1020 * SECOND


def test_that_only_the_first_start_sets_the_clock() -> None:
    pace, wall = paced(1.0)
    wall.now += 5
    pace.start(0)
    assert pace.until() == 1005 * SECOND


def test_that_nothing_is_due_before_the_start() -> None:
    assert Pace(1.0, Wall()).until() < 0


def test_that_a_new_speed_goes_on_from_where_it_was() -> None:
    pace, wall = paced(10.0)
    wall.now += 1
    pace.set_speed(2.0)
    wall.now += 1
    assert pace.until() == 1012 * SECOND
    assert pace.speed == 2.0


def test_that_a_pause_stands_still_and_skips_nothing() -> None:
    pace, wall = paced(10.0)
    wall.now += 1
    pace.pause()
    wall.now += 50
    assert pace.paused
    assert pace.until() == 1010 * SECOND
    pace.resume()
    wall.now += 1
    assert pace.until() == 1020 * SECOND


def test_that_a_speed_set_in_a_pause_counts_after_it() -> None:
    pace, wall = paced(10.0)
    pace.pause()
    pace.set_speed(1.0)
    wall.now += 5
    assert pace.paused
    pace.resume()
    wall.now += 3
    assert pace.until() == 1003 * SECOND


def test_that_flat_out_may_be_slowed_from_where_it_has_come() -> None:
    pace, wall = paced(None)
    pace.reached(5000 * SECOND)
    wall.now += 7
    pace.set_speed(1.0)
    wall.now += 1
    assert pace.until() == 5001 * SECOND


def test_that_flat_out_may_be_paused_and_resumed() -> None:
    pace, _ = paced(None)
    pace.reached(5000 * SECOND)
    pace.pause()
    assert pace.until() == 5000 * SECOND
    pace.resume()
    assert pace.until() == NO_LIMIT


def test_that_a_paced_run_ignores_how_far_it_has_come() -> None:
    pace, _ = paced(1.0)
    pace.reached(5000 * SECOND)
    assert pace.until() == 1000 * SECOND


def test_that_waiting_ends_with_a_command() -> None:
    pace, _ = paced(1.0)
    done = threading.Event()

    def wait() -> None:
        pace.wait(10_000 * SECOND, 60.0)
        done.set()

    thread = threading.Thread(target=wait)
    thread.start()
    pace.stop()
    assert done.wait(10)
    assert pace.stopped
    thread.join()


def test_that_resting_ends_with_a_command_and_never_begins_once_stopped() -> None:
    pace, _ = paced(None)
    pace.rest(0.01)
    thread = threading.Thread(target=pace.rest, args=(60.0,))
    thread.start()
    pace.stop()
    thread.join(10)
    assert not thread.is_alive()
    pace.rest(1e9)


def test_that_waiting_for_what_is_due_does_not_wait() -> None:
    pace, wall = paced(1.0)
    wall.now += 10
    pace.wait(1001 * SECOND, 1e9)
    pace.stop()
    pace.wait(10_000 * SECOND, 1e9)


def test_that_waiting_lasts_no_longer_than_allowed() -> None:
    pace, _ = paced(1.0)
    pace.wait(10_000 * SECOND, 0.01)
    pace.pause()
    pace.wait(10_000 * SECOND, 0.01)
    assert not pace.stopped
