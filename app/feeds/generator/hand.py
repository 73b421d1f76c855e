"""A session written by hand: one call a fact, prices in quote currency, times as offsets in ns.

Rows are dicts with the column names of the session folder's files, so that a test's expected values, the slow
oracle and the engine all start from the same words.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, TypeAlias

import msgspec
import numpy as np

from app.engine.events import MARKET, Instrument, OrderRow, Rows
from app.engine.units import CONDITION_CODES, LAST, NULL, PRICE_SCALE, SECOND, SIDES, SNAPSHOT, STATUS_CODES
from app.engine.universe import Universe

Row: TypeAlias = dict[str, Any]
Price: TypeAlias = str | int | None
T0: Final = 1_700_000_000 * SECOND  # 2023-11-14 22:13:20 UTC; any moment would do
_MARKET_COLUMNS: Final = (
    "side", "price", "size", "order_id", "bid_price", "bid_size", "ask_price", "ask_size", "condition", "status",
)  # fmt: skip
_ORDER_FIELDS: Final = frozenset(field.name for field in msgspec.structs.fields(OrderRow))
_INSTRUMENT_FIELDS: Final = frozenset(field.name for field in msgspec.structs.fields(Instrument))
_MIRROR: Final = {"B": "A", "A": "B", "N": "N", None: None, "BUY": "SELL", "SELL": "BUY", "SHORT": "BUY"}


def px(value: Price) -> int | None:
    """A price in quote currency as an integer in 1e-9, exactly."""
    return None if value is None else int(Decimal(value) * PRICE_SCALE)


def applied(row: Row) -> int:
    """When a market row is applied (ns): a snapshot row at its packet's time."""
    return int(row["ts_recv"] if row["flags"] & SNAPSHOT else row["ts_event"])


