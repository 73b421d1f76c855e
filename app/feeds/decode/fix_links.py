"""Order chains over ClOrdID and OrigClOrdID, and the link of each chain to its parent.

A chain is named by the ClOrdID of its first order. A ClOrdID used again for a new order starts a chain of its own,
named `id~2`. Links are settled at the end of the recording, so that a parent named only in an acknowledgement
reaches the rows before it too.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Final, NamedTuple

from app.feeds.decode.fix_fields import FixMessage
from app.feeds.decode.fix_settings import Level, LinkRule, SessionSettings

NO_ORDER: Final = frozenset({"NONE", "UNKNOWN", "0"})  # OrderID (37) of a report about no known order


@dataclass(slots=True, eq=False)
class Order:
    """One ClOrdID of a session; what the chain shares stands at its first order."""

    session: str
    settings: SessionSettings
    name: str  # its ClOrdID, made unique in settle()
    earlier: "Order | None" = None  # the order it replaces or cancels
    opened: bool = False  # its own request (35=D, G or F) was seen
    level: Level | None = None
    symbol: str = ""
    sign: str = ""
    links: dict[tuple[str, int], str] = field(default_factory=dict)  # (parent or algo_order, rule) -> value
    algo_order_id: str | None = None
    parent_id: str | None = None

    @property
    def child_id(self) -> str:
        """Name of the chain."""
        return self.first().name

    def first(self) -> "Order":
        """The first order of the chain."""
        top = self
        while top.earlier is not None:
            top = top.earlier
        step = self
        while step.earlier is not None and step.earlier is not top:
            step.earlier, step = top, step.earlier
        return top


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def linked_value(message: FixMessage, rule: LinkRule) -> str | None:
    """What a rule finds in a message; None when the tag is absent or its pattern does not match."""
    value = message.text(rule.tag)
    if value is None or rule.pattern is None:
        return value
    match = _compiled(rule.pattern).search(value)
    return (match[match.lastgroup] or None) if match and match.lastgroup else None


class Chains:
    """All orders of a recording by session, ClOrdID and OrderID."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.orders: list[Order] = []
        self._by_id: dict[tuple[str, str], Order] = {}
        self._by_order_id: dict[tuple[str, str], Order] = {}
        self._uses: Counter[tuple[str, str]] = Counter()
        self._members: dict[Order, dict[str, str]] = {}  # first order -> ClOrdID -> unique name

    def opened(self, session: str, settings: SessionSettings, name: str, *, again: bool) -> Order:
        """The order of a 35=D; `again` where the message may be a repetition."""
        order = self._by_id.get((session, name))
        if order is not None and order.opened and not again:
            self.counts["clordid_used_again"] += 1
            order = None
        order = order or self._add(session, settings, name)
        order.opened = True
        return order

    def changed(self, session: str, settings: SessionSettings, name: str, original: str | None) -> Order:
        """The order of a 35=G or F: `name` continues the chain of `original`."""
        before = self._by_id.get((session, original)) if original else None
        order = self._by_id.get((session, name))
        if order is not None and order.opened and before is not None and order.first() is not before.first():
            self.counts["clordid_used_again"] += 1
            order = None
        order = order or self._add(session, settings, name)
        order.opened = True
        if original and original != name:
            if before is None:
                self.counts["chain_starts_before_the_log"] += 1
                before = self._add(session, settings, original)
            self._join(order, before)
        return order

    def reported(self, session: str, settings: SessionSettings, message: FixMessage) -> Order | None:
        """The order a report (35=8 or 9) is about; None when it names none."""
        name, original, order_id = message.text(11), message.text(41), message.text(37)
        if order_id in NO_ORDER:
            order_id = None
        by_order_id = self._by_order_id.get((session, order_id)) if order_id else None
        order = self._by_id.get((session, name)) if name else None
        if order is not None and by_order_id is not None and order.first() is not by_order_id.first():
            namesake = by_order_id.name.split("~", 1)[0] == name
            order = by_order_id if namesake else order
        if order is None and name:
            before = self._by_id.get((session, original)) if original and original != name else None
            before = before or by_order_id
            order = self._add(session, settings, name)
            if before is None:
                self.counts["chain_starts_with_a_report"] += 1
                before = self._add(session, settings, original) if original and original != name else None
            if before is not None:
                self._join(order, before)
        if order is None:
            order = by_order_id or (self._by_id.get((session, original)) if original else None)
        if order is None and order_id:
            order = self._add(session, settings, order_id)
            self.counts["chain_starts_with_a_report"] += 1
        if order is not None and order_id and by_order_id is None:
            self._called(order, order_id)
        return order

    def _called(self, order: Order, order_id: str) -> None:
        """The other side's name of an order is known."""
        self._by_order_id[order.session, order_id] = order

    def original(self, order: Order, name: str | None) -> str | None:
        """The unique name of the order of the same chain that a message calls `name` (OrigClOrdID)."""
        if name is None:
            return None
        members = self._members.get(order.first(), {})
        return members.get(name)

    def known(self, session: str, name: str) -> Order | None:
        """The order a ClOrdID means now."""
        return self._by_id.get((session, name))

    def has_order_id(self, session: str, order_id: str) -> bool:
        """True where the other side has called an order so."""
        return (session, order_id) in self._by_order_id

    def learn(self, order: Order, message: FixMessage) -> None:
        """Note what a message says of its chain: level, links, symbol and side."""
        first, settings = order.first(), order.settings
        if first.level is None:
            for level in settings.levels:
                value = message.text(level.tag)
                if value is not None and (level.pattern is None or _compiled(level.pattern).search(value)):
                    first.level = level.level
                    break
        for which, rules in (("parent", settings.parent), ("algo_order", settings.algo_order)):
            for index, rule in enumerate(rules):
                value = linked_value(message, rule)
                if value is not None and first.links.setdefault((which, index), value) != value:
                    self.counts["links_that_change"] += 1
        first.symbol = first.symbol or message.text(55) or ""
        first.sign = first.sign or {"1": "+", "3": "+"}.get(message.text(54) or "", "-" if message.text(54) else "")

    def settle(self) -> None:
        """Name every chain and link it to its algo order and parent."""
        firsts = [order for order in self.orders if order.earlier is None]
        said = [(order, order.name.split("~", 1)[0]) for order in self.orders]
        self._name(firsts)
        for order, name in said:
            self._members.setdefault(order.first(), {}).setdefault(name, order.name)
        targets = self._targets(firsts)
        for level in ("parent", "algo", "child"):
            for order in firsts:
                if order.level == level:
                    self._link(order, targets)

    def _targets(self, firsts: list[Order]) -> "Targets":
        by_id = {name: first for first, members in self._members.items() if first.level != "child" for name in members}
        by_order_id: dict[str, list[Order]] = {}
        for (_, order_id), order in self._by_order_id.items():
            if order.first().level != "child":
                by_order_id.setdefault(order_id, []).append(order.first())
        return Targets(by_id, by_order_id, _spans(firsts))

    def _add(self, session: str, settings: SessionSettings, name: str) -> Order:
        self._uses[session, name] += 1
        use = self._uses[session, name]
        order = Order(session, settings, name if use == 1 else f"{name}~{use}")
        self.orders.append(order)
        self._by_id[session, name] = order
        return order

    def _join(self, order: Order, before: Order) -> None:
        mine, theirs = order.first(), before.first()
        if mine is theirs:
            return
        if mine is not order:
            self.counts["chains_that_disagree"] += 1
            return
        mine.earlier = before
        theirs.level = theirs.level or mine.level
        for key, value in mine.links.items():
            theirs.links.setdefault(key, value)

    def _name(self, firsts: list[Order]) -> None:
        """Names are unique over sessions: where a second session uses one, it adds its own name."""
        for order in firsts:
            order.level = order.level or order.settings.level
        owner: dict[str, str] = {}
        for order in self.orders:
            if owner.setdefault(order.name, order.session) != order.session:
                order.name = f"{order.name}@{order.session}"
                self.counts["clordids_shared_by_sessions"] += 1

    def _link(self, order: Order, targets: "Targets") -> None:
        if order.level == "parent":
            order.parent_id = order.child_id
            return
        if order.level == "algo":
            order.algo_order_id = order.child_id
        for which, rules in (("parent", order.settings.parent), ("algo_order", order.settings.algo_order)):
            for index, rule in enumerate(rules):
                value = order.links.get((which, index))
                if value is None:
                    continue
                target = targets.find(order, rule, value)
                if target is not None:
                    _follow(order, target)
                    break
                if rule.by == "id" and self._accept(order, (which, rule.tag, value), targets):
                    break

    def _accept(self, order: Order, link: tuple[str, int, str], targets: "Targets") -> bool:
        """Take a value as the id itself; a parent only where one instrument and one side carry it."""
        which, tag, value = link
        if which == "algo_order":
            order.algo_order_id = order.algo_order_id or value
            return True
        if len(targets.spans.get((order.session, tag, value), ())) > 1:
            self.counts["links_over_several_instruments"] += 1
            return False
        order.parent_id = order.parent_id or value
        return True


