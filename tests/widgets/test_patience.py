"""A widget keeps its picture while the frame is full, asks again, and draws in a full frame too once it has waited."""

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.widgets.frames import FULL_MS, LATEST_NS, MOST_MS, NEXT_MS, Frame
from app.widgets.patience import Patience


class Asked(QWidget):
    """Counts how often it was to be painted."""

    def __init__(self) -> None:
        super().__init__()
        self.updates = 0

    def update(self) -> None:  # type: ignore[override]
        self.updates += 1


class Clocks:
    """Both clocks by hand."""

    def __init__(self) -> None:
        self.s, self.ns = 0.0, 1

    def spend(self, ms: float) -> None:
        self.s += ms / 1e3


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.fixture
def asked(qtbot: QtBot) -> Asked:
    made = Asked()
    qtbot.addWidget(made)
    return made


@pytest.fixture
def frame(clocks: Clocks) -> Frame:
    made = Frame(lambda: clocks.s)
    made.begin()
    return made


def test_that_a_new_picture_is_drawn_at_once_where_there_is_room(asked: Asked, frame: Frame, clocks: Clocks) -> None:
    patience = Patience(asked, frame, lambda: clocks.ns)
    assert not patience.is_due(), "nothing newer is there"
    patience.begin()
    assert patience.is_due()
    with patience.drawing():
        pass
    assert not patience.is_due()


def test_that_a_full_frame_leaves_it_to_the_next(asked: Asked, frame: Frame, clocks: Clocks, qtbot: QtBot) -> None:
    patience = Patience(asked, frame, lambda: clocks.ns)
    patience.begin()
    clocks.spend(FULL_MS)
    assert not patience.is_due()
    qtbot.waitUntil(lambda: asked.updates == 1, timeout=100 * NEXT_MS)
    frame.begin()
    assert patience.is_due()


def test_that_nothing_waits_longer_than_it_may_however_full_the_frames(
    asked: Asked, frame: Frame, clocks: Clocks
) -> None:
    patience = Patience(asked, frame, lambda: clocks.ns)
    patience.begin()
    clocks.spend(FULL_MS)
    clocks.ns += LATEST_NS - 1
    patience.begin()  # newer still: it waits since the first
    assert not patience.is_due()
    clocks.ns += 1
    assert patience.is_due()


def test_that_a_picture_that_took_long_waits_for_a_frame_it_fits_into(
    asked: Asked, frame: Frame, clocks: Clocks
) -> None:
    patience = Patience(asked, frame, lambda: clocks.ns)
    patience.begin()
    with patience.drawing():
        clocks.spend(5)
    for spent, due in ((MOST_MS - 5, True), (MOST_MS - 4.9, False)):
        frame.begin()
        patience.begin()
        clocks.spend(spent)
        assert patience.is_due() is due
    clocks.ns += LATEST_NS
    assert patience.is_due(), "but not for ever"
