"""Facts, chains and parents: the definitive order, and what the earliest fact says of the others."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.orders.facts import NOWHERE, UNASSIGNED, Chain, Fact, Parent, key_of, put, said
from tests.engine.orders.stories import T, row


def fact(t: int, kind: str = "fill", number: int = 0, **columns: Any) -> Fact:
    return Fact(row(t, kind, **columns), number)


def test_that_facts_go_by_time_then_source_then_sequence_then_place_in_the_source() -> None:
    facts = [
        fact(2),
        fact(1, source="b", seq=1),
        fact(1, source="a", seq=9),
        fact(1, source="a", seq=2, number=3),
        fact(1, source="a", seq=2, number=1),
    ]
    assert sorted(facts, key=key_of) == [facts[4], facts[3], facts[2], facts[1], facts[0]]
    assert facts[4].key == (T + 1, "a", 2, 1)


def test_that_a_new_fact_is_nowhere_and_matched_when_it_says_else_when_it_is_stamped() -> None:
    new = fact(7)
    assert (new.instrument, new.before, new.at, new.horizon, new.wanted) == (NOWHERE,) * 5
    assert (new.late, new.chain, new.parent) == (False, None, None)
    assert new.matched_at == T + 7
    assert fact(7, ts_match=T + 3).matched_at == T + 3


def test_that_a_side_is_the_facts_own_then_its_chains_then_its_parents() -> None:
    chain, parent = Chain(), Parent("P1")
    lone = fact(1)
    assert lone.side == 0
    parent.add(fact(0, side="SELL"))
    parent.add(lone)
    assert lone.side == -1
    chain.add(fact(0, side="BUY"))
    chain.add(lone)
    assert lone.side == 1
    assert fact(1, side="SHORT").side == -1
    assert fact(1, side="BUY").side == 1


@given(st.permutations(range(6)))
def test_that_the_earliest_fact_speaks_for_the_order_whenever_it_came(order: list[int]) -> None:
    told = [
        fact(0, child_id="C1"),
        fact(1, venue="XONE"),
        fact(2, venue="XTWO", side="BUY", instrument="I"),
        fact(3, side="SELL", algo_order_id="A1"),
        fact(4, algo_order_id="A2", instrument="J"),
        fact(5),
    ]
    chain, parent = Chain(), Parent("P1")
    for n in order:
        chain.add(told[n])
        parent.add(told[n])
    assert chain.facts == parent.facts == told
    assert (chain.venue, chain.side, chain.algo_order_id, chain.instrument) == ("XONE", "BUY", "A1", "I")
    assert (parent.side, parent.instrument) == ("BUY", "I")
    assert all(one.chain is chain and one.parent is parent for one in told)


def test_that_what_a_fact_said_leaves_with_it() -> None:
    chain, parent = Chain(), Parent("P1")
    first, second = fact(0, venue="XONE", side="BUY", instrument="I"), fact(1, venue="XTWO", side="SELL")
    for line in (chain, parent):
        line.add(first)
        line.add(second)
        line.remove(first)
        assert line.facts == [second]
    assert (chain.venue, chain.side, chain.instrument) == ("XTWO", "SELL", None)
    assert (parent.side, parent.instrument) == ("SELL", None)
    assert (first.chain, first.parent) == (None, None)
    assert (second.chain, second.parent) == (chain, parent)


def test_that_an_empty_text_says_nothing() -> None:
    assert said([fact(0, venue=""), fact(1, venue="X"), fact(2, venue="Y")], "venue") == "X"
    assert said([], "venue") is None
    chain, parent = Chain(), Parent("P1")
    for line in (chain, parent):
        for known in (fact(0, side="", instrument=""), fact(1, side="BUY", instrument="I"), fact(2, side="SELL")):
            line.add(known)
        assert (line.side, line.instrument) == ("BUY", "I")


def test_that_a_fact_is_put_behind_those_of_its_time_wherever_it_comes() -> None:
    facts: list[Fact] = []
    told = [fact(n) for n in (2, 5, 3, 5, 1)]
    for one in told:
        put(facts, one)
    assert [told.index(one) for one in facts] == [4, 0, 2, 1, 3]


def test_that_a_chain_is_named_by_the_child_that_was_sent_first() -> None:
    chain = Chain()
    chain.add(fact(1, child_id="C2", orig_child_id="C1"))
    assert chain.child_id == "C1"
    chain.add(fact(0, child_id="C5"))
    assert chain.child_id == "C5"
    chain.add(fact(2, "child_new", child_id="C3"))
    assert chain.child_id == "C3"
    chain.add(fact(3, "child_new", child_id="C4"))
    assert chain.child_id == "C3"


def test_that_a_chain_whose_first_fact_names_no_child_has_the_first_of_its_ids() -> None:
    chain = Chain()
    chain.add(fact(1, "bust", ref_exec_id="F1"))
    assert chain.child_id == ""
    chain.ids |= {"C2", "C1"}
    assert chain.child_id == "C1"


def test_that_every_change_of_a_parent_is_counted_and_folds_it_again() -> None:
    parent = Parent("P1")
    assert (parent.stale, parent.touched, parent.folded, parent.standing) == (False, 0, 0, None)
    one = fact(1)
    parent.add(one)
    assert (parent.stale, parent.touched) == (True, 1)
    parent.stale = False
    parent.refresh()
    assert (parent.stale, parent.touched) == (True, 2)
    parent.stale = False
    parent.remove(one)
    assert (parent.stale, parent.touched) == (True, 3)


@pytest.mark.parametrize("name", [UNASSIGNED, "P1"])
def test_that_the_unassigned_bucket_lends_nothing_to_its_facts(name: str) -> None:
    parent, bare = Parent(name), fact(2)
    parent.add(fact(1, side="BUY", instrument="I"))
    parent.add(bare)
    assert (parent.side, parent.instrument, bare.side) == (("BUY", "I", 1) if name == "P1" else (None, None, 0))
