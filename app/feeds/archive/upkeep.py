"""Looking after an archive: small files put together, old days let go, everything read back and checked."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from deltalake import CommitProperties, DeltaTable

from app.engine.errors import ScorecardError
from app.engine.universe import Universe
from app.feeds.archive import unpacking
from app.feeds.archive.feed import ALL, chosen
from app.feeds.archive.packing import checksum
from app.feeds.archive.place import Place
from app.feeds.archive.reading import ArchiveReader, DataFile, TableReader, in_order
from app.feeds.archive.table import TROUBLE, ArchiveUnavailableError
from app.feeds.archive.tables import DATE, MARKET, SCHEMAS, properties

_TARGET_BYTES: Final = 512 << 20
_RETRIES: Final = 5


@dataclass(slots=True)
class Findings:
    """What `verify` says: a line a table and day, and every fault."""

    lines: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def compact(address: str, level: int) -> Iterator[str]:
    """Rewrite the small files of each table and day into few; what is in them, and who was where, stays.

    Readers that have opened the table go on with the files they know until `retain` removes them.
    """
    place = Place.of(address)
    for name in SCHEMAS:
        table = _opened(place, name)
        try:
            done = table.optimize.compact(
                target_size=_TARGET_BYTES,
                writer_properties=properties(name, level),
                commit_properties=CommitProperties(max_commit_retries=_RETRIES),
            )
        except TROUBLE as error:
            raise ArchiveUnavailableError(f"{place.table(name)}: {error}") from error
        yield f"{name}: {done['numFilesRemoved']} files became {done['numFilesAdded']}"


def retain(address: str, days: int | None, hours: int) -> Iterator[str]:
    """Drop all but the newest `days` that have rows (None = none), then remove files unreferenced for `hours`.

    A reader works on the files of the version it has opened: `hours` is how long such a reader may take.
    """
    place = Place.of(address)
    there = ArchiveReader(place).days()
    gone = there[:-days] if days is not None else []
    for name in SCHEMAS:
        table = _opened(place, name)
        try:
            if gone:
                table.delete(f"{DATE} <= DATE '{gone[-1].isoformat()}'")
            files = table.vacuum(retention_hours=hours, dry_run=False, enforce_retention_duration=False)
        except TROUBLE as error:
            raise ArchiveUnavailableError(f"{place.table(name)}: {error}") from error
        yield f"{name}: {len(gone)} days let go, {len(files)} files removed"


def verify(address: str, asked: str | None) -> Findings:
    """Read the days asked for back (None = all of them): every chunk against its checksum, every own row decoded."""
    reader = ArchiveReader(Place.of(address))
    found = Findings()
    for day in chosen(reader.days(), asked or ALL, address):
        files = [file for file in reader.market.files() if file.day == day]
        problems = list(_problems(reader, files))
        found.faults += [problem for problem in problems if problem]
        orders, verdicts = reader.order_rows([day])
        found.faults += [entry.reason for verdict in verdicts for entry in verdict.entries]
        rows = sum(file.rows for file in files)
        each = f", {sum(file.bytes for file in files) / rows:.2f} bytes a row" if rows else ""
        found.lines.append(f"{day}: {rows:,} market rows in {len(problems)} chunks{each}; {len(orders):,} own rows")
    return found


def _problems(reader: ArchiveReader, files: list[DataFile]) -> Iterator[str]:
    """Chunk by chunk what is wrong with it, "" where nothing is."""
    for number, chunk in reader.market.found(files):
        universe = Universe()
        try:
            packed = unpacking.unpack(in_order(chunk, MARKET, number), universe)
        except ScorecardError as error:
            yield str(error)
            continue
        whole = packed.check == checksum(packed.rows, universe)
        yield "" if whole else f"{MARKET} chunk {number}: the rows do not fit their checksum"


def _opened(place: Place, name: str) -> DeltaTable:
    return TableReader(place, name).delta
