"""Framing at speed: regular messages as blocks of arrays, everything else item by item from the reference decoder.

A Scanner is a Framer that first lets the kernel take what is beyond doubt; so both see the same bytes the same way,
and where the input was split changes nothing. A block holds its bytes, a row per message and a row per field.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final, TypeAlias

import numpy as np

from app.engine import fix_scan as kernel
from app.engine.fix_scan import Found, Ints, Marks, Words
from app.feeds.decode.fix_fields import DATA_FIELDS, SOH, Field, FixMessage, soh_form
from app.feeds.decode.fix_frame import PREFIX_KEPT, BadSpan, Framer, Item
from app.feeds.decode.fix_marks import DELIMITERS, FrameRules

_WIDEST: Final = 8
_LEAST_MESSAGE: Final = 20  # bytes: 8=FIX.4.2|9=5|35=0|10=000|
_LEAST_FIELD: Final = 3
_CLOSING: Final = b"\r\n)]}>\"', "


@dataclass(frozen=True, slots=True)
class FixBlock:
    """Regular messages of a stretch of bytes.

    `messages`: columns START ... WIDTH of engine/fix_scan, int64; `fields`: TAG, AT, SIZE, int32; both index `data`,
    whose first byte is byte `base` of the stream. `carried`: text before the first message from an earlier stretch.
    """

    data: bytes
    base: int
    messages: Ints
    fields: Words
    carried: bytes = b""

    def __len__(self) -> int:
        return len(self.messages)

    def prefix(self, index: int) -> bytes:
        """The text before a message on its line."""
        row = self.messages[index]
        text = self.data[row[kernel.PREFIX] : row[kernel.START]]
        return ((self.carried if row[kernel.FLAGS] & kernel.CARRIED else b"") + text)[:PREFIX_KEPT]

    def tags(self, index: int) -> list[Field]:
        """Fields of a message in order."""
        row = self.messages[index]
        first = row[kernel.FIELD]
        return [
            (tag, self.data[at : at + size])
            for tag, at, size in self.fields[first : first + row[kernel.FIELDS]].tolist()
        ]

    def message(self, index: int) -> FixMessage:
        """One message as the reference decoder gives it."""
        start, end, line, _, _, _, flags, _ = self.messages[index].tolist()
        fields = self.tags(index)
        first: dict[int, bytes] = {}
        for tag, value in fields:
            if value:
                first.setdefault(tag, value)
        return FixMessage(
            fields=tuple(fields), first=first, raw=self._raw(index, fields), offset=self.base + start, line=line,
            size=end - start, prefix=self.prefix(index),
            irregular=("checksum_wrong",) if flags & kernel.WRONG_SUM else (),
        )  # fmt: skip

    def items(self) -> Iterator[FixMessage]:
        """All of them in order."""
        return map(self.message, range(len(self)))

    def raws(self, indices: Ints) -> list[bytes]:
        """The messages as they were on the wire, SOH form."""
        rows = self.messages[indices]
        first = self.fields[rows[:, kernel.FIELD]]
        data = np.frombuffer(self.data, np.uint8)
        behind = data[first[:, kernel.AT] + first[:, kernel.SIZE]] if len(rows) else data[:0]
        plain = (behind == SOH[0]) & (data[rows[:, kernel.END] - 1] == SOH[0])
        spans = zip(rows[:, kernel.START].tolist(), rows[:, kernel.END].tolist(), strict=True)
        if plain.all():
            return [self.data[start:end] for start, end in spans]
        return [self._raw(index, self.tags(index)) for index in indices.tolist()]

    def _raw(self, index: int, fields: list[Field]) -> bytes:
        row = self.messages[index]
        written = self.data[row[kernel.START] : row[kernel.END]]
        at = int(self.fields[row[kernel.FIELD], kernel.AT] + self.fields[row[kernel.FIELD], kernel.SIZE])
        plain = self.data[at : at + 1] == SOH and written.endswith(SOH)
        return written if plain else soh_form(fields)


Part: TypeAlias = FixBlock | FixMessage | BadSpan


class Scanner(Framer):
    """Frames a stream fed in pieces: as parts (scan, finish) or as items like any Framer (feed, close)."""

    def __init__(self, rules: FrameRules | None = None, *, reuse: bool = False, like: "Scanner | None" = None) -> None:
        """`reuse`: the arrays of a block are good only until the next call, which writes into the same memory.

        `like`: a scanner of the same rules, where many streams are short.
        """
        super().__init__(rules if like is None else like.rules)
        self.marks: Marks = scan_marks(self.rules) if like is None else like.marks
        self._kept: Found | None = None
        self._reuse = reuse

    def scan(self, data: bytes) -> list[Part]:
        """Take more bytes; blocks and items they complete, in order."""
        return self._parts() if self._take_in(data) else []

    def finish(self) -> list[Part]:
        """End of the stream: what is left is decided as it stands."""
        self._final = True
        parts = self._parts()
        if self._text or self._on_line:
            self._end_line()
        return parts

    def whole(self, data: bytes) -> list[Part]:
        """A stream that is all there, in one pass: as scan and finish."""
        self._take_in(data)
        return self.finish()

    def _run(self) -> list[Item]:
        found: list[Item] = []
        for part in self._parts():
            if isinstance(part, FixBlock):
                found.extend(part.items())
            else:
                found.append(part)
        return found

    def _parts(self) -> list[Part]:
        """Blocks and single items in turn until the bytes so far hold no other."""
        parts: list[Part] = []
        self._need = 0
        room = self._room(len(self._buffer) - self._at)
        data = np.frombuffer(self._buffer, np.uint8)
        item: Item | None
        while True:
            block, room = self._block(data, room)
            if len(block):
                parts.append(block)
            item = self._step()
            if item is None:
                return parts
            parts.append(item)

    def _room(self, left: int) -> Found:
        """Room for whatever is in so many bytes."""
        messages, fields = left // _LEAST_MESSAGE + 1, left // _LEAST_FIELD + 1
        kept = self._kept
        if kept is not None and len(kept.messages) >= messages and len(kept.fields) >= fields:
            return kept
        room = Found(
            np.empty((messages, kernel.MESSAGE_COLUMNS), np.int64), np.empty((fields, kernel.FIELD_COLUMNS), np.int32)
        )
        if self._reuse:
            self._kept = room
        return room

    def _block(self, data: kernel.Bytes, room: Found) -> tuple[FixBlock, Found]:
        """What the kernel takes from here on, and the room left after it."""
        state = self._state()
        carried = bytes(self._text)
        kernel.scan(data, self.marks, room, state)
        messages, fields = int(state[kernel.S_MESSAGES]), int(state[kernel.S_FIELDS])
        block = FixBlock(self._buffer, self._base, room.messages[:messages], room.fields[:fields], carried)
        self._follow(state)
        return block, Found(room.messages[messages:], room.fields[fields:])

    def _state(self) -> Ints:
        state = np.zeros(kernel.STATE_SLOTS, np.int64)
        state[kernel.S_AT] = state[kernel.S_TEXT] = self._at
        state[kernel.S_LINE], state[kernel.S_BLANK] = self._line, self._blank
        state[kernel.S_ON_LINE], state[kernel.S_CARRY] = self._on_line, bool(self._text)
        return state

    def _follow(self, state: Ints) -> None:
        """Stand where the kernel stopped, with what it has counted."""
        at, text = int(state[kernel.S_AT]), int(state[kernel.S_TEXT])
        if not state[kernel.S_CARRY]:
            self._text.clear()
        self._text += self._buffer[text : min(at, text + PREFIX_KEPT - len(self._text))]
        self._line, self._blank = int(state[kernel.S_LINE]), bool(state[kernel.S_BLANK])
        self._on_line = int(state[kernel.S_ON_LINE])
        tally = self.tally
        tally.messages += int(state[kernel.S_MESSAGES])
        tally.message_bytes += int(state[kernel.S_MESSAGE_BYTES])
        tally.text_bytes += int(state[kernel.S_TEXT_BYTES])
        tally.prefixes += int(state[kernel.S_PREFIXES])
        tally.suffixes += int(state[kernel.S_SUFFIXES])
        tally.event_lines += int(state[kernel.S_EVENT_LINES])
        tally.blank_lines += int(state[kernel.S_BLANK_LINES])
        self._pass(at)


def scan_marks(rules: FrameRules) -> Marks:
    """The rules as the kernel reads them."""
    tabled = tuple(sorted((tag, data) for tag, data in rules.data_fields.items()))
    return _marks_of(tabled, rules.max_body, rules.checksum == "count")


@cache
def _marks_of(data_fields: tuple[tuple[int, int], ...], longest: int, counted: bool) -> Marks:
    delimiters = np.zeros((len(DELIMITERS), _WIDEST), np.uint8)
    for row, delimiter in zip(delimiters, DELIMITERS, strict=True):
        row[: len(delimiter)] = np.frombuffer(delimiter, np.uint8)
    data_of = np.zeros(kernel.TABLED_TAGS, np.int32)
    for tag, data in data_fields:
        if tag < kernel.TABLED_TAGS:
            data_of[tag] = data
    own = [pair for pair in data_fields if pair[0] >= kernel.TABLED_TAGS]
    closing = np.zeros(256, np.uint8)
    closing[list(_CLOSING)] = 1
    return Marks(
        delimiters,
        np.array([len(delimiter) for delimiter in DELIMITERS], np.int64),
        data_of,
        np.array(own, np.int64).reshape(-1, 2),
        closing,
        np.array([longest, counted], np.int64),
    )


def scanned(message: FixMessage) -> FixBlock:
    """A block of one message of the reference decoder; its sum and length are set right, and it is marked for it."""
    body = soh_form([pair for pair in message.fields[2:-1] if pair[0] not in {9, 10}])
    text = soh_form([message.fields[0], (9, b"%d" % len(body))]) + body
    text += b"10=%03d\x01" % (sum(text) % 256)
    data = text + b"." * kernel.HEAD_BYTES
    room = Found(
        np.empty((1, kernel.MESSAGE_COLUMNS), np.int64),
        np.empty((len(data) // _LEAST_FIELD, kernel.FIELD_COLUMNS), np.int32),
    )
    state = np.zeros(kernel.STATE_SLOTS, np.int64)
    kernel.scan(
        np.frombuffer(data, np.uint8), _marks_of(tuple(sorted(DATA_FIELDS.items())), 1 << 62, False), room, state
    )
    room.messages[:, kernel.FLAGS] |= kernel.WRONG_SUM
    room.messages[:, kernel.LINE] = message.line
    return FixBlock(data, message.offset, room.messages[: state[kernel.S_MESSAGES]], room.fields)
