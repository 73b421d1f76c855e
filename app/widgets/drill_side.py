"""The analysis side: drill-down, reactions, diagnostics, why, order panel, kill switch; all on the chosen order.

Its docks stand from the start, its parts come with the window's second stage; whoever asks for one earlier gets all.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

from PySide6.QtCore import QModelIndex, QObject, Qt, SignalInstance
from PySide6.QtWidgets import QWidget

from app.engine.units import NULL
from app.widgets.blotter import Blotter
from app.widgets.bridge import Bridge
from app.widgets.commands import Command, Commands
from app.widgets.docks import Docks
from app.widgets.kill_button import KillButton
from app.widgets.ports import Ports
from app.widgets.response import Curve, curves
from app.widgets.scorecard import Scorecard
from app.widgets.switch_port import Action, Bound

if TYPE_CHECKING:
    from app.widgets.diagnostics import Diagnostics
    from app.widgets.drill import Drill
    from app.widgets.kill_dialog import KillDialog
    from app.widgets.reaction import Reaction
    from app.widgets.switch_panel import SwitchPanel
    from app.widgets.trace import Trace
    from app.widgets.why import Why

AGAIN_NS: Final = 200_000_000  # newer figures of the same order are shown this often
_CURVES_NS: Final = 1_000_000_000  # and its curves
DRILL: Final = "Drill-down"
PANEL: Final = "Order panel"
REACTION: Final = "Reaction"
DIAGNOSTICS: Final = "Diagnostics"
WHY: Final = "Why"
RULES: Final = "Rules"
CAUSES: Final = "Causes"
_ORDER_KEYS: Final[dict[Action, tuple[str, str]]] = {
    "switch": ("Pre-flight a switch of the order", "Ctrl+O, S"),
    "pause": ("Pre-flight a pause of the order", "Ctrl+O, P"),
    "resume": ("Pre-flight a resume of the order", "Ctrl+O, R"),
    "cancel": ("Pre-flight a cancel of the order", "Ctrl+O, C"),
}


class DeskWindow(Protocol):
    """The window as far as this side of it needs it."""

    bridge: Bridge
    ports: Ports
    commands: Commands
    docks: Docks
    blotter: Blotter
    scorecard: Scorecard
    kill: KillButton

    @property
    def horizon_wanted(self) -> SignalInstance:
        """Keys 1 to 9."""

    @property
    def drilled(self) -> SignalInstance:
        """Enter on an order."""

    def mount(
        self,
        title: str,
        part: QWidget | None,
        *,
        beside: str = "",
        tabbed: bool = False,
        follow: Callable[[bool], object] | None = None,
    ) -> None:
        """Put a part into a dock; None: it comes with the second stage."""

    def replay_from(self, ts_ns: int) -> None:
        """The desk as it was."""

    def complete(self) -> None:
        """The second stage at once."""


class DrillSide(QObject):
    """Mounts its parts and keeps them on the chosen order: at once on another one, else a few times a second."""

    drill: "Drill"  # all of them from the window's second stage on
    panel: "SwitchPanel"
    kill: "KillDialog | None"
    diagnostics: "Diagnostics"
    why: "Why"
    reaction: "Reaction"

    def __init__(self, window: DeskWindow) -> None:
        super().__init__()
        self._window, self._bridge = window, window.bridge
        self._there: set[str] = set()  # titles of the parts that have come
        self._charted: Trace | None = None
        self._pointed: int | None = None
        self._seen: set[str] = set()  # Qt calls a tab behind another visible; its dock knows better
        self._shown: dict[str, int] = {}
        self._stale: dict[str, bool] = {}  # parts to be shown anew; True: on another order
        self._mount()
        self._connect()
        self._add_commands()

    # -- following -----------------------------------------------------------------------------------------------

    def follow(self, other: bool) -> None:
        """Figures of the chosen order are new, or it is another order."""
        if PANEL in self._there:
            self.panel.bind(self._bound())
        for title, _, _ in self._shows():
            self._stale[title] = other or self._stale.get(title, False)
        if other:  # what is not seen forgets the order before, so that it never comes to the front with it
            if REACTION in self._there:
                self.reaction.show_order(None, other=True)
            if DIAGNOSTICS in self._there:
                self.diagnostics.show_order(-1)
            if DRILL in self._there:
                self.drill.show_order(self._bridge.row, other=True)
                self._stale[DRILL] = False
            self._show_due()

    def look(self, *_: object) -> None:
        """Once a frame: what is due, and what the control process says."""
        if PANEL not in self._there:
            return
        if self._bridge.row < 0 and self.panel.bound is not None:
            self.panel.bind(None)
        self._show_due()
        self.panel.look()
        if self.kill is not None and self.kill.isVisible():
            self.kill.look()

    def _show_due(self) -> None:
        """Another order at once, newer figures when their time has come; what is not seen waits until it is."""
        now = self._bridge.now()
        for title, again, show in self._shows():
            other = self._stale.get(title)
            due = other or now - self._shown.get(title, 0) >= again
            if other is not None and due and title in self._seen:
                del self._stale[title]
                self._shown[title] = now
                show(other)

    def _shows(self) -> list[tuple[str, int, Callable[[bool], None]]]:
        row = self._bridge.row
        shows: tuple[tuple[str, int, Callable[[bool], None]], ...] = (
            (DRILL, AGAIN_NS, lambda other: self.drill.show_order(row, other=other)),
            (DIAGNOSTICS, AGAIN_NS, lambda _other: self.diagnostics.show_order(row)),
            (REACTION, _CURVES_NS, lambda other: self.reaction.show_order(self._work(), other=other)),
        )
        return [show for show in shows if show[0] in self._there]

    def _bound(self) -> Bound | None:
        pad, row = self._bridge.pad, self._bridge.row
        if not 0 <= row < len(pad.parents) or pad.reader is None:
            return None
        parent, say = pad.parents[row], pad.text
        total, filled = int(parent["order_qty"]), int(parent["filled_qty"])
        remaining = total - filled if NULL not in {total, filled} else NULL
        order, symbol, side, algo = (say(int(parent[name])) for name in ("parent_id", "instrument", "side", "algo"))
        return Bound(order, symbol, side, remaining, algo, pad.reader.generation)

    def _work(self) -> Callable[[], Mapping[str, Curve]] | None:
        pad, row = self._bridge.pad, self._bridge.row
        return partial(self._curves, row) if 0 <= row < len(pad.parents) else None

    def _curves(self, row: int) -> Mapping[str, Curve]:
        found = self._bridge.pad.beside("reactions", row)
        return {} if found is None else curves(found)

    # -- what the trader does ------------------------------------------------------------------------------------

    def explain(self, section: str, field: str, row: object) -> None:
        """Any number: why it is what it is."""
        self._window.complete()
        self.why.explain(section, field, row)  # type: ignore[arg-type]
        self._window.docks.show(WHY)

    def explain_cell(self, index: QModelIndex) -> None:
        """A figure of the blotter; a group's line has none of its own."""
        table = self._window.blotter.table
        row = int(table.order[index.row()]) if index.isValid() and index.row() < len(table.order) else -1
        if row >= 0:
            self._window.complete()
            column = table.columns[index.column()]
            self.why.explain("parents", column.name, table.rows[row], column.about)
            self._window.docks.show(WHY)

    def is_asking(self) -> bool:
        """True while a pre-flight is on the screen."""
        return PANEL in self._there and self.panel.found is not None

    def act(self, action: Action) -> None:
        """Bring the order panel to the front and ask for a pre-flight; sends nothing."""
        self._window.complete()
        self._window.docks.show(PANEL)
        self.panel.preflight(action)

    def open_kill(self) -> None:
        """The kill switch, its scope on the chosen order first."""
        self._window.complete()
        if self.kill is None:
            return
        bound = self.panel.bound
        scopes = [("all", "everything"), ("mine", "every order of mine")]
        if bound is not None:
            scopes = [(f"parent:{bound.parent_id}", f"{bound.parent_id} {bound.symbol}"),
                      (f"instrument:{bound.symbol}", f"every order in {bound.symbol}"), *scopes]  # fmt: skip
        self.kill.open_on(scopes)

    def back(self) -> bool:
        """One level up in the drill-down; False when the keys are elsewhere."""
        if DRILL not in self._there or not any(grid.hasFocus() for grid in self.drill.grids):
            return False
        self.drill.back()
        return True

    def _replay_cursor(self) -> None:
        if self._pointed is not None:
            self._window.replay_from(self._pointed)

    def _show_horizon(self, place: int) -> None:
        self._window.docks.show(REACTION)
        if REACTION in self._there:
            self.reaction.show_horizon(place)

    def _turn_placebo(self) -> None:
        """Bring the reaction chart to the front; its band on or off where it is there already."""
        if REACTION in self._there and REACTION in self._seen:
            self.reaction.turn_placebo()
        self._window.docks.show(REACTION)

    def _enter(self) -> None:
        self._window.complete()
        self._window.docks.show(DRILL)
        self.drill.grids[self.drill.tabs.currentIndex()].setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _unzoom(self) -> None:
        if self._charted is not None:
            self._charted.unzoom()

    def _point(self, ts: int | None) -> None:
        self._pointed = ts

    # -- building ------------------------------------------------------------------------------------------------

    def _mount(self) -> None:
        mount = self._window.mount
        mount(DRILL, None, beside="Scorecard", follow=self.follow)
        mount(REACTION, None, beside="Scorecard", tabbed=True)
        mount(DIAGNOSTICS, None, beside="Scorecard", tabbed=True)
        mount(CAUSES, None, beside="Scorecard", tabbed=True)
        mount(WHY, None, beside="Scorecard", tabbed=True)
        mount(PANEL, None, beside=DRILL, tabbed=True)
        mount(RULES, None, beside=DRILL, tabbed=True)
        for title in (DRILL, REACTION, DIAGNOSTICS):
            self._window.docks[title].visibilityChanged.connect(partial(self._see, title))

    def take_trace(self, trace: "Trace") -> None:
        """The trace has come."""
        self._charted = trace
        trace.pointed.connect(self._point)

    def take_drill(self, drill: "Drill") -> None:
        """The drill-down has come."""
        self.drill = drill
        drill.why_wanted.connect(self.explain)
        drill.replay_wanted.connect(self._window.replay_from)
        drill.left.connect(self._window.blotter.grid.setFocus)
        self._arrived(DRILL)

    def take_panel(self, panel: "SwitchPanel", kill: "KillDialog | None") -> None:
        """The order panel has come, and the kill switch where there is one."""
        self.panel, self.kill = panel, kill
        panel.bind(self._bound())
        self._arrived(PANEL)

    def take_why(self, diagnostics: "Diagnostics", why: "Why") -> None:
        """Diagnostics and reasons have come."""
        self.diagnostics, self.why = diagnostics, why
        why.replay_wanted.connect(self._window.replay_from)
        self._there.add(WHY)
        self._arrived(DIAGNOSTICS)

    def take_reaction(self, reaction: "Reaction") -> None:
        """The reaction chart has come."""
        self.reaction = reaction
        self._arrived(REACTION)

    def _arrived(self, title: str) -> None:
        """A part is there: it shows the chosen order once it is seen."""
        self._there.add(title)
        self._stale[title] = True
        self._show_due()

    def _see(self, title: str, seen: bool) -> None:
        if seen:
            self._seen.add(title)
        else:
            self._seen.discard(title)

    def _connect(self) -> None:
        window = self._window
        self._bridge.pulled.connect(self.look)
        window.drilled.connect(self._enter)
        window.horizon_wanted.connect(self._show_horizon)
        window.scorecard.why_wanted.connect(self.explain)
        window.blotter.grid.doubleClicked.connect(self.explain_cell)
        window.kill.clicked.connect(self.open_kill)

    def _add_commands(self) -> None:
        add = self._window.commands.add
        if self._window.ports.switch is not None:
            for action, (title, keys) in _ORDER_KEYS.items():
                add(Command(f"order-{action}", title, (keys,), partial(self.act, action), "Orders", order=True))
            add(Command("kill", "Kill switch", ("Ctrl+O, K",), self.open_kill, "Orders", order=True))
        add(Command("replay-cursor", "Replay from the crosshair", ("R",), self._replay_cursor, "Charts"))
        add(Command("unzoom", "Take the last zoom back (Ctrl+Z)", (), self._unzoom, "Charts"))
        add(Command("placebo", "Placebo band", ("P",), self._turn_placebo, "Charts"))
