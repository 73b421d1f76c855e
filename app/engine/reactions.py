"""Board rows of what the mid did around a parent's own events, per class of event (layout.REACTION_ROW)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from app.engine import layout
from app.engine.metrics.liquidity import ADDED, REMOVED
from app.engine.metrics.response import Z_90, Events, estimates
from app.engine.metrics.slippage import bps_each
from app.engine.tables.context import per_horizon
from app.engine.units import AHEAD, NULL, POINTS_NS
from app.engine.worked import letter_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.events import Rows
    from app.engine.orders.facts import Fact, Parent
    from app.engine.orders.joins import Joins
    from app.engine.orders.standing import Standing
    from app.engine.tables.context import Moment
    from app.engine.tables.parents import Row

_CLASSES: Final = {name: number for number, name in enumerate(layout.EVENT_CLASSES)}
_OF_KIND: Final = {"child_new": "new", "child_replaced": "replace", "child_cancelled": "cancel"}
_OF_LETTER: Final = {ADDED: _CLASSES["passive"], REMOVED: _CLASSES["aggressive"]}
_MARKOUT: Final = _CLASSES["markout"]
_APART: Final = np.abs(np.array(POINTS_NS, np.int64))
_MEANS: Final = per_horizon("markout_{h}_bps")
_ERRORS: Final = per_horizon("markout_{h}_se_bps")


class _Gathered:
    """Columns of the own events of some parents."""

    def __init__(self) -> None:
        self.group: list[int] = []
        self.facts: list[Fact] = []
        self.side: list[int] = []
        self.price: list[int] = []  # of a markout; NULL else
        self.weight: list[int] = []

    def add(self, group: int, fact: Fact, side: int, price: int = NULL, weight: int = 1) -> None:
        """One event in one class."""
        self.group.append(group)
        self.facts.append(fact)
        self.side.append(fact.side or side)
        self.price.append(price)
        self.weight.append(weight)

    def events(self, joins: Joins) -> Events:
        """With their values at every point."""
        before = np.array([fact.before for fact in self.facts], np.int64)
        later2, _ = joins.around(np.array([fact.horizon for fact in self.facts], np.int64))
        price2 = 2 * np.array(self.price, np.int64)
        marked = np.array(self.price, np.int64) != NULL
        origin2 = np.where(marked, price2, np.where(before < 0, NULL, joins.rows["mid2"][before]))[:, None]
        values = bps_each(np.array(self.side, np.int64)[:, None], later2, origin2, origin2)
        values[marked, :AHEAD] = np.nan  # a markout is of what comes after
        ts = np.array([fact.matched_at for fact in self.facts], np.int64)
        return Events(np.array(self.group, np.int64), ts, np.array(self.weight, np.float64), values)


def reaction_rows(parents: Sequence[Parent], standings: Sequence[Standing], figures: list[Row], at: Moment) -> Rows:
    """One row per parent, `parent_row` still to be set; `figures`: their lines of the parents table."""
    width = len(layout.EVENT_CLASSES)
    gathered = _Gathered()
    for k, (parent, standing) in enumerate(zip(parents, standings, strict=True)):
        _own_orders(gathered, parent, standing, k * width)
        _fills(gathered, standing, k * width, at)
    events = gathered.events(at.joins)
    found = estimates(events, _APART, len(parents) * width)
    rows = np.zeros(len(parents), layout.REACTION_ROW)
    rows["events"] = np.bincount(events.group, minlength=len(parents) * width).reshape(-1, width)
    shape = rows["mean"].shape
    mean, half = found.mean.reshape(shape), found.half.reshape(shape)
    for k, row in enumerate(figures):  # the markouts are those of the table, to the last bit
        mean[k, _MARKOUT, AHEAD:] = [_float(row.get(name)) for name in _MEANS]
        half[k, _MARKOUT, AHEAD:] = [Z_90 * _float(row.get(name)) for name in _ERRORS]
    rows["mean"], rows["low"], rows["high"] = mean, mean - half, mean + half
    rows["clusters"], rows["undefined"] = found.clusters.reshape(shape), found.undefined.reshape(shape)
    return rows


def _own_orders(gathered: _Gathered, parent: Parent, standing: Standing, first: int) -> None:
    """New orders (the first of a chain), replaces and cancels."""
    opened: set[int] = set()
    for fact in parent.facts:
        name = _OF_KIND.get(fact.row.kind)
        if name is None or (name == "new" and id(fact.chain) in opened):
            continue
        if name == "new":
            opened.add(id(fact.chain))
        gathered.add(first + _CLASSES[name], fact, standing.side)


def _fills(gathered: _Gathered, standing: Standing, first: int, at: Moment) -> None:
    for fill in standing.executions.fills:
        if fill.restated == "busted":
            continue
        place = _OF_LETTER.get(letter_of(fill, standing.side, at.joins)[0] or "")
        if place is not None:
            gathered.add(first + place, fill.fact, standing.side)
        if fill.qty > 0:
            gathered.add(first + _MARKOUT, fill.fact, standing.side, fill.price, fill.qty)


def _float(value: object) -> float:
    return value if isinstance(value, float) else np.nan
