"""Quiet stretches: to the last bit what one step after the other gives, with an index, freezes, jumps and restarts."""

from typing import Any

import numpy as np
import pytest

from app.engine.evidence.calm import Places, quiet_steps
from app.engine.evidence.reference import others
from app.engine.evidence.rows import RESET, RING, STEP_NS
from app.engine.evidence.steps import CHECK_NS
from app.engine.evidence.symbol import Symbol
from app.engine.units import NULL
from app.feeds.generator.hand import T0, Sheet
from tests.engine.evidence.made import MS, S, market_sheet
from tests.engine.evidence.test_stream import heard, told


def sparse(seed: int, index: bool = False) -> Sheet:
    """A market that moves every second or so, is one-sided now and then, and jumps once."""
    sheet, draw, bid, t = Sheet(), np.random.default_rng(seed), 10_000, 0
    sheet.reference(currency="USD", quote_currency="USD", adv=1e6, daily_sigma=0.02, tick_size=10_000_000)
    while t < 20 * S:
        t += int(draw.exponential(700)) * MS + 1_000
        bid += int(draw.choice([-1, 0, 1])) + (40 if 9 * S < t < 9.9 * S else 0)
        far = None if draw.random() < 0.15 else f"{(bid + int(draw.integers(1, 4))) / 100:.2f}"
        sheet.quote(t, f"{bid / 100:.2f}", far, (int(draw.integers(1, 9)) * 100, 300))
        if draw.random() < 0.5:
            sheet.trade(t + 3 * MS, f"{bid / 100:.2f}", 100, side="A" if draw.random() < 0.5 else "B")
        if index:
            sheet.quote(
                t + int(draw.integers(1, 400)) * MS, f"{4000 + t // S}.00", f"{4001 + t // S}.00", instrument="SPX"
            )
    return sheet


def step_by_step(sheet: Sheet, until: int, **changes: Any) -> Symbol:
    """Heard in spans that end with every step, so that no stretch is longer than one."""
    first = (T0 // STEP_NS + 1) * STEP_NS - T0
    return heard(sheet, until, tuple(range(first, until, STEP_NS)), **changes)


def same(mine: Symbol, theirs: Symbol) -> None:
    for name, array in theirs.save().items():
        assert mine.save()[name].tobytes() == array.tobytes(), name


@pytest.mark.parametrize("seed", range(4))
def test_that_stretches_give_what_single_steps_give(seed: int) -> None:
    sheet = sparse(seed)
    whole = heard(sheet, 19 * S)
    same(whole, step_by_step(sheet, 19 * S))
    assert (whole.ring["flags"] != 0).any()


def test_that_an_index_ends_a_stretch_where_it_moves() -> None:
    sheet = sparse(7, index=True)
    universe = sheet.universe()
    sheet.market_rows(universe)
    changes: dict[str, Any] = {"beta": 1.5, "market": universe.instruments.index("SPX")}
    whole = heard(sheet, 19 * S, **changes)
    same(whole, step_by_step(sheet, 19 * S, **changes))
    assert int(whole.stream["index_anchor"][0]) != NULL
    assert whole.stream["m"][0] != heard(sheet, 19 * S).stream["m"][0]


def test_that_the_filter_starts_again_inside_a_stretch_as_in_a_step() -> None:
    sheet = Sheet()
    sheet.reference(currency="USD", quote_currency="USD", adv=1e6, daily_sigma=0.02, tick_size=10_000_000)
    sheet.quote(0, "100.00", "100.01")
    for n in range(200):
        sheet.trade(2 * S + n * MS // 10, "100.01", 5_000, side="B")
    sheet.quote(18 * S, "100.00", "100.01")
    whole = heard(sheet, 16 * S)
    same(whole, step_by_step(sheet, 16 * S))
    jumps = heard(sheet, 4 * S)
    assert (jumps.ring["flags"] & RESET).any()


def test_that_a_lean_stream_stands_where_a_full_one_stands() -> None:
    sheet = sparse(3)
    full, lean = heard(sheet, 19 * S), told(sheet)
    lean.states.lean = True
    lean.start()
    lean.advance(T0 + 19 * S)
    for name in full.stream.dtype.names:
        if name != "watched":
            assert lean.stream[name].tobytes() == full.stream[name].tobytes(), name
    assert not lean.ring["q"].any()
    assert full.ring["q"].any()


def test_that_a_stretch_ends_with_the_next_row_trade_state_to_keep_or_end() -> None:
    sheet = market_sheet(3, 4)
    symbol = heard(sheet, 3 * S)
    k, end = symbol.inputs(), int(symbol.stream["end"][0])
    h = k.histories
    at = int(np.searchsorted(symbol.history.ring(0)["ts"], end)) - 1
    last = int(h.offset[0] + h.length[0])
    prints = int(k.print_offset[0] + k.print_count[0])
    assert others(k, at)[0] == 0
    assert quiet_steps(k, Places(at, last, prints, -1), end - 1) == 0
    assert quiet_steps(k, Places(at, last, prints, -1), end + 10 * STEP_NS) == 11
    assert quiet_steps(k, Places(at, last, prints, -1), end + 3600 * S) == (-end % CHECK_NS) // STEP_NS + 1
    ahead = int(h.pool[at + 1]["ts"])
    assert quiet_steps(k, Places(at, at + 1, prints, -1), end + 9 * S) == max(0, (ahead - end) // STEP_NS + 1)
    quiet_until = int(k.prints[prints - 1]["ts"])
    wanted = (quiet_until - end) // STEP_NS + 1 if quiet_until >= end else 0
    most = (-end % CHECK_NS) // STEP_NS + 1
    assert quiet_steps(k, Places(at, last, prints - 1, -1), end + 7 * S) == min(wanted, most)
    assert len(symbol.ring) == RING
