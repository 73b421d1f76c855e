"""The one join path: `mid(t) -> (value, age, quality)` with touch and sums as of any nanosecond."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.engine.bits import add_wide, mul_wide
from app.engine.enrich.consolidate import SESSION_BREAK_NS, holds
from app.engine.events import Rows
from app.engine.jit import jit
from app.engine.units import (
    CROSSED,
    HELD_CROSSED,
    HELD_ONE_SIDED,
    HOLD_NS,
    LOCKED,
    NO_QUOTE,
    NULL,
    PAST_END,
    UNJOINED,
)  # fmt: skip


class Histories(NamedTuple):
    """The touch history of every instrument."""

    pool: Rows
    offset: NDArray[np.int64]
    length: NDArray[np.int64]
    dropped: NDArray[np.int64]


def _row_at(h: Histories, instrument: int, t: int) -> int:
    """Pool index of the last row with ts <= t; -1 before the first row, -2 when that row was trimmed away."""
    low = h.offset[instrument]
    first = low
    high = low + h.length[instrument]
    while low < high:
        middle = (low + high) >> 1
        if h.pool[middle]["ts"] <= t:
            low = middle + 1
        else:
            high = middle
    if low > first:
        return int(low - 1)
    return -1 if h.dropped[instrument] == NULL else -2


row_at = jit(_row_at)


def _mid_at(h: Histories, at: int, t: int) -> tuple[int, int, int]:
    """(mid2, age in ns, quality) of the history row `at` seen at time t."""
    if at < 0:
        return NULL, NULL, (NO_QUOTE if at == -1 else UNJOINED)
    row = h.pool[at]
    if row["quality"] <= LOCKED:
        return row["mid2"], t - row["ts"], row["quality"]
    if row["since"] != NULL and t - row["since"] <= HOLD_NS and holds(row["quality"]):
        return row["held"], t - row["since"], (HELD_CROSSED if row["quality"] == CROSSED else HELD_ONE_SIDED)
    return NULL, NULL, row["quality"]


mid_at = jit(_mid_at)


def _no_row(out: Rows, o: int) -> None:
    """A join before any quote: undefined touch, empty sums."""
    out[o]["last"] = NULL
    out[o]["bid"], out[o]["ask"], out[o]["bid2"], out[o]["ask2"] = NULL, NULL, NULL, NULL
    out[o]["bid_size"], out[o]["ask_size"], out[o]["bid2_size"], out[o]["ask2_size"] = 0, 0, 0, 0
    out[o]["volume"], out[o]["bought"], out[o]["sold"], out[o]["span"] = 0, 0, 0, 0
    out[o]["notional_hi"], out[o]["notional_lo"], out[o]["area_hi"], out[o]["area_lo"] = 0, 0, 0, 0
    out[o]["variance"] = 0.0
    out[o]["sigma2"] = 0.0


class Lookups(NamedTuple):
    """Requests (instrument, t) and where their JOIN rows go."""

    histories: Histories
    instrument: NDArray[np.int64]
    t: NDArray[np.int64]
    target: NDArray[np.int64]
    out: Rows


def _copy_row(h: Histories, at: int, t: int, out: Rows, o: int) -> None:
    """Touch and sums of history row `at`, the sums carried forward to t."""
    row = h.pool[at]
    out[o]["bid"], out[o]["bid_size"] = row["bid"], row["bid_size"]
    out[o]["ask"], out[o]["ask_size"] = row["ask"], row["ask_size"]
    out[o]["bid2"], out[o]["bid2_size"] = row["bid2"], row["bid2_size"]
    out[o]["ask2"], out[o]["ask2_size"] = row["ask2"], row["ask2_size"]
    out[o]["last"] = row["held"]
    if row["quality"] > LOCKED and out[o]["mid2"] != NULL:
        out[o]["bid"], out[o]["bid_size"] = row["held_bid"], row["held_bid_size"]
        out[o]["ask"], out[o]["ask_size"] = row["held_ask"], row["held_ask_size"]
    out[o]["volume"], out[o]["bought"], out[o]["sold"] = row["volume"], row["bought"], row["sold"]
    out[o]["notional_hi"], out[o]["notional_lo"] = row["notional_hi"], row["notional_lo"]
    high, low, span, variance = row["area_hi"], row["area_lo"], row["span"], row["variance"]
    more = t - row["ts"]
    if more > 0:
        mid2 = row["mid2"]
        if row["quality"] > LOCKED:
            mid2 = NULL
            if row["since"] != NULL and holds(row["quality"]):
                mid2 = row["held"]
                more = min(t, row["since"] + HOLD_NS) - row["ts"]
        if mid2 != NULL and more > 0:
            wide_high, wide_low = mul_wide(mid2, more)
            high, low = add_wide(high, low, wide_high, wide_low)
            span += more
            variance += row["sigma2"] * (min(more, SESSION_BREAK_NS) * 1e-9)
    out[o]["area_hi"], out[o]["area_lo"], out[o]["span"] = high, low, span
    out[o]["variance"], out[o]["sigma2"] = variance, row["sigma2"]


no_row = jit(_no_row)
copy_row = jit(_copy_row)


def _look_up(q: Lookups) -> None:
    """Answer every request with the state as of its t (rows at t included)."""
    for n in range(len(q.t)):
        i, t, o = q.instrument[n], q.t[n], q.target[n]
        at = row_at(q.histories, i, t)
        q.out[o]["t"] = t
        mid2, age, quality = mid_at(q.histories, at, t)
        q.out[o]["mid2"], q.out[o]["age"], q.out[o]["quality"] = mid2, age, quality
        if at < 0:
            no_row(q.out, o)
        else:
            copy_row(q.histories, at, t, q.out, o)


look_up = jit(_look_up)


class Horizons(NamedTuple):
    """Own events waiting for their horizons: `step` is the next one due, `target` the row of the results."""

    histories: Histories
    instrument: NDArray[np.int64]
    t: NDArray[np.int64]
    step: NDArray[np.int64]
    target: NDArray[np.int64]
    lengths: NDArray[np.int64]
    mid2: NDArray[np.int64]  # [target, horizon] out
    quality: NDArray[np.uint8]  # [target, horizon] out
    last2: NDArray[np.int64]  # [target] out: the last defined mid2, of any age, at horizon `minute`
    minute: int
    passed: int  # horizons strictly before this time are due
    end: int  # end of data, NULL while it is open: a later horizon is PAST_END


def _resolve(h: Horizons) -> int:
    """Resolve every due horizon; waiting events are moved to the front, their number is returned."""
    kept = 0
    for n in range(len(h.t)):
        step = h.step[n]
        while step < len(h.lengths):
            due = h.t[n] + h.lengths[step]
            if h.end != NULL and due > h.end:
                h.mid2[h.target[n], step] = NULL
                h.quality[h.target[n], step] = PAST_END
            elif due < h.passed:
                at = row_at(h.histories, h.instrument[n], due)
                mid2, _age, quality = mid_at(h.histories, at, due)
                if step == h.minute and at >= 0:
                    h.last2[h.target[n]] = h.histories.pool[at]["held"]
                h.mid2[h.target[n], step] = mid2
                h.quality[h.target[n], step] = quality
            else:
                break
            step += 1
        if step < len(h.lengths):
            h.instrument[kept], h.t[kept], h.step[kept], h.target[kept] = h.instrument[n], h.t[n], step, h.target[n]
            kept += 1
    return kept


resolve = jit(_resolve)


class Searches(NamedTuple):
    """One forward search: the first valid mid, or the range of mids, of an instrument between two times."""

    histories: Histories
    instrument: int
    begin: int
    end: int


def _first_valid(s: Searches) -> tuple[int, int]:
    """(ts, mid2) of the first row with begin < ts <= end whose mid is defined; (NULL, NULL) if none."""
    h = s.histories
    at = row_at(h, s.instrument, s.begin)
    start = at + 1 if at >= 0 else h.offset[s.instrument]
    for j in range(start, h.offset[s.instrument] + h.length[s.instrument]):
        if h.pool[j]["ts"] > s.end:
            break
        if h.pool[j]["quality"] <= LOCKED:
            return h.pool[j]["ts"], h.pool[j]["mid2"]
    return NULL, NULL


first_valid = jit(_first_valid)


def _mid_range(s: Searches) -> tuple[int, int]:
    """(lowest, highest) defined mid2 as of any moment of [begin, end]; (NULL, NULL) if none is defined."""
    h = s.histories
    at = row_at(h, s.instrument, s.begin)
    lowest, highest, _quality = NULL, NULL, 0
    first, _age, _quality = mid_at(h, at, s.begin)
    if first != NULL:
        lowest, highest = first, first
    start = at + 1 if at >= 0 else h.offset[s.instrument]
    for j in range(start, h.offset[s.instrument] + h.length[s.instrument]):
        if h.pool[j]["ts"] > s.end:
            break
        if h.pool[j]["quality"] <= LOCKED:
            mid2 = h.pool[j]["mid2"]
            lowest = mid2 if lowest == NULL else min(lowest, mid2)
            highest = mid2 if highest == NULL else max(highest, mid2)
    return lowest, highest


mid_range = jit(_mid_range)
