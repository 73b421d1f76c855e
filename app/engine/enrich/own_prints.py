"""Own prints on the tape: which print is which fill, one to one, nearest first (spec: metrics, market state)."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.engine.enrich.rows import ALL_OF_IT
from app.engine.events import Rows
from app.engine.jit import jit
from app.engine.units import CONDITION_CODES, MILLISECOND, SECOND

BEFORE_NS: Final = 50 * MILLISECOND
AFTER_NS: Final = 5 * MILLISECOND
DARK_NS: Final = 10 * SECOND
OFF_EXCHANGE: Final = CONDITION_CODES["off_exchange"]
CANDIDATES: Final = 32  # nearest prints remembered per fill: a sweep takes as many equal orders at one price
ANY_VENUE: Final = -1

WANTED: Final = np.dtype(
    [
        ("t", "i8"), ("price", "i8"), ("size", "i8"), ("order_id", "u8"), ("instrument", "i8"), ("venue", "i4"),
        ("dark", "i4"),
    ]
)  # fmt: skip
CANDIDATE: Final = np.dtype(
    [
        ("number", "i8"), ("whole", "i8"), ("ts", "i8"), ("distance", "i8"), ("price", "i8"), ("size", "i8"),
        ("eligible", "i4"), ("exact", "i4"),
    ]
)  # fmt: skip


class Matching(NamedTuple):
    """Fills looking for their prints; `found` is [fill, candidate], nearest first, number -1 when empty."""

    prints: Rows
    offset: NDArray[np.int64]
    length: NDArray[np.int64]
    wanted: Rows
    found: Rows


def _first_print(m: Matching, instrument: int, t: int) -> int:
    """Pool index of the first print at or after t."""
    low = m.offset[instrument]
    high = low + m.length[instrument]
    while low < high:
        middle = (low + high) >> 1
        if m.prints[middle]["ts"] < t:
            low = middle + 1
        else:
            high = middle
    return int(low)


first_print = jit(_first_print)


def _rank(m: Matching, w: int, j: int) -> int:
    """Distance of print j from fill w (ns), -1 when it cannot be its print; an equal order id comes first."""
    fill = m.wanted[w]
    p = m.prints[j]
    if p["price"] != fill["price"] or p["size"] != fill["size"]:
        return -1
    if fill["order_id"] != 0 and p["order_id"] == fill["order_id"]:
        return int(abs(p["ts"] - fill["t"]))
    if p["part"]:
        return -1
    if p["condition"] == OFF_EXCHANGE:
        return int(abs(p["ts"] - fill["t"])) if fill["dark"] != 0 else -1
    if fill["venue"] != ANY_VENUE and p["venue"] != fill["venue"]:
        return -1
    gap = p["ts"] - fill["t"]
    return int(abs(gap)) if -BEFORE_NS <= gap <= AFTER_NS else -1


rank = jit(_rank)


def _candidates(m: Matching) -> None:
    """Fill `found` with the nearest possible prints of every wanted fill."""
    for w in range(len(m.wanted)):
        t = m.wanted[w]["t"]
        reach = DARK_NS if m.wanted[w]["dark"] != 0 else BEFORE_NS
        ahead = DARK_NS if m.wanted[w]["dark"] != 0 else AFTER_NS
        instrument = m.wanted[w]["instrument"]
        stop = m.offset[instrument] + m.length[instrument]
        j = first_print(m, instrument, t - reach)
        kept = 0
        while j < stop and m.prints[j]["ts"] <= t + ahead:
            distance = rank(m, w, j)
            if distance >= 0:
                exact = 1 if m.wanted[w]["order_id"] != 0 and m.prints[j]["order_id"] == m.wanted[w]["order_id"] else 0
                place = kept
                while place > 0 and (
                    exact > m.found[w, place - 1]["exact"]
                    or (exact == m.found[w, place - 1]["exact"] and distance < m.found[w, place - 1]["distance"])
                ):
                    if place < CANDIDATES:
                        m.found[w, place] = m.found[w, place - 1]
                    place -= 1
                if place < CANDIDATES:
                    m.found[w, place]["number"] = m.prints[j]["number"]
                    if m.prints[j]["part"] == ALL_OF_IT:
                        m.found[w, place]["number"] = m.prints[j]["whole"]
                    m.found[w, place]["whole"] = m.prints[j]["whole"]
                    m.found[w, place]["ts"] = m.prints[j]["ts"]
                    m.found[w, place]["distance"] = distance
                    m.found[w, place]["price"] = m.prints[j]["price"]
                    m.found[w, place]["size"] = m.prints[j]["size"]
                    m.found[w, place]["eligible"] = m.prints[j]["eligible"]
                    m.found[w, place]["exact"] = exact
                    kept = min(kept + 1, CANDIDATES)
            j += 1


candidates = jit(_candidates)


def no_candidates(fills: int, wide: int = CANDIDATES) -> Rows:
    """An empty candidate table for so many fills, with so many places each."""
    found = np.zeros((fills, wide), CANDIDATE)
    found["number"] = -1
    return found


def assign(found: Rows) -> NDArray[np.int64]:
    """Give every fill (row of candidates) at most one print and every print at most one fill.

    Equal order ids first, then nearest; ties go to the earlier row, then the earlier print. Returns the
    candidate index per fill, -1 = its print is not on the tape.
    """
    chosen = np.full(len(found), -1, np.int64)
    fill, place = np.nonzero(found["number"] >= 0)
    if not len(fill):
        return chosen
    pairs = found[fill, place]
    order = np.lexsort((pairs["number"], fill, pairs["distance"], -pairs["exact"]))
    taken: set[int] = set()
    for n in order.tolist():
        number = int(pairs["number"][n])
        if chosen[fill[n]] < 0 and number not in taken:
            chosen[fill[n]] = place[n]
            taken.add(number)
    return chosen
