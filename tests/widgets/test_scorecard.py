"""The scorecard: parts that add up on screen to the cent, errors beside means, reasons beside dashes."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QToolTip
from pytestqt.qtbot import QtBot

from app.board import blank
from app.engine.units import HORIZON_NAMES
from app.widgets import format as text
from app.widgets import ribbon, scorecard
from app.widgets import theme as themes
from app.widgets.evidence_words import NOT_MEASURED
from app.widgets.ribbon import shortfall
from app.widgets.scorecard import FACTS, Scorecard
from app.widgets.sheet import LINE, Cell, Line, Sheet

WORDS = ["", "P1", "INST", "BUY", "VWAP", "USD", "live", "RED", "cost z 3.4, red from 3", "SELL"]
MONEY = st.floats(-1e7, 1e7).map(lambda x: round(x, 4))


class Words:
    def text(self, index: int) -> str:
        return WORDS[index]


def parent(**figures: float) -> np.void:
    rows = blank("parents")
    for name, word in {"parent_id": "P1", "instrument": "INST", "side": "BUY", "algo": "VWAP", "currency": "USD",
                       "state": "live", "level": "RED", "level_reason": WORDS[8]}.items():  # fmt: skip
        rows[name] = WORDS.index(word)
    for name, value in figures.items():
        rows[name] = value
    row: np.void = rows[0]
    return row


def in_cents(words: str) -> int:
    return round(100 * float(words.replace(",", "").replace(text.MINUS, "-").replace("+", "")))


@given(st.tuples(MONEY, MONEY, MONEY, MONEY, MONEY), st.floats(0.5, 1e6), st.booleans())
def test_that_the_parts_on_screen_sum_to_the_shortfall_on_screen(
    parts: tuple[float, ...], money_per_bp: float, decided: bool
) -> None:
    delay, amend, spread, drift, fees = parts
    total = math.fsum(parts if decided else parts[1:])
    row = parent(
        delay_cost_ccy=delay if decided else math.nan, amend_ccy=amend, spread_ccy=spread, drift_ccy=drift,
        fees_ccy=fees, is_ccy=total, is_arrival_bps=total / money_per_bp,
    )  # fmt: skip
    lines = ribbon.lines(shortfall(row, "causal"), "USD")
    assert len(lines) == 11, "a line that says the parts do not add up would be the twelfth"
    lines = [line for line in lines if line[1].text != NOT_MEASURED]
    for column in (1, 2) if total else (1,):
        shown = [line[column].text for line in lines[1:]]
        assert (shown[0] == text.DASH) == (not decided)
        assert sum(in_cents(word) for word in shown[:-1] if word != text.DASH) == in_cents(shown[-1])
    assert abs(in_cents(lines[-1][1].text) - 100 * total) <= 0.5 + 1e-6  # half a cent may go either way


def test_that_both_views_show_the_golden_shortfall_and_never_each_others_parts() -> None:
    row = parent(
        delay_cost_ccy=1000.0, exec_cost_ccy=1100.0, opp_cost_ccy=1200.0, fees_ccy=75.0, amend_ccy=0.0,
        spread_ccy=800.0, drift_ccy=1500.0, is_ccy=3375.0, is_arrival_bps=67.365,
    )  # fmt: skip
    said = {view: {line[0].text: line[1].text for line in ribbon.lines(shortfall(row, view), "USD")[1:]}
            for view in ("causal", "perold")}  # fmt: skip
    assert said["perold"] == {
        "Delay": "+1,000.00", "Trading": "+1,100.00", "Opportunity": "+1,200.00", "Fees": "+75.00",
        "Shortfall": "+3,375.00",
    }  # fmt: skip
    assert said["causal"] == {
        "Delay": "+1,000.00", "Amend": "0.00", "Spread": "+800.00", "Drift": "+1,500.00", "Fees": "+75.00",
        "   Market": NOT_MEASURED, "   Own impact": NOT_MEASURED, "   Leak": NOT_MEASURED, "   Noise": NOT_MEASURED,
        "Shortfall": "+3,375.00",
    }  # fmt: skip


def test_that_what_drift_is_made_of_takes_its_place_once_all_of_it_is_known_and_still_adds_up() -> None:
    row = parent(
        delay_cost_ccy=10.0, amend_ccy=0.0, spread_ccy=20.005, drift_ccy=100.0, fees_ccy=5.0, is_ccy=135.005,
        is_arrival_bps=2.7, drift_market_ccy=40.0, drift_own_ccy=30.0, drift_leak_ccy=50.333, drift_noise_ccy=-20.333,
        noise_band_ccy=80.0,
    )  # fmt: skip
    found = shortfall(row, "causal")
    lines = ribbon.lines(found, "USD", ribbon.Bands(80.0, 12.25))
    assert [line[0].text for line in lines[1:]] == [
        "Delay", "Amend", "Spread", "Market", "Own impact", "Leak", "   interval", "Noise", "   by chance", "Fees",
        "Shortfall",
    ]  # fmt: skip
    assert lines[6][1].tone == "faint", "the interval of the leak holds 0"
    assert [lines[7][2].text, lines[9][1].text] == ["±12.25", "±80"]
    assert "unexplained: chance, news, PM alpha" in lines[8][0].tip
    figures = [line for line in lines[1:-1] if line[0].swatch]
    assert sum(in_cents(line[1].text) for line in figures) == in_cents(lines[-1][1].text)
    assert len({line[0].swatch for line in figures}) == 8
    row["drift_leak_ccy"] = math.nan
    assert [part.title for part in shortfall(row, "causal").parts] == ["Delay", "Amend", "Spread", "Drift", "Fees"]


def test_that_parts_that_do_not_add_up_say_so() -> None:
    figures = {"amend_ccy": 0.0, "spread_ccy": 5.0, "drift_ccy": 5.0, "fees_ccy": 0.0, "is_arrival_bps": 1.0}
    assert ribbon.lines(shortfall(parent(is_ccy=11.0, delay_cost_ccy=0.0, **figures), "causal"), "")[-1][0].text == (
        "the parts do not add up"
    )
    figures["drift_ccy"] = math.nan
    assert ribbon.lines(shortfall(parent(is_ccy=11.0, **figures), "causal"), "")[-1][0].text == (
        "an undefined part is missing"
    )


def test_that_an_undefined_shortfall_is_all_dashes_with_reasons() -> None:
    lines = ribbon.lines(shortfall(parent(), "causal"), "USD")
    assert {line[1].text for line in lines[1:]} == {text.DASH, NOT_MEASURED}
    assert "no decision price" in lines[1][1].tip


def test_that_a_markout_shows_its_error_and_says_when_n_is_too_small() -> None:
    row = parent(markout_1s_bps=1.5, markout_1s_se_bps=0.25, markout_1m_bps=-2.0, markout_5s_bps=0.4,
                 markout_5s_se_bps=0.25)  # fmt: skip
    lines = {line[0].text: line for line in scorecard.markout_lines(row)}
    assert tuple(lines)[1:] == HORIZON_NAMES
    assert [cell.text for cell in lines["1s"]] == ["1s", "+1.50", "0.25"]
    assert lines["1s"][1].tone == "ink"
    assert lines["5s"][1].tone == "faint", "two errors include 0"
    assert [cell.text for cell in lines["1m"]] == ["1m", f"{text.MINUS}2.00", "n too small"]
    assert "8 independent clusters" in lines["1m"][2].tip
    assert [cell.text for cell in lines["5m"]] == ["5m", text.DASH, text.DASH]
    assert "horizon has not passed" in lines["5m"][1].tip


def test_that_facts_are_the_boards_and_undefined_ones_give_their_reason() -> None:
    figures = {column.name: 1.25 for column in FACTS if column.look == "figure"}
    lines = scorecard.fact_lines(parent(**figures), Words(), text.zone(None))
    shown = [cell for line in lines for cell in line]
    for column, cell in zip(FACTS, shown[1::2], strict=False):
        if column.look == "figure":
            assert cell.text == column.show(1 if column.name == "mkt_vol" else 1.25)
    for line in scorecard.fact_lines(parent(), Words(), text.zone(None)):
        for name, cell in zip(line[0::2], line[1::2], strict=True):
            assert cell.text == text.DASH
            assert cell.tip.startswith(f"{name.text}: ")


@pytest.fixture
def card(qtbot: QtBot) -> Scorecard:
    made = Scorecard(themes.DARK, Words())
    qtbot.addWidget(made)
    made.resize(560, 480)
    with qtbot.waitExposed(made):
        made.show()
    return made


def test_that_the_card_names_its_order_and_turns_its_view(card: Scorecard, qtbot: QtBot) -> None:
    figures = {"order_qty": 100_000, "is_ccy": 300.0, "is_arrival_bps": 3.0, "exec_cost_ccy": 200.0,
               "opp_cost_ccy": 100.0, "fees_ccy": 0.0, "spread_ccy": 100.0, "drift_ccy": 200.0,
               "amend_ccy": 0.0}  # fmt: skip
    card.show_order(parent(**figures))
    heading = card.heading.text()
    for word in ("P1", "INST", "BUY", "100,000", "VWAP", "live", themes.DARK.buy):
        assert word in heading
    assert "RED" in card.light.text()
    assert "red from 3" in card.light.text()
    perold = card.findChild(QPushButton, "perold")
    assert perold is not None
    QTest.mouseClick(perold, Qt.MouseButton.LeftButton)
    assert [line[0].text for line in card.parts.lines[1:]] == ["Delay", "Trading", "Opportunity", "Fees", "Shortfall"]
    card.fade(True)
    assert card.parts.faded
    assert themes.DARK.buy not in card.heading.text()
    card.dress(themes.LIGHT)
    assert card.facts.theme is themes.LIGHT
    asked: list[tuple[str, str]] = []
    card.why_wanted.connect(lambda section, field, _row: asked.append((section, field)))
    QTest.mouseClick(card.parts, Qt.MouseButton.LeftButton, pos=QPoint(card.parts.width() // 2, LINE + LINE // 2))
    assert asked == [("parents", "delay_cost_ccy")]
    card.show_order(None)
    assert card.parts.lines == ()
    assert card.heading.text() == "no order chosen"


def test_that_the_bar_paints_gains_left_and_costs_right_of_zero(card: Scorecard) -> None:
    card.bar.show_values([math.nan, 0.0, 30.0, -10.0, 0.0])
    picture = card.bar.grab().toImage()
    middle = [picture.pixelColor(x, 13).name() for x in range(picture.width())]
    drift, spread = middle.index(themes.RIBBON[3]), middle.index(themes.RIBBON[2])
    assert drift < spread
    lengths = [middle.count(themes.RIBBON[i]) for i in (3, 2)]
    assert lengths[1] == pytest.approx(3 * lengths[0], abs=6)
    card.bar.show_values([])
    assert card.bar.grab().toImage().pixelColor(20, 13).name() != themes.RIBBON[2]


def test_that_a_cell_under_the_mouse_tells_its_reason(qtbot: QtBot, qapp: QApplication) -> None:
    sheet = Sheet(themes.DARK, (1, 1), "sheet")
    qtbot.addWidget(sheet)
    sheet.resize(200, 60)
    lines: list[Line] = [(Cell("a", right=False), Cell("1")), (Cell("b", right=False), Cell(text.DASH, tip="why not"))]
    sheet.show_lines(lines)
    found = sheet.cell_at(150, LINE + 3)
    assert found is not None
    assert found.tip == "why not"
    assert sheet.cell_at(50, LINE - 1) == lines[0][0]
    assert sheet.cell_at(50, 3 * LINE) is None
    assert sheet.cell_at(300, 3) is None
    assert sheet.accessibleDescription() == f"a 1; b {text.DASH}"
    with qtbot.waitExposed(sheet):
        sheet.show()
    where = QPoint(150, LINE + 3)
    qapp.sendEvent(sheet, QHelpEvent(QHelpEvent.Type.ToolTip, where, sheet.mapToGlobal(where)))
    assert QToolTip.text() == "why not"
    QToolTip.hideText()
