"""A trace for study: the same figures as the trace, in pyqtgraph's own window, standing still."""

from zoneinfo import ZoneInfo

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.widgets import theme as themes
from app.widgets.happenings import MARKS, NAMES
from app.widgets.study import BARS, Study
from app.widgets.trace import Trace
from tests.widgets.test_trace import START, course

pytestmark = pytest.mark.window


@pytest.fixture
def study(qtbot: QtBot) -> Study:
    made = Study(course(), themes.DARK, ZoneInfo("America/New_York"))
    qtbot.addWidget(made)
    return made


def test_that_the_mid_is_the_traces_in_bps_against_seconds(study: Study) -> None:
    shown = course()
    ts, bps = study.mid.getData()
    np.testing.assert_allclose(ts, np.asarray(shown.path.ts) / 1e9)
    np.testing.assert_allclose(bps, (np.asarray(shown.path.mid.values, np.float64) - 100.0) / 100.0 * 1e4)


def test_that_every_own_event_stands_in_its_class(study: Study) -> None:
    shown = course()
    drawn = {item.name(): item for item in study.price.listDataItems() if item is not study.mid}
    wanted = {MARKS[NAMES[kind]].title for kind in shown.events.kind}
    assert set(drawn) == wanted
    assert sum(len(item.getData()[0]) for item in drawn.values()) == len(shown.events.kind)


def test_that_the_bars_hold_all_volume_of_the_order(study: Study) -> None:
    shown = course()
    edges = np.array([shown.start, shown.last + 1])
    heights = study.bars.opts["height"]
    assert len(heights) == BARS
    assert heights.sum() == shown.path.traded(edges).sum()


def test_that_the_axis_has_the_exchanges_time(study: Study) -> None:
    axis = study.price.getAxis("bottom")
    assert axis.utcOffset == 5 * 3600  # November in New York
    assert START // 10**9 > 0


def test_that_a_trace_opens_its_order_for_study_and_without_one_nothing(qtbot: QtBot) -> None:
    trace = Trace(themes.DARK)
    qtbot.addWidget(trace)
    assert trace.study() is None
    trace.show_course(course(), other=True)
    opened = trace.study()
    assert isinstance(opened, Study)
    assert opened.windowTitle() == "Study: P1"
    assert opened.isWindow()
    assert opened.parent() is trace, "it ends with the desk"
