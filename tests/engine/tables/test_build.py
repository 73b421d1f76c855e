"""All tables of one moment agree, and what was folded is used again while it holds."""

import pytest

from app.engine.config import EngineConfig
from app.engine.core import Engine
from app.engine.schema import TABLES
from app.engine.tables.build import all_tables, build, standing_of
from app.engine.units import HORIZON_NAMES
from app.feeds.generator.hand import T0, Sheet
from tests.engine.days import S, day, in_time
from tests.engine.orders.stories import row
from tests.session.play import keyed, played


def engine_of(sheet: Sheet) -> Engine:
    engine = Engine(sheet.universe(), EngineConfig())
    for block in in_time(sheet, engine.universe, 99):
        engine.apply(block)
    return engine


def test_that_a_parent_is_folded_once_until_something_changes() -> None:
    state = engine_of(day()).state
    now, parent = state.moment(), state.flow.parents["P1"]
    first = standing_of(parent, now)
    assert standing_of(parent, now) is first
    assert (parent.standing, parent.stale, parent.folded) == (first, False, len(parent.facts))
    parent.refresh()
    second = standing_of(parent, now)
    assert second is not first
    state.flow.take(row(0, "parent_amended", parent_id="P1", qty=7))
    assert standing_of(parent, now) is not second
    parent.folded -= 1
    third = standing_of(parent, now)
    assert third is not second
    parent.standing = None
    assert standing_of(parent, now) is not third


def test_that_tables_are_complete_and_agree_with_each_other() -> None:
    state = engine_of(day()).state
    now = state.moment()
    built = build(state.parents(), state.flow.all_chains(), now)
    tables = all_tables(built, now)
    assert {name: list(columns) for name, columns in tables.items()} == {
        name: [column.name for column in columns] for name, columns in TABLES.items()
    }
    assert [len(tables[name]["source"]) for name in ("parents", "fills", "children")] == [3, 4, 1]
    assert set(tables["fills"]["parent_id"]) == set(tables["parents"]["parent_id"])
    assert all(values == [] for values in tables["evidence"].values())
    assert tables["parents"]["leak_bps"] == [None] * 3
    assert [standing.parent_id for standing in built.standings] == tables["parents"]["parent_id"]


def test_that_nothing_makes_empty_tables() -> None:
    state = engine_of(Sheet()).state
    tables = all_tables(build([], [], state.moment()), state.moment())
    assert all(values == [] for columns in tables.values() for values in columns.values())


def marked(*quantities: int, bust: str = "") -> dict[str, float | None]:
    """A parent with one fill a minute: after odd ones the mid rises by 2 cents, after even ones it falls."""
    sheet = Sheet()
    sheet.parent(0, "BUY", 10_000)
    for n, qty in enumerate(quantities):
        t = 60 * n * S
        sheet.quote(t - 1, "100.00", "100.02")
        sheet.fill(t, qty, "100.01", f"F{n}")
        sheet.quote(t + S, "100.02" if n % 2 else "99.98", "100.04" if n % 2 else "100.00")
    sheet.quote(60 * len(quantities) * S, "100.00", "100.02")
    if bust:
        sheet.order(2 * S, "bust", parent_id="P1", ref_exec_id=bust)
    parents = keyed(played(sheet).tables()["parents"], "parent_id")
    found: dict[str, float | None] = parents["P1"]
    return found


def test_that_a_parents_markout_is_weighted_by_quantity_and_has_an_error_from_eight_clusters_on() -> None:
    step = 0.02 / 100.01 * 1e4
    line = marked(100, 300)
    assert line["markout_500ms_bps"] == 0.0
    assert line["markout_5s_bps"] == pytest.approx(step / 2)
    assert line["markout_5s_se_bps"] is None
    eight = marked(*[100] * 8)
    assert eight["markout_5s_bps"] == pytest.approx(0.0, abs=1e-9)
    assert eight["markout_5s_se_bps"] == pytest.approx(step / 7**0.5)
    assert eight["markout_5m_se_bps"] is None  # two clusters of five minutes


def test_that_a_busted_fill_has_no_part_in_the_markout() -> None:
    step = 0.02 / 100.01 * 1e4
    assert marked(100, 300, bust="F0")["markout_5s_bps"] == pytest.approx(step)
    alone = marked(100, bust="F0")
    assert [alone[f"markout_{name}_bps"] for name in HORIZON_NAMES] == [None] * 10


def test_that_the_unassigned_bucket_has_no_markout_of_its_own() -> None:
    line = keyed(played(day()).tables()["parents"], "parent_id")["unassigned"]
    assert line["markout_1s_bps"] is None
    assert line["as_of"] == T0 + 26 * S + S // 2
