"""What comes from outside: seeded, U-shaped, with signs that remember, and a path that is held where it is pinned."""

import msgspec
import numpy as np
import pytest

from app.feeds.simulator import cells as c
from app.feeds.simulator import load_world
from app.feeds.simulator.flow import Outside, outside_of, ticks_per_bps
from app.feeds.simulator.paired import free_noise
from tests.feeds.simulator.small import small_world, with_part

pytestmark = pytest.mark.slow  # processes, whole days or whole windows

WORLD = load_world("tech")


@pytest.fixture(scope="module")
def plain() -> Outside:
    """A plain day: no news."""
    return outside_of(load_world("tech_quiet"))


def shares(outside: Outside, begin: str, end: str) -> int:
    """Shares of marketable orders between two times."""
    inside = (outside.kinds == c.ORDER) & (outside.times >= WORLD.ns(begin)) & (outside.times < WORLD.ns(end))
    return int(np.abs(outside.marks[inside]).sum())


def test_that_the_same_seeds_give_the_same_day() -> None:
    one, two = outside_of(small_world()), outside_of(small_world())
    for name in Outside._fields:
        assert np.array_equal(getattr(one, name), getattr(two, name)), name


def test_that_a_noise_seed_changes_the_price_and_nothing_else() -> None:
    one, two = outside_of(small_world(noise_seed=1)), outside_of(small_world(noise_seed=2))
    assert np.array_equal(one.times, two.times)
    assert np.array_equal(one.marks, two.marks)
    assert not np.array_equal(one.path, two.path)


def test_that_a_market_seed_changes_the_flow() -> None:
    one, two = outside_of(small_world(market_seed=1)), outside_of(small_world(market_seed=2))
    assert not np.array_equal(one.times, two.times)


def test_that_events_are_in_order_of_time(plain: Outside) -> None:
    assert bool(np.all(np.diff(plain.times) >= 0))


def test_that_the_volume_is_what_the_world_says(plain: Outside) -> None:
    assert shares(plain, "09:30:00", "16:00:00") == pytest.approx(WORLD.volume.lit, rel=0.08)


def test_that_the_day_is_u_shaped(plain: Outside) -> None:
    middle = shares(plain, "12:30:00", "13:00:00")
    assert shares(plain, "09:30:00", "10:00:00") > 1.7 * middle
    assert shares(plain, "15:30:00", "16:00:00") > 1.7 * middle


def test_that_the_note_brings_two_and_a_half_times_the_volume(plain: Outside) -> None:
    noted = outside_of(WORLD)
    assert shares(noted, "09:30:00", "11:00:00") == shares(plain, "09:30:00", "11:00:00")
    ratio = shares(noted, "11:05:00", "11:35:00") / shares(plain, "11:05:00", "11:35:00")
    assert ratio == pytest.approx(2.5, abs=0.5)


@pytest.mark.slow
def test_that_the_note_brings_volatility_without_direction() -> None:
    def sd(name: str) -> tuple[float, float]:
        moves = []
        for seed in range(20):
            path = outside_of(free_noise(load_world(name), seed)).path
            moves.append(path[60_000] - path[57_000])  # 11:05 to 11:10
        return float(np.std(moves)), float(np.mean(moves))

    (calm, _), (noted, drift) = sd("tech_quiet"), sd("tech_note")
    assert noted > 1.4 * calm
    assert abs(drift) < 2.5 * noted / np.sqrt(20)


def test_that_signs_remember(plain: Outside) -> None:
    signs = np.sign(plain.marks[plain.kinds == c.ORDER]).astype(float)
    signs -= signs.mean()
    remembered = [float(np.mean(signs[:-lag] * signs[lag:]) / np.var(signs)) for lag in (1, 10, 50)]
    assert remembered[0] > 0.02
    assert remembered[1] > 0.01
    assert min(remembered) > -0.01


def test_that_sizes_have_their_mean_and_odd_lots(plain: Outside) -> None:
    sizes = np.abs(plain.marks[plain.kinds == c.ORDER])
    assert sizes.mean() == pytest.approx(WORLD.volume.order, rel=0.1)
    assert 0.15 < float(np.mean(sizes < 100)) < 0.4
    assert sizes.min() >= 1


def test_that_the_path_is_held_where_it_is_pinned() -> None:
    path = outside_of(WORLD).path
    for clock, bps in WORLD.noise.pins[:-1]:
        step = (WORLD.ns(clock) - WORLD.ns(WORLD.open)) // c.GRID_NS
        assert path[step] / ticks_per_bps(WORLD) == pytest.approx(bps, abs=1e-9)


@pytest.mark.slow
def test_that_a_free_path_is_as_volatile_as_the_world_says() -> None:
    ends = [outside_of(free_noise(load_world("tech_quiet"), seed)).path[-1] for seed in range(60)]
    daily = float(np.std(ends)) / ticks_per_bps(WORLD)
    assert daily == pytest.approx(WORLD.noise.daily_bps, rel=0.35)


def test_that_background_buying_lifts_the_price_and_the_effect_fades() -> None:
    world = with_part(small_world(), "noise", daily_bps=0.0, scale=1.0, flow_bps=(1.0, 0.0, 0.0))
    outside = outside_of(world)
    orders = outside.kinds == c.ORDER
    step = ((outside.times[orders] - world.ns(world.open)) // c.GRID_NS).astype(int)
    bought = outside.marks[orders] > 0
    alone = [n for n in range(1, len(step) - 1) if step[n] - step[n - 1] > 200 or step[n + 1] - step[n] > 20]
    moves = [outside.path[step[n]] - outside.path[step[n] - 1] for n in alone if bought[n] and step[n - 1] < step[n]]
    assert np.mean(moves) > 0.2
    assert abs(outside.path[:10]).max() == 0.0  # nobody trades before the parent has arrived


def test_that_the_curve_begins_at_nothing_and_ends_at_all(plain: Outside) -> None:
    assert plain.curve[0] == pytest.approx(0.0)
    assert plain.curve[-1] == pytest.approx(1.0)
    assert bool(np.all(np.diff(plain.curve) > 0))


def test_that_halts_are_part_of_the_plan() -> None:
    world = load_world("tech")
    halted = msgspec.convert({"at": "10:00:00", "minutes": 5}, type(world).__annotations__["halts"].__args__[0])
    outside = outside_of(msgspec.structs.replace(world, halts=(halted,)))
    planned = outside.kinds[(outside.kinds >= c.AUCTION_BEGINS)].tolist()
    assert planned[:8] == [
        c.AUCTION_BEGINS, c.CROSSING, c.OPENS, c.HALTS, c.AUCTION_BEGINS, c.CROSSING, c.REOPENS, c.AUCTION_BEGINS,
    ]  # fmt: skip
