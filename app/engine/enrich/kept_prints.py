"""Prints kept for the day where an order has a limit: which volume it could have taken part in.

The print ring forgets after minutes; a limited order needs every eligible print of its window, because its limit
may be amended, and told of late.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.engine.enrich.history import TouchHistory
from app.engine.events import Rows
from app.engine.jit import jit
from app.engine.units import SECOND

SCAN_NS = 30 * SECOND  # the ring holds at least 120 s
Kept = NDArray[np.int64]  # columns ts, price, size, number
_NONE: Kept = np.zeros((4, 0), np.int64)


def _numbered(prints: Rows, number: int) -> int:
    """Index of the first print with this number or a later one."""
    low, high = 0, len(prints)
    while low < high:
        middle = (low + high) >> 1
        if prints[middle]["number"] < number:
            low = middle + 1
        else:
            high = middle
    return low


numbered = jit(_numbered)


def _keep(prints: Rows, out: Kept) -> int:
    """Write the prints that are market volume as columns; how many they are."""
    kept = 0
    for n in range(len(prints)):
        if prints[n]["eligible"] == 1 and prints[n]["part"] == 0:
            out[0, kept] = prints[n]["ts"]
            out[1, kept] = prints[n]["price"]
            out[2, kept] = prints[n]["size"]
            out[3, kept] = prints[n]["number"]
            kept += 1
    return kept


keep = jit(_keep)


class Limited(NamedTuple):
    """Prints of a window, in order of time, and what an order could take part in: limits as they were set, pauses."""

    ts: NDArray[np.int64]
    price: NDArray[np.int64]
    size: NDArray[np.int64]
    side: int
    limits: NDArray[np.int64]  # (n, 2): from ts, limit price; before the first there is none
    pauses: NDArray[np.int64]  # (n, 2): a print with begin < ts <= end is not the order's


def _within(w: Limited) -> int:
    """The volume printed while the order was not paused and not beyond the limit of its time."""
    volume, limit = 0, -1
    for n in range(len(w.ts)):
        ts = w.ts[n]
        while limit + 1 < len(w.limits) and w.limits[limit + 1, 0] < ts:
            limit += 1  # a print stamped like the new limit is still of the old one
        if limit >= 0 and w.side * (w.price[n] - w.limits[limit, 1]) > 0:
            continue
        paused = False
        for p in range(len(w.pauses)):
            paused = paused or w.pauses[p, 0] < ts <= w.pauses[p, 1]
        if not paused:
            volume += w.size[n]
    return volume


within = jit(_within)


def without(prints: Kept, gone: NDArray[np.int64]) -> Kept:
    """Prints less those with the numbers `gone`; numbers ascend."""
    numbers = prints[3]
    if not len(gone) or not len(numbers):
        return prints
    places = np.searchsorted(numbers, gone)
    places[places == len(numbers)] = 0
    places = places[numbers[places] == gone]
    return np.delete(prints, places, axis=1) if len(places) else prints


class KeptPrints:
    """Eligible prints per watched instrument, in order."""

    def __init__(self, history: TouchHistory) -> None:
        self.history = history
        self.kept: dict[int, list[Kept]] = {}
        self.next: dict[int, int] = {}
        self.scanned = 0
        self.seen = (0, 0)  # prints and cancellations when the ring was last read
        self.joined: dict[int, Kept] = {}

    def watch(self, instrument: int) -> None:
        """Keep the prints of an instrument from now on, those still in the ring included."""
        if instrument not in self.kept:
            self.kept[instrument] = []
            self.next[instrument] = 0
            self.scan(self.scanned)

    def due(self, passed: int) -> bool:
        """True when the ring should be read again before it forgets."""
        return bool(self.kept) and passed - self.scanned >= SCAN_NS

    def scan(self, passed: int) -> None:
        """Take over what is new in the ring."""
        self.scanned = passed
        self.seen = (int(self.history.counts[3]), len(self.history.cancelled()))
        self.joined.clear()
        for instrument, parts in self.kept.items():
            prints = self.history.prints.rows(instrument)
            begin = int(numbered(prints, self.next[instrument]))
            if begin == len(prints):
                continue
            self.next[instrument] = int(prints["number"][-1]) + 1
            fresh: Kept = np.empty((4, len(prints) - begin), np.int64)
            parts.append(fresh[:, : int(keep(prints[begin:], fresh))])

    def window(self, instrument: int, begin: int, end: int) -> Kept:
        """Prints with begin < ts <= end that have not been cancelled."""
        if self.seen != (int(self.history.counts[3]), len(self.history.cancelled())):
            self.scan(self.scanned)
        prints = self._standing(instrument)
        first, last = np.searchsorted(prints[0], (begin, end), side="right")
        return prints[:, first:last]

    def _standing(self, instrument: int) -> Kept:
        """All prints of an instrument that have not been cancelled, joined once until there are more."""
        known = self.joined.get(instrument)
        if known is None:
            known = np.concatenate([_NONE, *self.kept.get(instrument, [])], axis=1)
            gone = self.history.cancelled()["number"]
            known = without(known, gone)
            self.joined[instrument] = known
        return known

    def save(self) -> dict[str, Kept]:
        """State as arrays."""
        self.scan(self.scanned)
        state = {str(i): np.concatenate([_NONE, *parts], axis=1) for i, parts in self.kept.items()}
        return state | {"next": np.array([[i, n] for i, n in self.next.items()], np.int64).reshape(-1, 2)}

    def load(self, state: dict[str, Kept], scanned: int) -> None:
        """Take back what save() gave."""
        self.scanned = scanned
        self.next = {int(i): int(n) for i, n in state["next"].tolist()}
        self.kept = {int(name): [prints] for name, prints in state.items() if name != "next"}
