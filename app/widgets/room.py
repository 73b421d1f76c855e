"""Who gets how much of the window: shares as shipped, and the room of a few orders for their charts."""

from typing import Final

from PySide6.QtCore import QByteArray, QObject, Qt, QTimer
from PySide6.QtWidgets import QMainWindow, QWidget

from app.widgets.docks import Docks, shares
from app.widgets.drill_side import DRILL, REACTION
from app.widgets.grid import ROW_HEIGHT

TRACE: Final = "Impact trace"
SCORECARD: Final = "Scorecard"
FEW: Final = 10  # orders
_SETTLED_MS: Final = 300  # docks have taken their sizes by then
_BESIDE_ROWS: Final = 4  # lines' worth of filter, titles and air around the blotter's orders


class Room(QObject):
    """The room of one window's docks; `arranged`: the trader has arranged them himself, nothing moves any more."""

    def __init__(self, window: QMainWindow, docks: Docks, blotter: QWidget) -> None:
        super().__init__(window)
        self._window, self._docks, self._blotter = window, docks, blotter
        self.arranged = False
        self._shared = 0  # orders for which the docks were given their room
        self.left: QByteArray | None = None  # the layout as it was left then

    def forget(self) -> None:
        """As at the first start."""
        self.arranged, self._shared, self.left = False, 0, None

    def ship(self) -> None:
        """Shares as shipped, of the window as it is."""
        window = self._window
        docks = [self._docks[title] for title in (TRACE, SCORECARD, DRILL)]
        window.resizeDocks(docks, shares(window.width()), Qt.Orientation.Horizontal)
        window.resizeDocks(docks[:1], [450], Qt.Orientation.Vertical)

    def share(self, orders: int) -> None:
        """A pad of a few orders leaves the room to their charts, unless the trader has arranged it himself."""
        window = self._window
        if orders == self._shared or self.arranged:
            return
        if self.left is not None and self.left != window.saveState():
            self.arranged = True  # he has, since: rows may come all day long
            return
        before, self._shared, self.left = self._shared, orders, None
        if 0 < orders <= FEW:
            self._docks.stack(REACTION, TRACE)
            self.ship()
            high = window.height() - self._blotter.y() - ROW_HEIGHT * (orders + _BESIDE_ROWS)
            below = high * 2 // 5
            charts = [self._docks[title] for title in (TRACE, REACTION)]
            window.resizeDocks(charts, [high - below, below], Qt.Orientation.Vertical)
            QTimer.singleShot(_SETTLED_MS, self, self._note)
        elif 0 < before <= FEW:
            self._docks.arrange()
            self.ship()

    def _note(self) -> None:
        self.left = self._window.saveState()
