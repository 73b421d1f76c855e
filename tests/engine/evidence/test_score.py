"""Scores: equal to the specification written a second time, their caps, normalisation and void channels."""

import math
from typing import Any

import numpy as np
import pytest

from app.engine.evidence import score as s
from app.engine.evidence.retreats import ALONG, MOVED
from app.engine.evidence.rows import (
    BLOCKS,
    CELLS,
    FLOWS,
    JOINTS,
    LENGTHS,
    POOLS,
    QUOTES,
    RETREATS,
    RING,
    SCORES,
    STEP,
)
from app.engine.evidence.score import Normalisation, Window, normalise, score, shrunk
from tests.engine.evidence import spec
from tests.engine.evidence.made import laws, model, random_ring

LAWS = laws()
MATCHED = model().tables.matched


def window(ring: Any, **changes: Any) -> Window:
    fields: dict[str, Any] = {
        "ring": ring, "first": 3, "place": 2, "side": 1, "before": 0, "hot": 0.0, "part": 1.0, "m": 0.2, "p": 0.3,
        "tick": 2.0, "laws": LAWS, "matched": MATCHED, "blocks": np.zeros(BLOCKS), "sides": np.zeros((2, 4)),
        "raw": np.zeros(SCORES), "measured": np.zeros(2), "retreats": 0.25, "along": 1.0,
    }  # fmt: skip
    return Window(**(fields | changes))


def steps_of(w: Window) -> list[spec.Step]:
    rows = [w.ring[(w.first + d) % RING] for d in range(LENGTHS[w.place])]
    return [
        spec.Step(
            float(row["r"]), float(row["noise"]), float(row["q"]), float(row["lam"]), float(row["p_buy"]),
            int(row["buys"]), int(row["sells"]), bool(row["flags"] & 1), bool(row["flags"] & 2),
            int(row["retreats"]),
        )
        for row in rows
    ]  # fmt: skip


@pytest.mark.parametrize("place", range(len(LENGTHS)))
@pytest.mark.parametrize("side", [1, -1])
def test_that_the_scores_are_those_of_the_definition(place: int, side: int) -> None:
    for seed in range(6):
        w = window(
            random_ring(seed), place=place, side=side, first=20 * seed, before=seed % 2, part=0.3, hot=0.7 * seed,
            along=0.8,
        )  # fmt: skip
        score(w)
        event = spec.Event(side, w.m, w.p, w.tick, w.before, w.part, w.hot, w.retreats, w.along)
        wanted = spec.scores(steps_of(w), event, LAWS.tolist(), MATCHED[:, place].tolist())
        assert w.raw.tolist() == pytest.approx(wanted, rel=1e-11, abs=1e-11)


def test_that_nothing_after_a_quiet_event_scores_below_one_and_a_pushed_price_above() -> None:
    ring = np.zeros(RING, STEP)
    ring["noise"], ring["q"], ring["lam"], ring["p_buy"] = 0.07, 1.0, 0.5, 0.5
    quiet = window(ring, m=0.0)
    score(quiet)
    assert (quiet.raw <= 1).all()
    assert quiet.raw[[20, 21, 23]].tolist() == [1.0] * 3  # as many retreats of one side as of the other
    assert quiet.raw[QUOTES:JOINTS].tolist() == [1.0] * (JOINTS - QUOTES)
    ring["r"], ring["buys"], ring["retreats"] = (
        0.2 * np.arange(RING),
        1,
        1,
    )  # rising by the same each step, whatever the delay
    pushed = window(ring, m=0.6)
    score(pushed)
    assert (pushed.raw > 1).all()
    against = window(ring, m=0.6, side=-1)
    score(against)
    assert (against.raw < 1).all()


@pytest.mark.parametrize("place", range(len(LENGTHS)))
def test_that_a_price_that_had_moved_before_the_event_is_no_answer(place: int) -> None:
    ring = np.zeros(RING, STEP)
    ring["q"], ring["lam"], ring["p_buy"], ring["r"] = 1.0, 0.5, 0.5, 3.0
    w = window(ring, place=place, m=0.0)  # there at once
    score(w)
    assert w.raw[QUOTES:JOINTS].tolist() == pytest.approx([1.0] * (JOINTS - QUOTES), abs=2e-3)


