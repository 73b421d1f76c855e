"""The table of causes of a day: every child once in every dimension, from any blocks, nothing without a model."""

from typing import Any

import numpy as np
import pytest

from app.engine.config import EngineConfig
from app.engine.core import Engine
from app.engine.evidence.learnt import named
from app.engine.evidence.rows import LENGTHS, POOLS, SCORES
from app.engine.schema import ATTRIBUTION
from app.engine.tables.attribution import attribution_table
from app.engine.tables.hindsight import DIMENSIONS
from app.feeds.generator.hand import Sheet
from tests.engine.evidence.made import MS, S, model, own_day, own_parent, parents_of, played
from tests.engine.evidence.test_follow import evidence_of
from tests.engine.tables.test_evidence import planted

DAY = own_day(algo="VWAP")
PLAYED = played(DAY)


def lines(engine: Engine) -> dict[tuple[str, str], dict[str, Any]]:
    table = engine.tables()["attribution"]
    rows = [dict(zip(table, values, strict=True)) for values in zip(*table.values(), strict=True)]
    return {(row["dimension"], row["cell"]): row for row in rows}


def later(sheet: Sheet, name: str) -> None:
    """Everything the children of an order did, 2.4 s later: no window of another order is cut at once."""
    for row in sheet.orders:
        if (row.get("child_id") or "").startswith(name):
            row["ts_event"] += 2_400 * MS


def test_that_every_scored_child_stands_once_in_every_dimension() -> None:
    found, scored = lines(PLAYED), parents_of(PLAYED)["P1"]["n_scored"]
    assert list(PLAYED.tables()["attribution"]) == [column.name for column in ATTRIBUTION]
    for dimension in DIMENSIONS:
        mine = [row for (name, _), row in found.items() if name == dimension]
        assert sum(row["n_children"] for row in mine) == scored
        assert all(row["leak_lo_bps"] < row["leak_bps"] < row["leak_hi_bps"] for row in mine)
        assert all(0 < row["weight"] <= 1 for row in mine)
    assert {cell for name, cell in found if name == "algo"} == {"VWAP", "POV"}
    assert {cell for name, cell in found if name == "venue"} == {"XONE"}
    assert found["venue", "XONE"]["n_parents"] == 1
    assert {row["reference"] for row in found.values()} == {"quiet"}


def test_that_cells_come_in_order_and_do_not_depend_on_the_block() -> None:
    table = PLAYED.tables()["attribution"]
    keys = list(zip(table["dimension"], table["cell"], strict=True))
    assert keys == sorted(keys)
    assert played(DAY, 5000).tables()["attribution"] == table


@pytest.mark.jit
def test_that_a_planted_leak_is_found_by_its_cells() -> None:
    leaking, quiet = lines(planted(True)), lines(planted(False))
    assert leaking["venue", "XONE"]["in_fdr_set"] is True
    assert not any(row["in_fdr_set"] for row in quiet.values())
    assert leaking["venue", "XONE"]["leak_bps"] > quiet["venue", "XONE"]["leak_bps"]


@pytest.mark.parametrize(("mean", "smaller"), [(4.0, True), (0.2, False)])
def test_that_a_cell_stands_out_by_the_smaller_of_two_references(mean: float, smaller: bool) -> None:
    shape = (POOLS, len(LENGTHS), SCORES)
    parts = {
        "cells": np.zeros(0), "means": np.zeros((0, *shape[1:])), "sizes": np.zeros((0, len(LENGTHS))),
        "pools": np.full(shape, mean), "pool_sizes": np.full(shape[:2], 900.0),
    }  # fmt: skip
    made = model().changed(learnt=named("VWAP", parts))
    found, before = lines(played(DAY, made=made)), lines(PLAYED)
    assert (found["algo", "VWAP"]["e_value"] < before["algo", "VWAP"]["e_value"]) == smaller
    assert found["algo", "VWAP"]["e_value"] <= before["algo", "VWAP"]["e_value"]
    assert found["algo", "POV"]["e_value"] == before["algo", "POV"]["e_value"]
    references = {key: row["reference"] for key, row in found.items()}
    assert references["algo", "VWAP"] == "quiet and usual"
    assert references["algo", "POV"] == references["venue", "XONE"] == "quiet"


def test_that_two_orders_are_two_parents_of_a_cell() -> None:
    sheet = own_day()
    own_parent(sheet, 60, "SELL", "P2", instrument="INST")
    later(sheet, "P2")
    sheet.parent(30 * S, "BUY", 500, "P3")  # has done nothing yet
    found = lines(played(sheet))
    assert found["venue", "XONE"]["n_parents"] == 2


def test_that_without_a_model_or_a_child_there_is_no_line() -> None:
    assert attribution_table(None, []) == {}
    engine = Engine(DAY.universe(), EngineConfig())
    assert engine.tables()["attribution"]["cell"] == []
    assert attribution_table(evidence_of(PLAYED), []) == {}


def test_that_children_that_weigh_nothing_have_no_weight() -> None:
    engine = played(DAY)
    evidence = evidence_of(engine)
    evidence.records["share"][:] = 0.0
    assert {row["weight"] for row in lines(engine).values()} == {0.0}
