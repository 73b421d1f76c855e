"""The truth of a day from fills alone: its parts sum exactly, a part is what its cause did, a mean is the plain one."""

import statistics
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.feeds.simulator import World, load_world
from app.feeds.simulator import cells as c
from app.feeds.simulator.cells import Floor, Ints, empty_floor
from app.feeds.simulator.paired import PARTS, Mean, Saving, free_noise, mean_of, split_of
from app.feeds.simulator.truth import BPS, Costs, all_fills, arrival_of, costs_of, notional_of, truth_of

WORLD = load_world("tech")
TICK = 10_000_000
ARRIVAL = 5_025 * TICK
STEPS = 8


@dataclass
class Day:
    """A day that is over."""

    world: World
    floor: Floor
    fills: list[Ints]


def day(fills: list[tuple[int, int, int]], path: list[float], end: float = 5_025.0, world: World = WORLD) -> Day:
    """A day of fills (shares, ticks, step of the path), its exogenous path and its last reference price in ticks."""
    floor = empty_floor(2, 1, 1)._replace(path=np.array(path))
    floor.p[c.P_TICK], floor.x[c.X_REF] = TICK, end
    rows = np.zeros((len(fills), c.W_COLUMNS), np.int64)
    for row, (qty, ticks, step) in zip(rows, fills, strict=True):
        row[c.W_QTY], row[c.W_PRICE], row[c.W_GRID] = qty, ticks * TICK, step
    half = len(fills) // 2
    return Day(world, floor, [part for part in (rows[:half], rows[half:]) if len(part)])


FILLS = st.lists(st.tuples(st.integers(1, 5_000), st.integers(4_000, 6_000), st.integers(0, STEPS - 1)), max_size=20)
PATHS = st.lists(st.floats(-300, 300), min_size=STEPS, max_size=STEPS)
ENDS = st.floats(4_000, 6_000)
COSTS = st.builds(Costs, *[st.integers(-(10**18), 10**18)] * 4, st.integers(0, 500_000))


@given(FILLS, PATHS, ENDS)
def test_that_the_parts_of_a_cost_sum_to_it_to_the_last_unit(
    fills: list[tuple[int, int, int]], path: list[float], end: float
) -> None:
    found = costs_of(day(fills, path, end))
    assert found.total == found.noise + found.own + found.opportunity
    assert found.filled == sum(qty for qty, _, _ in fills)


@given(FILLS, PATHS, ENDS)
def test_that_a_cost_is_the_paper_portfolio_less_the_real_one(
    fills: list[tuple[int, int, int]], path: list[float], end: float
) -> None:
    found = costs_of(day(fills, path, end))
    paper = WORLD.parent.qty * ARRIVAL
    last = round(end * TICK)
    real = sum(qty * ticks * TICK for qty, ticks, _ in fills) + (WORLD.parent.qty - found.filled) * last
    assert found.total == paper - real


@given(FILLS, PATHS, PATHS, ENDS)
def test_that_another_exogenous_path_moves_only_what_is_called_luck(
    fills: list[tuple[int, int, int]], one: list[float], other: list[float], end: float
) -> None:
    first, second = costs_of(day(fills, one, end)), costs_of(day(fills, other, end))
    assert (first.total, first.opportunity, first.filled) == (second.total, second.opportunity, second.filled)
    assert first.noise + first.own == second.noise + second.own


@given(FILLS, PATHS, ENDS)
def test_that_fills_in_any_pieces_and_order_cost_the_same(
    fills: list[tuple[int, int, int]], path: list[float], end: float
) -> None:
    pieces = [(1, ticks, step) for qty, ticks, step in fills[:2] for _ in range(min(qty, 40))]
    whole = [(min(qty, 40), ticks, step) for qty, ticks, step in fills[:2]]
    assert costs_of(day(pieces[::-1], path, end)) == costs_of(day(whole, path, end))


def test_that_a_day_without_fills_costs_what_the_price_ran_away() -> None:
    found = costs_of(day([], [0.0] * STEPS, 5_015.0))
    assert found == Costs(500_000 * 10 * TICK, 0, 0, 500_000 * 10 * TICK, 0)
    assert all_fills(day([], [0.0])).shape == (0, c.W_COLUMNS)


def test_that_an_order_filled_at_the_arrival_costs_nothing() -> None:
    found = costs_of(day([(500_000, 5_025, 0)], [0.0] * STEPS, 4_000.0))
    assert found == Costs(0, 0, 0, 0, 500_000)


@pytest.mark.parametrize(
    ("ticks", "path", "noise", "own"),
    [(5_015, -10.0, 10, 0), (5_015, 0.0, 0, 10), (5_015, -4.0, 4, 6), (5_035, 10.0, -10, 0)],
)
def test_that_what_the_price_did_by_itself_is_luck_and_the_rest_is_ours(
    ticks: int, path: float, noise: int, own: int
) -> None:
    found = costs_of(day([(500_000, ticks, 3)], [path] * STEPS))
    assert (found.noise, found.own) == (500_000 * noise * TICK, 500_000 * own * TICK)


