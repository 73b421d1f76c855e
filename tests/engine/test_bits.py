"""Wide integers against Python's, hashes against splitmix64, exp and log against 50 digits."""

import hashlib
import math
import random
import struct
import warnings
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.engine.bits import (
    add_wide,
    exp,
    hash64,
    log,
    mix,
    mul_wide,
    neg_wide,
    signed,
    to_int,
    to_wide,
    uniform,
    wrap_add,
    wrap_mul,
)

LIMB = 2**62
_FACTORS = st.integers(-LIMB + 1, LIMB - 1)
_INT64 = st.integers(-(2**63), 2**63 - 1)
_WIDE = st.integers(-(2**123), 2**123)


@given(_FACTORS, _FACTORS)
@example(LIMB - 1, LIMB - 1)
@example(1 - LIMB, LIMB - 1)
@example(1 - LIMB, 1 - LIMB)
@example(0, -5)
@example(-1, 1)
@example(2**31, -(2**31))
@example(2**31 - 1, 2**31 + 1)
def test_that_a_wide_product_is_exact_and_normal(a: int, b: int) -> None:
    for x, y in ((a, b), (np.int64(a), np.int64(b))):
        hi, lo = mul_wide(x, y)  # type: ignore[arg-type]
        assert to_int(hi, lo) == a * b
        assert 0 <= lo < LIMB


@given(_WIDE, _WIDE)
@example(-1, 1)
@example(LIMB - 1, 1)
@example(-LIMB, -LIMB)
def test_that_wide_sums_and_opposites_are_exact_and_normal(a: int, b: int) -> None:
    hi, lo = add_wide(*to_wide(a), *to_wide(b))
    assert to_int(hi, lo) == a + b
    assert 0 <= lo < LIMB
    hi, lo = neg_wide(*to_wide(a))
    assert to_int(hi, lo) == -a
    assert 0 <= lo < LIMB


def test_that_a_notional_of_a_million_shares_at_ten_billion_is_exact() -> None:
    notional = to_wide(0)
    for _ in range(3):
        notional = add_wide(*notional, *mul_wide(10**6, 10**10 * 10**8))
    assert to_int(*notional) == 3 * 10**24


@given(_INT64)
def test_that_wide_and_int_are_inverse(value: int) -> None:
    assert to_int(*to_wide(value)) == value
    hi, lo = to_wide(value)
    assert to_int(np.int64(hi), np.int64(lo)) == value


@given(_INT64, _INT64)
@example(2**63 - 1, 2**63 - 1)
@example(-(2**63), -(2**63))
@example(-(2**63), -1)
def test_that_words_wrap_as_in_machine_code_without_a_warning(a: int, b: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for x, y in ((a, b), (np.int64(a), np.int64(b))):
            for got, exact in ((wrap_mul(x, y), a * b), (wrap_add(x, y), a + b)):
                assert got == int(np.uint64(exact % 2**64).astype(np.int64))
    assert signed(a % 2**64) == signed(np.uint64(a % 2**64)) == signed(a) == a


def _splitmix(state: int) -> int:
    """The published generator, one step, in Python's integers."""
    z = (state + 0x9E3779B97F4A7C15) % 2**64
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) % 2**64
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) % 2**64
    return z ^ (z >> 31)


@given(_INT64)
@example(0)
@example(-1)
def test_that_the_hash_is_splitmix64_without_its_sign(x: int) -> None:
    assert hash64(x) == _splitmix(x % 2**64) % 2**63
    assert hash64(np.uint64(x % 2**64)) == hash64(np.int64(x)) == hash64(x)  # type: ignore[arg-type]
    assert 0 <= hash64(x) < 2**63


def test_that_splitmix64_gives_its_published_first_number() -> None:
    assert mix(signed(0x9E3779B97F4A7C15)) % 2**64 == 0xE220A8397B1DCDAF


@given(_INT64, _INT64, _INT64)
def test_that_a_random_number_is_its_three_counters_alone(seed: int, a: int, b: int) -> None:
    state = _splitmix(seed % 2**64)
    state = _splitmix(state ^ (a % 2**64))
    state = _splitmix(state ^ (b % 2**64))
    drawn = uniform(seed, a, b)
    assert drawn == (state >> 11) / 2**53
    assert 0.0 <= drawn < 1.0
    assert uniform(np.uint64(seed % 2**64), np.int64(a), np.uint64(b % 2**64)) == drawn  # type: ignore[arg-type]


def test_that_random_numbers_fill_the_unit_interval_evenly() -> None:
    drawn = [uniform(1, a, b) for a in range(40) for b in range(100)]
    counts, _ = np.histogram(drawn, bins=10, range=(0, 1))
    assert counts.sum() == 4000
    assert ((counts - 400.0) ** 2 / 400).sum() < 27.9  # chi-squared, 9 degrees of freedom, p = 0.001
    assert len({*drawn}) == 4000


def _error(got: float, exact: Decimal) -> float:
    return float(abs(Decimal(got) - exact) / abs(exact))


@given(st.floats(-700, 700))
@example(0.0)
@example(1.0)
@example(-1.0)
@example(709.78)
@example(5e-324)
@example(0.34657359027997264)
def test_that_exp_is_right_to_a_unit_in_the_last_place(x: float) -> None:
    with localcontext() as context:
        context.prec = 50
        assert _error(exp(x), Decimal(x).exp()) < 2.3e-16


@given(st.floats(min_value=1e-320, max_value=1e308, exclude_min=True))
@example(0.9999999999999999)
@example(1.0000000000000002)
@example(0.7071067811865475)
@example(0.7071067811865476)
@example(5e-324)
@example(2.0)
def test_that_log_is_right_to_a_unit_in_the_last_place(x: float) -> None:
    with localcontext() as context:
        context.prec = 50
        exact = Decimal(x).ln()
        assert log(x) == 0.0 if exact == 0 else _error(log(x), exact) < 2.3e-16


@pytest.mark.parametrize("around", [-2.0, -0.5, 0.0, 0.5, 1.0, 40.0])
def test_that_exp_and_log_never_lose_more_than_the_promised_digits(around: float) -> None:
    draw = random.Random(int(10 * around))
    with localcontext() as context:
        context.prec = 50
        for _ in range(200):
            x = around + draw.gauss(0, 1)
            assert _error(exp(x), Decimal(x).exp()) < 1e-15
            assert _error(log(abs(x)), Decimal(abs(x)).ln()) < 1e-15


def test_that_exp_and_log_have_their_limits() -> None:
    assert exp(0.0) == 1.0
    assert log(1.0) == 0.0
    assert exp(math.inf) == exp(709.79) == math.inf
    assert exp(709.782712893384) > 1.79e308
    assert exp(-math.inf) == exp(-745.2) == 0.0
    assert exp(-745.13) == 5e-324
    assert exp(-740.0) == math.exp(-740.0)
    assert log(0.0) == -math.inf
    assert log(math.inf) == math.inf
    assert all(math.isnan(log(x)) for x in (-1.0, -math.inf, math.nan))
    assert math.isnan(exp(math.nan))


def test_that_the_bits_of_exp_and_log_never_change() -> None:
    """The same in every version of Python, numpy and Numba, JIT on or off: stored figures rest on them."""
    digest = hashlib.sha256()
    for at in range(2000):
        digest.update(struct.pack("<dd", exp(uniform(1, 2, at) * 1400 - 700), log(uniform(3, 4, at) * 1e3)))
    assert digest.hexdigest() == "138a9ca33109768f5052eec50e9aed6c7587bc84fc4e7916793f2250bd646b3f"
