"""The TECH day with evidence on: grey, clear, an alarm while it leaks, a clean new epoch; twins that never alarm."""

from typing import Any, Final, NamedTuple

import pytest

from app.engine.config import EngineConfig
from app.engine.core import Engine
from app.engine.events import Block
from app.engine.evidence.trail import Said
from app.engine.units import SECOND
from app.feeds.simulator import Simulation, World, load_world
from app.feeds.simulator.paired import Switch, messages_of
from app.kernel_cache import use_kernel_cache
from tests.prove_d.judged import proved_model

pytestmark = pytest.mark.prove
ALARMS: Final = {"AMBER", "RED"}
SWITCH: Final = Switch(at="11:20:00")
LEAKING: Final = frozenset(("tech", "tech_v2"))  # days whose algo is switched
STEP_NS: Final = 10 * SECOND


class Day(NamedTuple):
    """What the evidence said of the order, child by child, and the order's row at the end."""

    world: World
    said: list[Said]
    row: dict[str, Any]

    def lights(self, begin: str, end: str) -> list[str]:
        """Colours between two clock times."""
        first, last = self.world.ns(begin), self.world.ns(end)
        return [one.light for one in self.said if first <= one.ts < last]


def played(name: str) -> Day:
    """A shipped day through an engine with the proved model."""
    use_kernel_cache()
    world = load_world(name)
    day = Simulation(world)
    for at_ns, message in messages_of(world, SWITCH) if name in LEAKING else ():
        day.receive(message, at_ns)
    engine = Engine(day.universe, EngineConfig(evidence=proved_model()))
    until = day.start_ns
    while until < day.end_ns:
        until = min(until + STEP_NS, day.end_ns)
        step = day.advance(until)
        engine.apply(Block(until + 1, step.market, tuple(step.orders)))
    engine.finish(day.end_ns)
    assert engine.state.evidence is not None
    (trail,) = engine.state.evidence.trails().values()
    row = {column: values[0] for column, values in engine.tables()["parents"].items()}
    return Day(world, list(trail.said), row)


def test_that_the_light_goes_from_grey_to_clear_in_the_first_hour() -> None:
    lights = played("tech").lights("09:30:00", "10:40:00")
    assert lights[0] == "GREY"
    assert "CLEAR" in lights
    assert ALARMS.isdisjoint(lights)


def test_that_it_alarms_between_11_08_and_11_20() -> None:
    day = played("tech")
    assert ALARMS.isdisjoint(day.lights("09:30:00", "11:00:00"))
    assert not ALARMS.isdisjoint(day.lights("11:08:00", "11:20:00"))


def test_that_the_new_epoch_never_alarms() -> None:
    day = played("tech")
    later = [one.light for one in day.said if one.epoch > 0]
    assert later
    assert ALARMS.isdisjoint(later)


@pytest.mark.parametrize("twin", ["tech_quiet", "tech_note"])
def test_that_twins_without_a_leak_never_alarm(twin: str) -> None:
    day = played(twin)
    assert day.said
    assert ALARMS.isdisjoint([one.light for one in day.said])


def test_that_the_twin_whose_children_are_not_seen_says_limited_evidence() -> None:
    assert "limited evidence" in played("tech_v2").row["status_reason"]
