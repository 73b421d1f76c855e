"""Exact integers, hashes, random numbers, and the engine's one exp and log: the same bits with the JIT on or off.

A wide integer is a pair (hi, lo) meaning hi * 2**62 + lo with 0 <= lo < 2**62: products and sums of money that would
wrap in int64. Hashes and random numbers are functions of their arguments, never of a stream. exp and log follow
fdlibm (Sun Microsystems, 1993): argument reduction and fixed polynomials of + - * / only.
"""

import math
from typing import Any, Final

import numpy as np

from app.engine.jit import jit, shim

LIMB_BITS: Final = 62
HALF_BITS: Final = 31
LIMB_MASK: Final = (1 << LIMB_BITS) - 1
HALF_MASK: Final = (1 << HALF_BITS) - 1
WORD: Final = 1 << 64
SIGN: Final = 1 << 63
INT64_MAX: Final = SIGN - 1


# --- what compiled code has natively and Python has to spell out -----------------------------------------------------
@shim(lambda x: lambda x: np.int64(x))
def signed(x: Any) -> int:
    """The int64 with the same 64 bits (of an int64 or uint64)."""
    return (int(x) + SIGN) % WORD - SIGN


@shim(lambda a, b: lambda a, b: np.int64(a) * np.int64(b))
def wrap_mul(a: Any, b: Any) -> int:
    """Product of two int64 modulo 2**64, as int64."""
    return (int(a) * int(b) + SIGN) % WORD - SIGN


@shim(lambda a, b: lambda a, b: np.int64(a) + np.int64(b))
def wrap_add(a: Any, b: Any) -> int:
    """Sum of two int64 modulo 2**64, as int64."""
    return (int(a) + int(b) + SIGN) % WORD - SIGN


# --- wide integers ---------------------------------------------------------------------------------------------------
def _mul_wide(a: int, b: int) -> tuple[int, int]:
    """Product of |a|, |b| < 2**62 as (hi, lo); the product is hi * 2**62 + lo with 0 <= lo < 2**62."""
    negative = (a < 0) != (b < 0)
    a = abs(a)
    b = abs(b)
    a_hi = a >> HALF_BITS
    a_lo = a & HALF_MASK
    b_hi = b >> HALF_BITS
    b_lo = b & HALF_MASK
    middle = a_hi * b_lo + a_lo * b_hi  # < 2**63 - 2**33
    low = ((middle & HALF_MASK) << HALF_BITS) + a_lo * b_lo  # < 2**63
    hi = a_hi * b_hi + (middle >> HALF_BITS) + (low >> LIMB_BITS)
    lo = low & LIMB_MASK
    if negative:
        hi = -hi - (1 if lo else 0)
        lo = -lo & LIMB_MASK
    return hi, lo


mul_wide = jit(_mul_wide)


def _add_wide(hi: int, lo: int, hi2: int, lo2: int) -> tuple[int, int]:
    """Sum of two wide integers; the caller keeps totals below 2**124 in size."""
    low = lo + lo2
    return hi + hi2 + (low >> LIMB_BITS), low & LIMB_MASK


add_wide = jit(_add_wide)


def _neg_wide(hi: int, lo: int) -> tuple[int, int]:
    """Minus a wide integer."""
    return -hi - (1 if lo else 0), -lo & LIMB_MASK


neg_wide = jit(_neg_wide)


def to_int(hi: Any, lo: Any) -> int:
    """A wide integer as a Python int."""
    return (int(hi) << LIMB_BITS) + int(lo)


def to_wide(value: int) -> tuple[int, int]:
    """A Python int below 2**124 in size as a wide integer."""
    return value >> LIMB_BITS, value & LIMB_MASK


# --- hash and random numbers -----------------------------------------------------------------------------------------
# constants of splitmix64 (Steele, Lea, Flood 2014), as int64
_GOLDEN: Final = 0x9E3779B97F4A7C15 - WORD
_MIX_1: Final = 0xBF58476D1CE4E5B9 - WORD
_MIX_2: Final = 0x94D049BB133111EB - WORD
_UNIT_53: Final = 1.0 / (1 << 53)


