"""The versions table: what was said before a bust, a correction or an amendment, and what after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.metrics import shortfall, slippage
from app.engine.metrics.figure import Scale
from app.engine.metrics.identity import Execution
from app.engine.orders.standing import mid_of
from app.engine.schema import VERSIONS
from app.engine.tables.context import Columns, Moment, Value, price, scale_of

if TYPE_CHECKING:
    from app.engine.metrics.identity import Shortfall
    from app.engine.orders.executions import Restatement, Terms
    from app.engine.orders.facts import Fact
    from app.engine.orders.standing import Standing

_Line = tuple[str, str, str, Value, Value, "Fact"]


def versions_table(standings: list[Standing], moment: Moment) -> Columns:
    """Columns of versions.parquet, by time known, then table, key and column; values as text."""
    lines: list[_Line] = []
    for standing in standings:
        lines += _restated(standing, moment)
        lines += _amended(standing)
    lines.sort(key=lambda line: (line[5].key, line[0], line[1], line[2]))
    out: Columns = {column.name: [] for column in VERSIONS}
    for table, key, column, old, new, fact in lines:
        said = (table, key, column, _text(old), _text(new), fact.row.ts_event, fact.row.source, fact.row.seq)
        for name, value in zip(out, said, strict=True):
            out[name].append(value)
    return out


def _text(value: Value) -> str | None:
    return None if value is None else (repr(value) if isinstance(value, float) else str(value))


def _restated(standing: Standing, moment: Moment) -> list[_Line]:
    """Walk the restatements back from what stands now: each shows the figures before and after it."""
    lines: list[_Line] = []
    if standing.account is None or not standing.executions.restatements:
        return lines
    account = standing.account.copy()
    after = _figures(standing, account, moment)
    for change in reversed(standing.executions.restatements):
        key = change.fill.fact.row.exec_id or ""
        lines += _different("fills", key, _fill(change.old), _fill(change.new), change.cause)
        mid2, quality = mid_of(moment.joins.rows, change.fill.fact.before)
        _undo(account, change, mid2, quality)
        before = _figures(standing, account, moment)
        lines += _different("parents", standing.parent_id, before, after, change.cause)
        after = before
    return lines


def _undo(account: Shortfall, change: Restatement, mid2: int | None, quality: int) -> None:
    """Take the new terms out and put the old ones in, each with its own fee."""
    old, new = change.old, change.new
    if change.cause.row.kind == "correct":
        account.bust(Execution(new.qty, new.price, mid2, new.fee, quality))
    account.fill(Execution(old.qty, old.price, mid2, old.fee, quality))


def _fill(terms: Terms) -> dict[str, Value]:
    return {"qty": terms.qty, "px": price(terms.price)}


def _figures(standing: Standing, account: Shortfall, moment: Moment) -> dict[str, Value]:
    placed = standing.arrival is not None and standing.arrival.instrument >= 0
    scale = scale_of(moment.reference(standing.arrival.instrument)) if standing.arrival and placed else Scale()
    parts = shortfall.splits(account, scale, account.mid2)
    return {
        "filled_qty": account.filled,
        "avg_px": shortfall.average_price(account),
        "slip_arrival_bps": slippage.cumulative_bps(standing.side, account.notional, account.filled, account.arrival2),
        "exec_cost_ccy": scale.published(parts.trading) if placed else None,
        "fees_ccy": scale.published(parts.fees) if placed else None,
    }


def _different(table: str, key: str, old: dict[str, Value], new: dict[str, Value], cause: Fact) -> list[_Line]:
    return [(table, key, name, old[name], new[name], cause) for name in old if old[name] != new[name]]


def _amended(standing: Standing) -> list[_Line]:
    """Changes of the order quantity."""
    lines: list[_Line] = []
    qty = standing.arrival.row.qty if standing.arrival else None
    for fact, new in standing.amendments:
        if new != qty:
            lines.append(("parents", standing.parent_id, "order_qty", qty, new, fact))
        qty = new
    return lines
