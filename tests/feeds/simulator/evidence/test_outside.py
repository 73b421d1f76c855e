"""What comes from outside of an episode: seeded by purpose, with the volumes, memory and shapes a world names."""

import math

import numpy as np
import pytest

from app.feeds.simulator.evidence import cells as c
from app.feeds.simulator.evidence.outside import (
    AFTER_S,
    BEFORE_S,
    DAY_S,
    Outside,
    day_shape,
    midnight_of,
    outside_of,
    shared_of,
    stream_of,
)
from app.feeds.simulator.evidence.setting import Market, News, Orders, Trades
from tests.feeds.simulator.evidence.tiny import SEED, tiny_world, with_agent, with_market

pytestmark = pytest.mark.slow  # compiles, draws hours


def drawn(world_seed: int = SEED, instrument: int = 1, **market: object) -> Outside:
    """The outside of an instrument of a world of an hour."""
    world = with_market(tiny_world(orders=Orders(minutes=60.0)), **market)
    return outside_of(world, world_seed, instrument, shared_of(world, world_seed))


def same(one: Outside, two: Outside) -> bool:
    """True where everything is equal."""
    return all(np.array_equal(getattr(one, name), getattr(two, name)) for name in Outside._fields)


def test_that_the_same_seed_draws_the_same_and_another_does_not() -> None:
    assert same(drawn(), drawn())
    assert not same(drawn(), drawn(SEED + 1))
    assert not same(drawn(), drawn(instrument=2))


def test_that_nothing_of_it_depends_on_the_agent() -> None:
    world = tiny_world()
    other = with_agent(world, share=0.9, delay_s=3.0, fade_ticks=1.0)
    shared = shared_of(world, SEED)
    assert np.array_equal(shared.factor, shared_of(other, SEED).factor)
    assert same(outside_of(world, SEED, 1, shared), outside_of(other, SEED, 1, shared))


def test_that_worlds_of_one_stream_share_their_noise() -> None:
    one, two = tiny_world(name="one", stream="both"), tiny_world(name="two", stream="both")
    assert stream_of(one, SEED, 1, 0).random() == stream_of(two, SEED, 1, 0).random()
    assert stream_of(tiny_world(name="one"), SEED, 1, 0).random() != stream_of(tiny_world(), SEED, 1, 0).random()


def test_that_no_two_streams_of_random_numbers_are_the_same() -> None:
    """Whatever number a world's name becomes: seeds, instruments and purposes next to each other differ."""
    drawn_first = [
        stream_of(tiny_world(name=name), SEED + seed, instrument, purpose).random()
        for name in ("base_2", "base_4", "fade_5", "a", "b", "c", "d", "e")
        for seed in range(4)
        for instrument in range(3)
        for purpose in range(3)
    ]
    assert len(set(drawn_first)) == len(drawn_first)


def test_that_events_are_in_order_within_the_episode() -> None:
    world = tiny_world()
    shared = shared_of(world, SEED)
    outside = outside_of(world, SEED, 1, shared)
    assert bool(np.all(np.diff(outside.times) >= 0))
    assert outside.times[0] >= shared.begin_ns
    assert set(np.unique(outside.signs[outside.kinds == c.OTHERS])) == {-1, 1}
    assert not outside.signs[outside.kinds == c.REFRESH].any()
    assert bool(np.all(outside.sizes[outside.kinds == c.OTHERS] >= 1))


def test_that_trades_come_as_often_as_the_world_says() -> None:
    counts = [int((drawn(SEED + k).kinds == c.OTHERS).sum()) for k in range(12)]
    world = tiny_world(orders=Orders(minutes=60.0))
    expected = [0.7 * float(np.sum(day_shape(shared_of(world, SEED + k).first, shared_of(world, SEED + k).seconds)))
                for k in range(12)]  # fmt: skip
    assert sum(counts) / sum(expected) == pytest.approx(1.0, abs=0.25)


