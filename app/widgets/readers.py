"""Which columns read otherwise when a row's figures change: most of a row stays as it is, and need not be said anew."""

from collections.abc import Sequence

import numpy as np

from app.board import as_bytes
from app.engine.events import Rows
from app.widgets.columns import Column


class Readers:
    """The columns of a table by the bytes of a row they read."""

    def __init__(self, columns: Sequence[Column], kind: "np.dtype[np.void]") -> None:
        self._kind = kind
        names = kind.names or ()
        self._field = np.full(kind.itemsize, -1)  # of each byte
        for number, name in enumerate(names):
            begin = kind.fields[name][1] if kind.fields is not None else 0
            self._field[begin : begin + kind[name].itemsize] = number
        self._columns: dict[int, set[int]] = {}
        self._always: set[int] = set()  # made of several fields, or of none
        for number, column in enumerate(columns):
            if column.name not in names or column.derive is not None or column.look == "evidence":
                self._always.add(number)
                continue
            for name in (column.name, column.second):
                if name in names:
                    self._columns.setdefault(names.index(name), set()).add(number)
        self._every = frozenset(range(len(columns)))

    def reads(self, kind: "np.dtype[np.void]") -> bool:
        """True when these are the rows it was made for."""
        return kind == self._kind

    def differing(self, before: bytes, now: bytes) -> set[int] | frozenset[int]:
        """Numbers of the columns that may read otherwise; every one where there was nothing before."""
        if not before:
            return self._every
        changed = np.frombuffer(before, np.uint8) != np.frombuffer(now, np.uint8)
        found = set(self._always)
        for field in set(self._field[changed].tolist()):
            found |= self._columns.get(field, set())
        return found


def row_bytes(rows: Rows, row: int) -> bytes:
    """A row as it lies in memory."""
    return bytes(as_bytes(rows)[row].tobytes())
