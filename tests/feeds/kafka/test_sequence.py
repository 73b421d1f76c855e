"""Numbers of blocks: copies are dropped, order comes back, a gap is given up and told."""

import random

from hypothesis import given
from hypothesis import strategies as st

from app.feeds.decode.blocks import Place
from app.feeds.kafka.sequence import Sequencer


@given(st.integers(0, 10_000), st.integers(1, 8))
def test_that_any_disorder_within_the_room_comes_out_in_order_once(seed: int, room: int) -> None:
    draw = random.Random(seed)
    numbers: list[int] = [0]
    for first in range(1, 60, room):
        part = list(range(first, first + room))
        numbers += draw.sample(part + draw.choices(part, k=2), k=len(part) + 2)
    sequence: Sequencer[int] = Sequencer(room)
    found = [item for offset, n in enumerate(numbers) for item in sequence.take(Place(1, n), offset, n)]
    assert found == sorted(set(numbers))
    assert sequence.copies == len(numbers) - len(found)
    assert sequence.gaps == 0
    assert sequence.oldest() is None


def test_that_a_block_beyond_the_room_is_given_up_and_taken_when_it_comes() -> None:
    sequence: Sequencer[int] = Sequencer(2)
    found = [list(sequence.take(Place(1, n), n, n)) for n in (0, 2, 3, 4, 1, 5, 1)]
    assert found == [[0], [], [], [2, 3, 4], [1], [5], []]
    assert (sequence.gaps, sequence.copies) == (0, 1)


def test_that_a_restart_reads_again_from_the_oldest_block_that_waits() -> None:
    sequence: Sequencer[str] = Sequencer(9)
    for number, offset in ((0, 0), (2, 1), (3, 2)):
        list(sequence.take(Place(1, number), offset, "x"))
    assert sequence.oldest() == 1
    assert list(sequence.give_up_all()) == ["x", "x"]
    assert (sequence.gaps, sequence.oldest()) == (1, None)


def test_that_senders_are_numbered_each_for_itself() -> None:
    sequence: Sequencer[str] = Sequencer(2)
    assert list(sequence.take(Place(1, 5), 0, "a")) == ["a"]  # reading may begin anywhere
    assert list(sequence.take(Place(2, 9), 1, "b")) == ["b"]
    assert sequence.last == {1: 5, 2: 9}


def test_that_what_was_read_before_a_restart_is_a_copy() -> None:
    sequence: Sequencer[str] = Sequencer(2, {1: 5})
    assert list(sequence.take(Place(1, 5), 0, "a")) == []
    assert list(sequence.take(Place(1, 6), 1, "b")) == ["b"]
