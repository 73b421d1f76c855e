"""A generated day of ITCH: what an exchange promises of ids, times and trades; its packets; a book by counting."""

import struct
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.itch.layout import LENGTHS
from app.engine.units import NULL, SECOND
from app.feeds.generator.itch import ItchDay, ItchPlan, itch_day
from app.feeds.generator.itch_book import BUY, SELL, UNIT, Order, StockBook
from app.feeds.generator.itch_wire import WirePlan, length_prefixed, mold_packets
from tests.feeds.itch_plain import fields_of

PLAN = ItchPlan(messages=1_000, seed=6)


@pytest.fixture(scope="module")
def day() -> ItchDay:
    return itch_day(PLAN)


def kind(message: bytes) -> str:
    return chr(message[0])


def time_of(message: bytes) -> int:
    """ns after midnight."""
    return int.from_bytes(message[5:11], "big")


# -- the day -----------------------------------------------------------------------------------------------------------


@given(seed=st.integers(0, 1_000), messages=st.integers(60, 400), stocks=st.integers(1, 6))
def test_that_a_day_has_the_messages_asked_for_or_a_few_more(seed: int, messages: int, stocks: int) -> None:
    made = itch_day(ItchPlan(seed=seed, messages=messages, stocks=stocks))
    assert messages - 4 * stocks <= len(made.messages) <= messages + 4 * stocks + 10
    assert all(len(message) == LENGTHS[kind(message)] for message in made.messages)


def test_that_every_kind_of_message_occurs(day: ItchDay) -> None:
    assert {kind(message) for message in itch_day(ItchPlan(messages=8_000)).messages} == set(LENGTHS)
    assert len({fields_of(message)["locate"] for message in day.messages if kind(message) in "AF"}) == PLAN.stocks


def test_that_time_never_runs_back_and_stays_within_the_day(day: ItchDay) -> None:
    times = [time_of(message) for message in day.messages]
    assert times == sorted(times)
    assert times[-1] < 24 * 3_600 * SECOND
    trades = [time_of(message) for message in day.messages if kind(message) in "EC"]
    assert PLAN.open_s * SECOND <= trades[0]


def test_that_a_day_begins_and_ends_as_an_exchange_says(day: ItchDay) -> None:
    events = [fields_of(message)["event"] for message in day.messages if kind(message) == "S"]
    assert events == [b"O", b"S", b"Q", b"M", b"E", b"C"]
    assert (kind(day.messages[0]), kind(day.messages[-1])) == ("S", "S")
    listed = [fields_of(message)["stock"].decode().strip() for message in day.messages if kind(message) == "R"]
    assert listed == PLAN.names()


def test_that_order_and_match_numbers_only_rise(day: ItchDay) -> None:
    said = [(kind(message), fields_of(message)) for message in day.messages]
    refs = [one["new"] if name == "U" else one["ref"] for name, one in said if name in "AFU"]
    assert all(one < two for one, two in pairwise(refs))
    matches = [one["match"] for name, one in said if name in "ECPQ" and one["match"]]
    assert all(one < two for one, two in pairwise(matches))


def test_that_no_more_is_taken_of_an_order_than_it_has_and_nothing_of_one_that_is_gone(day: ItchDay) -> None:
    left: dict[int, int] = {}
    for message in day.messages:
        name, said = kind(message), fields_of(message)
        if name in "AF":
            left[said["ref"]] = said["shares"]
        elif name in "ECX":
            assert 0 < said["shares"] <= left[said["ref"]]
            left[said["ref"]] -= said["shares"]
            if not left[said["ref"]]:
                assert name != "X", "a cancel of all of it is a delete"
                del left[said["ref"]]
        elif name == "D":
            del left[said["ref"]]
        elif name == "U":
            del left[said["ref"]]
            left[said["new"]] = said["shares"]
    assert all(shares > 0 for shares in left.values())


def test_that_only_a_print_that_was_made_is_broken_and_only_once() -> None:
    prints: set[int] = set()
    broken = 0
    for message in itch_day(ItchPlan(messages=6_000, seed=2)).messages:
        name, said = kind(message), fields_of(message)
        if name in "EPQ" or (name == "C" and said["printable"] == b"Y"):
            prints.add(said["match"])
        elif name == "B":
            prints.remove(said["match"])
            broken += 1
    assert broken > 0


def test_that_the_book_is_never_locked_or_crossed(day: ItchDay) -> None:
    both = day.book[(day.book["bid"] != NULL) & (day.book["ask"] != NULL)]
    assert len(both) > len(day.book) // 2
    assert (both["bid"] < both["ask"]).all()


