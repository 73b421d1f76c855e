"""The shortfall ribbon: its parts and bps keep their proportions, and the bar is as long as the money."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from app.board import blank
from app.widgets import format as text
from app.widgets import theme as themes
from app.widgets.ribbon import COLOURS, SPLIT, VIEWS, Part, Ribbon, View, lines, parts_of, said_or_dash, shortfall

MONEY = st.floats(-1e6, 1e6).map(lambda value: round(value, 2))
UNDEFINED = float("nan")
BOTH: tuple[View, ...] = ("causal", "perold")


def parent(**figures: float) -> np.void:
    rows = blank("parents")
    for name, value in figures.items():
        rows[name] = value
    row: np.void = rows[0]
    return row


def whole(view: View, values: list[float]) -> dict[str, float]:
    return {part.field: value for part, value in zip(VIEWS[view], values, strict=True)}


@given(st.sampled_from(BOTH), st.data(), st.floats(0.01, 1e5))
def test_that_every_part_is_within_a_cent_of_the_boards_and_its_bps_in_proportion(
    view: View, data: st.DataObject, money_per_bp: float
) -> None:
    size = len(VIEWS[view])
    values = data.draw(st.lists(MONEY, min_size=size, max_size=size))
    total = math.fsum(values)
    assume(abs(total) > 1)
    found = shortfall(parent(**whole(view, values), is_ccy=total, is_arrival_bps=total / money_per_bp), view)
    assert found.adds_up
    for shown, bps, value in zip(found.money, found.bps, values, strict=True):
        assert shown == pytest.approx(value, abs=0.01 + 1e-6)
        assert bps == pytest.approx(value / money_per_bp, abs=0.01 + 1e-6, rel=1e-9)


@pytest.mark.parametrize("view", BOTH)
def test_that_a_shortfall_of_nothing_has_parts_and_no_bps_to_share_out(view: View) -> None:
    values = [5.0, -5.0, *[0.0] * (len(VIEWS[view]) - 2)]
    found = shortfall(parent(**whole(view, values), is_ccy=0.0, is_arrival_bps=0.0), view)
    assert found.money == values
    assert all(math.isnan(bps) for bps in found.bps)
    assert found.adds_up
    said = lines(found, "USD")
    assert [cell.text for cell in said[-1]] == ["Shortfall", "0.00", "0.00"]


@pytest.mark.parametrize("view", BOTH)
def test_that_money_is_said_where_bps_are_unknown_and_nothing_where_the_total_is(view: View) -> None:
    values = [1.0] * len(VIEWS[view])
    figures = whole(view, values)
    without_bps = shortfall(parent(**figures, is_ccy=float(len(values))), view)
    assert without_bps.money == values
    assert all(math.isnan(bps) for bps in without_bps.bps)
    without_total = shortfall(parent(**figures, is_arrival_bps=4.0), view)
    assert math.isnan(without_total.total)
    assert all(math.isnan(bps) for bps in without_total.bps)
    assert {line[2].text for line in lines(without_total, "")[1:-1]} <= {text.DASH, ""}


@pytest.mark.parametrize("missing", range(len(VIEWS["perold"])))
def test_that_an_undefined_part_is_a_dash_with_its_reason_and_no_zero_in_the_sum(missing: int) -> None:
    values = [1.25] * len(VIEWS["perold"])
    values[missing] = UNDEFINED
    found = shortfall(parent(**whole("perold", values), is_ccy=3.75, is_arrival_bps=1.0), "perold")
    assert found.adds_up, "the rest is all there is"
    line = lines(found, "USD")[1 + missing]
    assert (line[1].text, line[2].text) == (text.DASH, text.DASH)
    assert line[1].tip == VIEWS["perold"][missing].why
    assert [line[1].text for line in lines(found, "USD")[1:-1]].count("+1.25") == 3


@pytest.mark.parametrize("known", range(len(SPLIT) + 1))
def test_that_drift_stays_whole_until_all_it_is_made_of_is_known(known: int) -> None:
    row = parent(**{part.field: 1.0 for part in SPLIT[:known]}, drift_ccy=4.0)
    fields = [part.field for part in parts_of(row, "causal")]
    split = [part.field for part in SPLIT]
    assert ("drift_ccy" in fields) is (known < len(SPLIT))
    assert [field for field in fields if field in split] == (split if known == len(SPLIT) else [])
    assert parts_of(row, "perold") == VIEWS["perold"], "the other view knows nothing of drift"


def test_that_every_part_has_a_colour_and_no_two_of_one_bar_share_it() -> None:
    split = parts_of(parent(**{part.field: 1.0 for part in SPLIT}), "causal")
    for parts in (*VIEWS.values(), split):
        assert len({COLOURS[part.field] for part in parts}) == len(parts)


def test_that_a_click_on_any_figure_can_ask_why() -> None:
    found = shortfall(parent(**whole("perold", [1.0] * 4), is_ccy=4.0, is_arrival_bps=1.0), "perold")
    for part, line in zip(VIEWS["perold"], lines(found, "USD")[1:-1], strict=True):
        assert {cell.field for cell in line} == {part.field}
    assert [cell.field for cell in lines(found, "USD")[-1]] == ["", "is_ccy", "is_arrival_bps"]


def test_that_the_currency_is_named_and_unknown_money_is_just_money() -> None:
    found = shortfall(parent(), "causal")
    assert [lines(found, currency)[0][1].text for currency in ("USD", "")] == ["USD", "money"]


@pytest.mark.parametrize(("value", "said"), [(UNDEFINED, text.DASH), (0.0, "0.00"), (1234.5, "+1,234.50")])
def test_that_a_signed_figure_or_a_dash_is_said(value: float, said: str) -> None:
    assert said_or_dash(value) == said


# -- the bar -------------------------------------------------------------------------------------------------------

WIDTH = 416  # 400 pixels of money and 8 at each side


def painted(bar: Ribbon) -> list[str]:
    """Colours through the middle of the bar, pixel by pixel."""
    picture = bar.grab().toImage()
    return [picture.pixelColor(x, 10).name() for x in range(picture.width())]


@pytest.fixture
def bar(qtbot: QtBot) -> Ribbon:
    made = Ribbon(themes.DARK)
    qtbot.addWidget(made)
    made.resize(WIDTH, 26)
    return made


@pytest.mark.parametrize(
    "values",
    [(100.0, 50.0, 25.0, 25.0), (-100.0, 50.0, UNDEFINED, 50.0), (-10.0, -20.0, -30.0, -40.0), (0.0, 7.0, 0.0, 0.0)],
)
def test_that_each_part_is_as_long_as_its_share_of_the_money(bar: Ribbon, values: tuple[float, ...]) -> None:
    parts = VIEWS["perold"]
    bar.show_values(values, parts)
    seen = painted(bar)
    span = sum(abs(value) for value in values if value == value)
    for part, value in zip(parts, values, strict=True):
        long = 0.0 if value != value else abs(value) / span * 400
        assert abs(seen.count(COLOURS[part.field]) - long) <= 2, part.title


def test_that_gains_lie_left_of_zero_and_costs_right_of_it(bar: Ribbon) -> None:
    delay, trading, chance, fees = VIEWS["perold"]
    bar.show_values((-60.0, 20.0, -40.0, 80.0), (delay, trading, chance, fees))
    seen = painted(bar)

    def middle(part: Part) -> float:
        return float(np.mean([x for x, colour in enumerate(seen) if colour == COLOURS[part.field]]))

    zero = 8 + 400 * 100 / 200
    assert middle(chance) < middle(delay) < zero < middle(trading) < middle(fees)
    assert QColor(seen[round(zero)]) == themes.DARK.colour("ink")


def test_that_no_money_is_said_in_words_and_has_no_bar(bar: Ribbon) -> None:
    bar.show_values((UNDEFINED, 0.0, 0.0, 0.0), VIEWS["perold"])
    assert not set(painted(bar)) & set(COLOURS.values())
    bar.show_values((1.0, 0.0, 0.0, 0.0), VIEWS["perold"])
    bar.faded = True
    assert themes.DARK.faint in painted(bar)
    assert not set(painted(bar)) & set(COLOURS.values()), "what may not be true has no colour"
