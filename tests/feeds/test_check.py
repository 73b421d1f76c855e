"""Which market rows are good: one rule broken at a time, every action, entries that add up."""

from typing import Any

import numpy as np
import pytest

from app.engine import units
from app.engine.events import Rows
from app.feeds.decode import check
from app.feeds.decode.rows import PRICE_LIMIT, SIZE_LIMIT, blank
from tests.feeds.made import PX, T0, random_rows, universe

FULL: dict[str, dict[str, Any]] = {
    "A": {"side": 1, "price": PX, "size": 5, "order_id": 9},
    "C": {"order_id": 9, "size": 5},
    "M": {"order_id": 9, "price": PX, "size": 5},
    "R": {},
    "L": {"side": -1, "price": PX, "size": 0},
    "Q": {"price": PX, "size": 5, "price2": PX + 1, "size2": 6},
    "T": {"price": PX, "size": 5},
    "F": {},
    "X": {"price": PX, "size": 5},
    "S": {"status": units.HALT},
}


def row_of(action: str, **fields: Any) -> Rows:
    rows = blank(1)
    rows["action"], rows["ts_event"] = ord(action), T0
    for name, value in {**FULL[action], **fields}.items():
        rows[name] = value
    return rows


def broken(rows: Rows, without_id: bool = False) -> list[str]:
    return [fault.field for fault in check.market_faults(rows, np.array([without_id] * len(rows)))]


@pytest.mark.parametrize("action", sorted(FULL))
def test_that_a_row_with_what_its_action_needs_is_good(action: str) -> None:
    assert broken(row_of(action)) == []


@pytest.mark.parametrize(
    ("action", "field", "value", "named"),
    [
        *[(action, "price", units.NULL, "price") for action in "AMLTX"],
        *[(action, "size", units.NULL, "size") for action in "AMLTX"],
        *[(action, "side", 0, "side") for action in "AL"],
        ("A", "size", 0, "size"),
        ("S", "status", 0, "status"),
        ("Q", "size", units.NULL, "bid_size"),
        ("Q", "size2", units.NULL, "ask_size"),
        ("Q", "size", -1, "bid_size"),
        ("Q", "size2", -1, "ask_size"),
        ("Q", "price", PRICE_LIMIT + 1, "bid_price"),
        ("Q", "price2", -PRICE_LIMIT - 1, "ask_price"),
        *[(action, "size", -1, "size") for action in "ACMLTX"],
        *[(action, "size", SIZE_LIMIT + 1, "size") for action in "ACMLTX"],
        *[(action, "price", PRICE_LIMIT + 1, "price") for action in "AMLTX"],
        *[(action, "ts_event", 0, "ts_event") for action in "ACMRLQTFXS"],
        ("T", "ts_event", -5, "ts_event"),
        ("T", "ts_recv", -1, "ts_recv"),
        ("T", "instrument", -1, "instrument"),
        ("T", "venue", -1, "venue"),
        ("T", "source", -1, "source"),
        ("T", "side", check.BAD_SIDE, "side"),
        ("T", "condition", check.BAD_CODE, "condition"),
        ("S", "status", check.BAD_CODE, "status"),
    ],
)
def test_that_a_broken_rule_names_its_column(action: str, field: str, value: int, named: str) -> None:
    assert named in broken(row_of(action, **{field: value}))


@pytest.mark.parametrize("action", ["\0", "Z", "a"])
def test_that_an_unknown_action_is_refused(action: str) -> None:
    rows = row_of("R")
    rows["action"] = ord(action)
    assert broken(rows) == ["action"]


@pytest.mark.parametrize("action", "ACM")
def test_that_an_order_row_needs_an_id_and_zero_is_one(action: str) -> None:
    assert broken(row_of(action, order_id=0)) == []
    assert broken(row_of(action), without_id=True) == ["order_id"]


@pytest.mark.parametrize("action", "RLQTFXS")
def test_that_no_other_row_needs_an_id(action: str) -> None:
    assert broken(row_of(action), without_id=True) == []


@pytest.mark.parametrize(("price", "size"), [("price", "size"), ("price2", "size2")])
def test_that_a_quote_may_lack_a_side(price: str, size: str) -> None:
    assert broken(row_of("Q", **{price: units.NULL, size: units.NULL})) == []


def test_that_negative_and_zero_prices_are_allowed() -> None:
    assert broken(row_of("T", price=-37_630_000_000)) == []
    assert broken(row_of("T", price=0)) == []


def test_that_rows_of_every_action_pass_at_once() -> None:
    rows = random_rows(500, 3, universe())
    assert check.market_faults(rows) == []


def origin() -> check.Origin:
    return check.Origin(
        source="made",
        where=lambda row: f"made row {row}",
        value=lambda field, row: f"{field}-{row}",
        raw=lambda row: str(row).encode(),
    )


def fault(field: str, *bad: int, count: int = 8) -> check.Fault:
    mask = np.zeros(count, np.bool_)
    mask[list(bad)] = True
    return check.Fault(field, mask, "something else")


def test_that_without_a_fault_every_row_is_good() -> None:
    assert check.judged(8, [], origin()) == (None, [], 0)


def test_that_each_bad_row_gives_one_entry_named_by_its_first_fault() -> None:
    verdict = check.judged(8, [fault("price", 2, 5), fault("size", 5, 6)], origin())
    assert verdict.good is not None
    assert np.flatnonzero(verdict.good).tolist() == [0, 1, 3, 4, 7]
    assert verdict.rows == 3
    assert [(entry.where, entry.raw) for entry in verdict.entries] == [
        ("made row 2", b"2"), ("made row 5", b"5"), ("made row 6", b"6"),
    ]  # fmt: skip
    assert verdict.entries[1].reason == "made row 5: price = 'price-5' is not allowed; allowed: something else"
    assert verdict.entries[2].reason == "made row 6: size = 'size-6' is not allowed; allowed: something else"


def test_that_a_flood_of_bad_rows_is_counted_exactly_and_listed_in_part() -> None:
    count = check.ENTRIES_AT_ONCE + 500
    verdict = check.judged(count, [check.Fault("price", np.ones(count, np.bool_), "x")], origin())
    assert verdict.rows == count
    assert len(verdict.entries) == check.ENTRIES_AT_ONCE + 1
    assert verdict.entries[-1].reason.startswith("and 500 more rows up to here")
    assert verdict.entries[-1].where == f"made row {count - 1}"
