"""Row layouts of the touch history: venue slots, consolidated rows, prints and joins."""

from typing import Final

import numpy as np

_TOUCH: Final = [
    ("bid", "i8"), ("bid_size", "i8"), ("ask", "i8"), ("ask_size", "i8"),
    ("bid2", "i8"), ("bid2_size", "i8"), ("ask2", "i8"), ("ask2_size", "i8"),
]  # fmt: skip

# Running sums of an instrument at a moment: eligible volume and notional (two limbs of base 2**62, in
# 1e-9 price x size), volume by aggressor, integral of mid2 dt (two limbs, ns) over `span` defined ns,
# integral of sigma^2 dt.
_SUMS: Final = [
    ("volume", "i8"), ("notional_hi", "i8"), ("notional_lo", "i8"), ("bought", "i8"), ("sold", "i8"),
    ("area_hi", "i8"), ("area_lo", "i8"), ("span", "i8"), ("variance", "f8"), ("sigma2", "f8"),
]  # fmt: skip

# The current two best levels of one (instrument, venue).
SLOT: Final = np.dtype([*_TOUCH, ("status", "u1"), ("pad", "u1", (7,))])

# One consolidated state, valid from `ts` on. `mid2` is NULL while undefined; `held` is the last valid one,
# with its touch, and `since` the moment it was lost (NULL while valid).
HISTORY: Final = np.dtype(
    [
        ("ts", "i8"), *_TOUCH, ("mid2", "i8"), ("held", "i8"), ("since", "i8"),
        ("held_bid", "i8"), ("held_bid_size", "i8"), ("held_ask", "i8"), ("held_ask_size", "i8"),
        *_SUMS, ("quality", "u1"), ("pad", "u1", (7,)),
    ]
)  # fmt: skip

# Realised variance: the last sample's time and mid2, and the seconds seen so far.
SAMPLE: Final = np.dtype([("ts", "i8"), ("mid2", "i8"), ("elapsed", "f8")])

# A print, or (`part`, of the print numbered `whole`) one resting order's share of the print before it: never volume,
# only a name to match.
PART: Final = 1
ALL_OF_IT: Final = 2  # the whole print is that one order's: its name is the print's own
PRINT: Final = np.dtype(
    [
        ("ts", "i8"), ("price", "i8"), ("size", "i8"), ("order_id", "u8"), ("seq", "u8"), ("number", "i8"),
        ("whole", "i8"),
        ("venue", "i2"), ("side", "i1"), ("condition", "u1"), ("cancelled", "u1"), ("eligible", "u1"),
        ("part", "u1"), ("pad", "u1"),
    ]
)  # fmt: skip

# A cancelled print: what it takes back from the sums after `ts`.
TAKEN_BACK: Final = np.dtype(
    [
        ("ts", "i8"), ("price", "i8"), ("size", "i8"), ("number", "i8"),
        ("instrument", "i4"), ("side", "i1"), ("eligible", "u1"),
        ("pad", "u1", (2,)),
    ]
)  # fmt: skip

# What the look-up `mid(t) -> (value, age, quality)` answers, with touch and sums as of `t`; `last` is the last
# defined mid2 of any age.
JOIN: Final = np.dtype(
    [
        ("t", "i8"), *_TOUCH, ("mid2", "i8"), ("age", "i8"), ("last", "i8"), *_SUMS,
        ("quality", "u1"), ("final", "u1"), ("pad", "u1", (6,)),
    ]
)  # fmt: skip
