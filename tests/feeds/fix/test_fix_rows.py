"""Rows as numbers, as columns and as objects say the same, and what was not said stays undefined in each of them."""

from typing import Any

import numpy as np
import pytest

from app.engine import fix_state as k
from app.engine.events import OrderRow
from app.engine.units import NULL
from app.engine.universe import Universe
from app.feeds.decode.fix_flow import FixFlow
from app.feeds.decode.fix_objects import KINDS, NUMBERS
from app.feeds.decode.fix_rows import FlowRows
from app.feeds.decode.fix_settings import fix_settings
from tests.feeds.fix.flows import TABLE, crowd
from tests.feeds.fix.test_fix_flow import assert_columns, universe
from tests.feeds.fix.wire import MILLISECOND, T0, Body, Line, filled, order, report, utc


def blocks_of(data: bytes, table: dict[str, Any] | None = None) -> list[FlowRows]:
    """The rows of bytes at speed, block by block."""
    made = FixFlow(fix_settings(table or {}, "test.toml"), universe())
    return made.feed(data, "x.log") + made.close("x.log")


def log(line: Line) -> bytes:
    """The messages of a session, one behind the other."""
    return b"".join(message for _, message in line.log)


def one(body: Body, kind: str = "D", begin: list[tuple[str, Body]] | None = None) -> tuple[FlowRows, OrderRow]:
    """The block and the row of one message, after others."""
    line = Line()
    for what, said in begin or []:
        line.send(what, said)
    line.send(kind, body, T0 + MILLISECOND)
    block = blocks_of(log(line))[-1]
    return block, block.orders()[-1]


NEW: Body = [*order("C1", 100, "10.5"), (59, "0"), (100, "XNAS"), (15, "USD"), (1, "ACC"), (526, "P1")]


def test_that_a_row_says_what_its_message_said() -> None:
    block, row = one(NEW)
    assert (row.kind, row.child_id, row.parent_id, row.source) == ("child_new", "C1", "P1", "EMS-BRK")
    assert (row.instrument, row.side, row.qty, row.price, row.limit_price) == (
        "TECH", "BUY", 100, 10_500_000_000, 10_500_000_000,
    )  # fmt: skip
    assert (row.venue, row.currency, row.account, row.ts_event) == ("XNAS", "USD", "ACC", T0 + MILLISECOND)
    assert block.column("qty").tolist() == [100]
    assert block.hand.text(int(block.array[0, k.R_VENUE])) == "XNAS"


@pytest.mark.parametrize(
    ("tag", "name", "column"),
    [
        (44, "price", k.R_PRICE), (100, "venue", k.R_VENUE), (15, "currency", k.R_CURRENCY),
        (1, "account", k.R_ACCOUNT), (526, "parent_id", k.R_PARENT), (59, None, k.R_TIF),
    ],
)  # fmt: skip
def test_that_what_a_message_does_not_say_is_undefined_as_object_and_as_number(
    tag: int, name: str | None, column: int
) -> None:
    block, row = one([pair for pair in NEW if pair[0] != tag])
    assert int(block.regular[0, column]) in ({0} if name is None else {NULL, -1})
    assert name is None or getattr(row, name) is None
    full, said = one(NEW)
    assert int(full.regular[0, column]) not in (NULL, -1)
    assert name is None or getattr(said, name) is not None


@pytest.mark.parametrize("name", sorted(NUMBERS))
def test_that_an_undefined_number_is_none_in_the_object_and_null_in_the_column(name: str) -> None:
    timed = Line("FREE", "BRK")
    timed.send("D", [*order("T1"), (168, utc(T0))])
    blocks = blocks_of(b"".join(crowd(77, 200)) + log(timed), dict(TABLE))
    undefined = defined = 0
    for block in blocks:
        for value, row in zip(block.column(name).tolist(), block.orders(), strict=True):
            assert (value == NULL) == (getattr(row, name) is None)
            undefined, defined = undefined + (value == NULL), defined + (value != NULL)
    assert defined > 0
    assert (undefined == 0) == (name in {"ts_event", "rec", "seq"})


@pytest.mark.parametrize(("code", "side"), [("1", "BUY"), ("2", "SELL"), ("3", "BUY"), ("4", "SELL"), ("5", "SHORT")])
def test_that_sides_are_told_alike_by_number_and_name(code: str, side: str) -> None:
    block, row = one(order("C1", side=code))
    assert row.side == side
    assert block.array[-1, k.R_SIDE] == ["BUY", "SELL", "SHORT"].index(side)


