"""The shortfall ribbon: parts that add up to the shortfall, on screen to the cent."""

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.widgets import format as text
from app.widgets.sheet import Cell, Line, label
from app.widgets.theme import RIBBON, Theme

View = Literal["causal", "perold"]


class Part(NamedTuple):
    """A part of the shortfall: its field on the board, its name, what it is, why it may be undefined."""

    field: str
    title: str
    about: str
    why: str = "undefined"


_DELAY: Final = Part(
    "delay_cost_ccy", "Delay", "S x (arrival - decision price)", "no decision price: the shortfall starts at arrival"
)
_FEES: Final = Part("fees_ccy", "Fees", "fees of live fills")
VIEWS: Final[dict[View, tuple[Part, ...]]] = {
    "causal": (
        _DELAY,
        Part("amend_ccy", "Amend", "quantity changed at a mid away from arrival"),
        Part("spread_ccy", "Spread", "fills against the mid before them", "a fill without a valid mid before it"),
        Part("drift_ccy", "Drift", "mid moves on what was unfilled: market, own impact, leak and noise, not split yet",
             "a fill or an amendment without a valid mid before it"),
        _FEES,
    ),
    "perold": (
        _DELAY,
        Part("exec_cost_ccy", "Trading", "filled x (price - arrival)"),
        Part("opp_cost_ccy", "Opportunity", "unfilled x (mid now or at the end - arrival)", "no mid at the end"),
        _FEES,
    ),
}  # fmt: skip


class Shortfall(NamedTuple):
    """What the ribbon shows: parts (NaN undefined) and their total, in money and bps, rounded so that they add up."""

    parts: tuple[Part, ...]
    money: list[float]
    bps: list[float]
    total: float
    total_bps: float
    adds_up: bool


def shortfall(row: np.void, view: View) -> Shortfall:
    """The parts of a parent's shortfall; an undefined part is no part of the sum and stays NaN.

    Bps of a part: the total's bps (of S x arrival) in proportion; NaN where the total is 0 or undefined.
    """
    parts = VIEWS[view]
    values = [float(row[part.field]) for part in parts]
    total, total_bps = float(row["is_ccy"]), float(row["is_arrival_bps"])
    known = [i for i, value in enumerate(values) if not text.undefined(value)]
    if text.undefined(total):
        nothing = [float("nan")] * len(parts)
        return Shortfall(parts, values, nothing, total, total_bps, adds_up=True)
    money, bps = values.copy(), [float("nan")] * len(parts)
    shown = text.parts_to(total, [values[i] for i in known])
    for i, value in zip(known, shown, strict=True):
        money[i] = value
    if total and not text.undefined(total_bps):
        shown = text.parts_to(total_bps, [values[i] / total * total_bps for i in known])
        for i, value in zip(known, shown, strict=True):
            bps[i] = value
    printed = sum(round(100 * money[i]) for i in known)
    return Shortfall(parts, money, bps, total, total_bps, adds_up=printed == text.printed_units(total))


def lines(found: Shortfall, currency: str) -> list[Line]:
    """The ribbon's figures as lines of a sheet: name, money, bps; then the total."""
    said: list[Line] = [(label("+ costs"), Cell(currency or "money", "faint"), Cell("bps", "faint"))]
    for i, part in enumerate(found.parts):
        tip = part.why if text.undefined(found.money[i]) else part.about
        said.append(
            (
                Cell(part.title, right=False, tip=tip, swatch=RIBBON[i]),
                Cell(said_or_dash(found.money[i]), tip=tip),
                Cell(said_or_dash(found.bps[i]), tip=tip),
            )
        )
    total = Cell("Shortfall", right=False, bold=True, tip="marked to now, or to the end of the order")
    said.append((total, Cell(said_or_dash(found.total), bold=True), Cell(said_or_dash(found.total_bps), bold=True)))
    if not found.adds_up:
        missing = any(text.undefined(value) for value in found.money)
        words = "an undefined part is missing" if missing else "the parts do not add up"
        said.append((Cell(words, "amber", right=False), Cell(""), Cell("")))
    return said


def said_or_dash(value: float, decimals: int = 2) -> str:
    """A signed figure; a dash where undefined."""
    return text.DASH if text.undefined(value) else text.signed(value, decimals)


class Ribbon(QWidget):
    """The parts as one bar about zero: costs to the right, gains to the left."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme, self.faded = theme, False
        self._values: tuple[float, ...] = ()
        self.setFixedHeight(26)
        self.setAccessibleName("Shortfall by part")

    def show_values(self, values: Sequence[float]) -> None:
        """Show the parts in money; undefined ones have no length."""
        shown = tuple(0.0 if text.undefined(value) else value for value in values)
        if shown != self._values:
            self._values = shown
            self.update()

    def sizeHint(self) -> QSize:
        """A flat bar."""
        return QSize(320, 26)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Gains left of zero, costs right of it, one scale."""
        painter = QPainter(self)
        gains = -sum(value for value in self._values if value < 0)
        costs = sum(value for value in self._values if value > 0)
        span = gains + costs
        if span > 0:
            scale = (self.width() - 16) / span
            zero = 8 + gains * scale
            left = right = zero
            for value, colour in zip(self._values, RIBBON, strict=False):
                wide = abs(value) * scale
                start = right if value > 0 else left - wide
                painter.fillRect(
                    QRectF(start, 6, max(wide - 1, 0), 14), QColor(self.theme.faint if self.faded else colour)
                )
                left, right = (left, right + wide) if value > 0 else (left - wide, right)
            painter.setPen(self.theme.colour("ink"))
            painter.drawLine(round(zero), 3, round(zero), 22)
        else:
            painter.setPen(self.theme.colour("faint"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "no shortfall yet")
        painter.end()
