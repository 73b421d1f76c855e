"""Format `binance`: raw websocket captures, gzip or plain, a file or a folder of files in order of name."""

import gzip
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
_LONGEST_LINE: Final = 1 << 26
_PIECE: Final = 1 << 18


def open_recording(path: Path, universe: Universe, options: Options) -> Recording:
    """Open a capture, gzip or plain; lines are read as the market rows are asked for.

    Raises FeedError when it cannot be opened or is empty.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise FeedError(f"{path}: cannot be read: {error.strerror or error}") from error
    start = file.read(2)
    file.seek(0)
    if not start:
        file.close()
        raise FeedError(f"{path}: empty file (0 bytes); allowed: a capture, one message a line")
    recording = Recording(name=path.name, universe=universe, market=iter(()))
    recording.closers.append(file.close)
    decoder = BinanceDecoder(path.name, universe, options.symbols, options.source or SOURCE)
    recording.market = _market(file, start == _GZIP, decoder, recording)
    return recording


def _market(file: IO[bytes], packed: bool, decoder: BinanceDecoder, recording: Recording) -> Iterator[Rows]:
    for line in _lines(file, packed, decoder, recording):
        decoder.feed(line)
        if decoder.ready >= ROWS_AT_ONCE:
            yield from chunks(decoder.take())
            _hand_over(decoder, recording)
    decoder.finish()
    _hand_over(decoder, recording)
    recording.rows_total = decoder.line
    for what, times in decoder.counts.items():
        recording.count(what, times)
    _note(decoder, recording)
    if decoder.ready:
        yield from chunks(decoder.take())


def _lines(file: IO[bytes], packed: bool, decoder: BinanceDecoder, recording: Recording) -> Iterator[bytes]:
    """The lines of the file; a stop before its end is set aside, the lines before it are kept."""
    rest = b""
    try:
        source = gzip.GzipFile(fileobj=file) if packed else file
        while piece := source.read(_PIECE):
            *lines, rest = (rest + piece).split(b"\n")
            yield from lines
            if len(rest) > _LONGEST_LINE:
                yield rest
                rest = b""
    except (OSError, EOFError, zlib.error) as error:
        where = f"{recording.name} after line {decoder.line}"
        reason = f"{where}: the file is damaged or cut short: {error}"
        recording.set_aside([Quarantined(source=recording.name, where=where, reason=reason)])
    if rest:
        yield rest


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