def test_that_a_touch_belongs_to_its_message(day: ItchDay) -> None:
    assert (np.diff(day.book["rec"]) > 0).all()
    midnight = PLAN.midnight_ns()
    for row in day.book[::50]:
        message = day.messages[int(row["rec"])]
        assert int(row["ts"]) == midnight + time_of(message)
        assert int(row["instrument"]) == fields_of(message)["locate"] - 1


# -- one stock's book --------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.sampled_from([BUY, SELL]), st.integers(1, 4), st.integers(1, 5), st.floats(0, 0.999))))
def test_that_a_stocks_touch_is_what_counting_its_orders_gives(drawn: list[tuple[int, int, int, float]]) -> None:
    book = StockBook(locate=1, name=b"AAPL    ", middle=10)
    resting: dict[int, Order] = {}
    for ref, (side, price, shares, where) in enumerate(drawn, 1):
        if resting and where > 0.5:
            taken = sorted(resting)[int((where - 0.5) * 2 * len(resting))]
            known = resting.pop(taken)
            count = min(shares, known.shares)
            book.take(taken, count)
            if count < known.shares:
                resting[taken] = known._replace(shares=known.shares - count)
        else:
            resting[ref] = Order(side, price if side == BUY else price + 4, shares)
            book.add(ref, resting[ref])
        expected: list[int] = []
        for wanted, best_of in ((BUY, max), (SELL, min)):
            mine = [order for order in resting.values() if order.side == wanted]
            best = best_of((order.price for order in mine), default=None)
            at = [order.shares for order in mine if order.price == best]
            expected += [NULL, NULL, 0] if best is None else [best * UNIT, sum(at), len(at)]
            first = min(
                (ref for ref, order in resting.items() if (order.side, order.price) == (wanted, best)), default=0
            )
            assert book.first(wanted) == first, "the oldest of the best price"
        assert list(book.touch()) == expected
        assert sorted(book.live) == sorted(resting)


# -- its packets -------------------------------------------------------------------------------------------------------

SHARES = st.floats(0, 0.4)


def opened(payload: bytes) -> tuple[int, int, bytes]:
    """Number of the first message, how many are said to be there, the rest."""
    _, first, count = struct.unpack_from(">10sQH", payload)
    return first, count, payload[20:]


@given(seed=st.integers(0, 10_000), lost=SHARES, repeated=SHARES, late=SHARES)
def test_that_what_was_done_to_the_packets_is_known_to_the_message(
    day: ItchDay, seed: int, lost: float, repeated: float, late: float
) -> None:
    wire = mold_packets(day, WirePlan(seed=seed, lost=lost, repeated=repeated, late=late))
    *packets, heartbeat, end = [opened(payload) for _, payload in wire.packets]
    assert heartbeat[:2] == (len(day.messages) + 1, 0)
    assert end[:2] == (len(day.messages) + 1, 0xFFFF)
    came: list[int] = []
    for first, count, body in packets:
        assert body == length_prefixed(day.messages[first - 1 : first - 1 + count])
        came += range(first, first + count)
    gone = {number for first, count in wire.lost for number in range(first, first + count)}
    assert set(came) | gone == set(range(1, len(day.messages) + 1))
    assert not set(came) & gone
    assert len(came) - len(set(came)) == wire.repeated
    assert all(one[0] + one[1] < two[0] for one, two in pairwise(wire.lost)), "losses that touch are one gap"


@given(seed=st.integers(0, 10_000))
def test_that_a_packet_is_stamped_after_its_last_message_and_fits_a_frame(day: ItchDay, seed: int) -> None:
    wire = mold_packets(day, WirePlan(seed=seed, late=0.2, repeated=0.2))
    stamps = [ts for ts, _ in wire.packets]
    assert stamps == sorted(stamps)
    midnight = PLAN.midnight_ns()
    for ts, payload in wire.packets:
        first, count, body = opened(payload)
        assert len(body) <= 1_400
        if 0 < count < 0xFFFF:
            assert ts > midnight + time_of(day.messages[first + count - 2])


def test_that_a_wire_left_alone_carries_each_message_once_in_order(day: ItchDay) -> None:
    wire = mold_packets(day, WirePlan())
    assert b"".join(opened(payload)[2] for _, payload in wire.packets) == length_prefixed(day.messages)
    assert (wire.lost, wire.repeated) == ([], 0)
