"""The shipped sessions: made by the script again they are the same, small, and their figures are the golden ones."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from app.session.replay import replay
from app.session.request import ReplayRequest
from scripts.make_sessions import shipped, write
from tests.session.compare import mismatches
from tests.session.judges import agrees
from tests.session.oracle import Session
from tests.session.play import as_sheet, played
from tests.session.test_inst import FILL_1, FILL_2, PARENT
from tests.session.test_ties import FILLS, PARENTS

pytestmark = pytest.mark.slow  # processes, whole days or whole windows

NAMES = ("inst", "inst_sell", "ties", "day")


def rows(path: Path) -> list[dict[str, Any]]:
    """A Parquet file as dict rows."""
    found: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return found


@pytest.mark.parametrize("name", NAMES)
def test_that_a_shipped_session_is_what_the_script_makes(name: str, repository: Path, tmp_path: Path) -> None:
    write(tmp_path / name, shipped()[name])
    kept = repository / "resources" / "sessions" / name
    assert sorted(file.name for file in kept.iterdir()) == sorted(file.name for file in (tmp_path / name).iterdir())
    for file in (tmp_path / name).iterdir():
        assert pq.read_table(kept / file.name).equals(pq.read_table(file)), file.name


def test_that_the_shipped_sessions_are_small(repository: Path) -> None:
    folder = repository / "resources" / "sessions"
    for name in NAMES:
        assert sum(file.stat().st_size for file in (folder / name).iterdir()) < 1_000_000


@pytest.fixture(scope="module", params=NAMES)
def out(request: pytest.FixtureRequest, repository: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """The output of a replay of each shipped session, by name."""
    name: str = request.param
    folder = tmp_path_factory.mktemp(name) / "out"
    result = replay(ReplayRequest(path=str(repository / "resources" / "sessions" / name), out=str(folder)))
    assert result is not None
    assert result.report.rows_quarantined == 0
    return name, folder


def test_that_a_replay_of_a_shipped_session_gives_its_golden_figures(out: tuple[str, Path]) -> None:
    name, folder = out
    parents = {row["parent_id"]: row for row in rows(folder / "parents.parquet")}
    fills = {(row["parent_id"], row["fill_id"]): row for row in rows(folder / "fills.parquet")}
    if name == "ties":
        assert [note for case, figures in PARENTS.items() for note in agrees(parents[case], figures)] == []
        assert [note for key, figures in FILLS.items() for note in agrees(fills[key], figures)] == []
    elif name == "inst":
        assert agrees(parents["P1"], PARENT) == []
        assert agrees(fills["P1", "F1"], FILL_1) + agrees(fills["P1", "F2"], FILL_2) == []
    elif name == "inst_sell":
        money = {column: value for column, value in PARENT.items() if column.endswith("_ccy")}
        assert agrees(parents["P1"], money) == []
    else:
        arrivals = {column: PARENT[column] for column in ("arrival_mid", "exec_cost_ccy", "slip_arrival_bps", "avg_px")}
        assert agrees(parents["P1"], arrivals) == []
        sold = agrees(parents["P2"], {"exec_cost_ccy": 300.0, "slip_arrival_bps": PARENT["slip_arrival_bps"]})
        assert sold == []
        assert len(parents) >= 12


@pytest.mark.slow
def test_that_the_shipped_day_equals_the_oracle_on_every_column() -> None:
    made = shipped()["day"]
    sheet = as_sheet(made)
    session = Session(sheet.market, sheet.orders, sheet.instruments)
    assert mismatches(played(sheet, 4096).tables(), session) == []
