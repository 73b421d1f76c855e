"""The symbol file: Parquet or CSV, by day, and what is wrong with one."""

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.engine.errors import FeedError, SettingsError
from app.engine.universe import Names
from app.feeds.decode.symbols import DAY_NS, Span, SymbolFile
from app.feeds.symbology import read_symbols
from tests.feeds.made import DAY0

CSV = "symbol,instrument,start_date,end_date\nESM4,ES,2024-03-15,2024-06-21\nESU4,ES,2024-06-21,\nFB,META,,2022-06-09\n"


def day(text: str) -> int:
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


def test_that_a_csv_names_instruments_by_day(tmp_path: Path) -> None:
    (tmp_path / "symbols.csv").write_text(CSV)
    symbols = read_symbols(tmp_path / "symbols.csv")
    assert symbols.instrument("ESM4", day("2024-03-15")) == "ES"
    assert symbols.instrument("ESM4", day("2024-06-20")) == "ES"
    assert symbols.instrument("ESM4", day("2024-06-21")) == "ESM4", "the end is exclusive"
    assert symbols.instrument("ESU4", day("2099-01-01")) == "ES", "an open end"
    assert symbols.instrument("FB", day("1990-01-01")) == "META", "an open start"
    assert symbols.instrument("AAPL", day("2024-01-01")) == "AAPL", "not listed"


@pytest.mark.parametrize("kind", [pa.date32(), pa.timestamp("us"), pa.string()])
def test_that_parquet_dates_come_as_dates_times_or_text(kind: pa.DataType, tmp_path: Path) -> None:
    days = pa.array([date(2024, 3, 15)], pa.date32()).cast(kind)
    table = pa.table({"symbol": ["X"], "instrument": ["Y"], "start_date": days})
    pq.write_table(table, tmp_path / "symbols.parquet")
    symbols = read_symbols(tmp_path / "symbols.parquet")
    assert [symbols.instrument("X", day(d)) for d in ("2024-03-14", "2024-03-15")] == ["X", "Y"]


def test_that_dates_may_be_absent_altogether(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("symbol,instrument\nA,B\n")
    assert read_symbols(tmp_path / "s.csv").instrument("A", 0) == "B"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("symbol\nA\n", r"columns = \['symbol'\] is not allowed; allowed: a table of symbol, instrument"),
        ("symbol,instrument\nA,\n", "row 0: instrument = '' is not allowed; allowed: a name"),
        ("symbol,instrument\nA,B\n,C\n", "row 1: symbol = ''"),
        (
            "symbol,instrument,start_date\nA,B,yesterday\n",
            "row 0: start_date = 'yesterday' is not allowed; allowed: a day as YYYY-MM-DD",
        ),
        ("symbol,instrument\nA,B\nA,C\n", "'A' means both 'B' and 'C' on the same day"),
        (CSV + "ESM4,NQ,2024-06-20,2024-06-22\n", "'ESM4' means both 'ES' and 'NQ'"),
    ],
)
def test_that_a_wrong_file_is_named_with_row_and_column(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text(text)
    with pytest.raises(SettingsError, match=words):
        read_symbols(tmp_path / "s.csv")


@pytest.mark.parametrize("name", ["s.csv", "s.parquet"])
@pytest.mark.parametrize("data", [None, b"", b"\x00\xff\xfe"])
def test_that_an_unreadable_file_is_named(name: str, data: bytes | None, tmp_path: Path) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises((FeedError, SettingsError), match=name):
        read_symbols(tmp_path / name)


def test_that_codes_follow_symbol_and_day_of_each_row() -> None:
    symbols = SymbolFile()
    symbols.add("X", Span(DAY0, DAY0 + 1, "ONE"))
    symbols.add("X", Span(DAY0 + 1, DAY0 + 2, "TWO"))
    names = Names()
    picked = np.array([0, 0, 0, 1, -1], np.intp)
    times = np.array([DAY0, DAY0 + 1, DAY0 + 2, DAY0, DAY0], np.int64) * DAY_NS
    found = symbols.codes(["X", "Y"], picked, times, names)
    assert [names[code] if code >= 0 else None for code in found.tolist()] == ["ONE", "TWO", "X", "Y", None]


def test_that_only_names_in_use_are_interned() -> None:
    names = Names()
    SymbolFile().codes(["A", "B", "C"], np.array([1], np.intp), np.array([5], np.int64), names)
    assert names.names == ["B"]


def test_that_wild_times_do_not_take_long() -> None:
    symbols = SymbolFile()
    symbols.add("X", Span(0, 1, "ONE"))
    times = np.random.default_rng(0).integers(-(2**62), 2**62, 50_000)
    found = symbols.codes(["X"], np.zeros(50_000, np.intp), times, Names())
    assert len(found) == 50_000
