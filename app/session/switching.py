"""The switch beside a day that runs in one process: at a time, by itself when the light says so, or not at all."""

from collections.abc import Callable, Sequence
from typing import Final, Literal, NamedTuple, Protocol

from app.control.inline import Act, InlineSwitch
from app.control.process import load_profile
from app.engine.switch.facts import Target
from app.engine.units import SECOND
from app.runtime.outputs import Tables

LOOK_NS: Final = 60 * SECOND
_ALARMS: Final = frozenset({"AMBER", "RED"})


class Plan(NamedTuple):
    """What to do with a parent: switch to a strategy at `at_ns`, by itself (None), never (`when`)."""

    when: Literal["at", "auto", "never"]
    parent_id: str
    strategy: str
    at_ns: int | None = None


class Seen(Protocol):
    """What of an engine the automatic switch looks at."""

    def tables(self) -> Tables:
        """The tables as they stand."""


class Switching:
    """A wire that carries a plan out; `watch` gives it the engine before the day begins."""

    def __init__(self, plan: Plan, start_ns: int) -> None:
        self.inline = InlineSwitch(load_profile())
        self._plan = plan
        self._look_ns: int | None = start_ns + LOOK_NS if plan.when == "auto" else None
        self._alarmed = False
        self._tables: Callable[[], Tables] | None = None
        if plan.at_ns is not None and plan.when == "at":
            self.inline.plan(self._act(plan.at_ns))

    def watch(self, engine: Seen) -> None:
        """The engine whose light it follows."""
        self._tables = engine.tables

    def next_ns(self) -> int | None:
        """When it wants to be asked next (event ns)."""
        times = [time for time in (self.inline.next_ns(), self._look_ns) if time is not None]
        return min(times, default=None)

    def outgoing(self, now_ns: int) -> list[bytes]:
        """Messages due by now."""
        if self._look_ns is not None and now_ns >= self._look_ns:
            self._look(now_ns)
        return self.inline.outgoing(now_ns)

    def incoming(self, replies: Sequence[tuple[int, bytes]]) -> None:
        """What the EMS said."""
        self.inline.incoming(replies)

    def words(self) -> list[str]:
        """What became of the plan, one sentence each."""
        if self._plan.when == "never":
            return ["no switch was planned"]
        if not self.inline.outcomes:
            return ["no switch: the light gave no reason"]
        asked = [f"{outcome.act.action} to {self._plan.strategy}: {outcome.words}" for outcome in self.inline.outcomes]
        return asked + self._states()

    def _states(self) -> list[str]:
        """The states the order went through, with what is said of each; the first is that of the asking."""
        said: list[tuple[str, str]] = []
        for step in self.inline.steps:
            if step.state and (not said or said[-1][0] != step.state):
                said.append((step.state, step.words))
        return [f"then {state}: {words}" for state, words in said[1:]]

    def _look(self, now_ns: int) -> None:
        """Two alarms in a row, a minute apart, are a reason to switch; one is a blink."""
        alarmed = self._level() in _ALARMS
        if alarmed and self._alarmed:
            self.inline.plan(self._act(now_ns))
            self._look_ns = None
            return
        self._alarmed = alarmed
        self._look_ns = now_ns + LOOK_NS

    def _level(self) -> object:
        if self._tables is None:
            return None
        parents = self._tables()["parents"]
        levels = dict(zip(parents["parent_id"], parents["level"], strict=True))
        return levels.get(self._plan.parent_id)

    def _act(self, at_ns: int) -> Act:
        return Act(at_ns, self._plan.parent_id, "switch", Target(strategy=self._plan.strategy))
