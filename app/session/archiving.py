"""A run in this process into an archive: its blocks as deliveries, its figures behind them."""

import hashlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.engine.events import Block
from app.engine.universe import Universe
from app.feeds.archive.delivery import Delivery, WriterOptions
from app.feeds.archive.place import Place, is_archive, require_library
from app.runtime.outputs import Tables
from app.session.request import ReplayRequest
from app.settings import Settings

if TYPE_CHECKING:
    from app.feeds.archive.writer import ArchiveWriter

_ENDS: Final = 1 << 16  # bytes read of either end of a file to tell it from others


class RunArchive:
    """What a run applies, counted row by row: the same run again finds its rows there and leaves them out.

    `name` stands for the rows of the run: equal names mean equal rows in equal order.
    """

    def __init__(self, writer: "ArchiveWriter", name: str) -> None:
        self._writer = writer
        self._name = name
        self._market = self._orders = 0

    def block(self, block: Block) -> None:
        """As Archive."""
        count = len(block.market)
        if count:
            self._put(Delivery(lane=f"{self._name} market", start=self._market, end=self._market + count,
                               market=block.market))  # fmt: skip
            self._market += count
        if block.orders:
            end = self._orders + len(block.orders)
            self._put(Delivery(lane=f"{self._name} orders", start=self._orders, end=end, orders=block.orders))
            self._orders = end

    def finish(self, output_hash: str, tables: Tables, end_ns: int) -> None:
        """As Archive."""
        self._writer.flush()
        self._writer.results(f"{self._name} {output_hash}", tables, end_ns)

    def _put(self, delivery: Delivery) -> None:
        self._writer.put(delivery)


@contextmanager
def archiving(address: str, universe: Universe, settings: Settings, name: str) -> Iterator[RunArchive]:
    """A run's way into an archive, under these settings. Raises ScorecardError in words."""
    require_library()
    from app.feeds.archive.writer import ArchiveWriter  # noqa: PLC0415 - its library is an extra

    with ArchiveWriter(Place.of(address), universe, options_of(settings), say) as writer:
        yield RunArchive(writer, name)


def options_of(settings: Settings) -> WriterOptions:
    """How the settings want an archive written."""
    told = settings.archive
    return WriterOptions(
        chunk_rows=told.chunk_rows, level=told.level, group=told.group, patience_s=told.patience_s or None
    )


def say(text: str) -> None:
    """To whoever watches this process, and its log."""
    print(f"scorecard: {text}", file=sys.stderr, flush=True)


def name_of(request: ReplayRequest) -> str:
    """A name for the rows of a recording: its file's, and a digest of what it is read from.

    Of each file its size and both its ends count: files that differ in the middle alone have the same name.
    """
    path = Path(request.path)
    digest = hashlib.blake2b(f"{request.date}".encode(), digest_size=8)
    if is_archive(request.path):
        return f"{request.path} {request.date}"
    for file in _files(path) + (_files(Path(request.orders)) if request.orders else []):
        size = file.stat().st_size
        with file.open("rb") as opened:
            head = opened.read(_ENDS)
            opened.seek(max(0, size - _ENDS))
            digest.update(f"{file.name} {size}".encode() + head + opened.read(_ENDS))
    return f"{path.name} {digest.hexdigest()}"


def _files(path: Path) -> list[Path]:
    return sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
