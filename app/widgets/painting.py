"""Painters that end, whatever happens while they paint."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from PySide6.QtGui import QPaintDevice, QPainter


@contextmanager
def painting(*devices: QPaintDevice) -> Iterator[Sequence[QPainter]]:
    """A painter for each device. A fault ends them all and goes to `sys.excepthook`, which shows it on the screen.

    Left to Qt, a fault in a paintEvent is printed and forgotten, and its painters, alive in the trace of the error,
    keep the window from ever being painted again: a screen that stands still looks live.
    """
    painters = [QPainter(device) for device in devices]
    try:
        yield painters
    except Exception as error:  # noqa: BLE001 - handed on to the one place that shows every fault
        _end(painters)
        sys.excepthook(type(error), error, error.__traceback__)
    finally:
        _end(painters)


def _end(painters: Sequence[QPainter]) -> None:
    for painter in painters:
        if painter.isActive():
            painter.end()
