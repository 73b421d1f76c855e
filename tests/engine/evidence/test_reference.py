"""The reference price without us: queues ex own, markets that have none, the index taken out, mirror images."""

import math

import numpy as np
import pytest

from app.engine.enrich.rows import HISTORY
from app.engine.evidence import reference as st
from app.engine.evidence.rows import FROZEN, HALTED, RING, STEP_NS
from app.engine.units import NULL
from app.feeds.generator.hand import T0, Sheet
from tests.engine.evidence.made import KERNEL, MS, S, market_sheet
from tests.engine.evidence.test_stream import heard, steps_of, told


def test_that_own_quantity_is_not_in_the_reference() -> None:
    sheet = Sheet()
    sheet.quote(0, "100.00", "100.01", (300, 100))
    sheet.quote(S, "100.00", "100.01", (400, 100))
    plain, mine = told(sheet), told(sheet)
    mine.show(1, 100_000_000_000, 100)
    for symbol in (plain, mine):
        symbol.start()
        symbol.advance(T0 + 2 * S)
    assert plain.stream["ref"][0] > mine.stream["ref"][0]
    mine.show(1, 100_000_000_000, 300)
    mine.advance(T0 + 3 * S)  # a level that is ours alone
    assert mine.ring["flags"][(T0 + 3 * S) // STEP_NS % RING - 1] & FROZEN
    mine.show(1, 100_000_000_000, -400)
    assert mine.shown == {}
    mine.advance(T0 + 4 * S)
    assert mine.stream["ref"][0] == plain.stream["ref"][0]


def test_that_the_next_level_takes_the_place_of_one_that_is_ours_alone() -> None:
    symbol = told(market_sheet(1, 2))
    k = symbol.inputs()
    row = np.zeros(1, HISTORY)[0]
    row["bid"], row["bid_size"], row["bid2"], row["bid2_size"] = 90, 5, 80, 7
    row["ask"], row["ask_size"], row["ask2"], row["ask2_size"] = 91, 5, NULL, 0
    assert st.queue(k, row, 1) == (90, 5)
    k = k._replace(shown=np.array([[1, 90, 5], [-1, 91, 6]], np.int64))
    assert st.queue(k, row, 1) == (80, 7)
    assert st.queue(k, row, -1) == (NULL, 0)
    k = k._replace(shown=np.array([[1, 90, 5], [1, 80, 9]], np.int64))
    assert st.queue(k, row, 1) == (NULL, 0)


def test_that_a_halt_is_told_from_an_empty_side() -> None:
    sheet = market_sheet(8, 3)
    sheet.quote(3 * S + 100 * MS, None, None)
    sheet.status(3 * S + 200 * MS, "halt")
    symbol = heard(sheet, 3 * S + 400 * MS)
    flags = [int(step["flags"]) for step in steps_of(symbol)]
    assert flags[-1] == FROZEN | HALTED
    assert FROZEN in flags


def test_that_the_index_is_taken_out() -> None:
    sheet = market_sheet(10, 6, index="IDX", beta=1.0)
    sheet.quote(500 * MS, "50.00", "50.01", venue="XIDX")
    sheet.market[-1]["instrument"] = "IDX"
    sheet.quote(3 * S, "50.50", "50.51", venue="XIDX")
    sheet.market[-1]["instrument"] = "IDX"
    with_index, without = told(sheet, beta=1.0, market=1), told(sheet)
    assert with_index.history.ring(1)["ts"].tolist() == [T0 + 500 * MS, T0 + 3 * S]
    for symbol in (with_index, without):
        symbol.kernels.g[:] = 0.0  # how much trades explain is learnt from the residual, another one with the index
        symbol.start()
        symbol.advance(T0 + 5 * S)
    moved = 1e4 * 0.5 / 50.005
    assert without.stream["r"][0] - with_index.stream["r"][0] == pytest.approx(moved, rel=1e-9)


def test_that_a_mirrored_market_has_minus_the_reference_to_the_last_bit() -> None:
    draw = np.random.default_rng(6)
    anchor = 100_003_000_000
    for _ in range(200):
        bid, width = int(draw.integers(99_000, 101_000)) * 10**6, int(draw.integers(1, 9)) * 10**6
        b, a = (int(size) for size in draw.integers(1, 10**6, 2))
        ask = bid + width
        here = st.weighted(bid, b, ask, a, anchor)
        assert st.weighted(2 * anchor - ask, a, 2 * anchor - bid, b, anchor) == -here
        plain = (ask * b + bid * a) / (a + b)
        assert here == pytest.approx((plain - anchor) / anchor * 1e4, abs=1e-6)


def test_that_before_an_index_price_nothing_is_taken_out() -> None:
    sheet = market_sheet(10, 3, index="IDX", beta=1.0)
    sheet.quote(2 * S, "50.00", "50.01", venue="XIDX")
    sheet.market[-1]["instrument"] = "IDX"
    symbol = told(sheet, beta=1.0, market=1)
    symbol.start()
    assert st.factor(symbol.inputs(), st.index_at(symbol.inputs(), T0 + S)) == 0.0
    assert symbol.stream["index_anchor"][0] == NULL
    assert st.factor(symbol.inputs(), st.index_at(symbol.inputs(), T0 + 3 * S)) == 0.0
    assert symbol.stream["index_anchor"][0] == 100_010_000_000
    assert st.others(symbol.inputs(), -1) == (FROZEN, NULL, 0, NULL, 0)


def test_that_the_tape_explains_by_its_kernel() -> None:
    symbol = told(market_sheet(10, 3))
    symbol.start()
    symbol.stream["s"] = [1.0, -2.0, 3.0, 4.0]
    wanted = math.fsum(g * s for g, s in zip(KERNEL.g, (1.0, -2.0, 3.0, 4.0), strict=True))
    assert st.explained(symbol.inputs()) == pytest.approx(wanted, rel=1e-14)
    symbol.stream["told"], symbol.stream["raw"], symbol.stream["gain"] = 0.5, wanted - 2.0, 0.25
    assert st.explained(symbol.inputs()) == pytest.approx(1.0, rel=1e-12)
