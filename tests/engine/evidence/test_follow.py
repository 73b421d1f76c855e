"""The evidence of a run: the same whatever the blocks, the interleaving or a stop on the way; what comes too late."""

from typing import Any

import numpy as np
import pytest

from app.engine.config import EngineConfig
from app.engine.core import Engine
from app.engine.events import Block, OrderRow
from app.engine.evidence.follow import AHEAD_NS, LAG_NS
from app.engine.evidence.rows import QUOTES
from app.engine.evidence.windows import OPEN, SCORED, VOID
from app.engine.units import NULL
from app.feeds.generator.hand import T0, Sheet
from tests.engine.days import comparable, in_time, last_ts, shuffled
from tests.engine.evidence.made import MS, S, market_sheet, model, own_day, own_parent, parents_of, played
from tests.engine.evidence.test_placebo import collected

MODEL = model()
DAY = own_day()
REFERENCE = played(DAY)


def fresh(sheet: Sheet = DAY, **config: Any) -> Engine:
    return Engine(sheet.universe(), EngineConfig(evidence=MODEL, **config))


def evidence_of(engine: Engine) -> Any:
    assert engine.state.evidence is not None
    return engine.state.evidence


def same(engine: Engine) -> None:
    assert comparable(engine.tables()) == comparable(REFERENCE.tables())
    assert engine.tables()["evidence"] == REFERENCE.tables()["evidence"]
    assert engine.output_hash() == REFERENCE.output_hash()


def test_that_the_day_is_scored() -> None:
    row = parents_of(REFERENCE)["P1"]
    assert row["n_scored"] + row["n_void"] == 11
    assert row["n_scored"] >= 10
    assert row["epoch"] == 1
    lines = REFERENCE.tables()["evidence"]
    assert {"passive", "aggressive", "triggered"} >= set(lines["class"]) - {None} >= {"aggressive"}
    assert set(lines["window_ms"]) - {None} <= {500, 1000, 2000, 4000, 8000}
    assert [child is not None for child in REFERENCE.tables()["children"]["score"]].count(True) == row["n_scored"]


@pytest.mark.parametrize("size", [7, 500, 5000])
def test_that_the_evidence_does_not_depend_on_the_block(size: int) -> None:
    same(played(DAY, size))


