"""Format `archive`: a day of an archive as a recording, in the order of application."""

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.engine.errors import FeedError, SettingsError, complaint
from app.engine.events import Rows
from app.engine.universe import Universe
from app.feeds.archive.place import Place
from app.feeds.archive.reading import ArchiveReader
from app.feeds.base import Options, Recording, in_order
from app.feeds.decode.rows import chunks

ALL: Final = "all"
_SPAN: Final = ".."


def open_recording(path: Path, universe: Universe, options: Options) -> Recording:
    """Open the days `options.session_date` names: DAY, DAY..DAY, all; "" or None = the newest.

    Raises FeedError where there is no archive or no such day, SettingsError for a date that is none.
    """
    reader = ArchiveReader(Place.of(str(path)))
    there = reader.days()
    days = chosen(there, options.session_date or "", str(path))
    reader.describe(days, universe)
    recording = Recording(name=_name(path, days), universe=universe, market=iter(()))
    orders, verdicts = reader.order_rows(days)
    for verdict in verdicts:
        recording.set_aside(verdict.entries, verdict.rows)
    recording.orders = in_order(orders)
    recording.rows_total = sum(file.rows for file in reader.market.files() if file.day in days)
    if not options.session_date and len(there) > 1:
        recording.notes.append(
            f"the archive has {len(there)} days: {days[0]}, the newest, is read (--date names others)"
        )
    recording.market = _market(reader, days, recording)
    return recording


def chosen(there: Sequence[date], asked: str, where: str) -> list[date]:
    """The days that are asked for, of those that are there."""
    if not there:
        raise FeedError(f"{where}: the archive is empty")
    if asked in ("", ALL):
        return list(there) if asked else [there[-1]]
    first, _, last = asked.partition(_SPAN)
    try:
        begin, end = date.fromisoformat(first), date.fromisoformat(last or first)
    except ValueError:
        allowed = "a day like 2026-03-02, two with .. between them, or all"
        raise SettingsError(complaint("--date", "date", asked, allowed)) from None
    days = [day for day in there if begin <= day <= end]
    if not days:
        raise FeedError(f"{where}: nothing of {asked}; there is {there[0]} to {there[-1]}, {len(there)} days")
    return days


def _name(path: Path, days: Sequence[date]) -> str:
    return f"{path.name} {days[0]}" + (f" to {days[-1]}" if len(days) > 1 else "")


def _market(reader: ArchiveReader, days: Sequence[date], recording: Recording) -> Iterator[Rows]:
    """Rows as they were handed over where that is the order of application, otherwise sorted into it."""
    at = 0
    order = _order(reader, days)
    if order is None:
        parts = reader.market_rows(days, recording.universe)
    else:
        recording.notes.append("the archive has its rows as they arrived: the sources were merged by time")
        everything = np.concatenate(list(reader.market_rows(days, recording.universe)))
        parts = iter([everything[order]])
    for rows in parts:
        rows["rec"] = np.arange(at, at + len(rows))
        at += len(rows)
        yield from chunks(rows)


def _order(reader: ArchiveReader, days: Sequence[date]) -> NDArray[np.intp] | None:
    """How the rows have to be sorted: each source in its own order, merged by time; None where they are already."""
    universe = Universe()
    found = list(reader.arrivals(days, universe))
    if not found:
        return None
    times = np.concatenate([part for part, _ in found])
    sources = np.concatenate([part for _, part in found])
    for source in range(len(universe.sources)):
        own = np.flatnonzero(sources == source)
        times[own] = np.maximum.accumulate(times[own])
    if (times[1:] >= times[:-1]).all():
        return None
    return np.lexsort((np.array(universe.sources.ranks())[sources], times))
