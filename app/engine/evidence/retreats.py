"""What quotes do of themselves and at a trade: a side that retreats, quotes that go along with a trade at once.

Whoever makes the price retreat takes quotes away at every venue at once; noise of a queue, and what an ordinary trade
takes, is of one venue.
"""

from app.engine.evidence.reference import Inputs
from app.engine.evidence.rows import STEP_NS
from app.engine.jit import jit
from app.engine.units import NULL

LEFT = 0.7  # of a side's size at most, where it retreats
LEAST_RETREATS = 0.02  # a second and side
ALONG_LEFT, ALONG_MORE = 0.6, 1.2  # of both sides' sizes, at most and at least, where quotes go along with a trade
ALONG, MOVED = 2, 3  # a step with a trade: quotes went along with it (upwards; -2 downwards), the touch is another
GOES, STAYS = 3.0, 0.5  # what a trade counts for with quotes that go along, and without
TRADES = 200.0  # trades the mean of that reaches back


def _retreat(k: Inputs, touch: tuple[int, int, int, int, int]) -> int:
    """Of the step in the making: 1 where the ask side has retreated, -1 where the bid side has; with a trade of others
    ALONG, -ALONG or MOVED; else 0. `touch`: as `others` gives it.

    A side retreats where the touch stands and the other side has lost nothing. Not in the step after a trade: its
    quotes may come late.
    """
    x = k.stream[0]
    flags, bid, bid_size, ask, ask_size = touch
    known = flags == 0 and x["bid"] != NULL
    stood = known and bid == x["bid"] and ask == x["ask"]
    bids, asks = float(x["bid_size"]), float(x["ask_size"])
    x["bid"], x["ask"], x["bid_size"], x["ask_size"] = bid, ask, bid_size, ask_size
    if x["own"] > 0:
        x["bid"] = NULL
        return MOVED
    if x["last_trade"] >= x["end"] - STEP_NS:
        x["bid"] = NULL
        if not stood:
            return MOVED
        if x["ask_size"] < ALONG_LEFT * asks and x["bid_size"] > ALONG_MORE * bids:
            return ALONG
        if x["bid_size"] < ALONG_LEFT * bids and x["ask_size"] > ALONG_MORE * asks:
            return -ALONG
    elif stood and x["ask_size"] < LEFT * asks and x["bid_size"] >= bids:
        return 1
    elif stood and x["bid_size"] < LEFT * bids and x["ask_size"] >= asks:
        return -1
    return 0


retreat = jit(_retreat)


def _goes(side: int, seen: int) -> float:
    """What a trade of a side counts for in a step of which `retreat` says `seen`."""
    if seen == MOVED:
        return 1.0
    return GOES if side * seen == ALONG else STAYS


goes = jit(_goes)


def _learn_along(k: Inputs, seen: int) -> None:
    """What trades of others count for on average, from those of the step in the making."""
    x = k.stream[0]
    buys, sells = x["buys"] > 0, x["sells"] > 0
    if x["own"] == 0 and (buys or sells):
        mean = goes(1, seen) if not sells else goes(-1, seen) if not buys else 0.5 * (goes(1, seen) + goes(-1, seen))
        x["along"] += (mean - x["along"]) / TRADES


learn_along = jit(_learn_along)


def _retreat_rate(k: Inputs) -> float:
    """Retreats a second of either side, of the last two minutes."""
    x = k.stream[0]
    rate = 0.5 * x["retreats"] / x["seen120"] if x["seen120"] > 0 else 0.0
    return max(rate, LEAST_RETREATS)


retreat_rate = jit(_retreat_rate)
