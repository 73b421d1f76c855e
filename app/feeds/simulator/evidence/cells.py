"""Where everything stands in the arrays of the lean market: one NamedTuple of few arrays, columns by number.

The lean market knows touches, prints and own children of one instrument; parameters and state are in bps of the
arrival price, prices of rows in ticks, times in ns since the epoch, sizes in shares.
"""

from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Bytes: TypeAlias = NDArray[np.int8]

VENUES: Final = 2
SCALES: Final = 4  # of impact: three that fade and one that stays
SLOTS: Final = 48  # own children resting at once in one instrument
WAITING: Final = 256  # own and foreign actions on their way at once
FACTOR_NS: Final = 250_000_000  # a step of the common factor
LATENCY_NS: Final = 600_000  # to a venue, at least

# kinds of what comes from outside
REFRESH, OTHERS = range(2)
# columns of `draws`
(D_PRICE, D_SIGNAL, D_BID, D_ASK, D_SPREAD, D_VENUE, DRAWS) = range(7)

# whole parameters
(P_BEGIN, P_SEED, P_AGENT, P_MIDDLE, P_PARENTS, P_LOT, P_TELL, PS) = range(8)

# real parameters
(
    F_TICK, F_BETA, F_G, F_TAU, F_KAPPA, F_SIGNAL_TAU, F_LEAD, F_TILT, F_DEPTH, F_FIRST, F_HYSTERESIS, F_MEMORY,
    F_NOISE, F_DRIFT, F_Q0, F_SHARE, F_POST, F_TAKE, F_DELAY, F_DELAY_SD, F_FLOW, F_FADE, F_FADE_DEPTH, F_SIZE,
    F_AT_FIRST, F_AT_SECOND, F_ONE, F_TWO, F_RESPREAD, F_FADE_TAU, F_SINCE, F_UNTIL, F_OWN,
) = (
    0, 1, 2, 6, *range(9, 38),
)  # fmt: skip
FS: Final = 38

# whole state
(Z_NOW, Z_LAST, Z_BID, Z_SPREAD, Z_OUT, Z_TOLD, Z_CHILDREN, Z_DUE, Z_VOLUME, Z_EXECS, Z_REFRESHED, Z_LOST, ZS) = range(
    13
)
# real state: X_S what others and we pressed, X_A what the agent pressed, by scale
(X_NOISE, X_SIGNAL, X_S, X_A, X_FADE, X_LEVEL, X_SLOW, X_SHARE) = (0, 1, 2, 6, 10, 11, 12, 13)
XS: Final = 14

# a venue's shape: noise of both queues, what was taken of them
(V_BID, V_ASK, V_BID_TAKEN, V_ASK_TAKEN, VS) = range(5)
# a venue's touch as last told, own size included
(T_BID, T_BID_SIZE, T_ASK, T_ASK_SIZE, TS) = range(5)

# a parent
(
    A_SIDE, A_START, A_END, A_ALGO, A_QTY, A_CLIP, A_DONE, A_WORKING, A_SENT, A_VOLUME, A_STATE, A_CHILDREN, A_FIRST,
    A_ANSWERED, A_LEAKS, A_PATIENCE, A_EXPECTED, A_ARRIVAL, A_WORKS, A_COLUMNS,
) = range(20)  # fmt: skip
NOT_YET, ACTIVE, OVER = range(3)
# what a parent saw of the agent before it began: impact of its trades, of its fading
(B_FLOW, B_FADE, B_COLUMNS) = range(3)

ALGOS: Final = ("VWAP", "TWAP", "POV", "PASSIVE", "SEEK", "CHASE", "SIGNAL")
VWAP, TWAP, POV, PASSIVE, SEEK, CHASE, SIGNAL = range(7)

# a resting child
(S_ON, S_PARENT, S_CHILD, S_SIDE, S_VENUE, S_TICK, S_LEFT, S_AHEAD, S_VERSION, S_COLUMNS) = range(10)
# what is on its way
(W_DUE, W_WHAT, W_PARENT, W_CHILD, W_QTY, WAITING_COLUMNS) = range(6)
NEVER: Final = 2**62
POSTS, TAKES, TIRES, ACTS = range(4)

# a child, for good
(C_PARENT, C_WAY, C_VENUE, C_AT, C_ANSWERED, C_NUMBER, C_COLUMNS) = range(7)
POST, TAKE = range(2)

# a row of the tape
(R_AT, R_ACTION, R_VENUE, R_SIDE, R_PRICE, R_SIZE, R_PRICE2, R_SIZE2, R_COLUMNS) = range(9)
QUOTED, TRADED = range(2)

# an own fact
(
    O_AT, O_KIND, O_PARENT, O_CHILD, O_VERSION, O_VENUE, O_WAY, O_QTY, O_TICK, O_EXEC, O_COLUMNS,
) = range(11)  # fmt: skip
NEW, ACKED, FILLED, CANCEL_ASKED, CANCELLED, REPLACE_ASKED, REPLACED, BEGUN, DONE = range(9)
# what the agent had done to the price at an own fill, since the parent began
(M_FLOW, M_FADE, M_COLUMNS) = range(3)

# streams of random numbers
(K_LOOK, K_VENUE, K_LATENCY, K_NOTICE, K_DELAY, K_SIZE, K_PATIENCE, K_WAY) = range(40, 48)


class Pit(NamedTuple):
    """One instrument of an episode: parameters, what comes from outside, state, and what is told."""

    p: Ints
    f: Floats
    z: Ints
    x: Floats
    times: Ints
    kinds: Bytes
    signs: Bytes
    sizes: Ints
    draws: Floats  # [event, DRAWS]
    spread: Floats  # by second: sd of the price in bps a square root of a second
    curve: Floats  # by second: share of the expected volume so far
    factor: Floats  # by step: the common factor in bps
    venues: Floats
    touch: Ints
    parents: Ints
    before: Floats
    slots: Ints
    waiting: Ints
    children: Ints
    tape: Ints
    told: Ints
    marks: Floats
