"""Clock health: what ptp4l, phc2sys or chronyd say of this machine's clock, from files.

`worst(path)` reads a file once, for a replay: the day's error. `HealthFeed` follows a file that is being written.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from app.engine.errors import FeedError
from app.feeds.decode.clock_lines import ClockEvent, ClockLines

EVERY: Final = "*"


class HealthFeed:
    """Follows the file of one source; what it says of its clock comes out as events."""

    def __init__(self, source: str, path: Path) -> None:
        self.source = source
        self._path = path
        self._lines = ClockLines()
        self._at = 0
        self._rest = b""
        self._inode = 0

    def poll(self) -> list[ClockEvent]:
        """The events of lines that have come since. Raises FeedError when the file cannot be read."""
        try:
            with self._path.open("rb") as file:
                known = self._path.stat()
                if known.st_ino != self._inode or known.st_size < self._at:  # another file now, or begun anew
                    self._at, self._rest, self._inode = 0, b"", known.st_ino
                    self._lines = ClockLines()
                file.seek(self._at)
                data = file.read()
        except OSError as error:
            raise FeedError(f"{self._path}: cannot be read: {error.strerror or error}") from error
        self._at += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [event for line in lines for event in self._lines.read(line)]

    @property
    def unread(self) -> int:
        """Lines so far that say nothing of a clock."""
        return self._lines.unread


def events_of(path: Path) -> list[ClockEvent]:
    """What a whole file says. Raises FeedError when it cannot be read or says nothing of a clock."""
    lines = ClockLines()
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FeedError(f"{path}: cannot be read: {error.strerror or error}") from error
    events = [event for line in data.split(b"\n") for event in lines.read(line)]
    events += lines.finish()
    if not events:
        allowed = "lines of ptp4l -m, phc2sys -m, or `chronyc tracking`"
        raise FeedError(f"{path}: says nothing of a clock; allowed: {allowed}")
    return events


def worst_ns(events: Iterable[ClockEvent]) -> int:
    """The largest error of a clock while it was kept, its offset and the bound it states together (ns); 0 for none."""
    return max((abs(event.offset_ns) + event.bound_ns for event in events if event.state != "lost"), default=0)


def budgets(files: Mapping[str, Path], configured: Mapping[str, int], margin: float) -> dict[str, int]:
    """Clock budgets by source (ns): as configured, or `margin` times the worst a source's file says if that is more.

    The name "*" stands for every source without a file of its own. Raises FeedError.
    """
    measured = {name: round(margin * worst_ns(events_of(path))) for name, path in files.items()}
    every = measured.get(EVERY, 0)
    found = {name: max(budget, measured.get(name, every)) for name, budget in configured.items()}
    return measured | found
