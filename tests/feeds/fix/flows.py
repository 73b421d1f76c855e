"""Seeded FIX flow with everything in it: many sessions, links, copies, refusals, odd values, unknown orders."""

import random
from collections.abc import Mapping
from typing import Any, Final

from tests.feeds.fix.wire import MILLISECOND, T0, Body, Line, filled, order, report, utc

TABLE: Final[Mapping[str, Any]] = {
    "session": {
        "one": {"sender": "EMS", "parent": [{"tag": 20013}, {"tag": 526}, {"tag": 198, "by": "order_id"}]},
        "algos": {"sender": "PM", "levels": [{"tag": 847, "level": "algo"}, {"tag": 7000, "level": "parent"}]},
        "named": {"sender": "REG", "parent": [{"tag": 11, "pattern": "^(?P<id>[^-]+)-"}]},
    }
}
SYMBOLS: Final = ("TECH", "OTHER", "[N/A]", "BRK")


class Crowd:
    """Messages of some sessions, in the order of the log."""

    def __init__(self, seed: int, begin: str = "FIX.4.4") -> None:
        self.rng = random.Random(seed)
        clients = (("EMS", "BRK"), ("EMS", "ALT"), ("PM", "EMS"), ("REG", "BRK"), ("FREE", "BRK"))
        self.lines = [Line(client, broker, begin) for client, broker in clients]
        self.now = T0
        self.made = 0
        self.live: list[tuple[Line, str, str]] = []  # line, ClOrdID, OrderID
        self.log: list[bytes] = []

    def step(self) -> None:
        """One more message."""
        self.now += self.rng.choice([0, 1, 700, MILLISECOND, 5 * MILLISECOND])
        odds = self.rng.random()
        if odds < 0.25 or not self.live:
            self.new()
        elif odds < 0.9:
            self.life(*self.rng.choice(self.live[-12:]))
        elif odds < 0.96:
            self.copy()
        else:
            self.odd()

    def send(self, line: Line, kind: str, body: Body, extra: Body | None = None) -> None:
        """Send and log a message."""
        self.log.append(line.send(kind, body, self.now, extra or []))

    def new(self) -> None:
        """A new order, with or without links."""
        rng, line = self.rng, self.rng.choice(self.lines)
        self.made += 1
        name = rng.choice([f"{line.client}P{self.made % 7}-{self.made}", f"C{self.made}"])
        if rng.random() < 0.03 and self.live:
            name = self.live[-1][1]  # used again
        symbol, side = rng.choice(SYMBOLS[: 2 + (rng.random() < 0.1) * 2]), rng.choice("12345")
        price = rng.choice(["10.5", "9", "10.123456789"])
        body = order(name, rng.choice([100, "250", "0", "7.0"]), price, side, symbol)
        parent = f"P{rng.randrange(6)}-{symbol}{side}"  # one instrument and side, most of the time
        links: list[Body] = [
            [], [(20013, parent)], [(526, parent)], [(198, f"O-{self.live[-1][1] if self.live else 'x'}")],
            [(526, f"P{rng.randrange(4)}")], [(847, "VWAP")], [(7000, "Y")],
        ]  # fmt: skip
        body += rng.choice(links)
        extras: list[Body] = [[], [(1, "ACC")], [(15, "USD")], [(100, "XNAS")], [(21, "1")], [(59, "0")], [(99, "1")],
                              [(126, utc(self.now + MILLISECOND))], [(849, "0.1")], [(65, "A")]]  # fmt: skip
        body += [*rng.choice(extras), (60, utc(self.now, rng.choice([0, 3, 6, 9])))]
        self.send(line, "D", body)
        self.live.append((line, name, f"O-{name}"))

    def life(self, line: Line, name: str, order_id: str) -> None:
        """A request or report of an order."""
        rng = self.rng
        self.made += 1
        said = rng.choice("08FFFFF12G4C3D5HGRXA6E9ISQ")
        exec_id = f"X{self.made}"
        if said == "R":
            fresh = f"{name}.{self.made}"
            self.send(line, "G", [(41, name), *order(fresh, rng.randrange(1, 300)), *self.more()])
            if rng.random() < 0.8:
                terms: list[Body] = [[], [(38, 50)], [(44, "11")]]
                back: Body = [(41, name), (37, order_id), *rng.choice(terms)]
                self.send(line, "8", report(fresh, exec_id, "5", "0", back))
                self.live.append((line, fresh, order_id))
        elif said == "X":
            self.send(line, "F", [(11, f"{name}.{self.made}"), (41, name), (55, "TECH"), (54, "1"), (38, 1)])
        elif said == "9":
            reasons: list[Body] = [[(102, "0")], [(58, "too late")], []]
            self.send(line, "9", [(37, order_id), (11, name), (41, name), (39, "0"), (434, "1"), *rng.choice(reasons)])
        elif said == "Q":
            self.send(line, "j", [(45, rng.randrange(1, 40)), (372, rng.choice("DGF")), (379, name), (58, "no")])
        elif said in "F12GH":
            more: Body = [(37, order_id), (60, utc(self.now - rng.choice([0, 500, 10**10]), rng.choice([0, 6, 9])))]
            extras: list[Body] = [[], [(30, "XNYS")], [(12, "0.5")], [(12, "1"), (13, "1")], [(58, "partial")]]
            more += rng.choice(extras)
            more += [(19, f"X{self.made - 3}"), (20, "0")] if said in "GH" else []
            body = filled(name, exec_id, (rng.choice([1, 10, "0", "2.0"]), "10.25"), rng.randrange(100), "1")
            self.send(line, "8", [(150, said) if tag == 150 else (tag, value) for tag, value in body] + more)
        else:
            states: list[Body] = [[], [(38, 10), (44, "9.5")], [(14, 0)], [(41, name)], [(103, "5")]]
            more = [(37, order_id), *rng.choice(states)]
            self.send(line, "8", report(name, exec_id, said, rng.choice("0124"), [*more, *self.more()]))

    def more(self) -> Body:
        """Columns a message may have."""
        choices: list[Body] = [[], [(207, "XNAS")], [(1, "ACC2")], [(54, "1")], [(54, "9")], [(20, "3")], [(526, "P1")],
                               [(44, "1e3")], [(38, "x")]]  # fmt: skip
        return self.rng.choice(choices) if self.rng.random() < 0.3 else []

    def copy(self) -> None:
        """A message once more: as it was, as PossDup, or as PossResend under a new number."""
        rng = self.rng
        line, name, _ = rng.choice(self.live)
        if rng.random() < 0.5 and self.log:
            self.log.append(rng.choice(self.log[-20:]))
            return
        self.made += 1
        sender = line.broker
        body = filled(name, f"X{self.made}", (5, "10"), 5)
        self.send(line, "8", body)
        flag: Body = [(97, "Y")] if rng.random() < 0.5 else [(43, "Y"), (122, utc(self.now))]
        line.next[sender] -= 0 if flag[0][0] == 97 else 1
        again: list[Body] = [[], [(58, "again")]]
        self.send(line, "8", [*body, *rng.choice(again)], flag)

    def odd(self) -> None:
        """Something else: a heartbeat, a report of an unknown order, no order id, a wrong sum, no time."""
        rng, line = self.rng, self.rng.choice(self.lines)
        self.made += 1
        choices: list[tuple[str, Body]] = [
            ("0", [(112, "t")]), ("8", report(f"U{self.made}", f"X{self.made}", "0", "0")), ("D", [(55, "TECH")]),
            ("8", [(37, "NONE"), (11, f"C{self.made}"), (17, "1"), (150, "8"), (39, "8")]), ("H", [(11, "x")]),
            ("D", [*order(f"C{self.made}"), (38, 5)]), ("D", [*order(f"C{self.made}"), (40, "3")]), ("E", [(66, "L")]),
            ("8", [(11, f"C{self.made - 5}"), (37, "0"), (17, "2"), (150, "0"), (39, "0")]),
            ("3", [(45, 1), (58, "bad")]), ("F", [(11, f"C{self.made}"), (41, f"C{self.made}")]),
        ]  # fmt: skip
        self.send(line, *rng.choice(choices))
        if rng.random() < 0.2:
            self.log[-1] = self.log[-1][:-4] + b"000\x01"
        elif rng.random() < 0.2:
            self.log[-1] = rng.choice([b"noise\n", b"8=FIX.4.4\x01", b"20261120-15:00:01.123 "]) + self.log[-1]


def crowd(seed: int, messages: int, begin: str = "FIX.4.4") -> list[bytes]:
    """About so many messages."""
    made = Crowd(seed, begin)
    while len(made.log) < messages:
        made.step()
    return made.log
