"""Framing: every byte is a message, quarantine or text, however the input is split and whatever is in it."""

import itertools
import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.feeds.decode.fix_fields import FixMessage
from app.feeds.decode.fix_frame import PREFIX_KEPT, WINDOW, BadSpan, Framer, Item, frame_all, frame_one
from app.feeds.decode.fix_marks import DELIMITERS, FrameRules, Tally
from tests.feeds.fix.wire import Pairs, frame, lines, order

NEW: Pairs = [(35, "D"), (34, 7), (49, "A"), (56, "B"), (52, "20261120-15:00:00.000"), *order("X1")]
GOOD = frame(NEW)
BODY = GOOD.index(b"10=", GOOD.index(b"44=")) - GOOD.index(b"35=")


def split_reads(data: bytes, cuts: list[int], rules: FrameRules | None = None) -> tuple[list[Item], Tally]:
    """What a framer says of data fed in pieces cut at these places."""
    framer = Framer(rules)
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    items: list[Item] = []
    for start, end in itertools.pairwise(places):
        items += framer.feed(data[start:end])
    return items + framer.close(), framer.tally


def whole(data: bytes, rules: FrameRules | None = None) -> tuple[list[Item], Tally]:
    """What a framer says of data fed at once; every byte must be accounted for, and pieces must add up."""
    items, tally = split_reads(data, [], rules)
    assert tally.total_bytes == len(data)
    assert tally.message_bytes == sum(item.size for item in items if isinstance(item, FixMessage))
    assert tally.quarantined_bytes == sum(len(item.raw) for item in items if isinstance(item, BadSpan))
    assert tally.messages == sum(isinstance(item, FixMessage) for item in items)
    assert tally.quarantined == sum(isinstance(item, BadSpan) for item in items)
    return items, tally


def one_bad(data: bytes, rules: FrameRules | None = None) -> BadSpan:
    """The only item of data, which must be set aside."""
    items, _ = whole(data, rules)
    assert len(items) == 1
    assert isinstance(items[0], BadSpan)
    return items[0]


def test_that_a_message_is_framed_with_all_its_fields() -> None:
    message = frame_one(GOOD)
    assert isinstance(message, FixMessage)
    assert message.raw == GOOD
    assert message.fields[2:] == (*((tag, str(value).encode()) for tag, value in NEW), message.fields[-1])
    assert [tag for tag, _ in message.fields[:2]] == [8, 9]
    assert (message.offset, message.line, message.size, message.prefix) == (0, 1, len(GOOD), b"")
    assert message.kind == "D"
    assert message.text(9999) is None


@pytest.mark.parametrize("delimiter", DELIMITERS)
def test_that_every_delimiter_gives_the_same_message(delimiter: bytes) -> None:
    message = frame_one(frame(NEW, delimiter=delimiter))
    assert isinstance(message, FixMessage)
    assert message.raw == GOOD


@pytest.mark.parametrize("begin", ["FIX.4.0", "FIX.4.2", "FIX.4.3", "FIX.4.4", "FIX.5.0", "FIX.5.0SP2", "FIXT.1.1"])
def test_that_every_version_is_framed(begin: str) -> None:
    message = frame_one(frame(NEW, begin))
    assert isinstance(message, FixMessage)
    assert message.text(8) == begin


def test_that_delimiters_may_differ_from_message_to_message() -> None:
    data = b"\n".join(frame(NEW, delimiter=delimiter) for delimiter in DELIMITERS)
    items, _ = whole(data)
    assert [item.raw for item in items] == [GOOD] * len(DELIMITERS)


@pytest.mark.parametrize("delimiter", [b"|", b";", b"^", b" "])
def test_that_a_text_with_the_printable_delimiter_in_it_keeps_its_checksum(delimiter: bytes) -> None:
    genuine = frame([*NEW, (58, b"left" + delimiter + b"right")])
    message = frame_one(genuine.replace(b"\x01", delimiter))
    assert isinstance(message, FixMessage)
    assert message.raw == genuine


@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n", b")", b"]\n", b'"'])
@pytest.mark.parametrize("delimiter", [b"\x01", b"|", b"^A"])
def test_that_the_last_delimiter_may_be_missing_before_the_end(delimiter: bytes, ending: bytes) -> None:
    written = frame(NEW, delimiter=delimiter).removesuffix(delimiter)
    items, tally = whole(written + ending)
    assert [item.raw for item in items] == [GOOD]
    assert tally.text_bytes == len(ending)


