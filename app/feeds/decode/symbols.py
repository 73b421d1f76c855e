"""Feed symbols and the instruments they mean, by UTC day."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.engine.errors import SettingsError
from app.engine.universe import Names

DAY_NS: Final = 86_400_000_000_000


class Span(NamedTuple):
    """The instrument a symbol means from `start` (inclusive) to `end` (exclusive), days since the epoch."""

    start: int
    end: int
    instrument: str


@dataclass(slots=True)
class SymbolFile:
    """The spans of each feed symbol."""

    spans: dict[str, list[Span]] = field(default_factory=dict)

    def add(self, symbol: str, span: Span) -> None:
        """Add a span; raises SettingsError when it overlaps one of the same symbol."""
        known = self.spans.setdefault(symbol, [])
        for other in known:
            if span.start < other.end and other.start < span.end:
                both = f"{other.instrument!r} and {span.instrument!r}"
                raise SettingsError(f"symbols: {symbol!r} means both {both} on the same day")
        known.append(span)

    def instrument(self, symbol: str, day: int) -> str:
        """The instrument a symbol means on a day (days since the epoch); its own name when not listed."""
        for span in self.spans.get(symbol, ()):
            if span.start <= day < span.end:
                return span.instrument
        return symbol

    def codes(
        self, symbols: Sequence[str], picked: NDArray[np.intp], times: NDArray[np.int64], names: Names
    ) -> NDArray[np.int32]:
        """Instrument numbers of rows: `picked` indexes `symbols` (-1 = none, gives -1), times in ns."""
        used = np.flatnonzero(np.bincount(picked[picked >= 0], minlength=len(symbols)))
        table = np.full(len(symbols) + 1, -1, np.int32)
        for index in used.tolist():
            if symbols[index] not in self.spans:
                table[index] = names.index(symbols[index])
        result: NDArray[np.int32] = table[picked]
        for index in used.tolist():
            if symbols[index] in self.spans:
                here = np.flatnonzero(picked == index)
                result[here] = self._dated(symbols[index], times[here] // DAY_NS, names)
        return result

    def _dated(self, symbol: str, days: NDArray[np.int64], names: Names) -> NDArray[np.int32]:
        """Numbers of one listed symbol on the given days; a day outside all its spans gives its own name."""
        result = np.full(len(days), -1, np.int32)
        for span in self.spans[symbol]:
            inside = (days >= span.start) & (days < span.end)
            if inside.any():
                result[inside] = names.index(span.instrument)
        if (result < 0).any():
            result[result < 0] = names.index(symbol)
        return result
