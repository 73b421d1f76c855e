"""A simulated day as a stepped feed: market rows, own order rows and the EMS's answers, up to any moment.

The day depends on its world, its seeds and the messages it was sent, never on how `advance` is cut: the floor only
moves to moments at which something is due (a message, an act of the EMS, the end of a step), and everything at such a
moment has happened before what is due there.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

import msgspec

from app.engine.events import Rows
from app.engine.units import MILLISECOND, NULL, PRICE_SCALE, SECOND
from app.feeds.base import Slice
from app.feeds.simulator import cells as c
from app.feeds.simulator.ems import AlgoOrder, Fill, SimulatedEms, Terms
from app.feeds.simulator.ems_wire import Answer
from app.feeds.simulator.flow import Outside, outside_of
from app.feeds.simulator.kernel import FULL, run
from app.feeds.simulator.profiles import simulated_profile
from app.feeds.simulator.setting import MOST_SHARES, floor_of, set_strategy, strategy_of, universe_of
from app.feeds.simulator.told import Teller
from app.feeds.simulator.truth import Truth, costs_of, truth_of
from app.feeds.simulator.waiting import Waiting
from app.feeds.simulator.world import World

AFTER_CLOSE: Final = 10 * SECOND


@dataclass(slots=True)
class _Working:
    """The algo order at work: as given, and what became of it."""

    order: AlgoOrder
    paused: bool = False
    over: bool = False


class Simulation:
    """One day of a world; also the desk of algos its EMS commands."""

    def __init__(self, world: World, outside: Outside | None = None, *, agent: bool = True, rows: bool = True) -> None:
        self.world = world
        self.name = world.name
        self.note = world.note
        self.universe = universe_of(world)
        self.start_ns = world.ns(world.open) - 120 * SECOND
        self.end_ns = world.ns(world.close) + AFTER_CLOSE
        self.outside = outside_of(world) if outside is None else outside
        self.floor = floor_of(world, self.outside, agent=agent, rows=rows)
        self.received: list[tuple[int, bytes]] = []
        self.fills: list[c.Ints] = []  # facts of own executions, as they happened
        self._rows = rows
        self._ems = SimulatedEms(self, simulated_profile(), world.ems, quiet=not rows)
        self._teller = Teller(world, int(self.floor.p[c.P_TICK]))
        self._inbox: deque[tuple[int, bytes]] = deque()
        self._wait = Waiting()
        self._working: dict[str, _Working] = {}
        self._from_child: list[tuple[int, str]] = []  # first child number of each algo order
        self._unsaid: list[tuple[str, int, AlgoOrder]] = []  # facts of algo orders waiting for their message
        self._execs = 0
        self._now = NULL
        self._handed = NULL
        self._begun = False
        self._ended = False

    # -- the stepped feed ----------------------------------------------------------------------------------------------

    def advance(self, until_ns: int) -> Slice:
        """Every row up to a time that was not handed out yet. Raises ValueError when the time falls."""
        if until_ns < self._handed:
            raise ValueError(f"advance to {until_ns} after {self._handed}: time never falls")
        self._reach(until_ns)
        self._handed = until_ns
        return self._wait.hand_out(until_ns)

    def receive(self, message: bytes, at_ns: int) -> None:
        """A FIX message reaches the EMS. Raises ValueError for a time already handed out past."""
        if at_ns < self._handed or (self._inbox and at_ns < self._inbox[-1][0]):
            raise ValueError(f"message at {at_ns}: earlier than what was handed out or received last")
        self._inbox.append((at_ns, message))
        self.received.append((at_ns, message))

    # -- moments -------------------------------------------------------------------------------------------------------

    def _reach(self, until: int) -> None:
        """Let everything up to a time happen, stopping at each moment at which something is due."""
        while True:
            moment = min(self._own_moment(), self._inbox[0][0] if self._inbox else c.NEVER, self._ems.due() or c.NEVER)
            if moment > until:
                break
            self._move(moment)
            self._act(moment)
        self._move(until)

    def _own_moment(self) -> int:
        """Next step of the plan: the parent's arrival, the end of the day."""
        if not self._begun:
            return self.world.ns(self.world.parent.at)
        return c.NEVER if self._ended else self.world.ns(self.world.close) + 2 * SECOND

    def _act(self, moment: int) -> None:
        """What is due at a moment, in this order: the plan, the EMS itself, messages."""
        if self._own_moment() == moment:
            if self._begun:
                self._finish(moment)
            else:
                self._begin(moment)
        due = self._ems.due()
        if due is not None and due <= moment:
            self._answers(self._ems.advance(moment))
        while self._inbox and self._inbox[0][0] <= moment:
            at_ns, message = self._inbox.popleft()
            self._answers(self._ems.receive(message, at_ns))

    def _move(self, until: int) -> None:
        """Let the floor run to a time; take its rows and facts."""
        if until <= self._now:
            return
        full = True
        while full:
            full = run(self.floor, until) == FULL
            self._collect()
        self._now = until

    def _collect(self) -> None:
        z = self.floor.z
        count = int(z[c.Z_FACTS])
        if count:
            facts = self.floor.facts[:count].copy()
            z[c.Z_FACTS] = 0
            self._hear(facts)
        rows = int(z[c.Z_OUT])
        if rows:
            self._wait.market.append(self._shown(self.floor.out[:rows].copy()))
            z[c.Z_OUT] = 0

    def _hear(self, facts: c.Ints) -> None:
        """Own facts: executions go to the EMS, all become order rows where rows are wanted."""
        fills = facts[facts[:, c.W_KIND] == c.FILLED]
        if len(fills):
            self.fills.append(fills)
        if self._rows:
            for fact in facts.tolist():
                row = self._teller.fact(fact, self._owner(fact[c.W_CHILD]))
                if self.world.parent.visibility == "V3" or row.kind == "fill":
                    self._wait.orders.append(row)
        for fact in fills.tolist():
            self._execs += 1
            fill = Fill(self._teller.exec_id(self._execs), fact[c.W_QTY], self._teller.price(fact[c.W_PRICE]))
            self._answers(self._ems.filled(self._owner(fact[c.W_CHILD]), fill, fact[c.W_MATCH]))
        if int(self.floor.z[c.Z_DONE]) >= self.world.parent.qty and not self._ended:
            self._finish(int(facts[-1, c.W_AT]) + MILLISECOND)

    def _owner(self, child: int) -> str:
        """The algo order a child was sent for."""
        return next(name for first, name in reversed(self._from_child) if first <= child)

    def _shown(self, rows: Rows) -> Rows:
        """Market rows as the world shows them: mirrored about the arrival price where the parent buys."""
        if self.world.mirrored:
            priced = rows["price"] != NULL
            rows["price"][priced] = 2 * round(self.world.listing.arrival * PRICE_SCALE) - rows["price"][priced]
            rows["side"] = -rows["side"]
        return rows

    # -- the plan ------------------------------------------------------------------------------------------------------

    def _begin(self, at_ns: int) -> None:
        """The parent arrives and its algo order is started."""
        world, parent = self.world, self.world.parent
        order = AlgoOrder(
            order_id=f"{parent.id}-A1", parent_id=parent.id, instrument=world.listing.instrument, side=parent.side,
            qty=parent.qty, strategy=parent.strategy, params=parent.params,
            tags=((1, parent.account),) if parent.account else (),
        )  # fmt: skip
        self._begun = True
        self._take_on(_Working(order))
        set_strategy(self.floor, strategy_of(world, order.strategy, order.params), at_ns)
        answers = self._ems.started(order, at_ns + MILLISECOND)
        if self._rows:
            self._wait.orders.append(self._teller.parent(at_ns))
            raw = answers[0].raw if answers else None
            self._wait.orders.append(
                self._teller.algo(
                    "algo_new", at_ns + MILLISECOND, order, raw, start_ns=at_ns, end_ns=world.ns(parent.end)
                )
            )
        self._answers(answers)

    def _take_on(self, working: _Working) -> None:
        """Children from now on are this order's."""
        self._working[working.order.order_id] = working
        self._from_child.append((int(self.floor.z[c.Z_CHILDREN]) + 1, working.order.order_id))

    def _finish(self, at_ns: int) -> None:
        """All is done, or the day is over: what is not filled expires."""
        self._ended = True
        done = int(self.floor.z[c.Z_DONE])
        for name, working in self._working.items():
            if not working.over:
                working.over = True
                self._say("algo_done", at_ns, working.order)
                self._answers(self._ems.ended(name, at_ns) if done < self.world.parent.qty else [])
        if self._rows:
            self._wait.orders.append(self._teller.parent_done(at_ns + MILLISECOND))

    # -- the desk of algos ---------------------------------------------------------------------------------------------

    def replace(self, order_id: str, terms: Terms, at_ns: int) -> str:
        """Work the order by another strategy, other parameters or another quantity from now on."""
        working = self._live(order_id)
        if working is None:
            return "order is not at work"
        before, was_paused = working.order, working.paused
        wrong = self._set(working, terms, at_ns)
        if not wrong:
            if was_paused:
                self._say("algo_resumed", at_ns, before)
            self._say("algo_replaced" if before.strategy == terms.strategy else "algo_switched", at_ns, working.order)
        return wrong

    def cancel(self, order_id: str, at_ns: int) -> str:
        """Stop working the order; fills already under way may still come."""
        working = self._live(order_id)
        if working is None:
            return "order is not at work"
        working.over = True
        self._stop(at_ns)
        self._say("algo_done", at_ns, working.order)
        return ""

    def new(self, order: AlgoOrder, at_ns: int) -> str:
        """Begin a new algo order for what is left of the parent."""
        if any(not working.over for working in self._working.values()):
            return "another order of the parent is at work"
        if order.parent_id != self.world.parent.id or order.instrument != self.world.listing.instrument:
            return "unknown parent or instrument"
        if order.side != self.world.parent.side:
            return f"the parent's side is {self.world.parent.side}"
        done = int(self.floor.z[c.Z_DONE])
        working = _Working(order)
        wrong = self._set(working, Terms(strategy=order.strategy, params=order.params, qty=done + order.qty), at_ns)
        if wrong:
            return wrong
        working.order = order
        self._take_on(working)
        self._say("algo_new", at_ns, order)
        return ""

    def pause(self, order_id: str, at_ns: int) -> str:
        """Cancel the children and send no more until resumed."""
        working = self._live(order_id)
        if working is None:
            return "order is not at work"
        working.paused = True
        self._stop(at_ns)
        self._say("algo_paused", at_ns, working.order)
        return ""

    def resume(self, order_id: str, at_ns: int) -> str:
        """Go on after a pause."""
        working = self._live(order_id)
        if working is None:
            return "order is not at work"
        working.paused = False
        self.floor.z[c.Z_STOPPED] = 0
        self._say("algo_resumed", at_ns, working.order)
        return ""

    def _live(self, order_id: str) -> _Working | None:
        working = self._working.get(order_id)
        return None if working is None or working.over else working

    def _stop(self, at_ns: int) -> None:
        self.floor.z[c.Z_STOPPED] = 1
        self.floor.z[c.Z_DECIDE] = max(at_ns, int(self.floor.z[c.Z_NOW])) + 1

    def _set(self, working: _Working, terms: Terms, at_ns: int) -> str:
        """Set strategy and quantity; the children of the old way are withdrawn first. "" or what is wrong."""
        if terms.strategy not in self.world.strategies:
            return f"unknown strategy {terms.strategy!r}"
        try:
            strategy = strategy_of(self.world, terms.strategy, terms.params)
        except ValueError as error:
            return f"parameter: {error}"
        floor = self.floor
        if terms.qty < int(floor.z[c.Z_DONE]):
            return f"quantity {terms.qty} below the {int(floor.z[c.Z_DONE])} filled"
        if terms.qty > MOST_SHARES:
            return f"quantity {terms.qty} is not allowed; allowed: at most {MOST_SHARES}"
        floor.p[c.P_QTY] = terms.qty
        floor.z[c.Z_STOPPED] = 0
        set_strategy(floor, strategy, at_ns)
        floor.z[c.Z_RENEW] = 1
        working.paused = False
        working.order = msgspec.structs.replace(
            working.order, strategy=terms.strategy, params=dict(terms.params), qty=terms.qty
        )
        return ""

    def _say(self, kind: str, at_ns: int, order: AlgoOrder) -> None:
        """A fact about an algo order; its message is among the answers that follow."""
        if self._rows:
            self._unsaid.append((kind, at_ns, order))

    def _answers(self, answers: list[Answer]) -> None:
        """What the EMS said; the last message of a moment is the one that tells what became of the order then."""
        for kind, at_ns, order in self._unsaid:
            raw = [answer.raw for answer in answers if answer.at_ns == at_ns]
            self._wait.orders.append(self._teller.algo(kind, at_ns, order, raw[-1] if raw else None))
        self._unsaid.clear()
        if self._rows:
            self._wait.replies += [(answer.at_ns, answer.raw) for answer in answers]

    # -- truth ---------------------------------------------------------------------------------------------------------

    def truth(self) -> dict[str, Truth]:
        """What the day truly cost by cause, by parent: it is run again without the agent, with the same messages.

        Raises ValueError before the day is over.
        """
        if self._handed < self.end_ns:
            raise ValueError("the truth of a day is known at its end")
        calm = Simulation(self.world, self.outside, agent=False, rows=False)
        for at_ns, message in self.received:
            calm.receive(message, at_ns)
        calm.advance(calm.end_ns)
        return {self.world.parent.id: truth_of(self.world, costs_of(self), costs_of(calm))}
