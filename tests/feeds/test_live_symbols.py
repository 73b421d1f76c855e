"""A symbol means what its directory said last before that time, feed by feed."""

from app.feeds.decode.live_symbols import ALWAYS, LiveSymbols
from app.feeds.decode.symbols import DAY_NS, Span, SymbolFile


def test_that_a_number_means_what_was_said_last_before_that_time() -> None:
    table = LiveSymbols()
    table.learn("itch", 7, "AAA", 100)
    table.learn("itch", 7, "BBB", 200)
    table.learn("itch", 7, "ZZZ", 150)
    meant = [table.instrument("itch", 7, ns) for ns in (99, 100, 149, 150, 199, 200, 10**18)]
    assert meant == ["7", "AAA", "AAA", "ZZZ", "ZZZ", "BBB", "BBB"]


def test_that_feeds_do_not_share_numbers() -> None:
    table = LiveSymbols()
    table.learn("dbn", 1, "ESH6")
    assert table.instrument("dbn", 1, 5) == "ESH6"
    assert table.instrument("itch", 1, 5) == "1"


def test_that_the_same_said_again_adds_nothing_and_a_correction_replaces() -> None:
    table = LiveSymbols()
    for since in (ALWAYS, 50, 60):
        table.learn("kdb", "AAPL.O", "AAPL", since)
    assert len(table) == 1
    table.learn("kdb", "AAPL.O", "APPLE")
    assert table.instrument("kdb", "AAPL.O", 0) == "APPLE"
    assert len(table) == 1


def test_that_fix_names_a_security_by_its_source() -> None:
    table = LiveSymbols()
    table.learn_fix("AAPL", "4", "US0378331005")
    table.learn_fix("[N/A]", "4", "US0000000000")
    table.learn_fix("X", "1", None)
    assert table.instrument("fix:4", "US0378331005", 1) == "AAPL"
    assert table.instrument("fix:4", "US0000000000", 1) == "US0000000000"
    assert len(table) == 1


def test_that_a_symbol_file_goes_first_for_the_symbols_it_lists() -> None:
    file = SymbolFile()
    file.add("AAPL", Span(0, 10, "APPLE"))
    table = LiveSymbols(file)
    table.learn("itch", "AAPL", "OTHER")
    table.learn("itch", "MSFT", "SOFT")
    assert table.instrument("itch", "AAPL", 5 * DAY_NS) == "APPLE"
    assert table.instrument("itch", "AAPL", 11 * DAY_NS) == "AAPL"
    assert table.instrument("itch", "MSFT", 1) == "SOFT"