def test_that_prefixes_suffixes_event_lines_and_blank_lines_are_counted() -> None:
    data = (
        b"<20200713-17:51:23, FIX.4.4:A->B, event> (Initiated logon request)\r\n"
        b"\r\n"
        b"<20200713-17:51:28, FIX.4.4:A->B, incoming> (" + GOOD + b")\r\n" + GOOD + b"\n\nend of day"
    )
    items, tally = whole(data)
    assert [(item.line, getattr(item, "prefix", None)) for item in items] == [
        (3, b"<20200713-17:51:28, FIX.4.4:A->B, incoming> ("), (4, b""),
    ]  # fmt: skip
    assert (tally.prefixes, tally.suffixes, tally.event_lines, tally.blank_lines) == (1, 1, 2, 2)


def test_that_several_messages_stand_on_a_line_with_text_between_them() -> None:
    items, _ = whole(b"in " + GOOD + b" out " + GOOD + GOOD)
    assert [(item.line, getattr(item, "prefix", b"?")) for item in items] == [(1, b"in "), (1, b" out "), (1, b"")]


def test_that_a_prefix_may_end_in_a_digit() -> None:
    items, tally = whole(b"2026-11-20 15:00:00.123456" + GOOD)
    assert [item.raw for item in items] == [GOOD]
    assert tally.prefixes == 1


def test_that_a_text_about_fix_is_no_message_start() -> None:
    items, _ = whole(frame([*NEW, (58, "FIX.4.4 rejected")]) + b"58=FIX.4.4 is no message\n" + GOOD)
    assert [type(item) for item in items] == [FixMessage, FixMessage]


def test_that_a_long_prefix_is_counted_whole_and_kept_in_part() -> None:
    items, tally = whole(b"x" * (PREFIX_KEPT + 50) + GOOD)
    assert isinstance(items[0], FixMessage)
    assert len(items[0].prefix) == PREFIX_KEPT
    assert tally.text_bytes == PREFIX_KEPT + 50


def test_that_a_line_break_inside_a_text_stays_in_the_message() -> None:
    data = frame([*NEW, (58, "one\ntwo\nthree")]) + b"\n" + GOOD
    items, _ = whole(data)
    assert [(type(item), item.line) for item in items] == [(FixMessage, 1), (FixMessage, 4)]


@pytest.mark.parametrize("delimiter", [b"\x01", b"|", b"^A"])
def test_that_a_wrong_checksum_is_set_aside_and_the_next_message_is_read(delimiter: bytes) -> None:
    good = frame(NEW, delimiter=delimiter)
    right = int(good[-3 - len(delimiter) : len(good) - len(delimiter)])
    bad = good[: -3 - len(delimiter)] + b"%03d" % ((right + 1) % 256) + delimiter
    items, _ = whole(b"p " + bad + b"\np " + good)
    first, second = items
    assert isinstance(first, BadSpan)
    reason = f"CheckSum (10) = '{(right + 1) % 256:03d}' is not allowed; allowed: {right:03d}, the sum of its bytes"
    assert first == BadSpan(2, 1, reason, bad)
    assert isinstance(second, FixMessage)
    assert (second.line, second.raw) == (2, GOOD)


def test_that_a_wrong_checksum_is_counted_where_the_settings_say_so() -> None:
    bad = GOOD.replace(b"\x0138=100\x01", b"\x0138=900\x01")
    message = frame_one(bad, FrameRules(checksum="count"))
    assert isinstance(message, FixMessage)
    assert message.irregular == ("checksum_wrong",)
    assert message.text(38) == "900"


@pytest.mark.parametrize("by", [-40, -1, 1, 8, 40, 400])
def test_that_a_lying_length_is_set_aside_and_names_the_true_one(by: int) -> None:
    bad = GOOD.replace(b"\x019=%d\x01" % BODY, b"\x019=%d\x01" % (BODY + by))
    assert bad != GOOD
    items, _ = whole(bad + b"\n" + GOOD + b"\n" + GOOD)
    first, *others = items
    assert isinstance(first, BadSpan)
    allowed = f"{BODY}, the bytes up to CheckSum (10)"
    assert first.reason == f"BodyLength (9) = '{BODY + by}' is not allowed; allowed: {allowed}"
    assert first.raw == bad
    assert [item.raw for item in others] == [GOOD, GOOD]


def test_that_a_length_that_covers_the_next_message_does_not_swallow_it() -> None:
    bad = GOOD.replace(b"\x019=%d\x01" % BODY, b"\x019=%d\x01" % (BODY + len(GOOD)))
    assert bad != GOOD
    items, _ = whole(bad + GOOD)
    assert [(type(item), item.raw) for item in items] == [(BadSpan, bad), (FixMessage, GOOD)]


