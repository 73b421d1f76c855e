"""Format `dbn`: Databento files, plain or zstd, one or a folder of them."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import zstandard

from app.engine.errors import DecodeError, FeedError
from app.engine.events import Quarantined, Rows
from app.engine.universe import Universe
from app.feeds.base import Options, Recording
from app.feeds.decode.dbn import DbnDecoder
from app.feeds.decode.dbn_frames import header_length
from app.feeds.decode.rows import blank, chunks, merged

FORMAT: Final = "dbn"
SUFFIXES: Final = (".dbn", ".dbn.zst")
_PIECE: Final = 1 << 18
_SLICE: Final = 1 << 13  # packed bytes at once: damage costs what one of them unpacks to
_ZSTD: Final = b"\x28\xb5\x2f\xfd"


class Stream:
    """The plain bytes of a file in pieces; `problem` says in the end why they stopped early, if they did."""

    def __init__(self, path: Path) -> None:
        """Raises FeedError when the file cannot be opened."""
        self._path = path
        self.problem: str | None = None
        try:
            self._file = path.open("rb")
            self._packed = self._file.read(4) == _ZSTD
            self._file.seek(0)
        except OSError as error:
            raise FeedError(f"{path}: cannot be read: {error.strerror or error}") from error

    def pieces(self) -> Iterator[bytes]:
        """The bytes in order, unpacked where the file is zstd."""
        return self._unpacked() if self._packed else self._plain()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _plain(self) -> Iterator[bytes]:
        try:
            while piece := self._file.read(_PIECE):
                yield piece
        except OSError as error:
            self.problem = f"{self._path.name}: reading stopped: {error.strerror or error}"

    def _unpacked(self) -> Iterator[bytes]:
        frame = zstandard.ZstdDecompressor().decompressobj()
        for piece in self._plain():
            for start in range(0, len(piece), _SLICE):
                rest = piece[start : start + _SLICE]
                while rest:
                    if frame.eof:
                        frame = zstandard.ZstdDecompressor().decompressobj()
                    try:
                        yield frame.decompress(rest)
                    except zstandard.ZstdError as error:
                        offset = self._file.tell() - len(piece) + start
                        self.problem = f"{self._path.name}: damaged zstd data after offset {offset}: {error}"
                        return
                    rest = frame.unused_data if frame.eof else b""
        if not frame.eof and self.problem is None:
            self.problem = f"{self._path.name}: zstd data cut short at offset {self._file.tell()}"


class Source:
    """One file: its header read at once, its records on demand."""

    def __init__(self, path: Path, recording: Recording, options: Options) -> None:
        """Raises FeedError or DecodeError when there is no readable header."""
        self.name = path.name
        self._recording = recording
        self._stream = Stream(path)
        recording.closers.append(self._stream.close)
        self._pieces = self._stream.pieces()
        header, self._rest = self._header()
        self.decoder = DbnDecoder(path.name, header, recording.universe, options.symbols)
        if options.source is not None:
            self.decoder.source = options.source

    def market(self) -> Iterator[Rows]:
        """The market rows of the file; what is set aside and counted goes to the recording."""
        yield from self._rows(self._rest)
        for piece in self._pieces:
            yield from self._rows(piece)
        self._recording.set_aside(self.decoder.finish())
        if self._stream.problem is not None:
            where = f"{self.name} after record {self.decoder.records}"
            entry = Quarantined(source=self.name, where=where, reason=self._stream.problem)
            self._recording.set_aside([entry])
        self._recording.rows_total = (self._recording.rows_total or 0) + self.decoder.records
        for what, times in self.decoder.counts.items():
            self._recording.count(what, times)
        self._note()

    def _rows(self, piece: bytes) -> Iterator[Rows]:
        for batch in self.decoder.feed(piece):
            self._recording.set_aside(batch.aside, batch.records)
            yield from chunks(batch.rows) if len(batch.rows) else ()

    def _header(self) -> tuple[bytes, bytes]:
        data = b""
        length = 8
        for piece in self._pieces:
            data += piece
            if length == 8 and len(data) >= 8:
                length = header_length(data[:8], self.name)
            if length > 8 and len(data) >= length:
                return data[:length], data[length:]
        if len(data) < 8 and self._stream.problem is None:
            header_length(data, self.name)
        why = f"; {self._stream.problem}" if self._stream.problem else ""
        raise DecodeError(f"{self.name}: DBN header cut short: {len(data)} of {length} bytes{why}")

    def _note(self) -> None:
        if self.decoder.directory.unnamed:
            ids = sorted(self.decoder.directory.unnamed)
            listed = ", ".join(map(str, ids[:10])) + (", ..." if len(ids) > 10 else "")
            self._recording.notes.append(f"{self.name}: no symbol for instrument ids {listed}; named by their number")
        if self.decoder.bars:
            self._recording.notes.append(f"{self.name}: bars are no market events and are passed over")


def files_in(path: Path) -> list[Path]:
    """The Databento files of a folder, or the one given; sorted by name."""
    if path.is_dir():
        return sorted(file for file in path.iterdir() if file.name.endswith(SUFFIXES))
    return [path]


def open_recording(path: Path, universe: Universe, options: Options) -> Recording:
    """Open one Databento file, or all of a folder (definitions first, then by their start).

    Raises FeedError when nothing can be read or a folder mixes schemas of a dataset (trades would count twice),
    DecodeError when a header makes no sense.
    """
    paths = files_in(path) if path.exists() else []
    if not paths:
        raise FeedError(f"{path}: no Databento file here; allowed: a file or folder of {' or '.join(SUFFIXES)}")
    recording = Recording(name=path.name, universe=universe, market=iter(()))
    try:
        sources = [Source(file, recording, options) for file in paths]
        _refuse_mixture(path, sources)
    except (FeedError, DecodeError):
        recording.close()
        raise
    recording.market = _market(sources)
    return recording


def _refuse_mixture(path: Path, sources: list[Source]) -> None:
    schemas: dict[str, set[str]] = {}
    for source in sources:
        if source.decoder.schema not in ("definition", "status") and not source.decoder.schema.startswith("ohlcv"):
            schemas.setdefault(source.decoder.dataset, set()).add(source.decoder.schema)
    for dataset, mixed in schemas.items():
        if len(mixed) > 1:
            words = ", ".join(sorted(mixed))
            raise FeedError(f"{path}: mixes schemas of {dataset}: {words}; a trade would count twice: name one file")


def _market(sources: list[Source]) -> Iterator[Rows]:
    for source in sources:
        if source.decoder.schema == "definition":
            yield from source.market()
    rest = sorted((s for s in sources if s.decoder.schema != "definition"), key=lambda s: s.decoder.start)
    if all(first.decoder.end <= second.decoder.start for first, second in pairwise(rest)):
        for source in rest:
            yield from source.market()
    else:
        yield from chunks(merged([_whole(source) for source in rest]))


def _whole(source: Source) -> Rows:
    parts = list(source.market())
    return np.concatenate(parts) if parts else blank(0)
