"""What the evidence says in the output tables: columns of the parents, the evidence table, the scores of children."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from app.engine.evidence import colour, cost, footprint
from app.engine.evidence.bucket import words
from app.engine.evidence.learnt import HOUSE
from app.engine.evidence.process import EPOCH, p_anytime, start
from app.engine.evidence.rows import LENGTHS, SCORE_NAMES, SHARES, STEP_NS
from app.engine.evidence.split import Moves, band, split
from app.engine.metrics.figure import Scale
from app.engine.metrics.shortfall import ledger, notional
from app.engine.orders.standing import Standing, mid_of
from app.engine.tables.context import scale_of
from app.engine.units import BPS, MILLISECOND, NULL, QUALITIES, UNDEFINED_FROM

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.engine.evidence.follow import Evidence
    from app.engine.evidence.merge import Badges
    from app.engine.evidence.trail import Said, Trail
    from app.engine.orders.facts import Chain
    from app.engine.tables.context import Columns, Moment, Value

Row: TypeAlias = "dict[str, Value]"
LIMITED: Final = "limited evidence: placements are not seen"
TAPE_MISSING: Final = "own prints are missing on the tape: quotes only"
QUIET_ONLY: Final = "against quiet moments only: cannot separate leak from timing skill"
HOUSE_USUAL: Final = "against quiet moments and what is usual of the house: none of this algo is known"


def add_evidence(rows: Sequence[Row], standings: Sequence[Standing], moment: Moment) -> None:
    """The evidence columns into the parents' rows, where the engine has a model."""
    evidence = moment.evidence
    if evidence is None:
        return
    trails = evidence.trails()
    badges = evidence.badges
    if moment.end != NULL or badges.due(moment.t):
        _look(badges, trails, moment)
    for row, standing in zip(rows, standings, strict=True):
        trail = trails.get(standing.parent_id)
        void = _void(row, standing, trail, moment)
        if trail is None or standing.account is None:
            row["status"], row["status_reason"] = colour.GREY, f"cannot be measured: {void}"
            continue
        row |= _light(trail, void, row)
        row |= _sizes(trail, standing, moment)
        row |= _drift(trail, standing, moment)
        chosen = badges.alive if standing.ended is None else badges.everyone
        row["in_fdr_set"] = standing.parent_id in chosen


def _look(badges: Badges, trails: Mapping[str, Trail], moment: Moment) -> None:
    """Look at all orders together; those whose badge has changed are shown anew."""
    known = {parent: float(trail.epochs[-1]["e"]) for parent, trail in trails.items() if trail.acts}
    live: dict[str, float] = {}
    for parent, e in known.items():
        standing = moment.flow.parents[parent].standing
        if not isinstance(standing, Standing) or standing.ended is None:
            live[parent] = e
    for parent in badges.look(moment.t, live, known):
        moment.flow.parents[parent].touched += 1


def _void(row: Row, standing: Standing, trail: Trail | None, moment: Moment) -> str:
    """Why a parent cannot be measured; empty where it can."""
    if standing.account is None or standing.arrival is None or trail is None or not standing.order_qty:
        return colour.NO_ARRIVAL
    if row.get("visibility") == "V1":
        return colour.NOT_SEEN
    if not moment.reference(standing.arrival.instrument).tick_size:
        return colour.NO_TICK
    quality = int(moment.now["quality"][standing.arrival.instrument])
    if standing.ended is None and quality >= UNDEFINED_FROM:
        return QUALITIES[quality]
    return ""


def _light(trail: Trail, void: str, row: Row) -> Row:
    epoch = trail.epochs[-1]
    look = trail.look(trail.light.since)._replace(void=void)
    shown = colour.GREY if void else trail.light.colour
    notes = _notes(trail, row)
    seen = not void and int(epoch["n"]) > 0
    return {
        "status": shown,
        "status_reason": colour.reason(shown, look, trail.limits, tuple(notes)),
        "e_value": float(epoch["e"]) if seen else None,
        "p_anytime": p_anytime(float(epoch["most"])) if seen else None,
        "epoch": len(trail.epochs) - 1,
        "min_detectable_bps": look.detectable if seen else None,
        "n_scored": sum_of(trail.epochs["n"].tolist()),
        "n_void": trail.voided,
    }


