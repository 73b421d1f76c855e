"""Paired runs: the same day with and without the switch, with and without the agent, over many noise seeds.

All four share whatever comes from outside, so that their difference is what was caused. The saving is split into leak
avoided, own impact, timing luck and opportunity; the parts sum to it exactly.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from app.engine.switch.stamp import utc_text
from app.engine.units import MILLISECOND
from app.feeds.decode.fix_wire import Header, built
from app.feeds.simulator.flow import Outside, outside_of
from app.feeds.simulator.profiles import simulated_profile
from app.feeds.simulator.simulation import Simulation
from app.feeds.simulator.truth import Costs, costs_of, notional_of
from app.feeds.simulator.world import World

Z_90: Final = 1.6448536269514722
PARTS: Final = ("total", "leak_avoided", "own_impact", "timing_luck", "opportunity")


class Switch(msgspec.Struct, frozen=True, kw_only=True):
    """A change of strategy: when its first message reaches the EMS (clock time), to what.

    `pause_ms`: that message is a pause, and the switch follows so much later, when the pause was accepted; None: the
    switch is the only message.
    """

    at: str = "11:20:00"
    pause_ms: int | None = 230  # the EMS's 180 ms and the reaction to its answer
    strategy: str = "PASSIVE"
    params: dict[str, str] = {}


class Saving(msgspec.Struct, frozen=True, kw_only=True):
    """What a switch saved on one day in 1e-9 of the currency: positive = the switch was cheaper."""

    noise_seed: int
    total: int
    leak_avoided: int
    own_impact: int
    timing_luck: int
    opportunity: int
    leak: int  # what the agent cost on the day with the switch
    filled: tuple[int, int]  # with and without the switch


class Mean(msgspec.Struct, frozen=True, kw_only=True):
    """Mean over days in bps of S x arrival, its standard error and 90 % interval."""

    mean: float
    error: float
    low: float
    high: float


class Split(msgspec.Struct, frozen=True, kw_only=True):
    """The saving over many days by part; `words` says what may be claimed."""

    days: int
    parts: dict[str, Mean]
    words: str


def messages_of(world: World, switch: Switch) -> list[tuple[int, bytes]]:
    """Times (ns) and messages of a switch: the pause first where it has one."""
    at = world.ns(switch.at)
    if switch.pause_ms is None:
        return [(at, switch_message(world, switch))]
    later = at + switch.pause_ms * MILLISECOND
    pause = pause_message(world, at)
    return [(at, pause), (later, _replace(world, switch.strategy, _parameters(switch), _Sent(2, later)))]


def switch_message(world: World, switch: Switch) -> bytes:
    """The 35=G a trader's desk would send for a switch: of the algo order as the EMS started it."""
    return _replace(world, switch.strategy, _parameters(switch), _Sent(1, world.ns(switch.at)))


def _parameters(switch: Switch) -> dict[str, str]:
    """What a form would send: the defaults of the profile where the switch says nothing else."""
    strategy = simulated_profile().strategies.get(switch.strategy)
    known = {} if strategy is None else strategy.parameters
    return {name: parameter.default for name, parameter in known.items() if parameter.default} | switch.params


def pause_message(world: World, at_ns: int) -> bytes:
    """The 35=G that pauses the algo order as the EMS started it."""
    pause = simulated_profile().pause
    return _replace(world, world.parent.strategy, world.parent.params, _Sent(1, at_ns), pause.on if pause else "")


class _Sent(NamedTuple):
    """The how-manieth request on the order, and when it goes out (ns)."""

    number: int
    at_ns: int


