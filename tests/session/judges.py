"""Two judges read the same sheet, the slow oracle and the engine; a hand-computed value must satisfy both."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any, Protocol

from app.feeds.generator.hand import Row, Sheet
from tests.session.compare import same, shown
from tests.session.oracle import Session
from tests.session.play import keyed, played


class Reading(Protocol):
    """Tables of one session by key."""

    def parent(self, name: str = "P1") -> Row:
        """One line of the parents table."""

    def fill(self, name: str = "F1", parent: str = "P1") -> Row:
        """One line of the fills table."""


Judge = Callable[[Sheet], Reading]


class OracleReading:
    """What the slow oracle says, in the units of the output."""

    def __init__(self, sheet: Sheet) -> None:
        session = Session(sheet.market, sheet.orders, sheet.instruments)
        self.parents, self.fills = session.parents(), session.fills()

    def parent(self, name: str = "P1") -> Row:
        """One parent."""
        return {column: shown(column, value) for column, value in self.parents[name].items()}

    def fill(self, name: str = "F1", parent: str = "P1") -> Row:
        """One fill."""
        return {column: shown(column, value) for column, value in self.fills[parent, name].items()}


class EngineReading:
    """What the engine says."""

    def __init__(self, sheet: Sheet, block: int = 64) -> None:
        tables = played(sheet, block).tables()
        self.parents = keyed(tables["parents"], "parent_id")
        self.fills = keyed(tables["fills"], "parent_id", "fill_id")

    def parent(self, name: str = "P1") -> Row:
        """One parent."""
        return self.parents[name]

    def fill(self, name: str = "F1", parent: str = "P1") -> Row:
        """One fill."""
        found: Row = self.fills[parent, name]
        return found


def bps(move: str | int, over: str | int) -> Fraction:
    """move / over in basis points, exactly."""
    return Fraction(move) / Fraction(over) * 10_000


def agrees(got: Row, expected: dict[str, Any]) -> list[str]:
    """The columns in which a line differs from what was worked out by hand; strings are decimal numbers or text."""
    wrong = []
    for column, value in expected.items():
        wanted = float(value) if isinstance(value, Fraction) else value
        if not same(column, wanted, got[column]):
            wrong.append(f"{column}: expected {wanted!r}, got {got[column]!r}")
    return wrong
