"""The fills table: one line per execution, busted ones kept and flagged, every figure per fill."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Final

import numpy as np

from app.engine.metrics import slippage
from app.engine.orders.standing import mids_of
from app.engine.tables.context import Columns, Moment, Value, by_column, cause, mid, per_horizon, plain, price
from app.engine.units import HORIZON_NAMES, LOCKED, NULL, QUALITIES

if TYPE_CHECKING:
    from app.engine.orders.executions import Fill
    from app.engine.orders.standing import Standing


class FillArrays:
    """All fills of some parents as arrays, in table order, with their markouts and realized spreads."""

    def __init__(self, standings: list[Standing], moment: Moment) -> None:
        self.rows: list[tuple[Standing, Fill]] = [(s, fill) for s in standings for fill in s.executions.fills]
        joins = moment.joins
        steps = len(HORIZON_NAMES)
        side, price_, arrival = [], [], []
        for standing, fill in self.rows:
            account = standing.account
            side.append(fill.fact.side or standing.side)
            price_.append(fill.price)
            arrival.append(NULL if account is None or account.arrival2 is None else account.arrival2)
        sides, prices, arrivals = (np.array(v, np.int64) for v in (side, price_, arrival))
        befores, self.quality_before = mids_of(joins.rows, [fill.fact.before for _, fill in self.rows])
        self.before2: list[int] = befores.tolist()
        reactions = np.array([fill.fact.horizon for _, fill in self.rows], np.int64)
        self.later2, self.quality = joins.horizons(reactions)
        self.fills = slippage.Fills(sides, prices, befores, arrivals, self.later2)
        self.markouts = np.array([slippage.markout_bps(self.fills, h) for h in range(steps)])
        self.realized = [slippage.realized_spread_bps(self.fills, h) for h in range(steps)]


def fills_table(arrays: FillArrays, flags: dict[int, set[str]], moment: Moment) -> Columns:
    """Columns of fills.parquet; `flags` by id of the fill's fact."""
    running: dict[str, tuple[int, int]] = {}
    out = by_column(_PLAIN, [_plain(arrays, k, flags, moment) for k in range(len(arrays.rows))])
    out["cum_slip_bps"] = [_cumulative(standing, fill, running) for standing, fill in arrays.rows]
    out["slip_arrival_bps"] = plain(slippage.slip_arrival_bps(arrays.fills))
    out["mid_drift_bps"] = plain(slippage.mid_drift_bps(arrays.fills))
    out["eff_spread_bps"] = plain(slippage.effective_spread_bps(arrays.fills))
    for name, values in zip(per_horizon("realized_spread_{h}_bps"), arrays.realized, strict=True):
        out[name] = plain(values)
    for name, values in zip(per_horizon("markout_{h}_bps"), arrays.markouts, strict=True):
        out[name] = plain(values)
    return out


_EVEN: Final[frozenset[str]] = frozenset()
_PLAIN = (
    "fill_id", "parent_id", "algo_order_id", "child_id", "ts_event", "ts_match", "side", "qty", "px", "mid_before",
    "liquidity", "venue", "own_print", "flags", "source", "seq", "as_of",
)  # fmt: skip


def _plain(arrays: FillArrays, k: int, flags: dict[int, set[str]], moment: Moment) -> tuple[Value, ...]:
    standing, fill = arrays.rows[k]
    fact, row = fill.fact, fill.fact.row
    chain = fact.chain
    odd: AbstractSet[str] = flags.get(id(fact), _EVEN)
    if row.ts_match is None and chain is None:
        odd = odd | {"match_time_assumed" if fact.matched_at == row.ts_event else "match_time_from_print"}
    if fill.restated:
        odd = odd | {fill.restated}
    quality = arrays.quality_before[k]
    if quality >= LOCKED:
        odd = odd | {f"mid_{QUALITIES[quality]}"}
    return (
        row.exec_id or f"{row.source}:{row.seq}", standing.parent_id,
        row.algo_order_id or (chain.algo_order_id if chain else None), chain.child_id if chain else row.child_id,
        row.ts_event, fact.matched_at, row.side or (chain.side if chain else None) or standing.side_name,
        fill.qty, price(fill.price), mid(arrays.before2[k]),
        row.liquidity, row.venue or (chain.venue if chain else None), fact.wanted in moment.given,
        " ".join(sorted(odd)) if odd else None, *cause(row, fact.matched_at),
    )  # fmt: skip


def _cumulative(standing: Standing, fill: Fill, running: dict[str, tuple[int, int]]) -> float | None:
    """Slippage of everything done up to and with this fill, in definitive order."""
    if standing.account is None or fill.restated == "busted":
        return None
    notional, filled = running.get(standing.parent_id, (0, 0))
    notional, filled = notional + fill.qty * fill.price, filled + fill.qty
    running[standing.parent_id] = (notional, filled)
    return slippage.cumulative_bps(standing.side, notional, filled, standing.account.arrival2)
