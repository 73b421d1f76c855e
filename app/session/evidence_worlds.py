"""Episodes of the evidence worlds in a few processes: written as session folders, or measured for a calibration.

Started as a module it is one of those processes: `python -m app.session.evidence_worlds ERRAND` writes a line of JSON
for each episode.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from app.engine.errors import FeedError
from app.feeds.decode.rows import chunks
from app.feeds.session import write_session
from app.feeds.simulator.evidence import (
    EvidenceWorld,
    Truth,
    code_hash,
    episode_of,
    seeds_of,
    split_of_seed,
    world_hash,
)
from app.feeds.simulator.evidence.measure import seen_in
from app.kernel_cache import use_kernel_cache
from app.session.shares import dealt, lines_of, serve

MOST_PROCESSES: Final = 2
TRUTHS: Final = "truths"
_MODULE: Final = "app.session.evidence_worlds"


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """What a process does: which episodes of which world, written where, or measured (`look`: without the agent)."""

    world: EvidenceWorld
    seeds: list[int]
    folder: str | None = None
    look: bool = False


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """An episode: its truths, or what was seen of its market."""

    seed: int
    truths: list[Truth] = []
    variances: list[float] = []
    per_slice: list[tuple[str, float]] = []


class SimulateRequest(msgspec.Struct, frozen=True, kw_only=True):
    """How many parents of a world are wanted, from which split, where."""

    world: EvidenceWorld
    split: str
    parents: int
    out: Path
    processes: int = 1


def folder_of(world: EvidenceWorld, split: str, out: Path) -> Path:
    """Where the episodes of a split are kept: named by the world, what it is made of, and the code that makes it."""
    return out / f"{world.name}-{split}-{world_hash(world)}-{code_hash()}"


def parents_of_an_episode(world: EvidenceWorld) -> int:
    """Own parents in each."""
    return world.market.instruments * world.orders.per_instrument


def simulate(request: SimulateRequest, tell: Callable[[int, int], object] = lambda _done, _all: None) -> Path:
    """Write the episodes that are not there yet; the folder. `tell` hears of episodes done and wanted.

    One session folder an episode, named by its seed, and its truths beside in `truths`. Raises ScorecardError.
    """
    folder = folder_of(request.world, request.split, request.out)
    seeds = seeds_of(request.split, 0, -(-request.parents // parents_of_an_episode(request.world)))
    try:
        (folder / TRUTHS).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FeedError(f"{folder}: cannot be written: {error.strerror or error}") from error
    missing = [seed for seed in seeds if not (folder / str(seed) / "market.parquet").exists()]
    done = len(seeds) - len(missing)
    tell(done, len(seeds))
    for _ in run_errand(Errand(world=request.world, seeds=missing, folder=str(folder)), request.processes):
        done += 1
        tell(done, len(seeds))
    return folder


def run_errand(errand: Errand, processes: int) -> Iterator[Done]:
    """Every episode of an errand as it is done, its seeds dealt to processes. Raises FeedError where one fails."""
    use_kernel_cache()
    shares = dealt(errand.seeds, min(processes, MOST_PROCESSES))
    orders = [msgspec.json.encode(msgspec.structs.replace(errand, seeds=share)) for share in shares]
    decoder = msgspec.json.Decoder(Done)
    for line in lines_of(_MODULE, orders, f"episodes of {errand.world.name}"):
        yield decoder.decode(line)


def perform(errand: Errand) -> Iterator[Done]:
    """The episodes of an errand, in this process."""
    for seed in errand.seeds:
        if errand.look:
            seen = seen_in(errand.world, seed)
            per_slice = [pair for one in seen for pair in one.per_slice]
            yield Done(seed=seed, variances=[one.variance for one in seen], per_slice=per_slice)
            continue
        episode = episode_of(errand.world, seed, rows=errand.folder is not None)
        if errand.folder is not None:
            folder = Path(errand.folder)
            write_truths(folder / TRUTHS / f"{seed}.parquet", episode.truths)
            write_session(folder / str(seed), chunks(episode.market), episode.orders, episode.universe)
        yield Done(seed=seed, truths=episode.truths)


def write_truths(path: Path, truths: Sequence[Truth]) -> None:
    """Truths as a table, one line a parent."""
    pq.write_table(pa.Table.from_pylist([msgspec.to_builtins(truth) for truth in truths]), path, compression="zstd")


def read_truths(folder: Path) -> Iterator[tuple[Path, list[Truth]]]:
    """Each complete episode of a folder that `simulate` wrote, with the truths of its parents, by seed."""
    for session in sorted(path for path in folder.iterdir() if split_of_seed(_number(path.name)) is not None):
        lines: list[dict[str, Any]] = pq.read_table(folder / TRUTHS / f"{session.name}.parquet").to_pylist()
        yield session, [msgspec.convert(line, Truth) for line in lines]


def _number(name: str) -> int:
    return int(name) if name.isdigit() else 0


def leaks_of(truths: Sequence[Truth]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """True leaks of the parents that are watched, in bps."""
    return np.array([truth.leak_bps for truth in truths if truth.leaking])


def lines(order: bytes) -> Iterator[bytes]:
    """One process's share, a line an episode."""
    return map(msgspec.json.encode, perform(msgspec.json.decode(order, type=Errand)))


if __name__ == "__main__":
    sys.exit(serve(lines))
