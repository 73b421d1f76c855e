"""The desk's window: one choice of an order, and everything else follows it."""

from collections.abc import Callable
from datetime import UTC, tzinfo
from typing import Final, Protocol, runtime_checkable

import numpy as np
from PySide6.QtCore import QSettings, Qt, Signal
from PySide6.QtGui import QCloseEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow, QVBoxLayout, QWidget

from app.widgets import actions
from app.widgets import format as text
from app.widgets import theme as themes
from app.widgets.alert_desk import AlertDesk
from app.widgets.blotter import Blotter
from app.widgets.bridge import Bridge
from app.widgets.commands import Command, Commands, shown_keys
from app.widgets.confirm import Confirm
from app.widgets.course import course_of
from app.widgets.docks import Docks
from app.widgets.drill_side import DRILL, DrillSide
from app.widgets.grid import ROW_HEIGHT
from app.widgets.health import Alarm, Health
from app.widgets.kill_button import KillButton
from app.widgets.overlays import Overlays
from app.widgets.overview import Overview
from app.widgets.pad import Pulled
from app.widgets.playback import PlaybackBar
from app.widgets.ports import Ports
from app.widgets.scorecard import Scorecard
from app.widgets.theme import Theme
from app.widgets.trace import Trace

SIZE: Final = (1680, 980)
COMPACT: Final = 300
_FEW: Final = 10  # orders
_DRAW_NS: Final = 200_000_000  # between two drawings of a path that is still being read
_ASK_NS: Final = 250_000_000  # between two questions why the engine ended


@runtime_checkable
class Part(Protocol):
    """What every mounted widget must be able to do."""

    def fade(self, faded: bool) -> None:
        """Grey everything: what is shown may no longer be true."""

    def dress(self, theme: Theme) -> None:
        """Change the colours."""


@runtime_checkable
class Zoned(Protocol):
    """A part that shows times."""

    def set_zone(self, where: tzinfo) -> None:
        """Time zone of every time it shows."""


