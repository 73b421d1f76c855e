"""orders.parquet: every kind, every column, every rule; what is bad is set aside, the rest goes on."""

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.errors import DecodeError
from app.engine.events import KINDS, OrderRow
from app.feeds.decode import check
from app.feeds.decode.order_rules import Usual
from app.feeds.decode.orders import COLUMNS, EXTRA, OrderDecoder, orders_table
from tests.feeds.made import PX, T0, some_orders

COMPLETE: dict[str, Any] = {
    "ts_event": T0, "source": "ems", "parent_id": "P", "algo_order_id": "A", "child_id": "C", "exec_id": "E",
    "instrument": "TECH", "side": "BUY", "qty": 10, "price": PX,
}  # fmt: skip


def table_of(*rows: dict[str, Any], **types: pa.DataType) -> pa.Table:
    names = list(dict.fromkeys(name for row in rows for name in row))
    return pa.table(
        {name: pa.array([row.get(name) for row in rows], types.get(name)) for name in names},
    )


def decoded(*rows: dict[str, Any], **types: pa.DataType) -> tuple[list[OrderRow], check.Verdict]:
    return OrderDecoder("orders.parquet").decode(table_of(*rows, **types))


def test_that_every_column_survives_writing_and_reading() -> None:
    orders = some_orders()
    again, verdict = OrderDecoder("orders.parquet").decode(orders_table(orders))
    assert verdict.entries == []
    for place, (row, before) in enumerate(zip(again, orders, strict=True)):
        for name in (*COLUMNS, *EXTRA):
            assert getattr(row, name) == getattr(before, name), name
        assert row.rec == place
    filled = {name for row in orders for name in COLUMNS if getattr(row, name) is not None}
    assert filled == set(COLUMNS) - {"orig_child_id"}


def test_that_columns_beside_the_format_are_written_only_where_they_say_something() -> None:
    assert not set(EXTRA) & set(orders_table(some_orders()[:1]).column_names)
    assert set(EXTRA) <= set(orders_table(some_orders()).column_names)
    assert orders_table([]).column_names == list(COLUMNS)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_that_every_kind_is_read_with_what_it_needs(kind: str) -> None:
    rows, verdict = decoded({**COMPLETE, "kind": kind})
    assert verdict.entries == []
    assert rows[0].kind == kind


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        *[(kind, "parent_id") for kind in ("parent_new", "parent_amended", "parent_done")],
        *[(kind, "algo_order_id") for kind in sorted(KINDS) if kind.startswith("algo_")],
        *[(kind, "child_id") for kind in sorted(KINDS) if kind.startswith("child_")],
        ("parent_new", "instrument"),
        ("parent_new", "side"),
        ("parent_new", "qty"),
        ("fill", "qty"),
        ("fill", "price"),
    ],
)
def test_that_a_kind_without_what_it_needs_is_set_aside(kind: str, field: str) -> None:
    good = {**COMPLETE, "kind": kind}
    rows, verdict = decoded(good, {**good, field: None}, good)
    assert [row.rec for row in rows] == [0, 2]
    assert verdict.rows == 1
    assert verdict.entries[0].where == "orders.parquet row 1"
    assert f"{field} = None is not allowed; allowed: a value where kind is " in verdict.entries[0].reason


@pytest.mark.parametrize("kind", ["bust", "correct"])
def test_that_a_bust_names_an_execution_one_way_or_the_other(kind: str) -> None:
    nothing = {**COMPLETE, "kind": kind, "exec_id": None, "ref_exec_id": None}
    rows, verdict = decoded({**nothing, "exec_id": "E"}, {**nothing, "ref_exec_id": "E"}, nothing)
    assert [row.rec for row in rows] == [0, 1]
    assert "ref_exec_id = None" in verdict.entries[0].reason


