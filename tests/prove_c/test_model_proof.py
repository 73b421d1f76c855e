"""Fifty thousand steps of parent, broker and network: no walk breaks a rule."""

from typing import Any

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.parts.switch_model import SwitchModel

pytestmark = pytest.mark.prove

STEPS = 50_000


@pytest.mark.parametrize("mode", ["replace", "cancel_new"])
def test_that_no_walk_breaks_a_rule(mode: str) -> None:
    model: Any = type("Model", (SwitchModel,), {"mode": mode, "steps": 0})
    run_state_machine_as_test(
        model, settings=settings(max_examples=600, stateful_step_count=100, deadline=None, database=None)
    )
    assert model.steps >= STEPS / 2
