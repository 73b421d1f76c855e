"""A day as it comes: the live sources of the settings, read into one route; gone on with from what the tape holds."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec

from app.engine.errors import SettingsError, complaint
from app.engine.universe import Universe
from app.feeds import session
from app.feeds.archive.place import require_library
from app.feeds.base import Options
from app.feeds.decode.live_symbols import LiveSymbols
from app.feeds.fixtail import FixTail
from app.feeds.kafka.feed import KafkaFeed
from app.feeds.kafka.results import ResultsTopic
from app.feeds.kdb.connection import store_of
from app.feeds.kdb.feed import KdbFeed
from app.feeds.kdb.store import RealTimeStore
from app.feeds.symbology import read_symbols
from app.runtime.live_route import LiveFeed, LiveRoute
from app.runtime.loop import Publication, Results, RunResult, Standing, Stream
from app.runtime.route import Route
from app.settings import Settings
from app.settings_sources import ArchiveSource, FileSource, KafkaSource, KdbSource, Source

DROP_COPY: Final = "ems"
SYMBOLS: Final = "symbols.parquet"  # of the reference folder: feed symbols and what they mean, by day
FOLLOWED: Final = "followed"
SWITCH_S: Final = 0.0005  # between threads: the engine does not wait for its readers
FeedMaker: TypeAlias = Callable[[str, Any, Settings, Universe, LiveSymbols], LiveFeed]


def _kafka(name: str, source: KafkaSource, settings: Settings, universe: Universe, symbols: LiveSymbols) -> LiveFeed:
    feed = KafkaFeed(name, source, settings.kafka, universe, settings.fix)
    feed.share(symbols)
    return feed


def _kdb(name: str, source: KdbSource, settings: Settings, universe: Universe, _symbols: LiveSymbols) -> LiveFeed:
    return KdbFeed(name, source, universe, frozenset(universe.reference), settings.fix)


def _file(name: str, source: FileSource, settings: Settings, universe: Universe, symbols: LiveSymbols) -> LiveFeed:
    return FixTail(name, source, universe, settings.fix, symbols)


def _archive(
    name: str, source: ArchiveSource, _settings: Settings, universe: Universe, _symbols: LiveSymbols
) -> LiveFeed:
    require_library()
    from app.feeds.archive.live import ArchiveFeed  # noqa: PLC0415 - its library is an extra

    return ArchiveFeed(name, source, universe)


# Kind of a source -> how its feed is made.
LIVE_FEEDS: Final[Mapping[type[Any], FeedMaker]] = {
    KafkaSource: _kafka, KdbSource: _kdb, FileSource: _file, ArchiveSource: _archive,
}  # fmt: skip


class LiveDay:
    """The sources of the settings, as one day. `route` is there once it is open."""

    def __init__(self, settings: Settings, title: str) -> None:
        """Raises SettingsError where there is no source."""
        if not settings.sources:
            allowed = "at least one table [sources.NAME] with kind, role and codec"
            raise SettingsError(complaint("settings", "sources", {}, allowed))
        self.universe = Universe()
        self.symbols = LiveSymbols()
        self.route: LiveRoute | None = None
        self._settings = settings
        self.stream = Stream(title, self.universe, Route(iter(()), (), 1))
        self.stream.results = results_of(settings, title, self.universe)

    def open(self, standing: Standing) -> tuple[int | None, int]:
        """As Day: read on behind what the tape holds, lane by lane. Raises ScorecardError."""
        settings = self._settings
        if settings.live.reference:
            folder = Path(settings.live.reference)
            read_reference(folder, self.universe)
            if (folder / SYMBOLS).exists():
                self.symbols.file = read_symbols(folder / SYMBOLS)
        feeds = [self._feed(name, source) for name, source in settings.sources.items()]
        self.route = LiveRoute(feeds, settings.live.queue_rows)
        self.route.open(standing.positions, standing.watermark)
        self.stream.blocks, self.stream.held, self.stream.lags = self.route, self.route.held, self.route.lags
        return None, 0

    def close(self) -> None:
        """As Day."""
        if self.route is not None:
            self.route.close()

    def _feed(self, name: str, source: Source) -> LiveFeed:
        return LIVE_FEEDS[type(source)](name, source, self._settings, self.universe, self.symbols)


def with_drop_copy(settings: Settings, control: Path) -> Settings:
    """The settings with one source more: what goes over the control process's FIX session, from the log it keeps.

    `control`: the folder of that process. A source of the same name in the settings takes its place.
    """
    if not settings.ems.host or not settings.ems.drop_copy or DROP_COPY in settings.sources:
        return settings
    path = str(control / "fix" / "messages.log")
    source = FileSource(role="orders", source=DROP_COPY, start="earliest", codec="fix", path=path)
    return msgspec.structs.replace(settings, sources={**settings.sources, DROP_COPY: source})


def with_followed(settings: Settings, log: Path) -> Settings:
    """The settings with one source more: own orders from a FIX log that is still written, told from its beginning.

    Raises SettingsError where there is no other source: market data must come from somewhere.
    """
    if not settings.sources:
        allowed = "at least one table [sources.NAME] that brings market data beside the log that is followed"
        raise SettingsError(complaint("settings", "sources", {}, allowed))
    if FOLLOWED in settings.sources:
        raise SettingsError(complaint("settings", f"sources.{FOLLOWED}", FOLLOWED, "another name: --follow takes it"))
    source = FileSource(role="orders", start="earliest", codec="fix", path=str(log))
    return msgspec.structs.replace(settings, sources={**settings.sources, FOLLOWED: source})


def results_of(settings: Settings, title: str, universe: Universe) -> Results | None:
    """Whoever passes on what is published, as the settings say. Raises ScorecardError."""
    found: list[Results] = []
    if settings.kafka.results:
        found.append(ResultsTopic(settings.kafka, title, universe))
    if settings.kdb.store:
        found.append(RealTimeStore(store_of(settings.kdb), title, settings.kdb.snapshot_ms * 1e-3))
    return _InTurn(found[0], found[1:]) if len(found) > 1 else found[0] if found else None


class _InTurn:
    """Several that pass on what is published, one in front of the other."""

    def __init__(self, first: Results, rest: Sequence[Results]) -> None:
        self._first = first
        self._rest = rest

    def over(self, board: Publication | None) -> Publication:
        """As Results."""
        stands = self._first.over(board)
        for part in self._rest:
            stands = part.over(stands)
        return stands

    def ended(self, result: RunResult) -> None:
        """As Results."""
        for part in (self._first, *self._rest):
            part.ended(result)


def read_reference(folder: Path, universe: Universe) -> None:
    """Describe the instruments of a session folder. Raises FeedError, DecodeError."""
    with closing(session.open_recording(folder, universe, Options())):
        return
