"""A million generated ITCH messages against the second decoder, and the true book on every row."""

import random
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from app.engine.units import ADD
from app.engine.universe import Universe
from app.feeds import itch
from app.feeds.base import Options
from app.feeds.generator.itch import ItchDay, ItchPlan, itch_day
from app.feeds.generator.itch_wire import WirePlan, write_itch
from tests.feeds.itch_made import check_against_plain, check_book, decoded, stream
from tests.feeds.itch_plain import LAYOUT
from tests.feeds.made import drained

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


def test_that_a_capture_of_two_hundred_thousand_messages_gives_the_rows_of_its_file(tmp_path: Path) -> None:
    day = itch_day(ItchPlan(messages=200_000, seed=5, stocks=8))
    whole, _, _ = decoded(stream(*day.messages))
    done = write_itch(day, tmp_path / "day.pcap", WirePlan(lost=0.001, repeated=0.01, late=0.01))
    assert done is not None
    recording = itch.open_recording(tmp_path / "day.pcap", Universe(), Options())
    rows = drained(recording)
    missing = {first + n for first, count in done.lost for n in range(count)}
    assert recording.counts["missing_messages"] == len(missing) > 100
    assert recording.counts["duplicate_messages"] == done.repeated > 1_000
    adds = [part[(part["action"] == ADD)] for part in (whole, rows)]
    kept = adds[0][~np.isin(adds[0]["seq"], sorted(missing))]
    unknown = set(kept["seq"].tolist()) - set(adds[1]["seq"].tolist())  # replaces of orders that were lost
    assert len(unknown) <= recording.counts["unknown_orders"]
    seen = kept[~np.isin(kept["seq"], sorted(unknown))]
    for name in ("ts_event", "seq", "order_id", "price", "size", "side", "instrument"):
        np.testing.assert_array_equal(adds[1][name], seen[name], name)
