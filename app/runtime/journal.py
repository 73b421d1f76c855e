"""The journal, which is the tape: every block in the order applied, with its watermark; append-only, read by mmap.

    file     MAGIC, format version, size and hash of the market row, 32 bytes in all
    record   header (64 bytes, RECORD), then names (msgpack), market rows (raw), own rows, control rows (msgpack)

Names are numbered by arrival, so each record first carries the names and reference data that are new since the
record before. A record counts only when both its checksums hold; the first one that does not ends the tape.
"""

import hashlib
import io
import zlib
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

import msgspec
import numpy as np

from app.engine.errors import FeedError
from app.engine.events import MARKET, Block, Instrument
from app.engine.universe import Universe

MAGIC: Final = b"SCORTAPE"
VERSION: Final = 1
FILE: Final = np.dtype([("magic", "S8"), ("version", "u4"), ("row_bytes", "u4"), ("rows_hash", "u8"), ("pad", "u8")])
RECORD: Final = np.dtype(
    [
        ("mark", "S4"), ("kind", "u4"), ("watermark", "i8"), ("number", "u8"),
        ("names", "u4"), ("market", "u4"), ("orders", "u4"), ("controls", "u4"),
        ("order_count", "u4"), ("control_count", "u4"), ("pad", "u8"), ("body_crc", "u4"), ("head_crc", "u4"),
    ]
)  # fmt: skip
MARK: Final = b"BLCK"
BLOCK: Final = 1
END: Final = 2  # the run ended in good order at `watermark`
HEADED: Final = RECORD.itemsize - 4  # bytes the header's checksum covers: all before it
PARTS: Final = ("names", "market", "orders", "controls")


class Additions(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became known since the record before: names in the order of their numbers, reference data, FX rates."""

    instruments: list[str] = []
    venues: list[str] = []
    sources: list[str] = []
    reference: list[Instrument] = []
    fx: dict[str, list[tuple[int, float]]] = {}


class WrittenTape(NamedTuple):
    """How far an interrupted tape goes: offset behind its last whole record, their number, what they told."""

    whole: int
    number: int
    universe: Universe


class JournalWriter:
    """Appends blocks to a new file, or behind the last whole record of an interrupted one: what is torn is cut off.

    Raises FeedError where the file exists (no `behind`) or cannot be written.
    """

    def __init__(self, path: Path, universe: Universe, behind: WrittenTape | None = None) -> None:
        self._path = path
        self._universe = universe
        self._number = 0
        self._know(Universe() if behind is None else behind.universe)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if behind is None:
                self._file: io.BufferedIOBase = path.open("xb")
            else:
                self._number = behind.number
                self._file = path.open("r+b")
                self._file.truncate(behind.whole)
                self._file.seek(behind.whole)
        except FileExistsError as error:
            raise FeedError(f"{path}: a journal is only ever appended to by its own run; name a new file") from error
        except OSError as error:
            raise FeedError(f"{path}: the journal cannot be written: {error.strerror}") from error
        if behind is None:
            self._put(np.array([(MAGIC, VERSION, MARKET.itemsize, rows_hash(), 0)], FILE).tobytes())

    @property
    def number(self) -> int:
        """Records written so far."""
        return self._number

    def flush(self) -> None:
        """Hand what was appended to the system: it survives this process."""
        try:
            self._file.flush()
        except OSError as error:
            raise FeedError(f"{self._path}: the journal cannot be written: {error.strerror}") from error

    def write(self, block: Block) -> None:
        """Append one block, before the engine sees it."""
        self._append(BLOCK, block)

    def finish(self, end_ns: int) -> None:
        """Mark the run as ended in good order at end_ns."""
        self._append(END, Block(end_ns))

    def close(self) -> None:
        """Close the file; what has been appended stays."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _append(self, kind: int, block: Block) -> None:
        parts = (
            self._additions(),
            block.market.tobytes(),
            msgspec.msgpack.encode(block.orders) if block.orders else b"",
            msgspec.msgpack.encode(block.controls) if block.controls else b"",
        )
        crc = 0
        for part in parts:
            crc = zlib.crc32(part, crc)
        head = np.zeros(1, RECORD)
        head["mark"], head["kind"], head["watermark"], head["number"] = MARK, kind, block.watermark, self._number
        for name, part in zip(PARTS, parts, strict=True):
            head[name] = len(part)
        head["order_count"], head["control_count"] = len(block.orders), len(block.controls)
        head["body_crc"] = crc
        head["head_crc"] = zlib.crc32(head.tobytes()[:HEADED])
        self._number += 1
        self._put(head.tobytes(), *parts)

    def _put(self, *parts: bytes) -> None:
        try:
            for part in parts:
                self._file.write(part)
        except OSError as error:
            raise FeedError(f"{self._path}: the journal cannot be written: {error.strerror}") from error

    def _know(self, universe: Universe) -> None:
        """From here on all of it has been told."""
        self._known = [len(universe.instruments), len(universe.venues), len(universe.sources)]
        self._reference: dict[str, Instrument] = dict(universe.reference)
        self._fx = {pair: list(rates) for pair, rates in universe.fx.items()}

    def _additions(self) -> bytes:
        universe = self._universe
        tables = (universe.instruments, universe.venues, universe.sources)
        counts = [len(table) for table in tables]
        if counts == self._known and universe.reference == self._reference and universe.fx == self._fx:
            return b""
        new = [table.names[known:] for table, known in zip(tables, self._known, strict=True)]
        described = [i for name, i in universe.reference.items() if self._reference.get(name) != i]
        fx = {pair: rates for pair, rates in universe.fx.items() if self._fx.get(pair) != rates}
        self._know(universe)
        return msgspec.msgpack.encode(Additions(new[0], new[1], new[2], described, fx))


def rows_hash() -> int:
    """Hash of names, types and offsets of a market row: a tape is read only by the layout that wrote it."""
    return int.from_bytes(hashlib.sha256(str(MARKET.descr).encode()).digest()[:8], "little")
