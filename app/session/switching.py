"""The switch beside a day that runs in one process: at a time, by itself when the light says so, or not at all."""

from collections.abc import Callable, Sequence
from typing import Final, Literal, NamedTuple, Protocol

from app.control.inline import Act, InlineSwitch
from app.control.process import load_profile
from app.engine.switch.facts import Target
from app.engine.switch.guard import Limits
from app.engine.units import SECOND
from app.runtime.outputs import Tables

LOOK_NS: Final = 60 * SECOND
_ALARMS: Final = frozenset({"AMBER", "RED"})


class Plan(NamedTuple):
    """What to do with a parent: pause, then switch to a strategy, at `at_ns`, by itself (None), never (`when`)."""

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

    def __init__(self, plan: Plan, start_ns: int, limits: Limits | None = None) -> None:
        self.inline = InlineSwitch(load_profile(), limits)
        self._plan = plan
        self._look_ns: int | None = start_ns + LOOK_NS if plan.when == "auto" else None
        self._alarmed = False
        self._tables: Callable[[], Tables] | None = None
        if plan.at_ns is not None and plan.when == "at":
            self.inline.plan(*self._acts(plan.at_ns))

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
        return [words for number in range(len(self.inline.outcomes)) for words in self._told(number)]

    def _told(self, number: int) -> list[str]:
        """One act: what was asked, and the states the order went through until the next was."""
        act, _, words = self.inline.outcomes[number]
        after = [outcome.act.at_ns for outcome in self.inline.outcomes[number + 1 :]]
        said: list[tuple[str, str]] = []
        for step in self.inline.steps:
            within = act.at_ns <= step.ts_ns and (not after or step.ts_ns < after[0])
            if within and step.state and (not said or said[-1][0] != step.state):
                said.append((step.state, step.words))
        asked = f"{act.action} to {act.target.strategy}" if act.action == "switch" else act.action
        return [f"{asked}: {words}", *(f"then {state}: {words}" for state, words in said[1:])]

    def _look(self, now_ns: int) -> None:
        """Two alarms in a row, a minute apart, are a reason to switch; one is a blink."""
        alarmed = self._level() in _ALARMS
        if alarmed and self._alarmed:
            self.inline.plan(*self._acts(now_ns))
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

    def _acts(self, at_ns: int) -> list[Act]:
        """The pause where the broker has one, then the switch."""
        plan = self._plan
        switch = Act(at_ns, plan.parent_id, "switch", Target(strategy=plan.strategy))
        pauses = self.inline.control.profile.pause is not None
        return [Act(at_ns, plan.parent_id, "pause"), switch] if pauses else [switch]
