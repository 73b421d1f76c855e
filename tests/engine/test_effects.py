"""Effects: what one block asks of the outside, nothing carried over from another."""

import pytest

from app.engine.effects import Effects
from app.engine.events import Quarantined


def test_that_each_application_starts_with_nothing_to_do() -> None:
    first = Effects()
    first.quarantine.append(Quarantined(source="ems", where="line 5", reason="no price"))
    first.alerts.append("halted")
    second = Effects()
    assert (second.quarantine, second.alerts) == ([], [])
    assert first != second


def test_that_effects_are_two_lists_and_nothing_else() -> None:
    assert Effects.__slots__ == ("quarantine", "alerts")
    with pytest.raises(AttributeError):
        Effects().later = 1  # type: ignore[attr-defined]
