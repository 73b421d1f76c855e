"""Planned against done, expected finish and rest, where the limit stands, time and volume inside it."""

import random

import pytest

from app.engine.metrics.schedule import (
    InsideLimit,
    Plan,
    Progress,
    expected_finish_ns,
    expected_unfilled,
    limit_distance_bps,
    limit_state,
    planned_qty,
)

LINE = Plan(qty=1000, arrival_ns=90, start_ns=100, end_ns=300)


def done(quantity: int, fills: int = 10, squares: int = 0, volume: int = 0) -> Progress:
    return Progress(quantity, fills, squares, volume)


@pytest.mark.parametrize(
    ("now", "planned"), [(90, 0.0), (100, 0.0), (101, 5.0), (150, 250.0), (300, 1000.0), (400, 1000.0)]
)
def test_that_a_line_is_planned_between_start_and_end(now: int, planned: float) -> None:
    assert planned_qty(LINE, done(0), now) == (planned, "")


def test_that_a_line_without_a_start_begins_at_arrival() -> None:
    assert planned_qty(LINE._replace(start_ns=None), done(0), 195).value == 500.0
    assert LINE.start() == 100
    assert LINE._replace(start_ns=None).start() == 90
    assert LINE._replace(start_ns=0).start() == 0


def test_that_a_target_rate_follows_the_volume_up_to_the_total() -> None:
    plan = LINE._replace(target_pov=0.25)
    assert planned_qty(plan, done(0, volume=400), 150).value == 100.0
    assert planned_qty(plan, done(0, volume=40_000), 150).value == 1000.0
    assert planned_qty(plan._replace(end_ns=None), done(0, volume=400), 150).value == 100.0
    assert planned_qty(LINE._replace(target_pov=0.0), done(0), 200).value == 500.0


def test_that_without_a_schedule_nothing_is_planned() -> None:
    bare = Plan(qty=1000, arrival_ns=90)
    assert (bare.start_ns, bare.end_ns, bare.target_pov) == (None, None, None)
    assert planned_qty(bare, done(0), 200) == (None, "no schedule")
    assert planned_qty(LINE._replace(end_ns=100), done(0), 200) == (None, "no schedule")
    assert planned_qty(LINE._replace(end_ns=101), done(0), 200).value == 1000.0


def test_that_the_finish_is_expected_at_the_rate_so_far_rounded_up() -> None:
    assert expected_finish_ns(LINE, done(500), 200) == (300, "")
    assert expected_finish_ns(LINE, done(300), 200).value == 200 + 234
    assert expected_finish_ns(LINE, done(1000), 200).value == 200
    assert expected_finish_ns(LINE, done(1200), 200).value == 200
    assert expected_finish_ns(LINE, done(999), 200).value == 201
    assert expected_finish_ns(LINE, done(1), 101).value == 101 + 999
    assert expected_finish_ns(LINE, done(0), 200) == (None, "nothing done yet")
    assert expected_finish_ns(LINE, done(5), 100) == (None, "nothing done yet")


def test_that_the_rest_at_the_end_is_what_the_rate_leaves_over() -> None:
    left = expected_unfilled(LINE, done(200, squares=10 * 20 * 20), 200).value
    assert left is not None
    assert left.expected == 600.0
    # as much time ahead as behind: variance = squares * 1 * (1 + 1)
    band = 1.6448536269514722 * (2 * 4000) ** 0.5
    assert left.low == pytest.approx(600 - band, rel=1e-14)
    assert left.high == pytest.approx(600 + band, rel=1e-14)
    ahead = expected_unfilled(LINE, done(200, squares=4000), 150).value
    assert ahead is not None
    assert ahead.expected == 200.0
    assert ahead.high == pytest.approx(200 + 1.6448536269514722 * (4000 * 3 * 4) ** 0.5, rel=1e-14)


def test_that_the_interval_stays_between_nothing_and_all_that_is_left() -> None:
    left = expected_unfilled(LINE, done(500, squares=250_000), 200).value
    assert left is not None
    assert (left.expected, left.low, left.high) == (0.0, 0.0, 500.0)
    assert expected_unfilled(LINE, done(600, squares=0), 200).value == (0.0, 0.0, 0.0)


def test_that_below_eight_fills_there_is_no_interval() -> None:
    assert expected_unfilled(LINE, done(200, fills=7), 200).value == (600.0, None, None)
    assert expected_unfilled(LINE, done(800, fills=7), 200).value == (0.0, None, None)
    assert expected_unfilled(LINE, done(200, fills=8), 200).value == (600.0, 600.0, 600.0)


