"""A short walk of parent, broker and network; `make prove-c` takes fifty thousand steps."""

from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from app.engine.switch import machine
from tests.parts.switch_model import SwitchModel


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["replace", "cancel_new"])
def test_that_no_walk_breaks_a_rule(mode: str) -> None:
    model: Any = type("Model", (SwitchModel,), {"mode": mode, "steps": 0})
    run_state_machine_as_test(
        model,
        settings=settings(max_examples=15, stateful_step_count=60, deadline=None, database=None, derandomize=True),
    )
    assert model.steps > 100


@pytest.mark.slow
def test_that_the_model_sees_a_second_request_in_flight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "why_not", lambda _: "")
    model = type("Model", (SwitchModel,), {"mode": "replace", "steps": 0})
    quick = settings(
        max_examples=200, stateful_step_count=30, deadline=None, database=None, derandomize=True,
        phases=[Phase.generate], report_multiple_bugs=False,
    )  # fmt: skip
    with pytest.raises(AssertionError):
        run_state_machine_as_test(model, settings=quick)
