"""One frame of a desk: newer figures of the chosen order reach every part, those of others do not; zones and notes."""

from collections.abc import Callable
from datetime import UTC
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from PySide6.QtWidgets import QWidget

from app.engine.units import SECOND
from app.widgets.frames import FRAME, FULL_MS
from app.widgets.main_window import MainWindow
from app.widgets.pad import STALE_AFTER_NS
from app.widgets.ports import Ports
from tests.widgets.conftest import Hand
from tests.widgets.filler import DAY, OPEN, Filler


class Told(list[bool]):
    """What a follower was told: True another order, False newer figures of the same."""

    def __call__(self, other: bool) -> None:
        self.append(other)


class Engine:
    """A supervisor that counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def reason(self) -> str:
        self.asked += 1
        return "it ran out of memory"

    def restart(self) -> None:
        """Nothing to start."""


@pytest.fixture
def frame(window: MainWindow, filler: Filler, clock: Hand) -> Callable[..., None]:
    """Publish newer figures of some orders, and show the next frames."""
    moments = iter(range(1, 1000))

    def publish(*rows: int) -> None:
        where = np.array(rows, np.int64)
        if rows:
            filler.parents["is_ccy"][where] += 1.0
            filler.writer.put("parents", where, filler.parents[where])
        filler.writer.beat(OPEN + DAY * 3 // 4 + next(moments) * SECOND)
        clock.ns += SECOND // 30
        for _ in range(3):
            window.bridge.look()

    return publish


@pytest.fixture
def told(window: MainWindow) -> Told:
    heard = Told()
    window.followers.append(heard)
    return heard


def test_that_only_figures_of_the_chosen_order_are_news_of_it(
    window: MainWindow, told: Told, frame: Callable[..., None]
) -> None:
    window.bridge.choose(3)
    seen = [list(told)]
    frame(5, 6)
    seen.append(list(told))
    frame(3, 5)
    seen.append(list(told))
    assert seen == [[True], [True], [True, False]]


def test_that_the_session_zone_reaches_every_time_and_utc_brings_it_back(
    window: MainWindow, frame: Callable[..., None]
) -> None:
    seen = []
    for local in (True, False):
        if window.local is not local:
            window.commands.run("zone")
        frame()
        seen.append(window.following.where)
    assert seen == [ZoneInfo("America/New_York"), UTC]


def test_that_a_note_of_the_board_stands_on_the_screen_until_it_is_taken_back(
    window: MainWindow, filler: Filler, frame: Callable[..., None]
) -> None:
    seen = []
    for words in ("one source is replayed twice", ""):
        filler.writer.meta("note", words)
        frame()
        seen.append((window.note.text(), window.note.isHidden()))
    assert seen == [("one source is replayed twice", False), ("", True)]


def test_that_everything_greys_while_the_engine_is_silent_and_comes_back_with_its_next_beat(
    window: MainWindow, clock: Hand, frame: Callable[..., None]
) -> None:
    part = Faded()
    window.join(part)
    clock.ns += STALE_AFTER_NS + SECOND
    window.bridge.look()
    seen = [part.faded]
    frame()
    seen.append(part.faded)
    assert seen == [True, False]


def test_that_the_supervisor_is_asked_why_only_while_it_matters_and_a_few_times_a_second(
    window: MainWindow, clock: Hand, frame: Callable[..., None]
) -> None:
    engine = Engine()
    window.ports = Ports(engine=engine)
    frame()
    asked = [engine.asked]
    clock.ns += STALE_AFTER_NS + SECOND
    for _ in range(30):
        window.bridge.look()
        clock.ns += SECOND // 30
    asked.append(engine.asked)
    said = window.alarm.text()
    frame()
    asked.append(engine.asked)
    assert "it ran out of memory" in said
    assert asked[0] == 0
    assert 1 <= asked[1] <= 4
    assert asked[2] == asked[1]


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames tick, and every one of them has used its time."""
    monkeypatch.setattr(FRAME, "_began", 0.0)
    monkeypatch.setattr(FRAME, "_clock", lambda: FULL_MS)


@pytest.mark.usefixtures("full")
def test_that_full_frames_show_newer_figures_a_part_at_a_time_and_lose_none(window: MainWindow, told: Told) -> None:
    window.bridge.look()
    window.bridge.choose(1)
    told.clear()
    drawn = window.trace.drawn
    window.following.show_chosen(other=False)
    assert (told, window.trace.drawn) == ([False], drawn), "one part in any case, the others later"
    for _ in range(3):
        window.bridge.look()
    assert told[0] is False
    assert len(window.following._works) == 0
    assert window.trace.drawn == drawn, "looked for before it is painted, in a frame that has room"
    FRAME.begin()
    window.trace.plots.repaint()
    assert window.trace.drawn > drawn


@pytest.mark.usefixtures("full")
def test_that_another_order_is_named_at_once_however_full_the_frame(window: MainWindow, told: Told) -> None:
    window.bridge.look()
    window.bridge.choose(1)
    window.following.show_chosen(other=False)
    told.clear()
    window.bridge.choose(2)
    name = window.bridge.wanted
    assert name in window.scorecard.heading.text()
    assert told == [True]
    bound = window.drill_side.panel.bound
    assert bound is not None
    assert bound.parent_id == name
    for _ in range(3):
        window.bridge.look()
    assert window.trace.course is not None
    assert window.trace.course.title.startswith(name)


class Faded(QWidget):
    """A part that knows how it was told to look."""

    def __init__(self) -> None:
        super().__init__()
        self.faded = False

    def fade(self, faded: bool) -> None:
        self.faded = faded

    def dress(self, theme: object) -> None:
        """No colours."""
