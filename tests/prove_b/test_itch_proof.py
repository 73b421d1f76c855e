"""A million generated ITCH messages against the second decoder, and the true book on every row."""

import random
from typing import Final

import numpy as np
import pytest

from app.feeds.generator.itch import ItchDay, ItchPlan, itch_day
from tests.feeds.itch_made import check_against_plain, check_book, decoded, stream
from tests.feeds.itch_plain import LAYOUT

pytestmark = pytest.mark.prove

MESSAGES: Final = 1_000_200


@pytest.fixture(scope="module")
def day() -> ItchDay:
    return itch_day(ItchPlan(messages=MESSAGES, seed=2_024, stocks=20))


def test_that_a_million_messages_decode_as_the_second_decoder_has_them(day: ItchDay) -> None:
    assert len(day.messages) >= 1_000_000
    assert {chr(one[0]) for one in day.messages} == set(LAYOUT)
    assert check_against_plain(day) > 1_000_000


def test_that_the_book_of_a_million_messages_is_the_true_one_on_every_row(day: ItchDay) -> None:
    rows, aside, _ = decoded(stream(*day.messages))
    assert aside == []
    assert check_book(day, rows) == len(day.book) > 900_000


def test_that_a_million_messages_split_at_random_give_the_same_rows(day: ItchDay) -> None:
    data = stream(*day.messages)
    draw = random.Random(7)
    whole, _, _ = decoded(data)
    split, _, _ = decoded(data, sorted(draw.randrange(len(data)) for _ in range(300)))
    np.testing.assert_array_equal(whole, split)
