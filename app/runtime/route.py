"""From a recording to blocks: market rows in their order, own rows beside them, and how far both have come."""

import random
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.engine.enrich.regions import joined
from app.engine.events import Block, OrderRow, Rows, no_market
from app.engine.times import running
from app.engine.units import NULL, SECOND
from app.runtime.inbox import Inbox, applied_times

MAX_BLOCK: Final = 16_384  # larger blocks are split: the engine's scratch arrays stay in the cache
NO_LIMIT: Final = 2**63 - 1


class Route:
    """Hands one sorted market stream and the own rows over as blocks of at most `block` rows of each kind.

    Market rows never wait for own rows: a block takes the next market rows and the own rows up to its last market
    time. A row whose time runs back keeps its place; the watermark is the latest time seen, so it never runs back.
    After the last market row the remaining own rows follow, and with them the watermark.
    """

    def __init__(self, market: Iterator[Rows], orders: Sequence[OrderRow], block: int) -> None:
        self._chunks = market
        self._orders = orders
        self._next_order = 0
        self._size = max(1, min(block, MAX_BLOCK))
        # read ahead: rows with the running maximum of their applied times
        self._ahead: deque[tuple[Rows, NDArray[np.int64]]] = deque()
        self._have = 0
        self._latest = NULL
        self._drained = False
        self.watermark = NULL

    @property
    def end_ns(self) -> int:
        """Time of the last row of either kind read so far; of the whole run once everything is handed over."""
        return max([self._latest, *(row.ts_event for row in self._orders[-1:])])

    def next_ns(self) -> int | None:
        """Time of the next row to be handed over, None at the end."""
        self._fill(1)
        market = [int(self._ahead[0][1][0])] if self._ahead else []
        order = [row.ts_event for row in self._orders[self._next_order : self._next_order + 1]]
        return min(market + order, default=None)

    def take(self, until: int = NO_LIMIT) -> Block | None:
        """The next block with nothing after `until` (ns); None when nothing is due."""
        self._fill(self._size)
        count, last = self._countable(until)
        due = self._due(last if count else until)
        if due > self._size:  # many own rows at once: those in front go first, with the watermark as it is
            return Block(self.watermark, no_market(), self._take_orders(self._size))
        if count == due == 0:
            return None
        orders = self._take_orders(due)
        if count:
            self.watermark = last
        elif not self._ahead:
            self.watermark = max(self.watermark, orders[-1].ts_event)
        return Block(self.watermark, self._take_market(count), orders)

    def _countable(self, until: int) -> tuple[int, int]:
        """How many market rows the next block takes, and the applied time of its last."""
        count, last = 0, NULL
        for _, times in self._ahead:
            fit = min(self._size - count, int(np.searchsorted(times, until, side="right")))
            if fit:
                count, last = count + fit, int(times[fit - 1])
            if fit < len(times):
                break
        return count, last

    def _take_market(self, count: int) -> Rows:
        taken: list[Rows] = []
        self._have -= count
        while count:
            rows, times = self._ahead.popleft()
            if len(rows) > count:
                self._ahead.appendleft((rows[count:], times[count:]))
                rows = rows[:count]
            taken.append(rows)
            count -= len(rows)
        if len(taken) == 1:
            return taken[0]
        return reduce(joined, taken) if taken else no_market()

    def _due(self, until: int) -> int:
        """How many own rows come up to `until`, looked at no further than one block needs."""
        end = min(len(self._orders), self._next_order + self._size + 1)
        at = self._next_order
        while at < end and self._orders[at].ts_event <= until:
            at += 1
        return at - self._next_order

    def _take_orders(self, count: int) -> tuple[OrderRow, ...]:
        taken = tuple(self._orders[self._next_order : self._next_order + count])
        self._next_order += count
        return taken

    def _fill(self, rows: int) -> None:
        """Read until `rows` market rows are at hand or the stream has ended."""
        while self._have < rows and not self._drained:
            chunk = next(self._chunks, None)
            if chunk is None:
                self._drained = True
            elif len(chunk):
                times = running(chunk, self._latest)
                self._latest = int(times[-1])
                self._ahead.append((chunk, times))
                self._have += len(chunk)


class _Arrival(NamedTuple):
    """A batch as another day might have delivered it: market rows of a source, or own rows (source None)."""

    at: int
    source: int | None
    rows: Rows
    orders: list[OrderRow]


def shuffle_sources(
    market: Iterable[Rows], orders: Iterable[OrderRow], seed: int, late_ns: int = 60 * SECOND
) -> Iterator[Block]:
    """The same rows as another day might have delivered them: seeded, each source in its own order.

    Sources are cut into random batches that arrive up to `late_ns` behind their event time, own rows likewise; the
    watermark is what an inbox of these sources would say.
    """
    draw = random.Random(seed)
    arrivals = _market_arrivals(market, draw, late_ns) + _order_arrivals(orders, draw, late_ns)
    arrivals.sort(key=lambda arrival: arrival.at)
    last = {arrival.source: arrival for arrival in arrivals}
    inbox = Inbox(source for source in last if source is not None)
    for arrival in arrivals:
        inbox.offer_orders(arrival.orders)
        if arrival.source is not None:
            inbox.offer(arrival.source, arrival.rows)
            if last[arrival.source] is arrival:
                inbox.close(arrival.source)
        if draw.random() < 0.5:
            yield from _emptied(inbox)
    yield from _emptied(inbox)


def _market_arrivals(market: Iterable[Rows], draw: random.Random, late_ns: int) -> list[_Arrival]:
    rows = np.concatenate([no_market(), *market])
    found: list[_Arrival] = []
    for source in np.unique(rows["source"]).tolist():
        own = rows[rows["source"] == source]
        times = np.maximum.accumulate(applied_times(own))
        arrived, at = NULL, 0
        while at < len(own):
            end = min(len(own), at + draw.randint(1, 200))
            arrived = max(arrived, int(times[end - 1]) + draw.randint(0, late_ns))
            found.append(_Arrival(arrived, source, own[at:end], []))
            at = end
    return found


def _order_arrivals(orders: Iterable[OrderRow], draw: random.Random, late_ns: int) -> list[_Arrival]:
    arrived: dict[str, int] = {}
    found: list[_Arrival] = []
    for row in orders:
        arrived[row.source] = max(arrived.get(row.source, NULL), row.ts_event + draw.randint(0, late_ns))
        found.append(_Arrival(arrived[row.source], None, no_market(), [row]))
    return found


def _emptied(inbox: Inbox) -> Iterator[Block]:
    while (block := inbox.take(MAX_BLOCK)) is not None:
        yield block