def _notes(trail: Trail, row: Row) -> list[str]:
    """What limits the evidence, and what else is to be known of it."""
    usual = f"against quiet moments and what is usual of {trail.usual_of}"
    notes = [QUIET_ONLY if trail.usual is None else HOUSE_USUAL if trail.usual_of == HOUSE else usual]
    if trail.weighed_by:
        notes.append(f"weights learnt from past {trail.weighed_by}")
    if row.get("visibility") == "V2":
        notes.append(LIMITED)
    if trail.tape_is_missing:
        notes.append(TAPE_MISSING)
    if trail.house:
        notes.append(footprint.words(trail.house))
    return notes + _before(trail)


def _before(trail: Trail) -> list[str]:
    """E and light of the epoch before the last switch, where there is one."""
    before = len(trail.epochs) - 2
    if before < 0:
        return []
    light = next(
        (said.light for said in reversed(trail.said) if said.epoch == before and said.record >= 0), colour.GREY
    )
    return [f"before the switch: E {float(trail.epochs[before]['e']):.3g}, {light}"]


def sum_of(numbers: Sequence[int]) -> int:
    """The total of some whole numbers."""
    total = 0
    for number in numbers:
        total += number
    return total


def _sizes(trail: Trail, standing: Standing, moment: Moment) -> Row:
    """Leak rate of the epoch with its interval, to date and projected, and the money of it."""
    if int(trail.epochs[-1]["n"]) == 0 or standing.account is None:
        return {}
    leak = restated(trail, standing, moment.evidence) if standing.ended is not None and moment.evidence else None
    leak = float(trail.epochs[-1]["leak"]) if leak is None else leak
    lasts = trail.lasts(-1)
    estimate = cost.lasting(leak, lasts, trail.model)
    leak = estimate.value or 0.0
    rest = 0.0 if standing.ended is not None else trail.rest
    value = _value(standing, moment)
    return {
        "leak_bps": estimate.value, "leak_lo_bps": estimate.low, "leak_hi_bps": estimate.high,
        "leak_projected_bps": leak
        if standing.ended is not None
        else cost.projected(leak, trail.first_rest, rest, lasts.fading),
        "leak_ccy": None if not value else _scale(standing, moment).ccy(Fraction(leak) * value / BPS),
    }  # fmt: skip


def restated(trail: Trail, standing: Standing, evidence: Evidence) -> float:
    """The leak of the epoch once what was filled after each child is known."""
    qty = standing.order_qty or 1
    done = sorted((fill.fact.matched_at, fill.standing_qty / qty) for fill in standing.executions.fills)
    records = evidence.records[trail.records[-1]]
    later = cost.shown_impacts(trail.g, records, done).tolist()
    epochs = np.zeros(1, EPOCH)
    start(epochs, NULL, 1.0)
    for record, impact in zip(records, later, strict=True):
        trail.bet(record, epochs, 0, trail.model.numbers["later_impact"] * impact)
    return float(epochs[0]["leak"])


def _scale(standing: Standing, moment: Moment) -> Scale:
    assert standing.arrival is not None  # noqa: S101 - the caller has checked
    return scale_of(moment.reference(standing.arrival.instrument))


def _value(standing: Standing, moment: Moment) -> Fraction:
    """S x arrival in grains; 0 where unknown."""
    assert standing.account is not None  # noqa: S101 - the caller has checked
    return Fraction(notional(standing.account, _scale(standing, moment), standing.account.arrival2))


