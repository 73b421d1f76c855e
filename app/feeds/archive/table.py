"""One Delta table that takes every range once: loaded, checked, appended with the snapshot that was checked.

The library accepts an application transaction of the same or an older version and would double its rows. So nothing is
ever tried again blindly: after any failure the table is loaded anew, and what its log says decides. Every commit
carries how far each lane has come, the next chunk number, and the generation of its writer; two commits on one
snapshot that share one of these are a conflict to the library.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from app.engine.errors import EngineError, FeedError
from app.feeds.archive.place import Place
from app.feeds.archive.tables import DATE, SCHEMAS, properties

_CHUNKS: Final = "chunks"
_TRIES: Final = 20
_CONFIGURATION: Final = {"delta.checkpointInterval": "50"}
# What an object store, a disk or the network can do to us; all of it may pass.
TROUBLE: Final = (OSError, DeltaError)


class ArchiveUnavailableError(FeedError):
    """The archive cannot be written now: a full disk, a store that does not answer."""


class SupersededError(FeedError):
    """Another writer has taken this writer's place; nothing more is written by this one."""


class Span(NamedTuple):
    """What a commit says of a lane: from `start`, all up to `end` is in the table."""

    start: int
    end: int


class Lot(NamedTuple):
    """What one commit brings: its rows with chunks numbered from a first one on, how many, marks that it sets."""

    numbered: Callable[[int], pa.Table | None]
    chunks: int
    marks: Mapping[str, int]


class ArchiveTable:
    """A table of the archive and one writer's right to append to it.

    Raises ArchiveUnavailableError where the store fails.
    """

    def __init__(self, place: Place, name: str, group: str, level: int) -> None:
        self.name = name
        self._uri = place.table(name)
        self._options = place.options()
        self._group = f"writer {group}"
        self._generation = 0
        self._properties = properties(name, level)
        self._known: dict[str, int | None] = {}  # versions of the loaded snapshot: the library looks into files
        self._table = self._opened()

    @property
    def generation(self) -> int:
        """The writer's number among those that have written here; 0 before `claim`."""
        return self._generation

    def claim(self, generation: int | None = None) -> None:
        """Take the place of any earlier writer of the group; `generation` where somebody else counts them.

        Raises SupersededError where a writer of that or a later generation has been here.
        """
        for _ in range(_TRIES):
            self._reload()
            known = self._version(self._group) or 0
            wanted = known + 1 if generation is None else generation
            if wanted <= known:
                raise SupersededError(f"{self._uri}: generation {wanted} comes after {known} has written: refused")
            if self._committed([Transaction(self._group, wanted)]):
                self._generation = wanted
                return
        raise ArchiveUnavailableError(f"{self._uri}: {_TRIES} conflicts in a row with other writers")

    def position(self, lane: str) -> int:
        """Up to where a lane is in the table as it was loaded last; 0 where nothing is."""
        return self._version(lane) or 0

    def append(self, lot: Lot, spans: Mapping[str, Span]) -> bool:
        """Append the rows of these spans; False when they were there already.

        Raises SupersededError for an older writer, EngineError where somebody has moved a lane in between.
        """
        for _ in range(_TRIES):
            self._reload()
            if self._arrived(spans):
                return False
            first = self._version(_CHUNKS) or 0
            told = [Transaction(lane, span.end) for lane, span in spans.items()]
            told += [Transaction(mark, number) for mark, number in lot.marks.items()]
            told += [Transaction(_CHUNKS, first + lot.chunks), Transaction(self._group, self._generation)]
            if self._committed(told, lot.numbered(first)):
                return True
        raise ArchiveUnavailableError(f"{self._uri}: {_TRIES} conflicts in a row with other writers")

    def _arrived(self, spans: Mapping[str, Span]) -> bool:
        """True when all of it is in the table; raises where only some of it is, or where another writer writes."""
        newest = self._version(self._group) or 0
        if newest != self._generation:
            raise SupersededError(
                f"{self._uri}: generation {newest} writes here now, this writer is {self._generation}"
            )
        known = {lane: self.position(lane) for lane in spans}
        if spans and all(known[lane] >= span.end for lane, span in spans.items()):
            return True
        for lane, span in spans.items():
            if known[lane] != span.start:
                raise EngineError(f"{self._uri}: {lane} stands at {known[lane]}, rows from {span.start} were given")
        return False

    def _committed(self, told: list[Transaction], rows: pa.Table | None = None) -> bool:
        """Commit with the loaded snapshot; False when another commit was faster."""
        said, before = CommitProperties(app_transactions=told), self._table.version()
        try:
            if rows is None:
                schema = SCHEMAS[self.name]
                self._table.create_write_transaction([], "append", schema, partition_by=[DATE], commit_properties=said)
                self._reload()  # it leaves the snapshot as it was
            else:
                write_deltalake(
                    self._table, rows, mode="append", schema_mode="merge",
                    writer_properties=self._properties, commit_properties=said,
                )  # fmt: skip
        except CommitFailedError:
            return False
        except TROUBLE as error:
            raise ArchiveUnavailableError(f"{self._uri}: {_words(error)}") from error
        if self._table.version() == before + 1:
            self._known.update({one.app_id: one.version for one in told})
        else:  # others have committed in between
            self._known.clear()
        return True

    def _opened(self) -> DeltaTable:
        try:
            return DeltaTable(self._uri, storage_options=self._options)
        except TableNotFoundError:
            pass
        except TROUBLE as error:
            raise ArchiveUnavailableError(f"{self._uri}: {_words(error)}") from error
        try:
            return DeltaTable.create(
                self._uri, SCHEMAS[self.name], mode="ignore", partition_by=[DATE],
                storage_options=self._options, configuration=_CONFIGURATION,
            )  # fmt: skip
        except TROUBLE as error:
            raise ArchiveUnavailableError(f"{self._uri}: {_words(error)}") from error

    def _reload(self) -> None:
        before = self._table.version()
        try:
            self._table.update_incremental()
        except TROUBLE as error:
            raise ArchiveUnavailableError(f"{self._uri}: {_words(error)}") from error
        if self._table.version() != before:
            self._known.clear()

    def _version(self, name: str) -> int | None:
        if name not in self._known:
            try:
                self._known[name] = self._table.transaction_version(name)
            except TROUBLE as error:
                raise ArchiveUnavailableError(f"{self._uri}: {_words(error)}") from error
        return self._known[name]


def _words(error: BaseException) -> str:
    """A failure in one line without what the store sent as a page."""
    text = " ".join(str(error).split())
    return text if len(text) < 300 else f"{text[:300]} ..."
