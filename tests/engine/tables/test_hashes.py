"""The output hash: what it covers, and what it does not tell apart."""

from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.schema import KEYS, TABLES
from app.engine.tables.hashes import output_hash, text_bytes
from tests.engine.days import day
from tests.session.play import Tables, played

COLUMNS = [(table, column) for table in KEYS for column in TABLES[table]]
_OTHER: dict[str, Any] = {"str": "other", "i8": 12345, "px": 12.5, "f8": 12.5, "bool": True}


@cache
def reference() -> Tables:
    """The tables of a day, played once and not before a test asks."""
    return played(day()).tables()


def changed(table: str, column: str, row: int, value: Any) -> Tables:
    """The reference with one value replaced."""
    copied = {name: dict(columns) for name, columns in reference().items()}
    copied[table][column] = [value if n == row else old for n, old in enumerate(copied[table][column])]
    return copied


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=lambda value: getattr(value, "name", value))
def test_that_every_definitive_column_counts_and_no_other(table: str, column: Any) -> None:
    old = reference()[table][column.name][0]
    value = (not old) if isinstance(old, bool) else _OTHER[column.kind]
    assert (output_hash(changed(table, column.name, 0, value)) != output_hash(reference())) == column.definitive


def test_that_only_lateness_is_not_definitive() -> None:
    assert [column.name for _, column in COLUMNS if not column.definitive] == ["n_late"]


@pytest.mark.parametrize("table", ["versions", "evidence"])
def test_that_what_was_known_when_is_left_out(table: str) -> None:
    assert output_hash(reference() | {table: {}}) == output_hash(reference())


@given(st.randoms(use_true_random=False))
def test_that_the_order_of_the_rows_does_not_show(random: Any) -> None:
    shuffled = {}
    for name, columns in reference().items():
        order = list(range(len(next(iter(columns.values())))))
        random.shuffle(order)
        shuffled[name] = {column: [values[n] for n in order] for column, values in columns.items()}
    assert output_hash(shuffled) == output_hash(reference())


def test_that_a_null_is_no_zero_no_empty_text_and_no_false() -> None:
    for table, column, values in (
        ("parents", "order_qty", (None, 0)),
        ("parents", "is_bps", (None, 0.0)),
        ("parents", "trader", (None, "")),
        ("fills", "own_print", (None, False)),
    ):
        first, second = (output_hash(changed(table, column, 0, value)) for value in values)
        assert first != second, column


def test_that_a_negative_zero_is_zero() -> None:
    assert output_hash(changed("parents", "is_bps", 0, -0.0)) == output_hash(changed("parents", "is_bps", 0, 0.0))


def test_that_text_cannot_slip_from_one_row_into_the_next() -> None:
    one = changed("parents", "trader", 0, "ab")
    one["parents"]["trader"][1:] = ["c", None]
    two = changed("parents", "trader", 0, "a")
    two["parents"]["trader"][1:] = ["bc", None]
    assert output_hash(one) != output_hash(two)


def test_that_a_value_in_another_column_or_row_is_another_table() -> None:
    hashes = {output_hash(changed("parents", *place, 7.5)) for place in (("is_bps", 0), ("is_bps", 1), ("leak_bps", 0))}
    assert len(hashes) == 3


def test_that_empty_tables_have_a_hash_of_their_own() -> None:
    empty: Tables = {table: {column.name: [] for column in TABLES[table]} for table in TABLES}
    assert output_hash(empty) == output_hash(dict(reversed(empty.items()))) != output_hash(reference())
    assert len(output_hash(empty)) == 64


def test_that_texts_are_told_apart_by_their_bytes() -> None:
    hashes = {
        output_hash(tables)
        for tables in (
            reference(),
            *(changed("parents", "trader", 0, text) for text in ("\u00e9", "e", "\u00e8", "\u20ac", "\u00e9e")),
        )
    }
    assert len(hashes) == 6


def test_that_a_text_is_covered_with_its_length_in_bytes() -> None:
    said = ["", "a", "\u00e9"]
    lengths = b"".join(len(text.encode()).to_bytes(8, "little") for text in said)
    assert text_bytes(said) == lengths + "".join(said).encode()
    assert text_bytes(["a", "bc"]) == bytes([1, *[0] * 7, 2, *[0] * 7]) + b"abc"
