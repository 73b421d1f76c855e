"""The trail of the API: what was asked of it goes into the audit's chain, what was looked at into the log of views."""

import asyncio
import contextlib
import os
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from app.api.port import ControlPort
from app.engine.errors import FeedError

EVERY_S: Final = 0.05
AT_ONCE: Final = 200  # entries handed over together
PER_SECOND: Final = 50  # refusals of one peer written one by one; more are counted
WINDOW_S: Final = 60.0  # equal views within it are one line with a count
_RETRY_S: Final = 1.0


class AuditTrail:
    """Entries on their way into the audit of the control process; while that is away they wait on disk."""

    def __init__(self, port: ControlPort, spool: Path) -> None:
        self._port = port
        self._spool = spool
        self._waiting: deque[dict[str, str]] = deque(_spooled(spool))
        self._on_disk = len(self._waiting)
        self._counts: dict[str, tuple[int, int]] = {}  # peer -> second, refusals in it
        self.unwritten = ""  # why entries wait, "" when none has to

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, entry: dict[str, str], peer: str = "") -> None:
        """One entry. With a `peer`, too many of his within a second are only counted."""
        if peer:
            second = int(time.monotonic())
            known, n = self._counts.get(peer, (second, 0))
            if known != second and n > PER_SECOND:
                self._waiting.append({"peer": peer, "words": f"{n - PER_SECOND} more refused within a second"})
            n = n + 1 if known == second else 1
            self._counts[peer] = (second, n)
            if n > PER_SECOND:
                return
        self._waiting.append({"wall_ns": str(time.time_ns()), **entry})

    async def run(self) -> None:
        """Hand entries over until cancelled."""
        while True:
            await asyncio.sleep(EVERY_S if not self.unwritten else _RETRY_S)
            await self.flush()

    async def flush(self) -> None:
        """Everything that waits, as far as the control process takes it."""
        self._overflowed()
        while self._waiting:
            some = [self._waiting[k] for k in range(min(AT_ONCE, len(self._waiting)))]
            try:
                await asyncio.to_thread(self._port.record, some)
            except FeedError as error:
                self.unwritten = str(error)
                self._keep()
                return
            for _ in some:
                self._waiting.popleft()
            self.unwritten = ""
            self._on_disk = max(self._on_disk - len(some), 0)
            if not self._waiting:
                self._spool.unlink(missing_ok=True)

    def _overflowed(self) -> None:
        """Counts of seconds that are over."""
        second = int(time.monotonic())
        for peer, (known, n) in list(self._counts.items()):
            if known < second:
                del self._counts[peer]
                if n > PER_SECOND:
                    words = f"{n - PER_SECOND} more refused within a second"
                    self._waiting.append({"wall_ns": str(time.time_ns()), "peer": peer, "words": words})

    def _keep(self) -> None:
        """What waits is on disk: it outlives this process."""
        fresh = list(self._waiting)[self._on_disk :]
        if not fresh:
            return
        descriptor = os.open(self._spool, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, b"".join(msgspec.json.encode(entry) + b"\n" for entry in fresh))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        self._on_disk += len(fresh)


def _spooled(spool: Path) -> list[dict[str, str]]:
    try:
        lines = spool.read_bytes().splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        with contextlib.suppress(msgspec.DecodeError):  # a line that was never finished
            found.append(msgspec.json.decode(line, type=dict[str, str]))
    return found


class ViewLog:
    """Who looked at what: a line at the first look, and one with the count once the window is over."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._known: dict[tuple[str, str, str], tuple[float, int]] = {}

    def note(self, user: str, by: str, what: str) -> None:
        """One view."""
        key = (user, by, what)
        known = self._known.get(key)
        if known is None:
            self._known[key] = (self._clock(), 1)
            self._write(key, 1)
        else:
            self._known[key] = (known[0], known[1] + 1)

    def sweep(self, *, everything: bool = False) -> None:
        """Write the counts of windows that are over."""
        now = self._clock()
        for key, (begun, n) in list(self._known.items()):
            if everything or now - begun >= WINDOW_S:
                del self._known[key]
                if n > 1:
                    self._write(key, n)

    def close(self) -> None:
        """Write what is left and close; safe to call twice."""
        if self._descriptor >= 0:
            self.sweep(everything=True)
            os.close(self._descriptor)
            self._descriptor = -1

    def _write(self, key: tuple[str, str, str], n: int) -> None:
        user, by, what = key
        line = {"wall_ns": time.time_ns(), "user": user, "by": by, "what": what, "times": n}
        os.write(self._descriptor, msgspec.json.encode(line) + b"\n")