class Targets(NamedTuple):
    """What a link may mean: algo orders and parents by ClOrdID and by OrderID; what carries each value."""

    by_id: dict[str, Order]
    by_order_id: dict[str, list[Order]]
    spans: dict[tuple[str, int, str], set[str]]

    def find(self, order: Order, rule: LinkRule, value: str) -> Order | None:
        """The algo order or parent a value names."""
        if rule.by == "id":
            found = [self.by_id[value].first()] if value in self.by_id else []
        else:
            found = [other.first() for other in self.by_order_id.get(value, []) if other.session != order.session]
        return next((other for other in found if other is not order), None)


def _follow(order: Order, target: Order) -> None:
    """A child of an algo order has its parent; an algo order's parent is the parent order it names."""
    if target.level == "algo" and order.level == "child":
        order.algo_order_id = order.algo_order_id or target.child_id
    order.parent_id = order.parent_id or target.parent_id


def _spans(firsts: Iterable[Order]) -> dict[tuple[str, int, str], set[str]]:
    """Symbols and signs of the chains that carry each link value: a parent has one instrument and one sign."""
    spans: dict[tuple[str, int, str], set[str]] = {}
    for order in firsts:
        for (which, index), value in order.links.items():
            if which == "parent" and order.symbol:
                key = (order.session, order.settings.parent[index].tag, value)
                spans.setdefault(key, set()).add(f"{order.symbol} {order.sign}")
    return spans
