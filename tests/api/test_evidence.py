"""The evidence of an order as the API tells it: epochs in order, intervals, nulls where nothing is known."""

import numpy as np
import pytest

from app.api.evidence import number, schemas, told
from app.board import blank
from app.engine.layout import EPOCHS
from app.engine.units import NULL

TEXTS = ("", "RED", "CLEAR", "others trade on our side")


def text(index: int) -> str:
    return TEXTS[index]


def row_of(epochs: int = 2) -> np.void:
    """A row with a red epoch and a clear one."""
    row = blank("evidence", 1)
    row["epochs"] = epochs
    row["began"][0, :2] = NULL, 1_000
    row["children"][0, :2] = 78, 20
    row["e"][0, :2] = 410.0, 0.5
    row["leak"][0, :2], row["low"][0, :2], row["high"][0, :2] = (4.4, 0.2), (1.0, 0.0), (8.0, 3.0)
    row["detectable"][0, :2] = 5.1, 10.0
    row["light"][0, :2] = 1, 2
    row["recent_children"], row["recent"], row["recent_low"], row["recent_high"] = 20, 0.2, 0.0, 3.0
    row["projected"], row["projected_low"], row["projected_high"] = 0.3, 0.0, 4.5
    row["projected_ccy"], row["at_risk_ccy"], row["top"] = 1_500.0, 500.0, 3
    row["direct"] = np.nan
    found: np.void = row[0]
    return found


def test_that_epochs_are_told_oldest_first_with_what_each_said() -> None:
    epochs = told(row_of(), text)["epochs"]
    assert [(one["status"], one["began_ns"], one["n_scored"], one["e_value"]) for one in epochs] == [
        ("RED", None, 78, 410.0), ("CLEAR", 1_000, 20, 0.5),
    ]  # fmt: skip
    assert [epochs[0][name] for name in ("leak_bps", "leak_lo_bps", "leak_hi_bps", "min_detectable_bps")] == [
        4.4, 1.0, 8.0, 5.1,
    ]  # fmt: skip


def test_that_what_holds_now_has_its_interval_and_money() -> None:
    found = told(row_of(), text)
    assert found["recent_bps"] == {"value": 0.2, "low": 0.0, "high": 3.0}
    assert found["projected_bps"] == {"value": 0.3, "low": 0.0, "high": 4.5}
    assert found["cost_line_bps"] == {"value": None, "low": None, "high": None}
    assert (found["projected_ccy"], found["at_risk_ccy"]) == (1_500.0, 500.0)
    assert (found["explained_by"], found["recent_children"]) == ("others trade on our side", 20)


def test_that_of_many_epochs_the_last_are_told_and_all_are_counted() -> None:
    found = told(row_of(EPOCHS + 3), text)
    assert (len(found["epochs"]), found["n_epochs"]) == (EPOCHS, EPOCHS + 3)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_that_what_is_undefined_is_null(value: float) -> None:
    assert number(np.float64(value)) is None


def test_that_the_schemas_name_exactly_what_is_told() -> None:
    found, described = told(row_of(), text), schemas()
    assert set(found) == set(described["EvidenceHistory"]["properties"])
    assert set(found["epochs"][0]) == set(described["EvidenceEpoch"]["properties"])
    assert set(found["recent_bps"]) == set(described["EvidenceInterval"]["properties"])
