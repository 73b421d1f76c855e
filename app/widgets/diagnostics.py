"""Diagnostics: how the chosen order is being worked, over its life and over the last minutes."""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.engine.units import NULL
from app.widgets import diagnose
from app.widgets import format as text
from app.widgets.diagnose import Finding
from app.widgets.evidence_words import NOT_MEASURED
from app.widgets.pad import Pad
from app.widgets.sheet import Cell, Line, Sheet, label
from app.widgets.theme import Theme, figures_font

Show = Callable[[float], str]
Found = Mapping[str, tuple[Finding, Finding]]
ASK: Final = {
    "V1": "Fills only (V1): own children are not seen. Posts, fill probability and cadence cannot be told; the order "
          "has no light. Ask the broker for child-level drop copies (35=D, G, F and acks), liquidity and venue.",
    "V2": "Fills with venue and liquidity (V2), children not seen: posts and cadence cannot be told. "
          "Ask the broker for child-level drop copies (35=D, G, F and acks).",
}  # fmt: skip


def _percent(value: float) -> str:
    return text.percent(value) + " %"


def _seconds(value: float) -> str:
    return text.number(value, 1) + " s"


def _line(title: str, about: str, found: tuple[Finding, Finding | None], show: Show) -> Line:
    whole, recent = found
    return (label(title, about), _cell(whole, show), _cell(recent, show) if recent else Cell(""))


def _cell(found: Finding, show: Show) -> Cell:
    if text.undefined(found.value):
        words = NOT_MEASURED if found.why == NOT_MEASURED else text.DASH
        return Cell(words, "faint", tip=found.why)
    return Cell(show(found.value), tip=f"n = {text.number(found.n)}" if found.n else "")


def lines_of(pad: Pad, row: int) -> list[Line]:
    """The panel's lines for a parent of the board."""
    worked = pad.beside("worked", row)
    found = diagnose.findings(worked, pad)
    out: list[Line] = [(label(""), Cell("whole order", "faint"), Cell("last 15 min", "faint", tip=_since(worked)))]
    out += _posts(found) + _taking(found, pad.parents[row]) + _rhythm(found)
    others = diagnose.others_flow()
    out.append(_line("Others, same side", "flow of others after our events", (others, others), _percent))
    return out


def _since(worked: np.void | None) -> str:
    """Where the recent span begins, in words."""
    since = NULL if worked is None else int(worked["since"][1])
    return "" if since == NULL else f"since our last event a quarter of an hour before: {text.clock(since)} UTC"


def _posts(found: Found) -> list[Line]:
    out: list[Line] = []
    for figure, name in diagnose.WITHIN:
        about = f"posted passive quantity filled within {name}, as managed: what is cancelled or replaced is not filled"
        out.append(_line(f"P(fill) {name}", about, found[figure], _percent))
    queue = Finding(float("nan"), diagnose.NO_QUEUE)
    out.append(_line("P(fill) if left", "queue-implied: as if no post were cancelled", (queue, queue), _percent))
    return out


def _taking(found: Found, parent: np.void) -> list[Line]:
    capture = _of(parent, "spread_capture", "no passive fill")
    target = _of(parent, "target_pov", "the order has no target rate")
    market = "volume of aggressors on our side over that of all known ones; own prints are part of it"
    return [
        _line("Aggressor share", "removed of removed and added, ours", found["aggressor_share"], _percent),
        _line("  told by price", "no liquidity was told: price against the touch", found["inferred_share"], _percent),
        _line("  market's, same side", market, found["market_aggressor_share"], _percent),
        _line("Participation", "own of eligible volume", found["participation"], _percent),
        _line("  target", "the order's target rate", (target, None), _percent),
        _line("Spread capture", "passive fills: 100 % at the near touch, 0 at the far one", (capture, None), _percent),
    ]


def _of(parent: np.void, field: str, why: str) -> Finding:
    """A figure of the board's parent row."""
    value = float(parent[field])
    return Finding(value, why if text.undefined(value) else "")


def _rhythm(found: Found) -> list[Line]:
    regular = "spread of the gaps against their mean: 0 is a clock, 1 is chance"
    return [
        _line("Post every", "median gap between new orders", found["gap_s"], _seconds),
        _line("  gaps vary", regular, found["gap_variation"], lambda value: text.number(value, 2)),
        _line("  same size", "share of the commonest size of a new order", found["same_size"], _percent),
    ]


class Diagnostics(QScrollArea):
    """The lines of the chosen order; looked up when seen, at most as often as its figures change."""

    def __init__(self, theme: Theme, pad: Pad) -> None:
        super().__init__()
        self.pad, self.theme, self.row = pad, theme, -1
        self.sheet = Sheet(theme, (6, 4, 4), "Diagnostics")
        self.ask = QLabel()
        self.ask.setWordWrap(True)
        self.ask.setFont(figures_font())
        inside = QWidget()
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addWidget(self.ask)
        layout.addWidget(self.sheet)
        layout.addStretch(1)
        self.setWidget(inside)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.dress(theme)

    def show_order(self, row: int) -> None:
        """A parent by its row on the board."""
        self.row = row
        self.refresh()

    def refresh(self) -> None:
        """Look the lines up, if they are seen."""
        if not self.isVisible():
            return
        there = 0 <= self.row < len(self.pad.parents)
        self.sheet.show_lines(lines_of(self.pad, self.row) if there else ())
        words = ASK.get(self.pad.text(int(self.pad.parents[self.row]["visibility"])), "") if there else ""
        self.ask.setText(words)
        self.ask.setVisible(bool(words))

    def showEvent(self, event: object) -> None:
        """Seen again."""
        super().showEvent(event)  # type: ignore[arg-type]
        self.refresh()

    def fade(self, faded: bool) -> None:
        """Grey everything."""
        if self.sheet.faded != faded:
            self.sheet.faded = faded
            self.sheet.update()

    def dress(self, theme: Theme) -> None:
        """Change the colours."""
        self.theme = self.sheet.theme = theme
        self.ask.setStyleSheet(f"color: {theme.amber}")
        self.sheet.update()
