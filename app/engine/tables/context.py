"""What every table is built from: the flow, its joins, and one moment that counts as now."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import accumulate
from operator import mul
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from app.engine.enrich.own_prints import assign
from app.engine.metrics.figure import Scale
from app.engine.orders.facts import NOWHERE
from app.engine.units import HORIZON_NAMES, NULL, PRICE_SCALE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from app.engine.config import EngineConfig
    from app.engine.events import Instrument, OrderRow, Rows
    from app.engine.evidence.follow import Evidence
    from app.engine.orders.executions import Fill
    from app.engine.orders.facts import Fact
    from app.engine.orders.flow import Flow
    from app.engine.orders.joins import Joins

Value = str | int | float | bool | None
Columns = dict[str, list[Value]]
MINOR_UNITS: Final = {"GBX": 100, "GBp": 100, "ZAc": 100, "ZAC": 100, "ILA": 100}
NEVER: Final = 2**63 - 1


class Taken(NamedTuple):
    """Cancelled prints of an instrument by their own time (ns), with the size and notional (1e-9) before each."""

    ts: NDArray[np.int64]
    size: list[int]
    notional: list[int]


class OwnPrint(NamedTuple):
    """A print on the tape that is a fill's: its number, time (ns), terms (1e-9), and 1 where it counts as volume."""

    number: int
    ts: int
    price: int
    size: int
    eligible: int


@dataclass(slots=True)
class Moment:
    """The engine at one moment `t` (ns): JOIN rows of now per instrument, and the end of data (NULL while open)."""

    config: EngineConfig
    flow: Flow
    joins: Joins
    t: int
    end: int
    now: Rows
    own_prints: NDArray[np.int64]  # per own-print request: the candidate that is its print, -1 none
    evidence: Evidence | None = None
    taken: dict[int, Taken] = field(default_factory=dict)
    given: dict[int, OwnPrint] = field(default_factory=dict)  # own-print request -> its print

    def reference(self, instrument: int) -> Instrument:
        """Reference data by instrument number."""
        return self.joins.universe.of(self.joins.universe.instruments[instrument])

    def taken_of(self, instrument: int) -> Taken:
        """Cancelled prints of an instrument that had counted as volume, by their own time."""
        known = self.taken.get(instrument)
        if known is None:
            rows = self.joins.history.cancelled()
            rows = rows[(rows["instrument"] == instrument) & (rows["eligible"] == 1)]
            rows = rows[np.argsort(rows["ts"], kind="stable")]
            sizes, prices = rows["size"].tolist(), rows["price"].tolist()
            known = self.taken[instrument] = Taken(
                rows["ts"].copy(),
                list(accumulate(sizes, initial=0)),
                list(accumulate(map(mul, sizes, prices), initial=0)),
            )
        return known

    def own_print(self, fill: Fill) -> OwnPrint | None:
        """The fill's own print; None when it is not on the tape."""
        return self.given.get(fill.fact.wanted)


def moment(config: EngineConfig, flow: Flow, joins: Joins, t: int, end: int) -> Moment:
    """Look the market up as of t."""
    instruments = len(joins.universe.instruments)
    now = joins.now(list(range(instruments)), t)
    return Moment(config, flow, joins, t, end, now, np.full(len(joins.found), -1, np.int64))


def settle_own_prints(at: Moment, fills: list[Fill]) -> None:
    """Decide which prints are ours over all fills at once, in their definitive order; busted fills have none."""
    live = sorted(
        ((fill.fact.matched_at, fill.fact.row.source, fill.fact.row.seq, fill.fact.key[3]), fill.fact.wanted)
        for fill in fills
        if fill.fact.wanted != NOWHERE and fill.restated != "busted"
    )
    order = np.array([wanted for _, wanted in live], np.int64)
    if len(order):
        found = at.joins.found.take(order, axis=0)  # as bytes: an index list copies field by field
        gone = at.joins.history.cancelled()["number"]
        if len(gone):
            found["number"][np.isin(found["whole"], gone)] = -1
        chosen = at.own_prints[order] = assign(found)
        mine = np.flatnonzero(chosen >= 0)
        prints = found[mine, chosen[mine]]
        columns = [prints[name].tolist() for name in OwnPrint._fields]
        at.given = dict(zip(order[mine].tolist(), map(OwnPrint._make, zip(*columns, strict=True)), strict=True))


def scale_of(reference: Instrument) -> Scale:
    """Money of an instrument, minor quote units (pence) turned into the currency."""
    minor = MINOR_UNITS.get(reference.minor_unit or reference.quote_currency or "", 1)
    return Scale(reference.multiplier, reference.size_exponent, minor)


def price(value: int | None) -> float | None:
    """A 1e-9 price as quote currency, correctly rounded."""
    return None if value is None or value == NULL else value / PRICE_SCALE


def mid(mid2: int | None) -> float | None:
    """A mid2 as quote currency, correctly rounded."""
    return None if mid2 is None or mid2 == NULL else mid2 / (2 * PRICE_SCALE)


def defined(value: int) -> int | None:
    """units.NULL as None."""
    return None if value == NULL else value


def by_column(names: tuple[str, ...], lines: list[tuple[Value, ...]]) -> Columns:
    """Lines of values as columns of these names."""
    columns = zip(*lines, strict=True) if lines else ((),) * len(names)
    return {name: list(values) for name, values in zip(names, columns, strict=True)}


def plain(values: NDArray[np.float64]) -> list[Value]:
    """Floats with NaN as None."""
    return [None if value != value else value for value in values.tolist()]


def cause(row: OrderRow | None, as_of: int) -> tuple[Value, Value, Value]:
    """(source, seq, as_of) of the fact that caused a table row."""
    return (None, None, as_of) if row is None else (row.source, row.seq, as_of)


def per_horizon(pattern: str) -> list[str]:
    """Column names of a figure at every horizon."""
    return [pattern.format(h=name) for name in HORIZON_NAMES]


def fact_time(fact: Fact | None) -> int | None:
    """Time of a fact, None without one."""
    return None if fact is None else fact.row.ts_event
