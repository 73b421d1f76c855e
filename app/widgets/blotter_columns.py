"""The blotter's columns: those shown by default, and the rest for the column chooser."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.board import distinct
from app.engine.events import Rows
from app.engine.units import BPS
from app.widgets import format as text
from app.widgets.columns import NO_ARRIVAL, NO_FILL, NO_MODEL, SEVERITY, Column, Texts, markout, money
from app.widgets.evidence_words import NOT_MEASURED, e_words

WEIGHTS: Final = {"RED": 30.0, "AMBER": 10.0}  # every other level 1; an order that is done needs nothing: 1 too
_OVER: Final = ("done", "filled", "cancelled", "expired", "rejected")
_MOST_E: Final = 1e6
_MANY: Final = 1e5
_FEW: Final = 8  # texts that are read one by one


def attention(rows: Rows, texts: Texts) -> NDArray[np.float64]:
    """What the rows are sorted by at first: projected leak money x evidence, log10 of E.

    Tenfold where an order stands out among all of them. Behind come those that are over, in the same order, then what
    no evidence speaks against, by `cost_attention`.
    """
    costs = cost_attention(rows, texts)
    measured = rows["status"] != 0
    if not measured.any():
        return costs
    over = _by_text(rows["state"], texts, lambda word: float(word.lower() in _OVER)) > 0
    seen = _by_text(rows["status"], texts, lambda word: float(word != "GREY")) > 0
    e = np.where(seen & ~np.isnan(rows["e_value"]), rows["e_value"], 1.0)
    weight = np.log10(np.clip(e, 1.0, _MOST_E)) * np.where(rows["in_fdr_set"] > 0, 10.0, 1.0)
    leak = np.maximum(weight * np.nan_to_num(rows["leak_projected_ccy"]), 0.0)
    ranked = np.where(over, 1.0 + leak / (leak + _MANY), 2.0 + leak)  # one unit of money parts those behind
    behind = np.nan_to_num(costs / (np.abs(costs) + _MANY))
    found: NDArray[np.float64] = np.where(measured, np.where(leak > 0, ranked, behind), costs)
    return found


def cost_attention(rows: Rows, texts: Texts) -> NDArray[np.float64]:
    """Gravity of the level x shortfall in money, undefined without money: the order without evidence."""
    weight = _by_text(rows["level"], texts, lambda word: WEIGHTS.get(word.upper(), 1.0))
    over = _by_text(rows["state"], texts, lambda word: float(word.lower() in _OVER))
    found: NDArray[np.float64] = np.where(over > 0, 1.0, weight) * rows["is_ccy"]
    return found


def limit_distance(rows: Rows, texts: Texts) -> NDArray[np.float64]:
    """Room to the limit in bps of the mid: + the market is inside it, - the order cannot trade."""
    sign = _by_text(rows["side"], texts, lambda word: 1.0 if word == "BUY" else -1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        found: NDArray[np.float64] = sign * (rows["limit_px"] - rows["mid"]) / rows["mid"] * BPS
    return found


def _by_text(values: NDArray[np.uint32], texts: Texts, made: Callable[[str], float]) -> NDArray[np.float64]:
    if len(values) <= _FEW:
        return np.array([made(texts.text(i)) for i in values.tolist()], np.float64)
    unique, inverse = np.unique(values, return_inverse=True)
    return np.array([made(texts.text(i)) for i in unique.tolist()], np.float64)[inverse]


def gravest(levels: NDArray[np.uint32], texts: Texts) -> int:
    """Arena index of the gravest of some levels."""
    return int(max(distinct(levels).tolist(), key=lambda i: SEVERITY.get(texts.text(i).upper(), -1)))


def tenths(value: float) -> str:
    """One decimal."""
    return text.number(value, 1)


def age(value: float) -> str:
    """Age of an alert, m:ss or h:mm:ss; the sign in front says what became of it."""
    seconds = int(abs(value) // 1_000_000_000)
    minutes, rest = divmod(seconds, 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}" if minutes >= 60 else f"{minutes}:{rest:02d}"


ATTENTION: Final = Column("attention", "Attention", 9, show=text.whole, derive=attention, default=False,
                          about="projected leak money x evidence, then gravity of the level x shortfall")  # fmt: skip
BLOTTER: Final = (
    Column("level", "Level", 8, "level", about="how large the cost is; says nothing about why", reason="level_reason",
           compact=True),
    Column("spark", "Slip trend", 9, "spark", about="slippage against arrival, the last 16 minutes of event time",
           why="too few figures yet"),
    Column("status", "Evidence", 15, "evidence", reason="status_reason", compact=True,
           about="are our own orders answered? E: evidence for a leak; ≥: smallest leak (bps) that could be seen by "
           "now; ★ stands out among all live orders"),
    Column("parent_id", "Order", 9, "text"),
    Column("instrument", "Symbol", 7, "text", compact=True),
    Column("side", "Side", 6, "side", compact=True),
    Column("order_qty", "Qty", 8, "quantity", about="order quantity after amendments"),
    Column("done_pct", "Done /plan %", 10, show=tenths, second="planned_pct",
           about="filled of the order quantity / what the schedule asks for by now"),
    Column("expected_finish_ns", "Finish", 7, "time", digits=0, about="expected finish at the present rate",
           why="done, not started, or no rate to go by"),
    Column("remaining_ccy", "Remaining", 9, show=text.number, about="unfilled quantity at the mid, money",
           why="no mid now"),
    Column("participation", "Part /tgt %", 9, show=text.percent, second="target_pov",
           about="own of eligible volume while live and marketable / target", why="no eligible volume yet"),
    Column("limit_px", "Limit", 9, show=text.price, about="limit price", why="no limit"),
    Column("limit_distance", "Room bps", 7, derive=limit_distance, why="no limit, or no mid now",
           about="room to the limit, bps of the mid; - the market is outside it"),
    Column("slip_arrival_bps", "Slip bps", 8, show=text.arrowed, about="average price against arrival; + costs",
           why=f"{NO_FILL}, or {NO_ARRIVAL}", compact=True),
    Column("slip_beta_adj_bps", "Slip β", 8, show=text.arrowed, default=False,
           about="slippage against arrival less beta times the index from arrival to each fill; + costs",
           why="no beta, no index of the currency, or no fill"),
    Column("expected_cost_bps", "Exp bps", 6, about="expected cost at what is done, uncalibrated", why=NO_MODEL),
    Column("cost_z", "Cost z", 6, about="(cost - expected) / timing risk", why=NO_MODEL, reason="level_reason"),
    money("is_ccy", "Shortfall", 9, "implementation shortfall marked to now", default=True),
    Column("leak_bps", "Leak /proj", 10, show=tenths, second="leak_projected_bps", reason="status_reason",
           why=NOT_MEASURED, about="leak of the epoch, bps of the order: to date / at completion if it goes on"),
    Column("at_risk_ccy", "At risk", 7, show=text.whole, reason="status_reason", why=NOT_MEASURED,
           about="money the projected leak still adds to what it has cost: what a switch could save"),
    Column("algo", "Algo", 8, "text"),
    Column("broker", "Broker", 6, "text"),
    Column("alert_age", "Alert", 7, "alert", show=age, compact=True,
           about="age of the alert; \u25cf new, \u25cb acknowledged, z shelved (Space acknowledges)"),
    # by the column chooser
    ATTENTION,
    Column("e_value", "E", 7, show=e_words, reason="status_reason", why=NOT_MEASURED, default=False,
           about="by how much a bet on a leak has grown: without one it reaches 20 in at most one order of twenty"),
    Column("leak_lo_bps", "Leak 90 %", 11, show=tenths, second="leak_hi_bps", joint=" to", reason="status_reason",
           why=NOT_MEASURED, default=False, about="interval of the leak to date, bps of the order"),
    Column("min_detectable_bps", "Sees ≥", 7, show=tenths, reason="status_reason", why=NOT_MEASURED, default=False,
           about="the smallest leak that would be seen by now, 80 % power, bps"),
    Column("leak_ccy", "Leak paid", 9, show=text.whole, reason="status_reason", why=NOT_MEASURED, default=False,
           about="the leak to date in money"),
    Column("leak_projected_ccy", "Leak proj", 9, show=text.whole, reason="status_reason", why=NOT_MEASURED,
           default=False, about="the projected leak in money"),
    Column("n_scored", "Scored", 6, show=text.number, reason="status_reason", why=NOT_MEASURED, default=False,
           about="own events the evidence rests on"),
    Column("avg_px", "Avg px", 9, show=text.price, about="average price of live fills", why=NO_FILL, default=False),
    Column("arrival_mid", "Arrival", 9, show=text.price, about="mid strictly before parent entry", why=NO_ARRIVAL,
           default=False),
    Column("mid", "Mid", 9, show=text.price, why="no two-sided market now", default=False),
    Column("is_bps", "IS bps", 7, about="shortfall of S x decision price (arrival where none)", why=NO_ARRIVAL,
           default=False),
    money("spread_ccy", "Spread", 9, "fills against the mid before them"),
    money("drift_ccy", "Drift", 9, "mid moves on what was unfilled: market, own impact, leak, noise"),
    money("amend_ccy", "Amend", 8, "quantity changed at a mid away from arrival"),
    money("fees_ccy", "Fees", 8, "fees of live fills"),
    Column("currency", "Ccy", 4, "text", default=False),
    markout("1s", default=False),
    markout("1m", default=False),
    Column("fill_probability", "P(fill)", 7, show=lambda v: text.number(v, 2), why="no child has ended yet",
           default=False, about="filled of our passive children"),
    Column("aggressor_share", "Aggr %", 7, show=text.percent, about="aggressive of our fills", why=NO_FILL,
           default=False),
    Column("state", "State", 8, "text", default=False),
    Column("trader", "Trader", 8, "text", default=False),
    Column("desk", "Desk", 8, "text", default=False),
    Column("account", "Account", 9, "text", default=False),
    Column("basket_id", "Basket", 9, "text", default=False),
    Column("visibility", "Sees", 5, "text", default=False,
           about="V3 all children and the touch, V2 children not all seen, V1 parents and fills only"),
    Column("last_ts", "Updated", 12, "time", about="event time of the last change", default=False),
)  # fmt: skip
