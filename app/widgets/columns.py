"""What a grid shows: a column names its field of the board row, how it reads, and why it may be undefined."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from app.engine.events import Rows
from app.widgets import format as text
from app.widgets.evidence_words import NOT_MEASURED, light_of
from app.widgets.theme import Shape

Look = Literal["text", "figure", "quantity", "time", "side", "level", "evidence", "spark", "alert"]
_FIGURES: Final = ("figure", "quantity", "time", "alert")

NO_HORIZON: Final = "the horizon has not passed, the data ended before it, or the market was not two-sided then"
NO_ARRIVAL: Final = "no arrival mid: the market was not two-sided, open and known strictly before parent entry"
NO_MODEL: Final = "reference data missing (daily sigma, ADV, shares outstanding) or nothing done yet"
NO_FILL: Final = "no fill yet"
_EMPTY: Final = {"level": "N/A", "evidence": NOT_MEASURED, "alert": ""}


class Texts(Protocol):
    """Where texts come from: the board's arena."""

    def text(self, index: int) -> str:
        """The text at an index; 0 is the empty one."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `name` is the field of the row, `show` makes text of a defined figure, `reason` is a field too.

    `second` is a field shown behind the first, parted by `joint`; `derive` makes the figure from several fields of
    rows. `default` False: only by the column chooser. `compact`: shown in the one-column desk too.
    """

    name: str
    title: str
    chars: int
    look: Look = "figure"
    show: Callable[[float], str] = text.signed
    about: str = ""
    why: str = "undefined"
    reason: str = ""
    second: str = ""
    joint: str = " /"
    derive: Callable[[Rows, "Texts"], NDArray[np.float64]] | None = None
    default: bool = True
    compact: bool = False
    digits: int = 3  # of a second, for times
    named: Callable[[str], str] | None = None  # what a text of the board reads, where it is a code

    @property
    def right(self) -> bool:
        """True for what is aligned right: figures and times."""
        return self.look in _FIGURES

    @property
    def searched(self) -> bool:
        """True when the quick filter looks for words in it."""
        return not self.right and self.look != "spark"

    def say(self, value: float, texts: "Texts", where: tzinfo = UTC, exponent: int = 0) -> str:
        """The text of a cell; a dash where the value is undefined. `exponent`: the instrument's size exponent."""
        if self.look == "spark":
            return ""
        if not self.right:
            word = texts.text(int(value))
            return (self.named(word) if self.named and word else word) or self.empty
        if text.undefined(value):
            return self.empty
        if self.look == "time":
            return text.clock(int(value), where, self.digits)
        return text.quantity(int(value), exponent) if self.look == "quantity" else self.show(value)

    @property
    def empty(self) -> str:
        """What an undefined cell reads."""
        return _EMPTY.get(self.look, text.DASH)


_LEVELS: Final[dict[str, tuple[Shape, str]]] = {
    "N/A": ("ring", "faint"),
    "QUIET": ("diamond", "good"),
    "GREEN": ("circle", "good"),
    "AMBER": ("triangle", "amber"),
    "RED": ("square", "red"),
}
_STATUS: Final = {
    "0": "new", "1": "part", "2": "filled", "3": "done", "4": "cxl", "5": "repl", "6": "cxl?", "8": "rej", "9": "susp",
    "A": "new?", "C": "exp", "E": "repl?",
}  # fmt: skip


def status_words(code: str) -> str:
    """A status of FIX tag 39 as it is read; ? where the other side has not said yes yet."""
    return _STATUS.get(code, code)


# gravity of either light; AMBER and RED stand as high in both
SEVERITY: Final = {word: rank for rank, word in enumerate(_LEVELS)} | {"GREY": 0, "CLEAR": 1, "LEAN": 2}


def mark(look: str, word: str) -> tuple[Shape, str]:
    """Shape and tone of a light: the level (how large the cost is) or the evidence (are our signals read)."""
    if look == "level":
        return _LEVELS.get(word.upper(), ("none", "faint"))
    light = light_of(word)
    return light.shape, light.tone


