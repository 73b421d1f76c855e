"""The formats a replay reads: their table, how one is guessed, own rows from a file beside."""

from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from app.engine.errors import FeedError, SettingsError, complaint
from app.engine.events import OrderRow
from app.engine.universe import Universe
from app.feeds import binance, dbn, fixlog, itch, journal, lobster, session
from app.feeds.archive.place import FORMAT as ARCHIVE
from app.feeds.archive.place import is_archive, require_library
from app.feeds.base import Feed, Options, Recording, in_order
from app.feeds.decode.fix_settings import FixSettings, fix_settings
from app.feeds.decode.orders import OrderDecoder
from app.feeds.detect import detect
from app.feeds.journal import is_journal
from app.settings import DEFAULTS, Settings


def _archived(path: Path, universe: Universe, options: Options) -> Recording:
    require_library()
    from app.feeds.archive import feed  # noqa: PLC0415 - its library is an extra

    return feed.open_recording(path, universe, options)


MARKET_FEEDS: Final[dict[str, Feed]] = {
    session.FORMAT: session.open_recording,
    lobster.FORMAT: lobster.open_recording,
    dbn.FORMAT: dbn.open_recording,
    binance.FORMAT: binance.open_recording,
    itch.FORMAT: itch.open_recording,
    journal.FORMAT: journal.open_recording,
    ARCHIVE: _archived,
}
FORMATS: Final = (*sorted([*MARKET_FEEDS, fixlog.FORMAT]),)


class Sources:
    """Opens what a run reads, under one set of settings; `origin` is the user's settings file, if there is one.

    `date`: the day of a recording that does not carry it (YYYY-MM-DD).
    """

    def __init__(self, settings: Settings, origin: str | None, date: str | None = None) -> None:
        self._fix: FixSettings = fix_settings(settings.fix, origin or str(DEFAULTS))
        plain = Options()
        self._options = Options(
            fix_orders=fixlog.order_decoder(self._fix, plain), session_date=date, venue=settings.itch.venue
        )

    def open(self, path: Path, name: str, universe: Universe) -> Recording:
        """Open a path in a format (one of FORMATS). Raises FeedError, DecodeError."""
        if name == fixlog.FORMAT:
            return fixlog.open_recording(path, universe, self._options, self._fix)
        return MARKET_FEEDS[name](path, universe, self._options)

    def add_orders(self, recording: Recording, path: Path) -> None:
        """Own rows from a file of their own: a table like orders.parquet, otherwise a FIX log."""
        if path.suffix == ".parquet":
            rows = _order_table(path, recording)
        else:
            rows, aside = fixlog.read_orders(path, recording.universe, self._options, self._fix)
            recording.set_aside(aside)
        recording.orders = in_order([*recording.orders, *rows])


def resolved_format(path: Path, asked: str | None) -> str:
    """The format asked for, or the one the path looks like.

    Raises SettingsError for a format there is none of, FeedError where the path is absent or empty.
    """
    if asked == ARCHIVE or (asked is None and (is_archive(str(path)) or (path / "market" / "_delta_log").is_dir())):
        return ARCHIVE
    if asked is not None and asked not in FORMATS:
        raise SettingsError(complaint("--format", "format", asked, ", ".join(FORMATS)))
    if not path.exists():
        raise FeedError(f"{path}: there is no such file or folder")
    if path.is_file() and path.stat().st_size == 0:
        raise FeedError(f"{path}: empty file (0 bytes); allowed: a recording of format {', '.join(FORMATS)}")
    if asked is None and is_journal(path):
        return journal.FORMAT
    return asked or detect(path)


def _order_table(path: Path, recording: Recording) -> list[OrderRow]:
    try:
        table = pq.read_table(path)
    except OSError as error:
        raise FeedError(f"{path}: cannot be read: {error.strerror or error}") from error
    except pa.ArrowException as error:
        raise FeedError(f"{path}: not a complete Parquet file (cut short, or another format): {error}") from error
    known = frozenset(recording.universe.reference)
    rows, verdict = OrderDecoder(path.name, known).decode(table)
    recording.set_aside(verdict.entries, verdict.rows)
    return rows


def last_time(path: Path, known: int) -> int:
    """The latest time of a recording (ns) as far as it can be told without reading it: at least `known`."""
    market = path / "market.parquet"
    if not market.exists():
        return known
    try:
        metadata = pq.read_metadata(market)
        column = metadata.schema.to_arrow_schema().get_field_index("ts_event")
        groups = [metadata.row_group(n).column(column).statistics for n in range(metadata.num_row_groups)]
    except (OSError, pa.ArrowException, IndexError):
        return known  # the replay itself says what is wrong with the file
    return max([known, *(int(found.max) for found in groups if found is not None and found.has_min_max)])
