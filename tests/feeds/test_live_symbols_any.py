"""What a directory says, in any order of saying, is what it says for that time: held against plain search."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.feeds.decode.live_symbols import ALWAYS, LiveSymbols
from app.feeds.decode.symbols import DAY_NS, Span, SymbolFile

SAID = st.lists(
    st.tuples(
        st.sampled_from(["itch", "dbn"]), st.integers(1, 2), st.sampled_from(["AAA", "BBB", "CCC"]),
        st.sampled_from([ALWAYS, 0, 10, 20, 30]),
    ),
    max_size=25,
)  # fmt: skip
TIMES = (ALWAYS, -1, 0, 9, 10, 11, 19, 20, 29, 30, 10**18)


def told(said: list[tuple[str, int, str, int]]) -> LiveSymbols:
    """A table that heard all of it."""
    table = LiveSymbols()
    for feed, number, name, since in said:
        table.learn(feed, number, name, since)
    return table


def latest(said: list[tuple[str, int, str, int]], feed: str, number: int, ns: int) -> str:
    """The plain search: of what was said for the newest time up to `ns`, what was said last."""
    named = {since: name for of, n, name, since in said if (of, n) == (feed, number) and since <= ns}
    return named[max(named)] if named else str(number)


@given(SAID)
def test_that_what_was_said_last_for_the_newest_time_holds(said: list[tuple[str, int, str, int]]) -> None:
    ordered = sorted(said, key=lambda entry: entry[3])
    table = told(ordered)
    for feed in ("itch", "dbn"):
        for number in (1, 2):
            for ns in TIMES:
                assert table.instrument(feed, number, ns) == latest(ordered, feed, number, ns)


@given(SAID)
def test_that_no_time_is_listed_twice_and_saying_it_again_adds_nothing(said: list[tuple[str, int, str, int]]) -> None:
    table = told(said)
    assert len(table) <= len({(feed, number, since) for feed, number, _, since in said})
    before = len(table)
    for feed in ("itch", "dbn"):
        for number in (1, 2):
            for ns in TIMES:
                name = table.instrument(feed, number, ns)
                if name != str(number):
                    table.learn(feed, number, name, ns)
                    assert table.instrument(feed, number, ns) == name
    assert len(table) == before


@given(SAID)
def test_that_a_number_and_its_text_are_one_symbol(said: list[tuple[str, int, str, int]]) -> None:
    numbers, texts = told(said), LiveSymbols()
    for feed, number, name, since in said:
        texts.learn(feed, str(number), name, since)
    for ns in TIMES:
        for number in (1, 2, 3):
            assert numbers.instrument("itch", str(number), ns) == texts.instrument("itch", number, ns)
    assert len(numbers) == len(texts)


@pytest.mark.parametrize(
    ("symbol", "source", "security", "known"),
    [
        ("AAPL", "4", "US1", True), ("AAPL", None, "US1", True), ("AAPL", "", "US1", True), ("AAPL", "4", None, False),
        ("AAPL", "4", "", False), ("", "4", "US1", False), ("[N/A]", "4", "US1", False),
    ],
)  # fmt: skip
def test_that_only_a_named_security_is_learnt_from_fix(
    symbol: str, source: str | None, security: str | None, known: bool
) -> None:
    table = LiveSymbols()
    table.learn_fix(symbol, source, security)
    assert len(table) == int(known)
    assert table.instrument(f"fix:{source or ''}", "US1", 0) == (symbol if known else "US1")


def test_that_a_security_id_of_one_source_is_not_that_of_another() -> None:
    table = LiveSymbols()
    table.learn_fix("AAPL", "4", "123")
    table.learn_fix("MSFT", "1", "123")
    assert [table.instrument(f"fix:{source}", "123", 0) for source in "418"] == ["AAPL", "MSFT", "123"]


def test_that_a_name_used_again_later_means_the_older_instrument_for_the_older_time() -> None:
    table = LiveSymbols()
    table.learn("dbn", 7, "OLD", 10)
    table.learn("dbn", 7, "NEW", 20)
    table.learn("dbn", 7, "OLD", 30)
    assert [table.instrument("dbn", 7, ns) for ns in (9, 10, 20, 30)] == ["7", "OLD", "NEW", "OLD"]
    assert len(table) == 3


@pytest.mark.parametrize("day", [0, 4, 5, 9])
def test_that_the_file_is_asked_for_the_day_of_the_time(day: int) -> None:
    file = SymbolFile()
    file.add("1", Span(0, 5, "FIRST"))
    file.add("1", Span(5, 10, "SECOND"))
    table = LiveSymbols(file)
    table.learn("dbn", 1, "OTHER")
    expected = "FIRST" if day < 5 else "SECOND"
    assert table.instrument("dbn", 1, day * DAY_NS) == expected
    assert table.instrument("dbn", 1, (day + 1) * DAY_NS - 1) == expected
