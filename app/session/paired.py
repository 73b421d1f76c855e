"""Paired runs of a world over many noise seeds, a share of them in each of a few processes: `scorecard paired`.

Started as a module it is one of those processes: `python -m app.session.paired WORLD AT STRATEGY FIRST LAST` writes a
saving a line.
"""

import itertools
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import time
from typing import Final

import msgspec

from app.engine.errors import SettingsError, complaint
from app.feeds.simulator import World, load_world
from app.feeds.simulator.paired import Saving, Switch, savings, split_of
from app.feeds.simulator.truth import BPS, notional_of
from app.kernel_cache import use_kernel_cache
from app.session.paired_figures import PairedFigures, Part, hash_of_world
from app.session.shares import lines_of, serve

MOST_PROCESSES: Final = 2
_MODULE: Final = "app.session.paired"


class PairedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Which world, its switch, how many noise seeds from 1 on, in how many processes."""

    world: str
    seeds: int
    processes: int = MOST_PROCESSES
    at: str = "11:20"
    strategy: str = "PASSIVE"


def days_of(request: PairedRequest, tell: Callable[[int], object] = lambda _: None) -> list[Saving]:
    """The saving of each day, by seed; `tell` hears how many are done. Raises FeedError when a process failed."""
    if request.seeds < 2:
        raise SettingsError(complaint("--seeds", "count", request.seeds, "at least 2: one day has no interval"))
    _insist(request, load_world(request.world))
    processes = max(1, min(request.processes, request.seeds))
    use_kernel_cache()
    bounds = [request.seeds * share // processes for share in range(processes + 1)]
    orders = [msgspec.json.encode((request, first + 1, last)) for first, last in itertools.pairwise(bounds)]
    days: list[Saving] = []
    decoder = msgspec.json.Decoder(Saving)
    for line in lines_of(_MODULE, orders, f"paired runs of {request.world}"):
        days.append(decoder.decode(line))
        tell(len(days))
    return sorted(days, key=lambda day: day.noise_seed)


def figures_of(request: PairedRequest, days: Sequence[Saving]) -> PairedFigures:
    """The days by part, as they are kept."""
    world = load_world(request.world)
    split = split_of(world, days)
    scale = BPS / notional_of(world)
    parts = {
        name: Part(mean=part.mean, error=part.error, low=part.low, high=part.high) for name, part in split.parts.items()
    }
    return PairedFigures(
        world=world.name, world_hash=world_hash(world), at=request.at, strategy=request.strategy, days=split.days,
        first_seed=days[0].noise_seed, parts=parts, words=split.words,
        totals=[round(day.total * scale, 4) for day in days],
    )  # fmt: skip


def world_hash(world: World) -> str:
    """What of a world its figures depend on: everything but the pinned path that is shown, and the words."""
    noise = msgspec.structs.replace(world.noise, pins=(), scale=1.0)
    plain = msgspec.structs.replace(world, noise=noise, noise_seed=0, title="", note="", fees_mils={})
    return hash_of_world(msgspec.json.encode(plain))


def _insist(request: PairedRequest, world: World) -> None:
    """The switch is one of the world's, within its day."""
    try:
        inside = time.fromisoformat(world.open) < time.fromisoformat(request.at) < time.fromisoformat(world.close)
    except ValueError:
        inside = False
    if not inside:
        allowed = f"a time of the day from {world.open} to {world.close}"
        raise SettingsError(complaint("--switch-at", "time", request.at, allowed))
    if request.strategy not in world.strategies:
        allowed = "one of " + ", ".join(sorted(world.strategies))
        raise SettingsError(complaint("--strategy", "strategy", request.strategy, allowed))


def perform(order: bytes) -> Iterator[bytes]:
    """The days of an order `(request, first seed, last seed)`, a line each."""
    request, first, last = msgspec.json.decode(order, type=tuple[PairedRequest, int, int])
    world, switch = load_world(request.world), Switch(at=request.at, strategy=request.strategy)
    for seed in range(first, last + 1):
        for day in savings(world, switch, [seed]):
            yield msgspec.json.encode(day)


if __name__ == "__main__":
    sys.exit(serve(perform))
