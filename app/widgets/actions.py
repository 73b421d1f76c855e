"""The window's own actions with their shipped keys; parts that are mounted later add theirs."""

import time
from functools import partial
from typing import Protocol

from PySide6.QtCore import QPoint, QSettings, Qt, SignalInstance
from PySide6.QtGui import QGuiApplication, QPixmap
from PySide6.QtWidgets import QMenu, QWidget

from app.engine.units import HORIZONS, NULL
from app.widgets import format as text
from app.widgets.alert_desk import AlertDesk
from app.widgets.blotter import SCOPES, Blotter
from app.widgets.bridge import Bridge
from app.widgets.commands import Command, Commands, shown_keys
from app.widgets.docks import Docks
from app.widgets.export import copy_csv
from app.widgets.journal import stamp
from app.widgets.overlays import Overlays
from app.widgets.playback import PlaybackBar
from app.widgets.ports import Ports


class Acting(Protocol):
    """A window as far as its actions need it."""

    bridge: Bridge
    ports: Ports
    commands: Commands
    blotter: Blotter
    docks: Docks
    playback: PlaybackBar | None
    alerts: AlertDesk
    overlays: Overlays
    compact: bool

    @property
    def horizon_wanted(self) -> SignalInstance:
        """Keys 1 to 9."""

    @property
    def drilled(self) -> SignalInstance:
        """Enter on an order."""

    def change_theme(self) -> None:
        """Dark or light."""

    def reset_layout(self) -> None:
        """Docks and columns as shipped."""

    def change_zone(self) -> None:
        """Local time or UTC."""

    def set_compact(self, compact: bool) -> None:
        """One column, or the whole desk."""

    def ask_reason(self) -> None:
        """The trader's reason."""

    def back(self) -> None:
        """One step back."""

    def study(self) -> QWidget | None:
        """The trace of the chosen order in a window of its own."""

    def show_fault(self, words: str) -> None:
        """A fault of the desk itself."""

    def grab(self) -> QPixmap:
        """The window as it looks."""


def bound_keys(settings: QSettings | None) -> dict[str, str]:
    """The user's own keys: group `keys` of the settings, name = "Ctrl+L; F2"."""
    if settings is None:
        return {}
    settings.beginGroup("keys")
    found = {name: str(settings.value(name)) for name in settings.childKeys()}
    settings.endGroup()
    return found


def add_actions(window: Acting) -> None:
    """Everything the window can do, for the palette and for keys."""
    _add_blotter(window)
    _add_alerts(window)
    _add_window(window)
    _add_study(window)
    if window.playback is not None:
        _add_playback(window.commands, window.playback)
    for place, (name, _) in enumerate(HORIZONS[:9]):
        show = partial(window.horizon_wanted.emit, place)
        window.commands.add(Command(f"horizon-{name}", f"Horizon {name}", (str(place + 1),), show, "Charts"))


def _add_study(window: Acting) -> None:
    study = Command("study", "Study the trace in a window of its own", ("Ctrl+Shift+T",), window.study, "Charts")
    window.commands.add(study)


def _add_blotter(window: Acting) -> None:
    add, blotter = window.commands.add, window.blotter
    add(Command("filter", "Filter the blotter", ("/", "Ctrl+F"), blotter.focus_filter, "Blotter"))
    add(Command("order-below", "Order below", ("Ctrl+Down",), partial(blotter.step, 1), "Blotter"))
    add(Command("order-above", "Order above", ("Ctrl+Up",), partial(blotter.step, -1), "Blotter"))
    add(Command("drill", "Drill into the order (Enter)", ("Ctrl+Return",), window.drilled.emit, "Blotter"))
    add(Command("pin", "Pin the order on top, or let it go", ("Ctrl+P",), blotter.pin, "Blotter"))
    add(Command("group", "Group by the next thing", ("G",), blotter.next_group, "Blotter"))
    worst = partial(blotter.grid.order_by, "attention", descending=True)
    add(Command("worst", "Sort: projected leak money x evidence", ("A",), worst, "Blotter"))
    for place, scope in enumerate(SCOPES):
        title = f"Show {scope} orders"
        add(Command(f"scope-{scope}", title, (f"Alt+{place + 1}",), partial(blotter.set_scope, scope), "Blotter"))
    beta = partial(blotter.grid.turn_column, "slip_beta_adj_bps")
    add(Command("beta", "Slippage less beta times the index", ("B",), beta, "Blotter"))
    columns = partial(blotter.grid.offer_columns, QPoint(40, 20))
    add(Command("columns", "Choose columns", ("Ctrl+Shift+C",), columns, "Blotter"))
    copy = partial(copy_csv, blotter.table)
    add(Command("csv", "Copy the blotter as CSV", ("Ctrl+Shift+V",), copy, "Blotter"))


