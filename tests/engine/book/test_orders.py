"""The order hash against a dictionary: collisions, wrap-around, deletions, stale books, rebuilding."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.bits import signed
from app.engine.book.orders import erase, find, forget_orders, home, rebuild
from app.engine.book.room import fresh
from app.engine.book.state import BOOK_ORDERS, BOOK_TAG, ID, PRICE, QUANTITY, TAG, TAG_STEP, Ints

SLOTS = 16


def _empty(slots: int = SLOTS) -> Ints:
    return np.zeros((slots, 4), np.int64)


def _put(slots: Ints, order_id: int, tag: int, price: int = 5, quantity: int = 7) -> int:
    """Write an order where find says it belongs."""
    at = ~find(slots, order_id, tag)
    assert at >= 0
    slots[at] = (order_id, tag, price, quantity)
    return int(at)


def _held(slots: Ints) -> dict[tuple[int, int], tuple[int, int]]:
    used = slots[slots[:, QUANTITY] != 0]
    return {(int(s[ID]), int(s[TAG])): (int(s[PRICE]), int(s[QUANTITY])) for s in used}


def _ids_at_home(place: int, n: int, tag: int = 0) -> list[int]:
    """The first ids whose search begins at this slot."""
    slots = _empty()
    found = [order_id for order_id in range(1, 2000) if home(slots, order_id, tag) == place]
    return found[:n]


def test_that_an_absent_order_is_answered_by_its_empty_slot() -> None:
    slots = _empty()
    at = find(slots, 42, 0)
    assert at < 0
    assert ~at == home(slots, 42, 0)
    _put(slots, 42, 0)
    assert find(slots, 42, 0) == ~at


def test_that_id_zero_is_an_order_like_any_other() -> None:
    slots = _empty()
    assert find(slots, 0, 0) < 0
    at = _put(slots, 0, 0)
    assert find(slots, 0, 0) == at


def test_that_the_same_id_in_another_book_is_another_order() -> None:
    slots = _empty()
    first, second = _put(slots, 42, 0), _put(slots, 42, 1)
    assert first != second
    assert find(slots, 42, 0) == first
    assert find(slots, 42, 1) == second
    assert find(slots, 42, TAG_STEP) < 0


@pytest.mark.parametrize("place", [3, SLOTS - 1])
def test_that_colliding_orders_follow_each_other_around_the_end(place: int) -> None:
    slots = _empty()
    ids = _ids_at_home(place, 4)
    assert [_put(slots, order_id, 0) for order_id in ids] == [(place + nth) % SLOTS for nth in range(4)]
    assert [find(slots, order_id, 0) for order_id in ids] == [(place + nth) % SLOTS for nth in range(4)]


@pytest.mark.parametrize("gone", range(4))
@pytest.mark.parametrize("place", [0, 5, SLOTS - 1, SLOTS - 2])
def test_that_a_deletion_leaves_no_order_out_of_reach(place: int, gone: int) -> None:
    slots = _empty()
    ids = [*_ids_at_home(place, 3), _ids_at_home((place + 1) % SLOTS, 1)[0]]
    for order_id in ids:
        _put(slots, order_id, 0, price=order_id, quantity=order_id)
    erase(slots, find(slots, ids[gone], 0))
    assert find(slots, ids[gone], 0) < 0
    kept = [order_id for order_id in ids if order_id != ids[gone]]
    assert all(slots[find(slots, order_id, 0), PRICE] == order_id for order_id in kept)
    assert _held(slots) == {(order_id, 0): (order_id, order_id) for order_id in kept}


def test_that_a_deletion_moves_back_only_what_was_pushed_away() -> None:
    slots = _empty()
    first = _ids_at_home(4, 1)[0]
    second = _ids_at_home(5, 1)[0]
    _put(slots, first, 0)
    at = _put(slots, second, 0)
    erase(slots, find(slots, first, 0))
    assert find(slots, second, 0) == at == 5


@given(
    st.lists(
        st.tuples(
            st.booleans(), st.sampled_from([0, 1, 2, 3, 7, 11, 2**40, 2**41, 2**63, 2**64 - 1]), st.sampled_from([0, 1])
        ),
        max_size=60,
    )
)
def test_that_the_hash_holds_what_a_dictionary_holds(steps: list[tuple[bool, int, int]]) -> None:
    slots, expected = _empty(32), dict[tuple[int, int], tuple[int, int]]()
    for nth, (here, number, tag) in enumerate(steps):
        order_id = signed(number)
        at = find(slots, order_id, tag)
        assert (at >= 0) == ((order_id, tag) in expected)
        if here and at < 0:
            slots[~at] = (order_id, tag, nth, -nth - 1)
            expected[order_id, tag] = (nth, -nth - 1)
        elif not here and at >= 0:
            erase(slots, at)
            del expected[order_id, tag]
        assert _held(slots) == expected
        assert all(find(slots, *key) >= 0 for key in expected)


@pytest.mark.parametrize(
    "ids", [range(1, 513), range(2**40, 2**40 + 512), range(0, 512 << 32, 1 << 32), range(0, 5120, 10)]
)
def test_that_ids_that_count_up_spread_over_the_slots(ids: range) -> None:
    slots = _empty(1024)
    homes = [int(home(slots, order_id, 3)) for order_id in ids]
    assert all(0 <= place < 1024 for place in homes)
    assert len(set(homes)) > 300  # 512 balls in 1024 boxes leave 403 of them not empty on average


def test_that_books_and_generations_spread_an_id_over_the_slots() -> None:
    slots = _empty(1024)
    assert len({int(home(slots, 1, tag)) for tag in range(100)}) > 80
    assert len({int(home(slots, 1, tag * TAG_STEP)) for tag in range(100)}) > 80


def test_that_forgetting_a_books_orders_hides_them_and_no_others() -> None:
    work = fresh()
    work.books[:2, BOOK_TAG] = (0, 1)
    work.books[:2, BOOK_ORDERS] = (1, 1)
    _put(work.slots, 42, 0)
    _put(work.slots, 42, 1)
    forget_orders(work, 0)
    assert work.books[:2].tolist() == [[TAG_STEP, 0], [1, 1]]
    assert find(work.slots, 42, int(work.books[0, BOOK_TAG])) < 0
    assert find(work.slots, 42, 1) >= 0
    forget_orders(work, 0)
    assert work.books[0].tolist() == [TAG_STEP, 0]


def test_that_rebuilding_keeps_live_orders_only() -> None:
    books = np.array([[0 + 2 * TAG_STEP, 9], [1, 9], [2 + TAG_STEP, 9]], np.int64)
    old = _empty(32)
    live = {(7, 2 * TAG_STEP): (1, 2), (7, 1): (3, -4), (9, 2 + TAG_STEP): (5, 6), (-1, 1): (8, 9)}
    for (order_id, tag), (price, quantity) in live.items():
        _put(old, order_id, tag, price, quantity)
    for order_id, tag in ((7, 0), (8, TAG_STEP), (9, 2), (7, 2)):
        _put(old, order_id, tag)
    new = _empty(8)
    assert rebuild(old, new, books) == 4
    assert _held(new) == live
    assert all(find(new, *key) >= 0 for key in live)
    assert len(_held(old)) == 8
