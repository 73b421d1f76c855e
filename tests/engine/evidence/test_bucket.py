"""Buckets of the state before an event: every cell once, mirror images together, words for tables."""

import itertools
from typing import Any

import pytest

from app.engine.evidence.bucket import Before, cell, place, pool, words
from app.engine.evidence.rows import BUCKETS, CELLS, POOLS, VOLATILITIES
from tests.engine.evidence.made import model

TABLES = model().tables


def before(**changes: Any) -> Before:
    fields: dict[str, Any] = {
        "kind": 0, "side": 1, "wide": False, "imbalance": 0.0, "flow10": 0.0, "rate": 0.7, "q": 1.0, "tick": 2.0,
    }  # fmt: skip
    return Before(**(fields | changes))


def test_that_every_state_has_a_cell_of_its_own() -> None:
    rates, states = (0.3, 0.7, 1.0), []
    imbalances, flows, q = (-0.5, 0.0, 0.5), (-1.5, -0.5, 0.0, 0.5, 1.5), (0.5, 1.5, 3.0, 5.0)
    for kind, volatility, wide, imbalance, flow, rate in itertools.product(
        range(3), q, (False, True), imbalances, flows, rates
    ):
        scaled = flow * (5 * rate) ** 0.5
        states.append(before(kind=kind, q=volatility, wide=wide, imbalance=imbalance, flow10=scaled, rate=rate))
    assert [cell(state, TABLES) for state in states] == list(range(CELLS))
    assert sorted({pool(at) for at in range(CELLS)}) == list(range(POOLS))
    assert {words(at) for at in range(CELLS)} == {words(at) for at in range(CELLS)}
    assert len({words(at) for at in range(CELLS)}) == CELLS == POOLS * BUCKETS


def test_that_a_sale_in_the_mirrored_market_falls_into_the_same_cell() -> None:
    for imbalance, flow in ((0.2, 0.3), (0.21, -1.7), (-0.2, -0.6)):
        bought = before(imbalance=imbalance, flow10=flow)
        sold = before(imbalance=-imbalance, flow10=-flow, side=-1)
        assert cell(bought, TABLES) == cell(sold, TABLES)


@pytest.mark.parametrize(("value", "found"), [(-1.0, 0), (-0.2, 0), (0.0, 1), (0.2, 1), (0.3, 2)])
def test_that_a_value_on_an_edge_is_below_it(value: float, found: int) -> None:
    assert place(value, TABLES.edges_imbalance) == found


def test_that_a_market_without_trades_has_a_bucket_too() -> None:
    assert cell(before(rate=0.0, flow10=0.0), TABLES) < VOLATILITIES * BUCKETS


def test_that_a_cell_is_told_in_words() -> None:
    assert words(0) == ("passive", "tick imb- flow-- rate0 vol0")
    assert words(CELLS - 1) == ("triggered", "wide imb+ flow++ rate2 vol3")
