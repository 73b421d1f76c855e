"""Readers of the board: any number, in any process; they never write."""

import mmap
import os
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.board import files
from app.board.files import CHANGE, DTYPES, HEADER, META, NAMES, NUMBERS, STATE, TEXTS, BoardError, TornRowsError, fence
from app.engine import layout
from app.engine.events import Rows

ATTEMPTS: Final = 20_000  # looks at a torn row before giving up: about 0.1 s with a writer on the other core
_AT_ONCE: Final = 512  # rows copied between two looks at their sequences
_DIRECT: Final = 100  # attempts before the processor is offered to the writer


class Heartbeat(NamedTuple):
    """The writer's beat: a counter, and the monotonic ns its clock gave."""

    beats: int
    ns: int


class BoardReader:
    """Reads a board folder. Raises BoardError when there is none yet or its layout is another one.

    A reader stays on the epoch it has mapped, so that what it reads belongs together; `changes` and `refresh`
    move it to the epoch of a new writer.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        path = files.header_path(folder)
        if not path.exists() or path.stat().st_size < files.PAGE:
            raise BoardError(f"{folder}: no board here yet; start the engine, or check the folder")
        self._meta: dict[str, str] = {}
        self._meta_version = 0
        self._header = np.frombuffer(files.map_file(path, files.PAGE, write=False), HEADER, 1)
        self._open()

    @property
    def epoch(self) -> int:
        """The writer's turn this reader has mapped."""
        return self._epoch

    @property
    def watermark(self) -> int:
        """Event time (ns) up to which everything is on the board; units.NULL before the first beat."""
        return int(self._state["watermark"][0])

    @property
    def heartbeat(self) -> Heartbeat:
        """Counter and clock of the writer's last beat: a counter that stands still is a writer that does."""
        return Heartbeat(int(self._state["heartbeat"][0]), int(self._state["heartbeat_ns"][0]))

    @property
    def closed(self) -> bool:
        """True when the writer ended in good order: the figures stand, nothing more will come."""
        return bool(self._state["closed"][0])

    @property
    def generation(self) -> int:
        """Number of the last change announced."""
        return int(self._state["generation"][0])

    def writer_alive(self) -> bool:
        """True while the process that wrote this epoch exists and has not closed the board."""
        return not self.closed and _exists(self._pid)

    def refresh(self) -> bool:
        """Move to the newest epoch; True when there was a new one (everything must be read again)."""
        if int(self._header["epoch"][0]) == self._epoch and int(self._header["seq"][0]) == self._seq:
            return False
        before = self._epoch
        self._open()
        return self._epoch != before

    def length(self, section: str) -> int:
        """Rows of a section."""
        return self._count(section)

    def rows(self, section: str, index: NDArray[np.int64] | slice | None = None, *, attempts: int = ATTEMPTS) -> Rows:
        """Copies of rows, each consistent in itself: of an index array, a slice, or all.

        Raises TornRowsError when a row stays half written for `attempts` looks, IndexError outside the section.
        """
        wanted = self._wanted(section, index)
        out = np.empty(len(wanted), DTYPES[section])
        self._copy(section, None, wanted, files.as_bytes(out), attempts)
        return out

    def column(
        self, section: str, name: str, index: NDArray[np.int64] | slice | None = None, *, attempts: int = ATTEMPTS
    ) -> NDArray[np.generic]:
        """One field of rows, as `rows` but without copying the others."""
        wanted = self._wanted(section, index)
        out = np.empty(len(wanted), DTYPES[section][name])
        self._copy(section, name, wanted, out, attempts)
        return out

    def text(self, index: int) -> str:
        """The text at an index of the arena."""
        if index >= len(self._texts):
            self._read_places()
        found = self._texts[index]
        return self._read_text(index) if found is None else found

    def texts(self, indices: NDArray[np.generic]) -> list[str]:
        """The texts at many indices of the arena."""
        return [self.text(i) for i in indices.tolist()]

    def meta(self) -> dict[str, str]:
        """The small facts in words that the writer has set."""
        version = int(self._state["meta"][0])
        if version != self._meta_version:
            rows = self.rows(META)
            self._meta = dict(zip(self.texts(rows["key"]), self.texts(rows["text"]), strict=True))
            self._meta_version = version
        return dict(self._meta)

    def changes(self, since: int) -> tuple[int, dict[str, NDArray[np.int64]], bool]:
        """What changed after a generation: (generation to ask with next, sorted row numbers by section, missed).

        `missed`: changes were overwritten or a new writer has come; read everything again. Start with 0.
        """
        generation, entries, missed = self.entries(since)
        changed: dict[str, NDArray[np.int64]] = {}
        for number in files.distinct(entries["section"]).tolist():
            mine = entries[entries["section"] == number]
            changed[NAMES[number]] = files.distinct(
                _expand(mine["row"].astype(np.int64), mine["count"].astype(np.int64))
            )
        return generation, changed, missed

    def entries(self, since: int) -> tuple[int, Rows, bool]:
        """The change ring itself after a generation: (generation, files.CHANGE rows in order, missed)."""
        self.refresh()
        state = self._state
        generation = int(state["generation"][0])
        none = np.empty(0, CHANGE)
        if since == generation:
            return generation, none, False
        size = len(self._ring)
        if since > generation or since < int(state["first"][0]) or generation - since > size:
            return generation, none, True
        fence()
        expected = np.arange(since + 1, generation + 1, dtype=np.uint64)
        entries = self._ring[(expected % np.uint64(size)).astype(np.int64)]
        fence()
        if int(state["claimed"][0]) - since > size or not np.array_equal(entries["generation"], expected):
            return generation, none, True
        return generation, entries, False

    # -- mapping -------------------------------------------------------------------------------------------------

    def _open(self) -> None:
        seq, epoch, pid = self._read_header()
        home = files.epoch_folder(self.folder, epoch)
        try:
            self._state = np.frombuffer(files.map_file(home / "state", files.PAGE, write=False), STATE, 1)
            size = int(self._state["ring"][0])
            memory = files.map_file(home / "changes", size * CHANGE.itemsize, write=False)
        except (OSError, ValueError) as error:
            raise BoardError(f"{home}: files of the board are missing or short ({error}); start the engine") from None
        self._ring = np.frombuffer(memory, CHANGE, size)
        self._seq, self._epoch, self._pid, self._home = seq, epoch, pid, home
        self._per_chunk = dict(zip(NAMES, self._state["per_chunk"][0].tolist(), strict=False))
        self._chunks: dict[str, list[files.Chunk]] = {name: [] for name in NAMES}
        self._text_chunks: list[mmap.mmap] = []
        self._texts: list[str | None] = []  # None: not asked for yet, a long day has more than a screen ever shows
        self._text_places: list[tuple[int, int, int]] = []  # chunk, first byte, behind the last
        self._meta, self._meta_version = {}, 0

    def _read_header(self) -> tuple[int, int, int]:
        for attempt in range(ATTEMPTS):
            seq = int(self._header["seq"][0])
            fence()
            header = self._header[0].copy()
            fence()
            if seq and seq % 2 == 0 and int(self._header["seq"][0]) == seq:
                self._check(header)
                return seq, int(header["epoch"]), int(header["pid"])
            _wait(attempt)
        raise BoardError(f"{self.folder}: the board's writer is starting or died while it did; start the engine again")

    def _check(self, header: np.void) -> None:
        if bytes(header["magic"]) != files.MAGIC:
            raise BoardError(f"{files.header_path(self.folder)}: magic = {bytes(header['magic'])!r} is not a board's")
        written, version = bytes(header["layout"]).decode(errors="replace"), int(header["version"])
        if (version, written) != (layout.VERSION, layout.layout_hash()):
            raise BoardError(
                f"{self.folder}: layout = version {version}, {written[:12]} is not allowed; allowed: version "
                f"{layout.VERSION}, {layout.layout_hash()[:12]}. The engine and this reader are different builds: "
                "start both from the same one"
            )

    def _chunk(self, section: str, number: int) -> files.Chunk:
        chunks, per_chunk = self._chunks[section], self._per_chunk[section]
        while len(chunks) <= number:
            path = self._home / f"{section}.{len(chunks)}"
            try:
                memory = files.map_file(path, files.chunk_bytes(section, per_chunk), write=False)
            except (OSError, ValueError) as error:
                raise BoardError(f"{path}: the board was replaced or cut ({error}); read it again") from None
            chunks.append(files.map_chunk(section, per_chunk, memory))
        return chunks[number]

    # -- copying -------------------------------------------------------------------------------------------------

    def _count(self, section: str) -> int:
        return int(self._state["lengths"][0, NUMBERS[section]])

    def _wanted(self, section: str, index: NDArray[np.int64] | slice | None) -> NDArray[np.int64]:
        length = self._count(section)
        fence()  # the length first, then rows below it
        return wanted_rows(section, index, length)

    def _copy(
        self, section: str, name: str | None, wanted: NDArray[np.int64], out: NDArray[np.generic], attempts: int
    ) -> None:
        for number, inside, places in files.by_chunk(wanted, self._per_chunk[section]):
            chunk = self._chunk(section, number)
            source = chunk.raw if name is None else chunk.rows[name]
            consecutive = bool(np.all(np.diff(inside) == 1))
            mine = out[places] if isinstance(places, slice) else out  # a view
            for start in range(0, len(inside), _AT_ONCE):
                some = slice(start, start + _AT_ONCE)
                copied, torn = _copy_stable(source, chunk.sequences, (inside[some], consecutive), attempts)
                mine[some if isinstance(places, slice) else places[some]] = copied
                if len(torn):
                    raise TornRowsError(section, torn + number * self._per_chunk[section])

    def _read_places(self) -> None:
        """Where the texts are that have come since the last look; their files are mapped as long as they are there."""
        rows = self.rows(TEXTS, slice(len(self._texts), None))
        starts = rows["offset"].astype(np.int64)
        ends = starts + rows["size"]
        self._text_places += zip(rows["chunk"].tolist(), starts.tolist(), ends.tolist(), strict=True)
        self._texts += [None] * len(rows)
        for number in range(len(self._text_chunks), int(rows["chunk"][-1]) + 1 if len(rows) else 0):
            path = self._home / f"text.{number}"
            self._text_chunks.append(files.map_file(path, int(self._state["text_chunk"][0]), write=False))

    def _read_text(self, index: int) -> str:
        chunk, start, end = self._text_places[index]
        found = self._texts[index] = self._text_chunks[chunk][start:end].decode("utf-8", "replace")
        return found


