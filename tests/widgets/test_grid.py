"""The grid: what is painted is what the board says, and the highlighted row is the chosen order, whatever moves."""

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.board import blank
from app.engine.events import Rows
from app.widgets import theme as themes
from app.widgets.blotter_columns import BLOTTER
from app.widgets.grid import ROW_HEIGHT, Grid
from app.widgets.table import Table

WORDS = ["", "RED", "GREEN", "BUY", "SELL", "P", "a very long text that no column of this grid can show in full"]
NAMES = [column.name for column in BLOTTER]


class Words:
    def text(self, index: int) -> str:
        return WORDS[index]


def rows(count: int = 50) -> Rows:
    made = blank("parents", count)
    made["order_qty"] = np.arange(count) * 100
    made["slip_arrival_bps"] = np.arange(count) - 20.0
    made["level"] = 1 + np.arange(count) % 2
    made["side"] = 3 + np.arange(count) % 2
    return made


@pytest.fixture
def grid(qtbot: QtBot) -> Grid:
    made = Grid(Table(BLOTTER, Words(), rows()), themes.DARK, "orders")
    qtbot.addWidget(made)
    made.resize(2900, 420)
    made.picked.connect(made.choose)
    with qtbot.waitExposed(made):
        made.show()
    return made


class Recorder(QPainter):
    """A painter that remembers what it writes and where it fills."""

    said: ClassVar[list[tuple[int, int, str, str]]] = []
    fills: ClassVar[list[tuple[int, str]]] = []

    def drawStaticText(self, *args: Any) -> Any:
        x, y, laid = args
        self.note(x, y, laid.text())
        return super().drawStaticText(*args)

    def drawText(self, *args: Any) -> Any:
        if isinstance(args[0], int) and len(args) == 3:  # a figure; titles come with a rectangle
            self.note(*args)
        return super().drawText(*args)

    def note(self, x: int, y: int, words: str) -> None:
        self.said.append((x, y // ROW_HEIGHT * ROW_HEIGHT, words, self.pen().color().name()))

    def fillRect(self, *args: Any) -> Any:
        if len(args) == 5:
            self.fills.append((args[1], QColor(args[4]).name()))
        return super().fillRect(*args)


@pytest.fixture
def painted(grid: Grid, monkeypatch: pytest.MonkeyPatch) -> type[Recorder]:
    monkeypatch.setattr("app.widgets.painting.QPainter", Recorder)
    repaint(grid)
    return Recorder


def repaint(grid: Grid) -> None:
    Recorder.said.clear()
    Recorder.fills.clear()
    grid.forget_tiles()
    grid.viewport().repaint()


def test_that_every_cell_in_view_is_painted_as_the_board_says(grid: Grid, painted: type[Recorder]) -> None:
    grid.order_by("slip_arrival_bps", descending=True)
    repaint(grid)
    lines = grid.shown_lines()
    assert lines.start == 0
    assert lines.stop >= 18
    for number, column in enumerate(BLOTTER):
        if column.look in {"level", "evidence", "spark"} or grid.isColumnHidden(number):
            continue
        if grid.columnViewportPosition(number) > grid.viewport().width():
            continue
        left = grid.columnViewportPosition(number)
        words = [said for x, _, said, _ in painted.said if left <= x < left + grid.columnWidth(number)]
        shown = [grid.table.index(line, number).data() for line in range(lines.start, lines.stop)]
        assert words == [said for said in shown if said], column.name
        if column.name in {"order_qty", "slip_arrival_bps"}:
            values = grid.table.rows[column.name][grid.table.order[lines]].tolist()
            assert words == [column.say(value, Words()) for value in values]


def test_that_the_highlight_is_the_chosen_row_through_sorting_filtering_and_growth(
    grid: Grid, painted: type[Recorder]
) -> None:
    selected = QColor(themes.DARK.selected).name()
    grid.choose(3, show=True)
    changes: tuple[Callable[[], object], ...] = (
        lambda: grid.order_by("order_qty", descending=True),
        lambda: grid.order_by("slip_arrival_bps", descending=False),
        lambda: grid.table.set_filter("level:green"),
        lambda: grid.table.renew(rows(90)),
        grid.table.arrange,
        lambda: grid.table.set_filter(""),
    )
    for change in changes:
        change()
        grid.choose(grid.chosen, show=True)
        repaint(grid)
        lit = [y for y, colour in painted.fills if colour == selected]
        assert lit == [grid.rowViewportPosition(grid.table.line_of(3))]
        line = grid.rowAt(lit[0] + ROW_HEIGHT // 2)
        assert grid.table.order[line] == 3
        quantity = grid.columnViewportPosition(NAMES.index("order_qty"))
        width = grid.columnWidth(NAMES.index("order_qty"))
        words = [said for x, _, said, _ in painted.said if quantity <= x < quantity + width]
        assert words[line - grid.shown_lines().start] == "300"
    grid.table.set_filter("level:red")
    grid.choose(3)
    repaint(grid)
    shown = grid.table.line_of(3) >= 0
    assert bool([y for y, colour in painted.fills if colour == selected]) == shown


def test_that_keys_move_the_choice_line_by_line(grid: Grid, qtbot: QtBot) -> None:
    grid.order_by("order_qty", descending=True)
    key = Qt.Key
    for pressed, expected in (
        (key.Key_J, 49), (key.Key_J, 48), (key.Key_Down, 47), (key.Key_K, 48), (key.Key_Up, 49), (key.Key_K, 49),
        (key.Key_End, 0), (key.Key_J, 0), (key.Key_Home, 49),
    ):  # fmt: skip
        QTest.keyClick(grid, pressed)
        assert grid.chosen == expected
    QTest.keyClick(grid, key.Key_PageDown)
    assert 49 - grid.chosen == max(grid.viewport().height() // ROW_HEIGHT - 1, 1)
    before = grid.chosen
    QTest.keyClick(grid, key.Key_X)
    assert grid.chosen == before


def test_that_a_key_in_an_empty_grid_does_nothing(grid: Grid, qtbot: QtBot) -> None:
    grid.table.replace(rows(0))
    grid.choose(-1)
    QTest.keyClick(grid, Qt.Key.Key_J)
    assert grid.chosen == -1
    grid.viewport().repaint()


def test_that_a_click_chooses_the_row_under_the_mouse(grid: Grid, qtbot: QtBot) -> None:
    where = QPoint(400, grid.rowViewportPosition(5) + 3)
    for painted, expected in ((True, 44), (False, 44), (True, 5)):  # what was painted counts, not what came since
        grid.order_by("order_qty", descending=expected == 44 and painted)
        if painted:
            grid.viewport().repaint()
        QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, where)
        assert grid.chosen == expected


def test_that_a_click_before_anything_is_painted_chooses_nothing(grid: Grid, qtbot: QtBot) -> None:
    grid.viewport().repaint()
    grid.table.replace(rows(10))  # numbered anew
    grid.press(2)
    assert grid.chosen == -1


def test_that_a_figure_is_never_cut_and_a_text_is_shortened(grid: Grid, painted: type[Recorder], qtbot: QtBot) -> None:
    made = rows()
    made["order_qty"][0] = 10**17
    made["algo"][0] = WORDS.index(WORDS[-1])
    column = NAMES.index("order_qty")
    before = grid.columnWidth(column)
    grid.table.renew(made)
    repaint(grid)
    qtbot.waitUntil(lambda: grid.columnWidth(column) > before)
    repaint(grid)
    assert "100,000,000,000,000,000" in [said for _, _, said, _ in painted.said]
    assert grid.columnWidth(column) >= grid.fontMetrics().horizontalAdvance("100,000,000,000,000,000")
    assert [said for _, _, said, _ in painted.said if said.startswith("a") and "…" in said and said.endswith("l")]


def test_that_a_faded_grid_is_all_grey(grid: Grid, painted: type[Recorder]) -> None:
    repaint(grid)
    assert len({colour for *_, colour in painted.said}) > 3
    grid.fade(True)
    repaint(grid)
    assert {colour for *_, colour in painted.said} == {QColor(themes.DARK.faint).name()}


def test_that_undefined_is_a_grey_dash(grid: Grid, painted: type[Recorder]) -> None:
    column = NAMES.index("cost_z")
    left = grid.columnViewportPosition(column)
    seen = {(s, c) for x, _, s, c in painted.said if left <= x < left + grid.columnWidth(column)}
    assert seen == {("\N{EN DASH}", QColor(themes.DARK.faint).name())}


def test_that_digits_align_in_the_font_of_figures(grid: Grid) -> None:
    assert themes.digits_align(grid.font())


@pytest.mark.parametrize("theme", [themes.DARK, themes.LIGHT])
def test_that_lights_and_sides_never_share_a_colour(theme: themes.Theme) -> None:
    assert not {theme.buy, theme.sell} & {theme.good, theme.amber, theme.red}
    assert len({getattr(theme, tone) for tone in ("good", "amber", "red", "buy", "sell", "ink", "faint")}) == 7


@pytest.mark.parametrize("theme", [themes.DARK, themes.LIGHT])
@pytest.mark.parametrize("tone", ["ink", "faint", "good", "amber", "red", "buy", "sell"])
def test_that_every_tone_can_be_read_on_its_paper(theme: themes.Theme, tone: str) -> None:
    def luminance(colour: str) -> float:
        seen = QColor(colour)
        shares = (seen.redF(), seen.greenF(), seen.blueF())
        parts = [v / 12.92 if v <= 0.04045 else float(((v + 0.055) / 1.055) ** 2.4) for v in shares]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    for ground in (theme.paper, theme.stripe):
        pair = sorted((luminance(getattr(theme, tone)), luminance(ground)))
        assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5


def test_that_a_theme_changes_every_colour(grid: Grid, painted: type[Recorder]) -> None:
    repaint(grid)
    dark = {colour for *_, colour in painted.said}
    grid.dress(themes.LIGHT)
    repaint(grid)
    assert not dark & {colour for *_, colour in painted.said}
