"""The blotter's table: pinned orders on top, groups with their members, a scope that is exact, and no order lost."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from app.engine.events import Rows
from app.widgets.blotter_columns import BLOTTER
from app.widgets.groups import BY
from app.widgets.order_table import OrderTable
from tests.widgets.handmade import Handmade

NAMES = [column.name for column in BLOTTER]
DOWN, UP = Qt.SortOrder.DescendingOrder, Qt.SortOrder.AscendingOrder
DESKS = ("EQ", "EQ", "PT", "EQX", "", "PT")
ALGOS = ("VWAP", "POV", "VWAP", "DARK", "POV", "VWAP")
BASKETS = ("B1", "", "B2", "", "B1", "B1")
SLIPS = (3.0, 1.0, np.nan, 2.0, 5.0, 4.0)


def orders(pad: Handmade, count: int = 6) -> Rows:
    return pad.rows(
        "parents",
        parent_id=[f"P{number}" for number in range(count)],
        instrument=["TECH"] * count,
        desk=DESKS[:count],
        algo=ALGOS[:count],
        basket_id=BASKETS[:count],
        slip_arrival_bps=SLIPS[:count],
        order_qty=[100 * (number + 1) for number in range(count)],
        currency=["USD"] * count,
        arrival_mid=[100.0] * count,
        filled_qty=[50] * count,
    )


@pytest.fixture
def pad() -> Handmade:
    return Handmade()


@pytest.fixture
def table(pad: Handmade, qapp: object) -> Iterator[OrderTable]:
    made = OrderTable(pad, orders(pad))
    tester = QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal)
    yield made
    tester.deleteLater()


def lines(table: OrderTable) -> list[int]:
    found: list[int] = table.order.tolist()
    return found


def said(table: OrderTable, name: str) -> list[str]:
    """What a column reads, line by line."""
    return table.says(NAMES.index(name), slice(0, len(table.order)))


# -- pins, scope ---------------------------------------------------------------------------------------------------


@settings(max_examples=25)  # Qt's tester looks at every cell many times
@given(st.sets(st.integers(0, 5)), st.sampled_from(["EQ", "PT", "", "nobody", None]), st.booleans(), st.booleans())
def test_that_pinned_orders_stand_on_top_in_the_order_of_the_rest(
    pins: set[int], desk: str | None, by_slip: bool, descending: bool
) -> None:
    pad = Handmade()
    table = OrderTable(pad, orders(pad))
    tester = QAbstractItemModelTester(table, QAbstractItemModelTester.FailureReportingMode.Fatal)
    for row in pins:
        table.pin(row)
    table.set_scope(() if desk is None else (("desk", desk),))
    if by_slip:
        table.sort(NAMES.index("slip_arrival_bps"), DOWN if descending else UP)

    def key(row: int) -> tuple[bool, bool, float]:
        slip = SLIPS[row] if by_slip else float(row)
        undefined = slip != slip
        return row not in pins, undefined, 0.0 if undefined else -slip if by_slip and descending else slip

    shown = [row for row in range(6) if desk is None or DESKS[row] == desk]
    assert lines(table) == sorted(shown, key=key)
    assert table.orders().tolist() == lines(table)
    tester.deleteLater()


def test_that_a_pin_is_taken_back_by_the_same_press(table: OrderTable) -> None:
    table.pin(4)
    table.pin(2)
    assert lines(table) == [2, 4, 0, 1, 3, 5]
    table.pin(4)
    assert lines(table) == [2, 0, 1, 3, 4, 5]


def test_that_a_scope_and_the_filter_must_both_hold_and_a_pin_gets_past_neither(table: OrderTable) -> None:
    table.pin(2)
    table.set_scope((("desk", "EQ"), ("algo", "VWAP")))
    assert lines(table) == [0], "EQX is another desk, and so is none"
    table.set_filter("algo:pov")
    assert lines(table) == []
    table.set_scope(())
    assert lines(table) == [1, 4]
    table.set_filter("")
    assert lines(table) == [2, 0, 1, 3, 4, 5]


def test_that_new_orders_of_another_scope_do_not_come_in(table: OrderTable, pad: Handmade) -> None:
    table.replace(orders(pad, 3))
    table.set_scope((("desk", "EQ"),))
    table.renew(orders(pad, 6))
    assert lines(table) == [0, 1]
    table.set_scope((("desk", "EQX"),))
    assert lines(table) == [3]


# -- groups --------------------------------------------------------------------------------------------------------


def under(table: OrderTable, field: str) -> dict[str, list[int]]:
    """Members of each group as they are shown, by the group's name."""
    found: dict[str, list[int]] = {}
    assert table.group is not None
    name = ""
    for line in lines(table):
        if line < 0:
            name = table.texts.text(table.group.keys[-1 - line])
            assert name not in found, "a group stands once"
            found[name] = []
        else:
            found[name].append(line)
    return found


@pytest.mark.parametrize("by", sorted(BY))
def test_that_every_order_stands_once_under_the_group_it_belongs_to(table: OrderTable, by: str) -> None:
    table.sort(NAMES.index("order_qty"), DOWN)
    table.set_group(by)
    expected: dict[str, list[int]] = {}
    for row in range(5, -1, -1):
        expected.setdefault(table.texts.text(int(table.rows[BY[by]][row])), []).append(row)
    assert under(table, BY[by]) == expected
    assert table.grouped_by == by
    assert sorted(table.orders().tolist()) == list(range(6))
    table.set_group("")
    assert (lines(table), table.group, table.grouped_by) == ([5, 4, 3, 2, 1, 0], None, "")


