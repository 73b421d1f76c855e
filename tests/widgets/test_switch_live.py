"""A request on its way: its state by shape and word, every message in its order, none of another order's."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from app.widgets import format as text
from app.widgets import theme as themes
from app.widgets.switch_live import TONES, LiveView, step_lines
from app.widgets.switch_port import Direction, Live, Step, Tone
from tests.widgets.fakes import MESSAGE, T0

NEW_YORK = text.zone("America/New_York")
STEP = st.builds(
    Step,
    st.integers(T0, T0 + 10**13),
    st.sampled_from(get_args(Direction)),
    st.sampled_from(["R1", "R2", "R5"]),
    st.sampled_from(["sent", "pending", "switched"]),
    st.sampled_from([b"", MESSAGE]),
)


def live(*steps: Step, order: str = "A1", tone: Tone = "pending", words: str = "switch sent") -> Live:
    return Live(order, "R1", words, tone, steps)


OUT = Step(T0, "out", "R1", "switch", MESSAGE)
NOTE = Step(T0 + 2, "note", "R5", "done")


@pytest.fixture
def view(qtbot: QtBot) -> LiveView:
    made = LiveView(themes.DARK)
    qtbot.addWidget(made)
    return made


@given(st.lists(STEP, max_size=10))
def test_that_every_step_is_a_line_in_the_order_it_came_and_a_message_can_be_asked_for(steps: list[Step]) -> None:
    lines = step_lines(tuple(steps), NEW_YORK)
    assert [line[0].text for line in lines] == [text.clock(step.ts_ns, NEW_YORK, 6) for step in steps]
    assert [line[2].text for line in lines] == [step.state for step in steps]
    assert [line[3].text for line in lines] == [step.words for step in steps]
    assert [line[3].field for line in lines] == [str(n) if step.raw else "" for n, step in enumerate(steps)]
    assert len({line[1].text for line in lines}) == len({step.direction for step in steps})


@pytest.mark.parametrize("tone", get_args(Tone))
def test_that_a_state_has_a_shape_of_its_own_and_its_tone(view: LiveView, tone: Tone) -> None:
    shapes = set()
    for other in get_args(Tone):
        view.show_live(live(tone=other))
        shapes.add(view.state.text().split()[0])
    assert len(shapes) == len(get_args(Tone)), "never by colour alone"
    view.show_live(live(tone=tone))
    assert view.state.text().split(maxsplit=1)[1] == "R1   switch sent"
    assert themes.DARK.colour(TONES[tone]).name() in view.state.styleSheet()


def test_that_nothing_asked_shows_nothing_and_an_answer_shows_it(view: LiveView) -> None:
    seen = [view.isHidden()]
    for found in (live(OUT), None):
        view.show_live(found)
        seen.append(view.isHidden())
    assert seen == [True, False, True]


def test_that_an_open_message_stays_while_its_request_moves_on(view: LiveView) -> None:
    view.show_live(live(OUT))
    view.steps.asked.emit("0")
    assert not view.raw.isHidden()
    view.show_live(live(OUT, NOTE, tone="done", words="switched"))
    assert not view.raw.isHidden()
    assert view.raw.raw == MESSAGE
    assert "switched" in view.state.text()


@pytest.mark.parametrize("then", [None, live(OUT, order="A2")])
def test_that_another_orders_message_is_put_away(view: LiveView, then: Live | None) -> None:
    view.show_live(live(OUT))
    view.steps.asked.emit("0")
    view.show_live(then)
    assert view.raw.isHidden()


def test_that_a_click_on_a_line_that_is_gone_opens_nothing(view: LiveView) -> None:
    view.show_live(live(OUT, NOTE))
    view.steps.asked.emit("7")
    assert view.raw.isHidden()
    view.show_live(None)
    view.steps.asked.emit("0")
    assert view.raw.isHidden()


def test_that_times_follow_the_zone_and_colours_the_theme(view: LiveView) -> None:
    view.show_live(live(OUT))
    before = view.steps.lines[0][0].text
    view.set_zone(NEW_YORK)
    assert view.steps.lines[0][0].text == text.clock(T0, NEW_YORK, 6) != before
    view.dress(themes.LIGHT)
    assert themes.LIGHT.amber in view.state.styleSheet()
    assert view.steps.theme is view.raw.tags.theme is themes.LIGHT