def _mix(z: int) -> int:
    """The finalizer of splitmix64 on an int64: a bijection in which every input bit reaches every output bit."""
    z = wrap_mul(z ^ ((z >> 30) & ((1 << 34) - 1)), _MIX_1)
    z = wrap_mul(z ^ ((z >> 27) & ((1 << 37) - 1)), _MIX_2)
    return z ^ ((z >> 31) & ((1 << 33) - 1))


mix = jit(_mix)


def _hash64(x: int) -> int:
    """Hash of an int64 or uint64, 0 <= hash < 2**63; equal for equal 64 bits."""
    return mix(wrap_add(signed(x), _GOLDEN)) & INT64_MAX


hash64 = jit(_hash64)


def _uniform(seed: int, a: int, b: int) -> float:
    """A number in [0, 1) with 53 random bits, drawn by (seed, a, b) alone, all int64 or uint64."""
    z = mix(wrap_add(signed(seed), _GOLDEN))
    z = mix(wrap_add(z ^ signed(a), _GOLDEN))
    z = mix(wrap_add(z ^ signed(b), _GOLDEN))
    return ((z >> 11) & ((1 << 53) - 1)) * _UNIT_53


uniform = jit(_uniform)


# --- exp and log -----------------------------------------------------------------------------------------------------
_LN2_HI: Final = 6.93147180369123816490e-01
_LN2_LO: Final = 1.90821492927058770002e-10
_LN2_INVERSE: Final = 1.44269504088896338700
_EXP_LARGEST: Final = 709.782712893383973096
_EXP_SMALLEST: Final = -745.13321910194110842
_P1: Final = 1.66666666666666019037e-01
_P2: Final = -2.77777777770155933842e-03
_P3: Final = 6.61375632143793436117e-05
_P4: Final = -1.65339022054652515390e-06
_P5: Final = 4.13813679705723846039e-08
_L1: Final = 6.666666666666735130e-01
_L2: Final = 3.999999999940941908e-01
_L3: Final = 2.857142874366239149e-01
_L4: Final = 2.222219843214978396e-01
_L5: Final = 1.818357216161805012e-01
_L6: Final = 1.531383769920937332e-01
_L7: Final = 1.479819860511658591e-01
_SQRT_HALF: Final = 0.70710678118654752440


def _exp(x: float) -> float:
    """e**x, below 1 unit in the last place; inf above the largest float64, 0.0 below the smallest, NaN for NaN."""
    if x != x:
        return x
    if x > _EXP_LARGEST:
        return math.inf
    if x < _EXP_SMALLEST:
        return 0.0
    power = int(math.floor(x * _LN2_INVERSE + 0.5))
    hi = x - power * _LN2_HI
    lo = power * _LN2_LO
    r = hi - lo
    square = r * r
    c = r - square * (_P1 + square * (_P2 + square * (_P3 + square * (_P4 + square * _P5))))
    y = 1.0 - ((lo - (r * c) / (2.0 - c)) - hi)
    return math.ldexp(y, power)  # exact, but for one rounding below the normal range


exp = jit(_exp)


def _log(x: float) -> float:
    """Natural logarithm, below 1 unit in the last place; -inf at 0, NaN below 0 and for NaN."""
    if x != x or x < 0.0:
        return math.nan
    if x == 0.0:
        return -math.inf
    if x == math.inf:
        return x
    fraction, power = math.frexp(x)  # exact
    if fraction < _SQRT_HALF:
        fraction *= 2.0
        power -= 1
    f = fraction - 1.0
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    even = w * (_L2 + w * (_L4 + w * _L6))
    odd = z * (_L1 + w * (_L3 + w * (_L5 + w * _L7)))
    half = 0.5 * f * f
    k = float(power)
    return k * _LN2_HI - ((half - (s * (half + (even + odd)) + k * _LN2_LO)) - f)


log = jit(_log)
