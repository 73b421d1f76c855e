"""Is a file in the order of application: within a batch, across two, source by source."""

import numpy as np
import pyarrow as pa
import pytest

from app.engine.events import Rows
from app.engine.universe import Names
from app.feeds.decode.disorder import Disorder, Sequence, in_applied_order
from app.feeds.decode.rows import blank


def seen(*batches: list[tuple[int, int, str]]) -> Disorder:
    disorder = Disorder()
    for batch in batches:
        times, seqs, sources = zip(*batch, strict=True)
        disorder.look(
            pa.RecordBatch.from_pydict(
                {
                    "ts_event": pa.array(times, pa.int64()),
                    "seq": pa.array(seqs, pa.uint64()),
                    "source": pa.array(sources, pa.string()),
                }
            )
        )
    return disorder


@pytest.mark.parametrize(
    ("batches", "in_order"),
    [
        ([[(1, 1, "a"), (2, 2, "a")]], True),
        ([[(1, 1, "a")], [(1, 1, "a")]], True),
        ([[(2, 1, "a")], [(1, 1, "a")]], False),
        ([[(1, 1, "b"), (1, 1, "a")]], False),
        ([[(1, 1, "b")], [(1, 1, "a")]], False),
        ([[(1, 2, "a"), (1, 1, "a")]], False),
        ([[(1, 2, "a")], [(1, 1, "a")]], False),
        ([[(1, 9, "a"), (1, 1, "b")]], True),
        ([[(1, 9, "a")], [(2, 1, "a")]], True),
    ],
)
def test_that_disorder_is_seen_within_a_batch_and_across_two(
    batches: list[list[tuple[int, int, str]]], in_order: bool
) -> None:
    assert seen(*batches).sorted is in_order


def test_that_rows_without_a_time_do_not_disturb_the_order() -> None:
    disorder = seen([(5, 1, "a"), (0, 2, "a"), (-9, 3, "a"), (6, 4, "a")], [(0, 0, "a")])
    assert disorder.sorted
    assert disorder.late == {}


def test_that_what_runs_back_is_counted_by_source_across_batches() -> None:
    disorder = seen([(5, 5, "a"), (9, 1, "b"), (4, 4, "a")], [(6, 6, "a"), (8, 2, "b"), (5, 5, "a")])
    assert not disorder.sorted
    assert disorder.late == {"a": 2, "b": 1}
    assert disorder.seq_back == {"a": 2}


def test_that_a_batch_without_seq_or_flags_is_judged_by_time() -> None:
    disorder = Disorder()
    for times in ([1, 2], [3, 3]):
        disorder.look(pa.RecordBatch.from_pydict({"ts_event": pa.array(times), "source": pa.array(["a", "a"])}))
    assert disorder.sorted
    assert disorder.seq_back == {}


def test_that_snapshot_rows_count_at_the_time_of_their_packet() -> None:
    disorder = Disorder()
    columns = {
        "ts_event": pa.array([10, 2, 30]), "ts_recv": pa.array([0, 20, 0]), "flags": pa.array([0, 32, 128], pa.uint8()),
        "source": pa.array(["a"] * 3), "seq": pa.array([1, 2, 3], pa.uint64()),
    }  # fmt: skip
    disorder.look(pa.RecordBatch.from_pydict(columns))
    assert disorder.sorted


def rows_of(*rows: tuple[int, int, int]) -> Rows:
    made = blank(len(rows))
    for place, (time, source, seq) in enumerate(rows):
        made[place]["ts_event"], made[place]["source"], made[place]["seq"] = time, source, seq
        made[place]["rec"] = place
    return made


def test_that_sorting_follows_time_source_name_and_seq_and_keeps_ties() -> None:
    names = Names()
    for name in ("z", "a"):  # numbered against the alphabet
        names.index(name)
    rows = rows_of((2, 0, 1), (1, 0, 9), (1, 1, 9), (1, 1, 3), (1, 1, 3), (1, 0, 2**63))
    assert in_applied_order(rows, names)["rec"].tolist() == [3, 4, 2, 1, 5, 0]
    assert len(in_applied_order(blank(0), Names())) == 0


def test_that_rows_written_keep_their_order_among_equal_times() -> None:
    rows = rows_of((1, 0, 9), (1, 0, 4), (1, 1, 2), (1, 0, 6), (2, 0, 3), (2, 0, 5), (3, 1, 1), (3, 1, 0))
    assert Sequence().kept(rows).tolist() == [9, 9, 2, 9, 3, 5, 1, 1]
    assert rows["seq"].tolist() == [9, 4, 2, 6, 3, 5, 1, 0], "the rows themselves are not touched"


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_that_rows_are_written_in_the_same_order_in_pieces_of_any_size(size: int) -> None:
    rng = np.random.default_rng(8)
    drawn = np.column_stack((np.sort(rng.integers(1, 9, 60)), rng.integers(0, 2, 60), rng.integers(0, 9, 60)))
    rows = rows_of(*[(int(time), int(source), int(seq)) for time, source, seq in drawn])
    whole = Sequence().kept(rows)
    sequence = Sequence()
    pieces = [sequence.kept(rows[at : at + size]) for at in range(0, 60, size)]
    assert np.concatenate(pieces).tolist() == whole.tolist()
    names = Names()
    for name in ("a", "b"):
        names.index(name)
    rows["seq"] = whole
    again = in_applied_order(rows, names)
    for source in (0, 1):
        assert (np.diff(again["rec"][again["source"] == source]) > 0).all()


def test_that_a_snapshot_counts_at_the_time_of_its_packet_when_written() -> None:
    rows = rows_of((5, 0, 9), (3, 0, 4))
    rows["ts_recv"], rows["flags"] = 7, 32
    assert Sequence().kept(rows).tolist() == [9, 9]
