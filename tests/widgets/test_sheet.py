"""A sheet of figures: the cell under the mouse is the one that is painted there, and a click asks about that one."""

from itertools import pairwise
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.widgets import theme as themes
from app.widgets.format import DASH
from app.widgets.sheet import LINE, Cell, Line, Sheet, label

SHARES: Final = (1.0, 2.0, 1.0)
WIDTH: Final = 400  # edges at 100 and 300


def line_of(name: str) -> Line:
    return label(name), Cell(f"{name} money", field=f"{name}_ccy"), Cell(f"{name} bps")


LINES = [line_of(name) for name in ("delay", "trading", "fees")]


@pytest.fixture
def sheet(qtbot: QtBot) -> Sheet:
    made = Sheet(themes.DARK, SHARES, "Shortfall")
    qtbot.addWidget(made)
    made.show_lines(LINES)
    made.resize(WIDTH, made.height())
    with qtbot.waitExposed(made):
        made.show()
    return made


@pytest.mark.parametrize(
    ("x", "place"), [(-1, None), (0, 0), (99, 0), (100, 1), (299, 1), (300, 2), (399, 2), (400, None), (5_000, None)]
)
def test_that_a_cell_reaches_from_its_left_edge_to_the_next(sheet: Sheet, x: int, place: int | None) -> None:
    for number, line in enumerate(LINES):
        for y in (number * LINE, number * LINE + LINE - 1):
            assert sheet.cell_at(x, y) is (None if place is None else line[place])


@pytest.mark.parametrize("y", [-1, 3 * LINE, 10_000])
def test_that_above_and_below_the_lines_there_is_no_cell(sheet: Sheet, y: int) -> None:
    assert sheet.cell_at(50, y) is None


def test_that_a_line_with_fewer_cells_ends_in_its_last_one(sheet: Sheet) -> None:
    sheet.show_lines([(label("alone"),), *LINES])
    assert sheet.cell_at(390, 0) == label("alone")


@given(st.lists(st.floats(0.1, 20), min_size=1, max_size=6), st.data())
def test_that_every_share_of_the_width_is_some_cells(shares: list[float], data: st.DataObject) -> None:
    made = Sheet(themes.DARK, shares, "any")
    made.resize(1_000, LINE)
    line = tuple(Cell(str(place)) for place in range(len(shares)))
    made.show_lines([line])
    x = data.draw(st.integers(0, 999))
    cell = made.cell_at(x, 0)
    assert cell is not None
    before = sum(shares[: int(cell.text)]) / sum(shares) * 1_000
    assert before - 1e-6 <= x <= before + shares[int(cell.text)] / sum(shares) * 1_000 + 1e-6
    made.deleteLater()


def test_that_a_click_asks_about_the_figure_under_it_and_about_nothing_where_there_is_none(sheet: Sheet) -> None:
    asked: list[str] = []
    sheet.asked.connect(asked.append)
    for button in (Qt.MouseButton.RightButton, Qt.MouseButton.LeftButton):
        for x in (50, 200, 350):
            QTest.mouseClick(sheet, button, Qt.KeyboardModifier.NoModifier, QPoint(x, LINE + 4))
    assert asked == ["trading_ccy"], "a name and a figure without a field have no why"


def test_that_a_sheet_is_as_high_as_its_lines_and_reads_them_aloud_in_order(sheet: Sheet) -> None:
    heights = []
    for count in (3, 1, 0):
        sheet.show_lines(LINES[:count])
        heights.append(sheet.height())
        assert sheet.sizeHint().height() == sheet.height()
    assert [a - b for a, b in pairwise(heights)] == [2 * LINE, LINE]
    sheet.show_lines(LINES[:2])
    assert sheet.accessibleDescription() == "delay delay money delay bps; trading trading money trading bps"


def colours(sheet: Sheet) -> set[str]:
    picture = sheet.grab().toImage()
    return {picture.pixelColor(x, y).name() for x in range(picture.width()) for y in range(picture.height())}


def test_that_a_dash_is_grey_whatever_tone_its_figure_would_have(sheet: Sheet) -> None:
    sheet.show_lines([(Cell("", "ink"), Cell("■■■", "red"), Cell(""))])
    assert themes.DARK.red in colours(sheet)
    sheet.show_lines([(Cell("", "ink"), Cell(DASH, "red"), Cell(""))])
    assert themes.DARK.red not in colours(sheet)


def test_that_a_faded_sheet_keeps_its_words_and_loses_its_colours(sheet: Sheet) -> None:
    line = (Cell("■■■", "amber", swatch="#4f86c6"), Cell("■■■", "red"), Cell("■■■", "good"))
    sheet.show_lines([line])
    bright = {themes.DARK.amber, themes.DARK.red, themes.DARK.good, "#4f86c6"}
    assert bright <= colours(sheet)
    sheet.faded = True
    assert not bright & colours(sheet)
    assert themes.DARK.faint in colours(sheet)
    assert sheet.accessibleDescription() == "■■■ ■■■ ■■■"
