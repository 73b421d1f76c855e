"""The item model: Qt's own tester in fatal mode, sort and filter against plain Python, figures against the board."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester

from app.board import blank
from app.engine.events import Rows
from app.engine.units import NULL
from app.widgets import format as text
from app.widgets.blotter_columns import BLOTTER
from app.widgets.columns import CHILDREN, FILLS, SEVERITY, Column
from app.widgets.evidence_words import NOT_MEASURED
from app.widgets.table import Table

WORDS = ["", "AMBER", "RED", "GREEN", "N/A", "BUY", "SELL", "P1", "P10", "P2", "INST", "TECH", "no ADV known"]
DOWN, UP = Qt.SortOrder.DescendingOrder, Qt.SortOrder.AscendingOrder
NAMES = [column.name for column in BLOTTER]


class Words:
    def text(self, index: int) -> str:
        return WORDS[index]


def rows_of(*figures: tuple[float, int, str]) -> Rows:
    rows = blank("parents", len(figures))
    for row, (slip, qty, level) in zip(rows, figures, strict=True):
        row["slip_arrival_bps"], row["order_qty"], row["level"] = slip, qty, WORDS.index(level)
    return rows


@pytest.fixture
def table(qapp: object) -> Iterator[Table]:
    made = Table(BLOTTER, Words(), blank("parents", 0))
    tester = QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal)
    yield made
    tester.deleteLater()


FIGURES = st.tuples(
    st.one_of(st.just(np.nan), st.floats(-100, 100)),
    st.one_of(st.just(NULL), st.integers(1, 10)),
    st.sampled_from(["", "AMBER", "RED", "GREEN", "N/A"]),
)


@settings(max_examples=20)  # Qt's tester looks at every cell many times
@given(st.lists(FIGURES, max_size=12), st.lists(FIGURES, max_size=6), st.booleans(), st.data())
def test_that_lines_are_sorted_as_python_sorts_them_with_the_undefined_last(
    figures: list[tuple[float, int, str]], more: list[tuple[float, int, str]], descending: bool, data: st.DataObject
) -> None:
    table = Table(BLOTTER, Words(), rows_of(*figures))
    tester = QAbstractItemModelTester(table, QAbstractItemModelTester.FailureReportingMode.Fatal)
    column = data.draw(st.sampled_from(["slip_arrival_bps", "order_qty", "level"]))
    table.sort(NAMES.index(column), DOWN if descending else UP)
    table.renew(rows_of(*figures, *more))
    assert sorted(table.order.tolist()) == list(range(len(figures) + len(more)))
    table.arrange()
    place = ["slip_arrival_bps", "order_qty", "level"].index(column)

    def key(row: int) -> tuple[bool, float]:
        value = [*figures, *more][row][place]
        number = SEVERITY.get(value, np.nan) if isinstance(value, str) else float(value)
        missing = value == NULL or np.isnan(number)
        return missing, 0.0 if missing else -number if descending else number

    assert table.order.tolist() == sorted(range(len(figures) + len(more)), key=key)
    tester.deleteLater()


def test_that_an_index_kept_by_others_follows_its_row_through_sorting_growth_and_filter(table: Table) -> None:
    table.renew(rows_of((3.0, 5, "RED"), (1.0, 6, "AMBER"), (2.0, 7, "RED")))
    kept = QPersistentModelIndex(table.index(1, NAMES.index("order_qty")))
    table.sort(NAMES.index("slip_arrival_bps"), DOWN)
    assert kept.row() == 2
    assert kept.data() == "6"
    table.renew(rows_of((3.0, 5, "RED"), (9.0, 6, "AMBER"), (2.0, 7, "RED"), (4.0, 8, "RED")))
    assert kept.row() == 2, "rows hold their place until they are arranged"
    table.arrange()
    assert kept.row() == 0
    assert kept.data() == "6"
    table.set_filter("level:red")
    assert table.rowCount() == 3
    assert not kept.isValid()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", [0, 1, 2, 3]),
        ("red", [0, 3]),
        ("RED inst", [0]),
        ("sym:tech", [1, 2]),
        ("level:red sym:tech", []),
        ("level:n/a", [2]),
        ("nosuch:red", []),
        ("evidence:measured", [0, 1, 2, 3]),
        ("  side:sell  ", [1, 3]),
    ],
)
def test_that_the_filter_finds_what_its_words_say(table: Table, words: str, expected: list[int]) -> None:
    rows = blank("parents", 4)
    for name, values in {
        "level": ["RED", "AMBER", "", "RED"],
        "instrument": ["INST", "TECH", "TECH", ""],
        "side": ["BUY", "SELL", "BUY", "SELL"],
    }.items():
        rows[name] = [WORDS.index(word) for word in values]
    table.renew(rows)
    table.set_filter(words)
    assert table.order.tolist() == expected
    assert [table.line_of(row) for row in expected] == list(range(len(expected)))
    assert table.line_of(99) == -1


def test_that_a_screen_reader_is_told_the_long_way_when_rows_move(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Qt's tables for them know cells by place; for the eye the rows in view are painted anew, nothing is laid out."""
    said: list[str] = []
    table.layoutChanged.connect(lambda *_: said.append("layout"))
    table.moved.connect(lambda: said.append("moved"))
    table.replace(rows_of((1.0, 1, ""), (2.0, 2, ""), (3.0, 3, "")))
    slip = NAMES.index("slip_arrival_bps")
    table.sort(slip, UP)
    table.sort(slip, DOWN)
    assert set(said) == {"moved"}
    said.clear()
    monkeypatch.setattr("app.widgets.table.QAccessible.isActive", lambda: True)
    table.sort(slip, UP)
    assert said == ["layout", "moved"]
    assert not table.moving


