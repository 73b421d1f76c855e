"""Scores: equal to the specification written a second time, their caps, normalisation and void channels."""

import math
from typing import Any

import numpy as np
import pytest

from app.engine.evidence import score as s
from app.engine.evidence.rows import (
    CELLS,
    FLOW_GROUPS,
    FLOWS,
    LENGTHS,
    MIXED_GROUPS,
    POOLS,
    QUOTE_GROUPS,
    QUOTES,
    RING,
    SCORES,
    STEP,
)
from app.engine.evidence.score import Normalisation, Window, normalise, score, shrunk
from tests.engine.evidence import spec
from tests.engine.evidence.made import laws, model, random_ring

LAWS = laws()


def window(ring: Any, **changes: Any) -> Window:
    fields: dict[str, Any] = {
        "ring": ring, "first": 3, "steps": 40, "side": 1, "before": 0, "part": 1.0, "m": 0.2, "p": 0.3, "tick": 2.0,
        "laws": LAWS, "scratch": np.zeros((3, 160)), "raw": np.zeros(SCORES), "measured": np.zeros(2),
    }  # fmt: skip
    return Window(**(fields | changes))


def steps_of(w: Window) -> list[spec.Step]:
    rows = [w.ring[(w.first + d) % RING] for d in range(w.steps)]
    return [
        spec.Step(
            float(row["r"]), float(row["noise"]), float(row["q"]), float(row["lam"]), float(row["p_buy"]),
            int(row["buys"]), int(row["sells"]), bool(row["flags"] & 1), bool(row["flags"] & 2),
        )
        for row in rows
    ]  # fmt: skip


@pytest.mark.parametrize("steps", LENGTHS)
@pytest.mark.parametrize("side", [1, -1])
def test_that_the_scores_are_those_of_the_specification(steps: int, side: int) -> None:
    for seed in range(6):
        w = window(random_ring(seed), steps=steps, side=side, first=20 * seed, before=seed % 2, part=0.3)
        score(w)
        event = spec.Event(side, w.m, w.p, w.tick, w.before, w.part)
        assert w.raw.tolist() == pytest.approx(spec.scores(steps_of(w), event, LAWS.tolist()), rel=1e-12, abs=1e-12)


def test_that_nothing_after_a_quiet_event_scores_below_one_and_a_pushed_price_above() -> None:
    ring = np.zeros(RING, STEP)
    ring["noise"], ring["q"], ring["lam"], ring["p_buy"] = 0.07, 1.0, 0.5, 0.5
    quiet = window(ring, m=0.0)
    score(quiet)
    assert (quiet.raw < 1).all()
    ring["r"], ring["buys"] = 0.2 * np.arange(RING), 1  # rising by the same each step, whatever the delay
    pushed = window(ring, m=0.6)
    score(pushed)
    assert (pushed.raw > 1).all()
    against = window(ring, m=0.6, side=-1)
    score(against)
    assert (against.raw < 1).all()


def test_that_a_sale_in_the_mirrored_market_has_the_same_bits() -> None:
    ring = random_ring(5)
    bought = window(ring)
    score(bought)
    mirror = ring.copy()
    mirror["r"], mirror["buys"], mirror["sells"] = -ring["r"], ring["sells"], ring["buys"]
    mirror["p_buy"] = 0.5 - (ring["p_buy"] - 0.5)
    ring["p_buy"] = 1.0 - mirror["p_buy"]  # a pair of complements to the last bit
    sold = window(mirror, side=-1, m=-0.2)
    bought = window(ring)
    score(bought)
    score(sold)
    assert sold.raw.tolist() == bought.raw.tolist()
    assert sold.measured.tolist() == bought.measured.tolist()


def test_that_no_score_is_beyond_its_cap() -> None:
    ring = random_ring(1)
    ring["buys"] = 1000
    w = window(ring)
    score(w)
    assert w.raw[FLOWS : FLOWS + 4].tolist() == [s.CAP] * 4
    assert w.raw.max() == s.CAP


def test_that_the_first_second_is_measured_directly_where_the_window_is_long_enough() -> None:
    ring = random_ring(2)
    ring["flags"] = 0
    w = window(ring, steps=20)
    score(w)
    _gone, levels = spec.filtered(steps_of(w), spec.Event(1, w.m, w.p, w.tick))
    assert w.measured[0] == pytest.approx(levels[19] - w.m, rel=1e-12)
    expected = math.fsum(step.lam * step.p_buy * spec.DT for step in steps_of(w))
    assert w.measured[1] == pytest.approx(sum(step.buys for step in steps_of(w)) - expected, rel=1e-12)
    short = window(ring, steps=10)
    score(short)
    assert np.isnan(short.measured).all()


def normalisation(**changes: Any) -> Normalisation:
    fields: dict[str, Any] = {
        "raw": np.linspace(0.2, 3, SCORES), "cell": 7, "pool": 0, "length": 2, "young": False, "mute_flow": False,
        "mute_fast": False, "tables": model().tables, "e": np.zeros(SCORES),
    }  # fmt: skip
    return Normalisation(**(fields | changes))


def test_that_a_score_is_held_against_the_placebos_of_its_cell_and_length() -> None:
    means = np.ones((CELLS, len(LENGTHS), SCORES))
    means[7, 2] = np.linspace(0.5, 2, SCORES)
    n = normalisation(tables=model(means=means).tables)
    assert normalise(n)
    wanted = [spec.normalised(a, b, 1000) for a, b in zip(n.raw.tolist(), means[7, 2].tolist(), strict=True)]
    assert n.e.tolist() == pytest.approx(wanted, rel=1e-14)


@pytest.mark.parametrize("young", [True, False])
def test_that_without_placebos_of_its_own_the_pool_speaks_for_300(young: bool) -> None:
    sizes = np.full((CELLS, len(LENGTHS)), 1000.0 if young else 0.0)
    pools = np.full((POOLS, len(LENGTHS), SCORES), 2.0)
    n = normalisation(tables=model(sizes=sizes, pools=pools).tables, young=young)
    assert normalise(n)
    assert n.e.tolist() == pytest.approx([spec.normalised(a, 2.0, 300) for a in n.raw.tolist()], rel=1e-14)


def test_that_without_any_placebo_nothing_is_said() -> None:
    nothing = {"sizes": np.zeros((CELLS, len(LENGTHS))), "pool_sizes": np.zeros((POOLS, len(LENGTHS)))}
    n = normalisation(tables=model(**nothing).tables)
    assert not normalise(n)
    assert n.e.tolist() == [1.0] * SCORES


def test_that_a_void_channel_says_nothing() -> None:
    flow = normalisation(mute_flow=True)
    normalise(flow)
    quotes = [*range(QUOTES, FLOW_GROUPS), *range(QUOTE_GROUPS, MIXED_GROUPS)]
    assert [k for k in range(SCORES) if flow.e[k] != 1.0] == quotes
    fast = normalisation(mute_fast=True)
    normalise(fast)
    muted = [0, 4, 8, 12, 15, 16, 19, 20, 23]
    assert [k for k in range(SCORES) if fast.e[k] == 1.0] == muted


def test_that_means_of_few_placebos_are_drawn_to_the_pool() -> None:
    mean, size = shrunk(np.array([[30.0], [0.0], [9000.0]]), np.array([10, 0, 3000]), np.array([1.0]))
    assert mean[:, 0].tolist() == [330 / 310, 1.0, 9300 / 3300]
    assert size.tolist() == [310.0, 0.0, 3000.0]
