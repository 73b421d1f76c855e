"""Own facts as moments: what is displayed, what others could see us do, what an order is and what is left of it."""

from typing import Any

from app.engine.config import EngineConfig
from app.engine.core import Engine
from app.engine.events import Block
from app.engine.evidence.own import ACT, DONE, SHOW, SWITCH, TERMS, Moment, Reader, in_order, named, time_of
from app.engine.evidence.rows import AGGRESSIVE, PASSIVE
from app.engine.orders.facts import NOWHERE
from app.engine.units import NULL
from app.feeds.generator.hand import T0, Sheet
from tests.engine.days import last_ts
from tests.engine.evidence.made import MS, S


def quoted() -> Sheet:
    sheet = Sheet()
    sheet.reference(tick_size=10_000_000)
    for n in range(20):
        sheet.quote(n * S, "100.00", "100.01")
    sheet.parent(S, "BUY", 1000, "P1", end_ns=T0 + 60 * S)
    return sheet


def read(sheet: Sheet) -> list[Moment]:
    """The moments of all facts of a sheet, in order."""
    engine = Engine(sheet.universe(), EngineConfig())
    engine.apply(Block(last_ts(sheet) + 30 * S, sheet.market_rows(engine.universe), tuple(sheet.order_rows())))
    reader = Reader(engine.state.joins)
    facts = sorted(engine.state.flow.facts, key=lambda fact: (time_of(fact), fact.key))
    return sorted((moment for fact in facts for moment in reader.read(fact)), key=in_order)


def of(moments: list[Moment], kind: int) -> list[tuple[int, int, int]]:
    """(side, price, qty) of the moments of a kind."""
    return [(m.side, m.price, m.qty) for m in moments if m.kind == kind]


def child(sheet: Sheet, t: int, kind: str, name: str = "C1", **columns: Any) -> None:
    sheet.order(t, kind, child_id=name, parent_id="P1", source="ems", **columns)


TERMS_OF: dict[str, Any] = {"side": "BUY", "qty": 100, "instrument": "INST"}


def test_that_an_order_is_displayed_from_its_ack_to_its_end() -> None:
    sheet = quoted()
    child(sheet, 2 * S, "child_new", **TERMS_OF, price="99.99")
    child(sheet, 2 * S + MS, "child_acked")
    sheet.fill(3 * S, 40, "99.99", child_id="C1", parent_id="P1", liquidity="A")
    child(sheet, 4 * S, "child_cancelled")
    child(sheet, 5 * S, "child_cancelled")
    price = 99_990_000_000
    wanted = [(1, price, 100), (1, price, -100), (1, price, 60), (1, price, -60)]
    assert of(read(sheet), SHOW) == wanted


def test_that_a_replaced_order_moves() -> None:
    sheet = quoted()
    child(sheet, 2 * S, "child_new", **TERMS_OF, price="99.99")
    sheet.order(3 * S, "child_replaced", child_id="C2", orig_child_id="C1", source="ems", qty=150, price="99.98")
    sheet.order(4 * S, "restated", child_id="C2", source="ems", qty=120)
    low = 99_980_000_000
    assert of(read(sheet), SHOW) == [(1, low, 150), (1, low, -150), (1, low, 120)]


def test_that_an_order_without_a_price_or_an_ack_is_not_displayed() -> None:
    sheet = quoted()
    child(sheet, 2 * S, "child_new", **TERMS_OF)
    child(sheet, 2 * S + MS, "child_acked")
    child(sheet, 3 * S, "child_new", "C9", **TERMS_OF, price="99.99")
    assert of(read(sheet), SHOW) == []


def test_that_a_child_that_does_not_reach_the_other_side_is_placed() -> None:
    sheet = quoted()
    child(sheet, 2 * S, "child_new", **TERMS_OF, price="100.00")
    child(sheet, 3 * S, "child_new", "C2", **TERMS_OF, limit="100.01")
    child(sheet, 4 * S, "child_new", "C3", **TERMS_OF)
    child(sheet, -S, "child_new", "C4", **TERMS_OF, price="99.00")
    child(sheet, 5 * S, "child_new", "C5", qty=5, side="SELL", instrument="INST", price="100.01")
    acts = [m for m in read(sheet) if m.kind == ACT]
    assert [(m.fact.row.child_id, m.side, m.qty) for m in acts] == [("C1", 1, PASSIVE), ("C5", -1, PASSIVE)]
    # just after the rows of the same time: one of them may be what the child responds to
    assert [m.t - T0 for m in acts] == [2 * S + 1, 5 * S + 1]


