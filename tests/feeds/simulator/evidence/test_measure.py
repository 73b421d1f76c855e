"""Stylised facts of a world's market: volatility at its target, spreads, memory of signs, foresight of imbalance."""

import math

import numpy as np
import pytest

from app.feeds.simulator.evidence import load_world
from app.feeds.simulator.evidence.measure import LAGS, Seen, seen_in
from app.feeds.simulator.evidence.setting import plain
from tests.feeds.simulator.evidence.tiny import SEED, tiny_world

pytestmark = pytest.mark.slow  # compiles, plays hours


@pytest.fixture(scope="module")
def base() -> list[Seen]:
    """Instruments of clean episodes of the base world."""
    world = load_world("base_4")
    return [one for seed in range(1_910_000, 1_910_008) for one in seen_in(world, seed)]


def test_that_the_volatility_is_that_of_the_world_within_its_error(base: list[Seen]) -> None:
    variances = np.array([one.variance for one in base])
    error = float(variances.std(ddof=1)) / math.sqrt(len(variances))
    assert error < 0.1 * 200.0**2
    assert abs(float(variances.mean()) - 200.0**2) < 4.0 * error


def test_that_spreads_of_one_two_and_more_ticks_have_their_shares(base: list[Seen]) -> None:
    counts = np.sum([one.spreads[:5] for one in base], axis=0) / sum(int(one.spreads.sum()) for one in base)
    assert counts[0] == 0.0
    assert counts[1] == pytest.approx(0.7, abs=0.06)
    assert counts[2] == pytest.approx(0.2, abs=0.05)
    assert counts[3] + counts[4] == pytest.approx(0.1, abs=0.04)


def test_that_signs_of_trades_remember_over_tens_of_trades(base: list[Seen]) -> None:
    memory = dict(zip(LAGS, np.mean([one.memory for one in base], axis=0), strict=True))
    assert memory[1] > 0.1
    assert memory[1] > memory[8] > memory[64]
    assert memory[32] > 0.01


def test_that_imbalance_predicts_the_next_move_of_the_mid(base: list[Seen]) -> None:
    known = np.array([one.foresight for one in base])
    assert float(known.mean()) > 0.1
    assert float(known.mean()) > 5.0 * float(known.std()) / math.sqrt(len(known))


def test_that_trades_come_at_the_rate_of_the_world(base: list[Seen]) -> None:
    assert float(np.mean([one.trades_per_s for one in base])) == pytest.approx(0.7, abs=0.15)


def test_that_children_to_a_slice_are_counted_by_algo() -> None:
    seen = seen_in(plain(tiny_world()), SEED)
    assert len(seen) == 2
    for one in seen:
        assert [name in {"VWAP", "TWAP", "POV", "PASSIVE", "SEEK"} for name, _ in one.per_slice] == [True]
        assert all(value >= 1.0 for _, value in one.per_slice)


def test_that_the_same_seed_is_seen_the_same() -> None:
    one, two = (seen_in(tiny_world(), SEED) for _ in range(2))
    assert [seen.variance for seen in one] == [seen.variance for seen in two]
    assert [seen.foresight for seen in one] == [seen.foresight for seen in two]
