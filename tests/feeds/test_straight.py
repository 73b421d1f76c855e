"""The usual batch straight into rows: the same rows as one by one, and no batch it should not take."""

import numpy as np
import pyarrow as pa
import pytest

from app.engine.events import Rows
from app.engine.universe import Universe
from app.feeds.decode import session
from app.feeds.decode.symbols import DAY_NS, Span, SymbolFile
from tests.feeds.made import DAY0, T0, random_rows, universe


def _batch(rows: Rows, made: Universe) -> pa.RecordBatch:
    return session.market_batch(rows, made, rows["seq"])


def _both(batch: pa.RecordBatch, symbols: SymbolFile | None = None) -> tuple[Rows | None, Rows, Universe, Universe]:
    """Rows straight and one by one, and the names each way has met."""
    universes = Universe(), Universe()
    ways = [session.MarketDecoder("market.parquet", one, frozenset(), symbols) for one in universes]
    straight = ways[0].straight.rows(batch, 7)
    apart, _ = ways[1].one_by_one(batch, 7)
    return straight, apart, *universes


@pytest.mark.parametrize("seed", range(6))
def test_that_rows_are_those_decoded_one_by_one(seed: int) -> None:
    made = universe()
    batch = _batch(random_rows(500, seed, made), made)
    straight, apart, one, other = _both(batch)
    assert straight is not None
    assert straight.tobytes() == apart.tobytes()
    assert [one.instruments.names, one.venues.names, one.sources.names] == [
        other.instruments.names,
        other.venues.names,
        other.sources.names,
    ]


def test_that_a_part_of_a_batch_is_read_from_where_it_begins() -> None:
    made = universe()
    batch = _batch(random_rows(500, 9, made), made)
    for begin in (8, 64, 496):
        straight, apart, *_ = _both(batch.slice(begin))
        assert straight is not None
        assert straight.tobytes() == apart.tobytes()
    assert _both(batch.slice(3))[0] is None  # its bits begin inside a byte


def test_that_an_empty_batch_has_no_rows() -> None:
    made = universe()
    straight, apart, *_ = _both(_batch(random_rows(0, 1, made), made))
    assert straight is not None
    assert len(straight) == len(apart) == 0


@pytest.mark.parametrize("field", ["ts_event", "price", "size"])
def test_that_a_batch_with_a_broken_rule_is_looked_at_row_by_row(field: str) -> None:
    made = universe()
    rows = random_rows(50, 3, made)
    rows["action"][20], rows["flags"][20] = ord("T"), 0
    rows[field][20] = -(2**62) - 1
    batch = _batch(rows, made)
    straight, apart, *_ = _both(batch)
    assert straight is None
    assert apart["rec"].tolist() == [7 + n for n in range(50) if n != 20]


def test_that_a_batch_in_other_types_is_looked_at_row_by_row() -> None:
    made = universe()
    batch = _batch(random_rows(50, 3, made), made)
    plain = batch.set_column(batch.schema.names.index("venue"), "venue", batch.column("venue").cast(pa.string()))
    assert _both(plain)[0] is None
    wide = batch.set_column(batch.schema.names.index("flags"), "flags", batch.column("flags").cast(pa.int64()))
    assert _both(wide)[0] is None
    assert _both(batch.drop_columns(["condition"]))[0] is None


def test_that_symbols_that_go_by_the_day_are_looked_at_row_by_row() -> None:
    made = universe()
    batch = _batch(random_rows(50, 3, made), made)
    name = batch.column("instrument").dictionary.to_pylist()[int(batch.column("instrument").indices[0].as_py())]
    symbols = SymbolFile()
    symbols.add(name, Span(DAY0 - 1, DAY0 + 2, "OTHER"))
    straight, apart, _, other = _both(batch, symbols)
    assert straight is None
    assert DAY0 == T0 // DAY_NS
    assert "OTHER" in other.instruments.names
    assert len(apart) == 50


def test_that_only_names_that_occur_become_instruments() -> None:
    made = universe()
    rows = random_rows(50, 3, made)
    made.instruments.index("NEVER")
    straight, _, one, other = _both(_batch(rows, made))
    assert straight is not None
    assert "NEVER" not in one.instruments.names + other.instruments.names


def test_that_an_instrument_first_met_in_a_later_batch_gets_its_number_there() -> None:
    made = universe()
    rows = random_rows(100, 4, made)
    rows["instrument"][:50] = 0
    universes = Universe(), Universe()
    ways = [session.MarketDecoder("market.parquet", one, frozenset()) for one in universes]
    batch = _batch(rows, made)
    for begin in (0, 48):
        part = batch.slice(begin, 48)
        straight = ways[0].straight.rows(part, begin)
        assert straight is not None
        assert straight.tobytes() == ways[1].one_by_one(part, begin)[0].tobytes()
    assert universes[0].instruments.names == universes[1].instruments.names
    assert np.unique(rows["instrument"]).size > 1
