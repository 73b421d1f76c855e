"""The desk's window: one choice of an order, and everything else follows it."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPoint, QSettings, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow, QMenu, QVBoxLayout, QWidget

from app.widgets import actions
from app.widgets import theme as themes
from app.widgets.alert_desk import AlertDesk
from app.widgets.blotter import Blotter
from app.widgets.bridge import Bridge
from app.widgets.commands import Command, Commands
from app.widgets.confirm import Confirm
from app.widgets.docks import Docks
from app.widgets.drill_side import DRILL, DrillSide
from app.widgets.following import Following, Part
from app.widgets.health import Alarm, Health
from app.widgets.kill_button import KillButton
from app.widgets.overlays import Overlays
from app.widgets.overview import Overview
from app.widgets.playback import PlaybackBar
from app.widgets.ports import Ports
from app.widgets.room import SCORECARD, TRACE, Room
from app.widgets.scorecard import Scorecard
from app.widgets.theme import Theme

if TYPE_CHECKING:
    from app.widgets.trace import Trace

SIZE: Final = (1680, 980)
COMPACT: Final = 300
OVERVIEW: Final = "Pad overview"


class MainWindow(QMainWindow):
    """Blotter on top; docks that follow the chosen order below.

    A further part is mounted with `mount`, a further action with `commands.add`. A window that is `staged` has its
    blotter, strip and scorecard; the rest comes with `complete` or `complete_in_turns`, when it is on the screen.
    """

    trace: "Trace"  # from the second stage on

    horizon_wanted = Signal(int)  # keys 1 to 9: place in units.HORIZONS
    drilled = Signal()  # Enter on an order
    completed = Signal()  # the second stage is there
    past_wanted = Signal(object)  # event time (ns): the desk as it was

    def __init__(
        self,
        bridge: Bridge,
        theme: Theme,
        *,
        ports: Ports | None = None,
        settings: QSettings | None = None,
        staged: bool = False,
    ) -> None:
        super().__init__()
        self.bridge, self.theme, self._settings = bridge, theme, settings
        self.ports = ports or Ports()
        self.local = True  # times in the session's zone
        self.parts: list[Part] = []
        self.followers: list[Callable[[bool], object]] = []
        self.setWindowTitle("Leakage Scorecard")
        self.resize(*SIZE)
        self.commands = Commands(self, actions.bound_keys(settings))
        self.health, self.blotter = Health(theme), Blotter(bridge, theme, self.ports.me)
        self.alarm, self.note = Alarm(theme, restartable=self.ports.engine is not None), QLabel()
        self.confirm = Confirm(theme)
        self.playback = PlaybackBar(self.ports.playback, theme) if self.ports.playback else None
        self.scorecard, self.overview = Scorecard(theme, bridge.pad), Overview(bridge, theme)
        self.compact = self.is_complete = False
        self._turns: Iterator[None] | None = None  # of the second stage
        self._build()
        beside = {"blotter": self.blotter, "trace": self.docks[TRACE], "health": self.health}
        self.overlays = Overlays(self, theme, self.commands, beside)
        self.overlays.toasts.stand(self.blotter.grid.horizontalHeader(), (self.confirm,))
        self.docks.lift = self.overlays.lift
        for over in self.overlays.every():
            self.join(over)
        self.alerts = AlertDesk(bridge, self.blotter, self.overlays.toasts, lambda: actions.available(self.commands))
        self.following = Following(self)
        actions.add_actions(self)
        self._connect()
        self.room.arranged = settings is not None and self.docks.restore(settings)
        if not self.room.arranged:
            self.room.ship()  # of the window as it fits its screen
        if settings is not None:
            self.blotter.restore(settings)
        if not staged:
            self.complete()

    def complete(self) -> None:
        """The second stage at once; nothing when it has been."""
        while not self.is_complete:
            self._bring_part()

    def complete_in_turns(self) -> None:
        """The second stage, a part a turn of the event loop: a window that is on the screen already answers."""
        if not self.is_complete:
            self._bring_part()
            QTimer.singleShot(0, self, self.complete_in_turns)

    def _bring_part(self) -> None:
        if self._turns is None:
            from app.widgets.second_stage import turns  # noqa: PLC0415 - once the window is on the screen

            self._turns = turns(self)
        else:
            self.is_complete = next(self._turns, self) is self
        if self.is_complete:
            self.completed.emit()
        self.following.show_state()

    # -- mounting ------------------------------------------------------------------------------------------------

    def mount(
        self,
        title: str,
        part: QWidget | None,
        *,
        beside: str = "",
        tabbed: bool = False,
        follow: Callable[[bool], object] | None = None,
    ) -> None:
        """Put a part into a dock of its own; it greys, changes its colours and its time zone with the window.

        None: the part comes with the second stage. `follow(other)` is called when figures of the chosen order are new;
        `other` is True when it is another order.
        """
        self.docks.add(title, part or QWidget(), beside=beside, tabbed=tabbed)
        if part is not None:
            self.join(part)
        name = "show-" + title.lower().replace(" ", "-")
        self.commands.add(Command(name, f"Show {title}", (), lambda: self.docks.show(title)))
        if follow is not None:
            self.followers.append(follow)

    def join(self, part: QWidget) -> None:
        """Let a part that stands elsewhere grey and change its colours with the window."""
        if not isinstance(part, Part):
            raise TypeError(f"{type(part).__name__} cannot grey or change its colours")
        self.parts.append(part)

    def share_room(self, orders: int) -> None:
        """Give the docks their room, for as many orders."""
        if not self.compact:
            self.room.share(orders)

    # -- what the trader does ------------------------------------------------------------------------------------

    def change_zone(self) -> None:
        """Local time or UTC, everywhere at once."""
        self.local = not self.local
        self.following.show_state()

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
        self.following.show_state()

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

    def reset_layout(self) -> None:
        """Docks and columns as they are shipped."""
        self.set_compact(False)
        self.room.forget()
        self.docks.arrange()
        self.room.ship()
        self.share_room(len(self.bridge.pad.parents))
        self.blotter.grid.show_default_columns()

    def createPopupMenu(self) -> QMenu:
        """What a right click on a dock's title offers, and the button View."""
        return actions.view_menu(self, self)

    def open_view(self) -> None:
        """The menu View, under its button."""
        button = self.health.view_button
        self.createPopupMenu().popup(button.mapToGlobal(QPoint(0, button.height())))

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

    def study(self) -> QWidget | None:
        """The trace of the chosen order in a window of its own; None before there is one."""
        return self.trace.study() if hasattr(self, "trace") else None

    def show_fault(self, words: str) -> None:
        """A fault of the desk itself: said on the screen, and it stays."""
        self.alarm.fault = f"The desk has a fault, do not trust this screen: {words}"
        self.alarm.show_pulse(self.bridge.pad.pulse)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Keep the layout for the next start."""
        self.bridge.stop()
        if self._settings is not None:
            self.set_compact(False)
            # a desk that never saw an order has been arranged by nobody, unless a dock was torn off
            if self.room.arranged or self.docks.torn_off() or len(self.bridge.pad.parents):
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
        self.health.view_wanted.connect(self.open_view)
        self.health.alarm_wanted.connect(self.alerts.go)
        self.alerts.changed.connect(self.following.show_state)
        self.confirm.armed.connect(lambda on: self.blotter.hold("armed", on))
        self.blotter.grid.drilled.connect(self.drilled)
        self.overlays.journal.written.connect(lambda words: actions.stamp_reason(self, words))
        if self._settings is not None:
            self.overlays.tour.finished.connect(partial(self._settings.setValue, "toured", "yes"))
        engine = self.ports.engine
        if engine is not None:
            self.alarm.restart_wanted.connect(engine.restart)

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
        self.room = Room(self, self.docks, self.blotter)
        self.join(self.blotter.grid)
        self.mount(TRACE, None)
        self.mount(SCORECARD, self.scorecard, beside=TRACE)
        self.drill_side = DrillSide(self)
        self.mount(OVERVIEW, self.overview, beside=DRILL, tabbed=True)