def test_that_a_fill_without_a_parent_or_a_side_is_no_fault_of_the_file() -> None:
    rows, verdict = decoded({"ts_event": T0, "source": "s", "kind": "fill", "qty": 1, "price": PX})
    assert verdict.entries == []
    assert (rows[0].parent_id, rows[0].side) == (None, None)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("kind", "parent", "kind = 'parent' is not allowed; allowed: algo_done"),
        ("kind", None, "kind = None"),
        ("side", "buy", "side = 'buy' is not allowed; allowed: BUY, SELL, SHORT"),
        ("liquidity", "M", "liquidity = 'M' is not allowed; allowed: A, R, X, D"),
        ("visibility", "V4", "visibility = 'V4' is not allowed; allowed: V3, V2, V1"),
        ("source", None, "source = None is not allowed; allowed: the name of a source"),
        ("source", "", "source = ''"),
        ("ts_event", 0, "ts_event = 0 is not allowed"),
        ("ts_event", None, "ts_event = None"),
        ("ts_event", -T0, f"ts_event = {-T0}"),
        ("ts_recv", -1, "ts_recv = -1"),
        ("ts_match", 0, "ts_match = 0"),
        ("start_ns", -1, "start_ns = -1"),
        ("qty", -10, "qty = -10 is not allowed; allowed: 0 to"),
        ("qty", 0, "qty = 0 is not allowed; allowed: more than 0 for a parent or fill"),
        ("qty", 2**61, f"qty = {2**61}"),
        ("price", 2**62, f"price = {2**62}"),
        ("limit_price", -(2**62), f"limit_price = {-(2**62)}"),
        ("decision_price", 2**62, "decision_price"),
        ("fee", 2**62, "fee"),
        ("cum_qty", -1, "cum_qty = -1"),
        ("target_pov", -0.1, "target_pov = -0.1 is not allowed; allowed: a fraction, 0 or more"),
        ("max_pov", float("inf"), "max_pov = inf"),
        ("target_pov", float("nan"), "target_pov = nan"),
        ("propensity", 1.5, "propensity = 1.5 is not allowed; allowed: a probability from 0 to 1"),
    ],
)
def test_that_a_value_out_of_its_range_is_set_aside(field: str, value: object, words: str) -> None:
    good = {**COMPLETE, "kind": "fill", field: COMPLETE.get(field)}
    types = {"target_pov": pa.float64(), "max_pov": pa.float64(), "propensity": pa.float64()}
    good_kind = {**good, "kind": "fill"}
    rows, verdict = decoded(good_kind, {**good_kind, field: value}, **types)
    assert [row.rec for row in rows] == [0]
    assert verdict.entries[0].where == "orders.parquet row 1"
    assert words in verdict.entries[0].reason
    assert verdict.entries[0].raw


def test_that_a_child_of_no_quantity_is_allowed() -> None:
    rows, _ = decoded({**COMPLETE, "kind": "child_replaced", "qty": 0})
    assert rows[0].qty == 0


def test_that_a_float_quantity_that_is_not_whole_is_set_aside() -> None:
    rows, verdict = decoded({**COMPLETE, "kind": "fill"}, {**COMPLETE, "kind": "fill", "qty": 1.5}, qty=pa.float64())
    assert [row.qty for row in rows] == [10]
    assert "qty = 1.5 is not allowed; allowed: a whole number" in verdict.entries[0].reason


def test_that_instruments_are_checked_where_they_are_known() -> None:
    decoder = OrderDecoder("orders.parquet", known=frozenset({"TECH"}))
    good = {**COMPLETE, "kind": "fill"}
    rows, verdict = decoder.decode(table_of(good, {**good, "instrument": "NOPE"}, {**good, "instrument": None}))
    assert [row.rec for row in rows] == [0, 2]
    assert (
        "instrument = 'NOPE' is not allowed; allowed: an instrument of instruments.parquet" in verdict.entries[0].reason
    )


def test_that_instruments_are_renamed_by_the_time_of_the_row() -> None:
    decoder = OrderDecoder("orders.parquet", rename=lambda symbol, time: f"{symbol}@{time - T0}")
    good = {**COMPLETE, "kind": "fill"}
    rows, _ = decoder.decode(table_of(good, {**good, "ts_event": T0 + 3}, {**good, "instrument": None}))
    assert [row.instrument for row in rows] == ["TECH@0", "TECH@3", None]


