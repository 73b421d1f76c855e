"""The blotter: filter, sort, group, scope, pins; rows that hold still; clicks that never act on another order."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QEnterEvent
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.widgets import theme as themes
from app.widgets.blotter_columns import BLOTTER, WEIGHTS
from app.widgets.bridge import Bridge
from app.widgets.grid import ROW_HEIGHT
from app.widgets.groups import BY
from app.widgets.main_window import MainWindow
from app.widgets.pad import Pad
from app.widgets.ports import Me, Ports
from tests.widgets.conftest import Hand
from tests.widgets.filler import DAY, OPEN, Filler

SECOND = 10**9
NAMES = [column.name for column in BLOTTER]
NOT_OVER = {"live", "paused"}


@pytest.fixture
def tested(window: MainWindow) -> Iterator[MainWindow]:
    tester = QAbstractItemModelTester(window.blotter.table, QAbstractItemModelTester.FailureReportingMode.Fatal)
    yield window
    tester.deleteLater()


def say(window: MainWindow, row: int, field: str) -> str:
    return window.bridge.pad.text(int(window.bridge.pad.parents[field][row]))


@pytest.mark.parametrize(
    ("words", "expected"),
    [("sym:TECH", {"instrument": "TECH"}), ("side:sell algo:VWAP", {"side": "SELL", "algo": "VWAP"}),
     ("sym:tech level:amber", {"instrument": "TECH", "level": "AMBER"}), ("broker:brka", {"broker": "BRKA"})],
)  # fmt: skip
def test_that_the_filter_shows_the_orders_that_match_and_no_others(
    tested: MainWindow, words: str, expected: dict[str, str]
) -> None:
    tested.blotter.search.setText(words)
    wanted = [
        row
        for row in range(len(tested.bridge.pad.parents))
        if all(say(tested, row, field) == text for field, text in expected.items())
    ]
    assert sorted(tested.blotter.table.order.tolist()) == wanted


def test_that_a_leak_status_finds_nothing_while_nothing_is_measured(tested: MainWindow) -> None:
    tested.blotter.search.setText("sym:TECH status:leak algo:VWAP")
    assert len(tested.blotter.table.order) == 0
    tested.blotter.search.setText("status:measured")
    assert len(tested.blotter.table.order) == len(tested.bridge.pad.parents)


def test_that_the_first_order_of_rows_is_gravity_times_money(tested: MainWindow) -> None:
    parents = tested.bridge.pad.parents

    def key(row: int) -> float:
        live = say(tested, row, "state") in NOT_OVER
        return -(WEIGHTS.get(say(tested, row, "level"), 1.0) if live else 1.0) * float(parents["is_ccy"][row])

    assert tested.blotter.table.order.tolist() == sorted(range(len(parents)), key=key)


@pytest.mark.parametrize("by", BY)
def test_that_groups_hold_every_order_once_under_its_own_line(tested: MainWindow, by: str) -> None:
    table = tested.blotter.table
    tested.blotter.set_group(by)
    assert table.group is not None
    order = table.order.tolist()
    assert sorted(row for row in order if row >= 0) == list(range(len(table.rows)))
    here = -1
    for line in order:
        here = -1 - line if line < 0 else here
        assert line < 0 or int(table.rows[BY[by]][line]) == table.group.keys[here]
    assert sum(table.group.counts) == len(table.rows)
    tested.blotter.set_group("")
    assert min(table.order.tolist()) >= 0


def test_that_groups_are_sorted_as_orders_are(tested: MainWindow) -> None:
    table = tested.blotter.table
    tested.blotter.set_group("instrument")
    tested.blotter.grid.order_by("is_ccy", descending=True)
    assert table.group is not None
    heads = [-1 - line for line in table.order.tolist() if line < 0]
    money = [float(table.group.rows["is_ccy"][head]) for head in heads]
    assert money == sorted(money, reverse=True)


def test_that_a_click_on_a_groups_line_folds_it_and_chooses_nothing(tested: MainWindow, qtbot: QtBot) -> None:
    grid, table = tested.blotter.grid, tested.blotter.table
    tested.blotter.set_group("instrument")
    grid.viewport().repaint()
    chosen, before = tested.bridge.row, len(table.order)
    assert table.group is not None
    count = table.group.counts[-1 - int(table.order[0])]
    click(grid.viewport(), grid.rowViewportPosition(0) + 4)
    assert len(table.order) == before - count
    assert tested.bridge.row == chosen
    grid.viewport().repaint()
    click(grid.viewport(), grid.rowViewportPosition(0) + 4)
    assert len(table.order) == before


def test_that_keys_step_over_groups_lines(window: MainWindow) -> None:
    window.blotter.set_group("instrument")
    grid, seen = window.blotter.grid, []
    QTest.keyClick(grid, Qt.Key.Key_Home)
    for _ in range(len(window.bridge.pad.parents) - 1):
        seen.append(window.bridge.row)
        QTest.keyClick(grid, Qt.Key.Key_J)
    seen.append(window.bridge.row)
    assert seen == window.blotter.table.orders().tolist()


def test_that_a_groups_line_says_its_name_its_count_and_its_gravest_level(tested: MainWindow) -> None:
    tested.blotter.set_group("basket")
    table = tested.blotter.table
    heads = [line for line, row in enumerate(table.order.tolist()) if row < 0]
    said = {table.index(line, NAMES.index("spark")).data(): line for line in heads}
    assert {name.split(" ", 1)[1] for name in said} == {"no basket", "B1", "B2"}
    line = next(line for name, line in said.items() if name.endswith("B1"))
    members = [row for row in range(len(table.rows)) if say(tested, row, "basket_id") == "B1"]
    assert table.index(line, NAMES.index("parent_id")).data() == f"{len(members)} orders"
    assert table.index(line, NAMES.index("level")).data() == "RED"


def test_that_a_pinned_order_stands_on_top_whatever_moves(tested: MainWindow, filler: Filler) -> None:
    tested.bridge.choose_id("P100031")
    tested.commands.run("pin")
    for name in ("order_qty", "is_ccy", "instrument"):
        tested.blotter.grid.order_by(name, descending=True)
        assert tested.blotter.table.order[0] == 31
    tested.blotter.set_group("algo")
    assert tested.blotter.table.order[0] == 31
    tested.blotter.set_group("")
    filler.writer.close()
    again = Filler(filler.writer.folder, parents=40, seed=9)
    tested.bridge.look()
    tested.bridge.look()
    tested.blotter.table.arrange()
    assert tested.blotter.table.order[0] == 31, "in a new epoch too"
    tested.commands.run("pin")
    assert tested.blotter.table.pins == set()
    again.writer.close()


def test_that_my_desks_and_all_orders_are_told_apart(qtbot: QtBot, bridge: Bridge) -> None:
    window = MainWindow(bridge, themes.DARK, ports=Ports(me=Me("ann", "EQ")))
    qtbot.addWidget(window)
    bridge.look()
    for scope, field, name in (("my", "trader", "ann"), ("desk", "desk", "EQ")):
        QTest.mouseClick(window.blotter.scopes[scope], Qt.MouseButton.LeftButton)
        shown = window.blotter.table.order.tolist()
        assert shown
        assert {say(window, row, field) for row in shown} == {name}
    window.commands.run("scope-all")
    assert len(window.blotter.table.order) == len(bridge.pad.parents)


def test_that_nobody_in_particular_has_no_my(window: MainWindow) -> None:
    assert not window.blotter.scopes["my"].isEnabled()
    assert "not said who you are" in window.blotter.scopes["my"].toolTip()


def test_that_a_key_shows_slippage_without_the_market_and_hides_it_again(tested: MainWindow) -> None:
    grid = tested.blotter.grid
    number = [column.name for column in BLOTTER].index("slip_beta_adj_bps")
    assert grid.isColumnHidden(number)
    assert tested.commands["beta"].keys == ("B",)
    tested.commands["beta"].run()
    assert not grid.isColumnHidden(number)
    tested.commands["beta"].run()
    assert grid.isColumnHidden(number)


def test_that_sizes_are_said_in_the_instruments_own_units(tested: MainWindow, filler: Filler) -> None:
    filler.instruments["size_exponent"][3] = -8
    filler.writer.put("instruments", np.array([3]), filler.instruments[3:4])
    filler.writer.beat(OPEN + DAY)
    tested.bridge.look()
    table, column = tested.blotter.table, NAMES.index("order_qty")
    for line, row in enumerate(table.order.tolist()):
        qty = int(table.rows["order_qty"][row])
        small = say(tested, row, "instrument") == "MSFT"
        assert table.index(line, column).data() == (f"{qty / 1e8:.8f}" if small else f"{qty:,}")


def test_that_a_stored_picture_of_a_row_never_outlives_its_figures(
    window: MainWindow, filler: Filler, clock: Hand
) -> None:
    grid = window.blotter.grid
    for step in range(6):
        filler.change(300, OPEN + DAY * 3 // 4 + step)
        clock.ns += SECOND // 30
        for _ in range(2):  # a frame in which the trace was drawn leaves the rows to the next one
            window.bridge.look()
        shown = grid.viewport().grab().toImage()
        grid.forget_tiles()
        assert shown == grid.viewport().grab().toImage()


# -- rows that hold still ------------------------------------------------------------------------------------------


def click(view: object, y: int) -> None:
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(400, y))  # type: ignore[call-overload]


def storm(window: MainWindow, filler: Filler, clock: Hand) -> None:
    """Every order's money turns over: sorted now, nothing stays where it is."""
    filler.parents["is_ccy"] = filler.random.permutation(filler.parents["is_ccy"])
    filler.writer.put("parents", np.arange(filler.n_parents), filler.parents)
    filler.writer.beat(OPEN + DAY)
    clock.ns += 2 * SECOND
    window.bridge.look()


