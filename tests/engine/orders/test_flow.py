"""Sessionizing: whatever the order of arrival, the same links."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.events import OrderRow
from app.engine.orders.facts import UNASSIGNED
from app.engine.orders.flow import Flow
from app.engine.universe import Universe
from tests.engine.orders.stories import Story, links, row


def told(rows: list[OrderRow]) -> Flow:
    """A flow told these rows in this order; every fact placed by its instrument at the end."""
    placed: dict[int, int] = {}

    def place(fact: Any) -> None:
        placed[id(fact)] = fact.instrument

    flow = Flow(Universe(), place)
    for one in rows:
        flow.take(one)
    assert all(placed.get(id(fact), -1) == fact.instrument for fact in flow.facts)
    return flow


def parents_of(rows: list[OrderRow]) -> dict[str, list[str]]:
    """Parent -> kinds of its facts."""
    return {
        name: [f"{fact.row.kind}" for fact in parent.facts]
        for name, parent in told(rows).parents.items()
        if parent.facts
    }


NEW = row(0, "parent_new", parent_id="P1", instrument="I", side="BUY", qty=100)
ALGO = row(1, "algo_new", parent_id="P1", algo_order_id="A1")
CHILD = row(2, "child_new", child_id="C1", algo_order_id="A1")
FILL = row(3, "fill", child_id="C1", exec_id="F1", qty=1, price=1)


@given(st.permutations([NEW, ALGO, CHILD, FILL]))
def test_that_parent_algo_child_and_fill_find_each_other_in_any_order(rows: list[OrderRow]) -> None:
    flow = told(rows)
    assert parents_of(rows) == {"P1": ["parent_new", "algo_new", "child_new", "fill"]}
    (chain,) = flow.all_chains()
    assert (chain.child_id, chain.parent_id, chain.algo_order_id, chain.ids) == ("C1", "P1", "A1", {"C1"})
    assert [fact.row for fact in chain.facts] == [CHILD, FILL]
    assert {flow.universe.instruments[fact.instrument] for fact in flow.facts} == {"I"}


def test_that_a_fill_before_its_child_waits_in_the_unassigned_bucket_and_is_taken_out_of_it() -> None:
    story = Story()
    (fill,) = story.tell(FILL)
    assert fill.parent is story.parent(UNASSIGNED)
    assert story.placed == []
    story.tell(row(2, "child_new", child_id="C1", parent_id="P1", instrument="I"))
    assert fill.parent is story.parent("P1")
    assert story.parent(UNASSIGNED).facts == []
    assert len(story.placed) == 2


def test_that_a_row_that_names_nothing_is_unassigned() -> None:
    rows = [row(0, "fill", exec_id="F", qty=1, price=1), row(1, "parent_done"), row(2, "algo_paused")]
    assert parents_of([NEW, *rows]) == {"P1": ["parent_new"], UNASSIGNED: ["fill", "parent_done", "algo_paused"]}
    assert parents_of([row(0, "algo_new", parent_id="P7")]) == {"P7": ["algo_new"]}


def test_that_a_parent_nobody_announced_is_a_parent_of_its_own() -> None:
    assert parents_of([row(0, "fill", parent_id="P9", exec_id="F", qty=1, price=1)]) == {"P9": ["fill"]}


def test_that_an_algo_order_without_a_parent_is_one() -> None:
    rows = [row(0, "algo_new", algo_order_id="A1"), row(1, "algo_paused", algo_order_id="A1"), CHILD, FILL]
    assert parents_of(rows) == {"A1": ["algo_new", "algo_paused", "child_new", "fill"]}
    assert parents_of(rows[::-1]) == parents_of(rows)


@given(
    st.permutations(
        [
            row(0, "algo_new", algo_order_id="A1"),
            row(1, "algo_replaced", algo_order_id="A1", parent_id="P2"),
            row(2, "algo_done", algo_order_id="A1", parent_id="P3"),
            CHILD,
            row(4, "fill", algo_order_id="A1", exec_id="F9", qty=1, price=1),
            row(5, "bust", ref_exec_id="F9"),
        ]
    )
)
def test_that_the_earliest_fact_that_names_the_parent_of_an_algo_order_decides(rows: list[OrderRow]) -> None:
    assert parents_of(rows) == {"P2": ["algo_new", "algo_replaced", "child_new", "fill", "bust"], "P3": ["algo_done"]}


def test_that_an_algo_row_about_a_child_is_the_childs() -> None:
    flow = told([NEW, CHILD, row(3, "algo_replaced", child_id="C1", algo_order_id="A1")])
    (chain,) = flow.all_chains()
    assert [fact.row.kind for fact in chain.facts] == ["child_new", "algo_replaced"]
    assert "A1" not in flow.parents


@given(
    st.permutations(
        [
            row(1, "child_new", child_id="C1", parent_id="P1"),
            row(2, "child_replaced", child_id="C2", orig_child_id="C1"),
            row(3, "child_replaced", child_id="C3", orig_child_id="C2"),
            row(4, "child_cancelled", child_id="C4", orig_child_id="C3"),
            row(5, "fill", child_id="C2", exec_id="F", qty=1, price=1),
            row(6, "child_cancel_requested", orig_child_id="C3"),
            row(0, "fill", child_id="C4", exec_id="E", qty=1, price=1),
        ]
    )
)
def test_that_a_chain_of_replaces_is_one_order_of_one_parent_in_any_order(rows: list[OrderRow]) -> None:
    flow = told(rows)
    (chain,) = flow.all_chains()
    assert (chain.child_id, chain.ids) == ("C1", {"C1", "C2", "C3", "C4"})
    assert len(chain.facts) == len(flow.parents["P1"].facts) == 7
    assert all(other.facts == [] for other in flow.merged)


def test_that_a_merged_chain_is_remembered_empty() -> None:
    flow = told([row(1, "fill", child_id=name, exec_id=name, qty=1, price=1) for name in ("C1", "C2")])
    first, second = flow.all_chains()
    flow.take(row(2, "child_replaced", child_id="C1", orig_child_id="C2"))
    assert flow.all_chains() == [first]
    assert (flow.merged, second.facts, len(first.facts)) == ([second], [], 3)


@given(
    st.permutations(
        [
            row(1, "child_acked", child_id="C1", parent_id="P2"),
            row(2, "child_new", child_id="C1", parent_id="P3"),
            row(3, "fill", child_id="C1", parent_id="P1", exec_id="F", qty=1, price=1),
            row(0, "child_acked", child_id="C1"),
        ]
    )
)
def test_that_parents_at_odds_are_settled_by_the_earliest_fact(rows: list[OrderRow]) -> None:
    assert parents_of(rows) == {"P2": ["child_acked", "child_acked", "child_new", "fill"]}


@given(
    st.permutations(
        [
            row(1, "fill", child_id="C1", parent_id="P1", exec_id="F", qty=1, price=1),
            row(3, "bust", ref_exec_id="F", exec_id="B"),
            row(4, "correct", ref_exec_id="F", exec_id="K", qty=2, price=1),
            row(5, "correct", ref_exec_id="K", exec_id="L", qty=3, price=1),
            row(6, "bust", exec_id="L"),
        ]
    )
)
def test_that_a_restatement_follows_its_fill_by_exec_id_alone(rows: list[OrderRow]) -> None:
    flow = told(rows)
    (chain,) = flow.all_chains()
    assert [fact.row.kind for fact in chain.facts] == ["fill", "bust", "correct", "correct", "bust"]
    assert len(flow.parents["P1"].facts) == 5


@given(
    st.permutations(
        [
            row(1, "fill", child_id="C1", parent_id="P1", exec_id="F", qty=1, price=1),
            row(2, "fill", child_id="C2", parent_id="P2", exec_id="F", qty=1, price=1),
            row(3, "bust", parent_id="P2", ref_exec_id="F"),
            row(4, "bust", ref_exec_id="F"),
            row(5, "bust", parent_id="P3", ref_exec_id="F"),
        ]
    )
)
def test_that_a_restatement_of_an_id_two_orders_share_goes_by_the_parent_it_names_else_the_earliest(
    rows: list[OrderRow],
) -> None:
    flow = told(rows)
    assert [[fact.row.ts_event % 10 for fact in chain.facts] for chain in flow.all_chains()] == [[1, 4], [2, 3]]
    assert [fact.row.kind for fact in flow.parents["P3"].facts] == ["bust"]
    assert flow.parents["P3"].facts[0].chain is None


@given(
    st.permutations(
        [
            row(0, "algo_paused", algo_order_id="A1", ref_exec_id="F"),
            row(1, "algo_new", algo_order_id="A1", parent_id="P1"),
            row(2, "fill", child_id="C2", parent_id="P2", exec_id="F", qty=1, price=1),
        ]
    )
)
def test_that_an_algo_order_is_linked_by_its_own_id_whatever_execution_it_mentions(rows: list[OrderRow]) -> None:
    assert parents_of(rows) == {"P1": ["algo_paused", "algo_new"], "P2": ["fill"]}


def test_that_a_fill_outranks_a_correction_of_the_same_id_as_the_one_referred_to() -> None:
    early = row(1, "correct", parent_id="P2", child_id="C2", exec_id="F", qty=2, price=1)
    fill = row(2, "fill", parent_id="P1", child_id="C1", exec_id="F", qty=1, price=1)
    (bust,) = told([early, fill, row(3, "bust", ref_exec_id="F")]).parents["P1"].facts[1:]
    assert bust.row.kind == "bust"


def test_that_a_restatement_of_a_fill_without_a_child_goes_where_the_fill_went() -> None:
    rows = [
        row(1, "bust", ref_exec_id="F"),
        row(2, "fill", algo_order_id="A1", exec_id="F", qty=1, price=1),
        row(3, "algo_new", algo_order_id="A1", parent_id="P1"),
    ]
    assert parents_of(rows) == {"P1": ["bust", "fill", "algo_new"]}


def test_that_a_restatement_of_an_unassigned_fill_is_linked_by_its_own_algo_order() -> None:
    rows = [
        row(1, "fill", exec_id="F", qty=1, price=1),
        row(2, "bust", ref_exec_id="F", algo_order_id="A1"),
        row(3, "algo_new", algo_order_id="A1", parent_id="P1"),
    ]
    assert parents_of(rows) == {UNASSIGNED: ["fill"], "P1": ["bust", "algo_new"]}


def test_that_the_restatement_of_a_fill_whose_child_has_no_parent_stays_with_the_child() -> None:
    rows = [
        row(1, "fill", child_id="C1", exec_id="F", qty=1, price=1),
        row(2, "bust", ref_exec_id="F", algo_order_id="A1"),
        row(3, "algo_new", algo_order_id="A1", parent_id="P1"),
    ]
    assert parents_of(rows) == {UNASSIGNED: ["fill", "bust"], "P1": ["algo_new"]}


def test_that_a_restatement_leaves_a_chain_for_the_earlier_fill_of_that_id() -> None:
    flow = told(
        [
            row(5, "fill", child_id="C1", parent_id="P1", exec_id="F", qty=1, price=1),
            row(6, "bust", ref_exec_id="F"),
            row(1, "fill", child_id="C2", parent_id="P2", exec_id="F", qty=1, price=1),
        ]
    )
    assert [len(chain.facts) for chain in flow.all_chains()] == [1, 2]
    assert len(flow.parents["P2"].facts) == 2


def test_that_an_instrument_is_learnt_from_the_chain_else_the_parent_whenever_it_is_named() -> None:
    rows = [
        row(1, "parent_done", parent_id="P1"),
        row(2, "child_new", child_id="C1", parent_id="P1"),
        row(3, "fill", child_id="C2", parent_id="P1", exec_id="F", qty=1, price=1),
        row(4, "fill", child_id="C2", exec_id="G", qty=1, price=1, instrument="J"),
    ]
    story = Story()
    done, child, fill, other = story.tell(*rows)
    names = story.universe.instruments
    assert [fact.instrument for fact in (fill, other)] == [names.index("J")] * 2
    assert [fact.instrument for fact in (done, child)] == [names.index("J")] * 2  # lent by the parent
    story.tell(NEW)
    assert [names[fact.instrument] for fact in (done, child, fill, other)] == ["I", "I", "J", "J"]


def test_that_an_instrument_never_comes_from_a_stranger_in_the_unassigned_bucket() -> None:
    story = Story()
    _, bare = story.tell(
        row(1, "fill", exec_id="F", qty=1, price=1, instrument="I"), row(2, "fill", exec_id="G", qty=1, price=1)
    )
    assert bare.instrument == -1


def test_that_a_fact_is_placed_once_and_again_only_where_its_instrument_is_another_one() -> None:
    story = Story()
    fill, own = story.tell(
        row(3, "fill", child_id="C1", exec_id="F", qty=1, price=1),
        row(4, "fill", child_id="C1", instrument="J", exec_id="G", qty=1, price=1),
    )
    story.tell(row(5, "child_cancelled", child_id="C1"))
    assert [fact.row.ts_event % 10 for fact in story.placed] == [3, 4, 5]
    story.placed.clear()
    story.tell(row(2, "child_new", child_id="C1", instrument="I"))
    assert [fact.row.ts_event % 10 for fact in story.placed] == [2, 3, 5]
    names = story.universe.instruments
    assert [names[fact.instrument] for fact in (fill, own)] == ["I", "J"]


def test_that_chains_come_by_parent_then_child_once_each() -> None:
    rows = [
        row(1, "child_new", child_id="C9", parent_id="P1"),
        row(2, "child_new", child_id="C1", parent_id="P2"),
        row(3, "child_replaced", child_id="C3", orig_child_id="C9"),
        row(4, "child_new", child_id="C5"),
        row(4, "child_new", child_id="C4", parent_id="P1"),
    ]
    assert [chain.child_id for chain in told(rows).all_chains()] == ["C4", "C9", "C1", "C5"]


def test_that_facts_are_numbered_within_their_source() -> None:
    story = Story()
    facts = story.tell(*(row(0, "fill", exec_id="F", source=source, seq=1) for source in "aba"))
    assert [fact.key[3] for fact in facts] == [0, 0, 1]
    assert story.flow.facts == facts


KINDS = ("algo_new", "algo_replaced", "parent_amended", "child_new", "child_replaced", "fill", "bust", "correct")
NAMES = {
    "parent_id": st.sampled_from([None, None, "P1", "P2"]),
    "algo_order_id": st.sampled_from([None, "A1", "A2"]),
    "child_id": st.sampled_from([None, "C1", "C2", "C3"]),
    "orig_child_id": st.sampled_from([None, None, None, "C1", "C2"]),
    "exec_id": st.sampled_from([None, "F1", "F2", "F3"]),
    "ref_exec_id": st.sampled_from([None, None, "F1", "F2"]),
    "venue": st.sampled_from([None, "XONE", "XTWO"]),
    "side": st.sampled_from([None, "BUY", "SELL"]),
    "source": st.sampled_from(["a", "b", "c"]),
    "t": st.integers(0, 5),
}


@given(
    st.lists(st.tuples(st.sampled_from(KINDS), st.fixed_dictionaries(NAMES)), min_size=1, max_size=10),
    st.randoms(use_true_random=False),
)
@pytest.mark.filterwarnings("error")
def test_that_no_interleaving_of_the_sources_changes_a_link(drawn: list[tuple[str, Any]], random: Any) -> None:
    rows = []
    for seq, (kind, names) in enumerate(drawn):
        columns = dict(names)
        if kind == "correct" and columns["ref_exec_id"] is None:
            columns["exec_id"] = None  # a correction of itself by two others is nobody's
        rows.append(row(columns.pop("t"), kind, seq=seq, instrument="I", **columns))
    queues = {source: [one for one in rows if one.source == source] for source in "abc"}
    shuffled = []
    while any(queues.values()):
        shuffled.append(queues[random.choice([name for name, queue in queues.items() if queue])].pop(0))
    assert links(told(shuffled)) == links(told(rows))
