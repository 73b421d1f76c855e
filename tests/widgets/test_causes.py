"""Leak by cause on the desk: every figure with its interval, those that stand out marked, nothing before its time."""

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.board import blank
from app.widgets import format as text
from app.widgets.bridge import Bridge
from app.widgets.causes import COLUMNS, FOUND, NONE, NOTHING, Causes
from app.widgets.theme import DARK, LIGHT
from tests.widgets.filler import Filler


@pytest.fixture
def view(qtbot: QtBot, bridge: Bridge) -> Causes:
    """The view beside a board."""
    made = Causes(DARK, bridge)
    qtbot.addWidget(made)
    bridge.pulled.connect(made.show_pulled)
    made.show()
    return made


def put(filler: Filler, bridge: Bridge) -> None:
    """Two cells come on the board, and a frame."""
    rows, intern = blank("attribution", 2), filler.writer.intern
    rows["dimension"], rows["cell"] = intern("venue"), (intern("ARCX"), intern("XNAS"))
    rows["e_value"], rows["in_fdr_set"] = (12.0, 900.0), (0, 1)
    rows["leak_bps"], rows["leak_lo_bps"], rows["leak_hi_bps"] = (np.nan, 2.04), (np.nan, 0.5), (np.nan, 4.0)
    rows["n_parents"], rows["n_children"], rows["reference"] = 3, 1_240, intern("quiet")
    filler.writer.put("attribution", np.arange(2), rows)
    filler.writer.beat(10**18)
    bridge.look()


def said(view: Causes) -> list[list[str]]:
    """What the lines read."""
    return [[view.table.says(column, slice(line, line + 1))[0] for column in range(len(COLUMNS))]
            for line in range(view.table.rowCount())]  # fmt: skip


def test_that_before_the_end_of_data_it_says_when_it_comes(view: Causes) -> None:
    assert (view.words.text(), said(view)) == (NOTHING, [])


def test_that_after_the_end_it_says_that_there_are_none(view: Causes, filler: Filler, bridge: Bridge) -> None:
    filler.writer.meta("state", "ended")
    filler.writer.beat(10**18)
    bridge.look()
    assert (view.words.text(), said(view)) == (NONE, [])


def test_that_the_strongest_cause_is_first_with_badge_and_interval(
    view: Causes, filler: Filler, bridge: Bridge
) -> None:
    put(filler, bridge)
    assert view.words.text() == FOUND
    wide, dash = text.FIGURE_SPACE, text.DASH
    lines = [[cell.strip(wide) for cell in line] for line in said(view)]
    assert lines[0] == ["venue", "XNAS", "★", "900", "2.0", f"0.5 to{wide * 2}4.0", "3", "1,240", "quiet"]
    assert lines[1] == ["venue", "ARCX", "", "12", dash, f"{dash} to{wide * 4}{dash}", "3", "1,240", "quiet"]


def test_that_an_undefined_leak_says_why(view: Causes, filler: Filler, bridge: Bridge) -> None:
    put(filler, bridge)
    assert view.table.tip(4, slice(1, 2)) == "Leak bps: too few scored events"


def test_that_it_greys_and_changes_its_colours(view: Causes) -> None:
    view.fade(True)
    view.dress(LIGHT)
    assert view.grid.faded
    assert view.grid.theme is LIGHT
