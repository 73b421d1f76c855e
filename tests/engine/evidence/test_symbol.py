"""One symbol's windows: which class and cell, how long, what voids them, and going back in time."""

from typing import Any

import numpy as np

from app.engine.evidence.rows import CHILD, FROZEN, HALTED, RING, STEP_NS
from app.engine.evidence.symbol import BACK_NS, Muted, Symbol
from app.engine.evidence.windows import SCORED, VOID
from app.engine.units import NULL
from app.feeds.generator.hand import T0, Sheet
from tests.engine.evidence.made import S, market_sheet
from tests.engine.evidence.test_stream import told

SHEET = market_sheet(21, 14)


def at(t: int, sheet: Sheet = SHEET, **changes: Any) -> Symbol:
    symbol = told(sheet, **changes)
    symbol.start()
    symbol.advance(T0 + t)
    return symbol


def opened(symbol: Symbol, t: int, side: int = 1, kind: int = 0) -> Any:
    records = np.zeros(1, CHILD)
    symbol.open(T0 + t, side, kind, records, 0)
    return records[0]


def closed(symbol: Symbol, record: Any, t: int, muted: Muted = Muted()) -> Any:  # noqa: B008 - frozen
    symbol.advance(T0 + t)
    symbol.close(record.base, 0, T0 + t, muted)
    return record


def test_that_a_window_is_opened_scored_and_cut_short_by_a_halt() -> None:
    symbol = at(4 * S)
    record = closed(symbol, opened(symbol, 4 * S), 13 * S)
    assert (record["state"], record["length"]) == (SCORED, 4)
    raw = symbol.states.scratch.raw.copy()
    symbol.score(record.base, 0, 4)
    assert symbol.states.scratch.raw.tolist() == raw.tolist()
    first = (T0 + 4 * S) // STEP_NS
    assert symbol.usable(first, 160) == 160
    symbol.ring["flags"][(first + 7) % RING] = HALTED | FROZEN
    assert symbol.usable(first, 160) == 0
    assert opened(at(4 * S, tick=0), 4 * S)["state"] == VOID


def test_that_only_steps_of_windows_are_kept_where_nobody_else_looks() -> None:
    full, lean = at(6 * S), told(SHEET)
    lean.states.lean = True
    lean.start()
    lean.advance(T0 + 3 * S)
    assert not lean.ring["q"].any()
    record = opened(lean, 3 * S)
    lean.advance(T0 + 6 * S)
    window = [((T0 + 3 * S) // STEP_NS + d) % RING for d in range(60)]
    assert lean.ring[window].tobytes() == full.ring[window].tobytes()
    assert lean.stream["watched"][0] == record["t"] + 8 * S + STEP_NS
    for name in ("m", "p", "q", "lam120", "end"):
        assert lean.stream[name].tobytes() == full.stream[name].tobytes()


def test_that_going_back_ends_where_one_that_never_went_on_stands() -> None:
    sheet = market_sheet(22, 40)
    symbol = at(39 * S, sheet)
    once = at(39 * S, sheet)
    assert symbol.back(T0 + 30 * S)
    assert T0 + 30 * S - BACK_NS - 8 * S < symbol.cursor <= T0 + 30 * S - BACK_NS
    assert (symbol.checks["cursor"] <= symbol.cursor).all()
    symbol.advance(T0 + 39 * S)
    for name, array in once.save().items():
        assert symbol.save()[name].tobytes() == array.tobytes()


def test_that_before_the_first_kept_state_it_starts_again_where_the_rows_are_still_there() -> None:
    symbol = at(14 * S)
    assert symbol.back(T0 + S)
    assert symbol.cursor == symbol.history.ring(0)["ts"][0] // STEP_NS * STEP_NS
    assert (symbol.checks["cursor"] == NULL).all()
    symbol.history.history.dropped[0] = T0
    before = symbol.stream.tobytes()
    assert not symbol.back(T0 + S)
    assert symbol.stream.tobytes() == before


def test_that_there_is_no_beginning_before_the_first_row() -> None:
    symbol = told(SHEET)
    symbol.instrument = 99
    assert not symbol.start()
    symbol.advance(T0)
    assert symbol.cursor == 0


def test_that_a_symbol_comes_back_from_its_arrays() -> None:
    symbol, other = at(9 * S), told(SHEET)
    other.load(symbol.save())
    assert {name: array.tobytes() for name, array in other.save().items()} == {
        name: array.tobytes() for name, array in symbol.save().items()
    }
    other.advance(T0 + 10 * S)
    assert symbol.cursor == T0 + 9 * S


def test_that_what_we_display_is_known_by_price_and_gone_when_hidden() -> None:
    symbol = at(4 * S)
    symbol.show(1, 100, 300)
    symbol.show(-1, 102, 50)
    symbol.show(1, 100, -300)
    assert symbol.displayed.tolist() == [[-1, 102, 50]]
    symbol.hide()
    assert (symbol.shown, len(symbol.displayed)) == ({}, 0)