@pytest.mark.parametrize("why", ["pointer", "armed", "pre-flight"])
def test_that_rows_hold_still_under_the_pointer_and_while_an_action_is_armed(
    window: MainWindow, filler: Filler, clock: Hand, why: str
) -> None:
    before = window.blotter.table.order.tolist()
    if why == "pre-flight":
        window.drill_side.panel.found = object()  # type: ignore[assignment]
    elif why == "armed":
        window.confirm.ask("Cancel P100000?", lambda: None)
    else:
        at = QPointF(50, 50)
        QApplication.sendEvent(window.blotter.grid.viewport(), QEnterEvent(at, at, at))
    for _ in range(5):
        storm(window, filler, clock)
    assert window.blotter.table.order.tolist() == before
    assert "rows held" in window.blotter.count.text()
    window.drill_side.panel.found = None
    window.confirm.cancel()
    QApplication.sendEvent(window.blotter.grid.viewport(), QEvent(QEvent.Type.Leave))
    storm(window, filler, clock)
    assert window.blotter.table.order.tolist() != before


def test_that_a_long_pad_moves_its_rows_once_those_that_come_into_view_are_drawn(
    qtbot: QtBot, tmp_path: Path, clock: Hand
) -> None:
    filler = Filler(tmp_path / "long", parents=500, points=10)
    window = MainWindow(Bridge(Pad(tmp_path / "long"), clock), themes.DARK)
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    window.bridge.look()
    grid, table = window.blotter.grid, window.blotter.table
    grid.viewport().grab()
    before = table.order.tolist()
    storm(window, filler, clock)
    wanted = table.coming()
    assert wanted is not None
    assert table.order.tolist() == before
    for _ in range(20):
        clock.ns += SECOND // 30
        window.bridge.look()
        if table.order.tolist() != before:
            break
    assert table.order.tolist() == wanted.tolist()
    filler.writer.close()


@pytest.mark.slow
def test_that_no_click_in_a_storm_ever_acts_on_another_order_than_the_one_that_was_seen(
    window: MainWindow, filler: Filler, clock: Hand, qtbot: QtBot
) -> None:
    grid, table = window.blotter.grid, window.blotter.table
    columns = ("is_ccy", "order_qty", "slip_arrival_bps", "attention")
    for number in range(200):
        grid.viewport().repaint()
        shown = grid.shown_lines()
        line = shown.start + number % (shown.stop - shown.start)
        y = grid.rowViewportPosition(line) + ROW_HEIGHT // 2
        seen = int(table.order[line])
        storm(window, filler, clock)  # after the eye, before the hand
        if number % 3 == 0:
            grid.order_by(columns[number // 3 % 4], descending=bool(number % 2))
        click(grid.viewport(), y)
        expected = f"P{100_000 + seen}"
        assert window.bridge.row == seen
        assert window.bridge.wanted == expected
        assert expected in window.scorecard.heading.text()
        bound = window.drill_side.panel.bound
        assert bound is not None
        assert bound.parent_id == expected
