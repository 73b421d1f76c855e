"""ITCH to rows: against the second decoder and the true book, names and reference data, what is set aside and where."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.universe import Universe
from app.feeds.decode.itch import Day, ItchDecoder, Listing
from app.feeds.decode.symbols import Span, SymbolFile
from app.feeds.generator.itch import ItchPlan, itch_day
from tests.feeds.itch_made import (
    MIDNIGHT,
    add,
    check_against_plain,
    check_book,
    decoded,
    directory,
    executed,
    halted,
    message,
    stream,
)
from tests.feeds.itch_plain import LAYOUT

DAY = itch_day(ItchPlan(messages=6_000, seed=3))


@pytest.mark.parametrize("seed", [1, 2])
def test_that_a_generated_day_decodes_as_the_second_decoder_has_it(seed: int) -> None:
    day = itch_day(ItchPlan(messages=6_000, seed=seed, stocks=5))
    assert {chr(one[0]) for one in day.messages} == set(LAYOUT)
    assert check_against_plain(day) > 6_000


def test_that_the_book_from_itch_is_the_generators_book_on_every_row() -> None:
    rows, aside, _ = decoded(stream(*DAY.messages))
    assert aside == []
    assert check_book(DAY, rows) == len(DAY.book) > 5_000


@given(cuts=st.lists(st.integers(0, 200_000), max_size=12))
def test_that_where_a_stream_is_split_never_changes_its_rows(cuts: list[int]) -> None:
    data = stream(*DAY.messages[:400])
    whole, _, _ = decoded(data)
    split, _, _ = decoded(data, sorted(cut % len(data) for cut in cuts))
    np.testing.assert_array_equal(whole, split)


def test_that_more_rows_than_fit_at_once_come_in_several_arrays() -> None:
    decoder = ItchDecoder(Day("made", MIDNIGHT), Universe())
    data = stream(directory(), add(1, shares=2_000_000), *[executed(1, 1, n) for n in range(30_000)])
    sizes = [len(batch.rows) for batch in decoder.feed(data)]
    assert sum(sizes) == 1 + 3 * 30_000
    assert max(sizes) <= 65_536
    assert len(sizes) == 2


def test_that_a_directory_entry_is_reference_data() -> None:
    universe = Universe()
    _, aside, decoder = decoded(stream(directory("BRK.A", 7, 1), message("S", "s", b"C")), universe=universe)
    assert aside == []
    assert decoder.directory == {7: Listing("BRK.A", "Q", 1, False)}
    known = universe.of("BRK.A")
    assert (known.lot, known.currency, known.timezone) == (1, "USD", "America/New_York")
    assert decoder.types == {"R": 1, "S": 1}


def test_that_a_stock_without_a_directory_entry_is_known_by_the_first_message_that_names_it() -> None:
    universe = Universe()
    rows, _, _ = decoded(stream(add(1, name="TSLA")), universe=universe)
    assert universe.instruments.names == ["TSLA"]
    assert rows["instrument"].tolist() == [0]
    assert universe.of("TSLA").lot is None


def test_that_symbology_of_the_day_names_the_instrument() -> None:
    symbols = SymbolFile()
    symbols.add("FB", Span(0, 20_000, "META-OLD"))
    symbols.add("FB", Span(20_000, 30_000, "META"))
    universe = Universe()
    decoder = ItchDecoder(Day("made", MIDNIGHT), universe, symbols)
    list(decoder.feed(stream(directory("FB"))))
    assert universe.instruments.names == ["META"]


def test_that_reference_data_known_before_stands() -> None:
    universe = Universe()
    decoded(stream(directory("AAPL", lot=40)), universe=universe)
    decoded(stream(directory("AAPL", lot=100)), universe=universe)
    assert universe.of("AAPL").lot == 40


def test_that_a_stock_of_no_printable_name_is_set_aside_with_its_message() -> None:
    bad = message("A", "QsI8sI", 1, b"B", 5, b"\xff\x00AB    ", 1)
    rows, aside, decoder = decoded(stream(bad, message("R", "28s", b" " * 28), add(2), halted("T")))
    assert rows["rec"].tolist() == [2, 3]
    assert [entry.where for entry in aside] == ["made.itch message 0 (offset 0)", "made.itch message 1 (offset 38)"]
    assert "stock = b'\\xff\\x00AB    ' is not allowed; allowed: 8 printable ASCII" in aside[0].reason
    assert aside[0].raw == stream(bad)
    assert decoder.messages == 4


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (message("A", "QsI8sI", 1, b"X", 5, b"AAPL    ", 1), "side = b'X' is not allowed; allowed: B or S"),
        (add(1, shares=0), "shares = 0 is not allowed; allowed: 1 or more"),
        (halted("Z"), "state = b'Z' is not allowed; allowed: H halted, P paused"),
        (message("h", "8sss", b"AAPL    ", b"Q", b"Q"), "state = b'QQ' is not allowed"),
        (message("S", "s", b"O", ts=90_000_000_000_000), "timestamp = 90000000000000 is not allowed"),
        (directory() [:5] + b"\xff" * 6 + directory()[11:], "timestamp = 281474976710655 is not allowed"),
        (b"zzz", "type = b'z' is not allowed; allowed: one of S R H"),
        (b"Sx", "length = 2 is not allowed; allowed: the length of its type"),
    ],
)  # fmt: skip
def test_that_what_is_set_aside_names_file_message_offset_field_value_and_what_is_allowed(
    wrong: bytes, words: str
) -> None:
    rows, aside, _ = decoded(stream(directory(), wrong, add(2)))
    assert len(rows) == 1
    (entry,) = aside
    assert entry.where == "made.itch message 1 (offset 41)"
    assert entry.reason.startswith(f"{entry.where}: ")
    assert words in entry.reason
    assert entry.raw == stream(wrong)


def test_that_damage_and_a_cut_message_say_how_many_bytes_they_are() -> None:
    data = stream(add(1)) + b"\xff" * 9 + stream(add(2), add(3)) + stream(add(4))[:20]
    rows, aside, _ = decoded(data)
    assert rows["order_id"].tolist() == [1, 2, 3]
    assert [entry.reason for entry in aside] == [
        "made.itch message 1 (offset 38): 9 bytes that are no messages of a known length",
        "made.itch message 3 (offset 123): 20 bytes of a message that is cut short",
    ]
    assert aside[1].raw == stream(add(4))[:20]


def test_that_more_is_set_aside_than_the_kernel_notes_at_once() -> None:
    _, aside, decoder = decoded(stream(*[add(n, shares=0) for n in range(700)]))
    assert len(aside) == 700
    assert aside[-1].where == "made.itch message 699 (offset 26562)"
    assert decoder.messages == 700


def test_that_the_same_plan_gives_the_same_day_and_another_seed_another_one() -> None:
    again = itch_day(ItchPlan(messages=6_000, seed=3))
    assert again.messages == DAY.messages
    np.testing.assert_array_equal(again.book, DAY.book)
    assert itch_day(ItchPlan(messages=6_000, seed=4)).messages != DAY.messages
    assert abs(len(DAY.messages) - 6_000) < 60
