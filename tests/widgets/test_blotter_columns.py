"""What the blotter works out itself: attention, room to the limit, the gravest level, the age of an alert."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.board import blank
from app.engine.events import Rows
from app.widgets.blotter_columns import (
    ATTENTION,
    BLOTTER,
    WEIGHTS,
    age,
    attention,
    cost_attention,
    gravest,
    limit_distance,
    tenths,
)
from app.widgets.columns import SEVERITY
from tests.widgets.arena import Arena

SECOND = 10**9
MONEY = st.one_of(st.just(math.nan), st.floats(-1e7, 1e7))
LEVELS = st.sampled_from(["RED", "red", "AMBER", "GREEN", "QUIET", "N/A", ""])
STATES = st.sampled_from(["live", "working", "done", "Filled", "cancelled", "EXPIRED", "rejected", "", "paused"])
OVER = {"done", "filled", "cancelled", "expired", "rejected"}
PRICES = st.one_of(st.just(math.nan), st.floats(0.01, 1e5))


def rows_of(**fields: Sequence[object]) -> tuple[Rows, Arena]:
    """Orders with some fields; texts are interned."""
    arena = Arena()
    rows = blank("parents", len(next(iter(fields.values()))))
    for name, values in fields.items():
        rows[name] = [arena.intern(value) if isinstance(value, str) else value for value in values]
    return rows, arena


# -- attention -------------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(LEVELS, STATES, MONEY), min_size=1, max_size=12))
def test_that_attention_is_gravity_times_money_row_by_row(orders: list[tuple[str, str, float]]) -> None:
    levels, states, money = (list(values) for values in zip(*orders, strict=True))
    rows, arena = rows_of(level=levels, state=states, is_ccy=money)
    for found, (level, state, ccy) in zip(attention(rows, arena).tolist(), orders, strict=True):
        weight = 1.0 if state.lower() in OVER else WEIGHTS.get(level.upper(), 1.0)
        assert found == weight * ccy or (math.isnan(found) and math.isnan(ccy))


def test_that_no_order_has_no_attention() -> None:
    assert len(attention(blank("parents", 0), Arena())) == 0


@pytest.mark.parametrize("state", sorted(OVER))
def test_that_an_order_that_is_over_asks_for_no_more_than_a_calm_one(state: str) -> None:
    rows, arena = rows_of(level=["RED", "GREEN"], state=[state, "live"], is_ccy=[500.0, 500.0])
    red, calm = attention(rows, arena).tolist()
    assert red == calm


def test_that_a_graver_level_of_the_same_money_stands_above_and_a_gain_below() -> None:
    rows, arena = rows_of(level=["RED", "AMBER", "GREEN", "RED"], state=["live"] * 4, is_ccy=[100.0] * 3 + [-100.0])
    found = attention(rows, arena).tolist()
    assert found == sorted(found, reverse=True)
    assert len(set(found)) == 4


# -- room to the limit -----------------------------------------------------------------------------------------------


@given(st.sampled_from(["SELL", "SHORT", "BUY"]), PRICES, PRICES)
def test_that_room_is_undefined_without_a_limit_or_a_mid_and_positive_inside_the_limit(
    side: str, limit: float, mid: float
) -> None:
    rows, arena = rows_of(side=[side], limit_px=[limit], mid=[mid])
    (room,) = limit_distance(rows, arena).tolist()
    if math.isnan(limit) or math.isnan(mid):
        assert math.isnan(room)
    elif limit == mid:
        assert room == 0
    else:
        assert (room > 0) is ((mid < limit) if side == "BUY" else (mid > limit))
        assert abs(room) == pytest.approx(abs(limit - mid) / mid * 1e4)


def test_that_a_mid_of_zero_gives_no_room_that_could_be_read() -> None:
    rows, arena = rows_of(side=["BUY", "BUY"], limit_px=[0.0, 5.0], mid=[0.0, 0.0])
    assert not np.any(np.isfinite(limit_distance(rows, arena)))


@given(PRICES, PRICES)
def test_that_buyer_and_seller_of_one_limit_have_opposite_room(limit: float, mid: float) -> None:
    rows, arena = rows_of(side=["BUY", "SHORT"], limit_px=[limit] * 2, mid=[mid] * 2)
    buyer, seller = limit_distance(rows, arena).tolist()
    assert buyer == -seller or (math.isnan(buyer) and math.isnan(seller))


# -- the gravest level, small words ----------------------------------------------------------------------------------


@given(st.lists(st.sampled_from(["RED", "AMBER", "GREEN", "QUIET", "N/A", "red", "odd", ""]), min_size=1, max_size=9))
def test_that_no_level_of_a_group_is_graver_than_the_gravest_and_it_is_one_of_them(words: list[str]) -> None:
    arena = Arena()
    levels = np.array([arena.intern(word) for word in words], np.uint32)
    found = arena.text(gravest(levels, arena))
    assert found in words
    assert SEVERITY.get(found.upper(), -1) == max(SEVERITY.get(word.upper(), -1) for word in words)


@given(st.integers(0, 400 * 3600), st.integers(0, SECOND - 1))
def test_that_the_age_of_an_alert_reads_back_to_its_whole_second(seconds: int, rest: int) -> None:
    said = age(float(seconds * SECOND) + rest / 2)
    parts = [int(part) for part in said.split(":")]
    assert sum(part * 60**place for place, part in enumerate(reversed(parts))) == seconds
    assert len(parts) == (3 if seconds >= 3600 else 2)
    assert all(len(part) == 2 for part in said.split(":")[1:])


@pytest.mark.parametrize("ns", [0.0, 59e9, 3599e9, 3600e9])
def test_that_the_sign_of_an_age_says_what_became_of_the_alert_and_not_how_old_it_is(ns: float) -> None:
    assert age(-ns) == age(ns)


@given(st.floats(-1e6, 1e6))
def test_that_tenths_are_never_off_by_more_than_half_of_one(value: float) -> None:
    assert float(tenths(value).replace(",", "").replace("\N{MINUS SIGN}", "-")) == pytest.approx(value, abs=0.0500001)


# -- the columns there are -------------------------------------------------------------------------------------------


def test_that_no_two_columns_share_a_name_or_a_title() -> None:
    assert len({column.name for column in BLOTTER}) == len(BLOTTER)
    assert len({column.title for column in BLOTTER}) == len(BLOTTER)


def test_that_the_one_column_desk_shows_nothing_that_the_whole_desk_hides() -> None:
    compact = [column.name for column in BLOTTER if column.compact]
    assert {"level", "instrument", "side", "alert_age"} <= set(compact)
    assert all(column.default for column in BLOTTER if column.compact)


def test_that_what_the_rows_are_sorted_by_can_be_shown_in_money() -> None:
    rows, arena = rows_of(level=["RED"], state=["live"], is_ccy=[40.4])
    assert ATTENTION in BLOTTER
    assert ATTENTION.derive is not None
    assert ATTENTION.say(float(ATTENTION.derive(rows, arena)[0]), arena) == "+1,212"


# -- evidence first --------------------------------------------------------------------------------------------------


def with_evidence(*orders: tuple[float, float, bool, str]) -> tuple[Rows, Arena]:
    """Orders as (E, projected leak in money, badge, state), each with a green level and no shortfall."""
    texts, rows = Arena(), blank("parents", len(orders))
    for k, (e, money, badge, state) in enumerate(orders):
        rows["e_value"][k], rows["leak_projected_ccy"][k], rows["in_fdr_set"][k] = e, money, badge
        rows["state"][k], rows["status"][k] = texts.intern(state), texts.intern("CLEAR")
        rows["level"][k], rows["is_ccy"][k] = texts.intern("GREEN"), 0.0
    return rows, texts


def ranked(*orders: tuple[float, float, bool, str]) -> list[int]:
    """Places of the orders, the first of the blotter first."""
    return [int(place) for place in np.argsort(-attention(*with_evidence(*orders)), kind="stable")]


def test_that_projected_money_and_evidence_decide_together() -> None:
    few, much = (1e4, 1_000.0, False, "live"), (30.0, 9_000.0, False, "live")
    assert ranked(few, much) == [1, 0]
    assert ranked(few, (30.0, 2_000.0, False, "live")) == [0, 1]


def test_that_what_stands_out_among_all_comes_first_and_what_is_over_last() -> None:
    assert ranked((1e4, 5_000.0, False, "live"), (1e4, 1_000.0, True, "live")) == [1, 0]
    assert ranked((1e6, 9_000.0, True, "done"), (30.0, 1_000.0, False, "live")) == [1, 0]


def test_that_a_grey_light_puts_no_order_in_front() -> None:
    rows, texts = with_evidence((1e5, 9_000.0, True, "live"), (30.0, 100.0, False, "live"))
    rows["status"][0] = texts.intern("GREY")
    assert np.argsort(-attention(rows, texts), kind="stable").tolist() == [1, 0]


def test_that_an_absurd_e_counts_no_more_than_a_million() -> None:
    found = attention(*with_evidence((1e57, 100.0, False, "live"), (1e6, 100.0, False, "live")))
    assert found[0] == found[1] == pytest.approx(602.0)


def test_that_what_no_evidence_speaks_against_comes_behind_by_its_cost() -> None:
    rows, texts = with_evidence(*[(0.5, 0.0, False, "live")] * 3, (11.0, 1.0, False, "live"))
    rows["is_ccy"][:3] = 100.0, 9_000.0, np.nan
    assert np.argsort(-attention(rows, texts), kind="stable").tolist() == [3, 1, 0, 2]


def test_that_without_any_evidence_the_cost_alone_decides() -> None:
    rows, texts = with_evidence((np.nan, np.nan, False, "live"), (np.nan, np.nan, False, "live"))
    rows["status"], rows["is_ccy"] = 0, (5.0, 7.0)
    assert attention(rows, texts).tolist() == cost_attention(rows, texts).tolist() == [5.0, 7.0]
