"""Truth of a condition: figures that are undefined, grey, or rest on less than every child never make it true."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.engine.rules.columns import VOCABULARY
from app.engine.rules.reading import condition_of
from app.engine.rules.truth import Row, Value, explained, true_of, why_not

GOOD: dict[str, Value] = {
    "level": "RED", "cost_z": -3.5, "is_bps": 4.0, "in_fdr_set": True, "status": "RED", "visibility": "V3",
    "leak_projected_bps": 5.0, "leak_bps": 4.5, "expected_cost_bps": None, "instrument": "TECH",
}  # fmt: skip


def true(text: str, **changed: Value) -> bool | None:
    return true_of(condition_of(text, VOCABULARY, "r"), GOOD | changed)


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ('level == "RED"', True),
        ('level != "RED"', False),
        ("cost_z < -3", True),
        ("cost_z <= -3.5", True),
        ("abs(cost_z) > 3", True),
        ("abs(cost_z) >= 3.6", False),
        ("in_fdr_set", True),
        ("in_fdr_set == false", False),
        ("not in_fdr_set", False),
        ('level == "RED" and cost_z > 0', False),
        ('level == "GREEN" or cost_z < 0', True),
        ("expected_cost_bps is defined", False),
        ("expected_cost_bps is not defined", True),
        ("not expected_cost_bps is defined", True),
        ('expected_cost_bps is defined or level == "RED"', True),
        ("is_bps > expected_cost_bps", None),
        ('is_bps > expected_cost_bps or level == "RED"', None),
        ("expected_cost_bps is not defined and is_bps > 3", True),
        ("expected_cost_bps is not defined and abs(expected_cost_bps) > 3", None),
        ("not expected_cost_bps > 3", None),
    ],
)
def test_that_a_condition_is_as_true_as_its_columns(text: str, truth: bool | None) -> None:
    assert true(text) is truth


@pytest.mark.parametrize(
    ("text", "changed", "words"),
    [
        ("cost_z > 1", {"cost_z": None}, "cost_z is undefined"),
        ('level == "RED"', {"level": "N/A"}, "level is N/A"),
        ('status == "RED"', {"status": "GREY"}, "status is GREY"),
        ("leak_projected_bps >= 4", {"status": "GREY"}, "evidence is grey"),
        ("leak_projected_bps >= 4", {"status": None}, "evidence is grey"),
        ("leak_projected_bps >= 4", {"visibility": "V2"}, "evidence of visibility V2: not every child was seen"),
        ("leak_projected_bps >= 4", {"visibility": None}, "evidence of visibility unknown: not every child was seen"),
        ("leak_projected_bps >= 4", {}, ""),
        ("is_bps >= 4", {"visibility": "V1", "status": "GREY"}, ""),
    ],
)
def test_that_nothing_is_said_of_grey_or_undefined_and_why(text: str, changed: dict[str, Any], words: str) -> None:
    condition = condition_of(text, VOCABULARY, "r")
    row: Row = GOOD | changed
    assert why_not(condition, row) == words
    assert (true_of(condition, row) is None) is bool(words)


def test_that_a_flag_without_a_value_is_undefined_even_where_another_part_asks_for_it() -> None:
    assert true("in_fdr_set is defined and in_fdr_set", in_fdr_set=None) is False
    assert true("in_fdr_set is not defined and in_fdr_set", in_fdr_set=None) is None


def test_that_the_values_behind_a_condition_are_said() -> None:
    condition = condition_of('level == "RED" and cost_z < 0 and in_fdr_set', VOCABULARY, "r")
    assert explained(condition, GOOD) == "level = RED, cost_z = -3.5, in_fdr_set = True"


@given(some.floats(-1e6, 1e6), some.floats(-1e6, 1e6))
def test_that_comparisons_are_those_of_numbers(left: float, right: float) -> None:
    row = {"cost_z": left, "is_bps": right}
    for sign, truth in (("==", left == right), ("!=", left != right), ("<", left < right), (">=", left >= right)):
        assert true_of(condition_of(f"cost_z {sign} is_bps", VOCABULARY, "r"), row) is truth
    assert true_of(condition_of("cost_z > is_bps", VOCABULARY, "r"), row) is (left > right)
    assert true_of(condition_of("cost_z <= is_bps", VOCABULARY, "r"), row) is (left <= right)
