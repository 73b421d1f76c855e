"""Tag scanner: whole, regular FIX messages in raw bytes as arrays of frames and fields, in one pass.

It takes what is beyond doubt: a known delimiter, a BodyLength that ends at the CheckSum, a true sum, fields that are
tag=value. At anything else it stops in front of it (ODD, or TAIL where bytes may be missing), and the reference decoder
(feeds/decode/fix_frame.py) says what that is; so both give the same messages of the same bytes.
"""

from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from app.engine.bits import signed
from app.engine.jit import LANES, first_of_lanes, jit

Bytes: TypeAlias = NDArray[np.uint8]
Ints: TypeAlias = NDArray[np.int64]
Words: TypeAlias = NDArray[np.int32]

# Why a message is not taken: bytes may be missing; something is irregular.
TAIL: Final = 0
ODD: Final = -1

# Columns of a message: first and last byte (exclusive), line, where the text before it on its line begins, its fields,
# flags, and the bytes of its delimiter.
START, END, LINE, PREFIX, FIELD, FIELDS, FLAGS, WIDTH = range(8)
MESSAGE_COLUMNS: Final = 8
WRONG_SUM: Final = 1  # counted, as the rules say
CARRIED: Final = 2  # the text before it begins in an earlier buffer
# Columns of a field: tag, first byte of its value, bytes of its value.
TAG, AT, SIZE = range(3)
FIELD_COLUMNS: Final = 3

# Slots of the state: next byte, line, whether the line's text is blank, messages on the line, where its text begins and
# whether that is carried, messages and fields found, and what is counted of text.
(
    S_AT, S_LINE, S_BLANK, S_ON_LINE, S_TEXT, S_CARRY, S_MESSAGES, S_FIELDS,
    S_PREFIXES, S_SUFFIXES, S_EVENT_LINES, S_BLANK_LINES, S_TEXT_BYTES, S_MESSAGE_BYTES,
) = range(14)  # fmt: skip
STATE_SLOTS: Final = 14
TABLED_TAGS: Final = 4096  # length tags below it are looked up, others searched

HEAD_BYTES: Final = 64
_TRAILER_BYTES: Final = 8
_LONGEST_NUMBER: Final = 9  # digits of a tag, BodyLength or data length


class Marks(NamedTuple):
    """What a message is recognised by.

    `delimiters`: a row of 8 bytes each, the longer of two that begin alike first; `data_of`: length tag -> data tag, 0
    where it has none; `own`: pairs of length and data tag beyond the table; `closing`: 1 for a byte that may follow
    the CheckSum of a message whose last delimiter is missing; `limits`: longest body, 1 where a wrong sum is counted.
    """

    delimiters: Bytes
    widths: Ints
    data_of: Words
    own: Ints
    closing: Bytes
    limits: Ints


class Found(NamedTuple):
    """Where messages and fields are written; room for any that fit into the bytes scanned."""

    messages: Ints
    fields: Words


def _is_digit(byte: int) -> bool:
    """True for 0-9."""
    return 48 <= byte <= 57


is_digit = jit(_is_digit)


def _has(data: Bytes, at: int, delimiter: Bytes, width: int) -> bool:
    """True when the delimiter stands at `at`, so many bytes being there."""
    for n in range(width):
        if data[at + n] != delimiter[n]:
            return False
    return True


has = jit(_has)


def _number(data: Bytes, at: int, stop: int) -> tuple[int, int]:
    """A run of at most 9 digits at `at`, before `stop`: its value and the first byte after it."""
    value = 0
    stop = min(stop, at + _LONGEST_NUMBER)
    while at < stop and is_digit(data[at]):
        value = value * 10 + signed(data[at]) - 48
        at += 1
    return value, at


number = jit(_number)


def _end_line(state: Ints) -> None:
    """A line ends: what it held is counted."""
    if state[S_ON_LINE] > 0:
        if state[S_BLANK] == 0:
            state[S_SUFFIXES] += 1
    elif state[S_BLANK] != 0:
        state[S_BLANK_LINES] += 1
    else:
        state[S_EVENT_LINES] += 1
    state[S_LINE] += 1
    state[S_BLANK], state[S_ON_LINE], state[S_CARRY] = 1, 0, 0


end_line = jit(_end_line)


def _is_start(data: Bytes, at: int) -> bool:
    """True for `8=FIX` at `at`; five bytes are there."""
    return bool(
        data[at] == 56 and data[at + 1] == 61 and data[at + 2] == 70 and data[at + 3] == 73 and data[at + 4] == 88
    )


is_start = jit(_is_start)


