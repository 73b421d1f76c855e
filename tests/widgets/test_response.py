"""Reactions and markouts on screen: the engine's figures, honest intervals, one axis."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from app.board import BoardWriter, blank
from app.engine.layout import EVENT_CLASSES
from app.engine.units import AHEAD, HORIZON_NS, POINTS, POINTS_NS, SECOND
from app.widgets import theme as themes
from app.widgets.bridge import Bridge
from app.widgets.horizons import PLACES, HorizonAxis, place
from app.widgets.pad import Pad
from app.widgets.reaction import Reaction
from app.widgets.response import CLASSES, MARKOUT, Curve, curves

AT = {name: k for k, (name, _) in enumerate(POINTS)}
CLASS = {name: k for k, name in enumerate(EVENT_CLASSES)}


def row_of(events: int = 20) -> np.void:
    """One row: passive rises by a tenth a point, no interval at 5 min; markouts are undefined before the fill."""
    row = blank("reactions", 1)
    row["events"][0] = [0, 0, 0, 0, events, events]
    row["clusters"] = row["undefined"] = 0
    row["placebo_low"][0, CLASS["passive"], : AT["1m"]] = -0.25
    row["placebo_high"][0, CLASS["passive"], : AT["1m"]] = 0.2
    for name, sign in (("passive", 1.0), (MARKOUT, -1.0)):
        row["mean"][0, CLASS[name]] = sign * np.arange(len(POINTS)) / 10
        row["clusters"][0, CLASS[name]] = events
        row["low"][0, CLASS[name]] = row["mean"][0, CLASS[name]] - 0.5
        row["high"][0, CLASS[name]] = row["mean"][0, CLASS[name]] + 0.5
        row["low"][0, CLASS[name], AT["5m"]] = row["high"][0, CLASS[name], AT["5m"]] = np.nan
        row["clusters"][0, CLASS[name], AT["5m"]] = 1
        row["undefined"][0, CLASS[name], AT["5m"]] = 2
    for name in ("mean", "low", "high"):
        row[name][0, CLASS[MARKOUT], :AHEAD] = np.nan
    found: np.void = row[0]
    return found


def test_that_curves_are_what_the_board_says() -> None:
    found = curves(row_of())
    assert set(found) == {*CLASSES, MARKOUT}
    assert (found["passive"].events, found["new"].events) == (20, 0)
    one = found["passive"].estimates[AT["1s"]]
    assert one == pytest.approx((0.6, 0.1, 1.1, 20, 0))
    assert one.words == "+0.60 [+0.10, +1.10] n 20"
    last = found["passive"].estimates[AT["5m"]]
    assert last.words == "+1.10 (n too small: 1)"
    assert last.undefined == 2
    assert all(math.isnan(e.mean) for e in found["new"].estimates)
    assert found[MARKOUT].estimates[0].words == "undefined"


def test_that_the_row_beside_a_parent_is_its_own_or_none(tmp_path: Path) -> None:
    pad = Pad(tmp_path / "board")
    assert pad.beside("reactions", 0) is None
    with BoardWriter(tmp_path / "board") as writer:
        rows = blank("reactions", 3)
        rows["parent_row"], rows["events"] = [0, -1, 2], 7
        writer.put("reactions", np.arange(3), rows)
        writer.beat(1)
        pad.pull(1)
        found = pad.beside("reactions", 2)
        assert found is not None
        assert found["events"].tolist() == [7] * len(EVENT_CLASSES)
        assert [pad.beside("reactions", n) for n in (-1, 1, 3)] == [None] * 3, "no row, one of nobody, beyond the end"


@pytest.fixture
def chart(qtbot: QtBot) -> Reaction:
    made = Reaction(themes.DARK, lambda: clock[0])
    qtbot.addWidget(made)
    made.resize(540, 450)
    with qtbot.waitExposed(made):
        made.show()
    return made


clock = [0]


def work_of() -> dict[str, Curve]:
    return curves(row_of())


def test_that_the_chart_draws_what_was_found_and_says_what_is_not_measured(chart: Reaction) -> None:
    chart.show_order(work_of, other=True)
    x, y = chart.lines["passive"].curve.x, chart.lines["passive"].curve.y
    assert (0.0, 0.0) in set(zip(x.tolist(), y.tolist(), strict=True)), "at the event the response is 0"
    assert y[-1] == pytest.approx(chart.found["passive"].estimates[-1].mean)
    low, high = chart.panes[0].y
    assert low < 0 < np.nanmax(y) < high
    assert len(chart.lines["replace"].curve.y) == 0
    assert chart.placebo.text() == "▒ placebo band of passive"
    assert chart.buttons["passive"].text() == "passive  20"
    chart.buttons["passive"].click()
    assert len(chart.lines["passive"].curve.y) == 0
    assert chart.reading(place(SECOND), markout=True).startswith("1s:  markout")
    assert "n 20" in chart.reading(place(SECOND), markout=True)
    fills = [spot.look.fill for spot in chart.lines["markout"].points.spots]
    assert fills[-1] == "", "no interval: hollow"
    assert fills[0]
    chart.fade(True)
    assert chart.lines["markout"].curve.colour == themes.DARK.faint


def test_that_curves_are_worked_out_once_a_second_and_only_when_seen(chart: Reaction) -> None:
    done: list[int] = []

    def work() -> dict[str, Curve]:
        done.append(1)
        return work_of()

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
    assert len(chart.lines["markout"].curve.y) == 0


@given(st.floats(120, 1600))
def test_that_the_labels_of_the_horizons_never_collide(width: float) -> None:
    _, ticks, labels = HorizonAxis().ticks(-2.3, 6.7, width)
    assert len(set(labels)) == len(labels)
    for (a, left), (b, right) in zip(list(zip(ticks, labels, strict=True)), list(zip(ticks, labels, strict=True))[1:],
                                     strict=False):  # fmt: skip
        assert (b - a) * width / 9.0 >= 4 * (len(left) + len(right))
    assert "0" in labels


def test_that_horizons_stand_in_their_order() -> None:
    stood = [place(ns) for ns in (*POINTS_NS[:AHEAD], 0, *HORIZON_NS)]
    assert stood == sorted(stood)
    assert sorted(PLACES.values()) == sorted(stood)


def test_that_a_whole_board_gives_curves(bridge: Bridge) -> None:
    bridge.look()
    row = bridge.pad.beside("reactions", 0)
    assert row is not None
    found = curves(row)
    assert {name: curve.events for name, curve in found.items() if name in {"new", "replace", "cancel"}} == {
        "new": 120, "replace": 120, "cancel": 120,
    }  # fmt: skip
    assert found["passive"].events + found["aggressive"].events == 120
    assert bridge.pad.beside("reactions", 10_000) is None


def test_that_the_placebo_band_is_drawn_where_it_is_known_and_through_0_at_the_event(chart: Reaction) -> None:
    chart.show_order(work_of, other=True)
    band = chart.area.quiet
    assert len(band.x) == AT["1m"] + 1
    at = band.x.tolist().index(0.0)
    assert (band.low[at], band.high[at]) == (0.0, 0.0)
    assert set(np.delete(band.low, at)) == {-0.25}
    assert set(np.delete(band.high, at)) == {0.2}


def test_that_the_band_goes_with_its_class_and_is_turned_off_and_on(chart: Reaction) -> None:
    assert chart.placebo.text() == "placebo: not measured yet"
    chart.show_order(work_of, other=True)
    chart.turn_placebo()
    assert (len(chart.area.quiet.x), chart.placebo.text()) == (0, "placebo band off (P)")
    chart.turn_placebo()
    assert len(chart.area.quiet.x) > 0
    chart.buttons["passive"].click()
    assert (len(chart.area.quiet.x), chart.placebo.text()) == (0, "placebo: not measured yet")


def test_that_too_few_quiet_moments_are_said(chart: Reaction) -> None:
    row = row_of()
    row["placebo_low"] = row["placebo_high"] = np.nan
    chart.show_order(lambda: curves(row), other=True)
    assert chart.placebo.text() == "placebo: too few quiet moments yet"
    assert not chart.found["passive"].has_band
