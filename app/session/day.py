"""What a session runs, ready to begin or to go on where it was interrupted: a simulated day or a recorded one."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Protocol

from app.engine.errors import FeedError, SettingsError, complaint
from app.engine.events import Rows
from app.engine.universe import Universe
from app.feeds import journal
from app.runtime.loop import Standing, Stream
from app.runtime.route import Route
from app.runtime.stepped import Handed, Stamped, StepRoute, Steps, Wire
from app.session.commands import CommandLog
from app.session.formats import Sources, last_time, resolved_format
from app.session.runtime_folder import Session
from app.settings import Settings


class Day(Protocol):
    """A day to be run; `universe` is known at once, its rows only once it is open."""

    universe: Universe
    stream: Stream

    def open(self, standing: Standing) -> tuple[int | None, int]:
        """Hand over what comes after `standing`; first and last time (ns). Raises ScorecardError."""

    def close(self) -> None:
        """Close its files."""


class SimulatedDay:
    """A day of a stepped feed: made again from its seed and its messages wherever it was interrupted."""

    def __init__(self, feed: Steps, stride: Callable[[], int], wire: Wire | None = None) -> None:
        self.universe = feed.universe
        self.log: CommandLog | None = None
        self._feed = feed
        self._stride = stride
        self._wire = wire
        self.stream = Stream(feed.name, feed.universe, _Nothing(), caption=feed.note)

    def keep_commands(self, path: Path) -> None:
        """Keep messages in a file, on disk before the EMS has them. Raises FeedError."""
        self.log = CommandLog(path)

    def open(self, standing: Standing) -> tuple[int | None, int]:
        """As Day."""
        past: list[Stamped] = [] if self.log is None else self.log.past
        route = StepRoute(self._feed, self._stride, self._wire, past)
        if self.log is not None:
            route.keep = self.log.keep
            if self.log.torn:
                self.stream.notes.append(f"{self.log.torn} bytes of a message that was never sent are cut off")
        self.stream.blocks = route
        route.catch_up(Handed(standing.market, standing.orders, standing.fingerprint))
        return self._feed.start_ns, self._feed.end_ns

    def close(self) -> None:
        """As Day."""
        if self.log is not None:
            self.log.close()


class RecordedDay:
    """A recording; what an interrupted run has applied of it is read again and left out."""

    def __init__(self, session: Session, settings: Settings) -> None:
        self._session = session
        self._settings = settings
        self._files = ExitStack()
        self._path = Path(session.replay or "")
        self._format = resolved_format(self._path, session.format)
        if self._format == journal.FORMAT:
            allowed = "a recording or a world; a journal is read by `scorecard replay`"
            raise SettingsError(complaint("session", "format", self._format, allowed))
        self.universe = Universe()
        self.stream = Stream(self._path.stem, self.universe, _Nothing())

    def open(self, standing: Standing) -> tuple[int | None, int]:
        """As Day."""
        sources = Sources(self._settings, self._session.settings)
        recording = self._files.enter_context(closing(sources.open(self._path, self._format, self.universe)))
        if self._session.orders:
            sources.add_orders(recording, Path(self._session.orders))
        market, orders = _without(recording.market, standing.market), recording.orders[standing.orders :]
        route = Route(market, orders, self._settings.replay.block)
        stream = self.stream
        stream.name, stream.blocks = recording.name, route
        stream.quarantine, stream.counts, stream.notes = recording.quarantine, recording.counts, recording.notes
        return route.next_ns(), last_time(self._path, route.end_ns)

    def close(self) -> None:
        """As Day."""
        self._files.close()


class _Nothing:
    """The blocks of a day that is not open yet."""

    end_ns = 0

    def next_ns(self) -> int | None:
        """Nothing comes."""
        return None

    def take(self, until: int) -> None:
        """Nothing is due."""


def _without(market: Iterator[Rows], rows: int) -> Iterator[Rows]:
    for chunk in market:
        if rows < len(chunk):
            yield chunk[rows:]
        rows = max(0, rows - len(chunk))
    if rows:
        raise FeedError(f"the recording has {rows} market rows less than its tape: it was changed meanwhile")
