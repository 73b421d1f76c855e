"""Group lines against a second, exact summation: every order counted once, undefined kept undefined."""

import math
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.board import blank
from app.engine.events import Rows
from app.engine.units import NULL
from app.widgets.blotter_columns import gravest
from app.widgets.groups import BY, Grouped, grouped, ratio
from tests.widgets.arena import Arena

pytestmark = pytest.mark.slow  # boards of every kind


class Order(NamedTuple):
    """What a group line is worked out from."""

    algo: str
    instrument: str
    currency: str
    arrival: float
    qty: int
    filled: int
    slip: float
    cost: float
    level: str
    last: int


UNDEFINED = st.just(math.nan)
ORDERS = st.lists(
    st.builds(
        Order,
        st.sampled_from(["VWAP", "POV", ""]),
        st.sampled_from(["INST", "TECH"]),
        st.sampled_from(["USD", "USD", "USD", "EUR"]),
        st.one_of(UNDEFINED, st.floats(1, 500)),
        st.one_of(st.just(NULL), st.integers(1, 10**6)),
        st.one_of(st.just(NULL), st.integers(0, 10**6)),
        st.one_of(UNDEFINED, st.floats(-100, 100)),
        st.one_of(UNDEFINED, st.floats(-1e6, 1e6)),
        st.sampled_from(["RED", "AMBER", "GREEN", "QUIET", "N/A"]),
        st.integers(1, 10**6),
    ),
    max_size=10,
)


def rows_of(orders: list[Order]) -> tuple[Rows, Arena]:
    arena, rows = Arena(), blank("parents", len(orders))
    for row, order in zip(rows, orders, strict=True):
        for name in ("algo", "instrument", "currency", "level"):
            row[name] = arena.intern(getattr(order, name))
        row["arrival_mid"], row["order_qty"], row["filled_qty"] = order.arrival, order.qty, order.filled
        row["slip_arrival_bps"], row["is_ccy"], row["last_ts"] = order.slip, order.cost, order.last
    return rows, arena


def by(orders: list[Order], shown: list[int], field: str = "algo") -> tuple[Grouped, Arena]:
    rows, arena = rows_of(orders)
    return grouped(rows, np.array(shown, np.int64), field, lambda levels: gravest(levels, arena)), arena


def defined(value: float) -> bool:
    return not math.isnan(value)


@given(ORDERS, st.data())
def test_that_every_shown_order_is_in_one_group_in_the_order_shown(orders: list[Order], data: st.DataObject) -> None:
    shown = data.draw(st.permutations(range(len(orders))))
    shown = shown[: data.draw(st.integers(0, len(shown)))]
    found, arena = by(orders, shown)
    assert sorted(row for mine in found.members for row in mine.tolist()) == sorted(shown)
    for key, mine, count in zip(found.keys, found.members, found.counts, strict=True):
        assert mine.tolist() == [row for row in shown if orders[row].algo == arena.text(key)]
        assert count == len(mine) > 0


@given(ORDERS)
def test_that_money_is_the_exact_sum_of_one_currency_and_undefined_for_more(orders: list[Order]) -> None:
    found, _ = by(orders, list(range(len(orders))))
    for row, members in zip(found.rows, found.members, strict=True):
        mine = [orders[number] for number in members.tolist()]
        known = [Fraction(order.cost) for order in mine if defined(order.cost)]
        if len({order.currency for order in mine}) > 1 or not known:
            assert math.isnan(row["is_ccy"])
        else:
            scale = max(abs(float(part)) for part in known)
            assert float(row["is_ccy"]) == pytest.approx(float(sum(known)), rel=1e-12, abs=1e-12 * scale + 1e-12)


