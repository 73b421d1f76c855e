"""Append-only arrays for the trace: smallest and largest of any index range without touching every point."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.engine.units import NULL

FAN: Final = 16  # points a block of the first level holds, blocks of one level a block of the next
_LEVELS: Final = 4


class Column:
    """A growing array with doubling room; `values` is a view of what is filled."""

    def __init__(self, dtype: type[np.generic], room: int = 0) -> None:
        self._room = np.empty(max(room, 1024), dtype)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def values(self) -> NDArray[np.generic]:
        """What has been appended, without a copy."""
        return self._room[: self._count]

    @property
    def room(self) -> NDArray[np.generic]:
        """The values and at least one cell behind them."""
        return self._room

    def append(self, values: NDArray[np.generic]) -> None:
        """Add values at the end."""
        end = self._count + len(values)
        if end >= len(self._room):
            room = np.empty(max(2 * len(self._room), end + 1), self._room.dtype)
            room[: self._count] = self.values
            self._room = room
        self._room[self._count : end] = values
        self._count = end


class Pyramid:
    """Smallest and largest value over index ranges of an append-only series; NaN counts as no value."""

    def __init__(self, room: int = 0) -> None:
        self._points = Column(np.float64, room)
        self._levels = [(Column(np.float64), Column(np.float64)) for _ in range(_LEVELS)]

    def __len__(self) -> int:
        return len(self._points)

    @property
    def values(self) -> NDArray[np.generic]:
        """All points, without a copy."""
        return self._points.values

    def append(self, values: NDArray[np.float64]) -> None:
        """Add points at the end and fold full blocks."""
        self._points.append(values)
        low = high = self._points
        for lows, highs in self._levels:
            first, last = len(lows), len(low) // FAN
            blocks = slice(first * FAN, last * FAN)
            lows.append(np.fmin.reduce(low.values[blocks].reshape(-1, FAN), axis=1))
            highs.append(np.fmax.reduce(high.values[blocks].reshape(-1, FAN), axis=1))
            low, high = lows, highs

    def extremes(self, bounds: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Exact (smallest, largest) of points [bounds[i], bounds[i + 1]) for each i; NaN where there are none.

        `bounds` must not fall and must lie in [0, len]. Cost: about columns x (2 blocks + span / columns / block).
        """
        first, last = bounds[:-1], bounds[1:]
        if not len(first):
            return np.empty(0), np.empty(0)
        per_column = (int(bounds[-1]) - int(bounds[0])) / len(first)
        level, block = 0, 1
        while level < _LEVELS and (block * FAN) ** 2 <= per_column * FAN:
            level, block = level + 1, block * FAN
        if not level:
            return _reduce(np.fmin, self._points, first, last), _reduce(np.fmax, self._points, first, last)
        left, right = -(-first // block), last // block
        inside = left <= right
        left, right = np.where(inside, left, 0), np.where(inside, right, 0)
        head, tail = np.where(inside, left * block, last), np.where(inside, right * block, last)
        found = []
        for edge, ufunc in enumerate((np.fmin, np.fmax)):
            ends = ufunc(_reduce(ufunc, self._points, first, head), _reduce(ufunc, self._points, tail, last))
            found.append(ufunc(ends, _reduce(ufunc, self._levels[level - 1][edge], left, right)))
        return found[0], found[1]


def _reduce(ufunc: np.ufunc, source: Column, first: NDArray[np.int64], last: NDArray[np.int64]) -> NDArray[np.float64]:
    """ufunc over source[first[i]:last[i]], NaN where that is empty."""
    out = np.full(len(first), np.nan)
    filled = np.flatnonzero(first < last)
    if len(filled):
        pairs = np.empty(2 * len(filled), np.int64)
        pairs[0::2], pairs[1::2] = first[filled], last[filled]
        out[filled] = ufunc.reduceat(source.room[: int(last[filled[-1]]) + 1], pairs)[0::2]
    return out


class Path:
    """An instrument's mid and volume over time, for painting; times that run back are held.

    `room`: points to expect; memory is taken as it is filled. Moving a long path to a larger room would stall a frame.
    """

    def __init__(self, room: int = 0) -> None:
        self.mid = Pyramid(room)
        self._ts = Column(np.int64, room)
        self._volume = Column(np.int64, room)  # running total, so that any bar is one difference

    def __len__(self) -> int:
        return len(self._ts)

    @property
    def ts(self) -> NDArray[np.generic]:
        """Event times (ns), not falling."""
        return self._ts.values

    def append(self, ts: NDArray[np.int64], mid: NDArray[np.float64], volume: NDArray[np.int64]) -> None:
        """Add points: time, mid (NaN = undefined), the instrument's running volume."""
        if not len(ts):
            return
        before = int(self.ts[-1]) if len(self) else int(ts[0])
        if not len(self):  # what was traded before the first point has no place on the axis
            self._volume.append(volume[:1])
        self._ts.append(np.maximum(np.maximum.accumulate(ts), before))
        self.mid.append(mid)
        self._volume.append(volume)

    def at(self, ts: NDArray[np.int64]) -> NDArray[np.float64]:
        """The mid in force at times (ns), the point at the time itself included; NaN before the first."""
        place = np.searchsorted(self.ts, ts, "right") - 1
        found = np.full(len(ts), np.nan)
        known = place >= 0
        found[known] = self.mid.values[place[known]]
        return found

    def outline(
        self, start: int, end: int, columns: int, until: int = NULL
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Points of a line that looks, on `columns` pixels, like all points of [start, end] drawn as steps.

        Per pixel column that has points: what was held, the smallest, the largest and the last value. The last point
        is held until `until` (ns), the time up to which nothing newer is known.
        """
        edges = start + (np.arange(columns + 1) * ((end - start) / columns)).astype(np.int64)
        edges[-1] = end + 1
        bounds = np.searchsorted(self.ts, edges)
        low, high = self.mid.extremes(bounds)
        full = np.flatnonzero(bounds[:-1] < bounds[1:])
        held = self.at(np.array([start - 1]))
        last = self.mid.values[bounds[1:][full] - 1]
        ts = np.repeat(self.ts[bounds[:-1][full]], 4)
        mid = np.empty(4 * len(full))
        mid[0::4], mid[1::4] = np.concatenate([held, last])[: len(full)], low[full]
        mid[2::4], mid[3::4] = high[full], last
        tail = np.concatenate([held, last])[-1:]  # what stands at the right edge, if time has come that far
        stop = max(min(end, max(int(self.ts[-1]), until)), start) if len(self) else start
        return np.concatenate([[start], ts, [stop]]), np.concatenate([held, mid, tail])

    def traded(self, edges: NDArray[np.int64]) -> NDArray[np.int64]:
        """Volume traded in each [edges[i], edges[i + 1]) (times in ns)."""
        if not len(self):
            return np.zeros(len(edges) - 1, np.int64)
        return np.diff(self._volume.values[np.searchsorted(self.ts, edges)])
