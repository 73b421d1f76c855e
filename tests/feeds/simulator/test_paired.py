"""Paired runs and the truth: parts sum to the total exactly, the noise is shared, words say what may be claimed."""

import msgspec
import pytest

from app.feeds.decode.fix_frame import frame_one
from app.feeds.simulator import Simulation
from app.feeds.simulator.flow import outside_of
from app.feeds.simulator.paired import (
    Saving,
    Switch,
    finished,
    free_noise,
    mean_of,
    messages_of,
    saving_of,
    savings,
    split_of,
    switch_message,
)  # fmt: skip
from app.feeds.simulator.truth import all_fills, arrival_of, costs_of, notional_of
from tests.feeds.simulator.small import PAUSED, SWITCH, costs, small_world, through_engine

WORLD = small_world()


def test_that_the_parts_of_a_saving_sum_to_it_exactly() -> None:
    for day in savings(WORLD, SWITCH, range(1, 4)):
        assert day.total == day.leak_avoided + day.own_impact + day.timing_luck + day.opportunity


def test_that_the_parts_of_a_day_sum_to_its_cost_exactly_and_the_engine_finds_the_same_cost() -> None:
    day = Simulation(WORLD)
    day.receive(switch_message(WORLD, SWITCH), WORLD.ns(SWITCH.at))
    day.advance(day.end_ns)
    truth = day.truth()["TECH-1"]
    assert truth.total == truth.leak + truth.own_impact + truth.noise + truth.opportunity
    assert truth.filled == 20_000
    row = costs(through_engine(WORLD, SWITCH))
    assert row["is_ccy"] - row["fees_ccy"] == pytest.approx(truth.total / 1e9, abs=1e-9)
    assert row["slip_arrival_bps"] == pytest.approx(truth.bps(truth.total), abs=1e-9)


def test_that_a_day_that_buys_has_the_same_truth() -> None:
    truths = []
    for name in ("tech", "tech_buy"):
        day = Simulation(small_world(name))
        day.advance(day.end_ns)
        truths.append(day.truth()["TECH-1"])
    assert truths[0] == truths[1]


def test_that_the_truth_is_known_at_the_end_of_the_day_only() -> None:
    day = Simulation(WORLD)
    day.advance(WORLD.ns("09:40:00"))
    with pytest.raises(ValueError, match="end"):
        day.truth()


def test_that_without_an_agent_a_switch_avoids_no_leak() -> None:
    saving = saving_of(free_noise(small_world("tech_note"), 1), SWITCH)
    assert saving.leak_avoided == 0
    assert saving.leak == 0


def test_that_paired_days_share_everything_until_the_switch() -> None:
    outside = outside_of(WORLD)
    at = WORLD.ns(SWITCH.at)
    one, two = (all_fills(finished(WORLD, outside, plan, agent=True)) for plan in (SWITCH, None))
    before = [fills[fills[:, 9] < at].tolist() for fills in (one, two)]
    assert before[0] == before[1]
    assert len(before[0]) > 50


@pytest.mark.parametrize("switch", [SWITCH, PAUSED])
def test_that_runs_without_rows_are_the_runs_with_rows(switch: Switch) -> None:
    quick = finished(WORLD, outside_of(WORLD), switch, agent=True)
    full = Simulation(WORLD)
    for at_ns, message in messages_of(WORLD, switch):
        full.receive(message, at_ns)
    full.advance(full.end_ns)
    assert all_fills(quick).tolist() == all_fills(full).tolist()
    assert costs_of(quick) == costs_of(full)


def test_that_free_noise_moves_the_cost_and_pins_hold_it() -> None:
    totals = [costs_of(finished(day, outside_of(day), None, agent=True)) for day in (free_noise(WORLD, 1), WORLD)]
    assert abs(totals[0].noise) > 5 * abs(totals[1].noise)


def test_that_a_cost_is_what_the_fills_say() -> None:
    day = finished(WORLD, outside_of(WORLD), None, agent=True)
    fills = all_fills(day)
    by_hand = sum(int(fill[5]) * (arrival_of(WORLD) - int(fill[6])) for fill in fills.tolist())
    assert costs_of(day).total == by_hand
    assert notional_of(WORLD) == 20_000 * 50_250_000_000


def test_that_the_mean_has_its_error_and_interval() -> None:
    mean = mean_of([1.0, 2.0, 3.0, 4.0])
    assert mean.mean == pytest.approx(2.5)
    assert mean.error == pytest.approx((5 / 3 / 4) ** 0.5)
    assert mean.high - mean.mean == pytest.approx(1.6448536269514722 * mean.error)


def made(bps: float, spread: float) -> list[Saving]:
    """Ten days of one saving, give or take."""
    unit = notional_of(WORLD) // 10_000
    nothing = {"own_impact": 0, "timing_luck": 0, "opportunity": 0, "leak": 0, "filled": (20_000, 20_000)}
    found = []
    for k in range(10):
        total = round(unit * (bps + spread * (k % 2 - 0.5)))
        found.append(Saving(noise_seed=k, total=total, leak_avoided=round(unit * bps), **nothing))  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize(
    ("bps", "spread", "words"),
    [
        (8.0, 1.0, "the switch saves 8.0 bps"),
        (-2.0, 1.0, "the switch does not help: it costs 2.0 bps"),
        (0.1, 9.0, "the switch does not help: not distinguishable from 0"),
    ],
)
def test_that_the_split_says_no_more_than_it_may(bps: float, spread: float, words: str) -> None:
    split = split_of(WORLD, made(bps, spread))
    assert split.words.startswith(words)
    assert split.days == 10
    assert split.parts["total"].mean == pytest.approx(bps, abs=1e-6)
    assert msgspec.json.decode(msgspec.json.encode(split), type=type(split)) == split


def test_that_a_switch_message_is_the_order_with_another_strategy() -> None:
    message = frame_one(switch_message(WORLD, Switch(at="09:42:00", params={"MaxPct": "20", "Urgency": "low"})))
    assert not isinstance(message, str)
    assert message.kind == "G"
    assert (message.text(37), message.text(41), message.text(38)) == ("TECH-1-A1", "TECH-1-A1.1", "20000")
    assert (message.text(847), message.text(54), message.text(6404)) == ("PASSIVE", "2", "20")
    assert (message.text(958), message.text(960)) == ("Urgency", "low")
