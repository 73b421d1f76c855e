"""The plan of a day: auctions, halts and the close in the only order that makes sense, news and pins in place."""

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.units import SECOND
from app.feeds.simulator import World
from app.feeds.simulator import cells as c
from app.feeds.simulator.flow import _news, _path, _plan, _weather, decay_of, outside_of, steps_of, ticks_per_bps
from app.feeds.simulator.world import Halt, News, Noise
from tests.feeds.simulator.small import small_world

WORLD = small_world("tech_quiet")
OPEN = WORLD.ns(WORLD.open)
DAY_S = 1_200
MINUTES = st.floats(0.001, 3.0)


def planned(world: World) -> list[tuple[int, int, int]]:
    """The plan: ns after the open, kind, mark."""
    return _plan(world, OPEN)


def halted(*halts: tuple[int, float], reopening: int = 900) -> World:
    """The world with halts: seconds after the open, minutes."""
    clocks = [(f"09:{30 + at // 60}:{at % 60:02}", minutes) for at, minutes in halts]
    return msgspec.structs.replace(
        WORLD, halts=tuple(Halt(at=at, minutes=minutes, reopening=reopening) for at, minutes in clocks)
    )


def test_that_a_plain_day_gathers_crosses_opens_gathers_crosses_and_closes() -> None:
    assert planned(WORLD) == [
        (-120 * SECOND, c.AUCTION_BEGINS, 0), (0, c.CROSSING, WORLD.volume.opening), (1_000_000, c.OPENS, 0),
        (DAY_S * SECOND, c.AUCTION_BEGINS, 0), (DAY_S * SECOND + SECOND // 2, c.CROSSING, WORLD.volume.closing),
        (DAY_S * SECOND + SECOND, c.CLOSES, 0),
    ]  # fmt: skip


@given(at=st.integers(1, 900), minutes=MINUTES)
def test_that_a_halt_of_any_length_halts_then_gathers_then_crosses_then_reopens(at: int, minutes: float) -> None:
    plan = planned(halted((at, minutes)))
    assert [kind for _, kind, _ in plan[3:7]] == [c.HALTS, c.AUCTION_BEGINS, c.CROSSING, c.REOPENS]
    times = [when for when, _, _ in plan]
    assert times == sorted(times)
    assert len(set(times)) == len(times)
    halt, gathers, crosses, reopens = times[3:7]
    assert halt == at * SECOND
    assert crosses - gathers <= 30 * SECOND
    assert abs(crosses - halt - minutes * 60 * SECOND) <= SECOND
    assert reopens > crosses
    assert plan[5][2] == 900


@given(st.lists(st.tuples(st.integers(0, 5), MINUTES), min_size=1, max_size=4, unique_by=lambda one: one[0]))
def test_that_halts_apart_do_not_mix_whatever_their_order_in_the_file(halts: list[tuple[int, float]]) -> None:
    plan = planned(halted(*((10 + 190 * slot, minutes) for slot, minutes in halts)))
    inside = [kind for _, kind, _ in plan[3:-3]]
    assert inside == [c.HALTS, c.AUCTION_BEGINS, c.CROSSING, c.REOPENS] * len(halts)


@pytest.mark.slow
def test_that_the_outside_of_a_day_has_every_planned_event_once_and_in_order() -> None:
    world = halted((300, 2.0), (700, 0.1))
    outside = outside_of(world)
    own = ~np.isin(outside.kinds, [c.ORDER, c.DARK_ORDER, c.REFRESH])
    told = zip(
        (outside.times[own] - OPEN).tolist(), outside.kinds[own].tolist(), outside.marks[own].tolist(), strict=True
    )
    assert list(told) == planned(world)
    assert bool(np.all(np.diff(outside.times) >= 0))


def test_that_a_halt_changes_nothing_of_what_comes_from_outside() -> None:
    plain, other = outside_of(WORLD), outside_of(halted((300, 2.0)))
    for kind in (c.ORDER, c.DARK_ORDER, c.REFRESH):
        for column in ("times", "marks"):
            one = getattr(plain, column)[plain.kinds == kind]
            assert np.array_equal(one, getattr(other, column)[other.kinds == kind])
    assert np.array_equal(plain.path, other.path)


@pytest.mark.slow
@given(volume=st.floats(0.1, 5.0), volatility=st.floats(0.1, 5.0), at=st.integers(0, DAY_S - 1))
def test_that_news_changes_nothing_before_it_and_stays_between_one_and_its_factor(
    volume: float, volatility: float, at: int
) -> None:
    news = News(at=f"09:{30 + at // 60}:{at % 60:02}", volume=volume, volatility=volatility, rise_s=20.0, fade_s=600.0)
    factors = _news(msgspec.structs.replace(WORLD, news=(news,)), steps_of(WORLD))
    assert bool(np.all(factors[:, : 10 * at + 1] == 1.0))
    for row, factor in zip(factors, (volume, volatility), strict=True):
        low, high = sorted((1.0, factor))
        assert bool(np.all((row >= low - 1e-12) & (row <= high + 1e-12)))


def test_that_two_notes_add_what_each_brings() -> None:
    notes = [News(at=at, volume=2.0, volatility=3.0) for at in ("09:35:00", "09:40:00")]
    one, two, both = (
        _news(msgspec.structs.replace(WORLD, news=tuple(some)), steps_of(WORLD))
        for some in (notes[:1], notes[1:], notes)
    )
    assert both - 1.0 == pytest.approx((one - 1.0) + (two - 1.0))


@given(st.lists(st.tuples(st.integers(0, DAY_S), st.floats(-50, 50)), min_size=1, max_size=6, unique_by=lambda p: p[0]))
def test_that_the_path_goes_through_every_pin(pins: list[tuple[int, float]]) -> None:
    clocks = tuple((f"09:{30 + at // 60}:{at % 60:02}", bps) for at, bps in sorted(pins))
    world = msgspec.structs.replace(WORLD, noise=msgspec.structs.replace(WORLD.noise, pins=clocks, scale=1.0))
    none = (np.zeros(0, np.int64), np.zeros(0, np.int64))
    path = _path(world, WEATHER, none)
    for at, bps in sorted(pins):
        if 10 * at < len(path):
            assert path[10 * at] / ticks_per_bps(world) == pytest.approx(bps, abs=1e-6)


def test_that_without_noise_orders_and_pins_the_price_stays_at_the_arrival() -> None:
    still = msgspec.structs.replace(WORLD, noise=Noise(daily_bps=0.0))
    path = _path(still, _weather(still, steps_of(still)), (np.zeros(0, np.int64), np.zeros(0, np.int64)))
    assert not np.any(path)


@given(st.tuples(*[st.floats(0.01, 1e6)] * 3))
def test_that_an_impact_halves_in_the_time_its_scale_says(taus: tuple[float, float, float]) -> None:
    world = msgspec.structs.replace(WORLD, impact=msgspec.structs.replace(WORLD.impact, tau_s=taus))
    for decay, tau in zip(decay_of(world), taus, strict=True):
        assert 0.0 <= decay < 1.0
        assert decay == pytest.approx(math.exp(-0.1 / tau))


WEATHER = _weather(WORLD, steps_of(WORLD))