@dataclass
class Sheet:
    """Rows of one session; every method appends one fact at T0 + t (ns) and gives its row back."""

    instrument: str = "INST"
    venue: str = "XONE"
    market: list[Row] = field(default_factory=list)
    orders: list[Row] = field(default_factory=list)
    instruments: list[Row] = field(default_factory=list)
    _seq: dict[str, int] = field(default_factory=dict)

    def _next(self, source: str) -> int:
        self._seq[source] = self._seq.get(source, 0) + 1
        return self._seq[source]

    def row(self, t: int, action: str, **columns: Any) -> Row:
        """A market row with any columns; those not named have their usual value."""
        venue: str = columns.get("venue") or self.venue
        source: str = columns.get("source") or f"feed-{venue}"
        found: Row = {
            "ts_event": T0 + t, "ts_recv": T0 + t, "source": source, "instrument": self.instrument, "venue": venue,
            "action": action, "flags": LAST,
        }  # fmt: skip
        found |= dict.fromkeys(_MARKET_COLUMNS) | columns
        if "seq" not in columns:
            found["seq"] = self._next(source)
        self.market.append(found)
        return found

    def quote(self, t: int, bid: Price, ask: Price, sizes: tuple[int, int] = (100, 100), **columns: Any) -> Row:
        """Both sides of a venue's touch; None is an empty side."""
        bid_size, ask_size = (None if bid is None else sizes[0]), (None if ask is None else sizes[1])
        return self.row(
            t, "Q", bid_price=px(bid), ask_price=px(ask), bid_size=bid_size, ask_size=ask_size, **columns
        )  # fmt: skip

    def trade(self, t: int, price: Price, size: int, **columns: Any) -> Row:
        """A print on the tape."""
        return self.row(t, "T", price=px(price), size=size, **{"side": "N", **columns})

    def cancel_print(self, t: int, price: Price, size: int, **columns: Any) -> Row:
        """A print taken back."""
        return self.row(t, "X", price=px(price), size=size, **columns)

    def status(self, t: int, status: str, **columns: Any) -> Row:
        """A venue's trading status."""
        return self.row(t, "S", status=status, **columns)

    def order(self, t: int, kind: str, **columns: Any) -> Row:
        """An order row; `price`, `limit` and `decision` are in quote currency."""
        for name, column in (("price", "price"), ("limit", "limit_price"), ("decision", "decision_price")):
            if name in columns:
                columns[column] = px(columns.pop(name))
        source: str = columns.setdefault("source", "oms")
        if "seq" not in columns:
            columns["seq"] = self._next(source)
        found: Row = {"ts_event": T0 + t, "ts_recv": T0 + t, "kind": kind} | columns
        self.orders.append(found)
        return found

    def parent(self, t: int, side: str, qty: int, name: str = "P1", **columns: Any) -> Row:
        """A parent order entered."""
        instrument = columns.pop("instrument", self.instrument)
        return self.order(t, "parent_new", parent_id=name, instrument=instrument, side=side, qty=qty, **columns)

    def done(self, t: int, name: str = "P1") -> Row:
        """A parent order ended."""
        return self.order(t, "parent_done", parent_id=name)

    def fill(self, t: int, qty: int, price: Price, name: str = "F1", **columns: Any) -> Row:
        """An execution of parent P1 unless told otherwise; its side is the parent's, ts_match is t."""
        parent = columns.get("parent_id", "P1")
        entered = next((row for row in self.orders if row["kind"] == "parent_new" and row["parent_id"] == parent), {})
        usual = {
            "instrument": entered.get("instrument", self.instrument), "side": entered.get("side", "BUY"),
            "venue": self.venue, "ts_match": T0 + t, "parent_id": parent, "exec_id": name,
        }  # fmt: skip
        return self.order(t, "fill", qty=qty, price=price, **(usual | columns))

    def reference(self, **columns: Any) -> Row:
        """Reference data of the sheet's instrument, or of the one named."""
        found = {"instrument": self.instrument} | columns
        self.instruments.append(found)
        return found

    def universe(self) -> Universe:
        """A universe with this sheet's reference data."""
        universe = Universe()
        for row in self.instruments:
            universe.describe(Instrument(**{name: row[name] for name in _INSTRUMENT_FIELDS & row.keys()}))
        return universe

    def market_rows(self, universe: Universe) -> Rows:
        """The market rows as events.MARKET, in the order of application."""
        return market_rows(self.in_order(), universe)

    def in_order(self) -> list[Row]:
        """The market rows in the order of application."""
        return sorted(self.market, key=lambda row: (applied(row), row["source"], row["seq"]))

    def order_rows(self) -> list[OrderRow]:
        """The order rows in the order of application."""
        ordered = sorted(self.orders, key=lambda row: (row["ts_event"], row["source"], row["seq"]))
        return [order_row(row) for row in ordered]

    def mirrored(self, about: str) -> "Sheet":
        """The same session with every side and price reflected about a price: costs in money do not change."""
        total = 2 * int(Decimal(about) * PRICE_SCALE)
        market = [_reflected(row, total) for row in self.market]
        orders = [_reflected(row, total) for row in self.orders]
        return Sheet(self.instrument, self.venue, market, orders, list(self.instruments))


def market_rows(rows: list[Row], universe: Universe) -> Rows:
    """Dict rows as events.MARKET in the order given; `rec` counts them."""
    packed = np.zeros(len(rows), MARKET)
    for index, row in enumerate(rows):
        names = (
            ("bid_price", "bid_size", "ask_price", "ask_size") if row["action"] == "Q" else ("price", "size", "", "")
        )
        numbers = [NULL if row.get(name) is None else row[name] for name in names]
        packed[index] = (
            row["ts_event"], row["ts_recv"], row["seq"], index, row["order_id"] or 0, *numbers,
            universe.instruments.index(row["instrument"]), universe.venues.index(row["venue"]),
            universe.sources.index(row["source"]), ord(row["action"]), SIDES[row["side"] or "N"], row["flags"],
            CONDITION_CODES[row["condition"] or "regular"], STATUS_CODES.get(row["status"] or "", 0), (0, 0, 0),
        )  # fmt: skip
    return packed


def order_row(row: Row) -> OrderRow:
    """A dict row as an order fact."""
    return OrderRow(**{name: row[name] for name in _ORDER_FIELDS & row.keys()})


def _reflected(row: Row, total: int) -> Row:
    turned = dict(row)
    for name in ("price", "limit_price", "decision_price"):
        if turned.get(name) is not None:
            turned[name] = total - turned[name]
    if "side" in row:
        turned["side"] = _MIRROR[row["side"]]
    if row.get("action") == "Q":
        for here, there in (("bid", "ask"), ("ask", "bid")):
            price = row[f"{there}_price"]
            turned[f"{here}_price"] = None if price is None else total - price
            turned[f"{here}_size"] = row[f"{there}_size"]
    return turned
