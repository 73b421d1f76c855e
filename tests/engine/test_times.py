"""Times of market rows: when each is applied, how far a block goes, what stands before its place."""

import numpy as np
import pytest

from app.engine.book.room import readable
from app.engine.events import MARKET, Rows
from app.engine.times import Ordering, below, follow, follow_rows, rows_behind, running, times_of
from app.engine.units import LAST, NULL, SNAPSHOT


def _rows(*times: int, sources: tuple[int, ...] = ()) -> Rows:
    rows = np.zeros(len(times), MARKET)
    rows["ts_event"] = times
    rows["flags"] = LAST
    rows["source"] = sources or 0
    return rows


def test_that_a_snapshot_row_is_applied_at_its_packets_time() -> None:
    rows = _rows(5, 7, 9)
    rows["ts_recv"] = 8
    rows["flags"][1] |= SNAPSHOT
    assert times_of(rows) == (5, 9)
    assert running(rows, NULL).tolist() == [5, 8, 9]
    assert [rows_behind(rows, t) for t in (5, 6, 8, 9, 10)] == [0, 1, 1, 2, 3]


def test_that_a_block_says_its_earliest_and_latest_time_in_any_order() -> None:
    assert times_of(_rows(7, 3, 9, 4)) == (3, 9)
    assert times_of(_rows()) == (2**63 - 1, NULL)


def test_that_the_running_time_never_falls_nor_starts_below_what_was_seen() -> None:
    assert running(_rows(7, 3, 9, 4), NULL).tolist() == [7, 7, 9, 9]
    assert running(_rows(7, 3, 9, 4), 8).tolist() == [8, 8, 9, 9]
    assert running(_rows(), 8).tolist() == []


@pytest.mark.parametrize("one", [0, 1, 2**63 - 1, 2**63, 2**64 - 1])
@pytest.mark.parametrize("other", [0, 1, 2**63 - 1, 2**63, 2**64 - 1])
def test_that_seqs_compare_as_unsigned(one: int, other: int) -> None:
    seq, beside = (int(np.array(value, np.uint64).view(np.int64)) for value in (one, other))
    assert bool(below(seq, beside)) is (one < other)


def _followed(*rows: tuple[int, int, int], ranks: tuple[int, ...] = (0, 1)) -> Ordering:
    """After rows of (time, seq, source)."""
    times, seqs, sources = np.array(rows, np.int64).reshape(-1, 3).T.copy()
    tables = [np.zeros(len(ranks), np.int64) for _ in range(4)]
    last = np.array([0, -1, 0, 0], np.int64)
    ordering = Ordering(*[times, seqs, sources, np.array(ranks, np.int64), *tables, last])
    follow(ordering)
    return ordering


@pytest.mark.parametrize(
    ("rows", "misplaced"),
    [
        ([], False),
        ([(5, 1, 0), (5, 1, 0), (6, 0, 0)], False),
        ([(5, 1, 0), (4, 2, 0)], True),
        ([(5, 1, 0), (5, 0, 1)], False),
        ([(5, 1, 1), (5, 2, 0)], True),
        ([(5, 2, 0), (5, 1, 0)], True),
        ([(5, 1, 0), (0, 2, 0), (-4, 3, 0), (4, 2, -1), (5, 1, 0)], False),
    ],
)
def test_that_a_row_before_its_place_is_seen(rows: list[tuple[int, int, int]], misplaced: bool) -> None:
    assert bool(_followed(*rows).last[3]) is misplaced


def test_that_names_decide_ties_not_numbers() -> None:
    assert _followed((5, 1, 0), (5, 1, 1), ranks=(1, 0)).last[3] == 1
    assert _followed((5, 1, 1), (5, 1, 0), ranks=(1, 0)).last[3] == 0


def test_that_what_runs_back_is_counted_by_source() -> None:
    seen = _followed((5, 5, 0), (9, 1, 1), (4, 4, 0), (6, 6, 0), (8, 2, 1), (5, 5, 0))
    assert seen.late.tolist() == [2, 1]
    assert seen.seq_back.tolist() == [2, 0]
    assert seen.newest.tolist() == [6, 9]
    assert seen.last_seq.tolist() == [5, 2]
    assert seen.last.tolist() == [5, 0, 5, 1]


@pytest.mark.parametrize("received", [0, 3, 9])
def test_that_market_rows_are_followed_like_their_columns(received: int) -> None:
    rows = _rows(5, 9, 0, 4, 8, sources=(0, 1, 0, 0, 1))
    rows["seq"] = [5, 2**63, 7, 4, 2**63 - 1]
    rows["ts_recv"], rows["flags"][3] = received, LAST | SNAPSHOT
    by_columns = _followed((5, 5, 0), (9, -(2**63), 1), (received or 4, 4, 0), (8, 2**63 - 1, 1))
    by_rows = _followed()
    follow_rows(readable(rows), by_rows)
    for name in ("newest", "last_seq", "late", "seq_back", "last"):
        assert getattr(by_rows, name).tolist() == getattr(by_columns, name).tolist(), name
