"""Where a parent stands: its facts folded in definitive order."""

from typing import Any

import numpy as np
import pytest

from app.engine.enrich.rows import JOIN
from app.engine.events import Instrument, OrderRow
from app.engine.orders.standing import Standing, arrival_mid, fold, mid_of, mids_of
from app.engine.units import GOOD, IN_HALT, NO_QUOTE, NULL, PRICE_SCALE
from tests.engine.orders.stories import Story, T, row

P = PRICE_SCALE


def new(t: int = 0, **columns: Any) -> OrderRow:
    told: dict[str, Any] = {"parent_id": "P1", "instrument": "I", "side": "BUY", "qty": 300} | columns
    return row(t, "parent_new", **told)


def of(t: int, kind: str, **columns: Any) -> OrderRow:
    return row(t, kind, **({"parent_id": "P1"} | columns))


def fill(t: int, name: str, qty: int = 100, price: int = 10, **columns: Any) -> OrderRow:
    return of(t, "fill", **({"exec_id": name, "qty": qty, "price": price, "ts_match": T + t} | columns))


def stands(*rows: OrderRow, mids: dict[int, int] | None = None, story: Story | None = None) -> Standing:
    """P1 after these rows; every fact meets a mid of 10 (mid2 20) unless its offset has one of its own."""
    story = story or Story()
    for fact in story.tell(*rows):
        if fact.instrument >= 0:
            story.market(fact, (mids or {}).get(fact.row.ts_event - T, 20), bid=9, ask=11)
    return fold(story.parent(), story.joins)


def test_that_arrival_is_the_parents_own_entry_even_after_other_facts() -> None:
    out = stands(fill(-1, "F1", 1), new(0, qty=50), fill(1, "F2", 2))
    assert out.arrival is not None
    assert (out.arrival.row.kind, out.order_qty, out.filled, out.side, out.side_name) == ("parent_new", 50, 3, 1, "BUY")
    assert out.first_fill is not None
    assert out.last_fill is not None
    assert (out.first_fill.row.exec_id, out.last_fill.row.exec_id) == ("F1", "F2")
    assert out.last is out.last_fill


def test_that_a_parent_nobody_announced_arrives_with_its_first_fact_and_has_no_quantity() -> None:
    out = stands(fill(1, "F1", 5, side="SELL", instrument="I"), fill(2, "F2", 6))
    assert out.arrival is not None
    assert (out.arrival.row.exec_id, out.order_qty, out.filled, out.state, out.ended) == ("F1", None, 11, "live", None)
    assert out.side == -1


def test_that_an_algo_order_that_is_a_parent_brings_its_quantity() -> None:
    rows = [row(0, "algo_new", algo_order_id="P1", instrument="I", side="SHORT", qty=70)]
    out = stands(*rows)
    assert (out.order_qty, out.side, out.side_name, out.state) == (70, -1, "SHORT", "live")
    out = stands(*rows, row(1, "algo_replaced", algo_order_id="P1", qty=80))
    assert (out.order_qty, [qty for _, qty in out.amendments]) == (80, [80])
    out = stands(
        new(0), of(1, "algo_new", algo_order_id="A1", qty=7), of(2, "algo_replaced", algo_order_id="A1", qty=8)
    )
    assert (out.order_qty, out.amendments) == (300, [])


def test_that_without_a_side_there_is_no_account() -> None:
    out = stands(new(side=None), fill(1, "F1"), of(2, "parent_amended", qty=5))
    assert (out.account, out.order_qty, out.filled, out.side, out.amendments) == (None, None, 0, 0, [])
    assert len(out.executions.fills) == 1


def test_that_the_unassigned_bucket_is_no_order() -> None:
    story = Story()
    story.tell(row(0, "fill", exec_id="F", qty=1, price=1, side="BUY", instrument="I", trader="me"))
    out = fold(story.parent("unassigned"), story.joins)
    assert (out.account, out.arrival, out.side, out.side_name, out.attributes) == (None, None, 0, None, {})
    assert (len(out.executions.fills), out.last is not None, out.state) == (1, True, "live")