@pytest.mark.parametrize("kind", [pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
def test_that_text_of_any_width_is_read(kind: pa.DataType) -> None:
    rows, verdict = decoded({**COMPLETE, "kind": "fill"}, kind=kind, source=kind, side=kind, instrument=kind)
    assert verdict.entries == []
    assert (rows[0].kind, rows[0].side, rows[0].instrument) == ("fill", "BUY", "TECH")


def test_that_a_table_in_several_chunks_is_one_table() -> None:
    one = table_of({**COMPLETE, "kind": "fill"}, kind=pa.dictionary(pa.int32(), pa.string()))
    two = table_of({**COMPLETE, "kind": "bust"}, kind=pa.dictionary(pa.int32(), pa.string()))
    rows, _ = OrderDecoder("orders.parquet").decode(pa.concat_tables([one, two, one]))
    assert [(row.kind, row.rec) for row in rows] == [("fill", 0), ("bust", 1), ("fill", 2)]


def test_that_a_table_without_rows_gives_none() -> None:
    assert decoded({**COMPLETE, "kind": "fill"})[0]
    empty = table_of({**COMPLETE, "kind": "fill"}).slice(0, 0)
    rows, verdict = OrderDecoder("orders.parquet").decode(empty)
    assert rows == []
    assert verdict.rows == 0


@pytest.mark.parametrize("column", ["ts_event", "kind", "source"])
def test_that_a_missing_column_is_named(column: str) -> None:
    table = table_of({**COMPLETE, "kind": "fill"}).drop_columns([column])
    with pytest.raises(DecodeError, match=f"a table with the column {column}"):
        OrderDecoder("orders.parquet").decode(table)


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("qty", pa.string()),
        ("kind", pa.int64()),
        ("propensity", pa.string()),
        ("randomised", pa.int64()),
        ("raw", pa.int64()),
    ],
)
def test_that_a_wrong_type_is_named(column: str, kind: pa.DataType) -> None:
    row = {name: value for name, value in {**COMPLETE, "kind": "fill"}.items() if name != column}
    table = table_of(row).append_column(column, pa.array([None], kind))
    with pytest.raises(DecodeError, match=rf"orders.parquet: type of {column} = '{kind}' is not allowed; allowed: "):
        OrderDecoder("orders.parquet").decode(table)


def test_that_a_column_that_occurs_twice_is_refused() -> None:
    table = table_of({**COMPLETE, "kind": "fill"})
    with pytest.raises(DecodeError, match="each column once"):
        OrderDecoder("orders.parquet").decode(table.append_column("qty", table["qty"]))


def test_that_raw_messages_may_be_text() -> None:
    rows, _ = decoded({**COMPLETE, "kind": "fill", "raw": "8=FIX"})
    assert rows[0].raw == b"8=FIX"


_DRAWN: dict[str, st.SearchStrategy[Any]] = {
    "kind": st.sampled_from([*sorted(KINDS), None, "jump"]),
    "ts_event": st.sampled_from([T0, T0 + 1, 0, None]),
    "source": st.sampled_from(["ems", "ems", "", None]),
    "parent_id": st.sampled_from(["P", None]),
    "exec_id": st.sampled_from(["E", None]),
    "side": st.sampled_from(["BUY", "SHORT", "buy", None]),
    "qty": st.sampled_from([10, 0, -1, None]),
    "price": st.sampled_from([PX, 2**62, None]),
    "fee": st.sampled_from([-5, 2**62, None]),
    "target_pov": st.sampled_from([0.1, -0.1, float("nan"), None]),
    "instrument": st.sampled_from(["TECH", "OTHER", None]),
    "liquidity": st.sampled_from(["A", "Z", None]),
}


@given(st.lists(st.fixed_dictionaries({}, optional=_DRAWN), min_size=1, max_size=3), st.booleans())
def test_that_a_table_is_sound_at_one_look_exactly_where_no_row_is_set_aside(
    drawn: list[dict[str, Any]], known: bool
) -> None:
    table = table_of(*({**COMPLETE, "kind": "fill"} | row for row in drawn))
    looked: list[bool] = []
    sound = Usual.sound

    def look(usual: Usual) -> bool:
        looked.append(sound(usual))
        return looked[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Usual, "sound", look)
        quick = OrderDecoder("orders.parquet", frozenset({"TECH"}) if known else frozenset()).decode(table)
        patch.setattr(Usual, "sound", lambda self: False)
        slow = OrderDecoder("orders.parquet", frozenset({"TECH"}) if known else frozenset()).decode(table)
    assert quick[0] == slow[0]
    assert quick[1].entries == slow[1].entries
    assert looked == [not slow[1].entries]


def test_that_rows_of_many_kinds_come_in_the_order_of_the_file() -> None:
    kinds = ["fill", "child_new", "fill", "parent_new", "child_new", "algo_done", "fill"]
    rows, _verdict = decoded(*({**COMPLETE, "kind": kind, "seq": n} for n, kind in enumerate(kinds)))
    assert [(row.kind, row.seq, row.rec) for row in rows] == [(kind, n, n) for n, kind in enumerate(kinds)]
