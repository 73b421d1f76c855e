"""The table of switches: what each saved, with its interval, and those of a kind together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.evidence.effect import Effect, Segment, effect, pooled
from app.engine.tables.hindsight import UNSAID, children_of, live_by_id, weights_of

if TYPE_CHECKING:
    from app.engine.evidence.follow import Evidence
    from app.engine.evidence.trail import Trail
    from app.engine.orders.standing import Standing
    from app.engine.tables.context import Columns, Value

Row = dict[str, "Value"]


def switches_table(evidence: Evidence | None, standings: list[Standing]) -> Columns:
    """A line for every switch after the first scored child, then one for each kind; nothing without a model."""
    if evidence is None:
        return {}
    lines: list[Row] = []
    kinds: dict[tuple[str, str], list[tuple[Effect, bool | None]]] = {}
    for standing, trail in live_by_id(standings, evidence.trails()):
        for epoch in range(1, len(trail.epochs)):
            found = effect_of(trail, epoch, standing, evidence)
            lines.append(_line(trail, epoch, found))
            kind = (trail.groups[epoch - 1].algo or UNSAID, trail.groups[epoch].algo or UNSAID)
            kinds.setdefault(kind, []).append((found, trail.drawn[epoch][0]))
    lines += [_kind(kind, kinds[kind]) for kind in sorted(kinds)]
    return {name: [line[name] for line in lines] for name in (lines[0] if lines else {})}


def effect_of(trail: Trail, epoch: int, standing: Standing, evidence: Evidence) -> Effect:
    """What the switch that began an epoch (from 1) saved."""
    before, after = (
        Segment(children_of(trail, n, standing, evidence), weights_of(trail, n)) for n in (epoch - 1, epoch)
    )
    return effect(before, after, trail.model)


def _line(trail: Trail, epoch: int, found: Effect) -> Row:
    drawn, chance = trail.drawn[epoch]
    return {
        "ts_event": int(trail.epochs[epoch]["began"]), "parent_id": trail.parent_id, "epoch": epoch,
        "from_group": trail.groups[epoch - 1].whole, "to_group": trail.groups[epoch].whole, "n_switches": 1,
        "n_before": len(trail.records[epoch - 1]), "n_after": len(trail.records[epoch]),
        **_figures(found), "randomised": drawn, "propensity": chance,
    }  # fmt: skip


def _kind(kind: tuple[str, str], found: list[tuple[Effect, bool | None]]) -> Row:
    together = pooled([one for one, _ in found])
    known = len([one for one, _ in found if one.saving is not None])
    return {
        "ts_event": None, "parent_id": None, "epoch": None, "from_group": kind[0], "to_group": kind[1],
        "n_switches": known, "n_before": None, "n_after": None,
        **_figures(together), "randomised": all(drawn is True for _, drawn in found), "propensity": None,
    }  # fmt: skip


def _figures(found: Effect) -> Row:
    return {
        "before_bps": found.before, "after_bps": found.after, "saving_bps": found.saving,
        "saving_lo_bps": found.low, "saving_hi_bps": found.high, "verdict": found.verdict, "reason": found.reason,
    }  # fmt: skip
