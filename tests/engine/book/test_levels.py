"""Price levels of one side against a dictionary, near the best and deep, with regions that move."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.book.levels import NEAR, give, holds, insert, make_room, remove, seek, set_level, take
from app.engine.book.room import fresh
from app.engine.book.state import (
    COUNT,
    DEPTH,
    KEY,
    LEVELS_USED,
    MAX_SIZE,
    REGION,
    ROOM,
    SHORT_LEVELS,
    SIZE,
    START,
    Work,
)

SIDE = 1


def _side(*levels: tuple[int, int, int], start: int = 3, room: int = 40) -> Work:
    """A side with these (key, size, orders), in a region that starts somewhere and has neighbours."""
    work = fresh()
    work.levels[:] = -77
    work.sides[SIDE] = (start, room, len(levels))
    work.marks[LEVELS_USED] = start + room
    for nth, level in enumerate(levels):
        work.levels[start + nth] = level
    return work


def _levels(work: Work) -> list[tuple[int, int, int]]:
    start, _, depth = work.sides[SIDE]
    return [(int(key), int(size), int(count)) for key, size, count in work.levels[start : start + depth]]


def _ladder(n: int) -> Work:
    return _side(*((10 * nth, nth + 1, 1) for nth in range(n)))


@pytest.mark.parametrize("depth", [0, 1, 2, NEAR - 1, NEAR, NEAR + 1, NEAR + 2, 30])
def test_that_seek_finds_every_level_and_every_gap(depth: int) -> None:
    work = _ladder(depth)
    for nth in range(depth):
        at = seek(work, SIDE, 10 * nth)
        assert at == 3 + nth
        assert holds(work, SIDE, at, 10 * nth)
    for nth in range(depth + 1):
        at = seek(work, SIDE, 10 * nth - 5)
        assert at == 3 + nth
        assert not holds(work, SIDE, at, 10 * nth - 5)


def test_that_a_level_behind_the_last_one_in_use_is_not_held() -> None:
    work = _ladder(2)
    work.levels[5] = (99, 1, 1)
    assert seek(work, SIDE, 99) == 5
    assert not holds(work, SIDE, 5, 99)
    assert holds(work, SIDE, 4, 10)


def test_that_a_level_opens_in_its_place_and_closes_again() -> None:
    work = _side((1, 10, 1), (3, 30, 3), (5, 50, 5))
    insert(work, SIDE, 4, 2, 20)
    assert _levels(work) == [(1, 10, 1), (2, 20, 0), (3, 30, 3), (5, 50, 5)]
    insert(work, SIDE, 7, 9, 90)
    insert(work, SIDE, 3, 0, 1)
    assert _levels(work) == [(0, 1, 0), (1, 10, 1), (2, 20, 0), (3, 30, 3), (5, 50, 5), (9, 90, 0)]
    for at in (8, 3, 4):
        remove(work, SIDE, at)
    assert _levels(work) == [(1, 10, 1), (3, 30, 3), (5, 50, 5)]


def test_that_neighbours_of_a_side_are_left_alone() -> None:
    work = _side((1, 10, 1), (3, 30, 3), (5, 50, 5), room=4)
    outside = [*range(3), *range(7, 20)]
    work.levels[outside] = [(at, at, at) for at in outside]
    insert(work, SIDE, 3, 0, 20)
    for _ in range(4):
        remove(work, SIDE, 3)
    assert work.levels[outside].tolist() == [[at] * 3 for at in outside]
    assert work.sides[SIDE].tolist() == [3, 4, 0]


def test_that_an_order_adds_to_its_level_or_opens_one() -> None:
    work = _side((1, 10, 1), (3, 30, 3))
    assert give(work, SIDE, 3, 5)
    assert give(work, SIDE, 2, 7)
    assert give(work, SIDE, 4, 9)
    assert _levels(work) == [(1, 10, 1), (2, 7, 1), (3, 35, 4), (4, 9, 1)]


def test_that_a_level_is_never_larger_than_it_may_be() -> None:
    work = _side((1, MAX_SIZE - 5, 1))
    assert not give(work, SIDE, 1, 6)
    assert _levels(work) == [(1, MAX_SIZE - 5, 1)]
    assert give(work, SIDE, 1, 5)
    assert _levels(work) == [(1, MAX_SIZE, 2)]
    assert give(work, SIDE, 2, MAX_SIZE)


@pytest.mark.parametrize(
    ("size", "orders", "left", "short"),
    [
        (4, 1, [(1, 10, 1), (3, 26, 1)], 0),
        (4, 0, [(1, 10, 1), (3, 26, 2)], 0),
        (29, 1, [(1, 10, 1), (3, 1, 1)], 0),
        (30, 1, [(1, 10, 1)], 0),
        (31, 1, [(1, 10, 1)], 1),
    ],
)
def test_that_what_leaves_a_level_is_taken_off_it(
    size: int, orders: int, left: list[tuple[int, int, int]], short: int
) -> None:
    work = _side((1, 10, 1), (3, 30, 2))
    take(work, SIDE, 3, size, orders)
    assert _levels(work) == left
    assert work.counts[SHORT_LEVELS] == short


@pytest.mark.parametrize("key", [0, 2, 4])
def test_that_taking_from_a_level_that_is_not_there_is_counted(key: int) -> None:
    work = _side((1, 10, 1), (3, 30, 2))
    take(work, SIDE, key, 5, 1)
    assert _levels(work) == [(1, 10, 1), (3, 30, 2)]
    assert work.counts.tolist() == [1 if nth == SHORT_LEVELS else 0 for nth in range(len(work.counts))]


def test_that_a_level_without_known_orders_loses_none() -> None:
    work = _side((1, 10, 0))
    take(work, SIDE, 1, 4, 1)
    assert _levels(work) == [(1, 6, 0)]


def test_that_a_level_is_set_to_an_absolute_size() -> None:
    work = _side((1, 10, 1), (3, 30, 2))
    set_level(work, SIDE, 3, 7)
    set_level(work, SIDE, 2, 5)
    set_level(work, SIDE, 4, 0)
    assert _levels(work) == [(1, 10, 1), (2, 5, 0), (3, 7, 0)]
    set_level(work, SIDE, 1, 0)
    set_level(work, SIDE, 3, 0)
    assert _levels(work) == [(2, 5, 0)]


def test_that_a_side_with_room_stays_where_it_is() -> None:
    work = _side((1, 10, 1), room=2)
    assert make_room(work, SIDE)
    assert work.sides[SIDE].tolist() == [3, 2, 1]
    assert work.marks[LEVELS_USED] == 5


def test_that_a_full_side_moves_to_the_end_with_twice_the_room() -> None:
    levels = [(1, 10, 1), (3, 30, 2), (4, 1, 1)]
    work = _side(*levels, room=3)
    assert make_room(work, SIDE)
    assert work.sides[SIDE].tolist() == [6, 6, 3]
    assert work.marks[LEVELS_USED] == 12
    assert _levels(work) == levels
    assert work.sides[0].tolist() == [0, 0, 0]


def test_that_a_pool_without_the_room_is_said_so_and_left_alone() -> None:
    work = _side((1, 10, 1), (2, 10, 1), room=2)
    exact = work._replace(levels=work.levels[:9].copy())
    short = work._replace(levels=work.levels[:8].copy(), sides=work.sides.copy(), marks=work.marks.copy())
    assert make_room(exact, SIDE)
    assert not make_room(short, SIDE)
    assert short.sides[SIDE].tolist() == [3, 2, 2]
    assert short.marks[LEVELS_USED] == 5


@given(
    st.lists(
        st.tuples(st.sampled_from(["give", "take", "part", "set"]), st.integers(0, 45), st.integers(0, 4)), max_size=120
    )
)
def test_that_a_side_holds_what_a_dictionary_holds(steps: list[tuple[str, int, int]]) -> None:
    work = _side(start=REGION, room=64)
    expected: dict[int, list[int]] = {}
    for verb, key, size in steps:
        if verb == "set":
            set_level(work, SIDE, key, size)
            expected[key] = [size, 0]
        elif verb == "give":
            assert give(work, SIDE, key, size + 1)
            level = expected.setdefault(key, [0, 0])
            level[0] += size + 1
            level[1] += 1
        elif key in expected:
            orders = 1 if verb == "take" else 0
            take(work, SIDE, key, size + 1, orders)
            level = expected[key]
            level[0] -= size + 1
            level[1] = max(level[1] - orders, 0)
        if key in expected and expected[key][0] <= 0:
            del expected[key]
        assert _levels(work) == [(key, *expected[key]) for key in sorted(expected)]
    assert work.sides[SIDE, START] == REGION
    assert work.sides[SIDE, ROOM] == 64
    assert work.sides[SIDE, DEPTH] == len(expected)
    assert (KEY, SIZE, COUNT) == (0, 1, 2)
