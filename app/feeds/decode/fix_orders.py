"""Order rows from FIX messages: requests and reports to the canonical kinds, by the level of their order.

`child`: every request and report is a fact of the child. `parent`: the same, and the order is its own parent
(parent_new, parent_amended, parent_done). `algo`: the order is an algo order (algo_new, algo_replaced or
algo_switched, algo_done); its fills name no child.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from app.engine.events import Kind, OrderRow, Quarantined
from app.engine.universe import Universe
from app.feeds.decode import fix_columns as columns
from app.feeds.decode.fix_columns import FieldRefused
from app.feeds.decode.fix_executions import EXECUTION_KIND, Clearing, Memory, Terms, execution
from app.feeds.decode.fix_fields import FixMessage, refusal
from app.feeds.decode.fix_intake import REJECTS, Received
from app.feeds.decode.fix_links import NO_ORDER, Chains, Order
from app.feeds.decode.fix_reports import ENDS, Meaning, meaning
from app.feeds.decode.fix_securities import Securities
from app.feeds.decode.fix_settings import FixSettings

Made: TypeAlias = tuple[Kind, dict[str, Any]]

_CORE: Final = frozenset({11, 14, 17, 19, 20, 31, 32, 37, 38, 39, 41, 44, 54, 55, 150, 151})
_CHILD_KIND: Final[dict[Meaning, Kind]] = {
    "acked": "child_acked", "done_for_day": "done_for_day", "cancelled": "child_cancelled",
    "replaced": "child_replaced", "rejected": "rejected", "expired": "child_expired", "restated": "restated",
    "pending": "restated", "status": "restated",
}  # fmt: skip
_ALGO_KIND: Final[dict[Meaning, Kind]] = {
    "done_for_day": "done_for_day", "rejected": "rejected", "restated": "restated",
}  # fmt: skip
_WITHOUT_TERMS: Final = frozenset({"pending", "status"})  # they restate nothing: CumQty and OrdStatus only


@dataclass(slots=True)
class RowMaker:
    """Turns received messages into order rows, in order of time."""

    settings: FixSettings
    universe: Universe
    chains: Chains
    symbology: columns.Symbology | None = None
    securities: Securities = field(default_factory=Securities)
    rows: list[OrderRow] = field(default_factory=list)
    quarantine: list[Quarantined] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    _memory: dict[Order, Memory] = field(default_factory=dict)
    seqs: Counter[str] = field(default_factory=Counter)  # rows so far by source

    def run(self, received: Iterable[Received]) -> None:
        """Make the rows of all messages; one that cannot be understood is set aside whole."""
        for item in sorted(received, key=lambda item: (item.ts, item.rec)):
            try:
                made = self._rows(item)
            except FieldRefused as refused:
                self.quarantine.append(
                    Quarantined(source=item.source, where=item.where, reason=str(refused), raw=item.message.raw)
                )
                continue
            for kind, values in made:
                self.rows.append(self._row(item, kind, values))

    def told(self, item: Received, memory: Memory) -> list[OrderRow]:
        """Rows of one message whose chain stands as `memory` says. Raises FieldRefused."""
        self._memory[item.order.first()] = memory
        made = self._rows(item)
        rows = [self._row(item, kind, values) for kind, values in made]
        del self._memory[item.order.first()]
        return rows

    def _row(self, item: Received, kind: Kind, values: dict[str, Any]) -> OrderRow:
        self.seqs[item.source] += 1
        first, memory = item.order.first(), self._memory[item.order.first()]
        order_id = item.message.text(37)
        common: dict[str, Any] = {
            "child_id": first.child_id if first.level != "algo" else None,
            "algo_order_id": first.algo_order_id,
            "parent_id": first.parent_id,
            "order_id": None if order_id in NO_ORDER else order_id,
            "instrument": self._instrument(memory.symbol, item.ts),
            "side": memory.side,
            "currency": memory.currency,
            "account": memory.account,
            "text": item.message.text(58),
            "raw": item.message.raw if self.settings.keep_raw else None,
        }
        if kind.startswith("parent_"):
            common["child_id"] = common["algo_order_id"] = None
        seq = self.seqs[item.source]
        return OrderRow(ts_event=item.ts, kind=kind, source=item.source, seq=seq, rec=item.rec, **(common | values))

    def _instrument(self, symbol: str | None, ts: int) -> str | None:
        return self.symbology(symbol, ts) if symbol is not None and self.symbology is not None else symbol

    def _original(self, item: Received) -> str | None:
        return self.chains.original(item.order, item.message.text(41))

    def _rows(self, item: Received) -> list[Made]:
        message, first = item.message, item.order.first()
        _refuse_contradictions(message)
        memory = self._remember(item)
        kind = message.kind
        if kind == "D":
            return self._new(item, memory)
        if kind == "G":
            return self._replace_request(item, memory)
        if kind == "F":
            if first.level == "algo":
                self.counts["algo_cancel_requests"] += 1
                return []
            return [("child_cancel_requested", {"orig_child_id": self._original(item)})]
        if kind == "9":
            return [("cancel_rejected", _cancel_refusal(message) | {"orig_child_id": self._original(item)})]
        if kind in REJECTS:
            return self._rejected(item, memory)
        return self._report(item, memory)

    def _remember(self, item: Received) -> Memory:
        """Bring the chain's standing columns up to date; the message's own side is checked first."""
        message, settings = item.message, item.order.settings
        side = columns.side(message)
        memory = self._memory.setdefault(item.order.first(), Memory())
        memory.side = memory.side or side
        memory.symbol = memory.symbol or self._symbol(item)
        memory.venue = columns.venue(message, settings, 100, 207) or memory.venue
        memory.currency = message.text(15) or memory.currency
        memory.account = message.text(1) or memory.account
        return memory

    def _symbol(self, item: Received) -> str | None:
        """The feed's own symbol; where a message has a SecurityID (48) alone, what that is called."""
        message, settings = item.message, item.order.settings
        text = columns.symbol(message, settings)
        if text is None or 48 in settings.symbol or text != message.text(48):
            return text
        return self.securities.meaning(message, item.ts, (item.source, item.where))

    def _exponent(self, item: Received, memory: Memory) -> int:
        return columns.size_exponent(self.universe, self._instrument(memory.symbol, item.ts))

    def _terms(self, item: Received, memory: Memory) -> Terms:
        """Quantity, limit, strategy and parameters a message states."""
        message, settings = item.message, item.order.settings
        return Terms(
            columns.quantity(message, 38, self._exponent(item, memory)),
            columns.price(message, 44),
            columns.strategy(message, settings),
            columns.parameters(message, settings),
        )

    def _stated(self, item: Received, memory: Memory, terms: Terms) -> dict[str, Any]:
        """Columns of a new order or a replacement."""
        message = item.message
        values: dict[str, Any] = {
            "qty": terms.qty, "price": terms.limit, "limit_price": terms.limit, "algo": terms.algo,
            "params": terms.params, "venue": memory.venue,
            "order_type": _worded(message.text(40), columns.ORDER_TYPES),
            "tif": _worded(message.text(59), columns.TIFS),
            "start_ns": columns.moment(message, 168), "end_ns": columns.moment(message, 126),
            "target_pov": columns.target_rate(message),
        }  # fmt: skip
        own = {"broker": 76, "basket_id": 66, "link_id": 583} | item.order.settings.columns
        if message.kind in {"D", "G"}:  # SenderSubID of a report is the broker's
            own = {"trader": 50} | own
        return values | {name: text for name, tag in own.items() if (text := message.text(tag)) is not None}

    def _new(self, item: Received, memory: Memory) -> list[Made]:
        message, level = item.message, item.order.first().level
        terms = self._terms(item, memory)
        if terms.qty is None:
            raise FieldRefused(refusal(38, None, "the quantity of a new order"))
        if memory.side is None or memory.symbol is None:
            raise FieldRefused(refusal(54 if memory.side is None else 55, None, "a new order says it"))
        memory.algo = terms.algo
        values = self._stated(item, memory, terms)
        if level == "algo":
            return [("algo_new", values | {"price": None})]
        child: Made = ("child_new", values)
        if level == "parent":
            self._memory[item.order.first()].done = False
            return [("parent_new", values | {"price": None}), child]
        if message.text(40) in {"3", "4"} and message.text(99) is None:
            self.counts["stop_orders_without_stop_price"] += 1
        return [child]

    def _replace_request(self, item: Received, memory: Memory) -> list[Made]:
        terms = self._terms(item, memory)
        memory.asked[item.message.text(11) or ""] = terms
        if item.order.first().level == "algo":
            self.counts["algo_replace_requests"] += 1
            return []
        return [
            ("child_replace_requested", self._stated(item, memory, terms) | {"orig_child_id": self._original(item)})
        ]

    def _rejected(self, item: Received, memory: Memory) -> list[Made]:
        """A session or business reject: of a new order, else of a change to one."""
        if item.message.text(372) == "D" or (item.message.text(372) is None and item.order is item.order.first()):
            return [("rejected", {}), *self._finished(item, memory, "8")]
        return [("cancel_rejected", {})]

    def _report(self, item: Received, memory: Memory) -> list[Made]:
        message, level = item.message, item.order.first().level
        said = meaning(message)
        if said == "unknown":
            tag = 150 if message.text(150) is not None else 39
            raise FieldRefused(refusal(tag, message.text(tag), "a value of FIX 4.0 to 5.0"))
        status = message.text(39)
        exponent = self._exponent(item, memory)
        shared: dict[str, Any] = {
            "last_status": status, "cum_qty": columns.quantity(message, 14, exponent), "exec_id": message.text(17),
        }  # fmt: skip
        if said in {"fill", "bust", "correct"}:
            values = execution(item, memory, said, Clearing(exponent, self.settings.clock_budget_ms, self.counts))
            known = item.order.settings.fills == "facts"
            self.counts["fills_reconciled"] += not known
            made: list[Made] = [(EXECUTION_KIND[said], values)] if known else []
        else:
            made = self._change(item, memory, said)
        if said == "status":
            self.counts["status_cum_differs"] += shared["cum_qty"] not in {None, memory.net}
        if level != "child" and status in ENDS and said != "status":
            made = made + self._finished(item, memory, status)
        return [(kind, shared | values) for kind, values in made]

    def _change(self, item: Received, memory: Memory, said: Meaning) -> list[Made]:
        """A report that is no execution."""
        message, level = item.message, item.order.first().level
        values: dict[str, Any] = {}
        if said in {"replaced", "cancelled"}:
            values["orig_child_id"] = self._original(item)
        if said == "rejected" and message.text(58) is None and message.text(103) is not None:
            values["text"] = f"OrdRejReason (103) = {message.text(103)}"
        if said not in _WITHOUT_TERMS:
            terms = self._terms(item, memory)
            if said == "replaced":
                terms = terms.over(memory.asked.get(message.text(11) or "", Terms()))
            values = self._stated(item, memory, terms) | values
        if level == "algo":
            return self._algo_change(said, values, memory)
        made: list[Made] = [(_CHILD_KIND[said], values)]
        if level == "parent" and said == "replaced":
            made.append(("parent_amended", values | {"price": None}))
        return made

    def _algo_change(self, said: Meaning, values: dict[str, Any], memory: Memory) -> list[Made]:
        if said == "replaced":
            switched = values["algo"] is not None and values["algo"] != memory.algo
            memory.algo = values["algo"] or memory.algo
            return [("algo_switched" if switched else "algo_replaced", values | {"price": None})]
        kind = _ALGO_KIND.get(said)
        if kind is None:
            self.counts[f"algo_reports_{said}"] += 1
            return []
        return [(kind, values)]

    def _finished(self, item: Received, memory: Memory, status: str) -> list[Made]:
        """The end of an algo order or parent, once."""
        level = item.order.first().level
        if memory.done or level == "child":
            return []
        memory.done = True
        return [("parent_done" if level == "parent" else "algo_done", {"last_status": status})]


def _worded(code: str | None, words: dict[str, str]) -> str | None:
    return None if code is None else words.get(code, code)


def _cancel_refusal(message: FixMessage) -> dict[str, Any]:
    """Columns of a 35=9; without a text the reason code stands in for it."""
    values: dict[str, Any] = {"last_status": message.text(39)}
    if message.text(58) is None and message.text(102) is not None:
        values["text"] = f"CxlRejReason (102) = {message.text(102)}"
    return values


def _refuse_contradictions(message: FixMessage) -> None:
    """Raises FieldRefused when a field that may stand once stands twice with different values."""
    for tag, value in message.fields:
        if tag in _CORE and value and message.first[tag] != value:
            raise FieldRefused(refusal(tag, value, f"one value; it also says {message.text(tag)!r}"))
