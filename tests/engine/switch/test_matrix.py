"""Every cell of the matrix, against the machine; and the document made from it."""

from pathlib import Path

import pytest

from app.engine.switch.facts import CheckGuard, Effect, SendFix
from app.engine.switch.matrix import EVENTS, MATRIX, ROWS, Cell, cell_of, document
from app.engine.switch.states import State
from tests.engine.switch.made import bench_in, matrix_event


def does(effects: list[Effect]) -> str:
    """What was sent or asked, as a cell writes it."""
    words = [effect.kind if isinstance(effect, SendFix) else "guard" for effect in effects if _acts(effect)]
    return "+".join(words)


def _acts(effect: Effect) -> bool:
    return isinstance(effect, SendFix | CheckGuard)


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("state", ROWS)
def test_that_the_machine_does_what_the_cell_says(state: State, event: str) -> None:
    bench = bench_in(state)
    effects = matrix_event(bench, event)
    assert Cell(bench.order.state, bench.order.alarm, does(effects)).text == MATRIX[state, event].text


def test_that_every_state_and_event_has_a_cell() -> None:
    assert set(MATRIX) == {(state, event) for state in ROWS for event in EVENTS}
    assert len(MATRIX) == 200


def test_that_a_cell_reads_as_it_is_written() -> None:
    for text in ("R0", "R9!", "R0~", "C3+guard", "R8!+H"):
        assert cell_of(text).text == text


def test_that_no_cell_sends_a_new_order_without_the_guard() -> None:
    assert {cell.does for cell in MATRIX.values()} == {"", "F", "H", "guard"}


def test_that_the_document_is_current(repository: Path) -> None:
    written = (repository / "docs" / "switch-matrix.md").read_text(encoding="utf-8")
    assert written == document()
    assert "| late fill |" in written
