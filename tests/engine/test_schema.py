"""Output tables: the columns of the file formats, in their order."""

import pytest

from app.engine.schema import BOOK, CHILDREN, FILLS, KEYS, PARENTS, TABLES, Column
from app.engine.units import HORIZON_NAMES

KINDS = {"str", "i8", "px", "f8", "bool"}


@pytest.mark.parametrize("table", [*TABLES, "book"])
def test_that_columns_have_names_of_their_own_and_known_kinds(table: str) -> None:
    columns = BOOK if table == "book" else TABLES[table]
    names = [column.name for column in columns]
    assert len(set(names)) == len(names)
    assert {column.kind for column in columns} <= KINDS
    assert all(name.isidentifier() and name == name.lower() for name in names)


@pytest.mark.parametrize(
    ("table", "patterns"),
    [
        (PARENTS, ("markout_{h}_bps", "markout_{h}_se_bps")),
        (FILLS, ("realized_spread_{h}_bps",)),
        (FILLS, ("markout_{h}_bps",)),
        (CHILDREN, ("response_{h}_bps",)),
    ],
)
def test_that_figures_at_horizons_stand_together_in_the_order_of_the_horizons(
    table: tuple[Column, ...], patterns: tuple[str, ...]
) -> None:
    expected = [pattern.format(h=h) for pattern in patterns for h in HORIZON_NAMES]
    names = [column.name for column in table]
    first = names.index(expected[0])
    assert names[first : first + len(expected)] == expected
    assert {column.kind for column in table[first : first + len(expected)]} == {"f8"}


@pytest.mark.parametrize("table", ["parents", "fills", "children"])
def test_that_rows_name_their_cause_last_and_have_their_key(table: str) -> None:
    names = [column.name for column in TABLES[table]]
    assert names[-3:] == ["source", "seq", "as_of"]
    assert set(KEYS[table]) <= set(names)
    kinds = {column.name: column.kind for column in TABLES[table]}
    assert all(kinds[name] == "str" for name in KEYS[table])


def test_that_only_the_count_of_late_rows_is_not_definitive() -> None:
    loose = {column.name for table in TABLES.values() for column in table if not column.definitive}
    assert loose == {"n_late"}


def test_that_prices_bps_money_and_times_have_their_kinds() -> None:
    for column in (column for table in (*TABLES.values(), BOOK) for column in table):
        if column.name.endswith(("_bps", "_ccy")):
            assert column.kind == "f8", column
        if column.name.endswith(("_px", "_mid", "px")):
            assert column.kind == "px", column
        if column.name.startswith(("ts_", "n_")) or column.name.endswith(("_ts", "_ms")):
            assert column.kind == "i8", column
