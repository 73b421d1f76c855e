"""E against what is usual of the group: the same children, other means; the light goes by the smaller E."""

from typing import Any

import numpy as np
import pytest

from app.engine.evidence.learnt import named
from app.engine.evidence.model import Model
from app.engine.evidence.process import EPOCH, MOST, Bet, enter, start
from app.engine.evidence.rows import CELLS, LENGTHS, POOLS, SCORES, WORLDS
from app.engine.evidence.score import POOL_SIZE
from app.engine.evidence.usual import (
    LARGE,
    Again,
    History,
    SecondBet,
    anew,
    enter_again,
    fresh,
    reference,
    usual_reference,
)
from app.engine.evidence.windows import SCORED
from tests.engine.evidence import spec
from tests.engine.evidence.made import model, own_day, parents_of, played
from tests.engine.evidence.test_follow import evidence_of

EVEN = np.full(WORLDS, 1 / WORLDS)
PLAYED = played(own_day())


def usual(mean: float, group: str = "*", size: float = 900.0) -> Model:
    """A model whose past children all had the same raw score."""
    shape = (POOLS, len(LENGTHS), SCORES)
    parts = {
        "cells": np.zeros(0), "means": np.zeros((0, *shape[1:])), "sizes": np.zeros((0, len(LENGTHS))),
        "pools": np.full(shape, mean), "pool_sizes": np.full(shape[:2], size),
    }  # fmt: skip
    return model().changed(learnt=named(group, parts))


def records_of(engine: Any) -> Any:
    evidence = evidence_of(engine)
    return evidence.records[: evidence.used]


def test_that_the_raw_score_is_found_again_and_held_against_the_usual_mean() -> None:
    draw, out = np.random.default_rng(1), np.zeros(SCORES)
    raw, quiet, mine = draw.uniform(0, 40, SCORES), draw.uniform(0.5, 2, SCORES), draw.uniform(0.5, 2, SCORES)
    e = np.array([spec.normalised(s, m, 1000.0) for s, m in zip(raw, quiet, strict=True)])
    anew(Again(e, quiet, 1000.0, mine, 700.0, out))
    assert out == pytest.approx([spec.normalised(s, m, 700.0) for s, m in zip(raw, mine, strict=True)], rel=1e-9)


def test_that_what_said_nothing_and_what_has_no_reference_stays() -> None:
    e, out = np.full(SCORES, 3.0), np.zeros(SCORES)
    e[0], e[1] = 1.0, 1001.0
    anew(Again(e, np.ones(SCORES), 1000.0, np.full(SCORES, 2.0), 700.0, out))
    assert out[:2].tolist() == [1.0, 1001.0]
    assert out[2] < 3.0
    anew(Again(e, np.ones(SCORES), 1000.0, np.full(SCORES, 2.0), 0.0, out))
    assert out.tolist() == e.tolist()
    anew(Again(np.zeros(SCORES), np.ones(SCORES), 1000.0, np.zeros(SCORES), 700.0, out))
    assert out.tolist() == [1.0] * SCORES


def test_that_a_reference_is_the_cell_else_its_pool_else_nothing() -> None:
    tables = model().tables
    assert reference(tables, 5, 0, young=False).size == 1000.0
    assert reference(tables, 5, 0, young=True).size == POOL_SIZE
    bare = model(sizes=np.zeros((CELLS, len(LENGTHS))), pool_sizes=np.zeros((POOLS, len(LENGTHS)))).tables
    assert reference(bare, 5, 0, young=False).size == 0.0
    found = usual(2.0).learnt.usual["*"]
    assert usual_reference(found, 5, 0).size == POOL_SIZE
    assert usual_reference(found, 5, 0).means.tolist() == [2.0] * SCORES
    assert usual_reference(usual(2.0, size=0.0).learnt.usual["*"], 5, 0).size == 0.0


