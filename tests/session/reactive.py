"""A small stepped feed for tests: a generated market, and an own order that goes on as it is told."""

from typing import Any

import msgspec
import numpy as np

from app.engine.events import OrderRow, Rows
from app.engine.units import MILLISECOND, PRICE_SCALE, SECOND
from app.feeds.base import Slice, in_order
from app.feeds.generator import Plan, generate
from app.runtime.inbox import applied_times

PLAN = Plan(seed=5, market_rows=6_000, order_share=0.02, instruments=2, duration_s=600)
_EVERY = 5 * SECOND


class Reactive:
    """A generated day beside which an order trades one lot every five seconds until a message says another size.

    A message is ASCII digits: the size from 10 ms later on. The answer comes 20 ms after it.
    """

    name = "reactive"
    note = "a made day"

    def __init__(self, plan: Plan = PLAN) -> None:
        made = generate(plan)
        self.universe = made.universe
        self._market: Rows = made.market
        self._times = np.maximum.accumulate(applied_times(made.market))
        self.start_ns = int(self._times[0])
        self.end_ns = int(self._times[-1]) + SECOND
        self._generated = in_order(made.orders)
        self._sizes: list[tuple[int, int]] = [(self.start_ns, 1)]
        self._replies: list[tuple[int, bytes]] = []
        self._until = self.start_ns - 1
        self._instrument = made.universe.instruments[0]

    def advance(self, until_ns: int) -> Slice:
        """Rows of (last until, until_ns]."""
        assert until_ns >= self._until
        low, high = np.searchsorted(self._times, [self._until, until_ns], side="right")
        own = [row for row in self._generated if self._until < row.ts_event <= until_ns]
        replies = [reply for reply in self._replies if reply[0] <= until_ns]
        self._replies = self._replies[len(replies) :]
        own += self._traded(until_ns)
        self._until = until_ns
        return Slice(self._market[low:high], in_order(own), replies, until_ns)

    def receive(self, message: bytes, at_ns: int) -> None:
        """Another size from here on."""
        assert at_ns >= self._until
        self._sizes.append((at_ns + 10 * MILLISECOND, int(message)))
        self._replies.append((at_ns + 20 * MILLISECOND, b"size " + message))

    def _traded(self, until_ns: int) -> list[OrderRow]:
        """The order and its fills in (last until, until_ns]."""
        rows: list[dict[str, Any]] = []
        if self._until < self.start_ns <= until_ns:
            rows.append({"ts_event": self.start_ns, "kind": "parent_new", "qty": 10_000})
        first = max(0, (self._until - self.start_ns) // _EVERY + 1)
        for number in range(first, (until_ns - self.start_ns) // _EVERY + 1):
            at = self.start_ns + number * _EVERY
            qty = [size for since, size in self._sizes if since <= at][-1]
            child = {
                "ts_event": at, "child_id": f"C{number}", "venue": self.universe.venues[0], "qty": qty,
                "price": 100 * PRICE_SCALE,
            }  # fmt: skip
            rows.append({**child, "kind": "child_new", "seq": 2 * number + 1})
            said = {"exec_id": f"E{number}", "liquidity": "R", "raw": f"35=8|11=C{number}|32={qty}".encode()}
            rows.append({**child, **said, "kind": "fill", "seq": 2 * number + 2})
        common = {"source": "desk", "parent_id": "REACTIVE", "instrument": self._instrument, "side": "BUY"}
        return [msgspec.convert({**common, **row}, OrderRow) for row in rows]
