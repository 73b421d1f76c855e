"""The life of a child order: states, counts, and what is odd about its fills."""

from typing import Any

import pytest

from app.engine.events import OrderRow
from app.engine.orders.children import Child, walk
from app.engine.orders.executions import stand
from app.engine.orders.facts import key_of
from tests.engine.orders.stories import Story, T, row


def child(t: int, kind: str, **columns: Any) -> OrderRow:
    """A row of child C1."""
    return row(t, kind, **({"child_id": "C1", "parent_id": "P1"} | columns))


def fill(t: int, name: str, qty: int = 100, price: int = 10, **columns: Any) -> OrderRow:
    told: dict[str, Any] = {"exec_id": name, "qty": qty, "price": price, "ts_match": T + t} | columns
    return child(t, "fill", **told)


def new(t: int = 0, **columns: Any) -> OrderRow:
    told: dict[str, Any] = {"qty": 300, "price": 10, "side": "BUY", "instrument": "I"} | columns
    return child(t, "child_new", **told)


def life(*rows: OrderRow) -> Child:
    """The one chain of these rows, walked."""
    return told(*rows)[0]


def told(*rows: OrderRow) -> tuple[Child, dict[str, set[str]]]:
    """The walked chain, and what is odd about each fill by its exec id."""
    facts = sorted(Story().tell(*rows), key=key_of)
    standing = {id(one.fact): one for one in stand(facts).fills}
    assert facts[0].chain is not None
    walked = walk(facts[0].chain, standing)
    odd = {str(fact.row.exec_id): walked.fill_flags[id(fact)] for fact in facts if id(fact) in walked.fill_flags}
    return walked, odd


def test_that_a_childs_life_is_told_by_its_times_states_and_counts() -> None:
    walked = life(
        new(0, order_type="limit"),
        child(1, "child_acked"),
        child(2, "child_replace_requested", price=11),
        child(3, "child_replaced", price=11, qty=400),
        fill(4, "F1"),
        fill(5, "F2", 50),
        child(6, "child_cancel_requested"),
        child(7, "cancel_rejected"),
        child(8, "child_cancel_requested"),
        child(9, "child_cancelled"),
    )
    times = (walked.ts_new, walked.ts_acked, walked.ts_replaced, walked.ts_first_fill, walked.ts_last_fill)
    assert times == (T, T + 1, T + 3, T + 4, T + 5)
    assert (walked.ts_cancel_requested, walked.ts_cancelled, walked.ts_done) == (T + 6, T + 9, T + 9)
    assert (walked.qty, walked.price, walked.order_type, walked.last_status) == (400, 11, "limit", "4")
    assert (walked.n_replace_requests, walked.n_cancel_requests, walked.n_cancel_rejects) == (1, 2, 1)
    assert (walked.n_fills, walked.filled, walked.busted, walked.notional) == (2, 150, 0, 1500)
    assert walked.n_reports == 5  # acked, replaced, two fills, cancelled: a cancel reject is no execution report
    assert (walked.n_rejects, walked.n_busts, walked.flags) == (0, 0, set())
    assert walked.first is not None
    assert walked.last is not None
    assert (walked.first.row.kind, walked.last.row.kind) == ("child_new", "child_cancelled")


@pytest.mark.parametrize(
    ("kind", "status"),
    [("child_cancelled", "4"), ("child_expired", "C"), ("rejected", "8"), ("done_for_day", "3")],
)
def test_that_each_end_has_its_status_and_time(kind: str, status: str) -> None:
    walked = life(new(), child(2, kind))
    assert (walked.last_status, walked.ts_done) == (status, T + 2)
    assert walked.ts_cancelled == (T + 2 if kind == "child_cancelled" else None)
    assert (walked.n_rejects, walked.n_reports) == (int(kind == "rejected"), 1)


def test_that_a_first_report_may_be_told_again_without_moving_its_time() -> None:
    walked = life(new(0), new(1, qty=5, price=9), child(2, "child_acked"), child(3, "child_acked"))
    assert (walked.ts_new, walked.qty, walked.price, walked.ts_acked) == (T, 300, 10, T + 2)
    assert (walked.n_reports, walked.last_status) == (2, "0")


def test_that_status_goes_from_pending_to_acked_to_partly_to_filled() -> None:
    rows = [new(), child(1, "child_acked"), fill(2, "F1"), child(3, "child_acked"), fill(4, "F2", 200)]
    assert [life(*rows[:n]).last_status for n in range(1, 6)] == ["A", "0", "1", "1", "2"]
    assert [life(*rows[:n]).ts_done for n in (4, 5)] == [None, T + 4]


def test_that_the_status_of_a_report_itself_comes_first() -> None:
    assert life(new(last_status="E")).last_status == "E"
    assert life(child(-1, "child_replace_requested", last_status="6"), new()).last_status == "6"
    assert life(new(), child(1, "child_cancelled", last_status="Z")).last_status == "Z"


def test_that_a_replace_or_restatement_that_names_no_quantity_keeps_it() -> None:
    replaced = life(new(), child(1, "child_replaced"))
    assert (replaced.qty, replaced.price, replaced.last_status, replaced.ts_replaced) == (300, 10, "5", T + 1)
    restated = life(new(), child(1, "restated", qty=200, price=8))
    assert (restated.qty, restated.price, restated.n_reports) == (200, 8, 1)
    silent = life(new(), child(1, "restated"))
    assert (silent.qty, silent.price) == (300, 10)


