"""Where a partition is begun: what is asked for, never outside what the broker still has."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.errors import DecodeError
from app.engine.units import MILLISECOND, SECOND
from app.feeds.kafka.places import Position, first_offset, lane_of, position, utc_ns
from app.settings_sources import KafkaSource

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Consumer:
    """Answers as a consumer does: what its group committed, and the first offset at or after a time."""

    def __init__(self, committed: int = -1001, at_time: int = -1) -> None:
        self.group_has = committed
        self.at_time = at_time
        self.asked_ms: list[int] = []

    def committed(self, spots: list[Any], timeout: float) -> list[Any]:
        assert timeout > 0
        return [SimpleNamespace(offset=self.group_has) for _ in spots]

    def offsets_for_times(self, spots: list[Any], timeout: float) -> list[Any]:
        assert timeout > 0
        self.asked_ms += [spot.offset for spot in spots]
        return [SimpleNamespace(offset=self.at_time) for _ in spots]


def first(start: str, consumer: Consumer | None = None, low: int = 10, high: int = 50) -> int:
    return first_offset(consumer or Consumer(), SimpleNamespace(offset=-1001), KafkaSource(start=start), low, high)


@pytest.mark.parametrize(
    ("start", "offset"),
    [("earliest", 10), ("now", 50), ("offset:10", 10), ("offset:30", 30), ("offset:50", 50),
     ("offset:0", 10), ("offset:9", 10), ("offset:51", 50), ("offset:99999999999", 50)],
)  # fmt: skip
def test_that_a_start_is_within_what_is_there(start: str, offset: int) -> None:
    assert first(start) == offset


@pytest.mark.parametrize(("committed", "offset"), [(-1001, 10), (30, 30), (50, 50), (3, 10), (70, 50)])
def test_that_a_group_goes_on_where_it_stood_or_from_what_is_left(committed: int, offset: int) -> None:
    assert first("committed", Consumer(committed)) == offset


@pytest.mark.parametrize(("found", "offset"), [(20, 20), (-1, 50)])
def test_that_a_time_nothing_is_after_begins_at_the_end(found: int, offset: int) -> None:
    consumer = Consumer(at_time=found)
    assert first("2026-03-02T14:30:00.5", consumer) == offset
    wanted = datetime(2026, 3, 2, 14, 30, 0, 500_000, tzinfo=UTC)
    assert consumer.asked_ms == [(wanted - EPOCH) // timedelta(milliseconds=1)]


def test_that_an_empty_partition_is_begun_at_its_only_place() -> None:
    for start in ("earliest", "now", "committed", "offset:7"):
        assert first(start, low=4, high=4) == 4


@given(st.integers(0, 7 * 10**15), st.integers(0, 999), st.sampled_from(["T", " "]))
def test_that_a_time_is_exact_to_the_nanosecond(micros: int, nanos: int, between: str) -> None:
    when = EPOCH + timedelta(microseconds=micros)
    text = f"{when:%Y-%m-%d}{between}{when:%H:%M:%S}.{when.microsecond:06d}{nanos:03d}"
    assert utc_ns(text) == utc_ns(text + "Z") == micros * 1_000 + nanos


@pytest.mark.parametrize(
    ("text", "same"),
    [("2026-03-02", "2026-03-02T00:00:00"), ("2026-03-02 09:30", "2026-03-02T09:30:00.000"),
     ("2026-03-02T09:30:00.25", "2026-03-02T09:30:00.250000000")],
)  # fmt: skip
def test_that_what_is_left_out_is_nothing(text: str, same: str) -> None:
    assert utc_ns(text) == utc_ns(same)


def test_that_fractions_count_in_their_own_place() -> None:
    whole = utc_ns("2026-03-02T09:30:00")
    assert utc_ns("2026-03-02T09:30:00.001") - whole == MILLISECOND
    assert utc_ns("2026-03-02T09:30:01") - whole == SECOND
    assert utc_ns("2026-03-02T09:30:00.000000001") - whole == 1


@pytest.mark.parametrize(
    "text", ["", "now", "2026", "2026-3-2", "2026-03-02T", "2026-03-02T09", "2026-03-02T09:30:00.", "09:30",
             "2026-03-02T09:30:00.1234567890", "2026-03-02T09:30:00+01:00", "2026-02-30", "2026-03-02T24:30"]
)  # fmt: skip
def test_that_what_is_no_time_is_none(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - settings are refused in words before this is asked
        utc_ns(text)


@given(
    st.integers(-1, 2**63 - 1), st.dictionaries(st.integers(0, 2**64 - 1).map(str), st.integers(0, 2**63 - 1)),
    st.booleans(), st.integers(-1, 2**63 - 1),
)  # fmt: skip
def test_that_any_position_is_read_back_off_the_tape(
    offset: int,
    streams: dict[str, int],
    ended: bool,
    begun: int,
) -> None:
    place = Position(offset, streams, ended, begun)
    assert position(place.text(), "lane") == place


@pytest.mark.parametrize(
    "text", ["", "7", "[]", "null", '{"next": "7"}', '{"next": 1.5}', '{"next": 1, "streams": []}']
)
def test_that_a_position_that_is_none_is_refused_with_its_lane(text: str) -> None:
    with pytest.raises(DecodeError, match="tape, lane kafka:t/3: the tape's position"):
        position(text, f"tape, lane {lane_of('t', 3)}")
