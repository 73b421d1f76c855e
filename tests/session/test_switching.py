"""The switch beside a day in one process: at its time, by the light, or never."""

import math

import pytest

from app.engine.errors import FeedError, SettingsError
from app.engine.units import SECOND
from app.feeds.simulator import load_world, open_world
from app.feeds.simulator.flow import outside_of
from app.feeds.simulator.paired import Switch, finished
from app.feeds.simulator.truth import costs_of
from app.session.demo import DemoRequest, demo, line, plan_of
from app.session.switching import LOOK_NS, Plan, Switching

pytestmark = pytest.mark.slow  # processes, whole days or whole windows

START = 1_000 * SECOND


class Light:
    """An engine whose light is what the test says."""

    def __init__(self, level: str | None = None) -> None:
        self.level = level

    def tables(self) -> dict[str, dict[str, list[object]]]:
        return {"parents": {"parent_id": ["Q", "P"], "level": ["RED", self.level]}}


def planned(wire: Switching) -> list[int]:
    return [at_ns for at_ns, _, _ in wire.inline._acts]


def test_that_a_switch_at_a_time_is_asked_for_then() -> None:
    wire = Switching(Plan("at", "P", "PASSIVE", START + 7), START)
    assert planned(wire) == [START + 7]
    assert wire.next_ns() == START + 7
    wire.outgoing(START + 7)
    nothing = "no algo order of P in this session"
    assert wire.words() == [f"pause: {nothing}", f"switch to PASSIVE: {nothing}"]


@pytest.mark.slow
@pytest.mark.usefixtures("as_shipped")
def test_that_what_became_of_a_switch_is_told_state_by_state() -> None:
    day = demo(DemoRequest(world="tech", switch_at="11:20"))
    assert [words.split(":")[0] for words in day.switch] == [
        "pause", "then R2", "then R5", "switch to PASSIVE", "then R2", "then R5", "then R6",
    ]  # fmt: skip
    assert day.switch[2] == "then R5: paused"
    assert day.switch[5] == "then R5: switched"
    assert day.parent["filled_qty"] == day.parent["order_qty"]
    figures = {name: value for name, value in day.parent.items() if isinstance(value, float)}
    parts = [figures[f"drift_{name}_ccy"] for name in ("market", "own", "leak", "noise")]
    assert math.fsum(parts) == pytest.approx(figures["drift_ccy"])
    assert max(abs(figures["drift_own_ccy"]), abs(figures["drift_noise_ccy"])) < figures["noise_band_ccy"]
    world = load_world("tech")
    paired = costs_of(finished(world, outside_of(world), Switch(), agent=True))
    assert day.parent["exec_cost_ccy"] == pytest.approx(paired.total / 1e9)  # the messages the proofs send
    spared = costs_of(finished(world, outside_of(world), Switch(), agent=False))
    off = figures["drift_leak_ccy"] - (paired.total - spared.total) / 1e9
    assert abs(off) < 3e-4 * 50.25 * 500_000  # 3 bps of the truth


def test_that_no_switch_is_no_switch() -> None:
    wire = Switching(Plan("never", "P", "PASSIVE"), START)
    assert wire.next_ns() is None
    assert wire.words() == ["no switch was planned"]


def test_that_the_light_switches_at_its_second_alarm_in_a_row() -> None:
    light, wire = Light("GREEN"), Switching(Plan("auto", "P", "PASSIVE"), START)
    wire.watch(light)
    seen = []
    for turn, level in enumerate(["GREEN", "AMBER", "GREEN", "AMBER", "RED", "RED"], 1):
        now = START + turn * LOOK_NS
        if turn <= 5:
            assert wire.next_ns() == now
        light.level = level
        wire.outgoing(now)
        seen.append(len(wire.inline.outcomes))
    assert seen == [0, 0, 0, 0, 2, 2]
    assert wire.inline.outcomes[0].act.at_ns == START + 5 * LOOK_NS


def test_that_a_light_that_gives_no_reason_says_so() -> None:
    wire = Switching(Plan("auto", "P", "PASSIVE"), START)
    wire.watch(Light(None))
    wire.outgoing(START + LOOK_NS)
    assert wire.words() == ["no switch: the light gave no reason"]


def test_that_a_clock_time_is_the_exchanges_and_within_its_day() -> None:
    feed = open_world("tech")
    plan = plan_of(DemoRequest(world="tech", switch_at="11:20"), feed)
    assert (plan.when, plan.parent_id, plan.at_ns) == ("at", feed.world.parent.id, feed.world.ns("11:20:00"))
    assert plan_of(DemoRequest(world="tech", switch_at="auto"), feed).when == "auto"
    assert plan_of(DemoRequest(world="tech"), feed).when == "never"
    for wrong in ("20:00", "noon", "25:00"):
        with pytest.raises(SettingsError, match=r"--switch-at: time = '.*' is not allowed"):
            plan_of(DemoRequest(world="tech", switch_at=wrong), feed)


def test_that_a_line_of_a_table_is_found_by_its_key() -> None:
    table: dict[str, list[object]] = {"parent_id": ["P", "Q"], "qty": [1, 2]}
    assert line(table, "parent_id", "Q") == {"parent_id": "Q", "qty": 2}
    with pytest.raises(FeedError, match="no such line"):
        line(table, "parent_id", "R")
