"""Groups: their figures are ratios of sums, their money is of one currency, their level is the gravest."""

import math
from fractions import Fraction

import numpy as np
import pytest

from app.board import blank
from app.engine.events import Rows
from app.widgets.blotter_columns import gravest
from app.widgets.groups import grouped, ratio

WORDS = ["", "TECH", "INST", "USD", "EUR", "GREEN", "RED", "BUY", "SELL"]


class Words:
    def text(self, index: int) -> str:
        return WORDS[index]


def orders(*figures: tuple[str, float, int, int, float, float]) -> Rows:
    """symbol, arrival, ordered, filled, slip in bps, participation."""
    rows = blank("parents", len(figures))
    for row, (symbol, arrival, qty, filled, slip, part) in zip(rows, figures, strict=True):
        row["instrument"], row["arrival_mid"] = WORDS.index(symbol), arrival
        row["order_qty"], row["filled_qty"], row["slip_arrival_bps"] = qty, filled, slip
        row["participation"], row["done_pct"] = part, 100 * filled / qty
        row["is_ccy"] = slip * filled * arrival / 1e4
    rows["currency"], rows["level"] = WORDS.index("USD"), WORDS.index("GREEN")
    return rows


def by_symbol(rows: Rows) -> dict[str, np.void]:
    found = grouped(rows, np.arange(len(rows)), "instrument", lambda levels: gravest(levels, Words()))
    return {WORDS[key]: row for key, row in zip(found.keys, found.rows, strict=True)}


def test_that_a_groups_slippage_is_money_over_money_and_no_mean_of_bps() -> None:
    rows = orders(("TECH", 50.0, 1000, 900, 4.0, 0.1), ("TECH", 50.0, 1000, 100, -2.0, 0.2), ("INST", 10.0, 5, 5, 1, 1))
    tech = by_symbol(rows)["TECH"]
    expected = Fraction(900 * 4 - 100 * 2, 1000)
    assert tech["slip_arrival_bps"] == pytest.approx(float(expected), rel=1e-12)
    assert tech["done_pct"] == pytest.approx(50.0)
    assert tech["participation"] == pytest.approx(1000 / (900 / 0.1 + 100 / 0.2))
    assert tech["order_qty"] == 2000
    assert tech["is_ccy"] == pytest.approx(sum(rows["is_ccy"][:2].tolist()))


def test_that_an_order_without_an_arrival_has_no_weight() -> None:
    rows = orders(("TECH", 50.0, 100, 100, 4.0, 0.1), ("TECH", math.nan, 100, 100, 100.0, 0.1))
    assert by_symbol(rows)["TECH"]["slip_arrival_bps"] == pytest.approx(4.0)


def test_that_money_of_two_currencies_has_no_sum() -> None:
    rows = orders(("TECH", 50.0, 100, 100, 4.0, 0.1), ("TECH", 50.0, 100, 100, 2.0, 0.1))
    rows["currency"][1] = WORDS.index("EUR")
    tech = by_symbol(rows)["TECH"]
    for name in ("is_ccy", "slip_arrival_bps", "participation"):
        assert math.isnan(tech[name])
    assert not tech["currency"]


def test_that_a_group_shows_its_gravest_level_and_only_what_all_have_in_common() -> None:
    rows = orders(("TECH", 50.0, 100, 100, 4.0, 0.1), ("TECH", 50.0, 100, 100, 2.0, 0.1))
    rows["side"] = WORDS.index("BUY"), WORDS.index("SELL")
    rows["level"][1] = WORDS.index("RED")
    tech = by_symbol(rows)["TECH"]
    assert WORDS[tech["level"]] == "RED"
    assert not tech["side"]
    assert WORDS[tech["instrument"]] == "TECH"
    assert math.isnan(tech["cost_z"]), "a z of many orders is not defined"


def test_that_nothing_over_nothing_is_undefined() -> None:
    nan = math.nan
    assert math.isnan(ratio(np.array([nan, 1.0]), np.array([1.0, nan])))
    assert math.isnan(ratio(np.array([1.0]), np.array([0.0])))
    assert ratio(np.array([1.0, nan, 3.0]), np.array([2.0, 9.0, 2.0])) == 1.0
