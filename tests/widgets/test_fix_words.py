"""A message in words: names, meanings, groups one level in, nothing lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.widgets import fix_words
from app.widgets.fix_words import lines, shown
from tests.widgets.fakes import MESSAGE


def test_that_every_tag_is_a_line_with_its_name_and_its_meaning() -> None:
    said = {line.tag: line for line in lines(MESSAGE)}
    assert (said["35"].name, said["35"].value, said["35"].meaning) == ("MsgType", "8", "ExecutionReport")
    assert said["150"].meaning == "trade"
    assert said["54"].meaning == "sell"
    assert (said["9999"].name, said["9999"].value, said["9999"].meaning) == ("", "own", "")
    assert said["847" if "847" in said else "957"].name == "NoStrategyParameters"


def test_that_groups_stand_one_level_in_and_each_entry_is_marked_where_it_begins() -> None:
    found = [(line.tag, line.depth) for line in lines(MESSAGE)]
    start = found.index(("453", 0))
    assert found[start + 1 : start + 8] == [
        ("448", 1), ("447", 1), ("452", 1), ("448", 1), ("447", 1), ("452", 1), ("957", 0),
    ]  # fmt: skip
    assert found[start + 8 : start + 12] == [("958", 1), ("959", 1), ("960", 1), ("9999", 0)]
    begun = [line.value for line in lines(MESSAGE) if fix_words.begins(line)]
    assert begun == ["BRK", "TRD", "MaxPct"]


def test_that_a_group_within_a_group_goes_one_deeper_and_comes_back() -> None:
    raw = b"8=FIX.4.4\x01453=2\x01448=A\x01802=1\x01523=desk\x01803=4\x01448=B\x0111=X\x01"
    assert [(line.tag, line.depth) for line in lines(raw)] == [
        ("8", 0), ("453", 0), ("448", 1), ("802", 1), ("523", 2), ("803", 2), ("448", 1), ("11", 0),
    ]  # fmt: skip


def test_that_an_empty_group_opens_nothing() -> None:
    assert [line.depth for line in lines(b"8=FIX.4.4\x01453=0\x01448=A\x01")] == [0, 0, 0]


def test_that_what_is_no_tag_is_shown_as_it_is() -> None:
    odd = lines(b"8=FIX.4.4\x01garbage\x01=5\x0158=a=b\x01")
    assert [(line.tag, line.value) for line in odd] == [("8", "FIX.4.4"), ("", "garbage"), ("", "=5"), ("58", "a=b")]
    assert odd[1].meaning == "not a tag"


VALUES = st.text(st.characters(codec="ascii", exclude_characters="\x01"), max_size=8)


@given(st.lists(st.tuples(st.integers(1, 9999), VALUES), min_size=1, max_size=30))
def test_that_no_tag_is_lost_or_moved(tags: list[tuple[int, str]]) -> None:
    raw = "".join(f"{tag}={value}\x01" for tag, value in tags).encode()
    assert [(line.tag, line.value) for line in lines(raw)] == [(str(tag), value) for tag, value in tags]


def test_that_separators_are_visible_and_a_row_in_words_is_no_fix() -> None:
    assert shown(b"8=FIX.4.4\x0135=8\x01") == "8=FIX.4.4␁35=8␁"
    assert fix_words.looks_like_fix(MESSAGE)
    assert not fix_words.looks_like_fix(b"kind fill, qty 100")


def test_that_a_headline_says_what_came_and_why() -> None:
    assert fix_words.headline(MESSAGE) == "ExecutionReport, trade, partially filled"
    reject = b"8=FIX.4.4\x0135=9\x0139=2\x0158=too late\x01"
    assert fix_words.headline(reject) == "OrderCancelReject, filled, “too late”"
    assert fix_words.headline(b"8=FIX.4.4\x0135=ZZ\x01") == "35=ZZ"
    assert fix_words.headline(b"a row\nin words") == "a row"
    assert fix_words.headline(b"") == ""


@pytest.mark.parametrize("digits", [10, 5000])
def test_that_digits_without_end_are_no_tag(digits: int) -> None:
    damaged = b"8=FIX.4.4\x01" + b"1" * digits + b"=x\x0135=8\x01"
    assert [line.tag for line in lines(damaged)] == ["8", "", "35"]
    assert fix_words.headline(damaged) == "ExecutionReport"


@given(st.binary(max_size=200), st.booleans())
def test_that_no_bytes_of_the_tape_stop_the_screen_and_none_is_left_out(raw: bytes, begun: bool) -> None:
    message = b"8=FIX.4.4\x01" + raw if begun else raw
    said = lines(message)
    assert len(said) == message.rstrip(b"\x01").count(b"\x01") + 1
    for line, field in zip(said, message.rstrip(b"\x01").split(b"\x01"), strict=True):
        assert (f"{line.tag}={line.value}" if line.tag else line.value) == field.decode("utf-8", "replace")
    assert "\n" not in fix_words.headline(raw)


FIELDS = [b"453=2", b"448=A", b"452=1", b"802=1", b"523=S", b"957=1", b"958=P", b"35=8", b"453=0"]


@given(st.lists(st.sampled_from(FIELDS)))
def test_that_nesting_goes_one_deeper_at_a_time_and_only_below_a_group(fields: list[bytes]) -> None:
    depths = [line.depth for line in lines(b"\x01".join(fields))] if fields else []
    for before, field, after in zip(depths, fields, depths[1:], strict=False):
        assert after <= before + 1
        if after > before:
            assert field.split(b"=")[0] in {b"453", b"802", b"957"}
            assert not field.endswith(b"=0")
