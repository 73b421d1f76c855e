"""ITCH messages to rows: what each type does, and what is refused, with its reason."""

import numpy as np
import pytest

from app.engine.events import Rows
from app.engine.itch import state
from app.engine.itch.kernel import decode
from app.engine.units import NULL
from tests.feeds.itch_made import (
    MIDNIGHT,
    NINE_THIRTY,
    add,
    broken,
    cancelled,
    cross,
    deleted,
    directory,
    executed,
    executed_at,
    halted,
    hidden,
    market_halt,
    message,
    replaced,
    stream,
)

SHOWN = ("action", "side", "price", "size", "order_id", "flags")


def run(*messages: bytes, named: bool = True) -> tuple[state.Work, Rows]:
    """The state after messages of stock 1, which is instrument 5, and the rows they gave."""
    data = stream(*messages)
    work = state.fresh(MIDNIGHT, 2, 3)
    if named:
        work.names[1] = 5
    work.marks[state.SIZE], work.marks[state.FINAL] = len(data), 1
    work = work._replace(data=state.readable(data))
    assert decode(work) == state.DONE
    return work, work.out[: work.marks[state.EMITTED]]


def shown(*messages: bytes) -> list[tuple[object, ...]]:
    """Action, side, price (1e-4), size, order and whether it is the last one, of each row."""
    _, rows = run(*messages)
    return [
        (chr(a), side, None if price == NULL else price // 100_000, None if size == NULL else size, order, flags == 128)
        for a, side, price, size, order, flags in rows[list(SHOWN)].tolist()
    ]


def counted(work: state.Work) -> dict[str, int]:
    return {name: int(n) for name, n in zip(state.IRREGULARITIES, work.counts, strict=True) if n}


def refused(*messages: bytes) -> list[tuple[int, int]]:
    """Message number and reason of what was set aside."""
    work, rows = run(*messages)
    assert len(rows) == 0
    return [(row[2], row[3]) for row in work.bad[: work.marks[state.BADS]].tolist()]


def test_that_an_order_is_added_on_its_side() -> None:
    assert shown(add(7, "B", 300, 100_0000), add(8, "S", 1, 101_0000)) == [
        ("A", 1, 100_0000, 300, 7, True), ("A", -1, 101_0000, 1, 8, True),
    ]  # fmt: skip
    attributed = message("F", "QsI8sI4s", 9, b"S", 5, b"AAPL    ", 99_0000, b"NSDQ")
    assert shown(attributed) == [("A", -1, 99_0000, 5, 9, True)]


def test_that_a_row_carries_time_number_instrument_venue_and_source() -> None:
    _, rows = run(message("S", "s", b"O"), add(7))
    (row,) = rows
    assert (row["ts_event"], row["seq"], row["rec"]) == (MIDNIGHT + NINE_THIRTY, 2, 1)
    assert (row["instrument"], row["venue"], row["source"], row["ts_recv"]) == (5, 2, 3, 0)
    assert (row["price2"], row["size2"], row["condition"], row["status"]) == (NULL, NULL, 0, 0)


def test_that_an_execution_prints_names_and_takes_from_the_order() -> None:
    assert shown(add(7, "S", 300), executed(7, 100))[1:] == [
        ("T", 1, 100_0000, 100, 0, False), ("F", -1, 100_0000, 100, 7, False), ("C", -1, 100_0000, 100, 7, True),
    ]  # fmt: skip
    work, _ = run(add(7, "B", 300), executed(7, 100), executed(7, 200))
    assert work.marks[state.ORDERS_USED] == 0


def test_that_an_execution_at_another_price_prints_there_and_one_not_printable_prints_nothing() -> None:
    assert shown(add(7), executed_at(7, 40, 99_0000), executed_at(7, 60, 98_0000, "N"))[1:] == [
        ("T", -1, 99_0000, 40, 0, False), ("F", 1, 99_0000, 40, 7, False), ("C", 1, 100_0000, 40, 7, True),
        ("F", 1, 98_0000, 60, 7, False), ("C", 1, 100_0000, 60, 7, True),
    ]  # fmt: skip


def test_that_an_order_shrinks_is_deleted_and_is_replaced_on_its_side() -> None:
    rows = shown(add(7, "S", 300), cancelled(7, 100), replaced(7, 9, 50, 101_0000), deleted(9))
    assert rows[1:] == [
        ("C", -1, 100_0000, 100, 7, True),
        ("C", -1, 100_0000, 200, 7, False), ("A", -1, 101_0000, 50, 9, True),
        ("C", -1, 101_0000, 50, 9, True),
    ]  # fmt: skip
    assert shown(add(7, "B"), replaced(7, 8, 20, 90_0000))[1:] == [
        ("C", 1, 100_0000, 100, 7, False), ("A", 1, 90_0000, 20, 8, True),
    ]  # fmt: skip


def test_that_more_than_an_order_has_empties_it_and_is_counted() -> None:
    work, rows = run(add(7), executed(7, 150), add(8, "S"), cancelled(8, 101))
    assert rows["size"].tolist() == [100, 150, 150, 100, 100, 100]
    assert counted(work) == {"oversized_executions": 2}
    assert work.marks[state.ORDERS_USED] == 0


def test_that_an_id_used_again_is_counted_and_the_later_order_stands() -> None:
    work, rows = run(add(7), add(7, "S", 50), deleted(7))
    assert counted(work) == {"duplicate_orders": 1}
    assert (rows["size"][-1], rows["side"][-1]) == (50, -1)


@pytest.mark.parametrize(
    "lost", [executed(7, 1), cancelled(7, 1), deleted(7), replaced(7, 8, 1, 1), executed_at(7, 1, 1, "N")]
)
def test_that_a_message_about_an_order_nobody_knows_gives_no_row_and_is_counted(lost: bytes) -> None:
    work, rows = run(lost)
    assert len(rows) == 0
    assert counted(work) == {"unknown_orders": 1}


def test_that_an_execution_with_a_price_prints_though_its_order_is_unknown() -> None:
    assert shown(executed_at(7, 40, 99_0000), broken(1)) == [
        ("T", 0, 99_0000, 40, 0, True), ("X", 0, 99_0000, 40, 0, True),
    ]  # fmt: skip
    work, rows = run(executed_at(7, 40, 99_0000), named=False)
    assert len(rows) == 0
    assert counted(work) == {"unknown_orders": 1}


def test_that_hidden_trades_and_crosses_print_without_a_side() -> None:
    _, rows = run(hidden(10, 99_5000), cross(5_000, 99_0000), cross(0, 0))
    assert rows["action"].tolist() == [ord("T")] * 2
    assert rows["side"].tolist() == [0, 0]
    assert rows["condition"].tolist() == [0, 1]
    assert counted(run(cross(0, 0))[0]) == {"empty_crosses": 1}


def test_that_a_broken_print_is_cancelled_once() -> None:
    high = 3_000_000_000  # a price that needs all of its 32 bits
    assert shown(hidden(10, high, 4), cross(20, 7, 5), broken(4), broken(4), broken(6))[2:] == [
        ("X", 0, high, 10, 0, True)
    ]
    work, _ = run(hidden(10, 1, 4), broken(4), broken(4), broken(6))
    assert counted(work) == {"unknown_breaks": 2}


def test_that_the_newest_print_of_a_number_is_the_one_broken() -> None:
    assert shown(hidden(10, 1, 4), hidden(11, 2, 4), broken(4), broken(4))[2:] == [
        ("X", 0, 2, 11, 0, True), ("X", 0, 1, 10, 0, True),
    ]  # fmt: skip


@pytest.mark.parametrize(("letter", "status"), [("H", 2), ("P", 2), ("Q", 3), ("T", 1)])
def test_that_a_trading_state_is_a_status(letter: str, status: int) -> None:
    _, rows = run(halted(letter))
    assert rows["status"].tolist() == [status]
    assert rows["action"].tolist() == [ord("S")]
    assert rows["flags"].tolist() == [128]


def test_that_an_operational_halt_counts_on_its_own_market_only() -> None:
    _, rows = run(market_halt("Q", "H"), market_halt("B", "H"), market_halt("Q", "T"))
    assert rows["status"].tolist() == [2, 1]


def test_that_messages_without_a_market_effect_give_no_row_and_are_counted_by_type() -> None:
    work, rows = run(
        message("S", "s", b"Q"), message("W", "s", b"1"), message("V", "QQQ", 1, 2, 3),
        message("Y", "8ss", b"AAPL    ", b"0"), message("N", "8ss", b"AAPL    ", b"A"),
    )  # fmt: skip
    assert len(rows) == 0
    assert {chr(kind): int(n) for kind, n in enumerate(work.types) if n} == dict.fromkeys("SWVYN", 1)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (add(7, "X"), state.BAD_SIDE),
        (add(7, "B", 0), state.BAD_SHARES),
        (hidden(0, 1), state.BAD_SHARES),
        (cross(1 << 32, 1), state.BAD_SHARES),
        (cross(1 << 63, 1), state.BAD_SHARES),
        (halted("Z"), state.BAD_STATE),
        (market_halt("Q", "Q"), state.BAD_STATE),
        (message("S", "s", b"O", ts=86_400_000_000_000), state.BAD_TIME),
        (message("S", "s", b"O", ts=(1 << 48) - 1), state.BAD_TIME),
    ],
)
def test_that_a_field_out_of_range_sets_the_message_aside_and_the_next_one_goes_on(wrong: bytes, reason: int) -> None:
    assert refused(wrong) == [(0, reason)]
    work, rows = run(wrong, add(9))
    assert rows["rec"].tolist() == [1]
    assert work.types.tolist()[ord("A")] == 1


