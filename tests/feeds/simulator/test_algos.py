"""The strategies: what each makes of the schedule, the spread and the venues."""

from collections import Counter

import pytest

from app.engine.events import OrderRow
from app.engine.units import SECOND
from app.feeds.simulator import World
from app.feeds.simulator import cells as c
from app.feeds.simulator.setting import strategy_of
from tests.feeds.simulator.small import day_of, small_world, with_part

CALM = small_world("tech_quiet")


def worked_by(strategy: str, world: World = CALM, **params: str) -> World:
    """The world's parent by another strategy from the start."""
    return with_part(world, "parent", strategy=strategy, params=params)


def filled_by(orders: list[OrderRow], until: int) -> int:
    """Shares filled up to a time."""
    return sum(row.qty or 0 for row in orders if row.kind == "fill" and row.ts_event <= until)


def shares_by(orders: list[OrderRow]) -> Counter[str]:
    """Shares by liquidity letter."""
    found = Counter[str]()
    for row in orders:
        if row.kind == "fill":
            found[row.liquidity or ""] += row.qty or 0
    return found


def test_that_twap_follows_the_clock() -> None:
    _, _, orders = day_of(worked_by("TWAP"))
    begin, span = CALM.ns("09:30:01"), 1_199 * SECOND
    for tenth in range(2, 9):
        assert filled_by(orders, begin + span * tenth // 10) == pytest.approx(20_000 * tenth / 10, abs=1_000)


def test_that_vwap_follows_the_volume() -> None:
    day, market, orders = day_of(worked_by("VWAP"))
    curve = day.floor.curve
    volume = market[(market["action"] == ord("T")) & (market["condition"] % 6 == 0)]
    for minute in (5, 9, 13):
        at = CALM.ns("09:30:00") + minute * 60 * SECOND
        traded = float(volume["size"][volume["ts_event"] <= at].sum())
        ahead = (1.0 - curve[minute * 600]) * CALM.listing.adv
        assert filled_by(orders, at) == pytest.approx(20_000 * traded / (traded + ahead), abs=900)


def test_that_pov_keeps_its_share_of_the_volume() -> None:
    world = worked_by("POV", TargetPct="10")
    _, market, orders = day_of(world)
    at = world.ns("09:45:00")
    volume = market[(market["action"] == ord("T")) & (market["condition"] % 6 == 0) & (market["ts_event"] <= at)]
    share = filled_by(orders, at) / float(volume["size"].sum())
    assert share == pytest.approx(0.10, abs=0.015)


def test_that_no_strategy_takes_more_than_its_largest_share() -> None:
    world = worked_by("TWAP", MaxPct="5")
    _, market, orders = day_of(world)
    at = world.ns("09:46:00")
    volume = market[(market["action"] == ord("T")) & (market["condition"] % 6 == 0) & (market["ts_event"] <= at)]
    assert filled_by(orders, at) / float(volume["size"].sum()) < 0.07


def test_that_vwap_posts_and_crosses_and_never_hides() -> None:
    _, _, orders = day_of(worked_by("VWAP"))
    done = shares_by(orders)
    assert done["A"] > done["R"] > 0
    assert done["D"] == 0


def test_that_passive_hides_in_small_random_sizes_and_does_not_cross() -> None:
    _, _, orders = day_of(worked_by("PASSIVE"))
    before_final = [row for row in orders if row.ts_event < CALM.ns("09:46:30")]
    new = [row for row in before_final if row.kind == "child_new"]
    assert {row.order_type for row in new} == {"pegged"}
    sizes = [row.qty or 0 for row in new]
    assert 40 <= min(sizes) < 80
    assert 180 < max(sizes) <= 240
    assert len(set(sizes)) > 30
    done = shares_by(before_final)
    assert done["D"] > 0
    assert done["R"] == 0


def test_that_passive_without_dark_venues_stays_at_the_exchanges() -> None:
    _, _, orders = day_of(worked_by("PASSIVE", Dark="N"))
    assert shares_by(orders)["D"] == 0


def test_that_liquidity_seeking_crosses_on_size_alone() -> None:
    crossing = [
        sum(row.liquidity == "R" for row in day_of(worked_by("SEEK", CrossSize=size))[2]) for size in ("300", "0")
    ]
    assert crossing[0] > 10
    assert crossing[1] == 0


def test_that_clips_are_those_the_client_asked_for() -> None:
    _, _, orders = day_of(worked_by("PASSIVE", MinClip="50", MaxClip="60"))
    sizes = {row.qty for row in orders if row.kind == "child_new" and row.order_type == "pegged"}
    assert sizes <= set(range(50, 61))


@pytest.mark.slow
def test_that_no_strategy_sends_more_than_the_order() -> None:
    for strategy in CALM.strategies:
        _, _, orders = day_of(worked_by(strategy))
        assert sum(row.qty or 0 for row in orders if row.kind == "fill") <= 20_000


def test_that_what_is_left_before_the_close_goes_to_the_auction() -> None:
    world = worked_by("POV", TargetPct="5")
    _, _, orders = day_of(world)
    cross = [row for row in orders if row.liquidity == "X"]
    assert len(cross) == 1
    assert (cross[0].qty or 0) > 5_000
    assert sum(row.qty or 0 for row in orders if row.kind == "fill") == 20_000


def test_that_displayed_children_follow_the_touch() -> None:
    _, _, orders = day_of(small_world())
    moved = [row for row in orders if row.kind == "child_replaced"]
    assert moved
    assert all(row.orig_child_id and row.orig_child_id != row.child_id for row in moved)


def test_that_what_a_client_sets_overrides_the_strategy() -> None:
    own = strategy_of(
        CALM, "PASSIVE", {"MaxPct": "12", "Dark": "N", "CrossSize": "900", "MinClip": "7", "MaxClip": "9"}
    )
    assert (own.most, own.dark, own.cross_size, own.clip) == (0.12, False, 900, (7, 9))
    assert strategy_of(CALM, "POV", {"TargetPct": "9"}).target == pytest.approx(0.09)
    assert strategy_of(CALM, "VWAP", {}) == CALM.strategies["VWAP"]
    with pytest.raises(ValueError, match="x"):
        strategy_of(CALM, "VWAP", {"MaxPct": "x"})


def test_that_nothing_put_off_is_ever_lost() -> None:
    day, _, _ = day_of(small_world())
    assert int(day.floor.z[c.Z_LOST]) == 0
