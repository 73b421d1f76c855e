"""A world run flat out in this process, with or without its switch, and the scorecard of its parent in words."""

from collections.abc import Mapping, Sequence
from datetime import time
from pathlib import Path
from typing import Literal

import msgspec

from app.engine.errors import FeedError, SettingsError, complaint
from app.feeds.simulator import Simulation, open_world
from app.runtime.loop import RunResult
from app.session.simulation import SimulationRequest, run_simulation
from app.session.switching import Plan, Switching
from app.settings import load_settings

AUTO: Literal["auto"] = "auto"
NEVER: Literal["never"] = "never"


class DemoRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A world, its draw, and when its order is switched: a clock time HH:MM of the exchange, auto, or never."""

    world: str
    seed: int | None = None
    agent: bool | None = None
    switch_at: str = NEVER
    strategy: str = "PASSIVE"
    run: SimulationRequest = SimulationRequest()


class Demo(msgspec.Struct, frozen=True, kw_only=True):
    """A finished demo: the run, its parent's line of the parents table, and what became of the switch."""

    result: RunResult
    parent: dict[str, object]
    switch: list[str]
    note: str


def demo(request: DemoRequest) -> Demo:
    """Run it. Raises ScorecardError in words."""
    feed = open_world(request.world, request.seed, request.agent)
    given = request.run.settings
    limits = load_settings(Path(given) if given else None).limits
    wire = Switching(plan_of(request, feed), feed.start_ns, limits)
    result = run_simulation(request.run, feed, wire)
    wire.inline.close()
    if result is None:
        raise FeedError("the demo was stopped on its way")
    parent = line(result.tables["parents"], "parent_id", feed.world.parent.id)
    return Demo(result=result, parent=parent, switch=wire.words(), note=feed.note)


def plan_of(request: DemoRequest, feed: Simulation) -> Plan:
    """The switch a request asks for. Raises SettingsError for a time that is none, or outside the day."""
    parent = feed.world.parent.id
    if request.switch_at == NEVER:
        return Plan("never", parent, request.strategy)
    if request.switch_at == AUTO:
        return Plan("auto", parent, request.strategy)
    try:
        at_ns = feed.world.ns(time.fromisoformat(request.switch_at).isoformat())
    except ValueError:
        at_ns = 0
    if not feed.start_ns < at_ns < feed.end_ns:
        allowed = f"a time of the day from {feed.world.open} to {feed.world.close}, auto, never"
        raise SettingsError(complaint("--switch-at", "time", request.switch_at, allowed))
    return Plan("at", parent, request.strategy, at_ns)


def line(table: Mapping[str, Sequence[object]], key: str, value: object) -> dict[str, object]:
    """One line of a table by its key. Raises FeedError where there is none."""
    if value not in table[key]:
        raise FeedError(f"{value}: no such line in the table")
    at = table[key].index(value)
    return {name: column[at] for name, column in table.items()}
