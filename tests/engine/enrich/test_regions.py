"""Growing rows per instrument: room doubled or trimmed, regions given back and taken again, state as arrays."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.enrich.regions import FIRST_ROWS, POOL_ROWS, Regions, joined, move
from app.engine.events import Rows
from app.engine.units import NULL

DTYPE = np.dtype([("ts", "i8"), ("x", "u1"), ("pad", "u1", (3,))])
ALL = 10**9  # keeps every row, by number


def _rows(*ts: int) -> Rows:
    out = np.zeros(len(ts), DTYPE)
    out["ts"], out["x"] = ts, [t % 251 for t in ts]
    return out


def _append(regions: Regions, instrument: int, ts: int, keep_ns: int, keep_rows: int) -> None:
    """What the consolidation does: room is made while one row is left, then a row is written."""
    if regions.count[instrument] + 1 >= regions.room[instrument]:
        regions.make_room(instrument, keep_ns, keep_rows)
    at = regions.offset[instrument] + regions.count[instrument]
    regions.pool[at] = _rows(ts)[0]
    regions.count[instrument] += 1


def _filled(rows: int, instruments: int = 1) -> Regions:
    regions = Regions(DTYPE)
    regions.reach(instruments)
    for ts in range(rows):
        for instrument in range(instruments):
            _append(regions, instrument, ts * 10 + instrument, 0, ALL)
    return regions


def test_that_rows_are_joined_and_moved_with_every_byte() -> None:
    first, second = _rows(1, 2), _rows(3)
    second["pad"] = 7
    both = joined(first, second)
    assert both.tobytes() == first.tobytes() + second.tobytes()
    assert joined(_rows(), second).tobytes() == second.tobytes()
    assert joined(second, _rows()).tobytes() == second.tobytes()
    target = _rows(9, 9, 9)
    move(target[1:], both[1:])
    assert target["ts"].tolist() == [9, 2, 3]
    move(target[:0], both[:0])
    move(target, both[::-1])
    assert target["ts"].tolist() == [3, 2, 1]
    table = joined(np.stack([first, first]), np.stack([first]))
    assert table["ts"].tolist() == [[1, 2], [1, 2], [1, 2]]


def test_that_each_instrument_starts_with_a_region_of_its_own() -> None:
    regions = Regions(DTYPE)
    assert (len(regions.pool), regions.used) == (POOL_ROWS, 0)
    regions.reach(2)
    regions.reach(1)
    regions.reach(2)
    assert regions.offset.tolist() == [0, FIRST_ROWS]
    assert regions.room.tolist() == [FIRST_ROWS, FIRST_ROWS]
    assert regions.count.tolist() == [0, 0]
    assert regions.dropped.tolist() == [NULL, NULL]
    assert regions.used == 2 * FIRST_ROWS
    regions.reach(3)
    assert regions.offset.tolist() == [0, FIRST_ROWS, 2 * FIRST_ROWS]


def test_that_an_instrument_never_met_has_no_rows() -> None:
    regions = _filled(3)
    assert regions.rows(0)["ts"].tolist() == [0, 10, 20]
    assert len(regions.rows(1)) == 0
    assert len(regions.rows(99)) == 0
    regions.reach(2)
    assert len(regions.rows(1)) == 0


def test_that_a_region_grows_and_its_old_place_is_taken_again() -> None:
    regions = _filled(FIRST_ROWS - 1, 2)
    assert regions.free == {}
    _append(regions, 0, 10**6, 0, ALL)
    assert regions.offset.tolist() == [2 * FIRST_ROWS, FIRST_ROWS]
    assert regions.room.tolist() == [8 * FIRST_ROWS, FIRST_ROWS]
    assert regions.free == {FIRST_ROWS: [0]}
    assert regions.rows(0)["ts"].tolist() == [*range(0, 10 * (FIRST_ROWS - 1), 10), 10**6]
    assert regions.dropped.tolist() == [NULL, NULL]
    used = regions.used
    regions.reach(3)
    assert regions.offset[2] == 0
    assert regions.used == used
    assert regions.free == {FIRST_ROWS: []}
    regions.reach(4)
    assert regions.offset[3] == used
    assert regions.rows(1)["ts"].tolist() == list(range(1, 10 * (FIRST_ROWS - 1), 10))


def test_that_the_pool_grows_by_at_least_its_size_and_keeps_its_rows() -> None:
    regions = Regions(DTYPE)
    full = POOL_ROWS // FIRST_ROWS
    regions.reach(full)
    assert (regions.used, len(regions.pool)) == (POOL_ROWS, POOL_ROWS)
    _append(regions, 15, 5, 0, ALL)
    regions.reach(full + 1)
    assert (regions.used, len(regions.pool)) == (POOL_ROWS + FIRST_ROWS, 4 * POOL_ROWS)
    assert regions.rows(15)["ts"].tolist() == [5]
    regions.reach(20 * full)
    assert (regions.used, len(regions.pool)) == (20 * POOL_ROWS, 20 * POOL_ROWS)
    assert regions.rows(15)["ts"].tolist() == [5]


@pytest.mark.parametrize(
    ("instruments", "pool"), [(2, 4 * POOL_ROWS), (10, 640 + 10 * POOL_ROWS), (40, 16 * POOL_ROWS)]
)
def test_that_the_pool_grows_for_all_that_will_soon_want_as_much(instruments: int, pool: int) -> None:
    regions = _filled(3, instruments)
    regions.pool["x"][instruments * FIRST_ROWS :] = 9  # nobody's rows
    regions.room[1] = POOL_ROWS // 8
    regions.make_room(1, 0, ALL)
    assert regions.room[1] == POOL_ROWS
    assert regions.used == instruments * FIRST_ROWS + POOL_ROWS
    assert len(regions.pool) == pool
    assert [regions.rows(n)["ts"].tolist() for n in range(2)] == [[0, 10, 20], [1, 11, 21]]
    assert not regions.pool["x"][regions.used :].any()


@pytest.mark.parametrize(
    ("keep_ns", "keep_rows", "kept"),
    [
        (100, 5, 12),  # the last row before the time stays: it holds at its beginning
        (95, 5, 11),
        (0, 20, 20),
        (0, 1, 2),
        (100, 31, 31),
        (290, 1, 31),
        (300, 1, 32),
        (0, 32, 32),  # half a room: what the ring keeps at the least, never a reason to grow
    ],
)
def test_that_trimming_keeps_what_is_young_or_among_the_last(keep_ns: int, keep_rows: int, kept: int) -> None:
    regions = _filled(FIRST_ROWS - 1, 2)
    regions.make_room(0, keep_ns, keep_rows)
    ts = list(range(0, 10 * (FIRST_ROWS - 1), 10))
    assert regions.rows(0)["ts"].tolist() == ts[-kept:]
    assert regions.rows(0)["x"].tolist() == [t % 251 for t in ts[-kept:]]
    assert regions.dropped.tolist() == [ts[-kept - 1], NULL]
    assert regions.room.tolist() == [FIRST_ROWS, FIRST_ROWS]
    assert regions.free == {}
    assert regions.rows(1)["ts"].tolist() == [t + 1 for t in ts]


@pytest.mark.parametrize(
    ("keep_ns", "keep_rows", "room"),
    [
        (310, 1, 128),
        (0, 33, 128),
        (10**6, 1, 128),
        (0, 64, 128),
        (0, 65, 130),
        (0, 256, 512),
        (0, 257, 512),
        (0, ALL, 512),
    ],
)
def test_that_a_region_grows_to_twice_what_it_keeps_where_less_than_half_of_its_room_would_be_won(
    keep_ns: int, keep_rows: int, room: int
) -> None:
    assert FIRST_ROWS == 64
    regions = _filled(FIRST_ROWS - 1)
    regions.make_room(0, keep_ns, keep_rows)
    assert regions.room.tolist() == [room]
    assert regions.rows(0)["ts"].tolist() == list(range(0, 10 * (FIRST_ROWS - 1), 10))
    assert regions.dropped.tolist() == [NULL]
    assert regions.free == {FIRST_ROWS: [0]}


def test_that_an_empty_region_doubles() -> None:
    regions = Regions(DTYPE)
    regions.reach(1)
    regions.make_room(0, 5, 5)
    assert (regions.room[0], regions.count[0], regions.offset[0]) == (2 * FIRST_ROWS, 0, FIRST_ROWS)


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 30)), max_size=600), st.integers(0, 200), st.integers(1, 80)
)
def test_that_each_instrument_keeps_its_last_rows_whatever_the_others_do(
    drawn: list[tuple[int, int]], keep_ns: int, keep_rows: int
) -> None:
    regions = Regions(DTYPE)
    told: list[list[int]] = [[], [], []]
    now = 0
    for at, (instrument, gap) in enumerate(drawn):
        now += gap
        regions.reach(instrument + 1)
        for _ in range(1 + at % 3):
            _append(regions, instrument, now, keep_ns, keep_rows)
            told[instrument].append(now)
    for instrument, ts in enumerate(told):
        held = regions.rows(instrument)["ts"].tolist()
        assert held == ts[len(ts) - len(held) :]
        assert len(held) >= min(len(ts), keep_rows)
        gone = ts[: len(ts) - len(held)]
        assert not gone or regions.dropped[instrument] == gone[-1] <= ts[-1] - keep_ns


def test_that_a_saved_state_is_taken_back_as_a_copy() -> None:
    first = _filled(FIRST_ROWS - 1, 3)
    first.make_room(1, 0, 3)
    _append(first, 0, 640, 0, ALL)
    assert first.free == {FIRST_ROWS: [0]}
    state = {name: array.copy() for name, array in first.save().items()}
    assert len(state["pool"]) == first.used < len(first.pool)
    second = Regions(DTYPE)
    second.load(state)
    for regions in (first, second):
        for ts in range(5000, 5000 + 3 * FIRST_ROWS):
            for instrument in range(3):
                _append(regions, instrument, ts, 40, 9)
    for instrument in range(3):
        assert second.rows(instrument).tobytes() == first.rows(instrument).tobytes()
    assert second.dropped.tolist() == first.dropped.tolist()
    third = Regions(DTYPE)
    third.load(state)
    assert third.used == len(third.pool) == len(state["pool"])
    assert third.rows(1)["ts"].tolist() == [(FIRST_ROWS + n) * 10 + 1 for n in (-4, -3, -2)]
    assert third.free == {}
