"""What the drill-down asks of the tape: the book as it was, a message as it came, the desk as it was."""

from pathlib import Path
from typing import Final, NamedTuple, Protocol

DEPTH: Final = 10


class LookbackError(Exception):
    """No answer; the text says why, in words for the screen."""


class Level(NamedTuple):
    """One price of one side: `side` B or A, price in quote currency, size, orders there (None unknown), own size."""

    side: str
    price: float
    size: int
    orders: int | None
    own: int


class LookbackPort(Protocol):
    """The tape's worker. Every call may take its time and is made off the screen's thread.

    Each raises LookbackError with the reason.
    """

    def ladder(self, instrument: str, ts_ns: int, venue: str | None = None, depth: int = DEPTH) -> list[Level]:
        """Levels of both sides, best first, after every row up to and with an event time; `venue` None: consolidated.

        `depth` levels a side.
        """

    def raw(self, source: str, seq: int) -> bytes | None:
        """A row as it came: raw FIX, or the row in words; None where the tape has none."""

    def desk_as_of(self, ts_ns: int) -> Path:
        """Folder of a private board that shows the desk as it was at an event time."""
