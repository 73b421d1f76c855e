"""Format `binance`: raw websocket captures, gzip or plain, a file or a folder of files in order of name."""

import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from app.engine.errors import FeedError
from app.engine.events import Quarantined, Rows
from app.engine.universe import Universe
from app.feeds.base import Options, Recording
from app.feeds.decode.binance import SOURCE, BinanceDecoder
from app.feeds.decode.rows import ROWS_AT_ONCE, chunks

FORMAT: Final = "binance"
_GZIP: Final = b"\x1f\x8b"
_CAPTURE: Final = re.compile(rb"^[0-9]{16,19} \{")
_LONGEST_LINE: Final = 1 << 26
_PIECE: Final = 1 << 18
_SLICE: Final = 1 << 13  # packed bytes at once: damage costs what one of them unpacks to


def open_recording(path: Path, universe: Universe, options: Options) -> Recording:
    """Open a capture, gzip or plain, or a folder of consecutive ones; lines are read as the rows are asked for.

    Raises FeedError when there is none, or one cannot be opened or is empty.
    """
    files = captures_in(path)
    if not files:
        raise FeedError(f"{path}: no capture here; allowed: lines of a stamp in ns, a space, one JSON message")
    recording = Recording(name=path.name, universe=universe, market=iter(()))
    try:
        opened = [_opened(file, recording) for file in files]
    except FeedError:
        recording.close()
        raise
    decoder = BinanceDecoder(files[0].name, universe, options.symbols, options.source or SOURCE)
    recording.market = _market(opened, decoder, recording)
    return recording


def captures_in(path: Path) -> list[Path]:
    """The captures of a folder by their first bytes, sorted by name; a file is taken at its word."""
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.iterdir() if file.is_file() and _is_capture(file))


def _is_capture(file: Path) -> bool:
    try:
        with file.open("rb") as raw:
            head = raw.read(4096)
    except OSError:
        return False
    if head.startswith(_GZIP):
        try:
            head = zlib.decompressobj(wbits=31).decompress(head, 4096)
        except zlib.error:
            return False
    return _CAPTURE.match(head) is not None


def _opened(path: Path, recording: Recording) -> tuple[Path, IO[bytes]]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise FeedError(f"{path}: cannot be read: {error.strerror or error}") from error
    recording.closers.append(file.close)
    if not file.read(1):
        raise FeedError(f"{path}: empty file (0 bytes); allowed: a capture, one message a line")
    file.seek(0)
    return path, file


def _market(opened: list[tuple[Path, IO[bytes]]], decoder: BinanceDecoder, recording: Recording) -> Iterator[Rows]:
    for path, file in opened:
        decoder.start_file(path.name)
        for line in _lines(path.name, file, decoder, recording):
            decoder.feed(line)
            if decoder.ready >= ROWS_AT_ONCE:
                yield from chunks(decoder.take())
                _hand_over(decoder, recording)
    decoder.finish()
    _hand_over(decoder, recording)
    recording.rows_total = decoder.lines
    for what, times in decoder.counts.items():
        recording.count(what, times)
    _note(decoder, recording)
    if decoder.ready:
        yield from chunks(decoder.take())


def _lines(name: str, file: IO[bytes], decoder: BinanceDecoder, recording: Recording) -> Iterator[bytes]:
    """The lines of a file; a stop before its end is set aside, the lines before it are kept."""
    rest = b""
    packed = file.read(2) == _GZIP
    file.seek(0)
    try:
        for piece in _unpacked(file) if packed else iter(lambda: file.read(_PIECE), b""):
            *lines, rest = (rest + piece).split(b"\n")
            yield from lines
            if len(rest) > _LONGEST_LINE:
                yield rest
                rest = b""
    except (OSError, EOFError, zlib.error) as error:
        where = f"{name} after line {decoder.line}"
        reason = f"{where}: the file is damaged or cut short: {error}"
        recording.set_aside([Quarantined(source=name, where=where, reason=reason)])
    if rest:
        yield rest


def _unpacked(file: IO[bytes]) -> Iterator[bytes]:
    """The plain bytes of a gzip file of any number of members. Raises EOFError or zlib.error where it ends early."""
    member = zlib.decompressobj(wbits=31)
    while packed := file.read(_SLICE):
        while packed:
            if member.eof:
                member = zlib.decompressobj(wbits=31)
            yield member.decompress(packed)
            packed = member.unused_data.lstrip(b"\0") if member.eof else b""
    if not member.eof:
        raise EOFError("the last gzip member has no end")


def _hand_over(decoder: BinanceDecoder, recording: Recording) -> None:
    recording.set_aside(decoder.aside)
    decoder.aside = []


def _note(decoder: BinanceDecoder, recording: Recording) -> None:
    counts = decoder.counts
    if counts.get("depth_events") and not counts.get("snapshots"):
        recording.notes.append(f"{recording.name}: no depth snapshot: the book cannot be built, trades are kept")
    if counts.get("gaps"):
        recording.notes.append(
            f"{recording.name}: {counts['gaps']} gaps in the depth updates; book void until a snapshot"
        )
    if counts.get("out_of_order"):
        words = f"{counts['out_of_order']} lines have a stamp before an earlier line's; applied in file order"
        recording.notes.append(f"{recording.name}: {words}")
