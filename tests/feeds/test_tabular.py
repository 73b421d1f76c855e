"""Whole numbers out of CSV and Parquet: exact, every line in its place, and what cannot be read named as it stands."""

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.errors import DecodeError
from app.feeds.decode.tabular import Columns, from_csv, from_table

NAMES = ("time", "kind", "size")
MIDNIGHT = 1_741_924_800_000_000_000
WHOLE = st.integers(-(10**18) + 1, 10**18 - 1)


def bad(found: Columns) -> set[tuple[str, int]]:
    """The places that could not be read."""
    return {(fault.field, row) for fault in found.faults for row in np.flatnonzero(fault.bad).tolist()}


@given(rows=st.lists(st.tuples(WHOLE, WHOLE, WHOLE), min_size=1, max_size=30), end=st.sampled_from(["\n", "\r\n"]))
def test_that_whole_numbers_come_out_as_they_were_written(rows: list[tuple[int, int, int]], end: str) -> None:
    found = from_csv(end.join(",".join(map(str, row)) for row in rows).encode(), NAMES, "a.csv")
    assert list(zip(*[found.fields[name].tolist() for name in NAMES], strict=True)) == rows
    assert (found.rows, found.faults) == (len(rows), [])


@given(seconds=st.lists(st.decimals(0, 86_399, places=9), min_size=1, max_size=20), places=st.integers(0, 9))
def test_that_seconds_after_midnight_are_exact_to_the_nanosecond(seconds: list[Decimal], places: int) -> None:
    cut = [Decimal(int(value * 10**places)).scaleb(-places) for value in seconds]
    text = "\n".join(f"{value:f},1,2" for value in cut)
    found = from_csv(text.encode(), NAMES, "a.csv", MIDNIGHT)
    assert found.fields["time"].tolist() == [MIDNIGHT + int(value.scaleb(9)) for value in cut]
    assert found.faults == []


FIELD = st.sampled_from(["1", "-7", "", "x", "1.5", " 1", "1e3", "1234567890123456789", "nan", '"1"', "+1", "\u0661"])


@given(rows=st.lists(st.lists(FIELD, min_size=1, max_size=5), min_size=1, max_size=12))
def test_that_every_line_keeps_its_place_and_what_cannot_be_read_is_named(rows: list[list[str]]) -> None:
    lines = [["9", "9", "9"], *rows, ["8", "8", "8"]]
    found = from_csv("\n".join(",".join(line) for line in lines).encode(), NAMES, "a.csv")
    assert found.rows == len(lines)
    plain = {"1", "-7"}
    for row, line in enumerate(lines):
        if len(line) != 3:
            assert ("line", row) in bad(found)
            continue
        assert ("line", row) not in bad(found)
        for name, text in zip(NAMES, line, strict=True):
            readable = text in plain or text in {"8", "9"}
            assert ((name, row) in bad(found)) == (not readable)
            if readable:
                assert found.fields[name][row] == int(text)
            else:
                assert found.value(name, row) == text
    assert found.fields["size"][-1] == 8


def test_that_a_line_of_another_number_of_fields_is_shown_whole() -> None:
    found = from_csv(b"1,2,3\n4,5\n6,7,8\n", NAMES, "a.csv")
    assert found.value("line", 1) == "4,5"
    assert {fault.field for fault in found.faults} == {"line", *NAMES}
    (line,) = [fault for fault in found.faults if fault.field == "line"]
    assert line.allowed == "3 fields separated by commas"


def test_that_more_columns_than_are_asked_for_are_passed_over() -> None:
    found = from_csv(b"1,2,3,ten,\n4,5,6,,x\n", NAMES, "a.csv")
    assert [column.tolist() for column in found.fields.values()] == [[1, 4], [2, 5], [3, 6]]
    assert found.faults == []


def test_that_an_empty_line_inside_is_a_fault_and_those_at_the_end_are_none() -> None:
    found = from_csv(b"1,2,3\n\n4,5,6\n\n\n", NAMES, "a.csv")
    assert found.rows == 3
    assert ("line", 1) in bad(found)
    assert found.fields["time"].tolist()[2] == 4


@pytest.mark.parametrize("data", [b"", b"\n\n", b"  \r\n"])
def test_that_a_file_with_nothing_in_it_is_refused(data: bytes) -> None:
    with pytest.raises(DecodeError, match=r"a\.csv: empty file; allowed: one line per message"):
        from_csv(data, NAMES, "a.csv")


def test_that_a_first_line_of_too_few_columns_is_refused_with_those_it_needs() -> None:
    with pytest.raises(DecodeError, match=r"a\.csv line 1: columns = 2 .* allowed: 3 or more: time, kind, size"):
        from_csv(b"1,2\n", NAMES, "a.csv")


@given(values=st.lists(st.integers(-(2**63) + 1, 2**63 - 1), max_size=20))
def test_that_a_parquet_column_is_taken_as_it_is(values: list[int]) -> None:
    table = pa.table({"time": pa.array(values, pa.int64()), "more": pa.array(["x"] * len(values))})
    found = from_table(table, ("time",), "a.parquet")
    assert found.fields["time"].tolist() == values
    assert (found.rows, found.faults) == (len(values), [])


@pytest.mark.parametrize("kind", [pa.string(), pa.bool_()])
def test_that_a_parquet_column_of_another_type_is_named(kind: pa.DataType) -> None:
    table = pa.table({"time": pa.array([1]).cast(kind)})
    with pytest.raises(DecodeError, match=rf"a\.parquet: type of time = '{kind}' is not allowed; allowed: int64"):
        from_table(table, ("time",), "a.parquet")


def test_that_a_float_that_is_whole_is_read_and_any_other_is_named_in_its_row() -> None:
    found = from_table(pa.table({"time": [1.0, 1.5, -3.0]}), ("time",), "a.parquet")
    assert found.fields["time"].tolist()[::2] == [1, -3]
    assert bad(found) == {("time", 1)}
    assert found.value("time", 1) == 1.5


def test_that_a_parquet_column_that_is_missing_is_named() -> None:
    with pytest.raises(DecodeError, match=r"a\.parquet.*size"):
        from_table(pa.table({"time": [1]}), ("time", "size"), "a.parquet")