def test_that_at_the_end_and_when_done_the_rest_is_known() -> None:
    assert expected_unfilled(LINE, done(200, fills=1), 300).value == (800.0, 800.0, 800.0)
    assert expected_unfilled(LINE, done(200, fills=1), 999).value == (800.0, 800.0, 800.0)
    assert expected_unfilled(LINE, done(1000, fills=1), 50).value == (0.0, 0.0, 0.0)
    assert expected_unfilled(LINE, done(1300, fills=1), 300).value == (0.0, 0.0, 0.0)
    assert expected_unfilled(LINE, done(199, fills=1), 299).value == (800.0, None, None)


def test_that_without_an_end_or_before_the_start_nothing_is_expected() -> None:
    assert expected_unfilled(LINE._replace(end_ns=None), done(5), 200) == (None, "no end time")
    assert expected_unfilled(LINE, done(5), 100) == (None, "not started")
    assert expected_unfilled(LINE, done(2, fills=1), 101).value == (600.0, None, None)


@pytest.mark.parametrize("side", [1, -1])
def test_that_the_distance_to_the_limit_is_room_and_negative_beyond_it(side: int) -> None:
    assert limit_distance_bps(side, 1000 + side * 10, 2000) == 100.0
    assert limit_distance_bps(side, 1000 - side * 10, 2000) == -100.0
    assert limit_distance_bps(side, None, 2000) is None
    assert limit_distance_bps(side, 1000, None) is None


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize(
    ("limit", "state"),
    [
        (9_999, "away"), (10_000, "at"), (10_001, "at"), (10_002, "near"), (10_006, "near"), (10_008, "inside"),
        (20_000, "inside"),
    ],
)  # fmt: skip
def test_that_the_state_says_what_the_limit_allows(side: int, limit: int, state: str) -> None:
    bid, ask = (10_000, 10_002) if side > 0 else (20_000 - 10_002, 10_000)
    assert limit_state(side, limit if side > 0 else 20_000 - limit, bid, ask) == state


def test_that_a_one_sided_market_tells_what_it_can() -> None:
    assert limit_state(1, None, 10, 12) == "none"
    assert limit_state(1, 9, 10, None) == "away"
    assert limit_state(1, 10, 10, None) == "unknown"
    assert limit_state(1, 11, None, 12) == "unknown"
    assert limit_state(1, 12, None, 12) == "near"
    assert limit_state(-1, 13, None, 12) == "away"
    assert limit_state(-1, 12, None, 12) == "unknown"
    assert limit_state(-1, 9_000, 10_000, None) == "inside"
    assert limit_state(1, 5, None, None) == "unknown"


def test_that_a_negative_price_has_its_own_five_bps() -> None:
    assert limit_state(1, -9_998, -10_004, -10_002) == "near"
    assert limit_state(1, 20_010, 19_000, 20_000) == "near"
    assert limit_state(1, 20_011, 19_000, 20_000) == "inside"
    assert limit_state(1, -9_000, -10_004, -10_002) == "inside"


def test_that_time_and_volume_inside_the_limit_leave_out_what_is_unknown() -> None:
    sums = InsideLimit(100, 1000, True)
    sums.step(130, 1500, False)
    sums.step(140, 2000, None)
    sums.step(900, 9000, True)
    sums.step(960, 9100, True)
    assert (sums.ns_inside, sums.ns_total) == (90, 100)
    assert (sums.volume_inside, sums.volume_total) == (600, 1100)
    assert sums.time_share() == 0.9
    assert sums.volume_share() == 600 / 1100
    assert InsideLimit(0, 0, None).time_share() is None
    assert InsideLimit(0, 0, None).volume_share() is None


def test_that_a_look_in_between_changes_nothing_and_the_sums_survive_their_state() -> None:
    rng = random.Random(1)
    sums, often = InsideLimit(0, 0, True), InsideLimit(0, 0, True)
    ts = volume = 0
    answer: bool | None = True
    for _ in range(20):
        often.step(ts + 1, volume + 1, answer)
        ts, volume, answer = ts + rng.randrange(2, 9), volume + rng.randrange(2, 9), rng.choice((True, False, None))
        often = InsideLimit.from_state(often.state())
        often.step(ts, volume, answer)
        sums.step(ts, volume, answer)
    assert often.state() == sums.state()
    with pytest.raises(ValueError, match=r"shorter|longer"):
        InsideLimit.from_state(sums.state()[1:])
