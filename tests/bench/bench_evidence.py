"""What the evidence takes off the engine: the same blocks with and without a model, in turn, in processor time.

python -m tests.bench.bench_evidence [CASE ...]    # tech, sparse, many, dense, wide; all without a name
"""

import gc
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

import numpy as np

from app.engine.config import EngineConfig
from app.engine.core import Engine
from app.engine.events import Block, OrderRow, Rows
from app.engine.evidence.follow import Evidence
from app.engine.evidence.states import BYTES
from app.engine.evidence.trail import Trail
from app.engine.units import SECOND
from app.engine.universe import Universe
from app.feeds.decode.rows import chunks
from app.feeds.generator import Plan, generate
from app.feeds.simulator import open_world
from app.feeds.simulator.evidence import episode_of, load_world, seeds_of
from app.kernel_cache import use_kernel_cache
from app.runtime.route import Route
from app.runtime.stepped import StepRoute
from app.session.memory import keep_memory
from tests.engine.evidence.made import model

ROUNDS: Final = 3
WANTED: Final = 0.25  # of the engine's events a second, at most
BLOCK: Final = 1_024
DENSE: Final = Plan(seed=1, market_rows=600_000, order_share=0.005, instruments=10, duration_s=2_800)
WIDE: Final = Plan(seed=1, market_rows=400_000, order_share=0.005, instruments=200, duration_s=1_800)


class Case(NamedTuple):
    """Blocks as a replay hands them over, and the end of their day."""

    universe: Universe
    blocks: list[Block]
    end_ns: int

    @property
    def rows(self) -> int:
        """Market and own rows."""
        return sum(len(block.market) + len(block.orders) for block in self.blocks)

    @property
    def own(self) -> int:
        """Own rows."""
        return sum(len(block.orders) for block in self.blocks)


def _routed(universe: Universe, market: Rows, orders: list[OrderRow]) -> Case:
    route = Route(chunks(market), orders, BLOCK)
    blocks: list[Block] = []
    while (block := route.take()) is not None:
        blocks.append(block)
    return Case(universe, blocks, route.end_ns)


def _tech() -> Case:
    feed = open_world("tech")
    route = StepRoute(feed, lambda: 10 * SECOND)
    blocks: list[Block] = []
    while (block := route.take()) is not None:
        blocks.append(block)
    return Case(feed.universe, blocks, feed.end_ns)


def _world(name: str) -> Case:
    episode = episode_of(load_world(name), seeds_of("fit", 0, 1)[0])
    return _routed(episode.universe, episode.market, episode.orders)


def _dense() -> Case:
    made = generate(DENSE)
    return _routed(made.universe, made.market, made.orders)


def _wide() -> Case:
    """Two hundred symbols of which ten have orders."""
    made = generate(WIDE)
    names = {made.universe.instruments[number] for number in range(10)}
    theirs = {row.parent_id for row in made.orders if row.instrument in names and row.kind == "parent_new"}
    return _routed(made.universe, made.market, [row for row in made.orders if row.parent_id in theirs])


CASES: Final[dict[str, Callable[[], Case]]] = {
    "tech": _tech, "sparse": lambda: _world("base_0"), "many": lambda: _world("many_0"), "dense": _dense, "wide": _wide,
}  # fmt: skip


def _played(case: Case, config: EngineConfig) -> tuple[Engine, float]:
    """The engine at the end of the day, and the seconds of the processor it took."""
    gc.collect()
    gc.disable()
    engine, began = Engine(case.universe, config), time.process_time()
    for block in case.blocks:
        engine.apply(block)
    engine.finish(case.end_ns)
    took = time.process_time() - began
    gc.enable()
    return engine, took


def _sizes(evidence: Evidence) -> str:
    trails = list(evidence.trails().values())
    a_parent = [sum(array.nbytes for array in _arrays(trail)) for trail in trails]
    return (
        f"{evidence.states.count} symbols of {BYTES:,} B, {len(trails)} parents of {max(a_parent, default=0):,} B, "
        f"{evidence.used:,} children of {evidence.records.itemsize} B"
    )


def _arrays(trail: Trail) -> Iterator[np.ndarray[Any, Any]]:
    """Arrays of its own."""
    for name in Trail.__slots__:
        found = getattr(trail, name)
        if isinstance(found, np.ndarray) and found.base is None and found is not trail.model.tables.weights:
            yield found


def measure(name: str) -> float:
    """Play a case in turn with and without, print both; the share that was taken, of the best of each."""
    case = CASES[name]()
    without, with_model = EngineConfig(), EngineConfig(evidence=model())
    _played(case, with_model)  # kernels are loaded, memory is there
    plain: list[float] = []
    full: list[float] = []
    for _ in range(ROUNDS):
        engine, took = _played(case, with_model)
        full.append(took)
        plain.append(_played(case, without)[1])
    assert engine.state.evidence is not None
    taken = 1 - min(plain) / min(full)
    print(f"{name:<8} {case.rows:>9,} rows, {case.own:,} of them own; {len(case.blocks):,} blocks")
    rates = f"{case.rows / min(plain):>12,.0f} events/s without, {case.rows / min(full):,.0f} with"
    print(f"{'':<8} {rates}; {taken:.1%} taken")
    print(f"{'':<8} in the middle {1 - statistics.median(plain) / statistics.median(full):.1%} taken")
    print(f"{'':<8} {_sizes(engine.state.evidence)}", flush=True)
    return taken


def main() -> int:
    """1 when the evidence takes more than it may of any case."""
    use_kernel_cache()
    keep_memory()
    names = sys.argv[1:] or list(CASES)
    shares = [measure(name) for name in names]
    return 0 if max(shares) <= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
