"""Which executions stand: copies dropped, busts and corrections applied, whatever came first."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.engine.events import OrderRow
from app.engine.orders.executions import Executions, Terms, stand
from app.engine.orders.facts import key_of
from tests.engine.orders.stories import Story, row


def stood(*rows: OrderRow) -> Executions:
    """Rows linked in this order and folded in the definitive one."""
    return stand(sorted(Story().tell(*rows), key=key_of))


def fill(t: int, name: str | None, qty: int = 100, price: int = 7, **columns: Any) -> OrderRow:
    return row(t, "fill", parent_id="P1", exec_id=name, qty=qty, price=price, **columns)


def as_it_stands(out: Executions) -> list[tuple[str | None, Terms, str]]:
    return [(one.fact.row.exec_id, one.terms, one.restated) for one in out.fills]


def test_that_a_fill_stands_with_its_own_terms() -> None:
    out = stood(fill(1, "F1", fee=3), fill(2, "F2", 50, 8))
    assert as_it_stands(out) == [("F1", Terms(100, 7, 3), ""), ("F2", Terms(50, 8, 0), "")]
    assert [one.standing_qty for one in out.fills] == [100, 50]
    assert (out.copies, out.orphans, out.restatements) == (0, 0, [])


def test_that_a_report_sent_again_counts_once_per_child() -> None:
    out = stood(
        fill(1, "F1", child_id="C1"),
        fill(2, "F1", child_id="C1"),
        fill(3, "F1", child_id="C2"),
        fill(4, "F1"),
        fill(5, "F1", 60),
    )
    assert [one.fact.row.ts_event % 10 for one in out.fills] == [1, 3, 4]
    assert out.copies == 2


def test_that_fills_without_an_id_are_all_new() -> None:
    out = stood(fill(1, None), fill(1, None))
    assert (len(out.fills), out.copies) == (2, 0)


@given(
    st.permutations(
        [fill(2, "F1", fee=3), fill(3, "F2"), row(4, "bust", parent_id="P1", ref_exec_id="F1", exec_id="B")]
    )
)
def test_that_a_bust_takes_its_fill_out_and_leaves_its_row(rows: list[OrderRow]) -> None:
    out = stood(*rows)
    assert as_it_stands(out) == [("F1", Terms(0, 7, 0), "busted"), ("F2", Terms(100, 7, 0), "")]
    assert (out.fills[0].qty, out.fills[0].fee, out.fills[0].standing_qty) == (100, 3, 0)
    (change,) = out.restatements
    assert (change.cause.row.kind, change.fill, change.old, change.new) == (
        "bust", out.fills[0], Terms(100, 7, 3), Terms(0, 7, 0),
    )  # fmt: skip


def test_that_a_bust_stamped_before_its_fill_still_applies() -> None:
    out = stood(row(1, "bust", parent_id="P1", ref_exec_id="F1"), fill(2, "F1"))
    assert as_it_stands(out) == [("F1", Terms(0, 7, 0), "busted")]


def test_that_a_correction_says_only_what_changes() -> None:
    names = {"parent_id": "P1", "ref_exec_id": "F1"}
    out = stood(
        fill(1, "F1", fee=3),
        row(2, "correct", exec_id="K1", qty=120, **names),
        row(3, "correct", exec_id="K2", price=9, **names),
        row(4, "correct", exec_id="K3", fee=0, **names),
    )
    assert as_it_stands(out) == [("F1", Terms(120, 9, 0), "corrected")]
    assert [(change.old, change.new) for change in out.restatements] == [
        (Terms(100, 7, 3), Terms(120, 7, 3)),
        (Terms(120, 7, 3), Terms(120, 9, 3)),
        (Terms(120, 9, 3), Terms(120, 9, 0)),
    ]


def test_that_a_correction_may_be_corrected_and_busted_by_its_own_id() -> None:
    out = stood(
        fill(1, "F1", child_id="C1"),
        row(2, "correct", parent_id="P1", child_id="C1", exec_id="K1", ref_exec_id="F1", qty=10),
        row(3, "correct", parent_id="P1", exec_id="K2", ref_exec_id="K1", qty=20),
        row(4, "bust", parent_id="P1", exec_id="B", ref_exec_id="K2"),
    )
    assert as_it_stands(out) == [("F1", Terms(0, 7, 0), "busted")]
    assert [change.new.qty for change in out.restatements] == [10, 20, 0]


def test_that_a_restatement_without_a_reference_names_its_fill_by_exec_id() -> None:
    out = stood(fill(1, "F1"), row(2, "correct", parent_id="P1", exec_id="F1", price=5))
    assert as_it_stands(out) == [("F1", Terms(100, 5, 0), "corrected")]


def test_that_a_restatement_sent_again_is_a_copy_and_one_of_nothing_an_orphan() -> None:
    names = {"parent_id": "P1", "exec_id": "K1"}
    out = stood(
        fill(1, "F1"),
        row(2, "correct", ref_exec_id="F1", qty=10, **names),
        row(3, "correct", ref_exec_id="F1", qty=10, **names),
        row(4, "correct", ref_exec_id="F1", qty=30, parent_id="P1", exec_id="K2"),
        row(5, "bust", ref_exec_id="NOBODY", **names),
        row(6, "bust", parent_id="P1"),
        row(7, "bust", parent_id="P1"),
    )
    assert as_it_stands(out) == [("F1", Terms(30, 7, 0), "corrected")]
    assert (out.copies, out.orphans, len(out.restatements)) == (2, 2, 2)


def test_that_what_is_busted_stays_busted() -> None:
    names = {"parent_id": "P1", "ref_exec_id": "F1"}
    out = stood(
        fill(1, "F1"),
        row(2, "bust", exec_id="B1", **names),
        row(3, "bust", exec_id="B2", **names),
        row(4, "correct", exec_id="K1", qty=50, **names),
    )
    assert as_it_stands(out) == [("F1", Terms(0, 7, 0), "busted")]
    assert (out.orphans, out.copies, len(out.restatements)) == (2, 0, 1)


def test_that_a_restatement_prefers_its_own_childs_fill_of_that_id() -> None:
    out = stood(
        fill(1, "F1", child_id="C1"),
        fill(2, "F1", child_id="C2"),
        row(3, "bust", parent_id="P1", child_id="C2", ref_exec_id="F1"),
        row(4, "correct", parent_id="P1", child_id="C3", ref_exec_id="F1", qty=1),
    )
    # of a third child: the earliest of that id
    assert [one.restated for one in out.fills] == ["corrected", "busted"]


def test_that_missing_terms_count_for_nothing() -> None:
    out = stood(row(1, "fill", parent_id="P1", exec_id="F1"))
    assert as_it_stands(out) == [("F1", Terms(0, 0, 0), "")]
