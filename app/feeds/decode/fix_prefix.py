"""Capture stamps in the text before a FIX message: the styles of many log writers.

Read are epoch numbers at the start (s, ms, us, ns), `2018/02/23 19:14:25.174454`, `20200713-17:51:23`, ISO 8601 with or
without an offset, `2020-01-05 21:27:00.341_648`, `23 Feb 2018 19:14:25`, `23/Feb/2018:19:14:25 +0000`, and a time
of day alone, which takes the day that brings it nearest to the message's own SendingTime.
"""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final, NamedTuple

from app.engine.units import SECOND
from app.feeds.decode.fix_fields import clock_ns, day_ns

DAY: Final = 86_400 * SECOND
_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        (b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"), 1
    )
}
_CLOCK: Final = rb"(?P<H>\d\d):?(?P<M>\d\d):?(?P<S>\d\d)(?:[.,:]?(?P<f>\d[\d_']*))?"
_ZONE: Final = rb"(?: ?(?P<z>Z|UTC|GMT|[+-](?:0\d|1[0-4]):?(?:00|15|30|45))(?![\w]))?"
_DATE: Final = re.compile(
    rb"(?<!\d)(?P<Y>\d{4})(?P<sep>[-/.]?)(?P<m>\d\d)(?P=sep)(?P<d>\d\d)[T \-_:]{0,3}" + _CLOCK + rb"(?!\d)" + _ZONE
)
_NAMED: Final = re.compile(
    rb"(?<!\d)(?P<d>\d{1,2})[-/ ](?P<b>[A-Za-z]{3})[-/ ](?P<Y>\d{4})[T :\-]{1,3}" + _CLOCK + rb"(?!\d)" + _ZONE
)
_TIME: Final = re.compile(rb"(?<![\d:.])(?P<H>\d\d):(?P<M>\d\d):(?P<S>\d\d)(?:[.,:](?P<f>\d[\d_']*))?(?![\d:])")
_EPOCH: Final = re.compile(rb"[\s\[<(\"']*(\d{10}|\d{13}|\d{16}|\d{19})(?:\.(\d{1,9}))?(?![\d:/\-])")
_FIRST_SECOND: Final = 631_152_000  # 1990
_LAST_SECOND: Final = 4_102_444_800  # 2100


class Stamp(NamedTuple):
    """A capture stamp: ns since the epoch and its grain (ns of its last digit)."""

    ns: int
    grain: int


def capture_stamp(prefix: bytes, zone: tzinfo, near: int | None) -> Stamp | None:
    """The capture stamp in a prefix; `zone` where it names none, `near` (ns) finds the day of a bare time of day."""
    epoch = _EPOCH.match(prefix)
    if epoch is not None:
        stamp = _from_epoch(epoch[1], epoch[2] or b"")
        if stamp is not None:
            return stamp
    for pattern in (_DATE, _NAMED):
        for match in pattern.finditer(prefix):
            stamp = _from_date(match, zone)
            if stamp is not None:
                return stamp
    if near is None:
        return None
    for match in _TIME.finditer(prefix):
        stamp = _nearest(match, zone, near)
        if stamp is not None:
            return stamp
    return None


def _from_epoch(whole: bytes, part: bytes) -> Stamp | None:
    digits = len(whole) - 10
    seconds, rest = divmod(int(whole), 10**digits)
    if not _FIRST_SECOND <= seconds < _LAST_SECOND or (part and digits + len(part) > 9):
        return None
    ns = seconds * SECOND + rest * 10 ** (9 - digits) + int(part or b"0") * 10 ** (9 - digits - len(part))
    return Stamp(ns, 10 ** (9 - digits - len(part)))


def _from_date(match: re.Match[bytes], zone: tzinfo) -> Stamp | None:
    named = match.groupdict().get("b")
    month = _MONTHS.get(named.lower(), 0) if named else int(match["m"])
    day = day_ns(int(match["Y"]), month, int(match["d"]))
    return None if day is None else _local(match, day, _zone_of(match["z"]) or zone)


def _nearest(match: re.Match[bytes], zone: tzinfo, near: int) -> Stamp | None:
    midnight = near // DAY * DAY
    stamps = [_local(match, midnight + shift * DAY, zone) for shift in (-1, 0, 1)]
    known = [stamp for stamp in stamps if stamp is not None]
    return min(known, key=lambda stamp: (abs(stamp.ns - near), stamp.ns)) if known else None


def _local(match: re.Match[bytes], day: int, zone: tzinfo) -> Stamp | None:
    digits = re.sub(rb"[_']", b"", match["f"] or b"")
    clock = clock_ns(int(match["H"]), int(match["M"]), int(match["S"]), digits)
    if clock is None:
        return None
    return Stamp(day + clock - _offset_ns(day + clock, zone), 10 ** (9 - min(len(digits), 9)))


def _zone_of(text: bytes | None) -> tzinfo | None:
    if text is None:
        return None
    if text[:1] not in b"+-":
        return UTC
    digits = text[1:].replace(b":", b"")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return timezone(timedelta(minutes=-minutes if text[:1] == b"-" else minutes))


def _offset_ns(local: int, zone: tzinfo) -> int:
    if zone is UTC:
        return 0
    wall = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None) + timedelta(seconds=local // SECOND)
    offset = wall.replace(tzinfo=zone).utcoffset()
    return 0 if offset is None else (offset.days * 86_400 + offset.seconds) * SECOND
