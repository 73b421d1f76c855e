"""The rules behind the desk's port: the control process's answers in the structs of the screen."""

from pathlib import Path

import pytest

from app.control.asks import Rules
from app.control.client import ControlError
from app.control.rule_state import RuleState
from app.desk_rules import SessionRules
from app.widgets.rules_port import RulesError

LEAK = RuleState(
    name="leak", when="done_pct < 5", then="alert", about="slow", armed=False, words="dry run", fired=2, held=1
)


class Client:
    """Stands for the control process."""

    def __init__(self) -> None:
        self.fault, self.asked = "", list[tuple[str, bool]]()
        self.closed = False

    def rules(self) -> Rules:
        if self.fault:
            raise ControlError(self.fault)
        return Rules(rules=[LEAK], words="")

    def arm(self, rule: str, *, on: bool = True) -> str:
        if self.fault:
            raise ControlError(self.fault)
        self.asked.append((rule, on))
        return f"{rule} is proposed"

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def port(tmp_path: Path) -> tuple[SessionRules, Client]:
    """The port with a client that answers from memory."""
    made, client = SessionRules(tmp_path), Client()
    made._client = client  # type: ignore[assignment]
    return made, client


def test_that_rules_are_told_as_they_stand(port: tuple[SessionRules, Client]) -> None:
    lines, words = port[0].rules()
    assert lines == (("leak", "done_pct < 5", "alert", "slow", False, "dry run", 2, 1),)
    assert words == ""


def test_that_a_turn_goes_to_the_control_process_and_its_words_come_back(port: tuple[SessionRules, Client]) -> None:
    made, client = port
    assert made.turn("leak", on=False) == "leak is proposed"
    assert client.asked == [("leak", False)]


def test_that_what_the_control_process_refuses_is_an_error_in_its_words(port: tuple[SessionRules, Client]) -> None:
    made, client = port
    client.fault = "not you"
    with pytest.raises(RulesError, match="not you"):
        made.rules()
    with pytest.raises(RulesError, match="not you"):
        made.turn("leak", on=True)


def test_that_without_a_log_nothing_has_fired_and_the_line_is_hung_up(port: tuple[SessionRules, Client]) -> None:
    made, client = port
    assert made.fired() == ()
    made.close()
    assert client.closed
