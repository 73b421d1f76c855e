"""Units and codes: numbers that every file, board and hash agree on."""

import pytest

from app.engine import units
from app.engine.units import (
    ACTIONS,
    BPS,
    CONDITION_CODES,
    CONDITIONS,
    HOLD_NS,
    HORIZON_NAMES,
    HORIZON_NS,
    HORIZONS,
    MILLISECOND,
    NULL,
    ORDER_SIDES,
    PRICE_SCALE,
    QUALITIES,
    SECOND,
    SIDES,
    STATUS_CODES,
    STATUSES,
    UNDEFINED_FROM,
)

NS = {"ms": 10**6, "s": 10**9, "m": 60 * 10**9}


def test_that_horizons_are_named_for_their_length_and_rise() -> None:
    for name, length in HORIZONS:
        number = name.rstrip("ms")
        assert length == int(number) * NS[name.removeprefix(number)]
    assert list(HORIZON_NS) == sorted(set(HORIZON_NS))
    assert dict(zip(HORIZON_NAMES, HORIZON_NS, strict=True)) == dict(HORIZONS)
    assert {"1ms", "1m", "5m"} <= set(HORIZON_NAMES)


def test_that_scales_are_nanoseconds_and_ninths() -> None:
    assert (PRICE_SCALE, BPS, SECOND, MILLISECOND, HOLD_NS) == (10**9, 10**4, 10**9, 10**6, 10**9)
    assert NULL == -(2**63)


@pytest.mark.parametrize(
    ("name", "letter"),
    [
        ("ADD", "A"), ("CANCEL", "C"), ("MODIFY", "M"), ("CLEAR", "R"), ("LEVEL", "L"), ("QUOTE", "Q"), ("TRADE", "T"),
        ("FILL", "F"), ("PRINT_CANCELLED", "X"), ("STATUS", "S"),
    ],
)  # fmt: skip
def test_that_an_action_is_the_code_of_its_letter(name: str, letter: str) -> None:
    assert getattr(units, name) == ord(letter)
    assert ord(letter) in ACTIONS
    assert len(ACTIONS) == 10


def test_that_sides_are_signs() -> None:
    assert SIDES == {"B": 1, "A": -1, "N": 0}
    assert ORDER_SIDES == {"BUY": 1, "SELL": -1, "SHORT": -1}
    assert (units.BID, units.ASK, units.NO_SIDE) == (1, -1, 0)


def test_that_flags_are_single_bits() -> None:
    assert (units.LAST, units.SNAPSHOT) == (1 << 7, 1 << 5)


def test_that_conditions_and_statuses_have_one_code_each() -> None:
    assert [CONDITIONS[code] for code in CONDITION_CODES.values()] == list(CONDITION_CODES)
    assert (CONDITION_CODES["regular"], CONDITION_CODES["block"], CONDITION_CODES["odd"]) == (
        units.REGULAR, units.BLOCK, units.ODD,
    )  # fmt: skip
    assert [STATUSES[code] for code in STATUS_CODES.values()] == list(STATUS_CODES)
    assert STATUS_CODES == {
        "open": units.OPEN, "halt": units.HALT, "auction": units.AUCTION, "closed": units.CLOSED,
    }  # fmt: skip
    assert STATUSES[0] == ""  # none seen


def test_that_every_quality_has_its_word_and_defined_ones_come_first() -> None:
    words = {
        "GOOD": "good", "LOCKED": "locked", "HELD_CROSSED": "held_crossed", "HELD_ONE_SIDED": "held_one_sided",
        "CROSSED": "crossed", "ONE_SIDED": "one_sided", "IN_HALT": "halt", "IN_AUCTION": "auction",
        "IN_CLOSE": "closed", "NO_QUOTE": "no_quote", "UNJOINED": "unjoined", "PAST_END": "past_end",
        "CLOCK": "clock", "STALE": "stale", "PENDING": "pending", "OUT_OF_RANGE": "out_of_range",
    }  # fmt: skip
    assert {name: QUALITIES[getattr(units, name)] for name in words} == words
    assert len(set(QUALITIES)) == len(QUALITIES) == len(words)
    assert set(QUALITIES[:UNDEFINED_FROM]) == {"good", "locked", "held_crossed", "held_one_sided"}
