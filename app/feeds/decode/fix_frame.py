"""Framing of raw FIX: bytes in any pieces -> messages, and what is no message set aside with its reason.

Every byte is a message, quarantine or text around them (prefixes, event lines), and is counted as one of these.
The delimiter (SOH or a printable stand-in) is recognised per message; BodyLength and CheckSum are checked on the SOH
form. After a failure the search goes on at the next `8=FIX`. Where the input was split never changes the result:
a decision waits until no further byte can alter it.
"""

from typing import Final, NamedTuple, TypeAlias

from app.feeds.decode.fix_fields import Field, FixMessage, decoded, refusal, soh_form, split_fields
from app.feeds.decode.fix_marks import (
    HEAD_BYTES,
    TRAILER_BYTES,
    WHOLE_HEAD,
    FrameRules,
    Head,
    Refused,
    Tally,
    checked_sum,
    read_head,
    trailer,
)

WINDOW: Final = 65_536  # a broken message without an end in sight is cut here
PREFIX_KEPT: Final = 1_024


class BadSpan(NamedTuple):
    """Bytes set aside: where they start, why, and themselves."""

    offset: int
    line: int
    reason: str
    raw: bytes


Item: TypeAlias = FixMessage | BadSpan


class _More(Exception):  # noqa: N818 (an answer, not a failure)
    """The decision needs the buffer to reach this many bytes."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


class Framer:
    """Frames a stream fed in pieces; `tally` is complete after close()."""

    def __init__(self, rules: FrameRules | None = None) -> None:
        self.rules = rules or FrameRules()
        self.tally = Tally()
        self._buffer = b""
        self._at = 0  # first byte of the buffer not yet decided
        self._base = 0  # file offset of the buffer
        self._need = 0
        self._final = False
        self._line = 1
        self._before = b""  # the byte before the buffer's first undecided one
        self._text = bytearray()  # text of the current line since its start or its last message
        self._blank = True
        self._on_line = 0  # messages and quarantined spans that touch the current line

    @property
    def decided(self) -> int:
        """Bytes of the stream before this one are decided; those from it on wait for more."""
        return self._base + self._at

    def feed(self, data: bytes) -> list[Item]:
        """Take more bytes; what they complete."""
        return self._run() if self._take_in(data) else []

    def _take_in(self, data: bytes) -> bool:
        """Put bytes behind those not yet decided; True when there are enough to go on."""
        self._base += self._at
        self._buffer, self._at = self._buffer[self._at :] + data, 0
        return len(self._buffer) >= self._need

    def close(self) -> list[Item]:
        """End of the stream: what is left is decided as it stands."""
        self._final = True
        found = self._run()
        if self._text or self._on_line:
            self._end_line()
        return found

    def _run(self) -> list[Item]:
        found: list[Item] = []
        self._need = 0
        while (item := self._step()) is not None:
            found.append(item)
        return found

    def _step(self) -> Item | None:
        """The next item, with the text before it taken; None where the bytes so far hold no other."""
        if self._at >= len(self._buffer):
            return None
        try:
            start = self._next_start(self._at)
            if start is not None:
                self._take_text(start)
                return self._item(start)
        except _More as more:
            self._need = more.size - self._at
            return None
        keep = 0 if self._final else 4  # an `8=FI` may go on
        self._take_text(max(self._at, len(self._buffer) - keep))
        return None

    def _insist(self, size: int) -> None:
        if len(self._buffer) < size and not self._final:
            raise _More(size)

    def _next_start(self, at: int, stop: int | None = None) -> int | None:
        """The next `8=FIX` that begins a message; after a digit only with a whole header (58=FIX.4.4 is no start)."""
        while True:
            at = self._buffer.find(b"8=FIX", at, stop)
            if at < 0:
                return None
            before = self._buffer[at - 1 : at] if at > 0 else self._before
            if not before.isdigit():
                return at
            self._insist(at + HEAD_BYTES)
            if WHOLE_HEAD.match(self._buffer[at : at + HEAD_BYTES]):
                return at
            at += 1

    def _item(self, start: int) -> Item:
        offset, line, prefix = self._base + start, self._line, bytes(self._text)
        try:
            end, fields, irregular = self._framed(start)
        except Refused as refused:
            end = self._bad_end(start, refused)
            bad = BadSpan(offset, line, refused.reason, self._buffer[start:end])
            self.tally.quarantined += 1
            self.tally.quarantined_bytes += end - start
            self._take_span(end)
            return bad
        first: dict[int, bytes] = {}
        for tag, value in fields:
            if value:
                first.setdefault(tag, value)
        self.tally.messages += 1
        self.tally.message_bytes += end - start
        self._take_span(end)
        return FixMessage(
            fields=tuple(fields), first=first, raw=soh_form(fields), offset=offset, line=line, size=end - start,
            prefix=prefix, irregular=irregular,
        )  # fmt: skip

    def _framed(self, start: int) -> tuple[int, list[Field], tuple[str, ...]]:
        """End, fields and counted irregularities of the message at `start`. Raises Refused."""
        self._insist(start + HEAD_BYTES)
        head = read_head(self._buffer[start : start + HEAD_BYTES], start, self.rules)
        end = self._end_by_length(head)
        irregular: tuple[str, ...] = ()
        if end is None:
            end = self._end_by_trailer(head)
            irregular = ("body_length_wrong",)
        fields = split_fields(self._buffer[start:end], head.delimiter, self.rules.data_fields)
        if isinstance(fields, str):
            raise Refused(fields, head.delimiter, end)
        try:
            if not checked_sum(fields, self.rules):
                irregular = (*irregular, "checksum_wrong")
        except Refused as refused:
            data_tags = self.rules.data_fields.values()
            embedded = any(b"8=FIX" in value for tag, value in fields if tag in data_tags)
            raise Refused(refused.reason, head.delimiter, end if embedded else None) from refused
        if not any(tag == 35 and value for tag, value in fields):
            raise Refused(refusal(35, None, "a message type"), head.delimiter, end)
        return end, fields, irregular

    def _end_by_length(self, head: Head) -> int | None:
        """Where the message ends if BodyLength is true; None when it lies and that is only to be counted."""
        if head.length is None:
            return None
        last = self._last_delimiter(head, head.length)
        if last is not None:
            found = trailer(head.delimiter).match(self._buffer, last)
            if found is not None:
                return found.end()
        if self.rules.body_length == "count":
            return None
        raise Refused(self._length_lie(head), head.delimiter)

    def _last_delimiter(self, head: Head, length: int) -> int | None:
        """Index of the delimiter that is byte `length` of the body in its SOH form; None when there is none."""
        width = len(head.delimiter)
        if width == 1:
            last = head.body + length - 1
            self._insist(last + TRAILER_BYTES)
            return last if length and last < len(self._buffer) else None
        at, left = head.body, length
        while left > 0:
            found = self._buffer.find(head.delimiter, at)
            taken = (found if found >= 0 else len(self._buffer)) - at + 1
            if taken > left:
                return None
            if found < 0:
                self._insist(len(self._buffer) + 1)
                return None
            left -= taken
            at = found + width
        self._insist(at + TRAILER_BYTES + width)
        return at - width if length else None

    def _end_by_trailer(self, head: Head) -> int:
        """Where the message ends when its length is not believed: after its CheckSum, before the next start."""
        end = self._bad_end(head.start, Refused("", head.delimiter))
        if self._measured(head, end) is None:
            raise Refused(refusal(10, None, "three digits at the end of the message"), head.delimiter)
        return end

    def _measured(self, head: Head, end: int) -> int | None:
        """Bytes of the body in its SOH form up to a CheckSum that ends at `end`; None when there is none."""
        for found in trailer(head.delimiter).finditer(self._buffer, head.body - len(head.delimiter), end + 1):
            if found.end() == end:
                body = self._buffer[head.body : found.start() + len(head.delimiter)]
                return len(body) - body.count(head.delimiter) * (len(head.delimiter) - 1)
        return None

    def _length_lie(self, head: Head) -> str:
        """Why a BodyLength was refused, with the true count where a CheckSum shows it."""
        text = head.length_text
        end = self._bad_end(head.start, Refused("", head.delimiter))
        true = self._measured(head, end)
        if true is not None:
            return refusal(9, text, f"{true}, the bytes up to CheckSum (10)")
        allowed = f"three digits after the {decoded(text)} bytes of BodyLength (9); the message may be cut short"
        return refusal(10, None, allowed)

    def _bad_end(self, start: int, refused: Refused) -> int:
        """Where a refused message ends: its own end, its CheckSum, the next start or the end of its line."""
        if refused.end is not None:
            return refused.end
        limit = start + WINDOW
        following = self._next_start(start + 5, limit)
        stop = min(limit, len(self._buffer)) if following is None else following
        if refused.delimiter is not None:
            found = trailer(refused.delimiter).search(self._buffer, start, stop)
            if found is not None:
                if following is None:
                    self._insist(min(limit, found.end() + len(refused.delimiter)))  # its last delimiter may still come
                return found.end()
        if following is None:
            self._insist(limit)
        return self._line_end(start, stop)

    def _line_end(self, start: int, stop: int) -> int:
        newline = self._buffer.find(b"\n", start, stop)
        return stop if newline < 0 else newline

    def _take_text(self, end: int) -> None:
        chunk = self._buffer[self._at : end]
        self.tally.text_bytes += len(chunk)
        for index, part in enumerate(chunk.split(b"\n")):
            if index:
                self._end_line()
                self._line += 1
            self._blank = self._blank and not part.strip()
            self._text += part[: PREFIX_KEPT - len(self._text)]
        self._pass(end)

    def _end_line(self) -> None:
        if self._on_line:
            self.tally.suffixes += not self._blank
        elif self._blank:
            self.tally.blank_lines += 1
        else:
            self.tally.event_lines += 1
        self._text.clear()
        self._blank, self._on_line = True, 0

    def _take_span(self, end: int) -> None:
        """Pass over a message or a quarantined span."""
        self.tally.prefixes += not self._blank
        self._line += self._buffer.count(b"\n", self._at, end)
        self._text.clear()
        self._blank, self._on_line = True, self._on_line + 1
        self._pass(end)

    def _pass(self, end: int) -> None:
        if end > self._at:
            self._before = self._buffer[end - 1 : end]
        self._at = end


def frame_all(data: bytes, rules: FrameRules | None = None) -> tuple[list[FixMessage], list[BadSpan], Tally]:
    """A whole input at once: messages and quarantined spans in file order, and the tally."""
    framer = Framer(rules)
    items = framer.feed(data) + framer.close()
    messages = [item for item in items if isinstance(item, FixMessage)]
    return messages, [item for item in items if isinstance(item, BadSpan)], framer.tally


def frame_one(data: bytes, rules: FrameRules | None = None) -> FixMessage | str:
    """Exactly one message and nothing else, or the reason it is not."""
    messages, bad, tally = frame_all(data, rules)
    if bad:
        return bad[0].reason
    if len(messages) != 1 or tally.text_bytes:
        return f"{decoded(data[:40])!r} is not allowed; allowed: exactly one FIX message"
    return messages[0]
