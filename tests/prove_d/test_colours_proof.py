"""Colours: RED where it leaks and nowhere else, the same however many orders are alive, CLEAR after a cure."""

import pytest

from tests.prove_d.judged import broken

pytestmark = pytest.mark.prove


@pytest.mark.parametrize("cell", ["base_8", "base_4"])
def test_that_leaks_are_red(cell: str) -> None:
    assert broken("colours", f"RED at the end, {cell}") == []


def test_that_clean_orders_are_not_red() -> None:
    assert broken("colours", "RED at any time, clean cells") == []


def test_that_other_orders_do_not_change_a_colour() -> None:
    assert broken("colours", "same E, colour and size") == []
    assert broken("colours", "RED at the end, among 300") == []
    assert broken("colours", "RED at any time, clean among 300") == []


def test_that_the_smallest_detectable_leak_is_true() -> None:
    assert broken("colours", "caught at the smallest") == []


def test_that_after_a_cure_a_new_epoch_is_clear() -> None:
    assert broken("colours", "after a cure") == []
