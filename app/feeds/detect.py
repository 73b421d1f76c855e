"""Which format a path holds, by names and first bytes; it asks when in doubt rather than guess wrong."""

import gzip
import re
import zlib
from pathlib import Path
from typing import Final

import zstandard

from app.engine.errors import FeedError, SettingsError, complaint
from app.engine.itch.layout import LENGTHS
from app.feeds.decode.pcap import STARTS as CAPTURES
from app.runtime.journal import MAGIC

FORMATS: Final = ("session", "lobster", "dbn", "binance", "fixlog", "itch5", "journal")
_HEAD: Final = 4096
_GZIP: Final = b"\x1f\x8b"
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_CAPTURE: Final = re.compile(rb"^[0-9]{16,19} \{")
_FIX: Final = re.compile(rb"8=FIXT?\.[0-9]\.[0-9](\x01|\||;|\^A|\\x01|<SOH>|\x02)")
_LOBSTER: Final = re.compile(r"(^|_)message[^.]*\.(csv|parquet)$", re.IGNORECASE)
_LOBSTER_LINE: Final = re.compile(rb"^[0-9]+\.[0-9]+,[1-7],-?[0-9]+,-?[0-9]+,-?[0-9]+,-?[01]\r?\n")


def detect(path: Path) -> str:
    """The name of the format of a file or folder.

    Raises FeedError when the path cannot be read, SettingsError naming the known formats when it is none of them.
    """
    if not path.exists():
        raise FeedError(f"{path}: no such file or folder")
    try:
        found = _of_folder(path) if path.is_dir() else _of_file(path)
    except OSError as error:
        raise FeedError(f"{path}: cannot be read: {error.strerror or error}") from error
    if found is None:
        raise SettingsError(complaint(str(path), "format", "unknown", f"--format {', '.join(FORMATS)}"))
    return found


def _of_folder(path: Path) -> str | None:
    if (path / "market.parquet").exists():
        return "session"
    files = sorted(file for file in path.iterdir() if file.is_file())
    if any(_LOBSTER.search(file.name) for file in files):
        return "lobster"
    found = {_of_file(file) for file in files} - {None}
    return found.pop() if len(found) == 1 and found <= {"dbn", "binance", "fixlog", "itch5"} else None


def _of_file(path: Path) -> str | None:
    head = _head(path)
    if head.startswith(b"DBN"):
        return "dbn"
    if _CAPTURE.match(head):
        return "binance"
    if _LOBSTER.search(path.name) or _LOBSTER_LINE.match(head):
        return "lobster"
    if head.startswith(MAGIC):
        return "journal"
    if head[:4] in CAPTURES or _is_itch(head):
        return "itch5"
    return "fixlog" if _FIX.search(head) else None


def _is_itch(head: bytes) -> bool:
    """True where three messages with 2 bytes of length before each follow each other, or as many as there are."""
    at = messages = 0
    while messages < 3 and at + 3 <= len(head):
        size = int.from_bytes(head[at : at + 2], "big")
        if LENGTHS.get(chr(head[at + 2])) != size:
            return False
        at += 2 + size
        messages += 1
    return messages > 0 and (messages == 3 or at == len(head))


def _head(path: Path) -> bytes:
    """The first plain bytes of a file, unpacked where it is gzip or zstd; what can be read of a damaged one."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    try:
        if head.startswith(_GZIP):
            return zlib.decompressobj(wbits=31).decompress(head, _HEAD)
        if head.startswith(_ZSTD):
            return zstandard.ZstdDecompressor().decompressobj().decompress(head)[:_HEAD]
    except (zlib.error, gzip.BadGzipFile, zstandard.ZstdError):
        return b""
    return head
