"""Hashes of market rows: the sums are those of the definition in plain integers, whatever the order."""

import numpy as np

from app.engine.bits import signed
from app.engine.book.state import MARKET_SIGNED
from app.engine.digest import Factors, stirred, sums
from app.engine.events import MARKET, Rows

MASK = 2**64 - 1
VALUES = [3, 5, 7, 0, 11, 13, 17, 19, 2**64 - 23]
CODES, HALF = 2**64 - 29, 31
NAMES = ([101, 2**64 - 5, 107], [2**63 + 3, 113], [127, 131, 137])


def _factors() -> Factors:
    tables = [np.array([signed(n) for n in names], np.int64) for names in (VALUES, *NAMES)]
    return Factors(tables[0], signed(CODES), HALF, *tables[1:])


def _rows(count: int) -> Rows:
    rows = np.zeros(count, MARKET)
    draw = np.random.default_rng(7)
    rows.view(np.uint8)[:] = draw.integers(0, 256, count * MARKET.itemsize)
    rows["instrument"], rows["venue"], rows["source"] = (draw.integers(-1, n, count) for n in (2, 1, 2))
    return rows


def _stir(word: int) -> int:
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        word = (word ^ word >> 33) * factor & MASK
    return word ^ word >> 33


def _plain(rows: Rows) -> tuple[int, int]:
    """The two sums by the definition."""
    first = second = 0
    for row in rows:
        words = np.frombuffer(row.tobytes(), np.uint64).tolist()
        mixed = (words[10] & 0xFFFFFFFFFF) * CODES
        for word, factor in zip(words[:9], VALUES, strict=True):
            mixed += word * factor
        for names, field in zip(NAMES, ("instrument", "venue", "source"), strict=True):
            mixed += names[int(row[field])]
        mixed = _stir(mixed & MASK)
        first, second = first + mixed, second + _stir(mixed * HALF & MASK)
    return first & MASK, second & MASK


def _summed(rows: Rows) -> tuple[int, int]:
    words = rows.view(np.int64).reshape(-1, MARKET.itemsize // 8)
    first, second = sums(rows.view(MARKET_SIGNED), words, _factors())
    return int(first) & MASK, int(second) & MASK


def test_that_the_sums_are_those_of_the_definition() -> None:
    rows = _rows(50)
    assert _summed(rows) == _plain(rows)
    assert _summed(rows[:0]) == (0, 0)


def test_that_the_order_of_rows_does_not_matter_and_their_number_does() -> None:
    rows = _rows(20)
    assert _summed(rows[::-1].copy()) == _summed(rows)
    assert _summed(rows[:19]) != _summed(rows)


def test_that_padding_and_place_in_the_file_are_no_part_of_a_row() -> None:
    rows = _rows(5)
    moved = rows.copy()
    moved["rec"] += 1
    moved["pad"] += 1
    assert _summed(moved) == _summed(rows)


def test_that_each_value_of_a_row_counts() -> None:
    rows = _rows(3)
    for name in (name for name in MARKET.names or () if name not in ("rec", "pad", "instrument", "venue", "source")):
        other = rows.copy()
        other[name][1] += 1
        assert _summed(other) != _summed(rows), name


def test_that_stirring_reaches_every_bit() -> None:
    assert int(stirred(0)) == 0
    assert [int(stirred(signed(word))) & MASK for word in (1, 2**63, MASK)] == [_stir(w) for w in (1, 2**63, MASK)]
