"""Board rows of how an order is worked: shares by hand, over its life and of late, undefined with the reason."""

from typing import Any

import pytest

from app.engine import layout
from app.engine.config import EngineConfig
from app.engine.core import Engine
from app.engine.metrics.posts import NO_POST, WITHIN_NS, Post
from app.engine.orders.executions import stand
from app.engine.tables.build import build
from app.engine.units import NULL
from app.engine.worked import NO_FILL, NO_FLOW, NO_SPAN, NO_VOLUME, NOT_SEEN, RECENT_NS, posts_of, worked_rows
from app.feeds.generator.hand import T0, Sheet
from tests.engine.days import MS, Memory, S, in_time, last_ts

Found = dict[str, Any]  # (value or None, n, why) by figure


def engine_of(sheet: Sheet, config: EngineConfig | None = None) -> Engine:
    """The sheet, played to its end."""
    engine = Engine(sheet.universe(), config or EngineConfig())
    for block in in_time(sheet, engine.universe, 99):
        engine.apply(block)
    engine.finish(last_ts(sheet))
    return engine


def found(sheet: Sheet, name: str = "P1", config: EngineConfig | None = None) -> tuple[Found, Found, Any]:
    """Figures of a parent by name, (value, n, why), over its life and of late; and the whole row."""
    engine, board = engine_of(sheet, config), Memory()
    now, parents = engine.state.moment(), engine.state.parents()
    rows = worked_rows(parents, build(parents, engine.state.flow.all_chains(), now).standings, now, board)
    row = rows[[parent.parent_id for parent in parents].index(name)]
    spans: list[Found] = []
    for column in range(len(layout.SPANS)):
        spans.append({})
        for n, figure in enumerate(layout.WORKED):
            value = float(row["value"][n, column])
            why = board.texts[int(row["why"][n, column])]
            assert (value != value) == bool(why), f"{figure}: undefined exactly with a reason"
            spans[-1][figure] = (None if value != value else value, int(row["n"][n, column]), why)
    return spans[0], spans[1], row


def quoted(*, until: int = 60) -> Sheet:
    sheet = Sheet()
    sheet.quote(-S, "100.00", "100.02")
    sheet.quote(until * S, "100.00", "100.02")
    sheet.parent(0, "BUY", 9_000)
    return sheet


def child(sheet: Sheet, t: int, number: int, price: str = "100.00", qty: int = 100) -> dict[str, Any]:
    names = {"parent_id": "P1", "child_id": f"C{number}", "instrument": "INST", "side": "BUY"}
    sheet.order(t, "child_new", **names, qty=qty, price=price)
    return names


def test_that_posted_quantity_filled_in_time_counts_and_what_is_not_passive_does_not() -> None:
    sheet = quoted()
    child(sheet, 1 * S, 1)
    sheet.fill(3 * S, 100, "100.00", "F1", child_id="C1", liquidity="A")
    child(sheet, 2 * S, 2)
    sheet.fill(22 * S, 50, "100.00", "F2", child_id="C2", liquidity="A")
    child(sheet, 3 * S, 3)
    child(sheet, 4 * S, 4, price="100.02")  # takes
    sheet.fill(4 * S + MS, 100, "100.02", "F3", child_id="C4", liquidity="R")
    child(sheet, 58 * S, 5)  # has had a second, not five
    life, recent, row = found(sheet)
    assert life["filled_1s"] == (0.0, 4, "")
    assert life["filled_5s"] == (pytest.approx(100 / 300), 3, "")
    assert life["filled_30s"] == (pytest.approx(150 / 300), 3, "")
    assert life == recent
    assert (row["since"].tolist(), row["until"]) == ([T0, T0], T0 + 60 * S)