def _replace(world: World, name: str, params: Mapping[str, str], sent: _Sent, paused: str = "") -> bytes:
    """A 35=G on the algo order, after the requests numbered before it were accepted."""
    profile, parent = simulated_profile(), world.parent
    strategy, pause = profile.strategies.get(name), profile.pause
    after = f"{parent.id}-S{sent.number - 1}" if sent.number > 1 else f"{parent.id}-A1.1"
    fields = [
        (11, f"{parent.id}-S{sent.number}"), (41, after), (37, f"{parent.id}-A1"),
        (profile.parent_tag, parent.id), (1, parent.account), (55, world.listing.instrument),
        (54, "1" if parent.side == "BUY" else "2"), (38, str(parent.qty)), (40, "1"), (59, "0"), (21, "1"),
        (profile.strategy_tag, strategy.wire if strategy else name),
    ]  # fmt: skip
    for key, value in params.items():
        parameter = strategy.parameters.get(key) if strategy else None
        fields += [(parameter.tag, value)] if parameter and parameter.tag else [(958, key), (959, "14"), (960, value)]
    if pause is not None:
        fields.append((pause.tag, paused or (pause.off if sent.number > 1 else "")))
    header = Header(profile.sender, profile.target, sent.number, sent.at_ns)
    return built(header, "G", [pair for pair in fields if pair[1]] + [(60, utc_text(sent.at_ns))])


def free_noise(world: World, seed: int) -> World:
    """The world with its whole exogenous noise: nothing pinned, another path."""
    noise = msgspec.structs.replace(world.noise, pins=(), scale=1.0)
    return msgspec.structs.replace(world, noise=noise, noise_seed=seed)


def finished(world: World, outside: Outside, switch: Switch | None, *, agent: bool) -> Simulation:
    """A day run to its end without rows."""
    day = Simulation(world, outside, agent=agent, rows=False)
    if switch is not None:
        for at_ns, message in messages_of(world, switch):
            day.receive(message, at_ns)
    day.advance(day.end_ns)
    return day


def day_costs(world: World, outside: Outside, switch: Switch | None, *, agent: bool) -> Costs:
    """Costs of such a day."""
    return costs_of(finished(world, outside, switch, agent=agent))


def saving_of(world: World, switch: Switch, outside: Outside | None = None) -> Saving:
    """What the switch saved on the world's day: four runs."""
    outside = outside_of(world) if outside is None else outside
    kept, switched = (day_costs(world, outside, plan, agent=True) for plan in (None, switch))
    calm_kept, calm_switched = (day_costs(world, outside, plan, agent=False) for plan in (None, switch))
    return Saving(
        noise_seed=world.noise_seed,
        total=kept.total - switched.total,
        leak_avoided=(kept.total - calm_kept.total) - (switched.total - calm_switched.total),
        own_impact=calm_kept.own - calm_switched.own,
        timing_luck=calm_kept.noise - calm_switched.noise,
        opportunity=calm_kept.opportunity - calm_switched.opportunity,
        leak=switched.total - calm_switched.total,
        filled=(switched.filled, kept.filled),
    )


def savings(world: World, switch: Switch, seeds: Iterable[int]) -> list[Saving]:
    """Paired savings over noise seeds, nothing pinned."""
    return [saving_of(free_noise(world, seed), switch) for seed in seeds]


def mean_of(values: Sequence[float]) -> Mean:
    """Mean, standard error, 90 % interval (normal); needs two values."""
    count = len(values)
    mean = math.fsum(values) / count
    variance = math.fsum((value - mean) ** 2 for value in values) / (count - 1)
    error = math.sqrt(variance / count)
    return Mean(mean=mean, error=error, low=mean - Z_90 * error, high=mean + Z_90 * error)


def split_of(world: World, days: Sequence[Saving]) -> Split:
    """The savings of many days by part, in bps of S x arrival, and what they say in words."""
    scale = 10_000 / notional_of(world)
    parts = {name: mean_of([getattr(day, name) * scale for day in days]) for name in PARTS}
    return Split(days=len(days), parts=parts, words=_words(parts, len(days)))


def _words(parts: Mapping[str, Mean], days: int) -> str:
    total, leak = parts["total"], parts["leak_avoided"]
    interval = f"[{total.low:.1f}, {total.high:.1f}] bps over {days} days"
    if total.low > 0:
        return f"the switch saves {total.mean:.1f} bps {interval}, {leak.mean:.1f} of it leak avoided"
    if total.high < 0:
        return f"the switch does not help: it costs {-total.mean:.1f} bps {interval}"
    return f"the switch does not help: not distinguishable from 0, {interval}"
