"""A scored child in one call: the bet of the definition, the direct measurement, and what an order takes."""

import math
from typing import Any

import numpy as np
import pytest

from app.engine.evidence import cost
from app.engine.evidence.fold import (
    AFTER,
    BEFORE,
    CELL,
    CHILDREN,
    FOUND,
    JUMP,
    LASTING,
    LATER,
    LEAK,
    MOST,
    TOP,
    VOLATILITY,
    Prior,
    Room,
    Scored,
    Scores,
    fold,
    fold_all,
    room,
    stake,
)
from app.engine.evidence.process import EPOCH, start
from app.engine.evidence.rows import BUCKETS, CHILD, SCORES, SHARES, VOLATILITIES
from app.engine.evidence.trail import Trail
from app.engine.units import NULL
from tests.engine.evidence import spec
from tests.engine.evidence.made import KERNEL, model

MODEL = model()
PRIOR = Prior(0.45, 0.3, 0.04, 0.7)


def children(n: int = 8, **columns: Any) -> Any:
    draw, out = np.random.default_rng(3), np.zeros(n, CHILD)
    out["e"], out["tick"] = draw.uniform(0, 4, (n, SCORES)), 2.0
    out["share"], out["own"], out["y"], out["c"] = np.linspace(1, 0.2, n), 0.3, np.nan, np.nan
    for name, value in columns.items():
        out[name] = value
    return out


def epoch() -> Any:
    out = np.zeros(1, EPOCH)
    start(out, NULL, 1.0)
    return out


def asked(records: Any, number: int, epochs: Any, among: Room) -> Scored:
    later = float(records["own"][number])
    return Scored(records, number, later, epochs, 0, MODEL.tables.weights, PRIOR, among)


def test_that_the_bets_are_those_of_the_definition() -> None:
    records, epochs, among, prices = children(), epoch(), room(), []
    for n in range(len(records)):
        fold(asked(records, n, epochs, among))
        record, out = records[n], np.zeros(SCORES)
        share, tick = float(record["share"]), float(record["tick"])
        of = cost.Answered(share, float(record["own"]), 0.45 * tick, tick)
        cost.world_costs(of, out)
        assert among.costs.tolist() == out.tolist()
        assert among.e.tolist() == record["e"].astype(float).tolist()
        prices.append(out.tolist())
    wanted = spec.process(records["e"].astype(float).tolist(), prices, MODEL.tables.weights.tolist())
    assert epochs["e"][0] == pytest.approx(wanted.e, rel=1e-9)
    assert epochs["leak"][0] == pytest.approx(wanted.leak, rel=1e-9)


def test_that_many_children_are_folded_as_one_after_the_other() -> None:
    records, one, many, among = children(y=0.5, c=0.1), epoch(), epoch(), room()
    found, each = np.zeros((len(records), FOUND)), []
    for n in range(len(records)):
        fold(asked(records, n, one, among))
        each.append(among.found.tolist())
    fold_all(Scores(records, many, 0, MODEL.tables.weights, PRIOR, among, found))
    assert found.tolist() == each
    assert many.tobytes() == one.tobytes()
    assert int(many["n"][0]) == len(records)


def test_that_what_the_child_led_to_is_found() -> None:
    records, epochs, among = children(cell=BUCKETS * 6 + 5), epoch(), room()
    stake(asked(records, 0, epochs, among))
    before = epochs[0].copy()
    fold(asked(records, 1, epochs, among))
    found = among.found
    assert (found[BEFORE], found[MOST]) == (before["e"], before["most"])
    assert (found[AFTER], found[TOP], found[LEAK]) == tuple(epochs[0][name] for name in ("e", "top", "leak"))
    assert (found[CHILDREN], found[CELL], found[VOLATILITY]) == (2, BUCKETS * 6 + 5, 2)


def test_that_what_is_expected_of_answers_adds_up_to_the_growth_of_the_leak() -> None:
    """With worlds that agree on what a child was, nothing is told again of the children before."""
    records, epochs, among = children(own=0.3), epoch(), room()
    records["e"] = 1.0
    total = 0.0
    for n in range(len(records)):
        fold(asked(records, n, epochs, among))
        total += among.found[LASTING] + among.found[LATER]
        assert among.found[JUMP] * records["share"][n] == pytest.approx(among.found[LASTING])
        assert epochs["leak"][0] == pytest.approx(total)
    records["share"] = 0.0
    fold(asked(records, 0, epochs, among))
    assert (among.found[JUMP], among.found[LASTING]) == (0.0, 0.0)
    assert among.found[LATER] > 0.0


def test_that_capital_beyond_counting_leaves_no_doubt_of_the_leak() -> None:
    records, epochs, among = children(), epoch(), room()
    fold(asked(records, 0, epochs, among))
    epochs["scale"] = 1
    fold(asked(records, 1, epochs, among))
    worlds = (epochs["capital"][0] * MODEL.tables.weights).reshape(SCORES, -1)
    total = worlds.sum() + epochs["unborn"][0]
    wanted = 0.0
    for k, row in enumerate(worlds):
        e, trades = float(records["e"][1][k]), 0.3 if k < 4 or 12 <= k < 20 else 0.0
        for share, held in zip(SHARES, row, strict=True):
            wanted += held * share * e / (1.0 + share * (e - 1.0)) * (among.costs[k] - trades)
    assert among.found[LASTING] == pytest.approx(wanted / total)


def test_that_the_direct_measurement_weighs_what_was_unfilled() -> None:
    records, epochs, among = children(3, y=[2.0, math.nan, -1.0], c=[3.0, math.nan, 0.0], own=0.25), epoch(), room()
    records["share"] = 0.5
    for n in range(3):
        fold(asked(records, n, epochs, among))
    assert (epochs["direct"][0], epochs["direct2"][0], epochs["measured"][0]) == (1.25, 1.75**2 + 0.25, 2)


def test_that_an_order_takes_no_more_than_promised() -> None:
    among = room()
    trails = [Trail(f"P{n}", MODEL, KERNEL.g, among) for n in range(3)]
    for trail in trails:
        own = [getattr(trail, name) for name in Trail.__slots__]
        arrays = [one for one in own if isinstance(one, np.ndarray) and one is not MODEL.tables.weights]
        assert sum(array.nbytes for array in arrays) <= 2_500
        assert trail.room is among
    assert CHILD.itemsize <= 256


def test_that_only_aggressive_children_teach_what_follows_own_prints() -> None:
    for kind, heard in ((0, 0.0), (1, 3.0), (2, 0.0)):
        records, epochs = children(3, cell=kind * VOLATILITIES * BUCKETS), epoch()
        for n in range(3):
            fold(asked(records, n, epochs, room()))
        assert epochs[0]["own_events"] == heard
        assert (epochs[0]["after_own"] > 0) == (heard > 0)
