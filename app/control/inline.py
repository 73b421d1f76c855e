"""The control process inside a run: the same guard, machine and audit beside a simulated day, as a wire of its loop.

Acts are planned at event times. An answer to a reply is sent REACTION_NS after it, so what happens does not depend on
how the day is cut into steps.
"""

import heapq
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal, NamedTuple

from app.control.answering import Answering, order_of_parent
from app.control.asks import Ask, Done, Forecast
from app.control.core import Control, Step
from app.control.outlook import Ahead
from app.engine.switch.facts import CancelAsked, Target
from app.engine.switch.guard import Limits, Market, Wish
from app.engine.switch.order import Order
from app.engine.switch.profile import Profile
from app.engine.switch.states import State
from app.engine.units import MILLISECOND

REACTION_NS: Final = 50 * MILLISECOND
_LOOK_NS: Final = REACTION_NS // 2
_NO_BOARD: Final = "undefined: no board in this run"
_UNDER_WAY: Final = frozenset({State.C3, State.C3W})


class Act(NamedTuple):
    """Something to be done at an event time (ns) to a parent's algo order."""

    at_ns: int
    parent_id: str
    action: Literal["switch", "pause", "resume", "cancel"]
    target: Target = Target()


class Outcome(NamedTuple):
    """What became of an act when it was due: done = the message went out."""

    act: Act
    done: bool
    words: str


class _Chain(NamedTuple):
    """Acts that wait for the answer to the one before."""

    parent_id: str
    rest: list[Act]


class InlineSwitch:
    """Plan acts, then hand it to the loop as its wire. `outcomes` and `steps` tell what happened."""

    def __init__(
        self, profile: Profile, limits: Limits | None = None, folder: Path | None = None, user: str = "demo"
    ) -> None:
        self._out: list[tuple[int, int, bytes]] = []
        self._acts: list[tuple[int, int, tuple[Act, ...]]] = []
        self._chains: list[_Chain] = []
        self._count = 0
        self._replies = 0
        self._position = 0
        self._hearing = False
        self._user = user
        self.outcomes: list[Outcome] = []
        self.control = Control(
            profile=profile, limits=limits or Limits(), send=self._send, source=self, folder=folder, host="inline"
        )
        self._answering = Answering(self.control)

    @property
    def steps(self) -> list[Step]:
        """The message log: messages, states, remarks."""
        return self.control.steps

    def plan(self, *acts: Act) -> None:
        """Do something at its time; two acts at one time in the order they were planned.

        Of several, each further one follows REACTION_NS after the one before was answered, whatever the answer: its
        own guard decides; at once where that one was not sent.
        """
        self._count += 1
        heapq.heappush(self._acts, (acts[0].at_ns, self._count, acts))

    def close(self) -> None:
        """Close the audit."""
        self.control.close()

    # -- the face of a market source ---------------------------------------------------------------------------------

    def market(self, order: Order, now: int) -> Market:  # noqa: ARG002
        """The engine is in this process: what it has is fresh."""
        return Market(age_ns=0)

    def forecast(self, order: Order) -> Forecast:  # noqa: ARG002
        """Nobody looks."""
        return Forecast(algo="", why=_NO_BOARD)

    def ahead(self, order: Order) -> Ahead:  # noqa: ARG002
        """Nobody looks."""
        return Ahead(None, self._position, None, _NO_BOARD)

    # -- the face of a wire ------------------------------------------------------------------------------------------

    def next_ns(self) -> int | None:
        """When it wants to be asked next (event ns)."""
        times = [self._out[0][0]] if self._out else []
        if self._acts:
            times.append(self._acts[0][0])
        deadline = self.control.session.deadline()
        if deadline is not None:
            times.append(deadline)
        if any(o.request is not None or o.state in _UNDER_WAY for o in self.control.session.every()):
            times.append(self._position + _LOOK_NS)
        return min(times, default=None)

    def outgoing(self, now_ns: int) -> list[bytes]:
        """Messages due by now."""
        self._position = now_ns
        if not self.control.session.online:
            self.control.tick(now_ns)
            self.control.logged_on(up=True)
        while self._acts and self._acts[0][0] <= now_ns:
            _, _, (act, *rest) = heapq.heappop(self._acts)
            self.control.tick(now_ns)
            outcome = self._done(act)
            self.outcomes.append(outcome)
            if rest and outcome.done:
                self._chains.append(_Chain(act.parent_id, rest))
            elif rest:
                self._next(rest, now_ns)
        self.control.tick(now_ns)
        self._follow(now_ns)
        due: list[bytes] = []
        while self._out and self._out[0][0] <= now_ns:
            due.append(heapq.heappop(self._out)[2])
        return due

    def incoming(self, replies: Sequence[tuple[int, bytes]]) -> None:
        """What the EMS said, each message at its own time."""
        self._hearing = True
        for at_ns, raw in replies:
            self._replies += 1
            self.control.received(raw, at_ns, self._replies)
            self._follow(at_ns)
        self._hearing = False

    def _follow(self, at_ns: int) -> None:
        """What waited for an answer that has come."""
        waiting, self._chains = self._chains, []
        for chain in waiting:
            order = order_of_parent(self.control, chain.parent_id)
            if order is not None and order.request is not None:
                self._chains.append(chain)
            else:
                self._next(chain.rest, at_ns + REACTION_NS)

    def _next(self, rest: Sequence[Act], at_ns: int) -> None:
        self.plan(rest[0]._replace(at_ns=at_ns), *rest[1:])

    def _done(self, act: Act) -> Outcome:
        order = order_of_parent(self.control, act.parent_id)
        if order is None:
            return Outcome(act, done=False, words=f"no algo order of {act.parent_id} in this session")
        if act.action == "cancel":
            return Outcome(act, done=True, words=self.control.take(CancelAsked(order_id=order.order_id)))
        wish = Wish(action=act.action, order_id=order.order_id, version=order.version, target=act.target)
        reply = self._answering.act(wish, self._user, Ask())
        return Outcome(act, done=isinstance(reply, Done), words=reply.words)

    def _send(self, raw: bytes) -> None:
        """Out at once when it is our own act, after the reaction time when it answers a reply."""
        self._count += 1
        due = self.control.now + (REACTION_NS if self._hearing else 0)
        heapq.heappush(self._out, (due, self._count, raw))
