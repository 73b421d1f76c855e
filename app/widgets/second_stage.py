"""The second stage of a window: what need not stand in its first frame, a part a turn, those in view first."""

from collections.abc import Iterator
from typing import Protocol

from PySide6.QtWidgets import QWidget

from app.widgets.blotter import Blotter
from app.widgets.bridge import Bridge
from app.widgets.confirm import Confirm
from app.widgets.diagnostics import Diagnostics
from app.widgets.docks import Docks
from app.widgets.drill import Drill
from app.widgets.drill_side import DIAGNOSTICS, DRILL, PANEL, REACTION, RULES, WHY, DrillSide
from app.widgets.following import Following
from app.widgets.kill_dialog import KillDialog
from app.widgets.overlays import Overlays
from app.widgets.ports import Ports
from app.widgets.reaction import Reaction
from app.widgets.room import TRACE
from app.widgets.rules_view import RulesView
from app.widgets.switch_panel import SwitchPanel
from app.widgets.theme import Theme
from app.widgets.trace import Trace
from app.widgets.why import Why


class StagedWindow(Protocol):
    """The window as far as its later parts need it; it has a `trace` from its turn on."""

    theme: Theme
    bridge: Bridge
    ports: Ports
    docks: Docks
    blotter: Blotter
    confirm: Confirm
    overlays: Overlays
    drill_side: DrillSide
    following: Following
    trace: Trace

    def join(self, part: QWidget) -> None:
        """It greys and changes its colours with the window."""


def turns(window: StagedWindow) -> Iterator[None]:
    """Every part in its turn; a frame may be painted between two of them."""
    side, pad, port = window.drill_side, window.bridge.pad, window.ports.switch
    drill = Drill(window.theme, pad, window.ports.lookback)
    _bring(window, DRILL, drill)
    side.take_drill(drill)
    yield
    window.trace = Trace(window.theme)
    _bring(window, TRACE, window.trace)
    side.take_trace(window.trace)
    window.following.take(window.trace)
    yield
    panel = SwitchPanel(window.theme, port)
    _bring(window, PANEL, panel)
    side.take_panel(panel, KillDialog(window.theme, port, window.blotter) if port is not None else None)
    window.overlays.toasts.stand(window.blotter.grid.horizontalHeader(), (window.confirm, panel.view.confirm))
    yield
    diagnostics, why = Diagnostics(window.theme, pad), Why(window.theme, pad)
    _bring(window, DIAGNOSTICS, diagnostics)
    _bring(window, WHY, why)
    side.take_why(diagnostics, why)
    yield
    reaction = Reaction(window.theme, window.bridge.now)
    _bring(window, REACTION, reaction)
    side.take_reaction(reaction)
    yield
    rules = RulesView(window.theme, window.ports.rules, window.bridge.now)
    _bring(window, RULES, rules)
    window.bridge.pulled.connect(rules.look)


def _bring(window: StagedWindow, title: str, part: QWidget) -> None:
    window.docks.fill(title, part)
    window.join(part)
    window.following.set_zone_of(part)
