"""Drill-down: parent, algo order, child, fill, the raw message of that line, the book at that nanosecond."""

import time

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.board import blank
from app.widgets import format as text
from app.widgets import theme as themes
from app.widgets.algos import algo_orders
from app.widgets.bridge import Bridge
from app.widgets.drill import ALGOS, CHILDREN, FILLS, MESSAGES, Drill
from app.widgets.grid import ROW_HEIGHT
from app.widgets.ladder import LINE, Ladder
from app.widgets.lookback_port import Level
from app.widgets.tape_view import ASKING, NO_TAPE
from tests.widgets.fakes import MESSAGE, Tape
from tests.widgets.filler import DAY, OPEN, Filler


@pytest.fixture
def tape() -> Tape:
    return Tape()


@pytest.fixture
def drill(qtbot: QtBot, bridge: Bridge, tape: Tape) -> Drill:
    bridge.look()
    while not bridge.pad.settled():
        bridge.look()
    made = Drill(themes.DARK, bridge.pad, tape)
    qtbot.addWidget(made)
    made.resize(700, 480)
    with qtbot.waitExposed(made):
        made.show()
    made.show_order(0, other=True)
    return made


def click(drill: Drill, page: int, line: int) -> None:
    grid = drill.grids[page]
    drill.tabs.setCurrentIndex(page)
    grid.viewport().repaint()  # a click acts on what was painted
    where = QPoint(30, grid.rowViewportPosition(line) + ROW_HEIGHT // 2)
    QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, where)


def names(drill: Drill, page: int, field: str) -> set[str]:
    return {drill.pad.text(i) for i in np.unique(drill.grids[page].table.rows[field]).tolist()}


def test_that_each_choice_narrows_what_stands_below_it(drill: Drill, filler: Filler) -> None:
    mine = filler.fills["parent_row"] == 0
    assert drill.tabs.tabText(FILLS) == f"Fills  {mine.sum()}"
    assert names(drill, ALGOS, "algo_order_id") == {"A0a", "A0b"}
    click(drill, ALGOS, 1)
    assert drill.crumbs.text() == "P100000  ▸  A0b"
    assert names(drill, CHILDREN, "algo_order_id") == names(drill, FILLS, "algo_order_id") == {"A0b"}
    assert names(drill, MESSAGES, "algo_order") == {"A0b"}
    click(drill, CHILDREN, 2)
    child = drill.pad.text(int(drill.grids[CHILDREN].table.rows[2]["child_id"]))
    assert drill.crumbs.text() == f"P100000  ▸  A0b  ▸  {child}"
    assert names(drill, FILLS, "child_id") == names(drill, MESSAGES, "child") == {child}
    assert drill.tabs.tabText(MESSAGES) == "Messages  4"


def test_that_a_fill_leads_to_its_message_and_to_the_book_of_its_nanosecond(
    drill: Drill, tape: Tape, qtbot: QtBot, filler: Filler
) -> None:
    click(drill, FILLS, 5)
    row = drill.grids[FILLS].table.rows[5]
    qtbot.waitUntil(lambda: bool(drill.tape.ladder.levels) and bool(drill.tape.raw.raw), timeout=5000)
    instrument = drill.pad.text(int(drill.pad.parents[0]["instrument"]))
    assert tape.asked == [
        ("raw", "orders", int(row["seq"])),
        ("ladder", instrument, int(row["ts_match"]), None),
    ]
    assert drill.tape.raw.raw == MESSAGE
    assert [line.name for line in drill.tape.raw.tags.lines[:3]] == ["BeginString", "BodyLength", "MsgType"]
    assert "␁" in drill.tape.raw.said.text()
    assert text.clock(int(row["ts_match"]), digits=9) in drill.tape.when.text()
    own = [line for line in drill.tape.ladder.said() if line[0] or line[6]]
    assert own == [("400", "4", "1,900", "50.2400", "", "", "")]
    drill.tape.before.click()
    venue = drill.pad.text(int(row["venue"]))
    drill.tape.venue.setCurrentText(venue)
    qtbot.waitUntil(lambda: len(tape.asked) == 4 and not drill.tape.asker.waiting("ladder"), timeout=5000)
    assert tape.asked[-1] == ("ladder", instrument, int(row["ts_match"]) - 1, venue)