def side_tone(word: str) -> str:
    """Colour of a side; never one of the lights'."""
    return {"BUY": "buy", "SELL": "sell", "SHORT": "sell"}.get(word.upper(), "ink")


def look_of(column: Column, said: str) -> tuple[Shape, str]:
    """Shape and tone of a cell that reads so."""
    if column.look in {"level", "evidence"}:
        return mark(column.look, said)
    if column.look == "side":
        return "none", side_tone(said)
    return "none", "faint" if said in {text.DASH, column.empty} else "ink"


def money(name: str, title: str, chars: int, about: str, *, default: bool = False) -> Column:
    """A column of money; cost is positive."""
    about += ", money; + costs"
    return Column(name, title, chars, show=text.whole, about=about, why=NO_ARRIVAL, default=default)


def markout(horizon: str, *, default: bool = True) -> Column:
    """A column of one markout."""
    about = f"mid {horizon} after our fills against the fill price, bps; + = price went our way"
    name = f"markout_{horizon}_bps"
    return Column(name, f"Mo {horizon}", 6, about=about, why=NO_HORIZON, default=default)


FILLS: Final = (
    Column("ts_event", "Time", 12, "time"),
    Column("fill_id", "Fill", 9, "text"),
    Column("venue", "Venue", 6, "text"),
    Column("liquidity", "Liq", 3, "text", about="A added, R removed, X auction, D dark"),
    Column("qty", "Qty", 7, "quantity"),
    Column("px", "Price", 9, show=text.price),
    Column("mid_before", "Mid bef.", 9, show=text.price, why="no valid mid before the fill"),
    Column("slip_arrival_bps", "Slip bps", 8, show=text.arrowed, why=NO_ARRIVAL),
    Column("cum_slip_bps", "Cum bps", 7, why=NO_ARRIVAL),
    Column("mid_drift_bps", "Drift bps", 7, about="mid before the fill against arrival; + costs", why=NO_ARRIVAL),
    Column("eff_spread_bps", "Eff bps", 7, about="effective spread", why="no valid mid before the fill"),
    markout("1s"),
    markout("1m"),
    Column("child_id", "Child", 9, "text"),
    Column("flags", "Flags", 18, "text"),
)

CHILDREN: Final = (
    Column("ts_new", "New", 12, "time"),
    Column("child_id", "Child", 9, "text"),
    Column("venue", "Venue", 6, "text"),
    Column("order_type", "Type", 7, "text"),
    Column("price", "Price", 9, show=text.price, why="no limit price"),
    Column("qty", "Qty", 7, "quantity"),
    Column("filled", "Filled", 7, "quantity"),
    Column("avg_px", "Avg px", 9, show=text.price, why=NO_FILL),
    Column("child_arrival_mid", "Mid at new", 9, show=text.price, why="no valid mid before the child"),
    Column("last_status", "Status", 7, "text", named=status_words, about="FIX tag 39 in a word; ? is pending"),
    Column("n_replace_requests", "Repl", 5, show=text.number, about="replace requests"),
    Column("n_cancel_requests", "Canc", 5, show=text.number, about="cancel requests"),
    Column(
        "response_1s_bps", "Resp 1s", 8, about="mid 1 s after the child against before; + = against us", why=NO_HORIZON
    ),
    Column("ts_done", "Done", 12, "time", why="still open"),
    Column("flags", "Flags", 18, "text"),
)


EVENTS: Final = {"child_new": "post", "child_replaced": "replace", "child_cancelled": "cancel"}
FILL_CLASSES: Final = {"A": "passive", "R": "aggressive"}


def event_class(kind: str, liquidity: str) -> str:
    """What an own event is on the trace: passive, aggressive, other (fills), post, replace, cancel; "" = not shown."""
    return FILL_CLASSES.get(liquidity, "other") if kind in {"fill", "correct"} else EVENTS.get(kind, "")
