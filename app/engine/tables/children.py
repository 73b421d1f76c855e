"""The children table: one line per order chain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.metrics.slippage import bps_each
from app.engine.orders.children import Child, walk
from app.engine.orders.facts import UNASSIGNED
from app.engine.orders.standing import mid_of
from app.engine.tables.context import Columns, Moment, Value, by_column, cause, mid, per_horizon, plain, price
from app.engine.tables.evidence import scores_of
from app.engine.units import HORIZON_NAMES, NULL, PRICE_SCALE

if TYPE_CHECKING:
    from app.engine.orders.executions import Fill
    from app.engine.orders.facts import Chain

Walked = list[tuple["Chain", Child]]


def walk_all(chains: list[Chain], fills: dict[int, Fill]) -> tuple[Walked, dict[int, set[str]]]:
    """Walk every chain; returns them with what is odd about each fill (by id of its fact)."""
    walked: Walked = []
    flags: dict[int, set[str]] = {}
    for chain in chains:
        child = walk(chain, fills)
        walked.append((chain, child))
        flags |= child.fill_flags
    return walked, flags


def children_table(walked: Walked, moment: Moment) -> Columns:
    """Columns of children.parquet."""
    lines: list[tuple[Value, ...]] = []
    n, steps = len(walked), len(HORIZON_NAMES)
    later2 = np.full((n, steps), NULL, np.int64)
    before2 = np.full(n, NULL, np.int64)
    side = np.zeros(n, np.int64)
    for k, (chain, child) in enumerate(walked):
        if child.first is not None:
            mid2, _quality = mid_of(moment.joins.rows, child.first.before)
            before2[k] = NULL if mid2 is None else mid2
            side[k] = child.first.side
            if child.first.horizon >= 0:
                later2[k], _ = moment.joins.horizon(child.first.horizon)
        lines.append(_plain(chain, child, int(before2[k]), moment))
    out = by_column(_PLAIN, lines)
    if moment.evidence is not None:
        scores = scores_of(moment.evidence)
        out["score"] = [scores.get(chain) for chain, _child in walked]
    for h, name in enumerate(per_horizon("response_{h}_bps")):
        out[name] = plain(bps_each(side, later2[:, h], before2, before2))
    return out


_PLAIN = (
    "child_id", "parent_id", "algo_order_id", "ts_new", "ts_acked", "ts_first_fill", "ts_last_fill", "ts_replaced",
    "ts_cancel_requested", "ts_cancelled", "ts_done", "child_arrival_mid", "qty", "filled", "net_qty", "avg_px",
    "price",
    "venue", "order_type", "last_status", "n_replace_requests", "n_cancel_requests", "n_reports", "n_cancel_rejects",
    "n_rejects", "n_fills", "n_busts", "recon_break", "flags", "source", "seq", "as_of",
)  # fmt: skip


def _plain(chain: Chain, child: Child, before2: int, moment: Moment) -> tuple[Value, ...]:
    net = child.filled - child.busted
    return (
        chain.child_id, chain.parent_id or UNASSIGNED, chain.algo_order_id,
        child.ts_new, child.ts_acked, child.ts_first_fill, child.ts_last_fill, child.ts_replaced,
        child.ts_cancel_requested, child.ts_cancelled, child.ts_done,
        mid(before2), child.qty, child.filled, net,
        child.notional / (net * PRICE_SCALE) if net > 0 else None, price(child.price),
        chain.venue, child.order_type, child.last_status,
        child.n_replace_requests, child.n_cancel_requests, child.n_reports, child.n_cancel_rejects,
        child.n_rejects, child.n_fills, child.n_busts,
        None if child.cum_qty is None else child.cum_qty != net,
        " ".join(sorted(child.flags)) or None,
        *cause(child.last.row if child.last else None, child.last.row.ts_event if child.last else moment.t),
    )  # fmt: skip
