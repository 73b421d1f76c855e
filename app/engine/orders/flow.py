"""Sessionizing: each order row finds its chain and its parent, on arrival or as soon as the link is known.

What a link is depends on the facts alone, never on the order in which they came: wherever facts disagree, the
earliest one decides.
"""

from collections.abc import Callable

from app.engine.events import OrderRow
from app.engine.orders.facts import UNASSIGNED, Chain, Fact, Key, Parent
from app.engine.universe import Universe

Place = Callable[[Fact], None]
_OF_PARENT = frozenset(("parent_new", "parent_amended", "parent_done"))
_OF_ALGO = frozenset(("algo_new", "algo_replaced", "algo_switched", "algo_paused", "algo_resumed", "algo_done"))
_RESTATES = frozenset(("bust", "correct"))
_EXECUTES = frozenset(("fill", "correct"))


class Algo:
    """An algo order: who its parent is, and which facts and chains depend on that."""

    __slots__ = ("chains", "facts", "key", "parent_id")

    def __init__(self) -> None:
        self.parent_id: str | None = None  # None until the algo order itself has spoken
        self.key: Key | None = None  # of the fact that named the parent; None = the algo order is one itself
        self.facts: list[Fact] = []
        self.chains: dict[Chain, None] = {}  # in order of arrival

    def hear(self, fact: Fact) -> None:
        """A fact of the algo order; the earliest that names a parent decides."""
        named = fact.row.parent_id
        if named is not None and (self.key is None or fact.key < self.key):
            self.parent_id, self.key = named, fact.key
        elif self.parent_id is None:
            # a firm with one level less: the algo order is the parent
            self.parent_id = fact.row.algo_order_id


