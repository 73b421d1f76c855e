"""Live symbology: what each feed's symbol or number means, from when on, as directories tell it during the day.

One table for all feeds: DBN definitions and symbol mappings, ITCH stock directory messages, FIX 55/48/22, kdb+ sym.
"""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from app.feeds.decode.symbols import DAY_NS, SymbolFile

ALWAYS: Final = -(2**63)  # valid from the beginning


@dataclass(slots=True)
class LiveSymbols:
    """(feed, symbol or number) -> instrument, valid from a time (ns). A symbol file, where there is one, goes first."""

    file: SymbolFile | None = None
    _spans: dict[tuple[str, str], tuple[list[int], list[str]]] = field(default_factory=dict)

    def learn(self, feed: str, symbol: str | int, instrument: str, since: int = ALWAYS) -> None:
        """From `since` (ns) on, the feed's symbol means this instrument; told again for that time, the newer holds."""
        times, names = self._spans.setdefault((feed, str(symbol)), ([], []))
        at = bisect_right(times, since)
        if at and times[at - 1] == since:
            names[at - 1] = instrument
        elif not at or names[at - 1] != instrument:
            times.insert(at, since)
            names.insert(at, instrument)

    def learn_fix(self, symbol: str, source: str | None, security: str | None) -> None:
        """A FIX message says what a SecurityID (48) of a SecurityIDSource (22) is called (55)."""
        if security and symbol and symbol != "[N/A]":
            self.learn(f"fix:{source or ''}", security, symbol)

    def knows(self, feed: str, symbol: str | int) -> bool:
        """True where a directory has said what the symbol means."""
        return (feed, str(symbol)) in self._spans

    def instrument(self, feed: str, symbol: str | int, ns: int) -> str:
        """The instrument a feed's symbol means at a time; its own name where nobody has said."""
        name = str(symbol)
        if self.file is not None and name in self.file.spans:
            return self.file.instrument(name, ns // DAY_NS)
        times, names = self._spans.get((feed, name), ([], []))
        at = bisect_right(times, ns)
        return names[at - 1] if at else name

    def symbology(self, feed: str) -> Callable[[str, int], str] | None:
        """(symbol, ns) -> instrument for what a feed itself calls by name; None where no file renames anything."""
        return None if self.file is None else lambda symbol, ns: self.instrument(feed, symbol, ns)

    def __len__(self) -> int:
        return sum(len(times) for times, _ in self._spans.values())