def test_that_a_replace_ends_a_post_and_begins_one_and_a_cancel_ends_it() -> None:
    sheet = quoted()
    names = child(sheet, 1 * S, 1)
    sheet.fill(2 * S, 40, "100.00", "F1", child_id="C1")
    replaced = names | {"child_id": "C1b", "orig_child_id": "C1"}
    sheet.order(3 * S, "child_replaced", **replaced, qty=100, price="99.99")
    sheet.fill(4 * S, 10, "99.99", "F2", child_id="C1b")
    sheet.order(
        5 * S, "child_replaced", **(replaced | {"child_id": "C1c", "orig_child_id": "C1b"}), qty=100, price="100.02"
    )
    sheet.fill(6 * S, 5, "100.02", "F3", child_id="C1c")
    again = replaced | {"child_id": "C1d", "orig_child_id": "C1c"}
    sheet.order(7 * S, "restated", **again, qty=90, price="100.00")
    sheet.order(8 * S, "child_cancelled", **again)
    sheet.fill(9 * S, 1, "100.00", "F4", child_id="C1d")
    engine = engine_of(sheet)
    (parent,) = engine.state.parents()
    (chain,) = engine.state.flow.all_chains()
    fills = {id(fill.fact): fill for fill in stand(parent.facts).fills}
    assert posts_of(chain, fills, engine.state.joins) == [
        Post(T0 + 1 * S, 100, (40, 40, 40)), Post(T0 + 3 * S, 60, (10, 10, 10)), Post(T0 + 7 * S, 35, (0, 0, 0)),
    ]  # fmt: skip
    assert posts_of(chain, {}, engine.state.joins)[1] == Post(T0 + 3 * S, 100, (0, 0, 0)), "busted fills are absent"


def test_that_a_post_needs_a_price_and_a_mid() -> None:
    sheet = Sheet()
    sheet.parent(0, "BUY", 9_000)
    sheet.trade(0, "100.00", 1)
    names = child(sheet, 1 * S, 1)
    sheet.order(5 * S, "child_new", **(names | {"child_id": "C2"}), qty=100)
    sheet.quote(3 * S, "100.00", "100.02")
    sheet.quote(60 * S, "100.00", "100.02")
    life, _, _ = found(sheet)
    assert life["filled_1s"] == (None, 0, NO_POST)


def test_that_our_aggressor_share_is_told_or_by_price_and_says_how_much() -> None:
    sheet = quoted()
    sheet.fill(1 * S, 100, "100.00", "F1", liquidity="A")
    sheet.fill(2 * S, 100, "100.02", "F2", liquidity=None)
    sheet.fill(3 * S, 100, "100.01", "F3", liquidity=None)  # at the mid
    sheet.fill(4 * S, 700, "100.02", "F4", liquidity="D")
    sheet.fill(5 * S, 200, "100.02", "F5", liquidity="R")
    sheet.order(6 * S, "bust", parent_id="P1", ref_exec_id="F5", exec_id="B")
    life, _, _ = found(sheet)
    assert life["aggressor_share"] == (0.5, 2, "")
    assert life["inferred_share"] == (0.5, 2, "")
    nothing, _, _ = found(quoted())
    assert nothing["aggressor_share"] == nothing["inferred_share"] == (None, 0, NO_FILL)


@pytest.mark.parametrize(("side", "expected"), [("BUY", 30 / 40), ("SELL", 10 / 40)])
def test_that_the_markets_share_is_of_aggressors_on_our_side_without_cancelled_prints(
    side: str, expected: float
) -> None:
    sheet = Sheet()
    sheet.quote(-S, "100.00", "100.02")
    sheet.trade(-500 * MS, "100.02", 1_000, side="B")
    sheet.parent(0, side, 9_000)
    sheet.trade(1 * S, "100.02", 30, side="B")
    sheet.trade(2 * S, "100.00", 10, side="N")  # told by its price
    sheet.trade(3 * S, "100.01", 500, side="N")  # at the mid: nobody's
    sheet.trade(4 * S, "100.00", 70, side="A")
    sheet.trade(5 * S, "100.02", 20, side="B")
    sheet.cancel_print(6 * S, "100.00", 70)
    sheet.cancel_print(7 * S, "100.02", 20)
    sheet.quote(60 * S, "100.00", "100.02")
    life, recent, _ = found(sheet)
    assert life["market_aggressor_share"] == recent["market_aggressor_share"] == (pytest.approx(expected), 40, "")
    silent, _, _ = found(quoted())
    assert silent["market_aggressor_share"] == (None, 0, NO_FLOW)


