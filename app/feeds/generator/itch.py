"""A day of TotalView-ITCH 5.0 from a seed, every message type in it, and the true book after every message.

Ids run up as an exchange gives them, with holes; times are ns with jitter. Nobody reacts to anybody: prices are a walk,
orders come, rest, shrink, are replaced, trade and go.
"""

import random
import struct
from array import array
from datetime import datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from app.engine.errors import SettingsError, complaint
from app.engine.events import CHANGE, Rows
from app.engine.units import SECOND
from app.feeds.generator.itch_book import BUY, SELL, Order, StockBook

HOUR: Final = 3_600 * SECOND
_HEADER: Final = ">sHHHI"
_CENT: Final = 100
_RESTING: Final = 40  # orders of a stock before more go than come
_FAR: Final = 30  # cents from the middle that an order may stand
_MPIDS: Final = (b"NSDQ", b"UBSS", b"GSCO", b"MLCO")
_LAYOUTS: Final = {
    "S": struct.Struct(_HEADER + "s"),
    "R": struct.Struct(_HEADER + "8sssIss2ssssssIs"),
    "H": struct.Struct(_HEADER + "8sss4s"),
    "Y": struct.Struct(_HEADER + "8ss"),
    "L": struct.Struct(_HEADER + "4s8ssss"),
    "V": struct.Struct(_HEADER + "QQQ"),
    "W": struct.Struct(_HEADER + "s"),
    "K": struct.Struct(_HEADER + "8sIsI"),
    "J": struct.Struct(_HEADER + "8sIIII"),
    "h": struct.Struct(_HEADER + "8sss"),
    "A": struct.Struct(_HEADER + "QsI8sI"),
    "F": struct.Struct(_HEADER + "QsI8sI4s"),
    "E": struct.Struct(_HEADER + "QIQ"),
    "C": struct.Struct(_HEADER + "QIQsI"),
    "X": struct.Struct(_HEADER + "QI"),
    "D": struct.Struct(_HEADER + "Q"),
    "U": struct.Struct(_HEADER + "QQII"),
    "P": struct.Struct(_HEADER + "QsI8sIQ"),
    "Q": struct.Struct(_HEADER + "Q8sIQs"),
    "B": struct.Struct(_HEADER + "Q"),
    "I": struct.Struct(_HEADER + "QQs8sIIIss"),
    "N": struct.Struct(_HEADER + "8ss"),
    "O": struct.Struct(_HEADER + "8ssIIIQII"),
}


class ItchPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters of a generated day; `messages` is reached exactly or by a few more."""

    seed: int = 1
    messages: int = 100_000
    stocks: int = 3
    date: str = "2025-03-14"
    open_s: int = 34_200  # seconds after midnight in New York
    close_s: int = 57_600

    def midnight_ns(self) -> int:
        """Midnight in New York of the day (ns). Raises SettingsError for a date that is none."""
        try:
            day = datetime.strptime(self.date, "%Y-%m-%d").replace(tzinfo=ZoneInfo("America/New_York"))
        except ValueError:
            raise SettingsError(complaint("--date", "date", self.date, "a day as YYYY-MM-DD")) from None
        return int(day.timestamp()) * SECOND

    def names(self) -> list[str]:
        """The stocks, in the order of their locate numbers."""
        return [("AAPL", "MSFT", "TSLA")[n] if n < 3 else f"GEN{n}" for n in range(self.stocks)]


class ItchDay(NamedTuple):
    """Messages without their length, in order, and the touch after each that touches a market: CHANGE rows.

    The rows' `rec` is the number of the message, `instrument` the stock's place in the plan's names.
    """

    plan: ItchPlan
    messages: list[bytes]
    book: Rows


def itch_day(plan: ItchPlan) -> ItchDay:
    """The day of a plan; the same plan gives the same bytes."""
    venue = _Venue(plan)
    venue.open()
    while len(venue.messages) < plan.messages - 4 * plan.stocks:
        venue.step()
    venue.close()
    return ItchDay(plan, venue.messages, venue.truth())


class _Venue:
    """The exchange: its clock, its ids, its stocks."""

    def __init__(self, plan: ItchPlan) -> None:
        self.messages: list[bytes] = []
        self._plan = plan
        self._midnight = plan.midnight_ns()
        self._draw = random.Random(plan.seed).random
        self._now = 3 * HOUR
        span = (plan.close_s - plan.open_s) * SECOND
        self._pace = span / max(1, plan.messages)
        self._ref = self._match = 0
        self._tracking = 0
        self._lines = array("q")
        self._prints: list[tuple[StockBook, int]] = []
        self._stocks = [
            StockBook(locate=n + 1, name=name.ljust(8).encode(), middle=100_0000 + 25_0000 * n)
            for n, name in enumerate(plan.names())
        ]

    def open(self) -> None:
        """Everything up to the opening cross."""
        self._say("S", None, b"O")
        for stock in self._stocks:
            self._wait(1_000)
            self._say("R", stock, stock.name, b"Q", b"N", 100, b"N", b"C", b"Z ", b"P", b"N", b"N", b"1", b"N", 0, b"N")
        self._now = 4 * HOUR
        self._say("S", None, b"S")
        self._say("V", None, 400_00000000, 380_00000000, 350_00000000)
        for stock in self._stocks:
            self._status(stock, b"T")
            self._say("Y", stock, stock.name, b"0")
            self._say("L", stock, _MPIDS[0], stock.name, b"Y", b"N", b"A")
        self._now = self._plan.open_s * SECOND
        self._say("S", None, b"Q")
        for stock in self._stocks:
            self._imbalance(stock, b"O")
            self._cross(stock, b"O", self._lot(50))

    def close(self) -> None:
        """The closing cross and the end of the day."""
        self._now = max(self._now, self._plan.close_s * SECOND)
        for stock in self._stocks:
            self._imbalance(stock, b"C")
            self._cross(stock, b"C", self._lot(80))
        for code in (b"M", b"E", b"C"):
            self._say("S", None, code)

    def step(self) -> None:
        """One thing happens to one stock."""
        draw = self._draw
        stock = self._stocks[int(draw() * len(self._stocks))]
        self._wait(self._pace * 2 * draw())
        if draw() < 0.02:
            stock.middle = max(10 * _CENT * _FAR, stock.middle + (_CENT if draw() < 0.5 else -_CENT))
        kind = draw()
        live = len(stock.live)
        if live < 4 or kind < 0.45 * min(1.5, _RESTING / live):
            self._add(stock)
        elif kind < 0.82:
            self._remove(stock, kind)
        elif kind < 0.90:
            self._replace(stock)
        elif kind < 0.985:
            self._execute(stock, kind)
        else:
            self._rare(stock)

    def truth(self) -> Rows:
        """The touch after each message that touches a market."""
        lines = np.frombuffer(self._lines, np.int64).reshape(-1, 9)
        book = np.zeros(len(lines), CHANGE)
        names = ("rec", "ts", "instrument", "bid", "bid_size", "bid_count", "ask", "ask_size", "ask_count")
        for place, name in enumerate(names):
            book[name] = lines[:, place]
        book["seq"] = book["rec"] + 1
        return book

    def _wait(self, ns: float) -> None:
        self._now += 1 + int(ns)

    def _say(self, kind: str, stock: StockBook | None, *fields: object) -> None:
        """One message; the tracking number is the exchange's own business."""
        now = self._now
        self._tracking = (self._tracking + 2) & 0xFFFF
        locate = stock.locate if stock is not None else 0
        self.messages.append(
            _LAYOUTS[kind].pack(kind.encode(), locate, self._tracking, now >> 32, now & 0xFFFFFFFF, *fields)
        )

    def _mark(self, stock: StockBook) -> None:
        """The touch after the message said last."""
        self._lines.extend((len(self.messages) - 1, self._midnight + self._now, stock.locate - 1, *stock.touch()))

    def _new_ref(self) -> int:
        self._ref += 1 + int(self._draw() * 7)
        return self._ref

    def _new_match(self, stock: StockBook) -> int:
        self._match += 1 + int(self._draw() * 3)
        self._prints.append((stock, self._match))
        return self._match

    def _lot(self, most: int) -> int:
        """Shares: round lots mostly, any number now and then."""
        draw = self._draw
        return 100 * (1 + int(draw() * most)) if draw() < 0.8 else 1 + int(draw() * 99)

    def _price(self, stock: StockBook, side: int) -> int:
        """A price near the middle that does not cross the book."""
        away = int(self._draw() ** 2 * _FAR) + 1
        price = stock.middle // _CENT * _CENT - side * away * _CENT
        if side == BUY:
            return min(price, stock.best_ask - _CENT) if stock.best_ask else price
        return max(price, stock.best_bid + _CENT)

    def _add(self, stock: StockBook) -> None:
        side = BUY if self._draw() < 0.5 else SELL
        order = Order(side, self._price(stock, side), self._lot(10))
        ref = self._new_ref()
        fields = (ref, b"B" if side == BUY else b"S", order.shares, stock.name, order.price)
        if self._draw() < 0.1:
            self._say("F", stock, *fields, _MPIDS[int(self._draw() * 4)])
        else:
            self._say("A", stock, *fields)
        stock.add(ref, order)
        self._mark(stock)

    def _remove(self, stock: StockBook, kind: float) -> None:
        ref = stock.live[int(self._draw() * len(stock.live))]
        shares = stock.orders[ref].shares
        if kind > 0.79 and shares > 1:
            shares = 1 + int(self._draw() * (shares - 1))
            self._say("X", stock, ref, shares)
        else:
            self._say("D", stock, ref)
        stock.take(ref, shares)
        self._mark(stock)

    def _replace(self, stock: StockBook) -> None:
        ref = stock.live[int(self._draw() * len(stock.live))]
        old = stock.orders[ref]
        stock.take(ref, old.shares)
        new = self._new_ref()
        price = self._price(stock, old.side) if self._draw() < 0.7 else old.price
        order = Order(old.side, price, self._lot(10))
        self._say("U", stock, ref, new, order.shares, price)
        stock.add(new, order)
        self._mark(stock)

    def _execute(self, stock: StockBook, kind: float) -> None:
        """A trade against the oldest order at the best price, or against one nobody sees."""
        draw = self._draw
        side = BUY if draw() < 0.5 else SELL
        ref = stock.first(side)
        if kind > 0.975 or not ref:
            price = stock.best_bid or stock.middle
            self._say("P", stock, 0, b"B", self._lot(5), stock.name, price, self._new_match(stock))
            self._mark(stock)
            return
        order = stock.orders[ref]
        shares = order.shares if draw() < 0.5 else 1 + int(draw() * order.shares)
        if kind < 0.965:
            self._say("E", stock, ref, shares, self._new_match(stock))
        else:
            printable = draw() < 0.7
            self._match += 1
            match = self._new_match(stock) if printable else self._match
            self._say("C", stock, ref, shares, match, b"Y" if printable else b"N", order.price + side * 50)
        stock.take(ref, shares)
        self._mark(stock)

    def _rare(self, stock: StockBook) -> None:
        """What happens a few times a day."""
        draw, name = self._draw, stock.name
        match int(draw() * 11):
            case 0 if self._prints:
                broken, number = self._prints.pop(int(draw() * len(self._prints)))
                self._say("B", broken, number)
                self._mark(broken)
            case 1:
                self._pause(stock)
            case 2:
                self._say("L", stock, _MPIDS[1], name, b"N", b"N", b"A")
            case 3:
                self._say("Y", stock, name, b"1")
            case 4:
                self._say("J", stock, name, stock.middle, stock.middle + 5_0000, stock.middle - 5_0000, 0)
            case 5:
                self._operational_halt(stock)
            case 6:
                self._say("K", stock, name, 36_000, b"A", stock.middle)
            case 7:
                self._say("N", stock, name, b"A")
            case 8:
                prices = (stock.middle - 1_0000, stock.middle + 1_0000, stock.middle)
                self._say("O", stock, name, b"N", *prices, self._now, *prices[:2])
            case 9:
                self._say("W", None, b"1")
            case _:
                self._cross(stock, b"I", 0 if draw() < 0.5 else self._lot(20))

    def _operational_halt(self, stock: StockBook) -> None:
        market = b"Q" if self._draw() < 0.5 else b"B"
        for action in (b"H", b"T"):
            self._say("h", stock, stock.name, market, action)
            if market == b"Q":
                self._mark(stock)

    def _pause(self, stock: StockBook) -> None:
        """A volatility pause with its auction."""
        self._status(stock, b"P")
        self._wait(300 * SECOND * self._pace / HOUR)
        self._status(stock, b"Q")
        self._imbalance(stock, b"H")
        self._cross(stock, b"H", self._lot(30))
        self._status(stock, b"T")

    def _status(self, stock: StockBook, state: bytes) -> None:
        self._say("H", stock, stock.name, state, b" ", b"LUDP" if state == b"P" else b"    ")
        self._mark(stock)

    def _imbalance(self, stock: StockBook, cross: bytes) -> None:
        prices = (stock.middle, stock.middle + _CENT, stock.middle)
        self._say("I", stock, self._lot(90), self._lot(9), b"B", stock.name, *prices, cross, b"L")

    def _cross(self, stock: StockBook, kind: bytes, shares: int) -> None:
        """An auction; one without shares says so and prints nothing."""
        self._wait(1_000)
        match = self._new_match(stock) if shares else 0
        self._say("Q", stock, shares, stock.name, stock.middle if shares else 0, match, kind)
        if shares:
            self._mark(stock)
