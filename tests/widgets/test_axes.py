"""Axes in plain numbers: ticks are multiples of a step, inside the view, read back to their place."""

import math
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.units import SECOND
from app.widgets.axes import NO_TICKS, STEPS, ClockAxis, FigureAxis, Ticks, brief, step_of
from app.widgets.format import MINUS

START = 1_700_145_000 * SECOND
SPANS = st.integers(1_000, 30 * 86_400 * SECOND)
WIDTHS = st.floats(40, 3000)


def ticks_of(span: int, width: float, origin: int = START, where: tzinfo = UTC) -> Ticks:
    axis = ClockAxis()
    axis.origin, axis.where = origin, where
    return axis.ticks(0.0, span / SECOND, width)


# -- steps -----------------------------------------------------------------------------------------------------------


@given(st.floats(1, 1e18), st.floats(0.5, 100))
def test_that_the_step_is_the_smallest_that_is_enough(span: float, pieces: float) -> None:
    step = step_of(span, pieces)
    assert span / step <= pieces or step == STEPS[-1]
    assert all(span / other > pieces for other in STEPS if other < step)


@pytest.mark.parametrize("step", STEPS)
def test_that_every_step_divides_a_day_or_a_second(step: int) -> None:
    assert SECOND % step == 0 or 86_400 * SECOND % step == 0


# -- the clock -------------------------------------------------------------------------------------------------------


@given(SPANS, WIDTHS, st.integers(0, 86_400 * SECOND))
def test_that_clock_ticks_are_multiples_of_a_step_inside_the_view(span: int, width: float, offset: int) -> None:
    step, ticks, words = ticks_of(span, width, START + offset)
    assert len(words) == len(ticks)
    assert round(step * SECOND) in STEPS
    low, high = -1e-9, span / SECOND * (1 + 1e-9) + 1e-9
    for tick in ticks:
        assert low <= tick <= high
        away = (START + offset + round(tick * SECOND)) % round(step * SECOND)
        assert min(away, round(step * SECOND) - away) <= max(1, 1e-9 * span)
    assert ticks == sorted(set(ticks))
    assert len(ticks) <= 51


@given(st.integers(1_000_000, 86_400 * SECOND), WIDTHS)
def test_that_a_label_reads_back_to_the_place_of_its_tick(span: int, width: float) -> None:
    _, ticks, words = ticks_of(span, width)
    for tick, said in zip(ticks, words, strict=True):
        if said:
            hours, minutes, seconds = said.split(":")
            whole, _, rest = seconds.partition(".")
            told = (int(hours) * 3600 + int(minutes) * 60 + int(whole)) * SECOND + int(f"{rest:0<9}")
            assert abs(told - (START + round(tick * SECOND)) % (86_400 * SECOND)) <= 1


def test_that_labels_are_in_the_zone_of_the_axis() -> None:
    said = {}
    for where in (UTC, ZoneInfo("America/New_York"), timezone(timedelta(hours=5, minutes=30))):
        _, ticks, words = ticks_of(3600 * SECOND, 600, where=where)
        said[where] = words[0]
        expected = datetime.fromtimestamp(START // SECOND + round(ticks[0]), where)
        assert said[where].startswith(expected.strftime("%H:%M"))
    assert len(set(said.values())) == 3


def test_that_a_label_at_the_right_edge_is_left_out_rather_than_cut() -> None:
    hour = 3600 * SECOND
    _, ticks, words = ticks_of(hour, 900, START // hour * hour)
    assert words[0] == words[-2].replace(words[-2][:5], words[0][:5]) != ""
    assert (ticks[-1], words[-1]) == (3600.0, "")


# -- figures ---------------------------------------------------------------------------------------------------------


@given(st.floats(-1e5, 1e5), st.floats(1e-3, 1e6), st.floats(60, 900), st.sampled_from([0, 20]))
def test_that_figures_stand_inside_their_pane_and_below_what_must_stay_clear(
    low: float, span: float, height: float, clear: int
) -> None:
    high = low + span
    step, ticks, _ = FigureAxis(sign=True, clear=clear).ticks(low, high, height)
    for tick in ticks:
        assert low - step * 1e-6 <= tick <= high - clear / height * span + step * 1e-6
        assert tick / step == pytest.approx(round(tick / step), abs=1e-6)
    assert step / span * height >= 28 * (1 - 1e-6) or len(ticks) <= 1


@pytest.mark.parametrize(("low", "high", "size"), [(1, 1, 100), (2, 1, 100), (0, 1, 0), (0, 1, -5), (math.nan, 1, 9)])
def test_that_a_pane_without_room_or_range_has_no_labels(low: float, high: float, size: float) -> None:
    assert FigureAxis(sign=True).ticks(low, high, size) == NO_TICKS


@pytest.mark.parametrize("spacing", [0.01, 0.1, 0.5, 1.0, 20.0])
def test_that_bps_are_signed_with_the_digits_of_their_spacing_and_zero_has_no_sign(spacing: float) -> None:
    step, _, (below, zero, above) = FigureAxis(sign=True).ticks(-1.4 * spacing, 1.4 * spacing, 100)
    assert step == pytest.approx(spacing)
    assert (below[0], above[0]) == (MINUS, "+")
    assert float(above) == spacing
    assert below[1:] == above[1:]
    assert float(zero) == 0
    assert zero[0] == "0"


@given(st.integers(-999, 999), st.sampled_from([("", 1.0), ("k", 1e3), ("M", 1e6), ("G", 1e9)]))
def test_that_a_brief_count_reads_back_to_itself(count: int, unit: tuple[str, float]) -> None:
    letter, size = unit
    said = brief(count * size)
    if count:
        assert said == f"{count}{letter}"
    else:
        assert said == "0"


def test_that_an_axis_asked_again_says_the_same_and_another_range_another() -> None:
    axis = FigureAxis(sign=False)
    first = axis.ticks(0.0, 100.0, 300.0)
    assert axis.ticks(0.0, 100.0, 300.0) is first, "what has not moved is not worked out again"
    assert axis.ticks(0.0, 1000.0, 300.0).places[-1] == 1000.0
    assert axis.ticks(0.0, 100.0, 300.0) == first
