"""What of an answer's jump lasts: learnt from the order's own prices, believed to last where those say nothing."""

import math
from typing import Any

import numpy as np
import pytest

from app.engine.evidence.lasting import (
    FOR_GOOD,
    GAP_NS,
    LEAST_VARIANCE,
    LEAST_WANDER,
    SIZE_SD,
    TAU_S,
    Answer,
    Lasting,
    left,
)
from app.engine.evidence.own import Level
from app.engine.units import SECOND

CALM = 0.05


def at(price: float, pressed: float = 0.0, stays: float = 1.0, wanders: float = CALM) -> Level:
    return Level(0.0, 0.0, 1.0, stays, price, pressed, wanders)


def day(stays: float, fades: float, side: int = 1, **says: Any) -> Lasting:
    """Half an hour of answers of .2 bps every 5 s, then half an hour without, in a market that keeps what is said."""
    made, whole, level, rest = Lasting(), 0.0, 0.0, 1.0
    noise = np.random.default_rng(4).normal(0.0, says.get("noise", 0.1), 720)
    for k in range(720):
        t = k * 5 * SECOND
        level = left(level, 5 * SECOND) if k else 0.0
        made.filled(
            t, 1 / 1000, side, at(side * (stays * whole + fades * level + noise[k]), wanders=says.get("q", CALM))
        )
        rest -= 1 / 1000
        if k < 360:
            made.answered(t, Answer(0.2, 0.2 * rest, 0.0))
            whole, level = whole + 0.2, level + 0.2
    return made


def test_that_a_level_fades_by_its_time() -> None:
    assert left(2.0, round(TAU_S * SECOND)) == pytest.approx(2.0 / math.e)
    assert left(2.0, 0) == 2.0


def test_that_beforehand_a_jump_lasts() -> None:
    made = Lasting()
    assert made.of(0, 1.0) == FOR_GOOD  # nothing answered
    made.answered(0, Answer(0.0, 0.0, 3.0))
    assert made.of(0, 1.0) == FOR_GOOD  # trades of others alone: the kernel says what they cost
    made.answered(SECOND, Answer(1.0, 1.0, 1.0))
    assert made.shares == pytest.approx((1.0, 0.0))
    found = made.of(0, 1.0)
    assert found[:3] == pytest.approx((1.0, 1.0, 0.0))
    assert found.doubt == pytest.approx(SIZE_SD * 1.0 / 5.0)  # nothing has faded yet: its size alone is in doubt
    later = Lasting()
    later.answered(0, Answer(1.0, 1.0, 0.0))
    later.filled(3000 * SECOND, 0.0, 1, Level(0.0, 0.0, 1.0, 1.0))
    assert later.of(0, 1.0).doubt == pytest.approx(0.5, rel=1e-3)  # by now it may be gone


@pytest.mark.parametrize(("stays", "fades"), [(1.0, 0.0), (0.0, 1.0), (0.3, 0.7), (0.1, 0.8)])
def test_that_a_calm_market_shows_what_lasts(stays: float, fades: float) -> None:
    made = day(stays, fades)
    assert made.shares == pytest.approx((stays, fades), abs=0.12)
    found, paid = made.of(0, 0.28), 0.0
    rest, level, perm = 1.0, 0.0, 0.0
    for k in range(720):
        level = left(level, 5 * SECOND) if k else 0.0
        paid, rest = paid + fades * level / 1000, rest - 1 / 1000
        if k < 360:
            level, perm = level + 0.2, perm + 0.2 * rest
    true = stays * perm + paid + fades * level * rest
    assert found.jumps * perm == pytest.approx(true, abs=3 * found.doubt * perm + 0.5)
    assert found.factor == pytest.approx(found.jumps)


def test_that_a_noisy_market_says_next_to_nothing() -> None:
    made = day(0.0, 1.0, noise=15.0, q=2.0)
    assert made.shares[0] > 0.6
    assert made.of(0, 0.28).doubt > 0.3


def test_that_a_mirrored_market_has_the_same_bits() -> None:
    one, other = day(0.3, 0.7), day(0.3, 0.7, side=-1)
    assert one.shares == other.shares
    assert one.of(0, 0.5) == other.of(0, 0.5)


def test_that_what_is_fading_is_told_apart_from_what_stays_paid() -> None:
    made = Lasting()
    made.aa = made.bb = 1e9
    made.ab, made.ay, made.by = 0.0, 0.5e9, 0.5e9  # half of it lasts, half fades
    made.answered(0, Answer(2.0, 2.0, 1.0))
    assert made.of(0, 1.0) == pytest.approx((1.0, 1.0, 1.0 / 3.0, 0.0), abs=1e-4)
    gone = round(100 * TAU_S) * SECOND
    made.filled(gone, 0.5, 1, Level(0.0, 0.0, 1.0, 1.0))
    assert made.of(0, 0.5) == pytest.approx((0.5, 2.0 / 3.0, 0.0, 0.0), abs=1e-4)


