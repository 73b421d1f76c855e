"""Marks of a FIX message in raw bytes: delimiters, header, trailer; what a frame must fulfil."""

import re
from dataclasses import dataclass, field
from functools import cache
from typing import Final, Literal, NamedTuple, TypeAlias

from app.feeds.decode.fix_fields import DATA_FIELDS, SOH, Field, refusal, soh_form

Severity: TypeAlias = Literal["quarantine", "count"]

DELIMITERS: Final = (SOH, b"<SOH>", b"[SOH]", b"\\x01", b"\\u0001", "\u2401".encode(), b"^A", b"|", b";", b"^", b" ")
HEAD_BYTES: Final = 64  # bytes a header may take
TRAILER_BYTES: Final = 8  # CheckSum, a one-byte delimiter and one byte after it
_ANY: Final = b"|".join(re.escape(delimiter) for delimiter in DELIMITERS)
_HEAD: Final = re.compile(rb"8=(FIXT?\.\d\.\d(?:SP\d)?)(" + _ANY + rb")")
WHOLE_HEAD: Final = re.compile(rb"8=FIXT?\.\d\.\d(?:SP\d)?(" + _ANY + rb")9=\d+\1")
_END: Final = rb"(?=[\r\n)\]}>\"', ]|\Z)"


@dataclass(frozen=True, slots=True)
class FrameRules:
    """What a frame must fulfil."""

    checksum: Severity = "quarantine"
    body_length: Severity = "quarantine"
    max_body: int = 1_048_576
    data_fields: dict[int, int] = field(default_factory=lambda: dict(DATA_FIELDS))


@dataclass(slots=True)
class Tally:
    """Bytes and pieces by what they were."""

    messages: int = 0
    quarantined: int = 0
    message_bytes: int = 0
    quarantined_bytes: int = 0
    text_bytes: int = 0
    prefixes: int = 0
    suffixes: int = 0
    event_lines: int = 0
    blank_lines: int = 0

    @property
    def total_bytes(self) -> int:
        """Every byte seen."""
        return self.message_bytes + self.quarantined_bytes + self.text_bytes


class Refused(Exception):  # noqa: N818 (an answer, not a failure of ours)
    """A message that fails a check; `end` where its own bytes are known to end."""

    def __init__(self, reason: str, delimiter: bytes | None = None, end: int | None = None) -> None:
        super().__init__(reason)
        self.reason, self.delimiter, self.end = reason, delimiter, end


class Head(NamedTuple):
    """A message's start, delimiter, BodyLength (None: not to be believed) and where its body begins."""

    start: int
    delimiter: bytes
    length: int | None
    length_text: bytes
    body: int


def read_head(window: bytes, start: int, rules: FrameRules) -> Head:
    """BeginString, delimiter and BodyLength from the first HEAD_BYTES of a message. Raises Refused."""
    match = _HEAD.match(window)
    if match is None:
        shown = re.split(rb"[\x01\r\n]", window[2:18])[0]
        raise Refused(refusal(8, shown, "FIX.4.2, FIX.4.4, FIXT.1.1 ... and a delimiter"))
    delimiter = match[2]
    if not window.startswith(b"9=", match.end()):
        raise Refused(refusal(9, None, "the byte count right after BeginString (8)"), delimiter)
    text, ended, _ = window[match.end() + 2 :].partition(delimiter)
    if not ended or not text.isdigit():
        raise Refused(refusal(9, re.split(rb"[\r\n]", text)[0][:32], "digits"), delimiter)
    count: int | None = int(text)
    if count is not None and count > rules.max_body:
        if rules.body_length == "quarantine":
            raise Refused(refusal(9, text, f"at most {rules.max_body}"), delimiter)
        count = None
    return Head(start, delimiter, count, text, start + match.end() + 2 + len(text) + len(delimiter))


@cache
def trailer(delimiter: bytes) -> re.Pattern[bytes]:
    """CheckSum with the delimiters around it; the last one may be missing before a line end or a closing bracket."""
    mark = re.escape(delimiter)
    return re.compile(mark + rb"10=\d{3}(?:" + mark + rb"|" + _END + rb")")


def checked_sum(fields: list[Field], rules: FrameRules) -> bool:
    """True when CheckSum holds, False when it is wrong and that is only counted. Raises Refused."""
    if fields[-1][0] != 10:
        raise Refused(refusal(10, None, "the last field of the message"))
    computed = sum(soh_form(fields[:-1])) % 256
    if fields[-1][1] == b"%03d" % computed:
        return True
    if rules.checksum == "count":
        return False
    raise Refused(refusal(10, fields[-1][1], f"{computed:03d}, the sum of its bytes"))
