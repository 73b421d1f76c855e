"""The tag scanner: what it takes is exactly there, and it stops in front of anything that is not beyond doubt."""

from typing import NamedTuple

import numpy as np
import pytest

from app.engine import fix_scan
from app.engine.fix_scan import Found, Ints, Marks, scan
from tests.feeds.fix.wire import Pairs, frame

DELIMITERS = (b"\x01", b"<SOH>", b"^A", b"|", b"^")
BODY: Pairs = [(35, "D"), (34, 7), (49, "A"), (56, "B"), (11, "X1"), (38, 100), (44, "10.5"), (58, "some text")]
PADDED = b"." * 80


class Seen(NamedTuple):
    """What a pass gave: fields of each message, its row, and the state it left."""

    fields: list[list[tuple[int, bytes]]]
    rows: list[list[int]]
    state: Ints


def marks(longest: int = 10_000, counted: int = 0) -> Marks:
    """Some delimiters and three data fields, one of them beyond the table."""
    delimiters = np.zeros((len(DELIMITERS), 8), np.uint8)
    for row, delimiter in zip(delimiters, DELIMITERS, strict=True):
        row[: len(delimiter)] = list(delimiter)
    data_of = np.zeros(fix_scan.TABLED_TAGS, np.int32)
    data_of[[95, 354]] = [96, 355]
    closing = np.zeros(256, np.uint8)
    closing[list(b"\n)")] = 1
    own = np.array([[8000, 8001], [9000, 9001]], np.int64)
    return Marks(
        delimiters,
        np.array([len(d) for d in DELIMITERS]),
        data_of,
        own,
        closing,
        np.array([longest, counted], np.int64),
    )


