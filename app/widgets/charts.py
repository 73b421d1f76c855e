"""The second stage of a window: its charts. The one module that brings pyqtgraph in, whose loading costs more than all
the rest of a window together; a window is on the screen before it is asked for.
"""

from collections.abc import Callable
from typing import NamedTuple

import pyqtgraph as pg

from app.widgets.reaction import Reaction
from app.widgets.theme import Theme
from app.widgets.trace import Trace


class Charts(NamedTuple):
    """What is drawn with pyqtgraph."""

    trace: Trace
    reaction: Reaction


def charts_of(theme: Theme, clock: Callable[[], int]) -> Charts:
    """New charts, with nothing on them."""
    pg.setConfigOptions(antialias=False)
    return Charts(Trace(theme), Reaction(theme, clock))
