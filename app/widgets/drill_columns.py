"""Columns of the drill-down: algo orders, children, fills, messages. The first ones fit a dock of the default width."""

from typing import Final

import numpy as np

from app.widgets import format as text
from app.widgets.columns import NO_ARRIVAL, NO_FILL, NO_HORIZON, Column, markout, status_words

# One algo order of a parent, gathered on the screen from its children, fills and events; texts are the board's.
ALGO: Final = np.dtype(
    [
        ("algo_order_id", "u4"), ("algo", "u4"), ("state", "u4"), ("source", "u4"), ("n_children", "i8"),
        ("filled", "i8"), ("avg_px", "f8"), ("first_ts", "i8"), ("last_ts", "i8"), ("seq", "i8"),
    ],
    align=True,
)  # fmt: skip

ALGOS: Final = (
    Column("algo_order_id", "Algo order", 14, "text", about="the order at the EMS or broker"),
    Column("algo", "Algo", 9, "text", about="strategy of its last version"),
    Column("state", "Last event", 14, "text"),
    Column("n_children", "Children", 8, show=text.number),
    Column("filled", "Filled", 8, show=text.number, about="live fills"),
    Column("avg_px", "Avg px", 9, show=text.price, why=NO_FILL),
    Column("first_ts", "From", 12, "time"),
    Column("last_ts", "To", 12, "time"),
)

CHILDREN: Final = (
    Column("ts_new", "New", 12, "time"),
    Column("child_id", "Child", 10, "text"),
    Column("venue", "Venue", 6, "text"),
    Column("price", "Price", 9, show=text.price, why="no limit price"),
    Column("qty", "Qty", 7, show=text.number),
    Column("filled", "Filled", 7, show=text.number),
    Column("last_status", "Status", 6, "text", named=status_words, about="FIX tag 39 in a word; ? is pending"),
    Column(
        "response_1s_bps", "Resp 1s", 7, about="mid 1 s after the child against before; + = against us", why=NO_HORIZON
    ),
    Column("n_replace_requests", "Rpl", 4, show=text.number, about="replace requests"),
    Column("n_cancel_requests", "Cxl", 4, show=text.number, about="cancel requests"),
    Column("avg_px", "Avg px", 9, show=text.price, why=NO_FILL),
    Column("ts_done", "Done", 12, "time", why="still open"),
    Column("order_type", "Type", 7, "text"),
    Column("child_arrival_mid", "Mid at new", 9, show=text.price, why="no valid mid before the child"),
    Column("flags", "Flags", 18, "text"),
)

FILLS: Final = (
    Column("ts_event", "Time", 12, "time"),
    Column("fill_id", "Fill", 10, "text"),
    Column("venue", "Venue", 6, "text"),
    Column("liquidity", "Liq", 3, "text", about="A added, R removed, X auction, D dark"),
    Column("qty", "Qty", 7, show=text.number),
    Column("px", "Price", 9, show=text.price),
    Column("slip_arrival_bps", "Slip bps", 8, show=text.arrowed, why=NO_ARRIVAL),
    Column("cum_slip_bps", "Cum bps", 7, why=NO_ARRIVAL),
    Column("eff_spread_bps", "Eff bps", 7, about="effective spread", why="no valid mid before the fill"),
    markout("1s"),
    markout("1m"),
    Column("mid_before", "Mid bef.", 9, show=text.price, why="no valid mid before the fill"),
    Column("mid_drift_bps", "Drift bps", 7, about="mid before the fill against arrival; + costs", why=NO_ARRIVAL),
    Column("child_id", "Child", 10, "text"),
    Column("flags", "Flags", 18, "text"),
)

MESSAGES: Final = (
    Column("ts", "Time", 15, "time"),
    Column("kind", "Event", 22, "text"),
    Column("id", "Id", 12, "text"),
    Column("px", "Price", 9, show=text.price, why="the message has none"),
    Column("qty", "Qty", 8, show=text.number),
    Column("algo", "Algo", 8, "text"),
    Column("source", "Source", 8, "text"),
    Column("seq", "Seq", 7, show=text.number),
    Column("text", "Text", 30, "text"),
)
