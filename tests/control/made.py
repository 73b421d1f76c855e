"""A simulated session small enough to look through: one algo order that fills by the second, and its EMS."""

import heapq
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from app.control.inline import InlineSwitch
from app.control.process import load_profile
from app.engine.events import OrderRow, Rows, no_market
from app.engine.switch.profile import Profile
from app.engine.units import MILLISECOND, SECOND
from app.engine.universe import Universe
from app.feeds.simulator.ems import AlgoOrder, Answer, Fill, Script, SimulatedEms, Terms
from app.runtime.stepped import StepRoute

T0 = 1_767_623_400 * SECOND  # 2026-01-05 14:30 UTC
PRICE = 50_250_000_000
PROFILE = load_profile()
MINUTE = 60 * SECOND


class MadeSlice(NamedTuple):
    """One step."""

    market: Rows
    orders: list[OrderRow]
    replies: list[tuple[int, bytes]]
    until_ns: int


class MadeDesk:
    """An algo desk that fills `clip` shares every second of each order it works."""

    def __init__(self, profile: Profile = PROFILE, script: Script | None = None, *, clip: int = 10) -> None:
        self.ems = SimulatedEms(self, profile, script or Script())
        self.clip = clip
        self.commands: list[tuple[str, ...]] = []
        self.left: dict[str, int] = {}
        self.paused: set[str] = set()
        self.refuse = ""
        self._execs = 0

    def order(self, **changes: object) -> AlgoOrder:
        """The algo order of these tests."""
        values = {
            "order_id": "TECH-A1", "parent_id": "TECH", "instrument": "TECH", "side": "SELL", "qty": 1000,
            "strategy": "VWAP", "params": {"MaxPct": "30"}, "tags": ((1, "ACC"), (9999, "own")),
        } | changes  # fmt: skip
        return AlgoOrder(**values)  # type: ignore[arg-type]

    def begin(self, order: AlgoOrder, at_ns: int) -> list[Answer]:
        """The trader gives an order to the algo."""
        self.left[order.order_id] = order.qty
        return self.ems.started(order, at_ns)

    def fill(self, order_id: str, qty: int, at_ns: int) -> list[Answer]:
        """One execution."""
        self._execs += 1
        self.left[order_id] -= qty
        return self.ems.filled(order_id, Fill(f"X{self._execs}", qty, PRICE), at_ns)

    def second(self, at_ns: int) -> list[Answer]:
        """Every working order fills its clip."""
        answers: list[Answer] = []
        for order_id, left in list(self.left.items()):
            if left > 0 and order_id not in self.paused:
                answers += self.fill(order_id, min(self.clip, left), at_ns)
        return answers

    def replace(self, order_id: str, terms: Terms, at_ns: int) -> str:
        """As AlgoDesk."""
        if not self.refuse:
            self.commands.append(("replace", order_id, terms.strategy, str(terms.qty)))
            self.paused.discard(order_id)
        return self.refuse

    def cancel(self, order_id: str, at_ns: int) -> str:
        """As AlgoDesk."""
        if not self.refuse:
            self.commands.append(("cancel", order_id))
            self.left[order_id] = 0
        return self.refuse

    def new(self, order: AlgoOrder, at_ns: int) -> str:
        """As AlgoDesk."""
        if not self.refuse:
            self.commands.append(("new", order.order_id, order.strategy, str(order.qty)))
            self.left[order.order_id] = order.qty
        return self.refuse

    def pause(self, order_id: str, at_ns: int) -> str:
        """As AlgoDesk."""
        self.commands.append(("pause", order_id))
        self.paused.add(order_id)
        return self.refuse

    def resume(self, order_id: str, at_ns: int) -> str:
        """As AlgoDesk."""
        self.commands.append(("resume", order_id))
        self.paused.discard(order_id)
        return self.refuse


class MadeFeed:
    """A stepped feed of nothing but one desk: fills by the second, messages to the EMS at their times."""

    name = "made"
    note = ""

    def __init__(self, desk: MadeDesk, seconds: int = 600) -> None:
        self.universe = Universe()
        self.desk = desk
        self.start_ns, self.end_ns = T0, T0 + seconds * SECOND
        self.messages: list[tuple[int, bytes]] = []
        self._inbox: list[tuple[int, int, bytes]] = []
        self._at = T0 - 1
        self._replies: list[tuple[int, bytes]] = []

    def advance(self, until_ns: int) -> MadeSlice:
        """As SteppedFeed."""
        replies, self._replies = self._replies, []
        while True:
            second = max(self._at // SECOND * SECOND + SECOND, T0)
            moments = [second, *(m[0] for m in self._inbox[:1])]
            due = self.desk.ems.due()
            moment = min([*moments, due] if due is not None else moments)
            if moment > until_ns:
                break
            while self._inbox and self._inbox[0][0] <= moment:
                at_ns, _, message = heapq.heappop(self._inbox)
                replies += self.desk.ems.receive(message, at_ns)
            replies += self.desk.ems.advance(moment)
            if moment == second:
                begins = moment == T0
                replies += self.desk.begin(self.desk.order(), moment) if begins else self.desk.second(moment)
                self._at = moment
        self._at = max(self._at, until_ns)
        return MadeSlice(no_market(), [], list(replies), until_ns)

    def receive(self, message: bytes, at_ns: int) -> None:
        """As SteppedFeed."""
        self.messages.append((at_ns, message))
        heapq.heappush(self._inbox, (at_ns, len(self.messages), message))


def run(feed: MadeFeed, switch: InlineSwitch, strides: Sequence[int] = (MINUTE,)) -> None:
    """The whole day, cut into steps of these lengths in turn."""
    calls = 0

    def stride() -> int:
        nonlocal calls
        calls += 1
        return strides[calls % len(strides)]

    route = StepRoute(feed, stride, switch)
    while route.next_ns() is not None:
        if route.take() is None:
            break


def inline(folder: Path | None = None, profile: Profile = PROFILE) -> InlineSwitch:
    """A switch inside the run."""
    return InlineSwitch(profile, folder=folder)


__all__ = ["MILLISECOND", "MINUTE", "PRICE", "PROFILE", "T0", "MadeDesk", "MadeFeed", "inline", "run"]
