"""The reaction chart: what is drawn is what the board says, the readout is the same figures in words."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from app.engine.units import AHEAD, HORIZON_NAMES, HORIZON_NS, POINTS_NS, SECOND
from app.widgets import format as text
from app.widgets import theme as themes
from app.widgets.horizons import place
from app.widgets.reaction import AGAIN_NS, Reaction
from app.widgets.response import CLASSES, MARKOUT, Curve, Estimate
from tests.widgets.conftest import Hand

NAN = float("nan")
BPS = st.none() | st.floats(-50, 50)
FLAT = Estimate(1.0, 0.5, 1.5, 20, 0)


def curve(means: list[float | None], events: int = 20) -> Curve:
    """A curve whose intervals are one bps wide where there is a mean; the first point has none."""
    found = [
        Estimate(NAN, NAN, NAN, 0, 3) if mean is None
        else Estimate(mean, NAN, NAN, 2, 0) if number == 0
        else Estimate(mean, mean - 0.5, mean + 0.5, 20, 0)
        for number, mean in enumerate(means)
    ]  # fmt: skip
    return Curve(tuple(found), events)


def same(value: float, events: int = 20) -> Curve:
    return Curve(tuple([FLAT._replace(mean=value, low=value - 0.5, high=value + 0.5)] * len(POINTS_NS)), events)


def work(**curves: Curve) -> Callable[[], dict[str, Curve]]:
    return lambda: curves


@pytest.fixture
def chart(qtbot: QtBot, clock: Hand) -> Reaction:
    made = Reaction(themes.DARK, clock)
    qtbot.addWidget(made)
    made.resize(540, 450)
    with qtbot.waitExposed(made):
        made.show()
    return made


@pytest.fixture(scope="module")
def shared(qapp: object) -> Iterator[Reaction]:
    made = Reaction(themes.DARK, lambda: 0)
    made.show()
    yield made
    made.close()


def drawn(chart: Reaction, name: str) -> dict[float, float]:
    curve = chart.lines[name].curve
    return dict(zip(curve.x.tolist(), curve.y.tolist(), strict=True))


# -- what is drawn -------------------------------------------------------------------------------------------------


@given(st.lists(BPS, min_size=len(POINTS_NS), max_size=len(POINTS_NS)), st.sampled_from(["passive", MARKOUT]))
def test_that_every_known_point_is_drawn_at_its_horizon_and_no_unknown_one_is(
    shared: Reaction, means: list[float | None], name: str
) -> None:
    shared.show_order(work(**{name: curve(means)}), other=True)
    expected = {place(ns): mean for ns, mean in zip(POINTS_NS, means, strict=True) if mean is not None}
    spots = shared.lines[name].points.spots
    assert {spot.x: spot.y for spot in spots} == pytest.approx(expected)
    hollow = {spot.x for spot in spots if not spot.look.fill}
    assert hollow == ({place(POINTS_NS[0])} if means[0] is not None else set()), "no interval: hollow"
    event = {} if name == MARKOUT else {0.0: 0.0}
    assert drawn(shared, name) == pytest.approx(expected | event), "a response begins at 0, a markout does not"


@given(st.lists(st.floats(-50, 50), min_size=len(POINTS_NS), max_size=len(POINTS_NS)))
def test_that_every_interval_lies_inside_its_plot(shared: Reaction, means: list[float]) -> None:
    shared.show_order(work(passive=curve([*means]), markout=curve([-mean for mean in means])), other=True)
    for number, sign in enumerate((1, -1)):
        low, high = shared.panes[number].y
        ends = [sign * mean for mean in means] + [sign * mean + half for mean in means[1:] for half in (-0.5, 0.5)]
        assert low < min([0.0, *ends])
        assert max([0.0, *ends]) < high


def test_that_a_class_without_events_and_one_that_is_put_away_are_not_drawn(chart: Reaction) -> None:
    chart.show_order(work(new=same(1.0), passive=same(2.0, events=0), cancel=same(3.0)), other=True)
    assert drawn(chart, "new")
    assert not drawn(chart, "passive")
    assert not drawn(chart, "cancel"), "put away until it is asked for"
    assert chart.panes[0].y[1] < 3.0, "nor does it take room"
    chart.buttons["cancel"].setChecked(True)
    assert set(drawn(chart, "cancel").values()) == {0.0, 3.0}
    assert [chart.buttons[name].text() for name in ("new", "passive", "cancel", "replace")] == [
        "new  20", "passive  0", "cancel  20", "replace",
    ]  # fmt: skip


def test_that_no_number_on_a_button_is_cut_a_narrow_chart_leaves_them_to_the_tips(chart: Reaction) -> None:
    chart.show_order(work(**{name: same(1.0, events=3_394) for name in CLASSES}), other=True)
    for width in (900, 480, 900):
        chart.resize(width, 450)
        said = [button.text() for button in chart.buttons.values()]
        assert said == ([f"{name}  3,394" for name in CLASSES] if width == 900 else list(CLASSES))
        for button in chart.buttons.values():
            assert "3,394" in button.toolTip()
            assert button.sizeHint().width() <= width / 2
        hints = sum(button.sizeHint().width() + 3 for button in chart.buttons.values())
        assert hints <= width


def test_that_another_order_without_figures_shows_nothing_of_the_last(chart: Reaction) -> None:
    chart.show_order(work(new=same(1.0), markout=same(1.0)), other=True)
    chart.show_horizon(4)
    assert chart.readout.text()
    chart.show_order(None, other=True)
    assert chart.found == {}
    assert not any(drawn(chart, name) for name in (*CLASSES, MARKOUT))
    assert chart.readout.text() == ""


def test_that_a_faded_chart_has_one_colour_and_another_theme_its_own(chart: Reaction) -> None:
    every = {name: same(1.0) for name in (*CLASSES, MARKOUT)}
    for button in chart.buttons.values():
        button.setChecked(True)
    chart.show_order(work(**every), other=True)

    def pens() -> set[str]:
        return {line.curve.colour for line in chart.lines.values()}

    assert len(pens()) == len(CLASSES), "markouts share the colour of new orders, on a plot of their own"
    chart.fade(True)
    assert pens() == {themes.DARK.faint}
    chart.dress(themes.LIGHT)
    assert pens() == {themes.LIGHT.faint}


# -- the readout ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("at", range(len(HORIZON_NS)))
def test_that_the_readout_says_the_figures_of_the_horizon_that_was_chosen(chart: Reaction, at: int) -> None:
    means: list[float | None] = [float(number) for number in range(len(POINTS_NS))]
    chart.show_order(work(new=curve(means), markout=curve([-mean for mean in means if mean is not None])), other=True)
    chart.show_horizon(at)
    said = chart.readout.text()
    assert said.count(f"{HORIZON_NAMES[at]}:  ") == 2, "responses and markouts"
    assert f"new +{at + AHEAD:.2f} " in said
    assert f"markout {text.MINUS}{at + AHEAD:.2f} " in said
    assert "-" not in said, "a minus as wide as a plus"
    assert chart.area.chosen == place(HORIZON_NS[at])


@given(st.floats(-3, 8))
def test_that_a_place_between_two_horizons_reads_as_the_nearer_one(shared: Reaction, x: float) -> None:
    shared.show_order(work(new=curve([float(number) for number in range(len(POINTS_NS))])), other=True)
    said = shared.reading(x, markout=False)
    found = int(float(said.split("new +")[1].split()[0]))
    gaps = [abs(place(ns) - x) for ns in POINTS_NS]
    assert gaps[found] == min(gaps)


def test_that_only_classes_that_are_shown_are_read_out(chart: Reaction) -> None:
    chart.show_order(work(new=same(1.0), cancel=same(3.0), passive=curve([None] * len(POINTS_NS))), other=True)
    said = chart.reading(place(SECOND), markout=False)
    assert "new +1.00" in said
    assert "passive undefined" in said
    assert "cancel" not in said


# -- when it is looked up ------------------------------------------------------------------------------------------


def test_that_newer_figures_of_the_same_order_wait_for_their_second_and_another_order_does_not(
    chart: Reaction, clock: Hand
) -> None:
    looked: list[str] = []

    def of(name: str) -> Callable[[], dict[str, Curve]]:
        def look() -> dict[str, Curve]:
            looked.append(name)
            return {"new": same(1.0)}

        return look

    chart.show_order(of("first"), other=True)
    clock.ns += AGAIN_NS - 1
    chart.show_order(of("newer"), other=False)
    assert looked == ["first"]
    chart.show_order(of("other"), other=True)
    assert looked == ["first", "other"]
    clock.ns += AGAIN_NS
    chart.refresh()
    assert looked == ["first", "other", "other"]


def test_that_nothing_is_looked_up_for_a_chart_nobody_sees(chart: Reaction, clock: Hand, qtbot: QtBot) -> None:
    looked: list[int] = []

    def look() -> dict[str, Curve]:
        looked.append(clock.ns)
        return {"new": same(1.0)}

    chart.hide()
    chart.show_order(look, other=True)
    clock.ns += 5 * AGAIN_NS
    chart.refresh()
    assert looked == []
    with qtbot.waitExposed(chart):
        chart.show()
    assert looked == [clock.ns]
    assert drawn(chart, "new")
    assert np.isfinite(list(drawn(chart, "new").values())).all()
