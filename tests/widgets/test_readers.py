"""Which columns read otherwise: never one too few, and of a row that stays almost as it is only a few."""

import numpy as np
import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from app.board import blank
from app.engine.events import Rows
from app.widgets import theme as themes
from app.widgets.blotter_columns import BLOTTER
from app.widgets.columns import CHILDREN, FILLS, Column
from app.widgets.grid import Grid
from app.widgets.readers import Readers, row_bytes
from app.widgets.table import Table
from app.widgets.tiles import Tiles

WORDS = ["", "RED", "GREEN", "BUY", "SELL", "CLEAR", "LEAN", "too early", "VWAP"]
NAMES = [column.name for column in BLOTTER]


class Words:
    def text(self, index: int) -> str:
        return WORDS[index]


def numbers(*names: str) -> set[int]:
    return {NAMES.index(name) for name in names}


def filled(section: str, count: int, seed: int) -> Rows:
    """Rows with something in every field."""
    made, random = blank(section, count), np.random.default_rng(seed)
    for name in made.dtype.names or ():
        kind = made.dtype[name]
        if kind.base.kind == "f":
            made[name] = random.normal(0, 50, made[name].shape)
        else:
            most = len(WORDS) if kind.base.str[1:] == "u4" else 100
            made[name] = random.integers(0, most, made[name].shape)
    return made


def differing(before: Rows, after: Rows, columns: tuple[Column, ...] = BLOTTER) -> set[int]:
    return set(Readers(columns, before.dtype).differing(row_bytes(before, 0), row_bytes(after, 0)))


def test_that_a_row_never_drawn_is_drawn_whole() -> None:
    rows = filled("parents", 1, 1)
    readers = Readers(BLOTTER, rows.dtype)
    assert set(readers.differing(b"", row_bytes(rows, 0))) == set(range(len(BLOTTER)))


@pytest.mark.parametrize(
    ("field", "named"),
    [
        ("slip_arrival_bps", ["slip_arrival_bps"]),
        ("planned_pct", ["done_pct"]),  # the second figure of a cell
        ("leak_projected_bps", ["leak_bps"]),
        ("level", ["level"]),
        ("n_fills", []),  # in no column
    ],
)
def test_that_a_figure_that_changed_is_read_by_its_columns_alone(field: str, named: list[str]) -> None:
    before, after = filled("parents", 1, 1), filled("parents", 1, 1)
    always = differing(before, after)
    after[field] += 1
    assert differing(before, after) - always == numbers(*named)


def test_that_what_is_made_of_several_fields_or_of_none_is_always_looked_at() -> None:
    rows = filled("parents", 1, 1)
    assert differing(rows, rows) == numbers("status", "limit_distance", "attention", "spark", "alert_age")


@pytest.mark.parametrize(("section", "columns"), [("parents", BLOTTER), ("children", CHILDREN), ("fills", FILLS)])
@pytest.mark.parametrize("seed", range(4))
def test_that_no_column_that_reads_otherwise_is_left_out(section: str, columns: tuple[Column, ...], seed: int) -> None:
    """Any field of any section against what its table says before and after."""
    random = np.random.default_rng(seed)
    rows = filled(section, 1, seed)
    for name in rows.dtype.names or ():
        after = rows.copy()
        after[name] = random.permutation(filled(section, 7, seed + 9))[name][:1]
        tables = Table(columns, Words(), rows), Table(columns, Words(), after)
        texts = [[table.says(number, slice(0, 1)) for number in range(len(columns))] for table in tables]
        other = {number for number, (old, new) in enumerate(zip(*texts, strict=True)) if old != new}
        assert other <= differing(rows, after, columns), name


def test_that_rows_of_another_kind_have_readers_of_their_own() -> None:
    table = Table(FILLS, Words(), filled("fills", 2, 3))
    tiles = Tiles()
    assert Readers(FILLS, table.rows.dtype).reads(table.rows.dtype)
    assert not Readers(FILLS, table.rows.dtype).reads(blank("parents", 0).dtype)
    tile = tiles.begin(1, QSize(4, 4), 1.0)
    assert len(table.differing(1, tile)) == len(FILLS)
    assert table.differing(1, tile) == set(), "it has been drawn since"
    assert len(table.differing(-1, tiles.begin(-1, QSize(4, 4), 1.0))) == len(FILLS), "a group's line is no row"


@pytest.mark.parametrize("seed", range(3))
def test_that_a_picture_brought_up_to_date_is_the_one_drawn_from_nothing(qtbot: QtBot, seed: int) -> None:
    """Whatever changes in some rows, shorter or longer words, lights that come and go."""
    random = np.random.default_rng(seed)
    kept_columns = set(random.choice(len(BLOTTER), 12, replace=False).tolist())
    rows = filled("parents", 12, seed)
    grid = Grid(Table(BLOTTER, Words(), rows), themes.DARK, "orders")
    qtbot.addWidget(grid)
    grid.resize(1900, 320)
    with qtbot.waitExposed(grid):
        grid.show()
    for number in range(len(BLOTTER)):
        grid.setColumnWidth(number, 150)  # room for any figure: none grows
        grid.setColumnHidden(number, number not in kept_columns)
    for _ in range(6):
        grid.viewport().repaint()
        some = random.choice(12, 5, replace=False)
        fresh = filled("parents", 12, int(random.integers(1 << 30)))
        for name in random.choice(list(rows.dtype.names or ()), 40, replace=False):
            rows[name][some] = fresh[name][some]
        grid.table.touch(np.sort(some), grid.shown_lines())
        grid.viewport().repaint()
        kept = shown(grid)
        grid.forget_tiles()
        grid.viewport().repaint()
        assert kept == shown(grid)


def shown(grid: Grid) -> list[QImage]:
    return [grid._tiles[row].toImage() for row in range(12)]
