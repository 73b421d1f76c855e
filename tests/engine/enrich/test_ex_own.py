"""The touch without us: own quantity out of the queues first, the next level where a level is ours alone."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.enrich.ex_own import OwnQuantity, TouchExOwn, touch_ex_own
from app.engine.enrich.rows import JOIN
from app.engine.units import ASK, BID, NULL


def _touch(**fields: int) -> Any:
    row = np.zeros(1, JOIN)[0]
    for name, value in ({"bid": 99, "ask": 101, "bid2": 98, "ask2": 102} | fields).items():
        row[name] = value
    for name, size in (("bid_size", 10), ("ask_size", 20), ("bid2_size", 30), ("ask2_size", 40)):
        row[name] = fields.get(name, size)
    return row


def test_that_without_own_quantity_the_touch_is_the_markets() -> None:
    assert touch_ex_own(_touch(), []) == TouchExOwn(99, 10, 101, 20)


def test_that_own_quantity_comes_out_of_its_price_and_side_only() -> None:
    own = [OwnQuantity(BID, 99, 3), OwnQuantity(BID, 99, 2), OwnQuantity(ASK, 99, 4), OwnQuantity(ASK, 101, 19)]
    assert touch_ex_own(_touch(), iter(own)) == TouchExOwn(99, 5, 101, 1)
    assert touch_ex_own(_touch(), [OwnQuantity(BID, 98, 9), OwnQuantity(BID, 101, 9)]) == TouchExOwn(99, 10, 101, 20)


@pytest.mark.parametrize("mine", [10, 11, 500])
def test_that_a_level_that_is_ours_alone_gives_way_to_the_next(mine: int) -> None:
    assert touch_ex_own(_touch(), [OwnQuantity(BID, 99, mine)]) == TouchExOwn(98, 30, 101, 20)
    assert touch_ex_own(_touch(), [OwnQuantity(ASK, 101, 2 * mine), OwnQuantity(ASK, 102, 1)]) == TouchExOwn(
        99, 10, 102, 39
    )


def test_that_a_side_of_which_nothing_of_others_is_known_is_undefined() -> None:
    own = [OwnQuantity(BID, 99, 10), OwnQuantity(BID, 98, 30)]
    assert touch_ex_own(_touch(), own) == TouchExOwn(None, 0, 101, 20)
    assert touch_ex_own(_touch(bid=NULL, bid_size=0), []) == TouchExOwn(None, 0, 101, 20)
    assert touch_ex_own(_touch(ask2=NULL), [OwnQuantity(ASK, 101, 20)]) == TouchExOwn(99, 10, None, 0)


def test_that_the_weighted_mid_leans_to_the_smaller_queue() -> None:
    assert TouchExOwn(99, 10, 101, 30).wmid() == Fraction(99 * 30 + 101 * 10, 40)
    assert TouchExOwn(99, 1, 102, 0).wmid() == 102
    assert TouchExOwn(99, 0, 102, 0).wmid() is None
    assert TouchExOwn(99, 1, 102, 1).wmid() == Fraction(201, 2)
    assert TouchExOwn(None, 0, 102, 5).wmid() is None
    assert TouchExOwn(99, 5, None, 0).wmid() is None


@given(
    st.lists(st.builds(OwnQuantity, st.sampled_from([BID, ASK]), st.integers(97, 103), st.integers(1, 50)), max_size=5)
)
def test_that_own_quantity_never_improves_a_side_nor_makes_a_size_negative(own: list[OwnQuantity]) -> None:
    mirrored = [OwnQuantity(-mine.side, 200 - mine.price, mine.qty) for mine in own]
    sizes = {"bid_size": 10, "ask_size": 10, "bid2_size": 30, "ask2_size": 30}
    plain, other = touch_ex_own(_touch(**sizes), own), touch_ex_own(_touch(**sizes), mirrored)
    assert plain.bid is None or (plain.bid <= 99 and plain.bid_size > 0)
    assert plain.ask is None or (plain.ask >= 101 and plain.ask_size > 0)
    assert (other.ask, other.ask_size) == (None if plain.bid is None else 200 - plain.bid, plain.bid_size)