@pytest.mark.parametrize("seed", range(6000, 6004))
def test_that_columns_are_those_of_the_objects_also_where_the_reference_decoder_told_some(seed: int) -> None:
    blocks = blocks_of(b"".join(crowd(seed, 150)), dict(TABLE))
    assert any(block.told for block in blocks)
    for block in blocks:
        assert_columns(block)
        assert len(block) == len(block.array) == len(block.orders()) == len(block.kinds())


def test_that_a_row_of_the_reference_decoder_is_found_from_its_line() -> None:
    line = Line()
    for n in range(9):
        line.send("D", [*order(f"C{n}"), *([(849, "0.1")] if n % 2 else [])], T0 + 1000 * n)
    rows = []
    for block in blocks_of(log(line)):
        for line_of, row in zip(block.array.tolist(), block.orders(), strict=True):
            if line_of[k.R_MESSAGE] < 0:
                assert block.told[-1 - line_of[k.R_MESSAGE]].row is row
            else:
                assert dict(block.block.tags(line_of[k.R_MESSAGE]))[11] == (row.child_id or "").encode()
            rows.append(row)
    assert [row.child_id for row in rows] == [f"C{n}" for n in range(9)]


def test_that_asking_twice_gives_the_same_rows_and_changes_nothing() -> None:
    for block in blocks_of(b"".join(crowd(81, 120)), dict(TABLE)):
        first, array = block.orders(), block.array.copy()
        assert block.orders() == first
        assert np.array_equal(block.array, array)


def test_that_objects_asked_for_late_are_those_of_the_time_of_their_message() -> None:
    line = Line()
    line.send("D", order("C1"))
    line.send("G", [(41, "C1"), *order("C2", 150, "11"), (1, "NEW")], T0 + 1000)
    line.send("8", report("C2", "E1", "5", "0", [(41, "C1"), (37, "O-C1")]), T0 + 2000)
    line.send("8", [*filled("C2", "F1", (10, "11"), 10)[1:], (37, "O-C1"), (60, utc(T0 + 2000))], T0 + 3000)
    made = FixFlow(fix_settings({}, "test.toml"), universe())
    data = [message for _, message in line.log]
    blocks = []
    for message in data:
        blocks += made.feed(message, "x.log")
    blocks += made.close("x.log")
    rows = [row for block in blocks for row in block.orders()]  # after all of it was read
    assert [row.account for row in rows] == [None, "NEW", "NEW", "NEW"]
    assert [row.qty for row in rows] == [100, 150, 150, 10]
    assert [row.orig_child_id for row in rows] == [None, "C1", "C1", None]
    assert [row.ts_match for row in rows] == [None, None, None, T0 + 2000]


def test_that_sizes_are_in_the_units_of_the_instrument_and_a_finer_one_is_set_aside() -> None:
    line = Line()
    line.send("D", order("C1", "1.25", symbol="OTHER"))
    line.send("D", order("C2", "1.255", symbol="OTHER"), T0 + 1000)
    line.send("D", order("C3", "1.25"), T0 + 2000)
    made = FixFlow(fix_settings({}, "test.toml"), universe())
    blocks = made.feed(log(line), "x.log") + made.close("x.log")
    assert [(row.child_id, row.qty) for block in blocks for row in block.orders()] == [("C1", 125)]
    assert ["'1.255'" in entry.reason for entry in made.quarantine] == [True, False]
    assert all("OrderQty (38)" in entry.reason for entry in made.quarantine)


def test_that_a_symbology_names_the_instrument_at_the_time_of_each_message() -> None:
    def named(symbol: str, ns: int) -> str:
        return f"{symbol}.{'old' if ns < T0 + MILLISECOND else 'new'}"

    line = Line()
    line.send("D", order("C1"))
    first = log(line)
    line.send("D", order("C2"), T0 + MILLISECOND)
    made = FixFlow(fix_settings({}, "test.toml"), Universe(), named)
    blocks = made.feed(first, "x.log") + made.feed(log(line)[len(first) :], "x.log") + made.close("x.log")
    assert [row.instrument for block in blocks for row in block.orders()] == ["TECH.old", "TECH.new"]


def test_that_every_kind_the_kernel_gives_is_a_kind_of_the_rows() -> None:
    kernel = (
        k.NEW, k.REPLACE, k.CANCEL, k.REFUSED, k.ACKED, k.CANCELLED, k.REPLACED, k.DONE, k.EXPIRED, k.RESTATED,
        k.PENDING, k.REJECTED, k.FILL,
    )  # fmt: skip
    assert sorted(kernel) == list(range(len(kernel)))
    assert [KINDS[code] for code in (k.NEW, k.REFUSED, k.DONE, k.EXPIRED, k.PENDING, k.REJECTED)] == [
        "child_new", "cancel_rejected", "done_for_day", "child_expired", "restated", "rejected",
    ]  # fmt: skip
