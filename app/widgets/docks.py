"""Docks that can be torn off, kept per machine, and brought back on-screen when a monitor is gone."""

from collections.abc import Callable
from typing import Final, NamedTuple

from PySide6.QtCore import QRect, QSettings, QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabBar, QWidget

from app.widgets.kept import edition, keep, kept

_STATE_VERSION: Final = 3
_GEOMETRY_VERSION: Final = 1
_SEEN: Final = 80  # pixels of a window that must be on a screen to be caught with the mouse
_CARD: Final = 545  # pixels of a scorecard in which no word is cut
_FRAME: Final = QSize(16, 48)  # what a window manager may put around a window


class Place(NamedTuple):
    """Where a dock stands in the shipped layout: beside another one, or as a tab on it."""

    beside: str
    tabbed: bool


class Docks:
    """The docks of one window by title."""

    def __init__(self, window: QMainWindow) -> None:
        self._window = window
        self._known: dict[str, QDockWidget] = {}
        self._shipped: dict[str, Place] = {}
        self.lift: Callable[[], object] = lambda: None  # what stands over the window, when a dock came to the front
        window.setDockNestingEnabled(True)
        window.setAnimated(False)

    def __getitem__(self, title: str) -> QDockWidget:
        return self._known[title]

    def titles(self) -> list[str]:
        """Titles in the order they were added."""
        return list(self._known)

    def add(self, title: str, widget: QWidget, *, beside: str = "", tabbed: bool = False) -> QDockWidget:
        """Put a widget into a dock: below the blotter, beside another dock, or as a tab on it."""
        dock = QDockWidget(title, self._window)
        dock.setObjectName(title)
        dock.setWidget(widget)
        widget.setMinimumSize(160, 80)  # a dock may be made narrow: nothing in it may widen the window
        self._known[title], self._shipped[title] = dock, Place(beside, tabbed)
        self._place(title)
        dock.visibilityChanged.connect(lambda _on: self.lift())
        return dock

    def fill(self, title: str, widget: QWidget) -> None:
        """Put a widget into a dock that stands already, in place of the one there."""
        dock = self._known[title]
        before = dock.widget()
        widget.setMinimumSize(160, 80)
        dock.setWidget(widget)
        if before is not None:
            before.deleteLater()

    def arrange(self) -> None:
        """Every dock where it stands in the shipped layout, open and in the window."""
        for dock in self._known.values():
            dock.setFloating(False)
            self._window.removeDockWidget(dock)
        for title in self._known:
            self._place(title)
        self.sweep()

    def stack(self, title: str, under: str) -> None:
        """Put a dock below another one, both open; nothing where one of them floats or they stand so already."""
        lower, upper = self._known[title], self._known[under]
        if lower.isFloating() or upper.isFloating() or self._window.tabifiedDockWidgets(lower) == []:
            return
        self._window.splitDockWidget(upper, lower, Qt.Orientation.Vertical)
        lower.show()
        self.sweep()

    def _place(self, title: str) -> None:
        dock, (beside, tabbed) = self._known[title], self._shipped[title]
        self._window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, dock)
        neighbour = self._known.get(beside)
        if neighbour is not None and tabbed:
            self._window.tabifyDockWidget(neighbour, dock)
        elif neighbour is not None:
            self._window.splitDockWidget(neighbour, dock, Qt.Orientation.Horizontal)
        dock.show()
        if neighbour is not None and tabbed:
            neighbour.raise_()

    def show(self, title: str) -> None:
        """Bring a dock to the front, wherever it is."""
        self._known[title].show()
        self._known[title].raise_()
        self.lift()

    def torn_off(self) -> bool:
        """True while a dock floats."""
        return any(dock.isFloating() for dock in self._known.values())

    def sweep(self) -> None:
        """Put away tab bars that Qt left behind when their docks moved into a longer one, or they show through."""
        bars = self._window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
        tabs = [{bar.tabText(number) for number in range(bar.count())} for bar in bars]
        for bar, mine in zip(bars, tabs, strict=True):
            if any(mine < other for other in tabs):
                bar.hide()

    def hide_all(self) -> list[str]:
        """Put every dock away; returns those that were open."""
        shown = [title for title, dock in self._known.items() if not dock.isHidden()]
        for dock in self._known.values():
            dock.hide()
        return shown

    def show_all(self, titles: list[str]) -> None:
        """Open some docks again."""
        for title in titles:
            self._known[title].show()

    def save(self, settings: QSettings) -> None:
        """Keep window and docks for the next start on this machine."""
        keep(settings, "geometry", self._window.saveGeometry(), edition((), _GEOMETRY_VERSION))
        keep(settings, "docks", self._window.saveState(_STATE_VERSION), self._edition())

    def restore(self, settings: QSettings) -> bool:
        """Window and docks as they were, and every one of them where it can be seen; False where the shipped ones are.

        A layout that was kept of other docks, or that is damaged, is not used.
        """
        geometry = kept(settings, "geometry", edition((), _GEOMETRY_VERSION))
        if geometry is None or not self._window.restoreGeometry(geometry):
            self.fit()
        state = kept(settings, "docks", self._edition())
        arranged = state is not None and self._window.restoreState(state, _STATE_VERSION)
        if state is not None and not arranged:
            self.arrange()
        self.bring_back()
        return arranged

    def fit(self) -> None:
        """A window that is larger than its screen is made as large as the screen."""
        screen = self._window.screen()
        if screen is not None:
            room = screen.availableGeometry().size()
            size = self._window.size()
            if size.width() > room.width() or size.height() > room.height():
                self._window.resize((room - _FRAME).boundedTo(size))

    def _edition(self) -> str:
        return edition((f"{title}|{place.beside}|{place.tabbed}" for title, place in self._shipped.items()), 1)

    def bring_back(self) -> None:
        """Move what lies on no screen (its monitor is gone) onto one."""
        screens = [screen.availableGeometry() for screen in QGuiApplication.screens()]
        for widget in (self._window, *(dock for dock in self._known.values() if dock.isFloating())):
            where = on_screen(widget.frameGeometry(), screens)
            if where != widget.frameGeometry():
                widget.resize(min(widget.width(), where.width()), min(widget.height(), where.height()))
                widget.move(where.topLeft())


def shares(width: int) -> list[int]:
    """Widths of the trace, the scorecard and the rest in a window; a narrow one leaves the scorecard its words."""
    card = max(width * 324 // 1000, min(_CARD, width * 43 // 100))
    trace = (width - card) * 475 // 1000
    return [trace, card, width - card - trace]


def on_screen(window: QRect, screens: list[QRect]) -> QRect:
    """The rectangle itself where its top edge can be caught, else as large as fits on the first screen."""
    grip = QRect(window.left(), window.top(), window.width(), 24)
    for screen in screens:
        seen = screen.intersected(grip)
        if seen.width() >= min(_SEEN, window.width()) and seen.height() >= 12:
            return window
    if not screens:
        return window
    home = screens[0]
    wide, high = min(window.width(), home.width()), min(window.height(), home.height())
    return QRect(home.left() + (home.width() - wide) // 2, home.top() + (home.height() - high) // 2, wide, high)