def test_that_new_rows_pass_the_filter_before_they_are_shown(table: Table) -> None:
    table.set_filter("level:red")
    table.renew(rows_of((1.0, 1, "RED"), (2.0, 2, "AMBER"), (3.0, 3, "RED")))
    assert table.order.tolist() == [0, 2]


def test_that_fewer_rows_are_a_new_table(table: Table) -> None:
    table.renew(rows_of((1.0, 1, "RED"), (2.0, 2, "AMBER")))
    table.renew(rows_of((2.0, 2, "AMBER")))
    assert table.rowCount() == 1


@pytest.mark.parametrize(("section", "columns"), [("parents", BLOTTER), ("fills", FILLS), ("children", CHILDREN)])
def test_that_every_undefined_figure_reads_as_a_dash_with_its_reason(
    section: str, columns: tuple[Column, ...], qapp: object
) -> None:
    table = Table(columns, Words(), blank(section, 1))
    for number, column in enumerate(columns):
        shown = table.index(0, number).data()
        blank_words = {"evidence": NOT_MEASURED, "level": "N/A", "spark": "", "alert": ""}
        assert shown.split(column.joint)[0] == blank_words.get(column.look, text.DASH), column.name
        tip = table.index(0, number).data(Qt.ItemDataRole.ToolTipRole)
        assert tip == f"{column.title}: {column.about if column.look == 'spark' else column.why}"


def test_that_a_reason_on_the_board_is_the_one_told(table: Table) -> None:
    rows = rows_of((1.0, 1, "N/A"))
    rows["level_reason"] = WORDS.index("no ADV known")
    table.renew(rows)
    tip = table.index(0, NAMES.index("cost_z")).data(Qt.ItemDataRole.ToolTipRole)
    assert tip == "Cost z: no ADV known"


def test_that_zero_is_shown_as_a_figure(table: Table) -> None:
    table.renew(rows_of((0.0, 0, "GREEN")))
    assert table.index(0, NAMES.index("slip_arrival_bps")).data() == "0.00"
    assert table.index(0, NAMES.index("order_qty")).data() == "0"


def test_that_titles_figures_and_speech_agree(table: Table) -> None:
    table.renew(rows_of((2.49975, 100_000, "RED")))
    slip = NAMES.index("slip_arrival_bps")
    assert table.headerData(slip, Qt.Orientation.Horizontal) == "Slip bps"
    assert table.headerData(0, Qt.Orientation.Vertical) is None
    right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    assert table.headerData(slip, Qt.Orientation.Horizontal, Qt.ItemDataRole.TextAlignmentRole) == right
    assert table.index(0, slip).data(Qt.ItemDataRole.TextAlignmentRole) == right
    assert table.index(0, slip).data(Qt.ItemDataRole.AccessibleTextRole) == f"Slip bps ▲ {text.FIGURE_SPACE}+2.50"
    assert table.index(0, slip).data(Qt.ItemDataRole.ToolTipRole).startswith("Slip bps: 2.499750\n")
    assert table.index(0, slip).data(Qt.ItemDataRole.DecorationRole) is None
    table.sort(slip, DOWN)
    assert table.headerData(slip, Qt.Orientation.Horizontal) == "▾ Slip bps"
    table.sort(0, UP)
    assert table.headerData(0, Qt.Orientation.Horizontal) == "Level ▴"
    table.sort(-1)
    assert table.headerData(0, Qt.Orientation.Horizontal) == "Level"


def test_that_times_sort_to_the_nanosecond(table: Table) -> None:
    rows = blank("parents", 3)
    rows["last_ts"] = [1_700_000_000_000_000_002, NULL, 1_700_000_000_000_000_001]
    table.renew(rows)
    table.sort(NAMES.index("last_ts"), UP)
    assert table.order.tolist() == [2, 0, 1]
    table.sort(NAMES.index("last_ts"), DOWN)
    assert table.order.tolist() == [0, 2, 1]
