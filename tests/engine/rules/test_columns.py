"""Columns a rule may name: every one of the board's parents, of its kind, undefined as none."""

import numpy as np

from app.engine.layout import PARENT_ROW
from app.engine.rules.columns import COLUMNS, TEXTS, values_of
from app.engine.units import NULL


def test_that_every_column_of_a_parent_may_be_named() -> None:
    assert set(PARENT_ROW.names or ()) - set(COLUMNS) == {"source", "seq", "as_of"}
    assert {COLUMNS[name] for name in TEXTS} == {"text"}
    assert (COLUMNS["in_fdr_set"], COLUMNS["is_bps"], COLUMNS["desk"]) == ("flag", "number", "text")


def test_that_values_are_those_of_the_row_and_undefined_is_none() -> None:
    row = np.zeros(1, PARENT_ROW)
    row["level"], row["is_bps"], row["order_qty"], row["in_fdr_set"] = 7, 1.5, 100, 1
    row["status"], row["leak_bps"], row["end_ts"] = 0, np.nan, NULL
    names = ("level", "is_bps", "order_qty", "in_fdr_set", "status", "leak_bps", "end_ts")
    found = values_of(row[0], names, {0: "", 7: "RED"}.__getitem__)
    assert found == {
        "level": "RED", "is_bps": 1.5, "order_qty": 100.0, "in_fdr_set": True, "status": None, "leak_bps": None,
        "end_ts": None,
    }  # fmt: skip
    row["in_fdr_set"] = -1
    assert values_of(row[0], ("in_fdr_set",), str) == {"in_fdr_set": None}
    row["in_fdr_set"] = 0
    assert values_of(row[0], ("in_fdr_set",), str) == {"in_fdr_set": False}
