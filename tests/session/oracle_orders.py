"""The order side of the slow oracle: parents, children and live fills from rows of `orders.parquet`."""

from dataclasses import dataclass, field
from typing import Any

from tests.session.oracle_market import Print, Row, Tape

UNASSIGNED = "unassigned"
EARLY, LATE, WIDE = 50_000_000, 5_000_000, 10_000_000_000


@dataclass
class Fill:
    """One execution as restated: a correction has replaced quantity and price, a bust has marked it."""

    row: Row
    parent: str
    qty: int
    price: int
    fee: int | None
    busted: bool = False
    corrected: bool = False
    print_: Print | None = None
    ts_match: int = 0

    @property
    def order(self) -> tuple[int, str, int]:
        """Place in the order of application."""
        return self.row["ts_event"], self.row["source"], self.row["seq"]

    def window(self, tape_print: Print, centre: int) -> bool:
        """True where the print may be this fill's own."""
        off = tape_print.ts - centre
        if tape_print.condition == "off_exchange":
            return self.row.get("liquidity") == "D" and abs(off) <= WIDE
        return self.row.get("venue") in (None, tape_print.venue) and -EARLY <= off <= LATE


@dataclass
class Child:
    """One order chain, by its first ClOrdID."""

    first: Row
    parent: str
    qty: int | None
    price: int | None
    counts: dict[str, int] = field(default_factory=dict)


@dataclass
class Parent:
    """The trader's order with what was said about it."""

    first: Row
    qty: int
    amends: list[tuple[Row, int]] = field(default_factory=list)  # with the change of quantity
    limits: list[tuple[int, int | None]] = field(default_factory=list)
    done: int | None = None
    algos: list[Row] = field(default_factory=list)
    pauses: list[tuple[int, str, bool]] = field(default_factory=list)
    fills: list[Fill] = field(default_factory=list)
    children: list[str] = field(default_factory=list)


