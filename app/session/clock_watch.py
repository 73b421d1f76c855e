"""How far this machine's clock is off while a session runs, from the files its clock's own program writes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from app.engine.errors import FeedError
from app.feeds.decode.clock_lines import ClockEvent
from app.feeds.health import HealthFeed

NO_FILE: Final = "no clock's file is named in [health.files]: a row's time is taken as its source stamped it"
NOTHING_YET: Final = "the clock's file says nothing yet"
_DIGITS: Final = 100  # offsets are told to two digits: the board keeps every text


class Offset(NamedTuple):
    """Offset of the worst clock (ns, ours minus the reference's) as text, "" undefined; why, or whose it is."""

    ns: str
    why: str


class ClockWatch:
    """Follows the files; `look` is cheap when nothing was written."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        self._feeds = [HealthFeed(source, path) for source, path in sorted(files.items())]
        self._last: dict[str, ClockEvent] = {}

    def look(self) -> Offset:
        """What is known now."""
        if not self._feeds:
            return Offset("", NO_FILE)
        for feed in self._feeds:
            try:
                events = feed.poll()
            except FeedError as error:
                return Offset("", str(error))
            if events:
                self._last[feed.source] = events[-1]
        for source, event in self._last.items():
            if event.state == "lost":
                return Offset("", f"{source}: the clock has lost its reference")
        if not self._last:
            return Offset("", NOTHING_YET)
        worst = max(self._last, key=lambda source: abs(self._last[source].offset_ns))
        return Offset(str(_rounded(self._last[worst].offset_ns)), f"{worst}: as its clock's program says")


def clock_watch(files: Mapping[str, str], origin: str | None) -> ClockWatch:
    """Of the settings' [health.files], found from the settings file's folder."""
    folder = Path(origin).parent if origin else Path()
    return ClockWatch({name: folder / file for name, file in files.items()})


def _rounded(value: int) -> int:
    """To two digits."""
    step = 1
    while abs(value) // step >= _DIGITS:
        step *= 10
    return (abs(value) + step // 2) // step * step * (1 if value >= 0 else -1)
