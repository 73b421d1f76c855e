"""A second opinion: books of plain dictionaries, one row at a time, written from the format's words alone."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from app.engine.events import CHANGE, NAMED, PRINTED, STATUS_SET, TOUCHED, UNPRINTED, Rows
from app.engine.units import ASK, BID, LAST, NULL, SNAPSHOT

LARGEST = 2**62
EMPTY = (NULL, NULL, NULL, NULL, 0)
_TOUCH = ("bid", "bid_size", "bid2", "bid2_size", "bid_count", "ask", "ask_size", "ask2", "ask2_size", "ask_count")

Change = dict[str, int]


@dataclass
class Level:
    """What rests at one price; orders = 0 where the feed names none."""

    size: int
    orders: int


@dataclass
class Order:
    """A resting order."""

    side: int
    price: int
    size: int


@dataclass
class Side:
    """The levels of one side, by price."""

    sign: int
    levels: dict[int, Level] = field(default_factory=dict)

    def best(self, n: int) -> list[tuple[int, int, int]]:
        prices = sorted(self.levels, reverse=self.sign == BID)[:n]
        return [(price, self.levels[price].size, self.levels[price].orders) for price in prices]

    def touch(self) -> tuple[int, int, int, int, int]:
        found = self.best(2)
        if not found:
            return EMPTY
        second = found[1][:2] if len(found) > 1 else (NULL, NULL)
        return (*found[0][:2], *second, found[0][2])


@dataclass
class Book:
    """One venue's book and the touch it last gave."""

    sides: dict[int, Side] = field(default_factory=lambda: {BID: Side(BID), ASK: Side(ASK)})
    orders: dict[int, Order] = field(default_factory=dict)
    given: tuple[int, ...] = EMPTY + EMPTY

    def touch(self) -> tuple[int, ...]:
        return self.sides[BID].touch() + self.sides[ASK].touch()

    def clear(self) -> None:
        self.sides = {BID: Side(BID), ASK: Side(ASK)}
        self.orders = {}


