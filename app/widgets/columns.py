"""What a grid shows: a column names its field of the board row, how it reads, and why it may be undefined."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Final, Literal, Protocol

from app.widgets import format as text
from app.widgets.theme import Shape

Look = Literal["text", "figure", "time", "side", "level", "evidence"]

NO_HORIZON: Final = "the horizon has not passed, the data ended before it, or the market was not two-sided then"
NO_ARRIVAL: Final = "no arrival mid: the market was not two-sided, open and known strictly before parent entry"
NO_MODEL: Final = "reference data missing (daily sigma, ADV, shares outstanding) or nothing done yet"
NO_FILL: Final = "no fill yet"
NOT_MEASURED: Final = "not measured yet"
_EMPTY: Final = {"level": "N/A", "evidence": NOT_MEASURED}


class Texts(Protocol):
    """Where texts come from: the board's arena."""

    def text(self, index: int) -> str:
        """The text at an index; 0 is the empty one."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `name` is the field of the row, `show` makes text of a defined figure, `reason` is a field too."""

    name: str
    title: str
    chars: int
    look: Look = "figure"
    show: Callable[[float], str] = text.signed
    about: str = ""
    why: str = "undefined"
    reason: str = ""

    @property
    def right(self) -> bool:
        """True for what is aligned right: figures and times."""
        return self.look in {"figure", "time"}

    def say(self, value: float, texts: Texts, where: tzinfo = UTC) -> str:
        """The text of a cell; a dash where the value is undefined."""
        if self.look not in {"figure", "time"}:
            return texts.text(int(value)) or self.empty
        if text.undefined(value):
            return text.DASH
        return text.clock(int(value), where) if self.look == "time" else self.show(value)

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
_EVIDENCE: Final[dict[str, tuple[Shape, str]]] = {
    "CLEAR": ("circle", "good"),
    "LEAN": ("hollow_diamond", "amber"),
    "WATCH": ("diamond", "amber"),
    "LEAK": ("square", "red"),
}
SEVERITY: Final = {word: rank for marks in (_LEVELS, _EVIDENCE) for rank, word in enumerate(marks)}


def mark(look: str, word: str) -> tuple[Shape, str]:
    """Shape and tone of a light: the level (how large the cost is) or the evidence (are our signals read)."""
    return (_LEVELS if look == "level" else _EVIDENCE).get(word.upper(), ("none", "faint"))


def side_tone(word: str) -> str:
    """Colour of a side; never one of the lights'."""
    return {"BUY": "buy", "SELL": "sell", "SHORT": "sell"}.get(word.upper(), "ink")


def money(name: str, title: str, chars: int, about: str) -> Column:
    """A column of money; cost is positive."""
    return Column(name, title, chars, show=text.whole, about=about + ", money; + costs", why=NO_ARRIVAL)


def markout(horizon: str) -> Column:
    """A column of one markout."""
    about = f"mid {horizon} after our fills against the fill price, bps; + = price went our way"
    return Column(f"markout_{horizon}_bps", f"Mo {horizon}", 6, about=about, why=NO_HORIZON)


BLOTTER: Final = (
    Column("level", "Level", 8, "level", about="how large the cost is; says nothing about why", reason="level_reason"),
    Column("status", "Evidence", 14, "evidence", about="whether our own signals are read", reason="status_reason"),
    Column("parent_id", "Order", 9, "text"),
    Column("instrument", "Symbol", 7, "text"),
    Column("side", "Side", 6, "side"),
    Column("order_qty", "Qty", 8, show=text.number, about="order quantity after amendments"),
    Column("done_pct", "Done %", 6, show=lambda value: text.number(value, 1), about="filled of the order quantity"),
    Column("avg_px", "Avg px", 9, show=text.price, about="average price of live fills", why=NO_FILL),
    Column("arrival_mid", "Arrival", 9, show=text.price, about="mid strictly before parent entry", why=NO_ARRIVAL),
    Column("slip_arrival_bps", "Slip bps", 8, show=text.arrowed, about="average price against arrival; + costs",
           why=f"{NO_FILL}, or {NO_ARRIVAL}"),
    Column("expected_cost_bps", "Exp bps", 7, about="expected cost at what is done, uncalibrated", why=NO_MODEL),
    Column("cost_z", "Cost z", 6, about="(cost - expected) / timing risk", why=NO_MODEL, reason="level_reason"),
    Column("participation", "Part %", 6, show=text.percent, about="own of eligible volume while live and marketable",
           why="no eligible volume yet"),
    money("is_ccy", "Shortfall", 9, "implementation shortfall marked to now"),
    Column("is_bps", "IS bps", 6, about="shortfall of S x decision price (arrival where none)", why=NO_ARRIVAL),
    money("spread_ccy", "Spread", 8, "fills against the mid before them"),
    money("drift_ccy", "Drift", 8, "mid moves on what was unfilled; not split into market, own, leak, noise yet"),
    money("amend_ccy", "Amend", 7, "quantity changed at a mid away from arrival"),
    money("fees_ccy", "Fees", 7, "fees of live fills"),
    Column("currency", "Ccy", 4, "text"),
    markout("1s"),
    markout("1m"),
    Column("algo", "Algo", 6, "text"),
    Column("state", "State", 6, "text"),
    Column("last_ts", "Updated", 12, "time", about="event time of the last change"),
)  # fmt: skip

FILLS: Final = (
    Column("ts_event", "Time", 12, "time"),
    Column("fill_id", "Fill", 9, "text"),
    Column("venue", "Venue", 6, "text"),
    Column("liquidity", "Liq", 3, "text", about="A added, R removed, X auction, D dark"),
    Column("qty", "Qty", 7, show=text.number),
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
    Column("qty", "Qty", 7, show=text.number),
    Column("filled", "Filled", 7, show=text.number),
    Column("avg_px", "Avg px", 9, show=text.price, why=NO_FILL),
    Column("child_arrival_mid", "Mid at new", 9, show=text.price, why="no valid mid before the child"),
    Column("last_status", "Status", 7, "text", about="FIX tag 39"),
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
