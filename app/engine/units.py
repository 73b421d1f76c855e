"""Units and codes: integers inside, text at the edge.

Prices are int64 in 1e-9 of the quote currency, times int64 ns since the epoch (UTC),
sizes int64 in units of 10**size_exponent, `mid2` is bid + ask (twice the mid, exact).
"""

from typing import Final

PRICE_SCALE: Final = 1_000_000_000
BPS: Final = 10_000
SECOND: Final = 1_000_000_000
MILLISECOND: Final = 1_000_000
NULL: Final = -(2**63)  # an undefined integer: price, size, time or mid2
PRICE_LIMIT: Final = 2**62 - 1  # of a market row: bid + ask must fit into int64
SIZE_LIMIT: Final = 2**60

# horizons of markouts and responses, in the order of every output table
HORIZONS: Final[tuple[tuple[str, int], ...]] = (
    ("1ms", 1_000_000),
    ("10ms", 10_000_000),
    ("100ms", 100_000_000),
    ("500ms", 500_000_000),
    ("1s", 1_000_000_000),
    ("5s", 5_000_000_000),
    ("15s", 15_000_000_000),
    ("30s", 30_000_000_000),
    ("1m", 60_000_000_000),
    ("5m", 300_000_000_000),
)
HORIZON_NAMES: Final = tuple(name for name, _ in HORIZONS)
HORIZON_NS: Final = tuple(ns for _, ns in HORIZONS)
# where the mid is looked at around an own event: before it and at every horizon after it
BEFORE: Final[tuple[tuple[str, int], ...]] = (("-5s", -5_000_000_000), ("-1s", -1_000_000_000))
POINTS: Final = (*BEFORE, *HORIZONS)
POINTS_NS: Final = tuple(ns for _, ns in POINTS)
AHEAD: Final = len(BEFORE)  # points before the first horizon

# sides: +1 bid or buy, -1 ask or sell, 0 none
BID: Final = 1
ASK: Final = -1
NO_SIDE: Final = 0
SIDES: Final = {"B": BID, "A": ASK, "N": NO_SIDE}
ORDER_SIDES: Final = {"BUY": BID, "SELL": ASK, "SHORT": ASK}

# market actions are the letter's own code
ADD: Final = ord("A")
CANCEL: Final = ord("C")
MODIFY: Final = ord("M")
CLEAR: Final = ord("R")
LEVEL: Final = ord("L")
QUOTE: Final = ord("Q")
TRADE: Final = ord("T")
FILL: Final = ord("F")
PRINT_CANCELLED: Final = ord("X")
STATUS: Final = ord("S")
ACTIONS: Final = frozenset(b"ACMRLQTFXS")

LAST: Final = 128  # last row of one atomic venue event: touches are taken only there
SNAPSHOT: Final = 32  # applied at its packet's time ts_recv

CONDITIONS: Final = ("regular", "auction", "off_exchange", "late", "average", "block", "odd")
CONDITION_CODES: Final = {name: code for code, name in enumerate(CONDITIONS)}
REGULAR: Final = 0
BLOCK: Final = 5
ODD: Final = 6

# trading status of a venue; 0 = none seen, taken as open
STATUSES: Final = ("", "open", "halt", "auction", "closed")
STATUS_CODES: Final = {name: code for code, name in enumerate(STATUSES) if name}
OPEN: Final = 1
HALT: Final = 2
AUCTION: Final = 3
CLOSED: Final = 4

# quality of a mid: what `mid(t)` says beside the value
GOOD: Final = 0
LOCKED: Final = 1
HELD_CROSSED: Final = 2
HELD_ONE_SIDED: Final = 3
UNDEFINED_FROM: Final = 4  # every code from here on comes with an undefined value
CROSSED: Final = 4
ONE_SIDED: Final = 5
IN_HALT: Final = 6
IN_AUCTION: Final = 7
IN_CLOSE: Final = 8
NO_QUOTE: Final = 9
UNJOINED: Final = 10
PAST_END: Final = 11
CLOCK: Final = 12
STALE: Final = 13
PENDING: Final = 14
OUT_OF_RANGE: Final = 15
QUALITIES: Final = (
    "good", "locked", "held_crossed", "held_one_sided", "crossed", "one_sided", "halt", "auction",
    "closed", "no_quote", "unjoined", "past_end", "clock", "stale", "pending", "out_of_range",
)  # fmt: skip
HOLD_NS: Final = SECOND  # a crossed or one-sided book keeps its last valid mid this long