def test_that_taking_is_an_event_at_its_print_once_a_step() -> None:
    sheet = quoted()
    sheet.trade(2 * S - 3 * MS, "100.01", 40, side="B")
    sheet.trade(2 * S - 2 * MS, "100.01", 60, side="B")
    for n, (t, qty) in enumerate(((0, 40), (MS, 60), (70 * MS, 10))):
        sheet.fill(2 * S + t, qty, "100.01", f"F{n}", liquidity="R")
    moments = read(sheet)
    acts = [m.t - T0 for m in moments if m.kind == ACT]
    assert acts == [2 * S - 3 * MS, 2 * S + 70 * MS]
    assert of(moments, DONE) == [(1, 1, 40), (1, 1, 60), (1, 0, 10)]
    assert {m.qty for m in moments if m.kind == ACT} == {AGGRESSIVE}


def test_that_an_equal_print_is_given_to_one_fill_only() -> None:
    sheet = quoted()
    sheet.trade(2 * S, "100.01", 40, side="B")
    for n in range(2):
        sheet.fill(2 * S + n * MS, 40, "100.01", f"F{n}", liquidity="A")
    assert [m[1] for m in of(read(sheet), DONE)] == [1, 0]


def test_that_dark_and_auction_fills_are_not_looked_for_on_the_tape() -> None:
    sheet = quoted()
    sheet.fill(2 * S, 40, "100.01", "F0", liquidity="D")
    sheet.fill(3 * S, 40, "100.01", "F1", liquidity="X")
    assert [m[1] for m in of(read(sheet), DONE)] == [NULL, NULL]


def test_that_who_took_is_told_by_price_where_nobody_says() -> None:
    sheet = quoted()
    sheet.fill(2 * S, 40, "100.01", "F0")
    sheet.fill(3 * S, 40, "100.00", "F1")
    sheet.fill(4 * S, 40, "100.01", "F2", venue=None)
    sheet.fill(-S, 40, "100.01", "F3")
    assert [m.fact.row.exec_id for m in read(sheet) if m.kind == ACT] == ["F0"]


def test_that_terms_and_switches_are_told_as_they_were_set() -> None:
    sheet = quoted()
    sheet.order(2 * S, "parent_amended", parent_id="P1", qty=1500)
    sheet.order(3 * S, "algo_new", parent_id="P1", algo_order_id="A", algo="VWAP")
    sheet.order(4 * S, "algo_switched", algo_order_id="A", algo="POV")
    moments = read(sheet)
    assert of(moments, TERMS) == [(1, T0 + 60 * S, 1000), (1, NULL, 1500), (1, NULL, NULL)]
    assert [m.t - T0 for m in moments if m.kind == SWITCH] == [4 * S]


def test_that_a_fill_stands_at_its_match_and_a_fact_of_nobody_has_no_trail() -> None:
    sheet = quoted()
    sheet.fill(5 * S, 10, "100.00", "F1", ts_match=T0 + 4 * S)
    sheet.fill(6 * S, 10, "100.00", "LOST", parent_id=None)
    moments = [m for m in read(sheet) if m.kind == DONE]
    assert [m.t - T0 for m in moments] == [4 * S, 6 * S]
    assert [named(m.fact) for m in moments] == ["P1", None]


def test_that_a_fill_that_has_not_looked_for_its_print_has_none() -> None:
    sheet = quoted()
    sheet.fill(5 * S, 10, "100.00", "F1", liquidity="A")
    engine = Engine(sheet.universe(), EngineConfig())
    engine.apply(Block(T0 + 2 * S, sheet.market_rows(engine.universe), tuple(sheet.order_rows())))
    (fact,) = [fact for fact in engine.state.flow.facts if fact.row.kind == "fill"]
    assert fact.wanted == NOWHERE
    assert of(Reader(engine.state.joins).read(fact), DONE) == [(1, 0, 10)]


def test_that_at_one_time_terms_come_first_and_display_last() -> None:
    assert TERMS < SWITCH < ACT < DONE < SHOW
