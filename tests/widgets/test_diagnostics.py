"""Diagnostics: the engine's figures, undefined with its reason, what is not measured says so."""

import math

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.board import blank
from app.engine.layout import WORKED
from app.widgets import diagnose
from app.widgets import theme as themes
from app.widgets.bridge import Bridge
from app.widgets.diagnose import Finding
from app.widgets.diagnostics import Diagnostics, lines_of
from app.widgets.evidence_words import NOT_MEASURED
from app.widgets.format import DASH
from tests.widgets.filler import Filler


class Words:
    def text(self, index: int) -> str:
        return ["", "no passive post"][index]


def test_that_findings_are_what_the_board_says_with_its_reasons() -> None:
    row = blank("worked", 1)
    row["why"], row["n"] = 1, 0
    place = WORKED.index("aggressor_share")
    row["value"][0, place], row["n"][0, place], row["why"][0, place] = (0.25, 0.5), (40, 8), 0
    found = diagnose.findings(row[0], Words())
    assert list(found) == list(WORKED)
    assert found["aggressor_share"] == (Finding(0.25, "", 40), Finding(0.5, "", 8))
    life, recent = found["filled_5s"]
    assert math.isnan(life.value)
    assert (life.why, life.n, recent.why) == ("no passive post", 0, "no passive post")


def test_that_an_order_the_engine_has_not_looked_at_says_so() -> None:
    found = diagnose.findings(None, Words())
    assert {name: (life.why, recent.why) for name, (life, recent) in found.items()} == dict.fromkeys(
        WORKED, (diagnose.NOT_YET, diagnose.NOT_YET)
    )
    assert all(math.isnan(f.value) for pair in found.values() for f in pair)


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
    assert said["market's, same side"][0].text.endswith(" %")
    assert said["told by price"][0].tip == "n = 40"
    assert (said["gaps vary"][1].text, said["gaps vary"][1].tip) == (DASH, "fewer than three new orders")
    assert said[""][1].tip.startswith("since our last event a quarter of an hour before: ")
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
