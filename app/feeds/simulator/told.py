"""Own facts of the floor as order rows of three levels, each with the FIX message it came in.

The parent is the trader's order at the OMS, the algo order the EMS's, children are the EMS's orders at the venues
(the first ClOrdID of a chain names the child). Prices and sides of a mirrored world are turned here.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import msgspec

from app.engine.events import OrderRow
from app.engine.switch.stamp import utc_text
from app.engine.units import PRICE_SCALE
from app.feeds.decode.fix_wire import Header, built, price_text
from app.feeds.simulator import cells as c
from app.feeds.simulator.ems import AlgoOrder
from app.feeds.simulator.world import World

Kind = Literal["child_new", "child_acked", "fill", "child_cancel_requested", "child_cancelled", "cancel_rejected",
               "child_expired", "child_replace_requested", "child_replaced"]  # fmt: skip
KINDS: Final[dict[int, Kind]] = {
    c.NEW: "child_new", c.ACKED: "child_acked", c.FILLED: "fill", c.CANCEL_ASKED: "child_cancel_requested",
    c.CANCELLED: "child_cancelled", c.CANCEL_REFUSED: "cancel_rejected", c.EXPIRED: "child_expired",
    c.REPLACE_ASKED: "child_replace_requested", c.REPLACED: "child_replaced",
}  # fmt: skip
LETTERS: Final[tuple[Literal["A", "R", "X", "D"], ...]] = ("A", "R", "X", "D")
_LAST_LIQUIDITY: Final = {"A": "1", "R": "2", "X": "4", "D": "1"}  # tag 851
_TYPES: Final = ("limit", "limit", "pegged", "pegged", "on_close")
_FIX_TYPES: Final = ("2", "2", "P", "P", "B")
_TIFS: Final = ("0", "3", "0", "0", "7")  # tag 59
_ASKS: Final = frozenset({c.NEW, c.CANCEL_ASKED, c.REPLACE_ASKED})
_EXEC_TYPES: Final = {c.ACKED: "0", c.FILLED: "F", c.CANCELLED: "4", c.EXPIRED: "C", c.REPLACED: "5"}


@dataclass(slots=True)
class Chain:
    """What is remembered of a child between its facts."""

    qty: int
    tick: int
    way: int
    venue: str
    algo_order_id: str
    version: int = 1
    asked: int = 1  # ClOrdIDs used
    order_id: str = "NONE"
    cum: int = 0
    notional: int = 0


@dataclass(slots=True)
class Teller:
    """Turns facts into order rows. Rows of one source are numbered in the order they are told."""

    world: World
    tick: int
    chains: dict[int, Chain] = field(default_factory=dict)
    seqs: dict[str, int] = field(default_factory=dict)
    sent: dict[str, int] = field(default_factory=dict)
    execs: int = 0

    def child_id(self, child: int, version: int = 1) -> str:
        """ClOrdID of a child's n-th request."""
        name = f"{self.world.parent.id}-C{child}"
        return name if version == 1 else f"{name}.{version}"

    def exec_id(self, number: int) -> str:
        """ExecID of the n-th execution."""
        return f"{self.world.parent.id}-E{number}"

    def price(self, price: int) -> int:
        """A price of the floor as the world shows it."""
        if not self.world.mirrored:
            return price
        return 2 * round(self.world.listing.arrival * PRICE_SCALE) - price

    def row(self, source: str, ts: int, kind: Any, **columns: Any) -> OrderRow:
        """An order row of a source, numbered."""
        self.seqs[source] = self.seqs.get(source, 0) + 1
        return OrderRow(
            ts_event=ts, ts_recv=ts + 12_000, kind=kind, source=source, seq=self.seqs[source],
            instrument=self.world.listing.instrument, side=self.world.parent.side, **columns,
        )  # fmt: skip

    def message(self, ends: tuple[str, str], kind: str, ts: int, fields: Iterable[tuple[int, str]]) -> bytes:
        """A FIX message of a session between two ends, numbered."""
        line = f"{ends[0]}>{ends[1]}"
        self.sent[line] = self.sent.get(line, 0) + 1
        return built(Header(ends[0], ends[1], self.sent[line], ts), kind, fields)

    # -- parent and algo order -----------------------------------------------------------------------------------------

    def parent(self, ts: int) -> OrderRow:
        """The trader's order."""
        world, parent = self.world, self.world.parent
        fields = [
            (11, parent.id), (1, parent.account), (55, world.listing.instrument), (54, self.side_code()),
            (38, str(parent.qty)), (40, "1"), (59, "0"), (21, "1"), (50, parent.trader), (60, utc_text(ts)),
        ]  # fmt: skip
        raw = self.message(("OMS", "EMS"), "D", ts, [pair for pair in fields if pair[1]])
        return self.row(
            "oms", ts, "parent_new", parent_id=parent.id, qty=parent.qty, algo=parent.strategy,
            trader=parent.trader or None, account=parent.account or None, desk=parent.desk or None,
            pm=parent.pm or None, broker=parent.broker or None, currency=world.listing.currency,
            visibility=parent.visibility, start_ns=world.ns(parent.at), end_ns=world.ns(parent.end),
            order_type="market", text=world.note or None, raw=raw,
        )  # fmt: skip

    def parent_done(self, ts: int) -> OrderRow:
        """The trader's order is over."""
        return self.row("oms", ts, "parent_done", parent_id=self.world.parent.id)

    def algo(self, kind: str, ts: int, order: AlgoOrder, raw: bytes | None, **columns: Any) -> OrderRow:
        """A fact about an algo order."""
        return self.row(
            "ems", ts, kind, parent_id=order.parent_id, algo_order_id=order.order_id, qty=order.qty,
            algo=order.strategy, params=msgspec.json.encode(order.params, order="sorted").decode(), raw=raw, **columns,
        )  # fmt: skip

    def side_code(self) -> str:
        """Tag 54."""
        return "1" if self.world.parent.side == "BUY" else "2"

    # -- children ------------------------------------------------------------------------------------------------------

    def fact(self, fact: list[int], algo_order_id: str) -> OrderRow:
        """The order row of one fact (a row of cells.W_* columns)."""
        chain = self._chain(fact, algo_order_id)
        kind, child = fact[c.W_KIND], fact[c.W_CHILD]
        original: str | None = None
        if kind in {c.CANCEL_ASKED, c.REPLACE_ASKED}:
            original = self.child_id(child, chain.asked)
            chain.asked += 1
        elif kind in {c.CANCELLED, c.REPLACED, c.CANCEL_REFUSED}:
            original = self.child_id(child, max(chain.asked - 1, 1))
        if kind == c.FILLED:
            return self._fill(fact, chain)
        columns: dict[str, Any] = {"qty": fact[c.W_QTY] or None}
        if kind in {c.NEW, c.ACKED, c.REPLACE_ASKED, c.REPLACED} and chain.way in {c.POST, c.TAKE}:
            columns["price"] = columns["limit_price"] = self.price(fact[c.W_PRICE])
        if kind in {c.NEW, c.ACKED, c.REPLACED}:
            columns |= {"order_type": _TYPES[chain.way], "tif": "ioc" if chain.way == c.TAKE else "day"}
        raw = self._raw(fact, chain, original)
        return self.row(
            "ems" if kind in _ASKS else "drop", fact[c.W_AT], KINDS[kind], parent_id=self.world.parent.id,
            algo_order_id=chain.algo_order_id, child_id=self.child_id(child, chain.asked), orig_child_id=original,
            venue=chain.venue, order_id=None if chain.order_id == "NONE" else chain.order_id,
            cum_qty=None if kind in _ASKS else chain.cum, raw=raw, **columns,
        )  # fmt: skip

    def _chain(self, fact: list[int], algo_order_id: str) -> Chain:
        child = fact[c.W_CHILD]
        found = self.chains.get(child)
        if found is None:
            venues = (*self.world.listing.venues, self.world.listing.pool)
            found = Chain(fact[c.W_QTY], 0, fact[c.W_WAY], venues[fact[c.W_VENUE]], algo_order_id)
            self.chains[child] = found
        if fact[c.W_KIND] in {c.ACKED, c.REPLACED}:
            found.order_id = str(fact[c.W_ORDER_ID])
            found.version = fact[c.W_VERSION]
        return found

    def _fill(self, fact: list[int], chain: Chain) -> OrderRow:
        self.execs += 1
        qty, price, letter = fact[c.W_QTY], self.price(fact[c.W_PRICE]), LETTERS[fact[c.W_LIQUIDITY]]
        chain.cum += qty
        chain.notional += qty * price
        exec_id = self.exec_id(self.execs)
        rate = self.world.fees_mils.get(letter, 0.0)
        hidden = self.world.parent.visibility == "V2"
        return self.row(
            "drop", fact[c.W_AT], "fill", parent_id=self.world.parent.id,
            algo_order_id=chain.algo_order_id, child_id=None if hidden else self.child_id(fact[c.W_CHILD], chain.asked),
            exec_id=exec_id, order_id=None if hidden else str(fact[c.W_ORDER_ID]), venue=chain.venue, qty=qty,
            price=price, ts_match=fact[c.W_MATCH], liquidity=letter, fee=round(qty * rate * 1_000_000),
            cum_qty=chain.cum, raw=self._raw(fact, chain, None, exec_id),
        )  # fmt: skip

    def _raw(self, fact: list[int], chain: Chain, original: str | None, exec_id: str = "") -> bytes:
        kind, at = fact[c.W_KIND], fact[c.W_AT]
        cl_ord_id = self.child_id(fact[c.W_CHILD], chain.asked)
        fields = [(11, cl_ord_id)] + ([(41, original)] if original else [])
        if kind in _ASKS:
            fields += self._terms(fact, chain)
            return self.message(("EMS", chain.venue), {c.NEW: "D", c.CANCEL_ASKED: "F"}.get(kind, "G"), at, fields)
        fields = [(37, chain.order_id), *fields]
        if kind == c.CANCEL_REFUSED:
            fields += [(39, "2"), (434, "1"), (102, "0"), (58, "too late to cancel"), (60, utc_text(at))]
            return self.message((chain.venue, "EMS"), "9", at, fields)
        over = kind in {c.CANCELLED, c.EXPIRED}
        status = _EXEC_TYPES[kind] if over else "2" if chain.cum >= chain.qty else "1" if chain.cum else "0"
        fields += [
            (17, exec_id or f"{chain.order_id}-{fact[c.W_MATCH] % 10**12}"),
            (150, _EXEC_TYPES[kind]),
            (39, status),
        ]
        fields += self._terms(fact, chain)
        if kind == c.FILLED:
            letter = LETTERS[fact[c.W_LIQUIDITY]]
            fields += [
                (32, str(fact[c.W_QTY])),
                (31, price_text(self.price(fact[c.W_PRICE]))),
                (851, _LAST_LIQUIDITY[letter]),
            ]
        average = chain.notional // chain.cum if chain.cum else 0
        leaves = 0 if over else max(chain.qty - chain.cum, 0)
        fields += [(14, str(chain.cum)), (151, str(leaves)), (6, price_text(average)), (60, utc_text(fact[c.W_MATCH]))]
        return self.message((chain.venue, "EMS"), "8", at, fields)

    def _terms(self, fact: list[int], chain: Chain) -> list[tuple[int, str]]:
        """What the order is, as both sides repeat it."""
        kind = fact[c.W_KIND]
        fields = [
            (526, chain.algo_order_id), (55, self.world.listing.instrument), (54, self.side_code()),
            (38, str(chain.qty)), (40, _FIX_TYPES[chain.way]),
        ]  # fmt: skip
        if kind in {c.NEW, c.ACKED, c.REPLACE_ASKED, c.REPLACED} and chain.way in {c.POST, c.TAKE}:
            fields.append((44, price_text(self.price(fact[c.W_PRICE]))))
        if kind == c.NEW:
            fields += [(59, _TIFS[chain.way]), (100, chain.venue)]
            if chain.way in {c.HIDDEN, c.DARK}:
                fields += [(18, "M"), (1138, "0")]
            fields.append((60, utc_text(fact[c.W_AT])))
        return fields
