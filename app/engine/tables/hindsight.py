"""The children behind the tables by cause and of switches: what each was, and what its flow cost the fills after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from app.engine.evidence import cost
from app.engine.evidence.again import Children
from app.engine.evidence.own import named
from app.engine.orders.facts import said
from app.engine.units import SECOND

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from app.engine.evidence.follow import Evidence
    from app.engine.evidence.groups import Group
    from app.engine.evidence.learnt import Floats
    from app.engine.evidence.model import Model
    from app.engine.evidence.trail import Trail
    from app.engine.orders.facts import Fact
    from app.engine.orders.standing import Standing

UNSAID: Final = "-"
DIMENSIONS: Final = ("algo", "cadence", "group", "order_type", "size", "tag", "venue")
_GAPS: Final = ((2, "under 2 s"), (10, "2 to 10 s"), (30, "10 to 30 s"), (60, "30 to 60 s"))
_SIZES: Final = ((0.005, "to 0.5 %"), (0.02, "0.5 to 2 %"), (0.05, "2 to 5 %"))
EVEN: Final = 0.1  # a gap this close to the one before it keeps time


class Acts(NamedTuple):
    """Times (ns) at which one order did something others could see, scored or not, rising."""

    times: NDArray[np.int64]

    def cadence(self, t: int) -> str:
        """How long before t the last one was, and whether it keeps time with the gap before."""
        at = int(np.searchsorted(self.times, t))
        if at == 0:
            return "first"
        gap = t - int(self.times[at - 1])
        words = next((words for limit, words in _GAPS if gap < limit * SECOND), "over 60 s")
        if at == 1:
            return words
        before = int(self.times[at - 1] - self.times[at - 2])
        return f"{words}, even" if abs(gap - before) <= EVEN * before else words


NOBODY: Final = Acts(np.zeros(0, np.int64))


def acts_of(evidence: Evidence) -> dict[str, Acts]:
    """The acts of every order."""
    times: dict[str, list[int]] = {}
    for followed in evidence.followed.values():
        for (_key, t), number in followed.placed.items():
            parent = named(evidence.children[number])
            if parent is not None:
                times.setdefault(parent, []).append(t)
    return {parent: Acts(np.array(sorted(found), np.int64)) for parent, found in times.items()}


def causes(fact: Fact, group: Group, cadence: str, order_qty: int | None) -> dict[str, str]:
    """The cell of a child in every dimension."""
    row, facts = fact.row, fact.chain.facts if fact.chain else [fact]
    kind, tif = said(facts, "order_type"), said(facts, "tif")
    venue = row.venue or (fact.chain.venue if fact.chain else None)
    return {
        "algo": group.algo or UNSAID, "cadence": cadence, "group": group.whole,
        "order_type": " ".join(word for word in (kind, tif) if word) or UNSAID,
        "size": _size(facts, order_qty), "tag": group.tag or UNSAID, "venue": venue or UNSAID,
    }  # fmt: skip


def _size(facts: list[Fact], order_qty: int | None) -> str:
    """The child's quantity as a part of the order's."""
    qty = next((fact.row.qty for fact in facts if fact.row.qty), None)
    if not qty or not order_qty:
        return UNSAID
    return next((words for limit, words in _SIZES if qty <= limit * order_qty), "over 5 %")


def children_of(trail: Trail, epoch: int, standing: Standing, evidence: Evidence) -> Children:
    """Scored children of an epoch; of an order that is over with what was filled after each, else as planned.

    Jumps of the price cost what the order pays of them.
    """
    records = evidence.records[np.array(trail.records[epoch], np.intp)]
    pays = trail.lasts(epoch).jumps
    for name in ("tick", "y"):
        records[name] *= pays
    if standing.ended is None or not standing.order_qty:
        return Children(records, records["own"].astype(np.float64))
    fills = standing.executions.fills
    done = sorted((fill.fact.matched_at, fill.standing_qty / standing.order_qty) for fill in fills)
    return Children(records, trail.model.numbers["later_impact"] * cost.shown_impacts(trail.g, records, done))


def weights_of(trail: Trail, epoch: int) -> Floats:
    """Weights of the worlds for the group of an epoch."""
    _name, own = trail.model.learnt.weights_of(trail.groups[epoch].names())
    return trail.model.tables.weights if own is None else own


def live_by_id(standings: list[Standing], trails: Mapping[str, Trail]) -> list[tuple[Standing, Trail]]:
    """Orders that have evidence and terms, by id."""
    known = [one for one in standings if one.account is not None and one.parent_id in trails]
    return [(one, trails[one.parent_id]) for one in sorted(known, key=lambda one: one.parent_id)]


def reference_of(model: Model, group: Group) -> str:
    """What children of a group are held against."""
    return "quiet" if model.learnt.usual_of(group.names())[1] is None else "quiet and usual"
