"""The blotter: every parent order, live, sorted and filtered, with one of them chosen."""

from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from app.engine.units import SECOND
from app.widgets.bridge import Bridge
from app.widgets.columns import BLOTTER
from app.widgets.format import number
from app.widgets.grid import Grid
from app.widgets.pad import Pulled
from app.widgets.table import Table
from app.widgets.theme import Theme, figures_font

ARRANGE_NS: Final = SECOND  # rows move at most once a second
HANDS_OFF_NS: Final = SECOND  # and not while the trader is clicking


class Blotter(QWidget):
    """Filter line and grid of the parents."""

    filtered = Signal(str)

    def __init__(self, bridge: Bridge, theme: Theme) -> None:
        super().__init__()
        self._bridge = bridge
        self.table = Table(BLOTTER, bridge.pad, bridge.pad.parents)
        self.grid = Grid(self.table, theme, "Parent orders")
        self.search = QLineEdit()
        self.search.setPlaceholderText("Filter:  TECH    sym:INST    side:sell    level:red    state:live      ( / )")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self.search.installEventFilter(self)
        self.count = QLabel()
        self.count.setFont(figures_font())
        self._arranged = self._touched = 0
        self._unsettled = False  # figures have changed since the rows were last put in order
        top = QHBoxLayout()
        top.setContentsMargins(6, 3, 6, 3)
        top.addWidget(self.search, 1)
        top.addWidget(self.count)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(self.grid, 1)
        self.grid.picked.connect(self._picked)
        self.grid.horizontalHeader().sortIndicatorChanged.connect(lambda *_: self.grid.choose(self.grid.chosen))
        bridge.chosen.connect(self._chosen)
        self.grid.order_by("is_ccy", descending=True)

    def show_pulled(self, pulled: Pulled) -> None:
        """Show what a frame brought: new rows at the end, newer figures in view, order once a second."""
        if pulled.reset:
            self.table.replace(self._bridge.pad.parents)
            self._arranged = 0
        elif len(pulled.parents):
            self.table.renew(self._bridge.pad.parents)
            self.table.touch(pulled.parents, self.grid.shown_lines())
        now = self._bridge.now()
        self._unsettled |= len(pulled.parents) > 0
        if self._unsettled and now - self._arranged >= ARRANGE_NS and now - self._touched >= HANDS_OFF_NS:
            self._arranged, self._unsettled = now, False
            self.table.arrange()
        if self._bridge.row < 0 and not self._bridge.wanted and len(self.table.order):
            self._bridge.choose(int(self.table.order[0]))
        if self.grid.chosen != self._bridge.row:  # rows were numbered anew: what is highlighted is what is chosen
            self.grid.choose(self._bridge.row)
        self._count()

    def focus_filter(self) -> None:
        """Put the cursor into the filter."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Escape and Return leave the filter for the grid."""
        if watched is self.search and event.type() == QEvent.Type.KeyPress:
            key = event.key()  # type: ignore[attr-defined]
            if key in {Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter}:
                if key == Qt.Key.Key_Escape:
                    self.search.clear()
                self.grid.setFocus()
                return True
        return super().eventFilter(watched, event)

    def _filter(self, words: str) -> None:
        self.table.set_filter(words)
        self._count()
        self.filtered.emit(words)

    def _picked(self, row: int) -> None:
        self._touched = self._bridge.now()
        self._bridge.choose(row)

    def _chosen(self, row: int) -> None:
        self.grid.choose(row, show=True)

    def _count(self) -> None:
        shown, there = len(self.table.order), len(self.table.rows)
        words = f"{number(there)} order{'' if there == 1 else 's'}"
        if shown != there:
            words = f"{number(shown)} of {words}"
        if self.grid.chosen >= 0 and self.table.line_of(self.grid.chosen) < 0:
            words += "   chosen order filtered out"
        if words != self.count.text():
            self.count.setText(words)
