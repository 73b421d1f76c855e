"""Values of FIX fields out of raw bytes: exact decimals, UTC times, fingerprints of text.

A value that is not plainly one gives DOUBT: the reference decoder (feeds/decode/fix_fields.py) then says what it is.
"""

from typing import Final

from app.engine.bits import signed, wrap_add, wrap_mul
from app.engine.fix_scan import Bytes, is_digit
from app.engine.jit import jit, word
from app.engine.units import NULL, SECOND

DOUBT: Final = NULL  # no number, time or fingerprint
_DIGITS: Final = 18  # any number of so many figures fits 64 bits
_LONGEST: Final = 64
_K1: Final = -7046029254386353131  # odd constants of splitmix64
_K2: Final = -4658895280553007687
_K3: Final = -7723592293110705685


def _scaled(data: Bytes, at: int, size: int, digits: int) -> int:
    """A decimal of `size` bytes as an exact integer of 10**-digits (digits may be negative); DOUBT where unsure."""
    end, minus = at + size, data[at] == 45
    if minus:
        at += 1
    value, figures, places, seen, dotted = 0, 0, 0, False, False
    while at < end:
        if data[at] == 46 and not dotted:
            dotted = True
        elif is_digit(data[at]):
            seen = True
            digit = signed(data[at]) - 48
            if dotted and places >= digits:
                if digit != 0:
                    return DOUBT
            else:
                value = value * 10 + digit
                figures += 1 if value != 0 else 0
                places += 1 if dotted else 0
                if figures > _DIGITS:
                    return DOUBT
        else:
            return DOUBT
        at += 1
    if not seen or size > _LONGEST:
        return DOUBT
    while places < digits:
        value *= 10
        figures += 1 if value != 0 else 0
        places += 1
        if figures > _DIGITS:
            return DOUBT
    while places > digits:
        if value % 10 != 0:
            return DOUBT
        value //= 10
        places -= 1
    return -value if minus else value


scaled = jit(_scaled, forceinline=False)  # called from many places


def _pair(data: Bytes, at: int) -> int:
    """Two digits; below 0 where they are none."""
    if is_digit(data[at]) and is_digit(data[at + 1]):
        return (signed(data[at]) - 48) * 10 + signed(data[at + 1]) - 48
    return -10_000


pair = jit(_pair)


def _days(year: int, month: int, day: int) -> int:
    """Days since 1970 of a date of the Gregorian calendar, 1900 to 2261; DOUBT where there is none."""
    if not (1900 <= year <= 2261 and 1 <= month <= 12 and day >= 1):
        return DOUBT
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    length = 31
    if month == 2:
        length = 29 if leap else 28
    elif month in (4, 6, 9, 11):
        length = 30
    if day > length:
        return DOUBT
    y = year - 1 if month <= 2 else year  # years that begin in March
    m = month + 9 if month <= 2 else month - 3
    return y * 365 + y // 4 - y // 100 + y // 400 + (153 * m + 2) // 5 + day - 719469


days = jit(_days)


def _utc_ns(data: Bytes, at: int, size: int) -> int:
    """A UTCTimestamp (seconds to picoseconds, cut to ns) as ns since the epoch; DOUBT where unsure."""
    if size < 17 or data[at + 8] != 45 or data[at + 11] != 58 or data[at + 14] != 58:
        return DOUBT
    day = days(pair(data, at) * 100 + pair(data, at + 2), pair(data, at + 4), pair(data, at + 6))
    hour, minute, second = pair(data, at + 9), pair(data, at + 12), pair(data, at + 15)
    if day == DOUBT or not (0 <= hour <= 23 and 0 <= minute <= 59 and 0 <= second <= 60):
        return DOUBT
    ns = 0
    if size > 17:
        if data[at + 17] != 46 or not 19 <= size <= 30:
            return DOUBT
        for n in range(12):
            here = at + 18 + n
            digit = signed(data[here]) - 48 if n < size - 18 else 0
            if not 0 <= digit <= 9:
                return DOUBT
            ns = ns * 10 + digit if n < 9 else ns
    return (((day * 24 + hour) * 60 + minute) * 60 + second) * SECOND + ns


utc_ns = jit(_utc_ns, forceinline=False)  # called from many places


def _stirred(lane: int, value: int, by: int) -> int:
    """One lane of a fingerprint with another word in it."""
    lane = wrap_mul(lane ^ value, by)
    return lane ^ (lane >> 29)


stirred = jit(_stirred)


def _stir(print1: int, print2: int, value: int) -> tuple[int, int]:
    """A fingerprint (two int64) with a number in it."""
    return stirred(print1, value, _K1), wrap_add(stirred(print2, value, _K2), _K3)


stir = jit(_stir)


def _stir_bytes(print1: int, print2: int, data: Bytes, at: int, size: int) -> tuple[int, int]:
    """A fingerprint with a text in it; its length is for the caller to stir in."""
    end = at + size
    while at + 8 <= end:
        print1, print2 = stir(print1, print2, word(data, at))
        at += 8
    if at == end:
        return print1, print2
    rest = 0
    if at + 8 <= len(data):
        rest = word(data, at) & ((1 << 8 * (end - at)) - 1)
    else:
        for n in range(end - at):
            rest |= signed(data[at + n]) << 8 * n
    return stir(print1, print2, rest)


stir_bytes = jit(_stir_bytes)


def _stir_text(prints: tuple[int, int], data: Bytes, at: int, size: int) -> tuple[int, int]:
    """A fingerprint with a text and its length in it; never 0."""
    print1, print2 = stir(prints[0], prints[1], size)
    print1, print2 = stir_bytes(print1, print2, data, at, size)
    return print1 | 1, print2


stir_text = jit(_stir_text, forceinline=False)  # called from many places
