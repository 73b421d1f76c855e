"""The shortfall ribbon: parts that add up to the shortfall, on screen to the cent."""

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.widgets import format as text
from app.widgets.evidence_words import NOT_MEASURED
from app.widgets.painting import painting
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
        Part("drift_ccy", "Drift", "mid moves on what was unfilled: market, own impact, leak and noise",
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


# What drift is made of, once there is evidence to split it; then these stand in its place.
_NOISE: Final = "unexplained: chance, news, PM alpha"
WITHIN: Final = "within chance"
OUTSIDE: Final = "unexplained: news, PM alpha"
SPLIT: Final = (
    Part("drift_market_ccy", "Market", "drift explained by the market and the sector", NOT_MEASURED),
    Part("drift_own_ccy", "Own impact", "drift expected of our own volume", NOT_MEASURED),
    Part("drift_leak_ccy", "Leak", "drift after our own signals beyond what placebos show", NOT_MEASURED),
    Part("drift_noise_ccy", "Noise", _NOISE, NOT_MEASURED),
)
COLOURS: Final = {
    "delay_cost_ccy": RIBBON[0], "amend_ccy": RIBBON[1], "spread_ccy": RIBBON[2], "drift_ccy": RIBBON[3],
    "fees_ccy": RIBBON[4], "exec_cost_ccy": RIBBON[2], "opp_cost_ccy": RIBBON[3], "drift_market_ccy": RIBBON[3],
    "drift_own_ccy": "#a0785f", "drift_leak_ccy": "#c0608f", "drift_noise_ccy": "#5f6f80",
}  # fmt: skip


class Bands(NamedTuple):
    """How sure parts of drift are (NaN unknown): noise in money that chance gives 9 times of 10, the leak in bps."""

    noise: float = float("nan")
    leak: float = float("nan")


_NO_BANDS: Final = Bands()


def noise_words(money: float, band: float, currency: str) -> str:
    """What is left unexplained, and whether chance alone would give it; "" where it is not known."""
    if text.undefined(money) or text.undefined(band):
        return ""
    verdict = WITHIN if abs(money) <= band else OUTSIDE
    return f"{verdict}   ({text.whole(money)} {currency}, chance gives ±{text.number(band)})"


def half_width(beside: np.void | None) -> float:
    """Half the interval of the leak as measured directly, bps; NaN unknown. `beside`: of the section `evidence`."""
    return float("nan") if beside is None else float(beside["direct_half"])


class Shortfall(NamedTuple):
    """What the ribbon shows: parts (NaN undefined) and their total, in money and bps, rounded so that they add up."""

    parts: tuple[Part, ...]
    money: list[float]
    bps: list[float]
    total: float
    total_bps: float
    adds_up: bool


def parts_of(row: np.void, view: View) -> tuple[Part, ...]:
    """The parts of a view: drift as a whole until all of what it is made of is known."""
    whole = VIEWS[view]
    if view == "perold" or any(text.undefined(float(row[part.field])) for part in SPLIT):
        return whole
    at = next(i for i, part in enumerate(whole) if part.field == "drift_ccy")
    return (*whole[:at], *SPLIT, *whole[at + 1 :])


def shortfall(row: np.void, view: View) -> Shortfall:
    """The parts of a parent's shortfall; an undefined part is no part of the sum and stays NaN.

    Bps of a part: the total's bps (of S x arrival) in proportion; NaN where the total is 0 or undefined.
    """
    parts = parts_of(row, view)
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


def lines(found: Shortfall, currency: str, bands: Bands = _NO_BANDS) -> list[Line]:
    """The ribbon's figures as lines of a sheet: name, money, bps; then the total.

    `bands` are shown beside noise and leak. What drift is made of reads "not measured yet" until it is known.
    """
    said: list[Line] = [(label("+ costs"), Cell(currency or "money", "faint"), Cell("bps", "faint"))]
    for i, part in enumerate(found.parts):
        said.append(_line(part, found.money[i], found.bps[i], bands))
        if part.field == "drift_noise_ccy" and not text.undefined(bands.noise):
            tip = "noise within this is chance in 9 of 10 cases"
            said.append((label("   by chance", tip), Cell(f"±{text.number(bands.noise)}", "faint", tip=tip), Cell("")))
        if part.field == "drift_leak_ccy" and not text.undefined(bands.leak):
            tip = "90 % interval of what was measured directly: wide, no colour rests on it"
            said.append((label("   interval", tip), Cell(""), Cell(f"±{text.number(bands.leak, 2)}", "faint", tip=tip)))
        if part.field == "drift_ccy":
            said += [
                (label("   " + piece.title, piece.about), Cell(NOT_MEASURED, "faint"), Cell("")) for piece in SPLIT
            ]
    total = Cell("Shortfall", right=False, bold=True, tip="marked to now, or to the end of the order")
    said.append((
        total, Cell(said_or_dash(found.total), bold=True, field="is_ccy"),
        Cell(said_or_dash(found.total_bps), bold=True, field="is_arrival_bps"),
    ))  # fmt: skip
    if not found.adds_up:
        missing = any(text.undefined(value) for value in found.money)
        words = "an undefined part is missing" if missing else "the parts do not add up"
        said.append((Cell(words, "amber", right=False), Cell(""), Cell("")))
    return said


def _line(part: Part, money: float, bps: float, bands: Bands) -> Line:
    tip = part.why if text.undefined(money) else part.about
    title, tone = part.title, "ink"
    if part.field == "drift_leak_ccy" and abs(bps) <= bands.leak:  # its interval holds 0
        tone = "faint"
    return (
        Cell(title, right=False, tip=tip, swatch=COLOURS[part.field], field=part.field),
        Cell(said_or_dash(money), tone, tip=tip, field=part.field),
        Cell(said_or_dash(bps), tone, tip=tip, field=part.field),
    )


def said_or_dash(value: float, decimals: int = 2) -> str:
    """A signed figure; a dash where undefined."""
    return text.DASH if text.undefined(value) else text.signed(value, decimals)


class Ribbon(QWidget):
    """The parts as one bar about zero: costs to the right, gains to the left."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme, self.faded = theme, False
        self._values: tuple[float, ...] = ()
        self._colours: tuple[str, ...] = RIBBON
        self.setFixedHeight(26)
        self.setAccessibleName("Shortfall by part")

    def show_values(self, values: Sequence[float], parts: Sequence[Part] = ()) -> None:
        """Show the parts in money; undefined ones have no length."""
        shown = tuple(0.0 if text.undefined(value) else value for value in values)
        colours = tuple(COLOURS[part.field] for part in parts) or RIBBON
        if (shown, colours) != (self._values, self._colours):
            self._values, self._colours = shown, colours
            self.update()

    def sizeHint(self) -> QSize:
        """A flat bar."""
        return QSize(320, 26)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Gains left of zero, costs right of it, one scale."""
        with painting(self) as (painter,):
            gains = -sum(value for value in self._values if value < 0)
            costs = sum(value for value in self._values if value > 0)
            span = gains + costs
            if span > 0:
                scale = (self.width() - 16) / span
                zero = 8 + gains * scale
                left = right = zero
                for value, colour in zip(self._values, self._colours, strict=False):
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
