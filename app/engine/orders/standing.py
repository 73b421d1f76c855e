"""Where a parent stands: what its facts, folded in definitive order, say of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from app.engine.metrics.identity import Execution, Shortfall
from app.engine.metrics.liquidity import Liquidity, TouchedFill
from app.engine.metrics.risk import TimingRisk
from app.engine.orders.executions import Executions, Fill, stand
from app.engine.orders.facts import UNASSIGNED
from app.engine.units import NO_QUOTE, NULL

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from app.engine.events import OrderRow, Rows
    from app.engine.orders.facts import Fact, Parent
    from app.engine.orders.joins import Joins

_WORKED: Final = frozenset({"algo", "start_ns", "end_ns", "target_pov", "max_pov"})  # how an order is worked
_ATTRIBUTES: Final = (
    "algo", "trader", "account", "currency", "desk", "broker", "basket_id", "order_type", "text", "pm", "book",
    "link_id", "start_ns", "end_ns", "target_pov", "max_pov", "limit_price", "decision_price", "decision_ns",
)  # fmt: skip
_attributes: Final = attrgetter(*_ATTRIBUTES)
_NOTHING: Final = (None,) * len(_ATTRIBUTES)
_OPENS: Final = frozenset(("parent_new", "algo_new"))


@dataclass(slots=True)
class Standing:
    """The folded parent. `account` is None where no side is known; `ended` is None while it is alive."""

    parent_id: str
    side: int = 0
    side_name: str | None = None
    arrival: Fact | None = None
    account: Shortfall | None = None
    executions: Executions = field(default_factory=lambda: Executions([], []))
    liquidity: Liquidity = field(default_factory=Liquidity)
    risk: TimingRisk = field(default_factory=lambda: TimingRisk(None, None))
    attributes: dict[str, str | int | float] = field(default_factory=dict)
    ranks: dict[str, int] = field(default_factory=dict)  # whose word an attribute is: 2 parent, 1 algo order, 0 child
    visibility: str | None = None
    first_fill: Fact | None = None
    last_fill: Fact | None = None
    closing: Fact | None = None  # the fact that ended it
    done_said: bool = False
    paused: bool = False
    pauses: list[tuple[Fact, Fact | None]] = field(default_factory=list)
    sees_children: bool = False
    limits: list[tuple[int, int]] = field(default_factory=list)  # (from ts, limit price) as they were set
    amendments: list[tuple[Fact, int]] = field(default_factory=list)
    last: Fact | None = None
    children: set[int] = field(default_factory=set)
    late: int = 0

    @property
    def order_qty(self) -> int | None:
        """The order's total of now; None where nobody said."""
        return self.account.qty if self.account else None

    @property
    def filled(self) -> int:
        """Quantity done, busts taken out."""
        return self.account.filled if self.account else 0

    @property
    def state(self) -> str:
        """live, paused, filled or done."""
        if self.order_qty is not None and self.filled >= self.order_qty > 0:
            return "filled"
        if self.closing is not None:
            return "done"
        return "paused" if self.paused else "live"

    @property
    def ended(self) -> int | None:
        """End of the parent (ns): what was said, else the match after which nothing was left; None while alive."""
        if self.closing is None:
            return None
        return self.closing.matched_at if self.closing.row.kind == "fill" else self.closing.row.ts_event


class Looked(NamedTuple):
    """Columns of the join table as they are now, by row."""

    mid2: NDArray[np.int64]
    quality: NDArray[np.uint8]
    last: NDArray[np.int64]
    bid: NDArray[np.int64]
    ask: NDArray[np.int64]
    sigma2: NDArray[np.float64]
    variance: NDArray[np.float64]


def looked(rows: Rows) -> Looked:
    """The columns a fold reads, found once."""
    return Looked(*[rows[name] for name in Looked._fields])


def fold(parent: Parent, joins: Joins) -> Standing:
    """Fold all facts of a parent; reads joins as they are (provisional or final)."""
    facts = parent.facts
    out = Standing(parent.parent_id)
    out.executions = stand(facts)
    opening = next((fact for fact in facts if fact.row.kind == "parent_new"), None)
    if parent.parent_id != UNASSIGNED:  # the bucket is no order: it has no arrival
        out.arrival = opening or (facts[0] if facts else None)
    for fact in facts:
        _learn(out, fact)
    if parent.parent_id != UNASSIGNED:
        _open_account(out, joins)
    standing_fills = {id(fill.fact): fill for fill in out.executions.fills}
    at = looked(joins.rows)
    for fact in facts:
        if fact.row.kind == "fill":
            fill = standing_fills.get(id(fact))
            if fill is not None:
                _fill(out, fact, fill, at)
        else:
            _apply(out, fact, at)
    return out


def _learn(out: Standing, fact: Fact) -> None:
    """What a fact says of the order as a whole, whatever became of it."""
    row = fact.row
    if out.parent_id != UNASSIGNED:
        _describe(out, row)
    out.visibility = row.visibility or out.visibility
    if row.limit_price is not None and fact.chain is None:
        out.limits.append((row.ts_event, row.limit_price))
    if fact.chain is not None:
        out.children.add(id(fact.chain))
        out.sees_children = out.sees_children or row.kind == "child_new"
    out.late += fact.late
    out.last = fact