def _add_alerts(window: Acting) -> None:
    add, alerts = window.commands.add, window.alerts
    add(Command("acknowledge", "Acknowledge the order's alert", ("Space",), alerts.acknowledge, "Alerts"))
    add(Command("acknowledge-all", "Acknowledge every alert", ("Shift+Space",), alerts.acknowledge_all, "Alerts"))
    add(Command("shelve", "Shelve the order's alert for 15 minutes", ("Z",), alerts.shelve, "Alerts"))
    add(Command("rearm", "Arm the order's alert again", ("Shift+Z",), alerts.rearm, "Alerts"))
    add(Command("alert", "Go to the oldest alert", ("N",), alerts.go, "Alerts"))
    add(Command("reason", "Write down my reason", ("T",), window.ask_reason, "Alerts"))


def _add_window(window: Acting) -> None:
    add = window.commands.add
    add(Command("palette", "Every action by name", ("Ctrl+K",), window.overlays.palette.open))
    add(Command("keys", "List of keys", ("F1",), window.overlays.keys.toggle))
    add(Command("back", "Back", ("Esc",), window.back))
    add(Command("theme", "Dark or light", ("Ctrl+L",), window.change_theme))
    add(Command("zone", "Local time or UTC", ("Ctrl+U",), window.change_zone))
    add(Command("compact", "Compact: one column", ("Ctrl+M",), lambda: window.set_compact(not window.compact)))
    add(Command("layout", "Reset layout", (), window.reset_layout))
    add(Command("tour", "Tour of three steps", (), window.overlays.tour.begin))
    picture = partial(_copy_window, window)
    add(Command("picture", "Copy the window as an image", (), picture))
    if window.ports.engine is not None:
        add(Command("restart", "Restart the engine", (), window.ports.engine.restart))


def view_menu(window: Acting, parent: QWidget) -> QMenu:
    """The docks, and how all of it looks."""
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    for title in window.docks.titles():
        menu.addAction(window.docks[title].toggleViewAction())
    menu.addSeparator()
    for name in ("layout", "compact", "theme", "zone"):
        command = window.commands[name]
        menu.addAction(f"{command.title}\t{shown_keys(command)}", command.run)
    return menu


def available(commands: Commands) -> str:
    """An action that is available now, for a red alert to name."""
    named = [c for c in commands if c.order and c.name != "kill"] or [commands["acknowledge"]]
    return ",   ".join(f"{c.title}: {shown_keys(c)}" for c in [*named[:2], commands["alert"]])


def _copy_window(window: Acting) -> None:
    QGuiApplication.clipboard().setPixmap(window.grab())


def _add_playback(commands: Commands, bar: PlaybackBar) -> None:
    add = commands.add
    add(Command("play", "Play or pause", ("Ctrl+Space",), bar.toggle, "Playback"))
    add(Command("faster", "Faster", ("]",), partial(bar.change_speed, 1), "Playback"))
    add(Command("slower", "Slower", ("[",), partial(bar.change_speed, -1), "Playback"))
    add(Command("jump", "Go to a time", ("Ctrl+J",), bar.focus_jump, "Playback"))


def stamp_reason(window: Acting, words: str) -> None:
    """Write the trader's reason down with the order, its level and its figures; a failure stays on the screen."""
    pad, row = window.bridge.pad, window.bridge.row
    if window.ports.runtime is None or not 0 <= row < len(pad.parents):
        return
    parent = pad.parents[row]
    known = pad.watermark
    when = f"{text.date(known)}T{text.clock(known, digits=9)}Z" if known != NULL else ""
    slip, money = float(parent["slip_arrival_bps"]), float(parent["is_ccy"])
    figures = f"slip {text.DASH if text.undefined(slip) else text.signed(slip)} bps, "
    figures += f"shortfall {text.DASH if text.undefined(money) else text.whole(money)}; "
    figures += time.strftime("written %Y-%m-%dT%H:%M:%SZ", time.gmtime())
    try:
        stamp(
            window.ports.runtime,
            (when, pad.text(int(parent["parent_id"])), pad.text(int(parent["level"])), figures, words),
        )
    except OSError as error:
        window.show_fault(f"the reason was not kept: {error}")
