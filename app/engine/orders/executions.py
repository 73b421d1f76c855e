"""Which executions stand: fills with their busts and corrections applied, copies dropped, in definitive order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from app.engine.orders.facts import Fact


class Terms(NamedTuple):
    """What an execution counts for: quantity (0 once busted), price (1e-9), fee (1e-9 of currency)."""

    qty: int
    price: int
    fee: int


@dataclass(slots=True)
class Fill:
    """One execution as it stands now: a busted one counts nowhere, a corrected one has its new quantity and price."""

    fact: Fact
    qty: int
    price: int  # 1e-9
    fee: int  # 1e-9 of currency
    restated: str = ""  # "", "busted" or "corrected"

    @property
    def standing_qty(self) -> int:
        """Its quantity, 0 once busted."""
        return 0 if self.restated == "busted" else self.qty

    @property
    def terms(self) -> Terms:
        """What it counts for as it stands."""
        return Terms(0, self.price, 0) if self.restated == "busted" else Terms(self.qty, self.price, self.fee)


@dataclass(frozen=True, slots=True)
class Restatement:
    """One bust or correction: which fill, what it was before and is after."""

    cause: Fact
    fill: Fill
    old: Terms
    new: Terms


@dataclass(slots=True)
class Executions:
    """The fills of one parent, the restatements in order, and how many copies and orphans were met."""

    fills: list[Fill]
    restatements: list[Restatement]
    copies: int = 0
    orphans: int = 0


def _name(fact: Fact) -> tuple[str, str] | None:
    """What makes an execution report the same one: its id within its child; None without an id."""
    row = fact.row
    if row.exec_id is None:
        return None
    return (fact.chain.child_id if fact.chain else "", row.exec_id)


def stand(facts: list[Fact]) -> Executions:
    """Fold fills, busts and corrections (facts in definitive order) into what stands.

    A bust or correction names its fill by ref_exec_id (else by exec_id); one that comes before its fill still
    applies. A correction may name an earlier correction. What is busted stays so: a later word on it is an orphan.
    """
    out = Executions([], [])
    by_name: dict[tuple[str, str], Fill] = {}
    by_id: dict[str, Fill] = {}
    for fact in facts:
        if fact.row.kind != "fill":
            continue
        name = _name(fact)
        if name is not None and name in by_name:
            out.copies += 1
            continue
        fill = Fill(fact, fact.row.qty or 0, fact.row.price or 0, fact.row.fee or 0)
        out.fills.append(fill)
        if name is not None:
            by_name[name] = fill
            by_id.setdefault(name[1], fill)
    seen: set[tuple[str, str, str]] = set()
    for fact in facts:
        if fact.row.kind not in ("bust", "correct"):
            continue
        reference = fact.row.ref_exec_id or fact.row.exec_id or ""
        mark = (fact.row.kind, reference, fact.row.exec_id or "")
        if mark in seen:
            out.copies += 1
            continue
        seen.add(mark)
        _restate(out, fact, by_name, by_id)
    return out


def _restate(out: Executions, fact: Fact, by_name: dict[tuple[str, str], Fill], by_id: dict[str, Fill]) -> None:
    row = fact.row
    reference = row.ref_exec_id or row.exec_id or ""
    child = fact.chain.child_id if fact.chain else ""
    fill = by_name.get((child, reference)) or by_id.get(reference)
    if fill is None or fill.restated == "busted":
        out.orphans += 1
        return
    old = fill.terms
    if row.kind == "bust":
        fill.restated = "busted"
    else:
        fill.qty = fill.qty if row.qty is None else row.qty
        fill.price = fill.price if row.price is None else row.price
        fill.fee = fill.fee if row.fee is None else row.fee
        fill.restated = "corrected"
    if row.exec_id:
        by_name[(child, row.exec_id)] = fill
        by_id.setdefault(row.exec_id, fill)
    out.restatements.append(Restatement(fact, fill, old, fill.terms))
