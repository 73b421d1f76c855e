"""Format `lobster`: message and book pairs of one or more symbols, with parents.csv and fills.csv beside them."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from app.engine import units
from app.engine.errors import FeedError, SettingsError, complaint
from app.engine.events import Instrument, OrderRow, Rows
from app.engine.universe import Universe
from app.feeds.base import Options, Recording, file_bytes, in_order, parquet_table
from app.feeds.decode import lobster as decode
from app.feeds.decode import lobster_orders, tabular
from app.feeds.decode.rows import applied_time, chunks, merged, steps_back
from app.feeds.decode.symbols import DAY_NS

FORMAT: Final = "lobster"
_NAME: Final = re.compile(r"^(?P<head>.*?)_?message(?P<tail>[^.]*)\.(?P<kind>csv|parquet)$", re.IGNORECASE)
_DATE: Final = re.compile(r"(\d{4}-\d{2}-\d{2})")
_ZONE: Final = "America/New_York"
_CENT: Final = 10_000_000


class Files(NamedTuple):
    """A message file, the book file of the same name, and the symbol the name carries."""

    message: Path
    book: Path
    symbol: str


def pairs_in(path: Path) -> list[Files]:
    """The message and book pairs of a folder, or the one a message file belongs to; sorted by name."""
    candidates = sorted(path.iterdir()) if path.is_dir() else [path]
    found = []
    for file in candidates:
        match = _NAME.match(file.name)
        if match is None:
            continue
        book = _book_of(file, match)
        if book is not None:
            found.append(Files(file, book, _symbol(match["head"])))
    return found


def open_recording(path: Path, universe: Universe, options: Options) -> Recording:
    """Open a LOBSTER folder; files are read when the market rows are first asked for.

    Raises FeedError when there is no pair or a file cannot be read, DecodeError on a missing column.
    """
    pairs = pairs_in(path) if path.exists() else []
    if not pairs:
        allowed = "NAME_message_N with NAME_book_N or NAME_orderbook_N, .csv or .parquet"
        raise FeedError(f"{path}: no LOBSTER pair here; allowed: {allowed}")
    recording = Recording(name=path.name, universe=universe, market=iter(()))
    recording.orders = _orders(path if path.is_dir() else path.parent, recording)
    symbols = {row.instrument for row in recording.orders if row.instrument}
    if len(pairs) == 1 and not pairs[0].symbol and len(symbols) == 1:
        pairs = [pairs[0]._replace(symbol=str(min(symbols)))]
    recording.market = _market(pairs, recording, options)
    return recording


def _book_of(message: Path, match: re.Match[str]) -> Path | None:
    joint = "_" if match["head"] else ""
    for word in ("book", "orderbook"):
        book = message.with_name(f"{match['head']}{joint}{word}{match['tail']}.{match['kind']}")
        if book.exists():
            return book
    return None


def _symbol(head: str) -> str:
    """`lobster_AMZN` and `AMZN_2012-06-21_34200000_57600000` both name AMZN."""
    words = [word for word in head.split("_") if word and word.lower() != "lobster"]
    return words[0] if words else ""


def _orders(folder: Path, recording: Recording) -> list[OrderRow]:
    rows: list[OrderRow] = []
    parents: dict[str, lobster_orders.Parent] = {}
    for file in sorted(folder.glob("*parents.csv")):
        found, named, aside = lobster_orders.read_parents(file_bytes(file), file.name)
        recording.set_aside(aside)
        parents.update(named)
        rows += found
    for file in sorted(folder.glob("*fills.csv")):
        found, aside = lobster_orders.read_fills(file_bytes(file), file.name, parents)
        recording.set_aside(aside)
        rows += found
    if not rows:
        recording.notes.append("no parents.csv or fills.csv: market data only")
    ranks = {"parent_new": 0, "fill": 1, "parent_done": 2}
    rows.sort(key=lambda row: (row.ts_event, ranks[row.kind]))
    return in_order([_numbered(row, seq) for seq, row in enumerate(rows)])


def _numbered(row: OrderRow, seq: int) -> OrderRow:
    fields = {name: getattr(row, name) for name in row.__struct_fields__}
    return OrderRow(**{**fields, "seq": seq})


def _market(pairs: list[Files], recording: Recording, options: Options) -> Iterator[Rows]:
    parts = [_decoded(pair, recording, options) for pair in pairs]
    recording.rows_total = sum(len(part) for part in parts)
    yield from chunks(merged(parts))


def _decoded(files: Files, recording: Recording, options: Options) -> Rows:
    universe = recording.universe
    if files.message.suffix.lower() == ".parquet":
        message = tabular.from_table(parquet_table(files.message), decode.MESSAGE, files.message.name)
        book = tabular.from_table(parquet_table(files.book), decode.TOUCH, files.book.name)
    else:
        midnight = _midnight(files.message, options)
        message = tabular.from_csv(file_bytes(files.message), decode.MESSAGE, files.message.name, midnight)
        book = tabular.from_csv(file_bytes(files.book), decode.TOUCH, files.book.name)
    symbol = _instrument(files, options, message)
    if symbol not in universe.reference:
        known = Instrument(instrument=symbol, currency="USD", quote_currency="USD", tick_size=_CENT, timezone=_ZONE)
        universe.describe(known)
    pair = decode.Pair(
        file=files.message.name,
        instrument=universe.instruments.index(symbol),
        venue=universe.venues.index(decode.VENUE),
        source=universe.sources.index(options.source or f"lobster:{symbol}"),
    )
    rows, verdict = decode.market_rows(message, book, pair)
    recording.set_aside(verdict.entries, verdict.rows)
    back = steps_back(applied_time(rows))
    if back:
        recording.count("out_of_order", back)
        words = f"{back} rows have a time before an earlier row's; applied in file order"
        recording.notes.append(f"{files.message.name}: {words}")
    return rows


def _instrument(files: Files, options: Options, message: tabular.Columns) -> str:
    name = files.symbol or files.message.stem
    if options.symbols is None or not message.rows:
        return name
    return options.symbols.instrument(name, int(message.fields["ts_ns"][0]) // DAY_NS)


def _midnight(file: Path, options: Options) -> int:
    """Midnight in New York of the day in the file's name or the options, in ns since the epoch."""
    found = _DATE.search(file.name)
    text = options.session_date or (found[1] if found else None)
    try:
        day = datetime.strptime(text or "", "%Y-%m-%d").replace(tzinfo=ZoneInfo(_ZONE))
    except ValueError:
        allowed = "YYYY-MM-DD in the file's name, or the option session_date"
        raise SettingsError(complaint(str(file), "date", text, allowed)) from None
    return int(day.timestamp()) * units.SECOND
