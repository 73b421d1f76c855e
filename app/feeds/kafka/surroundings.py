"""What every codec of a topic is made with and given."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from app.engine.events import Quarantined
from app.engine.universe import Universe
from app.feeds.decode.live_symbols import LiveSymbols
from app.settings_sources import KafkaSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a decoder is made with; `name`: logical name of the source where its rows bring none.

    `symbols`: what the directories of all sources have told, and the symbol file.
    """

    name: str
    source: KafkaSource
    universe: Universe
    fix: Mapping[str, Any]
    symbols: LiveSymbols = field(default_factory=LiveSymbols)


class Piece(NamedTuple):
    """One message: its bytes, offset and stamp (ms, the broker's or the sender's), and where it stands in words."""

    value: bytes
    offset: int
    stamp_ms: int
    where: str


def placed(entry: Quarantined, where: str) -> Quarantined:
    """What was set aside, with the message it stood in."""
    if where in entry.where:
        return entry
    return Quarantined(source=entry.source, where=f"{where} {entry.where}", reason=entry.reason, raw=entry.raw)
