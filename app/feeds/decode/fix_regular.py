"""`orders.fix` for the kernels: a file of nothing but regular records as one block of messages, each with its stamp.

Any other file is left to the record reader (fix_records.py), which says what is no record; so both read the same.
"""

import re
from typing import Final, NamedTuple

import numpy as np

from app.engine import fix_scan
from app.engine.fix_scan import Ints
from app.feeds.decode.fix_fields import INT64_MAX
from app.feeds.decode.fix_marks import FrameRules
from app.feeds.decode.fix_scanner import FixBlock, Scanner

_HEAD: Final = re.compile(rb"(\d{1,19}) (?:(\d{1,9}) )?")
_GRAIN: Final = 1  # ns: of a record's stamp


class Records(NamedTuple):
    """Messages, time and grain of each, and the bytes of all their records."""

    block: FixBlock
    stamps: Ints
    size: int


def regular_records(data: bytes, rules: FrameRules) -> Records | None:
    """The records of a file; None where one of them is not regular, or there is none."""
    parts = Scanner(rules).whole(data)
    if len(parts) != 1 or not isinstance(parts[0], FixBlock):
        return None
    block = parts[0]
    stamps = np.full((len(block), 2), _GRAIN, np.int64)
    after = size = 0
    columns = (fix_scan.PREFIX, fix_scan.START, fix_scan.END)
    for row, (begin, start, end) in enumerate(block.messages[:, columns].tolist()):
        head = _HEAD.fullmatch(data, begin, start)
        if head is None or int(head[1]) > INT64_MAX or not _is_silent(data[after:begin]):
            return None
        after = _after(data, start, end, head[2])
        if after < 0:
            return None
        stamps[row, 0] = int(head[1])
        size += after - begin
    return Records(block, stamps, size) if _is_silent(data[after:]) else None


def _after(data: bytes, start: int, end: int, length: bytes | None) -> int:
    """End of the record of a message, its line end included; below 0 where it is not plainly one."""
    if length is not None:
        ended = end == len(data) or data[end : end + 1] == b"\n"
        return min(end + 1, len(data)) if ended and int(length) == end - start else -1
    line_end = data.find(b"\n", start)
    line_end = len(data) if line_end < 0 else line_end
    plain = data[end:line_end] in {b"", b"\r"} and data.find(b"\\", start, end) < 0
    return min(line_end + 1, len(data)) if plain and line_end >= end else -1


def _is_silent(text: bytes) -> bool:
    """True for lines that are empty or comments."""
    return not text or all(not line.strip() or line.startswith(b"#") for line in text.split(b"\n"))