def test_that_a_frame_never_waits_for_the_tape_and_the_newest_line_wins(drill: Drill, tape: Tape, qtbot: QtBot) -> None:
    tape.gate.clear()
    begun = time.process_time()
    for line in range(6):
        click(drill, FILLS, line)
    assert time.process_time() - begun < 2.0
    assert drill.tape.raw.said.text() == ASKING
    assert drill.tape.ladder.words == ASKING
    tape.gate.set()
    qtbot.waitUntil(lambda: bool(drill.tape.ladder.levels) and bool(drill.tape.raw.raw), timeout=5000)
    last = drill.grids[FILLS].table.rows[5]
    assert drill.tape.spot is not None
    assert drill.tape.spot.seq == int(last["seq"])


def test_that_no_answer_is_a_sentence(drill: Drill, tape: Tape, qtbot: QtBot, bridge: Bridge) -> None:
    tape.problem = "the lookback worker does not answer: it was started again, ask once more"
    click(drill, FILLS, 0)
    qtbot.waitUntil(lambda: drill.tape.ladder.words == tape.problem, timeout=5000)
    assert drill.tape.raw.said.text() == tape.problem
    tape.problem, tape.message = "", None
    click(drill, CHILDREN, 0)
    qtbot.waitUntil(lambda: drill.tape.raw.said.text() == "The tape has no such message.", timeout=5000)
    alone = Drill(themes.DARK, bridge.pad, None)
    qtbot.addWidget(alone)
    alone.show_order(0, other=True)
    alone._pick(FILLS, 0)
    assert alone.tape.raw.said.text() == alone.tape.ladder.words == NO_TAPE


def test_that_enter_goes_down_and_back_comes_up_again(drill: Drill) -> None:
    drill.tabs.setCurrentIndex(ALGOS)
    drill.enter()
    assert drill.tabs.currentIndex() == CHILDREN
    drill.enter()
    assert drill.tabs.currentIndex() == FILLS
    assert drill.tabs.tabText(FILLS) == "Fills  1"
    drill.enter()
    assert drill.tape.spot is not None
    gone: list[bool] = []
    drill.left.connect(lambda: gone.append(True))
    drill.back()
    assert (drill.tabs.currentIndex(), drill.child) == (CHILDREN, None)
    drill.back()
    assert (drill.tabs.currentIndex(), drill.algo) == (ALGOS, None)
    assert drill.crumbs.text() == "P100000"
    drill.back()
    assert gone == [True]


def test_that_newer_rows_keep_the_choice_and_another_order_forgets_it(
    drill: Drill, filler: Filler, bridge: Bridge
) -> None:
    click(drill, FILLS, 3)
    chosen = int(drill.grids[FILLS].table.rows[3]["fill_id"])
    more = filler.fills[filler.fills["parent_row"] == 0][:1].copy()
    more["fill_id"] = filler.writer.intern("LATE")
    filler.writer.put("fills", np.array([len(filler.fills)]), more)
    filler.writer.beat(OPEN + DAY)
    bridge.look()
    drill.show_order(0, other=False)
    grid = drill.grids[FILLS]
    assert int(grid.table.rows[grid.chosen]["fill_id"]) == chosen
    assert "LATE" in names(drill, FILLS, "fill_id")
    drill.show_order(1, other=True)
    assert [g.chosen for g in drill.grids] == [-1] * 4
    assert drill.tape.spot is None
    assert drill.crumbs.text() == "P100001"


@pytest.mark.parametrize("width", [420, 520, 700, 1200])
def test_that_no_column_is_cut_at_any_width(drill: Drill, width: int, qtbot: QtBot) -> None:
    drill.resize(width, 480)
    for page, grid in enumerate(drill.grids):
        drill.tabs.setCurrentIndex(page)
        qtbot.waitUntil(lambda g=grid: g.viewport().width() > width - 40, timeout=5000)  # type: ignore[misc]
        shown = [n for n in range(len(grid.table.columns)) if not grid.isColumnHidden(n)]
        assert shown == list(range(len(shown))), "from the left"
        assert sum(grid.columnWidth(n) for n in shown) <= grid.viewport().width()
        assert grid.hidden == len(grid.table.columns) - len(shown)
    drill.tabs.setCurrentIndex(FILLS)
    if drill.grids[FILLS].hidden:
        assert drill.more.text() == f"+{drill.grids[FILLS].hidden} columns"
        drill.more.click()
        assert drill.grids[FILLS].hidden == 0
        drill.more.click()
        assert drill.grids[FILLS].hidden > 0


