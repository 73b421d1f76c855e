"""A table of kdb+ whose rows are raw FIX messages (codec fix): what one means depends on all of the day before it."""

from collections.abc import Mapping
from typing import Any, Final

from app.engine.errors import complaint
from app.engine.events import OrderRow, Quarantined
from app.engine.universe import Universe
from app.feeds.decode.fix_followed import followed
from app.feeds.decode.fix_packets import Packet, opened
from app.feeds.decode.fix_settings import fix_settings
from app.feeds.kdb.codec import Column
from app.feeds.kdb.tables import Table

RAW: Final = "raw"  # our column: whole messages, any delimiter
_ALLOWED: Final = "one or more whole FIX messages (8=FIX...), as text"


class MessageTable:
    """Updates of a table of FIX messages to order rows."""

    def __init__(self, table: Table, universe: Universe, source: str, fix: Mapping[str, Any]) -> None:
        """Raises SettingsError for a wrong `[fix]` table."""
        self._table = table
        self._source = source
        self._flow = followed(fix_settings(fix, "settings"), universe, None, source)

    def rows(
        self, names: tuple[str, ...], columns: list[Column], first: int, where: str
    ) -> tuple[list[OrderRow], list[Quarantined]]:
        """Order rows of the messages whose first is row `first` of the table. Raises DecodeError for the column."""
        self._table.seen(names, (RAW,))
        values = columns[self._table.place(RAW)].tolist()
        packets = [Packet(_bytes(value), f"{where} row {first + row}") for row, value in enumerate(values)]
        rows: list[OrderRow] = []
        aside: list[Quarantined] = []
        for packet, found in zip(packets, opened(self._flow, packets), strict=True):
            rows += found.rows
            aside += found.aside
            if not found.taken:
                reason = complaint(packet.where, RAW, packet.value[:80], _ALLOWED)
                aside.append(Quarantined(source=self._source, where=packet.where, reason=reason, raw=packet.value))
        return rows, aside


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogateescape")
