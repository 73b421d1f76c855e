"""Windows: which class and cell, how long, what voids and what mutes them."""

import math
from itertools import pairwise

import numpy as np
import pytest

from app.engine.evidence.bucket import words
from app.engine.evidence.rows import BLOCKS, FROZEN, HALTED, LENGTHS, RING, STEP_NS
from app.engine.evidence.symbol import Muted
from app.engine.evidence.windows import OPEN, SCORED, VOID, scratch
from app.feeds.generator.hand import T0, Sheet
from tests.engine.evidence.made import MS, S, model
from tests.engine.evidence.test_symbol import SHEET, at, closed, opened


@pytest.mark.parametrize(
    ("lasts", "length"),
    [(499, -1), (500, 0), (999, 0), (1000, 1), (3999, 2), (4000, 3), (7999, 3), (8000, 4), (9000, 4)],
)
def test_that_a_window_is_scored_at_the_length_it_reached(lasts: int, length: int) -> None:
    symbol = at(4 * S)
    record = closed(symbol, opened(symbol, 4 * S), 4 * S + lasts * MS)
    assert (record["state"], record["length"]) == (SCORED if length >= 0 else VOID, length)
    assert record["closed"] == T0 + 4 * S + lasts * MS
    if length >= 0:
        assert (record["e"] > 0).all()
        assert np.isnan(record["y"]) == (LENGTHS[length] < 20)


def test_that_a_passive_child_soon_after_a_trade_is_its_own_class() -> None:
    trades = [row["ts_event"] - T0 for row in SHEET.market if row["action"] == "T"]
    alone = next(t for t, after in pairwise(trades) if after - t > 1_500 * MS)
    symbol = at(alone + 100 * MS)
    assert words(int(opened(symbol, alone + 100 * MS)["cell"]))[0] == "triggered"
    assert words(int(opened(symbol, alone + 100 * MS, kind=1)["cell"]))[0] == "aggressive"
    symbol.advance(T0 + alone + 1_400 * MS)
    assert words(int(opened(symbol, alone + 1_400 * MS)["cell"]))[0] == "passive"


def test_that_trades_of_the_step_before_the_event_are_not_its_answer() -> None:
    row = next(row for row in SHEET.market if row["action"] == "T" and row["ts_event"] > T0 + 3 * S)
    t, side = row["ts_event"] - T0 + 1, 1 if row["side"] == "B" else -1
    symbol = at(t)
    assert opened(symbol, t, side)["before"] == 1
    assert opened(symbol, t, -side)["before"] == 0
    part = opened(symbol, t, side)["step"]
    assert part == pytest.approx(1 - (row["ts_event"] + 1) % STEP_NS / STEP_NS, rel=1e-5)


def test_that_what_is_expected_to_follow_a_trade_on_our_side_is_noted() -> None:
    row = next(row for row in SHEET.market if row["action"] == "T" and row["ts_event"] > T0 + 3 * S)
    t, side = row["ts_event"] - T0 + 250 * MS, 1 if row["side"] == "B" else -1
    symbol = at(t)
    same = [row["ts_event"] for row in SHEET.market if row["action"] == "T" and row["side"] == "AB"[side > 0]]
    gone = [(T0 + t - ts) / S for ts in same]
    wanted = math.fsum(4.0 * math.exp(-4.0 * seconds) for seconds in gone if seconds > 0)
    assert wanted >= 4.0 * math.exp(-1.0) > opened(symbol, t, -side)["hot"]
    assert opened(symbol, t, side)["hot"] == pytest.approx(wanted, rel=1e-5)
    quiet = Sheet()
    quiet.quote(0, "100.00", "100.01")
    assert opened(at(S, quiet), S)["hot"] == 0.0


def test_that_without_two_sides_or_a_tick_nothing_is_opened() -> None:
    sheet = Sheet()
    sheet.quote(0, "100.00", None)
    record = opened(at(S, sheet), S)
    assert (record["state"], record["closed"]) == (VOID, T0 + S)
    assert opened(at(4 * S, tick=0), 4 * S)["state"] == VOID
    assert opened(at(4 * S), 4 * S)["state"] == OPEN


def test_that_a_halt_voids_and_a_second_without_two_sides_cuts() -> None:
    symbol = at(12 * S)
    record = opened(symbol, 2 * S)
    first = (T0 + 2 * S) // STEP_NS
    symbol.ring["flags"] = 0
    assert symbol.usable(first, 100) == 100
    symbol.ring["flags"][[(first + d) % RING for d in range(30, 60)]] = FROZEN
    assert symbol.usable(first, 100) == 50
    assert symbol.usable(first, 45) == 45
    symbol.ring["flags"][(first + 10) % RING] = HALTED | FROZEN
    assert symbol.usable(first, 100) == 0
    assert closed(symbol, record, 12 * S)["state"] == VOID


def test_that_without_any_placebos_a_window_is_void() -> None:
    symbol = at(4 * S)
    tables = model().tables
    symbol.model = model(sizes=0 * tables.sizes, pool_sizes=0 * tables.pool_sizes)
    assert closed(symbol, opened(symbol, 4 * S), 13 * S)["state"] == VOID


def test_that_muted_channels_are_passed_on() -> None:
    symbol = at(4 * S)
    record = closed(symbol, opened(symbol, 4 * S), 13 * S, Muted(flow=True))
    assert record["e"][:4].tolist() == [1.0] * 4
    assert record["e"][4] != 1.0


def test_that_scratch_has_room_for_the_longest_window() -> None:
    fresh = scratch()
    assert fresh.blocks.shape == (BLOCKS,)
    assert [array.size for array in fresh[1:]] == [8, 24, 24, 2, 5]


def test_that_the_first_two_minutes_are_young() -> None:
    assert opened(at(4 * S), 4 * S)["early"] == 1
    symbol = at(4 * S)
    symbol.stream["began"] = T0 - 200 * S
    assert opened(symbol, 4 * S)["early"] == 0
