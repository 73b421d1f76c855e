"""A real day against its independently computed truth: AMZN, 20 parents, 282 fills."""

import math
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from app.session.replay import replay
from app.session.request import ReplayRequest

pytestmark = pytest.mark.slow

RENAMED = {"symbol": "instrument", "ts_arrival_ns": "arrival_ts", "ts_end_ns": "end_ts", "ts_ns": "ts_event"}
# no columns of ours, but what the truth was made from
INPUTS = {"row", *(f"mid_{h}" for h in ("100ms", "1s", "5s", "30s", "1m", "5m"))}


def rows(path: Path) -> list[dict[str, Any]]:
    """A Parquet file as dict rows."""
    found: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return found


@pytest.fixture(scope="module")
def out(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output of one replay of the real day."""
    folder = tmp_path_factory.mktemp("lobster") / "out"
    assert replay(ReplayRequest(path=str(shared_data / "lobster"), format="lobster", out=str(folder))) is not None
    return folder


def wrong(expected: dict[str, Any], got: dict[str, Any]) -> list[str]:
    """Shared columns that differ: bps by more than 1e-6, prices and money by more than 1e-9 of themselves."""
    found = []
    for name, value in expected.items():
        column = RENAMED.get(name, name)
        if name in INPUTS or (name == "arrival_mid" and "fill_id" in expected):
            continue
        if isinstance(value, float) and math.isnan(value):
            value = None
        if value is None or not isinstance(value, float):
            agreed = got[column] == value
        elif name.endswith("_bps"):
            agreed = got[column] is not None and abs(got[column] - value) <= 1e-6
        else:
            agreed = got[column] is not None and math.isclose(got[column], value, rel_tol=1e-9)
        if not agreed:
            found.append(f"{column}: expected {value!r}, got {got[column]!r}")
    return found


def test_that_all_parents_of_the_real_day_equal_their_truth(shared_data: Path, out: Path) -> None:
    truth = rows(shared_data / "lobster" / "lobster_AMZN_parent_truth.parquet")
    ours = {row["parent_id"]: row for row in rows(out / "parents.parquet")}
    assert len(truth) == 20
    assert {row["parent_id"]: wrong(row, ours[row["parent_id"]]) for row in truth} == {
        row["parent_id"]: [] for row in truth
    }


def test_that_all_fills_of_the_real_day_equal_their_truth(shared_data: Path, out: Path) -> None:
    truth = rows(shared_data / "lobster" / "lobster_AMZN_fill_truth.parquet")
    ours = {(row["parent_id"], row["fill_id"]): row for row in rows(out / "fills.parquet")}
    assert len(truth) == len(ours) == 282
    assert [note for row in truth for note in wrong(row, ours[row["parent_id"], row["fill_id"]])] == []


def test_that_every_fill_of_the_real_day_finds_its_print(out: Path) -> None:
    assert all(row["own_print"] for row in rows(out / "fills.parquet"))
