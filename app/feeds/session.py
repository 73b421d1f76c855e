"""Format `session`: the neutral folder of Parquet files, read in the order of application and written whole or not."""

import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from app.engine.errors import DecodeError, FeedError
from app.engine.events import OrderRow, Quarantined, Rows
from app.engine.universe import Universe
from app.feeds.base import PARQUET_FAULTS, Options, Recording, in_order, parquet_file, parquet_table
from app.feeds.decode import orders as order_tables
from app.feeds.decode import reference
from app.feeds.decode import session as market_tables
from app.feeds.decode.disorder import COLUMNS as ORDER_COLUMNS
from app.feeds.decode.disorder import Disorder, Order, Sequence, in_applied_order
from app.feeds.decode.rows import ROWS_AT_ONCE, blank, chunks
from app.feeds.decode.symbols import DAY_NS, SymbolFile
from app.feeds.symbology import read_symbols

FORMAT: Final = "session"
FILES: Final = (
    "market.parquet", "orders.parquet", "orders.fix", "instruments.parquet", "fx.parquet", "symbols.parquet",
)  # fmt: skip
_AT_ONCE: Final = 16_384  # rows decoded at a time: they stay in the cache until they are applied
_READ: Final = 64 * _AT_ONCE  # rows read at a time, a row group of ours: a batch of eighteen columns has its price
_ROW_GROUP: Final = 1 << 20
# Numbers that hardly repeat are stored as differences: half the time to read, measured.
_DIFFERENCES: Final = ("ts_event", "ts_recv", "seq", "order_id")
# What a file says of itself when its rows are in the order of application and no seq of a source runs back: then it
# need not be read twice.
_ORDER: Final = b"scorecard.order"
_APPLIED: Final = b"applied"
_ENCODING: Final[dict[str, Any]] = {
    "compression": "zstd",
    "compression_level": -5,  # a quarter larger than the usual level, an eighth less time to read
    "write_page_checksum": True,
    "use_dictionary": [name for name in market_tables.COLUMNS if name not in _DIFFERENCES],
    "column_encoding": dict.fromkeys(_DIFFERENCES, "DELTA_BINARY_PACKED"),
}


def open_recording(path: Path, universe: Universe, options: Options) -> Recording:
    """Open a session folder; reference data and orders are read at once, market rows stream.

    Raises FeedError when the folder or a file of it cannot be read, DecodeError on a wrong or missing column.
    """
    if not path.is_dir():
        raise FeedError(f"{path}: a session is a folder with market.parquet; this is no folder")
    recording = Recording(name=path.name, universe=universe, market=iter(()))
    symbols = _symbols(path, options)
    known = _reference(path, recording)
    recording.orders = _orders(path, recording, options, (known, symbols))
    file = parquet_file(path / "market.parquet", market_tables.TEXT)
    recording.closers.append(file.close)
    try:
        market_tables.check_schema(file.schema_arrow, "market.parquet")
    except DecodeError:
        recording.close()
        raise
    _note_unknown(recording, file)
    recording.rows_total = file.metadata.num_rows
    decoder = market_tables.MarketDecoder("market.parquet", universe, known, symbols)
    recording.market = _market(file, decoder, recording)
    return recording


def _symbols(path: Path, options: Options) -> SymbolFile | None:
    own = path / "symbols.parquet"
    if options.symbols is None and own.exists():
        return read_symbols(own)
    return options.symbols


def _reference(path: Path, recording: Recording) -> frozenset[str]:
    known: frozenset[str] = frozenset()
    if (path / "instruments.parquet").exists():
        table = parquet_table(path / "instruments.parquet")
        known, aside = reference.read_instruments(table, "instruments.parquet", recording.universe)
        recording.set_aside(aside)
    else:
        recording.notes.append("no instruments.parquet: what needs reference data is undefined")
    if (path / "fx.parquet").exists():
        recording.set_aside(reference.read_fx(parquet_table(path / "fx.parquet"), "fx.parquet", recording.universe))
    return known


def _orders(
    path: Path, recording: Recording, options: Options, names: tuple[frozenset[str], SymbolFile | None]
) -> list[OrderRow]:
    known, symbols = names
    found: list[OrderRow] = []
    if (path / "orders.parquet").exists():
        table = parquet_table(path / "orders.parquet")
        decoder = order_tables.OrderDecoder("orders.parquet", known, _renaming(symbols))
        rows, verdict = decoder.decode(table)
        recording.set_aside(verdict.entries, verdict.rows)
        found += rows
    if (path / "orders.fix").exists():
        if options.fix_orders is None:
            raise FeedError(f"{path / 'orders.fix'}: raw FIX is not read here; convert it to orders.parquet")
        rows, aside = options.fix_orders(path / "orders.fix", recording.universe)
        recording.set_aside(aside)
        found += rows
    if not found:
        recording.notes.append("no order rows: market data only")
    _note_disorder(recording, found)
    return in_order(found)


def _note_disorder(recording: Recording, orders: list[OrderRow]) -> None:
    newest: dict[str, int] = {}
    late = 0
    for row in orders:
        late += row.ts_event < newest.get(row.source, row.ts_event)
        newest[row.source] = max(row.ts_event, newest.get(row.source, row.ts_event))
    if late:
        recording.count("orders_out_of_order", late)
        recording.notes.append(f"orders: {late} rows stood after a later row of their source and were sorted")