def test_that_the_second_bet_is_the_first_one_in_less_room() -> None:
    draw = np.random.default_rng(2)
    first, second = np.zeros(1, EPOCH), fresh()
    start(first, 0, 1.0)
    for child in draw.uniform(0, 4, (60, SCORES)):
        enter(Bet(first, 0, child, np.zeros(SCORES), EVEN, 0.3, 0.04, 0.7))
        enter_again(SecondBet(second, 0, child, EVEN, 0.3, 0.04))
        assert second["e"][0] == pytest.approx(float(first["e"][0]), rel=1e-5)
    assert second.nbytes + first.nbytes <= 2560


def test_that_very_large_capital_stays_in_its_room() -> None:
    first, second = np.zeros(1, EPOCH), fresh()
    start(first, 0, 1.0)
    for _ in range(300):
        child = np.full(SCORES, 20.0)
        enter(Bet(first, 0, child, np.zeros(SCORES), EVEN, 0.3, 0.04, 0.7))
        enter_again(SecondBet(second, 0, child, EVEN, 0.3, 0.04))
        assert second["e"][0] == pytest.approx(float(first["e"][0]), rel=1e-4)
        assert float(second["capital"].max()) <= LARGE
    assert second["e"][0] == MOST


def test_that_e_is_the_smaller_one_and_never_larger_than_against_quiet_moments() -> None:
    alone = evidence_of(PLAYED).trails()["P1"]
    for mean, smaller in ((3.0, True), (0.3, False)):
        engine = played(own_day(), made=usual(mean))
        trail = evidence_of(engine).trails()["P1"]
        for said, before in zip(trail.said, alone.said, strict=True):
            assert said.e <= before.e * (1 + 1e-12)
        mine, quiet = [said.e for said in trail.said], [said.e for said in alone.said]
        assert (mine != quiet) == smaller
        assert trail.epochs["most"].tolist() == [max(1.0, *(s.e for s in trail.said if s.epoch == 0)), max(
            0.5, *(s.e for s in trail.said if s.epoch == 1))]  # fmt: skip
        assert trail.epochs["leak"].tolist() == alone.epochs["leak"].tolist()


def test_that_the_reason_says_what_it_was_held_against() -> None:
    def reason(made: Model | None) -> str:
        sheet = own_day(algo="VWAP")
        return str(parents_of(played(sheet, made=made))["P1"]["status_reason"])

    assert "cannot separate leak from timing skill" in reason(None)
    assert "usual of POV" in reason(usual(1.0, "POV"))  # the algo it was switched to
    assert "cannot separate leak from timing skill" in reason(usual(1.0, "VWAP"))
    assert "usual of the house: none of this algo is known" in reason(usual(1.0))


def test_that_a_history_of_own_children_gives_their_raw_scores() -> None:
    made, history = model(), History()
    records = records_of(PLAYED)
    scored = records[records["state"] == SCORED]
    for record in scored:
        history.take(record, made.tables)
    assert int(history.count.sum()) == len(scored) >= 10
    parts = history.arrays()
    assert parts["cells"].tolist() == sorted(set(scored["cell"].tolist()))
    again = made.changed(learnt=named("*", parts))
    twice = History()
    twice.add(history)
    twice.add(history)
    assert int(twice.count.sum()) == 2 * len(scored)
    assert twice.arrays()["pools"] == pytest.approx(parts["pools"])
    one = scored[0]
    n, k = int(one["length"]), int(np.argmax(one["e"]))
    raw = one["e"][k] * 1000.0 / (1001.0 - one["e"][k])  # every quiet mean is 1 and counts for 1,000
    assert history.total[int(one["cell"]), n, k] >= raw * (1 - 1e-6)
    found = again.learnt.usual["*"]
    assert usual_reference(found, int(one["cell"]), n).size == min(
        POOL_SIZE + history.count[int(one["cell"]), n], 3000.0
    )


def test_that_no_history_is_an_empty_one() -> None:
    parts = History().arrays()
    assert len(parts["cells"]) == 0
    assert not parts["pool_sizes"].any()
    made = model().changed(learnt=named("*", parts))
    assert parents_of(played(own_day(), made=made))["P1"]["e_value"] == parents_of(PLAYED)["P1"]["e_value"]
