"""Symbols by day: the fast way over rows says what the plain way says of each; what contradicts itself is refused."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.errors import SettingsError
from app.engine.universe import Names
from app.feeds.decode.symbols import DAY_NS, Span, SymbolFile

SYMBOLS = ("A", "B", "C")
CUTS = st.lists(st.integers(-20, 60), min_size=2, max_size=7, unique=True).map(sorted)


@st.composite
def files(draw: st.DrawFn) -> SymbolFile:
    """A file in which A and B are listed: spans that may touch or leave days between them, in any order."""
    made = SymbolFile()
    for symbol in SYMBOLS[:2]:
        cuts = draw(CUTS)
        spans = [Span(start, end, f"{symbol}{n % 3}") for n, (start, end) in enumerate(pairwise(cuts))]
        for span in draw(st.permutations(spans)):
            if draw(st.booleans()):
                made.add(symbol, span)
    return made


@given(
    file=files(),
    rows=st.lists(st.tuples(st.integers(-1, 2), st.integers(-25 * DAY_NS, 65 * DAY_NS)), max_size=40),
)
def test_that_the_codes_of_rows_are_the_instruments_of_each(file: SymbolFile, rows: list[tuple[int, int]]) -> None:
    names = Names()
    picked = np.array([index for index, _ in rows], np.intp)
    times = np.array([ns for _, ns in rows], np.int64)
    codes = file.codes(SYMBOLS, picked, times, names).tolist()
    expected = [None if index < 0 else file.instrument(SYMBOLS[index], ns // DAY_NS) for index, ns in rows]
    assert [names[code] if code >= 0 else None for code in codes] == expected
    assert set(names.names) == {name for name in expected if name is not None}, "a name for nothing"


@given(known=st.tuples(st.integers(0, 30), st.integers(1, 10)), other=st.tuples(st.integers(0, 30), st.integers(1, 10)))
def test_that_two_spans_are_refused_exactly_where_they_share_a_day(
    known: tuple[int, int], other: tuple[int, int]
) -> None:
    days = [set(range(start, start + size)) for start, size in (known, other)]
    file = SymbolFile()
    file.add("A", Span(known[0], sum(known), "ONE"))
    second = Span(other[0], sum(other), "TWO")
    if days[0] & days[1]:
        with pytest.raises(SettingsError, match="'A' means both 'ONE' and 'TWO' on the same day"):
            file.add("A", second)
        assert {file.instrument("A", day) for day in days[0]} == {"ONE"}, "what was known stands"
    else:
        file.add("A", second)
        assert {file.instrument("A", day) for day in days[0]} == {"ONE"}
        assert {file.instrument("A", day) for day in days[1]} == {"TWO"}


@pytest.mark.parametrize(("ns", "name"), [(-1, "A"), (0, "ONE"), (DAY_NS - 1, "ONE"), (DAY_NS, "A")])
def test_that_a_day_ends_at_its_last_nanosecond(ns: int, name: str) -> None:
    file = SymbolFile()
    file.add("A", Span(0, 1, "ONE"))
    names = Names()
    (code,) = file.codes(["A"], np.zeros(1, np.intp), np.array([ns], np.int64), names).tolist()
    assert names[code] == name


def test_that_no_rows_have_no_codes() -> None:
    names = Names()
    file = SymbolFile()
    file.add("A", Span(0, 1, "ONE"))
    assert len(file.codes(["A"], np.zeros(0, np.intp), np.zeros(0, np.int64), names)) == 0
    assert names.names == []
