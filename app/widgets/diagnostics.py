"""Diagnostics: how the chosen order is being worked, over its life and over the last minutes."""

from collections.abc import Callable
from typing import Final

import numpy as np
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.engine.events import Rows
from app.engine.units import NULL, SECOND
from app.widgets import diagnose
from app.widgets import format as text
from app.widgets.columns import NOT_MEASURED
from app.widgets.diagnose import Finding, Span
from app.widgets.pad import Pad
from app.widgets.sheet import Cell, Line, Sheet, label
from app.widgets.theme import Theme, figures_font

RECENT_NS: Final = 15 * 60 * SECOND
Show = Callable[[float], str]
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


def _line(title: str, about: str, whole: Finding, recent: Finding | None, show: Show) -> Line:
    return (label(title, about), _cell(whole, show), _cell(recent, show) if recent else Cell(""))


def _cell(found: Finding, show: Show) -> Cell:
    if text.undefined(found.value):
        words = NOT_MEASURED if found.why == NOT_MEASURED else text.DASH
        return Cell(words, "faint", tip=found.why)
    return Cell(show(found.value), tip=f"n = {text.number(found.n)}" if found.n else "")


class _Order:
    """Everything the lines need of one order."""

    def __init__(self, pad: Pad, row: int) -> None:
        self.pad, self.parent = pad, pad.parents[row]
        self.children: Rows = pad.rows_of("children", row)
        self.fills: Rows = pad.rows_of("fills", row)
        begun, end = int(self.parent["arrival_ts"]), int(self.parent["end_ts"])
        until = end if end != NULL else pad.watermark
        self.whole = Span(begun - 1 if begun != NULL else until, until)
        self.recent = Span(max(until - RECENT_NS, self.whole.since), until)

    def both(self, figure: Callable[[Span], Finding]) -> tuple[Finding, Finding]:
        """A figure over the order's life and over the last minutes."""
        return figure(self.whole), figure(self.recent)

    def board(self, field: str, why: str) -> Finding:
        """A figure of the board's parent row."""
        value = float(self.parent[field])
        return Finding(value, why if np.isnan(value) else "")


def lines_of(pad: Pad, row: int) -> list[Line]:
    """The panel's lines for a parent of the board."""
    order = _Order(pad, row)
    out: list[Line] = [(label(""), Cell("whole order", "faint"), Cell("last 15 min", "faint"))]
    out += _posts(order) + _taking(order) + _rhythm(order)
    others = diagnose.others_flow()
    out.append(_line("Others, same side", "flow of others after our events", others, others, _percent))
    return out


def _posts(order: _Order) -> list[Line]:
    out: list[Line] = []
    for within, name in diagnose.WITHIN:
        whole, recent = order.both(
            lambda span, ns=within: diagnose.fill_probability(order.children, order.fills, ns, span, order.pad)  # type: ignore[misc]
        )
        about = f"posted passive quantity filled within {name}, as managed: a cancel is not filled"
        out.append(_line(f"P(fill) {name}", about, whole, recent, _percent))
    queue = Finding(float("nan"), diagnose.NO_QUEUE)
    out.append(_line("P(fill) if left", "queue-implied: as if no post were cancelled", queue, queue, _percent))
    return out


def _taking(order: _Order) -> list[Line]:
    pad = order.pad
    whole, recent = order.both(lambda span: diagnose.aggressor_share(order.fills, span, pad))
    nobody = Finding(float("nan"), NOT_MEASURED)
    path = pad.path(int(order.parent["instrument"]))
    rate = diagnose.participation(order.fills, path, order.recent, pad)
    capture = order.board("spread_capture", "no passive fill")
    target = order.board("target_pov", "the order has no target rate")
    return [
        _line("Aggressor share", "removed of removed and added, ours", whole, recent, _percent),
        _line("  market's, same side", "aggressors on our side of the market", nobody, nobody, _percent),
        _line("Participation", "own of eligible volume", order.board("participation", "no volume yet"), rate, _percent),
        _line("  target", "the order's target rate", target, None, _percent),
        _line("Spread capture", "passive fills: 100 % at the near touch, 0 at the far one", capture, None, _percent),
    ]


def _rhythm(order: _Order) -> list[Line]:
    whole, recent = (diagnose.cadence(order.children, span) for span in (order.whole, order.recent))
    regular = "spread of the gaps against their mean: 0 is a clock, 1 is chance"
    return [
        _line("Post every", "median gap between posts", whole.gap_s, recent.gap_s, _seconds),
        _line("  gaps vary", regular, whole.variation, recent.variation, lambda value: text.number(value, 2)),
        _line("  same size", "share of the commonest size of a post", whole.same_size, recent.same_size, _percent),
    ]


class Diagnostics(QScrollArea):
    """The lines of the chosen order; worked out when seen, at most as often as its figures change."""

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
        """Work the lines out, if they are seen."""
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
