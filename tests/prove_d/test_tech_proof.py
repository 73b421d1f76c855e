"""The TECH day with evidence on: grey, clear, an alarm while it leaks, a clean new epoch; twins that never alarm."""

from typing import Any, Final, NamedTuple

import pytest

from app.engine.config import EngineConfig
from app.engine.core import Engine
from app.engine.evidence.trail import Said
from app.engine.units import SECOND
from app.feeds.simulator import World, load_world, open_world
from app.kernel_cache import use_kernel_cache
from app.runtime.stepped import StepRoute
from tests.prove_d.judged import proved_model

pytestmark = pytest.mark.prove
ALARMS: Final = {"AMBER", "RED"}


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
    feed = open_world(name)
    route = StepRoute(feed, lambda: 10 * SECOND)
    engine = Engine(feed.universe, EngineConfig(evidence=proved_model()))
    while (block := route.take()) is not None:
        engine.apply(block)
    engine.finish(feed.end_ns)
    assert engine.state.evidence is not None
    (trail,) = engine.state.evidence.trails().values()
    row = {column: values[0] for column, values in engine.tables()["parents"].items()}
    return Day(load_world(name), list(trail.said), row)


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
