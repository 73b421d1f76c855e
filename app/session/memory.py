"""Memory that a run gives back and takes again a thousand times a second stays with the process."""

import ctypes
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pyarrow as pa

_PR_SET_THP_DISABLE: Final = 41
_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_KEPT: Final = 1 << 30  # bytes


def keep_memory() -> bool:
    """Tell glibc to reuse freed blocks instead of returning each to the kernel; False where there is no glibc.

    A block of market rows needs arrays of some hundred kilobytes. Above 128 KiB glibc maps and unmaps each of them, and
    touching fresh pages costs more than the work done in them (half of a replay's time, measured). Pages stay small:
    a huge one is cleared whole when its first byte is touched, out of memory that on a virtual machine nobody may have
    touched before (a tenth of a replay's time, measured).
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        libc = ctypes.CDLL(None)
        mallopt, prctl = libc.mallopt, libc.prctl
    except (OSError, AttributeError):
        return False
    prctl(_PR_SET_THP_DISABLE, 1, 0, 0, 0)
    pa.set_memory_pool(pa.system_memory_pool())  # Arrow's own gives pages back between two batches
    return bool(mallopt(_M_MMAP_THRESHOLD, _KEPT) and mallopt(_M_TRIM_THRESHOLD, _KEPT))


@contextmanager
def uncollected() -> Iterator[None]:
    """No cycle collection meanwhile: facts, chains and parents stay for the run; walking them finds no garbage."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