class MainWindow(QMainWindow):
    """Blotter on top; docks that follow the chosen order below.

    A further part is mounted with `mount`, a further action with `commands.add`.
    """

    horizon_wanted = Signal(int)  # keys 1 to 9: place in units.HORIZONS
    drilled = Signal()  # Enter on an order
    past_wanted = Signal(object)  # event time (ns): the desk as it was

    def __init__(
        self,
        bridge: Bridge,
        theme: Theme,
        *,
        ports: Ports | None = None,
        settings: QSettings | None = None,
        title: str = "Leakage Scorecard",
    ) -> None:
        super().__init__()
        self.bridge, self.theme, self._settings = bridge, theme, settings
        self.ports = ports or Ports()
        self.local = True  # times in the session's zone
        self.where: tzinfo = UTC
        self.parts: list[Part] = []
        self._followers: list[Callable[[bool], object]] = []
        self.setWindowTitle(title)
        self.resize(*SIZE)
        self.commands = Commands(self, actions.bound_keys(settings))
        self.health, self.blotter = Health(theme), Blotter(bridge, theme, self.ports.me)
        self.alarm, self.note = Alarm(theme, restartable=self.ports.engine is not None), QLabel()
        self.confirm = Confirm(theme)
        self.playback = PlaybackBar(self.ports.playback, theme) if self.ports.playback else None
        self.trace, self.scorecard = Trace(theme), Scorecard(theme, bridge.pad)
        self.overview = Overview(bridge, theme)
        self._reason, self._asked, self._drawn = "", 0, 0
        self.compact = False
        self._owed = False  # newer figures of the chosen order are to be shown
        self._seen, self._rested = 0, False  # drawings of the trace seen; the blotter rested in the frame before
        self._build()
        self.overlays = Overlays(
            self, theme, self.commands, {"blotter": self.blotter, "trace": self.trace, "health": self.health}
        )
        self.overlays.toasts.stand(
            self.blotter.grid.horizontalHeader(), (self.confirm, self.drill_side.panel.view.confirm)
        )
        self.docks.lift = self.overlays.lift
        for over in self.overlays.every():
            self.join(over)
        self.alerts = AlertDesk(bridge, self.blotter, self.overlays.toasts, self._available)
        actions.add_actions(self)
        bridge.pulled.connect(self.show_pulled)
        bridge.chosen.connect(lambda _row: self._show_chosen(other=True))
        self._connect()
        self._arranged = settings is not None and self.docks.restore(settings)
        if settings is not None:
            self.blotter.restore(settings)

    # -- mounting ------------------------------------------------------------------------------------------------

    def mount(
        self,
        title: str,
        part: QWidget,
        *,
        beside: str = "",
        tabbed: bool = False,
        follow: Callable[[bool], object] | None = None,
    ) -> None:
        """Put a part into a dock of its own; it greys, changes its colours and its time zone with the window.

        `follow(other)` is called when figures of the chosen order are new; `other` is True when it is another order.
        """
        self.docks.add(title, part, beside=beside, tabbed=tabbed)
        self.join(part)
        self._offer_dock(title)
        if follow is not None:
            self._followers.append(follow)

    def join(self, part: QWidget) -> None:
        """Let a part that stands elsewhere grey and change its colours with the window."""
        if not isinstance(part, Part):
            raise TypeError(f"{type(part).__name__} cannot grey or change its colours")
        self.parts.append(part)

    # -- following the board -------------------------------------------------------------------------------------

    def show_pulled(self, pulled: Pulled) -> None:
        """One frame."""
        self.blotter.hold("pre-flight", self.drill_side.panel.found is not None)
        self._rested = self._seen != self.trace.drawn and not self._rested and not pulled.reset
        self.blotter.show_pulled(pulled, rest=self._rested)
        self.alerts.show_pulled(pulled)
        self.overview.show_pulled(pulled)
        row = self.bridge.row
        if pulled.reset:
            self._share_room(len(self.bridge.pad.parents))
        news = pulled.sections & {"fills", "children", "events"} or bool(np.any(pulled.parents == row))
        self._owed = pulled.reset or bool(news) or self._owed
        if self._owed and not self._rested:
            self._owed = False
            self._show_chosen(other=False)
        elif "trace" in pulled.sections and self._is_course_due():
            self._show_course(other=False)
        self._seen = self.trace.drawn
        self._show_state()

    def _share_room(self, orders: int) -> None:
        """A pad of a few orders leaves the room to what happened to them, unless the trader has arranged it himself."""
        if 0 < orders <= _FEW and not self.compact and not self._arranged:
            high = self.height() - self.blotter.y() - ROW_HEIGHT * (orders + 5)
            self.resizeDocks([self.docks["Impact trace"]], [high], Qt.Orientation.Vertical)

    def _show_chosen(self, *, other: bool) -> None:
        pad, row = self.bridge.pad, self.bridge.row
        self.confirm.follow(self.bridge.wanted)
        self.scorecard.show_order(pad.parents[row] if 0 <= row < len(pad.parents) else None)
        self._show_course(other=other)
        for follow in self._followers:
            follow(other)

    def _is_course_due(self) -> bool:
        """A long path that is being read is drawn a few times a second, and once it is all there."""
        now = self.bridge.now()
        if not self.bridge.pad.settled() and now - self._drawn < _DRAW_NS:
            return False
        self._drawn = now
        return True

    def _show_course(self, *, other: bool) -> None:
        self.trace.show_course(course_of(self.bridge.pad, self.bridge.row), other=other)

    def _show_state(self) -> None:
        pad = self.bridge.pad
        name = pad.meta().get("timezone", "") if self.local else ""
        where = text.zone(name)
        if where != self.where:
            self.where = where
            for part in self.parts:
                if isinstance(part, Zoned):
                    part.set_zone(where)
        self.health.show_state(pad, name, self.alerts.words())
        self.alarm.show_pulse(pad.pulse, self._why_stale())
        note = pad.meta().get("note", "")
        if note != self.note.text():
            self.note.setText(note)
            self.note.setVisible(bool(note))
        if self.playback:
            self.playback.show_state(pad, name)
        for part in self.parts:
            part.fade(pad.pulse.stale)

    def _why_stale(self) -> str:
        """Why the engine ended, as the supervisor says; asked only while it matters."""
        engine, now = self.ports.engine, self.bridge.now()
        if engine is None or self.bridge.pad.pulse.life != "stale":
            self._reason = ""
        elif not self._reason or now - self._asked >= _ASK_NS:
            self._reason, self._asked = engine.reason(), now
        return self._reason

    def _available(self) -> str:
        """An action that is available now, for a red alert to name."""
        named = [c for c in self.commands if c.order and c.name != "kill"] or [self.commands["acknowledge"]]
        return ",   ".join(f"{c.title}: {shown_keys(c)}" for c in [*named[:2], self.commands["alert"]])

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
        self.confirm.dress(self.theme)
        for part in self.parts:
            part.dress(self.theme)
        if self.playback:
            self.playback.dress(self.theme)
        self._show_state()

    def set_compact(self, compact: bool) -> None:
        """One column of 300 pixels, or the whole desk."""
        if compact == self.compact:
            return
        self.compact = compact
        if compact:
            self._wide = self.size(), self.docks.hide_all()
        self.health.set_compact(compact)
        self.blotter.set_compact(compact)
        self.note.setVisible(not compact and bool(self.note.text()))
        if self.playback:
            self.playback.setVisible(not compact)
        if compact:
            for layout in (self._top, self.layout()):
                if layout is not None:
                    layout.activate()  # or the window keeps the least width of what has just been put away
            self.resize(COMPACT, self.height())
        else:
            self.docks.show_all(self._wide[1])
            self.resize(self._wide[0])

    def ask_reason(self) -> None:
        """One key: the trader's reason, stamped with what is on the screen."""
        if self.ports.runtime is not None and self.bridge.wanted:
            self.overlays.journal.open(f"{self.bridge.wanted}:")

    def back(self) -> None:
        """One step back: what stands over the window, a waiting action, the filter; at last the blotter."""
        if self.overlays.close_one():
            self.blotter.grid.setFocus()
            return
        if self.confirm.asking:
            self.confirm.cancel()
        elif self.blotter.search.hasFocus():
            self.blotter.search.clear()
        elif self.drill_side.back():
            return
        self.blotter.grid.setFocus()

    def replay_from(self, ts_ns: int) -> None:
        """The desk as it was at an event time; nothing where there is no tape."""
        if self.ports.lookback is not None:
            self.past_wanted.emit(ts_ns)

    def show_fault(self, words: str) -> None:
        """A fault of the desk itself: said on the screen, and it stays."""
        self.alarm.fault = f"The desk has a fault, do not trust this screen: {words}"
        self.alarm.show_pulse(self.bridge.pad.pulse)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Keep the layout for the next start."""
        self.bridge.stop()
        if self._settings is not None:
            self.set_compact(False)
            self.docks.save(self._settings)
            self.blotter.save(self._settings)
            self._settings.setValue("theme", self.theme.name)
        super().closeEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        """The keys are the blotter's from the start; the tour comes at the first run."""
        super().showEvent(event)
        self.docks.sweep()
        self.blotter.grid.setFocus()
        if self._settings is not None and not self._settings.value("toured"):
            self.overlays.tour.begin()

    # -- building ------------------------------------------------------------------------------------------------

    def _connect(self) -> None:
        self.health.zone_wanted.connect(self.change_zone)
        self.health.theme_wanted.connect(self.change_theme)
        self.health.alarm_wanted.connect(self.alerts.go)
        self.alerts.changed.connect(self._show_state)
        self.confirm.armed.connect(lambda on: self.blotter.hold("armed", on))
        self.blotter.grid.drilled.connect(self.drilled)
        self.overlays.journal.written.connect(lambda words: actions.stamp_reason(self, words))
        self.overlays.tour.finished.connect(self._toured)
        engine = self.ports.engine
        if engine is not None:
            self.alarm.restart_wanted.connect(engine.restart)

    def _toured(self) -> None:
        if self._settings is not None:
            self._settings.setValue("toured", "yes")

    def _offer_dock(self, title: str) -> None:
        name = "show-" + title.lower().replace(" ", "-")
        self.commands.add(Command(name, f"Show {title}", (), lambda: self.docks.show(title)))

    def _build(self) -> None:
        top = QWidget()
        layout = self._top = QVBoxLayout(top)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.health)
        self.kill = KillButton(self.ports.switch)
        self.health.hold(self.kill)
        self.note.setContentsMargins(10, 2, 10, 3)
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        self.note.hide()
        for line in (self.note, self.playback, self.alarm, self.confirm):
            if line is not None:
                layout.addWidget(line)
        layout.addWidget(self.blotter, 1)
        self.setCentralWidget(top)
        self.docks = Docks(self)
        self.join(self.blotter.grid)
        self.mount("Impact trace", self.trace)
        self.mount("Scorecard", self.scorecard, beside="Impact trace")
        self.drill_side = DrillSide(self)
        self.mount("Pad overview", self.overview, beside=DRILL, tabbed=True)
        docks = [self.docks[title] for title in ("Impact trace", "Scorecard", DRILL)]
        self.resizeDocks(docks, [540, 544, 596], Qt.Orientation.Horizontal)
        self.resizeDocks(docks[:1], [450], Qt.Orientation.Vertical)
