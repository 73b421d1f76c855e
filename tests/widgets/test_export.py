"""What leaves the screen: tables in full and in their order, pictures as they look."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from app.board import blank
from app.engine.units import NULL
from app.widgets import theme as themes
from app.widgets.drill_columns import FILLS
from app.widgets.export import copy_csv, copy_picture, csv_of, offer_csv, offer_picture, save_csv
from app.widgets.grid import Grid
from app.widgets.table import Table
from app.widgets.trace import Trace

WORDS = ["", "E1", "E2", "=HYPERLINK(1)", "A", 'quoted "x", y']


class Words:
    def text(self, index: int) -> str:
        return WORDS[index]


@pytest.fixture
def table(qapp: object) -> Table:
    rows = blank("fills", 3)
    rows["fill_id"], rows["venue"] = [1, 2, 3], [4, 5, 0]
    rows["qty"], rows["px"] = [300, 100, NULL], [50.123456789, 50.2, np.nan]
    rows["ts_event"] = [1_700_145_000_000_000_001, 2, 3]
    return Table(FILLS, Words(), rows)


def test_that_csv_holds_what_is_shown_in_full_and_in_its_order(table: Table) -> None:
    table.sort([column.name for column in FILLS].index("qty"))
    lines = list(csv.DictReader(io.StringIO(csv_of(table))))
    assert [line["qty"] for line in lines] == ["100", "300", ""]
    assert lines[1]["px"] == "50.123456789"
    assert lines[1]["ts_event"] == "1700145000000000001"
    assert lines[0]["venue"] == 'quoted "x", y'
    assert lines[2]["px"] == "", "undefined is empty, never 0"
    assert list(lines[0]) == [column.name for column in FILLS]


def test_that_a_text_a_spreadsheet_would_run_is_defused(table: Table) -> None:
    lines = list(csv.DictReader(io.StringIO(csv_of(table))))
    assert lines[2]["fill_id"] == "'=HYPERLINK(1)"


def test_that_csv_goes_to_the_clipboard_and_to_a_file(table: Table, tmp_path: Path) -> None:
    copy_csv(table)
    assert QGuiApplication.clipboard().text() == csv_of(table)
    save_csv(table, tmp_path / "fills.csv")
    assert (tmp_path / "fills.csv").read_text(encoding="utf-8") == csv_of(table)


def test_that_tables_and_charts_offer_their_copy_on_the_right_button(qtbot: QtBot, table: Table) -> None:
    grid, trace = Grid(table, themes.DARK, "Fills"), Trace(themes.DARK)
    qtbot.addWidget(grid)
    qtbot.addWidget(trace)
    offer_csv(grid, "fills")
    offer_picture(grid, "the grid")
    menus = [action.text() for menu in grid.findChildren(QMenu) for action in menu.actions()]
    assert menus == ["Copy as CSV", "Save as CSV…", "Copy the grid as image"]
    offered = [action.text() for menu in trace.findChildren(QMenu) for action in menu.actions()]
    assert offered == ["Study in a window of its own …", "Copy the trace as image"]
    grid.findChildren(QMenu)[0].actions()[0].trigger()
    assert QGuiApplication.clipboard().text() == csv_of(table)


def test_that_a_picture_is_the_widget_as_it_looks(qtbot: QtBot) -> None:
    trace = Trace(themes.DARK)
    qtbot.addWidget(trace)
    trace.resize(600, 300)
    copy_picture(trace)
    picture = QGuiApplication.clipboard().image()
    assert (picture.width(), picture.height()) == (600, 300)
    assert picture.pixelColor(300, 120).name() == themes.DARK.paper
