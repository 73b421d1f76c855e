"""A command of the command line, run in the process of the test."""

import signal
import sys

import pytest

from app.cli import entry


def scorecard(*words: object) -> int:
    """Its exit code. `main` sets a hook and a signal handler for its process; the tests share theirs."""
    hook, handler = sys.excepthook, signal.getsignal(signal.SIGTERM)
    try:
        with pytest.raises(SystemExit) as left:
            entry.main([str(word) for word in words])
    finally:
        sys.excepthook = hook
        signal.signal(signal.SIGTERM, handler)
    assert isinstance(left.value.code, int)
    return left.value.code
