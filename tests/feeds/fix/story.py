"""Seeded order flow as canonical facts, and its rendering as FIX 4.2 and 4.4: the way back must give the same facts."""

import random
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.feeds.fix.wire import MILLISECOND, T0, Body, Line, utc


class Told(NamedTuple):
    """One fact as it must come back."""

    ts: int
    kind: str
    child: str
    parent: str | None
    original: str | None = None
    qty: int | None = None
    price: int | None = None
    exec_id: str | None = None
    ref: str | None = None
    cum: int | None = None
    status: str | None = None


@dataclass
class Teller:
    """Tells the lives of orders once, as messages and as facts."""

    rng: random.Random
    line: Line
    facts: list[Told] = field(default_factory=list)
    now: int = T0
    execs: int = 0

    @property
    def old(self) -> bool:
        """FIX 4.2 and before: fills, busts and corrections are told by 20 and by 150 = 1 or 2."""
        return self.line.begin < "FIX.4.3"

    def tick(self) -> int:
        """The next time, sometimes the same."""
        self.now += self.rng.choice([0, 1, 750, MILLISECOND])
        return self.now

    def exec_id(self) -> str:
        """A new ExecID."""
        self.execs += 1
        return f"X{self.execs}"


@dataclass
class Life:
    """One order chain."""

    teller: Teller
    number: int
    parent: str | None
    qty: int
    price: int
    ids: list[str] = field(default_factory=list)
    fills: dict[str, int] = field(default_factory=dict)
    last: str = ""  # last accepted ClOrdID
    asked: int = 0

    @property
    def name(self) -> str:
        """The chain's name."""
        return f"C{self.number}"

    @property
    def cum(self) -> int:
        """Net quantity filled."""
        return sum(self.fills.values())

    @property
    def status(self) -> str:
        """Tag 39 by quantity."""
        return "0" if self.cum == 0 else "1" if self.cum < self.qty else "2"

    def request_id(self) -> str:
        """A new ClOrdID; the first names the chain."""
        self.asked += 1
        self.ids.append(self.name if self.asked == 1 else f"{self.name}.{self.asked}")
        return self.ids[-1]

    def terms(self, cl: str, qty: int, price: int) -> Body:
        """Body of a new order or replace request."""
        now = utc(self.teller.now)
        return [(11, cl), (55, "TECH"), (54, "1"), (38, qty), (40, "2"), (44, decimal(price)), (60, now)]

    def begin(self) -> None:
        """The new order, and its acknowledgement, perhaps after a pending one."""
        link: Body = [(526, self.parent)] if self.parent else []
        cl = self.request_id()
        self.last = cl
        self.teller.line.send("D", [*self.terms(cl, self.qty, self.price), *link], self.teller.tick())
        self.fact("child_new", qty=self.qty, price=self.price)
        if self.teller.rng.random() < 0.3:
            self.report("A", "restated", cl)
        self.report("0", "child_acked", cl, qty=self.qty, price=self.price)

    def replace(self) -> None:
        """A replace request, accepted or refused."""
        rng = self.teller.rng
        qty, price = self.qty + rng.randrange(1, 50), self.price + rng.randrange(-5, 6) * 10_000_000
        cl = self.request_id()
        self.teller.line.send("G", [(41, self.last), *self.terms(cl, qty, price)], self.teller.tick())
        self.fact("child_replace_requested", original=self.last, qty=qty, price=price)
        if rng.random() < 0.3:
            self.refuse(cl, "2")
            return
        if rng.random() < 0.5:
            self.report("E", "restated", cl)
        before, self.last, self.qty, self.price = self.last, cl, qty, price
        self.report("5", "child_replaced", cl, original=before, qty=qty, price=price)

    def refuse(self, cl: str, response: str) -> None:
        """A 35=9."""
        body: Body = [(37, self.name), (11, cl), (41, self.last), (39, self.status), (434, response), (102, "0")]
        self.teller.line.send("9", body, self.teller.tick())
        self.fact("cancel_rejected", original=self.last, status=self.status)

    def fill(self) -> None:
        """A fill of part of what is left."""
        left = self.qty - self.cum
        if left <= 0:
            return
        qty = self.teller.rng.randrange(1, left + 1)
        exec_id = self.teller.exec_id()
        self.fills[exec_id] = qty
        kind = self.status if self.teller.old else "F"
        self.execution("fill", kind, exec_id, None, (qty, self.price))

    def undo(self) -> None:
        """A bust or a correction of a fill."""
        if not self.fills:
            return
        ref = self.teller.rng.choice(sorted(self.fills))
        exec_id = self.teller.exec_id()
        if self.teller.rng.random() < 0.5:
            qty = self.fills.pop(ref)
            self.execution("bust", "H", exec_id, ref, (qty, self.price_of(ref)))
        else:
            qty = max(1, self.fills[ref] - 1)
            self.fills[ref] = qty
            self.prices[ref] = self.price_of(ref) + 10_000_000
            self.execution("correct", "G", exec_id, ref, (qty, self.prices[ref]))

    prices: dict[str, int] = field(default_factory=dict)

    def price_of(self, exec_id: str) -> int:
        """Price of a fill as it stands."""
        return self.prices[exec_id]

    def execution(self, kind: str, exec_type: str, exec_id: str, ref: str | None, last: tuple[int, int]) -> None:
        """A fill, bust or correction."""
        qty, price = last
        self.prices.setdefault(exec_id if kind == "fill" else ref or "", price)
        tags: Body = [(32, qty), (31, decimal(price))]
        if ref is not None:
            tags.append((19, ref))
        trans = {"fill": "0", "bust": "1", "correct": "2"}[kind]
        self.send(exec_type, trans, exec_id, self.last, tags)
        self.fact(kind, qty=qty, price=price, exec_id=exec_id, ref=ref, cum=self.cum, status=self.status)

    def finish(self) -> None:
        """A cancel request, accepted or refused, or an expiry."""
        if self.teller.rng.random() < 0.2:
            self.report("C", "child_expired", self.last, status="C", qty=self.qty, price=self.price)
            return
        cl = self.request_id()
        body: Body = [(11, cl), (41, self.last), (55, "TECH"), (54, "1"), (38, self.qty)]
        self.teller.line.send("F", body, self.teller.tick())
        self.fact("child_cancel_requested", original=self.last)
        if self.teller.rng.random() < 0.3:
            self.refuse(cl, "1")
            return
        self.report("4", "child_cancelled", cl, original=self.last, status="4", qty=self.qty, price=self.price)

    def report(self, exec_type: str, kind: str, cl: str, **said: object) -> None:
        """A report that is no execution."""
        exec_id = self.teller.exec_id()
        status = str(said.pop("status", {"A": "A", "E": "E"}.get(exec_type, self.status)))
        tags: Body = [(38, self.qty), (44, decimal(self.price)), (32, 0), (31, 0)]
        if "original" in said:
            tags.append((41, str(said["original"])))
        self.send(exec_type, "0", exec_id, cl, tags, status)
        self.fact(kind, exec_id=exec_id, cum=self.cum, status=status, **said)

    def send(self, exec_type: str, trans: str, exec_id: str, cl: str, tags: Body, status: str | None = None) -> None:
        """A 35=8 in the words of the version."""
        old = self.teller.old
        if old and exec_type in {"G", "H"}:
            exec_type = self.status
        head: Body = [(37, self.name), (11, cl), (17, exec_id), *([(20, trans)] if old else [])]
        state: Body = [(150, exec_type), (39, status or self.status), (55, "TECH"), (54, "1"), (14, self.cum)]
        self.teller.line.send("8", [*head, *state, *tags], self.teller.tick())

    def fact(self, kind: str, **said: object) -> None:
        """What the message just sent must come back as."""
        self.teller.facts.append(Told(self.teller.now, kind, self.name, self.parent, **said))  # type: ignore[arg-type]


def decimal(price: int) -> str:
    """A price in 1e-9 as text."""
    return f"{price // 10**9}.{price % 10**9:09d}".rstrip("0").rstrip(".")


def tell(seed: int, begin: str) -> tuple[list[tuple[int, bytes]], list[Told]]:
    """A log and the facts it must give; the same seed tells the same facts in every version."""
    teller = Teller(random.Random(seed), Line(begin=begin))
    rng = teller.rng
    lives: list[Life] = []
    for number in range(rng.randrange(1, 6)):
        parent = rng.choice([None, f"P{number % 2}"])
        lives.append(Life(teller, number, parent, rng.randrange(20, 500), rng.randrange(9, 12) * 10**9 + 250_000_000))
    for life in lives:
        life.begin()
    for _ in range(rng.randrange(0, 25)):
        life = rng.choice(lives)
        rng.choice([life.fill, life.fill, life.replace, life.undo])()
    for life in lives:
        life.finish()
    return teller.line.log, teller.facts