def test_that_a_wrong_length_is_counted_where_the_settings_say_so() -> None:
    bad = frame([*NEW, (58, "x")]).replace(b"58=x\x01", b"58=longer\x01")
    message = frame_one(bad, FrameRules(checksum="count", body_length="count"))
    assert isinstance(message, FixMessage)
    assert message.irregular == ("body_length_wrong", "checksum_wrong")
    cut = one_bad(GOOD[:-20], FrameRules(checksum="count", body_length="count"))
    assert cut.reason.startswith("CheckSum (10) is missing")


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"8=FIX.4.4\x0135=D\x0110=000\x01", "BodyLength (9) is missing"),
        (b"8=FIX.4.4\x01" + GOOD[GOOD.index(b"35=") :], "BodyLength (9) is missing"),
        (b"8=FIX.4.4\x019=\x0135=D\x0110=000\x01", "BodyLength (9) = ''"),
        (b"8=FIX.4.4\x019=-5\x0135=D\x0110=000\x01", "BodyLength (9) = '-5'"),
        (b"8=FIX.4.4\x019=5x\x0135=D\x0110=000\x01", "BodyLength (9) = '5x'"),
        (b"8=FIX.4.4\x019=0\x0110=000\x01", "BodyLength (9) = '0'"),
        (b"8=FIX.4.4\x019=9999999\x0135=D\x0110=000\x01", "BodyLength (9) = '9999999'"),
        (b"8=FIX.4.4\x019=5\x0135=D\x01", "CheckSum (10) is missing"),
        (b"8=FIX.4.4\x019=5\x0135=D\x0110=12\x01", "CheckSum (10) is missing"),
        (b"8=FIX.4.4\x019=5\x0135=D\x0110=1234\x01", "CheckSum (10) is missing"),
        (b"8=FIX.4.4x9=5\x0135=D\x0110=000\x01", "BeginString (8) = 'FIX.4.4x9=5'"),
        (b"8=FIXED income desk", "BeginString (8) = 'FIXED income desk"[:25]),
        (b"8=FIX", "BeginString (8) = 'FIX'"),
        (b"8=FIX.4.4", "BeginString (8) = 'FIX.4.4'"),
        (b"8=FIX.4.4\x01", "BodyLength (9) is missing"),
        (b"8=FIX.4.4|9=10", "BodyLength (9) = '10'"),
        (frame([(49, "A"), (56, "B")]), "MsgType (35) is missing"),
        (frame([(35, "D"), (58, b"a\x01b")]), "field 'b' is not allowed"),
        (frame([(35, "B"), (95, "9"), (96, "abc")]), "tag 95 = '9'"),
        (frame([(35, "B"), (95, "10"), (96, "abc")]), "CheckSum (10) is missing; allowed: the last field"),
    ],
)  # fmt: skip
def test_that_a_broken_message_is_set_aside_with_its_reason(bad: bytes, reason: str) -> None:
    found = one_bad(bad)
    assert found.reason.startswith(reason)
    assert found.raw == bad
    items, _ = whole(bad + b"\n" + GOOD)
    assert [item.raw for item in items] == [bad, GOOD]


def test_that_a_message_cut_at_its_line_end_leaves_the_next_line_its_prefix() -> None:
    items, _ = whole(b"10:00:00 " + GOOD[:60] + b"\n10:00:01 " + GOOD + b"\n")
    assert isinstance(items[0], BadSpan)
    assert items[0].raw == GOOD[:60]
    assert isinstance(items[1], FixMessage)
    assert items[1].prefix == b"10:00:01 "


def test_that_a_message_cut_by_the_next_one_is_set_aside_up_to_it() -> None:
    items, _ = whole(GOOD[:60] + GOOD)
    assert [(type(item), item.raw) for item in items] == [(BadSpan, GOOD[:60]), (FixMessage, GOOD)]


def test_that_a_whole_message_inside_a_data_field_is_data() -> None:
    outer = frame([(35, "n"), (212, len(GOOD)), (213, GOOD), (58, "t")])
    items, _ = whole(outer + GOOD)
    assert [item.raw for item in items] == [outer, GOOD]
    broken = outer[:-4] + (b"000\x01" if outer[-4:-1] != b"000" else b"001\x01")
    items, _ = whole(broken + GOOD)
    assert [(type(item), item.raw) for item in items] == [(BadSpan, broken), (FixMessage, GOOD)]


def test_that_a_broken_message_without_an_end_is_cut_at_the_window() -> None:
    data = b"8=FIX.4.4|9=5|35=D|" + b"x" * (2 * WINDOW)
    items, tally = whole(data)
    assert [len(item.raw) for item in items] == [WINDOW]
    assert tally.text_bytes == len(data) - WINDOW


def test_that_a_body_longer_than_the_window_is_framed_and_one_longer_than_allowed_is_not() -> None:
    big = frame([(35, "n"), (212, 2 * WINDOW), (213, b"\x01" * (2 * WINDOW))])
    items, _ = whole(big + GOOD)
    assert [item.raw for item in items] == [big, GOOD]
    assert one_bad(GOOD, FrameRules(max_body=50)).reason.endswith("at most 50")
    counted = frame_one(GOOD, FrameRules(max_body=50, body_length="count"))
    assert isinstance(counted, FixMessage)