def test_that_a_new_childs_limit_is_its_price_where_it_has_none() -> None:
    assert life(new(price=None, limit_price=6)).price == 6
    assert life(new(limit_price=6)).price == 10
    assert life(new(), child(1, "child_acked", order_type="pegged"), child(2, "restated")).order_type == "pegged"


def test_that_a_child_never_announced_is_flagged_and_cannot_be_early() -> None:
    walked, odd = told(fill(1, "F1", side="BUY"))
    assert (walked.first, walked.flags, odd) == (None, {"no_new"}, {"F1": set()})
    assert (walked.qty, walked.last_status, walked.ts_done) == (None, "1", None)


def test_that_a_kind_without_meaning_for_a_child_is_flagged() -> None:
    assert life(new(), child(1, "algo_paused")).flags == {"odd_algo_paused"}


def test_that_fills_out_of_turn_are_flagged() -> None:
    walked, odd = told(
        new(),
        fill(1, "F1"),
        child(2, "child_acked"),
        fill(3, "F2", 50),
        child(4, "child_cancelled"),
        fill(5, "F3", 50),
        fill(6, "F4", 50),
    )
    assert odd == {"F1": {"before_ack"}, "F2": set(), "F3": {"after_cancel"}, "F4": {"after_cancel"}}
    assert (walked.filled, walked.last_status, walked.ts_done) == (250, "1", T + 4)


@pytest.mark.parametrize(
    ("kind", "late"), [("child_expired", True), ("rejected", True), ("done_for_day", False), ("restated", False)]
)
def test_that_only_an_end_for_good_makes_a_fill_late(kind: str, late: bool) -> None:
    assert ("after_cancel" in told(new(), child(1, "child_acked"), child(2, kind), fill(3, "F"))[1]["F"]) == late


@pytest.mark.parametrize(
    ("side", "price", "through"),
    [("BUY", 11, True), ("BUY", 10, False), ("BUY", 9, False), ("SELL", 9, True), ("SELL", 10, False)],
)
def test_that_a_fill_beyond_the_limit_is_flagged(side: str, price: int, through: bool) -> None:
    odd = told(new(side=side), child(1, "child_acked"), fill(2, "F", price=price))[1]
    assert odd["F"] == ({"through_limit"} if through else set())
    assert told(new(side=side, price=None), child(1, "child_acked"), fill(2, "F", price=price))[1]["F"] == set()


def test_that_more_done_than_ordered_is_an_overfill_of_the_fill_that_made_it_one() -> None:
    walked, odd = told(new(), child(1, "child_acked"), fill(2, "F1", 300), fill(3, "F2", 1))
    assert odd == {"F1": set(), "F2": {"overfill"}}
    assert (walked.flags, walked.last_status, walked.ts_done) == ({"overfill"}, "2", T + 2)


def test_that_a_copy_is_a_report_and_nothing_more() -> None:
    walked, odd = told(new(), child(1, "child_acked"), fill(2, "F1"), fill(3, "F1"))
    assert (walked.n_reports, walked.n_fills, walked.filled, walked.ts_last_fill) == (3, 1, 100, T + 2)
    assert (walked.flags, odd) == ({"copy"}, {"F1": set()})


def test_that_busts_and_corrections_leave_what_was_done_and_change_what_stands() -> None:
    walked, odd = told(
        new(),
        child(1, "child_acked"),
        fill(2, "F1"),
        fill(3, "F2", 50),
        child(4, "bust", exec_id="B", ref_exec_id="F1", cum_qty=50),
        child(5, "correct", exec_id="K", ref_exec_id="F2", qty=60, price=9),
    )
    assert (walked.filled, walked.busted, walked.notional, walked.cum_qty) == (150, 90, 540, 50)
    assert (walked.n_busts, walked.n_reports, walked.n_fills) == (1, 5, 2)
    assert odd == {"F1": {"busted"}, "F2": {"corrected"}}


def test_that_the_last_cumulative_quantity_told_is_kept() -> None:
    assert life(new(), fill(1, "F1", cum_qty=100), child(2, "child_cancelled")).cum_qty == 100
    assert life(new(), fill(1, "F1", cum_qty=100), child(2, "child_cancelled", cum_qty=0)).cum_qty == 0
    assert life(new()).cum_qty is None


def test_that_a_fill_that_says_no_match_time_says_where_it_is_from() -> None:
    story = Story()
    facts = story.tell(new(), child(1, "child_acked"), fill(2, "F1", ts_match=None), fill(3, "F2", ts_match=None))
    facts[3].matched_at = T + 1
    assert facts[0].chain is not None
    walked = walk(facts[0].chain, {id(one.fact): one for one in stand(facts).fills})
    assert walked.fill_flags[id(facts[2])] == {"match_time_assumed"}
    assert walked.fill_flags[id(facts[3])] == {"match_time_from_print"}


def test_that_the_definitive_order_is_walked_whatever_came_first() -> None:
    rows = [new(), child(1, "child_acked"), fill(2, "F1"), child(3, "child_cancelled")]
    backwards, odd = told(*rows[::-1])
    assert (odd, backwards.last_status, backwards.ts_done) == ({"F1": set()}, "4", T + 3)
