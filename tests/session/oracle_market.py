"""The market side of the slow oracle: books, touches, prints, from rows as the format document names them.

Rows are dicts with the columns of `market.parquet`. Nothing here is shared with the engine: dictionaries,
`max` and `min` over whole books, and a look-up by bisection, all in integers and fractions.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple

Row = dict[str, Any]
HOLD = 1_000_000_000
VOLUME_CONDITIONS = {None, "regular", "block", "odd"}
WORST_FIRST = ("halt", "auction", "closed")


class Mid(NamedTuple):
    """A mid with its touch and quality; `mid` is None where undefined."""

    mid: Fraction | None
    bid: int | None
    ask: int | None
    wmid: Fraction | None
    quality: str


class State(NamedTuple):
    """The consolidated touch after all rows of one ns, with what a hold needs."""

    quality: str
    bid: int | None
    ask: int | None
    bid_size: int
    ask_size: int
    last_valid: "State | None"
    invalid_since: int


@dataclass
class Print:
    """One trade on the tape; `ids` are the order ids it names, with the size of each."""

    ts: int
    source: str
    seq: int
    venue: str
    price: int
    size: int
    condition: str | None
    side: str | None
    ids: dict[int, int] = field(default_factory=dict)
    cancelled: bool = False

    @property
    def eligible(self) -> bool:
        """Counts as market volume."""
        return not self.cancelled and self.condition in VOLUME_CONDITIONS


@dataclass
class Venue:
    """One venue's book of one instrument, whichever model it speaks."""

    orders: dict[int, tuple[str, int, int]] = field(default_factory=dict)
    levels: dict[tuple[str, int], int] = field(default_factory=dict)
    quote: tuple[int | None, int, int | None, int] | None = None
    touch: tuple[int | None, int, int | None, int] = (None, 0, None, 0)
    status: str | None = None
    exists: bool = False  # has had a touch or a status: a place that only prints has neither

    def apply(self, row: Row) -> None:
        """One row of the venue; the touch is taken at rows with the last-row flag."""
        action = row["action"]
        self.exists = self.exists or action not in "TFX"
        if action == "R":
            self.orders, self.levels, self.quote = {}, {}, (None, 0, None, 0) if self.quote else None
        elif action == "A" or (action == "M"):
            self.orders[row["order_id"]] = (row["side"], row["price"], row["size"])
        elif action == "C":
            self._reduce(row["order_id"], row["size"])
        elif action == "L":
            self._level(row["side"], row["price"], row["size"])
        elif action == "Q":
            self.quote = (row["bid_price"], row["bid_size"] or 0, row["ask_price"], row["ask_size"] or 0)
        elif action == "S":
            self.status = row["status"]
        flags = row.get("flags")
        if flags is None or flags & 128:
            self.touch = self._best()

    def _reduce(self, order_id: int, size: int) -> None:
        if order_id in self.orders:
            side, price, left = self.orders.pop(order_id)
            if left > size:
                self.orders[order_id] = (side, price, left - size)

    def _level(self, side: str, price: int, size: int) -> None:
        self.levels.pop((side, price), None)
        if size:
            self.levels[side, price] = size

    def _best(self) -> tuple[int | None, int, int | None, int]:
        if self.quote is not None:
            bid, bid_size, ask, ask_size = self.quote
            return bid, bid_size if bid is not None else 0, ask, ask_size if ask is not None else 0
        held: dict[tuple[str, int], int] = dict(self.levels)
        for side, price, size in self.orders.values():
            held[side, price] = held.get((side, price), 0) + size
        bids = [price for side, price in held if side == "B"]
        asks = [price for side, price in held if side == "A"]
        bid, ask = max(bids, default=None), min(asks, default=None)
        bid_size = 0 if bid is None else held["B", bid]
        ask_size = 0 if ask is None else held["A", ask]
        return bid, bid_size, ask, ask_size


def applied(row: Row) -> int:
    """When a row is applied: a snapshot row at its packet's time."""
    return int(row["ts_recv"]) if (row.get("flags") or 0) & 32 else int(row["ts_event"])


