"""Hashes of market rows, added up: two sums modulo 2**64 that do not depend on the order of the rows."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.engine.bits import signed, wrap_add, wrap_mul
from app.engine.events import Rows
from app.engine.jit import jit

Ints = NDArray[np.int64]
_VALUE_WORDS: Final = 9  # of a row as 64-bit words: times, seq, rec, ids, prices, sizes
_CODES_WORD: Final = 10
_CODES: Final = 0xFFFFFFFFFF  # action, side, flags, condition, status; not the padding
_HIGH: Final = (1 << 31) - 1  # what is left of a word shifted by 33
_STIR_1: Final = signed(0xFF51AFD7ED558CCD)
_STIR_2: Final = signed(0xC4CEB9FE1A85EC53)


class Factors(NamedTuple):
    """What words are multiplied with, and the hashes of names by number, the last one of no name."""

    values: Ints  # (_VALUE_WORDS,)
    codes: int
    half: int
    instruments: Ints
    venues: Ints
    sources: Ints


def _stirred(word: int) -> int:
    """Every bit of a word spread over all of it (the finish of MurmurHash3)."""
    word = wrap_mul(word ^ ((word >> 33) & _HIGH), _STIR_1)
    word = wrap_mul(word ^ ((word >> 33) & _HIGH), _STIR_2)
    return word ^ ((word >> 33) & _HIGH)


stirred = jit(_stirred)


def _sums(rows: Rows, words: Ints, factors: Factors) -> tuple[int, int]:
    """The sums of both halves of the rows' hashes; `words` are the same rows as int64."""
    first, second = 0, 0
    for n in range(len(rows)):
        mixed = wrap_mul(words[n, _CODES_WORD] & _CODES, factors.codes)
        for word in range(_VALUE_WORDS):
            mixed = wrap_add(mixed, wrap_mul(words[n, word], factors.values[word]))
        row = rows[n]
        mixed = wrap_add(mixed, factors.instruments[row["instrument"]])
        mixed = wrap_add(mixed, factors.venues[row["venue"]])
        mixed = wrap_add(mixed, factors.sources[row["source"]])
        mixed = stirred(mixed)
        first = wrap_add(first, mixed)
        second = wrap_add(second, stirred(wrap_mul(mixed, factors.half)))
    return first, second


sums = jit(_sums)
