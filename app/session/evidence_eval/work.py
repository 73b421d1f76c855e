"""Episodes of many cells through the real engine in a few processes; what is kept of them lies on disk, by seed.

A file stands for one episode. Its folder names cell, split, world, sources and model, so that a run that was stopped
goes on, and figures of different versions never mix. Started as a module it is one of the processes.
"""

import hashlib
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from app.engine.evidence.model import Model, load_model
from app.feeds.simulator.evidence import EvidenceWorld, code_hash, episode_of, seeds_of, world_hash
from app.kernel_cache import use_kernel_cache
from app.session.evidence_eval.plan import Cell
from app.session.evidence_eval.record import Kept, engine_of, judged
from app.session.shares import dealt, lines_of, serve

APP: Final = Path(__file__).resolve().parents[2]
MODEL: Final = "model"
FOR_GOOD: Final = 10.0  # of a parent's time
_SOURCES: Final = ("engine", "runtime/route.py", "session/evidence_eval/record.py")
_MODULE: Final = "app.session.evidence_eval.work"
_FILE: Final = msgspec.msgpack.Decoder(Kept)


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """Episodes of one world, kept in a folder."""

    world: EvidenceWorld
    seeds: list[int]
    folder: str


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """What a process does: tasks with the model of a file."""

    model: str
    tasks: list[Task]


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """Which cells are wanted, of which split, with which model; `keep`: the folder of what is kept."""

    cells: list[Cell]
    split: str
    model: Model
    keep: Path
    workers: int = 1


def sources_hash() -> str:
    """The sources an evaluation hangs on, as 12 hex digits: simulator, engine, what is kept."""
    digest = hashlib.sha256(code_hash().encode())
    for name in _SOURCES:
        path = APP / name
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(file.relative_to(APP).as_posix().encode() + b":" + file.read_bytes())
    return digest.hexdigest()[:12]


def folder_of(cell: Cell, request: Request) -> Path:
    """Where the episodes of a cell are kept."""
    name = f"{cell.name}-{request.split}-{world_hash(cell.world)}-{sources_hash()}-{request.model.hash[:12]}"
    return request.keep / name


def evaluated(request: Request, tell: Callable[[int, int], object] = lambda _done, _all: None) -> dict[str, Kept]:
    """Every parent of every cell in the order of seeds; what is not kept yet is worked out. Raises ScorecardError."""
    folders = {cell.name: folder_of(cell, request) for cell in request.cells}
    tasks, wanted = [], 0
    for cell in request.cells:
        seeds = seeds_of(request.split, 0, cell.episodes)
        folder = folders[cell.name]
        folder.mkdir(parents=True, exist_ok=True)
        missing = [seed for seed in seeds if not file_of(folder, seed).exists()]
        wanted += len(seeds)
        tasks += [Task(world=cell.world, seeds=[seed], folder=str(folder)) for seed in missing]
    done = wanted - len(tasks)
    tell(done, wanted)
    for _ in _run(request, tasks):
        done += 1
        tell(done, wanted)
    return {cell.name: kept(folders[cell.name], request.split, cell) for cell in request.cells}


def kept(folder: Path, split: str, cell: Cell) -> Kept:
    """What is kept of a cell, of as many episodes as it wants."""
    found = Kept([], [])
    for seed in seeds_of(split, 0, cell.episodes):
        one = _FILE.decode(file_of(folder, seed).read_bytes())
        found.parents.extend(one.parents)
        found.groups.extend(one.groups)
    return found


def file_of(folder: Path, seed: int) -> Path:
    """The file of an episode."""
    return folder / f"{seed}.parents"


def _run(request: Request, tasks: Sequence[Task]) -> Iterator[bytes]:
    """A line for every task that is done, the tasks dealt to processes. Raises FeedError where one fails."""
    if not tasks:
        return
    use_kernel_cache()
    model = request.keep / f"{MODEL}-{request.model.hash[:12]}"
    model.write_bytes(request.model.save())
    shares = dealt(tasks, request.workers)
    orders = [msgspec.json.encode(Errand(model=str(model), tasks=share)) for share in shares]
    yield from lines_of(_MODULE, orders, "evidence eval")


def perform(errand: Errand) -> Iterator[str]:
    """The episodes of an errand, in this process; each is on disk, whole, before its name is given."""
    model = load_model(Path(errand.model).read_bytes(), errand.model)
    for task in errand.tasks:
        for seed in task.seeds:
            episode = episode_of(task.world, seed)
            found = judged(episode, engine_of(episode, model), uncured_of(task.world, seed))
            path = file_of(Path(task.folder), seed)
            part = path.with_suffix(".part")
            part.write_bytes(msgspec.msgpack.encode(found))
            part.replace(path)
            yield f"{task.world.name} {seed}"


def uncured_of(world: EvidenceWorld, seed: int) -> dict[str, float]:
    """The leak of each parent had the cause gone on after the switch; nothing where it does, or nothing is switched."""
    if world.orders.switch_at is None or world.agent.until >= 1.0:
        return {}
    lasting = msgspec.structs.replace(world.agent, until=FOR_GOOD, share=world.notices)
    episode = episode_of(msgspec.structs.replace(world, agent=lasting), seed, rows=False)
    return {truth.parent_id: truth.leak_bps for truth in episode.truths}


def lines(order: bytes) -> Iterator[bytes]:
    """One process's share, a line an episode."""
    return (line.encode() for line in perform(msgspec.json.decode(order, type=Errand)))


if __name__ == "__main__":
    sys.exit(serve(lines))