def test_that_user_data_fields_can_be_named() -> None:
    message = frame([(35, "D"), (9001, 3), (9002, b"a\x01b")])
    assert isinstance(frame_one(message), str)
    assert isinstance(frame_one(message, FrameRules(data_fields={9001: 9002})), FixMessage)


def test_that_exactly_one_message_means_nothing_beside_it() -> None:
    assert isinstance(frame_one(GOOD + b"x"), str)
    assert isinstance(frame_one(GOOD + GOOD), str)
    assert isinstance(frame_one(b""), str)


def test_that_nothing_gives_nothing() -> None:
    items, tally = whole(b"")
    assert items == []
    assert tally == Tally()


def test_that_a_message_cut_at_each_byte_is_never_taken_for_another() -> None:
    for delimiter in (b"\x01", b"|", b"^A"):
        written = frame([*NEW, (95, 3), (96, b"a\x01b")], delimiter=delimiter)
        for end in range(len(written)):
            items, _ = whole(written[:end])
            complete = written[end:] in {b"", delimiter} or (delimiter == b"^A" and written[end:] == b"A")
            taken = [item for item in items if isinstance(item, FixMessage)]
            assert len(taken) == (1 if complete and written[end:] != b"A" else 0), (delimiter, end)
            items, _ = whole(written[:end] + b"\n" + GOOD)
            assert items[-1].raw == GOOD


def a_log(seed: int) -> bytes:
    """A log with everything in it, broken messages too."""
    rng = random.Random(seed)
    parts: list[bytes] = []
    for _ in range(rng.randrange(1, 12)):
        message = frame([*NEW, (58, rng.choice(["t", "FIX.4.4", "a|b", "x=y"]))], delimiter=rng.choice(DELIMITERS))
        if rng.random() < 0.4:
            at = rng.randrange(len(message))
            message = message[:at] + rng.choice([b"", b"\n", b"8=FIX", bytes([rng.randrange(256)])]) + message[at + 1 :]
        parts += [rng.choice([b"", b"2026-11-20 15:00:00 ", b"3", b"8=FI", b"(", b"event\n"]), message]
        parts.append(rng.choice([b"", b"\n", b")\r\n", b" "]))
    return b"".join(parts)


@settings(max_examples=200)
@given(st.integers(0, 10**9), st.lists(st.integers(0, 3_000), max_size=30))
def test_that_split_reads_give_what_a_whole_read_gives(seed: int, cuts: list[int]) -> None:
    data = a_log(seed)
    assert split_reads(data, cuts) == whole(data)


@pytest.mark.parametrize("seed", range(12))
def test_that_reading_byte_by_byte_gives_what_a_whole_read_gives(seed: int) -> None:
    data = a_log(seed)
    assert split_reads(data, list(range(len(data)))) == whole(data)


PIECES = [
    b"8=FIX.4.4\x01", b"9=5\x01", b"35=D\x01", b"10=000\x01", b"|10=123|", b"8=FIX", b"58=FIX.4.2|9=3|", b"\n", GOOD,
]  # fmt: skip
FRAGMENTS = st.one_of(st.binary(max_size=40), st.sampled_from(PIECES))


@pytest.mark.slow
@settings(max_examples=300)
@given(st.lists(FRAGMENTS, max_size=12).map(b"".join), st.lists(st.integers(0, 400), max_size=6))
@example(b"8=FIX" * 50, [3, 7])
@example(b"8=FIX.4.4^A9=3^A10=000^", [20])
def test_that_any_bytes_are_accounted_for_and_split_alike(data: bytes, cuts: list[int]) -> None:
    for rules in (None, FrameRules(checksum="count", body_length="count")):
        assert split_reads(data, cuts, rules) == whole(data, rules)


def test_that_a_long_run_of_broken_starts_is_passed_over_in_linear_time() -> None:
    data = b"8=FIX.4.2|9=9|" * 20_000
    items, _ = whole(data)
    assert len(items) == 20_000


def test_that_a_damaged_log_loses_only_the_damaged_messages() -> None:
    rng = random.Random(5)
    log = bytearray(lines((10**18 + index, frame([*NEW, (58, index)])) for index in range(400)))
    clean, _, _ = frame_all(bytes(log))
    hits = {rng.randrange(len(log)) for _ in range(60)}
    for hit in hits:
        log[hit] ^= 1 + rng.randrange(255)
    touched = {m.offset for m in clean for hit in hits if m.offset <= hit < m.offset + m.size}
    kept, bad, tally = frame_all(bytes(log))
    assert {message.offset for message in kept} >= {message.offset for message in clean} - touched
    assert {message.raw for message in kept} <= {message.raw for message in clean}
    assert tally.total_bytes == len(log)
    assert len(bad) >= 1