def _drift(trail: Trail, standing: Standing, moment: Moment) -> Row:
    """The drift of the order in its parts, which add up to it exactly before they are rounded for the table."""
    account = standing.account
    assert account is not None  # noqa: S101 - the caller has checked
    assert standing.arrival is not None  # noqa: S101
    scale = _scale(standing, moment)
    drift = ledger(account, scale).drift.value
    market = _market(standing, moment)
    value = _value(standing, moment)
    if drift is None or market is None or not value:
        return {}
    parts = split(Fraction(drift), Moves(market, trail.own_impact, trail.sized().value or 0.0), value)
    out: Row = {f"drift_{name}_ccy": scale.ccy(part) for name, part in parts._asdict().items()}
    risk = standing.risk
    if standing.ended is None:
        risk = risk.look(float(moment.now["variance"][standing.arrival.instrument]))
    deviation = risk.shortfall_bps(account.qty).value
    if deviation is not None:
        out["noise_band_ccy"] = scale.ccy(band(deviation, value))
    return out


def _market(standing: Standing, moment: Moment) -> float | None:
    """beta times the index's moves while the order was unfilled (bps of the order); 0 without beta."""
    assert standing.arrival is not None  # noqa: S101 - the caller has checked
    joins, arrival = moment.joins, standing.arrival
    beta = moment.reference(arrival.instrument).beta
    start_row = joins.index_of.get(arrival.before)
    if beta is None or start_row is None:
        return 0.0
    facts = [fill.fact for fill in standing.executions.fills if fill.restated != "busted"]
    left, qty = standing.order_qty or 0, standing.order_qty or 1
    path: list[tuple[float, int | None]] = [(left / qty, mid_of(joins.rows, start_row)[0])]
    for fact, fill in zip(facts, (f for f in standing.executions.fills if f.restated != "busted"), strict=True):
        left -= fill.qty
        path.append((left / qty, mid_of(joins.rows, joins.index_of.get(fact.before, -1))[0]))
    if standing.closing is None or left > 0:
        last = joins.index_of.get(standing.closing.before, -1) if standing.closing else None
        now = joins.universe.instruments.index(moment.reference(arrival.instrument).index or "")
        end2 = int(moment.now["last"][now]) if last is None else mid_of(joins.rows, last)[0]
        path.append((0.0, None if end2 == NULL else end2))
    first2 = path[0][1]
    moves = []
    for (rest, before2), (_rest, after2) in pairwise(path):
        if before2 is None or after2 is None or not first2:
            return None
        moves.append(standing.side * rest * beta * ((after2 - before2) / first2) * BPS)
    return cost.total(moves)


def evidence_table(evidence: Evidence | None) -> Columns:
    """Every scored child and change of an epoch, by parent and time."""
    if evidence is None:
        return {}
    lines = [_line(evidence, parent, said) for parent, trail in evidence.trails().items() for said in trail.said]
    return {name: [line[name] for line in lines] for name in (lines[0] if lines else {})}


def _line(evidence: Evidence, parent_id: str, said: Said) -> Row:
    row: Row = {"ts_event": said.ts, "parent_id": parent_id, "child_id": None, "epoch": said.epoch, "class": None,
                "bucket": None, "window_ms": None, "e_child": said.e_child, "e_value": said.e, "top_world": None,
                "estimate": None, "lo": None, "hi": None, "status": said.light, "reason": said.reason}  # fmt: skip
    if said.record >= 0:
        record, fact = evidence.records[said.record], evidence.children[said.record]
        row["child_id"] = fact.chain.child_id if fact.chain else fact.row.exec_id
        row["class"], row["bucket"] = words(int(record["cell"]))
        row["window_ms"] = LENGTHS[int(record["length"])] * STEP_NS // MILLISECOND
        row["top_world"] = f"{SCORE_NAMES[said.top // len(SHARES)]} {SHARES[said.top % len(SHARES)]:g}"
        row["estimate"], row["lo"], row["hi"] = cost.modelled(said.estimate, evidence.model)
    return row


def scores_of(evidence: Evidence | None) -> dict[Chain, float]:
    """What the first scored event of each child did to its parent's E."""
    out: dict[Chain, float] = {}
    for trail in evidence.trails().values() if evidence else ():
        for said in trail.said:
            chain = evidence.children[said.record].chain if evidence and said.record >= 0 else None
            if chain is not None and said.e_child is not None:
                out.setdefault(chain, said.e_child)
    return out
