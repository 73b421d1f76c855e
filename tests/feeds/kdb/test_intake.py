"""Updates of a table into batches: rows counted, none lost or doubled, what cannot be read set aside with its place."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.engine.errors import DecodeError, FeedError
from app.engine.universe import Universe
from app.feeds.kdb.codec import DAY, Update
from app.feeds.kdb.intake import Intake, Place, place
from app.runtime.live_route import Batch
from app.settings_sources import KdbSource

DATE = "2026-03-02"
NOON = int(np.datetime64(DATE, "ns").astype(np.int64)) + DAY // 2
NAMES = ("time", "sym", "ex", "price", "size")


def intake(known: frozenset[str] = frozenset(), **keys: Any) -> Intake:
    """An intake at the beginning of a day."""
    made = Intake("md", KdbSource(table="trade", **keys), Universe(), known)
    made.begin_day(DATE)
    return made


def update(first: int, count: int, names: tuple[str, ...] = NAMES, **other: NDArray[Any]) -> Update:
    """Trades whose sizes are their numbers."""
    usual = {
        "time": NOON + np.arange(first, first + count), "sym": np.full(count, b"AAPL", object),
        "ex": np.full(count, b"XNAS", object), "price": np.full(count, 2.5), "size": np.arange(first, first + count),
    }  # fmt: skip
    columns = usual | other
    return Update("trade", names, tuple(columns[name] for name in NAMES))


def sizes(batches: list[Batch]) -> list[int]:
    return [int(size) for batch in batches for size in batch.market["size"]]


def cuts(total: int) -> st.SearchStrategy[list[int]]:
    """Numbers of rows of messages that together have so many."""
    return st.lists(st.integers(0, total), max_size=6).map(lambda at: np.diff([0, *sorted(at), total]).tolist())


def cut(lengths: list[int]) -> list[Update]:
    begins = np.cumsum([0, *lengths]).tolist()
    return [update(first, count) for first, count in zip(begins, lengths, strict=False)]


@given(cuts(30), st.integers(0, 30))
def test_that_rows_had_already_are_passed_over_once_however_they_are_cut(lengths: list[int], had: int) -> None:
    again = intake()
    again.at, again.skip = Place(DATE, had), had
    batches = again.batches(cut(lengths))
    assert sizes(batches) == list(range(had, 30))
    assert again.at == Place(DATE, 30)
    assert again.skip == 0


@given(cuts(30), cuts(30))
def test_that_the_place_of_every_batch_is_that_behind_its_rows(one: list[int], other: list[int]) -> None:
    table = intake()
    count = 0
    for lengths in (one, other):
        for batch in table.batches(cut(lengths)):
            count += len(batch.market)
            assert batch.position == f"{DATE}:{count}"
    assert count == 60


@given(cuts(20))
def test_that_alike_updates_become_one_batch_and_empty_ones_none(lengths: list[int]) -> None:
    assert [len(batch.market) for batch in intake().batches(cut(lengths))] == [20]
    assert intake().batches([update(0, 0)]) == []
    assert intake().batches([]) == []


def test_that_updates_of_other_types_are_not_joined_and_keep_their_order() -> None:
    short = update(2, 2)._replace(columns=(*update(2, 2).columns[:4], np.array([2, 3], np.int32)))
    batches = intake().batches([update(0, 2), short, update(4, 2)])
    assert [len(batch.market) for batch in batches] == [2, 2, 2]
    assert sizes(batches) == list(range(6))
    assert [batch.position for batch in batches] == [f"{DATE}:{row}" for row in (2, 4, 6)]


def test_that_columns_without_names_are_those_the_subscription_told() -> None:
    table = intake()
    table.schema = NAMES
    assert sizes(table.batches([update(0, 3, names=())])) == [0, 1, 2]


def test_that_columns_without_names_nobody_told_are_set_aside_and_counted() -> None:
    table = intake()
    (batch,) = table.batches([update(0, 3, names=())])
    (entry,) = batch.quarantine
    assert len(batch.market) == 0
    assert entry.where == "kdb+ table trade rows 0 to 2"
    assert "columns = 5 is not allowed" in entry.reason
    assert table.at.rows == 3


def test_that_columns_of_different_lengths_are_set_aside() -> None:
    lame = update(0, 3)._replace(columns=(*update(0, 3).columns[:4], np.arange(2)))
    (batch,) = intake().batches([lame])
    assert "lengths of columns = [3, 3, 3, 3, 2] is not allowed; allowed: all 3" in batch.quarantine[0].reason


def test_that_one_update_that_cannot_be_read_leaves_those_around_it_whole() -> None:
    lame = update(2, 2)._replace(columns=(*update(2, 2).columns[:4], np.arange(1)))
    table = intake()
    batches = table.batches([update(0, 2), lame, update(4, 2)])
    assert sizes(batches) == [0, 1, 4, 5]
    assert [entry.where for batch in batches for entry in batch.quarantine] == ["kdb+ table trade rows 2 to 3"]
    assert table.at == Place(DATE, 6)
    good = [batch for batch in batches if len(batch.market)]
    assert [batch.market["rec"].tolist() for batch in good] == [[0, 1], [4, 5]]


def test_that_a_row_that_breaks_a_rule_is_named_by_its_place_in_the_day() -> None:
    table = intake()
    table.batches([update(0, 5)])
    (batch,) = table.batches([update(5, 3, price=np.array([1.0, np.nan, 1.0]))])
    assert batch.market["rec"].tolist() == [5, 7]
    (entry,) = batch.quarantine
    assert entry.where == "kdb+ table trade row 6"
    assert "price = None" in entry.reason


def test_that_an_instrument_nobody_knows_is_set_aside_by_name() -> None:
    sym = np.array([b"AAPL", b"NONE"], object)
    (batch,) = intake(frozenset({"AAPL"})).batches([update(0, 2, sym=sym)])
    assert sizes([batch]) == [0]
    assert "instrument = 'NONE'" in batch.quarantine[0].reason


def test_that_earlier_rows_are_passed_over_and_counted() -> None:
    table = intake()
    table.not_before = NOON + 4
    (batch,) = table.batches([update(0, 10)])
    assert sizes([batch]) == [4, 5, 6, 7, 8, 9]
    assert batch.position == f"{DATE}:10"


def test_that_another_day_is_counted_anew() -> None:
    table = intake()
    table.batches([update(0, 4)])
    table.skip = 2
    table.begin_day("2026-03-03")
    (batch,) = table.batches([update(0, 1)])
    assert batch.position == "2026-03-03:1"
    assert sizes([batch]) == [0]


def test_that_a_message_of_unknown_bytes_is_kept_and_the_place_stays() -> None:
    table = intake()
    table.batches([update(0, 4)])
    batch = table.refused_message(b"\x01\x00", 9, "not a kdb+ message")
    (entry,) = batch.quarantine
    assert (entry.where, entry.raw) == ("kdb+ table trade message 9", b"\x01\x00")
    assert "not a kdb+ message" in entry.reason
    assert batch.position == ""
    assert table.at == Place(DATE, 4)


def test_that_a_source_has_the_name_the_settings_give_or_that_of_their_table() -> None:
    for keys, name in (({"source": "XNAS"}, "XNAS"), ({}, "md")):
        universe = Universe()
        table = Intake("md", KdbSource(table="trade", **keys), universe, frozenset())  # type: ignore[arg-type]
        table.begin_day(DATE)
        table.batches([update(0, 1)])
        assert universe.sources.names == [name]


def fills(count: int, **other: NDArray[Any]) -> Update:
    """Own fills."""
    usual: dict[str, NDArray[Any]] = {
        "time": np.full(count, DAY // 2), "kind": np.full(count, b"fill", object),
        "sym": np.full(count, b"AAPL", object), "child_id": np.full(count, b"C1", object),
        "price": np.full(count, 1.25), "qty": np.arange(1, count + 1), "fee": np.full(count, -0.5),
        "propensity": np.full(count, np.nan), "randomised": np.full(count, b"", object),
        "raw": np.full(count, b"8=FIX\x01", object), "text": np.full(count, b"", object),
    }  # fmt: skip
    columns = usual | other
    return Update("trade", tuple(columns), tuple(columns.values()))


def test_that_own_flow_has_exact_prices_full_times_and_nothing_where_nothing_was_said() -> None:
    (batch,) = intake(role="orders").batches([fills(2)])
    assert [row.qty for row in batch.orders] == [1, 2]
    row = batch.orders[0]
    assert (row.ts_event, row.price, row.fee) == (NOON, 1_250_000_000, -500_000_000)
    assert (row.kind, row.instrument, row.child_id, row.raw) == ("fill", "AAPL", "C1", b"8=FIX\x01")
    assert (row.propensity, row.randomised, row.text, row.limit_price) == (None, None, None, None)
    assert [row.seq for row in batch.orders] == [0, 1]
    assert {row.source for row in batch.orders} == {"md"}


@pytest.mark.parametrize(("said", "truth"), [(b"true", True), (b"1", True), (b"false", False), (b"0", False)])
def test_that_a_truth_of_own_flow_is_told_from_one_that_was_not_said(said: bytes, truth: bool) -> None:
    (batch,) = intake(role="orders").batches([fills(2, randomised=np.array([said, b""], object))])
    assert [row.randomised for row in batch.orders] == [truth, None]


def test_that_own_rows_before_the_time_are_passed_over_and_counted() -> None:
    table = intake(role="orders")
    table.not_before = NOON + 1
    (batch,) = table.batches([fills(3, time=np.array([DAY // 2, DAY // 2 + 1, DAY // 2 + 2]))])
    assert [row.qty for row in batch.orders] == [2, 3]
    assert batch.position == f"{DATE}:3"


def test_that_a_fill_without_a_price_is_set_aside_and_the_others_stand() -> None:
    (batch,) = intake(role="orders").batches([fills(3, price=np.array([1.0, np.nan, 2.0]))])
    assert [row.qty for row in batch.orders] == [1, 3]
    assert "price = None is not allowed; allowed: a value where kind is fill" in batch.quarantine[0].reason


def test_that_a_column_that_is_none_of_ours_is_refused_before_anything_is_read() -> None:
    with pytest.raises(DecodeError, match=r"table trade: columns = 'prise' is not allowed; allowed: one of account, "):
        intake(columns={"prise": "px"})


@given(st.dates(), st.integers(0, 10**15), st.booleans())
def test_that_a_place_is_read_back_as_it_was_written(day: Any, rows: int, ended: bool) -> None:
    written = Place(day.isoformat(), rows, ended)
    assert place(str(written), "kdb/md") == written


@pytest.mark.parametrize(
    "text",
    ["", ":", ":5", "5", "2026-03-02", "2026-03-02:", "2026-03-02:-1", "2026-03-02:1.5", "2026-03-02:²", "today:5",
     "2026-02-30:5", "2026-13-01:5", "2026-03-02:5:6", "2026-03-02:" + "9" * 40, " 2026-03-02:5", "2026-03-02:5:ended",
     "2026-03-02:end"],
)  # fmt: skip
def test_that_a_place_no_run_has_written_is_refused_by_lane_and_value(text: str) -> None:
    with pytest.raises(FeedError) as refusal:
        place(text, "kdb/md")
    assert str(refusal.value).startswith(f"tape, lane kdb/md: position = {text!r} is not allowed; allowed: DAY:ROWS")
