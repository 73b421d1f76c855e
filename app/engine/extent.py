"""How far some market rows reach: least and greatest number of each name, first and last time, in one pass."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.engine.book.room import readable
from app.engine.events import Rows
from app.engine.jit import jit
from app.engine.units import NULL, SNAPSHOT

_FIELDS: Final = 8
_LATEST: Final = 2**63 - 1


class Extent(NamedTuple):
    """Least and greatest of each; times are those at which rows are applied (ns). Without rows least > greatest."""

    instrument: tuple[int, int]
    venue: tuple[int, int]
    source: tuple[int, int]
    time: tuple[int, int]


def _measure(rows: Rows, out: NDArray[np.int64]) -> None:
    """Write the least and greatest of each field, one behind the other."""
    for field in range(0, 8, 2):
        out[field], out[field + 1] = _LATEST, NULL
    for n in range(len(rows)):
        row = rows[n]
        time = row["ts_recv"] if row["flags"] & SNAPSHOT else row["ts_event"]
        out[0], out[1] = min(out[0], row["instrument"]), max(out[1], row["instrument"])
        out[2], out[3] = min(out[2], row["venue"]), max(out[3], row["venue"])
        out[4], out[5] = min(out[4], row["source"]), max(out[5], row["source"])
        out[6], out[7] = min(out[6], time), max(out[7], time)


measure = jit(_measure)


def extent(rows: Rows) -> Extent:
    """The extent of market rows."""
    out = np.empty(_FIELDS, np.int64)
    measure(readable(rows), out)
    least = out.tolist()
    return Extent((least[0], least[1]), (least[2], least[3]), (least[4], least[5]), (least[6], least[7]))
