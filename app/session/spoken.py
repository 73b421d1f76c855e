"""Questions to the lookback worker and its answers; nothing of the engine is loaded here."""

from typing import NamedTuple, TypeAlias

import msgspec


class Level(NamedTuple):
    """One price of one side: `side` B or A, price in quote currency, size, orders there (None unknown), own size."""

    side: str
    price: float
    size: int
    orders: int | None
    own: int


class AskLadder(msgspec.Struct, frozen=True, tag="ladder"):
    """The book as of an event time."""

    instrument: str
    ts_ns: int
    venue: str | None
    depth: int


class AskRaw(msgspec.Struct, frozen=True, tag="raw"):
    """A row as it came."""

    source: str
    seq: int


class AskDesk(msgspec.Struct, frozen=True, tag="desk"):
    """The desk as of an event time."""

    ts_ns: int


Question: TypeAlias = AskLadder | AskRaw | AskDesk


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One of them, or why there is none."""

    levels: list[Level] | None = None
    raw: bytes | None = None
    folder: str | None = None
    refused: str = ""
