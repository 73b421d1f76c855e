"""The output hash: definitive columns in schema order, rows by primary key, floats as IEEE bits, text as UTF-8."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import numpy as np

from app.engine.schema import KEYS, TABLES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from app.engine.tables.context import Columns, Value

_HASHED: Final = ("parents", "fills", "children")


def output_hash(tables: Mapping[str, Columns]) -> str:
    """SHA-256 over the tables as restated; -0.0 reads as 0.0, a null differs from every value."""
    digest = hashlib.sha256()
    for table in _HASHED:
        columns = tables[table]
        keys = KEYS[table]
        named = list(zip(*([str(value) for value in columns[key]] for key in keys), strict=True))
        order = np.array(sorted(range(len(named)), key=named.__getitem__), np.intp)
        digest.update(f"{table}:{len(order)}".encode())
        for column in TABLES[table]:
            if column.definitive:
                values = columns[column.name]
                digest.update(column.name.encode())
                digest.update(_bytes(column.kind, values, order))
    return digest.hexdigest()


def _bytes(kind: str, values: list[Value], order: NDArray[np.intp]) -> bytes:
    """One column in an order: which values are there, then the values with the missing ones left blank."""
    there = np.ones(len(values), np.uint8)
    if None in values:
        there[:] = [value is not None for value in values]
    mask = there[order].tobytes()
    if kind == "str":
        return mask + text_bytes([values[n] or "" for n in order.tolist()])
    whole = kind in ("i8", "bool")
    if not there.all():
        values = [value or 0 for value in values]
    # + 0.0 turns -0.0 into 0.0
    return mask + (np.array(values, "<i8")[order] if whole else np.array(values, "<f8")[order] + 0.0).tobytes()


def text_bytes(texts: Sequence[Value]) -> bytes:
    """The lengths of some texts in bytes, then the texts."""
    said = [str(text) for text in texts]
    whole = "".join(said)
    if not whole.isascii():
        parts = [text.encode() for text in said]
        return np.array(list(map(len, parts)), "<i8").tobytes() + b"".join(parts)
    return np.array(list(map(len, said)), "<i8").tobytes() + whole.encode()
