"""How many shares a schedule wants done by now: by the clock, by the volume, by a rate of it."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.units import SECOND
from app.feeds.simulator import cells as c
from app.feeds.simulator import schedule
from tests.feeds.simulator.plain import NOW, plain_kernels
from tests.feeds.simulator.plain import working_market as market


@pytest.fixture(autouse=True, scope="module")
def _plain() -> Iterator[None]:
    with plain_kernels():
        yield


@given(
    by=st.sampled_from([c.BY_VOLUME, c.BY_TIME, c.BY_RATE]), volume=st.integers(0, 10**7),
    gone=st.integers(-100, 3_000), began=st.integers(0, 10_000), most=st.floats(0, 1), rate=st.floats(0, 1),
    clip=st.integers(1, 1_000),
)  # fmt: skip
def test_that_a_target_is_never_below_what_was_done_nor_beyond_the_order_or_its_share(
    by: int, volume: int, gone: int, began: int, most: float, rate: float, clip: int
) -> None:
    m = market()
    m.p[c.P_STRATEGY], m.p[c.P_BEGAN_DONE], m.p[c.P_CLIP_HIGH] = by, began, clip
    m.z[c.Z_VOLUME], m.z[c.Z_NOW] = volume, NOW + gone * SECOND
    m.f[c.F_MOST], m.f[c.F_TARGET] = most, rate
    schedule.find_target(m)
    target = float(m.x[c.X_TARGET])
    assert began <= target <= 10_000
    assert target - began <= most * volume + clip + 1e-6


@pytest.mark.parametrize(
    ("gone", "target"), [(-500, 0.0), (-100, 2_000.0), (0, 2_500.0), (1_500, 10_000.0), (9_000, 10_000.0)]
)
def test_that_by_time_the_target_is_the_share_of_the_time_gone(gone: int, target: float) -> None:
    m = market()
    m.z[c.Z_NOW] = NOW + gone * SECOND
    schedule.find_target(m)
    assert m.x[c.X_TARGET] == target


def test_that_a_schedule_that_begins_later_spreads_what_is_left_over_the_time_left() -> None:
    m = market()
    m.p[c.P_BEGAN], m.p[c.P_BEGAN_DONE] = NOW, 4_000
    schedule.find_target(m)
    assert m.x[c.X_TARGET] == 4_000.0
    m.z[c.Z_NOW] = NOW + 750 * SECOND
    schedule.find_target(m)
    assert m.x[c.X_TARGET] == 7_000.0


@pytest.mark.parametrize(("traded", "target"), [(0, 0.0), (20_000, 3_000.0), (1_000_000, 10_000.0)])
def test_that_by_rate_the_target_is_its_share_of_the_volume_since_it_began(traded: int, target: float) -> None:
    m = market()
    m.p[c.P_STRATEGY], m.p[c.P_BEGAN_VOLUME], m.f[c.F_TARGET] = c.BY_RATE, 5_000, 0.15
    m.z[c.Z_VOLUME] = 5_000 + traded
    schedule.find_target(m)
    assert m.x[c.X_TARGET] == pytest.approx(target)


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_that_by_volume_more_volume_never_lowers_the_target(one: int, more: int) -> None:
    targets = []
    for volume in (one, one + more):
        m = market()
        m.p[c.P_STRATEGY], m.p[c.P_OPEN] = c.BY_VOLUME, NOW - 500 * SECOND
        m.z[c.Z_GRID], m.z[c.Z_VOLUME] = 5_000, volume
        schedule.find_target(m)
        targets.append(float(m.x[c.X_TARGET]))
    assert targets[0] <= targets[1] <= 10_000
