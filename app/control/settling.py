"""The audit goes to disk behind the back of whoever decides: no request waits for the lines of the one before.

What is about to be sent is on disk before, by the journal; the audit says what was done, and nobody is told that it
was done before the audit has it.
"""

import threading
from collections import deque
from collections.abc import Callable

from app.control.audit import AuditLog


class Settler:
    """A thread that puts an audit log on disk, and then tells those who wait for it. `close` ends it."""

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit
        self._wanted = threading.Event()
        self._waiting: deque[Callable[[], object]] = deque()
        self._fault: BaseException | None = None
        self._ended = False
        self._thread = threading.Thread(target=self._settle, daemon=True)
        self._thread.start()

    def soon(self) -> None:
        """What was written goes to disk. Raises what an earlier time of it raised: an audit that fails is no audit."""
        if self._fault is not None:
            raise self._fault
        self._wanted.set()

    def then(self, tell: Callable[[], object]) -> None:
        """Call `tell` once everything written is on disk: at once where it is. Raises as `soon`."""
        if self._audit.settled:
            tell()
            return
        self._waiting.append(tell)
        self.soon()

    def close(self) -> None:
        """Put the rest on disk, tell whoever waits, and end; safe to call twice."""
        self._ended = True
        self._wanted.set()
        self._thread.join()
        if self._fault is None:
            self._once()

    def _settle(self) -> None:
        while not self._ended:
            self._wanted.wait()
            self._wanted.clear()
            try:
                self._once()
            except OSError as error:  # raised where it is asked for next: whoever decides has to know
                self._fault = error
                return

    def _once(self) -> None:
        waiting = [self._waiting.popleft() for _ in range(len(self._waiting))]  # their lines are written
        self._audit.sync()
        for tell in waiting:
            tell()
