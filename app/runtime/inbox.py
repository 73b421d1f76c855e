"""Rows of several sources on their way to the engine, and how far in event time each source has passed."""

from collections import deque
from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.engine.events import Block, Control, OrderRow, Rows, no_market
from app.engine.units import NULL, SNAPSHOT

DEFAULT_CAPACITY: Final = 1_048_576


def applied_times(rows: Rows) -> NDArray[np.int64]:
    """When each market row is applied (ns): its own stamp, for a snapshot row that of its packet."""
    times: NDArray[np.int64] = rows["ts_event"].copy()
    snapshot = rows["flags"] & SNAPSHOT
    if snapshot.any():  # rare, and a look is cheaper than a choice per row
        np.copyto(times, rows["ts_recv"], where=snapshot.astype(np.bool_))
    return times


class Inbox:
    """Collects rows per source and releases them as blocks in the order they came.

    The watermark is the least time passed by a declared source that is still open: a source passes the time of
    each row and heartbeat handed over, and one that is closed (end of its partition) holds nobody back.
    Bounded by market rows, policy `block`: `offer` refuses a batch that does not fit and the caller waits, so
    a slow engine slows its readers. Order and control rows are never refused and never dropped.
    """

    def __init__(self, sources: Iterable[int], capacity: int = DEFAULT_CAPACITY) -> None:
        self._passed: dict[int, int] = dict.fromkeys(sources, NULL)
        self._open = set(self._passed)
        self._market: deque[tuple[int, Rows, int]] = deque()  # source, rows, time passed with them
        self._closing: set[int] = set()
        self._orders: list[OrderRow] = []
        self._controls: list[Control] = []
        self._capacity = capacity
        self._waiting = 0

    def offer(self, source: int, rows: Rows, passed: int = NULL) -> bool:
        """Take rows of one source, in source order; `passed`: nothing before it (ns) follows from that source.

        False when they do not fit now; a batch larger than the whole inbox is taken when the inbox is empty.
        """
        if self._waiting and self._waiting + len(rows) > self._capacity:
            return False
        if len(rows):
            passed = max(passed, int(applied_times(rows).max()))
        self._market.append((source, rows, passed))
        self._waiting += len(rows)
        return True

    def heartbeat(self, source: int, ts: int) -> None:
        """A sign of life: the source has nothing before ts left."""
        self._market.append((source, no_market(), ts))

    def close(self, source: int) -> None:
        """End of a source: once its waiting rows are handed over it holds the watermark back no longer."""
        self._closing.add(source)

    def offer_orders(self, orders: Iterable[OrderRow]) -> None:
        """Own rows go with the next block."""
        self._orders.extend(orders)

    def offer_controls(self, controls: Iterable[Control]) -> None:
        """Control rows go with the next block."""
        self._controls.extend(controls)

    def __len__(self) -> int:
        return self._waiting

    def take(self, rows: int) -> Block | None:
        """The next block of at most `rows` market rows, or None when nothing waits."""
        if not (self._market or self._orders or self._controls):
            return None
        batch: list[Rows] = []
        room = rows
        while self._market and room > 0:
            source, waiting, passed = self._market.popleft()
            if len(waiting) > room:
                self._market.appendleft((source, waiting[room:], passed))
                waiting = waiting[:room]
                passed = int(applied_times(waiting).max())
            batch.append(waiting)
            room -= len(waiting)
            self._waiting -= len(waiting)
            self._passed[source] = max(self._passed.get(source, NULL), passed)
        orders, self._orders = tuple(self._orders), []
        controls, self._controls = tuple(self._controls), []
        market = np.concatenate(batch) if batch else no_market()
        return Block(self.watermark(), market, orders, controls)

    def watermark(self) -> int:
        """Every market row before it (ns) has been handed over; NULL while an open source has said nothing."""
        waiting = {source for source, _, _ in self._market}
        self._open -= self._closing - waiting
        holding = [self._passed[source] for source in self._open]
        return min(holding) if holding else max(self._passed.values(), default=NULL)
