"""A screen without a display: a filled board, a clock that the test drives, a window without settings."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.widgets import theme as themes
from app.widgets.bridge import Bridge
from app.widgets.main_window import MainWindow
from app.widgets.pad import Pad
from tests.widgets.filler import Filler

# Qt's offscreen screen says this of windows with a minimum size and of tooltips; it is not about our code.
PLUGIN = r"This plugin does not support (propagateSizeHints|raise)\(\)"


def pytest_configure(config: pytest.Config) -> None:
    """Let the offscreen screen's own remark pass; every other Qt warning fails."""
    config.addinivalue_line("qt_log_ignore", PLUGIN)


class Hand:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.ns = 10**12

    def __call__(self) -> int:
        return self.ns


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A desk, a live switch panel or a whole board takes a third of a second to build: not for `make check`."""
    for item in items:
        if not {"window", "panel", "filler"}.isdisjoint(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.window)


@pytest.fixture(autouse=True, scope="session")
def dressed(qapp: QApplication) -> None:
    """An application for every test of the screen, dressed once: dressing is slow."""
    themes.apply(qapp, themes.DARK)


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
def filler(tmp_path: Path) -> Iterator[Filler]:
    made = Filler(tmp_path / "board")
    yield made
    made.writer.close()


@pytest.fixture
def bridge(filler: Filler, clock: Hand) -> Bridge:
    return Bridge(Pad(filler.writer.folder), clock)


@pytest.fixture
def window(qtbot: QtBot, bridge: Bridge) -> MainWindow:
    made = MainWindow(bridge, themes.DARK)
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    bridge.look()
    while not bridge.pad.settled():
        bridge.look()
    return made
