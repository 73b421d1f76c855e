"""Reactions and markouts: the engine's own clusters, the identity with realized spreads, honest intervals on screen."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from app.board import blank
from app.engine.events import Rows
from app.engine.metrics.markout import MarkedFill, parent_markout
from app.engine.units import HORIZON_NAMES, HORIZON_NS, NULL, SECOND
from app.widgets import theme as themes
from app.widgets.bridge import Bridge
from app.widgets.horizons import PLACES, HorizonAxis, place
from app.widgets.pyramid import Path
from app.widgets.reaction import Reaction
from app.widgets.response import BEFORE_NS, CLASSES, POINTS_NS, Around, Curve, curves, estimate, markouts

WORDS = ["", "BUY", "A", "R", "busted", "child_replaced", "child_cancelled", "fill"]
AT = {name: len(BEFORE_NS) + k for k, name in enumerate(HORIZON_NAMES)}
FILL = st.tuples(
    st.integers(0, 3600 * SECOND), st.integers(1, 1000), st.one_of(st.none(), st.floats(-50, 50, allow_subnormal=False))
)


class Words:
    def text(self, index: int) -> str:
        return WORDS[index]


@given(st.lists(FILL, max_size=60), st.sampled_from(HORIZON_NS))
def test_that_an_estimate_is_the_engines_markout(fills: list[tuple[int, int, float | None]], horizon: int) -> None:
    expected = parent_markout([MarkedFill(*fill) for fill in fills], horizon)
    ts = np.array([fill[0] for fill in fills], np.int64)
    qty = np.array([fill[1] for fill in fills], np.float64)
    values = np.array([fill[2] for fill in fills], np.float64)
    found = estimate(ts, qty, values, horizon)
    assert (found.clusters, found.undefined) == (expected.clusters, expected.undefined)
    if expected.mean.value is None:
        assert math.isnan(found.mean)
        return
    assert found.mean == pytest.approx(expected.mean.value, rel=1e-9, abs=1e-9)
    if expected.se.value is None:
        assert math.isnan(found.low)
        assert "n too small" in found.words
    else:
        assert (found.high - found.low) / 2 == pytest.approx(1.6448536269514722 * expected.se.value, rel=1e-9, abs=1e-9)


def walk() -> Path:
    path = Path()
    ts = np.arange(0, 4000) * (SECOND // 10)
    path.append(ts, (100 + 0.0001 * np.arange(4000)).astype(np.float64), np.arange(4000))
    return path


def fill_rows(n: int = 20) -> Rows:
    rows = blank("fills", n)
    rows["ts_event"] = rows["ts_match"] = np.arange(n) * 10 * SECOND + 20 * SECOND
    rows["qty"], rows["liquidity"] = 100, np.where(np.arange(n) % 2, 2, 3)
    rows["eff_spread_bps"] = 3.0
    for k, name in enumerate(HORIZON_NAMES):
        rows[f"realized_spread_{name}_bps"] = 3.0 - 2 * (k + np.arange(n) / 10)
        rows[f"markout_{name}_bps"] = -1.0 * k
    return rows


def test_that_the_response_to_fills_is_half_of_effective_less_realized_per_class() -> None:
    fills = fill_rows()
    fills["flags"][0] = 4
    found = curves(blank("children", 0), fills, blank("events", 0), Around(walk(), 1, 10**18), Words())
    assert set(found) == set(CLASSES)
    assert (found["passive"].events, found["aggressive"].events) == (10, 9)
    odd = np.arange(1, 20, 2) / 10
    for k, name in enumerate(HORIZON_NAMES):
        assert found["passive"].estimates[AT[name]].mean == pytest.approx(k + odd.mean())
    assert found["new"].events == 0
    assert math.isnan(found["new"].estimates[AT["1s"]].mean)


def test_that_new_orders_are_the_boards_and_what_came_before_is_read_off_the_path() -> None:
    children = blank("children", 12)
    children["ts_new"] = np.arange(12) * 20 * SECOND + 20 * SECOND
    children["response_1s_bps"] = np.arange(12)
    children["ts_new"][11] = NULL
    found = curves(children, fill_rows(0), blank("events", 0), Around(walk(), -1, 10**18), Words())["new"]
    assert found.events == 11
    assert found.estimates[AT["1s"]].mean == pytest.approx(5.0)
    before = found.estimates[POINTS_NS.index(-5 * SECOND)]
    assert before.mean == pytest.approx(50 * 0.0001 / 100 * 1e4, rel=0.05), "sells: the mid was lower 5 s before"
    assert math.isnan(found.estimates[AT["1ms"]].mean)


def test_that_replaces_and_cancels_are_read_off_the_path_and_short_or_open_horizons_stay_undefined() -> None:
    events = blank("events", 4)
    events["kind"] = [5, 5, 6, 7]
    events["ts"] = np.array([100, 200, 150, 120]) * SECOND
    found = curves(blank("children", 0), fill_rows(0), events, Around(walk(), 1, 230 * SECOND), Words())
    assert (found["replace"].events, found["cancel"].events) == (2, 1)
    one = found["replace"].estimates
    assert one[AT["5s"]].mean == pytest.approx(51 * 0.0001 / 100 * 1e4, rel=1e-2)
    assert all(math.isnan(one[AT[name]].mean) for name in ("1ms", "10ms", "5m"))
    assert one[AT["1m"]].undefined == 1, "past what is known"
    assert one[AT["1m"]].clusters == 1


def test_that_markouts_leave_busted_fills_out_and_know_nothing_before_the_fill() -> None:
    fills = fill_rows()
    fills["flags"][3] = 4
    found = markouts(fills, Words())
    assert found.events == 19
    assert [found.estimates[AT[name]].mean for name in HORIZON_NAMES] == pytest.approx([-1.0 * k for k in range(10)])
    assert all(math.isnan(e.mean) for e in found.estimates[: len(BEFORE_NS)])
    assert found.estimates[AT["5m"]].words.startswith("-9.00 (n too small: 1)")
    assert found.estimates[AT["1s"]].words.endswith("n 19")


@pytest.fixture
def chart(qtbot: QtBot) -> Reaction:
    made = Reaction(themes.DARK, lambda: clock[0])
    qtbot.addWidget(made)
    made.resize(540, 450)
    with qtbot.waitExposed(made):
        made.show()
    return made


clock = [0]


def work_of(fills: Rows) -> tuple[dict[str, Curve], Curve]:
    around = Around(walk(), 1, 10**18)
    return curves(blank("children", 0), fills, blank("events", 0), around, Words()), markouts(fills, Words())


def test_that_the_chart_draws_what_was_found_and_says_what_is_not_measured(chart: Reaction) -> None:
    chart.show_order(lambda: work_of(fill_rows()), other=True)
    x, y = chart.lines["passive"].curve.getData()
    assert (0.0, 0.0) in set(zip(x.tolist(), y.tolist(), strict=True)), "at the event the response is 0"
    assert y[-1] == pytest.approx(chart.found["passive"].estimates[-1].mean)
    low, high = chart.plots[0].viewRange()[1]
    assert low < 0 < np.nanmax(y) < high
    assert chart.lines["replace"].curve.getData() == (None, None)
    assert chart.placebo.text() == "placebo: not measured yet"
    assert chart.buttons["passive"].text() == "passive  10"
    chart.buttons["passive"].click()
    assert chart.lines["passive"].curve.getData() == (None, None)
    assert chart.reading(place(SECOND), markout=True).startswith("1s:  markout")
    assert "n 20" in chart.reading(place(SECOND), markout=True)
    brushes = [p.brush().style().name for p in chart.lines["markout"].points.points()]
    assert brushes[-1] == "NoBrush", "no interval: hollow"
    assert brushes[0] == "SolidPattern"
    chart.fade(True)
    assert chart.lines["markout"].curve.opts["pen"].color().name() == themes.DARK.faint


def test_that_curves_are_worked_out_once_a_second_and_only_when_seen(chart: Reaction) -> None:
    done: list[int] = []

    def work() -> tuple[dict[str, Curve], Curve]:
        done.append(1)
        return work_of(fill_rows())

    chart.show_order(work, other=True)
    for _ in range(5):
        chart.show_order(work, other=False)
    assert len(done) == 1
    clock[0] += SECOND
    chart.show_order(work, other=False)
    assert len(done) == 2
    chart.hide()
    clock[0] += SECOND
    chart.show_order(work, other=False)
    assert len(done) == 2
    chart.show()
    assert len(done) == 3
    chart.show_order(None, other=True)
    assert chart.found == {}
    assert chart.lines["markout"].curve.getData() == (None, None)


@given(st.floats(120, 1600))
def test_that_the_labels_of_the_horizons_never_collide(width: float) -> None:
    axis = AXIS.setdefault("axis", HorizonAxis())
    ((_, ticks),) = axis.tickValues(-2.3, 6.7, width)
    labels = axis.tickStrings(ticks, 1.0, 1.0)
    assert len(set(labels)) == len(labels)
    for (a, left), (b, right) in zip(list(zip(ticks, labels, strict=True)), list(zip(ticks, labels, strict=True))[1:],
                                     strict=False):  # fmt: skip
        assert (b - a) * width / 9.0 >= 4 * (len(left) + len(right))
    assert "0" in labels


AXIS: dict[str, HorizonAxis] = {}


def test_that_horizons_stand_in_their_order() -> None:
    stood = [place(ns) for ns in (*BEFORE_NS, 0, *HORIZON_NS)]
    assert stood == sorted(stood)
    assert sorted(PLACES.values()) == sorted(stood)


def test_that_a_whole_board_gives_curves(bridge: Bridge) -> None:
    bridge.look()
    pad = bridge.pad
    path = pad.path(int(pad.parents[0]["instrument"]))
    while not pad.settled():
        bridge.look()
    children, fills, events = (pad.rows_of(section, 0) for section in ("children", "fills", "events"))
    found = curves(children, fills, events, Around(path, 1, pad.watermark), pad)
    assert {name: curve.events for name, curve in found.items() if name in {"new", "replace", "cancel"}} == {
        "new": 120, "replace": 120, "cancel": 120,
    }  # fmt: skip
    assert found["passive"].events + found["aggressive"].events == 120
