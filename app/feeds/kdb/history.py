"""What the real-time store remembers of an order: the fixed questions that are asked of it.

select from scorecard where parent_id=`$"P1"    the order as it stood, snapshot by snapshot
select from leakage where parent_id=`$"P1"      what of its cost is evidence of our own signals
select from fills where parent_id=`$"P1"        its fills; of one that changed the last row counts
"""

import re
import time
from typing import Any, Final

import numpy as np

from app.engine.errors import DecodeError, FeedError, complaint
from app.engine.units import NULL
from app.feeds.kdb import wire
from app.feeds.kdb.codec import Codec
from app.feeds.kdb.connection import Connection, Place

TABLES: Final = ("scorecard", "leakage", "fills")
_NAME: Final = re.compile(r'[^"\\\x00-\x1f]{1,200}')  # what stands between quotes without an escape
_ANSWER_S: Final = 10.0


def history(place: Place, table: str, parent_id: str) -> dict[str, list[Any]]:
    """Columns of what a table has of an order, undefined as None; times in ns. Raises FeedError, DecodeError."""
    if table not in TABLES:
        raise FeedError(complaint("history", "table", table, ", ".join(TABLES)))
    if not _NAME.fullmatch(parent_id):
        raise FeedError(complaint("history", "parent", parent_id, "1 to 200 characters, no quote and no backslash"))
    codec = Codec()
    connection = Connection(place)
    try:
        connection.send(codec.ask(f'select from {table} where parent_id=`$"{parent_id}"'))
        value = codec.value(_answer(connection))
    finally:
        connection.close()
    if not isinstance(value, dict):
        raise DecodeError(complaint(f"{place} {table}", "answer", type(value).__name__, "a table"))
    return {name: _plain(column) for name, column in value.items()}


def _answer(connection: Connection) -> bytes:
    deadline = time.monotonic() + _ANSWER_S
    while time.monotonic() < deadline:
        for message in connection.receive():
            if message[1] == wire.REPLY:
                return message
    raise FeedError(f"kdb+: no answer within {_ANSWER_S:g} s")


def _plain(column: Any) -> list[Any]:
    found = []
    for value in column.tolist():
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        undefined = text == "" or text == NULL or (isinstance(text, float) and np.isnan(text))
        found.append(None if undefined else text)
    return found