class ReferenceBooks:
    """The same answers as Books, slowly."""

    def __init__(self) -> None:
        self.books: dict[tuple[int, int], Book] = {}
        self.counts: Counter[str] = Counter()

    def apply(self, rows: Rows, every: bool = False) -> list[Change]:
        changes: list[Change] = []
        for values in rows.tolist():
            row = dict(zip(rows.dtype.names or (), values, strict=True))
            changes += self._apply_row(row, every)
        return changes

    def depth(self, instrument: int, venue: int, n: int) -> tuple[list[Any], list[Any]]:
        book = self.books.get((instrument, venue), Book())
        return book.sides[BID].best(n), book.sides[ASK].best(n)

    def order_of(self, instrument: int, venue: int, order_id: int) -> tuple[int, int, int] | None:
        order = self.books.get((instrument, venue), Book()).orders.get(order_id)
        return None if order is None else (order.price, order.size, order.side)

    def _apply_row(self, row: dict[str, int], every: bool) -> list[Change]:
        if row["instrument"] < 0 or row["venue"] < 0:
            self.counts["unknown_books"] += 1
            return []
        book = self.books.setdefault((row["instrument"], row["venue"]), Book())
        changes = self._act(book, row)
        if row["flags"] & LAST:
            touch = book.touch()
            if touch != book.given or every:
                book.given = touch
                changes.append(self._change(book, row, TOUCHED))
        return changes

    def _act(self, book: Book, row: dict[str, int]) -> list[Change]:
        match chr(row["action"]):
            case "A":
                self._add(book, row)
            case "C":
                self._cancel(book, row)
            case "M":
                self._modify(book, row)
            case "R":
                book.clear()
            case "L":
                if self._sound(row, zero=True):
                    self._set(book.sides[row["side"]], row["price"], row["size"])
            case "Q":
                self._quote(book, row)
            case "T":
                if self._sound(row | {"side": row["side"] or BID}):
                    return [self._said(book, row, PRINTED)]
            case "X":
                return [self._said(book, row, UNPRINTED)]
            case "S":
                return [self._said(book, row, STATUS_SET)]
            case "F":
                return [self._said(book, row, NAMED)] if row["order_id"] else []
            case _:
                self.counts["unknown_actions"] += 1
        return []

    def _quote(self, book: Book, row: dict[str, int]) -> None:
        book.clear()
        for side, price, size in ((BID, "price", "size"), (ASK, "price2", "size2")):
            if row[price] != NULL:
                if 0 <= row[size] <= LARGEST:
                    self._set(book.sides[side], row[price], row[size])
                else:
                    self.counts["bad_sizes"] += 1

    def _sound(self, row: dict[str, int], zero: bool = False) -> bool:
        if row["side"] == 0:
            self.counts["missing_sides"] += 1
        elif row["price"] == NULL:
            self.counts["missing_prices"] += 1
        elif not (0 if zero else 1) <= row["size"] <= LARGEST:
            self.counts["bad_sizes"] += 1
        else:
            return True
        return False

    def _add(self, book: Book, row: dict[str, int]) -> None:
        if self._sound(row):
            if row["order_id"] in book.orders:
                self.counts["duplicate_orders"] += 1
            self._rest(book, row["order_id"], Order(row["side"], row["price"], row["size"]))

    def _modify(self, book: Book, row: dict[str, int]) -> None:
        old = book.orders.get(row["order_id"])
        if old is None:
            if self._sound(row):
                self.counts["unknown_modifies"] += 1
                self._rest(book, row["order_id"], Order(row["side"], row["price"], row["size"]))
            return
        new = Order(
            side=row["side"] or old.side,
            price=old.price if row["price"] == NULL else row["price"],
            size=old.size if row["size"] == NULL else row["size"],
        )
        if not 0 <= new.size <= LARGEST:
            self.counts["bad_sizes"] += 1
        elif new.size == 0:
            self._leave(book, row["order_id"])
        else:
            if new.side != old.side:
                self.counts["changed_sides"] += 1
            self._rest(book, row["order_id"], new)

    def _cancel(self, book: Book, row: dict[str, int]) -> None:
        old = book.orders.get(row["order_id"])
        if old is None:
            self.counts["unknown_cancels"] += 1
            return
        size = old.size if row["size"] == NULL else row["size"]
        if size <= 0:
            self.counts["bad_sizes"] += 1
        elif size < old.size:
            self._rest(book, row["order_id"], Order(old.side, old.price, old.size - size))
        else:
            if size > old.size:
                self.counts["oversized_cancels"] += 1
            self._leave(book, row["order_id"])

    def _rest(self, book: Book, order_id: int, new: Order) -> None:
        """An order as it rests from now on: one that only shrinks keeps its place, any other leaves it first."""
        old = book.orders.get(order_id)
        if old and (old.side, old.price) == (new.side, new.price) and new.size <= old.size:
            if new.size < old.size:
                self._take(book.sides[old.side], old.price, old.size - new.size, 0)
            old.size = new.size
            return
        self._leave(book, order_id)
        levels = book.sides[new.side].levels
        level = levels.get(new.price)
        if level and level.size + new.size > LARGEST:
            self.counts["bad_sizes"] += 1
            return
        level = levels.setdefault(new.price, Level(0, 0))
        level.size += new.size
        level.orders += 1
        book.orders[order_id] = new

    def _leave(self, book: Book, order_id: int) -> None:
        old = book.orders.pop(order_id, None)
        if old:
            self._take(book.sides[old.side], old.price, old.size, 1)

    def _take(self, side: Side, price: int, size: int, orders: int) -> None:
        level = side.levels.get(price)
        if level is None or level.size < size:
            self.counts["short_levels"] += 1
        if level is None:
            return
        level.size -= size
        level.orders = max(level.orders - orders, 0)
        if level.size <= 0:
            del side.levels[price]

    def _set(self, side: Side, price: int, size: int) -> None:
        if size:
            side.levels[price] = Level(size, 0)
        else:
            side.levels.pop(price, None)

    def _change(self, book: Book, row: dict[str, int], kind: int) -> Change:
        return {
            "ts": row["ts_recv"] if row["flags"] & SNAPSHOT else row["ts_event"],
            **{name: row[name] for name in ("seq", "rec", "instrument", "venue", "source", "flags")},
            **dict(zip(_TOUCH, book.given, strict=True)),
            "kind": kind,
            "price": NULL,
            "size": NULL,
            **dict.fromkeys(("order_id", "side", "condition", "status"), 0),
        }

    def _said(self, book: Book, row: dict[str, int], kind: int) -> Change:
        names = ("price", "size", "order_id", "side", "condition", "status")
        return self._change(book, row, kind) | {name: row[name] for name in names}


def plain(changes: Rows) -> list[Change]:
    """CHANGE rows as dictionaries; padding must be zero."""
    assert changes.dtype == CHANGE
    assert not changes["pad"].any()
    names = [name for name in CHANGE.names or () if name != "pad"]
    return [{name: int(change[name]) for name in names} for change in changes]
