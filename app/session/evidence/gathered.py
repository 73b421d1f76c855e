"""Own children of simulated episodes as the engine scored them, and what is true of their parents: arrays in a file."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.engine.config import EngineConfig
from app.engine.core import Engine
from app.engine.errors import FeedError
from app.engine.events import OrderRow
from app.engine.evidence.cost import shown_impacts
from app.engine.evidence.follow import Evidence
from app.engine.evidence.model import Model
from app.engine.evidence.rows import SCORES
from app.engine.evidence.trail import Trail
from app.feeds.simulator.evidence import Episode, Truth
from app.runtime.route import Route

BLOCK = 8_192

PARENT = np.dtype(
    [
        ("world", "U24"), ("algo", "U12"), ("seed", "i8"), ("agent", "?"), ("leaking", "?"), ("leak", "f8"),
        ("slip", "f8"), ("children", "i4"), ("answered", "i4"), ("onset", "i4"), ("first", "i4"), ("scored", "i4"),
        ("voided", "i4"), ("e", "f8"), ("most", "f8"), ("estimate", "f8"),
    ]
)  # fmt: skip
SCORED = np.dtype(
    [
        ("e", "f4", (SCORES,)), ("share", "f4"), ("own", "f4"), ("later", "f4"), ("tick", "f4"),
        ("y", "f4"), ("c", "f4"), ("cell", "i2"), ("length", "i1"), ("early", "i1"), ("t", "i8"),
    ]
)  # fmt: skip


class Gathered(NamedTuple):
    """`parents`: PARENT rows; `children`: SCORED rows, those of a parent from its `first` on, in order of closing.

    `own`: what an answer to the child costs the later fills as planned then; `later`: as it turned out (both in bps a
    trade, without the model's factor). `onset` -1: none was answered.
    """

    parents: NDArray[Any]
    children: NDArray[Any]

    def of(self, chosen: NDArray[np.bool_]) -> "Gathered":
        """Some of the parents, with their children."""
        parents = self.parents[chosen].copy()
        spans = [np.arange(row["first"], row["first"] + row["scored"]) for row in parents]
        children = self.children[np.concatenate([*spans, np.zeros(0, np.int64)]).astype(np.int64)]
        parents["first"] = np.cumsum(parents["scored"]) - parents["scored"]
        return Gathered(parents, children)


NONE = Gathered(np.zeros(0, PARENT), np.zeros(0, SCORED))


def joined(parts: Iterable[Gathered]) -> Gathered:
    """All of them as one."""
    every = [NONE, *parts]
    parents = np.concatenate([part.parents for part in every])
    parents["first"] = np.cumsum(parents["scored"]) - parents["scored"]
    return Gathered(parents, np.concatenate([part.children for part in every]))


def played(episode: Episode, config: EngineConfig, evidence: type[Evidence] | None = None, *more: Any) -> Engine:
    """The engine after an episode; `evidence`: a kind of evidence in place of the usual, made with `more`."""
    engine = Engine(episode.universe, config)
    if evidence is not None:
        state = engine.state
        state.evidence = evidence(config, episode.universe, state.history, state.joins, *more)
    route = Route(iter([episode.market]), episode.orders, BLOCK)
    block = route.take()
    while block is not None:
        engine.apply(block)
        block = route.take()
    engine.finish(route.end_ns)
    return engine


def gathered(episode: Episode, model: Model, *, agent: bool) -> Gathered:
    """What the evidence engine says of the parents of an episode."""
    evidence = played(episode, EngineConfig(evidence=model)).state.evidence
    assert evidence is not None  # noqa: S101 - the engine was given a model
    trails = evidence.trails()
    done = _done(episode.orders)
    parts = [
        _of_parent(evidence, trails.get(truth.parent_id), (truth, done.get(truth.parent_id, [])))
        for truth in episode.truths
    ]
    found = joined(parts)
    found.parents["world"], found.parents["seed"], found.parents["agent"] = episode.world, episode.seed, agent
    return found


def _done(orders: Sequence[OrderRow]) -> dict[str, list[tuple[int, float]]]:
    """Fills of each parent by time: (ns, shares)."""
    out: dict[str, list[tuple[int, float]]] = {}
    for row in orders:
        if row.kind == "fill" and row.parent_id is not None:
            out.setdefault(row.parent_id, []).append((row.ts_match or row.ts_event, float(row.qty or 0)))
    return {parent: sorted(fills) for parent, fills in out.items()}


def _of_parent(evidence: Evidence, trail: Trail | None, known: tuple[Truth, list[tuple[int, float]]]) -> Gathered:
    truth, fills = known
    parent = np.zeros(1, PARENT)
    for name in ("algo", "leaking"):
        parent[name] = getattr(truth, name)
    parent["leak"], parent["slip"], parent["children"] = truth.leak_bps, truth.slip_bps, truth.n_children
    parent["answered"], parent["onset"] = truth.n_answered, -1 if truth.onset_child is None else truth.onset_child
    if trail is None:
        return Gathered(parent, np.zeros(0, SCORED))
    numbers = [number for epoch in trail.records for number in epoch]
    records = evidence.records[numbers]
    children = np.zeros(len(records), SCORED)
    for name in ("e", "share", "own", "tick", "y", "c", "cell", "length", "early", "t"):
        children[name] = records[name]
    done = [(t, qty / truth.qty) for t, qty in fills]
    children["later"] = shown_impacts(trail.g, records, done) if done else 0.0
    children["own"] /= max(trail.model.numbers["later_impact"], 1e-9)
    epoch = trail.epochs[-1]
    parent["scored"], parent["voided"] = len(children), trail.voided
    parent["e"], parent["most"], parent["estimate"] = epoch["e"], trail.epochs["most"].max(), epoch["leak"]
    return Gathered(parent, children)


def write_gathered(path: Path, found: Gathered) -> None:
    """Keep it in a file. Raises FeedError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            np.savez_compressed(file, parents=found.parents, children=found.children)
    except OSError as error:
        raise FeedError(f"{path}: cannot be written: {error.strerror or error}") from error


def read_gathered(path: Path) -> Gathered:
    """What was kept. Raises FeedError where the file is none of these."""
    try:
        with np.load(path, allow_pickle=False) as kept:
            found = Gathered(kept["parents"], kept["children"])
    except (OSError, ValueError, KeyError) as error:
        raise FeedError(f"{path}: no file of scored children ({error})") from error
    if found.parents.dtype != PARENT or found.children.dtype != SCORED:
        raise FeedError(f"{path}: scored children of another layout")
    return found