def test_that_the_mean_size_is_that_of_the_world() -> None:
    sizes = np.concatenate([outside.sizes[outside.kinds == c.OTHERS] for outside in (drawn(), drawn(SEED + 1))])
    assert float(sizes.mean()) == pytest.approx(120.0, rel=0.05)


def memory(trades: Trades, lag: int) -> float:
    """Mean autocorrelation of signs over some hours."""
    found = []
    for k in range(8):
        outside = drawn(SEED + k, trades=trades)
        signs = outside.signs[outside.kinds == c.OTHERS].astype(float)
        signs -= signs.mean()
        found.append(float(np.mean(signs[lag:] * signs[:-lag]) / np.mean(signs**2)))
    return float(np.mean(found))


def test_that_signs_remember_for_long_and_forget_slowly() -> None:
    usual = Trades()
    near, far, farther = (memory(usual, lag) for lag in (1, 8, 32))
    assert near > 0.1
    assert near > far > farther > 0.005


def test_that_coins_instead_of_metaorders_remember_nothing() -> None:
    coins = Trades(longest=1, burst=0.0)
    assert abs(memory(coins, 1)) < 0.03


def test_that_the_day_is_a_u_with_mean_one() -> None:
    shape = day_shape(0, DAY_S)
    assert float(shape.mean()) == pytest.approx(1.0, abs=1e-4)
    assert shape[0] > 2.9 * shape[DAY_S // 2]
    assert shape[-1] > 2.9 * shape[DAY_S // 2]


def test_that_an_episode_lies_inside_the_day_with_room_around_its_parents() -> None:
    world = tiny_world(orders=Orders(minutes=30.0, minutes_spread=0.0))
    for seed in range(SEED, SEED + 30):
        shared = shared_of(world, seed)
        assert shared.seconds == 1_800 + BEFORE_S + AFTER_S
        assert 0 <= shared.first <= DAY_S - shared.seconds
        assert shared.begin_ns == midnight_of(world) + shared.first * 10**9


def test_that_the_factor_has_its_share_of_the_volatility() -> None:
    world = tiny_world(market=Market(market_share=0.3, cluster=0.0), orders=Orders(minutes=60.0))
    squares = expected = 0.0
    for seed in range(SEED, SEED + 20):
        shared = shared_of(world, seed)
        squares += float(np.sum(np.diff(shared.factor) ** 2))
        expected += 0.3 * 200.0**2 / DAY_S * float(np.sum(day_shape(shared.first, shared.seconds)))
    assert squares / expected == pytest.approx(1.0, abs=0.02)


def test_that_a_session_drifts_one_way_for_all_and_either_way_over_sessions() -> None:
    world = tiny_world(market=Market(session_sigma=0.1))
    drifts = {shared_of(world, seed).drift for seed in range(SEED, SEED + 20)}
    assert len(drifts) == 2
    assert sum(drifts) == 0.0
    # a tenth of the standard deviation of 8 seconds, in 8 seconds
    assert max(drifts) * 8.0 == pytest.approx(0.1 * 200.0 * (8.0 / DAY_S) ** 0.5)
    assert shared_of(tiny_world(), SEED).drift == 0.0


def test_that_news_bring_volume_and_volatility_and_only_where_they_come() -> None:
    loud = News(chance=1.0, volume=4.0, volatility=3.0)
    calm, noted = drawn(), drawn(news=loud)
    assert len(noted.times) > len(calm.times)
    # rising within 20 s and fading in 900 they are highest after 20 log(1 + 900/20) = 76.6 s
    highest = 1.0 + 2.0 * (1.0 - math.exp(-76.57 / 20.0)) * math.exp(-76.57 / 900.0)
    assert float(np.max(noted.spread / calm.spread)) == pytest.approx(highest, abs=0.01)
    assert float(np.min(noted.spread / calm.spread)) == pytest.approx(1.0)
