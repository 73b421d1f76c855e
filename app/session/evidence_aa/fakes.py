"""Fake orders: moments nobody acted at told to the engine as children, in the rows any order has.

`times`: children placed at drawn moments far from the touch, never acknowledged, never filled: nothing of them is in
the market. `prints`: trades of others told as ours. Every moment is drawn from seed, instrument and number.
"""

from collections.abc import Iterator, Mapping
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from app.engine.events import OrderRow, Rows
from app.engine.units import PRICE_SCALE, REGULAR, SECOND, TRADE
from app.engine.universe import Universe
from app.feeds.base import in_order

Kind: TypeAlias = Literal["times", "prints"]
Ints: TypeAlias = NDArray[np.int64]
AWAY_NS: Final = 10 * SECOND
WARM_NS: Final = 300 * SECOND
QTY: Final = 100
FAR: Final = 1_000_000 * PRICE_SCALE  # a seller's price nobody reaches
_LAST_NS: Final = 10 * SECOND  # of a parent behind its last child
_OPENING_NS: Final = SECOND


class Fakes(NamedTuple):
    """How many children each parent has, their mean distance, what they are, and the seed."""

    seed: int
    children: int
    gap_s: float
    kind: Kind = "times"


class Span(NamedTuple):
    """When an instrument may be traded, where its trades of others are, and when something of ours happened there."""

    begin: int
    end: int
    trades: Rows  # MARKET rows, by time
    ours: Ints  # ns, rising


class Child(NamedTuple):
    """A moment; the trade told as ours, -1 none."""

    t: int
    trade: int = -1


def spans_of(market: Rows, ours: Mapping[int, Ints], begin: int = 0) -> dict[int, Span]:
    """The instruments of a market that trade, by number, from `begin` (ns) on."""
    found = {}
    for instrument in np.unique(market["instrument"]).tolist():
        rows = market[market["instrument"] == instrument]
        trades = rows[(rows["action"] == TRADE) & (rows["side"] != 0) & (rows["condition"] == REGULAR)]
        if len(trades):
            first = max(int(rows["ts_event"][0]), begin) + WARM_NS
            nothing = np.zeros(0, np.int64)
            found[instrument] = Span(first, int(rows["ts_event"][-1]), trades, ours.get(instrument, nothing))
    return found


def parents_of(fakes: Fakes, span: Span, instrument: int) -> Iterator[tuple[int, list[Child]]]:
    """(side, children) of one parent after the other, as many as there is room for."""
    draw = np.random.default_rng([fakes.seed, instrument, fakes.children, len(fakes.kind)])
    length = int(fakes.children * fakes.gap_s * SECOND)
    begin = span.begin
    while begin + length <= span.end:
        side = 1 if draw.random() < 0.5 else -1
        gaps = draw.exponential(1.0, fakes.children + 1)
        times = begin + (np.cumsum(gaps)[:-1] / gaps.sum() * (length - _LAST_NS)).astype(np.int64)
        times = times[_away(times, span.ours)]
        children = [Child(t) for t in times.tolist()] if fakes.kind == "times" else list(_taken(times, side, span))
        if children:
            yield side, children
        begin += length


def _away(times: Ints, ours: Ints) -> NDArray[np.bool_]:
    """Which moments are far from everything of ours."""
    if not len(ours):
        return np.ones(len(times), bool)
    after = np.minimum(np.searchsorted(ours, times), len(ours) - 1)
    before = np.maximum(after - 1, 0)
    return np.asarray((np.abs(ours[after] - times) > AWAY_NS) & (np.abs(ours[before] - times) > AWAY_NS))


def _taken(times: Ints, side: int, span: Span) -> Iterator[Child]:
    """The first trade of our side after each moment, none of them twice."""
    mine = np.flatnonzero(span.trades["side"] == side)
    found = np.searchsorted(span.trades["ts_event"][mine], times)
    for at in np.unique(found[found < len(mine)]).tolist():
        trade = int(mine[at])
        yield Child(int(span.trades["ts_event"][trade]), trade)


def orders_of(fakes: Fakes, spans: Mapping[int, Span], universe: Universe) -> list[OrderRow]:
    """The order rows of all fake parents, in the order of application."""
    rows: list[OrderRow] = []
    for instrument, span in spans.items():
        for number, (side, children) in enumerate(parents_of(fakes, span, instrument)):
            name = f"AA-{fakes.kind}-{fakes.children}-{instrument}-{number}"
            rows += _told(name, (side, children), span, (instrument, universe))
    return in_order([msgspec.structs.replace(row, seq=n) for n, row in enumerate(rows, start=1)])


def _told(name: str, drawn: tuple[int, list[Child]], span: Span, place: tuple[int, Universe]) -> Iterator[OrderRow]:
    """The rows of one parent."""
    (side, children), (instrument, universe) = drawn, place
    begin, end = children[0].t - _OPENING_NS, children[-1].t + _LAST_NS
    sizes = [QTY if child.trade < 0 else int(span.trades["size"][child.trade]) for child in children]
    same = {
        "source": "aa", "parent_id": name, "instrument": universe.instruments[instrument],
        "side": "BUY" if side > 0 else "SELL",
    }  # fmt: skip
    total = {"qty": sum(sizes), "algo": "AA", "start_ns": begin, "end_ns": end, "visibility": "V3"}
    yield _row(begin, "parent_new", same | total)
    yield _row(begin, "algo_new", same | total | {"algo_order_id": f"{name}-A"})
    for n, (child, size) in enumerate(zip(children, sizes, strict=True)):
        told = same | {"algo_order_id": f"{name}-A", "child_id": f"{name}-C{n}", "qty": size}
        if child.trade < 0:
            price = 1 if side > 0 else FAR
            yield _row(child.t, "child_new", told | {"price": price, "order_type": "limit"})
        else:
            trade = span.trades[child.trade]
            yield _row(
                child.t + 1, "fill",
                told | {"ts_match": child.t, "venue": universe.venues[int(trade["venue"])], "liquidity": "R",
                        "price": int(trade["price"]), "exec_id": f"{name}-E{n}"},
            )  # fmt: skip
    yield _row(end, "parent_done", same)


def _row(ts: int, kind: str, told: Mapping[str, object]) -> OrderRow:
    return OrderRow(ts_event=ts, ts_recv=ts, kind=kind, **told)  # type: ignore[arg-type]
