"""Rows, late rows and holes of every source: holes only where numbers are without them otherwise."""

import numpy as np
import pytest

from app.engine.events import MARKET, Rows
from app.engine.sources import DENSE, SourceCounts
from app.engine.units import NULL


def rows_of(*seqs: int, source: int = 0, times: tuple[int, ...] = ()) -> Rows:
    rows = np.zeros(len(seqs), MARKET)
    rows["seq"], rows["source"] = np.array(seqs, np.uint64), source
    rows["ts_event"] = times or np.arange(1, len(seqs) + 1)
    return rows


def counted(*seqs: int) -> int:
    """Holes in the numbering of one source."""
    counts = SourceCounts()
    counts.take(rows_of(*seqs), 0, 1)
    return counts.of(0)[2]


def test_that_rows_are_counted_by_source_and_the_latest_time_is_told() -> None:
    counts = SourceCounts()
    market = np.concatenate([rows_of(1, 2, source=0), rows_of(7, source=40), rows_of(9, source=-1, times=(50,))])
    assert counts.take(market, 0, 41) == 50
    assert [counts.of(n) for n in (0, 1, 40, 41)] == [(2, 0, 0), (0, 0, 0), (1, 0, 0), (0, 0, 0)]
    assert counts.take(market[:0], 0, 41) == NULL


def test_that_a_row_before_a_time_that_has_passed_is_late() -> None:
    counts = SourceCounts()
    counts.take(rows_of(1, 2, 3, times=(10, 9, 11)), 10, 1)
    assert counts.of(0) == (3, 1, 0)


FULL = range(DENSE + 1)


@pytest.mark.parametrize(
    ("seqs", "holes"),
    [
        ([*FULL, DENSE + 1], 0),
        ([*FULL, DENSE + 2], 1),
        ([*FULL, DENSE + 9, DENSE + 10, DENSE + 12], 2),
        ([*FULL, DENSE, DENSE, DENSE + 1], 0),  # rows of one event share a number
        ([*FULL, 3, 4, 9], 1),  # it went back and began again
        ([*range(DENSE), DENSE + 5], 0),  # not yet known to number every row
        ([0, 5, *range(6, 6 + 3 * DENSE), 1000], 0),  # it never did
        ([0] * 200, 0),
        ([], 0),
    ],
)
def test_that_holes_count_where_every_row_is_numbered(seqs: list[int], holes: int) -> None:
    assert counted(*seqs) == holes


def test_that_numbers_beyond_what_is_signed_are_compared_as_they_are() -> None:
    begin = 2**63 + 3
    assert counted(*range(begin, begin + DENSE + 1), begin + DENSE + 2) == 1
    assert counted(*range(2**63 - DENSE - 1, 2**63), 2**63 + 5) == 0


def test_that_a_gap_that_is_told_counts_and_its_jump_not_again() -> None:
    counts = SourceCounts()
    counts.take(rows_of(*FULL), 0, 1)
    counts.broke(0)
    counts.take(rows_of(900, 901), 0, 1)
    assert counts.of(0)[2] == 1
    counts.take(rows_of(903), 0, 1)
    assert counts.of(0)[2] == 2
    counts.broke(3)
    assert counts.of(3) == (0, 0, 1)


def test_that_counts_go_on_from_a_saved_state_in_any_blocks() -> None:
    seqs = [*range(100), 102, 103, 110]
    whole, cut = SourceCounts(), SourceCounts()
    whole.take(rows_of(*seqs), 5, 1)
    for n in range(0, len(seqs), 7):
        cut.take(rows_of(*seqs, times=())[n : n + 7], 5, 1)
        fresh = SourceCounts()
        fresh.load(cut.save())
        cut = fresh
    assert cut.of(0) == whole.of(0) == (len(seqs), 4, 2)