@pytest.mark.parametrize("picks", [[0] * 60, [1, 2, 0] * 20, [2] * 60])
def test_that_no_interleaving_of_the_order_sources_shows(picks: list[int]) -> None:
    orders, engine = shuffled(DAY.order_rows(), picks), fresh()
    blocks = in_time(DAY, engine.universe, 64)
    share = -(-len(orders) // len(blocks))
    for n, block in enumerate(blocks):
        engine.apply(Block(block.watermark, block.market, tuple(orders[n * share : (n + 1) * share])))
    engine.finish(last_ts(DAY))
    same(engine)


def test_that_all_orders_after_the_market_make_no_difference() -> None:
    engine = fresh()
    engine.apply(Block(last_ts(DAY) + 1, DAY.market_rows(engine.universe)))
    engine.apply(Block(last_ts(DAY) + 1, orders=tuple(DAY.order_rows())))
    engine.finish(last_ts(DAY))
    same(engine)


@pytest.mark.parametrize("cuts", [{2}, {1, 4, 5, 6, 7}])
def test_that_a_stop_on_the_way_changes_nothing(cuts: set[int]) -> None:
    engine = fresh()
    for n, block in enumerate(in_time(DAY, engine.universe, 97)):
        if n in cuts:
            saved = engine.save()
            assert Engine.load(saved, DAY.universe(), engine.config).save() == saved
            engine = Engine.load(saved, DAY.universe(), engine.config)
        engine.apply(block)
    engine.finish(last_ts(DAY))
    same(engine)
    same(Engine.load(engine.save(), DAY.universe(), engine.config))


def test_that_a_day_begun_without_a_model_is_scored_from_there_on() -> None:
    engine = Engine(DAY.universe(), EngineConfig())
    for n, block in enumerate(in_time(DAY, engine.universe, 97)):
        if n == 4:
            engine = Engine.load(engine.save(), DAY.universe(), fresh().config)
        engine.apply(block)
    engine.finish(last_ts(DAY))
    row = parents_of(engine)["P1"]
    assert row["n_scored"] + row["n_void"] == 11
    other = Engine.load(engine.save(), DAY.universe(), EngineConfig(evidence=model(null=0.5)))
    assert evidence_of(other).used == 0


def test_that_a_stop_with_something_late_under_way_changes_nothing() -> None:
    orders, engine = DAY.order_rows(), fresh()
    late = [row for row in orders if row.child_id == "P1-C3"]
    blocks = in_time(DAY, engine.universe, 97)
    for n, block in enumerate(blocks):
        told = tuple(row for row in block.orders if row not in late)
        engine.apply(Block(block.watermark, block.market, told + (tuple(late) if n == 4 else ())))
        engine = Engine.load(engine.save(), DAY.universe(), engine.config)
    engine.finish(last_ts(DAY))
    same(engine)


def test_that_without_a_model_nothing_is_said() -> None:
    engine = Engine(DAY.universe(), EngineConfig())
    for block in in_time(DAY, engine.universe, 64):
        engine.apply(block)
    engine.finish(last_ts(DAY))
    assert engine.state.evidence is None
    row = parents_of(engine)["P1"]
    names = ("status", "e_value", "leak_bps", "n_scored", "drift_leak_ccy", "in_fdr_set")
    assert [row[name] for name in names] == [None] * 6
    assert engine.tables()["evidence"]["ts_event"] == []


def test_that_a_sale_in_the_mirrored_market_has_the_same_evidence() -> None:
    mirror = DAY.mirrored("100.00")
    there, here = played(mirror), REFERENCE
    for name in ("e_child", "e_value", "estimate", "class", "bucket", "window_ms", "status"):
        mine, theirs = here.tables()["evidence"][name], there.tables()["evidence"][name]
        assert len(mine) == len(theirs) > 9
        if name in ("e_child", "e_value", "estimate"):
            pairs = [(a, b) for a, b in zip(mine, theirs, strict=True) if a is not None]
            assert [a for a, _ in pairs] == pytest.approx([b for _, b in pairs], rel=1e-3)
        else:
            assert mine == theirs


def test_that_the_engine_is_a_little_behind_and_all_there_at_the_end() -> None:
    engine = fresh()
    for block in in_time(DAY, engine.universe, 64):
        engine.apply(block)
        for followed in evidence_of(engine).followed.values():
            assert followed.passed <= block.watermark - LAG_NS
    assert AHEAD_NS < LAG_NS
    engine.finish(last_ts(DAY))
    (followed,) = evidence_of(engine).followed.values()
    assert followed.passed == last_ts(DAY) + 1
    assert followed.open == -1


def test_that_windows_are_cut_by_the_next_event_of_anybody_of_ours() -> None:
    sheet = own_day()
    own_parent(sheet, 60, "SELL", "P2", instrument="INST")
    for row in sheet.orders:
        if row.get("child_id", "").startswith("P2"):
            row["ts_event"] += 600 * MS
            if "ts_match" in row:
                row["ts_match"] += 600 * MS
    engine = played(sheet)
    records = evidence_of(engine).records[: evidence_of(engine).used]
    records = records[np.argsort(records["t"])]
    assert (records["closed"][:-1] <= records["t"][1:]).all()
    cut = records[(records["side"] == 1) & (records["closed"] - records["t"] == 600 * MS)]
    assert len(cut) >= 7
    assert set(cut["length"].tolist()) == {0}
    assert not (records["state"] == OPEN).any()


def test_that_what_comes_too_late_is_counted_and_not_scored() -> None:
    engine = fresh(ring_ns=1, ring_rows=64)
    orders = DAY.order_rows()
    late = [row for row in orders if row.child_id == "P1-C2"]
    told = [row for row in orders if row not in late]
    blocks = in_time(DAY, engine.universe, 32)
    for n, block in enumerate(blocks):
        due = tuple(row for row in told if row.ts_event < block.watermark)
        told = told[len(due) :]
        engine.apply(Block(block.watermark, block.market, due + (tuple(late) if n == len(blocks) - 2 else ())))
    engine.finish(last_ts(DAY))
    assert evidence_of(engine).unplaced > 0
    row = parents_of(engine)["P1"]
    assert row["n_scored"] < parents_of(REFERENCE)["P1"]["n_scored"]
    assert row["n_void"] > 0


def test_that_children_that_turn_out_to_be_anothers_are_scored_there() -> None:
    sheet = market_sheet()
    own_parent(sheet, 60)
    rows = sheet.order_rows()
    names = [row for row in rows if row.kind == "algo_new"]
    engine = fresh(sheet)
    for block in in_time(sheet, engine.universe, 64):
        engine.apply(Block(block.watermark, block.market, tuple(row for row in block.orders if row not in names)))
    assert "P1" not in evidence_of(engine).trails() or not evidence_of(engine).trails()["P1"].acts
    engine.apply(Block(last_ts(sheet) + 1, orders=tuple(names)))
    engine.finish(last_ts(sheet))
    same(engine)


def test_that_a_child_of_another_instrument_after_all_moves_there() -> None:
    sheet = own_day()
    orders = [row for row in sheet.order_rows() if row.kind != "parent_new"]
    parent = next(row for row in sheet.order_rows() if row.kind == "parent_new")
    engine = fresh(sheet)
    wrong = OrderRow(ts_event=T0 + 1, kind="parent_amended", source="zz", seq=1, parent_id="P1", instrument="OTHER")
    engine.apply(Block(T0 - 1, orders=(wrong,)))
    market = sheet.market_rows(engine.universe)
    engine.apply(Block(last_ts(sheet) + 1, market, tuple(orders)))
    engine.apply(Block(last_ts(sheet) + 1, orders=(parent,)))
    engine.finish(last_ts(sheet))
    assert len(evidence_of(engine).followed) == 2
    assert parents_of(engine)["P1"]["n_scored"] == parents_of(REFERENCE)["P1"]["n_scored"]


@pytest.mark.parametrize(("told", "acts"), [("V1", 0), ("V2", 3), ("V3", 11)])
def test_that_what_is_not_seen_of_an_order_is_not_scored(told: str, acts: int) -> None:
    engine = played(own_day(visibility=told))
    trail = evidence_of(engine).trails()["P1"]
    assert trail.acts == acts
    assert parents_of(engine)["P1"]["status"] == "GREY"


def test_that_facts_without_a_parent_or_a_market_do_no_harm() -> None:
    sheet = market_sheet(seconds=20)
    sheet.fill(5 * S, 10, "100.00", "LOST", parent_id=None, liquidity="R")
    sheet.parent(2 * S, "BUY", 100, "P9", instrument="NOWHERE")
    sheet.order(6 * S, "child_new", child_id="X", parent_id=None, side="BUY", qty=5, price="99.00", instrument="INST")
    engine = played(sheet)
    rows = parents_of(engine)
    assert rows["unassigned"]["status"] == "GREY"
    assert rows["P9"]["n_scored"] == 0


def test_that_a_market_nobody_has_heard_of_is_asked_for_again() -> None:
    sheet = market_sheet(seconds=20)
    sheet.parent(2 * S, "BUY", 100, "P9", instrument="NOWHERE")
    sheet.order(
        6 * S, "child_new", child_id="X", parent_id="P9", side="BUY", qty=5, price="99.00", instrument="NOWHERE"
    )
    engine = fresh(sheet)
    nowhere = engine.universe.instruments.index("NOWHERE")
    for block in in_time(sheet, engine.universe, 64):
        engine.apply(block)
        evidence_of(engine)  # somebody looks
    assert evidence_of(engine).due[nowhere] > 6 * S
    assert not evidence_of(engine).followed[nowhere].symbol.cursor
    engine.finish(last_ts(sheet))
    assert parents_of(engine)["P9"]["n_scored"] == 0


def test_that_a_day_that_has_not_begun_says_nothing() -> None:
    engine = fresh()
    engine.apply(Block(NULL))
    engine.apply(Block(0))
    assert evidence_of(engine).followed == {}
    assert np.all(evidence_of(engine).due == NULL)


def test_that_a_fleet_of_symbols_is_heard_now_and_then_where_nothing_is_due() -> None:
    sheet = market_sheet(seconds=45)
    engine = played(sheet, 16)
    (followed,) = evidence_of(engine).followed.values()
    assert followed.symbol.cursor == last_ts(sheet) + 1
    assert len(evidence_of(engine).records) >= 0
    assert followed.symbol.stream["lam120"][0] > 0


def test_that_clocks_far_apart_mute_the_fastest_answers_only() -> None:
    near, far = (played(DAY, clock_budget_ns={"*": budget}) for budget in (10 * MS, 60 * MS))
    for engine, muted in ((near, False), (far, True)):
        records = evidence_of(engine).records[: evidence_of(engine).used]
        scored = records[records["state"] == SCORED]
        assert (scored["e"][:, QUOTES] == 1.0).all() == muted
        assert not (scored["e"][:, QUOTES + 2] == 1.0).all()
        assert (records["state"] != VOID).any()


def test_that_an_instrument_with_an_index_follows_it() -> None:
    sheet = market_sheet(5, 30, index="SPX", beta=1.5)
    own_parent(sheet, 30)
    engine = played(sheet)
    number = engine.universe.instruments.index("SPX")
    own = engine.universe.instruments.index("INST")
    assert evidence_of(engine).followed[own].symbol.kernels.market == number
    assert {one.symbol.kernels.market for one in evidence_of(played(DAY)).followed.values()} == {-1}


def test_that_moments_ahead_are_waited_for() -> None:
    made = collected(market_sheet(35, 10))
    assert made.tried > 0
    due = [made.due[one.symbol.instrument] for one in made.followed.values()]
    ahead = [one.moments[one.at].t for one in made.followed.values() if one.at < len(one.moments)]
    assert all(when <= max([*ahead, when]) for when in due)


def test_that_an_event_in_a_market_of_one_side_is_void_once_also_when_it_is_read_again() -> None:
    sheet = Sheet()
    sheet.reference(currency="USD", quote_currency="USD", adv=1e6, daily_sigma=0.02, tick_size=10_000_000)
    for n in range(450):
        sheet.quote(n * S // 10, "100.00", None if 40 < n < 60 else "100.01")
    sheet.parent(0, "BUY", 1_000, "P1")
    sheet.trade(5 * S, "100.00", 100, side="B")
    sheet.fill(5 * S, 100, "100.00", "F1", liquidity="R")
    sheet.order(40 * S, "parent_amended", parent_id="P1", qty=900)
    engine, orders = fresh(sheet), sheet.order_rows()
    blocks, late = in_time(sheet, engine.universe, 50), orders[-1]
    for n, block in enumerate(blocks):
        due = tuple(row for row in block.orders if row is not late and row.kind != "parent_amended")
        engine.apply(Block(block.watermark, block.market, due + ((late,) if n == len(blocks) - 1 else ())))
        open_windows = [followed.open for followed in evidence_of(engine).followed.values()]
        assert set(open_windows) <= {-1}
    engine.finish(last_ts(sheet))
    assert late.kind == "parent_amended"
    assert evidence_of(engine).used == 1
    assert (parents_of(engine)["P1"]["n_scored"], parents_of(engine)["P1"]["n_void"]) == (0, 1)
