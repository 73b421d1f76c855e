"""The output hash: definitive columns in schema order, rows by primary key, floats as IEEE bits, text as UTF-8."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import numpy as np

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
                digest.update(_bytes(column.kind, [values[n] for n in order]))
    return digest.hexdigest()


def _bytes(kind: str, values: list[Value]) -> bytes:
    """One column: which values are there, then the values with the missing ones left blank."""
    there = np.array([value is not None for value in values], np.uint8).tobytes()
    if kind == "str":
        texts = [b"" if value is None else str(value).encode() for value in values]
        lengths = np.array([len(text) for text in texts], "<i8").tobytes()
        return there + lengths + b"".join(texts)
    if kind in ("i8", "bool"):
        return there + np.array([value or 0 for value in values], "<i8").tobytes()
    # + 0.0 turns -0.0 into 0.0
    return there + (np.array([value or 0.0 for value in values], "<f8") + 0.0).tobytes()
