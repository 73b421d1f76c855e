"""Frames of a capture file, plain or gzip of any number of members, in lists."""

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from app.engine.errors import FeedError
from app.engine.events import Quarantined
from app.feeds.decode.pcap import Frame, PcapReader

_PIECE: Final = 1 << 20
_SLICE: Final = 1 << 12
_GZIP: Final = b"\x1f\x8b"


def frames_of(path: Path, reader: PcapReader) -> Iterator[list[Frame]]:
    """The frames of a capture file as they are read; gzip data cut short are set aside by the reader.

    Raises FeedError, DecodeError where it is no capture.
    """
    try:
        with path.open("rb") as file:
            for data in _plain(file):
                yield reader.feed(data)
    except EOFError:
        where = f"{path.name} offset {path.stat().st_size}"
        reader.aside.append(Quarantined(source=path.name, where=where, reason=f"{where}: gzip data cut short"))
    except OSError as error:
        raise FeedError(f"{path}: cannot be read: {error.strerror or error}") from error
    except zlib.error as error:
        raise FeedError(f"{path}: damaged gzip data: {error}") from error
    reader.finish()


def _plain(file: IO[bytes]) -> Iterator[bytes]:
    """What is in a file, unpacked member by member where it is gzip. Raises EOFError where the last one has no end."""
    piece = file.read(_PIECE)
    packed = piece.startswith(_GZIP)
    unpack = zlib.decompressobj(wbits=31)
    while piece:
        if not packed:
            yield piece
        for start in range(0, len(piece) if packed else 0, _SLICE):
            rest = piece[start : start + _SLICE]
            while rest := rest.lstrip(b"\0") if unpack.eof else rest:  # a member may be followed by padding
                if unpack.eof:
                    unpack = zlib.decompressobj(wbits=31)
                yield unpack.decompress(rest)
                rest = unpack.unused_data
        piece = file.read(_PIECE)
    if packed and not unpack.eof:
        raise EOFError
