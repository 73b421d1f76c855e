"""Market rows out of columns: every value in its place, and no row that breaks a rule gets through."""

from typing import Any

import numpy as np
import pytest

from app.engine.assembly import UNKNOWN, Columns, Numbers, Texts, assemble
from app.engine.book.state import MARKET_SIGNED
from app.engine.events import MARKET, Rows
from app.engine.units import LAST, NULL, PRICE_LIMIT, SIZE_LIMIT, SNAPSHOT

GOOD: dict[str, Any] = {
    "ts_event": 10, "ts_recv": 12, "seq": 3, "order_id": 77, "price": 100, "size": 5,
    "bid_price": 99, "bid_size": 7, "ask_price": 101, "ask_size": 8, "flags": LAST,
    "source": 1, "instrument": 2, "venue": 0, "action": "A", "side": 1, "condition": 6, "status": 4,
}  # fmt: skip
NUMBERS = (
    "ts_event", "ts_recv", "seq", "order_id", "price", "size", "bid_price", "bid_size", "ask_price", "ask_size",
)  # fmt: skip
TEXTS = ("source", "instrument", "venue", "action", "side", "condition", "status")
ABSENT = {"side": 0, "condition": 0, "status": 0}
Given = dict[str, Any]


def _bits(present: list[bool]) -> Any:
    return np.zeros(0, np.uint8) if all(present) else np.packbits(present, bitorder="little")


def _columns(rows: list[Given]) -> Columns:
    numbers = []
    for name in NUMBERS:
        values = [row[name] for row in rows]
        given = np.array([0 if v is None else v for v in values], np.int64)
        numbers.append(Numbers(given, _bits([v is not None for v in values])))
    flags = np.array([row["flags"] or 0 for row in rows], np.uint8)
    flagged = _bits([row["flags"] is not None for row in rows])
    texts = []
    for name in TEXTS:
        values = [ord(row[name]) if name == "action" and row[name] else row[name] for row in rows]
        table = sorted({value for value in values if value is not None})
        picked = np.array([0 if v is None else table.index(v) for v in values], np.int32)
        codes = np.array([*table, ABSENT.get(name, UNKNOWN)], np.int64)
        texts.append(Texts(picked, _bits([v is not None for v in values]), codes))
    return Columns(*[*numbers, flags, flagged, *texts])


