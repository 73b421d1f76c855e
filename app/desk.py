"""The desk: a window on a board folder. Reads the board and nothing else; never imports Numba."""

import os
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final

from PySide6.QtCore import QMessageLogContext, QSettings, Qt, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from app.board import BoardError
from app.desk_ports import ControlPort, TapePort, opener_of
from app.desk_rules import SessionRules
from app.widgets import theme as themes
from app.widgets.atdl_form import AtdlForm
from app.widgets.atdl_port import Paper
from app.widgets.bridge import Bridge
from app.widgets.first_frame import FirstFrame
from app.widgets.frames import keep_all
from app.widgets.main_window import SIZE, MainWindow
from app.widgets.pad import Pad
from app.widgets.past import Past
from app.widgets.playback import Playback
from app.widgets.ports import EnginePort, Me, Ports
from app.widgets.theme import Theme

_LOOKS: Final = 10_000  # frames a snapshot waits at most for a long board to be read


def run(board_folder: Path, playback: Playback | None, title: str, runtime: Path | None = None) -> int:
    """Open the desk on a board and stay until it is closed; returns the exit code.

    The board need not be there yet: the desk waits for it. `playback` None: no playback controls. `runtime`: folder of
    a running session, whose supervisor, lookback worker and control process then stand behind the screen.
    """
    app = _application()
    settings = QSettings("Leakage Scorecard", "desk")
    theme = themes.THEMES.get(str(settings.value("theme", "dark")), themes.DARK)
    themes.apply(app, theme)
    me = Me(str(settings.value("who/trader", "")), str(settings.value("who/desk", "")))
    tape = TapePort(runtime) if runtime is not None else None
    control = ControlPort(runtime) if runtime is not None else None
    rules = SessionRules(runtime) if runtime is not None else None
    hand: object = playback
    engine = hand if isinstance(hand, EnginePort) else None
    ports = Ports(playback, engine, control, tape, me, rules, runtime)
    window = MainWindow(
        Bridge(Pad(board_folder, opener_of(runtime))), theme, ports=ports, settings=settings, staged=True
    )
    window.setWindowTitle(title)
    FirstFrame(window).painted.connect(window.complete_in_turns)
    window.completed.connect(keep_all)
    past = Past(window)
    _show_faults(window)
    signal.signal(signal.SIGINT, lambda *_: app.quit())  # the frame timer gives Python its turn
    try:
        window.show()
        window.bridge.start()
        return app.exec()
    finally:
        past.close()
        for port in (tape, control, rules):
            if port is not None:
                port.close()


def snapshot(
    board_folder: Path,
    png: Path,
    size: tuple[int, int] = SIZE,
    select: str | None = None,
    theme: Theme = themes.DARK,
) -> None:
    """Picture of the desk with all that is on the board; `select` names the parent that is chosen.

    Raises BoardError without a board, KeyError when there is no such parent.
    """
    app = _application()
    themes.apply(app, theme)
    moment = time.monotonic_ns()
    # a picture is of one moment: how long it takes to draw makes nothing on it stale
    bridge = Bridge(Pad(board_folder), lambda: moment)
    window = MainWindow(bridge, theme)
    window.resize(*size)
    # drawn as if shown, but never on a screen: nothing flashes up
    window.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
    try:
        with _without_remarks():
            window.show()
            _read_all(bridge, select)
            for _ in range(3):  # layout, then paint, then what painting asked for
                app.processEvents()
                bridge.look()
            while not window.alerts.is_settled:
                bridge.look()
            window.overlays.toasts.clear()  # of a day that is over
        png.parent.mkdir(parents=True, exist_ok=True)
        window.grab().save(str(png), "PNG")
    finally:
        window.close()


def picture_of_form(paper: Paper, png: Path, theme: Theme = themes.DARK) -> None:
    """Picture of a broker's form as it is before anybody filled it in."""
    app = _application()
    themes.apply(app, theme)
    form = AtdlForm(theme)
    form.setAutoFillBackground(True)
    form.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
    with _without_remarks():
        form.show_paper(paper)
        form.show()
        app.processEvents()
        form.adjustSize()
        form.grab().save(str(png), "PNG")
    form.close()


@contextmanager
def _without_remarks() -> Iterator[None]:
    """Keep back what Qt's offscreen screen says of every window; all other messages pass."""

    def hear(kind: QtMsgType, context: QMessageLogContext, words: str) -> None:
        if words.startswith("This plugin does not support"):
            return
        if before is not None:
            before(kind, context, words)
        else:
            print(words, file=sys.stderr)

    before = qInstallMessageHandler(hear)
    try:
        yield
    finally:
        qInstallMessageHandler(before)


def _read_all(bridge: Bridge, select: str | None) -> None:
    for _ in range(_LOOKS):
        bridge.look()
        if bridge.pad.reader is None:
            raise BoardError(bridge.pad.pulse.words)
        if select is not None and not bridge.choose_id(select):
            raise KeyError(select)
        if bridge.pad.settled():
            return


def _application() -> QApplication:
    if not has_display():
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    found = QApplication.instance()
    app = found if isinstance(found, QApplication) else QApplication(sys.argv[:1])
    app.setApplicationName("Leakage Scorecard")
    return app


def has_display() -> bool:
    """False where a window cannot be shown: Linux without X or Wayland."""
    return not sys.platform.startswith("linux") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _show_faults(window: MainWindow) -> None:
    """An exception in a slot is printed and shown: a screen that failed silently would look live."""

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        traceback.print_exception(kind, error, trace)
        window.show_fault(f"{kind.__name__}: {error}")

    sys.excepthook = hook
