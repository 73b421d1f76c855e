"""The second stage of a window: what need not stand in its first frame, a part a turn, those in view first.

A part is loaded in one turn and made in the next: neither holds the event loop for long.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from PySide6.QtWidgets import QWidget

from app.widgets.blotter import Blotter
from app.widgets.bridge import Bridge
from app.widgets.causes import Causes
from app.widgets.confirm import Confirm
from app.widgets.docks import Docks
from app.widgets.drill_side import CAUSES, DIAGNOSTICS, DRILL, PANEL, REACTION, RULES, WHY, DrillSide
from app.widgets.following import Following
from app.widgets.overlays import Overlays
from app.widgets.ports import Ports
from app.widgets.room import TRACE
from app.widgets.theme import Theme

if TYPE_CHECKING:
    from app.widgets.trace import Trace


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
    trace: "Trace"

    def join(self, part: QWidget) -> None:
        """It greys and changes its colours with the window."""


def turns(window: StagedWindow) -> Iterator[None]:
    """Every part in its turn; a frame may be painted between two of them."""
    for part in (_drill, _trace, _panel, _reasons, _reaction, _rules):
        yield from part(window)
        yield


def _drill(window: StagedWindow) -> Iterator[None]:
    from app.widgets.drill import PAGES, Drill, grid_of
    from app.widgets.tape_view import TapeView

    yield
    tape = TapeView(window.theme, window.ports.lookback)
    yield
    grids = [grid_of(page, window.theme, window.bridge.pad) for page in PAGES]
    yield
    drill = Drill(window.theme, window.bridge.pad, made=(grids, tape))
    yield
    _bring(window, DRILL, drill)
    window.drill_side.take_drill(drill)


def _trace(window: StagedWindow) -> Iterator[None]:
    from app.widgets.trace import Trace

    yield
    trace = Trace(window.theme)
    yield
    window.trace = trace
    _bring(window, TRACE, trace)
    window.drill_side.take_trace(trace)
    window.following.take(trace)


def _panel(window: StagedWindow) -> Iterator[None]:
    from app.widgets.kill_dialog import KillDialog
    from app.widgets.switch_panel import SwitchPanel

    yield
    port = window.ports.switch
    panel = SwitchPanel(window.theme, port)
    _bring(window, PANEL, panel)
    window.drill_side.take_panel(panel, KillDialog(window.theme, port, window.blotter) if port is not None else None)
    window.overlays.toasts.stand(window.blotter.grid.horizontalHeader(), (window.confirm, panel.view.confirm))


def _reasons(window: StagedWindow) -> Iterator[None]:
    from app.widgets.diagnostics import Diagnostics
    from app.widgets.why import Why

    yield
    diagnostics, why = Diagnostics(window.theme, window.bridge.pad), Why(window.theme, window.bridge.pad)
    _bring(window, DIAGNOSTICS, diagnostics)
    _bring(window, WHY, why)
    window.drill_side.take_why(diagnostics, why)


def _reaction(window: StagedWindow) -> Iterator[None]:
    from app.widgets.reaction import Reaction

    yield
    reaction = Reaction(window.theme, window.bridge.now)
    _bring(window, REACTION, reaction)
    window.drill_side.take_reaction(reaction)


def _rules(window: StagedWindow) -> Iterator[None]:
    from app.widgets.rules_view import RulesView

    yield
    causes = Causes(window.theme, window.bridge)
    _bring(window, CAUSES, causes)
    window.bridge.pulled.connect(causes.show_pulled)
    yield
    rules = RulesView(window.theme, window.ports.rules, window.bridge.now)
    _bring(window, RULES, rules)
    window.bridge.pulled.connect(rules.look)


def _bring(window: StagedWindow, title: str, part: QWidget) -> None:
    window.docks.fill(title, part)
    window.join(part)
    window.following.set_zone_of(part)
