"""The end of a drill-down and its pieces: the message, the ladder, columns that fit, messages of a request."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.board import blank
from app.widgets import format as text
from app.widgets import theme as themes
from app.widgets.drill_columns import FILLS
from app.widgets.fitting import FittingGrid
from app.widgets.raw import RawView
from app.widgets.switch_live import LiveView, step_lines
from app.widgets.switch_port import Live, Step
from app.widgets.table import Table
from app.widgets.tape_view import ASKING, CONSOLIDATED, Spot, TapeView
from tests.widgets.fakes import MESSAGE, T0, Tape

SPOT = Spot("E1", "drop", 7, T0 + 123_456_789, "TECH", "XNAS")


@pytest.fixture
def tape() -> Tape:
    return Tape()


@pytest.fixture
def view(qtbot: QtBot, tape: Tape) -> TapeView:
    made = TapeView(themes.DARK, tape)
    qtbot.addWidget(made)
    made.resize(680, 220)
    with qtbot.waitExposed(made):
        made.show()
    return made


def test_that_nothing_chosen_says_what_to_do_and_offers_nothing(view: TapeView) -> None:
    assert view.raw.said.text() == "Choose a child, a fill or a message."
    assert not any(part.isEnabled() for part in (view.replay, view.before, view.venue))
    view.replay.click()


def test_that_the_ladder_opens_at_the_best_prices(view: TapeView, qtbot: QtBot) -> None:
    view.look(SPOT, ["ARCX", "XNAS"])
    assert view.ladder.words == ASKING
    qtbot.waitUntil(lambda: bool(view.ladder.levels), timeout=5000)
    bar = view._scroll.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0 and bar.value() > 0, timeout=5000)
    middle = view.ladder.middle() - bar.value()
    assert abs(middle - view._scroll.viewport().height() // 2) <= 1
    assert [view.venue.itemText(i) for i in range(view.venue.count())] == [CONSOLIDATED, "ARCX", "XNAS"]


def test_that_the_venue_stays_chosen_from_line_to_line_while_it_is_offered(
    view: TapeView, tape: Tape, qtbot: QtBot
) -> None:
    view.look(SPOT, ["ARCX", "XNAS"])
    view.venue.setCurrentText("ARCX")
    view.look(SPOT._replace(seq=8), ["ARCX"])
    assert view.venue.currentText() == "ARCX"
    view.look(SPOT._replace(seq=9), ["BATS"])
    assert view.venue.currentText() == CONSOLIDATED
    qtbot.waitUntil(lambda: not view.asker.waiting("ladder") and not view.asker.waiting("raw"), timeout=5000)
    assert tape.asked[-1] == ("ladder", "TECH", SPOT.ts_ns, None)


def test_that_the_nanosecond_before_is_asked_for_and_said(view: TapeView, tape: Tape, qtbot: QtBot) -> None:
    view.look(SPOT)
    view.before.click()
    assert text.clock(SPOT.ts_ns - 1, digits=9) in view.when.text()
    qtbot.waitUntil(lambda: tape.asked[-1] == ("ladder", "TECH", SPOT.ts_ns - 1, None), timeout=5000)
    view.before.click()
    assert text.clock(SPOT.ts_ns, digits=9) in view.when.text()


def test_that_a_line_without_a_message_says_so_and_still_shows_the_book(view: TapeView, qtbot: QtBot) -> None:
    view.look(SPOT._replace(source=""))
    assert view.raw.said.text() == "This line names no message."
    qtbot.waitUntil(lambda: bool(view.ladder.levels), timeout=5000)
    view.clear("gone")
    assert view.raw.said.text() == "gone"
    assert view.ladder.levels == []


def test_that_a_row_in_words_is_shown_as_it_stands_and_never_as_markup(qtbot: QtBot) -> None:
    raw = RawView(themes.DARK)
    qtbot.addWidget(raw)
    raw.show_raw(b"kind <b>fill</b>\nqty 100")
    assert raw.said.text() == "kind <b>fill</b>\nqty 100"
    assert raw.said.textFormat() == Qt.TextFormat.PlainText
    assert raw.tags.lines == []
    raw.show_raw(MESSAGE)
    assert len(raw.tags.lines) == MESSAGE.count(b"\x01")
    assert raw.said.text().replace("\N{ZERO WIDTH SPACE}", "") == MESSAGE.decode().replace("\x01", "␁")
    assert "35 MsgType 8 ExecutionReport" in raw.tags.accessibleDescription()
    raw.resize(raw.tags.sizeHint())
    assert raw.tags.grab().toImage().width() >= raw.tags.minimumWidth()
    raw.fade(True)
    raw.dress(themes.LIGHT)
    assert raw.tags.faded
    assert raw.tags.theme is themes.LIGHT


class Words:
    def text(self, index: int) -> str:
        return "x" * index


def test_that_a_grid_shows_whole_columns_only_and_return_goes_down_once(qtbot: QtBot) -> None:
    grid = FittingGrid(Table(FILLS, Words(), blank("fills", 3)), themes.DARK, "Fills")
    qtbot.addWidget(grid)
    grid.resize(400, 200)
    with qtbot.waitExposed(grid):
        grid.show()
    few = grid.hidden
    assert few > 0
    first = grid.columnWidth(0)
    grid.setColumnWidth(0, first + 200)
    assert grid.hidden > few, "a wider column leaves room for fewer"
    grid.resize(2000, 200)
    qtbot.waitUntil(lambda: grid.hidden == 0, timeout=5000)
    assert grid.columnWidth(0) == first + 200, "it comes back as wide as it was"
    downs: list[bool] = []
    grid.entered.connect(lambda: downs.append(True))
    QTest.keyClick(grid, Qt.Key.Key_Return)
    QTest.keyClick(grid, Qt.Key.Key_Enter)
    assert downs == [True, True]
    grid.resize(30, 200)
    qtbot.waitUntil(lambda: grid.hidden == len(FILLS) - 1, timeout=5000)


def test_that_the_steps_of_a_request_are_lines_and_a_message_without_words_is_named(qtbot: QtBot) -> None:
    steps = (
        Step(T0, "out", "R1", "switch", MESSAGE),
        Step(T0 + 1, "in", "R2", "", MESSAGE),
        Step(T0 + 2, "note", "R5", "done"),
    )
    lines = step_lines(steps, text.zone(None))
    assert [line[1].text for line in lines] == ["→ out", "← in", "·"]
    assert [line[3].text for line in lines] == ["switch", "ExecutionReport, trade, partially filled", "done"]
    assert [line[3].field for line in lines] == ["0", "1", ""]
    view = LiveView(themes.DARK)
    qtbot.addWidget(view)
    view.show_live(Live("A1", "R5", "switched", "done", steps))
    view.steps.asked.emit("0")
    assert view.raw.raw == MESSAGE
    view.show_live(Live("A2", "R1", "sent", "pending", steps[:1]))
    assert not view.raw.isVisibleTo(view), "the message of another order is put away"
    view.dress(themes.LIGHT)
    assert themes.LIGHT.amber in view.state.styleSheet()
    view.show_live(None)
    assert view.isHidden()