def test_that_fills_pay_what_stands_at_their_time() -> None:
    made = Lasting()
    made.aa = made.bb = 1e9
    made.ab, made.ay, made.by = 0.0, 0.0, 1e9  # all of it fades
    made.answered(0, Answer(2.0, 2.0, 0.0))
    made.filled(round(TAU_S) * SECOND, 0.25, 1, Level(0.0, 0.0, 1.0, 1.0))
    made.filled(round(100 * TAU_S) * SECOND, 0.75, 1, Level(0.0, 0.0, 1.0, 1.0))
    assert made.of(0, 0.0).jumps == pytest.approx(0.25 / math.e, rel=1e-3)


def test_that_a_price_that_comes_back_beyond_the_jumps_earns_nothing() -> None:
    made = Lasting()
    made.aa = made.bb = 1e9
    made.ab, made.ay, made.by = 0.0, -1e9, 0.0
    made.answered(0, Answer(2.0, 2.0, 0.0))
    assert made.of(0, 1.0)[:3] == (0.0, 0.0, 0.0)


def test_that_a_price_that_runs_further_makes_no_larger_leak() -> None:
    made = day(1.5, 0.0)
    assert made.shares[0] > 1.2
    assert made.of(0, 0.28)[:2] == (1.0, 1.0)


def test_that_epochs_share_what_is_learnt_and_pay_for_their_own_answers() -> None:
    made = day(0.0, 1.0)
    before = made.of(0, 0.28)
    made.begin()
    assert made.of(1, 0.28) == FOR_GOOD
    made.answered(3600 * SECOND, Answer(0.2, 0.05, 0.0))
    assert made.of(1, 0.28).jumps > 0.9
    assert made.of(0, 0.28).jumps == pytest.approx(before.jumps, rel=0.1)


def test_that_looks_are_a_minute_apart_and_see_no_gap() -> None:
    made = Lasting()
    before = made.aa
    for t, price in ((0, 0.0), (59, 9.0), (60, math.nan)):
        made.answered(t * SECOND, Answer(1.0, 1.0, 0.0))
        made.filled(t * SECOND, 0.0, 1, at(price))
    assert made.aa == before
    made.filled(61 * SECOND, 0.0, 1, at(2.0))
    assert made.aa > before
    known = made.aa
    made.answered(62 * SECOND, Answer(1.0, 1.0, 0.0))
    made.filled(61 * SECOND + GAP_NS, 0.0, 1, at(400.0))  # opened anew: the price may stand anywhere
    assert made.aa == known
    made.filled(130 * SECOND + GAP_NS, 0.0, 1, at(400.0))
    assert made.shares[0] == pytest.approx(1.0, abs=0.3)


def test_that_what_all_trades_press_is_no_answer() -> None:
    plain, pressed = Lasting(), Lasting()
    for k in range(30):
        for made, level in ((plain, at(0.2 * k)), (pressed, at(0.2 * k + 0.5 * 3.0 * k, 3.0 * k, 0.5))):
            made.filled(60 * k * SECOND, 0.0, 1, level)
            made.answered(60 * k * SECOND, Answer(0.2, 0.2, 0.0))
    assert plain.shares == pytest.approx(pressed.shares)


def test_that_news_tell_little() -> None:
    made = day(0.0, 1.0)
    known = made.shares
    made.answered(3600 * SECOND, Answer(0.2, 0.05, 0.0))
    made.filled(3660 * SECOND, 0.0, 1, at(500.0))
    assert made.shares == pytest.approx(known, abs=0.1)


def test_that_a_price_that_never_moves_is_not_taken_for_certain() -> None:
    made = Lasting()
    made.answered(0, Answer(0.0, 0.0, 0.0))
    for k in range(200):
        made.filled(60 * k * SECOND, 0.0, 1, at(0.0))
    before = made.aa
    made.answered(200 * 60 * SECOND, Answer(1.0, 1.0, 0.0))
    made.filled(200 * 60 * SECOND, 0.0, 1, at(0.0))
    assert made.aa - before <= 1.0 / (LEAST_WANDER * CALM * 60.0) + 1e-9


def test_that_a_market_that_stands_still_divides_by_nothing() -> None:
    made = Lasting()
    made.answered(0, Answer(1.0, 1.0, 0.0))
    for k in range(3):
        made.answered((60 * k + 30) * SECOND, Answer(1.0, 1.0, 0.0))
        made.filled(60 * k * SECOND, 0.0, 1, at(float(k), wanders=0.0))
    assert 0.0 < made.shares[0] < 2.0
    assert made.aa < 10.0 / LEAST_VARIANCE
