"""A frame that has used its time leaves the rest to the next; every work gets its turn, none waits too long."""

import gc

from hypothesis import given
from hypothesis import strategies as st

from app.widgets.frames import FULL_MS, LATEST_NS, MOST_MS, Frame, Works, keep_all


class Spent:
    """Processor time by hand (s)."""

    def __init__(self) -> None:
        self.s = 0.0

    def __call__(self) -> float:
        return self.s


def test_that_nothing_is_counted_where_no_frames_tick() -> None:
    spent = Spent()
    frame = Frame(spent)
    spent.s = 5.0
    assert (frame.is_counting(), frame.spent_ms(), frame.is_full()) == (False, 0.0, False)
    frame.begin()
    spent.s += 1 / 1024
    assert (frame.is_counting(), frame.spent_ms(), frame.is_full()) == (True, 1000 / 1024, False)
    spent.s += FULL_MS / 1e3
    assert frame.is_full()
    assert not frame.has_room(0.0)
    frame.begin()
    assert [frame.has_room(ms) for ms in (MOST_MS, MOST_MS + 0.1)] == [True, False]
    assert frame.spent_ms() == 0.0, "each frame counts for itself"
    spent.s += 1.0
    frame.end()
    assert not frame.is_full()
    assert frame.has_room(1e6), "nothing waits where no frames tick"


def test_that_the_collector_comes_back_and_leaves_alone_what_is_kept() -> None:
    threshold, frozen = gc.get_threshold(), gc.get_freeze_count()
    try:
        gc.disable()
        keep_all()
        assert gc.isenabled()
        assert gc.get_freeze_count() > frozen + 1000
        assert gc.get_threshold()[0] > threshold[0], "a young collection a second, not a hundred"
    finally:
        gc.unfreeze()
        gc.set_threshold(*threshold)
        gc.enable()


def test_that_works_run_in_turn_and_the_newest_of_a_name_counts() -> None:
    done: list[str] = []
    works = Works(Frame(Spent()))
    works.add("a", 0, lambda: done.append("old a"))
    works.add("b", 0, lambda: done.append("b"))
    works.add("c", 0, lambda: done.append("c"))
    works.add("a", 1, lambda: done.append("a"))
    works.drop("c")
    works.drop("never there")
    works.run(2)
    assert done == ["a", "b"]
    assert len(works) == 0


@given(st.lists(st.floats(0, 30), min_size=1, max_size=12))
def test_that_a_full_frame_does_one_work_and_leaves_the_rest_in_their_order(costs: list[float]) -> None:
    spent, done = Spent(), list[int]()
    frame = Frame(spent)
    works = Works(frame)

    def work(number: int) -> None:
        done.append(number)
        spent.s += costs[number] / 1e3

    for number in range(len(costs)):
        works.add(str(number), 0, lambda number=number: work(number))  # type: ignore[misc]
    frames = 0
    while len(works):
        frame.begin()
        before = len(done)
        works.run(1)
        assert len(done) > before, "one in any case"
        assert sum(costs[number] for number in done[before:-1]) < FULL_MS + 1e-6, "no more once it is full"
        frames += 1
    assert done == list(range(len(costs)))
    assert frames <= len(costs)


def test_that_works_that_have_waited_long_are_done_in_full_frames_too_one_a_frame() -> None:
    spent, done = Spent(), list[str]()
    frame = Frame(spent)
    works = Works(frame)
    for name, since in (("first", 0), ("late", 0), ("last", 0), ("new", LATEST_NS)):
        works.add(name, since, lambda name=name: done.append(name))  # type: ignore[misc]
    seen = []
    for _ in range(2):
        frame.begin()
        spent.s += 1.0  # full before it has begun
        works.run(LATEST_NS)
        seen.append(list(done))
    assert seen == [["first"], ["first", "late"]]


def test_that_only_one_work_of_a_frame_is_done_without_room_whoever_asks() -> None:
    spent = Spent()
    frame = Frame(spent)
    frame.begin()
    spent.s = FULL_MS / 1e3
    assert [frame.grants(1.0, waited) for waited in (LATEST_NS - 1, LATEST_NS, 10 * LATEST_NS)] == [False, True, False]
    frame.begin()
    assert frame.grants(1.0, 0), "what has room needs no leave"
    assert [frame.grants(MOST_MS + 1, waited) for waited in (0, LATEST_NS)] == [False, True]


def test_that_who_had_to_wait_is_owed_its_room_in_the_next_frame_until_it_has_come() -> None:
    spent, seen = Spent(), list[float]()
    frame = Frame(spent)
    for is_full in (True, True, False, False):
        frame.begin()
        seen.append(frame.owed_ms())
        spent.s += 1.0 if is_full else 0.0
        for cost in (2.0, 3.0):
            frame.grants(cost, 0)
        seen.append(frame.owed_ms())
    assert seen == [0.0, 0.0, 3.0, 3.0, 3.0, 0.0, 0.0, 0.0], "the largest of them"


def test_that_a_work_too_long_for_what_is_left_of_a_frame_is_done_in_the_next() -> None:
    spent, done = Spent(), list[str]()
    frame = Frame(spent)
    works = Works(frame)

    def work(name: str, ms: float) -> None:
        done.append(name)
        spent.s += ms / 1e3

    seen = []
    for _ in range(3):
        frame.begin()
        works.add("short", 0, lambda: work("short", 2.0))
        works.add("long", 0, lambda: work("long", MOST_MS - 1))
        works.run(1)
        seen.append(done.copy())
        done.clear()
    assert seen == [["short", "long"], ["short"], ["long"]], (
        "the first time nobody knows; then it is first in its frame"
    )
