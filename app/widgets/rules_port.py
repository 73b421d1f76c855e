"""What the desk asks of the rules of a session: how each stands, what each did, on and off."""

from typing import NamedTuple, Protocol


class RulesError(Exception):
    """The rules did not answer, or said no; the text says why."""


class RuleLine(NamedTuple):
    """A rule: its condition, what it does then, whether two people armed it, and how it stands in words."""

    name: str
    when: str
    then: str
    about: str
    armed: bool
    words: str
    fired: int  # times today
    held: int  # orders its condition holds on now


class Fired(NamedTuple):
    """One line a rule left in the message log: event time (ns), the sentence, the tone of its alarm ("" none)."""

    ts_ns: int
    words: str
    alarm: str


class RulesPort(Protocol):
    """The control process. `rules` and `turn` take their time and are asked off the screen's thread.

    They raise RulesError with the reason. `fired` only looks.
    """

    def rules(self) -> tuple[tuple[RuleLine, ...], str]:
        """Every rule, and why there is none."""

    def turn(self, name: str, on: bool) -> str:
        """Propose or arm a rule, or disarm it: what it is now, in words."""

    def fired(self) -> tuple[Fired, ...]:
        """What rules said and did last, newest first."""
