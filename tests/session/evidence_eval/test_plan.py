"""Cells: shipped worlds, worlds made from them, how many parents each."""

import pytest

from app.engine.errors import SettingsError
from app.feeds.simulator.evidence import load_world, worlds
from app.session.evidence_eval.plan import SIZES, against, cells_of, leaking, world_of_cell


def test_that_every_cell_has_a_world() -> None:
    for cell in cells_of([], 1.0, 5.0):
        assert cell.parents == SIZES[cell.name]
        assert cell.episodes * cell.world.market.instruments * cell.world.orders.per_instrument >= cell.parents


def test_that_every_shipped_world_is_evaluated() -> None:
    assert set(worlds()) <= set(SIZES)


def test_that_unknown_cells_are_refused_with_those_there_are() -> None:
    with pytest.raises(SettingsError, match=r"base_3.*base_0"):
        cells_of(["base_3"], 1.0, 5.0)


def test_that_a_part_of_the_parents_is_at_least_one() -> None:
    assert [cell.parents for cell in cells_of(["base_0", "base_4"], 0.0001, 5.0)] == [1, 1]


def test_that_a_world_is_made_for_the_leak_that_can_just_be_seen() -> None:
    base, made = load_world("base_4"), world_of_cell("at_size", 6.0)
    assert made.notices == pytest.approx(base.notices * 6.0 / base.calibrated.leak_bps)
    assert made.name != base.name  # noise of its own
    assert leaking(base, 1_000.0).notices == 1.0


def test_that_more_live_orders_are_the_same_world_with_more_instruments() -> None:
    base, forty = load_world("base_4"), world_of_cell("forty_base_4", 5.0)
    assert forty.market.instruments == 40
    assert (forty.name, forty.notices, forty.orders) == (base.name, base.notices, base.orders)


def test_that_leaks_are_told_from_clean_orders_of_their_market() -> None:
    assert against("vol4_4") == "vol4_0"
    assert against("slow_4") == "base_0"
    assert set(map(against, SIZES)) <= set(SIZES)
