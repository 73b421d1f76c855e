"""Sessionizing: each order row finds its chain and its parent, on arrival or as soon as the link is known."""

from collections.abc import Callable

from app.engine.events import OrderRow
from app.engine.orders.facts import NOWHERE, UNASSIGNED, Chain, Fact, Key, Parent
from app.engine.universe import Universe

Place = Callable[[Fact], None]
_OF_PARENT = frozenset(("parent_new", "parent_amended", "parent_done"))
_OF_ALGO = frozenset(("algo_new", "algo_replaced", "algo_switched", "algo_paused", "algo_resumed", "algo_done"))


class Flow:
    """All parents and chains of a run. `place` is called once per fact, when its instrument is known."""

    def __init__(self, universe: Universe, place: Place) -> None:
        self.universe = universe
        self.place = place
        self.parents: dict[str, Parent] = {}
        self.chains: dict[str, Chain] = {}  # every ClOrdID -> its chain
        self.algos: dict[str, tuple[str, Key]] = {}  # algo order -> (parent, key of the fact that said so)
        self.waiting: dict[str, list[Chain]] = {}  # chains of an algo order whose parent is not known yet
        self.execs: dict[str, Chain] = {}
        self.facts: list[Fact] = []
        self.numbers: dict[str, int] = {}

    def take(self, row: OrderRow) -> Fact:
        """Link one row; a row without a known parent lands in the unassigned bucket."""
        number = self.numbers.get(row.source, 0)
        self.numbers[row.source] = number + 1
        fact = Fact(row, number)
        self.facts.append(fact)
        if row.kind in _OF_PARENT or (row.kind in _OF_ALGO and not row.child_id):
            self._take_order_fact(fact)
        else:
            self._take_child_fact(fact)
        return fact

    def all_chains(self) -> list[Chain]:
        """Every chain once, by child id."""
        unique = {id(chain): chain for chain in self.chains.values()}
        return sorted(unique.values(), key=lambda chain: (chain.parent_id or UNASSIGNED, chain.child_id))

    def parent(self, parent_id: str) -> Parent:
        """The parent of that id, made on first sight."""
        found = self.parents.get(parent_id)
        if found is None:
            found = self.parents[parent_id] = Parent(parent_id)
        return found

    def _take_order_fact(self, fact: Fact) -> None:
        row = fact.row
        parent_id = row.parent_id
        if row.algo_order_id and row.kind in _OF_ALGO:
            known = self.algos.get(row.algo_order_id)
            if parent_id is None:
                # a firm with one level less: the algo order is the parent
                parent_id = known[0] if known else row.algo_order_id
            if known is None or (row.parent_id is not None and fact.key < known[1]):
                self.algos[row.algo_order_id] = (parent_id, fact.key)
            for chain in self.waiting.pop(row.algo_order_id, []):
                self._adopt(chain, parent_id, fact.key)
        self._join_parent(fact, self.parent(parent_id or UNASSIGNED))

    def _take_child_fact(self, fact: Fact) -> None:
        row = fact.row
        chain = self._chain_of(row)
        if chain is None:
            self._join_parent(fact, self.parent(self._parent_named(row) or UNASSIGNED))
            return
        chain.add(fact)
        if row.exec_id:
            self.execs.setdefault(row.exec_id, chain)
        named = self._parent_named(row)
        earlier = chain.parent_key is None or (fact.key < chain.parent_key and named != chain.parent_id)
        if named is not None and earlier:
            self._adopt(chain, named, fact.key, but=fact)
        elif named is None and chain.parent_id is None and row.algo_order_id:
            self.waiting.setdefault(row.algo_order_id, []).append(chain)
        self._learn_instrument(chain, fact)
        self._join_parent(fact, self.parent(chain.parent_id or UNASSIGNED))

    def _parent_named(self, row: OrderRow) -> str | None:
        if row.parent_id is not None:
            return row.parent_id
        if row.algo_order_id is not None and row.algo_order_id in self.algos:
            return self.algos[row.algo_order_id][0]
        return None

    def _chain_of(self, row: OrderRow) -> Chain | None:
        """The chain of the row's ids, made or merged as needed; None for a row that names no child."""
        named = [identity for identity in (row.child_id, row.orig_child_id) if identity]
        if not named:
            reference = row.ref_exec_id
            return self.execs.get(reference) if reference else None
        chain: Chain | None = None
        for identity in named:
            known = self.chains.get(identity)
            if known is not None and chain is not None and known is not chain:
                self._merge(chain, known)
            elif known is not None:
                chain = chain or known
        chain = chain or Chain()
        for identity in named:
            self.chains[identity] = chain
            chain.ids.add(identity)
        return chain

    def _merge(self, into: Chain, other: Chain) -> None:
        """Two chains turn out to be one order."""
        for identity in other.ids:
            self.chains[identity] = into
        into.ids |= other.ids
        if other.parent_key is not None and (into.parent_key is None or other.parent_key < into.parent_key):
            self._adopt(into, other.parent_id or UNASSIGNED, other.parent_key)
        for fact in other.facts:
            into.add(fact)
            self._learn_instrument(into, fact)
            self._join_parent(fact, self.parent(into.parent_id or UNASSIGNED))

    def _adopt(self, chain: Chain, parent_id: str, key: tuple[int, str, int, int], but: Fact | None = None) -> None:
        """The chain belongs to this parent from now on, with all its facts."""
        chain.parent_id, chain.parent_key = parent_id, key
        for fact in chain.facts:
            if fact is not but:
                self._join_parent(fact, self.parent(parent_id))

    def _join_parent(self, fact: Fact, parent: Parent) -> None:
        if fact.parent is parent:
            return
        if fact.parent is not None:
            fact.parent.remove(fact)
        fact.parent = parent
        parent.add(fact)
        if fact.instrument == NOWHERE:
            name = fact.row.instrument or (None if parent.parent_id == UNASSIGNED else parent.instrument)
            if name is not None and fact.chain is None:
                self._place(fact, name)
            elif name is not None and fact.chain is not None and fact.chain.instrument == NOWHERE:
                self._set_instrument(fact.chain, name)

    def _learn_instrument(self, chain: Chain, fact: Fact) -> None:
        if chain.instrument == NOWHERE:
            if fact.row.instrument is not None:
                self._set_instrument(chain, fact.row.instrument)
        elif fact.instrument == NOWHERE:
            self._place(fact, self.universe.instruments[chain.instrument])

    def _set_instrument(self, chain: Chain, name: str) -> None:
        chain.instrument = self.universe.instruments.index(name)
        for fact in chain.facts:
            if fact.instrument == NOWHERE:
                self._place(fact, fact.row.instrument or name)

    def _place(self, fact: Fact, instrument: str) -> None:
        fact.instrument = self.universe.instruments.index(instrument)
        self.place(fact)
