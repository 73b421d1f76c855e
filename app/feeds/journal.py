"""Feed: a journal of an earlier run, as the same blocks (for the same run hash) or as a recording (to export it)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from app.engine.events import OrderRow, Rows
from app.engine.universe import Universe
from app.feeds.base import Options, Recording, in_order
from app.runtime.journal import MAGIC
from app.runtime.tape import JournalReader, Tape

FORMAT: Final = "journal"


def is_journal(path: Path) -> bool:
    """True for a file that starts as a journal does."""
    if not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def open_tape(path: Path, universe: Universe) -> tuple[Tape, JournalReader]:
    """The journal's blocks exactly as they were applied; the reader says in the end whether it was torn.

    Raises FeedError or DecodeError where the file cannot be read as a journal.
    """
    reader = JournalReader(path, universe)
    tape = Tape(reader)
    tape.next_ns()  # the first block brings the names and reference data that the engine is made with
    return tape, reader


def open_recording(path: Path, universe: Universe, options: Options) -> Recording:  # noqa: ARG001 - every feed's face
    """The journal's rows without its blocks, own rows sorted; raises FeedError or DecodeError."""
    first = JournalReader(path, Universe())
    orders: list[OrderRow] = []
    total = 0
    for block in first.blocks():
        orders.extend(block.orders)
        total += len(block.market)
    first.close()
    reader = JournalReader(path, universe)
    recording = Recording(path.stem, universe, _market(reader), in_order(orders), total)
    recording.closers.append(reader.close)
    if first.torn is not None:
        recording.count("torn")
        recording.notes.append(first.torn)
    return recording


def _market(reader: JournalReader) -> Iterator[Rows]:
    for block in reader.blocks():
        if len(block.market):
            yield block.market
