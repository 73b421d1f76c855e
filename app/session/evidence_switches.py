"""What a model says of switches, fitted on planted ones: worlds whose switch ends the leak, and others.

The true saving of an order is what it leaks less than its twin whose leak goes on. Weights by least squares over all
cells; the interval is that of the cell in which the fit is worst.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import msgspec
import numpy as np

from app.engine.errors import SettingsError, complaint
from app.engine.evidence.effect import LEAST, Features, Segment, features
from app.engine.evidence.learnt import SWITCH, Floats
from app.engine.evidence.model import Model
from app.engine.orders.standing import Standing
from app.engine.tables.hindsight import children_of, weights_of
from app.feeds.simulator.evidence import EvidenceWorld, episode_of, insist_on_split, load_world
from app.session.evidence_eval.record import engine_of
from app.session.evidence_eval.work import uncured_of

HALF_WAY: Final = 0.5  # of an order's time: when its algo is switched
WORLDS: Final = ("base_0", "base_2", "base_4", "base_8", "slow_4")
OUTSIDE: Final = 0.05  # of the planted orders of the worst cell on either side
FEWEST: Final = 3 * SWITCH
ALIKE: Final = 0.02  # terms that differ by less are one: both projections agree where the leak was there from the start


class Planted(NamedTuple):
    """One switched order: what its children say, and what the switch really saved (bps of the order)."""

    cell: str
    features: Features
    saving: float


def switched(world: EvidenceWorld, *, ends: bool) -> EvidenceWorld:
    """The world with every algo switched half way; `ends`: and the leak with it."""
    orders = msgspec.structs.replace(world.orders, switch_at=HALF_WAY)
    if not ends:
        return msgspec.structs.replace(world, orders=orders)
    agent = msgspec.structs.replace(world.agent, until=HALF_WAY, share=world.notices)
    return msgspec.structs.replace(world, orders=orders, agent=agent)


def planted(
    model: Model, names: Sequence[str], seeds: Sequence[int], tell: Callable[[int, int], object] = lambda _d, _a: None
) -> list[Planted]:
    """Switched orders of some worlds, with and without an end of the leak. Raises SettingsError for other seeds."""
    insist_on_split(seeds, "fit")
    cells = [(name, ends) for name in names for ends in (False, True) if ends is False or not name.endswith("_0")]
    found: list[Planted] = []
    for n, (name, ends) in enumerate(cells):
        world = switched(load_world(name), ends=ends)
        for k, seed in enumerate(seeds):
            found += _orders(model, world, seed, f"{name} {'ends' if ends else 'goes on'}")
            tell(n * len(seeds) + k + 1, len(cells) * len(seeds))
    return found


def _orders(model: Model, world: EvidenceWorld, seed: int, cell: str) -> list[Planted]:
    """The orders of one episode that have enough children on both sides of their switch."""
    agent = not world.name.endswith("_0")
    episode = episode_of(world, seed, agent=agent)
    engine = engine_of(episode, model)
    engine.tables()
    evidence = engine.state.evidence
    assert evidence is not None  # noqa: S101 - it has a model
    trails, lasting = evidence.trails(), uncured_of(world, seed) if agent else {}
    found = []
    for truth in episode.truths:
        trail, standing = trails.get(truth.parent_id), engine.state.flow.parents[truth.parent_id].standing
        if trail is None or len(trail.epochs) != 2 or not isinstance(standing, Standing):
            continue
        before, after = (Segment(children_of(trail, n, standing, evidence), weights_of(trail, n)) for n in (0, 1))
        if min(len(before.children.later), len(after.children.later)) >= LEAST:
            saving = lasting[truth.parent_id] - truth.leak_bps if truth.parent_id in lasting else 0.0
            found.append(Planted(cell, features(before, after, model), saving))
    return found


def fitted(found: Sequence[Planted]) -> Floats:
    """`switch` of a model: five weights, how far below and above the fit the truth may lie. Raises SettingsError."""
    if len(found) < FEWEST:
        raise SettingsError(complaint("evidence switches", "orders", len(found), f"at least {FEWEST} with a switch"))
    terms = np.array([one.features.terms() for one in found])
    truth = np.array([one.saving for one in found])
    scale = np.sqrt(np.mean(terms * terms, axis=0)) + 1e-12
    weights = np.linalg.lstsq(terms / scale, truth, rcond=ALIKE)[0] / scale
    miss = (terms @ weights - truth) / (0.5 + terms[:, 1])
    cells = [miss[[one.cell == cell for one in found]] for cell in sorted({one.cell for one in found})]
    below = max(float(np.quantile(one, 1.0 - OUTSIDE)) for one in cells)
    above = max(float(np.quantile(-one, 1.0 - OUTSIDE)) for one in cells)
    return np.array([*weights.tolist(), max(below, 0.0), max(above, 0.0)])


def with_switches(model: Model, switch: Floats) -> Model:
    """The model with another fit of switches."""
    return model.changed(learnt={**model.learnt.arrays, "switch": switch})
