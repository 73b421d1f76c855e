"""Tables of a FIX stream held against plain dictionaries: keys, bodies and slots, crowded and at their edges."""

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine import fix_tables as t
from tests.engine.test_fix_scan import seen
from tests.engine.test_fix_tables import memory
from tests.feeds.fix.wire import Body, Pairs, as_bytes, frame

ENVELOPE = {8, 9, 10, 34, 43, 52}
CORE = {11, 17}
HEAD: Body = [(35, "D"), (34, 7), (49, "A"), (56, "B"), (52, "20261120-15:00:00")]
TAGS = st.sampled_from([1, 11, 14, 17, 34, 37, 41, 43, 54, 55, 58, 4095, 4096, 9000, 20013])
VALUES = st.text("AB1 ", max_size=9)
PAIRS = st.lists(st.tuples(TAGS, VALUES), max_size=14)


class Note:
    """What reading one message leaves."""

    def __init__(self, pairs: Pairs) -> None:
        data = frame(pairs) + b"." * 80
        found = seen(data)
        at, rows = 0, []
        for tag, value in found.fields[0]:
            at = data.index(b"\x01%d=" % tag if at else b"8=", at) + len(b"%d=" % tag) + (1 if at else 0)
            rows.append((tag, at, len(value)))
        tables = memory()
        holds, print1, print2 = t.read(np.frombuffer(data, np.uint8), np.array(rows, np.int32), tables, 1)
        self.holds, self.prints = bool(holds), (print1, print2)
        self.values = {slot: data[at : at + size] for slot, (at, size, _) in enumerate(tables.first.tolist()) if size}


def first_values(pairs: Pairs) -> dict[int, bytes]:
    """The first value of each slot that has one, by other means."""
    slots = {tag: slot for slot, tag in enumerate([*t.SLOT_TAGS, 9000])}
    found: dict[int, bytes] = {}
    for tag, value in pairs:
        if tag in slots and as_bytes(value):
            found.setdefault(slots[tag], as_bytes(value))
    return found


def body_of(pairs: Pairs) -> list[tuple[int, bytes]]:
    """What copies of one message have in common."""
    return [(tag, as_bytes(value)) for tag, value in pairs if tag not in ENVELOPE]


@given(PAIRS)
def test_that_the_first_value_that_is_one_is_noted_for_each_slot(more: list[tuple[int, str]]) -> None:
    pairs = [*HEAD, *more]
    assert Note(pairs).values == first_values(pairs)


@given(PAIRS)
def test_that_a_message_holds_unless_a_field_that_may_stand_once_has_two_values(more: list[tuple[int, str]]) -> None:
    values = {tag: {value for at, value in more if at == tag and value} for tag in CORE}
    assert Note([*HEAD, *more]).holds == all(len(said) <= 1 for said in values.values())


@given(PAIRS, PAIRS)
def test_that_two_bodies_have_one_fingerprint_only_when_they_are_the_same(
    one: list[tuple[int, str]], other: list[tuple[int, str]]
) -> None:
    alike = body_of(one) == body_of(other)
    assert (Note([*HEAD, *one]).prints == Note([*HEAD, *other]).prints) == alike


@given(PAIRS, st.permutations(range(5)))
def test_that_the_order_of_fields_is_part_of_the_fingerprint(more: list[tuple[int, str]], places: list[int]) -> None:
    five: Body = [(1, "A"), (58, "A"), (54, "1"), (1, "B"), (55, "A")]
    turned = [five[place] for place in places]
    assert (Note([*HEAD, *more, *turned]).prints == Note([*HEAD, *more, *five]).prints) == (turned == five)


@pytest.mark.parametrize("tag", [34, 43, 52])
def test_that_the_envelope_may_differ_between_copies(tag: int) -> None:
    plain, more = Note(HEAD), Note([*HEAD, (tag, "20261120-15:00:01")])
    assert more.prints == plain.prints
    assert Note([*HEAD, (tag + 1000, "20261120-15:00:01")]).prints != plain.prints


@pytest.mark.parametrize(("one", "other"), [("AB", "A"), ("A", ""), ("11", "1")])
def test_that_where_one_field_ends_and_the_next_begins_is_part_of_the_fingerprint(one: str, other: str) -> None:
    left = Note([*HEAD, (58, one), (1, other)])
    right = Note([*HEAD, (58, other), (1, one)])
    assert left.prints != right.prints


@given(PAIRS)
def test_that_a_body_has_one_fingerprint_whatever_its_delimiter(more: list[tuple[int, str]]) -> None:
    pairs = [*HEAD, *more, (58, "A|B")]
    data = frame(pairs)
    plain = Note(pairs)
    for delimiter in (b"^", b"<SOH>"):
        styled = data.replace(b"\x01", delimiter)
        at, rows = 0, []
        for field in data.split(b"\x01")[:-1]:
            tag, _, value = field.partition(b"=")
            rows.append((int(tag), at + len(tag) + 1, len(value)))
            at += len(field) + len(delimiter)
        tables = memory()
        holds, *prints = t.read(np.frombuffer(styled, np.uint8), np.array(rows, np.int32), tables, len(delimiter))
        assert (bool(holds), tuple(prints)) == (plain.holds, plain.prints)


def test_that_a_body_may_end_without_an_envelope() -> None:
    data = b"8=FIX.4.2\x0135=D\x0158=text\x0110=1"
    rows = np.array([(8, 2, 7), (35, 13, 1), (58, 18, 4), (10, 26, 1)], np.int32)
    array = np.frombuffer(data, np.uint8)
    assert t.read(array, rows[:3], memory(), 1) == t.read(array, rows, memory(), 1)