def test_that_scores_of_prices_have_a_mean_of_one_however_noisy_prices_are() -> None:
    ring = random_ring(4)
    ring["flags"] = 0
    for loud in (0.1, 1.0, 30.0):
        up, down = ring.copy(), ring.copy()
        up["r"], down["r"] = 0.2 + loud * ring["r"], 0.2 - loud * ring["r"]
        said = []
        for one in (up, down):
            w = window(one, place=4)
            score(w)
            said.append(w.raw[QUOTES:JOINTS].copy())
        assert (said[0] + said[1]).tolist() == pytest.approx([2.0] * (JOINTS - QUOTES), rel=1e-12)


def test_that_a_trade_that_takes_the_price_along_says_more_than_one_that_does_not() -> None:
    ring = np.zeros(RING, STEP)
    ring["q"], ring["lam"], ring["p_buy"] = 1.0, 0.5, 0.5
    ring["buys"][20], ring["retreats"][20] = 1, MOVED
    alone = window(ring, first=0, m=0.0)
    score(alone)
    assert alone.raw[JOINTS : JOINTS + 4].tolist() == alone.raw[FLOWS : FLOWS + 4].tolist()
    ring["r"][20:] = 0.5
    along = window(ring, first=0, m=0.0)
    score(along)
    assert along.raw[FLOWS : FLOWS + 4].tolist() == alone.raw[FLOWS : FLOWS + 4].tolist()
    assert (along.raw[JOINTS : JOINTS + 4] > alone.raw[JOINTS : JOINTS + 4]).all()


@pytest.mark.parametrize("side", [1, -1])
def test_that_a_trade_says_more_with_quotes_that_go_along_with_it(side: int) -> None:
    said = []
    for seen in (side * ALONG, MOVED, 0, -side * ALONG):
        ring = np.zeros(RING, STEP)
        ring["q"], ring["lam"], ring["p_buy"] = 1.0, 0.5, 0.5
        ring["buys" if side > 0 else "sells"][20], ring["retreats"][20] = 1, seen
        w = window(ring, first=0, side=side, along=1.25)
        score(w)
        before = 1.0 - LAWS[1, : LENGTHS[w.place]].sum()
        said.append((w.raw[JOINTS + 1] - before) / (w.raw[FLOWS + 1] - before))
    assert said == pytest.approx([3.0 / 1.25, 1.0 / 1.25, 0.5 / 1.25, 0.5 / 1.25])


@pytest.mark.parametrize("side", [1, -1])
def test_that_quotes_that_retreat_ahead_of_us_speak_for_a_leak_and_those_behind_us_against_one(side: int) -> None:
    ring = np.zeros(RING, STEP)
    ring["q"], ring["lam"], ring["p_buy"] = 1.0, 0.5, 0.5
    ahead, behind = ring.copy(), ring.copy()
    ahead["retreats"][9], behind["retreats"][9] = side, -side
    said = []
    for one in (ring, ahead, behind):
        w = window(one, first=0, side=side)
        score(w)
        said.append(w.raw[RETREATS:].copy())
    none, away, near = said
    assert (away > none).all()
    assert (near[[0, 1, 3]] < none[[0, 1, 3]]).all()
    assert away[s.ALONE] > 2.0
    assert near[s.ALONE] == none[s.ALONE]
    held = [k for k in range(4) if k != s.ALONE]
    assert (away + near)[held].tolist() == pytest.approx([2.0] * 3, rel=1e-12)  # a mean of 1, however rare they are


def test_that_a_retreat_in_the_step_of_the_event_is_no_answer() -> None:
    ring = np.zeros(RING, STEP)
    ring["q"], ring["lam"], ring["p_buy"] = 1.0, 0.5, 0.5
    ring["retreats"][0] = 1
    w = window(ring, first=0)
    score(w)
    assert (w.raw[RETREATS:] <= 1.0).all()


