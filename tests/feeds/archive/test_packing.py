"""Market rows as small columns and back."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine import units
from app.engine.errors import DecodeError
from app.engine.events import MARKET
from app.engine.universe import Universe
from app.feeds.archive.differences import differences, sums, unzigzag, zigzag
from app.feeds.archive.packing import checksum, pack
from app.feeds.archive.unpacking import arrivals, unpack
from app.feeds.decode.rows import applied_time, blank
from tests.feeds.archive.made import EXTREMES, market, same, universe_of

WHOLE = st.one_of(st.sampled_from((*EXTREMES, 2**63 - 1)), st.integers(-(2**63) + 1, 2**63 - 1))
PRICE = st.one_of(st.just(units.NULL), st.integers(-units.PRICE_LIMIT, units.PRICE_LIMIT), st.sampled_from(EXTREMES))
SIZE = st.one_of(st.just(units.NULL), st.integers(0, units.SIZE_LIMIT))
ID = st.one_of(st.integers(0, 3), st.integers(0, 2**64 - 1))
ROW = st.tuples(
    WHOLE, WHOLE, ID, st.just(0), ID, PRICE, SIZE, PRICE, SIZE,
    st.integers(-1, 2), st.integers(-1, 1), st.integers(-1, 1),
    st.sampled_from(sorted(units.ACTIONS)), st.integers(-1, 1), st.integers(0, 255), st.integers(0, 6),
    st.integers(0, 4), st.just((0, 0, 0)),
)  # fmt: skip


@given(st.lists(ROW, min_size=1, max_size=40))
def test_that_any_rows_come_back_as_they_were(given_rows: list[tuple[object, ...]]) -> None:
    rows, universe = np.array(given_rows, MARKET), universe_of()
    packed = unpack(pack(rows, universe), universe)
    assert same(packed.rows, rows)
    assert packed.check == checksum(rows, universe)


@given(st.integers(0, 2**32), st.integers(1, 400))
def test_that_rows_of_a_day_come_back_under_other_numbers(seed: int, count: int) -> None:
    rows, universe, other = market(count, seed), universe_of(), Universe()
    other.instruments.index("first of another run")
    packed = unpack(pack(rows, universe), other)
    assert packed.check == checksum(packed.rows, other) == checksum(rows, universe)
    names = [universe.instruments[code] for code in rows["instrument"].tolist()]
    assert [other.instruments[code] for code in packed.rows["instrument"].tolist()] == names


@given(st.lists(st.tuples(WHOLE, st.integers(-3, 70_000)), max_size=50))
def test_that_sums_undo_differences_in_every_group(pairs: list[tuple[int, int]]) -> None:
    values = np.array([value for value, _ in pairs], np.int64)
    groups = np.array([group for _, group in pairs], np.int64)
    assert np.array_equal(sums(unzigzag(zigzag(differences(values, groups))), groups), values)


def test_that_the_columns_are_what_their_description_says() -> None:
    rows, universe = blank(3), universe_of()
    rows["action"], rows["side"] = list(b"AAC"), [1, 1, 1]
    rows["ts_event"], rows["seq"] = [100, 105, 103], [10, 11, 12]
    rows["order_id"], rows["price"], rows["size"] = [50, 53, 50], [700, 500, 700], [9, 4, 6]
    packed = pack(rows, universe).to_pydict()
    assert packed["ts"] == [200, 10, 3]  # 100, +5, -2 zigzagged
    assert packed["seq"] == [20, 2, 2]
    assert packed["back"] == [None, None, 2]
    assert packed["id"] == [100, 6, None]  # 50, then 3 more; the third is the first one's
    assert packed["unit"] == [100, None, None]
    assert packed["price"] == [14, 3, None]  # 7 steps, 2 steps down, the first row's own
    assert packed["size"] == [18, 8, 5]  # the third: 3 less than the first row's 9
    assert packed["side"] == ["B", "B", None]
    assert packed["instrument"] == ["AAA", "AAA", None]
    assert packed["venue"] == ["XV0", None, None]


def test_that_times_and_sources_are_had_without_the_other_columns() -> None:
    rows, universe = market(500), universe_of()
    rows["flags"][:50] |= units.SNAPSHOT
    part = pack(rows, universe).select(["ts", "recv", "flags", "source"])
    times, sources = arrivals(part, universe)
    assert np.array_equal(times, applied_time(rows))
    assert np.array_equal(sources, rows["source"])


def test_that_a_column_an_older_file_does_not_have_is_undefined() -> None:
    rows, universe = market(200), universe_of()
    rows["price2"] = rows["size2"] = units.NULL
    table = pack(rows, universe).drop_columns(["price2", "size2", "status", "condition"])
    rows["status"], rows["condition"] = 0, 0
    assert same(unpack(table, universe).rows, rows)


@pytest.mark.parametrize("name", ["ts", "recv", "seq", "id", "price", "size", "flags"])
def test_that_a_changed_number_is_seen_by_the_checksum(name: str) -> None:
    universe = universe_of()
    table = pack(market(300), universe)
    at = table.schema.get_field_index(name)
    values = table.column(name).to_pylist()
    place = next(place for place, value in enumerate(values) if value is not None)
    values[place] += 2
    packed = unpack(
        table.set_column(at, table.schema.field(at), pa.array(values, table.schema.field(at).type)), universe
    )
    assert packed.check != checksum(packed.rows, universe)


def test_that_a_chunk_without_its_first_rows_is_refused() -> None:
    universe = universe_of()
    table = pack(market(300), universe)
    with pytest.raises(DecodeError, match="`back` points before its first row"):
        unpack(table.slice(100), universe)


def test_that_a_letter_nobody_knows_is_refused_by_name() -> None:
    universe = universe_of()
    table = pack(market(10), universe)
    at = table.schema.get_field_index("action")
    with pytest.raises(DecodeError, match="action 'Z'; allowed: A, C, M"):
        unpack(table.set_column(at, "action", pa.array(["Z"] * 10)), universe)
