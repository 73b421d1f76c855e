"""Leak by cause over all orders: venue, algo, order type, size, cadence, tag; those that stand out first."""

from typing import Final

import numpy as np
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.widgets import format as text
from app.widgets.bridge import Bridge
from app.widgets.caption import Caption
from app.widgets.columns import Column
from app.widgets.evidence_words import BADGE, e_words
from app.widgets.grid import Grid
from app.widgets.pad import Pulled
from app.widgets.table import Table
from app.widgets.theme import Theme

NOTHING: Final = "by cause: worked out over all orders when the data has ended"
NONE: Final = "by cause: none, no evidence was measured in this run"
FOUND: Final = f"over all orders of the run; {BADGE} stands out at 10 % false discoveries over the cells"
_WHY: Final = "too few scored events"


def _tenths(value: float) -> str:
    return text.number(value, 1)


def _badge(value: float) -> str:
    return BADGE if value > 0 else ""


COLUMNS: Final = (
    Column("dimension", "Cause", 10, "text"),
    Column("cell", "Cell", 16, "text"),
    Column("in_fdr_set", BADGE, 3, show=_badge, about="stands out at 10 % false discoveries over the cells"),
    Column("e_value", "E", 8, show=e_words, about="evidence for a leak in this cell", why=_WHY),
    Column("leak_bps", "Leak bps", 8, show=_tenths, why=_WHY, about="of an order wholly in this cell, pooled"),
    Column("leak_lo_bps", "90 %", 11, show=_tenths, second="leak_hi_bps", joint=" to", why=_WHY),
    Column("n_parents", "Orders", 7, show=text.number),
    Column("n_children", "Scored", 8, show=text.number, about="scored own events"),
    Column("reference", "Against", 14, "text", about="quiet moments, or what is usual of the firm's own orders"),
)


class Causes(QWidget):
    """The table, and a line that says what it is over."""

    def __init__(self, theme: Theme, bridge: Bridge) -> None:
        super().__init__()
        self._pad, self._life = bridge.pad, bridge.pad.pulse.life
        self.words = Caption(theme, "faint")
        self.words.setText(NOTHING)
        self.table = Table(COLUMNS, bridge.pad, bridge.pad.table("attribution"))
        self.grid = Grid(self.table, theme, "Causes")
        self.grid.order_by("e_value", descending=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 3, 4, 2)
        layout.setSpacing(2)
        layout.addWidget(self.words)
        layout.addWidget(self.grid, 1)
        self._show()

    def show_pulled(self, pulled: Pulled) -> None:
        """Show what a frame brought of it."""
        if pulled.reset or "attribution" in pulled.sections or self._pad.pulse.life != self._life:
            self._show()

    def fade(self, faded: bool) -> None:
        """Grey everything."""
        self.grid.fade(faded)

    def dress(self, theme: Theme) -> None:
        """Change the colours."""
        self.grid.dress(theme)
        self.words.dress(theme)

    def _show(self) -> None:
        rows, self._life = self._pad.table("attribution"), self._pad.pulse.life
        self.table.replace(rows)
        ended = self._pad.pulse.life == "ended"
        self.words.setText(FOUND if np.any(rows["dimension"]) else NONE if ended else NOTHING)
