"""Sizes: the model estimate, the direct line, groups, what a switch saved."""

import pytest

from tests.prove_d.judged import broken

pytestmark = pytest.mark.prove


def test_that_the_model_estimate_is_close_at_every_size() -> None:
    assert broken("estimates", "RMSE") == []


def test_that_its_interval_covers_in_every_world() -> None:
    assert broken("estimates", "interval of the model") == []


def test_that_the_direct_line_has_no_bias() -> None:
    assert broken("estimates", "bias of the direct") == []


def test_that_the_interval_of_the_direct_line_covers() -> None:
    assert broken("estimates", "interval of the direct") == []


def test_that_intervals_of_groups_cover() -> None:
    assert broken("estimates", "interval of a group") == []


def test_that_intervals_of_what_a_switch_saved_cover() -> None:
    assert broken("estimates", "interval of a switch") == []


def test_that_a_switch_that_did_not_help_says_so() -> None:
    assert broken("estimates", "a switch that did not help") == []
