"""Where reading begins and how far it has come: offsets by what the tape holds, the settings, or the group."""

import re
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from app.engine.errors import DecodeError
from app.engine.units import MILLISECOND, SECOND
from app.settings_sources import KafkaSource

PATIENCE_S: Final = 10.0
_TIME: Final = re.compile(r"(?P<whole>\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?)(?P<fraction>\.\d{1,9})?Z?")


class Position(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far a partition has been read: the next offset, the last block of every sender, whether its day ended.

    `begun`: where a decoder's memory begins; it is read again from there, told from `next` on. -1 = it has none.
    `seen`: what is spoilt before this offset was set aside already. `missing`: blocks given up, by sender.
    `named`: SecurityIDs of own flow that other sources had to explain, and what they were taken for.
    """

    next: int
    streams: dict[str, int] = {}
    ended: bool = False
    begun: int = -1
    seen: int = -1
    missing: dict[str, list[int]] = {}
    named: dict[str, str] = {}

    def text(self) -> str:
        """As it stands on the tape."""
        return msgspec.json.encode(self).decode()


def position(text: str, where: str) -> Position:
    """A position off the tape. Raises DecodeError."""
    try:
        return msgspec.json.decode(text, type=Position)
    except msgspec.DecodeError as error:
        raise DecodeError(f"{where}: the tape's position {text!r} is none: {error}") from error


def lane_of(topic: str, partition: int) -> str:
    """Name of a partition's lane."""
    return f"kafka:{topic}/{partition}"


def utc_ns(text: str) -> int:
    """A time of the settings in ns."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(text)
    whole = datetime.fromisoformat(match["whole"].replace(" ", "T")).replace(tzinfo=UTC)
    fraction = (match["fraction"] or ".0")[1:].ljust(9, "0")
    return int(whole.timestamp()) * SECOND + int(fraction)


def first_offset(consumer: Any, spot: Any, source: KafkaSource, low: int, high: int) -> int:
    """Where a partition is begun that the tape knows nothing of. `spot`: its TopicPartition."""
    start = source.start
    if start == "now":
        return high
    if start.startswith("offset:"):
        return min(max(int(start.partition(":")[2]), low), high)
    if start == "committed":
        known = consumer.committed([spot], timeout=PATIENCE_S)[0].offset
        return min(max(known, low), high) if known >= 0 else low
    if start == "earliest":
        return low
    spot.offset = utc_ns(start) // MILLISECOND  # this call takes a time for an offset
    found = int(consumer.offsets_for_times([spot], timeout=PATIENCE_S)[0].offset)
    return found if found >= 0 else high
