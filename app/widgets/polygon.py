"""Lines of many points: numpy arrays become a polygon of Qt's in one copy, without an object a point."""

import ctypes

import numpy as np
import shiboken6
from numpy.typing import NDArray
from PySide6.QtGui import QPolygonF


def polygon(x: NDArray[np.float64], y: NDArray[np.float64]) -> QPolygonF:
    """Points at (x, y), which must be finite and equally many."""
    made = QPolygonF()
    made.resize(len(x))
    if len(x):
        (address,) = shiboken6.getCppPointer(made.data())
        room = memoryview((ctypes.c_double * (2 * len(x))).from_address(address)).cast("B")  # as long as `made` lives
        cells = np.frombuffer(room, np.float64)
        cells[0::2], cells[1::2] = x, y
    return made


def runs(y: NDArray[np.float64]) -> list[slice]:
    """Stretches of y without an undefined value."""
    known = np.flatnonzero(np.isfinite(y))
    if len(known) == len(y):
        return [slice(0, len(y))] if len(y) else []
    if not len(known):
        return []
    breaks = np.flatnonzero(np.diff(known) > 1)
    first, last = known[np.concatenate([[0], breaks + 1])], known[np.concatenate([breaks, [len(known) - 1]])]
    return [slice(a, b + 1) for a, b in zip(first.tolist(), last.tolist(), strict=True)]
