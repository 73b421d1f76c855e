"""The desk's entry: a picture without a display, no Numba in its process, a fault that shows."""

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app import desk
from app.board import BoardError
from app.widgets import frames
from app.widgets import theme as themes
from app.widgets.frames import FRAME
from app.widgets.main_window import MainWindow
from tests.widgets.filler import Filler

ROOT = Path(__file__).resolve().parents[1]
PLUGIN = r"This plugin does not support (propagateSizeHints|raise)\(\)"
pytestmark = [pytest.mark.filterwarnings("default"), pytest.mark.window]


@pytest.fixture
def filler(tmp_path: Path) -> Filler:
    return Filler(tmp_path / "board", parents=20, points=2000)


@pytest.mark.qt_log_ignore(PLUGIN)
@pytest.mark.parametrize("began", [-1.0, 0.0], ids=["no frame", "a full frame"])
def test_that_a_picture_of_the_desk_shows_the_order_asked_for(
    filler: Filler, tmp_path: Path, qapp: QApplication, monkeypatch: pytest.MonkeyPatch, began: float
) -> None:
    monkeypatch.setattr(FRAME, "_began", began)  # what a desk in this process may have left behind
    monkeypatch.setattr(frames, "LATEST_NS", 10**18)  # what waits, waits
    png = tmp_path / "out" / "desk.png"
    desk.snapshot(filler.writer.folder, png, (1200, 800), select="P100003")
    picture = QImage(str(png))
    assert (picture.width(), picture.height()) == (1200, 800)
    colours = {picture.pixelColor(x, y).name() for x in range(0, 1200, 3) for y in range(0, 800, 3)}
    assert themes.DARK.selected in colours
    assert themes.DARK.mid in colours


@pytest.mark.qt_log_ignore(PLUGIN)
def test_that_a_picture_of_nothing_is_refused_in_words(filler: Filler, tmp_path: Path, qapp: QApplication) -> None:
    with pytest.raises(BoardError, match="no board here yet"):
        desk.snapshot(tmp_path / "nothing", tmp_path / "a.png")
    with pytest.raises(KeyError, match="P999"):
        desk.snapshot(filler.writer.folder, tmp_path / "a.png", select="P999")


@pytest.mark.qt_log_ignore(PLUGIN)
def test_that_the_desk_runs_until_its_window_closes(
    filler: Filler, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def close() -> None:
        windows = [w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow) and w.isVisible()]
        if windows and windows[0].bridge.row >= 0:
            seen.append(windows[0].windowTitle())
            hook(ValueError, ValueError("a slot failed"))
            seen.append(windows[0].alarm.text())
            windows[0].close()
        else:
            QTimer.singleShot(20, close)

    def hook(kind: type[BaseException], error: BaseException) -> None:
        sys.excepthook(kind, error, None)

    monkeypatch.setattr(desk, "QSettings", lambda *_: settings(tmp_path))
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    QTimer.singleShot(0, close)
    assert desk.run(filler.writer.folder, None, "INST") == 0
    assert seen[0] == "INST"
    assert "a slot failed" in seen[1]


def settings(folder: Path) -> object:
    from PySide6.QtCore import QSettings

    return QSettings(str(folder / "desk.ini"), QSettings.Format.IniFormat)


@pytest.mark.slow
def test_that_a_picture_is_drawn_without_a_word(filler: Filler, tmp_path: Path) -> None:
    code = "import sys, app.desk as d; from pathlib import Path; d.snapshot(Path(sys.argv[1]), Path(sys.argv[2]))"
    words = [sys.executable, "-c", code, str(filler.writer.folder), str(tmp_path / "a.png")]
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, check=True)
    assert (done.stdout, done.stderr) == ("", "")
    assert (tmp_path / "a.png").stat().st_size > 10_000


def test_that_numba_is_never_in_the_desks_process() -> None:
    code = (
        "import sys, app.desk, app.widgets.main_window;"
        "print([m for m in sys.modules if m.split('.')[0] in ('numba', 'llvmlite')])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True, cwd=ROOT) == "[]\n"


@pytest.mark.parametrize(
    ("platform", "environment", "expected"),
    [("linux", {}, False), ("linux", {"DISPLAY": ":0"}, True), ("linux", {"WAYLAND_DISPLAY": "w"}, True),
     ("darwin", {}, True), ("win32", {}, True)],
)  # fmt: skip
def test_that_a_missing_display_is_seen(
    platform: str, environment: dict[str, str], expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert desk.has_display() is expected
