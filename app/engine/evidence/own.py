"""Own facts as moments of one symbol: what we show, what we did that others could see, what is left of an order.

Moments stand in the definitive order of the facts, whatever their order of arrival, and are read again from the start
where a late fact changes what came before.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from app.engine.evidence.rows import AGGRESSIVE, PASSIVE, STEP_NS
from app.engine.orders.facts import NOWHERE, UNASSIGNED, Fact, Key
from app.engine.units import NULL

if TYPE_CHECKING:
    from app.engine.orders.facts import Chain
    from app.engine.orders.joins import Joins

TERMS, SWITCH, ACT, DONE, SHOW = range(5)  # of equal time, in this order
BEFORE_NS: Final = 50_000_000  # a print may stand so long before the report of its fill
_PRICED: Final = frozenset(("child_new", "child_replaced", "restated"))
_ACKED: Final = frozenset(("child_acked", "child_replaced"))
_OVER: Final = frozenset(("child_cancelled", "child_expired", "rejected", "done_for_day"))
_TERMS: Final = frozenset(("parent_new", "algo_new", "parent_amended", "algo_replaced"))
_HIDDEN: Final = frozenset(("D", "X"))  # liquidity whose print is no part of the continuous tape


class Moment(NamedTuple):
    """Something of ours at time `t` (ns). `kind` SHOW: `side`, `price` and the change `qty` of what we display; ACT:
    class `qty`; TERMS: `qty` the total, `price` the planned end, NULL where not said; DONE: `qty` filled, `price` 1
    where its print is on the tape, 0 where it should be and is not; SWITCH: a new algo.
    """

    t: int
    kind: int
    key: Key
    fact: Fact
    side: int = 0
    price: int = NULL
    qty: int = 0


class Level(NamedTuple):
    """Where own trades had moved the price by the kernel (bps), what fades soon and what lasts, and how much of either
    the market shows. `price`: where it stood, what the tape moves for a while taken off; `pressed`: what lasts of all
    trades by the kernel; `wanders`: variance of the price a second (bps^2). No price: NaN.
    """

    fast: float
    slow: float
    gain: float
    stays: float
    price: float = math.nan
    pressed: float = 0.0
    wanders: float = 0.0


def time_of(fact: Fact) -> int:
    """When it happened at the venue, as far as told."""
    return fact.row.ts_match or fact.row.ts_event


class _Shown:
    """One child order as displayed."""

    __slots__ = ("acked", "filled", "over", "price", "qty", "shown", "side")

    def __init__(self) -> None:
        self.qty = self.filled = self.shown = self.side = 0
        self.price = NULL
        self.acked = self.over = False

    @property
    def open(self) -> int:
        """What stands in the book."""
        return max(self.qty - self.filled, 0) if self.acked and not self.over and self.price != NULL else 0


class Reader:
    """Reads the facts of one symbol in order; remembers what each child shows and which prints are taken."""

    def __init__(self, joins: Joins) -> None:
        self.joins = joins
        self.orders: dict[Chain, _Shown] = {}
        self.taken: set[int] = set()
        self.own: list[tuple[int, int]] = []  # (ts, number) of own prints
        self.acted: dict[str, int] = {}  # parent -> time of its last aggressive print

    def read(self, fact: Fact) -> list[Moment]:
        """The moments of one fact."""
        out: list[Moment] = []
        kind, t = fact.row.kind, time_of(fact)
        if kind in _TERMS:
            out.append(self._terms(fact, t))
        elif kind == "algo_switched":
            out.append(Moment(t, SWITCH, fact.key, fact))
        if fact.chain is not None:
            if kind == "child_new" and self._rests(fact):
                # nobody has seen it at t; the row at t it may have been a response to comes before its window
                out.append(Moment(t + 1, ACT, fact.key, fact, fact.side, NULL, PASSIVE))
            if kind == "fill":
                out += self._fill(fact)
            self._show(fact, fact.chain, t, out)
        elif kind == "fill":
            out += self._fill(fact)
        return out

    def _terms(self, fact: Fact, t: int) -> Moment:
        row = fact.row
        planned = NULL if row.end_ns is None else row.end_ns
        return Moment(t, TERMS, fact.key, fact, fact.side, planned, NULL if row.qty is None else row.qty)

    def _rests(self, fact: Fact) -> bool:
        """True for a child that does not reach the other side of the market it was sent into."""
        row = fact.row
        price = row.price if row.price is not None else row.limit_price
        if price is None or fact.before == NOWHERE or fact.side == 0:
            return False
        far = int(self.joins.rows["ask" if fact.side > 0 else "bid"][fact.before])
        return far != NULL and fact.side * (price - far) < 0

    def _fill(self, fact: Fact) -> list[Moment]:
        """A fill: what is done, and where we were the aggressor an event at its print."""
        row, t = fact.row, time_of(fact)
        on_tape = row.liquidity not in _HIDDEN
        printed = self._print(fact) if on_tape else None
        at = t if printed is None else printed
        out = []
        if self._takes(fact) and fact.parent is not None:
            parent = fact.parent.parent_id
            if at - self.acted.get(parent, NULL) >= STEP_NS:
                out.append(Moment(at, ACT, fact.key, fact, fact.side, NULL, AGGRESSIVE))
            self.acted[parent] = at
        seen = NULL if not on_tape else int(printed is not None)
        return [*out, Moment(t, DONE, fact.key, fact, fact.side, seen, row.qty or 0)]

    def _takes(self, fact: Fact) -> bool:
        """True where we were the aggressor: as told, else by price against the touch where the venue is known."""
        row = fact.row
        if row.liquidity is not None:
            return row.liquidity == "R"
        if row.venue is None or row.price is None or fact.before == NOWHERE or fact.side == 0:
            return False
        far = int(self.joins.rows["ask" if fact.side > 0 else "bid"][fact.before])
        return far != NULL and fact.side * (row.price - far) >= 0

    def _print(self, fact: Fact) -> int | None:
        """The time of the fill's own print, taken from now on: the nearest that no earlier fill has."""
        if fact.wanted == NOWHERE:
            return None
        found = self.joins.found[fact.wanted]
        for number, whole, ts in zip(
            found["number"].tolist(), found["whole"].tolist(), found["ts"].tolist(), strict=True
        ):
            if number >= 0 and number not in self.taken:
                self.taken.add(number)
                self.own.append((ts, whole))
                return int(ts)
        return None

    def _show(self, fact: Fact, chain: Chain, t: int, out: list[Moment]) -> None:
        """The change of what the child displays, at the old and at the new price."""
        row, kind = fact.row, fact.row.kind
        order = self.orders.get(chain)
        if order is None:
            order = self.orders[chain] = _Shown()
        had, price, side = order.shown, order.price, order.side
        if kind in _PRICED:
            told = row.price if row.price is not None else row.limit_price
            order.price = told if told is not None else order.price
            order.qty = row.qty if row.qty is not None else order.qty
        if kind == "fill":
            order.filled += row.qty or 0
        elif kind in _ACKED:
            order.acked = True
        elif kind in _OVER:
            order.over = True
        order.side = now = fact.side
        order.shown = shows = order.open
        if shows == had and price == order.price and side == now:
            return
        if had:
            out.append(Moment(t, SHOW, fact.key, fact, side, price, -had))
        if shows:
            out.append(Moment(t, SHOW, fact.key, fact, now, order.price, shows))


def in_order(moment: Moment) -> tuple[int, int, Key]:
    """Sort key of moments: time, kind, then the definitive order of their facts."""
    return moment.t, moment.kind, moment.key


def named(fact: Fact) -> str | None:
    """The parent whose evidence a fact is; None for the unassigned bucket."""
    parent = fact.parent
    return None if parent is None or parent.parent_id == UNASSIGNED else parent.parent_id
