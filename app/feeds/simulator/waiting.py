"""What has happened in a simulated day and was not yet handed out."""

from dataclasses import dataclass, field

import numpy as np

from app.engine.events import OrderRow, Rows, no_market
from app.feeds.base import Slice, in_order


@dataclass(slots=True)
class Waiting:
    """Market rows in order of time, order rows and answers in any order."""

    market: list[Rows] = field(default_factory=list)
    orders: list[OrderRow] = field(default_factory=list)
    replies: list[tuple[int, bytes]] = field(default_factory=list)

    def hand_out(self, until: int) -> Slice:
        """What is stamped up to a time, in order; the rest goes on waiting."""
        market = np.concatenate(self.market) if self.market else no_market()
        split = int(np.searchsorted(market["ts_event"], until, side="right"))
        self.market = [market[split:]] if split < len(market) else []
        orders = in_order(self.orders)
        ready = [row for row in orders if row.ts_event <= until]
        self.orders = orders[len(ready) :]
        replies = sorted(self.replies, key=lambda reply: reply[0])
        said = [reply for reply in replies if reply[0] <= until]
        self.replies = replies[len(said) :]
        return Slice(market[:split], ready, said, until)
