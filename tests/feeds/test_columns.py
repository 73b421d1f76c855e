"""Arrow columns to numpy: every lossless type, nulls, and values that do not fit."""

import numpy as np
import pyarrow as pa
import pytest

from app.engine import units
from app.feeds.decode import columns

NULL = units.NULL


@pytest.mark.parametrize(
    "kind", [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()]
)
def test_that_every_integer_type_is_read_without_loss(kind: pa.DataType) -> None:
    values, bad = columns.integers(pa.array([1, None, 100], kind))
    assert values.dtype == np.int64
    assert values.tolist() == [1, NULL, 100]
    assert bad is None


@pytest.mark.parametrize("kind", [pa.float32(), pa.float64()])
def test_that_whole_floats_are_integers_and_others_are_marked(kind: pa.DataType) -> None:
    values, bad = columns.integers(pa.array([5.0, None, 0.5, float("nan"), float("inf"), -3.0], kind))
    assert bad is not None
    assert bad.tolist() == [False, False, True, True, True, False]
    assert values[~bad].tolist() == [5, NULL, -3]


def test_that_floats_too_large_to_be_exact_are_marked() -> None:
    _, bad = columns.integers(pa.array([2.0**53, 2.0**53 + 2, -(2.0**60)]))
    assert bad is not None
    assert bad.tolist() == [False, True, True]


@pytest.mark.parametrize(("unit", "tick"), [("s", 10**9), ("ms", 10**6), ("us", 10**3), ("ns", 1)])
def test_that_timestamps_become_nanoseconds(unit: str, tick: int) -> None:
    values, bad = columns.integers(pa.array([7, None], pa.timestamp(unit, tz="UTC")))
    assert values.tolist() == [7 * tick, NULL]
    assert bad is None


def test_that_a_timestamp_beyond_int64_nanoseconds_is_marked() -> None:
    _, bad = columns.integers(pa.array([10**10, 1], pa.timestamp("s")))
    assert bad is not None
    assert bad.tolist() == [True, False]


def test_that_an_unsigned_number_beyond_int64_is_marked() -> None:
    values, bad = columns.integers(pa.array([2**63, None, 9], pa.uint64()))
    assert bad is not None
    assert bad.tolist() == [True, False, False]
    assert values[1:].tolist() == [NULL, 9]


def test_that_a_column_of_nothing_is_all_undefined() -> None:
    assert columns.integers(pa.nulls(2)).values.tolist() == [NULL, NULL]
    assert columns.texts(pa.nulls(2)).picked.tolist() == [-1, -1]
    assert np.isnan(columns.reals(pa.nulls(2))).all()


def test_that_identifiers_are_unsigned_with_null_as_zero() -> None:
    values, bad = columns.identifiers(pa.array([2**64 - 1, None, 0], pa.uint64()))
    assert values.tolist() == [2**64 - 1, 0, 0]
    assert bad is None


def test_that_a_negative_identifier_is_marked_and_a_null_is_not() -> None:
    values, bad = columns.identifiers(pa.array([4, -1, None], pa.int64()))
    assert bad is not None
    assert bad.tolist() == [False, True, False]
    assert values.tolist() == [4, 0, 0]


def test_that_an_identifier_that_is_no_whole_number_is_marked() -> None:
    _, bad = columns.identifiers(pa.array([1.5, 2.0]))
    assert bad is not None
    assert bad.tolist() == [True, False]


@pytest.mark.parametrize(
    "kind",
    [
        pa.string(),
        pa.large_string(),
        pa.dictionary(pa.int32(), pa.string()),
        pa.dictionary(pa.int8(), pa.large_string()),
    ],
)
def test_that_text_of_every_width_is_read(kind: pa.DataType) -> None:
    assert columns.is_text(kind)
    found = columns.texts(pa.array(["a", None, "b", "a"], pa.string()).cast(kind))
    assert [found.values[i] if i >= 0 else None for i in found.picked.tolist()] == ["a", None, "b", "a"]


def test_that_empty_text_is_no_text() -> None:
    found = columns.texts(pa.array(["x", "", "x"]))
    assert [i >= 0 for i in found.picked.tolist()] == [True, False, True]


def test_that_text_that_is_not_utf8_keeps_its_place_under_a_visible_name() -> None:
    broken = pa.array([b"ok", b"\xff\xfe"], pa.binary()).view(pa.string())
    found = columns.texts(broken)
    assert [found.values[i] for i in found.picked.tolist()] == ["ok", "\\xff\\xfe"]


def test_that_codes_are_looked_up_once_for_each_distinct_value() -> None:
    asked: list[str] = []

    def code(text: str) -> int:
        asked.append(text)
        return len(text)

    found = columns.codes(columns.texts(pa.array(["aa", "b", None, "aa"] * 50)), code, 99, np.uint8)
    assert found.tolist() == [2, 1, 99, 2] * 50
    assert sorted(asked) == ["aa", "b"]


def test_that_fractions_come_from_floats_and_integers() -> None:
    assert columns.reals(pa.array([1, 2])).tolist() == [1.0, 2.0]
    found = columns.reals(pa.array([0.5, None], pa.float32()))
    assert found[0] == 0.5
    assert np.isnan(found[1])


@pytest.mark.parametrize("kind", [pa.bool_(), pa.list_(pa.int64()), pa.decimal128(10, 2), pa.binary(), pa.date32()])
def test_that_other_types_are_neither_whole_nor_text_nor_real(kind: pa.DataType) -> None:
    assert not columns.is_whole(kind)
    assert not columns.is_text(kind)
    assert not columns.is_real(kind)


@pytest.mark.parametrize("start", [0, 1, 7, 8, 9])
@pytest.mark.parametrize("length", [0, 1, 9, 17])
def test_that_slices_of_a_column_are_read_like_the_whole(start: int, length: int) -> None:
    whole = [None if n % 3 == 0 else n for n in range(40)]
    wanted = whole[start : start + length]
    signed = pa.array(whole, pa.int64()).slice(start, length)
    assert columns.integers(signed).values.tolist() == [NULL if n is None else n for n in wanted]
    unsigned = pa.array(whole, pa.uint64()).slice(start, length)
    assert columns.identifiers(unsigned).values.tolist() == [n or 0 for n in wanted]
    narrow = pa.array(whole, pa.int16()).slice(start, length)
    assert columns.integers(narrow).values.tolist() == [NULL if n is None else n for n in wanted]
    names = pa.array([None if n is None else f"n{n % 4}" for n in whole])
    for text in (names, names.dictionary_encode()):
        assert columns.as_list(columns.texts(text.slice(start, length))) == [
            None if n is None else f"n{n % 4}" for n in wanted
        ]
