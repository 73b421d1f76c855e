"""A run with everything a model can have learnt: the same from any blocks, after a stop, and what it says by name."""

import numpy as np
import pytest

from app.engine.config import EngineConfig
from app.engine.core import Engine
from app.engine.evidence.learnt import named
from app.engine.evidence.rows import LENGTHS, POOLS, SCORES, WORLDS
from tests.engine.days import in_time, last_ts
from tests.engine.evidence.made import MS, model, own_day, own_parent, parents_of, played
from tests.engine.evidence.test_follow import evidence_of

SHAPE = (POOLS, len(LENGTHS), SCORES)
PARTS = {
    "cells": np.zeros(0), "means": np.zeros((0, *SHAPE[1:])), "sizes": np.zeros((0, len(LENGTHS))),
    "pools": np.full(SHAPE, 1.5), "pool_sizes": np.full(SHAPE[:2], 900.0),
}  # fmt: skip
TAUGHT = model().changed(
    learnt={
        **named("VWAP", PARTS), **named("*", PARTS), "weights:VWAP": np.eye(WORLDS)[2],
        "sees_children": np.array([1.0, 100.0]), "sees": np.array([[20.0, 4.0]] * 4),
        "switch": np.array([0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0]),
    }
)  # fmt: skip
DAY = own_day(algo="VWAP")
own_parent(DAY, 50, "SELL", "P2", instrument="INST")
for _row in DAY.orders:
    if (_row.get("child_id") or "").startswith("P2"):
        _row["ts_event"] += 2_400 * MS
REFERENCE = played(DAY, made=TAUGHT)


def same(engine: Engine) -> None:
    assert engine.output_hash() == REFERENCE.output_hash()
    for table in ("evidence", "attribution", "switches"):
        assert engine.tables()[table] == REFERENCE.tables()[table]


@pytest.mark.parametrize("size", [7, 5000])
@pytest.mark.slow
def test_that_what_was_learnt_does_not_depend_on_the_block(size: int) -> None:
    same(played(DAY, size, made=TAUGHT))


def test_that_a_stop_on_the_way_changes_nothing_learnt() -> None:
    engine = Engine(DAY.universe(), EngineConfig(evidence=TAUGHT))
    for n, block in enumerate(in_time(DAY, engine.universe, 97)):
        if n in (2, 5, 6):
            engine = Engine.load(engine.save(), DAY.universe(), engine.config)
        engine.apply(block)
    engine.finish(last_ts(DAY))
    same(engine)


def test_that_each_order_is_held_against_its_own_group() -> None:
    trails = evidence_of(REFERENCE).trails()
    assert [group.algo for group in trails["P1"].groups] == ["VWAP", "POV"]
    assert (trails["P1"].usual_of, trails["P1"].weighed_by) == ("*", "")  # of the epoch since the switch
    assert trails["P2"].house > 0
    rows = parents_of(REFERENCE)
    for name in ("P1", "P2"):
        assert "other house flow: present" in rows[name]["status_reason"]
        assert "usual of the house" in rows[name]["status_reason"]
        assert 4.0 < rows[name]["min_detectable_bps"] < 20.0
    kinds = set(
        zip(REFERENCE.tables()["switches"]["from_group"], REFERENCE.tables()["switches"]["to_group"], strict=True)
    )
    assert ("VWAP", "POV") in kinds


def test_that_a_mirrored_day_has_the_mirrored_evidence() -> None:
    there = played(DAY.mirrored("100.00"), made=TAUGHT).tables()
    here = REFERENCE.tables()
    for table, names in (("attribution", ("cell", "n_children")), ("switches", ("parent_id", "verdict"))):
        for name in names:
            assert there[table][name] == here[table][name]
    for name in ("e_value", "leak_bps"):
        assert there["attribution"][name] == pytest.approx(here["attribution"][name], rel=1e-3)
