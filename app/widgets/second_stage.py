"""The second stage of a window: its charts and its rules, one at a time, once it is on the screen."""

from typing import Protocol

from PySide6.QtWidgets import QWidget

from app.widgets.bridge import Bridge
from app.widgets.docks import Docks
from app.widgets.drill_side import REACTION, RULES, DrillSide
from app.widgets.following import Following
from app.widgets.ports import Ports
from app.widgets.reaction import Reaction
from app.widgets.room import TRACE
from app.widgets.rules_view import RulesView
from app.widgets.theme import Theme
from app.widgets.trace import Trace


class StagedWindow(Protocol):
    """The window as far as its charts need it; it has a `trace` from the first of them on."""

    theme: Theme
    bridge: Bridge
    docks: Docks
    ports: Ports
    drill_side: DrillSide
    following: Following
    trace: Trace

    def join(self, part: QWidget) -> None:
        """It greys and changes its colours with the window."""


def bring_chart(window: StagedWindow) -> bool:
    """The trace at first, then the reaction chart, then the rules; True once all are there."""
    if not hasattr(window, "trace"):
        window.trace = Trace(window.theme)
        window.docks.fill(TRACE, window.trace)
        window.join(window.trace)
        window.drill_side.take_trace(window.trace)
        window.following.take(window.trace)
        return False
    if not window.drill_side.is_reacting:
        reaction = Reaction(window.theme, window.bridge.now)
        window.docks.fill(REACTION, reaction)
        window.join(reaction)
        window.drill_side.take_reaction(reaction)
        return False
    rules = RulesView(window.theme, window.ports.rules, window.bridge.now)
    window.docks.fill(RULES, rules)
    window.join(rules)
    window.bridge.pulled.connect(rules.look)
    return True
