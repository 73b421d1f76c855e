"""Price levels: each side of a book is one sorted array of (key, size, orders), the best level last.

Nearly all changes happen within a few levels of the best, where a linear search and a short move are cheapest; deeper
ones are found by bisection. A region that is full moves to the end of the pool with twice the room, so the space left
behind never exceeds the space in use.
"""

from app.engine.book.state import (
    COUNT,
    DEPTH,
    KEY,
    LEVELS_USED,
    MAX_SIZE,
    ROOM,
    SHORT_LEVELS,
    SIZE,
    START,
    Work,
)
from app.engine.jit import jit, move

NEAR = 12  # levels from the best that are searched one by one


def _seek(work: Work, side: int, key: int) -> int:
    """Where the level of a key is, or belongs: the first position of the region whose key is not below it."""
    levels = work.levels
    start: int = work.sides[side, START]
    at: int = start + work.sides[side, DEPTH]
    near = max(start, at - NEAR)
    while at > near and levels[at - 1, KEY] >= key:
        at -= 1
    if at > near or at == start:
        return at
    low = start
    while low < at:
        middle = (low + at) >> 1
        if levels[middle, KEY] >= key:
            at = middle
        else:
            low = middle + 1
    return at


seek = jit(_seek)


def _holds(work: Work, side: int, at: int, key: int) -> bool:
    """True if the position given by seek is a level of that key."""
    return bool(at < work.sides[side, START] + work.sides[side, DEPTH] and work.levels[at, KEY] == key)


holds = jit(_holds)


def _make_room(work: Work, side: int) -> bool:
    """See that a side has room for one more level, moving its region if need be; False if the pool is too small."""
    sides = work.sides
    depth = sides[side, DEPTH]
    if depth < sides[side, ROOM]:
        return True
    target = work.marks[LEVELS_USED]
    if target + 2 * depth > work.levels.shape[0]:
        return False
    start = sides[side, START]
    move(work.levels, target, start, depth)
    sides[side, START] = target
    sides[side, ROOM] = 2 * depth
    work.marks[LEVELS_USED] = target + 2 * depth
    return True


make_room = jit(_make_room)


def _insert(work: Work, side: int, at: int, key: int, size: int) -> None:
    """Open a level without orders at the position given by seek."""
    levels = work.levels
    end = work.sides[side, START] + work.sides[side, DEPTH]
    move(levels, at + 1, at, end - at)
    levels[at, KEY] = key
    levels[at, SIZE] = size
    levels[at, COUNT] = 0
    work.sides[side, DEPTH] += 1


insert = jit(_insert)


def _remove(work: Work, side: int, at: int) -> None:
    """Close the level at a position."""
    move(work.levels, at, at + 1, work.sides[side, START] + work.sides[side, DEPTH] - at - 1)
    work.sides[side, DEPTH] -= 1


remove = jit(_remove)


def _give(work: Work, side: int, key: int, size: int) -> bool:
    """Add an order of this size to its level; False, and nothing done, if the level would pass MAX_SIZE."""
    at = seek(work, side, key)
    if not holds(work, side, at, key):
        insert(work, side, at, key, 0)
    elif work.levels[at, SIZE] > MAX_SIZE - size:
        return False
    work.levels[at, SIZE] += size
    work.levels[at, COUNT] += 1
    return True


give = jit(_give)


def _take(work: Work, side: int, key: int, size: int, orders: int) -> None:
    """Take a size and 0 or 1 orders off a level; it closes at 0. A level that has less, or is not there, is counted."""
    at = seek(work, side, key)
    if not holds(work, side, at, key):
        work.counts[SHORT_LEVELS] += 1
        return
    left = work.levels[at, SIZE] - size
    if left > 0:
        work.levels[at, SIZE] = left
        work.levels[at, COUNT] -= min(orders, work.levels[at, COUNT])
        return
    if left < 0:
        work.counts[SHORT_LEVELS] += 1
    remove(work, side, at)


take = jit(_take)


def _set_level(work: Work, side: int, key: int, size: int) -> None:
    """Set a level to an absolute size; 0 closes it. How many orders stand there is then unknown: 0."""
    at = seek(work, side, key)
    if holds(work, side, at, key):
        if size == 0:
            remove(work, side, at)
        else:
            work.levels[at, SIZE] = size
            work.levels[at, COUNT] = 0
    elif size > 0:
        insert(work, side, at, key, size)


set_level = jit(_set_level)
