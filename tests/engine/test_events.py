"""Facts: packed rows without holes, order rows that name only what they say, blocks that never change."""

import dataclasses

import msgspec
import numpy as np
import pytest

from app.engine import events
from app.engine.events import (
    CHANGE,
    KINDS,
    LIQUIDITY,
    MARKET,
    ORDER_SIDE_NAMES,
    VISIBILITIES,
    Block,
    Control,
    Instrument,
    OrderRow,
    Quarantined,
    no_market,
)
from app.engine.units import NULL, ORDER_SIDES


@pytest.mark.parametrize("dtype", [MARKET, CHANGE])
def test_that_rows_are_packed_aligned_and_of_whole_words(dtype: np.dtype[np.void]) -> None:
    fields = dtype.fields
    assert fields is not None
    assert sum(field[0].itemsize for field in fields.values()) == dtype.itemsize
    assert dtype.itemsize % 8 == 0
    for field in fields.values():
        assert field[1] % field[0].base.itemsize == 0


def test_that_a_change_holds_whatever_a_market_row_holds_of_it() -> None:
    for name in ("seq", "rec", "order_id", "instrument", "venue", "source", "side", "condition", "status", "flags"):
        assert CHANGE[name] == MARKET[name]
    rows = np.zeros(1, MARKET)
    rows["order_id"], rows["price"], rows["side"] = 2**64 - 1, NULL, -1
    assert rows[["order_id", "price", "side"]][0].tolist() == (2**64 - 1, NULL, -1)


def test_that_kinds_of_changes_are_told_apart() -> None:
    kinds = [events.TOUCHED, events.PRINTED, events.UNPRINTED, events.STATUS_SET]
    assert len(set(kinds)) == len(kinds)
    assert all(0 < kind < 256 for kind in kinds)


def test_that_words_of_the_session_format_are_all_there() -> None:
    assert {"parent_new", "algo_switched", "child_cancel_requested", "fill", "bust", "correct", "done_for_day"} <= KINDS
    assert len(KINDS) == 23
    assert set(ORDER_SIDE_NAMES) == set(ORDER_SIDES)
    assert LIQUIDITY == ("A", "R", "X", "D")
    assert VISIBILITIES == ("V3", "V2", "V1")


def test_that_an_order_row_carries_only_what_was_said() -> None:
    row = OrderRow(ts_event=5, kind="fill", source="ems", qty=7)
    assert msgspec.json.decode(msgspec.json.encode(row)) == {"ts_event": 5, "kind": "fill", "source": "ems", "qty": 7}
    assert msgspec.convert(msgspec.to_builtins(row), OrderRow) == row
    said = {"ts_event", "kind", "source", "qty", "seq", "ts_recv", "rec"}
    assert all(getattr(row, name) is None for name in row.__struct_fields__ if name not in said)
    assert (row.seq, row.ts_recv, row.rec) == (0, 0, 0)


def test_that_an_order_row_of_an_unknown_kind_side_or_liquidity_is_refused() -> None:
    told = {"ts_event": 5, "kind": "fill", "source": "ems"}
    for wrong in ({"kind": "filled"}, {"side": "LONG"}, {"liquidity": "Z"}, {"visibility": "V4"}):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({**told, **wrong}, OrderRow)


@pytest.mark.parametrize(
    "fact",
    [
        OrderRow(ts_event=1, kind="fill", source="s"),
        Control(ts_event=1, kind="gap", source="s"),
        Instrument(instrument="A"),
        Quarantined(source="s", where="line 5", reason="r"),
    ],
)
def test_that_facts_never_change(fact: msgspec.Struct) -> None:
    with pytest.raises(AttributeError):
        fact.source = "other"  # type: ignore[attr-defined]


def test_that_an_instrument_known_by_name_alone_counts_whole_units() -> None:
    unknown = Instrument(instrument="A")
    assert (unknown.multiplier, unknown.size_exponent, unknown.contract) == (10**9, 0, "linear")
    undefined = ("currency", "adv", "daily_sigma", "tick_size", "open_ns", "index", "lot", "beta")
    assert {name: getattr(unknown, name) for name in undefined} == dict.fromkeys(undefined)


def test_that_an_empty_block_has_rows_of_its_own() -> None:
    first, second = Block(watermark=1), Block(watermark=1)
    assert first.market.dtype == MARKET
    assert len(first.market) == len(no_market()) == 0
    assert first.market is not second.market
    assert (first.orders, first.controls) == ((), ())
    with pytest.raises(dataclasses.FrozenInstanceError):
        first.watermark = 2  # type: ignore[misc]
