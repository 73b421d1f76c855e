"""Episodes played for a fit, in this process or in a few: each leaves a file, and one that is there is not made again.

Started as a module it is one of those processes (app/session/shares.py): a line for each episode.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

import msgspec
import numpy as np

from app.engine.config import EngineConfig
from app.engine.errors import FeedError
from app.engine.evidence.model import Model, load_model
from app.engine.evidence.placebo import Library, Placebos, Plan
from app.feeds.simulator.evidence import EvidenceWorld, code_hash, episode_of, insist_on_split, world_hash
from app.kernel_cache import use_kernel_cache
from app.session.evidence.gathered import Gathered, gathered, played, read_gathered, write_gathered
from app.session.evidence.sampled import NOTHING, Sampled, Seen
from app.session.shares import dealt, lines_of, serve

MOST_WORKERS: Final = 2
_MODULE: Final = "app.session.evidence.errands"
Kind = Literal["sample", "library", "score"]


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """Episodes of a world to be played: `sample` price and flow, a placebo `library`, or `score` own children.

    `model`: a file; `agent` False: nobody watches. Files go into `folder`.
    """

    kind: Kind
    world: EvidenceWorld
    seeds: list[int]
    agent: bool
    model: str
    folder: str


def file_of(errand: Errand, seed: int) -> Path:
    """Where an episode's file lies: named by all that it depends on but the engine's own code."""
    digest = Path(errand.model).stem.rpartition("-")[2]
    watched = "" if errand.agent else "-calm"
    name = f"{errand.kind}-{errand.world.name}{watched}-{seed}-{world_hash(errand.world)}-{code_hash()}-{digest}.npz"
    return Path(errand.folder) / name


def kept_model(model: Model, folder: Path) -> Path:
    """The file of a model an errand is played with, named by its hash."""
    path = folder / f"model-{model.hash[:12]}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(model.save())
    except OSError as error:
        raise FeedError(f"{path}: cannot be written: {error.strerror or error}") from error
    return path


def perform(errand: Errand) -> Iterator[int]:
    """Play the episodes in this process; each seed once its file is there. Raises ScorecardError."""
    insist_on_split(errand.seeds, "fit")
    model = load_model(Path(errand.model).read_bytes(), errand.model)
    config = EngineConfig(evidence=model)
    for seed in errand.seeds:
        file = file_of(errand, seed)
        if not file.exists():
            episode = episode_of(errand.world, seed, agent=errand.agent)
            part = file.with_suffix(".part")
            if errand.kind == "score":
                write_gathered(part, gathered(episode, model, agent=errand.agent))
            elif errand.kind == "library":
                evidence = played(episode, config, Placebos, Plan(seed)).state.evidence
                assert isinstance(evidence, Placebos)  # noqa: S101 - as asked for
                write_library(part, evidence.library)
            else:
                sampled = played(episode, config, Sampled).state.evidence
                assert isinstance(sampled, Sampled)  # noqa: S101 - as asked for
                write_seen(part, sampled.everything())
            part.replace(file)
        yield seed


def run(errand: Errand, workers: int) -> Iterator[int]:
    """Every episode of an errand as it is done. Raises FeedError where a process fails."""
    use_kernel_cache()
    missing = [seed for seed in errand.seeds if not file_of(errand, seed).exists()]
    yield from (seed for seed in errand.seeds if seed not in missing)
    if workers <= 1:
        yield from perform(msgspec.structs.replace(errand, seeds=missing))
        return
    shares = dealt(missing, min(workers, MOST_WORKERS))
    orders = [msgspec.json.encode(msgspec.structs.replace(errand, seeds=share)) for share in shares]
    yield from map(int, lines_of(_MODULE, orders, f"episodes of {errand.world.name}"))


def scored(errand: Errand) -> list[Gathered]:
    """What the files of an errand hold."""
    return [read_gathered(file_of(errand, seed)) for seed in errand.seeds]


def write_library(path: Path, library: Library) -> None:
    """Keep a placebo library. Raises FeedError."""
    try:
        with path.open("wb") as file:
            np.savez_compressed(
                file, total=library.total, count=library.count, measured=library.measured,
                measurements=library.measurements,
            )  # fmt: skip
    except OSError as error:
        raise FeedError(f"{path}: cannot be written: {error.strerror or error}") from error


def read_library(path: Path) -> Library:
    """A kept library. Raises FeedError."""
    out = Library()
    try:
        with np.load(path, allow_pickle=False) as kept:
            out.total, out.count = kept["total"], kept["count"]
            out.measured, out.measurements = kept["measured"], kept["measurements"]
    except (OSError, ValueError, KeyError) as error:
        raise FeedError(f"{path}: no file of placebos ({error})") from error
    return out


def write_seen(path: Path, seen: Seen) -> None:
    """Keep what a kernel is fitted from. Raises FeedError."""
    try:
        with path.open("wb") as file:
            np.savez_compressed(file, changes=seen.changes.astype(np.float32), signs=seen.signs.astype(np.float32))
    except OSError as error:
        raise FeedError(f"{path}: cannot be written: {error.strerror or error}") from error


def read_seen(path: Path) -> Seen:
    """What was kept of it. Raises FeedError."""
    try:
        with np.load(path, allow_pickle=False) as kept:
            return NOTHING.plus(Seen(kept["changes"].astype(np.float64), kept["signs"].astype(np.float64)))
    except (OSError, ValueError, KeyError) as error:
        raise FeedError(f"{path}: no file of prices and flow ({error})") from error


def lines(order: bytes) -> Iterator[bytes]:
    """One process's share, a line an episode."""
    use_kernel_cache()
    return (b"%d" % seed for seed in perform(msgspec.json.decode(order, type=Errand)))


if __name__ == "__main__":
    sys.exit(serve(lines))
