"""Values of FIX fields out of raw bytes: exact decimals, UTC times, fingerprints of text.

A value that is not plainly one gives DOUBT: the reference decoder (feeds/decode/fix_fields.py) then says what it is.
"""

from typing import Final

import numpy as np

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
_SHORT: Final = 9  # a number of so few bytes, in so fine a unit, fits whatever it says
_POWERS: Final = np.array([10**n for n in range(_SHORT + 1)], np.int64)
_WORD: Final = 8  # bytes
_HIGH: Final = -0x0F0F0F0F0F0F0F10  # the upper half of each byte of a word
_ZEROS: Final = 0x3030303030303030
_SIXES: Final = 0x0606060606060606
_LOW: Final = 0x0F0F0F0F0F0F0F0F
_COLONS: Final = 0x00000A00000A0000  # of HH:MM:SS, what makes them zeros


def _short(data: Bytes, at: int, end: int, digits: int) -> int:
    """As scaled, of at most _SHORT bytes without a sign and 0 to _SHORT digits; DOUBT also where it is not so plain."""
    value, dot = 0, end
    for here in range(at, end):
        digit = signed(data[here]) - 48
        if 0 <= digit <= 9:
            value = value * 10 + digit
        elif digit == -2 and dot == end:
            dot = here
        else:
            return DOUBT
    places = end - dot - 1 if dot < end else 0
    if places > digits or end - at == (1 if dot < end else 0):
        return DOUBT
    return value * signed(_POWERS[digits - places])


short = jit(_short)


def _scaled(data: Bytes, at: int, size: int, digits: int) -> int:
    """A decimal of `size` bytes as an exact integer of 10**-digits (digits may be negative); DOUBT where unsure."""
    end = at + size
    if size <= _SHORT and 0 <= digits <= _SHORT:
        value = short(data, at, end, digits)
        if value != DOUBT:
            return value
    minus = data[at] == 45
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


def _digits(text: int) -> int:
    """The digits of a word, a byte each; below 0 where one of the eight is none."""
    if text & _HIGH != _ZEROS or (text + _SIXES) & _HIGH != _ZEROS:
        return -1
    return text & _LOW


digits_of = jit(_digits)


def _pair(digits: int, byte: int) -> int:
    """The number that a digit and the one after it say."""
    return (digits >> 8 * byte & 15) * 10 + (digits >> 8 * byte + 8 & 15)


pair = jit(_pair)


def _fraction(data: Bytes, at: int, size: int) -> int:
    """Nanoseconds that 1 to 12 digits of a second say, cut; DOUBT where one is none."""
    ns = 0
    for n in range(size):
        digit = signed(data[at + n]) - 48
        if not 0 <= digit <= 9:
            return DOUBT
        ns = ns * 10 + digit if n < _SHORT else ns
    return ns * signed(_POWERS[_SHORT - size]) if size < _SHORT else ns


fraction = jit(_fraction)


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
    date, clock = digits_of(word(data, at)), digits_of(word(data, at + 9) ^ _COLONS)
    if date < 0 or clock < 0:
        return DOUBT
    day = days(pair(date, 0) * 100 + pair(date, 2), pair(date, 4), pair(date, 6))
    hour, minute, second = pair(clock, 0), pair(clock, 3), pair(clock, 6)
    if day == DOUBT or hour > 23 or minute > 59 or second > 60:
        return DOUBT
    ns = 0
    if size > 17:
        if data[at + 17] != 46 or not 19 <= size <= 30:
            return DOUBT
        ns = fraction(data, at + 18, size - 18)
        if ns == DOUBT:
            return DOUBT
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


def _stir_longer(prints: tuple[int, int], data: Bytes, at: int, size: int) -> tuple[int, int]:
    """As stir_text, of a text of any length."""
    print1, print2 = stir(prints[0], prints[1], size)
    print1, print2 = stir_bytes(print1, print2, data, at, size)
    return print1 | 1, print2


stir_longer = jit(_stir_longer, forceinline=False)  # called from many places


def _stir_text(prints: tuple[int, int], data: Bytes, at: int, size: int) -> tuple[int, int]:
    """A fingerprint with a text and its length in it; never 0."""
    if size >= _WORD or at + _WORD > len(data):
        return stir_longer(prints, data, at, size)
    print1, print2 = stir(prints[0], prints[1], size)
    if size > 0:
        print1, print2 = stir(print1, print2, word(data, at) & ((1 << 8 * size) - 1))
    return print1 | 1, print2


stir_text = jit(_stir_text)


def _stir_long(data: Bytes, size: int) -> tuple[int, int]:
    """The fingerprint of the first `size` bytes; never 0. Eight more bytes are there."""
    print1, print2, other1, other2, at = 1, 2, 3, 4, 0
    while at + 2 * _WORD <= size:  # two at a time: neither waits for the other
        print1, print2 = stir(print1, print2, word(data, at))
        other1, other2 = stir(other1, other2, word(data, at + _WORD))
        at += 2 * _WORD
    if at + _WORD <= size:
        print1, print2 = stir(print1, print2, word(data, at))
        at += _WORD
    if at < size:
        other1, other2 = stir(other1, other2, word(data, at) & ((1 << 8 * (size - at)) - 1))
    print1, print2 = stir(print1, print2, other1)
    print1, print2 = stir(print1, print2, other2)
    print1, print2 = stir(print1, print2, size)
    return print1 | 1, print2


stir_long = jit(_stir_long)
