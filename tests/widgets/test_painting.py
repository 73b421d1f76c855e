"""Painters end whatever happens, a fault in them is shown, and rows of another arena are never painted."""

import sys
from types import TracebackType

import pytest
from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.board import BoardWriter
from app.widgets import theme as themes
from app.widgets.caption import Caption
from app.widgets.drill import CHILDREN, FILLS
from app.widgets.first_frame import FirstFrame
from app.widgets.main_window import MainWindow
from app.widgets.painting import painting
from tests.widgets.filler import Filler

pytestmark = pytest.mark.window


class Faults:
    """What was handed to the one place that shows every fault."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def __call__(self, kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        self.said.append(f"{kind.__name__}: {error}")


def fail() -> None:
    raise ValueError("no such text")


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch) -> Faults:
    made = Faults()
    monkeypatch.setattr(sys, "excepthook", made)
    return made


def test_that_every_painter_ends_and_a_fault_is_handed_on(qapp: QApplication, faults: Faults) -> None:
    pictures = [QPixmap(4, 4) for _ in range(3)]
    with painting(*pictures) as painters:
        fail()
    assert faults.said == ["ValueError: no such text"]
    assert not any(painter.isActive() for painter in painters)
    with painting(*pictures) as painters:
        assert all(painter.isActive() for painter in painters)
    assert not any(painter.isActive() for painter in painters)
    assert len(faults.said) == 1


def test_that_a_widget_whose_painting_failed_is_painted_again(
    qtbot: QtBot, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = Caption(themes.DARK, "ink")
    qtbot.addWidget(line)
    line.setText("100 bps")
    with monkeypatch.context() as broken:
        broken.setattr(themes.Theme, "colour", lambda *_: 1 / 0)
        line.grab()
    assert faults.said == ["ZeroDivisionError: division by zero"]
    picture = line.grab().toImage()
    assert len({picture.pixelColor(x, y).name() for x in range(40) for y in range(picture.height())}) > 1
    assert len(faults.said) == 1


def test_that_rows_of_the_engine_before_are_never_painted_with_the_texts_of_the_next(
    window: MainWindow, filler: Filler, faults: Faults
) -> None:
    window.bridge.choose_id("P100000")
    grids = window.drill_side.drill.grids
    assert all(len(grids[page].table.rows) for page in (CHILDREN, FILLS))
    filler.writer.close()
    with BoardWriter(filler.writer.folder) as again:  # started anew: it has no order and hardly a text yet
        again.beat(1)
        window.bridge.look()
        for grid in (*grids, window.blotter.grid):
            grid.forget_tiles()
            grid.viewport().repaint()
        assert [len(grid.table.rows) for grid in grids] == [0] * len(grids)
    assert faults.said == []


# -- the first frame -----------------------------------------------------------------------------------------------


def test_that_what_is_heavy_comes_once_after_the_first_painting(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    painted: list[str] = []
    window.paintEvent = lambda _event: painted.append("frame")  # type: ignore[method-assign]
    first = FirstFrame(window)
    first.painted.connect(lambda: painted.append("rest"))
    window.show()
    qtbot.waitUntil(lambda: "rest" in painted)
    assert painted[0] == "frame"
    window.hide()
    window.show()
    window.repaint()
    ended = QObject()
    QTimer.singleShot(0, ended, ended.deleteLater)
    qtbot.waitUntil(lambda: painted.count("frame") > 1)
    assert painted.count("rest") == 1
