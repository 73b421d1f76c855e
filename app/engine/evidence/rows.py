"""Row layouts and sizes of the evidence engine: residual streams, their recent steps, own events, e-processes."""

from typing import Final

import numpy as np

STEP_NS: Final = 50_000_000
STEP_S: Final = 0.05
RING: Final = 170  # steps kept: the longest window and what the step in the making may overlap
LENGTHS: Final = (10, 20, 40, 80, 160)  # steps of .5, 1, 2, 4 and 8 s
LONGEST: Final = LENGTHS[-1]
MEASURED: Final = 20  # steps of the direct estimate
LAWS: Final = 4
JUMPS: Final = (0.125, 0.25)  # ticks
GROUPS: Final = (0b0011, 0b1100, 0b0110, 0b1111)  # delay laws behind the grouped scores, a bit each
SHARES: Final = (0.02, 0.06, 0.15, 0.3, 0.6)  # share of children that are answered
EDGES: Final = (0, 2, 4, 8, 16, 32, 64, 160)  # steps between which prices after an event are averaged
BLOCKS: Final = len(EDGES) - 1
MATCHED: Final = BLOCKS + 3  # of a matched filter: weights, variance per squared tick and per q, response to 1 bps
FOLLOWS_S: Final = 0.25  # how soon a trade is followed by another of its burst
SCORES: Final = 24
WORLDS: Final = SCORES * len(SHARES)
FLOWS: Final = 0  # where each kind of score begins
QUOTES: Final = 4
JOINTS: Final = 12
JOINT_GROUPS: Final = 16
RETREATS: Final = 20
SCORE_NAMES: Final = tuple(
    f"{kind}{law}" for kind in ("flow", "quote_small", "quote_large", "joint", "joint_group", "retreat_group")
    for law in range(LAWS)
)  # fmt: skip

CLASSES: Final = ("passive", "aggressive", "triggered")
PASSIVE, AGGRESSIVE, TRIGGERED = range(3)
VOLATILITIES: Final = 4
POOLS: Final = len(CLASSES) * VOLATILITIES
BUCKETS: Final = 90
CELLS: Final = POOLS * BUCKETS

# flags of a step
OWN: Final = 1  # an own print
FROZEN: Final = 2  # no two-sided market ex own: the last reference stands
HALTED: Final = 4  # halt, auction or close
RESET: Final = 8  # the filter started again

# One symbol's residual stream. Prices in bps of `anchor` (1e-9); `end` is where the step in the making ends. Steps that
# end later than `watched` are not kept: no window will look at them. `hot`: followers a second expected after trades at
# both sides, as of `hot_at`. `raw`: what the kernel makes of the tape; `told`: what of it has been taken off the price,
# by the `gain` of the time, learnt from changes measured from `mark` on. `far_both`, `far_square`: the same of the
# slow part of the kernel, from changes over a minute, the last of which begins at `far`; they enter costs and no price.
# `bid` to `ask_size`: the touch ex own of the last step; `retreats`: its retreats a second, both sides, before they are
# divided by `seen120`; `along`: what a trade counts for on average by what quotes do at it (retreats.py).
STREAM: Final = np.dtype(
    [
        ("anchor", "i8"), ("end", "i8"), ("cursor", "i8"), ("began", "i8"), ("last_trade", "i8"),
        ("index_anchor", "i8"), ("watched", "i8"), ("hot_at", "i8"), ("hot", "f8", (2,)),
        ("raw", "f8"), ("told", "f8"), ("gain", "f8"), ("mark", "i8"), ("mark_raw", "f8"), ("mark_price", "f8"),
        ("both", "f8"), ("square", "f8"), ("pairs", "f8"),
        ("far", "i8"), ("far_fast", "f4"), ("far_slow", "f4"), ("far_price", "f4"),
        ("far_both", "f4"), ("far_square", "f4"),
        ("s", "f8", (4,)), ("own_s", "f8", (4,)), ("memory", "f8", (3,)), ("noise", "f8", (3,)),
        ("lam120", "f8"), ("lam30", "f8"), ("seen120", "f8"), ("seen30", "f8"), ("flow10", "f8"),
        ("p_buy", "f8"), ("q", "f8"), ("q_fast", "f8"), ("m", "f8"), ("p", "f8"), ("r", "f8"),
        ("ref", "f8"), ("size", "f8"), ("sizes", "f8"),
        ("block", "f8"), ("block_noise", "f8"), ("last_block", "f8"), ("last_noise", "f8"),
        ("in_block", "i4"), ("blocks", "i4"), ("kind", "i4"), ("frozen", "i4"),
        ("buys", "i4"), ("sells", "i4"), ("own", "i4"), ("asleep", "i4"),
        ("bid", "i8"), ("ask", "i8"), ("bid_size", "f4"), ("ask_size", "f4"), ("retreats", "f8"), ("along", "f8"),
    ]
)  # fmt: skip

CHECKS: Final = 12  # kept states of a stream

# What one symbol is. `g`: bps per unit of flow by time scale; `market`: instrument of its index, -1 without; `silence`:
# ns without a row from which its market counts as closed; `passed`: moments before this time have been played.
SYMBOL: Final = np.dtype(
    [
        ("g", "f8", (4,)), ("signs", "f8", (3,)), ("size", "f8"), ("beta", "f8"), ("market", "i8"), ("silence", "i8"),
        ("tick", "i8"), ("instrument", "i8"), ("passed", "i8"),
    ]
)  # fmt: skip

# One finished step. `lam`, `p_buy`, `noise` and `q` are from before it. `retreats`: as `retreat` says.
STEP: Final = np.dtype(
    [
        ("r", "f8"), ("m", "f8"), ("noise", "f8"), ("q", "f8"), ("lam", "f8"), ("p_buy", "f8"),
        ("buys", "i2"), ("sells", "i2"), ("flags", "i2"), ("retreats", "i2"),
    ]
)  # fmt: skip

# One own event: the state just before it, both gains of the kernel then, and what its window said once it was closed.
CHILD: Final = np.dtype(
    [
        ("t", "i8"), ("closed", "i8"), ("fact", "i4"), ("cell", "i2"), ("length", "i1"), ("side", "i1"),
        ("early", "i1"), ("state", "i1"), ("before", "i2"), ("step", "f4"), ("hot", "f4"),
        ("m", "f8"), ("p", "f8"), ("tick", "f8"), ("share", "f4"), ("own", "f4"), ("e", "f4", (SCORES,)),
        ("y", "f4"), ("c", "f4"), ("retreats", "f4"), ("along", "f4"), ("gain", "f4"), ("stays", "f4"),
    ]
)  # fmt: skip
