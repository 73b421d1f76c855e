"""The impact trace: zoom that comes back, a crosshair that reads the board, marks with shapes, clean axes."""

import itertools
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.board import blank
from app.widgets import format as text
from app.widgets import theme as themes
from app.widgets.axes import NO_TICKS, STEPS, ClockAxis, FigureAxis, brief, step_of
from app.widgets.columns import event_class
from app.widgets.course import Course, Plan
from app.widgets.frames import FRAME
from app.widgets.happenings import FILLS, MARKS, NAMES, bunched, happened, notes_of
from app.widgets.pyramid import Path
from app.widgets.trace import Trace

SECOND = 10**9
START = 1_700_145_000 * SECOND
WORDS = ["", "fill", "child_new", "child_replaced", "child_cancelled", "A", "R", "X", "heartbeat", "correct"]


class Words:
    def text(self, index: int) -> str:
        return WORDS[index]


def course(count: int = 5000, reference: float = 100.0, side: str = "BUY") -> Course:
    path = Path()
    ts = START + np.arange(count) * (3600 * SECOND // count)
    path.append(ts, 100 + np.sin(np.arange(count) / 300), np.arange(count) * 100)
    events = blank("events", 4)
    events["ts"] = START + np.array([600, 610, 1200, 1800]) * SECOND
    events["px"] = [100.02, np.nan, 100.1, 99.9]
    events["qty"] = [500, 500, 300, 200]
    events["kind"] = [WORDS.index(w) for w in ("fill", "child_replaced", "fill", "fill")]
    events["liquidity"] = [WORDS.index(w) for w in ("A", "", "R", "X")]
    own = happened(events, reference, path.at(events["ts"]), Words())
    end = START + 3600 * SECOND
    plan = Plan(2000, START, end, float("nan"))
    done_ts = START + np.array([600, 1200, 1800]) * SECOND
    span = (START - SECOND, end + SECOND)
    done = np.array([500, 800, 1000])
    return Course("P1", side, path, own, reference, START, end, end, *span, plan, (), done_ts, done)


@pytest.fixture
def trace(qtbot: QtBot) -> Trace:
    made = Trace(themes.DARK)
    qtbot.addWidget(made)
    made.resize(700, 420)
    with qtbot.waitExposed(made):
        made.show()
    made.show_course(course(), other=True)
    return made


@pytest.fixture
def ticking() -> Iterator[None]:
    """Frames tick, and this one has all its time."""
    FRAME.begin()
    yield
    FRAME.end()


@pytest.mark.usefixtures("ticking")
def test_that_many_zooms_between_two_frames_are_looked_for_once_and_drawn_as_one(trace: Trace) -> None:
    trace.plots.repaint()
    start, end = trace.view()
    before, shown = trace.drawn, trace.plots.panes[0].x
    for part in (4, 3, 2):
        trace.zoom(start, start + (end - start) // part)
    assert (trace.drawn, trace.plots.panes[0].x) == (before, shown), "axes and path stay together"
    for _ in range(3):
        FRAME.begin()
        trace.plots.repaint()
    assert trace.drawn == before + 1
    soon = trace.plots.grab().toImage()
    trace.refresh()
    FRAME.begin()
    assert trace.plots.grab().toImage() == soon


def test_that_zooms_are_taken_back_one_by_one(trace: Trace) -> None:
    whole = trace.view()
    first = (START + 60 * SECOND, START + 600 * SECOND)
    trace.zoom(*first)
    trace.zoom(START + 100 * SECOND, START + 200 * SECOND)
    QTest.keySequence(trace, "Ctrl+Z")
    assert trace.view() == first
    trace.show_all()
    assert trace.view() == whole
    trace.unzoom()
    assert trace.view() == first
    trace.unzoom()
    assert trace.view() == whole
    trace.unzoom()
    assert trace.view() == whole
    trace.zoom(5, 5)
    assert trace.view()[1] > trace.view()[0], "a zoom into nothing still has a width"


def test_that_a_drag_over_the_plot_zooms_to_what_was_dragged_over(trace: Trace) -> None:
    view = trace.plots
    box = view.panes[0].rect
    left, right = (QPointF(box.left() + share * box.width(), box.center().y()).toPoint() for share in (0.25, 0.75))
    start, end = trace.view()
    QTest.mousePress(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, left)
    QTest.mouseMove(view, (left + right) / 2)
    QTest.mouseMove(view, right)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, right)
    shares = [(edge - start) / (end - start) for edge in trace.view()]
    assert shares == pytest.approx([0.25, 0.75], abs=0.01)


def test_that_wheel_and_pan_move_in_time(trace: Trace) -> None:
    start, end = trace.view()
    middle = (start + end) // 2
    trace._scroll(0.5, (middle - START) / SECOND)
    assert [edge - middle for edge in trace.view()] == pytest.approx(
        [(start - middle) / 2, (end - middle) / 2], rel=1e-6
    )
    before = trace.view()
    trace._pan(30.0)
    assert [now - then for now, then in zip(trace.view(), before, strict=True)] == [30 * SECOND] * 2


def test_that_another_order_starts_unzoomed_and_the_same_keeps_its_zoom(trace: Trace) -> None:
    trace.zoom(START, START + SECOND)
    trace.show_course(course(), other=False)
    assert trace.view() == (START, START + SECOND)
    trace.show_course(course(), other=True)
    assert trace.view() == (START - SECOND, START + 3601 * SECOND)
    trace.unzoom()
    assert trace.view() == (START - SECOND, START + 3601 * SECOND)


def test_that_the_crosshair_reads_the_mid_and_the_event_under_it(trace: Trace) -> None:
    ts = START + 600 * SECOND
    mid = float(trace.course.path.at(np.array([ts]))[0]) if trace.course else 0.0
    said = trace.reading(ts)
    shown = f"mid {text.price(mid)}  {text.signed((mid / 100 - 1) * 1e4)} bps"
    assert said.startswith(f"14:40:00.000000000   {shown}   vol ")
    assert "own 500" in said
    trace.zoom(ts - 60 * SECOND, ts + 60 * SECOND)
    assert trace.reading(ts).endswith("passive fill 500 @ 100.0200")
    assert "replace 500" in trace.reading(START + 610 * SECOND)
    assert "fill" not in trace.reading(ts - 50 * SECOND)
    assert f"mid {text.DASH}" in trace.reading(START - SECOND)
    trace.show_course(None, other=True)
    assert trace.reading(ts) == ""


def crossed(trace: Trace) -> list[float]:
    """The crosshair's time, where there is one."""
    return [] if trace.plots.cross is None else [trace.plots.cross[0]]


def test_that_the_crosshair_shows_inside_the_plot_only(trace: Trace) -> None:
    trace.point(QPointF(300, 100))
    assert crossed(trace) == [pytest.approx(trace.plots.panes[0].x_at(300))]
    assert "mid 1" in trace._readout.text() or "mid 9" in trace._readout.text()
    trace.point(QPointF(-50, -50))
    assert crossed(trace) == []
    assert trace._readout.text() == ""


def test_that_what_is_drawn_is_the_path_in_bps_of_the_reference(trace: Trace) -> None:
    x, y = trace.plots.curve.x, trace.plots.curve.y
    seen = trace.course
    assert seen is not None
    mids = seen.path.mid.values
    assert np.nanmin(y) == pytest.approx((float(mids.min()) - 100) / 100 * 1e4, abs=1e-9)
    assert np.nanmax(y) == pytest.approx((float(mids.max()) - 100) / 100 * 1e4, abs=1e-9)
    assert len(x) <= 4 * 700 + 2, "a few points a pixel, however long the path"
    low, high = trace.plots.panes[0].y
    assert low < np.nanmin(y)
    assert high > np.nanmax(y)


def test_that_volume_bars_add_up_to_what_was_traded(trace: Trace) -> None:
    x, volume = trace.plots.bars.x, trace.plots.bars.y
    own = trace.plots.own.y
    assert len(x) == len(volume) + 1
    assert volume.sum() == 4999 * 100
    assert own.sum() == 1000


def test_that_each_class_has_a_shape_of_its_own_and_sells_point_down(trace: Trace) -> None:
    assert len({mark.symbol for mark in MARKS.values()}) == len(MARKS)
    assert not {mark.tone for mark in MARKS.values()} & {"good", "amber", "red"}, "the lights' colours are the lights'"
    spots = trace.plots.marks.spots
    assert sorted(spot.look.symbol for spot in spots) == ["d", "o", "star", "t1"]
    trace.show_course(course(side="SELL"), other=True)
    assert "t" in {spot.look.symbol for spot in trace.plots.marks.spots}
    picture = trace._legend.grab().toImage()
    colours = {picture.pixelColor(x, 10).name() for x in range(20)}
    assert themes.DARK.sell in colours
    assert themes.DARK.buy not in colours


def test_that_a_faded_trace_has_no_colour_but_grey(trace: Trace) -> None:
    trace.fade(True)
    faint = themes.DARK.faint
    assert trace.plots.curve.colour == faint
    assert {spot.look.fill for spot in trace.plots.marks.spots if spot.look.symbol != "d"} == {faint}


def test_that_without_a_path_nothing_is_drawn(trace: Trace) -> None:
    trace.show_course(None, other=True)
    assert trace.plots.marks.spots == []
    assert len(trace.plots.curve.y) == 0


@pytest.mark.parametrize(
    ("kind", "liquidity", "expected"),
    [("fill", "A", "passive"), ("fill", "R", "aggressive"), ("fill", "D", "other"), ("fill", "", "other"),
     ("correct", "A", "passive"), ("child_new", "", "post"), ("child_replaced", "", "replace"),
     ("child_cancelled", "", "cancel"), ("parent_new", "", ""), ("rejected", "", "")],
)  # fmt: skip
def test_that_events_have_their_class(kind: str, liquidity: str, expected: str) -> None:
    assert event_class(kind, liquidity) == expected


def test_that_events_without_price_or_class_are_placed_or_left_out() -> None:
    events = blank("events", 3)
    events["kind"] = [WORDS.index(w) for w in ("child_cancelled", "heartbeat", "child_new")]
    events["px"] = [np.nan, 1.0, np.nan]
    found = happened(events, 100.0, np.array([101.0, 101.0, np.nan]), Words())
    assert [NAMES[kind] for kind in found.kind] == ["cancel"]
    assert found.bps.tolist() == pytest.approx([100.0])
    assert len(happened(events[:0], 100.0, np.empty(0), Words()).ts) == 0


@given(st.lists(st.tuples(st.floats(0, 1000), st.integers(0, len(NAMES) - 1)), max_size=80), st.floats(0.5, 100))
def test_that_bunching_makes_one_mark_of_each_class_per_cell_and_loses_no_event(
    events: list[tuple[float, int]], width: float
) -> None:
    x, kind = np.array([e[0] for e in events]), np.array([e[1] for e in events], np.int64)
    found = bunched(x, 2 * x, kind, width)
    cells = [(int(a // width), k) for a, k in events]
    assert len(found.x) == len(set(cells))
    assert int(found.events.sum()) == len(events)
    for at, number, count in zip(found.x.tolist(), found.kind.tolist(), found.events.tolist(), strict=True):
        mine = [a for (a, k), cell in zip(events, cells, strict=True) if k == number and cell[0] == int(at // width)]
        if len(mine) == count:  # else the middle was rounded over the edge of its cell
            assert at == pytest.approx(sum(mine) / count)
    assert found.y.tolist() == pytest.approx((2 * found.x).tolist())


def test_that_a_mark_for_many_says_how_many_and_numbers_never_touch(trace: Trace) -> None:
    seen = trace.course
    assert seen is not None
    n = 400
    events = blank("events", n)
    events["ts"] = START + np.linspace(100, 3500, n).astype(np.int64) * SECOND
    events["px"], events["kind"], events["liquidity"], events["qty"] = 100.0, 1, WORDS.index("A"), 10
    own = happened(events, 100.0, np.full(n, 100.0), Words())
    trace.show_course(replace(seen, events=own), other=True)
    assert len(trace.plots.marks.spots) < 80
    assert int(trace.plots.counts.bunches.events.sum()) == n
    labels = trace.plots.counts.labels(trace.plots.panes[0])
    assert len(labels) >= 5
    assert all(b[0] - a[0] > 20 for a, b in itertools.pairwise(labels))
    trace.zoom(START + 100 * SECOND, START + 160 * SECOND)
    assert trace.plots.counts.labels(trace.plots.panes[0]) == []
    assert len(trace.plots.marks.spots) == sum(START + 100 * SECOND <= t <= START + 160 * SECOND for t in events["ts"])


def test_that_the_schedule_shows_what_is_done_and_what_was_planned_in_percent(trace: Trace) -> None:
    x, done = trace.plots.done.x, trace.plots.done.y
    assert done[-1] == 50.0
    assert done[np.searchsorted(x, 590) - 1] == 0.0
    assert done[np.searchsorted(x, 1300)] == 40.0
    x, planned = trace.plots.planned.x, trace.plots.planned.y
    assert planned[-1] == pytest.approx(100.0)
    assert np.interp(1800, x, planned) == pytest.approx(50.0, abs=0.01)
    assert np.nanmax(trace.plots.rate.y) > 0


def test_that_a_target_rate_plans_a_share_of_the_volume_and_no_schedule_plans_nothing() -> None:
    path = course().path
    ts = START + np.array([0, 600, 1200]) * SECOND
    followed = Plan(10**6, START, -(2**63), 0.1).planned(ts, path)
    assert followed.tolist() == pytest.approx([0.0, 0.1 * path.traded(ts[[0, 1]])[0], 0.1 * path.traded(ts[[0, 2]])[0]])
    assert Plan(1000, START, -(2**63), 0.1).planned(ts, path).max() == 1000
    assert np.isnan(Plan(1000, START, -(2**63), float("nan")).planned(ts, path)).all()


def test_that_fills_are_the_first_classes() -> None:
    assert NAMES[:FILLS] == ("passive", "aggressive", "other")


@given(st.integers(10**3, 20 * 3600 * SECOND), st.floats(200, 2500), st.integers(0, 86400 * SECOND))
def test_that_clock_labels_never_collide(span: int, width: float, offset: int) -> None:
    axis = ClockAxis()
    axis.origin = START + offset
    _, ticks, labels = axis.ticks(-span / SECOND / 3, span / SECOND * 2 / 3, width)
    metrics = QFontMetrics(themes.figures_font())
    assert len(set(labels)) == len(labels), "neighbours read differently"
    for (a, said), (b, _) in itertools.pairwise(zip(ticks, labels, strict=True)):
        assert (b - a) * SECOND / span * width >= metrics.horizontalAdvance(said)


@given(st.floats(-1e6, 1e6), st.floats(1e-4, 1e7), st.floats(60, 900))
def test_that_figure_labels_keep_their_distance_and_read_differently(low: float, span: float, height: float) -> None:
    axis = FigureAxis(sign=True)
    spacing, ticks, labels = axis.ticks(low, low + span, height)
    assert spacing / span * height >= 28 * (1 - 1e-6)
    assert len(set(labels)) == len(labels) == len(ticks)


def test_that_an_axis_without_height_has_no_labels() -> None:
    assert FigureAxis(sign=True).ticks(1.0, 1.0, 100.0) == NO_TICKS
    assert [brief(value) for value in (0.0, 1500.0, 2e6, 3e9)] == ["0", "1.5k", "2M", "3G"]
    assert brief(999) == "999"


def test_that_steps_grow_and_the_coarsest_is_the_last_resort() -> None:
    assert list(STEPS) == sorted(set(STEPS))
    assert step_of(3600 * SECOND, 6) == 600 * SECOND
    assert step_of(10**30, 1) == STEPS[-1]


def test_that_switches_pauses_and_amendments_stand_on_the_trace_in_words(trace: Trace) -> None:
    events = blank("events", 4)
    words = ["", "algo_switched", "PASSIVE", "parent_amended", "fill", "algo_paused"]

    class Said:
        def text(self, index: int) -> str:
            return words[index]

    events["ts"] = START + np.array([1200, 600, 900, 1000]) * SECOND
    events["kind"], events["algo"], events["qty"] = [1, 3, 4, 5], [2, 0, 0, 0], [0, 400_000, 100, 0]
    found = notes_of(events, Said())
    assert [note.words for note in found] == ["amended 400,000", "paused", "switched PASSIVE"]
    seen = trace.course
    assert seen is not None
    trace.show_course(replace(seen, notes=found), other=True)
    assert trace.plots.notes.shown == [(600.0, "amended 400,000"), (1000.0, "paused"), (1200.0, "switched PASSIVE")]
    trace.zoom(START + 950 * SECOND, START + 1050 * SECOND)
    assert trace.plots.notes.shown == [(1000.0, "paused")]
    picture = trace.grab().toImage()
    colours = {picture.pixelColor(x, 200).name() for x in range(picture.width())}
    assert themes.DARK.accent in colours
    trace.show_course(None, other=True)
    assert trace.plots.notes.shown == []
    assert notes_of(events[:0], Said()) == ()
