"""Diagnostics: shares by hand, undefined with its reason, what is not measured says so."""

import math

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.board import blank
from app.engine.events import Rows
from app.engine.units import NULL, SECOND
from app.widgets import diagnose
from app.widgets import theme as themes
from app.widgets.bridge import Bridge
from app.widgets.columns import NOT_MEASURED
from app.widgets.diagnose import Span
from app.widgets.diagnostics import Diagnostics, lines_of
from app.widgets.format import DASH
from app.widgets.pyramid import Path
from tests.widgets.filler import Filler

WORDS = ["", "BUY", "SELL", "A", "R", "busted", "X", "C1", "C2", "C3", "C4"]
ALL = Span(-1, 10**18)


class Words:
    def text(self, index: int) -> str:
        return WORDS[index]


def posts() -> tuple[Rows, Rows]:
    """Four buys of 100: two passive and filled after 2 s and 20 s, one passive never, one through the mid."""
    children, fills = blank("children", 4), blank("fills", 3)
    children["child_id"], children["side"], children["qty"] = [7, 8, 9, 10], 1, 100
    children["ts_new"] = np.array([10, 20, 30, 40]) * SECOND
    children["price"], children["child_arrival_mid"] = [9.9, 9.9, 9.9, 10.1], 10.0
    fills["child_id"], fills["qty"] = [7, 8, 10], [100, 50, 100]
    fills["ts_event"] = np.array([12, 40, 40]) * SECOND
    fills["liquidity"] = [3, 3, 4]
    return children, fills


@pytest.mark.parametrize(("within", "expected"), [(1, 0.0), (5, 1 / 3), (30, 1.5 / 3)])
def test_that_fill_probability_counts_passive_quantity_within_its_time(within: int, expected: float) -> None:
    found = diagnose.fill_probability(*posts(), within * SECOND, ALL, Words())
    assert found.value == pytest.approx(expected)
    assert found.n == 3


def test_that_posts_without_their_time_yet_and_busted_fills_do_not_count() -> None:
    children, fills = posts()
    early = diagnose.fill_probability(children, fills, 5 * SECOND, Span(-1, 26 * SECOND), Words())
    assert (early.value, early.n) == (0.5, 2)
    fills["flags"][0] = 5
    assert diagnose.fill_probability(children, fills, 5 * SECOND, ALL, Words()).value == 0.0
    nothing = diagnose.fill_probability(children[:0], fills, SECOND, ALL, Words())
    assert math.isnan(nothing.value)
    assert nothing.why == diagnose.NO_POST


def test_that_the_aggressor_share_knows_only_told_liquidity() -> None:
    _, fills = posts()
    assert diagnose.aggressor_share(fills, ALL, Words()).value == pytest.approx(100 / 250)
    fills["liquidity"] = 6
    assert math.isnan(diagnose.aggressor_share(fills, ALL, Words()).value)
    _, fills = posts()
    assert diagnose.aggressor_share(fills, Span(20 * SECOND, 50 * SECOND), Words()).value == pytest.approx(100 / 150)


def test_that_participation_is_own_of_the_volume_in_the_span() -> None:
    _, fills = posts()
    path = Path()
    path.append(np.arange(60) * SECOND, np.full(60, 10.0), np.arange(60) * 100)
    found = diagnose.participation(fills, path, Span(30 * SECOND, 50 * SECOND), Words())
    assert found.value == pytest.approx(150 / 2000)
    assert math.isnan(diagnose.participation(fills, Path(), ALL, Words()).value)


def test_that_cadence_tells_a_clock_from_chance_and_equal_sizes() -> None:
    children, _ = posts()
    found = diagnose.cadence(children, ALL)
    assert (found.gap_s.value, found.variation.value, found.same_size.value) == (10.0, 0.0, 1.0)
    children["ts_new"] = np.array([10, 11, 30, NULL // SECOND]) * SECOND
    children["qty"] = [1, 2, 3, 4]
    irregular = diagnose.cadence(children[:3], ALL)
    assert irregular.variation.value == pytest.approx(9 / 10)
    assert irregular.same_size.value == pytest.approx(1 / 3)
    assert diagnose.cadence(children[:2], ALL).gap_s.why == diagnose.FEW_POSTS
    children["ts_new"][:3] = SECOND
    assert diagnose.cadence(children[:3], ALL).variation.why == "all at once"


@pytest.fixture
def panel(qtbot: QtBot, bridge: Bridge) -> Diagnostics:
    bridge.look()
    bridge.pad.path(int(bridge.pad.parents[0]["instrument"]))
    while not bridge.pad.settled():
        bridge.look()
    made = Diagnostics(themes.DARK, bridge.pad)
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    made.show_order(0)
    return made


def test_that_the_panel_says_what_is_known_what_is_not_and_why(panel: Diagnostics) -> None:
    said = {line[0].text.strip(): line[1:] for line in panel.sheet.lines}
    assert said["Others, same side"][0].text == NOT_MEASURED
    assert said["market's, same side"][0].text == NOT_MEASURED
    assert (said["P(fill) if left"][0].text, said["P(fill) if left"][0].tip) == (DASH, diagnose.NO_QUEUE)
    assert said["P(fill) 30 s"][0].text.endswith(" %")
    assert said["P(fill) 30 s"][0].tip.startswith("n = ")
    assert said["target"][0].tip == "the order has no target rate" or said["target"][0].text.endswith("%")
    assert not panel.ask.isVisible()


def test_that_hidden_children_are_said_with_what_to_ask_the_broker_for(panel: Diagnostics, filler: Filler) -> None:
    for word in ("V1", "V2"):
        filler.parents["visibility"][0] = filler.writer.intern(word)
        filler.writer.put("parents", np.array([0]), filler.parents[:1])
        filler.writer.beat(1)
        panel.pad.pull(10**12)
        panel.refresh()
        assert panel.ask.isVisible()
        assert word in panel.ask.text()
        assert "Ask the broker" in panel.ask.text()
    panel.show_order(-1)
    assert panel.sheet.lines == ()
    assert not panel.ask.isVisible()


def test_that_an_unseen_panel_does_no_work(panel: Diagnostics) -> None:
    before = panel.sheet.lines
    panel.hide()
    panel.show_order(1)
    assert panel.sheet.lines is before
    panel.show()
    assert panel.sheet.lines == tuple(lines_of(panel.pad, 1))
    panel.fade(True)
    assert panel.sheet.faded
