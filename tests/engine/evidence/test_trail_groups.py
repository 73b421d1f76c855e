"""Of one parent's trail: the group it is in, the weights and the usual scores it is tested with, what it can see."""

from typing import Any

import numpy as np
import pytest

from app.engine.events import OrderRow
from app.engine.evidence.learnt import named
from app.engine.evidence.model import Model
from app.engine.evidence.rows import BUCKETS, LENGTHS, POOLS, SCORES, WORLDS
from app.engine.evidence.trail import Trail
from app.engine.units import NULL, SECOND
from tests.engine.evidence.made import KERNEL, model
from tests.engine.evidence.test_trail import child

FLOW = np.zeros(WORLDS)
FLOW[:5] = 0.2  # the first flow score at every share


def taught(mean: float = 2.0) -> Model:
    shape = (POOLS, len(LENGTHS), SCORES)
    parts = {
        "cells": np.zeros(0), "means": np.zeros((0, *shape[1:])), "sizes": np.zeros((0, len(LENGTHS))),
        "pools": np.full(shape, mean), "pool_sizes": np.full(shape[:2], 900.0),
    }  # fmt: skip
    return model().changed(learnt={"weights:SEEK|XNAS": FLOW, **named("SEEK", parts)})


def trail(made: Model, *told: dict[str, Any]) -> Trail:
    out = Trail("P1", made, KERNEL.g)
    out.terms(0, 1, 1000, NULL)
    for columns in told:
        out.told(OrderRow(ts_event=0, kind="algo_new", source="ems", **columns))
    return out


def scores(**by_kind: float) -> list[float]:
    e = [1.0] * SCORES
    for kind, value in by_kind.items():
        e[{"flow": 0, "quote": 4}[kind]] = value
    return e


def test_that_an_order_is_tested_with_the_weights_of_its_group() -> None:
    made = taught()
    known, unknown = trail(made, {"algo": "SEEK", "venue": "XNAS"}), trail(made, {"algo": "SEEK", "venue": "ARCX"})
    assert (known.weighed_by, known.usual_of) == ("SEEK|XNAS", "SEEK")
    assert (unknown.weighed_by, unknown.usual_of) == ("", "SEEK")
    for n in range(30):
        known.scored(n, child(n * 9 * SECOND, scores(flow=4.0)))
        unknown.scored(n, child(n * 9 * SECOND, scores(flow=4.0)))
    assert known.epochs[-1]["e"] > 5 * unknown.epochs[-1]["e"]


def test_that_what_is_told_once_children_are_scored_waits_for_the_next_epoch() -> None:
    made = trail(taught(), {"algo": "VWAP"})
    assert made.usual is None
    made.scored(0, child(0, 1.0))
    made.told(OrderRow(ts_event=1, kind="algo_replaced", source="ems", algo="SEEK", venue="XNAS"))
    assert (made.groups[-1].algo, made.usual, made.weighed_by) == ("SEEK", None, "")
    made.switch(10 * SECOND)
    assert (made.usual_of, made.weighed_by) == ("SEEK", "SEEK|XNAS")
    made.told(OrderRow(ts_event=11, kind="algo_switched", source="ems", algo="POV", randomised=True, propensity=0.5))
    assert [group.algo for group in made.groups] == ["SEEK", "POV"]
    assert made.drawn == [(None, None), (True, 0.5)]


def test_that_e_is_the_smaller_of_two_and_its_largest_is_of_that() -> None:
    made, plain = trail(taught(), {"algo": "SEEK"}), trail(model(), {"algo": "SEEK"})
    for n in range(20):
        one = child(n * 9 * SECOND, scores(flow=2.5, quote=1.5))
        made.scored(n, one)
        plain.scored(n, one)
        assert made.epochs[-1]["e"] <= plain.epochs[-1]["e"]
    assert made.epochs[-1]["e"] < plain.epochs[-1]["e"]
    assert made.epochs[-1]["leak"] == plain.epochs[-1]["leak"]
    assert made.epochs[-1]["most"] == max(1.0, *(said.e for said in made.said))
    made.switch(999 * SECOND)
    made.scored(99, child(1000 * SECOND, scores(flow=9.0)))
    mine = float(made.second["e"][0]) * 0.5
    assert made.epochs[-1]["e"] == pytest.approx(min(mine, float(made.epochs[-1]["e"])))
    assert made.second["n"][0] == 1


def test_that_a_curve_counts_the_volatility_the_children_of_the_epoch_stood_in() -> None:
    bps = np.array([[2.0], [4.0], [6.0], [8.0]])
    made = trail(model().changed(learnt={"sees_children": np.array([4.0]), "sees": bps}))
    for n, volatility in enumerate((0, 0, 3, 3)):
        made.scored(n, child(n * 9 * SECOND, 1.0, cell=volatility * BUCKETS + 7))
    assert made.in_volatility == [2, 0, 0, 2]
    assert made.look(0).detectable == pytest.approx(5.0)
    made.switch(99 * SECOND)
    assert made.in_volatility == [0] * 4


def test_that_a_child_is_bet_on_as_a_row_or_an_array_of_one() -> None:
    made, rows = trail(model()), child(0, 2.0)
    one, other = (made.epochs.copy() for _ in range(2))
    made.bet(rows[0], one, 0, 0.5)
    made.bet(rows, other, 0, 0.5)
    assert one[0]["e"] == other[0]["e"] > 1.0
    assert one[0]["leak"] == other[0]["leak"] > 0.0
