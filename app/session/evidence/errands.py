"""Episodes played for a fit, in this process or in a few: each leaves a file, and one that is there is not made again.

Started as a module it is one of those processes: `python -m app.session.evidence.errands ERRAND` writes a line for
each episode.
"""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Literal

import msgspec
import numpy as np

from app.engine.config import EngineConfig
from app.engine.errors import FeedError, ScorecardError
from app.engine.evidence.model import Model, load_model
from app.engine.evidence.placebo import Library, Placebos, Plan
from app.feeds.simulator.evidence import EvidenceWorld, code_hash, episode_of, insist_on_split, world_hash
from app.kernel_cache import use_kernel_cache
from app.session.evidence.gathered import Gathered, gathered, played, read_gathered, write_gathered
from app.session.evidence.sampled import NOTHING, Sampled, Seen

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
    shares = [missing[k::workers] for k in range(min(workers, MOST_WORKERS))]
    running = [_started(msgspec.structs.replace(errand, seeds=share)) for share in shares if share]
    try:
        for process in running:
            for line in process.stdout or ():
                yield int(line)
            if process.wait() != 0:
                raise FeedError(f"episodes of {errand.world.name}: a process ended with {process.returncode}")
    finally:
        for process in running:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


def _started(errand: Errand) -> "subprocess.Popen[bytes]":
    words = [sys.executable, "-m", _MODULE, msgspec.json.encode(errand).decode()]
    return subprocess.Popen(words, stdout=subprocess.PIPE)


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


def main(words: Sequence[str]) -> int:
    """One process's share."""
    use_kernel_cache()
    try:
        for seed in perform(msgspec.json.decode(words[0], type=Errand)):
            sys.stdout.write(f"{seed}\n")
            sys.stdout.flush()
    except ScorecardError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
