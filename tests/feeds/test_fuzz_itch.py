"""Hostile bytes in the ITCH readers: every byte accounted for, wherever the input is split or cut."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.engine.errors import ScorecardError
from app.engine.events import Quarantined, Rows
from app.engine.itch.layout import LENGTHS
from app.engine.universe import Universe
from app.feeds import itch
from app.feeds.base import Options
from app.feeds.generator.itch import ItchPlan, itch_day
from app.feeds.generator.itch_wire import WirePlan, mold_packets, pcap
from tests.feeds.itch_made import decoded, stream
from tests.feeds.made import drained

pytestmark = pytest.mark.slow  # thousands of damaged streams

DAY = itch_day(ItchPlan(messages=300, seed=8, stocks=2))
DATA = stream(*DAY.messages)
FILES = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
DAMAGE = st.tuples(st.integers(0, len(DATA)), st.integers(0, 60), st.binary(max_size=80))


def accounted(data: bytes, aside: list[Quarantined], taken: dict[str, int]) -> None:
    """Messages taken and bytes set aside are the whole stream."""
    whole = sum((LENGTHS[kind] + 2) * count for kind, count in taken.items())
    assert whole + sum(len(entry.raw) for entry in aside) == len(data)
    for entry in aside:
        offset = int(entry.where.rpartition("offset ")[2].rstrip(")"))
        assert data[offset : offset + len(entry.raw)] == entry.raw


def same(one: tuple[Rows, list[Quarantined], object], other: tuple[Rows, list[Quarantined], object]) -> None:
    np.testing.assert_array_equal(one[0], other[0])
    assert one[1] == other[1]


@given(damage=st.lists(DAMAGE, min_size=1, max_size=4), cuts=st.lists(st.integers(0, len(DATA)), max_size=8))
def test_that_damage_anywhere_is_set_aside_to_the_byte_however_the_stream_is_split(
    damage: list[tuple[int, int, bytes]], cuts: list[int]
) -> None:
    data = DATA
    for at, gone, put in damage:
        data = data[:at] + put + data[at + gone :]
    whole = decoded(data)
    accounted(data, whole[1], whole[2].types)
    same(whole, decoded(data, sorted(min(cut, len(data)) for cut in cuts)))


@given(data=st.binary(max_size=3_000))
def test_that_random_bytes_are_accounted_for(data: bytes) -> None:
    _, aside, decoder = decoded(data)
    accounted(data, aside, decoder.types)


def test_that_a_stream_cut_at_any_byte_loses_its_last_message_only() -> None:
    whole, _, _ = decoded(DATA)
    ends = np.cumsum([0, *[len(one) + 2 for one in DAY.messages]])
    for end in range(len(DATA) - 700, len(DATA)):
        rows, aside, decoder = decoded(DATA[:end])
        accounted(DATA[:end], aside, decoder.types)
        complete = int(np.searchsorted(ends, end, "right")) - 1
        np.testing.assert_array_equal(rows, whole[whole["rec"] < complete])
        assert len(aside) == (0 if end in ends else 1)


def test_that_a_stream_handed_over_byte_by_byte_gives_the_same() -> None:
    data = DATA[:6_000] + b"\xff" * 700 + DATA[6_000:9_000]
    same(decoded(data), decoded(data, range(1, len(data))))


@FILES
@given(at=st.integers(0, 60_000), gone=st.integers(0, 300), put=st.binary(max_size=60))
def test_that_a_damaged_capture_gives_rows_and_reasons_never_a_traceback(
    tmp_path: Path, at: int, gone: int, put: bytes
) -> None:
    data = pcap(mold_packets(DAY, WirePlan(repeated=0.1, late=0.1)).packets)
    at %= len(data)
    path = tmp_path / "damaged.pcap"
    path.write_bytes(data[:at] + put + data[at + gone :])
    try:
        recording = itch.open_recording(path, Universe(), Options(session_date="2025-03-14"))
        rows = drained(recording)
    except ScorecardError:
        return
    assert set(rows["seq"].tolist()) <= set(range(1, len(DAY.messages) + 100_000))
    for entry in recording.quarantine:
        assert entry.reason
        assert entry.where
