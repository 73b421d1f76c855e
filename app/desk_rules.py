"""The rules of a running session behind the desk's port: asked of the control process, read off its message log."""

from pathlib import Path
from typing import Final

from app.control.client import ControlClient, ControlError
from app.desk_sight import ControlSight
from app.widgets.rules_port import Fired, RuleLine, RulesError

_SHOWN: Final = 30
_MARK: Final = "rule "  # how a line of the log that a rule left begins


class SessionRules:
    """Rules of a runtime folder; a line of its own, so that nothing else of the desk waits for it."""

    def __init__(self, runtime: Path) -> None:
        self._client = ControlClient(runtime)
        self._sight = ControlSight(runtime / "control")

    def rules(self) -> tuple[tuple[RuleLine, ...], str]:
        """Every rule and how it stands; why there is none."""
        try:
            found = self._client.rules()
        except ControlError as error:
            raise RulesError(str(error)) from error
        lines = (
            RuleLine(one.name, one.when, one.then, one.about, one.armed, one.words, one.fired, one.held)
            for one in found.rules
        )
        return tuple(lines), found.words

    def turn(self, name: str, on: bool) -> str:
        """Propose, arm or disarm."""
        try:
            return self._client.arm(name, on=on)
        except ControlError as error:
            raise RulesError(str(error)) from error

    def fired(self) -> tuple[Fired, ...]:
        """The newest lines that rules left in the message log."""
        return tuple(Fired(*line) for line in self._sight.remarks(_MARK, _SHOWN))

    def close(self) -> None:
        """Hang up."""
        self._client.close()
