"""The leak agent: who is noticed, when it acts, and that the rest of the world does not depend on it."""

import numpy as np
import pytest

from app.engine.events import OrderRow, Rows
from app.engine.units import MILLISECOND
from app.feeds.simulator import World
from app.feeds.simulator import cells as c
from app.feeds.simulator.flow import outside_of
from app.feeds.simulator.paired import finished
from app.feeds.simulator.truth import costs_of
from tests.feeds.simulator.small import SWITCH, day_of, same, small_world, with_part

pytestmark = pytest.mark.slow  # processes, whole days or whole windows

WORLD = small_world()


def prints(market: Rows, begin: int, end: int) -> Rows:
    """Prints at the exchanges between two times."""
    inside = (market["ts_event"] >= begin) & (market["ts_event"] < end)
    found: Rows = market[inside & (market["action"] == ord("T")) & (market["condition"] % 6 == 0)]
    return found


def pressed(world: World) -> float:
    """Impact of the agent at the end, in ticks."""
    day, _, _ = day_of(world)
    return float(np.abs(day.floor.x[c.X_AGENT : c.X_AGENT + c.SCALES]).sum())


def test_that_before_its_time_nothing_depends_on_it() -> None:
    since = WORLD.ns(WORLD.agent.since)
    (_, with_agent, rows), (_, without, others) = day_of(WORLD), day_of(WORLD, agent=False)
    early = [market[market["ts_event"] < since] for market in (with_agent, without)]
    assert len(early[0]) > 5_000
    assert same(*early)
    assert [row for row in rows if row.ts_event < since] == [row for row in others if row.ts_event < since]


def test_that_it_sells_after_our_children_and_the_price_falls() -> None:
    (day, market, _), (calm, quiet, _) = day_of(WORLD), day_of(WORLD, agent=False)
    begin, end = WORLD.ns("09:37:00"), WORLD.ns("09:45:00")
    sold = [int(p["size"][p["side"] == -1].sum()) for p in (prints(market, begin, end), prints(quiet, begin, end))]
    assert sold[0] > 1.2 * sold[1]
    low, high = (float(p["price"].mean()) for p in (prints(market, begin, end), prints(quiet, begin, end)))
    assert (high - low) / 50.25e9 * 1e4 > 2.0
    assert costs_of(day).total > costs_of(calm).total


def seen_after(orders: list[OrderRow], market: Rows) -> float:
    """Mean delay (ms) from one of our posts to the next sale at the bid."""
    posts = [row.ts_event for row in orders if row.kind == "child_acked" and row.ts_event > WORLD.ns("09:37:00")]
    sales = market[(market["action"] == ord("T")) & (market["side"] == -1)]["ts_event"]
    after = np.searchsorted(sales, posts)
    return float(np.median((sales[after[after < len(sales)]] - np.array(posts)[after < len(sales)]) / MILLISECOND))


def test_that_its_delay_is_the_worlds() -> None:
    fast, slow = (with_part(WORLD, "agent", delay_ms=delay, delay_sd=0.0) for delay in (5.0, 800.0))
    (_, market, orders), (_, slow_market, slow_orders) = day_of(fast), day_of(slow)
    assert seen_after(orders, market) < 30.0
    assert seen_after(slow_orders, slow_market) > 100.0


def test_that_who_is_not_seen_is_not_answered() -> None:
    blind = with_part(WORLD, "agent", post=0.0, take=0.0, hidden=0.0, dark=0.0)
    (_, market, _), (_, without, _) = day_of(blind), day_of(blind, agent=False)
    assert same(market, without)
    assert pressed(blind) == 0.0


def test_that_hidden_and_dark_children_are_seen_only_where_the_world_says() -> None:
    hidden = with_part(WORLD, "parent", strategy="PASSIVE", params={"MaxPct": "25"})
    shut, open_ = (with_part(hidden, "agent", hidden=share, dark=share) for share in (0.0, 1.0))
    assert pressed(open_) > 1.0
    assert pressed(shut) < 0.3 * pressed(open_)  # what is left: the rest that was displayed when late


def test_that_it_steps_in_front_of_the_queue_and_our_posts_fill_less() -> None:
    shares = []
    for share in (0.0, 0.9):
        world = with_part(WORLD, "agent", in_front=share, impact_bps=(0.0, 0.0, 0.0))
        _, _, orders = day_of(world)
        late = [row for row in orders if row.kind == "fill" and row.ts_event > WORLD.ns("09:37:00")]
        taken = sum(row.qty or 0 for row in late if row.liquidity == "R")
        shares.append(taken / sum(row.qty or 0 for row in late if row.liquidity in {"A", "R"}))
    assert shares[1] > shares[0] + 0.1


def test_that_its_impact_is_transient() -> None:
    world = with_part(WORLD, "agent", impact_bps=(0.5, 0.0, 0.0))
    assert pressed(world) < 0.5  # 8 s after the last sale next to nothing of it is left


def test_that_without_it_the_outside_is_the_same_draw_for_draw() -> None:
    outside = outside_of(WORLD)
    one, two = (finished(WORLD, outside, SWITCH, agent=agent) for agent in (True, False))
    assert int(one.floor.z[c.Z_NEXT]) == int(two.floor.z[c.Z_NEXT]) == len(outside.times)


@pytest.mark.parametrize("name", ["tech_quiet", "tech_note"])
def test_that_twins_without_it_have_no_leak(name: str) -> None:
    day, _, _ = day_of(small_world(name), SWITCH)
    assert day.truth()["TECH-1"].leak == 0
