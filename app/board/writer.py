"""The board's only writer."""

import fcntl
import mmap
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from app.board import files
from app.board.files import CHANGE, DTYPES, HEADER, META, NAMES, NUMBERS, STATE, TEXTS, BoardError, fence
from app.engine import layout
from app.engine.errors import EngineError
from app.engine.events import Rows
from app.engine.units import NULL

_AT_ONCE: Final = 256  # rows that are torn at the same time: a reader waits for these, not for the whole put


class BoardWriter:
    """Writes a board folder; a `layout.Sink`. A second writer on the folder is refused with BoardError.

    `clock` gives the monotonic ns stored beside the heartbeat counter (no clock: 0); `per_chunk` and `ring`
    override rows per chunk file and entries of the change ring. Opening a folder an earlier writer left starts
    a new epoch with empty sections.
    """

    def __init__(
        self,
        folder: Path,
        *,
        clock: Callable[[], int] | None = None,
        per_chunk: Mapping[str, int] | None = None,
        ring: int = files.RING,
    ) -> None:
        self.folder = folder
        self._clock = clock or (lambda: 0)
        self._per_chunk = {n: files.PER_CHUNK.get(n, files.DEFAULT_PER_CHUNK) for n in NAMES} | dict(per_chunk or {})
        self._texts: dict[str, int] = {"": 0}
        self._facts: dict[str, int] = {}
        self._pending: list[Rows] = []
        self._chunks: dict[str, list[files.Chunk]] = {name: [] for name in NAMES}
        self._new_texts: list[bytes] = []
        self._text_chunks: list[mmap.mmap] = []
        self._text_end = 0
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = _take_lock(folder)
        self._start(ring)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def intern(self, text: str) -> int:
        """Index of a text in the arena; 0 is the empty text."""
        found = self._texts.get(text)
        if found is not None:
            return found
        encoded = text.encode("utf-8", "replace")
        if len(encoded) > files.TEXT_CHUNK:
            raise EngineError(f"board: a text of {len(encoded)} bytes; at most {files.TEXT_CHUNK} fit")
        index = self._texts[text] = len(self._texts)
        self._new_texts.append(encoded)
        return index

    def put(self, section: str, index: NDArray[np.int64], rows: Rows) -> None:
        """Write rows at the given indices, growing the section; the change ring tells of them at the next beat."""
        index = np.asarray(index, np.int64)
        _check(section, index, rows)
        if not len(index):
            return
        self._store_texts()
        length, end = self.length(section), int(index.max()) + 1
        if end > length:
            gap = np.setdiff1d(np.arange(length, end), index)
            if len(gap):
                self._write(section, gap, files.blank(section, len(gap)))
        self._write(section, index, rows)
        if end > length:
            fence()
            self._state["lengths"][0, NUMBERS[section]] = end
        self._pending.append(_runs(NUMBERS[section], index))

    def length(self, section: str) -> int:
        """Rows written so far in a section."""
        return int(self._state["lengths"][0, NUMBERS[section]])

    def meta(self, key: str, text: str) -> None:
        """Set a small fact in words (session name, state, speed, hashes); for what changes rarely."""
        fact = np.array([(self.intern(key), self.intern(text))], DTYPES[META])
        self._store_texts()
        known = self._facts.setdefault(key, len(self._facts))
        self._write(META, np.array([known]), fact)
        fence()
        self._state["lengths"][0, NUMBERS[META]] = len(self._facts)
        fence()
        self._state["meta"][0] += np.uint64(1)

    def beat(self, watermark: int) -> None:
        """Close one publication: announce its changes; everything up to the watermark (event ns) is on the board."""
        self._store_texts()
        self._announce(watermark)
        fence()
        self._state["watermark"][0] = watermark
        self.heartbeat()

    def heartbeat(self) -> None:
        """Say that the writer lives, when there is nothing to publish."""
        self._state["heartbeat_ns"][0] = self._clock()
        fence()
        self._state["heartbeat"][0] += np.uint64(1)

    @property
    def epoch(self) -> int:
        """Number of this writer's turn on the folder, from 1."""
        return int(self._header["epoch"][0])

    def close(self) -> None:
        """Announce what is left, mark the board as closed in good order, give up the lock. Safe to call twice."""
        if self._lock < 0:
            return
        if self._pending:
            self._announce(int(self._state["watermark"][0]))
        self._state["closed"][0] = 1
        os.close(self._lock)
        self._lock = -1

    # -- epoch ---------------------------------------------------------------------------------------------------

    def _start(self, ring: int) -> None:
        self._header = np.frombuffer(files.map_file(files.header_path(self.folder), files.PAGE, write=True), HEADER, 1)
        epoch, generation = self._predecessor()
        home = files.epoch_folder(self.folder, epoch)
        home.mkdir()
        self._state = np.frombuffer(files.map_file(home / "state", files.PAGE, write=True), STATE, 1)
        self._ring = np.frombuffer(files.map_file(home / "changes", ring * CHANGE.itemsize, write=True), CHANGE, ring)
        self._home = home
        self._state["first"] = self._state["claimed"] = self._state["generation"] = generation + 1
        self._state["ring"] = ring
        self._state["text_chunk"] = files.TEXT_CHUNK
        self._state["per_chunk"][0, : len(NAMES)] = [self._per_chunk[name] for name in NAMES]
        self._state["watermark"] = NULL
        self._state["heartbeat_ns"] = self._clock()
        self._new_texts.append(b"")
        self._store_texts()
        self._announce_epoch(epoch)
        for old in self.folder.glob("e*"):  # the one before stays for readers that have not looked up yet
            if old.name[1:].isdigit() and int(old.name[1:]) < epoch - 1:
                shutil.rmtree(old, ignore_errors=True)

    def _predecessor(self) -> tuple[int, int]:
        """Next epoch, and the last generation of the writer before, so that generations never run back."""
        epochs = [int(p.name[1:]) for p in self.folder.glob("e*") if p.name[1:].isdigit()]
        last = max([int(self._header["epoch"][0]) if self._header["magic"][0] == files.MAGIC else 0, *epochs])
        old = files.epoch_folder(self.folder, last) / "state"
        if not last or not old.exists() or old.stat().st_size < files.PAGE:
            return last + 1, 0
        state = np.frombuffer(files.map_file(old, files.PAGE, write=False), STATE, 1)
        return last + 1, int(state["claimed"][0])

    def _announce_epoch(self, epoch: int) -> None:
        header = self._header
        odd = int(header["seq"][0]) | 1
        header["seq"] = odd
        fence()
        header["magic"], header["version"] = files.MAGIC, layout.VERSION
        header["layout"] = layout.layout_hash().encode()
        header["epoch"], header["pid"] = epoch, os.getpid()
        fence()
        header["seq"] = odd + 1

    # -- rows and texts ------------------------------------------------------------------------------------------

    def _write(self, section: str, index: NDArray[np.int64], rows: Rows) -> None:
        raw = files.as_bytes(np.ascontiguousarray(rows))
        for number, inside, places in files.by_chunk(index, self._per_chunk[section]):
            _, target, sequences = self._chunk(section, number)
            source = raw[places]
            for start in range(0, len(inside), _AT_ONCE):
                some = inside[start : start + _AT_ONCE]
                before = sequences[some]
                sequences[some] = before | np.uint64(1)
                fence()
                target[some] = source[start : start + _AT_ONCE]
                fence()
                sequences[some] = (before | np.uint64(1)) + np.uint64(1)

    def _chunk(self, section: str, number: int) -> files.Chunk:
        chunks, per_chunk = self._chunks[section], self._per_chunk[section]
        while len(chunks) <= number:
            path = self._home / f"{section}.{len(chunks)}"
            memory = files.map_file(path, files.chunk_bytes(section, per_chunk), write=True)
            chunks.append(files.map_chunk(section, per_chunk, memory))
        return chunks[number]

    def _store_texts(self) -> None:
        """Bring the texts interned since the last call to the files, before any row that names them."""
        if not self._new_texts:
            return
        texts, self._new_texts = self._new_texts, []
        rows = np.zeros(len(texts), DTYPES[TEXTS])
        for row, text in zip(rows, texts, strict=True):
            if not self._text_chunks or self._text_end + len(text) > files.TEXT_CHUNK:
                path = self._home / f"text.{len(self._text_chunks)}"
                self._text_chunks.append(files.map_file(path, files.TEXT_CHUNK, write=True))
                self._text_end = 0
            start, self._text_end = self._text_end, self._text_end + len(text)
            self._text_chunks[-1][start : self._text_end] = text
            row["chunk"], row["size"], row["offset"] = len(self._text_chunks) - 1, len(text), start
        first = self.length(TEXTS)
        self._write(TEXTS, np.arange(first, first + len(texts)), rows)
        fence()
        self._state["lengths"][0, NUMBERS[TEXTS]] = first + len(texts)

    # -- changes -------------------------------------------------------------------------------------------------

    def _announce(self, watermark: int) -> None:
        if not self._pending:
            return
        entries = np.concatenate(self._pending)
        self._pending.clear()
        size, last = len(self._ring), int(self._state["generation"][0])
        end = last + len(entries)
        entries["generation"] = np.arange(last + 1, end + 1, dtype=np.uint64)
        entries["watermark"] = watermark
        self._state["claimed"][0] = end  # readers of the entries about to be overwritten see this first
        fence()
        kept = entries[-size:]
        self._ring[(kept["generation"] % np.uint64(size)).astype(np.int64)] = kept
        fence()
        self._state["generation"][0] = end


