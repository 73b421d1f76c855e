"""The desk's window: one choice of an order, and everything else follows it."""

from datetime import UTC, tzinfo
from typing import Final

import numpy as np
from PySide6.QtCore import QByteArray, QSettings, Qt
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow, QTabWidget, QVBoxLayout, QWidget

from app.engine.units import MILLISECOND, NULL
from app.widgets import format as text
from app.widgets import theme as themes
from app.widgets.blotter import Blotter
from app.widgets.bridge import Bridge
from app.widgets.columns import CHILDREN, FILLS
from app.widgets.grid import Grid
from app.widgets.health import Alarm, Health
from app.widgets.marks import happened
from app.widgets.pad import Pulled
from app.widgets.playback import Playback, PlaybackBar
from app.widgets.scorecard import Scorecard
from app.widgets.table import Table
from app.widgets.theme import Theme
from app.widgets.trace import Course, Trace

SIZE: Final = (1680, 980)
_STATE_VERSION: Final = 1


class MainWindow(QMainWindow):
    """Blotter on top; trace, scorecard, fills and children of the chosen order below."""

    def __init__(
        self,
        bridge: Bridge,
        theme: Theme,
        *,
        playback: Playback | None = None,
        settings: QSettings | None = None,
        title: str = "Leakage Scorecard",
    ) -> None:
        super().__init__()
        self.bridge, self.theme, self._settings = bridge, theme, settings
        self.local = True  # times in the session's zone
        self.where: tzinfo = UTC
        self.setWindowTitle(title)
        self.resize(*SIZE)
        self.health, self.alarm, self.blotter = Health(theme), Alarm(theme), Blotter(bridge, theme)
        self.playback = PlaybackBar(playback, theme) if playback else None
        self.trace, self.scorecard = Trace(theme), Scorecard(theme, bridge.pad)
        self.fill_grid = Grid(Table(FILLS, bridge.pad, bridge.pad.rows_of("fills", -1)), theme, "Fills")
        self.child_grid = Grid(Table(CHILDREN, bridge.pad, bridge.pad.rows_of("children", -1)), theme, "Child orders")
        self._build()
        self._keys()
        bridge.pulled.connect(self.show_pulled)
        bridge.chosen.connect(lambda _row: self._show_chosen(other=True))
        self.health.zone_wanted.connect(self.change_zone)
        self.health.theme_wanted.connect(self.change_theme)
        self._restore()

    # -- following the board -------------------------------------------------------------------------------------

    def show_pulled(self, pulled: Pulled) -> None:
        """One frame."""
        self.blotter.show_pulled(pulled)
        row = self.bridge.row
        if pulled.reset or pulled.sections & {"fills", "children", "events"} or bool(np.any(pulled.parents == row)):
            self._show_chosen(other=False)
        elif "trace" in pulled.sections:
            self._show_course(other=False)
        self._show_state()

    def _show_chosen(self, *, other: bool) -> None:
        pad, row = self.bridge.pad, self.bridge.row
        self.scorecard.show_order(pad.parents[row] if 0 <= row < len(pad.parents) else None)
        for grid, section in ((self.fill_grid, "fills"), (self.child_grid, "children")):
            rows = pad.rows_of(section, row)
            if other:
                grid.table.replace(rows)
            else:
                grid.table.renew(rows)
                grid.table.touch(np.arange(len(rows)), grid.shown_lines())
        for number, (title, table) in enumerate((("Fills", self.fill_grid.table), ("Children", self.child_grid.table))):
            self.tables.setTabText(number, f"{title}  {len(table.rows)}")
        self._show_course(other=other)

    def _show_course(self, *, other: bool) -> None:
        pad, row = self.bridge.pad, self.bridge.row
        self.trace.show_course(self._course(pad.parents[row]) if 0 <= row < len(pad.parents) else None, other=other)

    def _course(self, parent: np.void) -> Course:
        """What the trace shows of a parent: from a little before its arrival to a little after its end or now."""
        pad = self.bridge.pad
        path, say = pad.path(int(parent["instrument"])), pad.text
        reference, named = float(parent["arrival_mid"]), "arrival"
        if text.undefined(reference):
            known = path.mid.values[~np.isnan(path.mid.values)][:1]
            reference, named = (float(known[0]) if len(known) else float("nan")), "the first mid seen (no arrival mid)"
        arrival, end = int(parent["arrival_ts"]), int(parent["end_ts"])
        arrival = arrival if arrival != NULL else int(path.ts[0]) if len(path) else 0
        last = end if end != NULL else max(arrival, pad.watermark)
        room = max((last - arrival) // 20, 10 * MILLISECOND)
        events = pad.rows_of("events", self.bridge.row)
        side = say(int(parent["side"]))
        title = f"{say(int(parent['parent_id']))}  {say(int(parent['instrument']))}  {side}   mid vs {named}"
        if not text.undefined(reference):
            title += f" {text.price(reference)}, bps"
        mids = path.at(events["ts"])
        own, span = happened(events, reference, mids, pad), (arrival - room, last + room)
        return Course(title, side, path, own, reference, arrival, last, pad.watermark, *span)

    def _show_state(self) -> None:
        pad = self.bridge.pad
        name = pad.meta().get("timezone", "") if self.local else ""
        where = text.zone(name)
        if where != self.where:
            self.where = where
            for table in (self.blotter.table, self.fill_grid.table, self.child_grid.table):
                table.where = where
            self.scorecard.set_zone(where)
            self.trace.set_zone(where)
            self._repaint()
        self.health.show_state(pad, name)
        self.alarm.show_pulse(pad.pulse)
        if self.playback:
            self.playback.show_state(pad, name)
        for part in (self.blotter.grid, self.trace, self.scorecard, self.fill_grid, self.child_grid):
            part.fade(pad.pulse.stale)

    # -- what the trader does ------------------------------------------------------------------------------------

    def change_zone(self) -> None:
        """Local time or UTC, everywhere at once."""
        self.local = not self.local
        self._show_state()

    def change_theme(self) -> None:
        """Dark or light."""
        self.theme = themes.LIGHT if self.theme is themes.DARK else themes.DARK
        app = QApplication.instance()
        if isinstance(app, QApplication):
            themes.apply(app, self.theme)
        self.health.theme = self.theme
        self.alarm.dress(self.theme)
        for part in (self.blotter.grid, self.trace, self.scorecard, self.fill_grid, self.child_grid):
            part.dress(self.theme)
        if self.playback:
            self.playback.dress(self.theme)
        self._show_state()

    def show_fault(self, words: str) -> None:
        """A fault of the desk itself: said on the screen, and it stays."""
        self.alarm.fault = f"The desk has a fault, do not trust this screen: {words}"
        self.alarm.show_pulse(self.bridge.pad.pulse)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Keep the layout for the next start."""
        self.bridge.stop()
        if self._settings is not None:
            self._settings.setValue("geometry", self.saveGeometry())
            self._settings.setValue("docks", self.saveState(_STATE_VERSION))
            self._settings.setValue("theme", self.theme.name)
        super().closeEvent(event)

    # -- building ------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        top = QWidget()
        layout = QVBoxLayout(top)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.health)
        if self.playback:
            layout.addWidget(self.playback)
        layout.addWidget(self.alarm)
        layout.addWidget(self.blotter, 1)
        self.setCentralWidget(top)
        self.setDockNestingEnabled(True)
        self.tables = QTabWidget()
        self.tables.setDocumentMode(True)
        self.tables.tabBar().setDrawBase(False)
        self.tables.addTab(self.fill_grid, "Fills")
        self.tables.addTab(self.child_grid, "Children")
        below = Qt.DockWidgetArea.BottomDockWidgetArea
        docks = [self._dock(*named) for named in (("Impact trace", self.trace), ("Scorecard", self.scorecard),
                                                  ("Fills and children", self.tables))]  # fmt: skip
        for dock in docks:
            self.addDockWidget(below, dock)
        self.splitDockWidget(docks[0], docks[1], Qt.Orientation.Horizontal)
        self.splitDockWidget(docks[1], docks[2], Qt.Orientation.Horizontal)
        self.resizeDocks(docks, [660, 540, 480], Qt.Orientation.Horizontal)
        self.resizeDocks(docks[:1], [450], Qt.Orientation.Vertical)

    def _dock(self, title: str, widget: QWidget) -> QDockWidget:
        dock = QDockWidget(title)
        dock.setObjectName(title)
        dock.setWidget(widget)
        return dock

    def _keys(self) -> None:
        for keys, done in (
            ("/", self.blotter.focus_filter),
            ("Ctrl+F", self.blotter.focus_filter),
            ("Ctrl+L", self.change_theme),
            ("Ctrl+U", self.change_zone),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(done)
        if self.playback:
            QShortcut(QKeySequence("Space"), self.blotter.grid, self.playback.toggle)

    def _restore(self) -> None:
        if self._settings is None:
            return
        for key, restore in (
            ("geometry", self.restoreGeometry),
            ("docks", lambda s: self.restoreState(s, _STATE_VERSION)),
        ):
            saved = self._settings.value(key)
            if isinstance(saved, QByteArray):
                restore(saved)

    def _repaint(self) -> None:
        for grid in (self.blotter.grid, self.fill_grid, self.child_grid):
            grid.viewport().update()
