"""The scanner says of any bytes, in any pieces, exactly what the reference decoder says."""

import itertools
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.engine import fix_scan
from app.feeds.decode.fix_fields import FixMessage
from app.feeds.decode.fix_frame import PREFIX_KEPT, BadSpan, Framer, Item
from app.feeds.decode.fix_marks import DELIMITERS, FrameRules, Tally
from app.feeds.decode.fix_scanner import FixBlock, Part, Scanner
from tests.feeds.fix.test_fix_frame import FRAGMENTS, GOOD, NEW, a_log
from tests.feeds.fix.wire import Body, Pairs, frame

RULES = (None, FrameRules(checksum="count"), FrameRules(checksum="count", body_length="count"), FrameRules(max_body=60))


def read(framer: Framer, data: bytes, cuts: list[int]) -> tuple[list[Item], Tally]:
    """What a framer says of data fed in pieces cut at these places."""
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    items: list[Item] = []
    for start, end in itertools.pairwise(places):
        items += framer.feed(data[start:end])
    return items + framer.close(), framer.tally


def assert_alike(data: bytes, cuts: list[int], rules: FrameRules | None = None) -> list[Item]:
    """Scanner and reference give the same items and the same tally."""
    expected = read(Framer(rules), data, [])
    assert read(Scanner(rules), data, cuts) == expected
    return expected[0]


def parts_of(data: bytes, rules: FrameRules | None = None) -> list[Part]:
    """Parts of data scanned at once."""
    scanner = Scanner(rules)
    return [*scanner.scan(data), *scanner.finish()]


def in_blocks(data: bytes, rules: FrameRules | None = None) -> int:
    """Messages the kernel itself takes."""
    return sum(len(part) for part in parts_of(data, rules) if isinstance(part, FixBlock))


PADDED = b"\n" + b"." * 70  # so that the last message is whole beyond doubt


@pytest.mark.parametrize("delimiter", DELIMITERS)
@pytest.mark.parametrize("begin", ["FIX.4.0", "FIX.4.2", "FIX.4.4", "FIXT.1.1", "FIX.5.0SP2"])
def test_that_regular_messages_are_taken_by_the_kernel_whatever_the_delimiter(delimiter: bytes, begin: str) -> None:
    data = frame(NEW, begin, delimiter) * 3 + PADDED
    assert len(assert_alike(data, [])) == 3
    assert in_blocks(data) == 3


@pytest.mark.parametrize("closing", [b"\n", b"\r\n", b")", b"]", b'"'])
@pytest.mark.parametrize("delimiter", [b"\x01", b"|", b"^A"])
def test_that_the_last_delimiter_may_be_missing(delimiter: bytes, closing: bytes) -> None:
    data = (frame(NEW, delimiter=delimiter).removesuffix(delimiter) + closing) * 3 + PADDED
    assert_alike(data, [])
    assert in_blocks(data) == 3


DATA_PAIRS = [
    (95, 96), (90, 91), (212, 213), (348, 349), (350, 351), (352, 353), (354, 355), (356, 357), (358, 359), (360, 361),
    (362, 363), (364, 365), (445, 446), (1184, 1185),
]  # fmt: skip


@pytest.mark.parametrize(("length", "data"), DATA_PAIRS)
def test_that_a_data_field_may_hold_anything(length: int, data: int) -> None:
    value = b"a\x0110=123\x018=FIX.4.4\x019=5\x01\n"
    message = frame([*NEW, (length, len(value)), (data, value), (58, "after")])
    items = assert_alike(message * 2 + PADDED, [])
    assert [isinstance(item, FixMessage) and item.first[data] == value for item in items] == [True, True]
    assert in_blocks(message * 2 + PADDED) == 2


def test_that_named_data_fields_and_user_tags_of_any_number_are_read() -> None:
    rules = FrameRules(data_fields={9001: 9002, 200: 201})
    message = frame([*NEW, (9001, 3), (9002, b"a\x01b"), (999999999, "far"), (20013, "P1"), (200, 1), (201, b"\x01")])
    items = assert_alike(message + PADDED, [], rules)
    assert isinstance(items[0], FixMessage)
    assert items[0].first[999999999] == b"far"
    assert in_blocks(message + PADDED, rules) == 1


@pytest.mark.parametrize(
    "more",
    [
        [(95, 3), (96, b"abcd")], [(95, 9), (96, b"abc")], [(95, "x"), (96, b"abc")], [(95, ""), (96, b"")],
        [(95, "0000000003"), (96, b"abc")], [(95, 3), (58, "x"), (96, b"abc")], [(95, 0), (96, b"")],
        [(95, 1), (95, 1), (96, b"a")], [(95, 3), (96, b"abc"), (96, b"d")], [(95, 99), (96, b"abc")], [(58, "")],
        [(35, "")], [(10, "000")], [(354, 4), (355, b"x|y;"), (58, "a|b c;d^e")], [(95, 3), (96, b"a|b")],
    ],
)  # fmt: skip
@pytest.mark.parametrize("delimiter", [b"\x01", b"|", b" ", b"<SOH>"])
def test_that_odd_fields_are_seen_alike(more: Body, delimiter: bytes) -> None:
    for rules in RULES:
        assert_alike(frame([*NEW, *more], delimiter=delimiter) + GOOD + PADDED, [], rules)


