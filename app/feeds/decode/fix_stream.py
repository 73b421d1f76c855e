"""Order rows from a live FIX stream: each message gives its rows when it comes, from what is known by then.

The rules are those of a log; what a log settles at its end is settled here as soon as it is known: a chain has its
level and name from its first message on, and its parent from the first message that names one. Rows that went out
before stay as they are. Where the stream was cut changes nothing.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from app.engine.events import OrderRow, Quarantined
from app.engine.universe import Universe
from app.feeds.decode.fix_columns import Symbology
from app.feeds.decode.fix_fields import FixMessage
from app.feeds.decode.fix_frame import BadSpan, Framer
from app.feeds.decode.fix_intake import Intake, Pending
from app.feeds.decode.fix_links import Chains, Order, Targets
from app.feeds.decode.fix_orders import RowMaker
from app.feeds.decode.fix_securities import Securities
from app.feeds.decode.fix_settings import FixSettings, SessionSettings


class LiveChains(Chains):
    """Chains that are named and linked as messages come."""

    def __init__(self) -> None:
        super().__init__()
        self.owner: dict[str, str] = {}  # unique name -> session
        self.targets = Targets({}, {}, {})
        self._order_ids: dict[Order, list[str]] = {}
        self._refused: set[tuple[Order, str]] = set()

    def learn(self, order: Order, message: FixMessage) -> None:
        """Note what a message says of its chain, and link it where it has no parent yet."""
        super().learn(order, message)
        first = order.first()
        first.level = first.level or first.settings.level
        self._index(first)
        if first.parent_id is None or (first.settings.algo_order and first.algo_order_id is None):
            self._link(first, self.targets)

    def settle(self) -> None:
        """Nothing is left to be settled."""

    def _add(self, session: str, settings: SessionSettings, name: str) -> Order:
        order = super()._add(session, settings, name)
        if self.owner.setdefault(order.name, session) != session:
            order.name = f"{order.name}@{session}"
            self.counts["clordids_shared_by_sessions"] += 1
        self._members[order] = {name: order.name}
        return order

    def _join(self, order: Order, before: Order) -> None:
        mine, theirs = order.first(), before.first()
        super()._join(order, before)
        if mine is not theirs and mine.first() is theirs:
            self._members[theirs] = self._members.pop(mine) | self._members[theirs]
            self._order_ids.setdefault(theirs, []).extend(self._order_ids.pop(mine, []))

    def _called(self, order: Order, order_id: str) -> None:
        super()._called(order, order_id)
        self._order_ids.setdefault(order.first(), []).append(order_id)

    def _index(self, first: Order) -> None:
        """What links may find of this chain, and which instruments its links are carried by."""
        if first.level != "child":
            for name in self._members[first].values():
                self.targets.by_id[name] = first
            for order_id in self._order_ids.get(first, []):
                named = self.targets.by_order_id.setdefault(order_id, [])
                if first not in named:
                    named.append(first)
        if first.symbol and first.sign:
            for (which, index), value in first.links.items():
                if which == "parent":
                    key = (first.session, first.settings.parent[index].tag, value)
                    self.targets.spans.setdefault(key, set()).add(f"{first.symbol} {first.sign}")

    def _accept(self, order: Order, link: tuple[str, int, str], targets: Targets) -> bool:
        before = self.counts["links_over_several_instruments"]
        taken = super()._accept(order, link, targets)
        if not taken and (order, link[2]) in self._refused:
            self.counts["links_over_several_instruments"] = before  # counted once for each chain
        elif not taken:
            self._refused.add((order, link[2]))
        return taken


@dataclass(slots=True)
class FixStream:
    """One stream of FIX: messages or bytes in, order rows out; `quarantine` and `counts` grow meanwhile."""

    settings: FixSettings
    universe: Universe
    symbology: Symbology | None = None
    source: str | None = None
    securities: Securities = field(default_factory=Securities)
    quarantine: list[Quarantined] = field(default_factory=list)
    chains: LiveChains = field(init=False, default_factory=LiveChains)
    intake: Intake = field(init=False)
    maker: RowMaker = field(init=False)

    def __post_init__(self) -> None:
        self.intake = Intake(self.settings, self.source, chains=self.chains)
        self.maker = RowMaker(self.settings, self.universe, self.chains, self.symbology, self.securities)
        self.intake.quarantine = self.maker.quarantine = self.securities.notices = self.quarantine

    @property
    def counts(self) -> Counter[str]:
        """What was counted so far."""
        return +(self.intake.counts + self.intake.chains.counts + self.maker.counts)

    def framer(self) -> Framer:
        """A framer under the settings' rules, for a stream of bytes."""
        return Framer(self.settings.frame_rules())

    def take(self, items: Iterable[FixMessage | BadSpan], file: str) -> list[OrderRow]:
        """Rows of the next messages; what is no message is set aside with its place in `file`."""
        for item in items:
            if isinstance(item, BadSpan):
                self.set_aside(item, file)
            else:
                self.securities.hear(item)
                self.intake.take(item, file)
                self.maker.run(self.intake.drain())
        return self.drained()

    def payload(self, value: bytes, where: str) -> list[OrderRow]:
        """Rows of one packet or record that holds whole messages; `where` names it for people."""
        framer = self.framer()
        return self.take(framer.feed(value) + framer.close(), where)

    def heard(self, pending: Pending) -> list[OrderRow]:
        """Rows of one message that is known to be no copy."""
        self.maker.run(self.intake.receive(pending))
        return self.drained()

    def drained(self) -> list[OrderRow]:
        """Rows made since the last time."""
        rows = self.maker.rows.copy()
        self.maker.rows.clear()
        return rows

    def set_aside(self, bad: BadSpan, file: str) -> None:
        """Keep bytes that are no message."""
        where = f"{file} line {bad.line} offset {bad.offset}"
        self.quarantine.append(Quarantined(source=self.source or file, where=where, reason=bad.reason, raw=bad.raw))