def _describe(out: Standing, row: OrderRow) -> None:
    """Attributes: the parent's own say comes first, then the algo order's, then the child's; later ones restate.

    Of how the order is worked a switch has the parent's say: whatever it was entered with, the new algo works it now.
    """
    values = _attributes(row)
    if values != _NOTHING:
        rank = 2 if row.kind.startswith("parent") else 1 if row.kind.startswith("algo") else 0
        worked = 2 if row.kind == "algo_switched" else rank
        for name, value in zip(_ATTRIBUTES, values, strict=True):
            said = worked if name in _WORKED else rank
            if value is not None and said >= out.ranks.get(name, 0):
                out.attributes[name], out.ranks[name] = value, said
    if row.side is not None and (out.side_name is None or row.kind == "parent_new"):
        out.side_name = row.side
        out.side = 1 if row.side == "BUY" else -1


def _open_account(out: Standing, joins: Joins) -> None:
    if out.side == 0 or out.arrival is None:
        return
    arrival = out.arrival.row
    qty = arrival.qty if arrival.kind in _OPENS else None
    inverse = False
    if out.arrival.instrument >= 0:
        name = joins.universe.instruments[out.arrival.instrument]
        inverse = joins.universe.of(name).contract == "inverse"
    out.account = Shortfall(out.side, qty, inverse=inverse)
    mid2, quality, _basis = arrival_mid(out.arrival, joins)
    out.account.arrive(mid2, quality)
    out.risk = TimingRisk(_variance(looked(joins.rows), out.arrival.before), qty)


def arrival_mid(arrival: Fact, joins: Joins) -> tuple[int | None, int, str]:
    """Arrival (mid2, quality, basis): strictly before entry, else the opening cross or the first valid mid."""
    mid2, quality = mid_of(joins.rows, arrival.before)
    return mid2, quality, joins.bases.get(arrival.before, "" if mid2 is None else "continuous")


def _variance(at: Looked, row: int) -> float | None:
    """The integral of sigma^2 at a join; None before any volatility is known."""
    if row < 0 or not at.sigma2.item(row) > 0:
        return None
    return at.variance.item(row)


def mid_of(rows: Rows, row: int) -> tuple[int | None, int]:
    """(mid2 or None, quality) of a join row; NOWHERE reads as no quote."""
    if row < 0:
        return None, NO_QUOTE
    mid2 = rows["mid2"].item(row)
    return (None if mid2 == NULL else mid2), rows["quality"].item(row)


def mids_of(rows: Rows, places: list[int]) -> tuple[NDArray[np.int64], list[int]]:
    """(mid2 or NULL, quality) of several join rows; NOWHERE reads as no quote."""
    where = np.array(places, np.int64)
    there = where >= 0
    mid2: NDArray[np.int64] = np.full(len(where), NULL, np.int64)
    quality: NDArray[np.uint8] = np.full(len(where), NO_QUOTE, np.uint8)
    mid2[there], quality[there] = rows["mid2"][where[there]], rows["quality"][where[there]]
    return mid2, quality.tolist()


def _apply(out: Standing, fact: Fact, at: Looked) -> None:
    row = fact.row
    match row.kind:
        case "parent_amended":
            _amend(out, row, fact, at)
        case "algo_replaced":
            if out.arrival is not None and out.arrival.row.kind == "algo_new":
                _amend(out, row, fact, at)
        case "parent_done":
            if not out.done_said:
                out.closing, out.done_said = fact, True
        case "algo_done":
            if out.arrival is not None and out.arrival.row.algo_order_id == row.algo_order_id and not out.done_said:
                out.closing = fact
        case "algo_paused":
            if not out.paused:
                out.pauses.append((fact, None))
            out.paused = True
        case "algo_resumed":
            if out.paused:
                out.pauses[-1] = (out.pauses[-1][0], fact)
            out.paused = False
        case _:
            pass


def _reference(account: Shortfall, fact: Fact, at: Looked) -> tuple[int | None, int]:
    """The mid of the running identity: the last defined one of any age, so that a gap accrues in one increment."""
    row = fact.before
    if row < 0:
        return account.arrival2, NO_QUOTE
    mid2, quality = at.mid2.item(row), at.quality.item(row)
    if mid2 == NULL:
        mid2 = at.last.item(row)
    return (account.arrival2 if mid2 == NULL else mid2), quality


def _amend(out: Standing, row: OrderRow, fact: Fact, at: Looked) -> None:
    if out.account is None or row.qty is None:
        return
    mid2, quality = _reference(out.account, fact, at)
    out.amendments.append((fact, row.qty))
    out.account.amend(row.qty, mid2, quality)
    out.risk.step(_variance(at, fact.before), out.filled, out.account.rest)
    if out.done_said:
        return
    if out.filled >= row.qty:
        out.closing = out.closing or fact  # cut to what is done
    else:
        out.closing = None  # raised again after it had been complete


def _fill(out: Standing, fact: Fact, fill: Fill, at: Looked) -> None:
    account = out.account
    if fill.restated == "busted" or account is None:
        return
    mid2, quality = _reference(account, fact, at)
    account.fill(Execution(fill.qty, fill.price, mid2, fill.fee, quality))
    bid = ask = None
    if fact.before >= 0 and at.mid2.item(fact.before) != NULL:
        bid, ask = at.bid.item(fact.before), at.ask.item(fact.before)
        bid, ask = None if bid == NULL else bid, None if ask == NULL else ask
    out.liquidity.enter(TouchedFill(out.side, fill.qty, fill.price, bid, ask, fact.row.liquidity))
    out.risk.step(_variance(at, fact.before), account.filled, account.rest)
    if out.first_fill is None or fact.matched_at < out.first_fill.matched_at:
        out.first_fill = fact
    if out.last_fill is None or fact.matched_at >= out.last_fill.matched_at:
        out.last_fill = fact
    if account.qty is not None and account.filled >= account.qty and not out.done_said:
        out.closing = out.closing or fact
