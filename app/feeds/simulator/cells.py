"""Where everything stands in the arrays of a simulated market: one NamedTuple of few arrays, columns by number.

Inside, the own parent always sells: a world whose parent buys is the mirror image of one that sells, taken about the
arrival price where rows are handed out. Prices are whole ticks (the mid of two ticks in 1e-9), the reference price and
impacts are floats in ticks, times ns since the epoch.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.engine.events import MARKET, Rows
from app.engine.units import CONDITION_CODES

AUCTION_PRINT: Final = CONDITION_CODES["auction"]
OFF_EXCHANGE: Final = CONDITION_CODES["off_exchange"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

GRID_NS: Final = 100_000_000  # step of the exogenous path
LIT: Final = 2  # venues with a displayed book; number LIT is the reporting facility of off-exchange prints
SCALES: Final = 3  # time scales of the propagator
SLOTS: Final = 12  # own children at work at once
OPEN_BOOK: Final = 40_000  # orders that can rest at once
QUEUED: Final = 256  # things under way
FREE_ROWS: Final = 4_096  # rows one event may take at most
FREE_FACTS: Final = 256
NEVER: Final = 2**62

# --- counters (`z`) ---------------------------------------------------------------------------------------------------
(
    Z_NOW, Z_SEQ, Z_SEQ_1, Z_SEQ_2, Z_ROWS, Z_OUT, Z_FACTS, Z_NEXT, Z_GRID, Z_FREE, Z_ORDER_ID, Z_QUEUED, Z_DUE,
    Z_CHILDREN, Z_STATUS, Z_VOLUME, Z_DONE, Z_WORKING, Z_DECIDE, Z_STOPPED, Z_EXECS, Z_HIDDEN, Z_DARK, Z_AGENT,
    Z_TAKER, Z_FINAL, Z_CLIPS, Z_LOST, Z_HEARD, Z_RENEW, Z_ALERT, Z_COUNT,
) = range(32)  # fmt: skip
# --- moving figures (`x`) ---------------------------------------------------------------------------------------------
X_REF: Final = 0  # reference price in ticks
X_OWN: Final = 1  # own impact by scale, in ticks
X_AGENT: Final = X_OWN + SCALES  # impact of the leak agent by scale, in ticks
X_TARGET: Final = X_AGENT + SCALES  # shares the schedule wants done by now
X_COUNT: Final = X_TARGET + 1

# --- whole parameters (`p`) -------------------------------------------------------------------------------------------
(
    P_SEED, P_OPEN, P_CLOSE, P_EMIT, P_TICK, P_QTY, P_START, P_END, P_STRATEGY, P_CLIP_LOW, P_CLIP_HIGH, P_PATIENCE,
    P_LIFE, P_DISPLAYED, P_BEHIND, P_CROSS_SIZE, P_USE_DARK, P_AGENT, P_AGENT_FROM, P_LATENCY, P_STEPS, P_MAKER_CLIP,
    P_FINAL, P_DECIDE, P_INSTRUMENT, P_MOST_WORKING, P_BEGAN, P_BEGAN_VOLUME, P_BEGAN_DONE, P_ALERT, P_COUNT,
) = range(31)  # fmt: skip
# --- parameters (`f`) -------------------------------------------------------------------------------------------------
(
    F_ARRIVAL, F_HALF, F_DEPTH, F_DEPTH_1, F_DEPTH_2, F_DEPTH_3, F_DEPTH_4, F_PULL, F_TARGET, F_MOST, F_ADV, F_AHEAD,
    F_SEEN_POST, F_SEEN_TAKE, F_SEEN_HIDDEN, F_SEEN_DARK, F_DELAY, F_DELAY_SD, F_AGENT_SIZE, F_FADE, F_MID_SHARE,
    F_DARK_SHARE, F_PASSIVE_IMPACT, F_DECAY, F_DECAY_1, F_DECAY_2, F_OWN, F_OWN_1, F_OWN_2,
    F_LEAK, F_LEAK_1, F_LEAK_2, F_UNIT, F_SECOND_VENUE, F_IN_FRONT, F_COUNT,
) = range(36)  # fmt: skip

# --- resting orders (`pool`), levels, own children (`slots`), things under way (`queue`), own facts ----------------
O_ID, O_SIZE, O_TICK, O_SIDE, O_VENUE, O_OWNER, O_NEXT, O_BEFORE, O_COLUMNS = range(9)
L_HEAD, L_TAIL, L_SIZE, L_COLUMNS = range(4)
MAKER: Final = 0  # owner of background orders; own child in slot k: k + 1
(
    S_STATE, S_CHILD, S_VENUE, S_TICK, S_QTY, S_FILLED, S_KIND, S_ORDER, S_BORN, S_UNTIL, S_ID, S_VERSION, S_ASKED,
    S_LIMIT, S_COLUMNS,
) = range(15)  # fmt: skip
FREE, SENT, LIVE, LEAVING = range(4)  # states of a slot
POST, TAKE, HIDDEN, DARK, CROSS = range(5)  # own children: displayed, aggressive, hidden, dark, for the closing cross
Q_AT, Q_WHAT, Q_A, Q_B, Q_C, Q_COLUMNS = range(6)
ENTER, LEAVE, MOVE, SELL, FADE, PRINT = range(6)  # what is under way
(
    W_AT, W_KIND, W_CHILD, W_VERSION, W_WAY, W_QTY, W_PRICE, W_VENUE, W_ORDER_ID, W_MATCH, W_LIQUIDITY, W_CUM,
    W_LEAVES, W_GRID, W_COLUMNS,
) = range(15)  # fmt: skip
(
    NEW, ACKED, FILLED, CANCEL_ASKED, CANCELLED, CANCEL_REFUSED, EXPIRED, REPLACE_ASKED, REPLACED,
) = range(9)  # fmt: skip
ADDED, REMOVED, AUCTIONED, IN_THE_DARK = range(4)  # liquidity of a fill

# --- what comes from outside, in order of time: kind and whole mark ---------------------------------------------------
REFRESH, ORDER, DARK_ORDER, AUCTION_BEGINS, CROSSING, OPENS, HALTS, REOPENS, CLOSES = range(9)
(R_REFRESH, R_ORDER, R_DARK, R_CHILD, R_SEEN, R_DECIDE, R_SEEDING) = range(1, 8)  # streams of random numbers

# strategies by the way the target is found
BY_VOLUME, BY_TIME, BY_RATE, BY_REST = range(4)


class Floor(NamedTuple):
    """A market at work: what comes from outside, the books, the own algo, and the rows and facts in the making."""

    times: Ints
    kinds: NDArray[np.int8]
    marks: Ints
    path: Floats  # exogenous price in ticks from arrival, by grid step
    curve: Floats  # share of the day's volume expected by then, by grid step
    z: Ints
    x: Floats
    p: Ints
    f: Floats
    pool: Ints
    levels: Ints  # [book, tick, column]; book = 2 * venue + half, half 0 bids, 1 asks
    best: Ints  # [book]: tick, -1 = no bid, ticks = no ask
    slots: Ints
    queue: Ints
    facts: Ints
    out: Rows


def empty_floor(ticks: int, rows: int, facts: int) -> Floor:
    """A floor with nothing on it; prices below `ticks`."""
    pool = np.zeros((OPEN_BOOK, O_COLUMNS), np.int64)
    pool[:, O_NEXT] = np.arange(1, OPEN_BOOK + 1)
    levels = np.full((2 * LIT, ticks, L_COLUMNS), -1, np.int64)
    levels[..., L_SIZE] = 0
    best = np.full(2 * LIT, -1, np.int64)
    best[1::2] = ticks
    z = np.zeros(Z_COUNT, np.int64)
    z[Z_DUE] = z[Z_DECIDE] = NEVER
    return Floor(
        times=np.zeros(0, np.int64), kinds=np.zeros(0, np.int8), marks=np.zeros(0, np.int64),
        path=np.zeros(0), curve=np.zeros(0), z=z, x=np.zeros(X_COUNT), p=np.zeros(P_COUNT, np.int64),
        f=np.zeros(F_COUNT), pool=pool, levels=levels, best=best, slots=np.zeros((SLOTS, S_COLUMNS), np.int64),
        queue=np.zeros((QUEUED, Q_COLUMNS), np.int64), facts=np.zeros((facts, W_COLUMNS), np.int64),
        out=np.zeros(rows, MARKET),
    )  # fmt: skip