def test_that_an_empty_parent_folds_to_nothing() -> None:
    story = Story()
    out = fold(story.flow.parent("P1"), story.joins)
    assert (out.arrival, out.account, out.last, out.state) == (None, None, None, "live")


def test_that_the_parents_own_word_comes_before_its_algo_orders_and_theirs_before_the_childs() -> None:
    out = stands(
        new(0, trader="T1", limit_price=9),
        of(1, "child_new", child_id="C1", account="CHILD", order_type="limit", text="child"),
        of(2, "algo_new", algo_order_id="A1", trader="T2", account="ALGO", algo="VWAP", limit_price=8),
        of(3, "algo_replaced", algo_order_id="A1", algo="TWAP"),
        of(4, "child_acked", child_id="C1", algo="CHILD", text="later"),
        of(5, "parent_amended", trader="T3", target_pov=0.0),
    )
    assert out.attributes == {
        "trader": "T3", "limit_price": 9, "account": "ALGO", "order_type": "limit", "text": "later", "algo": "TWAP",
        "target_pov": 0.0,
    }  # fmt: skip


def test_that_after_a_switch_the_new_algo_works_the_order_and_everything_else_is_still_the_parents_word() -> None:
    out = stands(
        new(0, trader="T1", algo="VWAP", target_pov=0.25),
        of(1, "algo_replaced", algo_order_id="A1", algo="TWAP", target_pov=0.1),
        of(2, "algo_switched", algo_order_id="A1", algo="PASSIVE", trader="EMS"),
        of(3, "algo_replaced", algo_order_id="A1", algo="TWAP"),
    )
    assert out.attributes == {"trader": "T1", "algo": "PASSIVE", "target_pov": 0.25}
    out = stands(new(0, algo="VWAP"), of(1, "algo_switched", algo_order_id="A1", algo="POV", target_pov=0.2, end_ns=9))
    assert (out.attributes["algo"], out.attributes["target_pov"], out.attributes["end_ns"]) == ("POV", 0.2, 9)


def test_that_a_side_told_by_the_parent_overrides_one_told_before() -> None:
    out = stands(fill(-1, "F", side="SELL", instrument="I"), new(), fill(1, "G", side="SELL"))
    assert (out.side, out.side_name) == (1, "BUY")


def test_that_limits_are_kept_as_they_were_set_and_childrens_are_not_the_parents() -> None:
    out = stands(
        new(0, limit_price=9),
        of(1, "child_new", child_id="C1", limit_price=7),
        of(2, "parent_amended", limit_price=8),
        of(3, "parent_amended", qty=5),
    )
    assert out.limits == [(T, 9), (T + 2, 8)]


def test_that_children_are_counted_and_seen_once_they_are_announced() -> None:
    out = stands(new(), of(1, "child_acked", child_id="C1"), fill(2, "F1"))
    assert (len(out.children), out.sees_children) == (1, False)
    out = stands(
        new(), of(1, "child_new", child_id="C1"), of(2, "child_new", child_id="C2"), fill(3, "F", child_id="C1")
    )
    assert (len(out.children), out.sees_children) == (2, True)
    assert stands(new(visibility="V2"), fill(1, "F")).visibility == "V2"
    assert stands(new(visibility="V2"), fill(1, "F", visibility="V3")).visibility == "V3"


def test_that_late_facts_are_counted() -> None:
    story = Story()
    story.tell(new(), fill(1, "F"))[1].late = True
    assert fold(story.parent(), story.joins).late == 1


def test_that_a_parent_is_done_when_it_says_so_for_the_first_time() -> None:
    out = stands(new(), fill(1, "F1"), of(2, "parent_done"), of(3, "parent_done"), fill(4, "F2", 400))
    assert (out.ended, out.state, out.filled) == (T + 2, "filled", 500)
    assert stands(new(), of(2, "parent_done")).state == "done"
    assert stands(new(), of(1, "parent_done"), of(2, "parent_amended", qty=900)).ended == T + 1


