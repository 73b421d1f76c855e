"""instruments.parquet and fx.parquet: what is known of an instrument, and rows that are wrong."""

from typing import Any

import pyarrow as pa
import pytest

from app.engine.errors import DecodeError
from app.engine.events import Instrument
from app.engine.universe import Universe
from app.feeds.decode import reference
from tests.feeds.made import T0

WHOLE = Instrument(
    instrument="TECH", currency="GBP", quote_currency="GBX", minor_unit="GBX", contract="inverse", size_exponent=-3,
    multiplier=50 * 10**9, tick_size=10**7, lot=100, adv=1.5e6, shares_outstanding=2e9, daily_sigma=0.02, beta=1.2,
    index="UKX", sector="tech", calendar="XLON", timezone="Europe/London", open_ns=8, close_ns=16,
    touch_policy="primary",
)  # fmt: skip


def read(*rows: dict[str, Any]) -> tuple[Universe, frozenset[str], list[str]]:
    universe = Universe()
    names = list(dict.fromkeys(name for row in rows for name in row))
    table = pa.table({name: [row.get(name) for row in rows] for name in names})
    known, aside = reference.read_instruments(table, "instruments.parquet", universe)
    return universe, known, [entry.reason for entry in aside]


def test_that_every_field_is_written_and_read() -> None:
    universe = Universe()
    universe.describe(WHOLE)
    universe.instruments.index("BARE")
    again = Universe()
    known, aside = reference.read_instruments(reference.instruments_table(universe), "instruments.parquet", again)
    assert aside == []
    assert again.of("TECH") == WHOLE
    assert again.of("BARE") == Instrument(instrument="BARE")
    assert known == {"TECH", "BARE", "UKX"}


def test_that_what_is_missing_stays_undefined() -> None:
    universe, _, aside = read({"instrument": "TECH", "currency": "", "adv": None})
    assert aside == []
    assert universe.of("TECH") == Instrument(instrument="TECH")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("instrument", "", "instrument = None is not allowed; allowed: a name"),
        ("contract", "quanto", "contract = 'quanto' is not allowed; allowed: linear, inverse"),
        ("multiplier", 0, "multiplier = 0 is not allowed; allowed: a number greater than 0"),
        ("tick_size", -1, "tick_size = -1"),
        ("tick_size", 0.5, "tick_size = 0.5 is not allowed; allowed: a whole number"),
        ("lot", 0, "lot = 0"),
        ("adv", 0.0, "adv = 0.0"),
        ("adv", float("nan"), "adv = nan is not allowed; allowed: a finite number"),
        ("shares_outstanding", float("inf"), "shares_outstanding = inf"),
        ("daily_sigma", -0.1, "daily_sigma = -0.1 is not allowed; allowed: a fraction per day, 0 or more"),
        ("size_exponent", 40, "size_exponent = 40 is not allowed; allowed: -18 to 18"),
    ],
)
def test_that_a_wrong_row_is_set_aside_and_its_name_stays_known(field: str, value: object, words: str) -> None:
    good = {"instrument": "BANK"}
    universe, known, aside = read(good, {"instrument": "TECH", field: value})
    assert len(aside) == 1
    assert aside[0].startswith("instruments.parquet row 1: ")
    assert words in aside[0]
    assert set(universe.reference) == {"BANK"}
    assert known == ({"BANK", "TECH"} if field != "instrument" else {"BANK"})


def test_that_whole_floats_and_integers_change_places() -> None:
    universe, _, aside = read({"instrument": "TECH", "tick_size": 1e7, "adv": 1000})
    assert aside == []
    assert universe.of("TECH").tick_size == 10_000_000
    assert universe.of("TECH").adv == 1000.0


@pytest.mark.parametrize(("field", "value"), [("currency", 5), ("tick_size", "1"), ("adv", "many")])
def test_that_a_wrong_type_is_named(field: str, value: object) -> None:
    with pytest.raises(DecodeError, match=f"type of {field} = "):
        read({"instrument": "TECH", field: value})


def test_that_a_table_without_names_is_refused() -> None:
    with pytest.raises(DecodeError, match="a table with the column instrument"):
        read({"currency": "USD"})


def test_that_text_that_is_not_utf8_is_a_name_like_any_other() -> None:
    universe = Universe()
    table = pa.table({"instrument": pa.array([b"\xff"], pa.binary()).view(pa.string())})
    known, aside = reference.read_instruments(table, "instruments.parquet", universe)
    assert aside == []
    assert known == {"\\xff"}


def fx(**columns: list[Any]) -> tuple[Universe, list[str]]:
    universe = Universe()
    aside = reference.read_fx(pa.table(columns), "fx.parquet", universe)
    return universe, [entry.reason for entry in aside]


def test_that_rates_are_sorted_by_time_within_their_pair() -> None:
    universe, aside = fx(ts_event=[T0 + 5, T0, T0], pair=["EURUSD", "EURUSD", "USDJPY"], rate=[1.1, 1.2, 150.0])
    assert aside == []
    assert universe.fx == {"EURUSD": [(T0, 1.2), (T0 + 5, 1.1)], "USDJPY": [(T0, 150.0)]}


def test_that_rates_may_have_timestamps_of_any_unit() -> None:
    table = pa.table({"ts_event": pa.array([T0 // 1000], pa.timestamp("us")), "pair": ["EURUSD"], "rate": [1]})
    universe = Universe()
    assert reference.read_fx(table, "fx.parquet", universe) == []
    assert universe.fx == {"EURUSD": [(T0, 1.0)]}


def test_that_rates_are_written_and_read() -> None:
    universe, _ = fx(ts_event=[T0 + 5, T0], pair=["EURUSD", "EURUSD"], rate=[1.1, 1.2])
    again = Universe()
    assert reference.read_fx(reference.fx_table(universe), "fx.parquet", again) == []
    assert again.fx == universe.fx
    assert reference.fx_table(Universe()).num_rows == 0


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ((0, "EURUSD", 1.0), "ts_event = 0"),
        ((None, "EURUSD", 1.0), "ts_event = None"),
        ((T0, None, 1.0), "pair = None is not allowed; allowed: two currencies"),
        ((T0, "", 1.0), "pair = None"),
        ((T0, "EURUSD", 0.0), "rate = 0.0 is not allowed; allowed: a finite number greater than 0"),
        ((T0, "EURUSD", float("nan")), "rate = nan"),
        ((T0, "EURUSD", None), "rate = nan"),
    ],
)
def test_that_a_wrong_rate_is_set_aside(row: tuple[Any, Any, Any], words: str) -> None:
    universe, aside = fx(ts_event=[T0, row[0]], pair=["EURUSD", row[1]], rate=[1.5, row[2]])
    assert universe.fx == {"EURUSD": [(T0, 1.5)]}
    assert words in aside[0]
    assert aside[0].startswith("fx.parquet row 1: ")


def test_that_a_wrong_rate_table_is_refused() -> None:
    with pytest.raises(DecodeError, match="a table with the column pair"):
        fx(ts_event=[T0], rate=[1.0])
    with pytest.raises(DecodeError, match="allowed: ts_event int64, pair string, rate double"):
        fx(ts_event=[T0], pair=[1], rate=[1.0])
