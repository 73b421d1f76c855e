"""Waiting in tests: look often, stop as soon as it holds, fail in words when it never does."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def eventually(look: Callable[[], Found | None], seconds: float = 120.0, why: Callable[[], str] | None = None) -> Found:
    """What `look` finds once it is something; an AssertionError, with what `why` says, when it never is."""
    end = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > end:
            raise AssertionError(f"it did not come within {seconds:g} s" + (f": {why()}" if why else ""))
        time.sleep(0.01)
    return found