def test_that_a_follower_of_a_trade_says_less_than_a_trade_out_of_nothing() -> None:
    ring = np.zeros(RING, STEP)
    ring["q"], ring["lam"], ring["p_buy"] = 1.0, 0.5, 0.5
    ring["buys"][3] = 1
    calm, hot = window(ring, first=0, hot=0.0), window(ring, first=0, hot=4.0)
    score(calm)
    score(hot)
    assert (hot.raw[FLOWS : FLOWS + 4] < calm.raw[FLOWS : FLOWS + 4]).all()


def test_that_a_sale_in_the_mirrored_market_has_the_same_bits() -> None:
    ring = random_ring(5)
    bought = window(ring)
    score(bought)
    mirror = ring.copy()
    mirror["r"], mirror["buys"], mirror["sells"] = -ring["r"], ring["sells"], ring["buys"]
    mirror["retreats"] = np.where(ring["retreats"] == MOVED, MOVED, -ring["retreats"])
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
    ring["buys"] = np.arange(RING) ** 3  # faster than followers could
    ring["retreats"] = 1
    ring["r"] = 0.1 * np.arange(RING)
    w = window(ring, first=0, place=4)
    score(w)
    assert w.raw[FLOWS : FLOWS + 3].tolist() == w.raw[JOINTS : JOINTS + 3].tolist() == [s.CAP] * 3
    assert w.raw.max() == w.raw[RETREATS + s.ALONE] == s.CAP


def test_that_the_first_second_is_measured_directly_where_the_window_is_long_enough() -> None:
    ring = random_ring(2)
    ring["flags"] = 0
    w = window(ring, place=1)
    score(w)
    _gone, levels = spec.filtered(steps_of(w), spec.Event(1, w.m, w.p, w.tick))
    assert w.measured[0] == pytest.approx(levels[19] - w.m, rel=1e-12)
    expected, hot = 0.0, 0.0
    for step in steps_of(w):
        expected += (0.88 * step.lam * step.p_buy + 0.12 * hot) * spec.DT
        hot = hot * math.exp(-0.2) + step.buys / 0.25
    assert w.measured[1] == pytest.approx(sum(step.buys for step in steps_of(w)) - expected, rel=1e-12)
    short = window(ring, place=0)
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
    wanted = [spec.normalised(a, 2.0, 300) for a in n.raw.tolist()]
    if young:  # how often others trade is not known yet
        wanted[:QUOTES] = [1.0] * QUOTES
        wanted[JOINTS:] = [1.0] * (SCORES - JOINTS)
    assert n.e.tolist() == pytest.approx(wanted, rel=1e-14)


def test_that_without_any_placebo_nothing_is_said() -> None:
    nothing = {"sizes": np.zeros((CELLS, len(LENGTHS))), "pool_sizes": np.zeros((POOLS, len(LENGTHS)))}
    n = normalisation(tables=model(**nothing).tables)
    assert not normalise(n)
    assert n.e.tolist() == [1.0] * SCORES


def test_that_a_void_channel_says_nothing() -> None:
    flow = normalisation(mute_flow=True)
    normalise(flow)
    quotes = [*range(QUOTES, JOINTS)]
    assert [k for k in range(SCORES) if flow.e[k] != 1.0] == quotes
    fast = normalisation(mute_fast=True)
    normalise(fast)
    muted = [0, 4, 8, 12, 16, 19, 20, 23]
    assert [k for k in range(SCORES) if fast.e[k] == 1.0] == muted


def test_that_means_of_few_placebos_are_drawn_to_the_pool() -> None:
    mean, size = shrunk(np.array([[30.0], [0.0], [9000.0]]), np.array([10, 0, 3000]), np.array([1.0]))
    assert mean[:, 0].tolist() == [330 / 310, 1.0, 9300 / 3300]
    assert size.tolist() == [310.0, 0.0, 3000.0]
