"""Files of a board: a header that names the epoch, and per epoch a state file, chunks, a text arena, a change ring.

    header             magic, layout version and hash, epoch, writer pid; its own sequence
    lock               held by the writer (flock) as long as it lives
    e<epoch>/state     heartbeat, watermark, generation, lengths
    e<epoch>/changes   the change ring
    e<epoch>/<section>.<k>   rows of chunk k, then one sequence number per row
    e<epoch>/text.<k>  bytes of the texts

Every cell that is read without a sequence is one aligned 8-byte word with one writer.
"""

import mmap
import os
import platform
import threading
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from app.engine import layout
from app.engine.errors import ScorecardError
from app.engine.events import Rows
from app.engine.units import NULL

MAGIC: Final = b"LSBOARD1"
PAGE: Final = 4096
Scalar = TypeVar("Scalar", bound=np.generic)
MAX_SECTIONS: Final = 32

# the fields up to `layout` never move: an older or newer build must be able to name the mismatch
HEADER: Final = np.dtype(
    [("magic", "S8"), ("version", "u8"), ("layout", "S64"), ("seq", "u8"), ("epoch", "u8"), ("pid", "i8")], align=True
)
STATE: Final = np.dtype(
    [
        ("closed", "u8"), ("heartbeat", "u8"), ("heartbeat_ns", "i8"), ("watermark", "i8"),
        ("first", "u8"), ("claimed", "u8"), ("generation", "u8"), ("ring", "u8"), ("meta", "u8"),
        ("text_chunk", "u8"), ("lengths", "u8", (MAX_SECTIONS,)), ("per_chunk", "u8", (MAX_SECTIONS,)),
    ],
    align=True,
)  # fmt: skip
# One change: rows [row, row + count) of a section, announced when their publication closed.
CHANGE: Final = np.dtype(
    [("generation", "u8"), ("watermark", "i8"), ("row", "u8"), ("count", "u4"), ("section", "u4")], align=True
)

TEXTS: Final = "_texts"
META: Final = "_meta"
DTYPES: Final[dict[str, np.dtype[np.void]]] = {
    **layout.SECTIONS,
    TEXTS: np.dtype([("chunk", "u4"), ("size", "u4"), ("offset", "u8")], align=True),
    META: np.dtype([("key", "u4"), ("text", "u4")], align=True),
}
NAMES: Final = tuple(DTYPES)
NUMBERS: Final = {name: number for number, name in enumerate(NAMES)}
PER_CHUNK: Final[dict[str, int]] = {
    "parents": 2048, "fills": 8192, "children": 8192, "instruments": 256, "trace": 65536, "events": 16384,
    "sources": 64, TEXTS: 16384, META: 64,
}  # fmt: skip
DEFAULT_PER_CHUNK: Final = 4096  # a section added later
RING: Final = 65536
TEXT_CHUNK: Final = 1 << 20


class BoardError(ScorecardError):
    """A board that cannot be opened, read or written: the text says which folder and what to do."""


class TornRowsError(BoardError):
    """Rows that stayed half written: `index` holds them; their writer is slow or has died."""

    def __init__(self, section: str, index: NDArray[np.int64]) -> None:
        super().__init__(
            f"{section}: {len(index)} row(s) half written, the first is row {int(index[0])}; "
            "their writer is busy or has died: keep the last values and read again"
        )
        self.section = section
        self.index = index


def blank(section: str, count: int = 1) -> Rows:
    """Rows of a section with every field undefined: NaN, units.NULL, empty text, -1 for i4 and i1."""
    rows = np.zeros(count, DTYPES[section])
    for name in rows.dtype.names or ():
        kind = rows.dtype[name].base.str[1:]
        if kind == "f8":
            rows[name] = np.nan
        elif kind in ("i8", "i4", "i1"):
            rows[name] = NULL if kind == "i8" else -1
    return rows