@pytest.mark.parametrize("wrong", [executed(7, 0), cancelled(7, 0), replaced(7, 8, 0, 1)])
def test_that_an_order_stands_when_a_message_takes_nothing_from_it(wrong: bytes) -> None:
    work, rows = run(add(7), wrong)
    assert len(rows) == 1
    assert work.bad[0, 3] == state.BAD_SHARES
    assert work.marks[state.ORDERS_USED] == 1


def test_that_the_kernel_stops_for_a_name_and_goes_on_when_it_is_given() -> None:
    data = stream(directory(), add(7), message("Q", "Q8sIQs", 1, b"MSFT    ", 1, 1, b"O", locate=2), halted("H"))
    work = state.fresh(MIDNIGHT, 0, 0)._replace(data=state.readable(data))
    work.marks[state.SIZE], work.marks[state.FINAL] = len(data), 1
    assert decode(work) == state.NAME
    assert work.marks[state.POS] == 0
    work.marks[state.POS] = 41
    assert decode(work) == state.NAME
    work.names[1] = 0
    assert decode(work) == state.NAME
    assert work.marks[state.EMITTED] == 1
    work.names[2] = 1
    assert decode(work) == state.DONE
    assert work.out["instrument"][:3].tolist() == [0, 1, 0]


@pytest.mark.parametrize("needy", [add(1), hidden(1, 1), cross(1, 1), halted("T"), market_halt("Q", "T")])
def test_that_every_message_that_names_its_stock_asks_for_it(needy: bytes) -> None:
    work = state.fresh(MIDNIGHT, 0, 0)._replace(data=state.readable(stream(needy)))
    work.marks[state.SIZE], work.marks[state.FINAL] = len(needy) + 2, 1
    assert decode(work) == state.NAME


def test_that_the_kernel_stops_when_a_room_is_full_and_has_changed_nothing() -> None:
    data = stream(add(7), hidden(1, 1), executed(7, 1))
    work = state.fresh(MIDNIGHT, 0, 0)._replace(data=state.readable(data))
    work.marks[state.SIZE], work.marks[state.FINAL] = len(data), 1
    work.names[1] = 0
    small = work._replace(out=work.out[:3])
    assert decode(small) == state.OUT_FULL
    assert small.marks[state.EMITTED] == 1
    work = work._replace(orders=np.zeros((2, 4), np.int64))
    assert decode(work) == state.ORDERS_FULL
    work = work._replace(orders=np.zeros((64, 4), np.int64), prints=np.zeros((0, 2), np.int64))
    assert decode(work) == state.PRINTS_FULL
    work = work._replace(prints=np.zeros((4, 2), np.int64), bad=np.zeros((0, 5), np.int64))
    assert decode(work) == state.BAD_FULL
    assert decode(work._replace(bad=np.zeros((1, 5), np.int64))) == state.DONE