def test_that_a_complete_parent_ends_with_the_match_of_the_fill_that_completed_it() -> None:
    out = stands(new(), fill(1, "F1"), fill(5, "F2", 200, ts_match=T + 4), fill(6, "F3", 1))
    assert (out.ended, out.state, out.filled) == (T + 4, "filled", 301)
    assert stands(new(), fill(1, "F1", 299)).ended is None
    assert stands(new(), fill(1, "F1"), of(2, "parent_done"), fill(3, "F2", 200)).ended == T + 2


def test_that_a_cut_to_what_is_done_ends_the_order_and_a_raise_revives_it() -> None:
    cut = [new(), fill(1, "F1"), of(2, "parent_amended", qty=100)]
    assert (stands(*cut).ended, stands(*cut).state) == (T + 2, "filled")
    raised = stands(*cut, of(3, "parent_amended", qty=101))
    assert (raised.ended, raised.state, raised.order_qty) == (None, "live", 101)
    assert [(fact.row.ts_event - T, qty) for fact, qty in raised.amendments] == [(2, 100), (3, 101)]
    assert stands(*cut, of(3, "parent_amended", qty=99)).ended == T + 2


def test_that_a_bust_after_completion_opens_the_order_again() -> None:
    out = stands(new(), fill(1, "F1", 300), of(2, "bust", ref_exec_id="F1", exec_id="B"))
    assert (out.filled, out.ended, out.state, out.first_fill, out.last_fill) == (0, None, "live", None, None)


def test_that_the_only_algo_order_ends_a_parent_it_is() -> None:
    first = row(0, "algo_new", algo_order_id="P1", instrument="I", side="BUY", qty=70)
    assert stands(first, row(3, "algo_done", algo_order_id="P1")).ended == T + 3
    assert stands(new(), of(3, "algo_done", algo_order_id="A1")).ended is None
    said = [of(2, "parent_done"), row(3, "algo_done", algo_order_id="P1")]
    assert stands(first, *said).ended == T + 2


def test_that_pauses_open_and_close_once() -> None:
    rows = [new(), *(of(t, kind) for t, kind in enumerate(("algo_resumed", "algo_paused", "algo_paused"), 1))]
    paused = stands(*rows)
    assert paused.state == "paused"
    ((begin, end),) = paused.pauses
    assert (begin.row.ts_event, end) == (T + 2, None)
    resumed = stands(*rows, of(4, "algo_resumed"), of(5, "algo_resumed"), of(6, "algo_paused"))
    spans = [(begin.row.ts_event - T, end and end.row.ts_event - T) for begin, end in resumed.pauses]
    assert spans == [(2, 4), (6, None)]
    assert stands(*rows, of(4, "algo_resumed")).state == "live"


def test_that_the_account_takes_every_fill_at_the_mid_it_met() -> None:
    out = stands(new(), fill(1, "F1", 100, 11, fee=3), fill(2, "F2", 50, 12), mids={0: 18, 1: 20, 2: 22})
    account = out.account
    assert account is not None
    assert (account.arrival2, account.notional, account.fees, account.before) == (18, 1700, 3, 100 * 20 + 50 * 22)


def test_that_a_gap_in_the_mids_reads_as_the_last_defined_one_else_the_arrivals() -> None:
    story = Story()
    facts = story.tell(new(), fill(1, "F1"), fill(2, "F2"), of(3, "parent_amended", qty=400))
    story.market(facts[0], 18)
    story.market(facts[1], None)
    story.market(facts[2], None, last=30)
    story.market(facts[3], None, last=40)
    account = fold(story.parent(), story.joins).account
    assert account is not None
    assert (account.before, account.added) == (100 * 18 + 100 * 30, 100 * 40)
    facts[1].before = -1
    account = fold(story.parent(), story.joins).account
    assert account is not None
    assert account.before == 100 * 18 + 100 * 30


