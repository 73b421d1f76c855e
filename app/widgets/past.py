"""Replay from here: windows that show the desk as it was. They say so, follow nothing and can send nothing."""

from pathlib import Path

from app.engine.units import NULL
from app.widgets import format as text
from app.widgets.asking import Asker
from app.widgets.bridge import Bridge
from app.widgets.lookback_port import LookbackError
from app.widgets.main_window import MainWindow
from app.widgets.pad import Pad
from app.widgets.ports import Ports


class Past:
    """Asks the lookback for the desk as of a time and opens it beside the live one, with the same order chosen."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._asker = Asker(LookbackError, window)
        self.windows: list[MainWindow] = []
        window.past_wanted.connect(self.ask)

    def ask(self, ts_ns: int) -> None:
        """The desk as it was at an event time (ns); a newer wish takes the place of one that is not answered yet."""
        port = self._window.ports.lookback
        if port is None or ts_ns == NULL:
            return
        self._window.statusBar().showMessage(f"asking for the desk as of {text.clock(ts_ns)} UTC ...")
        self._asker.ask("desk", lambda: port.desk_as_of(ts_ns), self._came)

    def close(self) -> None:
        """Close every window on the past."""
        for window in self.windows:
            window.close()
        self.windows.clear()

    def _came(self, folder: Path | None, problem: str) -> None:
        bar = self._window.statusBar()
        if folder is None:
            bar.showMessage(f"no desk as it was: {problem}", 10_000)
            return
        bar.clearMessage()
        bar.hide()
        live = self._window
        past = MainWindow(
            Bridge(Pad(folder, live.bridge.pad.opener)),
            live.theme,
            ports=Ports(lookback=live.ports.lookback, me=live.ports.me),
        )
        past.setWindowTitle(f"As it was - {live.windowTitle()}")
        self.windows = [window for window in self.windows if window.isVisible()]
        self.windows.append(past)
        past.bridge.choose_id(live.bridge.wanted)
        past.show()
        past.bridge.start()
