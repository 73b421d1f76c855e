"""The life of one child order, walked in definitive order: its states, counts and what is odd about its fills."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from app.engine.orders.executions import Fill
    from app.engine.orders.facts import Chain, Fact

_REPORTS: Final = frozenset(
    ("child_acked", "child_replaced", "child_cancelled", "child_expired", "fill", "bust", "correct", "rejected",
     "restated", "done_for_day")
)  # fmt: skip
_ENDS: Final = {"child_cancelled": "4", "child_expired": "C", "rejected": "8", "done_for_day": "3"}


@dataclass(slots=True)
class Child:
    """What is known of one child; times ns, None where it did not happen; last_status is tag 39."""

    ts_new: int | None = None
    ts_acked: int | None = None
    ts_first_fill: int | None = None
    ts_last_fill: int | None = None
    ts_replaced: int | None = None
    ts_cancel_requested: int | None = None
    ts_cancelled: int | None = None
    ts_done: int | None = None
    qty: int | None = None
    price: int | None = None
    order_type: str | None = None
    cum_qty: int | None = None
    last_status: str | None = None
    filled: int = 0
    busted: int = 0
    notional: int = 0
    n_replace_requests: int = 0
    n_cancel_requests: int = 0
    n_reports: int = 0
    n_cancel_rejects: int = 0
    n_rejects: int = 0
    n_fills: int = 0
    n_busts: int = 0
    over: bool = False  # cancelled, expired or rejected
    first: Fact | None = None  # the child_new
    last: Fact | None = None
    flags: set[str] = field(default_factory=set)
    fill_flags: dict[int, set[str]] = field(default_factory=dict)  # id of the fill fact -> what is odd about it


def walk(chain: Chain, standing: dict[int, Fill]) -> Child:
    """Walk a chain; `standing` maps the id of a fill fact to the execution as it stands (copies are absent)."""
    child = Child()
    for fact in chain.facts:
        kind = fact.row.kind
        child.last = fact
        if kind in _REPORTS:
            child.n_reports += 1
        if fact.row.cum_qty is not None:
            child.cum_qty = fact.row.cum_qty
        if kind == "fill":
            _fill(child, fact, standing.get(id(fact)))
        elif kind in ("bust", "correct"):
            child.n_busts += kind == "bust"
        else:
            _state(child, fact)
        if fact.row.last_status:
            child.last_status = fact.row.last_status
        child.order_type = fact.row.order_type or child.order_type
    if child.first is None:
        child.flags.add("no_new")
    return child


def _state(child: Child, fact: Fact) -> None:
    """A fact that changes the order's state, not its quantity done."""
    row, ts = fact.row, fact.row.ts_event
    match row.kind:
        case "child_new":
            if child.first is None:
                child.first, child.ts_new = fact, ts
                child.qty, child.price = row.qty, row.price if row.price is not None else row.limit_price
                child.last_status = child.last_status or "A"
        case "child_acked":
            child.ts_acked = child.ts_acked or ts
            child.last_status = "0" if child.filled == 0 else child.last_status
        case "child_replace_requested":
            child.n_replace_requests += 1
        case "child_replaced":
            child.ts_replaced = ts
            child.qty = row.qty if row.qty is not None else child.qty
            child.price = row.price if row.price is not None else child.price
            child.last_status = "5"
        case "child_cancel_requested":
            child.n_cancel_requests += 1
            child.ts_cancel_requested = child.ts_cancel_requested or ts
        case "cancel_rejected":
            child.n_cancel_rejects += 1
        case "restated":
            child.qty = row.qty if row.qty is not None else child.qty
            child.price = row.price if row.price is not None else child.price
        case "child_cancelled" | "child_expired" | "rejected" | "done_for_day":
            child.n_rejects += row.kind == "rejected"
            child.ts_cancelled = ts if row.kind == "child_cancelled" else child.ts_cancelled
            child.ts_done = ts
            child.over = child.over or row.kind != "done_for_day"
            child.last_status = _ENDS[row.kind]
        case _:
            child.flags.add(f"odd_{row.kind}")


def _fill(child: Child, fact: Fact, fill: Fill | None) -> None:
    """An execution: a copy is counted as a report only."""
    if fill is None:
        child.flags.add("copy")
        return
    ts = fact.row.ts_event
    odd = child.fill_flags.setdefault(id(fact), set())
    if fill.restated:
        odd.add(fill.restated)
    if child.first is not None and child.ts_acked is None:
        odd.add("before_ack")
    if child.over:
        odd.add("after_cancel")
    if child.price is not None and fact.side * (fill.price - child.price) > 0:
        odd.add("through_limit")
    if fact.row.ts_match is None:
        odd.add("match_time_assumed" if fact.matched_at == ts else "match_time_from_print")
    child.n_fills += 1
    child.ts_first_fill = child.ts_first_fill or ts
    child.ts_last_fill = ts
    child.filled += fact.row.qty or 0
    child.busted += (fact.row.qty or 0) - fill.standing_qty
    child.notional += fill.standing_qty * fill.price
    net = child.filled - child.busted
    if child.qty is not None and net > child.qty:
        child.flags.add("overfill")
        odd.add("overfill")
    if child.qty is not None and net >= child.qty:
        child.ts_done = child.ts_done or ts
        child.last_status = "2"
    else:
        child.last_status = "1"