class Flow:
    """All order rows of a session, linked and restated."""

    def __init__(self, rows: list[Row]) -> None:
        self.parents: dict[str, Parent] = {}
        self.children: dict[str, Child] = {}
        self.fills: list[Fill] = []
        self.chain: dict[str, str] = {}
        self.algo_parent: dict[str, str] = {}
        self.seen: set[tuple[str, str | None, str | None]] = set()
        self.unknown = 0
        ordered = sorted(rows, key=lambda row: (row["ts_event"], row["source"], row["seq"]))
        for row in ordered:
            self._apply(row)
        self.live = [fill for fill in self.fills if not fill.busted]
        for fill in self.fills:
            if fill.parent in self.parents:
                self.parents[fill.parent].fills.append(fill)

    def parent_of(self, row: Row) -> str:
        """The parent a row belongs to: by its own name, its child's, its algo order's, else unassigned."""
        named = row.get("parent_id")
        if named is None and row.get("child_id") in self.chain:
            named = self.children[self.chain[row["child_id"]]].parent
        if named is None and row.get("algo_order_id") in self.algo_parent:
            named = self.algo_parent[row["algo_order_id"]]
        return named if named in self.parents else UNASSIGNED

    def _apply(self, row: Row) -> None:
        kind = row["kind"]
        if kind.startswith("parent"):
            self._parent(kind, row)
        elif kind.startswith("algo"):
            self._algo(kind, row)
        elif kind == "fill":
            self._fill(row)
        elif kind in ("bust", "correct"):
            self._restate(kind, row)
        elif kind.startswith("child"):
            self._child(kind, row)

    def _parent(self, kind: str, row: Row) -> None:
        if kind == "parent_new":
            self.parents[row["parent_id"]] = Parent(row, row["qty"], limits=[(row["ts_event"], row.get("limit_price"))])
            return
        parent = self.parents.get(row["parent_id"])
        if parent is None:
            self.unknown += 1
        elif kind == "parent_done":
            parent.done = row["ts_event"] if parent.done is None else parent.done
        else:
            if row.get("qty") is not None:
                parent.amends.append((row, row["qty"] - parent.qty))
                parent.qty = row["qty"]
            if row.get("limit_price") is not None:
                parent.limits.append((row["ts_event"], row["limit_price"]))

    def _algo(self, kind: str, row: Row) -> None:
        if kind == "algo_new" and row.get("parent_id") is not None:
            self.algo_parent[row["algo_order_id"]] = row["parent_id"]
        parent = self.parents.get(self.parent_of(row))
        if parent is None:
            return
        parent.algos.append(row)
        if kind in ("algo_paused", "algo_resumed"):
            parent.pauses.append((row["ts_event"], row["algo_order_id"], kind == "algo_paused"))

    def _child(self, kind: str, row: Row) -> None:
        name = row["child_id"]
        if kind == "child_new":
            self.children[name] = Child(row, self.parent_of(row), row.get("qty"), row.get("price"))
            self.chain[name] = name
            if self.children[name].parent in self.parents:
                self.parents[self.children[name].parent].children.append(name)
            return
        if row.get("orig_child_id") in self.chain:
            self.chain[name] = self.chain[row["orig_child_id"]]
        child = self.children.get(self.chain.get(name, ""))
        if child is None:
            self.unknown += 1
            return
        child.counts[kind] = child.counts.get(kind, 0) + 1
        if kind == "child_replaced":
            child.qty = row["qty"] if row.get("qty") is not None else child.qty
            child.price = row["price"] if row.get("price") is not None else child.price

    def _fill(self, row: Row) -> None:
        parent, name = self.parent_of(row), row.get("exec_id")
        copied = (parent, self.chain.get(row.get("child_id") or ""), name)
        if name is not None and copied in self.seen:
            return
        self.seen.add(copied)
        self.fills.append(Fill(row, parent, row["qty"], row["price"], row.get("fee")))

    def _restate(self, kind: str, row: Row) -> None:
        named, child = self.parent_of(row), row.get("child_id")
        found = [fill for fill in self.fills if fill.row.get("exec_id") == row["ref_exec_id"]]
        found = [fill for fill in found if named in (UNASSIGNED, fill.parent)]
        found.sort(key=lambda fill: child != fill.row.get("child_id"))  # the same child's first
        if not found or found[0].busted:
            self.unknown += 1
        elif kind == "bust":
            found[0].busted = True
        else:
            fill = found[0]
            fill.qty = row["qty"] if row.get("qty") is not None else fill.qty
            fill.price = row["price"] if row.get("price") is not None else fill.price
            fill.fee = row["fee"] if row.get("fee") is not None else fill.fee
            fill.corrected = True

    def match(self, tapes: dict[str, Tape]) -> None:
        """Pair live fills with prints by their first terms, nearest first, one to one; settle every fill's ts_match."""
        pairs: list[tuple[Any, int, Print]] = []
        for number, fill in enumerate(self.fills):
            own = sorted(_candidates(fill, tapes), key=lambda pair: pair[0])
            said = fill.row.get("ts_match")
            fill.ts_match = said if said is not None else own[0][1].ts if own else fill.row["ts_event"]
            if not fill.busted:
                order = (fill.ts_match, fill.row["source"], fill.row["seq"])
                pairs += [((*key[:2], order, key[2]), number, entry) for key, entry in own]
        taken: set[tuple[int, str | None]] = set()
        for _, number, entry in sorted(pairs, key=lambda pair: pair[0]):
            fill = self.fills[number]
            part = fill.row.get("order_id") if entry.size != fill.row["qty"] else None
            if fill.print_ is None and _free(taken, entry, part):
                fill.print_ = entry
                taken.add((id(entry), part))


def _candidates(fill: Fill, tapes: dict[str, Tape]) -> list[tuple[Any, Print]]:
    """Prints that may be a fill's own, with (not named by id, distance, place on the tape)."""
    row = fill.row
    centre = row["ts_event"] if row.get("ts_match") is None else row["ts_match"]
    found: list[tuple[Any, Print]] = []
    if row["instrument"] not in tapes:
        return found
    for entry in tapes[row["instrument"]].prints:
        if entry.price != row["price"] or entry.cancelled or not fill.window(entry, centre):
            continue
        by_id = _named(row.get("order_id"), row["qty"], entry)
        if by_id or entry.size == row["qty"]:
            found.append(((not by_id, abs(entry.ts - centre), (entry.ts, entry.source, entry.seq)), entry))
    return found


def _named(order_id: str | None, qty: int, entry: Print) -> bool:
    return order_id is not None and any(str(name) == order_id and size == qty for name, size in entry.ids.items())


def _free(taken: set[tuple[int, str | None]], entry: Print, part: str | None) -> bool:
    """True while a print, or the part of it that names one order id, is not given away."""
    if part is None:
        return not any(mark[0] == id(entry) for mark in taken)
    return (id(entry), None) not in taken and (id(entry), part) not in taken


def as_rows(table: Any) -> list[Row]:
    """A pyarrow table as dict rows."""
    rows: list[Row] = table.to_pylist()
    return rows
