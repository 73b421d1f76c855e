"""Feed: a FIX log that is being written, read on as it grows; one lane of order rows of a live run.

The log is its own memory: after a restart it is read again from its beginning, without telling what is on the tape
already, so that orders, links and copies are known as before. A log that is rotated is read to its end, then the new
one from its beginning; one that is cut back is begun anew, and said to have a gap.
"""

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final

import msgspec

from app.engine.errors import FeedError, SettingsError, complaint
from app.engine.events import Control, OrderRow, Quarantined
from app.engine.units import NULL, SECOND
from app.engine.universe import Universe
from app.feeds.decode.fix_followed import followed
from app.feeds.decode.fix_securities import Securities, Unlisted
from app.feeds.decode.fix_settings import FixSettings, fix_settings
from app.feeds.decode.live_symbols import LiveSymbols
from app.runtime.live_route import Batch, Lane
from app.settings_sources import FileSource

_CHUNK: Final = 1 << 20
_MILLISECOND: Final = 1e-3


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far a log has been told: the file's number on its disk, and the first byte not told yet.

    `named`: SecurityIDs that other sources had to explain, and what they were taken for.
    """

    file: int
    offset: int
    named: dict[str, str] = {}


class FixTail:
    """A growing log. Everything but the wait for news is done by `poll`, which never waits."""

    def __init__(
        self,
        name: str,
        source: FileSource,
        universe: Universe,
        fix: Mapping[str, Any],
        symbols: LiveSymbols | None = None,
    ) -> None:
        """Raises SettingsError for a codec or session that is not there."""
        if source.codec != "fix":
            raise SettingsError(complaint("settings", f"sources.{name}.codec", source.codec, "fix for a growing file"))
        self.name = name
        settings = _of_session(fix_settings(fix, f"sources.{name}"), source.session, name)
        lane = Lane(f"file:{name}", source.source or name, market=False, idle_s=source.idle_ms * _MILLISECOND)
        self.lanes: dict[str, Lane] = {lane.name: lane}
        self._lane = lane
        self._path = Path(source.path)
        self._source = source
        self._securities = Securities(symbols)
        self._unlisted = Unlisted(universe)
        symbology = None if symbols is None else symbols.symbology("fix")
        self._flow = followed(settings, universe, symbology, source.source or None, self._securities)
        self._file: IO[bytes] | None = None
        self._number = -1
        self._read = 0
        self._told_from = 0  # messages of this file that begin before it are known, not told
        self._from_ns = NULL
        self._down = False

    def open(self, positions: Mapping[str, str], wake: Callable[[], None]) -> None:  # noqa: ARG002 - polled
        """As LiveFeed. Raises FeedError where the place on the tape is none."""
        text = positions.get(self._lane.name)
        if text is not None:
            place = _place(text, self._lane.name)
            self._securities.bound.update(place.named)
            self._resume(place)
            return
        start = self._source.start
        if start[:1].isdigit():
            self._from_ns = _moment(start)
        if not self._reach(self._path):
            return  # all of it will be new
        if start == "now":
            self._told_from = self._path.stat().st_size
        elif start.startswith("offset:"):
            self._told_from = int(start.removeprefix("offset:"))

    def poll(self, room: int) -> Sequence[Control]:
        """As LiveFeed."""
        if room <= 0 and self._lane.waiting:
            return ()
        if self._file is None and not self._reach(self._path):
            return self._absent()
        controls = [Control(ts_event=0, kind="up", source=self._lane.source)] if self._down else []
        self._down = False
        data = b"" if self._file is None else self._file.read(_CHUNK)
        if data:
            self._read += len(data)
            self._put(data)
        else:
            controls += self._moved()
        self._lane.behind = bool(data) and self._size() > self._read
        return controls

    def held(self, positions: Mapping[str, str]) -> None:
        """As LiveFeed: the log stays where it is."""

    def close(self) -> None:
        """As LiveFeed."""
        if self._file is not None:
            self._file.close()
            self._file = None

    # -- the file --------------------------------------------------------------------------------------------------

    def _reach(self, path: Path) -> bool:
        """Open a file at its beginning; False while it is not there. Raises FeedError when it cannot be read."""
        try:
            self._file = path.open("rb")
        except FileNotFoundError:
            return False
        except OSError as error:
            raise FeedError(f"{path}: cannot be read: {error.strerror}") from error
        self._number = os.fstat(self._file.fileno()).st_ino
        self._read = self._told_from = 0
        self._lane.behind = True
        return True

    def _absent(self) -> list[Control]:
        self._lane.behind = False
        if self._down:
            return []
        self._down = True
        return [Control(ts_event=0, kind="down", source=self._lane.source, text=f"{self._path}: not there yet")]

    def _size(self) -> int:
        return 0 if self._file is None else os.fstat(self._file.fileno()).st_size

    def _moved(self) -> list[Control]:
        """At the end of the file: has it been cut back, or has another taken its place?"""
        if self._size() < self._read:
            text = f"{self._path}: cut back to {self._size()} bytes after {self._read} were read; begun anew"
            self._begin_anew(self._path)
            return [Control(ts_event=0, kind="gap", source=self._lane.source, text=text)]
        try:
            number = self._path.stat().st_ino
        except OSError:
            return []  # moved away, and the new one is not there yet
        if number != self._number:
            self._begin_anew(self._path)
        return []

    def _begin_anew(self, path: Path) -> None:
        """The bytes so far are a whole; the next file follows them in the same stream of orders."""
        self._put(b"", whole=True)
        self._flow.begin()
        self.close()
        self._reach(path)

    def _resume(self, place: Place) -> None:
        """Behind what the tape holds: in this file, or in the one it was before it was rotated."""
        beside = [self._path]
        with suppress(OSError):
            beside += [path for path in self._path.parent.iterdir() if path.is_file() and path != self._path]
        for path in beside:
            with suppress(OSError):
                if path.stat().st_ino == place.file and self._reach(path):
                    self._told_from = place.offset
                    return

    # -- what is in it ---------------------------------------------------------------------------------------------

    def _put(self, data: bytes, *, whole: bool = False) -> None:
        """Rows of more bytes into the lane, with the place behind them; what is known already is only heard."""
        flow, file = self._flow, self._path.name
        before = flow.taken
        made = flow.close(file, self._told_from) if whole else flow.feed(data, file, self._told_from)
        rows = self._since(made)
        aside: tuple[Quarantined, ...] = tuple(flow.quarantine)
        flow.quarantine.clear()
        aside += tuple(self._unlisted.said({row.instrument for row in rows}, self._lane.source, file))
        if flow.taken > before:
            place = Place(self._number, max(flow.decided, self._told_from), dict(self._securities.bound))
            text = msgspec.json.encode(place).decode()
            self._lane.put(Batch(position=text, orders=rows, quarantine=aside), time.monotonic())

    def _since(self, rows: Iterable[OrderRow]) -> tuple[OrderRow, ...]:
        return tuple(row for row in rows if row.ts_event >= self._from_ns)


def _of_session(settings: FixSettings, session: str, name: str) -> FixSettings:
    """The settings with one session for every message, where the source names it. Raises SettingsError."""
    if not session:
        return settings
    known = settings.session.get(session)
    if known is None:
        allowed = ", ".join(settings.session) or "a table [fix.session.NAME]"
        raise SettingsError(complaint("settings", f"sources.{name}.session", session, allowed))
    one = msgspec.structs.replace(known, sender="*", target="*")
    return msgspec.structs.replace(settings, session={session: one})


def _place(text: str, lane: str) -> Place:
    try:
        return msgspec.json.decode(text, type=Place)
    except msgspec.DecodeError as error:
        raise FeedError(f"{lane}: {text!r} on the tape is no place in a log") from error


def _moment(text: str) -> int:
    """A time of the settings (UTC) in ns."""
    whole, _, part = text.replace(" ", "T").removesuffix("Z").partition(".")
    seconds = int(datetime.fromisoformat(whole).replace(tzinfo=UTC).timestamp())
    return seconds * SECOND + int(part.ljust(9, "0") or "0")
