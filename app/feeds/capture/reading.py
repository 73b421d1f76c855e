"""Frames of a capture file, plain or gzip, in lists."""

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from app.engine.errors import FeedError
from app.feeds.decode.pcap import Frame, PcapReader

_PIECE: Final = 1 << 20
_SLICE: Final = 1 << 12
_GZIP: Final = b"\x1f\x8b"


def frames_of(path: Path, reader: PcapReader) -> Iterator[list[Frame]]:
    """The frames of a capture file as they are read. Raises FeedError, DecodeError where it is no capture."""
    try:
        with path.open("rb") as file:
            piece = file.read(_PIECE)
            unpack = zlib.decompressobj(wbits=31) if piece.startswith(_GZIP) else None
            while piece:
                if unpack is None:
                    yield reader.feed(piece)
                else:
                    for start in range(0, len(piece), _SLICE):
                        yield reader.feed(unpack.decompress(piece[start : start + _SLICE]))
                piece = file.read(_PIECE)
    except OSError as error:
        raise FeedError(f"{path}: cannot be read: {error.strerror or error}") from error
    except zlib.error as error:
        raise FeedError(f"{path}: damaged gzip data: {error}") from error
    reader.finish()