def _to_start(data: Bytes, state: Ints) -> int:
    """Pass over text to the next `8=FIX`; its place, or -1 where there is none."""
    at = begin = state[S_AT]
    stop = len(data) - 4
    while at < stop and not is_start(data, at):
        byte = data[at]
        at += 1
        if byte == 10:
            end_line(state)
            state[S_TEXT] = at
        elif not (byte == 32 or 9 <= byte <= 13):
            state[S_BLANK] = 0
    state[S_AT] = at
    state[S_TEXT_BYTES] += at - begin
    return at if at < stop else -1


to_start = jit(_to_start)


def _delimiter_at(data: Bytes, at: int, marks: Marks) -> int:
    """Which delimiter ends the BeginString of a message at `at`; -1 where it is none of FIX.n.n or FIXT.n.n."""
    p = at + 5
    if data[p] == 84:
        p += 1
    if not (data[p] == 46 and is_digit(data[p + 1]) and data[p + 2] == 46 and is_digit(data[p + 3])):
        return -1
    p += 4
    if data[p] == 83 and data[p + 1] == 80 and is_digit(data[p + 2]):
        p += 3
    for mark in range(len(marks.widths)):
        if has(data, p, marks.delimiters[mark], marks.widths[mark]):
            return mark << 8 | p - at
    return -1


delimiter_at = jit(_delimiter_at)


def _after_body(data: Bytes, body: int, length: int, delimiter: Bytes, width: int) -> int:
    """Where the last delimiter of a body of `length` bytes in its SOH form stands; ODD, or TAIL where bytes miss."""
    if width == 1:
        last = body + length - 1
        return last if last + _TRAILER_BYTES <= len(data) else TAIL
    at, left = body, length
    while left > 0:
        if at + 2 * width + _TRAILER_BYTES > len(data):
            return TAIL
        left -= 1
        if has(data, at, delimiter, width):
            at += width
            if left == 0:
                return at - width
        else:
            at += 1
    return ODD


after_body = jit(_after_body)


def _message_end(data: Bytes, last: int, mark: tuple[Bytes, int], closing: Bytes) -> int:
    """End of a message whose CheckSum follows the delimiter at `last`; ODD where there is none."""
    delimiter, width = mark
    at = last + width
    if not has(data, last, delimiter, width) or data[at] != 49 or data[at + 1] != 48 or data[at + 2] != 61:
        return ODD
    if not (is_digit(data[at + 3]) and is_digit(data[at + 4]) and is_digit(data[at + 5])):
        return ODD
    at += 6
    if has(data, at, delimiter, width):
        return at + width
    return at if closing[data[at]] != 0 else ODD


message_end = jit(_message_end)


def _data_tag(marks: Marks, tag: int) -> int:
    """The data tag of a length tag, 0 where it is none."""
    if tag < TABLED_TAGS:
        return signed(marks.data_of[tag])
    for n in range(len(marks.own)):
        if marks.own[n, 0] == tag:
            return signed(marks.own[n, 1])
    return 0


data_tag = jit(_data_tag)


def _find(data: Bytes, at: int, stop: int, mark: tuple[Bytes, int]) -> int:
    """The next delimiter at or after `at` that ends at or before `stop`; `stop` where there is none."""
    delimiter, width = mark
    first = delimiter[0]
    if width == 1:
        while at + LANES <= len(data) and at < stop:
            lane = first_of_lanes(data, at, signed(first))
            if lane < LANES:
                return min(at + lane, stop)
            at += LANES
        while at < stop and data[at] != first:
            at += 1
        return min(at, stop)
    while at + width <= stop and not (data[at] == first and has(data, at, delimiter, width)):
        at += 1
    return at if at + width <= stop else stop


find = jit(_find)


def _data_end(data: Bytes, span: tuple[int, int, int], stop: int, mark: tuple[Bytes, int]) -> int:
    """End of a data value that begins at span[0], its length written in span[1:3]; ODD where they do not agree."""
    delimiter, width = mark
    wanted, after = number(data, span[1], span[2])
    end = span[0] + wanted
    if after == span[1] or after != span[2] or end > stop:
        return ODD
    if end != stop and not has(data, end, delimiter, width):
        return ODD
    if (width > 1 or delimiter[0] != 1) and find(data, span[0], stop, mark) != end:
        return ODD  # a printable delimiter inside it stands for SOH: its value is no slice of these bytes
    return end


data_end = jit(_data_end)


