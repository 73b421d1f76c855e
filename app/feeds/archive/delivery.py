"""What an archive is given, and how it is to write it."""

import msgspec

from app.engine.events import OrderRow, Rows, no_market


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of one lane from position `start` up to `end`; a lane is a topic's partition, a tape, a recording."""

    lane: str
    start: int
    end: int
    market: Rows = msgspec.field(default_factory=no_market)
    orders: tuple[OrderRow, ...] = ()


class WriterOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How the archive is written: rows of a chunk at most, zstd level, who writes, seconds it may be unavailable.

    `generation`: given where somebody else counts the writers of `group`. `patience_s` None = for ever.
    """

    chunk_rows: int = 1 << 19
    level: int = 1
    group: str = "main"
    generation: int | None = None
    patience_s: float | None = None