def _renaming(symbols: SymbolFile | None) -> Callable[[str, int], str] | None:
    if symbols is None:
        return None
    return lambda symbol, time: symbols.instrument(symbol, time // DAY_NS)


def _note_unknown(recording: Recording, file: pq.ParquetFile) -> None:
    extra = [name for name in file.schema_arrow.names if name not in market_tables.COLUMNS]
    if extra:
        recording.notes.append(f"market.parquet: columns not of the format are passed over: {', '.join(extra)}")


def _market(file: pq.ParquetFile, decoder: market_tables.MarketDecoder, recording: Recording) -> Iterator[Rows]:
    if (file.metadata.metadata or {}).get(_ORDER) == _APPLIED:
        yield from _trusted(_decoded(file, decoder, recording), recording)
        return
    disorder = _scanned(file)
    for table, count, words in (
        (disorder.late, "out_of_order", "rows stood after a later row of their source and were sorted"),
        (disorder.seq_back, "seq_back", "rows have a seq below that of the row before in their source"),
    ):
        for source, times in sorted(table.items()):
            recording.count(count, times)
            recording.notes.append(f"market.parquet: source {source}: {times} {words}")
    decoded = _decoded(file, decoder, recording)
    if disorder.sorted:
        yield from decoded
    else:
        parts = list(decoded)
        rows = np.concatenate(parts) if parts else blank(0)
        del parts
        yield from chunks(in_applied_order(rows, recording.universe.sources))


def _trusted(decoded: Iterator[Rows], recording: Recording) -> Iterator[Rows]:
    """Rows of a file that says of itself that they are in order. Raises FeedError where that is not true."""
    order = Order()
    for rows in decoded:
        order.see(rows, recording.universe.sources)
        if not order.kept:
            last = int(rows["rec"][-1])
            why = "a row or a seq up to here runs back, while the file says that all are in order"
            raise FeedError(
                f"market.parquet row {last}: {why}; write the file again without the mark {_ORDER.decode()}"
            )
        yield rows


def _scanned(file: pq.ParquetFile) -> Disorder:
    wanted = [name for name in ORDER_COLUMNS if name in file.schema_arrow.names]
    disorder = Disorder()
    for group in range(file.num_row_groups):
        try:
            for batch in file.iter_batches(ROWS_AT_ONCE, row_groups=[group], columns=wanted, use_threads=False):
                disorder.look(batch)
        except PARQUET_FAULTS:
            continue  # a damaged row group is reported when its rows are decoded
    return disorder


def _decoded(file: pq.ParquetFile, decoder: market_tables.MarketDecoder, recording: Recording) -> Iterator[Rows]:
    wanted = [name for name in file.schema_arrow.names if name in market_tables.COLUMNS]
    start = 0
    for group in range(file.num_row_groups):
        end = start + file.metadata.row_group(group).num_rows
        try:
            for read in file.iter_batches(_READ, row_groups=[group], columns=wanted, use_threads=False):
                for begin in range(0, read.num_rows, _AT_ONCE):
                    batch = read.slice(begin, _AT_ONCE)
                    rows, verdict = decoder.decode(batch, start)
                    recording.set_aside(verdict.entries, verdict.rows)
                    start += batch.num_rows
                    if len(rows):
                        yield rows
            _missing(recording, start, end, "fewer rows in the group than its footer names")
        except PARQUET_FAULTS as error:
            _missing(recording, start, end, f"damaged data pages: {error}")
        start = end
    _missing(recording, start, file.metadata.num_rows, "fewer rows in the groups than the footer names")


def _missing(recording: Recording, start: int, end: int, why: str) -> None:
    """Set rows start to end - 1 aside: the footer promises them and they cannot be had."""
    if end > start:
        where = f"market.parquet rows {start} to {end - 1}"
        entry = Quarantined(source="market.parquet", where=where, reason=f"{where}: {why}")
        recording.set_aside([entry], end - start)


def write_session(folder: Path, market: Iterable[Rows], orders: Iterable[OrderRow], universe: Universe) -> None:
    """Write a session folder, whole or not at all: a folder beside it is filled, then renamed.

    An existing session folder of that name is replaced; anything else there raises FeedError.
    """
    if folder.exists() and (not folder.is_dir() or any(entry.name not in FILES for entry in folder.iterdir())):
        raise FeedError(f"{folder}: is there already and is no session folder; choose another name")
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True)
        _write_market(partial / "market.parquet", market, universe)
        _write_table(partial / "orders.parquet", order_tables.orders_table(orders))
        _write_table(partial / "instruments.parquet", reference.instruments_table(universe))
        if universe.fx:
            _write_table(partial / "fx.parquet", reference.fx_table(universe))
        if folder.exists():
            shutil.rmtree(folder)
        partial.rename(folder)
    except OSError as error:
        raise FeedError(f"{folder}: cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _write_market(path: Path, market: Iterable[Rows], universe: Universe) -> None:
    with pq.ParquetWriter(path, market_tables.SCHEMA, **_ENCODING) as writer:
        pending: list[pa.RecordBatch] = []
        sequence, order = Sequence(), Order()
        for rows in (rows for rows in market if len(rows)):
            seqs = sequence.kept(rows)
            pending.append(market_tables.market_batch(rows, universe, seqs))
            order.see(rows, universe.sources, seqs)
            if sum(batch.num_rows for batch in pending) >= _ROW_GROUP:
                writer.write_table(_united(pending))
                pending = []
        writer.write_table(_united(pending))
        if order.kept:
            writer.add_key_value_metadata({_ORDER.decode(): _APPLIED.decode()})


def _united(batches: list[pa.RecordBatch]) -> pa.Table:
    return pa.Table.from_batches(batches, schema=market_tables.SCHEMA).unify_dictionaries()


def _write_table(path: Path, table: pa.Table) -> None:
    pq.write_table(table, path, compression="zstd", write_page_checksum=True)
