"""The firm's own flow of a generated session: parents drawn onto real prints of its tape, with every irregularity."""

from dataclasses import dataclass, field
from typing import Any, Final, Literal

import numpy as np

from app.engine.events import MARKET, OrderRow, Rows
from app.engine.units import BID, CONDITION_CODES, LAST, NULL, SECOND, TRADE
from app.engine.universe import Universe
from app.feeds.generator.plan import REPORTING, Plan

MS: Final = 1_000_000
ROWS_PER_PARENT: Final = 26.0  # measured with eight fills a parent
Side = Literal["BUY", "SELL", "SHORT"]


@dataclass
class Tally:
    """What is true of a parent by construction: live quantity, notional in 1e-9, fees, order quantity, live fills."""

    order_qty: int = 0
    filled: int = 0
    notional: int = 0
    fees: int = 0
    fills: int = 0


@dataclass
class Flow:
    """Order rows in the making, own dark prints to be put on the tape, and the truth by parent."""

    plan: Plan
    rng: np.random.Generator
    universe: Universe
    rows: list[dict[str, Any]] = field(default_factory=list)
    dark_prints: list[tuple[int, int, int, int]] = field(default_factory=list)  # ts, instrument, price, size
    truth: dict[str, Tally] = field(default_factory=dict)
    fills: int = 0

    def chance(self, share: float) -> bool:
        """True with this probability."""
        return bool(self.rng.random() < share)

    def at(self, low: int, high: int) -> int:
        """A whole number in [low, high]."""
        return int(self.rng.integers(low, high + 1))

    def say(self, ts: int, kind: str, source: str, **columns: Any) -> None:
        """One order row."""
        self.rows.append({"ts_event": ts, "kind": kind, "source": source} | columns)

    def order_rows(self) -> list[OrderRow]:
        """All rows by (time, source), numbered within their source."""
        ordered = sorted(self.rows, key=lambda row: (row["ts_event"], row["source"]))
        seq: dict[str, int] = {}
        out = []
        for row in ordered:
            seq[row["source"]] = seq.get(row["source"], 0) + 1
            out.append(OrderRow(seq=seq[row["source"]], ts_recv=row["ts_event"] + 50_000, **row))
        return out

    def own_prints(self) -> Rows:
        """The dark prints as market rows of the reporting facility."""
        packed = np.zeros(len(self.dark_prints), MARKET)
        packed["price2"] = packed["size2"] = NULL
        packed["action"], packed["flags"], packed["condition"] = TRADE, LAST, CONDITION_CODES["off_exchange"]
        for index, (ts, instrument, price, size) in enumerate(self.dark_prints):
            packed[index]["ts_event"], packed[index]["instrument"] = ts, instrument
            packed[index]["price"], packed[index]["size"] = price, size
        packed["venue"] = self.universe.venues.index(REPORTING)
        packed["source"] = self.universe.sources.index(f"feed-{REPORTING}")
        return packed


@dataclass
class Order:
    """One parent in the making: its names, side and the prints chosen to be its own."""

    name: str
    instrument: str
    side: Side
    start: int
    end: int
    visibility: str
    prints: Rows
    tally: Tally = field(default_factory=Tally)

    @property
    def sign(self) -> int:
        """+1 for a buy."""
        return 1 if self.side == "BUY" else -1


def own_flow(plan: Plan, universe: Universe, tape: dict[str, Rows], resting: dict[int, int]) -> Flow:
    """Parents until the wanted number of order rows is reached; `resting`: rec of a print -> order id it named."""
    flow = Flow(plan, np.random.default_rng([plan.seed, 2]), universe)
    names = sorted(tape)
    wanted = plan.market_rows * plan.order_share
    number = 0
    while len(flow.rows) < wanted:
        _parent(flow, f"P{number:05}", names[number % len(names)], (tape, resting))
        number += 1
    if plan.unassigned > 0:
        _lost(flow, tape[names[0]])
    return flow


