"""The engine: blocks in, tables out; what is the same whatever the blocks, and what may not be done."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine import core
from app.engine.config import EngineConfig
from app.engine.core import Engine
from app.engine.errors import EngineError
from app.engine.events import Block, Control, Instrument, OrderRow, no_market
from app.engine.schema import TABLES
from app.engine.units import NULL
from app.engine.universe import Universe
from tests.engine.days import MS, T0, Memory, S, comparable, day, in_time, last_ts, shuffled, told
from tests.session.play import keyed

DAY = day()


def fed(size: int, config: EngineConfig | None = None) -> Engine:
    """The day in blocks of so many rows, not finished."""
    engine = Engine(DAY.universe(), config or EngineConfig())
    for block in in_time(DAY, engine.universe, size):
        engine.apply(block)
    return engine


def finished(size: int = 8) -> Engine:
    engine = fed(size)
    engine.finish(last_ts(DAY))
    return engine


REFERENCE = finished()


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_that_the_tables_do_not_depend_on_the_block(size: int) -> None:
    engine = finished(size)
    assert engine.tables() == REFERENCE.tables()
    assert engine.output_hash() == REFERENCE.output_hash()


def test_that_every_table_has_the_columns_of_the_schema_and_nothing_is_nan() -> None:
    tables = REFERENCE.tables()
    assert list(tables) == list(TABLES)
    for name, columns in TABLES.items():
        assert list(tables[name]) == [column.name for column in columns]
        assert len({len(values) for values in tables[name].values()}) == 1
        assert all(value == value for values in tables[name].values() for value in values)


def test_that_the_day_comes_out_as_it_was_written() -> None:
    parents = keyed(REFERENCE.tables()["parents"], "parent_id")
    assert set(parents) == {"P1", "P2", "unassigned"}
    assert (parents["P1"]["order_qty"], parents["P1"]["filled_qty"], parents["P1"]["n_fills"]) == (400, 60, 1)
    assert (parents["P1"]["algo"], parents["P1"]["visibility"], parents["P1"]["end_ts"]) == ("VWAP", "V3", T0 + 14 * S)
    assert (parents["P2"]["filled_qty"], parents["P2"]["side"], parents["P2"]["end_ts"]) == (100, "SHORT", T0 + 13 * S)
    assert (parents["unassigned"]["n_fills"], parents["unassigned"]["order_qty"]) == (1, None)
    children = keyed(REFERENCE.tables()["children"], "child_id")
    assert set(children) == {"C1"}
    assert (children["C1"]["filled"], children["C1"]["net_qty"], children["C1"]["n_busts"]) == (152, 60, 1)
    fills = keyed(REFERENCE.tables()["fills"], "fill_id")
    assert {name: fills[name]["flags"] for name in ("F1", "G1", "LOST")} == {"F1": "busted", "G1": None, "LOST": None}
    assert fills["F2"]["flags"] == "corrected match_time_assumed"


@settings(max_examples=25)
@given(st.lists(st.integers(0, 2), max_size=40), st.sampled_from([4, 64]))
def test_that_no_interleaving_of_the_order_sources_shows_in_a_table(picks: list[int], size: int) -> None:
    engine = told(DAY, shuffled(DAY.order_rows(), picks), size)
    assert comparable(engine.tables()) == comparable(REFERENCE.tables())
    assert engine.output_hash() == REFERENCE.output_hash()


def test_that_all_orders_late_are_counted_and_make_no_other_difference() -> None:
    engine = Engine(DAY.universe(), EngineConfig())
    market = DAY.market_rows(engine.universe)
    orders = tuple(DAY.order_rows())
    engine.apply(Block(last_ts(DAY) + 1, market))
    engine.apply(Block(last_ts(DAY) + 1, orders=orders))
    engine.finish(last_ts(DAY))
    assert comparable(engine.tables()) == comparable(REFERENCE.tables())
    late = engine.tables()["parents"]["n_late"]
    assert late == [13, 2, 1]
    assert REFERENCE.tables()["parents"]["n_late"] == [0, 0, 0]


def test_that_looking_on_the_way_changes_nothing() -> None:
    engine, board = Engine(DAY.universe(), EngineConfig()), Memory()
    for block in in_time(DAY, engine.universe, 3):
        early = Block(block.watermark - 3 * S, block.market, block.orders)  # joins stay open for a while
        engine.apply(early)
        engine.publish(board)
        engine.tables()
    engine.finish(last_ts(DAY))
    assert engine.tables() == REFERENCE.tables()


def test_that_tables_of_now_follow_the_data() -> None:
    engine = Engine(DAY.universe(), EngineConfig())
    seen = []
    for block in in_time(DAY, engine.universe, 8):
        engine.apply(block)
        seen.append(keyed(engine.tables()["parents"], "parent_id")["P1"]["filled_qty"])
    assert seen == [152, 60, 60, 60]


def test_that_after_the_end_the_tables_stand_and_nothing_more_is_taken() -> None:
    engine = finished()
    assert engine.tables() is engine.tables()
    with pytest.raises(EngineError, match="after the end of data"):
        engine.apply(Block(NULL))


def test_that_data_never_ends_before_the_last_row() -> None:
    engine = fed(8)
    engine.finish(0)
    assert engine.state.end == last_ts(DAY)
    assert engine.output_hash() == REFERENCE.output_hash()
    later = fed(8)
    later.finish(last_ts(DAY) + 400 * S)
    assert later.state.end == last_ts(DAY) + 400 * S
    assert REFERENCE.undefined()["horizon_past_end"] > 0
    assert "horizon_past_end" not in later.undefined()


def test_that_the_run_hash_tells_what_became_known_when() -> None:
    assert finished().run_hash() == REFERENCE.run_hash() != finished(3).run_hash()
    hashes = []
    for control in (
        (),
        (Control(ts_event=T0, kind="up", source="a"),),
        (Control(ts_event=T0 + 1, kind="up", source="a"),),
        (Control(ts_event=T0, kind="up", source="b"),),
        (Control(ts_event=T0, kind="down", source="a"),),
    ):
        engine = Engine(Universe(), EngineConfig())
        engine.apply(Block(T0, controls=control))
        hashes.append(engine.run_hash())
    assert len(set(hashes)) == 5
    engine = Engine(Universe(), EngineConfig())
    assert engine.run_hash() == ""
    engine.apply(Block(T0 + 1))
    assert engine.run_hash() not in hashes


def test_that_joins_made_final_inside_a_long_block_are_in_the_run_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "SUB_BLOCK", 4)
    remembered: list[int] = []
    plain = Engine._remember

    def remember(self: Engine, block: Block, finals: list[Any], late: int) -> None:
        remembered.extend(id(fact) for fact in finals)
        plain(self, block, finals, late)

    monkeypatch.setattr(Engine, "_remember", remember)
    engine = finished(1000)
    assert len(remembered) == len(set(remembered)) == len(engine.state.flow.facts)
    assert engine.tables() == REFERENCE.tables()


def test_that_a_gap_a_source_tells_of_is_counted_with_it() -> None:
    engine = fed(8)
    engine.apply(Block(last_ts(DAY) + 2, controls=(Control(ts_event=1, kind="gap", source="feed-XONE"),)))
    engine.apply(Block(last_ts(DAY) + 2, controls=(Control(ts_event=1, kind="gap", source="stranger"),)))
    assert engine.universe.sources.names == ["feed-XONE"]
    assert engine.counts["gaps"] == 2
    assert engine.state.counted.of(0) == (len(DAY.market), 0, 1)
    assert Engine.load(engine.save(), DAY.universe(), EngineConfig()).state.counted.of(0)[2] == 1


@pytest.mark.parametrize("kind", ["position", "aside"])
def test_that_a_readers_own_note_is_no_fact_of_the_day(kind: Any) -> None:
    noted, plain = fed(8), fed(8)
    noted.apply(Block(last_ts(DAY) + 2, controls=(Control(ts_event=10**19, kind=kind, source="feed-XONE", text="7"),)))
    plain.apply(Block(last_ts(DAY) + 2))
    assert noted.run_hash() == plain.run_hash()
    assert (noted.state.last_ts, noted.counts) == (plain.state.last_ts, plain.counts)


def test_that_a_long_block_is_cut_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "SUB_BLOCK", 4)
    cut = fed(1000, EngineConfig(book=True))
    cut.finish(last_ts(DAY))
    monkeypatch.undo()
    whole = fed(1000, EngineConfig(book=True))
    assert cut.tables() == REFERENCE.tables()
    assert cut.touches.tobytes() == whole.touches.tobytes()
    assert sorted(set(whole.touches["rec"].tolist())) == list(range(len(DAY.market)))
    assert cut.state.counted.of(0) == whole.state.counted.of(0) == (len(DAY.market), 0, 0)


def test_that_touches_are_those_of_the_last_block_and_only_where_asked_for() -> None:
    assert len(fed(8).touches) == 0
    engine = fed(8, EngineConfig(book=True))
    assert sorted(set(engine.touches["rec"].tolist())) == list(range(24, len(DAY.market)))
    engine.apply(Block(last_ts(DAY) + 2))
    assert len(engine.touches) == 0


def test_that_rows_are_counted_by_source_and_in_all() -> None:
    engine = fed(8)
    assert engine.state.rows_in == len(DAY.market) + len(DAY.orders)
    assert engine.state.counted.of(0) == (len(DAY.market), 0, 0)
    assert engine.state.last_ts == last_ts(DAY)


def test_that_controls_say_which_sources_are_up_and_where_gaps_were() -> None:
    engine = Engine(Universe(), EngineConfig())
    kinds = ("up", "down", "gap", "gap", "heartbeat")
    controls = [Control(ts_event=T0 + n, kind=kind, source="a") for n, kind in enumerate(kinds)]  # type: ignore[arg-type]
    engine.apply(Block(T0, controls=tuple(controls)))
    assert engine.state.sources == {"a": "down"}
    assert engine.counts == {"gaps": 2}
    assert engine.state.last_ts == T0 + 4


def test_that_irregular_rows_are_counted_by_name() -> None:
    sheet = day()
    sheet.cancel_print(20 * S, "1.00", 1)
    engine = Engine(sheet.universe(), EngineConfig())
    for block in in_time(sheet, engine.universe, 8):
        engine.apply(block)
    engine.apply(Block(last_ts(sheet) + 1, sheet.market_rows(engine.universe)[:2]))
    assert engine.counts["print_cancellations_not_found"] == 1
    assert engine.counts["time_ran_backwards"] == 2


def fill(**columns: Any) -> OrderRow:
    told: dict[str, Any] = {
        "ts_event": T0 + S, "kind": "fill", "source": "oms", "rec": 7, "parent_id": "P1", "exec_id": "F1",
        "qty": 5, "price": 100 * S, "instrument": "INST", "side": "BUY",
    }  # fmt: skip
    return OrderRow(**(told | columns))


@pytest.mark.parametrize(("missing", "other"), [("qty", "price"), ("price", "qty")])
def test_that_a_fill_without_quantity_or_price_is_set_aside_with_its_reason(missing: str, other: str) -> None:
    engine = Engine(Universe(), EngineConfig())
    row = fill(**{missing: None})
    effects = engine.apply(Block(T0, orders=(row, fill(exec_id="F2"))))
    (found,) = effects.quarantine
    assert (found.source, found.where) == ("oms", "row 7")
    assert found.reason == f"fill F1: {missing} = None is not allowed; allowed: a number"
    assert msgspec.json.decode(found.raw, type=OrderRow) == row
    assert other not in found.reason
    assert engine.tables()["fills"]["fill_id"] == ["F2"]
    assert engine.state.rows_in == 2


def test_that_a_fill_without_an_id_is_set_aside_under_its_kind() -> None:
    engine = Engine(Universe(), EngineConfig())
    (found,) = engine.apply(Block(T0, orders=(fill(exec_id=None, qty=None),))).quarantine
    assert found.reason.startswith("fill: qty = None")


def test_that_a_row_is_late_when_its_time_had_been_passed_before_its_block() -> None:
    engine = Engine(Universe(), EngineConfig())
    engine.apply(Block(T0 + S, orders=(fill(ts_event=T0),)))
    engine.apply(
        Block(T0 + 2 * S, orders=(fill(ts_event=T0 + S - 1), fill(ts_event=T0 + S), fill(ts_event=T0 + 3 * S)))
    )
    assert [fact.late for fact in engine.state.flow.facts] == [False, True, False, False]
    assert engine.state.watermark == T0 + 2 * S
    engine.apply(Block(T0))
    assert engine.state.watermark == T0 + 2 * S


@pytest.mark.parametrize(
    ("columns", "sigma2"),
    [
        ({"daily_sigma": 0.02}, 0.0004 / 23_400),
        ({"daily_sigma": 0.02, "open_ns": 0, "close_ns": 100 * S}, 0.0004 / 100),
        ({"daily_sigma": 0.02, "open_ns": 0}, 0.0004 / 23_400),
        ({"daily_sigma": 0.02, "open_ns": 5, "close_ns": 5}, 0.0),
        ({"daily_sigma": float("inf")}, 0.0),
        ({}, 0.0),
    ],
)
def test_that_volatility_starts_at_the_references(columns: dict[str, Any], sigma2: float) -> None:
    universe = Universe()
    universe.describe(Instrument(instrument="A"))
    universe.describe(Instrument(instrument="B", **columns))
    engine = Engine(universe, EngineConfig())
    engine.apply(Block(T0))
    engine.state.history.reach(2)
    assert engine.state.history.current["sigma2"].tolist() == [0.0, pytest.approx(sigma2)]
    universe.describe(Instrument(instrument="C", daily_sigma=0.02))
    engine.state.history.current["sigma2"][1] = 7.0
    engine.apply(Block(T0))
    assert engine.state.history.current["sigma2"].tolist() == [0.0, 7.0, pytest.approx(0.0004 / 23_400)]


def test_that_an_engine_told_nothing_has_empty_tables() -> None:
    engine = Engine(Universe(), EngineConfig())
    assert all(values == [] for columns in engine.tables().values() for values in columns.values())
    engine.finish(0)
    assert engine.counts == {}
    assert engine.undefined() == {}
    assert len(no_market()) == len(engine.touches) == 0


def test_that_a_saved_engine_goes_on_where_it_was() -> None:
    blocks = in_time(DAY, DAY.universe(), 8)
    engine = Engine(DAY.universe(), EngineConfig())
    for n, block in enumerate(in_time(DAY, engine.universe, 8)):
        engine.apply(block)
        engine = Engine.load(engine.save(), DAY.universe(), EngineConfig())
        assert n < len(blocks)
    engine.finish(last_ts(DAY))
    assert (engine.output_hash(), engine.run_hash()) == (REFERENCE.output_hash(), REFERENCE.run_hash())
    assert MS * 1000 == S


def test_that_a_path_can_be_put_on_the_board_before_anything_else_is() -> None:
    engine, early, whole = fed(8), Memory(), Memory()
    engine.path(early)
    fed(8).publish(whole)
    assert early.table("trace") == whole.table("trace")
    assert len(early.table("trace")) > 0
    engine.publish(early)
    assert early.table("trace") == whole.table("trace"), "not a second time"
