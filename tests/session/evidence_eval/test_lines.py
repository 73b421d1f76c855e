"""Lines of what must hold: floors held and broken, and nothing claimed of what was not evaluated."""

import pytest

from app.session.evidence_eval.line import Evaluation, said
from app.session.evidence_eval.lines import lines_of
from app.session.evidence_eval.record import Judged
from app.session.evidence_eval.statistics import Part, Value
from tests.session.evidence_eval.parents import MODEL, leaking, parent


def found(cells: dict[str, list[Judged]]) -> dict[str, bool | None]:
    """Which lines are held."""
    return {line.what: line.held for line in lines_of(Evaluation(cells, MODEL, {}))}


def test_that_nothing_is_held_where_nothing_was_evaluated() -> None:
    lines = lines_of(Evaluation({}, MODEL, {}))
    assert {line.part for line in lines} == {"auc", "alarms", "ebh", "colours", "estimates", "split", "delay"}
    assert {line.held for line in lines} == {None}


def test_that_floors_are_held_and_broken_by_what_was_measured() -> None:
    clean = [parent(n) for n in range(200)]
    held = found({"base_0": clean, "base_4": [leaking(n) for n in range(10)]})
    assert held["AUC base_4"] is True
    assert held["power at E ≥ 20, base_4"] is True
    assert held["false alarms at E ≥ 20, pooled"] is True
    assert held["world x algo cells above .05 + 3 SE"] is True
    assert held["RED at the end, base_4"] is True
    assert held["RED at any time, clean cells"] is True
    assert held["median delay after onset, base_4 (children)"] is True
    assert held["drift is the sum of its parts"] is True
    broken = found({
        "base_0": [parent(n, sup_e=30.0, ever="RED") for n in range(200)],
        "base_4": [leaking(n, sup_e=1.0, status="CLEAR", crossed=(None, None, None), leak_bps=9.0) for n in range(10)],
    })  # fmt: skip
    for what in ("AUC base_4", "power at E ≥ 20, base_4", "false alarms at E ≥ 20, pooled", "RED at the end, base_4",
                 "RED at any time, clean cells", "median delay after onset, base_4 (children)",
                 "RMSE of the model estimate, base_4"):  # fmt: skip
        assert broken[what] is False, what


def test_that_the_direct_line_needs_many_parents_and_a_small_error() -> None:
    line = "bias of the direct line, pooled"
    few = [parent(n, direct=0.01 * (n % 3 - 1)) for n in range(100)]
    assert found({"base_0": few})[line] is False
    assert found({"base_0": few * 64})[line] is True
    assert found({"base_0": [parent(n, direct=0.4) for n in range(100)] * 64})[line] is False


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (Part(1, 4), "0.250 ± 0.229 (n 4)"), (Part(0, 0), "-"), (Value(12.345, 0.5, 9), "12.3 ± 0.5 (n 9)"),
        (Value(float("inf"), float("inf"), 3), "never (n 3)"), (Value(float("nan"), 0.0, 0), "-"),
    ],
)  # fmt: skip
def test_that_a_figure_is_said_with_its_error_and_number(value: Value | Part, words: str) -> None:
    assert said(value) == words