def _fields(data: Bytes, span: tuple[int, int], mark: tuple[Bytes, int], marks: Marks, out: Words) -> int:
    """Write the fields of data[span[0]:span[1]]; how many, or ODD where one is no tag=value."""
    delimiter, width = mark
    at, stop = span
    count, wanted, typed = 0, 0, False
    while True:
        end = find(data, at, stop, mark)
        tag, after = number(data, at, end)
        if after == at or data[at] == 48 or after == end or data[after] != 61:
            if (width == 1 and delimiter[0] == 1) or count == 0:
                return ODD
            out[count - 1, SIZE] = end - out[count - 1, AT]  # a printable delimiter in a text
            wanted = 0
        else:
            value = after + 1
            if wanted == tag and wanted > 0:
                length = signed(out[count - 1, AT])
                end = data_end(data, (value, length, length + out[count - 1, SIZE]), stop, mark)
                if end == ODD:
                    return ODD
            out[count, TAG], out[count, AT], out[count, SIZE] = tag, value, end - value
            count += 1
            typed = typed or (tag == 35 and end > value)
            wanted = data_tag(marks, tag) if wanted != tag or wanted == 0 else 0
        if end >= stop:
            break
        at = end + width
    return count if typed and out[count - 1, TAG] == 10 else ODD


fields = jit(_fields)


def _byte_sum(data: Bytes, at: int, end: int) -> int:
    """Sum of the bytes."""
    total = 0
    part = data[at:end]  # the index of a slice is never negative: this loop is taken many bytes at a time
    for n in range(len(part)):
        total += signed(part[n])
    return total


byte_sum = jit(_byte_sum)


def _lines(data: Bytes, at: int, end: int) -> int:
    """Line ends among the bytes."""
    count = 0
    part = data[at:end]
    for n in range(len(part)):
        count += 1 if part[n] == 10 else 0
    return count


lines = jit(_lines)


def _sum_holds(data: Bytes, start: int, last: int, found: int, mark: tuple[Bytes, int]) -> bool:
    """True when the three digits behind the delimiter at `last` are the sum of the SOH form of `found` fields."""
    delimiter, width = mark
    total = byte_sum(data, start, last + width) - (found - 1) * (byte_sum(delimiter, 0, width) - 1)
    said, _ = number(data, last + width + 3, last + width + 6)
    return total % 256 == said


sum_holds = jit(_sum_holds)


def _message(data: Bytes, start: int, marks: Marks, found: Found, state: Ints) -> int:
    """Take the message at `start`, whose end is returned; ODD or TAIL where it is not beyond doubt."""
    if start + HEAD_BYTES > len(data):
        return TAIL
    which = delimiter_at(data, start, marks)
    if which < 0:
        return ODD
    width = marks.widths[which >> 8]
    mark = (marks.delimiters[which >> 8], width)
    at = start + (which & 255) + width
    if data[at] != 57 or data[at + 1] != 61:
        return ODD
    length, after = number(data, at + 2, start + HEAD_BYTES)
    if after == at + 2 or not has(data, after, mark[0], width) or not 0 < length <= marks.limits[0]:
        return ODD
    last = after_body(data, after + width, length, mark[0], width)
    if last <= 0:
        return last
    end = message_end(data, last, mark, marks.closing)
    if end == ODD:
        return ODD
    closed = end - width if end > last + width + 6 else end
    row, first = state[S_MESSAGES], state[S_FIELDS]
    count = fields(data, (start, closed), mark, marks, found.fields[first:])
    if count == ODD or found.fields[first + count - 1, AT] != last + width + 3:
        return ODD
    flags = state[S_CARRY] * CARRIED
    if not sum_holds(data, start, last, count, mark):
        if marks.limits[1] == 0:
            return ODD
        flags |= WRONG_SUM
    out = found.messages[row]
    out[START], out[END], out[LINE], out[PREFIX] = start, end, state[S_LINE], state[S_TEXT]
    out[FIELD], out[FIELDS], out[FLAGS], out[WIDTH] = first, count, flags, width
    return end


message = jit(_message)


def _scan(data: Bytes, marks: Marks, found: Found, state: Ints) -> None:
    """Take regular messages from state[S_AT] on; what stands there in the end is for the reference decoder."""
    while True:
        start = to_start(data, state)
        end = message(data, start, marks, found, state) if start >= 0 else TAIL
        if end <= 0:
            return
        state[S_FIELDS] += found.messages[state[S_MESSAGES], FIELDS]
        state[S_MESSAGES] += 1
        state[S_MESSAGE_BYTES] += end - start
        state[S_PREFIXES] += 1 - state[S_BLANK]
        state[S_LINE] += lines(data, start, end)
        state[S_BLANK], state[S_CARRY] = 1, 0
        state[S_ON_LINE] += 1
        state[S_AT] = state[S_TEXT] = end


scan = jit(_scan)
