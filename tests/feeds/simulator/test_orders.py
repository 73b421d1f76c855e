"""The way of a child: sent, entered, moved, withdrawn, filled; what is said of it, and what it leaves behind."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.units import AUCTION, CLOSED, HALT, MILLISECOND, OPEN
from app.feeds.simulator import books, children, kernel, orders, trading
from app.feeds.simulator import cells as c
from app.feeds.simulator.cells import Floor
from tests.feeds.simulator.plain import NOW, TICK, floor, plain_kernels, sizes, told, way


@pytest.fixture(autouse=True, scope="module")
def _plain() -> Iterator[None]:
    with plain_kernels():
        yield


def market(bid: int = 19, ask: int = 21, size: int = 500) -> Floor:
    """Both venues with one order a side."""
    m = floor()
    for book in range(4):
        books.rest(m, book, ask if book % 2 else bid, size, c.MAKER)
    return m


def entered(m: Floor, kind: int, qty: int = 300, tick: int = 21, venue: int = 0) -> int:
    """A child that was sent and has reached its venue."""
    slot = orders.send(m, kind, venue, qty, tick)
    orders.enter(m, slot, int(m.slots[slot, c.S_CHILD]))
    return slot


def test_that_a_child_is_told_when_it_is_sent_and_arrives_later() -> None:
    m = market()
    slot = orders.send(m, c.POST, 1, 300, 22)
    assert told(m) == [(c.NEW, 300, 22)]
    assert way(m) == [(c.ENTER, slot, 1)]
    latency = int(m.queue[0, c.Q_AT]) - NOW
    assert 450_000 <= latency < 1_350_000  # half to one and a half times 900 us
    assert (int(m.z[c.Z_WORKING]), int(m.z[c.Z_DUE])) == (300, NOW + latency)


def test_that_no_more_children_are_sent_than_there_are_slots() -> None:
    m = market()
    slots = [orders.send(m, c.HIDDEN, 0, 10, 19) for _ in range(c.SLOTS + 2)]
    assert slots == [*range(c.SLOTS), -1, -1]
    assert (int(m.z[c.Z_WORKING]), int(m.z[c.Z_CHILDREN]), len(told(m))) == (10 * c.SLOTS, c.SLOTS, c.SLOTS)


def test_that_a_slot_is_used_again_and_the_child_has_a_number_of_its_own() -> None:
    m = market()
    slot = entered(m, c.HIDDEN)
    orders.ask_leave(m, slot)
    orders.leave(m, slot, 1)
    assert orders.send(m, c.HIDDEN, 0, 10, 19) == slot
    assert int(m.slots[slot, c.S_CHILD]) == 2


@pytest.mark.parametrize("tick", [15, 19, 20, 21, 25])
def test_that_a_displayed_child_never_locks_the_best_bid(tick: int) -> None:
    m = market(bid=19)
    slot = entered(m, c.POST, tick=tick)
    at = int(m.slots[slot, c.S_TICK])
    assert at == max(tick, 20)
    assert sizes(m, 1, at)[-1] == 300
    assert told(m)[-1] == (c.ACKED, 300, at)
    assert books.best_bid(m) < books.best_ask(m)


@pytest.mark.parametrize(("kind", "hidden", "dark"), [(c.HIDDEN, 1, 0), (c.DARK, 0, 1)])
def test_that_an_order_out_of_sight_is_not_in_the_book_but_counted(kind: int, hidden: int, dark: int) -> None:
    m = market()
    rows = int(m.z[c.Z_OUT])
    slot = entered(m, kind)
    assert (int(m.z[c.Z_OUT]), int(m.z[c.Z_HIDDEN]), int(m.z[c.Z_DARK])) == (rows, hidden, dark)
    orders.ask_leave(m, slot)
    orders.leave(m, slot, 1)
    assert (int(m.z[c.Z_HIDDEN]), int(m.z[c.Z_DARK]), int(m.z[c.Z_WORKING])) == (0, 0, 0)


@pytest.mark.parametrize(
    ("qty", "limit", "filled"), [(300, 19, 300), (500, 19, 500), (501, 19, 500), (900, 18, 500), (300, 20, 0)]
)
def test_that_a_crossing_child_takes_down_to_its_limit_and_the_rest_comes_back(
    qty: int, limit: int, filled: int
) -> None:
    m = market(bid=19, size=500)
    slot = entered(m, c.TAKE, qty=qty, tick=limit)
    said = told(m)[1:]
    assert said[0] == (c.ACKED, qty, limit)
    assert [fact for fact in said if fact[0] == c.FILLED] == ([(c.FILLED, filled, 19)] if filled else [])
    assert [fact for fact in said if fact[0] == c.EXPIRED] == ([(c.EXPIRED, qty - filled, 0)] if qty > filled else [])
    assert int(m.slots[slot, c.S_STATE]) == c.FREE
    assert (int(m.z[c.Z_DONE]), int(m.z[c.Z_WORKING]), int(m.z[c.Z_TAKER])) == (filled, 0, 0)


def test_that_own_orders_never_trade_with_each_other() -> None:
    m = floor()
    books.rest(m, 0, 19, 100, c.MAKER)
    mine = entered(m, c.POST, qty=200, tick=21)
    m.z[c.Z_TAKER] = 5
    assert trading.take(m, 1, 500, 30) == 0
    m.z[c.Z_TAKER] = 0
    assert trading.take(m, 1, 500, 30) == 200
    assert int(m.slots[mine, c.S_STATE]) == c.FREE


@pytest.mark.parametrize("status", [HALT, AUCTION, CLOSED])
@pytest.mark.parametrize("kind", [c.POST, c.TAKE, c.HIDDEN, c.DARK])
def test_that_a_child_that_arrives_in_a_halt_comes_back(status: int, kind: int) -> None:
    m = market()
    m.z[c.Z_STATUS] = status
    rows = int(m.z[c.Z_OUT])
    slot = entered(m, kind)
    assert told(m)[1:] == [(c.EXPIRED, 300, 0)]
    assert (int(m.slots[slot, c.S_STATE]), int(m.z[c.Z_WORKING]), int(m.z[c.Z_OUT])) == (c.FREE, 0, rows)


def test_that_an_order_for_the_auction_is_taken_in_a_halt_and_crossed_at_its_price() -> None:
    m = market()
    m.z[c.Z_STATUS] = AUCTION
    slot = entered(m, c.CROSS, qty=700)
    assert told(m)[-1][0] == c.ACKED
    m.x[c.X_REF] = 20.5
    kernel.cross(m, 1_000)
    assert told(m)[-1] == (c.FILLED, 700, 21)
    prints = m.out[int(m.z[c.Z_OUT]) - 2 : int(m.z[c.Z_OUT])]
    assert [(int(row["size"]), int(row["price"])) for row in prints] == [(700, 21 * TICK), (1_000, 21 * TICK)]
    assert {int(row["condition"]) for row in prints} == {c.AUCTION_PRINT}
    assert (int(m.slots[slot, c.S_STATE]), int(m.z[c.Z_VOLUME])) == (c.FREE, 0)
    assert m.x[c.X_OWN : c.X_OWN + c.SCALES].tolist() == [0.0] * c.SCALES


def test_that_an_auction_without_shares_prints_nothing() -> None:
    m = market()
    rows = int(m.z[c.Z_OUT])
    kernel.cross(m, 0)
    assert int(m.z[c.Z_OUT]) == rows


def test_that_a_cancel_gives_back_what_is_left() -> None:
    m = market()
    slot = entered(m, c.POST, qty=300, tick=22)
    order = int(m.slots[slot, c.S_ORDER])
    books.strike(m, order, 120)
    children.fill(m, slot, 120, 22 * TICK)
    orders.ask_leave(m, slot)
    assert told(m)[-1] == (c.CANCEL_ASKED, 180, 0)
    orders.leave(m, slot, 1)
    assert told(m)[-1] == (c.CANCELLED, 180, 0)
    assert sizes(m, 1, 22) == []
    assert (int(m.z[c.Z_DONE]), int(m.z[c.Z_WORKING])) == (120, 0)


@pytest.mark.parametrize("asked", ["leave", "move"])
def test_that_a_request_on_a_child_that_is_over_is_refused_by_its_number(asked: str) -> None:
    m = market()
    slot = entered(m, c.TAKE, qty=100, tick=19)
    assert orders.send(m, c.POST, 0, 300, 22) == slot
    getattr(orders, asked)(m, slot, 1)
    row = m.facts[int(m.z[c.Z_FACTS]) - 1]
    assert (int(row[c.W_KIND]), int(row[c.W_CHILD])) == (c.CANCEL_REFUSED, 1)
    assert (int(m.slots[slot, c.S_CHILD]), int(m.slots[slot, c.S_STATE])) == (2, c.SENT)


def test_that_a_moved_child_goes_to_the_end_of_the_other_queue() -> None:
    m = market()
    slot = entered(m, c.POST, qty=300, tick=22)
    books.rest(m, 1, 22, 50, c.MAKER)
    old = int(m.slots[slot, c.S_ID])
    orders.ask_move(m, slot, 21)
    assert told(m)[-1] == (c.REPLACE_ASKED, 300, 21)
    orders.move(m, slot, 1)
    assert (sizes(m, 1, 22), sizes(m, 1, 21)) == ([50], [500, 300])
    assert told(m)[-1] == (c.REPLACED, 300, 21)
    assert int(m.slots[slot, c.S_VERSION]) == 2
    assert int(m.slots[slot, c.S_ID]) > old


@pytest.mark.parametrize("status", [HALT, AUCTION])
def test_that_a_move_in_a_halt_is_refused_and_may_be_asked_again(status: int) -> None:
    m = market()
    slot = entered(m, c.POST, qty=300, tick=22)
    orders.ask_move(m, slot, 21)
    m.z[c.Z_STATUS] = status
    orders.move(m, slot, 1)
    assert told(m)[-1][0] == c.CANCEL_REFUSED
    assert (int(m.slots[slot, c.S_ASKED]), sizes(m, 1, 22)) == (0, [300])
    m.z[c.Z_STATUS] = OPEN
    orders.ask_move(m, slot, 21)
    orders.move(m, slot, 1)
    assert sizes(m, 1, 21) == [500, 300]


def test_that_a_child_that_left_before_it_arrived_does_not_arrive() -> None:
    m = market()
    slot = orders.send(m, c.POST, 0, 300, 22)
    orders.expire(m, slot)
    said = told(m)
    orders.enter(m, slot, 1)
    assert told(m) == said
    assert sizes(m, 1, 22) == []


def test_that_answers_are_heard_in_the_order_they_were_given_and_after_their_time() -> None:
    m = market()
    slot = orders.send(m, c.HIDDEN, 0, 300, 19)
    for _ in range(60):
        children.heard(m, slot, c.FILLED, 1, 20 * TICK)
        m.z[c.Z_EXECS] += 1
    facts = m.facts[1 : int(m.z[c.Z_FACTS])]
    at, match = facts[:, c.W_AT], facts[:, c.W_MATCH]
    assert np.all(np.diff(at) > 0)
    assert np.all(at - match >= 150_000)
    assert np.all(at - match <= 650_000 + 60)
    assert set(match.tolist()) == {NOW}


@given(st.lists(st.integers(1, 400), min_size=1, max_size=6))
def test_that_what_is_done_and_what_is_at_work_always_sum(fills: list[int]) -> None:
    m = market()
    total = sum(fills) + 7
    slot = entered(m, c.HIDDEN, qty=total)
    done = 0
    for qty in fills:
        children.fill(m, slot, qty, 20 * TICK)
        done += qty
        row = m.facts[int(m.z[c.Z_FACTS]) - 1]
        assert (int(row[c.W_CUM]), int(row[c.W_LEAVES])) == (done, total - done)
        assert (int(m.z[c.Z_DONE]), int(m.z[c.Z_WORKING])) == (done, total - done)
    children.fill(m, slot, 7, 20 * TICK)
    assert (int(m.slots[slot, c.S_STATE]), int(m.z[c.Z_WORKING]), int(m.z[c.Z_HIDDEN])) == (c.FREE, 0, 0)


def test_that_what_cannot_be_put_off_any_more_is_counted() -> None:
    m = floor()
    for number in range(c.QUEUED + 3):
        children.put_off(m, NOW + number, c.PRINT, 1, 2)
    assert (int(m.z[c.Z_QUEUED]), int(m.z[c.Z_LOST]), int(m.z[c.Z_DUE])) == (c.QUEUED, 3, NOW)


@given(st.lists(st.integers(0, 20), min_size=1, max_size=40))
def test_that_things_under_way_happen_by_time_and_then_in_the_order_they_were_put_off(times: list[int]) -> None:
    m = floor()
    for number, at in enumerate(times):
        children.put_off(m, NOW + at * MILLISECOND, c.PRINT, (number + 1) * TICK, 100)
    while m.z[c.Z_QUEUED]:
        assert int(m.z[c.Z_DUE]) == int(m.queue[: int(m.z[c.Z_QUEUED]), c.Q_AT].min())
        kernel.under_way(m)
    expected = [number + 1 for number, _ in sorted(enumerate(times), key=lambda one: one[1])]
    prints = m.out[: int(m.z[c.Z_OUT])]
    assert (prints["price"] // TICK).tolist() == expected
    assert set(prints["venue"].tolist()) == {c.LIT}
    assert int(m.z[c.Z_DUE]) == c.NEVER


@pytest.mark.parametrize("status", [HALT, AUCTION])
@pytest.mark.parametrize("what", [c.SELL, c.FADE])
def test_that_the_agent_does_nothing_while_nothing_trades(status: int, what: int) -> None:
    m = market()
    m.z[c.Z_STATUS] = status
    rows = int(m.z[c.Z_OUT])
    children.put_off(m, NOW, what, 200, 0)
    kernel.under_way(m)
    assert (int(m.z[c.Z_OUT]), sizes(m, 0, 19), int(m.z[c.Z_ALERT])) == (rows, [500], 0)


def test_that_the_day_ends_with_nothing_of_ours_left() -> None:
    m = market()
    for kind in (c.POST, c.HIDDEN, c.DARK, c.CROSS):
        entered(m, kind, qty=100, tick=22)
    orders.send(m, c.POST, 0, 100, 22)
    kernel.close(m)
    assert [fact[0] for fact in told(m)].count(c.EXPIRED) == 5
    assert set(m.slots[:, c.S_STATE].tolist()) == {c.FREE}
    assert (int(m.z[c.Z_WORKING]), int(m.z[c.Z_STATUS]), int(m.z[c.Z_DECIDE])) == (0, CLOSED, c.NEVER)
