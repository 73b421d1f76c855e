"""Databento records to market rows: MBO, MBP-1, TBBO, MBP-10, trades, status; definitions to reference data.

MBO rows go over as they are. MBP-1 and TBBO give a print and the touch, MBP-10 a print and level changes.
A record without a change that ends an atomic event gives an `F` row, which never changes a book, to carry the flag.
"""

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from app.engine.errors import complaint
from app.engine.events import Quarantined, Rows, no_market
from app.engine.universe import Universe
from app.feeds.decode import check, dbn_names, dbn_rows
from app.feeds.decode import dbn_frames as frames
from app.feeds.decode.dbn_levels import Ladders
from app.feeds.decode.symbols import SymbolFile


class Batch(NamedTuple):
    """Market rows of one run, what was set aside of it, and how many records that was."""

    rows: Rows
    aside: list[Quarantined]
    records: int


class DbnDecoder:
    """Fed with the records after the header, in pieces of any size; keeps the ladders of MBP-10 between them."""

    def __init__(self, file: str, header: bytes, universe: Universe, symbols: SymbolFile | None = None) -> None:
        """Raises DecodeError when the header makes no sense."""
        self._file = file
        self._header = header
        self._universe = universe
        self._metadata = frames.read_header(header, file)
        self.dataset = self._metadata.dataset
        self.schema = str(self._metadata.schema or "mixed")
        self.start, self.end = self._metadata.start, self._metadata.end or 2**63
        self._framer = frames.Framer(len(header))
        self._ladders = Ladders()
        self.directory = dbn_names.Directory(self._metadata, symbols)
        self.source = f"dbn:{self.dataset}"
        self.counts: dict[str, int] = {}
        self.learnt = 0  # definitions and mappings met so far
        self.bars: list[pa.Table] = []

    @property
    def records(self) -> int:
        """Records framed so far."""
        return self._framer.records

    def feed(self, data: bytes) -> list[Batch]:
        """The market rows of the records completed by this piece of the stream."""
        return [self._decoded(run) for run in self._framer.feed(data)]

    def finish(self) -> list[Quarantined]:
        """What is left at the end of the stream: a record cut short, or everything after an impossible length."""
        framer = self._framer
        if not framer.rest:
            return []
        where = f"{self._file} record {framer.records} (offset {framer.offset})"
        reason = f"{where}: {len(framer.rest)} bytes of a record that is cut short"
        if framer.broken:
            allowed = "4 or more words of 4 bytes; what follows cannot be framed"
            reason = complaint(where, "length", framer.rest[0], allowed) + f": {len(framer.rest)} bytes"
        return [Quarantined(source=self._file, where=where, reason=reason, raw=framer.rest[:4096])]

    def _decoded(self, run: frames.Run) -> Batch:
        layout = frames.LAYOUTS.get(run.rtype)
        if layout is None:
            return self._described(run)
        if run.records.shape[1] < layout.itemsize:
            return self._refused(run, f"{run.records.shape[1]} bytes, type {run.rtype} has {layout.itemsize} or more")
        records = run.view(layout)
        if run.rtype in frames.BARS:
            self.bars.append(self._bar_table(records))
            self._count("bars", len(records))
            return Batch(no_market(), [], 0)
        return self._market(run, records)

    def _market(self, run: frames.Run, records: NDArray[np.void]) -> Batch:
        shared = self._shared(run, records)
        match run.rtype:
            case frames.MBO:
                built = dbn_rows.by_order(records, shared)
            case frames.MBP_0:
                built = dbn_rows.prints_only(records, shared)
            case frames.MBP_10:
                built = dbn_rows.laddered(records, shared, self._ladders)
            case frames.STATUS:
                built = dbn_rows.statuses(records, shared)
                self._count("status_without_meaning", int(np.count_nonzero(dbn_rows.STATUSES[records["action"]] == 0)))
            case _:
                built = dbn_rows.touches(
                    records, shared, first="tbbo" in (self.schema, "tbbo" if run.rtype == frames.TBBO else "")
                )
        faults, rows_of = built
        verdict = check.judged(len(records), faults, self._origin(run, records))
        good = np.arange(len(records)) if verdict.good is None else np.flatnonzero(verdict.good)
        return Batch(rows_of(good), verdict.entries, verdict.rows)

    def _origin(self, run: frames.Run, records: NDArray[np.void]) -> check.Origin:
        return check.Origin(
            source=self._file,
            where=lambda row: f"{self._file} {run.at(row)}",
            value=lambda field, row: dbn_rows.shown(records, field, row),
            raw=lambda row: run.records[row].tobytes(),
        )

    def _shared(self, run: frames.Run, records: NDArray[np.void]) -> dict[str, NDArray[Any]]:
        """The fields every market row of a record carries."""
        received = records["ts_recv"]
        received = np.where(received > np.uint64(2**63 - 1), np.uint64(0), received).astype(np.int64)
        event = records["ts_event"]
        unknown = event > np.uint64(2**63 - 1)
        self._count("ts_event_undefined", int(np.count_nonzero(unknown)))
        times = np.where(unknown, received, event.astype(np.int64))
        indexed = np.where(received > 0, received, times)
        return {
            "ts_event": times,
            "ts_recv": received,
            "rec": np.arange(run.first, run.first + len(records)),
            "instrument": self.directory.codes(records["instrument"], indexed, self._universe),
            "venue": self._venues(records["publisher"]),
            "source": np.full(len(records), self._universe.sources.index(self.source), np.int16),
        }

    def _venues(self, publishers: NDArray[np.uint16]) -> NDArray[np.int16]:
        distinct, which = np.unique(publishers, return_inverse=True)
        names = [dbn_names.venue_of(number, self.dataset) for number in distinct.tolist()]
        codes: NDArray[np.int16] = np.array([self._universe.venues.index(name) for name in names], np.int16)[which]
        return codes

    def _described(self, run: frames.Run) -> Batch:
        """Take in definitions and symbol mappings, count the gateway's messages, pass over the rest (counted)."""
        if run.rtype not in (frames.DEFINITION, frames.SYMBOL_MAPPING):
            known = {frames.ERROR: "gateway_errors", frames.SYSTEM: "gateway_messages"}
            self._count(known.get(run.rtype, f"records_of_type_{run.rtype}"), len(run.records))
            return Batch(no_market(), [], 0)
        try:
            for found in dbn_names.by_library(self._header, run.records.tobytes()):
                self._learn(found)
        except ValueError as error:
            if len(run.records) == 1:
                return self._refused(run, str(error))
            parts = [self._described(run.only(row)) for row in range(len(run.records))]
            return Batch(no_market(), [entry for part in parts for entry in part.aside], sum(p.records for p in parts))
        return Batch(no_market(), [], 0)

    def _learn(self, found: Any) -> None:
        self.learnt += 1
        if hasattr(found, "stype_out_symbol"):
            self.directory.always(found.instrument_id, found.stype_out_symbol)
            return
        self.directory.always(found.instrument_id, found.raw_symbol)
        name = self.directory.name(found.instrument_id, found.ts_recv)
        self._universe.describe(dbn_names.reference_of(found, name))
        self._count("definitions")

    def _refused(self, run: frames.Run, why: str) -> Batch:
        count = len(run.records)
        where = f"{self._file} {run.at(0)}"
        more = f" ({count} records)" if count > 1 else ""
        entry = Quarantined(
            source=self._file, where=where, reason=f"{where}: {why}{more}", raw=run.records[0].tobytes()
        )
        return Batch(no_market(), [entry], count)

    def _bar_table(self, records: NDArray[np.void]) -> pa.Table:
        times = records["ts_event"].astype(np.int64)
        codes = self.directory.codes(records["instrument"], times, self._universe)
        names = [self._universe.instruments[code] for code in codes.tolist()]
        columns = {name: np.ascontiguousarray(records[name]) for name in ("open", "high", "low", "close", "volume")}
        return pa.table({"ts_event": times, "instrument": names, **columns})

    def _count(self, what: str, times: int = 1) -> None:
        if times:
            self.counts[what] = self.counts.get(what, 0) + times