def _assembled(*changes: Given, first: int = 0) -> Rows | None:
    given = [GOOD | change for change in changes]
    rows: Rows = np.ndarray(len(given), MARKET, np.full(len(given) * MARKET.itemsize, 255, np.uint8))
    words = rows.view(np.int64).reshape(-1, MARKET.itemsize // 8)
    return rows if assemble(_columns(given), rows.view(MARKET_SIGNED), words, first) else None


def _one(**change: Any) -> dict[str, Any] | None:
    rows = _assembled(change)
    return None if rows is None else {name: rows[name][0].tolist() for name in MARKET.names or ()}


def test_that_every_value_is_in_its_place_and_the_padding_is_blank() -> None:
    assert _one() == {
        "ts_event": 10, "ts_recv": 12, "seq": 3, "rec": 0, "order_id": 77, "price": 100, "size": 5,
        "price2": NULL, "size2": NULL, "instrument": 2, "venue": 0, "source": 1, "action": ord("A"), "side": 1,
        "flags": LAST, "condition": 6, "status": 4, "pad": [0, 0, 0],
    }  # fmt: skip


def test_that_a_quote_has_both_its_sides_and_nothing_of_the_plain_columns() -> None:
    row = _one(action="Q", price=None, size=-1)
    assert row is not None
    assert [row[name] for name in ("price", "size", "price2", "size2")] == [99, 7, 101, 8]
    empty = _one(action="Q", bid_price=None, bid_size=None)
    assert empty is not None
    assert [empty[name] for name in ("price", "size", "price2", "size2")] == [NULL, NULL, 101, 8]


def test_that_rows_are_numbered_and_nulls_told_apart_one_by_one() -> None:
    changes = [
        {"seq": n, "size": n + 1, "side": None if n % 2 else -1, "flags": None if n % 3 else 64} for n in range(20)
    ]
    rows = _assembled(*({**change, "action": "T", "order_id": None} for change in changes), first=40)
    assert rows is not None
    assert rows["rec"].tolist() == list(range(40, 60))
    assert rows["seq"].tolist() == list(range(20))
    assert rows["side"].tolist() == [0 if n % 2 else -1 for n in range(20)]
    assert rows["flags"].tolist() == [0 if n % 3 else 64 for n in range(20)]
    assert rows["order_id"].tolist() == [0] * 20


def test_that_a_snapshot_without_its_packets_time_is_applied_at_its_own() -> None:
    times = [
        _one(flags=SNAPSHOT, ts_recv=0),
        _one(flags=SNAPSHOT),
        _one(ts_recv=None),
        _one(flags=SNAPSHOT, ts_recv=None),
    ]
    assert [row and row["ts_recv"] for row in times] == [10, 12, 0, 10]


@pytest.mark.parametrize(
    "change",
    [
        {"ts_event": 0},
        {"ts_event": None},
        {"ts_recv": -1},
        {"source": None},
        {"source": UNKNOWN},
        {"instrument": None},
        {"instrument": UNKNOWN},
        {"venue": UNKNOWN},
        {"action": None},
        {"side": UNKNOWN},
        {"condition": UNKNOWN},
        {"status": UNKNOWN},
        {"price": PRICE_LIMIT + 1},
        {"price": -PRICE_LIMIT - 1},
        {"size": SIZE_LIMIT + 1},
        {"size": -1},
        {"action": "Q", "bid_price": PRICE_LIMIT + 1},
        {"action": "Q", "ask_price": -PRICE_LIMIT - 1},
        {"action": "Q", "ask_size": -1},
        {"action": "Q", "bid_size": None},
        {"action": "Q", "ask_size": None},
        *({"action": action, "price": None} for action in "AMLTX"),
        *({"action": action, "size": None} for action in "AMLTX"),
        {"action": "A", "size": 0},
        {"action": "A", "side": 0},
        {"action": "L", "side": None},
        {"action": "S", "status": None},
        *({"action": action, "order_id": None} for action in "ACM"),
    ],
)
def test_that_a_row_that_breaks_a_rule_does_not_pass(change: Given) -> None:
    assert _one(**change) is None
    assert _assembled({}, change, {}) is None


@pytest.mark.parametrize(
    "change",
    [
        {"price": PRICE_LIMIT, "size": SIZE_LIMIT},
        {"price": -PRICE_LIMIT, "action": "L", "size": 0},
        {"action": "C", "price": None, "size": None},
        {"action": "M", "size": 0},
        {"action": "F", "price": None, "size": None, "order_id": None},
        {"action": "R", "price": None, "size": None, "order_id": None},
        {"action": "T", "side": 0, "order_id": None},
        {"action": "S", "price": None, "size": None, "order_id": None},
        {"action": "Q", "ask_price": None, "ask_size": None, "order_id": None},
        {"action": "Q", "ask_price": None},
        {"action": "A", "order_id": 0},
    ],
)
def test_that_what_an_action_does_not_need_may_be_missing(change: Given) -> None:
    assert _one(**change) is not None


@pytest.mark.parametrize("at", [-1, 2])
def test_that_an_index_beyond_its_table_does_not_pass(at: int) -> None:
    columns = _columns([GOOD])
    wild = columns._replace(venue=columns.venue._replace(picked=np.array([at], np.int32)))
    rows = np.zeros(1, MARKET)
    assert not assemble(wild, rows.view(MARKET_SIGNED), rows.view(np.int64).reshape(1, -1), 0)