class Flow:
    """All parents and chains of a run.

    `place` is called for a fact when its instrument is known, and again where it turns out to be another one.
    """

    def __init__(self, universe: Universe, place: Place) -> None:
        self.universe = universe
        self.place = place
        self.parents: dict[str, Parent] = {}
        self.chains: dict[str, Chain] = {}  # every ClOrdID -> its chain
        self.merged: list[Chain] = []  # chains that turned out to be part of another one; empty
        self.algos: dict[str, Algo] = {}
        self.executions: dict[str, list[Fact]] = {}  # exec id -> the facts that report it
        self.referring: dict[str, list[Fact]] = {}  # exec id -> facts that name nothing but it
        self.facts: list[Fact] = []
        self.moved: list[Fact] = []  # facts that turned out to be another order's
        self.numbers: dict[str, int] = {}

    def take(self, row: OrderRow) -> Fact:
        """Link one row; a row without a known parent lands in the unassigned bucket."""
        number = self.numbers.get(row.source, 0)
        self.numbers[row.source] = number + 1
        fact = Fact(row, number)
        self.facts.append(fact)
        if row.kind in _OF_PARENT:
            self._join(fact, row.parent_id)
        elif row.kind in _OF_ALGO and not row.child_id:
            self._take_algo_fact(fact)
        elif row.child_id or row.orig_child_id:
            self._take_child_fact(fact)
        else:
            self._take_loose_fact(fact)
        return fact

    def all_chains(self) -> list[Chain]:
        """Every chain once, by parent and child id."""
        unique = dict.fromkeys(self.chains.values())
        return sorted(unique, key=lambda chain: (chain.parent_id or UNASSIGNED, chain.child_id))

    def parent(self, parent_id: str) -> Parent:
        """The parent of that id, made on first sight."""
        found = self.parents.get(parent_id)
        if found is None:
            found = self.parents[parent_id] = Parent(parent_id)
        return found

    # -- algo orders -----------------------------------------------------------------------------------------------

    def _algo(self, algo_order_id: str) -> Algo:
        found = self.algos.get(algo_order_id)
        if found is None:
            found = self.algos[algo_order_id] = Algo()
        return found

    def _take_algo_fact(self, fact: Fact) -> None:
        row = fact.row
        if row.algo_order_id is None:
            self._join(fact, row.parent_id)
            return
        algo = self._algo(row.algo_order_id)
        before = algo.parent_id
        algo.hear(fact)
        if row.parent_id is None:
            algo.facts.append(fact)
        self._join(fact, row.parent_id or algo.parent_id)
        if algo.parent_id != before:
            for follower in algo.facts:
                self._settle(follower)
            for chain in list(algo.chains):
                self._choose_parent(chain)

    def _parent_named(self, row: OrderRow) -> str | None:
        if row.parent_id is not None:
            return row.parent_id
        algo = self.algos.get(row.algo_order_id) if row.algo_order_id else None
        return algo.parent_id if algo else None

    # -- child orders ----------------------------------------------------------------------------------------------

    def _take_child_fact(self, fact: Fact) -> None:
        chain = self._chain_of(fact.row)
        self._enter(chain, fact)
        named = self._parent_named(fact.row) is not None
        if named and (chain.parent_key is None or fact.key < chain.parent_key):
            self._choose_parent(chain)
        self._join(fact, chain.parent_id)
        self._report(fact)

    def _chain_of(self, row: OrderRow) -> Chain:
        """The chain of the row's ids, made or merged as needed."""
        if row.child_id and not row.orig_child_id and row.child_id in self.chains:
            return self.chains[row.child_id]
        named = [identity for identity in (row.child_id, row.orig_child_id) if identity]
        found = list(dict.fromkeys(self.chains[identity] for identity in named if identity in self.chains))
        chain = found[0] if found else Chain()
        for other in found[1:]:
            self._merge(chain, other)
        for identity in named:
            self.chains[identity] = chain
            chain.ids.add(identity)
        return chain

    def _merge(self, into: Chain, other: Chain) -> None:
        """Two chains turn out to be one order."""
        for identity in other.ids:
            self.chains[identity] = into
        into.ids |= other.ids
        self.merged.append(other)
        for fact in list(other.facts):
            other.remove(fact)
            self.moved.append(fact)
            self._enter(into, fact)
        self._choose_parent(into)
        for fact in list(into.facts):
            if _names_child(fact):
                self._join(fact, into.parent_id)

    def _enter(self, chain: Chain, fact: Fact) -> None:
        """A fact becomes one of the chain's, and what it says of the order is said of the others too."""
        row, instrument = fact.row, chain.instrument
        chain.add(fact)
        if row.algo_order_id and row.parent_id is None and _names_child(fact):
            self._algo(row.algo_order_id).chains[chain] = None
        if fact.parent is not None:
            fact.parent.refresh()
        if chain.instrument != instrument:
            for known in chain.facts:
                self._locate(known)

    def _choose_parent(self, chain: Chain) -> None:
        """The chain belongs, with all its facts, to the parent its earliest fact names that names one."""
        said = ((self._parent_named(fact.row), fact.key) for fact in chain.facts if _names_child(fact))
        parent_id, key = next((pair for pair in said if pair[0] is not None), (None, None))
        chain.parent_key = key
        if parent_id == chain.parent_id:
            return
        chain.parent_id = parent_id
        for fact in list(chain.facts):
            if _names_child(fact):
                self._join(fact, parent_id)

    # -- facts that name no child ------------------------------------------------------------------------------------

    def _take_loose_fact(self, fact: Fact) -> None:
        row = fact.row
        reference = _reference(row)
        if reference:
            self.referring.setdefault(reference, []).append(fact)
        if row.algo_order_id:
            self._algo(row.algo_order_id).facts.append(fact)
        self._settle(fact)
        self._report(fact)

    def _settle(self, fact: Fact) -> None:
        """Link a fact that names no child: by the execution it refers to, by its own words."""
        owner = self._owner(fact)
        chain = owner.chain if owner else None
        if chain is not fact.chain:
            if fact.chain is not None:
                fact.chain.remove(fact)
            self.moved.append(fact)
            if chain is not None:
                self._enter(chain, fact)
        named = fact.row.parent_id
        if named is None and owner is not None:
            named = chain.parent_id if chain else _assigned(owner.parent)
        self._join(fact, named or (None if chain else self._parent_named(fact.row)))

    def _owner(self, fact: Fact) -> Fact | None:
        """The execution a fact refers to: the earliest of that id, of its own parent where it names one."""
        reference, parent_id = _reference(fact.row), fact.row.parent_id
        reports = self.executions.get(reference, []) if reference else []
        found = [
            other
            for other in reports
            if other is not fact and (parent_id is None or (other.parent and other.parent.parent_id == parent_id))
        ]
        return min(found, key=lambda other: (other.row.kind != "fill", other.key), default=None)

    def _report(self, fact: Fact) -> None:
        """Let the facts that refer to this execution find it."""
        if fact.row.exec_id and fact.row.kind in _EXECUTES:
            self.executions.setdefault(fact.row.exec_id, []).append(fact)
            self._settle_referring(fact)

    def _settle_referring(self, fact: Fact) -> None:
        for other in self.referring.get(fact.row.exec_id or "", ()):
            if other is not fact:
                self._settle(other)

    # -- parents and instruments -----------------------------------------------------------------------------------

    def _join(self, fact: Fact, parent_id: str | None) -> None:
        """Move a fact to its parent, and whatever refers to it after it."""
        old, new = fact.parent, self.parent(parent_id or UNASSIGNED)
        if old is not new:
            if old is not None:
                self._relocate(old, Parent.remove, fact)
                self.moved.append(fact)
            self._relocate(new, Parent.add, fact)
            self._settle_referring(fact)
        self._locate(fact)

    def _relocate(self, parent: Parent, move: Callable[[Parent, Fact], None], fact: Fact) -> None:
        """Add or remove a fact; those that live by the parent's instrument follow where that changes."""
        instrument = parent.instrument
        move(parent, fact)
        if parent.instrument != instrument:
            for other in parent.facts:
                self._locate(other)

    def _locate(self, fact: Fact) -> None:
        """Place a fact by its own instrument, else its order's, else its parent's."""
        chain, parent = fact.chain, fact.parent
        name = fact.row.instrument or (chain.instrument if chain else None) or (parent.instrument if parent else None)
        if name is None:
            return
        instrument = self.universe.instruments.index(name)
        if instrument != fact.instrument:
            fact.instrument = instrument
            self.place(fact)


def _assigned(parent: Parent | None) -> str | None:
    return parent.parent_id if parent is not None and parent.parent_id != UNASSIGNED else None


def _names_child(fact: Fact) -> bool:
    return bool(fact.row.child_id or fact.row.orig_child_id)


def _reference(row: OrderRow) -> str | None:
    """The exec id a row refers to; a bust or correction may name its fill by exec_id alone, an algo order has none."""
    if row.kind in _OF_ALGO:
        return None
    return row.ref_exec_id or (row.exec_id if row.kind in _RESTATES else None)