@given(ORDERS)
def test_that_slippage_is_money_over_money_of_the_orders_that_have_both(orders: list[Order]) -> None:
    found, _ = by(orders, list(range(len(orders))))
    for row, members in zip(found.rows, found.members, strict=True):
        mine = [orders[number] for number in members.tolist()]
        weighed = [
            (Fraction(order.slip), order.filled * Fraction(order.arrival))
            for order in mine
            if defined(order.slip) and defined(order.arrival) and order.filled > 0
        ]
        slip = float(row["slip_arrival_bps"])
        if len({order.currency for order in mine}) > 1 or not weighed:
            assert math.isnan(slip)
            continue
        expected = sum(bps * money for bps, money in weighed) / sum(money for _, money in weighed)
        assert slip == pytest.approx(float(expected), rel=1e-9, abs=1e-9)
        assert min(float(bps) for bps, _ in weighed) - 1e-9 <= slip <= max(float(bps) for bps, _ in weighed) + 1e-9


@given(ORDERS)
def test_that_shares_are_added_within_one_instrument_only_and_only_when_all_are_known(orders: list[Order]) -> None:
    found, _ = by(orders, list(range(len(orders))))
    for row, members in zip(found.rows, found.members, strict=True):
        mine = [orders[number] for number in members.tolist()]
        quantities = [order.qty for order in mine]
        if len({order.instrument for order in mine}) > 1 or NULL in quantities:
            assert row["order_qty"] == NULL
        else:
            assert row["order_qty"] == sum(quantities)


@given(ORDERS)
def test_that_a_group_is_as_grave_as_its_gravest_and_as_new_as_its_newest(orders: list[Order]) -> None:
    found, arena = by(orders, list(range(len(orders))))
    ranks = ["N/A", "QUIET", "GREEN", "AMBER", "RED"]
    for row, members in zip(found.rows, found.members, strict=True):
        mine = [orders[number] for number in members.tolist()]
        assert arena.text(int(row["level"])) == max((order.level for order in mine), key=ranks.index)
        assert row["last_ts"] == max(order.last for order in mine)


@given(ORDERS)
def test_that_only_what_all_orders_share_is_said_of_their_group(orders: list[Order]) -> None:
    found, arena = by(orders, list(range(len(orders))))
    for row, members in zip(found.rows, found.members, strict=True):
        for field in ("instrument", "currency", "algo"):
            words = {getattr(orders[number], field) for number in members.tolist()}
            assert arena.text(int(row[field])) == (words.pop() if len(words) == 1 else "")


@given(ORDERS)
def test_that_a_group_of_one_is_its_order(orders: list[Order]) -> None:
    for number, order in enumerate(orders):
        found, _ = by(orders, [number])
        (row,) = found.rows
        assert row["is_ccy"] == order.cost or not defined(order.cost)
        weighs = defined(order.slip) and defined(order.arrival) and order.filled > 0
        assert defined(float(row["slip_arrival_bps"])) is weighs
        if weighs:
            assert float(row["slip_arrival_bps"]) == pytest.approx(order.slip, rel=1e-12, abs=1e-300)


@pytest.mark.parametrize("name", sorted(BY))
def test_that_what_orders_are_grouped_by_is_a_text_of_their_row(name: str) -> None:
    found, _ = by([Order("VWAP", "INST", "USD", 1.0, 1, 1, 1.0, 1.0, "RED", 1)], [0], BY[name])
    assert found.counts == [1]


PAIRS = st.tuples(st.one_of(UNDEFINED, st.floats(-1e6, 1e6)), st.one_of(UNDEFINED, st.just(0.0), st.floats(1e-3, 1e6)))


@given(st.lists(PAIRS))
def test_that_a_ratio_takes_pairs_and_never_half_of_one(pairs: list[tuple[float, float]]) -> None:
    above, below = (np.array([pair[side] for pair in pairs], np.float64) for side in (0, 1))
    whole = [pair for pair in pairs if defined(pair[0]) and defined(pair[1])]
    total = math.fsum(pair[1] for pair in whole)
    found = ratio(above, below)
    if total == 0:
        assert math.isnan(found)
    else:
        scale = math.fsum(abs(pair[0]) for pair in whole) / total
        assert found == pytest.approx(math.fsum(pair[0] for pair in whole) / total, rel=1e-9, abs=1e-9 * scale)