def _take_lock(folder: Path) -> int:
    path = folder / "lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip() or "unknown"
        os.close(descriptor)
        raise BoardError(
            f"{folder}: another writer (process {holder}) holds this board; allowed: one writer per folder; "
            "stop it or choose another folder"
        ) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    return descriptor


def _check(section: str, index: NDArray[np.int64], rows: Rows) -> None:
    if section not in layout.SECTIONS:
        raise EngineError(f"board: no section {section!r}; there are {', '.join(layout.SECTIONS)}")
    if rows.dtype != DTYPES[section]:
        raise EngineError(f"board: rows of {section} have dtype {rows.dtype}; the layout says {DTYPES[section]}")
    if index.ndim != 1 or index.shape != rows.shape:
        raise EngineError(f"board: {section}: {index.shape} indices for {rows.shape} rows")
    if len(index) and int(index.min()) < 0:
        raise EngineError(f"board: {section}: row {int(index.min())} is negative")


def _runs(section: int, index: NDArray[np.int64]) -> Rows:
    """Changes of the given rows, consecutive ones joined."""
    starts = np.flatnonzero(np.diff(index, prepend=index[0] - 2) != 1)
    entries = np.zeros(len(starts), CHANGE)
    entries["row"] = index[starts]
    entries["count"] = np.diff(starts, append=len(index))
    entries["section"] = section
    return entries
