"""Databento identifiers: instrument ids to symbols by day, publishers to venues, definitions to reference data."""

import re
import struct
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Final, NamedTuple

import databento_dbn
import numpy as np
from numpy.typing import NDArray

from app.engine import units
from app.engine.events import Instrument
from app.engine.universe import Universe
from app.feeds.decode import dbn_frames as frames
from app.feeds.decode.symbols import DAY_NS, SymbolFile

_EPOCH: Final = 719_163  # ordinal of 1970-01-01
_ALWAYS: Final = (-(2**40), 2**40)
_PUBLISHER: Final = re.compile(r"publisher_id=[A-Z0-9]+\.[A-Z0-9]+\.([A-Z0-9]+) \(")
_FIRST_DAY: Final = -106_751  # the first whole day that int64 ns reach
_UNDEFINED_WHOLE: Final = 2**31 - 1


class Span(NamedTuple):
    """The symbol of an instrument id from `start` (inclusive) to `end` (exclusive), days since the epoch."""

    start: int
    end: int
    symbol: str


@cache
def venue_of(publisher: int, dataset: str) -> str:
    """The venue (MIC) of a publisher id as the DBN library names it; else the first word of the dataset.

    CME Globex is GLBX, the segment MIC, as in the dataset GLBX.MDP3.
    """
    probe = struct.pack("<BBHIQqIccBBQiI", 12, frames.MBP_0, publisher, 1, 1, 1, 1, b"T", b"B", 0, 0, 1, 0, 1)
    decoder = databento_dbn.DBNDecoder(has_metadata=False, input_version=3)
    decoder.write(probe)
    found = _PUBLISHER.search(str(decoder.decode()[0]))
    return found[1] if found else dataset.partition(".")[0] or f"P{publisher}"


class Directory:
    """Which symbol an instrument id means on which day."""

    def __init__(self, metadata: databento_dbn.Metadata, symbols: SymbolFile | None) -> None:
        """From the header's mappings, to or from ids; `symbols` renames the feed's symbols to instruments."""
        self._spans: dict[int, list[Span]] = {}
        self._renamed = symbols or SymbolFile()
        self.unnamed: set[int] = set()
        by_id = str(metadata.stype_in or "") == "instrument_id"
        for symbol, intervals in metadata.mappings.items():
            for interval in intervals:
                number, name = (symbol, interval["symbol"]) if by_id else (interval["symbol"], symbol)
                start, end = interval["start_date"].toordinal(), interval["end_date"].toordinal()
                if number.isdecimal() and name:
                    self.add(int(number), Span(start - _EPOCH, end - _EPOCH, name))
        self._part_namesakes()

    def add(self, number: int, span: Span) -> None:
        """A meaning of an id; a later one goes before earlier ones of the same days."""
        self._spans.setdefault(number, []).insert(0, span)

    def always(self, number: int, symbol: str) -> None:
        """A meaning of an id that has none yet (from a definition or a symbol mapping record)."""
        if number not in self._spans:
            self.add(number, Span(*_ALWAYS, symbol))

    def codes(self, ids: NDArray[np.uint32], times: NDArray[np.int64], universe: Universe) -> NDArray[np.int32]:
        """Instrument numbers of records by id and time (ns); an id without a symbol is named by its number."""
        distinct, which = np.unique(ids, return_inverse=True)
        days = times // DAY_NS
        symbols: list[str] = []
        picked = np.zeros(len(ids), np.intp)
        for index, number in enumerate(distinct.tolist()):
            spans = self._spans.get(number, [])
            here = np.flatnonzero(which == index) if len(distinct) > 1 else np.arange(len(ids))
            unset = np.ones(len(here), np.bool_)
            for span in spans:
                inside = unset & (days[here] >= span.start) & (days[here] < span.end)
                picked[here[inside]] = len(symbols)
                symbols.append(span.symbol)
                unset &= ~inside
            if unset.any():
                self.unnamed.add(number)
                picked[here[unset]] = len(symbols)
                symbols.append(str(number))
        return self._renamed.codes(symbols, picked, times, universe.instruments)

    def meanings(self) -> Iterator[tuple[int, str, int]]:
        """(id, instrument, since when in ns) of every meaning that is known."""
        for number, spans in self._spans.items():
            for span in spans:
                since = max(span.start, _FIRST_DAY) * DAY_NS
                yield number, self._renamed.instrument(span.symbol, max(span.start, 0)), since

    def name(self, number: int, time: int) -> str:
        """The instrument an id means at a time (ns)."""
        day = time // DAY_NS
        symbol = next((s.symbol for s in self._spans.get(number, ()) if s.start <= day < s.end), str(number))
        return self._renamed.instrument(symbol, day)

    def _part_namesakes(self) -> None:
        """Ids that share a symbol on the same day would share a book: they are told apart by their number."""
        users: dict[str, list[tuple[int, Span]]] = {}
        for number, spans in self._spans.items():
            for span in spans:
                users.setdefault(span.symbol, []).append((number, span))
        for symbol, uses in users.items():
            if _overlap(uses):
                for number, span in uses:
                    spans = self._spans[number]
                    spans[spans.index(span)] = span._replace(symbol=f"{symbol}#{number}")


def _overlap(uses: list[tuple[int, Span]]) -> bool:
    ordered = sorted(uses, key=lambda use: use[1].start)
    return any(a[0] != b[0] and b[1].start < a[1].end for a, b in pairwise(ordered))


def reference_of(definition: databento_dbn.InstrumentDefMsg, name: str) -> Instrument:
    """Reference data of a definition: tick, currency, and the contract's size as multiplier.

    The multiplier is contract_multiplier where the venue gives it, else unit_of_measure_qty, else 1.
    """
    tick, unit, times = definition.min_price_increment, definition.unit_of_measure_qty, definition.contract_multiplier
    multiplier = units.PRICE_SCALE
    if times not in (0, _UNDEFINED_WHOLE):
        multiplier = times * units.PRICE_SCALE
    elif 0 < unit < frames.UNDEFINED_PRICE:
        multiplier = unit
    lot = definition.min_lot_size_round_lot
    return Instrument(
        instrument=name,
        currency=definition.settl_currency or definition.currency or None,
        quote_currency=definition.currency or None,
        multiplier=multiplier,
        tick_size=tick if 0 < tick < frames.UNDEFINED_PRICE else None,
        lot=lot if 0 < lot < _UNDEFINED_WHOLE else None,
    )


def by_library(header: bytes, records: bytes) -> tuple[object, ...]:
    """Records as the DBN library's own objects, upgraded to its latest version. Raises ValueError when it refuses."""
    decoder = databento_dbn.DBNDecoder()
    try:
        decoder.write(header + records)
        return tuple(decoder.decode()[1:])
    except databento_dbn.DBNError as error:
        raise ValueError(str(error)) from error