def test_that_the_default_size_shows_every_fill_and_child_column_a_trader_needs(drill: Drill) -> None:
    for page, wanted in ((FILLS, "markout_1s_bps"), (CHILDREN, "n_cancel_requests")):
        drill.tabs.setCurrentIndex(page)
        grid = drill.grids[page]
        assert not grid.isColumnHidden([c.name for c in grid.table.columns].index(wanted))


def test_that_a_double_click_asks_why_and_a_button_asks_for_that_moment(drill: Drill, qtbot: QtBot) -> None:
    asked: list[tuple[str, str]] = []
    drill.why_wanted.connect(lambda section, field, _row: asked.append((section, field)))
    drill.tabs.setCurrentIndex(FILLS)
    grid = drill.grids[FILLS]
    grid.doubleClicked.emit(grid.table.index(1, 6))
    assert asked == [("fills", "slip_arrival_bps")]
    click(drill, FILLS, 1)
    with qtbot.waitSignal(drill.replay_wanted, timeout=5000) as seen:
        drill.tape.replay.click()
    assert seen.args == [int(grid.table.rows[1]["ts_match"])]


def test_that_everything_greys_and_changes_its_colours_together(drill: Drill) -> None:
    drill.fade(True)
    assert all(grid.faded for grid in drill.grids)
    assert drill.tape.ladder.faded
    assert drill.tape.raw.tags.faded
    drill.dress(themes.LIGHT)
    assert drill.tape.ladder.theme is drill.grids[FILLS].theme is themes.LIGHT
    drill.set_zone(text.zone("America/New_York"))
    click(drill, FILLS, 0)
    row = drill.grids[FILLS].table.rows[0]
    assert text.clock(int(row["ts_match"]), text.zone("America/New_York"), 9) in drill.tape.when.text()


class Words:
    said = ("", "A1", "A2", "algo_new", "algo_switched", "fill", "VWAP", "DARK", "busted late")

    def text(self, index: int) -> str:
        return self.said[index]


def test_that_algo_orders_are_gathered_from_what_is_linked_to_them() -> None:
    children, fills, events = blank("children", 3), blank("fills", 3), blank("events", 4)
    children["algo_order_id"], children["ts_new"] = [1, 1, 0], [100, 200, 50]
    fills["algo_order_id"], fills["qty"], fills["px"], fills["ts_event"] = [1, 1, 1], [10, 30, 99], [2.0, 4.0, 9.0], 300
    fills["flags"][2] = 8
    events["algo_order"], events["kind"] = [1, 1, 2, 1], [3, 4, 3, 5]
    events["algo"], events["ts"] = [6, 7, 6, 0], [90, 250, 400, 300]
    rows = algo_orders(children, fills, events, Words())
    assert rows["algo_order_id"].tolist() == [0, 1, 2]
    first = rows[1]
    assert (first["n_children"], first["filled"], first["avg_px"]) == (2, 40, 3.5)
    assert (Words.said[first["algo"]], Words.said[first["state"]]) == ("DARK", "algo_switched")
    assert (first["first_ts"], first["last_ts"]) == (90, 300)
    assert np.isnan(rows["avg_px"][2])
    assert len(algo_orders(children[:0], fills[:0], events[:0], Words())) == 0


def test_that_the_ladder_stands_from_the_highest_ask_to_the_lowest_bid(qtbot: QtBot) -> None:
    ladder = Ladder(themes.DARK)
    qtbot.addWidget(ladder)
    levels = [
        Level("B", 10.0, 5, None, 0),
        Level("A", 10.2, 7, 2, 3),
        Level("B", 9.9, 1, 1, 1),
        Level("A", 10.1, 2, 1, 0),
    ]
    ladder.show_levels(levels)
    assert [at.price for at in ladder.levels] == [10.2, 10.1, 10.0, 9.9]
    assert ladder.said()[0] == ("", "", "", "10.2000", "7", "2", "3")
    assert ladder.said()[2] == ("", text.DASH, "5", "10.0000", "", "", "")
    assert ladder.middle() == 3 * LINE
    ladder.resize(ladder.minimumSize())
    picture = ladder.grab().toImage()
    colours = {picture.pixelColor(x, y).name() for x in range(picture.width()) for y in range(picture.height())}
    assert {themes.DARK.buy, themes.DARK.sell} & colours
    ladder.show_levels([])
    assert ladder.words == "the book was empty"
