"""The output hash: definitive columns in schema order, rows by primary key, floats as IEEE bits, text as UTF-8."""

from __future__ import annotations

import hashlib
import struct
from typing import TYPE_CHECKING, Final

from app.engine.schema import KEYS, TABLES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.engine.tables.context import Columns, Value

_HASHED: Final = ("parents", "fills", "children")


def output_hash(tables: Mapping[str, Columns]) -> str:
    """SHA-256 over the tables as restated; -0.0 reads as 0.0, a null differs from every value."""
    digest = hashlib.sha256()
    for table in _HASHED:
        columns = tables[table]
        keys = KEYS[table]
        order = sorted(range(len(columns[keys[0]])), key=lambda n: tuple(str(columns[key][n]) for key in keys))
        digest.update(f"{table}:{len(order)}".encode())
        for column in TABLES[table]:
            if column.definitive:
                values = columns[column.name]
                digest.update(column.name.encode())
                digest.update(b"".join(_bytes(values[n]) for n in order))
    return digest.hexdigest()


def _bytes(value: Value) -> bytes:
    if value is None:
        return b"\x00"
    if isinstance(value, bool):
        return b"\x02" if value else b"\x01"
    if isinstance(value, int):
        return b"i" + value.to_bytes(16, "little", signed=True)
    if isinstance(value, float):
        return b"f" + struct.pack("<d", value + 0.0)
    raw = value.encode()
    return b"s" + len(raw).to_bytes(4, "little") + raw