def _copy_stable(
    source: NDArray[np.generic], sequences: NDArray[np.uint64], wanted: tuple[NDArray[np.int64], bool], attempts: int
) -> tuple[NDArray[np.generic], NDArray[np.int64]]:
    """Copy rows until the sequence of each was even and the same before and after: (copies, rows that never were).

    `wanted`: row numbers, and whether they are consecutive, which is copied twice as fast.
    """
    inside, consecutive = wanted
    copies, left = source[:0], np.arange(0)
    for attempt in range(attempts):
        rows = inside[left] if attempt else slice(inside[0], inside[-1] + 1) if consecutive else inside
        before = sequences[rows].copy() if isinstance(rows, slice) else sequences[rows]
        fence()
        copied = source[rows].copy() if isinstance(rows, slice) else source[rows]  # an index copies by itself
        fence()
        good = (before == sequences[rows]) & (before & np.uint64(1) == 0)
        if attempt == 0:
            copies, left = copied, np.flatnonzero(~good)
        else:
            copies[left[good]] = copied[good]
            left = left[~good]
        if not len(left):
            break
        _wait(attempt)
    return copies, inside[left]


def _expand(first: NDArray[np.int64], count: NDArray[np.int64]) -> NDArray[np.int64]:
    """Row numbers of runs."""
    ends = np.cumsum(count)
    return np.repeat(first - ends + count, count) + np.arange(int(ends[-1]), dtype=np.int64)


def _wait(attempt: int) -> None:
    if attempt >= _DIRECT:
        os.sched_yield()


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def wanted_rows(section: str, index: NDArray[np.int64] | slice | None, length: int) -> NDArray[np.int64]:
    """Numbers of the rows asked for of a section with `length` rows. Raises IndexError beyond them."""
    if index is None or isinstance(index, slice):
        return np.arange(*(index or slice(None)).indices(length), dtype=np.int64)
    wanted = np.asarray(index, np.int64)
    if len(wanted) and not 0 <= int(wanted.min()) <= int(wanted.max()) < length:
        raise IndexError(f"{section}: rows {int(wanted.min())} to {int(wanted.max())}, there are {length}")
    return wanted
