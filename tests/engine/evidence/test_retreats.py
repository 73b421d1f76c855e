"""Quotes that retreat: what counts as one, what does not, how often they come."""

import math

import numpy as np
import pytest

from app.engine.evidence.retreats import ALONG, LEAST_RETREATS, MOVED, retreat_rate
from app.engine.evidence.rows import RING, STEP_NS
from app.engine.evidence.symbol import Symbol
from app.feeds.generator.hand import T0, Sheet
from tests.engine.evidence.made import MS, S
from tests.engine.evidence.test_stream import heard, told

SIZES = 1_000, 1_000


def market(sizes: tuple[int, int], bid: str = "100.00", ask: str = "100.01") -> Sheet:
    """A touch that stands for a second, then has other sizes."""
    sheet = Sheet()
    sheet.quote(0, "100.00", "100.01", SIZES)
    sheet.quote(S + 10 * MS, bid, ask, sizes)
    return sheet


def seen(symbol: Symbol) -> list[int]:
    """The steps with a retreat so far, 20 a second, as -1 and 1."""
    ring = symbol.ring["retreats"]
    return [int(ring[(T0 // STEP_NS + n) % RING]) for n in range(60)]


def retreats(symbol: Symbol) -> list[int]:
    """The steps with a retreat, without what is seen at trades."""
    return [step if abs(step) == 1 else 0 for step in seen(symbol)]


@pytest.mark.parametrize(
    ("sizes", "found"),
    [
        ((1_000, 690), 1), ((1_300, 100), 1), ((690, 1_000), -1), ((100, 5_000), -1),
        ((1_000, 710), 0), ((990, 500), 0), ((500, 500), 0), ((3_000, 1_000), 0),
    ],
)  # fmt: skip
def test_that_a_side_retreats_that_loses_much_while_the_other_loses_nothing(sizes: tuple[int, int], found: int) -> None:
    steps = seen(heard(market(sizes), 3 * S))
    assert steps[20] == found
    assert sum(map(abs, steps)) == abs(found)


def test_that_a_touch_that_moves_has_not_retreated() -> None:
    assert not any(seen(heard(market((1_000, 100), ask="100.02"), 3 * S)))
    assert not any(seen(heard(market((1_000, 100), bid="99.99"), 3 * S)))


@pytest.mark.parametrize("side", ["B", None])
def test_that_size_which_was_traded_has_not_retreated_even_if_the_quote_comes_late(side: str | None) -> None:
    for late in (20 * MS, 60 * MS):  # in the step of the trade, and in the next
        sheet = market(SIZES)
        sheet.trade(2 * S + 5 * MS, "100.01", 500, side=side)
        sheet.quote(2 * S + late, "100.00", "100.01", (1_000, 500))
        assert not any(retreats(heard(sheet, 3 * S)))
    sheet.quote(2 * S + 300 * MS, "100.00", "100.01", (1_000, 100))
    assert seen(heard(sheet, 3 * S))[46] == 1


@pytest.mark.parametrize(
    ("sizes", "ask", "found"),
    [
        ((1_300, 500), "100.01", ALONG), ((500, 1_300), "100.01", -ALONG), ((1_300, 500), "100.02", MOVED),
        ((1_100, 500), "100.01", 0), ((1_300, 700), "100.01", 0), ((1_000, 900), "100.01", 0),
    ],
)  # fmt: skip
@pytest.mark.parametrize("side", ["B", "A"])
def test_that_quotes_go_along_with_a_trade_where_one_side_leaves_and_the_other_comes(
    sizes: tuple[int, int], ask: str, found: int, side: str
) -> None:
    sheet = market(SIZES)
    sheet.trade(2 * S + 5 * MS, "100.01" if side == "B" else "100.00", 100, side=side)
    sheet.quote(2 * S + 6 * MS, "100.00", ask, sizes)
    symbol = heard(sheet, 3 * S)
    assert seen(symbol)[40] == found
    counts = 1.0 if found == MOVED else 3.0 if found == (ALONG if side == "B" else -ALONG) else 0.5
    assert symbol.stream["along"][0] == pytest.approx(1.0 + (counts - 1.0) / 200.0, rel=1e-12)


def test_that_what_a_trade_counts_for_is_the_mean_of_both_sides_where_both_traded() -> None:
    sheet = market(SIZES)
    sheet.trade(2 * S + 5 * MS, "100.01", 100, side="B")
    sheet.trade(2 * S + 6 * MS, "100.00", 100, side="A")
    sheet.quote(2 * S + 7 * MS, "100.00", "100.01", (1_300, 500))
    assert heard(sheet, 3 * S).stream["along"][0] == pytest.approx(1.0 + (1.75 - 1.0) / 200.0, rel=1e-12)


def test_that_quotes_at_own_prints_say_nothing() -> None:
    sheet = market(SIZES)
    sheet.trade(2 * S + 5 * MS, "100.01", 400, side="B")
    sheet.quote(2 * S + 6 * MS, "100.00", "100.01", (1_300, 500))
    symbol = told(sheet)
    symbol.own = symbol.history.prints.rows(0)["number"].copy()
    symbol.start()
    symbol.advance(T0 + 3 * S)
    assert seen(symbol)[40] == MOVED
    assert symbol.stream["along"][0] == 1.0


def test_that_own_size_that_leaves_has_not_retreated() -> None:
    sheet = market((1_000, 1_400))  # 400 of it are ours
    sheet.quote(2 * S + 10 * MS, "100.00", "100.01", (1_000, 1_000))
    symbol = told(sheet)
    assert symbol.start()
    symbol.advance(T0 + S + 5 * MS)
    symbol.show(-1, 100_010_000_000, 400)
    symbol.advance(T0 + 2 * S + 10 * MS)
    symbol.hide()
    symbol.advance(T0 + 3 * S)
    assert not any(seen(symbol))


def test_that_a_market_without_two_sides_has_not_retreated() -> None:
    sheet = market(SIZES)
    sheet.quote(2 * S, None, "100.01", (0, 1_000))
    sheet.quote(2 * S + 200 * MS, "100.00", "100.01", (1_000, 100))
    assert not any(seen(heard(sheet, 3 * S)))


def test_that_retreats_are_expected_as_often_as_in_the_last_two_minutes() -> None:
    sheet, draw = Sheet(), np.random.default_rng(4)
    asks = 1_000
    for n in range(600):  # half a second each
        asks = 1_000 if asks < 1_000 else 100 if draw.random() < 0.5 else 1_000
        sheet.quote(n * S // 2 + MS, "100.00", "100.01", (1_000, asks))
    symbol = heard(sheet, 300 * S)
    assert retreat_rate(symbol.inputs()) == pytest.approx(0.5 * 2 / 3, rel=0.25)
    calm = heard(market(SIZES), 200 * S)
    assert retreat_rate(calm.inputs()) == LEAST_RETREATS
    assert retreat_rate(told(market(SIZES)).inputs()) == LEAST_RETREATS  # nothing heard yet


def test_that_a_retreat_is_forgotten_as_trades_are() -> None:
    symbol = heard(market((1_000, 100)), 2 * S)
    before = float(symbol.stream["retreats"][0])
    symbol.advance(T0 + 62 * S)
    assert symbol.stream["retreats"][0] == pytest.approx(before * math.exp(-0.5), rel=1e-6)


def test_that_stopping_on_the_way_changes_nothing() -> None:
    once = heard(market((1_000, 100)), 3 * S)
    often = heard(market((1_000, 100)), 3 * S, tuple(range(100 * MS, 3 * S, 33 * MS)))
    assert often.stream.tobytes() == once.stream.tobytes()
    assert often.ring.tobytes() == once.ring.tobytes()
