"""The board under load: none of a million rows is torn; readers stopped or killed harm nobody."""

import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from app.board import BoardReader, blank
from tests.bench.board_load import BEATS, ROWS, UPDATES, ended, filled, running, torn

pytestmark = pytest.mark.prove

READS = 1_000_000  # rows
MOST_MS = 10.0


def looks(reader: BoardReader, count: int) -> tuple[int, list[float]]:
    """Read all rows often, and what changed between: torn rows, processor time of each full read in ms."""
    bad, times = 0, list[float]()
    reader.rows("parents")  # its files are mapped once
    for _ in range(count):
        before = time.thread_time()
        rows = reader.rows("parents")
        times.append(1e3 * (time.thread_time() - before))
        bad += torn(rows)
    return bad, times


def test_that_a_torn_row_would_be_seen() -> None:
    rows = filled(blank("parents", 3), np.arange(3))
    assert torn(rows) == 0
    rows["is_ccy"][1] += 1
    assert torn(rows) == 1


def test_that_ten_thousand_orders_are_read_whole_within_ten_milliseconds_while_they_change(tmp_path: Path) -> None:
    with running("write", tmp_path, ROWS, UPDATES) as writer:
        reader = BoardReader(tmp_path)
        bad, times = looks(reader, 3 * READS // ROWS)
        written, beats, seconds = ended(writer)
    assert bad == 0
    assert np.percentile(times, 99) <= MOST_MS
    assert beats >= 0.9 * BEATS * seconds
    assert written >= 0.9 * UPDATES * seconds


def test_that_no_row_of_a_million_is_torn_by_a_writer_that_never_rests(tmp_path: Path) -> None:
    with running("write", tmp_path, 1024, 0) as writer:
        reader, bad, read, seen = BoardReader(tmp_path), 0, 0, set()
        while read < READS:
            rows = reader.rows("parents")
            bad, read = bad + torn(rows), read + len(rows)
            seen.add(int(rows["order_qty"].max()))
        written, _, _ = ended(writer)
    assert bad == 0
    assert written > 10_000
    assert len(seen) > 100, "it was written while it was read"


def test_that_readers_stopped_or_killed_harm_neither_the_writer_nor_another_reader(tmp_path: Path) -> None:
    with (
        running("write", tmp_path, ROWS, UPDATES) as writer,
        running("read", tmp_path) as stopped,
        running("read", tmp_path) as killed,
    ):
        reader = BoardReader(tmp_path)
        for _ in range(10):  # in the middle of a read, wherever that is
            os.kill(stopped.pid, signal.SIGSTOP)
            assert looks(reader, 5)[0] == 0
            os.kill(stopped.pid, signal.SIGCONT)
        os.kill(stopped.pid, signal.SIGSTOP)
        killed.kill()
        killed.wait()
        before, began = reader.heartbeat.beats, time.monotonic()
        bad, times = looks(reader, READS // ROWS)
        beats, took = reader.heartbeat.beats - before, time.monotonic() - began
        assert bad == 0
        assert np.percentile(times, 99) <= MOST_MS
        assert beats >= 0.8 * BEATS * took - 1, "the writer keeps its pace"
        assert reader.writer_alive()
        os.kill(stopped.pid, signal.SIGCONT)
        written, _, seconds = ended(writer)
        assert written >= 0.8 * UPDATES * seconds