def test_that_of_late_begins_at_the_last_own_event_that_is_a_quarter_of_an_hour_old() -> None:
    late = RECENT_NS // S
    sheet = quoted(until=late + 100)
    for n, (at, price, side) in enumerate([(10, "100.02", "B"), (70, "100.00", "A"), (late + 90, "100.02", "B")]):
        sheet.trade(at * S, price, 100, side=side)
        sheet.fill(at * S, 50, price, f"F{n}", liquidity="R" if side == "B" else "A")
    sheet.trade((late + 91) * S, "100.00", 300, side="A")
    child(sheet, 60 * S, 1)
    child(sheet, (late + 50) * S, 2)
    life, recent, row = found(sheet)
    # the end is at 1,000 s: a quarter of an hour before is 100 s, the last own event until then the fill at 70 s
    assert row["since"].tolist() == [T0, T0 + 70 * S]
    assert life["market_aggressor_share"] == (pytest.approx(200 / 600), 600, "")
    assert recent["market_aggressor_share"] == (pytest.approx(100 / 400), 400, "")
    assert life["aggressor_share"] == (pytest.approx(2 / 3), 3, "")
    assert recent["aggressor_share"] == (1.0, 1, "")
    assert life["participation"] == (150 / 600, 3, "")
    assert recent["participation"] == (50 / 400, 1, "")
    assert (life["filled_30s"][1], recent["filled_30s"][1]) == (2, 1)
    assert (life["same_size"][1], recent["same_size"][1]) == (2, 1)


def test_that_a_recent_span_passes_over_own_events_the_market_forgot() -> None:
    late = RECENT_NS // S
    sheet = quoted(until=late + 100)
    sheet.fill(10 * S, 50, "100.02", "F1", liquidity="R")
    sheet.fill(20 * S, 50, "100.02", "F2", liquidity="R")
    engine = engine_of(sheet)
    now, parents = engine.state.moment(), engine.state.parents()
    standings = build(parents, engine.state.flow.all_chains(), now).standings
    facts = {fact.row.exec_id: fact for fact in parents[0].facts}
    engine.state.joins.rows["quality"][facts["F2"].at] = 10  # unjoined
    row = worked_rows(parents, standings, now, Memory())[0]
    assert row["since"].tolist() == [T0, T0 + 10 * S]
    engine.state.joins.rows["quality"][[fact.at for fact in facts.values()]] = 10
    board = Memory()
    row = worked_rows(parents, standings, now, board)[0]
    assert row["since"].tolist() == [T0, T0], "none is left: all of it"
    place = layout.WORKED.index("market_aggressor_share")
    assert [board.texts[why] for why in row["why"][place].tolist()] == ["unjoined", "unjoined"]


def test_that_participation_counts_what_was_on_the_tape_and_not_the_auction() -> None:
    sheet = quoted()
    sheet.trade(1 * S, "100.02", 400, side="B")
    sheet.trade(4 * S, "100.01", 100, side="N")
    sheet.fill(2 * S, 100, "100.02", "F1", liquidity="R")
    sheet.fill(3 * S, 900, "100.01", "F2", liquidity="X")
    sheet.fill(4 * S, 100, "100.01", "F3", liquidity="D")  # its print is the one of 4 s
    sheet.fill(30 * S, 300, "100.01", "F4", liquidity="D")  # on no tape
    life, _, _ = found(sheet)
    assert life["participation"] == (200 / 500, 2, "")
    dry, _, _ = found(quoted())
    assert dry["participation"] == (None, 0, NO_VOLUME)


def test_that_rhythm_needs_children_that_are_seen() -> None:
    sheet = quoted()
    for n, at in enumerate((1, 11, 21)):
        child(sheet, at * S, n)
    life, _, _ = found(sheet)
    assert (life["gap_s"], life["gap_variation"], life["same_size"]) == ((10.0, 2, ""), (0.0, 2, ""), (1.0, 3, ""))
    unseen = quoted()
    unseen.fill(1 * S, 10, "100.02")
    life, _, _ = found(unseen)
    for name in ("filled_1s", "filled_5s", "filled_30s", "gap_s", "gap_variation", "same_size"):
        assert life[name] == (None, 0, NOT_SEEN)


def test_that_what_is_no_order_has_no_figures() -> None:
    sheet = quoted()
    sheet.fill(1 * S, 10, "100.02", "LOST", parent_id=None)
    sheet.order(0, "parent_new", parent_id="P0", instrument="INST", qty=5)  # no side
    for name in ("unassigned", "P0"):
        life, recent, row = found(sheet, name)
        assert set(life.values()) == set(recent.values()) == {(None, 0, NO_SPAN)}
        assert (row["since"].tolist(), row["until"]) == ([NULL, NULL], NULL)
    assert len(WITHIN_NS) == 3