class Tape:
    """Everything the market did in one instrument: states over time and prints."""

    def __init__(self, rows: list[Row]) -> None:
        self.times: list[int] = []
        self.states: list[State] = []
        self.prints: list[Print] = []
        self.venues: dict[str, Venue] = {}
        ordered = sorted(rows, key=lambda row: (applied(row), row["source"], row["seq"]))
        for row in ordered:
            self._apply(row)

    def _apply(self, row: Row) -> None:
        ts = applied(row)
        self.venues.setdefault(row["venue"], Venue()).apply(row)
        if row["action"] in "TFX":
            self._print(ts, row)
        before = self.states[-1] if self.states else None
        if self.times and self.times[-1] == ts:
            before = self.states[-2] if len(self.states) > 1 else None
            self.times.pop()
            self.states.pop()
        self.times.append(ts)
        self.states.append(self._state(ts, before))

    def _print(self, ts: int, row: Row) -> None:
        order_id = row.get("order_id")
        same = []
        if row["action"] != "T":
            same = [p for p in self.prints if (p.venue, p.price) == (row["venue"], row["price"])]
        else:
            ids = {order_id: row["size"]} if order_id else {}
            entry = Print(ts, row["source"], row["seq"], row["venue"], row["price"], row["size"], row.get("condition"),
                          row.get("side"), ids)  # fmt: skip
            self.prints.append(entry)
        if row["action"] == "F" and order_id and same and same[-1].ts == ts:
            same[-1].ids[order_id] = row["size"]
        elif row["action"] == "X":
            for entry in reversed(same):
                named = not order_id or order_id in entry.ids
                if entry.size == row["size"] and not entry.cancelled and named:
                    entry.cancelled = True
                    break

    def _state(self, ts: int, before: State | None) -> State:
        statuses = {venue.status or "open" for venue in self.venues.values() if venue.exists}
        touches = [venue.touch for venue in self.venues.values() if venue.exists and (venue.status or "open") == "open"]
        if not touches and statuses:
            quality = next(name for name in WORST_FIRST if name in statuses)
            return self._chain(ts, before, quality, None, 0, None, 0)
        bid = max((t[0] for t in touches if t[0] is not None), default=None)
        ask = min((t[2] for t in touches if t[2] is not None), default=None)
        bid_size = sum(t[1] for t in touches if t[0] is not None and t[0] == bid)
        ask_size = sum(t[3] for t in touches if t[2] is not None and t[2] == ask)
        if bid is None and ask is None:
            quality = "no_quote"
        elif bid is None or ask is None:
            quality = "one_sided"
        else:
            quality = "crossed" if bid > ask else "locked" if bid == ask else "good"
        return self._chain(ts, before, quality, bid, bid_size, ask, ask_size)

    @staticmethod
    def _chain(
        ts: int, before: State | None, quality: str, bid: int | None, bid_size: int, ask: int | None, ask_size: int
    ) -> State:
        if quality in ("good", "locked"):
            return State(quality, bid, ask, bid_size, ask_size, None, 0)
        valid, since = None, 0
        if before is not None and quality in ("crossed", "one_sided"):
            was_valid = before.quality in ("good", "locked")
            valid, since = (before, ts) if was_valid else (before.last_valid, before.invalid_since)
        return State(quality, bid, ask, bid_size, ask_size, valid, since)

    def at(self, t: int) -> Mid:
        """mid(t): after every row with applied time <= t."""
        index = bisect_right(self.times, t) - 1
        if index < 0:
            return Mid(None, None, None, None, "no_quote")
        state = self.states[index]
        if state.quality in ("good", "locked"):
            return _mid(state, state.quality)
        if state.last_valid is not None and t - state.invalid_since <= HOLD:
            return _mid(state.last_valid, "held_" + state.quality)
        return Mid(None, None, None, None, state.quality)

    def before(self, t: int) -> Mid:
        """mid strictly before t."""
        return self.at(t - 1)

    def last_defined(self, t: int) -> Fraction | None:
        """The last mid that was defined at or before t, however old."""
        here = self.at(t)
        if here.mid is not None:
            return here.mid
        for state in reversed(self.states[: bisect_right(self.times, t)]):
            if state.quality in ("good", "locked"):
                return _mid(state, "").mid
        return None

    def first_valid(self, t: int) -> int | None:
        """Index of the first state at or after t with a valid mid."""
        for index, (time, state) in enumerate(zip(self.times, self.states, strict=True)):
            if time >= t and state.quality in ("good", "locked"):
                return index
        return None

    def segments(self, start: int, end: int) -> list[tuple[int, Fraction]]:
        """(length in ns, mid) of the stretches of (start, end] whose mid is defined."""
        cuts = {start, end}
        for time, state in zip(self.times, self.states, strict=True):
            cuts.add(time)
            if state.invalid_since:
                cuts.add(state.invalid_since + HOLD)
        inside = sorted(cut for cut in cuts if start <= cut <= end)
        found = []
        for left, right in pairwise(inside):
            mid = self.at(max(left, right - 1)).mid
            if mid is not None:
                found.append((right - left, mid))
        return found


def _mid(state: State, quality: str) -> Mid:
    assert state.bid is not None
    assert state.ask is not None
    total = state.bid_size + state.ask_size
    wmid = Fraction(state.bid * state.ask_size + state.ask * state.bid_size, total) if total > 0 else None
    return Mid(Fraction(state.bid + state.ask, 2), state.bid, state.ask, wmid, quality)