def test_that_repeating_groups_stay_flat_and_in_order() -> None:
    group: Body = [(453, 2), (448, "A"), (447, "D"), (452, 1), (448, "B"), (447, "D"), (452, 3)]
    (block,) = parts_of(frame([*NEW, *group]) + PADDED)
    assert isinstance(block, FixBlock)
    tags = [tag for tag, _ in block.tags(0)]
    assert tags[-8:] == [453, 448, 447, 452, 448, 447, 452, 10]
    assert [bytes(value) for tag, value in block.tags(0) if tag == 448] == [b"A", b"B"]


def test_that_a_wrong_sum_is_set_aside_resynchronised_and_counted() -> None:
    wrong = GOOD[:-4] + b"%03d\x01" % ((int(GOOD[-4:-1]) + 1) % 256)
    data = GOOD + wrong + GOOD + PADDED
    parts = parts_of(data)
    assert [type(part) for part in parts] == [FixBlock, BadSpan, FixBlock]
    assert_alike(data, [])
    counted = FrameRules(checksum="count")
    assert in_blocks(data, counted) == 3
    items = assert_alike(data, [], counted)
    assert [getattr(item, "irregular", None) for item in items] == [(), ("checksum_wrong",), ()]


def test_that_prefixes_lines_and_text_are_counted_alike() -> None:
    data = (
        b"event\n\n  \n<stamp> " + GOOD + b"\n2026-11-20 15:00:00.123" + GOOD + b"tail\nx" + GOOD + GOOD + b"\r\n"
        + b"y" * (2 * PREFIX_KEPT) + GOOD + b"\nbye 58=FIX.4.4 8=FI"
    )  # fmt: skip
    for cut in range(0, len(data), 7):
        assert_alike(data, [cut])


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**9), st.lists(st.integers(0, 3_000), max_size=12), st.sampled_from(RULES))
def test_that_any_log_is_read_alike_in_any_pieces(seed: int, cuts: list[int], rules: FrameRules | None) -> None:
    assert_alike(a_log(seed), cuts, rules)


@settings(max_examples=300, deadline=None)
@given(st.lists(FRAGMENTS, max_size=12).map(b"".join), st.lists(st.integers(0, 400), max_size=6))
@example(b"8=FIX" * 50, [3, 7])
@example(b"8=FIX.4.4^A9=3^A10=000^" + PADDED, [20])
@example(b"8=FIX.4.2" + PADDED, [])
@example(b"8=FIXT" + PADDED, [])
def test_that_any_bytes_are_read_alike(data: bytes, cuts: list[int]) -> None:
    for rules in RULES:
        assert_alike(data, cuts, rules)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**9), st.integers(1, 40))
def test_that_mutated_bytes_are_read_alike(seed: int, hits: int) -> None:
    assert_alike(mutated(seed, hits), [seed % 997])


def mutated(seed: int, hits: int) -> bytes:
    """A log of every delimiter with bytes changed, put in and taken out."""
    rng = random.Random(seed)
    more: Pairs = [(95, 5), (96, b"a\x01b\x01c"), (58, "text"), (20013, "P")]
    log = bytearray(b"".join(frame([*NEW, *more], delimiter=rng.choice(DELIMITERS)) + b"\n" for _ in range(12)))
    for _ in range(hits):
        at = rng.randrange(len(log))
        new = rng.choice([b"", b"\x01", b"|", b"=", b"1", b"\n", b"8=FIX", bytes([rng.randrange(256)]) * 2])
        log[at : at + rng.randrange(2)] = new
    return bytes(log)


def test_that_every_message_of_the_shared_logs_is_read_alike(shared_data: Path) -> None:
    files = sorted(path for path in (shared_data / "fix").iterdir() if path.is_file())
    assert files
    for path in files:
        data = path.read_bytes()
        for rules in (None, FrameRules(checksum="count", body_length="count")):
            items = assert_alike(data, [len(data) // 3, len(data) // 2], rules)
            assert items, path.name


def test_that_arrays_point_at_the_bytes_they_stand_for() -> None:
    (block,) = parts_of(b"x " + GOOD + PADDED)
    assert isinstance(block, FixBlock)
    assert len(block) == 1
    assert block.messages[0, fix_scan.START] == 2
    assert block.messages[0, fix_scan.END] == 2 + len(GOOD)
    tags = block.fields[:, fix_scan.TAG]
    assert np.array_equal(tags, [int(piece.split(b"=")[0]) for piece in GOOD.split(b"\x01")[:-1]])
