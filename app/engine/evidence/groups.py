"""Groups of orders: what they are called, and the weights of worlds learnt from their past orders.

A group is algo, venue (or broker) and tag of an order. Weights come from orders that are over before the order they
are used on begins, so its guarantee stands: they are part of the model file, learnt over night, the same for every
process that shares the day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
import numpy as np

from app.engine.evidence.learnt import HOUSE
from app.engine.evidence.rows import WORLDS
from app.engine.jit import jit

if TYPE_CHECKING:
    from app.engine.events import OrderRow
    from app.engine.evidence.learnt import Floats

PRIOR_SIZE: Final = 10.0  # past orders the prior counts for
STEPS: Final = 300
STILL: Final = 1e-9  # the EM stops once no share moves more
NONE: Final = "-"


class Group(NamedTuple):
    """What an order is worked with; empty where not said."""

    algo: str = ""
    venue: str = ""
    tag: str = ""

    def told(self, row: OrderRow) -> Group:
        """The group once a row has been read; what it does not say stays."""
        tag = tag_of(row.params) if row.params else ""
        return Group(row.algo or self.algo, row.venue or row.broker or self.venue, tag or self.tag)

    def names(self) -> tuple[str, ...]:
        """Of the narrowest group first, the whole house last."""
        if not self.algo:
            return (HOUSE,)
        venue, tag = self.venue or NONE, self.tag or NONE
        parts = (self.algo, f"{self.algo}|{venue}", f"{self.algo}|{venue}|{tag}")
        return (*reversed(parts), HOUSE)

    @property
    def whole(self) -> str:
        """The narrowest name."""
        return "|".join(part or NONE for part in self)


class _Tagged(msgspec.Struct):
    tag: str | int | None = None


_TAGGED: Final = msgspec.json.Decoder(_Tagged)


def tag_of(params: str) -> str:
    """`tag` of an algo's parameters; "" where there is none, or they are no JSON."""
    try:
        found = _TAGGED.decode(params).tag
    except (msgspec.MsgspecError, UnicodeError):
        return ""
    return "" if found is None else str(found)


class Past(NamedTuple):
    """Past orders: `ratio` [order, world] what each world's bet has grown to (capital and surviving prior), `null`
    [order] what no leak has (1; 0 where capital has outgrown counting); prior null share and weights.
    """

    ratio: Floats
    null: Floats
    prior_null: float
    prior: Floats
    weights: Floats  # out
    held: Floats  # scratch [world]


def _learn(p: Past) -> float:
    """Posterior share of orders without a leak, by EM under a Dirichlet prior; `weights` become the leaking ones'."""
    orders, null = len(p.ratio), p.prior_null
    for c in range(WORLDS):
        p.weights[c] = p.prior[c]
    for _ in range(STEPS):
        none = PRIOR_SIZE * p.prior_null
        for c in range(WORLDS):
            p.held[c] = PRIOR_SIZE * (1.0 - p.prior_null) * p.prior[c]
        for n in range(orders):
            total = null * p.null[n]
            for c in range(WORLDS):
                total += (1.0 - null) * p.weights[c] * p.ratio[n, c]
            none += null * p.null[n] / total
            for c in range(WORLDS):
                p.held[c] += (1.0 - null) * p.weights[c] * p.ratio[n, c] / total
        moved = abs(none / (orders + PRIOR_SIZE) - null)
        null = none / (orders + PRIOR_SIZE)
        leaking = orders + PRIOR_SIZE - none
        for c in range(WORLDS):
            moved = max(moved, abs(p.held[c] / leaking - p.weights[c]))
            p.weights[c] = p.held[c] / leaking
        if moved < STILL:
            break
    return null


learn_in = jit(_learn)


def learn(ratio: Floats, null: Floats, prior_null: float, prior: Floats) -> tuple[float, Floats]:
    """(share without a leak, weights of the worlds for the others) of past orders; without any the prior itself."""
    weights = np.array(prior, np.float64)
    share = learn_in(Past(ratio, null, prior_null, np.ascontiguousarray(prior), weights, np.zeros(WORLDS)))
    return float(share), weights