def seen(data: bytes, rules: Marks | None = None, state: dict[int, int] | None = None) -> Seen:
    """Scan bytes once, from their beginning."""
    found = Found(np.zeros((len(data) // 20 + 1, 8), np.int64), np.zeros((len(data) // 3 + 1, 3), np.int32))
    slots = np.zeros(fix_scan.STATE_SLOTS, np.int64)
    slots[fix_scan.S_LINE] = slots[fix_scan.S_BLANK] = 1
    for slot, value in (state or {}).items():
        slots[slot] = value
    scan(np.frombuffer(data, np.uint8), rules or marks(), found, slots)
    rows = found.messages[: slots[fix_scan.S_MESSAGES]].tolist()
    fields = [
        [(tag, data[at : at + size]) for tag, at, size in found.fields[first : first + count].tolist()]
        for _, _, _, _, first, count, _, _ in rows
    ]
    return Seen(fields, rows, slots)


def expected(pairs: Pairs) -> list[tuple[int, bytes]]:
    """The fields of a body, without header and trailer."""
    return [(tag, value if isinstance(value, bytes) else str(value).encode()) for tag, value in pairs]


@pytest.mark.parametrize("delimiter", DELIMITERS)
@pytest.mark.parametrize("begin", ["FIX.4.2", "FIXT.1.1", "FIX.5.0SP2"])
def test_that_every_field_of_every_message_is_found(delimiter: bytes, begin: str) -> None:
    data = frame(BODY, begin, delimiter) * 2
    result = seen(data + PADDED)
    assert [fields[2:-1] for fields in result.fields] == [expected(BODY)] * 2
    assert result.fields[0][0] == (8, begin.encode())
    assert [row[:2] for row in result.rows] == [[0, len(data) // 2], [len(data) // 2, len(data)]]
    assert {row[fix_scan.WIDTH] for row in result.rows} == {len(delimiter)}
    assert result.state[fix_scan.S_MESSAGE_BYTES] == len(data)
    assert result.state[fix_scan.S_AT] == len(data) + len(PADDED) - 4


@pytest.mark.parametrize("delimiter", [b"\x01", b"|", b"<SOH>"])
def test_that_a_last_delimiter_may_be_missing_before_a_closing_byte_only(delimiter: bytes) -> None:
    written = frame(BODY, delimiter=delimiter).removesuffix(delimiter)
    assert len(seen(written + b"\n" + PADDED).rows) == 1
    assert len(seen(written + b"x" + PADDED).rows) == 0


@pytest.mark.parametrize("delimiter", [b"|", b"^", b"^A"])
def test_that_a_printable_delimiter_in_a_text_stays_in_it(delimiter: bytes) -> None:
    body: Pairs = [*BODY, (58, b"left" + delimiter + b"right" + delimiter + delimiter)]
    written = frame(body).replace(b"\x01", delimiter)
    length = seen(written + PADDED)
    taken = [fields[2:-1] for fields in length.fields]
    assert taken == ([expected(body)] if len(delimiter) == 1 else [])


DATA: list[Pairs] = [
    [(95, 5), (96, b"a\x01b\x01c")], [(354, 0), (355, b"")], [(8000, 1), (8001, b"\x01")], [(9000, 3), (9001, b"8=F")],
    [(95, 3), (58, "no data here"), (96, b"a")], [(95, 1), (95, 1), (96, b"a")], [(95, 1), (96, b"a"), (96, b"b")],
    [(4096, 5), (58, "x")],
]  # fmt: skip


@pytest.mark.parametrize("more", DATA)
def test_that_data_fields_take_as_many_bytes_as_they_say(more: Pairs) -> None:
    body = [*BODY, *more, (1, "after")]
    (fields,) = seen(frame(body) + PADDED).fields
    assert fields[2:-1] == expected(body)


WRONG: list[tuple[str, bytes]] = [
    ("a length that ends inside a field", frame([*BODY, (95, 2), (96, b"abc")])),
    ("a length beyond the message", frame([*BODY, (95, 99), (96, b"abc")])),
    ("a length that is no number", frame([*BODY, (95, "x"), (96, b"abc")])),
    ("a length that goes on", frame([*BODY, (95, "3x"), (96, b"abc")])),
    ("data up to the end of the message", frame([*BODY, (95, 10), (96, b"abc")])),
    ("a delimiter inside the data of a printable form", frame([*BODY, (95, 3), (96, b"a|b")], delimiter=b"|")),
    ("a field without a tag", frame(BODY).replace(b"11=X1", b"=1=X1")),
    ("a tag that begins with 0", frame(BODY).replace(b"11=X1", b"01=X1")),
    ("a field without a value sign", frame(BODY).replace(b"11=X1", b"11X=1")),
    ("no message type", frame(BODY[1:])),
    ("an empty message type", frame([(35, ""), *BODY[1:]])),
    ("a wrong sum", frame(BODY)[:-4] + b"999\x01"),
    ("a wrong length", frame(BODY).replace(b"9=54", b"9=53")),
    ("a length of 0", frame(BODY).replace(b"\x019=54", b"\x019=0")),
    ("no length", frame(BODY).replace(b"\x019=", b"\x017=")),
    ("a length that ends with another delimiter", frame(BODY).replace(b"\x0135=", b"|35=", 1)),
    ("a version that is none", frame(BODY, "FIX.x.4")),
    ("a version with something after it", frame(BODY, "FIX.4.4SPx")),
    ("a sum of two digits", frame(BODY)[:-4] + b"99\x01\x01"),
    ("a trailer that is none", frame(BODY).replace(b"\x0110=", b"\x0111=")),
    ("no delimiter where the length ends", frame(BODY, delimiter=b"^A").replace(b"^A9=54", b"^A9=53")),
]


@pytest.mark.parametrize(("what", "data"), WRONG, ids=[what for what, _ in WRONG])
def test_that_the_scanner_stops_in_front_of_what_is_not_regular(what: str, data: bytes) -> None:
    good = frame(BODY)
    result = seen(good + b"x" + data + PADDED)
    assert len(result.rows) == 1, what
    assert result.state[fix_scan.S_AT] == len(good) + 1


@pytest.mark.parametrize("delimiter", [b"\x01", b"^A"])
def test_that_the_scanner_waits_where_bytes_may_be_missing(delimiter: bytes) -> None:
    whole = frame(BODY, delimiter=delimiter)
    for end in range(len(whole)):
        result = seen(whole[:end])
        assert len(result.rows) == 0
        assert result.state[fix_scan.S_AT] == 0
    assert len(seen(whole + PADDED).rows) == 1
    assert len(seen(whole).rows) == (1 if len(delimiter) == 1 else 0)


def test_that_a_wrong_sum_is_taken_and_marked_where_it_is_only_counted() -> None:
    wrong = frame(BODY)[:-4] + b"999\x01"
    (row,) = seen(wrong + PADDED, marks(counted=1)).rows
    assert row[fix_scan.FLAGS] == fix_scan.WRONG_SUM


def test_that_a_body_longer_than_allowed_is_not_taken() -> None:
    assert len(seen(frame(BODY) + PADDED, marks(longest=10)).rows) == 0


def test_that_lines_and_texts_around_messages_are_counted() -> None:
    good = frame(BODY)
    data = b"\n  \nevent\n<t> " + good + b")\n" + good + b"\n" + good + good + b"\n" + PADDED
    result = seen(data)
    state = result.state
    assert [row[fix_scan.LINE] for row in result.rows] == [4, 5, 6, 6]
    assert [data[row[fix_scan.PREFIX] : row[fix_scan.START]] for row in result.rows] == [b"<t> ", b"", b"", b""]
    counted = (fix_scan.S_PREFIXES, fix_scan.S_SUFFIXES, fix_scan.S_EVENT_LINES, fix_scan.S_BLANK_LINES)
    assert [state[slot] for slot in counted] == [1, 1, 1, 2]
    assert state[fix_scan.S_TEXT_BYTES] == len(data) - 4 * len(good) - 4
    assert (state[fix_scan.S_LINE], state[fix_scan.S_BLANK], state[fix_scan.S_ON_LINE]) == (7, 0, 0)


def test_that_text_carried_from_before_is_the_first_messages_only() -> None:
    good = frame(BODY)
    carried = {fix_scan.S_CARRY: 1, fix_scan.S_BLANK: 0}
    assert [row[fix_scan.FLAGS] for row in seen(good + good + PADDED, None, carried).rows] == [fix_scan.CARRIED, 0]
    assert [row[fix_scan.FLAGS] for row in seen(b"\n" + good + PADDED, None, carried).rows] == [0]
