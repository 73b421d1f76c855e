"""The level light: thresholds, hysteresis, dwell, words; undefined is never green."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.status import CAVEAT, Level, Mode, Thresholds
from app.engine.units import SECOND

S = SECOND


def level_of(mode: Mode, value: float | None) -> str:
    return Level(mode).step(0, value)[0]


@pytest.mark.parametrize(
    ("z", "level"), [(0.0, "GREEN"), (1.99, "GREEN"), (2.0, "AMBER"), (2.99, "AMBER"), (3.0, "RED"), (50.0, "RED")]
)
def test_that_cost_z_turns_amber_at_two_and_red_at_three_on_either_side(z: float, level: str) -> None:
    assert level_of("z", z) == level
    assert level_of("z", -z) == level


@pytest.mark.parametrize(
    ("bps", "level"),
    [
        (-9.0, "QUIET"),
        (0.5, "QUIET"),
        (0.51, "GREEN"),
        (1.99, "GREEN"),
        (2.0, "AMBER"),
        (3.99, "AMBER"),
        (4.0, "RED"),
    ],
)
def test_that_the_bps_preset_has_its_own_thresholds_and_a_gain_is_quiet(bps: float, level: str) -> None:
    assert level_of("bps", bps) == level


@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("mode", ["z", "bps"])
def test_that_an_undefined_value_is_not_available_with_its_reason(mode: Mode, value: float | None) -> None:
    assert Level(mode).step(5, value, "arrival: halt") == ("N/A", "arrival: halt")
    assert Level(mode).step(5, value) == ("N/A", "undefined")


def test_that_a_light_begins_not_available() -> None:
    assert Level().state() == ("z", "N/A", 0)


def bps(light: Level, ts: int, value: float | None) -> str:
    return light.step(ts, value)[0]


def test_that_amber_is_left_below_three_quarters_and_only_after_ten_seconds() -> None:
    light = Level("bps")
    assert bps(light, 0, 2.0) == "AMBER"
    assert bps(light, 10 * S - 1, 0.0) == "AMBER"
    assert bps(light, 10 * S, 1.5) == "AMBER"
    assert bps(light, 10 * S, 1.49) == "GREEN"
    assert bps(light, 10 * S, 1.9) == "GREEN"
    assert bps(light, 10 * S, 0.2) == "QUIET"


def test_that_red_falls_to_amber_below_three_and_each_fall_waits_again() -> None:
    light = Level("bps")
    bps(light, 0, 5.0)
    assert bps(light, 20 * S, 3.0) == "RED"
    assert bps(light, 21 * S, 2.99) == "AMBER"
    assert light.since == 21 * S
    assert bps(light, 30 * S, 0.0) == "AMBER"
    assert bps(light, 31 * S, 0.0) == "QUIET"


def test_that_red_falls_straight_to_quiet_when_the_cost_is_gone_and_to_amber_while_amber_would_hold() -> None:
    light = Level("bps")
    bps(light, 0, 5.0)
    assert bps(light, 10 * S, 0.0) == "QUIET"
    held = Level("bps")
    bps(held, 0, 5.0)
    assert bps(held, 10 * S, 1.7) == "AMBER"


def test_that_a_rise_is_shown_at_once() -> None:
    light = Level("bps")
    assert [bps(light, 1, value) for value in (0.1, 1.0, 2.5, 4.0)] == ["QUIET", "GREEN", "AMBER", "RED"]


def test_that_a_value_in_its_own_band_keeps_the_level_and_the_time_it_was_entered() -> None:
    light = Level("bps")
    for ts in (3 * S, 5 * S, 40 * S):
        assert bps(light, ts, 3.9) == "AMBER"
    assert light.since == 3 * S


def test_that_not_available_is_shown_at_once_and_forgets_what_was_held() -> None:
    light = Level("bps")
    bps(light, 0, 5.0)
    assert bps(light, 1, None) == "N/A"
    assert light.since == 1
    assert bps(light, 2, 1.7) == "GREEN"


def test_that_the_default_light_follows_its_value_without_delay() -> None:
    light = Level()
    assert [light.step(0, z)[0] for z in (3.5, -2.9, 1.9, 0.1, 2.0)] == ["RED", "AMBER", "GREEN", "GREEN", "AMBER"]


def test_that_thresholds_come_from_the_settings() -> None:
    light = Level("z", Thresholds(1.0, 5.0, leave=0.5, dwell_ns=2))
    assert light.step(0, 1.0)[0] == "AMBER"
    assert light.step(1, 0.1)[0] == "AMBER"
    assert light.step(2, 0.5)[0] == "AMBER"
    assert light.step(2, 0.4)[0] == "GREEN"
    assert Thresholds(1.0, 2.0) == (1.0, 2.0, None, 1.0, 0)


def test_that_the_reason_says_the_figures_in_words() -> None:
    light = Level()
    assert light.step(0, 0.4)[1] == "cost z 0.40, below 2"
    assert light.step(0, -2.417, "cost -5.1 bps, expected 1.2")[1] == (
        "cost z -2.42: 2 or more cheaper than expected (cost -5.1 bps, expected 1.2)"
    )
    assert light.step(0, 3.0)[1] == "cost z 3.00, at or above 3"


def test_that_the_preset_always_says_that_raw_bps_turn_amber_on_half_of_all_clean_orders() -> None:
    light = Level("bps")
    assert CAVEAT == "raw bps turn amber on half of all clean orders"
    assert light.step(0, 0.3)[1] == f"cost 0.30 bps, at most 0.5; {CAVEAT}"
    assert light.step(0, 1.0)[1] == f"cost 1.00 bps, below 2; {CAVEAT}"
    assert light.step(0, 2.0, "arrival")[1] == f"cost 2.00 bps, at or above 2 (arrival); {CAVEAT}"
    assert light.step(0, 1.6)[1] == f"cost 1.60 bps, held after 2 until below 1.5 and 10 s have passed; {CAVEAT}"
    assert light.step(0, 4.5)[1] == f"cost 4.50 bps, at or above 4; {CAVEAT}"
    assert light.step(0, 1.0)[1] == f"cost 1.00 bps, held after 4 until below 3 and 10 s have passed; {CAVEAT}"


def test_that_a_level_held_without_dwell_does_not_speak_of_time() -> None:
    light = Level("z", Thresholds(2.0, 3.0, leave=0.75))
    light.step(0, 2.0)
    assert light.step(0, 1.6)[1] == "cost z 1.60, held after 2 until below 1.5"


STEPS = st.lists(st.tuples(st.integers(0, 5 * S), st.none() | st.floats(-1, 6)), max_size=20)


@given(st.sampled_from(("z", "bps")), STEPS, STEPS)
def test_that_a_light_goes_on_from_its_state(
    mode: Mode, first: list[tuple[int, float | None]], then: list[tuple[int, float | None]]
) -> None:
    light, ts = Level(mode), 0
    for gap, value in first:
        ts += gap
        light.step(ts, value)
    twin = Level.from_state(light.state())
    assert twin.state() == light.state()
    for gap, value in then:
        ts += gap
        assert twin.step(ts, value) == light.step(ts, value)


def test_that_a_restored_light_takes_the_thresholds_of_the_settings() -> None:
    light = Level.from_state(("bps", "AMBER", 7), Thresholds(1.0, 2.0))
    assert (light.mode, light.level, light.since, light.thresholds.amber) == ("bps", "AMBER", 7, 1.0)


@given(STEPS)
def test_that_a_light_is_never_below_what_its_value_says_and_never_green_without_one(
    steps: list[tuple[int, float | None]],
) -> None:
    rank = {"N/A": 0, "QUIET": 1, "GREEN": 2, "AMBER": 3, "RED": 4}
    light, ts = Level("bps"), 0
    for gap, value in steps:
        ts += gap
        level, reason = light.step(ts, value)
        assert reason
        if value is None:
            assert level == "N/A"
        else:
            assert rank[level] >= rank[level_of("bps", value)]
