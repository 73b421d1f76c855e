"""The pad at a glance: every order that can be placed stands once, at the place its figures say."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.board import blank
from app.widgets import theme as themes
from app.widgets.bridge import Bridge
from app.widgets.overview import COST, EVIDENCE, Overview, spots_of
from app.widgets.pad import Pulled
from tests.widgets.conftest import Hand
from tests.widgets.handmade import Handmade

SECOND = 10**9
FIGURE = st.one_of(st.just(float("nan")), st.floats(-20, 20))
MONEY = st.one_of(st.just(float("nan")), st.just(0.0), st.floats(-1e6, 1e9))
DONE = st.one_of(st.just(float("nan")), st.sampled_from([0.0, 50.0, 100.0, 120.0]), st.floats(0, 99))
ORDERS = st.lists(st.tuples(FIGURE, MONEY, DONE), min_size=1, max_size=12)


def pad_of(*orders: tuple[float, float, float]) -> Handmade:
    """A pad of orders: cost z, remaining money, per cent done."""
    pad = Handmade()
    show(pad, *orders)
    return pad


def show(pad: Handmade, *orders: tuple[float, float, float]) -> None:
    pad.put_parents(
        parent_id=[f"P{number}" for number in range(len(orders))],
        cost_z=[z for z, _, _ in orders],
        remaining_ccy=[money for _, money, _ in orders],
        done_pct=[done for _, _, done in orders],
        level=["RED"] * len(orders),
    )


def view_of(qtbot: QtBot, pad: Handmade, clock: Hand) -> Overview:
    made = Overview(Bridge(pad, clock), themes.DARK)
    qtbot.addWidget(made)
    made.resize(600, 400)
    with qtbot.waitExposed(made):
        made.show()
    return made


@pytest.fixture
def view(qtbot: QtBot, clock: Hand) -> Overview:
    """A small order right on top of a large one, one far away, one that cannot be placed."""
    return view_of(qtbot, pad_of((1.0, 5e4, 99.0), (1.0, 5e4, 0.0), (-4.0, 1e6, 0.0), (np.nan, 1.0, 0.0)), clock)


@given(ORDERS)
def test_that_an_order_is_placed_when_its_z_is_known_and_something_is_left_to_do(
    orders: list[tuple[float, float, float]],
) -> None:
    found = spots_of(pad_of(*orders).parents)
    expected = {
        row: money / (1 - done / 100)
        for row, (z, money, done) in enumerate(orders)
        if z == z and money > 0 and done < 100
    }
    assert set(found.rows.tolist()) == set(expected)
    assert found.size.tolist() == pytest.approx([expected[row] for row in found.rows.tolist()])
    assert found.size.tolist() == sorted(found.size.tolist()), "the largest last"
    assert found.z.tolist() == [orders[row][0] for row in found.rows.tolist()]
    assert found.remaining.tolist() == [orders[row][1] for row in found.rows.tolist()]


@pytest.mark.parametrize("clicked", [0, 1])
def test_that_where_spots_lie_on_each_other_the_smallest_is_meant(view: Overview, clicked: int) -> None:
    x, y, radius = view.places()
    rows = view.spots.rows.tolist()
    small, large = rows.index(1), rows.index(0)
    assert radius[small] < radius[large]
    assert (x[small], y[small]) == (x[large], y[large])
    beside = 0.0 if clicked == 0 else float(radius[large]) - 1
    assert view.spot_at(float(x[large]) + beside, float(y[large])) == (1 if clicked == 0 else 0)


def test_that_right_is_strange_and_up_is_much_and_what_lies_beyond_the_axis_stands_at_its_end(
    qtbot: QtBot, clock: Hand
) -> None:
    zs = [-50.0, -6.0, -1.0, 0.0, 2.0, 6.0, 50.0]
    view = view_of(qtbot, pad_of(*((z, 10.0 ** (place + 1), 0.0) for place, z in enumerate(zs))), clock)
    x, y, radius = (values[np.argsort(view.spots.rows)] for values in view.places())
    assert np.all(np.diff(x) >= 0)
    assert (x[0], x[-1]) == (x[1], x[-2])
    assert x[3] == pytest.approx((x[1] + x[5]) / 2), "no strangeness is in the middle"
    assert np.diff(y) == pytest.approx([np.diff(y)[0]] * 6), "each decade is as high as the other"
    assert y[0] > y[-1], "pixels count from the top"
    assert np.all(np.diff(radius) >= 0)
    assert np.all((x >= 0) & (x <= view.width()) & (y >= 0) & (y <= view.height()))


@given(ORDERS)
def test_that_every_spot_can_be_found_under_its_own_place(
    view_pad: tuple[Overview, Handmade], orders: list[tuple[float, float, float]]
) -> None:
    view, pad = view_pad
    show(pad, *orders)
    view.show_pulled(Pulled(reset=True))
    for at_x, at_y, size in zip(*view.places()[:2], view.spots.size.tolist(), strict=True):
        found = view.spot_at(at_x, at_y)
        assert found >= 0
        assert view.spots.size[view.spots.rows.tolist().index(found)] <= size, "a smaller one may lie on it"
    assert view.grab().toImage().width() == view.width(), "it can be painted whatever is in it"


@pytest.fixture(scope="module")
def view_pad(qapp: object) -> Iterator[tuple[Overview, Handmade]]:
    pad = pad_of((1.0, 5e4, 0.0))
    made = Overview(Bridge(pad), themes.DARK)
    made.resize(600, 400)
    made.show()
    yield made, pad
    made.close()


def test_that_the_left_button_chooses_and_the_other_does_not(view: Overview, qtbot: QtBot) -> None:
    x, y, _ = view.places()
    place = view.spots.rows.tolist().index(2)
    where, picked = QPoint(round(x[place]), round(y[place])), list[int]()
    view.picked.connect(picked.append)
    for button in (Qt.MouseButton.RightButton, Qt.MouseButton.LeftButton):
        QTest.mouseClick(view, button, Qt.KeyboardModifier.NoModifier, where)
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(1, 1))
    assert picked == [2]
    assert view._bridge.wanted == "P2"


def test_that_newer_figures_are_looked_at_once_a_second_and_a_new_board_at_once(qtbot: QtBot, clock: Hand) -> None:
    pad = pad_of((1.0, 5e4, 0.0))
    view = view_of(qtbot, pad, clock)
    changed = Pulled(parents=np.array([0]))
    seen = []
    for wait, pulled, z in (
        (0, changed, 2.0), (SECOND - 1, changed, 3.0), (0, Pulled(), 4.0), (1, Pulled(), 5.0), (1, Pulled(), 6.0),
        (0, Pulled(reset=True), 7.0),
    ):  # fmt: skip
        clock.ns += wait
        show(pad, (z, 5e4, 0.0))
        view.show_pulled(pulled)
        seen.append(float(view.spots.z[0]))
    assert seen == [2.0, 2.0, 2.0, 5.0, 5.0, 7.0], "and what came meanwhile is not forgotten"


def test_that_what_came_while_nobody_looked_is_there_when_somebody_does(qtbot: QtBot, clock: Hand) -> None:
    pad = pad_of((1.0, 5e4, 0.0))
    view = view_of(qtbot, pad, clock)
    view.hide()
    show(pad, (3.0, 5e4, 0.0))
    view.show_pulled(Pulled(parents=np.array([0])))
    assert view.spots.z.tolist() == [1.0], "nothing is worked out for nobody"
    with qtbot.waitExposed(view):
        view.show()
    view.show_pulled(Pulled())
    assert view.spots.z.tolist() == [3.0]


def test_that_a_pad_without_a_spot_has_none_anywhere(qtbot: QtBot, clock: Hand) -> None:
    view = view_of(qtbot, pad_of((np.nan, 5e4, 0.0), (1.0, 0.0, 100.0)), clock)
    assert view.spot_at(300, 200) == -1
    assert [len(values) for values in view.places()] == [0, 0, 0]
    assert not view.grab().toImage().isNull()


def test_that_with_evidence_the_axis_is_e_and_what_has_none_is_not_shown() -> None:
    parents = blank("parents", 3)
    parents["done_pct"], parents["remaining_ccy"], parents["cost_z"] = 50.0, (1e5, 2e5, 3e5), 1.0
    assert spots_of(parents).axis is COST
    parents["e_value"][:2] = 100.0, 0.0
    found = spots_of(parents)
    assert found.axis is EVIDENCE
    assert found.rows.tolist() == [0, 1]
    assert found.z.tolist() == [2.0, -9.0]


def test_that_nothing_is_placed_behind_another_tab_and_all_of_it_once_it_is_seen(qtbot: QtBot, clock: Hand) -> None:
    pad = pad_of((1.0, 5e4, 0.0))
    view = view_of(qtbot, pad, clock)
    over = QWidget(view)
    over.setAutoFillBackground(True)
    over.resize(view.size())
    over.show()
    clock.ns += 2 * SECOND
    show(pad, (5.0, 5e4, 0.0))
    view.show_pulled(Pulled(parents=np.array([0])))
    hidden = view.spots.z.tolist()
    over.hide()
    view.show_pulled(Pulled())
    assert (hidden, view.spots.z.tolist()) == ([1.0], [5.0])
