r"""`orders.fix`: raw FIX with the capture stamp first, one message a line or length-prefixed; reader and writer.

A line record is `NS SP MESSAGE LF`: NS decimal ns since the epoch, the message in SOH form with backslash, LF and CR
written as `\\`, `\n` and `\r`. A length-prefixed record is `NS SP LENGTH SP MESSAGE LF`: LENGTH bytes follow as they
are. Both kinds may stand in one file; empty lines and lines that start with `#` are passed over.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from app.feeds.decode.fix_fields import INT64_MAX, FixMessage, decoded
from app.feeds.decode.fix_frame import BadSpan, frame_one
from app.feeds.decode.fix_marks import FrameRules

_RECORD: Final = re.compile(rb"(\d{1,19}) (?:(\d{1,9}) (?=8=FIX))?")
_ESCAPE: Final = re.compile(rb"\\(.?)", re.DOTALL)
_PLAIN: Final = {b"\\": b"\\", b"n": b"\n", b"r": b"\r"}
_ALLOWED: Final = "NS MESSAGE, or NS LENGTH MESSAGE with LENGTH bytes and a line end"


def write_line(ns: int, message: bytes) -> bytes:
    """One message as a line record."""
    escaped = message.replace(b"\\", b"\\\\").replace(b"\n", b"\\n").replace(b"\r", b"\\r")
    return b"%d %b\n" % (ns, escaped)


def write_prefixed(ns: int, message: bytes) -> bytes:
    """One message as a length-prefixed record."""
    return b"%d %d %b\n" % (ns, len(message), message)


def write_records(stamped: Iterable[tuple[int, bytes]], *, prefixed: bool = False) -> bytes:
    """A whole file of (ns, message)."""
    write = write_prefixed if prefixed else write_line
    return b"".join(write(ns, message) for ns, message in stamped)


def read_records(data: bytes, rules: FrameRules | None = None) -> Iterator[FixMessage | BadSpan]:
    """The messages of a file in order, with their stamp; what is no record is set aside."""
    at, line = 0, 1
    while at < len(data):
        end, item = _record(data, at, line, rules)
        if item is not None:
            yield item
        line += data.count(b"\n", at, end)
        at = end


def _record(data: bytes, at: int, line: int, rules: FrameRules | None) -> tuple[int, FixMessage | BadSpan | None]:
    """End of the record at `at` (its line end included) and what it holds."""
    line_end = data.find(b"\n", at)
    line_end = len(data) if line_end < 0 else line_end
    after = min(line_end + 1, len(data))
    text = data[at:line_end]
    if not text.strip() or text.startswith(b"#"):
        return after, None
    match = _RECORD.match(data, at)
    if match is None or int(match[1]) > INT64_MAX:
        reason = f"{decoded(text[:40])!r} is not allowed; allowed: {_ALLOWED}"
        return after, BadSpan(at, line, reason, data[at:after])
    if match[2] is not None:
        end = match.end() + int(match[2])
        whole = end + 1 if data[end : end + 1] == b"\n" else end
        message: FixMessage | str
        if end > len(data) or (whole == end and end < len(data)):
            message = f"length = {int(match[2])} is not allowed; allowed: the bytes of the message before the line end"
        else:
            message = frame_one(data[match.end() : end], rules)
        if not isinstance(message, str):
            return whole, _placed(message, at, line, (match[1], whole - at))
        return after, BadSpan(at, line, message, data[at:after])
    message = _unescaped(data[match.end() : line_end].removesuffix(b"\r"), rules)
    if isinstance(message, str):
        return after, BadSpan(at, line, message, data[at:after])
    return after, _placed(message, at, line, (match[1], after - at))


def _unescaped(text: bytes, rules: FrameRules | None) -> FixMessage | str:
    for match in _ESCAPE.finditer(text):
        if match[1] not in _PLAIN:
            return f"escape {decoded(match[0])!r} is not allowed; allowed: \\\\, \\n, \\r"
    return frame_one(_ESCAPE.sub(lambda match: _PLAIN[match[1]], text), rules)


def _placed(message: FixMessage, at: int, line: int, stamped: tuple[bytes, int]) -> FixMessage:
    stamp, size = stamped
    return msgspec.structs.replace(message, offset=at, line=line, size=size, stamp=int(stamp))