def test_that_liquidity_is_told_by_letter_else_by_the_touch_it_met() -> None:
    out = stands(new(), fill(1, "F1", 100, 11), fill(2, "F2", 50, 9), fill(3, "F3", 50, 9, liquidity="R"))
    assert out.liquidity.aggressor_share() == 0.75
    story = Story()
    facts = story.tell(new(), fill(1, "F1", 100, 11))
    story.market(facts[0], 20)
    facts[1].before = -1
    assert fold(story.parent(), story.joins).liquidity.aggressor_share() is None
    story.market(facts[0], 20)
    assert stands(new(), fill(1, "F1", 100, 11, liquidity="A")).liquidity.aggressor_share() == 0.0


def test_that_timing_risk_runs_from_arrival_over_what_is_left() -> None:
    story = Story()
    facts = story.tell(new(), fill(1, "F1", 150), of(2, "parent_amended", qty=450), fill(3, "F2", 300))
    for fact, variance in zip(facts, (1.0, 5.0, 9.0, 13.0), strict=True):
        story.market(fact, 20, sigma2=1e-4, variance=variance)
    risk = fold(story.parent(), story.joins).risk.slippage_bps()
    # 4 with all 450 to come, then 8 with 300; left meanwhile: 300, 150, 300
    assert risk.value == pytest.approx(1e4 * (4 + 8 * 300**2 / 450**2) ** 0.5)
    rest = fold(story.parent(), story.joins).risk.shortfall_bps(300)
    assert rest.value == pytest.approx(1e4 * (4 * (300**2 + 150**2 + 300**2) / 300**2) ** 0.5)
    for fact in facts:
        story.market(fact, 20, sigma2=0.0, variance=1.0)
    assert fold(story.parent(), story.joins).risk.slippage_bps().value is None


def test_that_an_inverse_contract_is_accounted_for_as_one() -> None:
    story = Story(Instrument(instrument="I", contract="inverse"))
    account = stands(new(), story=story).account
    assert account is not None
    assert account.inverse
    account = stands(new()).account
    assert account is not None
    assert not account.inverse
    nowhere = stands(new(instrument=None)).account
    assert nowhere is not None
    assert not nowhere.inverse


def test_that_first_and_last_fill_go_by_match_time_ties_by_order() -> None:
    out = stands(new(), fill(1, "F1", ts_match=T + 9), fill(2, "F2", ts_match=T + 3), fill(3, "F3", ts_match=T + 3))
    assert out.first_fill is not None
    assert out.last_fill is not None
    assert (out.first_fill.row.exec_id, out.last_fill.row.exec_id) == ("F2", "F1")
    out = stands(new(), fill(1, "F1", ts_match=T + 3), fill(2, "F2", ts_match=T + 3))
    assert out.first_fill is not None
    assert out.last_fill is not None
    assert (out.first_fill.row.exec_id, out.last_fill.row.exec_id) == ("F1", "F2")


def test_that_a_join_reads_as_mid_and_quality_and_none_as_no_quote() -> None:
    story = Story()
    (fact,) = story.tell(new())
    story.market(fact, 20)
    assert mid_of(story.joins.rows, fact.before) == (20, GOOD)
    assert arrival_mid(fact, story.joins) == (20, GOOD, "continuous")
    story.market(fact, None, quality=IN_HALT)
    assert mid_of(story.joins.rows, fact.before) == (None, IN_HALT)
    assert arrival_mid(fact, story.joins) == (None, IN_HALT, "")
    story.joins.bases[fact.before] = "first_valid"
    assert arrival_mid(fact, story.joins)[2] == "first_valid"
    assert mid_of(story.joins.rows, -1) == (None, NO_QUOTE)


def test_that_mids_of_many_joins_are_the_mids_of_each() -> None:
    rows = np.zeros(3, JOIN)
    rows["mid2"], rows["quality"] = [20, NULL, 22], [GOOD, IN_HALT, GOOD]
    places = [2, -1, 1, 0, 2]
    mid2, quality = mids_of(rows, places)
    assert list(zip([None if value == NULL else value for value in mid2.tolist()], quality, strict=True)) == [
        mid_of(rows, place) for place in places
    ]