def test_that_a_pinned_order_stands_above_the_groups_and_in_none(table: OrderTable) -> None:
    table.pin(0)
    table.set_group("algo")
    assert lines(table)[0] == 0
    assert said(table, "parent_id")[1:] == ["2 orders", "P2", "P5", "2 orders", "P1", "P4", "1 order", "P3"]


def test_that_a_group_is_folded_and_opened_by_its_own_line_only(table: OrderTable) -> None:
    table.set_group("algo")
    whole = lines(table)
    assert not any(table.fold(line) for line in (-1, 1, len(whole), 99)), "no group stands there"
    assert lines(table) == whole
    assert table.fold(0)
    assert lines(table) == [line for line in whole if line not in {0, 2, 5}]
    assert [word.split()[0] for word in said(table, "spark") if word] == ["▸", "▾", "▾"]
    assert said(table, "parent_id")[0] == "3 orders", "what is folded still counts"
    assert table.fold(0)
    assert lines(table) == whole


def test_that_another_grouping_begins_unfolded(table: OrderTable) -> None:
    table.set_group("algo")
    table.fold(0)
    table.set_group("basket")
    assert sorted(table.orders().tolist()) == list(range(6))
    table.set_group("algo")
    assert sorted(table.orders().tolist()) == list(range(6)), "nor is what was folded before folded again"


def test_that_orders_without_a_basket_are_a_group_that_says_so(table: OrderTable) -> None:
    table.set_group("basket")
    assert {word.split(" ", 1)[1] for word in said(table, "spark") if word} == {"B1", "B2", "no basket"}


def test_that_a_groups_line_reads_its_own_figures_and_only_what_all_its_orders_have(table: OrderTable) -> None:
    table.set_group("algo")
    rows, where = table.lines_of(slice(0, len(table.order)))
    heads = [place for place, line in enumerate(lines(table)) if line < 0]
    members = list(under(table, "algo").values())
    assert [int(rows["order_qty"][head]) for head in heads] == [
        sum(100 * (row + 1) for row in mine) for mine in members
    ]
    assert [where[head] for head in heads] == [-1] * len(heads)
    assert where[where >= 0].tolist() == table.orders().tolist()
    assert table.field("order_qty", slice(0, len(rows))).tolist() == rows["order_qty"].tolist()
    desks = dict(
        zip([lines(table)[head] for head in heads], [said(table, "desk")[head] for head in heads], strict=True)
    )
    assert set(desks.values()) == {"", "EQX"}, "one order's desk is its group's; several desks are none"
    assert table.line_of(-1) == -1


def test_that_no_orders_make_no_groups(pad: Handmade, qapp: object) -> None:
    table = OrderTable(pad, orders(pad)[:0])
    table.set_group("algo")
    assert lines(table) == []
    assert not table.fold(0)
    table.sort(NAMES.index("order_qty"), UP)
    assert said(table, "parent_id") == []


# -- moving --------------------------------------------------------------------------------------------------------


def arrays(*rows: int) -> NDArray[np.int64]:
    return np.array(rows, np.int64)


def test_that_the_coming_order_is_told_without_moving_a_row_and_shown_when_it_is_asked_for(
    table: OrderTable, pad: Handmade, qtbot: QtBot
) -> None:
    table.sort(NAMES.index("slip_arrival_bps"), DOWN)
    before = lines(table)
    fresh = orders(pad)
    fresh["slip_arrival_bps"][3] = 99.0
    table.renew(fresh)
    coming = table.coming()
    assert coming is not None
    assert coming[0] == 3
    assert lines(table) == before
    with qtbot.waitSignal(table.arranged, timeout=5000):
        assert table.move_to(coming)
    assert lines(table) == coming.tolist()


def test_that_an_order_of_rows_that_is_out_of_date_is_not_shown(table: OrderTable) -> None:
    before = lines(table)
    for stale in (arrays(0, 1, 2), arrays(0, 1, 2, 3, 4, 6), arrays(0, 1, 2, 3, 4, 5, 6), arrays(0, 0, 1, 2, 3, 4)):
        assert not table.move_to(stale)
    assert lines(table) == before
    table.set_group("algo")
    assert table.coming() is None
    assert not table.move_to(arrays(5, 4, 3, 2, 1, 0)), "among groups rows stand as they were arranged"


def test_that_among_groups_a_new_order_waits_for_the_next_arrangement(table: OrderTable, pad: Handmade) -> None:
    table.replace(orders(pad, 4))
    table.set_group("algo")
    table.renew(orders(pad, 6))
    assert sorted(table.orders().tolist()) == [0, 1, 2, 3]
    table.arrange()
    assert sorted(table.orders().tolist()) == list(range(6))


def test_that_an_alerts_letter_stands_before_its_age_and_alone_nowhere(table: OrderTable) -> None:
    table.badges = {0: ("●", "red"), 1: ("z", "amber")}
    ages = said(table, "alert_age")
    assert ages == [""] * 6, "no order of these has an alert whose age is known"