def distinct(values: NDArray[Scalar]) -> NDArray[Scalar]:
    """Different values, sorted. np.unique loads numpy's masked arrays when it is first called, a frame and a half."""
    ordered = np.sort(values)
    first = np.ones(len(ordered), bool)
    first[1:] = ordered[1:] != ordered[:-1]
    return ordered[first]


def header_path(folder: Path) -> Path:
    """The header file of a board folder."""
    return folder / "header"


def epoch_folder(folder: Path, epoch: int) -> Path:
    """Where the files of one epoch are."""
    return folder / f"e{epoch}"


def chunk_bytes(section: str, per_chunk: int) -> int:
    """Size of one chunk file: rows, then one u8 sequence per row at an aligned offset."""
    return _sequence_offset(section, per_chunk) + 8 * per_chunk


class Chunk(NamedTuple):
    """A mapped chunk: its rows with fields, the same rows as plain bytes, one sequence per row."""

    rows: Rows
    raw: Rows
    sequences: NDArray[np.uint64]


def map_chunk(section: str, per_chunk: int, memory: mmap.mmap) -> Chunk:
    """Views of a chunk file; nothing is copied."""
    rows = np.frombuffer(memory, DTYPES[section], per_chunk)
    sequences = np.frombuffer(memory, np.uint64, per_chunk, _sequence_offset(section, per_chunk))
    return Chunk(rows, as_bytes(rows), sequences)


def as_bytes(rows: Rows) -> Rows:
    """The same rows without fields: numpy copies a structured row field by field, ten times slower than its bytes."""
    return rows.view(f"V{rows.dtype.itemsize}")


def _sequence_offset(section: str, per_chunk: int) -> int:
    return -(-DTYPES[section].itemsize * per_chunk // 64) * 64


def map_file(path: Path, size: int, *, write: bool) -> mmap.mmap:
    """Map a file; a writer creates it or grows it to the size, and never shrinks one that is mapped elsewhere."""
    flags = os.O_RDWR | os.O_CREAT if write else os.O_RDONLY
    descriptor = os.open(path, flags, 0o600)
    try:
        if write and os.fstat(descriptor).st_size < size:
            os.ftruncate(descriptor, size)
        return mmap.mmap(descriptor, size, access=mmap.ACCESS_WRITE if write else mmap.ACCESS_READ)
    finally:
        os.close(descriptor)


def by_chunk(
    index: NDArray[np.int64], per_chunk: int
) -> Sequence[tuple[int, NDArray[np.int64], NDArray[np.int64] | slice]]:
    """Split row numbers by chunk: (chunk, rows inside it, their places in `index`)."""
    chunks = index // per_chunk
    if not len(index) or bool(np.all(chunks == chunks[0])):
        return [(int(chunks[0]), index - chunks[0] * per_chunk, slice(None))] if len(index) else []
    if bool(np.all(chunks[1:] >= chunks[:-1])):  # as changes are told: each chunk's places are together
        cuts = [0, *(np.flatnonzero(np.diff(chunks)) + 1).tolist(), len(index)]
        spans = [slice(first, last) for first, last in pairwise(cuts)]
        return [(int(chunks[span.start]), index[span] - chunks[span.start] * per_chunk, span) for span in spans]
    parts: list[tuple[int, NDArray[np.int64], NDArray[np.int64] | slice]] = []
    for chunk in distinct(chunks).tolist():
        places = np.flatnonzero(chunks == chunk)
        parts.append((chunk, index[places] - chunk * per_chunk, places))
    return parts


_ORDERED = platform.machine().lower() in ("x86_64", "amd64", "i686", "i386")
_FENCE = threading.Lock()


def fence() -> None:
    """Keep stores and loads in program order: nothing to do on x86, two lock cycles elsewhere."""
    if not _ORDERED:  # a store cannot pass the first release, nor a later one the second acquire
        for _ in range(2):
            _FENCE.acquire()
            _FENCE.release()
