"""Board rows of how a parent is being worked, over its life and of late (layout.WORKED_ROW).

The recent span begins at the last own event that is a quarter of an hour old: the market's running sums are known
there, exactly, whatever the block or the frame.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from app.engine import layout
from app.engine.metrics.figure import Figure, ratio
from app.engine.metrics.liquidity import ADDED, REMOVED, TouchedFill, classified
from app.engine.metrics.posts import WITHIN_NS, Cadence, Counted, Post, cadence, filled_share
from app.engine.orders.standing import mid_of
from app.engine.tables.parents import Span, eligible_volume, market_window, span_of
from app.engine.units import NULL, PENDING, QUALITIES, SECOND, UNJOINED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.events import Rows
    from app.engine.layout import Sink
    from app.engine.orders.executions import Fill
    from app.engine.orders.facts import Chain, Fact, Parent
    from app.engine.orders.joins import Joins
    from app.engine.orders.standing import Standing
    from app.engine.tables.context import Moment

RECENT_NS: Final = 900 * SECOND
NO_FILL: Final = "no fill of known liquidity"
NO_FLOW: Final = "no print with a known aggressor"
NO_VOLUME: Final = "no market volume"
NO_SPAN: Final = "the order has no arrival, side or instrument"
NOT_SEEN: Final = "own child orders are not seen"
_PRICED: Final = frozenset(("child_new", "child_replaced", "restated"))
_OVER: Final = frozenset(("child_cancelled", "child_expired", "rejected"))


def letter_of(fill: Fill, side: int, joins: Joins) -> tuple[str | None, bool]:
    """Liquidity letter of a fill as told, else by its price against the touch (then True); None where neither."""
    told = fill.fact.row.liquidity
    if told is not None:
        return told, False
    bid = ask = None
    if mid_of(joins.rows, fill.fact.before)[0] is not None:
        quotes = (joins.rows[name].item(fill.fact.before) for name in ("bid", "ask"))
        bid, ask = (None if quote == NULL else quote for quote in quotes)
    return classified(TouchedFill(side, fill.qty, fill.price, bid, ask, None)), True


def worked_rows(parents: Sequence[Parent], standings: Sequence[Standing], at: Moment, sink: Sink) -> Rows:
    """One row per parent, `parent_row` still to be set."""
    rows = np.zeros(len(parents), layout.WORKED_ROW)
    rows["since"], rows["until"], rows["value"] = NULL, NULL, np.nan
    for k, (parent, standing) in enumerate(zip(parents, standings, strict=True)):
        whole = span_of(standing, at)
        if whole is None or standing.account is None:
            rows["why"][k] = sink.intern(NO_SPAN)
            continue
        order = _Order(parent, standing, at)
        rows["until"][k] = whole.end
        for column, span in enumerate((whole, order.recent(whole))):
            rows["since"][k, column] = span.begin
            for n, (figure, count) in enumerate(order.figures(span)):
                rows["value"][k, n, column] = np.nan if figure.value is None else figure.value
                rows["n"][k, n, column] = count
                rows["why"][k, n, column] = sink.intern(figure.reason)
    return rows


class _Order:
    """One parent and what of it does not depend on the span."""

    def __init__(self, parent: Parent, standing: Standing, at: Moment) -> None:
        self.facts, self.standing, self.at = parent.facts, standing, at
        assert standing.arrival is not None  # noqa: S101 - the caller has checked
        self.instrument = standing.arrival.instrument
        self.fills = [fill for fill in standing.executions.fills if fill.restated != "busted"]
        by_fact = {id(fill.fact): fill for fill in self.fills}
        chains = dict.fromkeys(fact.chain for fact in parent.facts if fact.chain is not None)
        self.posts = [post for chain in chains for post in posts_of(chain, by_fact, at.joins)]
        self.orders = [(fact.row.ts_event, fact.row.qty or 0) for fact in parent.facts if fact.row.kind == "child_new"]

    def recent(self, whole: Span) -> Span:
        """The span of late: from the last own event that is old enough, the whole life where there is none."""
        cut, rows = whole.end - RECENT_NS, self.at.joins.rows
        known = bisect_right(self.facts, cut, key=_time_of)
        while known > 0 and whole.begin < cut:
            known -= 1
            place = self.facts[known].at
            if self.facts[known].instrument == self.instrument and _joined(rows, place):
                return whole._replace(begin=int(rows["t"][place]), first=rows[place])
        return whole

    def figures(self, span: Span) -> list[Counted]:
        """In the order of layout.WORKED."""
        rhythm = cadence(self.orders, span.begin, span.end)
        if not self.standing.sees_children:
            unseen = Counted(Figure(None, NOT_SEEN), 0)
            posted, rhythm = [unseen] * len(WITHIN_NS), Cadence(unseen, unseen, unseen)
        else:
            posted = [filled_share(self.posts, within, span.begin, span.end) for within in range(len(WITHIN_NS))]
        return [*posted, *self._taking(span), self._market(span), self._rate(span), *rhythm]

    def _taking(self, span: Span) -> tuple[Counted, Counted]:
        """Our aggressor share, and the part of it that was told by price."""
        done, inferred, n = {ADDED: 0, REMOVED: 0}, 0, 0
        for fill in self.fills:
            if span.begin < fill.fact.matched_at <= span.end:
                letter, by_price = letter_of(fill, self.standing.side, self.at.joins)
                if letter is not None and letter in done:
                    done[letter] += fill.qty
                    inferred, n = inferred + (fill.qty if by_price else 0), n + 1
        known = done[ADDED] + done[REMOVED]
        shares = (ratio(done[REMOVED], known), ratio(inferred, known))
        share, told = (Counted(Figure(value, NO_FILL if value is None else ""), n) for value in shares)
        return share, told

    def _market(self, span: Span) -> Counted:
        """Volume of aggressors on our side over that of known aggressors; own prints are part of both."""
        for row in (span.first, span.last):
            if int(row["quality"]) in {UNJOINED, PENDING}:
                return Counted(Figure(None, QUALITIES[int(row["quality"])]), 0)
        flow = _Flow(*(int(span.last[name]) - int(span.first[name]) for name in ("bought", "sold")))
        flow = flow.less(self.at.joins.history.cancelled(), self.instrument, span)
        share = ratio(flow.bought if self.standing.side > 0 else flow.sold, flow.bought + flow.sold)
        return Counted(Figure(share, NO_FLOW if share is None else ""), flow.bought + flow.sold)

    def _rate(self, span: Span) -> Counted:
        """Own of eligible volume, as the parents table has it, in the span."""
        own = n = 0
        for fill in self.fills:
            letter = fill.fact.row.liquidity
            if span.begin < fill.fact.matched_at <= span.end and letter != "X":
                found = self.at.own_print(fill) if letter == "D" else None
                on_tape = letter != "D" or (found is not None and bool(found.eligible))
                own, n = own + (fill.qty if on_tape else 0), n + on_tape
        volume = market_window(span, self.instrument, self.at).volume
        rate = ratio(own, eligible_volume(self.standing, self.at, span, volume))
        return Counted(Figure(rate, NO_VOLUME if rate is None else ""), n)


class _Flow(NamedTuple):
    """Eligible volume by the aggressor's side."""

    bought: int
    sold: int

    def less(self, cancelled: Rows, instrument: int, span: Span) -> _Flow:
        """Without the cancelled prints of the span."""
        if not len(cancelled):
            return self
        mine = cancelled[(cancelled["instrument"] == instrument) & (cancelled["eligible"] == 1)]
        mine = mine[(mine["ts"] > span.begin) & (mine["ts"] <= span.end)]
        bought, sold = (int(mine["size"][mine["side"] == side].sum(dtype=np.int64)) for side in (1, -1))
        return _Flow(self.bought - bought, self.sold - sold)


