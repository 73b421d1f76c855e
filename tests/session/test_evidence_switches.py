"""Planted switches: worlds made of others, what is fitted on them, and how it is kept in a model."""

import msgspec
import numpy as np
import pytest

from app.engine.errors import SettingsError
from app.engine.evidence.effect import Features
from app.engine.evidence.model import load_model
from app.feeds.simulator.evidence import load_world, seeds_of
from app.session.evidence_switches import FEWEST, Planted, fitted, planted, switched, with_switches
from tests.engine.evidence.made import model


def made(n: int, cell: str, error: float, seed: int = 1) -> list[Planted]:
    """Orders whose saving is .8 of the projection and .3 of the plain one, give or take `error` of the width."""
    draw = np.random.default_rng(seed)
    found = []
    for _ in range(n):
        gone_on, plain, since, null = draw.uniform(0, 8), draw.uniform(0, 8), draw.uniform(0, 2), draw.uniform(0, 1)
        saving = 0.8 * gone_on + 0.3 * plain + error * (0.5 + gone_on) * draw.uniform(-1, 1)
        found.append(Planted(cell, Features(gone_on, plain, since, null), saving))
    return found


def test_that_the_fit_finds_what_savings_are_made_of() -> None:
    switch = fitted(made(400, "a", 0.0))
    assert switch == pytest.approx([0.0, 0.8, 0.3, 0.0, 0.0, 0.0, 0.0], abs=1e-9)


def test_that_the_interval_is_that_of_the_worst_cell() -> None:
    switch = fitted([*made(2000, "calm", 0.01, 1), *made(2000, "wild", 0.5, 2)])
    assert switch[5:] == pytest.approx([0.45, 0.45], abs=0.03)  # 90 % of what lies evenly within +- .5
    assert fitted(made(2000, "calm", 0.01))[5:].max() < 0.012


def test_that_too_few_orders_are_refused() -> None:
    with pytest.raises(SettingsError, match="evidence switches: orders = 3 is not allowed; allowed: at least 21"):
        fitted(made(3, "a", 0.0))
    assert FEWEST == 21


def test_that_a_switched_world_differs_in_its_switch_alone() -> None:
    world = load_world("base_4")
    kept, ended = switched(world, ends=False), switched(world, ends=True)
    assert (kept.orders.switch_at, ended.orders.switch_at) == (0.5, 0.5)
    assert (kept.agent, ended.agent.until) == (world.agent, 0.5)
    assert msgspec.structs.replace(kept, orders=world.orders) == world
    assert ended.notices == world.notices  # as many children are noticed while it lasts


def test_that_seeds_that_judge_are_refused() -> None:
    with pytest.raises(SettingsError, match="fit"):
        planted(model(), ["base_0"], seeds_of("test", 0, 1))


def test_that_the_fit_is_a_part_of_the_model() -> None:
    switch = fitted(made(400, "a", 0.1))
    changed = load_model(with_switches(model(), switch).save())
    assert changed.learnt.switch is not None
    assert changed.learnt.switch.tolist() == switch.tolist()
    assert changed.hash != model().hash


@pytest.mark.slow
def test_that_orders_of_a_clean_world_have_saved_nothing() -> None:
    told: list[tuple[int, int]] = []
    found = planted(model(), ["base_0"], seeds_of("fit", 41_000, 1), lambda done, all_: told.append((done, all_)))
    assert told == [(1, 1)]
    assert {(one.cell, one.saving) for one in found} == {("base_0 goes on", 0.0)}
    assert len(found) == 8
    assert all(np.isfinite(one.features.terms()).all() for one in found)