def _parent(flow: Flow, name: str, instrument: str, market: tuple[dict[str, Rows], dict[int, int]]) -> None:
    plan, (tape, resting) = flow.plan, market
    span = plan.end_ns - plan.start_ns
    start = plan.start_ns + flow.at(0, span * 9 // 10)
    end = min(start + flow.at(span // 60, span // 4), plan.end_ns)
    if flow.chance(plan.same_stamp):
        start -= start % (10 * MS)
    prints = tape[instrument]
    low, high = np.searchsorted(prints["ts_event"], [start, end])
    count = min(1 + int(flow.rng.poisson(plan.fills_per_parent - 1)), max(int(high - low), 0))
    chosen = prints[np.sort(flow.rng.choice(np.arange(low, high), count, replace=False))] if count else prints[:0]
    side: Side = ("BUY", "SELL", "SHORT")[flow.at(0, 2)]
    visibility = ("V3", "V3", "V3", "V2", "V1")[flow.at(0, 4)]
    order = Order(name, instrument, side, start, end, visibility, chosen)
    _announce(flow, order)
    groups = np.split(np.arange(count), np.sort(flow.rng.choice(max(count, 1), max(count // 3, 0), replace=False)))
    for k, group in enumerate(groups):
        if len(group):
            _child(flow, order, (f"{name}-C{k}", group), resting)
    if flow.chance(plan.dark):
        _dark(flow, order)
    _amend(flow, order)
    flow.truth[name] = order.tally
    if not flow.chance(0.15):
        flow.say(end, "parent_done", "oms", parent_id=name)


def _announce(flow: Flow, order: Order) -> None:
    """The parent and its algo order."""
    total = int(order.prints["size"].sum()) or 100
    over = flow.chance(flow.plan.overfills)
    qty = max(1, total * flow.at(30, 90) // 100) if over else total * flow.at(100, 160) // 100
    order.tally.order_qty = qty
    price = int(order.prints["price"][0]) if len(order.prints) else None
    decision = price + flow.at(-5, 5) * 10 * MS if price is not None and flow.chance(0.5) else None
    limit = price + order.sign * flow.at(-2, 30) * 10 * MS if price is not None and flow.chance(0.3) else None
    algo = ("VWAP", "POV", "IS")[flow.at(0, 2)]
    flow.say(
        order.start,
        "parent_new",
        "oms",
        parent_id=order.name,
        instrument=order.instrument,
        side=order.side,
        qty=qty,
        decision_price=decision,
        limit_price=limit,
        algo=algo,
        trader=f"t{flow.at(1, 3)}",
        account="FUND",
        currency="USD",
        start_ns=order.start,
        end_ns=order.end,
    )
    if order.visibility == "V1":
        return
    algo_id = f"{order.name}-A"
    flow.say(order.start + flow.at(0, 5 * MS), "algo_new", "ems", parent_id=order.name, algo_order_id=algo_id,
             instrument=order.instrument, side=order.side, qty=qty, algo=algo)  # fmt: skip
    if flow.chance(0.2):
        paused = flow.at(order.start + 6 * MS, order.end)
        flow.say(paused, "algo_paused", "ems", algo_order_id=algo_id)
        flow.say(min(paused + flow.at(0, 60 * SECOND), order.end), "algo_resumed", "ems", algo_order_id=algo_id)


def _child(flow: Flow, order: Order, named: tuple[str, Any], resting: dict[int, int]) -> None:
    """One order chain with its fills: sent, acked (sometimes after a fill), maybe replaced, maybe cancelled."""
    child, group = named
    prints = order.prints[group]
    if order.visibility != "V3":
        for row in prints:
            _fill(flow, order, row, {})
        return
    first = int(prints["ts_event"][0])
    sent = max(order.start + 5 * MS, first - flow.at(0, 20 * SECOND))
    total = int(prints["size"].sum())
    venue = flow.universe.venues[int(prints["venue"][0])]
    names = {
        "child_id": child,
        "parent_id": order.name if flow.chance(0.5) else None,
        "algo_order_id": f"{order.name}-A",
    }
    about = {"instrument": order.instrument, "side": order.side, "venue": venue}
    flow.say(sent, "child_new", "ems", **names, **about, qty=total, price=int(prints["price"][0]), order_type="LIMIT")
    acked = first + flow.at(1, 5 * MS) if flow.chance(0.1) else sent + flow.at(50_000, MS)
    flow.say(acked, "child_acked", "drop", child_id=child)
    latest = child
    if flow.chance(0.3):
        latest = f"{child}-R"
        link = {"child_id": latest, "orig_child_id": child}
        flow.say(sent + flow.at(1, 2) * MS, "child_replace_requested", "ems", **link, qty=total)
        flow.say(sent + flow.at(3, 5) * MS, "child_replaced", "drop", **link, qty=total)
    for row in prints:
        passive = int(row["side"]) != order.sign
        order_id = str(resting[int(row["rec"])]) if passive and int(row["rec"]) in resting else None
        _fill(flow, order, row, {"child_id": latest if flow.chance(0.5) else child, "order_id": order_id})
    last = int(prints["ts_event"][-1])
    if flow.chance(0.3):
        flow.say(last + flow.at(0, MS), "child_cancel_requested", "ems", child_id=child)
        flow.say(last + flow.at(0, 2 * MS), "child_cancelled", "drop", child_id=child)


def _fill(flow: Flow, order: Order, print_row: Any, names: dict[str, Any]) -> None:
    """A fill of one print, reported late, copied, busted or corrected now and then."""
    seen = order.visibility != "V1"
    aggressive = int(print_row["side"]) == order.sign
    match = int(print_row["ts_event"]) + (flow.at(-5, 50) * MS if flow.chance(0.2) else flow.at(-100, 100) * 1_000)
    told = match + (flow.at(1, 60) * SECOND if flow.chance(flow.plan.late_reports) else flow.at(0, 20 * MS))
    liquidity = ("R" if aggressive else "A") if seen and flow.chance(0.8) else None
    venue = flow.universe.venues[int(print_row["venue"])] if seen else None
    terms = {"qty": int(print_row["size"]), "price": int(print_row["price"])}
    facts = {"ts_match": None if flow.chance(0.1) else match, "venue": venue, "liquidity": liquidity}
    _report(flow, order, told, facts | terms | names)


def _report(flow: Flow, order: Order, told: int, facts: dict[str, Any]) -> None:
    flow.fills += 1
    exec_id = f"E{flow.fills:06}"
    fee = flow.at(-5, 20) * 1_000 * facts["qty"] if flow.chance(0.8) else None
    ident = {"parent_id": order.name} if facts.get("child_id") is None or flow.chance(0.5) else {}
    told = min(max(told, order.start), flow.plan.end_ns)
    row = {"exec_id": exec_id, "instrument": order.instrument, "side": order.side, "fee": fee} | facts | ident
    flow.say(told, "fill", "drop", **row)
    if flow.chance(flow.plan.copies):
        flow.say(min(told + flow.at(0, SECOND), flow.plan.end_ns), "fill", "drop", **row)
    later = min(told + flow.at(MS, 120 * SECOND), flow.plan.end_ns)
    ids = {"parent_id": order.name, "child_id": facts.get("child_id"), "ref_exec_id": exec_id}
    qty, price, busted = facts["qty"], facts["price"], False
    if flow.chance(flow.plan.busts):
        flow.say(later, "bust", "drop", exec_id=f"{exec_id}-B", **ids)
        busted = True
    elif flow.chance(flow.plan.corrections):
        qty, price = max(1, qty + flow.at(-1, 1) * 100), price + flow.at(-1, 1) * 10 * MS
        flow.say(later, "correct", "drop", exec_id=f"{exec_id}-K", qty=qty, price=price, **ids)
    if not busted:
        order.tally.filled += qty
        order.tally.notional += qty * price
        order.tally.fees += fee or 0
        order.tally.fills += 1


def _dark(flow: Flow, order: Order) -> None:
    """A fill at the price of a recent trade in the dark, printed off exchange up to 10 s later, or never."""
    if not len(order.prints):
        return
    row = order.prints[flow.at(0, len(order.prints) - 1)]
    match, qty = int(row["ts_event"]) + flow.at(1, SECOND), 100 * flow.at(1, 9)
    facts = {"ts_match": match, "venue": "XDRK", "liquidity": "D", "qty": qty, "price": int(row["price"])}
    _report(flow, order, match + flow.at(0, 5 * MS), facts)
    if flow.chance(0.7):
        printed = min(match + flow.at(0, 9 * SECOND), flow.plan.end_ns)
        number = flow.universe.instruments.index(order.instrument)
        flow.dark_prints.append((printed, number, int(row["price"]), qty))


def _amend(flow: Flow, order: Order) -> None:
    last = order.start
    while flow.chance(flow.plan.amends):
        qty = max(1, order.tally.order_qty * flow.at(60, 150) // 100)
        ts = flow.at(order.start + 1, order.end)
        flow.say(ts, "parent_amended", "oms", parent_id=order.name, qty=qty)
        if ts >= last:  # of equal stamps the later said is the later applied
            last, order.tally.order_qty = ts, qty


def _lost(flow: Flow, prints: Rows) -> None:
    """Fills that name no parent."""
    for number in range(max(1, int(flow.fills * flow.plan.unassigned))):
        row = prints[flow.at(0, len(prints) - 1)]
        flow.say(
            int(row["ts_event"]),
            "fill",
            "drop",
            exec_id=f"LOST{number:04}",
            ts_match=int(row["ts_event"]),
            instrument=flow.universe.instruments[int(row["instrument"])],
            qty=int(row["size"]),
            price=int(row["price"]),
            side="BUY" if int(row["side"]) == BID else "SELL",
            venue=flow.universe.venues[int(row["venue"])],
        )