# -- keys --------------------------------------------------------------------------------------------------------------


def insert(keys: t.Keys, prints: Iterable[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """Put keys in as a kernel does, and into a dictionary."""
    plain: dict[tuple[int, int], int] = {}
    for number, both in enumerate(prints):
        row = t.probe(keys, *both)
        assert (row >= 0) == (both in plain)
        if row < 0:
            t.put(keys, row, both, number, number + 7)
            plain[both] = number
    return plain


PRINTS = st.tuples(st.integers(1, 6), st.integers(-(2**40), 2**40) | st.integers(0, 3))


@given(st.lists(PRINTS, max_size=30))
def test_that_keys_are_a_dictionary_however_they_crowd(prints: list[tuple[int, int]]) -> None:
    keys = t.key_table(32)
    plain = insert(keys, prints)
    for both in prints:
        assert t.value(keys, both) == plain[both]
        assert keys.rows[t.probe(keys, *both), t.H_MORE] == plain[both] + 7
    for both in [(9, 0), (1, 2**50), (9, -1)]:
        assert t.value(keys, both) == -1
    assert int((keys.slots != 0).sum()) == keys.rows[0, t.H_VALUE] == len(plain)


def test_that_keys_that_meet_at_the_last_row_go_on_at_the_first() -> None:
    keys = t.key_table(8)
    prints = [(n, 7) for n in range(1, 5)]
    insert(keys, prints)
    assert keys.slots.tolist() == [2, 3, 4, 0, 0, 0, 0, 1]
    assert keys.rows[1:5, t.H_PRINT].tolist() == [1, 2, 3, 4]
    assert [t.value(keys, both) for both in prints] == [0, 1, 2, 3]
    assert t.probe(keys, 5, 7) == -1 - 3


@given(st.lists(PRINTS, max_size=60), st.sampled_from([128, 256, 1024]))
def test_that_nothing_is_lost_when_a_table_moves(prints: list[tuple[int, int]], size: int) -> None:
    keys, larger = t.key_table(64), t.key_table(size)
    plain = insert(keys, prints)
    t.rehash(keys, larger)
    assert {both: t.value(larger, both) for both in plain} == plain
    assert larger.rows[: len(plain) + 1].tolist() == keys.rows[: len(plain) + 1].tolist()


@given(
    st.sets(st.tuples(st.integers(1, 7), st.integers(0, 50)), min_size=2, max_size=20),
    st.binary(min_size=0, max_size=20),
)
def test_that_one_text_is_another_key_for_each_kind_and_session(owners: set[tuple[int, int]], text: bytes) -> None:
    array = np.frombuffer(text + b"\0", np.uint8)
    assert len({t.text_key(kind, session, array, 0, len(text)) for kind, session in owners}) == len(owners)
    assert len({t.key(kind, session) for kind, session in owners}) == len(owners)


@given(st.binary(max_size=20), st.binary(max_size=20), st.integers(0, 4))
def test_that_texts_are_the_same_byte_by_byte(one: bytes, other: bytes, shared: int) -> None:
    size = min(len(one), len(other))
    for left, right in ((one, other), (one, one), (one[:shared] + other, one[:shared] + one)):
        size = min(len(left), len(right))
        data = np.frombuffer(left[:size] + right[:size] + b"\0", np.uint8)
        assert t.same(data, 0, size, size) == (left[:size] == right[:size])


def test_that_every_slot_is_found_by_its_tag_and_no_other_tag_is() -> None:
    tables = memory()
    slots = {tag: slot for slot, tag in enumerate(t.SLOT_TAGS)} | {9000: len(t.SLOT_TAGS), 8000: 0}
    assert {tag: t.slot(tables, tag) for tag in range(1, 10_000) if t.slot(tables, tag) >= 0} == slots


def test_that_slots_are_named_in_the_order_of_their_tags() -> None:
    assert len(set(t.SLOT_TAGS)) == len(t.SLOT_TAGS)
    named = {
        t.F_KIND: 35, t.F_SEQ: 34, t.F_ID: 11, t.F_ORIG: 41, t.F_ORDER_ID: 37, t.F_EXEC: 17, t.F_CUM: 14, t.F_LAST: 32,
        t.F_LAST_PX: 31, t.F_SYMBOL: 55, t.F_SIDE: 54, t.F_TRANSACT: 60, t.F_REF: 19, t.F_TIF: 59,
    }  # fmt: skip
    assert {slot: t.SLOT_TAGS[slot] for slot in named} == named


@given(st.text("AB", max_size=6), st.text("AB", max_size=6))
def test_that_an_absent_field_is_not_an_empty_place_in_a_fingerprint(one: str, other: str) -> None:
    tables = memory()
    data = np.frombuffer((one + other).encode() + b"\0", np.uint8)
    tables.first[t.F_ID, :2], tables.first[t.F_ORIG, :2] = (0, len(one)), (len(one), len(other))
    both = t.print_of(data, tables, t.print_of(data, tables, (1, 2), t.F_ID), t.F_ORIG)
    tables.first[t.F_ID, 1] = 0
    tables.first[t.F_ORIG, :2] = 0, len(one) + len(other)
    joined = t.print_of(data, tables, t.print_of(data, tables, (1, 2), t.F_ID), t.F_ORIG)
    assert (both == joined) == (one == "")


def test_that_to_expect_a_key_changes_nothing() -> None:
    keys = t.key_table(8)
    insert(keys, [(1, 7), (2, 7)])
    slots, rows = keys.slots.copy(), keys.rows[:3].copy()
    t.expect(keys, (1, 7))
    t.expect(keys, (9, -1))
    assert (keys.slots == slots).all()
    assert (keys.rows[:3] == rows).all()