@given(COSTS, COSTS)
def test_that_the_truth_sums_exactly_and_the_leak_is_the_difference_the_agent_made(one: Costs, calm: Costs) -> None:
    calm = calm._replace(total=calm.noise + calm.own + calm.opportunity)
    found = truth_of(WORLD, one, calm)
    assert found.leak == one.total - calm.total
    assert found.total == found.leak + found.own_impact + found.noise + found.opportunity
    assert (found.parent_id, found.filled, found.notional) == ("TECH-1", one.filled, 500_000 * ARRIVAL)


@given(st.integers(-(10**15), 10**15))
def test_that_basis_points_are_of_the_whole_order_at_its_arrival(part: int) -> None:
    found = truth_of(WORLD, Costs(0, 0, 0, 0, 0), Costs(0, 0, 0, 0, 0))
    assert found.bps(found.notional) == BPS
    assert found.bps(part) == pytest.approx(part / (WORLD.parent.qty * WORLD.listing.arrival * 1e9) * 1e4)


@given(st.integers(1, 10**9), st.floats(0.01, 1e5))
def test_that_the_notional_is_whole_and_that_of_the_order(qty: int, arrival: float) -> None:
    world = msgspec.structs.replace(
        WORLD,
        parent=msgspec.structs.replace(WORLD.parent, qty=qty),
        listing=msgspec.structs.replace(WORLD.listing, arrival=arrival),
    )
    assert notional_of(world) == qty * arrival_of(world)
    assert abs(arrival_of(world) - arrival * 1e9) <= 0.5 + arrival * 1e-6


# -- over many days ----------------------------------------------------------------------------------------------------


@given(st.lists(st.floats(-1e4, 1e4), min_size=2, max_size=30))
def test_that_a_mean_and_its_error_are_the_plain_ones(values: list[float]) -> None:
    found = mean_of(values)
    assert found.mean == pytest.approx(statistics.fmean(values), abs=1e-9)
    assert found.error == pytest.approx(statistics.stdev(values) / len(values) ** 0.5, rel=1e-6, abs=1e-6)
    assert found.low <= found.mean <= found.high
    assert found.high - found.mean == pytest.approx(found.mean - found.low, abs=1e-9)


@given(value=st.floats(-1e4, 1e4), count=st.integers(2, 9))
def test_that_days_that_all_say_the_same_leave_no_doubt(value: float, count: int) -> None:
    found = mean_of([value] * count)
    assert found.low == pytest.approx(value)
    assert found.high == pytest.approx(value)


def saving(total: int, **parts: int) -> Saving:
    """One day."""
    values: dict[str, Any] = dict.fromkeys(("leak_avoided", "own_impact", "timing_luck", "opportunity", "leak"), 0)
    return Saving(noise_seed=1, total=total, filled=(1, 1), **(values | parts))


@given(st.lists(st.tuples(*[st.integers(-(10**13), 10**13)] * 4), min_size=2, max_size=12))
def test_that_the_means_of_the_parts_sum_to_the_mean_of_the_whole(days: list[tuple[int, int, int, int]]) -> None:
    made = [
        saving(sum(one), leak_avoided=one[0], own_impact=one[1], timing_luck=one[2], opportunity=one[3]) for one in days
    ]
    split = split_of(WORLD, made)
    assert set(split.parts) == set(PARTS)
    assert split.days == len(days)
    rest = sum(split.parts[name].mean for name in PARTS if name != "total")
    assert split.parts["total"].mean == pytest.approx(rest, abs=1e-6)


@given(st.lists(st.integers(-(10**13), 10**13), min_size=2, max_size=12))
def test_that_a_saving_is_claimed_just_when_the_interval_is_above_nothing(totals: list[int]) -> None:
    split = split_of(WORLD, [saving(total) for total in totals])
    total: Mean = split.parts["total"]
    assert split.words.startswith("the switch saves") == (total.low > 0)
    assert ("it costs" in split.words) == (total.high < 0)
    assert ("not distinguishable from 0" in split.words) == (total.low <= 0 <= total.high)
    assert f"over {len(totals)} days" in split.words


@given(st.integers(0, 10**12))
def test_that_free_noise_changes_the_noise_and_nothing_else(seed: int) -> None:
    free = free_noise(WORLD, seed)
    assert (free.noise.pins, free.noise.scale, free.noise_seed) == ((), 1.0, seed)
    back = msgspec.structs.replace(free, noise=WORLD.noise, noise_seed=WORLD.noise_seed)
    assert back == WORLD
    assert free.noise.daily_bps == WORLD.noise.daily_bps
