"""The archive's market table in SQL says what the packed columns say when they are unpacked."""

from collections.abc import Iterator
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine import units
from app.engine.events import Rows
from app.engine.universe import Universe
from app.feeds.archive.differences import differences, sums, unzigzag, zigzag
from app.feeds.archive.packing import pack
from app.feeds.archive.views import MACROS, market_view
from app.feeds.decode.rows import blank
from tests.feeds.archive.made import EXTREMES, market, universe_of

LETTERS = {1: "B", -1: "A", 0: "N"}


def asked(connection: duckdb.DuckDBPyConnection, chunks: list[pa.Table]) -> list[dict[str, Any]]:
    """Rows of the view over some chunks, in the order of chunk and row."""
    tables = [
        chunk.append_column("date", pa.array(["2026-03-02"] * len(chunk)))
        .append_column("chunk", pa.array([number] * len(chunk), pa.int64()))
        .append_column("row", pa.array(range(len(chunk)), pa.int64()))
        for number, chunk in enumerate(chunks)
    ]
    connection.register("packed", pa.concat_tables(tables).unify_dictionaries())
    answer = connection.execute(f'SELECT * FROM ({market_view("packed")}) ORDER BY chunk, "row"')
    names = [column[0] for column in answer.description]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database of its own with the archive's macros."""
    with duckdb.connect(":memory:") as made:
        for macro in MACROS:
            made.execute(macro)
        yield made


def known(value: Any) -> int | None:
    return None if int(value) == units.NULL else int(value)


def plain(row: Rows, universe: Universe) -> dict[str, Any]:
    """A market row in the names of the session format, one field after the other."""
    quoted = chr(int(row["action"])) == "Q"
    sides = {name: known(row[name]) for name in ("price", "size", "price2", "size2")}
    return {
        "ts_event": int(row["ts_event"]), "ts_recv": int(row["ts_recv"]), "seq": int(row["seq"]),
        "source": universe.sources[int(row["source"])], "venue": universe.venues[int(row["venue"])],
        "instrument": universe.instruments[int(row["instrument"])], "action": chr(int(row["action"])),
        "side": LETTERS[int(row["side"])], "order_id": int(row["order_id"]), "flags": int(row["flags"]),
        "price": None if quoted else sides["price"], "size": None if quoted else sides["size"],
        "bid_price": sides["price"] if quoted else None, "bid_size": sides["size"] if quoted else None,
        "ask_price": sides["price2"] if quoted else None, "ask_size": sides["size2"] if quoted else None,
        "condition": units.CONDITIONS[int(row["condition"])], "status": units.STATUSES[int(row["status"])] or None,
    }  # fmt: skip


def without_place(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name not in ("date", "chunk", "row")} for row in rows]


@settings(max_examples=15)
@given(st.integers(0, 2**32), st.integers(1, 120))
def test_that_the_view_gives_the_rows_that_were_packed(
    connection: duckdb.DuckDBPyConnection, seed: int, count: int
) -> None:
    universe, rows = universe_of(), market(count, seed)
    assert without_place(asked(connection, [pack(rows, universe)])) == [plain(row, universe) for row in rows]


def test_that_every_chunk_stands_for_itself(connection: duckdb.DuckDBPyConnection) -> None:
    universe, rows = universe_of(), market(300)
    chunks = [pack(part, universe) for part in (rows[:1], rows[1:130], rows[130:])]
    found = asked(connection, chunks)
    assert without_place(found) == [plain(row, universe) for row in rows]
    assert [(row["chunk"], row["row"]) for row in found[:3]] == [(0, 0), (1, 0), (1, 1)]


def test_that_undefined_is_null_and_not_zero(connection: duckdb.DuckDBPyConnection) -> None:
    rows, universe = blank(3), universe_of()
    rows["action"], rows["ts_event"] = list(b"QSQ"), [5, 6, 7]
    rows["price"], rows["size"] = [0, units.NULL, units.NULL], [0, units.NULL, units.NULL]
    rows["price2"], rows["size2"] = [units.NULL, units.NULL, 0], [units.NULL, units.NULL, 0]
    first, second, third = asked(connection, [pack(rows, universe)])
    assert (first["bid_price"], first["bid_size"], first["ask_price"], first["ask_size"]) == (0, 0, None, None)
    assert (second["price"], second["size"], second["bid_price"], second["ask_price"]) == (None, None, None, None)
    assert (third["bid_price"], third["bid_size"], third["ask_price"], third["ask_size"]) == (None, None, 0, 0)


def test_that_numbers_at_the_ends_of_64_bits_are_whole(connection: duckdb.DuckDBPyConnection) -> None:
    rows, universe = blank(4), universe_of()
    rows["action"], rows["side"], rows["ts_event"] = list(b"AAAA"), 1, [1, 2**62, 3, 2**63 - 1]
    rows["order_id"] = np.array([2**64 - 1, 1, 2**63, 2**63 - 1], np.uint64)
    rows["seq"] = np.array([2**64 - 1, 0, 2**64 - 1, 1], np.uint64)
    rows["price"] = [units.PRICE_LIMIT, -units.PRICE_LIMIT, 0, units.PRICE_LIMIT]
    rows["size"] = [units.SIZE_LIMIT, 1, units.SIZE_LIMIT, 0]
    assert without_place(asked(connection, [pack(rows, universe)])) == [plain(row, universe) for row in rows]


NUMBER = st.one_of(st.sampled_from((*EXTREMES, 2**63 - 1, -(2**63))), st.integers(-(2**63), 2**63 - 1))


def wrapped(value: int) -> int:
    """A whole number as int64 arithmetic leaves it."""
    return (value + 2**63) % 2**64 - 2**63


@given(NUMBER)
def test_that_zigzag_counts_away_from_nothing_in_python_and_in_sql(
    connection: duckdb.DuckDBPyConnection, value: int
) -> None:
    turned = int(zigzag(np.array([value]))[0])
    assert turned % 2**64 == (2 * value if value >= 0 else -2 * value - 1)
    assert unzigzag(np.array([turned])).tolist() == [value]
    assert connection.execute("SELECT unzigzag(CAST(? AS BIGINT))", [turned]).fetchall() == [(value,)]


@given(st.lists(st.tuples(NUMBER, st.integers(0, 2)), max_size=12))
def test_that_differences_are_those_of_a_loop_over_each_group(pairs: list[tuple[int, int]]) -> None:
    last: dict[int, int] = {}
    wanted = []
    for value, group in pairs:
        wanted.append(wrapped(value - last.get(group, 0)))
        last[group] = value
    values = np.array([value for value, _ in pairs], np.int64)
    groups = np.array([group for _, group in pairs], np.int64)
    steps = differences(values, groups)
    assert steps.tolist() == wanted
    assert sums(steps, groups).tolist() == values.tolist()


def test_that_groups_far_apart_are_kept_apart() -> None:
    values, groups = np.array([10, 20, 13, 26]), np.array([0, 2**40, 0, 2**40])
    assert differences(values, groups).tolist() == [10, 20, 3, 6]
    assert sums(np.array([10, 20, 3, 6]), groups).tolist() == values.tolist()