def _time_of(fact: Fact) -> int:
    return fact.row.ts_event


def _joined(rows: Rows, place: int) -> bool:
    return place >= 0 and int(rows["quality"][place]) not in {UNJOINED, PENDING}


def posts_of(chain: Chain, fills: dict[int, Fill], joins: Joins) -> list[Post]:
    """The passive posts of one child order; `fills` by id of their fact, busted ones absent."""
    posts: list[Post] = []
    price, qty, done, resting = None, 0, 0, False
    for fact in chain.facts:
        row, fill = fact.row, fills.get(id(fact))
        if row.kind in _PRICED:
            told = row.price if row.price is not None else row.limit_price
            price, qty = told if told is not None else price, row.qty if row.qty is not None else qty
            mid2, _quality = mid_of(joins.rows, fact.before)
            resting = price is not None and mid2 is not None and fact.side * (2 * price - mid2) < 0 and qty > done
            if resting:
                posts.append(Post(row.ts_event, qty - done, (0, 0, 0)))
        elif row.kind in _OVER:
            resting = False
        elif fill is not None:
            done += fill.qty
            if resting:
                posts[-1] = _with(posts[-1], fact.matched_at, fill.qty)
    return posts


def _with(post: Post, ts: int, qty: int) -> Post:
    """The post with one more fill."""
    soon = [qty if ts <= post.ts + length else 0 for length in WITHIN_NS]
    one, five, thirty = (had + more for had, more in zip(post.filled, soon, strict=True))
    return post._replace(filled=(one, five, thirty))
